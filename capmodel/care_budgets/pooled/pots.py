"""Performance pots inside a pool: part of a line's budget is withheld until its outcomes are met, and goes back to its giver if they are not.

A pot by quarter on avoided admissions, as in the Better Care Fund of 2015/16, stands by itself and is in `performance_pot`.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from capmodel.algebra.functions import at_least, below, to_pence
from capmodel.algebra.links import lookup, total
from capmodel.algebra.table import Table
from capmodel.care_budgets.pooled import SHEET

outcome = Table("pool_pot_outcome", ("pot", "outcome"), "Outcomes of performance pots", SHEET)
outcome.input("pot_lower_is_better_flag", "flag", "The outcome is better when it is lower")

outcome_year = Table("pool_pot_outcome_year", ("pot", "outcome", "year"), "Outcomes against their goals", SHEET)
outcome_year.input("pot_goal_number", "number", "Goal")
outcome_year.input("pot_reported_number", "number", "Reported")

pot_year = Table("pool_pot", ("pot", "year"), "Performance pots of the pool", SHEET, beside=("fund_line", "giver"))
pot_year.input("pot_in_pool_gbp", "GBP", "Pot, part of the budget of its line")
pot_year.input("pot_withheld_share", "share", "Withheld until every outcome is met")

TABLES = (outcome, outcome_year, pot_year)


@outcome_year.line("flag", "The goal is missed", lower=lookup(outcome, "pot_lower_is_better_flag"))
def missed_flag(pot_goal_number: Any, pot_reported_number: Any, lower: Any) -> Any:
    """Whether what is reported falls short of the goal.

    >>> missed_flag(100.0, np.array([100.0, 101.0]), 1.0).tolist()
    [0, 1]
    """
    too_high = np.where(at_least(pot_goal_number, pot_reported_number), 0, 1)
    too_low = np.where(at_least(pot_reported_number, pot_goal_number), 0, 1)
    return np.where(lower > 0, too_high, too_low)


@pot_year.line("GBP", "Withheld")
def withheld_gbp(pot_in_pool_gbp: Any, pot_withheld_share: Any) -> Any:
    """The part of the pot that waits for the outcomes, to the penny.

    >>> withheld_gbp(1_000_000.0, 0.25)
    250000.0
    """
    return to_pence(pot_in_pool_gbp * pot_withheld_share)


@pot_year.line("GBP", "Not earned", missed=total(outcome_year, "missed_flag", "pot", "year"))
def unearned_pot_gbp(withheld_gbp: Any, missed: Any) -> Any:
    """What is withheld goes to the line where every outcome is met, and back to its giver where one is missed.

    >>> unearned_pot_gbp(250_000.0, np.array([0, 1, 2])).tolist()
    [0.0, 250000.0, 250000.0]
    """
    return np.where(below(missed, 1), 0, withheld_gbp)


@pot_year.line("GBP", "Earned")
def earned_pot_gbp(pot_in_pool_gbp: Any, unearned_pot_gbp: Any) -> Any:
    """What of the pot the line has."""
    return pot_in_pool_gbp - unearned_pot_gbp
