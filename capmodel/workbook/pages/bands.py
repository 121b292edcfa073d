"""Out 12: people in long-term-condition bands, their person-years, and the budget of each band."""

from __future__ import annotations

from capmodel.assumptions.step import BANDS
from capmodel.workbook.pages.step_page import StepPage

PAGE = StepPage(
    sheet="Out 12 Bands",
    title="Bands: people by number of long-term conditions, and their budgets",
    step=BANDS,
    left="Band",
    shown=(
        ("band_year", "start_persons"),
        ("band_year", "deaths_persons"),
        ("band_year", "moved_out_persons"),
        ("band_year", "moved_in_persons"),
        ("band_year", "end_persons"),
        ("band_year", "change_persons"),
        ("band_year", "person_years_persons"),
        ("band_budget", "band_price_gbp_per_person"),
        ("band_budget", "band_budget_gbp"),
        ("band_all", "all_budget_gbp"),
        ("band_all", "change_share"),
    ),
    headlines=(("band_all", "all_person_years_persons"), ("band_all", "all_budget_gbp")),
)
