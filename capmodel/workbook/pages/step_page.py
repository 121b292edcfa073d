"""The output sheet of a step that stands beside the chain: the figures it shows, each a reference to a working, and its headlines.

A step declares a `StepPage` in its own file; `steps_beside` lists them. What a page shows beyond tables, such as a chart, it adds itself.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from capmodel.algebra.rows import YEAR, Node
from capmodel.assumptions.years import year_label
from capmodel.workbook.pages.page import Page

if TYPE_CHECKING:
    from capmodel.place.result import Result


def _no_more(page: Page) -> None:
    """Nothing beyond the tables."""


@dataclass(frozen=True)
class StepPage:
    """The sheet of a step.

    Attributes:
        sheet: its name.
        title: its title.
        step: the step it shows.
        left: the heading of the labels.
        shown: the figures, in the order in which the money moves; those whose table the place does not have are left out.
        headlines: the figures that say what the step comes to, for the summary and the recorded runs.
        more: what follows the tables.
    """

    sheet: str
    title: str
    step: str
    left: str
    shown: tuple[Node, ...]
    headlines: tuple[Node, ...]
    more: Callable[[Page], None] = _no_more

    def fill(self, page: Page) -> None:
        """Fill the sheet."""
        for node in self.shown:
            _show(page, node, self.left)
        self.more(page)

    def fill_headlines(self, page: Page) -> None:
        """The headline figures, for the summary."""
        for node in self.headlines:
            _show(page, node, self.left)

    def headline_nodes(self, result: Result) -> list[tuple[str, Node, int, int | None, str]]:
        """The headline figures: label, figure, line, year and unit."""
        years = [year_label(year) for year in result.place.pack.years]
        return [
            (f"{column.label} {year}" + (f": {label}" if many else ""), node, i, t, column.unit)
            for node in self.headlines
            if node[0] in result.chain.by_name
            for column in [result.chain.by_name[node[0]].column(node[1])]
            for many in [len(lines_of(result, node)) > 1]
            for t, year in enumerate(years)
            for label, _, i in lines_of(result, node)
        ]


def lines_of(result: Result, node: Node) -> list[tuple[str, Node, int]]:
    """The lines of a figure, each called by its keys; the figure itself where it is one a year."""
    table = result.chain.by_name[node[0]]
    columns = [key for key in table.keys if key != YEAR]
    rows = result.values.inputs.rows[table.name]
    if not columns:
        return [(table.column(node[1]).label, node, 0)]
    keys = zip(*(rows.columns[name] for name in columns), strict=True)
    return [(", ".join(result.place.label(name) for name in key), node, i) for i, key in enumerate(keys)]


def _show(page: Page, node: Node, left: str) -> None:
    result = page.result
    if node[0] in result.chain.by_name and (lines := lines_of(result, node)):
        column = result.chain.by_name[node[0]].column(node[1])
        page.heading(column.label)
        page.by_year(left, lines, column.unit)
