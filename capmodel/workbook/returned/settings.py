"""Reads the settings of a workbook that came back, by which it shows other figures than its cells hold, or hides them.

Each setting is an attribute of an element, found while the parts are streamed. What programs write on their own when they save a
book says nothing and is left alone.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from capmodel.workbook.returned.cells import Ends, Starts, unescaped
from capmodel.workbook.returned.colours import BLACK, WHITE, colour_of, is_unseen
from capmodel.workbook.writing.formats import FOOTER

THINNEST = 0.6  # points or digits; a row or column below it cannot be seen
SMALLEST_SCALE, WIDEST_MARGIN = 20.0, 3.0  # per cent, inches
TRUE, FALSE = ("1", "true"), ("0", "false")
PRINTED = ("oddHeader", "oddFooter", "evenHeader", "evenFooter", "firstHeader", "firstFooter")
#: What a cell says when it is selected, and when it takes no such figure.
LONGEST_PROMPT = 300  # characters, more than a program takes
PROMPTS = ("promptTitle", "prompt", "errorTitle", "error")
#: The colours of a theme that are a ground for letters.
_LIGHT = ("lt1", "lt2")
Say = Callable[[str], None]


class BookSettings:
    """The settings of the whole workbook: sheets that are hidden, and how it calculates."""

    def __init__(self, show: Say, mark: Say) -> None:
        self.show, self.mark = show, mark
        self.starts: Starts = {
            "sheet": self._sheet,
            "calcPr": self._calculation,
            "workbookPr": self._calculation,
            "workbookView": self._window,
            "workbookProtection": self._protection,
            "customWorkbookView": self._custom,
            "definedName": self._named,
        }

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

    def _window(self, attributes: dict[str, str]) -> None:
        if attributes.get("visibility", "visible") != "visible":
            self.mark("its window is hidden")
        if attributes.get("showSheetTabs", "1") in FALSE:
            self.mark("it does not show the tabs of its sheets")

    def _protection(self, attributes: dict[str, str]) -> None:
        if attributes.get("lockStructure", "0") in TRUE or attributes.get("lockWindows", "0") in TRUE or _password(attributes):
            self.mark("the workbook is protected, so that hidden sheets cannot be shown")

    def _custom(self, attributes: dict[str, str]) -> None:
        self.mark(f"it has a view of its own ({attributes.get('name', '')}), which may hide rows and columns")

    def _named(self, attributes: dict[str, str]) -> None:
        if attributes.get("name") == "_xlnm.Print_Area":
            self.mark("it prints a part of a sheet only (a print area)")


class LookSettings:
    """The settings of looks: formats that a condition gives, which stand among the looks or in an extension of a sheet, and the palette."""

    def __init__(self, show: Say, path: Sequence[str]) -> None:
        self.show, self.path = show, path
        self.letters = self.behind = ""
        self.by_number = False
        self.starts: Starts = {"dxf": self._condition, "numFmt": self._format, "color": self._letters, "bgColor": self._behind, "rgbColor": self._palette}  # fmt: skip
        self.ends: Ends = {"dxf": self._ended}

    def _condition(self, _: dict[str, str]) -> None:
        self.letters = self.behind = ""

    def _letters(self, attributes: dict[str, str]) -> None:
        if tuple(self.path[-3:-1]) == ("dxf", "font"):
            self.letters = colour_of(attributes, BLACK)
        # Programs write a palette on their own; it counts where letters take their colour from it.
        self.by_number = self.by_number or ("font" in self.path and "indexed" in attributes)

    def _palette(self, attributes: dict[str, str]) -> None:
        if self.by_number and is_unseen(colour_of(attributes, BLACK), WHITE):
            self.show("its palette makes letters of a numbered colour white")

    def _behind(self, attributes: dict[str, str]) -> None:
        if "dxf" in self.path:
            self.behind = colour_of(attributes, WHITE)

    def _ended(self, _: str) -> None:
        if is_unseen(self.letters or BLACK, self.behind or WHITE):
            self.show("a conditional format writes figures in the colour of their background")

    def _format(self, attributes: dict[str, str]) -> None:
        if "dxf" in self.path and attributes.get("formatCode", "General") != "General":
            self.show(f"a conditional format shows figures as {attributes['formatCode']!r}")


class ThemeSettings:
    """The colours of the theme, which letters take by their number: all but the light ones are read on white."""

    def __init__(self, show: Say, path: Sequence[str]) -> None:
        self.show, self.path = show, path

    def colour(self, attributes: dict[str, str]) -> None:
        """One colour of the theme; a colour of the system says what it was last."""
        of = self.path[-2] if len(self.path) > 1 else ""
        found = colour_of({"rgb": attributes.get("lastClr") or attributes.get("val", "")}, BLACK)
        if len(self.path) > 2 and self.path[-3] == "clrScheme" and is_unseen(found, BLACK if of in _LIGHT else WHITE):
            self.show(f"its theme gives the colour {of} as {found}, so that figures in it cannot be read")


class SheetSettings:
    """The settings of one sheet: what it hides, whether it is protected, what it says beside inputs and on paper."""

    def __init__(self, called: str, show: Say, mark: Say, prompt: Say) -> None:
        self.called, self.show, self.mark, self.prompt = called, show, mark, prompt
        self.is_protected = False
        self.first = "A1"
        self.starts: Starts = {
            "sheetView": self._view,
            "pane": self._pane,
            "row": self._row,
            "col": self._column,
            "sheetFormatPr": self._usual,
            "mergeCell": self._merged,
            "sheetProtection": self._protection,
            "autoFilter": self._filtered,
            "customSheetView": self._custom,
            "dataBar": self._drawn,
            "iconSet": self._drawn,
            "dataValidation": self._validated,
            "pageSetup": self._page,
            "pageMargins": self._margins,
        }
        self.ends: Ends = dict.fromkeys(PRINTED, self._printed)

    def _view(self, attributes: dict[str, str]) -> None:
        self.first = attributes.get("topLeftCell", "A1")
        if attributes.get("showZeros", "1") in FALSE:
            self.show(f"{self.called} does not show zeros")
        if attributes.get("showFormulas", "0") in TRUE:
            self.mark(f"the {self.called} shows formulas in place of figures")

    def _pane(self, attributes: dict[str, str]) -> None:
        if attributes.get("state", "split") != "split" and self.first != "A1":
            self.mark(f"the {self.called} is frozen below or right of its first cells, which cannot be reached")

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
        if _password(attributes):
            self.mark(f"the {self.called} is protected with a password")
        if attributes.get("selectLockedCells", "0") in TRUE or attributes.get("selectUnlockedCells", "0") in TRUE:
            self.mark(f"the {self.called} does not let its cells be selected, so that formulas cannot be read")

    def _filtered(self, _: dict[str, str]) -> None:
        self.mark(f"the {self.called} has a filter, which may hide rows")

    def _custom(self, _: dict[str, str]) -> None:
        self.mark(f"the {self.called} has a view of its own, which may hide rows and columns")

    def _drawn(self, attributes: dict[str, str]) -> None:
        if attributes.get("showValue", "1") in FALSE:
            self.mark(f"the {self.called} shows bars or icons in place of figures")

    def _validated(self, attributes: dict[str, str]) -> None:
        for name in PROMPTS:
            if attributes.get(name):
                self.prompt(" ".join(unescaped(attributes[name][:LONGEST_PROMPT]).split()))

    def _page(self, attributes: dict[str, str]) -> None:
        scale = _number(attributes.get("scale", "100"))
        if not scale >= SMALLEST_SCALE:
            self.mark(f"the {self.called} is printed at {scale:g}%, which cannot be read")

    def _margins(self, attributes: dict[str, str]) -> None:
        wide = [name for name in ("left", "right", "top", "bottom") if not _number(attributes.get(name, "0")) <= WIDEST_MARGIN]
        if wide:
            self.mark(
                f"the {self.called} has margins over {WIDEST_MARGIN:g} inches ({', '.join(wide)}), so that paper shows a part of it only"
            )

    def _printed(self, text: str) -> None:
        if text not in ("", FOOTER):
            self.mark(f"the {self.called} prints a header or footer that was not sent: {text[:60]!r}")

    def close(self) -> None:
        """A sheet that says nothing of its protection has none."""
        if not self.is_protected:
            self.mark(f"the {self.called} is no longer protected")


def _password(attributes: dict[str, str]) -> bool:
    return any(name.lower().endswith(("password", "hashvalue")) and value for name, value in attributes.items())


def _number(text: str) -> float:
    try:
        return float(text)
    except ValueError:
        return float("nan")


def _thin(length: str | None) -> bool:
    """Whether a height or width is one that cannot be seen; what is no number is taken for none."""
    try:
        return length is not None and not float(length) >= THINNEST
    except ValueError:
        return True
