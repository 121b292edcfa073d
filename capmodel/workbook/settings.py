"""Reads the settings of a workbook that came back, by which it shows other figures than its cells hold, or hides them.

Each setting is an attribute of an element, found while the parts are streamed. What programs write on their own when they save a
book says nothing and is left alone.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from capmodel.workbook.cells import Starts

THINNEST = 0.6  # points or digits; a row or column below it cannot be seen
TRUE, FALSE = ("1", "true"), ("0", "false")
Say = Callable[[str], None]


class BookSettings:
    """The settings of the whole workbook: sheets that are hidden, and how it calculates."""

    def __init__(self, show: Say, mark: Say) -> None:
        self.show, self.mark = show, mark
        self.starts: Starts = {"sheet": self._sheet, "calcPr": self._calculation, "workbookPr": self._calculation}

    def _sheet(self, attributes: dict[str, str]) -> None:
        if attributes.get("state", "visible") != "visible":
            self.mark(f"the sheet {attributes.get('name', '')} is hidden")

    def _calculation(self, attributes: dict[str, str]) -> None:
        if attributes.get("fullPrecision", "1") in FALSE:
            self.show("it calculates with the precision shown (fullPrecision), so that figures are rounded before they are used")
        if attributes.get("date1904", "0") in TRUE:
            self.show("it counts dates from 1904")
        if attributes.get("calcMode", "auto") == "manual":
            self.show("it calculates only when asked (calcMode), so that what is shown may not follow the inputs")
        if attributes.get("iterate", "0") in TRUE:
            self.show("it repeats circular formulas (iterate), which a spreadsheet program would report")


class LookSettings:
    """The settings of looks: formats that a condition gives."""

    def __init__(self, show: Say, path: Sequence[str]) -> None:
        self.show, self.path = show, path
        self.starts: Starts = {"numFmt": self._format}

    def _format(self, attributes: dict[str, str]) -> None:
        if "dxf" in self.path and attributes.get("formatCode", "General") != "General":
            self.show(f"a conditional format shows figures as {attributes['formatCode']!r}")


class SheetSettings:
    """The settings of one sheet: what it hides, and whether it is protected."""

    def __init__(self, called: str, show: Say, mark: Say) -> None:
        self.called, self.show, self.mark = called, show, mark
        self.is_protected = False
        self.starts: Starts = {"sheetView": self._view, "row": self._row, "col": self._column, "sheetFormatPr": self._usual, "mergeCell": self._merged, "sheetProtection": self._protection}  # fmt: skip

    def _view(self, attributes: dict[str, str]) -> None:
        if attributes.get("showZeros", "1") in FALSE:
            self.show(f"{self.called} does not show zeros")

    def _row(self, attributes: dict[str, str]) -> None:
        if len(attributes) > 1 and (attributes.get("hidden", "0") in TRUE or _thin(attributes.get("ht"))):
            self._hidden()

    def _column(self, attributes: dict[str, str]) -> None:
        if attributes.get("hidden", "0") in TRUE or (attributes.get("customWidth", "0") in TRUE and _thin(attributes.get("width"))):
            self._hidden()

    def _usual(self, attributes: dict[str, str]) -> None:
        flat = attributes.get("customHeight", "0") in TRUE and _thin(attributes.get("defaultRowHeight"))
        if attributes.get("zeroHeight", "0") in TRUE or flat or _thin(attributes.get("defaultColWidth")):
            self._hidden()

    def _hidden(self) -> None:
        self.mark(f"the {self.called} has hidden rows or columns")

    def _merged(self, _: dict[str, str]) -> None:
        self.mark(f"the {self.called} has merged cells")

    def _protection(self, attributes: dict[str, str]) -> None:
        self.is_protected = attributes.get("sheet", "0") in TRUE

    def close(self) -> None:
        """A sheet that says nothing of its protection has none."""
        if not self.is_protected:
            self.mark(f"the {self.called} is no longer protected")


def _thin(length: str | None) -> bool:
    """Whether a height or width is one that cannot be seen; what is no number is taken for none."""
    try:
        return length is not None and not float(length) >= THINNEST
    except ValueError:
        return True
