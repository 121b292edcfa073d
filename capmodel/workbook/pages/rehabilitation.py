"""Out 13: recovery, rehabilitation and reablement split from hospital spells, and who receives each part."""

from __future__ import annotations

from capmodel.assumptions.step import REHABILITATION
from capmodel.workbook.pages.step_page import StepPage

PAGE = StepPage(
    sheet="Out 13 Rehabilitation",
    title="Rehabilitation: what follows the bed day after the clinical split point",
    step=REHABILITATION,
    shown=(
        ("rehabilitation_group_year", "group_spells_number"),
        ("rehabilitation_group_year", "group_acute_days_number"),
        ("rehabilitation_group_year", "group_rrr_days_number"),
        ("rehabilitation_group_year", "group_tariff_gbp"),
        ("rehabilitation_group_year", "group_acute_gbp"),
        ("rehabilitation_group_year", "group_rrr_gbp"),
        ("rehabilitation_group_year", "group_unpaid_gbp"),
        ("rehabilitation_part", "received_gbp"),
        ("rehabilitation_party_year", "party_acute_gbp"),
        ("rehabilitation_party_year", "party_rrr_gbp"),
        ("rehabilitation_party_year", "party_change_gbp"),
        ("rehabilitation_party_year", "party_paid_gbp"),
    ),
    headlines=(("rehabilitation_all", "all_acute_gbp"), ("rehabilitation_all", "all_rrr_gbp"), ("rehabilitation_all", "all_unpaid_gbp")),
)
