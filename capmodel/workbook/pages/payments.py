"""Out 11: Year of Care payments of a place, what each failed criterion costs, and how sure the payment is."""

from __future__ import annotations

from capmodel.assumptions.step import PAYMENTS
from capmodel.workbook.pages.step_page import StepPage

PAGE = StepPage(
    sheet="Out 11 Payments",
    title="Payments: what a year of care is paid at, what criteria cost, and how sure it is",
    step=PAYMENTS,
    shown=(
        ("payment_unit_year", "unit_payment_gbp"),
        ("payment_unit_year", "unit_fixed_gbp"),
        ("payment_unit_year", "unit_earned_gbp"),
        ("payment_unit_year", "unit_not_earned_gbp"),
        ("payment_unit_criterion", "criterion_lost_gbp"),
        ("payment_unit_year", "unit_lost_together_gbp"),
        ("payment_unit_year", "unit_low_gbp"),
        ("payment_unit_year", "unit_high_gbp"),
        ("payment_unit_year", "unit_in_year_gbp"),
        ("payment_unit_year", "unit_correction_gbp"),
        ("payment_unit_year", "unit_cash_gbp"),
        ("payment_package", "over_package_gbp_per_person"),
        ("payment_package", "over_package_gbp"),
        ("payment_bottom_up", "over_package_gbp_per_person"),
        ("payment_bottom_up", "over_package_gbp"),
        ("payment_size", "size_low_share"),
        ("payment_size", "size_high_share"),
        ("payment_size", "unsure_gbp"),
        ("payment_person_size", "size_low_gbp"),
        ("payment_person_size", "size_high_gbp"),
    ),
    headlines=(("payment_all", "all_payment_gbp"), ("payment_all", "all_not_earned_gbp"), ("payment_all", "all_cash_gbp")),
)
