"""Conditions of the Better Care Fund on a pooled budget, each a named check with the pounds that it is short.

In 2025/26: the NHS minimum contribution is pooled; the NHS pays no less than its minimum for adult social care; the grants that have
to be are pooled; goals are stated for unplanned admissions, delayed discharge and care home admissions; and the chief executive of
every partner signs. The amounts are those of the place, from the council's or board's published plan. Source: published plans of
councils for 2025/26; the policy framework of the Department of Health and Social Care.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Literal

import numpy as np
from pydantic import Field

from capmodel.algebra.functions import to_pence
from capmodel.algebra.links import lookup, total
from capmodel.algebra.table import Table
from capmodel.assumptions.document import ByYear, Flag, Number, Strict
from capmodel.care_budgets.pooled import SHEET
from capmodel.care_budgets.pooled.tables import contribution_year, line_year, partner_year

#: The goals that a plan states, by year of the conditions.
METRICS = ("unplanned_admissions", "delayed_discharge", "care_home_admissions")


class NhsMinimum(Strict):
    """The least that NHS bodies put in."""

    owner: str
    gbp: ByYear


class SocialCareMinimum(Strict):
    """The least that is spent on adult social care out of what the NHS puts in, and the part of each line that is such spend."""

    lines: dict[str, Number] = Field(min_length=1)
    gbp: ByYear


class Grant(Strict):
    """A grant that has to be pooled, and the contribution that it is."""

    contribution: str
    gbp: ByYear


class Conditions(Strict):
    """The conditions of the Better Care Fund that the plan is held against; those that are left out are not checked."""

    edition: Literal["2025/26"]
    nhs_minimum: NhsMinimum | None = None
    adult_social_care_minimum: SocialCareMinimum | None = None
    grants: list[Grant] = Field(default_factory=list)
    metrics: dict[str, ByYear] | None = None
    signed: dict[str, Flag] | None = None


nhs_minimum = Table("bcf_nhs_minimum", ("nhs_body", "year"), "NHS minimum contribution", SHEET)
nhs_minimum.input("bcf_nhs_minimum_gbp", "GBP", "NHS minimum contribution")

social_care = Table("bcf_social_care", ("minimum", "year"), "Minimum for adult social care", SHEET)
social_care.input("bcf_social_care_minimum_gbp", "GBP", "Minimum for adult social care out of the NHS contribution")

social_care_line = Table("bcf_social_care_line", ("fund_line", "year"), "Lines that are adult social care paid by the NHS", SHEET)
social_care_line.input("bcf_social_care_part_share", "share", "Part of the line that is adult social care paid by the NHS")

grant = Table("bcf_grant", ("contribution", "year"), "Grants that are pooled", SHEET)
grant.input("bcf_grant_due_gbp", "GBP", "Grant that has to be pooled")

metric = Table("bcf_metric", ("metric", "year"), "Goals that the plan states", SHEET)
metric.input("bcf_goal_stated_flag", "flag", "The goal is stated")
metric.input("bcf_goal_number", "number", "Goal")

signature = Table("bcf_signature", ("partner", "year"), "Sign-off", SHEET)
signature.input("bcf_signed_flag", "flag", "The chief executive has signed")

#: The tables of each condition, by its word in the agreement.
BY_WORD: dict[str, tuple[Table, ...]] = {
    "nhs_minimum": (nhs_minimum,),
    "adult_social_care_minimum": (social_care_line, social_care),
    "grants": (grant,),
    "metrics": (metric,),
    "signed": (signature,),
}
TABLES = tuple(table for tables in BY_WORD.values() for table in tables)


def tables_of_conditions(stated: Mapping[str, Any]) -> tuple[Table, ...]:
    """The tables of the conditions that an agreement states: one that it does not state has no check, and does not pass one."""
    return tuple(table for word, tables in BY_WORD.items() if stated.get(word) for table in tables)


@nhs_minimum.line("GBP", "Put in by the NHS body", total(partner_year, "put_in_gbp", "year", partner="nhs_body"))
def nhs_put_in_gbp() -> Any:
    """Everything that the NHS body puts into the pool."""


@nhs_minimum.line("GBP", "Check: the NHS minimum contribution is pooled")
def check_nhs_minimum_gbp(bcf_nhs_minimum_gbp: Any, nhs_put_in_gbp: Any) -> Any:
    """What the NHS body puts in less than its minimum; zero where the condition is met.

    >>> check_nhs_minimum_gbp(1_000_000.0, 940_000.0)
    60000.0
    """
    return to_pence(np.maximum(bcf_nhs_minimum_gbp - nhs_put_in_gbp, 0))


@social_care_line.line("GBP", "Budget for adult social care", budget=lookup(line_year, "line_budget_gbp"))
def social_care_budget_gbp(budget: Any, bcf_social_care_part_share: Any) -> Any:
    """The part of the line's budget that counts."""
    return budget * bcf_social_care_part_share


@social_care.line("GBP", "Budgets for adult social care", total(social_care_line, "social_care_budget_gbp", "year"))
def social_care_budgets_gbp() -> Any:
    """The budgets of the lines that are adult social care paid by the NHS."""


@social_care.line("GBP", "Check: the minimum for adult social care is met")
def check_social_care_gbp(bcf_social_care_minimum_gbp: Any, social_care_budgets_gbp: Any) -> Any:
    """What is budgeted for adult social care below the minimum; zero where the condition is met.

    >>> check_social_care_gbp(500_000.0, 500_000.0)
    0.0
    """
    return to_pence(np.maximum(bcf_social_care_minimum_gbp - social_care_budgets_gbp, 0))


@grant.line("GBP", "Pooled", total(contribution_year, "amount_gbp", "contribution", "year"))
def pooled_grant_gbp() -> Any:
    """What is put in of the grant."""


@grant.line("GBP", "Check: the grant is pooled")
def check_grant_gbp(bcf_grant_due_gbp: Any, pooled_grant_gbp: Any) -> Any:
    """What is missing of the grant; zero where it is pooled whole.

    >>> check_grant_gbp(300_000.0, 250_000.0)
    50000.0
    """
    return to_pence(np.maximum(bcf_grant_due_gbp - pooled_grant_gbp, 0))


@metric.line("number", "Check: the goal is stated")
def check_goal_number(bcf_goal_stated_flag: Any) -> Any:
    """One for a goal that the plan does not state; zero where it does."""
    return 1 - bcf_goal_stated_flag


@signature.line("GBP", "Put in", total(partner_year, "put_in_gbp", "partner", "year"))
def signed_for_gbp() -> Any:
    """What the partner puts in and signs for."""


@signature.line("GBP", "Check: the plan is signed")
def check_signed_gbp(signed_for_gbp: Any, bcf_signed_flag: Any) -> Any:
    """What is put in by a partner whose chief executive has not signed; zero where the plan is signed.

    >>> check_signed_gbp(1_000_000.0, np.array([0, 1])).tolist()
    [1000000.0, 0.0]
    """
    return to_pence(signed_for_gbp * (1 - bcf_signed_flag))
