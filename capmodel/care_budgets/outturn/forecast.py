"""The outturn of each line by month: actual cost for the months that are in, and a forecast by a stated rule for the rest.

A line is forecast on budget, at the rate it has run at against its budget so far, as the file states it month by month, or on budget
with the pressure that the contract assumes, which the settlement adds. Budgets by month are in `months.by_month`.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from capmodel.algebra.functions import AMOUNTS, ratio, to_pence
from capmodel.algebra.links import lookup, prior, total
from capmodel.algebra.table import Table
from capmodel.care_budgets.months.by_month import month_service
from capmodel.care_budgets.outturn import SHEET

_LINE = ("setting", "provider", "payer")

outturn_line = Table("outturn_line", (*_LINE, "year"), "Outturn by line", SHEET)
outturn_line.input("run_rate_flag", "flag", "Forecast at the rate so far", internal=True)
outturn_line.input("stated_flag", "flag", "Forecast as stated, month by month", internal=True)
outturn_line.input("pressure_flag", "flag", "Forecast with the pressure that the contract assumes", internal=True)
outturn_line.input("in_year_flag", "flag", "Months of the year are in", internal=True)

outturn_month = Table("outturn_month", (*_LINE, "month", "year"), "Outturn by month, line by line", SHEET)
outturn_month.input("month_in_flag", "flag", "The month is in", internal=True)
outturn_month.input("month_actual_gbp", "GBP", "Actual cost of the month")
outturn_month.input("month_stated_gbp", "GBP", "Forecast of the month, as stated")

outturn_total = Table("outturn_total", ("month", "year"), "Outturn by month", SHEET)
outturn_year = Table("outturn_year", ("year",), "Outturn of the year", SHEET)

TABLES = (outturn_month, outturn_line, outturn_total, outturn_year)


@outturn_month.line("GBP", "Budget of the month", lookup(month_service, "month_service_gbp"))
def month_plan_gbp() -> Any:
    """What is paid for the month by the budget, adjusted for people."""


@outturn_month.line("GBP", "Budget of the months that are in")
def month_plan_in_gbp(month_plan_gbp: Any, month_in_flag: Any) -> Any:
    """The budget of the month where it is in, to hold its actual cost against."""
    return month_plan_gbp * month_in_flag


@outturn_line.line("GBP", "Budget of the year", total(outturn_month, "month_plan_gbp", *_LINE, "year"))
def line_plan_gbp() -> Any:
    """The budget of all months of the line."""


@outturn_line.line("GBP", "Budget so far", total(outturn_month, "month_plan_in_gbp", *_LINE, "year"))
def plan_to_date_gbp() -> Any:
    """The budget of the months that are in."""


@outturn_line.line("GBP", "Actual cost so far", total(outturn_month, "month_counted_gbp", *_LINE, "year"))
def actual_to_date_gbp() -> Any:
    """What the line has cost in the months that are in."""


@outturn_line.line("GBP", "Over budget so far (under: minus)")
def over_to_date_gbp(actual_to_date_gbp: Any, plan_to_date_gbp: Any) -> Any:
    """Actual cost so far less its budget."""
    return to_pence(actual_to_date_gbp - plan_to_date_gbp)


@outturn_line.line("index", "Rate of the months to come, of their budget")
def rate_index(actual_to_date_gbp: Any, plan_to_date_gbp: Any, run_rate_flag: Any) -> Any:
    """Actual cost so far over its budget where the line is forecast at the rate so far; otherwise 1, the budget.

    >>> rate_index(103.0, 100.0, np.array([1, 0])).tolist()
    [1.03, 1.0]
    """
    return np.where(run_rate_flag > 0, ratio(actual_to_date_gbp, plan_to_date_gbp, otherwise=1, decimals=AMOUNTS), 1)


@outturn_month.line(
    "GBP",
    "Forecast of the month",
    rate=lookup(outturn_line, "rate_index"),
    stated=lookup(outturn_line, "stated_flag"),
)
def month_forecast_gbp(month_plan_gbp: Any, month_stated_gbp: Any, month_in_flag: Any, rate: Any, stated: Any) -> Any:
    """What a month that is not in is forecast to cost, to the penny; zero for a month that is in.

    >>> month_forecast_gbp(100.0, 97.5, np.array([0, 0, 1]), 1.03, np.array([0, 1, 0])).tolist()
    [103.0, 97.5, 0.0]
    """
    return to_pence(np.where(stated > 0, month_stated_gbp, month_plan_gbp * rate) * (1 - month_in_flag))


@outturn_month.line("GBP", "Actual cost of the month, where it is in")
def month_counted_gbp(month_actual_gbp: Any, month_in_flag: Any) -> Any:
    """The actual cost of a month that is in; a cost typed into another month would be counted beside its forecast."""
    return month_actual_gbp * month_in_flag


@outturn_month.line("GBP", "Check: a month that is not in has no actual cost")
def check_month_in_gbp(month_actual_gbp: Any, month_counted_gbp: Any) -> Any:
    """Zero unless a month has a cost of which the file has no row: add the row to the file, and the month is in.

    >>> check_month_in_gbp(100.0, 0.0)
    100.0
    """
    return to_pence(month_actual_gbp - month_counted_gbp)


@outturn_month.line("GBP", "Outturn of the month")
def month_outturn_gbp(month_counted_gbp: Any, month_forecast_gbp: Any) -> Any:
    """Actual cost where the month is in, the forecast where it is not."""
    return month_counted_gbp + month_forecast_gbp


@outturn_line.line("GBP", "Forecast of the months to come", total(outturn_month, "month_forecast_gbp", *_LINE, "year"))
def rest_gbp() -> Any:
    """What the months that are not in are forecast to cost."""


@outturn_line.line("GBP", "Outturn of the year")
def outturn_gbp(actual_to_date_gbp: Any, rest_gbp: Any) -> Any:
    """Actual cost so far and the forecast of the rest.

    >>> outturn_gbp(721.0, 515.0)
    1236.0
    """
    return actual_to_date_gbp + rest_gbp


@outturn_line.line("GBP", "Over budget in the year (under: minus)")
def over_year_gbp(outturn_gbp: Any, line_plan_gbp: Any) -> Any:
    """The outturn less the budget of the year."""
    return to_pence(outturn_gbp - line_plan_gbp)


@outturn_total.line("GBP", "Budget of the month", total(outturn_month, "month_plan_gbp", "month", "year"))
def all_plan_gbp() -> Any:
    """The budget of the month for all lines."""


@outturn_total.line("GBP", "Outturn of the month", total(outturn_month, "month_outturn_gbp", "month", "year"))
def all_outturn_gbp() -> Any:
    """The outturn of the month for all lines."""


@outturn_total.line("GBP", "Over budget so far (under: minus)", before=prior("over_so_far_gbp", along=("month",)))
def over_so_far_gbp(before: Any, all_outturn_gbp: Any, all_plan_gbp: Any) -> Any:
    """The outturn less the budget from April to the end of the month."""
    return before + all_outturn_gbp - all_plan_gbp


@outturn_year.line("GBP", "Budget of the year", total(outturn_line, "line_plan_gbp", "year"))
def year_plan_gbp() -> Any:
    """The budget of the year for all lines."""


@outturn_year.line("GBP", "Actual cost so far", total(outturn_line, "actual_to_date_gbp", "year"))
def year_to_date_gbp() -> Any:
    """What all lines have cost in the months that are in."""


@outturn_year.line("GBP", "Forecast of the months to come", total(outturn_line, "rest_gbp", "year"))
def year_rest_gbp() -> Any:
    """What the rest of the year is forecast to cost."""


@outturn_year.line("GBP", "Outturn of the year")
def year_outturn_gbp(year_to_date_gbp: Any, year_rest_gbp: Any) -> Any:
    """Actual cost so far and the forecast of the rest, for all lines."""
    return year_to_date_gbp + year_rest_gbp


@outturn_year.line("GBP", "Over budget in the year (under: minus)")
def year_over_gbp(year_outturn_gbp: Any, year_plan_gbp: Any) -> Any:
    """The outturn less the budget, for all lines."""
    return to_pence(year_outturn_gbp - year_plan_gbp)


@outturn_year.line("GBP", "Check: the outturn of all months is that of all lines", months=total(outturn_total, "all_outturn_gbp", "year"))
def check_outturn_gbp(months: Any, year_outturn_gbp: Any) -> Any:
    """Zero where months and lines add up to the same outturn."""
    return to_pence(months - year_outturn_gbp)
