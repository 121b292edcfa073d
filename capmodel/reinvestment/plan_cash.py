"""The cash of a plan year by year: what it releases less what it costs, its peak funding, and when it has paid back.

Pounds are those of the year itself, not discounted, and fall evenly within a year. The tests of a single option use the same rules.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from capmodel.algebra.functions import AMOUNTS, at_least, below, ratio, to_pence
from capmodel.algebra.links import lookup, prior
from capmodel.algebra.rows import Rows
from capmodel.algebra.table import Table
from capmodel.assumptions.pack import Pack
from capmodel.reinvestment.plan_totals import plan
from capmodel.reinvestment.planning import SHEET

plan_cash = Table("plan_cash", ("year",), "Cash of the plan", SHEET)

TABLES = (plan_cash,)


@plan_cash.line("GBP", "Cash of the year", released=lookup(plan, "plan_released_gbp"), cost=lookup(plan, "plan_cost_gbp"))
def cash_gbp(released: Any, cost: Any) -> Any:
    """Cost released by the plan less its cost.

    >>> cash_gbp(210.0, 260.0)
    -50.0
    """
    return released - cost


@plan_cash.line("GBP", "Cumulative cash at the start of the year", prior("closing_gbp"))
def opening_gbp() -> Any:
    """The cash of all years before."""


@plan_cash.line("GBP", "Cumulative cash at the end of the year")
def closing_gbp(opening_gbp: Any, cash_gbp: Any) -> Any:
    """The cash up to the end of the year; below zero the plan has cost more than it has released.

    >>> float(closing_gbp(-50.0, 160.0))
    110.0
    """
    return to_pence(opening_gbp + cash_gbp)


@plan_cash.line("GBP", "Peak funding up to the end of the year", before=prior("peak_gbp"))
def peak_gbp(before: Any, closing_gbp: Any) -> Any:
    """The largest cumulative cash outflow at the end of any year so far; zero where there is none.

    >>> float(peak_gbp(50.0, 110.0))
    50.0
    """
    return np.maximum(before, -closing_gbp)


@plan_cash.line("number", "Months before the year", prior("months_after_number"))
def months_before_number() -> Any:
    """Months of the model years before this one."""


@plan_cash.line("number", "Months up to the end of the year")
def months_after_number(months_before_number: Any) -> Any:
    """Each year has twelve months, counted from the first."""
    return months_before_number + 12


@plan_cash.line("number", "Months until cash below zero at the start comes back to zero")
def coming_back_months_number(opening_gbp: Any, closing_gbp: Any, months_before_number: Any) -> Any:
    """Months from the start, at the pace of the year; it counts where the cumulative cash comes back within the year.

    >>> float(coming_back_months_number(-50.0, 110.0, 12.0))
    15.75
    """
    return months_before_number + 12 * ratio(-opening_gbp, closing_gbp - opening_gbp, decimals=AMOUNTS)


@plan_cash.line("number", "Months until it paid back, the last time so far", before=prior("break_even_months_number"))
def break_even_months_number(opening_gbp: Any, closing_gbp: Any, coming_back_months_number: Any, before: Any) -> Any:
    """Months from the start until the cumulative cash came back to zero. A later cost may bring it below zero again, and the last time counts.

    >>> float(break_even_months_number(-50.0, 110.0, 15.75, 0.0))
    15.75
    """
    comes_back = np.where(at_least(closing_gbp, 0, AMOUNTS), coming_back_months_number, before)
    return np.where(below(opening_gbp, 0, AMOUNTS), comes_back, before)


def rows(pack: Pack) -> dict[str, Rows]:
    """The rows of these tables."""
    return {"plan_cash": Rows({}, pack.years)}
