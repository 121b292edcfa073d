"""Out 17: what is paid under each agreement, by line of service, provider and payer."""

from __future__ import annotations

from capmodel.assumptions.step import AGREEMENTS
from capmodel.contracts.agreements.idle import without_effect
from capmodel.place.agreed import agreed_of
from capmodel.workbook.pages.page import Page
from capmodel.workbook.pages.step_page import StepPage


def _without_effect(page: Page) -> None:
    """Terms and figures that change nothing in the run that was issued, a row each; nothing where all count."""
    texts = without_effect(agreed_of(page.result))
    if not texts:
        return
    page.heading("Without effect in the run that was issued")
    for text in texts:
        page.sheet.put(page.row, 0, "label", text[:1].upper() + text[1:])
        page.row += 1
    page.row += 1


PAGE = StepPage(
    sheet="Out 17 Agreements",
    title="Agreements: what each line of service is paid, who receives it and who pays",
    step=AGREEMENTS,
    shown=(
        ("agreement_year", "agreement_plan_gbp"),
        ("agreement_year", "agreement_fixed_gbp"),
        ("agreement_year", "agreement_variance_paid_gbp"),
        ("agreement_year", "agreement_payment_gbp"),
        ("agreement_year", "agreement_borne_gbp"),
        ("agreement_provider", "agreement_provider_payment_gbp"),
        ("provider_income", "provider_payment_gbp"),
        ("provider_income", "provider_borne_gbp"),
        ("payer_cost", "payer_payment_gbp"),
        ("service_line", "plan_activity_number"),
        ("service_line", "activity_number"),
        ("service_line", "line_price_gbp"),
        ("service_line", "plan_value_gbp"),
        ("service_line", "fixed_gbp"),
        ("service_line", "variance_value_gbp"),
        ("service_line", "variance_paid_gbp"),
        ("service_line", "payment_gbp"),
        ("service_line", "uncovered_gbp"),
    ),
    headlines=(("agreement_all", "all_agreed_gbp"), ("agreement_all", "all_variance_paid_gbp"), ("agreement_all", "all_uncovered_gbp")),
    more=_without_effect,
)
