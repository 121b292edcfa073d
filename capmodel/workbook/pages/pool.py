"""Out 9: the pooled budget or the performance pot of a place, each figure a reference to a working."""

from __future__ import annotations

from typing import TYPE_CHECKING

from capmodel.algebra.rows import Node
from capmodel.assumptions.years import year_label
from capmodel.workbook.pages.page import Page

if TYPE_CHECKING:
    from capmodel.place.result import Result

POOL_PAGE = "Out 9 Pool"
#: What is shown of either kind of agreement, in the order in which the money moves.
SHOWN: tuple[Node, ...] = (
    ("line_year", "line_budget_gbp"),
    ("line_year", "line_spend_gbp"),
    ("fund", "deficit_gbp"),
    ("fund", "surplus_gbp"),
    ("partner_year", "contribution_gbp"),
    ("partner_year", "deficit_part_gbp"),
    ("partner_year", "surplus_part_gbp"),
    ("partner_year", "carried_gbp"),
    ("partner_year", "received_gbp"),
    ("pot", "pot_gbp"),
    ("earned", "payment_gbp"),
    ("pot", "paid_of_pot_gbp"),
    ("pot", "unearned_gbp"),
)
#: The figures that say what a pool comes to.
HEADLINES: tuple[Node, ...] = (("partner_year", "received_gbp"), ("pot", "paid_of_pot_gbp"))


def lines_of(result: Result, node: Node) -> list[tuple[str, Node, int]]:
    """The lines of a figure of the pool, each called by its keys; the figure itself where it is one a year."""
    table = result.chain.by_name[node[0]]
    columns = [key for key in table.keys if key != "year"]
    rows = result.values.inputs.rows[table.name]
    if not columns:
        return [(table.column(node[1]).label, node, 0)]
    keys = zip(*(rows.columns[name] for name in columns), strict=True)
    return [(", ".join(result.place.label(name) for name in key), node, i) for i, key in enumerate(keys)]


def headlines(result: Result) -> list[tuple[str, Node, int, int | None, str]]:
    """The headline figures of the pool: label, figure, line, year and unit."""
    years = [year_label(year) for year in result.place.pack.years]
    return [
        (f"{result.chain.by_name[node[0]].column(node[1]).label} {year}" + (f": {label}" if many else ""), node, i, t, "GBP")
        for node in HEADLINES
        if node[0] in result.chain.by_name
        for many in [len(lines_of(result, node)) > 1]
        for t, year in enumerate(years)
        for label, _, i in lines_of(result, node)
    ]


def fill_pool(page: Page) -> None:
    """Fill the sheet."""
    for node in SHOWN:
        _show(page, node)


def fill_headlines(page: Page) -> None:
    """The headline figures, for the summary."""
    for node in HEADLINES:
        _show(page, node)


def _show(page: Page, node: Node) -> None:
    result = page.result
    if node[0] in result.chain.by_name and (lines := lines_of(result, node)):
        page.heading(result.chain.by_name[node[0]].column(node[1]).label)
        page.by_year("Pool", lines, "GBP")
