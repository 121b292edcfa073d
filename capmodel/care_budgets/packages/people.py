"""The people of each package by network, by new and existing cases, and how many of them are in care in each month.

A new case is in its first twelve months of care, in whichever month of the year these began; an existing case has them behind it, and
its months of care are those of the financial year. A new case that starts in October has its seventh month of care in April of the
next year. Of those who leave, a stated part leaves at the end of each month of care; contacts of later months fall away.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from capmodel.algebra.links import lookup, prior, total
from capmodel.algebra.table import Table
from capmodel.care_budgets.packages import SHEET

package_network = Table("package_network", ("package", "network", "case", "year"), "People by network", SHEET)
package_network.input("network_persons", "persons", "People of the network: new cases of the year, existing cases at its beginning")

package_start = Table("package_start", ("package", "case", "month"), "Months in which cases begin", SHEET)
package_start.input("start_share", "share", "Share of the year's cases whose care begins in the month")

package_case = Table("package_case", ("package", "case", "year"), "People by case", SHEET)
package_case.input("earlier_persons", "persons", "New cases of the year before the first of the model")
package_case.input("attrition_share", "share", "Share of cases that leave within twelve months")

package_stay = Table("package_stay", ("package", "case", "care_month", "year"), "Those who have not left, by month of care", SHEET)
package_stay.input("leavers_share", "share", "Of those who leave, share that leaves at the end of the month")

package_cohort = Table(
    "package_cohort", ("package", "case", "care_month", "month", "year"), "People by month of care and month of the year", SHEET, ("start",)
)
package_cohort.input("began_before_flag", "flag", "Their care began in the year before", internal=True)

package_stock = Table("package_stock", ("package", "case", "month", "year"), "People in care by month", SHEET)


@package_case.line("persons", "People", total(package_network, "network_persons", "package", "case", "year"))
def case_persons() -> Any:
    """The people of all networks: new cases of the year, or existing cases at its beginning."""


@package_case.line("persons", "New cases of the year before", before=prior("case_persons", first="earlier_persons"))
def last_year_persons(before: Any) -> Any:
    """Those whose first twelve months of care run into this year; before the first year of the model, as stated."""
    return before


@package_case.line("share", "Check: the months in which cases begin add up", starts=total(package_start, "start_share", "package", "case"))
def check_starts_share(starts: Any) -> Any:
    """Zero where the shares of the months add up to one.

    >>> check_starts_share(1.0)
    0.0
    """
    return starts - 1


@package_case.line(
    "share",
    "Check: the months in which people leave add up",
    leavers=total(package_stay, "leavers_share", "package", "case", "year"),
)
def check_leavers_share(leavers: Any) -> Any:
    """Zero where the shares of the months add up to one."""
    return leavers - 1


@package_stay.line("share", "Left by the end of the month, of those who leave", before=prior("left_so_far_share", along=("care_month",)))
def left_so_far_share(before: Any, leavers_share: Any) -> Any:
    """The leavers of this month of care and those before it.

    >>> left_so_far_share(0.25, 0.5)
    0.75
    """
    return before + leavers_share


@package_stay.line(
    "share",
    "Still in care in the month",
    before=prior("left_so_far_share", along=("care_month",)),
    attrition=lookup(package_case, "attrition_share"),
)
def staying_share(before: Any, attrition: Any) -> Any:
    """The share of cases that has not left before this month of care.

    >>> staying_share(0.5, 0.1)
    0.95
    """
    return 1 - attrition * before


@package_cohort.line(
    "persons",
    "People in care",
    this_year=lookup(package_case, "case_persons"),
    last_year=lookup(package_case, "last_year_persons"),
    starting=lookup(package_start, "start_share", month="start"),
    staying=lookup(package_stay, "staying_share"),
)
def cohort_persons(began_before_flag: Any, this_year: Any, last_year: Any, starting: Any, staying: Any) -> Any:
    """The cases of this year, or of the year before, that began so many months ago and have not left.

    >>> cohort_persons(np.array([0, 1]), 1200.0, 600.0, 0.25, 0.9).tolist()
    [270.0, 135.0]
    """
    return np.where(began_before_flag > 0, last_year, this_year) * starting * staying


@package_stock.line("persons", "People in care", total(package_cohort, "cohort_persons", "package", "case", "month", "year"))
def stock_persons() -> Any:
    """Everybody who is in care in the month, whichever month of care it is."""
