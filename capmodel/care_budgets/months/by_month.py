"""Budgets by month: each line of the Year of Care budgets cut along a profile, and adjusted for the people on the list.

A budget is cut along the running share of its profile, so that twelve months add up to the year to the penny. Where a list changes
in the year, the part of the budget that follows people is paid by person-months. The annual budgets are in `year_of_care`.
"""

from __future__ import annotations

from typing import Any

from capmodel.algebra.functions import AMOUNTS, pence_between, ratio, to_pence
from capmodel.algebra.links import lookup, prior, total
from capmodel.algebra.table import Table
from capmodel.care_budgets.months import SHEET
from capmodel.care_budgets.year_of_care import care_budget

month_profile = Table("month_profile", ("profile", "month", "year"), "Profiles: the part of a year that falls into each month", SHEET)
month_profile.input("month_weight_number", "number", "Weight of the month")

month_list = Table("month_list", ("segment", "month", "year"), "People on the list, and what they change", SHEET)
month_list.input("list_planned_persons", "persons", "People that the budget was made for")
month_list.input("list_persons", "persons", "People on the list")
month_list.input("list_follows_share", "share", "Part of the budget that follows people")

month_people = Table("month_people", ("segment", "year"), "Person-months", SHEET)

month_budget = Table(
    "month_budget",
    ("segment", "setting", "provider", "payer", "month", "year"),
    "Budget by month, line by line",
    SHEET,
    beside=("profile",),
)
month_line = Table("month_line", ("segment", "setting", "provider", "payer", "year"), "Twelve months against the year", SHEET)
month_service = Table(
    "month_service", ("setting", "provider", "payer", "month", "year"), "Budget by month, setting, provider and payer", SHEET
)
month_setting = Table("month_setting", ("setting", "month", "year"), "Budget by month and setting", SHEET)
month_total = Table("month_total", ("month", "year"), "Budget by month", SHEET)
month_year = Table("month_year", ("year",), "All months", SHEET)

TABLES = (month_profile, month_list, month_people, month_budget, month_line, month_service, month_setting, month_total, month_year)


@month_profile.line("number", "Weight of the months so far", before=prior("weight_so_far_number", along=("month",)))
def weight_so_far_number(before: Any, month_weight_number: Any) -> Any:
    """The weight of this month and those before it in the year."""
    return before + month_weight_number


@month_profile.line("number", "Weight of the year", total(month_profile, "month_weight_number", "profile", "year"))
def year_weight_number() -> Any:
    """The weight of all twelve months."""


@month_profile.line("share", "Part of the year up to the end of the month")
def month_so_far_share(weight_so_far_number: Any, year_weight_number: Any) -> Any:
    """What of a year's budget is due by the end of the month.

    >>> month_so_far_share(42.0, 253.0).round(6).item()
    0.166008
    """
    return ratio(weight_so_far_number, year_weight_number)


@month_profile.line("share", "Part of the year before the month", prior("month_so_far_share", along=("month",)))
def month_before_share() -> Any:
    """What of a year's budget is due before the month begins."""


@month_list.line("share", "Change of the budget for people")
def list_change_share(list_persons: Any, list_planned_persons: Any, list_follows_share: Any) -> Any:
    """How far the month's budget follows the people on the list, beside those it was made for.

    >>> list_change_share(10_200.0, 10_000.0, 0.5).round(6).item()
    0.01
    """
    return ratio(list_persons - list_planned_persons, list_planned_persons, decimals=AMOUNTS) * list_follows_share


@month_people.line("persons", "Person-months on the list", total(month_list, "list_persons", "segment", "year"))
def person_months_persons() -> Any:
    """The people of all months: one person for a whole year is twelve."""


@month_people.line("persons", "Person-months that the budget was made for", total(month_list, "list_planned_persons", "segment", "year"))
def planned_months_persons() -> Any:
    """The person-months that the annual budget pays for."""


@month_budget.line(
    "GBP",
    "Budget of the month",
    budget=lookup(care_budget, "budget_gbp"),
    so_far=lookup(month_profile, "month_so_far_share"),
    before=lookup(month_profile, "month_before_share"),
)
def month_budget_gbp(budget: Any, so_far: Any, before: Any) -> Any:
    """The month's part of a line's annual budget, to the penny; twelve months add up to the year.

    >>> round(month_budget_gbp(100.0, 2 / 12, 1 / 12), 2)
    8.34
    """
    return pence_between(budget * so_far, budget * before)


@month_budget.line("GBP", "Change for people", change=total(month_list, "list_change_share", "segment", "month", "year"))
def list_change_gbp(month_budget_gbp: Any, change: Any) -> Any:
    """What the people on the list add to the month's budget, to the penny; zero for a segment whose list is not followed.

    >>> list_change_gbp(8_333.33, 0.01)
    83.33
    """
    return to_pence(month_budget_gbp * change)


@month_budget.line("GBP", "Budget of the month, adjusted for people")
def month_adjusted_gbp(month_budget_gbp: Any, list_change_gbp: Any) -> Any:
    """What is paid for the month."""
    return month_budget_gbp + list_change_gbp


@month_line.line("GBP", "Budget of the twelve months", total(month_budget, "month_budget_gbp", *month_line.keys))
def twelve_months_gbp() -> Any:
    """What the months of a line add up to, before the list changes them."""


@month_line.line("GBP", "Check: twelve months add up to the year", budget=lookup(care_budget, "budget_gbp"))
def check_months_gbp(twelve_months_gbp: Any, budget: Any) -> Any:
    """Zero where the months of a line are its annual budget, to the penny."""
    return to_pence(twelve_months_gbp - budget)


@month_service.line("GBP", "Budget of the month", total(month_budget, "month_adjusted_gbp", *month_service.keys))
def month_service_gbp() -> Any:
    """What a provider is paid in the month by a payer for a setting, adjusted for people."""


@month_setting.line("GBP", "Budget of the month", total(month_service, "month_service_gbp", "setting", "month", "year"))
def month_setting_gbp() -> Any:
    """What is paid for a setting in the month."""


@month_total.line("GBP", "Budget of the month", total(month_setting, "month_setting_gbp", "month", "year"))
def month_gbp() -> Any:
    """What is paid in the month for all care."""


@month_total.line("GBP", "Budget of the year up to the end of the month", before=prior("month_so_far_gbp", along=("month",)))
def month_so_far_gbp(before: Any, month_gbp: Any) -> Any:
    """What is paid from April to the end of the month."""
    return before + month_gbp


@month_year.line("GBP", "Year of Care budgets", total(care_budget, "budget_gbp", "year"))
def year_gbp() -> Any:
    """The annual budgets, before the list changes them."""


@month_year.line("GBP", "Change for people", total(month_budget, "list_change_gbp", "year"))
def year_list_change_gbp() -> Any:
    """What changes of the list add in the year."""


@month_year.line(
    "GBP", "Check: months of all settings are the budgets and their changes for people", months=total(month_total, "month_gbp", "year")
)
def check_year_gbp(months: Any, year_gbp: Any, year_list_change_gbp: Any) -> Any:
    """Zero where every pound of the budgets, and of their changes, falls into a month."""
    return to_pence(months - year_gbp - year_list_change_gbp)
