"""How much of an option is delivered in each year: as stated by year, or from a start month with a monthly ramp and decay.

By month an option starts in a month of its first year, gains an equal part of its full effect in each month of the ramp, and loses a part of what
is left in each month after it. What a year has of it is the mean of its months, by a formula for the sum and without a table of months.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from capmodel.algebra.functions import ratio
from capmodel.algebra.links import lookup, prior
from capmodel.algebra.table import Table
from capmodel.reinvestment.evidence import SHEET

stated_delivery = Table("stated_delivery", ("option", "year"), "Delivery of the options that state it by year", SHEET)
stated_delivery.input("delivery_share", "share", "Part of the full effect delivered in the year")

monthly = Table("monthly", ("option",), "Options that start in a month", SHEET)
monthly.input("first_month_number", "number", "Month of the first year in which it starts, 1 to 12")
monthly.input("ramp_months_number", "number", "Months until it is delivered in full, each an equal step")
monthly.input("monthly_decay_share", "share", "Part of what is left that is lost in each month after the ramp")
monthly.input("monthly_running_gbp", "GBP", "Running cost of a month, from the first")

monthly_delivery = Table("monthly_delivery", ("option", "year"), "Options by month, added up to years", SHEET)

TABLES = (stated_delivery, monthly, monthly_delivery)


@monthly_delivery.line("number", "Months open before the first year", first_month=lookup(monthly, "first_month_number"))
def opening_number(first_month: Any) -> Any:
    """A minus is what the first year lacks: an option that starts in month 4 is open for 9 months of it, 12 less 3.

    >>> opening_number(4.0)
    -3.0
    """
    return 1 - first_month


@monthly_delivery.line("number", "Months open by the end of the year", before=prior("open_number", first="opening_number"))
def open_number(before: Any) -> Any:
    """Months since the option started."""
    return before + 12


@monthly_delivery.line(
    "number",
    "Full months delivered by the end of the year",
    ramp=lookup(monthly, "ramp_months_number"),
    decay=lookup(monthly, "monthly_decay_share"),
)
def delivered_number(open_number: Any, ramp: Any, decay: Any) -> Any:
    """The sum of what is delivered in every month so far: 1/ramp, 2/ramp ... 1 in the ramp, then 1 less the decay, and so on.

    >>> float(delivered_number(9.0, 3.0, 0.0)), round(float(delivered_number(3.0, 1.0, 0.1)), 2)
    (8.0, 2.71)
    """
    in_ramp = np.minimum(open_number, ramp)
    after = open_number - in_ramp
    return in_ramp * (in_ramp + 1) / (ramp + ramp) + ratio((1 - decay) * (1 - (1 - decay) ** after), decay, after)


@monthly_delivery.line("share", "Part of the full effect delivered in the year, by month", before=prior("delivered_number"))
def month_delivery_share(delivered_number: Any, before: Any) -> Any:
    """The mean of the twelve months of the year.

    >>> round(month_delivery_share(8.0, 0.0), 4)
    0.6667
    """
    return (delivered_number - before) / 12


@monthly_delivery.line(
    "GBP", "Running cost of the months of the year", a_month=lookup(monthly, "monthly_running_gbp"), before=prior("open_number")
)
def month_running_gbp(open_number: Any, before: Any, a_month: Any) -> Any:
    """The running cost of a month for each month that the option is open in the year.

    >>> month_running_gbp(9.0, 0.0, 1000.0)
    9000.0
    """
    return (open_number - before) * a_month
