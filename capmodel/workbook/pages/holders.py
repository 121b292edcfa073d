"""Out 20: contracts within contracts: each holder below its parent, what it passes up, who bears the variance, and the tiers."""

from __future__ import annotations

from capmodel.assumptions.step import HOLDERS
from capmodel.assumptions.years import year_label
from capmodel.contracts.holders import HOLDER, SERVICE
from capmodel.contracts.holders.idle import HeldRun, without_effect
from capmodel.place.held import held_of
from capmodel.workbook.pages.page import Page
from capmodel.workbook.pages.step_page import StepPage
from capmodel.workbook.pages.year_tables import text_rows, year_table
from capmodel.workbook.writing.book import Chart

LABEL_WIDTH, MONEY_WIDTH, ROW_PIXELS = 58, 16, 20
#: The columns of each table: heading, figure, unit.
OF_HOLDERS = (
    ("Budget", "budget_of_holder_gbp", "GBP"),
    ("Budget per person", "holder_budget_gbp_per_person", "GBP/persons"),
    ("Own budget", "all_own_budget_gbp", "GBP"),
    ("Own cost", "all_own_cost_gbp", "GBP"),
    ("Own variance (saved: plus)", "all_own_variance_gbp", "GBP"),
    ("Received from its contracts (gain: plus)", "received_from_below_gbp", "GBP"),
    ("Passed to the parent (gain: plus)", "passed_to_parent_gbp", "GBP"),
    ("Kept, or borne (minus)", "borne_by_holder_gbp", "GBP"),
)
OF_TIERS = (
    ("Own budget", "tier_own_budget_gbp", "GBP"),
    ("Own variance (saved: plus)", "tier_own_variance_gbp", "GBP"),
    ("Passed up (gain: plus)", "tier_passed_gbp", "GBP"),
    ("Kept, or borne (minus)", "tier_borne_gbp", "GBP"),
    ("Check: received by the tier above", "check_tier_gbp", "GBP"),
)
OF_SERVICES = (
    ("Budget", "holder_budget_gbp", "GBP"),
    ("Budgets of its own contracts", "passed_on_budget_gbp", "GBP"),
    ("Own budget", "own_budget_gbp", "GBP"),
    ("Own cost", "holder_cost_gbp", "GBP"),
    ("Own variance (saved: plus)", "own_variance_gbp", "GBP"),
    ("Of it in scope", "scope_variance_gbp", "GBP"),
)
#: Columns that are not added up: a budget contains those of its contracts, and a pound may be passed by tier after tier.
_SINGLE = (
    *("budget_of_holder_gbp", "holder_budget_gbp_per_person", "received_from_below_gbp", "passed_to_parent_gbp"),
    *("holder_budget_gbp", "passed_on_budget_gbp", "tier_passed_gbp"),
)


def _fill(page: Page) -> None:
    """Year by year the tree, a chart of it, the tiers and the services; what has no effect at the end."""
    run = held_of(page.result)
    for t, year in enumerate(map(year_label, run.years)):
        if t:
            page.sheet.breaks.append(page.row)
        first, last = year_table(
            page, _SINGLE, f"Holders, each below its parent, {year}", "Holder", "holder_year", OF_HOLDERS, t, "All holders", _tree(run)
        )
        _chart(page, year, first, last)
        year_table(page, _SINGLE, f"Tiers, {year}", "Tier", "contract_tier_year", OF_TIERS, t, "All tiers")
        year_table(page, _SINGLE, f"Services, {year}", "Holder, service", "holder_budget", OF_SERVICES, t, "All holders", _services(run))
    text_rows(page, len(OF_HOLDERS), "Without effect in the run that was issued", without_effect(run))
    page.sheet.widths = {0: LABEL_WIDTH, **dict.fromkeys(range(1, 1 + len(OF_HOLDERS)), MONEY_WIDTH)}


def _tree(run: HeldRun) -> list[tuple[str, int]]:
    """The holders from the root down, indented by their tier, and their positions."""
    return [("    " * depth + run.label(holder), run.holders.index(holder)) for holder, depth in run.from_root()]


def _services(run: HeldRun) -> list[tuple[str, int]]:
    """The services of each holder, in the order of the tree, and their positions."""
    columns = run.rows["holder_budget"].columns
    pairs = list(zip(columns[HOLDER], columns[SERVICE], strict=True))
    order = [holder for holder, _ in run.from_root()]
    ranked = sorted(range(len(pairs)), key=lambda i: order.index(pairs[i][0]))
    return [(", ".join(map(run.label, pairs[i])), i) for i in ranked]


def _chart(page: Page, year: str, first: int, last: int) -> None:
    """What each holder saved or overspent itself, and what it keeps or bears in the end."""
    height = 160 + 44 * (1 + last - first)
    page.sheet.charts.append(
        Chart(
            title=f"Own variance, and what each holder keeps or bears, {year}",
            description=f"Bar chart of the own variance of each holder and of what it keeps or bears in {year}; the figures are in the table above it.",
            kind={"type": "bar"},
            series=[
                {"name": name, "categories": page.span(first, last, 0), "values": page.span(first, last, column)}
                for name, column in (("Own variance", 5), ("Kept, or borne (minus)", 8))
            ],
            row=page.row,
            column=0,
            **page.money_axis(first, last, (5, 8)),
            size=(900, height),
        )
    )
    page.row += 2 + height // ROW_PIXELS


PAGE = StepPage(
    sheet="Out 20 Holders",
    title="Contracts within contracts: who holds which budget, and who bears its variance",
    step=HOLDERS,
    shown=(),
    headlines=(
        ("holders_all", "all_holders_budget_gbp"),
        ("holders_all", "all_holders_variance_gbp"),
        ("contract_tier_year", "tier_borne_gbp"),
    ),
    more=_fill,
)
