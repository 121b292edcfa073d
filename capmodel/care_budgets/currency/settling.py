"""What each unit is paid and when: the year's payment, the plan it was paid on, the correction of the year after, and the package it covers.

Where a file has a plan, the payer pays on the planned roster during the year, nothing is adjusted in year, and the difference to what
the roster and the criteria earned is corrected in the next planning round, on a line of its own. Source: NHS England, annex DpC to
the NHS Payment Scheme, section 18, as digested: the best practice tariff is in the fixed element and is corrected in the next round.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from capmodel.algebra.functions import to_pence
from capmodel.algebra.links import lookup, prior, total
from capmodel.algebra.table import Table
from capmodel.care_budgets.currency import SHEET
from capmodel.care_budgets.currency.payment import (
    BAND,
    CRITERION,
    UNIT,
    band,
    line,
    missed,
    result,
    year_terms,
)

#: The one plan of a file that has one; without, its tables are empty.
PLAN = "payment_plan"

planned = Table("payment_planned", (UNIT, BAND, "year"), "What was planned", SHEET, beside=(PLAN,))
planned.input("payment_planned_months_persons", "persons", "Person-months planned")

plan_terms = Table("payment_plan_terms", (PLAN, "year"), "Terms of the plan", SHEET)
plan_terms.input("payment_plan_flag", "flag", "The year is paid on a plan", internal=True)
plan_terms.input("payment_planned_earned_share", "share", "Part of the linked payment that the plan counts as earned")

unit_criterion = Table("payment_unit_criterion", (UNIT, CRITERION, "year"), "Pounds lost by unit and criterion", SHEET)
unit_year = Table("payment_unit_year", (UNIT, "year"), "Payment by unit", SHEET)
everybody = Table("payment_all", ("year",), "Payment of all units", SHEET)

package = Table("payment_package", (BAND, "year"), "Price against the cost of the package of care", SHEET)
package.input("payment_package_gbp_per_person", "GBP/persons", "Cost of the package of care a person a year")

# ------------------------------------------------------------------ pounds lost


@unit_criterion.line(
    "GBP",
    "Lost by this criterion alone",
    of_unit=total(result, "lost_alone_gbp", UNIT, CRITERION, "year"),
    of_people=total(missed, "lost_by_people_gbp", UNIT, CRITERION, "year"),
)
def criterion_lost_gbp(of_unit: Any, of_people: Any) -> Any:
    """What the unit would have been paid in the year had this criterion been met and all others stayed as they are."""
    return to_pence(of_unit + of_people)


# ------------------------------------------------------------------ the year's payment


@unit_year.line("GBP", "Payment with every criterion met", total(line, "full_gbp", UNIT, "year"))
def unit_full_gbp() -> Any:
    """What the people on the roster are worth with every criterion met."""


@unit_year.line("GBP", "Fixed part", total(line, "fixed_gbp", UNIT, "year"))
def unit_fixed_gbp() -> Any:
    """What is paid whatever the criteria say."""


@unit_year.line("GBP", "Linked part earned", total(line, "earned_gbp", UNIT, "year"))
def unit_earned_gbp() -> Any:
    """What the criteria earned."""


@unit_year.line("GBP", "Linked part not earned", total(line, "not_earned_gbp", UNIT, "year"))
def unit_not_earned_gbp() -> Any:
    """What failed criteria cost, all together."""


@unit_year.line("GBP", "Lost by one criterion alone, all criteria", total(unit_criterion, "criterion_lost_gbp", UNIT, "year"))
def unit_lost_alone_gbp() -> Any:
    """The pounds that one criterion alone lost, added over the criteria."""


@unit_year.line("GBP", "Lost by several criteria together (minus: one would do, counted at each)")
def unit_lost_together_gbp(unit_not_earned_gbp: Any, unit_lost_alone_gbp: Any) -> Any:
    """The rest of what is lost: no single criterion would have earned it; below zero where any of several would have.

    >>> unit_lost_together_gbp(5000.0, 0.0)
    5000.0
    """
    return to_pence(unit_not_earned_gbp - unit_lost_alone_gbp)


@unit_year.line("GBP", "Payment of the year")
def unit_payment_gbp(unit_fixed_gbp: Any, unit_earned_gbp: Any) -> Any:
    """The fixed part and the linked part that is earned."""
    return to_pence(unit_fixed_gbp + unit_earned_gbp)


@unit_year.line("GBP", "Payment at the lower ends", earned=total(line, "earned_low_gbp", UNIT, "year"))
def unit_low_gbp(unit_fixed_gbp: Any, earned: Any) -> Any:
    """The payment if every share were at the lower end of its interval."""
    return to_pence(unit_fixed_gbp + earned)


@unit_year.line("GBP", "Payment at the upper ends", earned=total(line, "earned_high_gbp", UNIT, "year"))
def unit_high_gbp(unit_fixed_gbp: Any, earned: Any) -> Any:
    """The payment if every share were at the upper end of its interval."""
    return to_pence(unit_fixed_gbp + earned)


# ------------------------------------------------------------------ the plan, and the next round


@planned.line(
    "GBP",
    "Paid on the plan",
    price=lookup(band, "payment_price_gbp_per_person"),
    linked=lookup(year_terms, "payment_linked_share"),
    earned=lookup(plan_terms, "payment_planned_earned_share"),
)
def planned_gbp(payment_planned_months_persons: Any, price: Any, linked: Any, earned: Any) -> Any:
    """Person-months planned at the price of the year, with the linked part that the plan counts as earned, to the penny.

    >>> planned_gbp(1200.0, 300.0, 0.3, 1.0)
    30000.0
    """
    return to_pence(payment_planned_months_persons / 12 * price * (1 - linked + linked * earned))


@unit_year.line(
    "GBP",
    "Paid for the year during the year",
    on_plan=total(plan_terms, "payment_plan_flag", "year"),
    plan=total(planned, "planned_gbp", UNIT, "year"),
)
def unit_in_year_gbp(unit_payment_gbp: Any, on_plan: Any, plan: Any) -> Any:
    """The planned payment where there is a plan, otherwise what is earned."""
    return np.where(on_plan > 0, plan, unit_payment_gbp)


@unit_year.line("GBP", "Difference to be corrected in the next year")
def unit_difference_gbp(unit_payment_gbp: Any, unit_in_year_gbp: Any) -> Any:
    """What was earned beyond what was paid; minus where too much was paid."""
    return to_pence(unit_payment_gbp - unit_in_year_gbp)


@unit_year.line("GBP", "Correction of the year before", prior("unit_difference_gbp"))
def unit_correction_gbp() -> Any:
    """The difference of the year before, paid or taken back in this planning round, on its own line."""


@unit_year.line("GBP", "Cash paid in the year")
def unit_cash_gbp(unit_in_year_gbp: Any, unit_correction_gbp: Any) -> Any:
    """What the unit receives in the year: the payment for the year and the correction of the one before.

    >>> unit_cash_gbp(30000.0, -1250.0)
    28750.0
    """
    return to_pence(unit_in_year_gbp + unit_correction_gbp)


@unit_year.line("GBP", "Earned to date", before=prior("unit_earned_to_date_gbp"))
def unit_earned_to_date_gbp(before: Any, unit_payment_gbp: Any) -> Any:
    """The payments of all years up to this one."""
    return to_pence(before + unit_payment_gbp)


@unit_year.line("GBP", "Cash to date", before=prior("unit_cash_to_date_gbp"))
def unit_cash_to_date_gbp(before: Any, unit_cash_gbp: Any) -> Any:
    """What the unit has received up to the end of this year."""
    return to_pence(before + unit_cash_gbp)


@unit_year.line("GBP", "Check: cash to date and the difference still open are what was earned")
def check_cash_gbp(unit_earned_to_date_gbp: Any, unit_cash_to_date_gbp: Any, unit_difference_gbp: Any) -> Any:
    """Zero where every difference is corrected once, in the year after.

    >>> check_cash_gbp(58000.0, 60000.0, -2000.0)
    0.0
    """
    return to_pence(unit_earned_to_date_gbp - unit_cash_to_date_gbp - unit_difference_gbp)


# ------------------------------------------------------------------ price against package


@package.line(
    "GBP/persons",
    "Price above the cost of the package (minus: below it)",
    price=lookup(band, "payment_price_gbp_per_person"),
)
def over_package_gbp_per_person(price: Any, payment_package_gbp_per_person: Any) -> Any:
    """What the price leaves over the bottom-up cost of a year of care for one person.

    >>> round(over_package_gbp_per_person(300.0, 318.4), 2)
    -18.4
    """
    return price - payment_package_gbp_per_person


@package.line(
    "GBP", "Price above the cost of the package, for the people on the roster", months=total(line, "payment_months_persons", BAND, "year")
)
def over_package_gbp(over_package_gbp_per_person: Any, months: Any) -> Any:
    """The gap for all person-years of the band, before any criterion, to the penny."""
    return to_pence(over_package_gbp_per_person * months / 12)


# ------------------------------------------------------------------ all units


@everybody.line("GBP", "Payment of the year, all units", total(unit_year, "unit_payment_gbp", "year"))
def all_payment_gbp() -> Any:
    """What all units earned for the year."""


@everybody.line("GBP", "Cash paid in the year, all units", total(unit_year, "unit_cash_gbp", "year"))
def all_cash_gbp() -> Any:
    """What all units receive in the year, corrections of the year before with it."""


@everybody.line("GBP", "Linked part not earned, all units", total(unit_year, "unit_not_earned_gbp", "year"))
def all_not_earned_gbp() -> Any:
    """What failed criteria cost all units."""


@everybody.line("GBP", "Check: payments and what is not earned add up to the roster at full price", full=total(line, "full_gbp", "year"))
def check_full_gbp(all_payment_gbp: Any, all_not_earned_gbp: Any, full: Any) -> Any:
    """Zero where every penny of the roster is paid or lost to criteria."""
    return to_pence(full - all_payment_gbp - all_not_earned_gbp)


@everybody.line(
    "persons",
    "Check: nobody meets a criterion that does not apply",
    over=total(result, "over_persons", "year"),
)
def check_met_persons(over: Any) -> Any:
    """Zero where a criterion is met for no more people than it applies to."""
    return over


@result.line("persons", "Met beyond those to whom it applies")
def over_persons(payment_met_persons: Any, payment_of_persons: Any) -> Any:
    """People counted as met to whom the criterion does not apply; an error of the results."""
    return np.maximum(payment_met_persons - payment_of_persons, 0)
