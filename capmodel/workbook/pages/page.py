"""A page that is read rather than worked through: tables of references to workings, filled row by row.

Nothing is calculated on such a page but sums and differences of what it shows.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, TypedDict

from capmodel.algebra.functions import add_up
from capmodel.algebra.rows import Node
from capmodel.assumptions.step import CARE_BUDGETS
from capmodel.assumptions.years import year_label
from capmodel.contracts.given_target import TARGET
from capmodel.workbook.writing.book import Sheet, address, column_name, quoted
from capmodel.workbook.writing.formats import UNIT_LABELS
from capmodel.workbook.writing.layout import Layout

if TYPE_CHECKING:
    from capmodel.place.result import Result

FIRST_ROW = 4

#: The number format and the title of an axis of pounds, by the least figure for which it can be read.
MONEY_AXES = {1e6: ("#,##0.0,,", "£ million"), 1e4: ("#,##0,", "£ thousand"), 0: ("#,##0", "£")}

#: One summand: plus or minus, the figure, and which of its lines.
Part = tuple[int, Node, int]


class MoneyAxis(TypedDict):
    """The number format of an axis of pounds, and its title."""

    value_format: str
    value_title: str


@dataclass(frozen=True)
class Shown:
    """A column of an output table: a heading, the figure it shows, and the unit it is shown in."""

    heading: str
    node: Node
    unit: str
    t: int | None = None
    summed: bool = False


@dataclass
class Page:
    """One output sheet that is being filled, row by row."""

    result: Result
    layout: Layout
    sheet: Sheet
    row: int = FIRST_ROW
    blocks: list[int] = field(default_factory=list)  # the rows of its headings

    def value(self, node: Node, line: int, t: int | None) -> float:
        """The engine's figure."""
        rows = self.result.values.inputs.rows[node[0]]
        return float(self.result.values.figure(node)[line * rows.across + (t or 0)])

    def refer(self, row: int, column: int, node: Node, line: int, t: int | None, unit: str) -> None:
        """Put a reference to a figure."""
        self.add(row, column, ((1, node, line),), t, unit)

    def add(self, row: int, column: int, parts: Sequence[Part], t: int | None, unit: str, role: str = "formula") -> float:
        """Put a sum of references, each with its sign, and return it."""
        value, formula = 0.0, ""
        for sign, node, line in parts:
            value += sign * self.value(node, line, t)
            formula += ("-" if sign < 0 else "+" if formula else "") + self.layout.homes[node].cell(line, t, self.sheet.name)
        self.sheet.put(row, column, role, value, unit, formula=formula)
        return value

    def heading(self, text: str, across: int | None = None) -> None:
        """A heading over the next block, so many columns wide: as many as there are years, where it is not said."""
        self.blocks.append(self.row)
        self.sheet.put(self.row, 0, "table", text)
        for column in range(1, 1 + (len(self.result.place.pack.years) if across is None else across)):
            self.sheet.put(self.row, column, "table", None)
        self.row += 1

    def grid(self, left: str, lines: Sequence[tuple[str, int]], columns: Sequence[Shown], total: str = "") -> tuple[int, int]:
        """A table: one row for each line (its label and its position), one column for each figure; returns its rows."""
        self.sheet.put(self.row, 0, "timeline_left", left)
        for i, column in enumerate(columns):
            self.sheet.put(
                self.row, 1 + i, "timeline", column.heading if column.unit == "index" else f"{column.heading} ({unit_label(column.unit)})"
            )
        self.sheet.heights[self.row] = 44
        first = self.row + 1
        for offset, (label, line) in enumerate(lines):
            self.sheet.put(first + offset, 0, "label", label)
            for i, column in enumerate(columns):
                self.refer(first + offset, 1 + i, column.node, line, column.t, column.unit)
        last = first + len(lines) - 1
        if total and lines:
            self.sheet.heights[last + 1] = 4  # a thin gap, so that a total does not look like one more line
            self.sheet.put(last + 2, 0, "total", total)
            for i, column in enumerate(columns):
                if column.summed:
                    letter = column_name(1 + i)
                    values = add_up([self.value(column.node, line, column.t) for _, line in lines])
                    self.sheet.put(last + 2, 1 + i, "total", values, column.unit, formula=f"SUM({letter}{first + 1}:{letter}{last + 1})")
        self.row = last + (4 if total else 2)
        return first, last

    def by_year(self, left: str, lines: Sequence[tuple[str, Node, int]], unit: str, total: str = "") -> tuple[int, int]:
        """A table with years across: one row for each label, figure and position."""
        years = self.result.place.pack.years
        self.sheet.put(self.row, 0, "timeline_left", f"{left} ({unit_label(unit)})")
        for t, year in enumerate(years):
            self.sheet.put(self.row, 1 + t, "timeline", year_label(year))
        first = self.row + 1
        for offset, (label, node, line) in enumerate(lines):
            self.sheet.put(first + offset, 0, "label", label)
            for t in range(len(years)):
                self.refer(first + offset, 1 + t, node, line, t, unit)
        last = first + len(lines) - 1
        if total and lines:
            self.sheet.put(last + 1, 0, "total", total)
            for t in range(len(years)):
                letter = column_name(1 + t)
                values = add_up([self.value(node, line, t) for _, node, line in lines])
                self.sheet.put(last + 1, 1 + t, "total", values, unit, formula=f"SUM({letter}{first + 1}:{letter}{last + 1})")
        self.row = last + (3 if total else 2)
        return first, last

    def cross(
        self, left: str, down: Sequence[str], across: Sequence[tuple[str, Node, int]], t: int, unit: str, total: str = ""
    ) -> tuple[int, int]:
        """A table of one year with two keys: a row for each label, a column for each heading with its figure and the line it begins at."""
        self.sheet.put(self.row, 0, "timeline_left", f"{left} ({unit_label(unit)})")
        self.sheet.heights[self.row] = 44
        first, last = self.row + 1, self.row + len(down)
        for offset, label in enumerate(down):
            self.sheet.put(first + offset, 0, "label", label)
        if total:
            self.sheet.put(last + 1, 0, "total", total)
        for i, (heading, node, start) in enumerate(across):
            self.sheet.put(self.row, 1 + i, "timeline", heading)
            for offset in range(len(down)):
                self.refer(first + offset, 1 + i, node, start + offset, t, unit)
            if total:
                letter = column_name(1 + i)
                values = add_up([self.value(node, start + offset, t) for offset in range(len(down))])
                self.sheet.put(last + 1, 1 + i, "total", values, unit, formula=f"SUM({letter}{first + 1}:{letter}{last + 1})")
        self.row = last + (3 if total else 2)
        return first, last

    def note(self, text: str) -> None:
        """A line under a table that says how to read it."""
        self.sheet.put(self.row, 0, "words", text)
        self.row += 2

    def keep_together(self) -> None:
        """Keep each heading with its table, and each chart, on one printed page."""
        self.sheet.blocks = sorted({*self.blocks, *(chart.row for chart in self.sheet.charts)})

    def money_axis(self, first: int, last: int, columns: Sequence[int]) -> MoneyAxis:
        """The unit of an axis of pounds, and its number format, by the largest figure of some rows and columns."""
        shown = [content.value for (row, column), content in self.sheet.cells.items() if first <= row <= last and column in columns]
        largest = max((abs(float(value)) for value in shown if isinstance(value, int | float)), default=0)
        form, title = next(look for least, look in MONEY_AXES.items() if largest >= least)
        return {"value_format": form, "value_title": title}

    def span(self, first: int, last: int, column: int) -> str:
        """A chart range."""
        return f"={quoted(self.sheet.name)}!{address(first, column, True, True)}:{address(last, column, True, True)}"


def unit_label(unit: str) -> str:
    """What a unit is called in a heading."""
    plain = unit.removeprefix("whole ").removeprefix("short ")
    return "£ million" if unit == "million GBP" else UNIT_LABELS[plain]


def paid_by(result: Result) -> str:
    """What parties pay each other for care by: Year of Care budgets, or the target that the place gives in their place."""
    if result.chain.has(CARE_BUDGETS):
        return "Year of Care budgets"
    return "Care at the agreed target" if TARGET in result.place.columns else "Given budgets"


def members(result: Result, name: str) -> list[tuple[str, int]]:
    """The labels of a dimension and their positions."""
    return [(entry.label, i) for i, entry in enumerate(result.place.pack.dimensions[name])]


def budget_labels(result: Result) -> list[str]:
    """The labels of the budgets, in the order of their rows."""
    return [result.place.label(name) for name in result.values.inputs.rows["budget"].columns["budget"]]
