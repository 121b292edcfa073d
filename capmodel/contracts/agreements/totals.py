"""Payments by agreement, provider and payer, the threshold of low-volume blocks, and the checks that all of it adds up."""

from __future__ import annotations

from typing import Any

import numpy as np

from capmodel.algebra.functions import to_pence
from capmodel.algebra.links import lookup, total
from capmodel.algebra.table import Table
from capmodel.contracts.agreements import AGREEMENT, SHEET, lines, payment
from capmodel.contracts.agreements.lines import mean, service_line

threshold = Table("low_volume_terms", (AGREEMENT,), "Thresholds of low-volume blocks", SHEET)
threshold.input("low_volume_threshold_gbp", "GBP", "Threshold of a low-volume block")

pair = Table("low_volume_pair", (AGREEMENT, "provider", "payer", "year"), "Low-volume blocks by provider and payer", SHEET)
by_agreement = Table("agreement_year", (AGREEMENT, "year"), "Payments by agreement", SHEET)
by_agreement_provider = Table("agreement_provider", (AGREEMENT, "provider", "year"), "Payments by agreement and provider", SHEET)
by_provider = Table("provider_income", ("provider", "year"), "Income of each provider", SHEET)
by_payer = Table("payer_cost", ("payer", "year"), "Cost of each payer", SHEET)
everything = Table("agreement_all", ("year",), "All agreements", SHEET)

TABLES = (*lines.TABLES, *payment.TABLES, threshold, pair, by_agreement, by_agreement_provider, by_provider, by_payer, everything)


@pair.line("GBP", "Mean value of three past years, all lines", total(mean, "mean_value_gbp", AGREEMENT, "provider", "payer", "year"))
def pair_mean_gbp() -> Any:
    """What the payer has bought of the provider in a year, over all lines of the agreement."""


@pair.line("GBP", "Check: the mean is not above the threshold of a low-volume block", most=lookup(threshold, "low_volume_threshold_gbp"))
def check_threshold_gbp(pair_mean_gbp: Any, most: Any) -> Any:
    """Zero unless the provider and the payer trade more than a low-volume block may hold."""
    return to_pence(np.maximum(pair_mean_gbp - most, 0))


# ------------------------------------------------------------------ by agreement


@by_agreement.line("GBP", "Value of the plan", total(service_line, "plan_value_gbp", AGREEMENT, "year"))
def agreement_plan_gbp() -> Any:
    """The plan of the agreement's lines at unit prices."""


@by_agreement.line("GBP", "Fixed part", total(service_line, "fixed_gbp", AGREEMENT, "year"))
def agreement_fixed_gbp() -> Any:
    """What the agreement pays whatever the activity."""


@by_agreement.line("GBP", "Paid on the variance", total(service_line, "variance_paid_gbp", AGREEMENT, "year"))
def agreement_variance_paid_gbp() -> Any:
    """What the agreement pays above plan less what it takes back below it."""


@by_agreement.line("GBP", "Payment", total(service_line, "payment_gbp", AGREEMENT, "year"))
def agreement_payment_gbp() -> Any:
    """What the agreement pays."""


@by_agreement.line("GBP", "Variance that providers bear", total(service_line, "variance_borne_gbp", AGREEMENT, "year"))
def agreement_borne_gbp() -> Any:
    """What activity above plan is worth at unit prices and the agreement does not pay (below plan: minus)."""


@by_agreement_provider.line("GBP", "Payment", total(service_line, "payment_gbp", AGREEMENT, "provider", "year"))
def agreement_provider_payment_gbp() -> Any:
    """What the provider receives under the agreement."""


# ------------------------------------------------------------------ by provider and payer


@by_provider.line("GBP", "Income under agreements", total(service_line, "payment_gbp", "provider", "year"))
def provider_payment_gbp() -> Any:
    """What the provider receives under all agreements."""


@by_provider.line("GBP", "Of it paid on the variance", total(service_line, "variance_paid_gbp", "provider", "year"))
def provider_variance_paid_gbp() -> Any:
    """What the provider receives for activity above plan, less what it gives back below it."""


@by_provider.line("GBP", "Variance at unit prices that the provider bears", total(service_line, "variance_borne_gbp", "provider", "year"))
def provider_borne_gbp() -> Any:
    """What the provider's activity above plan is worth and is not paid (below plan: minus, and it keeps it)."""


@by_payer.line("GBP", "Cost under agreements", total(service_line, "payment_gbp", "payer", "year"))
def payer_payment_gbp() -> Any:
    """What the payer pays under all agreements."""


@by_payer.line("GBP", "Of it paid on the variance", total(service_line, "variance_paid_gbp", "payer", "year"))
def payer_variance_paid_gbp() -> Any:
    """What the payer pays for activity above plan, less what it takes back below it."""


# ------------------------------------------------------------------ all agreements


@everything.line("GBP", "Payments under all agreements", total(by_agreement, "agreement_payment_gbp", "year"))
def all_agreed_gbp() -> Any:
    """What is paid under all agreements."""


@everything.line("GBP", "Of it paid on the variance", total(by_agreement, "agreement_variance_paid_gbp", "year"))
def all_variance_paid_gbp() -> Any:
    """What is paid for activity above plan, less what is given back below it."""


@everything.line("GBP", "Pounds of lines that no agreement covers", total(service_line, "uncovered_gbp", "year"))
def all_uncovered_gbp() -> Any:
    """What lines without an agreement are worth; nothing pays for them here."""


@everything.line(
    "GBP",
    "Check: what providers receive is what payers pay",
    received=total(by_provider, "provider_payment_gbp", "year"),
    paid=total(by_payer, "payer_payment_gbp", "year"),
)
def check_paid_gbp(received: Any, paid: Any) -> Any:
    """Zero where every penny a payer pays is a provider's income."""
    return to_pence(received - paid)


@everything.line(
    "GBP",
    "Check: the agreements add up to what payers pay",
    by_provider=total(by_agreement_provider, "agreement_provider_payment_gbp", "year"),
    paid=total(by_payer, "payer_payment_gbp", "year"),
)
def check_agreements_gbp(all_agreed_gbp: Any, by_provider: Any, paid: Any) -> Any:
    """Zero where the agreements, and the agreements by provider, hold every payment once."""
    return to_pence(np.absolute(all_agreed_gbp - paid) + np.absolute(by_provider - paid))
