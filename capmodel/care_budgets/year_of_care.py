"""Year of Care budgets: each segment's allocation by setting, provider and payer, to the penny.

Budgets are cut along the running share of each segment's lines, so that they add up to the allocation with no line left
over. What a provider earns, what a payer pays in and what a setting costs are totals of these lines.
"""

from __future__ import annotations

from typing import Any

from capmodel.algebra.functions import AMOUNTS, pence_between, ratio, to_pence
from capmodel.algebra.links import lookup, total
from capmodel.algebra.rows import Rows
from capmodel.algebra.table import Table
from capmodel.assumptions.pack import Pack
from capmodel.baseline.spend import spend
from capmodel.capitation.allocation import capitation, envelope

SHEET = "Calc 3 Care budgets"

care_budget = Table(
    "care_budget", ("segment", "setting", "provider", "payer", "year"), "Year of Care budget by segment, setting, provider and payer", SHEET
)
segment_budget = Table("segment_budget", ("segment", "year"), "Year of Care budget by segment", SHEET)
setting_budget = Table("setting_budget", ("setting", "year"), "Year of Care budget by setting", SHEET)
party_budget = Table("party_budget", ("party", "year"), "What each party is paid and pays", SHEET)
all_budgets = Table("all_budgets", ("year",), "All budgets", SHEET)

TABLES = (care_budget, segment_budget, setting_budget, party_budget, all_budgets)


@care_budget.line(
    "GBP",
    "Budget",
    allocation=lookup(capitation, "allocation_gbp"),
    so_far=lookup(spend, "so_far_share"),
    before=lookup(spend, "before_share"),
)
def budget_gbp(allocation: Any, so_far: Any, before: Any) -> Any:
    """The budget of one line of a segment's Year of Care, to the penny; all lines add up to the allocation.

    >>> import numpy as np
    >>> budget_gbp(100.01, np.array([0.5, 0.5, 1.0]), np.array([0.0, 0.5, 0.5])).tolist()
    [50.01, 0.0, 50.0]
    """
    return pence_between(allocation * so_far, allocation * before)


@segment_budget.line("GBP", "Budget", total(care_budget, "budget_gbp", "segment", "year"))
def year_of_care_gbp() -> Any:
    """The Year of Care budget of the segment."""


@segment_budget.line("GBP/persons", "Year of Care budget per head", people=lookup(capitation, "persons"))
def year_of_care_gbp_per_person(year_of_care_gbp: Any, people: Any) -> Any:
    """What one person's year of care is worth; zero where the segment is empty."""
    return ratio(year_of_care_gbp, people, decimals=AMOUNTS)


@segment_budget.line("GBP", "Check: budgets add up to the allocation", allocation=lookup(capitation, "allocation_gbp"))
def check_budget_gbp(year_of_care_gbp: Any, allocation: Any) -> Any:
    """Zero where the lines of a segment add up to its allocation, to the penny."""
    return to_pence(year_of_care_gbp - allocation)


@setting_budget.line("GBP", "Budget", total(care_budget, "budget_gbp", "setting", "year"))
def in_setting_gbp() -> Any:
    """What is budgeted for a setting."""


@party_budget.line("GBP", "Income as a provider", total(care_budget, "budget_gbp", "year", provider="party"))
def income_gbp() -> Any:
    """What a party is paid for the care it provides."""


@party_budget.line("GBP", "Contribution as a payer", total(care_budget, "budget_gbp", "year", payer="party"))
def contribution_gbp() -> Any:
    """What a party pays into the budgets."""


@all_budgets.line(
    "GBP",
    "Check: providers' income equals payers' contributions",
    paid=total(party_budget, "income_gbp", "year"),
    paid_in=total(party_budget, "contribution_gbp", "year"),
)
def check_income_gbp(paid: Any, paid_in: Any) -> Any:
    """Zero where every pound a payer puts in reaches a provider."""
    return to_pence(paid - paid_in)


@all_budgets.line(
    "GBP",
    "Check: settings add up to the envelope",
    settings=total(setting_budget, "in_setting_gbp", "year"),
    pot=lookup(envelope, "envelope_gbp"),
)
def check_setting_gbp(settings: Any, pot: Any) -> Any:
    """Zero where the budgets of all settings add up to the envelope."""
    return to_pence(settings - pot)


def rows(pack: Pack, lines: Rows) -> dict[str, Rows]:
    """The rows of these tables; `lines` are those of spend."""
    return {
        "care_budget": Rows(lines.columns, pack.years),
        "segment_budget": Rows({"segment": tuple(entry.id for entry in pack.dimensions["segment"])}, pack.years),
        "setting_budget": Rows({"setting": tuple(entry.id for entry in pack.dimensions["setting"])}, pack.years),
        "party_budget": Rows({"party": tuple(entry.id for entry in pack.dimensions["party"])}, pack.years),
        "all_budgets": Rows({}, pack.years),
    }
