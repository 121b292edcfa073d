"""Reads cells, texts and looks of cells while the parts of a workbook are streamed; a stray cell or one given twice is refused.

Each part has a reader that says which elements it wants, and gets their attributes when they start and their text when they
end. What a cell means beside the book that was sent is left to `returned.verify`, the settings of a sheet to `settings`.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

from capmodel.workbook.returned.formulas import Copied
from capmodel.workbook.returned.looks import Look
from capmodel.workbook.returned.package import Refused
from capmodel.workbook.returned.plain_cells import PlainCells, natural
from capmodel.workbook.writing.book import address, column_number

#: How far a sheet may reach, the box round its cells, the cells of all sheets, and the characters of their texts and formulas.
MOST_ROWS, MOST_COLUMNS, LARGEST_BOX, MOST_CELLS, MOST_CHARACTERS = 100_000, 500, 2_000_000, 600_000, 30_000_000
MOST_SHARED = 4_000_000
REFERENCE = re.compile(r"\$?([A-Z]{1,3})\$?(\d{1,7})(?::\$?([A-Z]{1,3})\$?(\d{1,7}))?", re.IGNORECASE)
#: What may stand within the cells of a sheet, by what it stands in.
WITHIN = {"sheetData": ("row",), "row": ("c", "extLst"), "c": ("f", "v", "is", "extLst")}
_ESCAPED = re.compile(r"_x([0-9A-Fa-f]{4})_")
_TRUE = ("1", "true")

Starts = Mapping[str, Callable[[dict[str, str]], None]]
Ends = Mapping[str, Callable[[str], None]]


class Written(NamedTuple):
    """A cell as it is written: its position (from 0), value, formula (None where it has none) and the number of its look."""

    row: int
    column: int
    value: float | str | bool | None
    formula: str | None
    look: int
    rich: str = ""  # how runs of its text are written otherwise than its look says


class Row(NamedTuple):
    """How a row is shown."""

    height: float | None
    is_hidden: bool
    look: int = 0


@dataclass
class Cells:
    """The cells of a workbook by the part they stand in, the texts they share, their looks, and links by position."""

    sheets: dict[str, list[Written]] = field(default_factory=dict)
    links: dict[str, list[tuple[str, str, str]]] = field(default_factory=dict)  # cells, relation, place in the workbook
    texts: list[str] = field(default_factory=list)
    rich: dict[int, str] = field(default_factory=dict)  # how runs of shared texts are written, by the number of the text
    looks: list[Look] = field(default_factory=list)
    rows: dict[str, dict[int, Row]] = field(default_factory=dict)  # by part, then by number from 0
    empty: dict[str, list[Written]] = field(default_factory=dict)  # cells that hold nothing and have a look, by part
    count: int = 0
    characters: int = 0
    shared: int = 0  # characters of formulas that cells share, each time one does

    def take(self, part: str, known: Cells) -> None:
        """The cells of a part as they were read of another file in which it means the same."""
        for own, other in ((self.sheets, known.sheets), (self.empty, known.empty)):
            own[part] = other[part]
        self.rows[part], self.links[part] = known.rows[part], known.links[part]

    def keep(self, text: str) -> str:
        """A text that is kept; all of them are bounded together."""
        self.characters += len(text)
        if self.characters > MOST_CHARACTERS:
            raise Refused(f"and those before it hold more than {MOST_CHARACTERS:,} characters", "a workbook of capmodel has far fewer")
        return text


class SheetReader:
    """Collects the cells and links of one sheet."""

    def __init__(self, part: str, cells: Cells, path: Sequence[str]) -> None:
        self.cells, self.path = cells, path
        self.written = cells.sheets.setdefault(part, [])
        self.empty = cells.empty.setdefault(part, [])
        self.rows = cells.rows.setdefault(part, {})
        self.links = cells.links.setdefault(part, [])
        self.row = self.column = self.right = self.look = 0
        self.kind, self.value, self.formula = "n", None, None  # type: str, str | None, str | None
        self.shared: dict[str, tuple[Copied, int, int]] = {}
        self.about: dict[str, str] = {}
        self.held: set[str] = set()
        self.inline: list[str] = []
        self.runs: list[str] = []
        self.starts: Starts = {"row": self._row, "c": self._cell, "f": self._formula, "v": self._once_v, "is": self._once_is, "hyperlink": self._link, **run_properties(path, self.runs)}  # fmt: skip
        self.ends: Ends = {"c": self._ended, "f": self._formula_ended, "v": self._value_ended, "t": self._text_ended}

    def _row(self, attributes: dict[str, str]) -> None:
        row = _whole(attributes.get("r"), self.row + 1)
        if row <= self.row:
            raise Refused(f"holds the row {row} twice or out of order", "programs may read one or the other")
        self.row, self.column = row, 0
        if len(attributes) > 1:
            hidden = attributes.get("hidden", "0") in _TRUE
            look = _whole(attributes.get("s"), 0) if attributes.get("customFormat", "0") in _TRUE else 0
            if hidden or look or "ht" in attributes:
                self.rows[row - 1] = Row(_points(attributes["ht"]) if "ht" in attributes else None, hidden, look)

    def _cell(self, attributes: dict[str, str]) -> None:
        reference = attributes.get("r")
        if reference is None:
            row, column = self.row, self.column + 1
        else:
            match = REFERENCE.fullmatch(reference)
            if match is None or match[3]:
                raise Refused(f"holds a cell called {reference!r}", "a cell has one column and one row")
            row, column = int(match[2]), column_number(match[1])
        self._begin(row, column, attributes.get("t", "n"), _whole(attributes.get("s"), 0))
        if self.held:
            self.held.clear()
        if self.inline:
            self.inline.clear()
        if self.runs:
            self.runs.clear()

    def _begin(self, row: int, column: int, kind: str, look: int) -> None:
        if row != self.row or column <= self.column:
            raise Refused(f"holds the cell {address(row - 1, column - 1)} twice or out of order", "programs may read one or the other")
        self.column = column
        self.right = max(self.right, column)
        self.cells.count += 1
        if self.cells.count > MOST_CELLS:
            raise Refused(f"and those before it hold more than {MOST_CELLS:,} cells", "it is far larger than a workbook of capmodel")
        if row > MOST_ROWS or column > MOST_COLUMNS or row * self.right > LARGEST_BOX:
            raise Refused(
                f"reaches {row:,} rows and {self.right:,} columns, to {self.here}", "a book of capmodel does not; it is a stray cell"
            )
        self.kind, self.value, self.formula, self.look = kind, None, None, look
        if look and look >= len(self.cells.looks):
            raise Refused(f"gives {self.here} the look {look:,}", f"the workbook has {len(self.cells.looks):,}")

    def take(self, cells: PlainCells, check_formula: Callable[[str], None]) -> None:
        """The rows and cells of a sheet that is written plainly, each read as where it comes element by element.

        Args:
            cells: what stands in the sheet, in its order.
            check_formula: what refuses a formula that no book may hold.
        """
        rows = iter(cells.rows)
        for row, letters, digits, look, kind, formula, value in cells.tokens:
            if row:
                self._row(next(rows))
                continue
            self._begin(int(digits), column_number(letters), kind or "n", int(look or 0))
            if formula:
                natural_formula = natural(formula)
                check_formula(natural_formula)
                self.formula = self.cells.keep(natural_formula)
            if value:
                self._value_ended(natural(value))
            self._ended("")

    @property
    def here(self) -> str:
        """The cell that is being read."""
        return address(self.row - 1, self.column - 1)

    def _once(self, name: str) -> None:
        if name in self.held:
            raise Refused(f"holds {self.here} with two elements called {name}", "programs may read one or the other")
        self.held.add(name)

    def _once_v(self, _: dict[str, str]) -> None:
        self._once("v")

    def _once_is(self, _: dict[str, str]) -> None:
        self._once("is")

    def _formula(self, attributes: dict[str, str]) -> None:
        self._once("f")
        self.about = attributes

    def _formula_ended(self, text: str) -> None:
        kind = self.about.get("t", "normal")
        if kind == "shared":
            name = self.about.get("si", "")
            if name in self.shared:
                text = self._shared(name)
            elif text:
                self.shared[name] = (Copied(text), self.row, self.column)
        elif kind != "normal":
            # An array formula or a table of data is an object of its own and never the book's.
            text = f"{{={text}}}"
        self.formula = self.cells.keep(text)

    def _shared(self, name: str) -> str:
        """A formula that the file gives for one cell and shares with others, as this cell has it."""
        formula, row, column = self.shared[name]
        text = formula.at(self.row - row, self.column - column)
        self.cells.shared += len(text)
        if self.cells.shared > MOST_SHARED:
            raise Refused(
                f"and those before it hold shared formulas of more than {MOST_SHARED:,} characters", "a workbook of capmodel has far fewer"
            )
        return text

    def _value_ended(self, text: str) -> None:
        if self.kind == "n":
            try:
                sound = math.isfinite(float(text or 0))
            except ValueError:
                sound = False
            if not sound:
                raise Refused(f"holds {text[:40]!r} in {self.here}, which is kept as a number", "it is none")
        self.value = text or None

    def _text_ended(self, text: str) -> None:
        if "rPh" not in self.path:
            self.inline.append(text)

    def _ended(self, _: str) -> None:
        value = self._read()
        if value is not None or self.formula is not None:
            rich = (
                ", ".join(self.runs)
                if self.kind == "inlineStr"
                else self.cells.rich.get(int(self.value or 0), "")
                if self.kind == "s" and self.cells.rich
                else ""
            )
            self.written.append(Written(self.row - 1, self.column - 1, value, self.formula, self.look, rich))
        elif self.look:
            self.empty.append(Written(self.row - 1, self.column - 1, None, None, self.look))

    def _read(self) -> float | str | bool | None:
        if self.kind == "inlineStr":
            return self.cells.keep(unescaped("".join(self.inline))) if "is" in self.held else None
        if self.value is None:
            return None
        if self.kind == "n":
            looks = self.cells.looks
            return _dated(float(self.value)) if looks and looks[self.look].is_date else float(self.value)
        if self.kind in ("s", "b"):
            at = _whole(self.value, 0)
            if self.kind == "b":
                return at != 0
            if at >= len(self.cells.texts):
                raise Refused(f"refers in {self.here} to the text {at:,}", f"the workbook has {len(self.cells.texts):,} shared texts")
            return self.cells.texts[at]
        return self.cells.keep(unescaped(self.value))

    def _link(self, attributes: dict[str, str]) -> None:
        relation = next((value for key, value in attributes.items() if key.endswith(" id")), "")
        self.links.append((attributes.get("ref", ""), relation, attributes.get("location", "")))


#: What a run of a text may be written with, by the element, in words.
RUN = {"b": "bold", "i": "italic", "strike": "struck through", "u": "underlined", "vertAlign": "raised", "color": "colour", "sz": "size", "rFont": "font"}  # fmt: skip
LONGEST_RUNS = 20


def run_properties(path: Sequence[str], into: list[str]) -> dict[str, Callable[[dict[str, str]], None]]:
    """What collects how the runs of a text are written."""

    def collect(name: str) -> Callable[[dict[str, str]], None]:
        def start(attributes: dict[str, str]) -> None:
            if "rPr" in path and len(into) < LONGEST_RUNS:
                into.append(" ".join((RUN[name], *(value for key, value in sorted(attributes.items()) if value not in _TRUE))))

        return start

    return {name: collect(name) for name in RUN}


class TextReader:
    """Collects the texts that cells share; guides to pronunciation are no part of them."""

    def __init__(self, cells: Cells, path: Sequence[str]) -> None:
        self.cells, self.path, self.runs = cells, path, list[str]()
        self.properties: list[str] = []
        self.starts: Starts = run_properties(path, self.properties)
        self.ends: Ends = {"t": self._run, "si": self._ended}

    def _run(self, text: str) -> None:
        if "rPh" not in self.path:
            self.runs.append(text)

    def _ended(self, _: str) -> None:
        if self.properties:
            self.cells.rich[len(self.cells.texts)] = ", ".join(self.properties)
            self.properties.clear()
        self.cells.texts.append(self.cells.keep(unescaped("".join(self.runs))))
        self.runs.clear()


def unescaped(text: str) -> str:
    """A text whose control characters are written by their number.

    >>> unescaped("one_x0020_two"), unescaped("_x005F_x0020_")
    ('one two', '_x0020_')
    """
    return _ESCAPED.sub(lambda found: chr(int(found[1], 16)), text) if "_x" in text else text


def _dated(number: float) -> str:
    """A number that is shown as a date is not the number somebody typed."""
    from openpyxl.utils.datetime import from_excel

    try:
        return f"the date {from_excel(number)}"
    except (OverflowError, ValueError):
        return f"a date, {number:g}"


def _points(text: str | None) -> float:
    try:
        return float(text or "11")
    except ValueError:
        return 0.0


def _whole(text: str | None, otherwise: int) -> int:
    if text is None:
        return otherwise
    if not (text.isascii() and text.isdigit() and len(text) <= 7):
        raise Refused(f"holds {text[:20]!r} where a whole number is needed", "it is none")
    return int(text)
