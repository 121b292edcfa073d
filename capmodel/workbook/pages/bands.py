"""Out 12: people in long-term-condition bands, their person-years, and the budget of each band."""

from __future__ import annotations

from capmodel.assumptions.step import BANDS
from capmodel.workbook.pages.step_page import StepPage

PAGE = StepPage(
    sheet="Out 12 Bands",
    title="Bands: people by number of long-term conditions, and their budgets",
    step=BANDS,
    shown=(
        ("ltc_year", "start_persons"),
        ("ltc_year", "deaths_persons"),
        ("ltc_year", "moved_out_persons"),
        ("ltc_year", "moved_in_persons"),
        ("ltc_year", "end_persons"),
        ("ltc_year", "change_persons"),
        ("ltc_year", "person_years_persons"),
        ("ltc_budget", "ltc_price_gbp_per_person"),
        ("ltc_budget", "ltc_budget_gbp"),
        ("ltc_all", "all_budget_gbp"),
        ("ltc_all", "change_share"),
    ),
    headlines=(("ltc_all", "all_person_years_persons"), ("ltc_all", "all_budget_gbp")),
)
