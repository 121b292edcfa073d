"""A workbook in memory: sheets of cells, each a label, an input, a formula with its value, or a recorded value.

It is built by `emit` and `sheets`, written by `write`, and read again by `recalculate` and `returned.read`, which need to know what
each cell stands for. It knows no Excel library.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cache
from typing import Any

Value = float | str

#: Columns of the ruler: up to five label columns, the unit, one column for figures that hold in all years, then years.
LABELS, UNIT, CONSTANT, FIRST_YEAR = 5, 5, 6, 7
LONGEST_FORMULA = 8_192  # characters that a cell takes

LONGEST_LITERAL = 255


@dataclass(frozen=True, slots=True)
class Content:
    """What one cell holds. `change` names the figure an input stands for, as `Place.run` takes it, `about` says it in words."""

    role: str
    value: Value | None
    unit: str = ""
    formula: str = ""  # without the equals sign
    change: str = ""
    link: str = ""  # an internal link, such as 'Checks'!A1
    about: str = ""
    pack: float | None = None  # the pack's own figure, where the user of the run set another

    @property
    def is_input(self) -> bool:
        """True where whoever holds the book may change the figure; a figure that is only named may not be."""
        return self.role == "input"


@dataclass(frozen=True)
class Validation:
    """What an input cell accepts: a list of values, or a range of numbers."""

    row: int
    column: int
    last_row: int
    last_column: int
    rule: dict[str, Any]


@dataclass(frozen=True)
class Alert:
    """Cells that turn amber where they compare with a text or number in some way: not as issued, or without effect."""

    row: int
    column: int
    last_row: int
    last_column: int
    criteria: str
    value: Value


@dataclass
class Chart:
    """A native chart: categories and series are ranges of a sheet."""

    title: str
    description: str
    kind: dict[str, str]
    series: list[dict[str, Any]]
    row: int
    column: int
    value_title: str = ""
    value_format: str = "#,##0"
    size: tuple[int, int] = (900, 420)
    legend: bool = True
    category_title: str = ""
    category_format: str = ""
    category_range: tuple[float, float] | None = None
    without_legend: tuple[int, ...] = ()  # series that the legend leaves out
    from_zero: bool = False  # amounts that are never below zero: the axis shows all of each
    to_zero: bool = False  # amounts that are never above zero
    lines: list[dict[str, Any]] = field(default_factory=list)  # series that are drawn as lines over the bars

    @property
    def drawn(self) -> list[dict[str, Any]]:
        """Every series, in the order in which a file holds them."""
        return [*self.series, *self.lines]


@dataclass
class Sheet:
    """One sheet: its cells by row and column, and how it is laid out."""

    name: str
    title: str
    cells: dict[tuple[int, int], Content] = field(default_factory=dict)
    widths: dict[int, float] = field(default_factory=dict)
    heights: dict[int, float] = field(default_factory=dict)
    frozen: tuple[int, int] = (0, 0)
    repeat_rows: tuple[int, int] | None = None
    validations: list[Validation] = field(default_factory=list)
    verdicts: list[tuple[int, int]] = field(default_factory=list)
    alerts: list[Alert] = field(default_factory=list)
    charts: list[Chart] = field(default_factory=list)
    faint: tuple[int, int, int, int] | None = None  # where zeros stand back: first row and column, last row and column
    portrait: bool = False
    pages_across: int = 1
    pages_down: int = 0  # as many as it takes
    breaks: list[int] = field(default_factory=list)  # rows that begin a printed page; the sheet is then scaled to one page across
    blocks: list[int] = field(default_factory=list)  # or rows that begin what is kept on one page, such as a table or a chart

    def put(self, row: int, column: int, role: str, value: Value | None, unit: str = "", **more: Any) -> None:
        """Put one cell in place; a cell is written once."""
        if (row, column) in self.cells:
            raise ValueError(f"{self.name} row {row + 1} column {column + 1} is written twice")
        self.cells[row, column] = Content(role, value, unit, **more)

    def text(self, row: int, *values: str, role: str = "label", column: int = 0) -> None:
        """Put a row of texts."""
        for i, value in enumerate(values):
            self.put(row, column + i, role, value)


@dataclass
class Book:
    """A workbook: its sheets in order, its properties and its fingerprint."""

    sheets: list[Sheet]
    properties: dict[str, Any]
    custom: dict[str, str]

    def sheet(self, name: str) -> Sheet:
        """The sheet of that name."""
        return next(sheet for sheet in self.sheets if sheet.name == name)


@cache
def column_name(index: int) -> str:
    """The letters of a column.

    >>> column_name(0), column_name(27)
    ('A', 'AB')
    """
    name = ""
    index += 1
    while index:
        index, left = divmod(index - 1, 26)
        name = chr(65 + left) + name
    return name


@cache
@cache
def column_number(letters: str) -> int:
    """The number of a column, from 1.

    >>> column_number("A"), column_number("XFD")
    (1, 16384)
    """
    number = 0
    for letter in letters.upper():
        number = number * 26 + ord(letter) - 64
    return number


def address(row: int, column: int, fixed_row: bool = False, fixed_column: bool = False) -> str:
    """A cell address.

    >>> address(11, 6, fixed_column=True)
    '$G12'
    """
    return f"{'$' if fixed_column else ''}{column_name(column)}{'$' if fixed_row else ''}{row + 1}"


def literal(text: str) -> str:
    """A text as it stands in a formula, where a quotation mark is doubled and a piece has at most 255 characters.

    >>> print(literal('a "whole" pool'))
    "a ""whole"" pool"
    """
    pieces = [text[start : start + LONGEST_LITERAL] for start in range(0, len(text), LONGEST_LITERAL)] or [""]
    return "&".join('"' + piece.replace('"', '""') + '"' for piece in pieces)


def quoted(sheet: str) -> str:
    """A sheet name as it stands in a formula."""
    return f"'{sheet}'" if not sheet.isalnum() else sheet
