"""Out 6: a statement of account for each party, on a page of its own; every line is a reference to a working.

What a line is stands beside it in words, so that the page can be sent by itself. Plus is a gain or a receipt, brackets are a
loss or a payment.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from capmodel.algebra.functions import add_up
from capmodel.assumptions.years import year_label
from capmodel.contracts.settlement.carry_forward import bank
from capmodel.contracts.settlement.transfer import settlement
from capmodel.workbook.pages import share_build_up as way
from capmodel.workbook.pages.issued import Issue, either
from capmodel.workbook.pages.page import Page, members, paid_by
from capmodel.workbook.pages.share_build_up import Stop
from capmodel.workbook.writing.book import address

if TYPE_CHECKING:
    from capmodel.place.result import Result

STATEMENTS = "Out 6 Statements"
LABEL_WIDTH, YEAR_WIDTH, WORDS_WIDTH, WORDS_A_LINE = 44, 15.5, 52, 66
ALLIANCE = {
    "pool_target_gbp": "Target of the alliance",
    "pool_actual_gbp": "Actual cost, on the same basis",
    "variance_gbp": "Variance: target less actual cost",
    "counted_variance_gbp": "Variance that counts",
    "threshold_gbp": "Threshold",
    "pool_gbp": "Pool that is shared",
}


#: Years of these do not add up to anything.
NOT_ADDED_UP = ("Threshold",)


def fill_statements(page: Page, run: Result, issue: Issue) -> None:
    """Fill the sheet: one statement below the other, each on a page of its own; `run` is the one the book is issued of."""
    for name, party in members(page.result, "party"):
        if party:
            page.sheet.breaks.append(page.row)
        _statement(page, name, party, run, issue)
    years = len(page.result.place.pack.years)
    page.sheet.widths = {0: LABEL_WIDTH, **dict.fromkeys(range(1, 2 + years), YEAR_WIDTH), 2 + years: WORDS_WIDTH}


def _statement(page: Page, name: str, party: int, run: Result, issue: Issue) -> None:
    result = page.result
    years = result.place.pack.years
    page.heading(f"Statement of account: {name}", 2 + len(years))
    signs = "Pounds: plus is a gain or is received, brackets are a loss or are paid."
    title = f"{result.place.terms.title}. Run {run.run_id[:12]}, packs dated {run.place.pack.as_at}. {signs}"
    changed = f", so that these are no longer the figures of run {run.run_id[:12]}. {result.place.terms.title}. {signs}"
    text, formula = either(page.sheet.name, issue, title, changed)
    page.sheet.put(page.row, 0, "words", text, formula=formula)
    page.row += 1
    page.sheet.put(page.row, 0, "timeline_left", "Line (£)")
    for t, year in enumerate(years):
        page.sheet.put(page.row, 1 + t, "timeline", year_label(year))
    page.sheet.put(page.row, 1 + len(years), "timeline", "All years")
    page.sheet.put(page.row, 2 + len(years), "timeline_left", "What it is")
    page.row += 1
    by = paid_by(page.result)
    budgets = [
        Stop(f"{by}: income as a provider", "What the party is to be paid for care.", ((1, ("party_budget", "income_gbp"), party),)),
        Stop(f"{by}: contribution as a payer", "What the party is to pay for care.", ((1, ("party_budget", "contribution_gbp"), party),)),
        way.figure(result, "own_target_gbp", party),
        way.figure(result, "own_variance_gbp", party),
    ]  # fmt: skip
    alliance = [Stop(label, way.words_of(("pool", line), result), ((1, ("pool", line), 0),)) for line, label in ALLIANCE.items()]
    _group(page, "The party's own part", budgets, unit="whole GBP")
    _group(page, "The alliance as a whole", alliance, unit="whole GBP")
    _group(page, "The party's share, step by step", way.to_share(result, party), way.figure(result, "share_gbp", party))
    *payments, still_due = way.payment(result, party)
    _group(page, "What is paid", payments, still_due)
    _group(page, "Where the party ends", [], way.figure(result, "position_gbp", party))
    balances = _balances(page, party)
    if balances:
        _group(page, "Carried forward to later years", balances, summed=False)
    page.row += 1


def _balances(page: Page, party: int) -> list[Stop]:
    rows = page.result.values.inputs.rows
    name, banks = rows[settlement.name].columns["party"][party], rows[bank.name].columns
    node, held = (bank.name, "closing_gbp"), (settlement.name, "withheld_gbp")
    stops = [Stop("Held back, to be released next year", way.words_of(held, page.result), ((1, held, party),))]
    return (stops if "withhold" in page.result.place.terms.steps else []) + [
        Stop(f"Balance of what a cap left: {page.result.place.label(side).lower()}", way.words_of(node, page.result), ((1, node, line),))
        for line, (whose, side) in enumerate(zip(banks["party"], banks["side"], strict=True))
        if whose == name
    ]


def _group(page: Page, heading: str, stops: Sequence[Stop], total: Stop | None = None, summed: bool = True, unit: str = "GBP") -> None:
    """A heading, its lines, and the line they lead to."""
    page.sheet.heights[page.row] = 6
    page.row += 1
    page.sheet.put(page.row, 0, "heading", heading)
    page.row += 1
    for stop in (*stops, *((total,) if total else ())):
        last = stop is total
        role = "total" if last else "formula"
        page.sheet.put(page.row, 0, "total" if last else "label", stop.label)
        years = range(len(page.result.place.pack.years))
        found = [page.add(page.row, 1 + t, stop.parts, t, unit, role) for t in years]
        if summed and stop.label not in NOT_ADDED_UP:
            span = f"{address(page.row, 1)}:{address(page.row, len(years))}"
            page.sheet.put(page.row, 1 + len(years), role, add_up(found), unit, formula=f"SUM({span})")
        page.sheet.put(page.row, 2 + len(years), "small", stop.words)
        page.sheet.heights[page.row] = max(14.0, 11.0 * -(-len(stop.words) // WORDS_A_LINE) + 1)
        page.row += 1
