"""The months of a financial year, from April to March, and the working days in each."""

from __future__ import annotations

import calendar
import datetime as dt
from collections.abc import Collection

#: What each month is called, by its id, in the order of the financial year.
MONTHS = {
    "apr": "April",
    "may": "May",
    "jun": "June",
    "jul": "July",
    "aug": "August",
    "sep": "September",
    "oct": "October",
    "nov": "November",
    "dec": "December",
    "jan": "January",
    "feb": "February",
    "mar": "March",
}
#: The working days of a week, Monday to Friday.
_WORKING = range(5)


def first_day(year: int, month: str) -> dt.date:
    """The first day of a month of a financial year.

    >>> first_day(2026, "apr"), first_day(2026, "mar")
    (datetime.date(2026, 4, 1), datetime.date(2027, 3, 1))
    """
    place = list(MONTHS).index(month)
    return dt.date(year + (place >= 9), (place + 3) % 12 + 1, 1)


def working_days(year: int, month: str, holidays: Collection[dt.date] = ()) -> int:
    """Days from Monday to Friday in a month of a financial year that are no holidays.

    >>> working_days(2026, "apr"), working_days(2026, "apr", [dt.date(2026, 4, 3), dt.date(2026, 4, 6)])
    (22, 20)
    """
    first = first_day(year, month)
    days = calendar.monthrange(first.year, first.month)[1]
    dates = (first + dt.timedelta(days=day) for day in range(days))
    return sum(day.weekday() in _WORKING and day not in holidays for day in dates)
