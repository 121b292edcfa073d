"""Payback, break-even and peak funding of a cash flow by year; pounds of the year itself, not discounted.

What is released and paid comes from the rules of `appraise`, and when it has paid back from those of `plan_cash`. Cash is taken to
fall evenly within a year.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from capmodel.reinvestment import plan_cash

MONTHS = 12


@dataclass(frozen=True)
class Cash:
    """When a cash flow is at its lowest and when it has paid back.

    Attributes:
        peak_gbp: the largest cumulative cash outflow, in pounds; 0 where the cumulative cash is never below zero.
        peak_year: the first year at whose end it is reached; None where it is 0.
        payback_year: the year from whose end the cumulative cash is not below zero in any later year; None where there is none.
        break_even_month: the month in which that is reached, counted from the start of the first year; 0 where no cash goes out first.
    """

    peak_gbp: float
    peak_year: int | None
    payback_year: int | None
    break_even_month: int | None


def cash_of(flows: Sequence[float], years: Sequence[int]) -> Cash:
    """Payback, break-even and peak funding of a flow; minus is cash paid out.

    A later cost may bring the cumulative cash below zero again: what counts is the last time it comes back.

    >>> cash_of([-1000, 300, 400, 500], [2026, 2027, 2028, 2029])
    Cash(peak_gbp=1000.0, peak_year=2026, payback_year=2029, break_even_month=44)
    >>> cash_of([-100, 120, -50, 40], [2026, 2027, 2028, 2029])
    Cash(peak_gbp=100.0, peak_year=2026, payback_year=2029, break_even_month=45)
    >>> cash_of([-100, 20], [2026, 2027])
    Cash(peak_gbp=100.0, peak_year=2026, payback_year=None, break_even_month=None)
    """
    rules = plan_cash.plan_cash.lines
    opening = peak = back = 0.0
    peak_year = None
    for t, flow in enumerate(flows):
        closing = float(rules["closing_gbp"].rule(opening, flow))
        if -closing > peak:
            peak_year = years[t]
        peak = float(rules["peak_gbp"].rule(peak, closing))
        coming = rules["coming_back_months_number"].rule(opening, closing, float(MONTHS * t))
        back = float(rules["break_even_months_number"].rule(opening, closing, coming, back))
        opening = closing
    if opening < 0:
        return Cash(peak, peak_year, None, None)
    month = math.ceil(round(back, 9))
    return Cash(peak, peak_year, years[max(month - 1, 0) // MONTHS], month)
