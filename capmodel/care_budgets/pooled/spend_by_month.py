"""Spend of a line by month: the months that are in as they were reported, the rest by the rule that the line states.

A line whose spend is stated for the year is spread over its months by the profile, which is equal unless one is stated. Months add up
to the year to the penny. What an over- or underspend means is in `lines`.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from capmodel.algebra.functions import above, at_least, ratio, to_pence
from capmodel.algebra.links import lookup, prior, total
from capmodel.care_budgets.pooled.tables import fund_line, line_month, line_year, month_actual, month_profile

TABLES = (month_profile, month_actual, line_month)


@line_month.line("GBP", "Spend of the month, as it is in", total(month_actual, "fund_month_actual_gbp", "fund_line", "month", "year"))
def month_actual_gbp() -> Any:
    """What was reported for the month; zero where it is not in."""


@line_month.line("number", "Weight of the month, where it is in", is_in=total(month_actual, "fund_month_in_flag", "fund_line", "month", "year"), weight=lookup(month_profile, "fund_month_weight_number"))  # fmt: skip
def weight_in_number(weight: Any, is_in: Any) -> Any:
    """The month's part of the profile, if its spend is known."""
    return weight * is_in


@line_month.line("number", "Weight of the month, where it is to come", is_in=total(month_actual, "fund_month_in_flag", "fund_line", "month", "year"), weight=lookup(month_profile, "fund_month_weight_number"))  # fmt: skip
def weight_left_number(weight: Any, is_in: Any) -> Any:
    """The month's part of the profile, if its spend has to be forecast."""
    return weight * (1 - is_in)


@line_month.line("number", "Weight to come down to this month", before=prior("left_so_far_number", along=("month",)))
def left_so_far_number(before: Any, weight_left_number: Any) -> Any:
    """The profile of months to come, this one and those before it."""
    return before + weight_left_number


@line_year.line("GBP", "Spend of the months that are in", total(line_month, "month_actual_gbp", "fund_line", "year"))
def actual_gbp() -> Any:
    """What the line has spent so far."""


@line_year.line("number", "Weight of the months that are in", total(line_month, "weight_in_number", "fund_line", "year"))
def year_weight_in_number() -> Any:
    """The part of the year that is known."""


@line_year.line("number", "Weight of the months to come", total(line_month, "weight_left_number", "fund_line", "year"))
def year_weight_left_number() -> Any:
    """The part of the year that is forecast."""


@line_year.line("GBP", "Months to come at the mean of those that are in", months_in=total(month_actual, "fund_month_in_flag", "fund_line", "year"))  # fmt: skip
def at_run_rate_gbp(actual_gbp: Any, months_in: Any) -> Any:
    """What the rest of the year costs if each month costs the mean of those that are in, to the penny.

    >>> at_run_rate_gbp(700.0, 7.0)
    500.0
    """
    return to_pence(actual_gbp * ratio(12 - months_in, months_in))


@line_year.line("GBP", "Months to come by the profile")
def at_profile_gbp(actual_gbp: Any, year_weight_in_number: Any, year_weight_left_number: Any) -> Any:
    """What the rest of the year costs if spend keeps to the profile, to the penny.

    >>> at_profile_gbp(700.0, 7.0, 10.0)
    1000.0
    """
    return to_pence(actual_gbp * ratio(year_weight_left_number, year_weight_in_number))


@line_year.line("GBP", "Months to come on budget")
def at_budget_gbp(line_budget_gbp: Any, year_weight_in_number: Any, year_weight_left_number: Any) -> Any:
    """The budget's part of the months to come, by the profile, to the penny.

    >>> at_budget_gbp(1200.0, 7.0, 5.0)
    500.0
    """
    return to_pence(line_budget_gbp * ratio(year_weight_left_number, year_weight_in_number + year_weight_left_number))


@line_year.line(
    "GBP",
    "Months to come, from those that are in",
    run_rate=lookup(fund_line, "fund_run_rate_flag"),
    by_profile=lookup(fund_line, "fund_by_profile_flag"),
)
def from_months_gbp(
    at_run_rate_gbp: Any,
    at_profile_gbp: Any,
    line_spend_gbp: Any,
    actual_gbp: Any,
    year_weight_left_number: Any,
    run_rate: Any,
    by_profile: Any,
) -> Any:
    """The rest of the year by the rule of the line, where some months are in; a stated year leaves what is not spent yet.

    >>> from_months_gbp(500.0, 520.0, 1500.0, 700.0, 5.0, np.array([1, 0, 0]), np.array([0, 1, 0])).tolist()
    [500.0, 520.0, 800.0]
    """
    as_stated = np.where(above(year_weight_left_number, 0), line_spend_gbp - actual_gbp, 0)
    return np.where(run_rate > 0, at_run_rate_gbp, np.where(by_profile > 0, at_profile_gbp, as_stated))


@line_year.line(
    "GBP",
    "Spend of the months to come",
    months_in=total(month_actual, "fund_month_in_flag", "fund_line", "year"),
    by_budget=lookup(fund_line, "fund_by_budget_flag"),
)
def rest_gbp(at_budget_gbp: Any, from_months_gbp: Any, line_spend_gbp: Any, months_in: Any, by_budget: Any) -> Any:
    """The rest of the year by the rule of the line: from the months that are in, the budget, or what is stated for the year.

    >>> rest_gbp(500.0, 520.0, 1500.0, np.array([7.0, 0.0, 7.0]), np.array([0, 0, 1])).tolist()
    [520.0, 1500.0, 500.0]
    """
    in_year = np.where(above(months_in, 0), from_months_gbp, line_spend_gbp)
    return np.where(by_budget > 0, at_budget_gbp, in_year)


@line_year.line("GBP", "Spend of the year, without VAT that is not recovered")
def net_spend_gbp(actual_gbp: Any, rest_gbp: Any) -> Any:
    """The months that are in, and the forecast of the rest; what is stated for the year where no month is in."""
    return actual_gbp + rest_gbp


@line_month.line(
    "GBP",
    "Forecast down to this month",
    rest=lookup(line_year, "rest_gbp"),
    left=lookup(line_year, "year_weight_left_number"),
)
def forecast_so_far_gbp(left_so_far_number: Any, rest: Any, left: Any) -> Any:
    """The rest of the year cut by the profile, to the penny, and in the last month exactly what is left.

    >>> forecast_so_far_gbp(np.array([1.0, 2.0, 3.0]), 100.005, 3.0).tolist()
    [33.34, 66.67, 100.005]
    """
    share = ratio(left_so_far_number, left, otherwise=1)
    return np.where(at_least(share, 1), rest, to_pence(rest * share))


@line_month.line("GBP", "Spend of the month", before=prior("forecast_so_far_gbp", along=("month",)))
def month_spend_gbp(month_actual_gbp: Any, forecast_so_far_gbp: Any, before: Any) -> Any:
    """As it is in, or as it is forecast."""
    return month_actual_gbp + forecast_so_far_gbp - before


@line_month.line("GBP", "Spend down to this month", before=prior("spend_so_far_gbp", along=("month",)))
def spend_so_far_gbp(before: Any, month_spend_gbp: Any) -> Any:
    """What the line has spent to the end of the month."""
    return before + month_spend_gbp


@line_year.line("GBP", "Check: months add up to the year", months=total(line_month, "month_spend_gbp", "fund_line", "year"))
def check_months_gbp(net_spend_gbp: Any, months: Any) -> Any:
    """Zero where the months are the whole spend of the line."""
    return to_pence(net_spend_gbp - months)
