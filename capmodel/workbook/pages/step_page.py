"""The output sheet of a step that stands beside the chain: the figures it shows, each a reference to a working, and its headlines.

A step declares a `StepPage` in its own file; `steps_beside` lists them. What a page shows beyond tables, such as a chart, it adds itself.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import TYPE_CHECKING

from capmodel.algebra.rows import YEAR, Node
from capmodel.assumptions.years import year_label
from capmodel.workbook.pages.page import Page, Shown

if TYPE_CHECKING:
    from capmodel.algebra.table import Table
    from capmodel.place.result import Result

#: What the lines of a table are called where its key says it in another word.
KEY_WORDS = {
    "fund_line": "line",
    "holder_kind": "holder of every contract",
    "nhs_body": "NHS body",
    "metric": "goal",
    "payment_unit": "unit",
    "payment_criterion": "criterion",
    "payment_band": "band",
    "list_size": "size of the list",
    "ltc_band": "band",
    "rehabilitation_group": "group",
    "rehabilitation_party": "party",
    "scope": "budget",
    "plan_setting": "setting",
    "break_band": "band",
    "plan_side": "side",
    "contract_tier": "tier",
    "holder_service": "service",
    "period": YEAR,
}


def _no_more(page: Page) -> None:
    """Nothing beyond the tables."""


@dataclass(frozen=True)
class StepPage:
    """The sheet of a step.

    Attributes:
        sheet: its name.
        title: its title.
        step: the step it shows.
        shown: the figures, in the order in which the money moves; those whose table the place does not have are left out.
        headlines: the figures that say what the step comes to, for the summary and the recorded runs.
        more: what follows the tables.
    """

    sheet: str
    title: str
    step: str
    shown: tuple[Node, ...]
    headlines: tuple[Node, ...]
    more: Callable[[Page], None] = _no_more

    def fill(self, page: Page) -> None:
        """Fill the sheet."""
        _show(page, self.shown)
        self.more(page)
        page.keep_together()

    def fill_headlines(self, page: Page) -> None:
        """The headline figures, for the summary."""
        _show(page, self.headlines)

    def headline_nodes(self, result: Result) -> list[tuple[str, Node, int, int | None, str]]:
        """The headline figures: label, figure, line, year and unit."""
        years = [(t, f" {year_label(year)}") for t, year in enumerate(result.place.pack.years)]
        return [
            (f"{column.label}{year}" + (f": {label}" if many else ""), node, i, t, column.unit)
            for node in self.headlines
            if node[0] in result.chain.by_name
            for table in [result.chain.by_name[node[0]]]
            for column in [table.column(node[1])]
            for many in [len(lines_of(result, node)) > 1]
            for t, year in (years if table.by_year else [(None, "")])
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
    labels = [tuple(result.place.label(name) for name in key) for key in keys]
    # A budget of a package is called as the package is; a name is not said twice where lines can be told apart without.
    short = [tuple(dict.fromkeys(key)) for key in labels]
    return [(", ".join(key), node, i) for i, key in enumerate(short if len(set(short)) == len(set(labels)) else labels)]


def left_of(table: Table) -> str:
    """The heading over the labels of a table's lines: what its keys are called.

    >>> from capmodel.care_budgets.packages.totals import package_contact_price
    >>> left_of(package_contact_price)
    'Package, contact, case'
    """
    words = [KEY_WORDS.get(key, key.replace("_", " ")) for key in table.keys if key != YEAR]
    text = ", ".join(words) or "in total"
    return text[0].upper() + text[1:]


def _show(page: Page, nodes: Sequence[Node]) -> None:
    """A block for each figure that has lines of its own; one for figures of the place that follow each other, under their table's title."""
    result = page.result
    tables = result.chain.by_name
    there = [node for node in nodes if node[0] in tables and lines_of(result, node)]

    def of_place(node: Node) -> str:
        table = tables[node[0]]
        return f"{table.title}, {table.column(node[1]).unit}" if table.keys == (YEAR,) else ".".join(node)

    blocks = [list(block) for _, block in groupby(there, of_place)]
    labels = Counter(tables[own[0][0]].column(own[0][1]).label for own in blocks)
    for own in blocks:
        table = tables[own[0][0]]
        column = table.column(own[0][1])
        left = left_of(table)
        # Two blocks of one title, such as cost by role and cost by network, say what each is by.
        by = f", {'by ' if table.keys != (YEAR,) else ''}{left[0].lower()}{left[1:]}" if labels[column.label] > 1 else ""
        page.heading(table.title if len(own) > 1 else f"{column.label}{by}", None if table.by_year else 1)
        if table.by_year:
            page.by_year(left, [line for node in own for line in lines_of(result, node)], column.unit)
        else:
            page.grid(left, [(label, i) for label, _, i in lines_of(result, own[0])], [Shown(column.label, own[0], column.unit)])
