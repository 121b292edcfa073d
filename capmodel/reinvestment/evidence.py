"""Optimism bias by evidence grade: how much a grade adds to cost and takes off a saving, and how much of it is managed.

A grade states upper bounds. What is done about the causes of a bias mitigates it: each cause contributes a part of the bias, and a part of that
is mitigated. The cost of an option may be of several grades, each for a part of its value. Where no grade is stated nothing is adjusted.
The prudence factor is applied afterwards, in `appraise`.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from capmodel.algebra.functions import AMOUNTS, at_least
from capmodel.algebra.links import lookup, total
from capmodel.algebra.table import Table

SHEET = "Calc 5 Options"

grade = Table("grade", ("grade",), "Evidence grades", SHEET)
grade.input("capital_bias_index", "index", "Optimism bias of capital cost, upper bound")
grade.input("programme_bias_index", "index", "Optimism bias of programme (revenue) cost, upper bound")
grade.input("benefit_bias_share", "share", "Optimism bias of benefits, taken off a saving")

mitigation = Table("mitigation", ("grade", "factor"), "Mitigation of optimism bias", SHEET)
mitigation.input("contribution_share", "share", "Contribution of the factor to the bias")
mitigation.input("mitigated_share", "share", "Part of the contribution that is managed")

cost_grade = Table("cost_grade", ("option", "grade"), "Evidence grade of the cost of each option", SHEET)
cost_grade.input("value_share", "share", "Part of the cost that is of the grade")

effect_grade = Table("effect_grade", ("effect", "grade"), "Evidence grade of each effect", SHEET)

TABLES = (grade, mitigation, cost_grade, effect_grade)


@mitigation.line("share", "Part of the bias that is managed")
def managed_share(contribution_share: Any, mitigated_share: Any) -> Any:
    """What managing one cause takes off the upper bound. Source: Mott MacDonald, Review of Large Public Procurement in the UK (2002), for HM Treasury.

    >>> round(managed_share(0.22, 0.4), 3)
    0.088
    """
    return contribution_share * mitigated_share


@grade.line("share", "Part of the bias that is managed", total(mitigation, "managed_share", "grade"))
def all_managed_share() -> Any:
    """What managing all causes takes off the upper bounds of cost."""


@grade.line("index", "Optimism bias of capital cost, resultant")
def capital_resultant_index(capital_bias_index: Any, all_managed_share: Any) -> Any:
    """The upper bound less what is managed. Source: HM Treasury, Supplementary Green Book guidance on optimism bias.

    >>> round(capital_resultant_index(0.39, 0.238), 3)
    0.297
    """
    return capital_bias_index * (1 - all_managed_share)


@grade.line("index", "Optimism bias of programme cost, resultant")
def programme_resultant_index(programme_bias_index: Any, all_managed_share: Any) -> Any:
    """The same for programme cost: set-up, running and double running.

    >>> programme_resultant_index(0.10, 0.0)
    0.1
    """
    return capital_resultant_index(programme_bias_index, all_managed_share)


@cost_grade.line("index", "Bias of the part, capital", bias=lookup(grade, "capital_resultant_index"))
def capital_part_index(bias: Any, value_share: Any) -> Any:
    """What the part of a grade adds to the capital cost of the option: grades are combined by their shares of the value.

    >>> capital_part_index(0.5, 0.4)
    0.2
    """
    return bias * value_share


@cost_grade.line("index", "Bias of the part, programme", bias=lookup(grade, "programme_resultant_index"))
def programme_part_index(bias: Any, value_share: Any) -> Any:
    """What the part of a grade adds to the programme cost of the option."""
    return capital_part_index(bias, value_share)


@effect_grade.line("share", "Bias of the benefit", lookup(grade, "benefit_bias_share"))
def benefit_part_share() -> Any:
    """What is taken off a saving of the effect."""


@effect_grade.line("index", "Bias of the effect's cost", lookup(grade, "programme_resultant_index"))
def spend_part_index() -> Any:
    """What is added where the effect is more spend."""


def raised_by_gbp(cost_gbp: Any, bias: Any) -> Any:
    """What optimism bias adds to a cost.

    >>> round(raised_by_gbp(800_000.0, 0.10), 2)
    80000.0
    """
    return cost_gbp * bias


def after_bias_gbp(claimed_gbp: Any, benefit_bias: Any, spend_bias: Any) -> Any:
    """A saving less the bias of its benefit; more spend is raised like a programme cost.

    Source: New Economy, Cost benefit analysis guidance for local partnerships (2014), confidence grades: up on costs, down on benefits.

    >>> after_bias_gbp(np.array([1_200_000.0, -100.0]), 0.25, 0.10).tolist()
    [900000.0, -110.00000000000001]
    """
    return np.where(at_least(claimed_gbp, 0, AMOUNTS), claimed_gbp * (1 - benefit_bias), claimed_gbp * (1 + spend_bias))
