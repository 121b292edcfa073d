"""What a line of service is paid: one definition for every mechanism.

    payment = fixed part + sum over bands of (share paid x unit price x market forces factor x activity of the variance in the band)

The variance is actual less plan activity; bands are shares of plan activity, above plan and below it. A mechanism says which fixed part a
line has and which bands; it pays nothing itself. The line is rounded once, so that activity at price is exactly that.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from capmodel.algebra.functions import AMOUNTS, above, to_pence
from capmodel.algebra.links import lookup, total
from capmodel.algebra.table import Table
from capmodel.contracts.agreements import AGREEMENT, BAND, LINE_YEAR, POINT, SHEET, SIDE
from capmodel.contracts.agreements.lines import criteria, expected, factor, mean, price, recorded, service_line, stated_sum

terms = Table("agreement_terms", (AGREEMENT,), "How each agreement pays", SHEET)
terms.input("agreement_covers_flag", "flag", "An agreement covers the line", internal=True)
terms.input("fixed_plan_flag", "flag", "The fixed part is the plan at unit prices", internal=True)
terms.input("fixed_stated_flag", "flag", "The fixed part is a stated sum", internal=True)
terms.input("fixed_mean_flag", "flag", "The fixed part is the mean of three past years", internal=True)
terms.input("fixed_linked_flag", "flag", "The fixed part is a Year of Care payment", internal=True)
terms.input("criteria_flag", "flag", "A unit is paid for where every criterion is met", internal=True)

side = Table("variance_side", (SIDE,), "Sides of the variance", SHEET)
side.input("plan_side_index", "index", "Sign of what is paid", internal=True)

band = Table("agreement_band", (AGREEMENT, SIDE, BAND, "year"), "Bands of the variance from plan", SHEET)
band.input("break_from_share", "share", "Band begins at, share of plan activity")
band.input("break_to_share", "share", "Band ends at, share of plan activity (0 where it has no end)")
band.input("break_open_flag", "flag", "The band has no end", internal=True)
band.input("marginal_paid_share", "share", "Share of the price paid in the band")

line_band = Table(
    "service_line_band", (*LINE_YEAR[:-1], SIDE, BAND, "year"), "The variance of each line by band", SHEET, beside=(AGREEMENT,)
)

#: The Year of Care payment of a line; without the step `payments` it has no rows.
linked = Table("linked_payment", LINE_YEAR, "Year of Care payments of lines", SHEET)
linked.input("linked_payment_gbp", "GBP", "Year of Care payment of the line", internal=True)

TABLES = (terms, side, band, service_line, line_band, linked)


# ------------------------------------------------------------------ activity and price


@service_line.line(
    "number",
    "Actual activity",
    given=total(recorded, "actual_activity_number", *LINE_YEAR),
    assumed=total(expected, "expected_number", *LINE_YEAR),
)
def activity_number(given: Any, assumed: Any) -> Any:
    """Actual activity as given; without, the plan moved by what is assumed. A line has one of the two."""
    return given + assumed


@service_line.line("GBP", "Unit price of the line", total(price, "unit_price_gbp", "setting", POINT, "year"))
def line_unit_price_gbp() -> Any:
    """The unit price of the line's point of delivery; zero where it has none."""


@service_line.line("index", "Market forces factor of the line", total(factor, "market_forces_index", "provider", "year"))
def line_factor_index() -> Any:
    """The market forces factor of the line's provider; zero where it has none, which a priced line may not."""


@service_line.line("GBP", "Unit price with market forces factor")
def line_price_gbp(line_unit_price_gbp: Any, line_factor_index: Any) -> Any:
    """The unit price times the provider's market forces factor; zero where the line has no price.

    >>> line_price_gbp(1200.0, 1.05)
    1260.0
    """
    return line_unit_price_gbp * line_factor_index


@service_line.line(
    "GBP",
    "Price that is earned",
    by_criteria=lookup(terms, "criteria_flag"),
    met=total(criteria, "criteria_met_share", *LINE_YEAR),
)
def earned_price_gbp(line_price_gbp: Any, by_criteria: Any, met: Any) -> Any:
    """The price of a unit, cut to the part of the units for which every criterion is met where the agreement pays by criteria.

    >>> earned_price_gbp(1000.0, np.array([0, 1]), 0.9).tolist()
    [1000.0, 900.0]
    """
    return line_price_gbp * np.where(by_criteria > 0, met, 1)


@service_line.line("GBP", "Value of the plan at unit prices")
def plan_value_gbp(plan_activity_number: Any, line_price_gbp: Any) -> Any:
    """Plan activity at its price, to the penny."""
    return to_pence(plan_activity_number * line_price_gbp)


@service_line.line("GBP", "Value of actual activity at unit prices")
def actual_value_gbp(activity_number: Any, line_price_gbp: Any) -> Any:
    """Actual activity at its price, to the penny."""
    return to_pence(activity_number * line_price_gbp)


@service_line.line("number", "Variance in activity (above plan: plus)")
def variance_number(activity_number: Any, plan_activity_number: Any) -> Any:
    """Actual less plan activity."""
    return activity_number - plan_activity_number


@service_line.line("GBP", "Variance at unit prices (above plan: plus)")
def variance_value_gbp(actual_value_gbp: Any, plan_value_gbp: Any) -> Any:
    """What the variance from plan is worth at unit prices."""
    return to_pence(actual_value_gbp - plan_value_gbp)


# ------------------------------------------------------------------ the variance by band


@line_band.line(
    "number",
    "Activity of the variance in the band",
    variance=lookup(service_line, "variance_number"),
    plan=lookup(service_line, "plan_activity_number"),
    sign=lookup(side, "plan_side_index"),
    begins=lookup(band, "break_from_share"),
    ends=lookup(band, "break_to_share"),
    is_open=lookup(band, "break_open_flag"),
)
def band_number(variance: Any, plan: Any, sign: Any, begins: Any, ends: Any, is_open: Any) -> Any:
    """How much of the variance lies in the band on its side of plan; bands are shares of plan activity.

    >>> band_number(80.0, 1000.0, 1, np.array([0.0, 0.05]), np.array([0.05, 0.0]), np.array([0, 1])).tolist()
    [50.0, 30.0]
    """
    beyond = np.maximum(variance * sign - plan * begins, 0)
    return np.where(is_open > 0, beyond, np.minimum(beyond, plan * (ends - begins)))


@line_band.line(
    "GBP",
    "Paid for the variance in the band (below plan: minus)",
    sign=lookup(side, "plan_side_index"),
    paid=lookup(band, "marginal_paid_share"),
    at_price=lookup(service_line, "earned_price_gbp"),
)
def band_paid_gbp(band_number: Any, sign: Any, paid: Any, at_price: Any) -> Any:
    """The share of the price that is paid above plan, or given back below it, for the activity in the band; cut to pence with its line.

    >>> band_paid_gbp(50.0, -1, 0.2, 1000.0)
    -10000.0
    """
    return band_number * sign * paid * at_price


# ------------------------------------------------------------------ payment


@service_line.line(
    "GBP",
    "Fixed part before rounding",
    at_plan=lookup(terms, "fixed_plan_flag"),
    at_stated=lookup(terms, "fixed_stated_flag"),
    at_mean=lookup(terms, "fixed_mean_flag"),
    at_linked=lookup(terms, "fixed_linked_flag"),
    stated=total(stated_sum, "fixed_payment_gbp", *LINE_YEAR),
    past_mean=total(mean, "mean_value_gbp", *LINE_YEAR),
    year_of_care=total(linked, "linked_payment_gbp", *LINE_YEAR),
)
def fixed_part_gbp(
    plan_activity_number: Any,
    earned_price_gbp: Any,
    at_plan: Any,
    at_stated: Any,
    at_mean: Any,
    at_linked: Any,
    stated: Any,
    past_mean: Any,
    year_of_care: Any,
) -> Any:
    """What is paid whatever the activity: the plan at price, a stated sum, the mean of past years, or a Year of Care payment.

    >>> fixed_part_gbp(100.0, 1000.0, np.array([1, 0]), np.array([0, 1]), 0, 0, 95_000.0, 0.0, 0.0).tolist()
    [100000.0, 95000.0]
    """
    return at_plan * plan_activity_number * earned_price_gbp + at_stated * stated + at_mean * past_mean + at_linked * year_of_care


@service_line.line("GBP", "Fixed part of the payment")
def fixed_gbp(fixed_part_gbp: Any) -> Any:
    """The fixed part, to the penny."""
    return to_pence(fixed_part_gbp)


@service_line.line("GBP", "Payment", on_variance=total(line_band, "band_paid_gbp", *LINE_YEAR))
def payment_gbp(fixed_part_gbp: Any, on_variance: Any) -> Any:
    """What the payer pays and the provider receives for the line, rounded once: the fixed part, and what is paid on the variance.

    >>> payment_gbp(100_000.0, -4000.004)
    96000.0
    """
    return to_pence(fixed_part_gbp + on_variance)


@service_line.line("GBP", "Paid on the variance (given back: minus)")
def variance_paid_gbp(payment_gbp: Any, fixed_gbp: Any) -> Any:
    """The payment less its fixed part."""
    return to_pence(payment_gbp - fixed_gbp)


@service_line.line("GBP", "Variance at unit prices that is not paid (the provider bears: plus)")
def variance_borne_gbp(variance_value_gbp: Any, variance_paid_gbp: Any, covered_flag: Any) -> Any:
    """What the variance is worth at unit prices and is not paid: above plan the provider bears it, below plan (minus) it keeps it.

    >>> variance_borne_gbp(10_000.0, 2_000.0, 1).item()
    8000.0
    """
    return np.where(covered_flag > 0, to_pence(variance_value_gbp - variance_paid_gbp), 0)


@service_line.line(
    "GBP",
    "Pounds of the line that no agreement covers",
    stated=total(stated_sum, "fixed_payment_gbp", *LINE_YEAR),
)
def uncovered_gbp(actual_value_gbp: Any, covered_flag: Any, stated: Any) -> Any:
    """What a line without an agreement is worth: its stated sum, or without one its actual activity at unit prices.

    >>> uncovered_gbp(50_000.0, np.array([0, 1]), 0.0).tolist()
    [50000.0, 0.0]
    """
    worth = np.where(above(stated, 0, AMOUNTS), to_pence(stated), actual_value_gbp)
    return np.where(covered_flag > 0, 0, worth)


@service_line.line("flag", "An agreement covers the line", lookup(terms, "agreement_covers_flag"))
def covered_flag() -> Any:
    """1 where an agreement covers the line."""


@service_line.line("GBP", "Check: the parts of the payment make the payment")
def check_payment_gbp(payment_gbp: Any, fixed_gbp: Any, variance_paid_gbp: Any) -> Any:
    """Zero where fixed part and what is paid on the variance are the payment, line by line."""
    return to_pence(payment_gbp - fixed_gbp - variance_paid_gbp)
