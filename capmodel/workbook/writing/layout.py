"""Where every figure stands: a block of rows for each input, ingredient and line, years across on one ruler.

The first pass over the tables places every block; formulas are written in a second pass, when every address is known.
What is in the blocks is `emit`'s business.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from capmodel.algebra.links import Link, Total
from capmodel.algebra.rows import YEAR, Node
from capmodel.algebra.table import Table
from capmodel.workbook.writing.book import CONSTANT, FIRST_YEAR, address, column_name, quoted
from capmodel.workbook.writing.timeline import TIMELINE


@dataclass(frozen=True)
class Block:
    """A run of rows on a sheet: `top` is the first row with figures; `shown` the columns whose labels stand to the left."""

    sheet: str
    top: int
    lines: int
    by_year: bool
    across: int
    shown: tuple[str, ...]

    def column(self, t: int | None) -> int:
        """The sheet column of a year, or the constant column."""
        return FIRST_YEAR + t if self.by_year and t is not None else CONSTANT

    def cell(self, line: int, t: int | None, here: str) -> str:
        """The address of a figure, as it is written on the sheet `here`."""
        text = address(self.top + line, self.column(t), fixed_column=not self.by_year)
        return text if here == self.sheet else f"{quoted(self.sheet)}!{text}"

    def span(self, first: int, last: int, t: int | None, here: str) -> str:
        """The range of some lines, in one year, or over all years."""
        left = self.column(t if t is not None else 0)
        right = left if t is not None or not self.by_year else left + self.across - 1
        start = f"{column_name(left)}${self.top + first + 1}"
        text = f"{start}:{column_name(right)}${self.top + last + 1}"
        return text if here == self.sheet else f"{quoted(self.sheet)}!{text}"

    def across_years(self, line: int, here: str) -> str:
        """The range of one line over all its years."""
        ends = [address(self.top + line, FIRST_YEAR + t, fixed_column=True) for t in (0, self.across - 1)]
        text = ":".join(ends)
        return text if here == self.sheet else f"{quoted(self.sheet)}!{text}"

    def label_span(self, column: str, here: str) -> str:
        """The range of the labels in one of the columns shown."""
        letter = column_name(self.shown.index(column))
        text = f"${letter}${self.top + 1}:${letter}${self.top + self.lines}"
        return text if here == self.sheet else f"{quoted(self.sheet)}!{text}"


@dataclass
class Layout:
    """The blocks of a workbook: where inputs and lines are at home, where ingredients stand, where assumptions are."""

    homes: dict[Node, Block] = field(default_factory=dict)
    ingredients: dict[tuple[str, Link | str], Block] = field(default_factory=dict)
    assumptions: dict[str, Block] = field(default_factory=dict)

    def at(self, block: Block, line: int, labels: tuple[int, ...] | None = None) -> Place:
        """The view that a link's formula has from one row; `labels` says where the labels it matches stand."""
        return Place(self, block.sheet, block.top + line, labels)


@dataclass(frozen=True)
class Place:
    """`links.Sheets` as seen from one row of one sheet."""

    layout: Layout
    sheet: str
    row: int
    label_columns: tuple[int, ...] | None = None

    def cell(self, node: Node, line: int, t: int | None) -> str:
        """The cell of one figure."""
        return self.layout.homes[node].cell(line, t, self.sheet)

    def span(self, node: Node, first: int, last: int, t: int | None) -> str:
        """The range of some lines of a column."""
        return self.layout.homes[node].span(first, last, t, self.sheet)

    def across(self, node: Node, line: int) -> str:
        """The range of one line over all its years."""
        return self.layout.homes[node].across_years(line, self.sheet)

    def place_of_year(self, t: int, years: int) -> str:
        """The place of a year among those on the ruler of this sheet, counted from 1."""
        ends = [address(TIMELINE, FIRST_YEAR + i, fixed_row=True, fixed_column=True) for i in (0, years - 1)]
        return f"MATCH({address(TIMELINE, FIRST_YEAR + t, fixed_row=True)},{':'.join(ends)},0)"

    def labels(self, node: Node, column: str) -> str:
        """The range of labels beside a column."""
        return self.layout.homes[node].label_span(column, self.sheet)

    def own_label(self, position: int, above: bool = False) -> str:
        """A label cell of this row, or of the row above."""
        column = self.label_columns[position] if self.label_columns is not None else position
        return address(self.row - above, column, fixed_column=True)

    def assumption(self, name: str, t: int | None) -> str:
        """The cell of an assumption in use."""
        return self.layout.assumptions[name].cell(0, t, self.sheet)


def shown_columns(tables: Mapping[str, Table]) -> dict[str, tuple[str, ...]]:
    """For each table the label columns beside its blocks: its keys, and attributes that some total singles out."""
    shown = {table.name: [*(key for key in table.keys if key != YEAR), *table.beside] for table in tables.values()}
    for table in tables.values():
        for line in table.lines.values():
            for link in line.links.values():
                if isinstance(link, Total) and link.table.name in shown:
                    beside = shown[link.table.name]
                    beside += [theirs for theirs, _ in link.on if theirs != YEAR and theirs not in beside]
    return {name: tuple(columns) for name, columns in shown.items()}
