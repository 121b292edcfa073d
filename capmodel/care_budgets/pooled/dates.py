"""Months as an agreement dates its entries: `2025-09` is September of the financial year that starts in April 2025."""

from __future__ import annotations

import re

from capmodel.care_budgets.months.calendar import MONTHS

_MONTH = re.compile(r"(\d{4})-(0[1-9]|1[0-2])")
_BEFORE_APRIL = 3


def month_of(text: str) -> tuple[int, str] | None:
    """The financial year and the month of it that a date such as 2025-09 is in; None where it is no month.

    >>> month_of("2025-09"), month_of("2026-01"), month_of("2025-13")
    ((2025, 'sep'), (2025, 'jan'), None)
    """
    match = _MONTH.fullmatch(text.strip())
    if match is None:
        return None
    year, month = int(match[1]), int(match[2])
    # The month before April is the last of the year that started in the April before.
    return year - (month <= _BEFORE_APRIL), list(MONTHS)[month - 1 - _BEFORE_APRIL]
