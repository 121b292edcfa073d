"""Moves between segments within a year, in two readings that a contract may choose: fixed at 1 April, or month by month.

Fixed, a person is paid for all year at the price of the segment of 1 April, and the provider carries the moves. Month by month, a
person is paid for at the price of each month's segment, and the commissioner carries them. Which it is moves money (case CAP-06),
so that both are worked out and the difference is shown. Prices and segments come from elsewhere.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from capmodel.algebra.rows import Floats, Positions
from capmodel.errors import BadInput, Problem

MONTHS = 12


def capitated_gbp(price_gbp_per_person: Any, person_months: Any) -> Any:
    """Pounds for person-months at an annual price; a twelfth a month (CAP-06).

    >>> capitated_gbp(600.0, 6) + capitated_gbp(4800.0, 6)
    2700.0
    """
    return price_gbp_per_person * person_months / 12


@dataclass(frozen=True)
class Moves:
    """People's segment in each month of the year, April first: a row a person, -1 where they are not there."""

    segments: tuple[str, ...]
    segment_of_month: Positions


@dataclass(frozen=True)
class Readings:
    """Person-months and pounds by segment under both readings, and what choosing month by month adds for the payer."""

    segments: tuple[str, ...]
    fixed_person_months: Floats
    monthly_person_months: Floats
    fixed_gbp: Floats
    monthly_gbp: Floats

    @property
    def difference_gbp(self) -> float:
        """What is paid month by month less what is paid at segments fixed at 1 April."""
        return math.fsum(self.monthly_gbp) - math.fsum(self.fixed_gbp)


def moved(first: str, *changes: tuple[int, str], leaves_after: int = MONTHS) -> list[str | None]:
    """The segment of one person in each month: that of April, and changes by the month, from 1, in which they begin.

    >>> moved("low", (7, "high"))[5:7]
    ['low', 'high']
    """
    problems = [
        Problem(f"month {month}", "the year has 12 months", "the change would be lost", "Count months from 1 in April")
        for month in (*(month for month, _ in changes), leaves_after)
        if not 1 <= month <= MONTHS
    ]
    if [month for month, _ in changes] != sorted({month for month, _ in changes}):
        problems.append(Problem("changes", "they are not in order, or two are in a month", "one would win", "Give one a month, in order"))
    if problems:
        raise BadInput(problems)
    months: list[str | None] = [first] * MONTHS
    for month, segment in changes:
        months[month - 1 :] = [segment] * (MONTHS - month + 1)
    return [segment if month < leaves_after else None for month, segment in enumerate(months)]


def moves_of(segments: tuple[str, ...], months: list[list[str | None]]) -> Moves:
    """Moves from lists of segments by month, as `moved` gives them.

    >>> moves_of(("low", "high"), [moved("low", (7, "high"))]).segment_of_month[0, 5:7].tolist()
    [0, 1]
    """
    at: dict[str | None, int] = {name: i for i, name in enumerate(segments)} | {None: -1}
    strange = dict.fromkeys(name for person in months for name in person if name not in at)
    if strange or any(len(person) != MONTHS for person in months):
        raise BadInput(
            [Problem("moves", f"unknown segments ({', '.join(map(str, strange))}) or not 12 months", "moves are by month", "Correct them")]
        )
    return Moves(segments, np.array([[at[name] for name in person] for person in months], dtype=np.intp).reshape(-1, MONTHS))


def readings(moves: Moves, price_gbp_per_person: Mapping[str, float]) -> Readings:
    """Both readings of a year's moves.

    Fixed, somebody who joins later in the year has the segment of their first month; whoever leaves is paid for until then.

    Raises:
        BadInput: a segment without a price, a price below zero, or a month with an unknown segment.

    >>> reported = readings(moves_of(("low", "high"), [moved("low", (7, "high"))]), {"low": 600.0, "high": 4800.0})
    >>> float(reported.fixed_gbp.sum()), float(reported.monthly_gbp.sum()), reported.difference_gbp
    (600.0, 2700.0, 2100.0)
    """
    problems = []
    for name in moves.segments:
        price = price_gbp_per_person.get(name)
        if price is None or not 0 <= price < math.inf:
            problems.append(Problem(f"segment {name}", f"its price is {price}", "each segment has one, zero or more", "Give its price"))
    at: NDArray[np.intp] = moves.segment_of_month
    if at.ndim != 2 or at.shape[1] != MONTHS or (at < -1).any() or (at >= len(moves.segments)).any():
        problems.append(Problem("moves", "a month has no known segment", "its price is unknown", "Use moves_of"))
    if problems:
        raise BadInput(problems)
    here, count = at >= 0, len(moves.segments)
    monthly = np.bincount(at[here], minlength=count).astype(float)
    stays = here.any(axis=1)
    first = at[np.arange(len(at)), here.argmax(axis=1)][stays]
    fixed = np.bincount(first, here.sum(axis=1)[stays], count).astype(float)
    prices = np.array([price_gbp_per_person[name] for name in moves.segments], dtype=float)
    return Readings(moves.segments, fixed, monthly, np.asarray(capitated_gbp(prices, fixed)), np.asarray(capitated_gbp(prices, monthly)))
