"""The sheets a board reads: summary, segments and comparison, each cell a reference to a working.

Nothing is calculated here but sums of what is shown above them. Charts are native and read the same cells.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from capmodel.assumptions.step import CAPITATION, CARE_BUDGETS, CONTRACT, OPTIONS, SPEND
from capmodel.assumptions.years import year_label
from capmodel.baseline.recorded import accounts_given
from capmodel.place import actual_cost
from capmodel.workbook.pages.page import Page, Shown, budget_labels, members
from capmodel.workbook.pages.steps_beside import PAGES
from capmodel.workbook.pages.who_pays import WHO_PAYS, fill_who_pays
from capmodel.workbook.writing.book import Chart, Sheet
from capmodel.workbook.writing.layout import Layout

if TYPE_CHECKING:
    from capmodel.place.result import Result

SUMMARY, SEGMENTS, COMPARISON = "Out 1 Summary", "Out 2 Segments", "Out 5 Comparison"
#: The steps from what was recorded to what the accounts say.
RECONCILED = {
    "recorded": "Recorded",
    "apportioned": "Block contracts",
    "scaling": "Difference made by scaling",
    "scaled": "In the model",
    "unlinked": "Unlinked",
    "unallocated": "Unallocated",
    "unbooked": "Held against no accounts",
    "accounts": "Accounts",
}
NO_ACCOUNTS = "No accounts were given: there is nothing to hold recorded spend against."


def fill_outputs(result: Result, layout: Layout, sheets: dict[str, Sheet]) -> None:
    """Fill the sheets of this file, as far as the steps of the place go."""
    _summary(Page(result, layout, sheets[SUMMARY]))
    own = {SEGMENTS: _segments, COMPARISON: _comparison, WHO_PAYS: fill_who_pays}
    for name, fill in {**own, **{page.sheet: page.fill for page in PAGES}}.items():
        if name in sheets:
            fill(Page(result, layout, sheets[name]))


def _summary(page: Page) -> None:
    page.sheet.pages_down, page.sheet.portrait = 1, True
    shown = {
        CAPITATION: _envelope,
        CONTRACT: _alliance,
        **{page.step: page.fill_headlines for page in PAGES},
        OPTIONS: _reinvestment,
        SPEND: _distance,
    }
    if not page.result.chain.has(CAPITATION):
        _spent(page)
    for step, fill in shown.items():
        if page.result.chain.has(step):
            fill(page)
    page.note("Gains are plus; losses and payments stand in brackets. Every figure refers to a working; follow it there to its source.")


def _spent(page: Page) -> None:
    """What a place without an envelope spends now, or what its budgets are."""
    chain = page.result.chain
    if chain.has(SPEND):
        page.heading("What is spent, and on how many people")
        people = Shown("People", ("place", "population_persons"), "whole persons")
        page.grid("Base year", [("The place", 0)], [people, Shown("Spend", ("place", "place_cost_gbp"), "GBP")])
    elif "party_budget" in chain.by_name:
        page.heading("What each party is to be paid for care")
        parties = members(page.result, "party")
        page.by_year("Income", [(label, ("party_budget", "income_gbp"), i) for label, i in parties], "whole GBP", total="All parties")


def _envelope(page: Page) -> None:
    page.heading("The envelope and what it pays for")
    page.by_year(
        "Envelope",
        [
            ("Envelope of the year before", ("envelope", "opening_gbp"), 0),
            ("Change for people", ("envelope", "volume_gbp"), 0),
            ("Change for need per head", ("envelope", "mix_gbp"), 0),
            ("Change for prices", ("envelope", "price_gbp"), 0),
            ("Change for efficiency", ("envelope", "efficiency_gbp"), 0),
            ("Envelope", ("envelope", "envelope_gbp"), 0),
        ],
        "whole GBP",
    )
    page.by_year("Population", [("People", ("envelope", "all_persons"), 0)], "whole persons")


def _alliance(page: Page) -> None:
    result = page.result
    page.heading("The alliance: from target to pool")
    page.by_year(
        "Settlement",
        [
            ("Target", ("pool", "pool_target_gbp"), 0),
            ("Actual cost", ("pool", "pool_actual_gbp"), 0),
            ("Variance: gain, or loss in brackets", ("pool", "variance_gbp"), 0),
            ("Threshold", ("pool", "threshold_gbp"), 0),
            ("Pool that is shared", ("pool", "pool_gbp"), 0),
        ],
        "whole GBP",
    )
    page.by_year(
        "Outcomes",
        [
            ("Outcome score", ("pool", "score_share"), 0),
            ("Part of the indicators' weight it is based on", ("pool", "weight_counted_share"), 0),
            ("Part of gains that outcomes release", ("pool", "outcome_share"), 0),
        ],
        "short share",
    )
    page.heading("Each party's transfer: what it receives, or pays (in brackets)")
    page.by_year("Transfer", [(label, ("settlement", "transfer_gbp"), i) for label, i in members(result, "party")], "whole GBP")
    page.heading("Each party's share of the pool")
    page.by_year("Share", [(label, ("settlement", "share_gbp"), i) for label, i in members(result, "party")], "whole GBP", total="Pool")


def _reinvestment(page: Page) -> None:
    budgets = budget_labels(page.result)
    page.heading("Reinvestment")
    page.by_year(
        "Plan",
        [
            ("Adjusted saving of the chosen options", ("plan", "plan_saving_gbp"), 0),
            ("Cost of the chosen options", ("plan", "plan_cost_gbp"), 0),
            ("Cost they release", ("plan", "plan_released_gbp"), 0),
            *(
                (f"Left: {label}" if len(budgets) > 1 else "Budget left", ("budget", "budget_slack_gbp"), i)
                for i, label in enumerate(budgets)
            ),
        ],
        "whole GBP",
    )
    if page.result.chain.has(CONTRACT):
        page.note(actual_cost.BESIDE_OPTIONS[actual_cost.kind_of(page.result.place)])


def _distance(page: Page) -> None:
    """How far spend is from the accounts and from published figures."""
    result = page.result
    if "accounts" in result.chain.by_name:
        page.heading("How far recorded spend is from the accounts")
        page.grid("Base year", [("All payers and settings", 0)], _reconciled(result, "all_accounts", "all_"))
        if accounts_given(result.place.columns) == "none":
            page.note(NO_ACCOUNTS)
    page.heading("How far the model is from published figures")
    page.grid(
        "Allocation year",
        [(year_label(int(year)), i) for i, year in enumerate(result.values.inputs.rows["nhs_control"].columns["allocation_year"])],
        [Shown("Modelled NHS spend over published allocation", ("nhs_control", "nhs_ratio_share"), "short share")],
    )


def _segments(page: Page) -> None:
    result = page.result
    year = year_label(result.place.pack.years[0])
    capitated = result.chain.has(CAPITATION)
    page.heading(
        "Who lives here, what they need, and what their year of care is worth" if capitated else "Who lives here, and what is spent on them"
    )
    first, last = page.grid(
        "Segment",
        members(result, "segment"),
        [
            Shown("People, base year", ("segment", "segment_persons"), "whole persons", summed=True),
            Shown("Spend, base year", ("segment", "base_cost_gbp"), "whole GBP", summed=True),
            Shown("Spend per head, base year", ("segment", "base_price_gbp_per_person"), "GBP/persons"),
            *(_allocated(year) if capitated else ()),
        ],
        total="All segments",
    )
    if capitated:
        _need(page, year)
    _spend_chart(page, first, last)
    if result.chain.has(CARE_BUDGETS):
        page.heading("Year of Care budget by setting")
        page.by_year(
            "Setting",
            [(label, ("setting_budget", "in_setting_gbp"), i) for label, i in members(result, "setting")],
            "whole GBP",
            total="Envelope",
        )


def _allocated(year: str) -> list[Shown]:
    return [
        Shown("Need index", ("need", "need_index"), "index"),
        Shown(f"People {year}", ("capitation", "persons"), "whole persons", 0, summed=True),
        Shown(f"Weighted population {year}", ("capitation", "normalised_persons"), "whole persons", 0, summed=True),
        Shown(f"Allocation {year}", ("capitation", "allocation_gbp"), "GBP", 0, summed=True),
        Shown(f"Price per head {year}", ("capitation", "price_gbp_per_person"), "GBP/persons", 0),
    ]


def _need(page: Page, year: str) -> None:
    result = page.result
    page.heading("Need two ways, and the way from spend to target")
    at_end = len(result.place.pack.years) - 1
    page.grid(
        "Segment",
        members(result, "segment"),
        [
            Shown("Need by segment price", ("need", "price_need_index"), "index"),
            Shown("Need by fit", ("need", "normalised_need_index"), "index"),
            Shown("Need that counts", ("need", "need_index"), "index"),
            Shown("Distance from target, base year", ("need", "base_distance_share"), "short share"),
            Shown(f"Distance {year_label(result.place.pack.years[-1])}", ("capitation", "closing_distance_share"), "short share", at_end),
            Shown(f"Target {year}", ("capitation", "target_gbp"), "GBP", 0, summed=True),
            Shown(f"Average price {year}", ("capitation", "average_price_of_year_gbp_per_person"), "GBP/persons", 0),
            Shown("Change for need", ("capitation", "need_gbp_per_person"), "GBP/persons", 0),
            Shown("Change for pace", ("capitation", "pace_gbp_per_person"), "GBP/persons", 0),
            Shown(f"Price per head {year}", ("capitation", "price_gbp_per_person"), "GBP/persons", 0),
        ],
        total="All segments",
    )
    page.note("A fit on synthetic people is an illustration; it counts only as far as the assumption says that need is taken from the fit.")


def _spend_chart(page: Page, first: int, last: int) -> None:
    chart_row = page.row
    page.sheet.charts.append(
        Chart(
            title="Spend by segment in the base year",
            description=f"Bar chart of spend by segment in the base year, {page.result.place.pack.title}; the figures are in column C of this sheet.",
            kind={"type": "bar"},
            series=[{"name": "Spend, base year", "categories": page.span(first, last, 0), "values": page.span(first, last, 2)}],
            row=chart_row,
            column=0,
            value_format="#,##0,,",
            value_title="£ million",
            size=(1080, 560),
            legend=False,
            from_zero=True,
        )
    )
    page.row = chart_row + 30


def _comparison(page: Page) -> None:
    result = page.result
    rows = result.values.inputs.rows
    page.heading("NHS spend in the model against the published allocation of the integrated care board")
    page.grid(
        "Allocation year",
        [(year_label(int(year)), i) for i, year in enumerate(rows["nhs_control"].columns["allocation_year"])],
        [
            Shown("Published, core and primary medical", ("nhs_control", "published_gbp"), "whole GBP"),
            Shown("Modelled, in that year's money", ("nhs_control", "modelled_gbp"), "whole GBP"),
            Shown("Modelled over published", ("nhs_control", "nhs_ratio_share"), "short share"),
        ],
    )
    if "accounts" in result.chain.by_name:
        _reconciliation(page)
        return
    page.heading("Social care in the model against published council expenditure")
    page.grid(
        "Setting",
        [(result.place.labels[name], i) for i, name in enumerate(rows["social_care_control"].columns["setting"])],
        [
            Shown("Published, adult social care", ("social_care_control", "social_care_control_gbp"), "whole GBP"),
            Shown("Modelled, in that year's money", ("social_care_control", "modelled_social_care_gbp"), "whole GBP"),
            Shown("Modelled over published", ("social_care_control", "social_care_ratio_share"), "short share"),
        ],
    )
    page.note("For judgement only: nothing is scaled to these totals, and the scope of the published figures differs.")


def _reconciled(result: Result, table: str, prefix: str) -> list[Shown]:
    """The columns of the reconciliation, from what was recorded to what the accounts say, as far as accounts were given."""
    left_out = {"none": ("unallocated", "unbooked", "accounts"), "all": ("unbooked",)}.get(accounts_given(result.place.columns), ())
    names = {name: "unlinked_left" if name == "unlinked" and not prefix else name for name in RECONCILED if name not in left_out}
    return [Shown(RECONCILED[name], (table, f"{prefix}{line}_gbp"), "GBP", summed=True) for name, line in names.items()]


def _reconciliation(page: Page) -> None:
    labels = page.result.place.labels
    accounts = page.result.values.inputs.rows["accounts"].keys(("payer", "setting"))
    given = accounts_given(page.result.place.columns)
    page.sheet.title = "Comparison with accounts and published totals"
    against = "" if given == "none" else " against the accounts"
    page.heading(f"Recorded spend{against}, by payer and setting, in the base year")
    lines = [(f"{labels[payer]}: {labels[setting]}", i) for i, (payer, setting) in enumerate(accounts)]
    page.grid("Payer and setting", lines, _reconciled(page.result, "accounts", ""), total="All payers and settings")
    less = ", less what is held against no accounts," if given == "some" else ""
    add_up_to = f"Recorded, block contracts, scaling, unlinked and unallocated{less} add up to the accounts."
    page.note(f"{NO_ACCOUNTS if given == 'none' else add_up_to} What is unlinked or unallocated is on no segment, and is never spread.")
