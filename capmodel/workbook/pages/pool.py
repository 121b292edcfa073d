"""Out 9: the pooled budget or the performance pot of a place."""

from __future__ import annotations

from capmodel.assumptions.step import POOL
from capmodel.workbook.pages.step_page import StepPage

#: The memorandum account of each partner.
MEMORANDUM = ("memo_put_in_gbp", "memo_kind_gbp", "spend_part_gbp", "memo_held_gbp", "cash_in_gbp", "cash_out_gbp")
PAGE = StepPage(
    sheet="Out 9 Pool",
    title="Pool: what is put in, borne, earned and paid",
    step=POOL,
    left="Pool",
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
)
