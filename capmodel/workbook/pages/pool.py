"""Out 9: the pooled budget or the performance pot of a place."""

from __future__ import annotations

from capmodel.assumptions.step import POOL
from capmodel.workbook.pages.step_page import StepPage

PAGE = StepPage(
    sheet="Out 9 Pool",
    title="Pool: what is put in, borne, earned and paid",
    step=POOL,
    left="Pool",
    # Of either kind of agreement.
    shown=(
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
    ),
    headlines=(("partner_year", "received_gbp"), ("pot", "paid_of_pot_gbp")),
)
