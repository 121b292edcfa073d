"""What is known of lines of service: plan and actual activity, unit prices, market forces factors, stated sums, and values of past years.

Each table of the place has a table here, with a row for each of its rows, so that a line without one of them reads zero. How a line is
paid from them is in `payment`.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from capmodel.algebra.functions import ratio
from capmodel.algebra.links import assumption, lookup, total
from capmodel.algebra.table import Table
from capmodel.contracts.agreements import AGREEMENT, LINE_YEAR, PAST_YEAR, POINT, SERVICE_LINE, SHEET

service_line = Table("service_line", LINE_YEAR, "Lines of service: from plan to payment", SHEET, beside=(AGREEMENT,))
service_line.input("plan_activity_number", "number", "Plan activity")

price = Table("guide_price", ("setting", POINT, "year"), "Unit prices", SHEET)
price.input("unit_price_gbp", "GBP", "Unit price")

factor = Table("market_forces", ("provider", "year"), "Market forces factors", SHEET)
factor.input("market_forces_index", "index", "Market forces factor")

stated_sum = Table("fixed_payment", LINE_YEAR, "Fixed payments that are stated", SHEET)
stated_sum.input("fixed_payment_gbp", "GBP", "Fixed payment, as stated")

criteria = Table("criteria_met", LINE_YEAR, "Criteria of best practice that are met", SHEET)
criteria.input("criteria_met_share", "share", "Part of the units for which every criterion is met")

recorded = Table("recorded_activity", LINE_YEAR, "Actual activity that is given", SHEET)
recorded.input("actual_activity_number", "number", "Actual activity, as given")

moved = Table("activity_move", ("setting", POINT, "year"), "Activity against plan by point of delivery", SHEET)
moved.input("delivery_variance_share", "share", "Activity against plan at this point of delivery, beyond the place's")

expected = Table("expected_activity", LINE_YEAR, "Activity of lines without actual activity", SHEET)

past = Table("past_value", (*SERVICE_LINE, PAST_YEAR), "Values of past years", SHEET)
past.input("past_value_gbp", "GBP", "Value of the past year")

counted = Table("past_value_counted", (*SERVICE_LINE, PAST_YEAR, "year"), "Past years in the mean", SHEET)
counted.input("past_counted_flag", "flag", "The past year counts in the mean of this year", internal=True)

mean = Table("low_volume_line", LINE_YEAR, "Mean of three past years, by line", SHEET, beside=(AGREEMENT,))

TABLES = (price, factor, stated_sum, criteria, recorded, moved, expected, past, counted, mean)


@expected.line(
    "number",
    "Activity expected",
    plan=lookup(service_line, "plan_activity_number"),
    of_place=assumption("activity_variance_share"),
    own=total(moved, "delivery_variance_share", "setting", POINT, "year"),
)
def expected_number(plan: Any, of_place: Any, own: Any) -> Any:
    """The plan, moved by what is assumed of activity against plan; never below zero. Scenarios and draws move it.

    >>> expected_number(1000.0, 0.03, -0.01).item()
    1020.0
    """
    return np.maximum(plan * (1 + of_place + own), 0)


@counted.line("GBP", "Value in the mean", value=lookup(past, "past_value_gbp"))
def past_counted_gbp(value: Any, past_counted_flag: Any) -> Any:
    """The value of the past year, where it is one of the three that count."""
    return value * past_counted_flag


@mean.line(
    "GBP",
    "Mean value of three past years",
    values=total(counted, "past_counted_gbp", *LINE_YEAR),
    years=total(counted, "past_counted_flag", *LINE_YEAR),
)
def mean_value_gbp(values: Any, years: Any) -> Any:
    """The rolling mean: the three latest past years before the year. Source: NHS Payment Scheme 2025/26, low-volume block.

    >>> round(mean_value_gbp(1_000_000.0, 3.0).item(), 2)
    333333.33
    """
    return ratio(values, years)
