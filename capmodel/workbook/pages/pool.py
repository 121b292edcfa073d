"""Out 9: the pooled budget or the performance pot of a place."""

from __future__ import annotations

from capmodel.assumptions.step import POOL
from capmodel.assumptions.years import year_label
from capmodel.care_budgets.months.calendar import MONTHS as EVERY_MONTH
from capmodel.workbook.pages.page import Page
from capmodel.workbook.pages.step_page import StepPage
from capmodel.workbook.writing.book import Chart

#: The pool by month, by the label of each column.
BY_MONTH = {"allocated_in_month_gbp": "Budget", "spent_in_month_gbp": "Spend", "held_in_pool_gbp": "Held in the pool"}


def _by_month(page: Page) -> None:
    """Budget, spend and money held month by month, a table and a chart for each year; nothing for a performance pot."""
    result = page.result
    if "pool_month" not in result.chain.by_name:
        return
    for t, year in enumerate(map(year_label, result.place.pack.years)):
        page.heading(f"The pool by month, {year}", across=len(BY_MONTH))
        page.sheet.put(page.row, 0, "timeline_left", "Month (£)")
        for i, (name, label) in enumerate(BY_MONTH.items()):
            page.sheet.put(page.row, 1 + i, "timeline", label)
            for place in range(len(EVERY_MONTH)):
                page.refer(page.row + 1 + place, 1 + i, ("pool_month", name), place, t, "GBP")
        for place, label in enumerate(EVERY_MONTH.values()):
            page.sheet.put(page.row + 1 + place, 0, "label", label)
        first, last = page.row + 1, page.row + len(EVERY_MONTH)
        page.row = last + 2
        page.sheet.charts.append(
            Chart(
                title=f"Budget and spend of the pool by month, {year}",
                description=f"Column chart of the budget and the spend of each month of {year}; the figures are in the table above it.",
                kind={"type": "column"},
                series=[
                    {"name": label, "categories": page.span(first, last, 0), "values": page.span(first, last, 1 + i)}
                    for i, label in enumerate(list(BY_MONTH.values())[:2])
                ],
                row=page.row,
                column=0,
                **page.money_axis(first, last, (1, 2)),
                from_zero=True,
            )
        )
        page.row += 23


#: The memorandum account of each partner.
MEMORANDUM = ("memo_put_in_gbp", "memo_kind_gbp", "spend_part_gbp", "memo_held_gbp", "cash_in_gbp", "cash_out_gbp")
PAGE = StepPage(
    sheet="Out 9 Pool",
    title="Pool: what is put in, borne, earned and paid",
    step=POOL,
    # Of either kind of agreement.
    shown=(
        ("line_year", "available_gbp"),
        ("line_year", "spent_gbp"),
        ("fund", "deficit_gbp"),
        ("fund", "surplus_gbp"),
        ("pool_contribution_year", "amount_gbp"),
        ("partner_year", "put_in_gbp"),
        ("partner_year", "deficit_part_gbp"),
        ("partner_year", "surplus_part_gbp"),
        ("partner_year", "carried_gbp"),
        ("partner_year", "received_gbp"),
        *(("pool_memorandum", name) for name in MEMORANDUM),
        ("pool_account_year", "closing_balance_gbp"),
        ("pool_vat_line", "irrecoverable_gbp"),
        ("pool_vat_if", "if_held_gbp"),
        ("pool_pot", "unearned_pot_gbp"),
        ("bcf_nhs_minimum", "check_nhs_minimum_gbp"),
        ("bcf_social_care", "check_social_care_gbp"),
        ("bcf_grant", "check_grant_gbp"),
        ("bcf_metric", "check_goal_number"),
        ("bcf_signature", "check_signed_gbp"),
        ("pot", "pot_gbp"),
        ("earned", "payment_gbp"),
        ("pot", "paid_of_pot_gbp"),
        ("pot", "unearned_gbp"),
    ),
    headlines=(("partner_year", "received_gbp"), ("pot", "paid_of_pot_gbp")),
    more=_by_month,
)
