"""The steps of the settlement at the head of its workings, in the order of the contract, each with a link to where it is taken."""

from __future__ import annotations

from typing import TYPE_CHECKING

from capmodel.algebra.rows import Node
from capmodel.workbook.writing.book import Sheet, address, quoted
from capmodel.workbook.writing.layout import Layout
from capmodel.workbook.writing.timeline import FIRST_ROW

if TYPE_CHECKING:
    from capmodel.place.result import Result

BEFORE: tuple[tuple[str, Node], ...] = (
    ("Target: budgets in scope, adjusted, less the discount", ("pool", "pool_target_gbp")),
    ("Actual cost, on the basis of the target", ("pool", "pool_actual_gbp")),
    ("Variance: target less actual cost", ("pool", "variance_gbp")),
    ("What of the variance does not count", ("pool", "counted_variance_gbp")),
    ("Threshold, and the pool beyond it", ("pool", "pool_gbp")),
    ("Bands: what each party is due of the pool", ("entitlement", "banded_gbp")),
)
#: Where it is worked out what a step takes, if not beside the others.
OWN: dict[str, Node] = {"outcomes": ("pool", "outcome_share"), "caps": ("cap_year", "limit_gbp")}
TAKEN: Node = ("party_step", "after_gbp")
AFTER: tuple[tuple[str, Node], ...] = (
    ("Received of others, shared again, carried forward, released", ("settlement", "received_gains_gbp")),
    ("Share of the pool, to the penny", ("settlement", "share_gbp")),
    ("Cash position before settlement, transfer, and what is still to be paid", ("settlement", "transfer_gbp")),
)


def _steps(result: Result) -> list[tuple[str, Node]]:
    between = [(f"{result.place.label(step)}: what it leaves of each share", OWN.get(step, TAKEN)) for step in result.place.terms.steps]
    return [*BEFORE, *between, *AFTER]


def rows_needed(result: Result) -> int:
    """How many rows the steps take, with their heading."""
    return len(_steps(result)) + 3


def fill_steps(result: Result, layout: Layout, sheet: Sheet) -> None:
    """Write the steps, each a link."""
    sheet.put(FIRST_ROW, 0, "table", "The steps of the settlement, in the order of the contract")
    for i, (text, node) in enumerate(_steps(result), 1):
        home = layout.homes[node]
        link = f"{quoted(home.sheet)}!{address(home.top, 0)}"
        sheet.put(FIRST_ROW + i, 0, "link", f"{i}. {text}", link=link)
