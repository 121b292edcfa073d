"""The payoff of a contract: each party's position at every variance, worked out by the settlement's own rules.

One year is moved at a time; the other years stay as they are, so that what a contract carries from year to year is in it. What a
variance adds to the central case, or takes from it, falls on the parties that hold it by their parts of the target. Where the
threshold begins or ceases to be met is found to the penny, so that a cliff is drawn as one.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from capmodel.algebra.functions import to_pence
from capmodel.algebra.rows import Floats, Node
from capmodel.algebra.stream import Stream, plan
from capmodel.uncertainty.payoff import OWN, POSITION, SHARE, VARIANCE

if TYPE_CHECKING:
    from capmodel.place.result import Result

TARGET: Node = ("pool", "pool_target_gbp")
MET: Node = ("pool", "threshold_met_flag")
OWN_TARGET: Node = ("settlement", "own_target_gbp")
#: How far the diagram reaches, as a share of the target, and in how many steps.
REACH, STEPS = 0.10, 41
CENTRAL, EDGE, BEND, STEP = "Central case", "Edge of the threshold", "Bend", "Step"
#: A bend is looked for between steps; gaps this narrow, in pounds, have no slope to speak of.
NARROW_GBP, SAME_SLOPE = 100.0, 1e-6
#: How near two figures of fifteen digits can come, as a part of their size.
FEWEST_DIGITS = 2e-14


@dataclass(frozen=True)
class GridPoint:
    """One variance of the diagram and every party's position at it."""

    what: str
    variance_gbp: float
    share_of_target: float
    positions: tuple[float, ...]


@dataclass(frozen=True)
class Curve:
    """The payoff of one year, from the largest loss to the largest gain; without grid points where nothing is in scope."""

    year: int
    points: tuple[GridPoint, ...]


@dataclass(frozen=True)
class _Payoff:
    """The rules, ready to be run at any variance of any year."""

    stream: Stream
    variance: Floats  # by year
    target: Floats
    own: Floats  # parties x years
    weight: Floats  # each party's part of the target: parties x years

    @staticmethod
    def of(result: Result) -> _Payoff:
        values = result.values
        variance, target = values.figure(VARIANCE), values.figure(TARGET)
        shape = (-1, len(variance))
        own, own_target = values.figure(OWN).reshape(shape), values.figure(OWN_TARGET).reshape(shape)
        weight = np.divide(own_target, target, out=np.zeros(own.shape), where=np.broadcast_to(target > 0, own.shape))
        return _Payoff(plan(result.chain.tables, values, [VARIANCE, OWN], [POSITION, SHARE, MET]), variance, target, own, weight)

    def at(self, years: Sequence[int], variances: Floats) -> tuple[Floats, Floats, Floats]:
        """Positions and shares by party, and whether the threshold is met, for a variance of a year in each row."""
        draws = np.arange(len(years))
        moved = np.tile(self.variance, (len(years), 1))
        moved[draws, years] = variances
        own = self.own + self.weight * (moved - self.variance)[:, None, :]
        found = self.stream.run({VARIANCE: moved, OWN: own.reshape(len(years), -1)})
        positions, shares = (found[node].reshape(own.shape)[draws, :, years] for node in (POSITION, SHARE))
        return positions, shares, found[MET][draws, years]


def payoff_curves(result: Result) -> tuple[Curve, ...]:
    """Each party's position by variance, for every year of the contract."""
    payoff = _Payoff.of(result)
    shares = np.linspace(-REACH, REACH, STEPS)
    steps = [to_pence(shares * target) + 0.0 if target > 0 else np.zeros(0) for target in payoff.target]
    edges = _edges(payoff, steps)
    curves = []
    for t, year in enumerate(result.place.pack.years):
        what = {float(v): STEP for v in steps[t]} | {float(v): EDGE for v in edges[t]}
        if what:
            at = np.array(sorted(what))
            bends = _bends(at, payoff.at([t] * len(at), at)[1])
            what = {v: BEND for v in bends} | what | {float(payoff.variance[t]): CENTRAL}
        at = np.array(sorted(what))
        positions = payoff.at([t] * len(at), at)[0] if what else np.zeros((0, 0))
        points = [
            GridPoint(what[v], v, v / float(payoff.target[t]), tuple((to_pence(own) + 0.0).tolist()))
            for v, own in zip(at.tolist(), positions, strict=True)
        ]
        curves.append(Curve(year, tuple(points)))
    return tuple(curves)


def _edges(payoff: _Payoff, steps: Sequence[Floats]) -> list[list[float]]:
    """The two variances, a penny apart, between which the threshold begins or ceases to be met; by year.

    Figures near a thousand billion pounds and more have no pennies; there the two are as close as their digits allow.
    """
    years = [t for t, own in enumerate(steps) for _ in own]
    if not years:
        return [[] for _ in steps]
    variances = np.concatenate(steps)
    _, _, met = payoff.at(years, variances)
    found = [i for i in range(len(years) - 1) if years[i] == years[i + 1] and met[i] != met[i + 1]]
    low, high, at = variances[found], variances[[i + 1 for i in found]], [years[i] for i in found]
    while found and (high - low > np.maximum(0.015, FEWEST_DIGITS * np.maximum(np.abs(low), np.abs(high)))).any():
        middle = to_pence((low + high) / 2)
        _, _, there = payoff.at(at, middle)
        as_low = there == met[found]
        low, high = np.where(as_low, middle, low), np.where(as_low, high, middle)
    edges: list[list[float]] = [[] for _ in steps]
    for t, a, b in zip(at, low.tolist(), high.tolist(), strict=True):
        edges[t] += [a, b]
    return edges


def _bends(at: Floats, shares: Floats) -> list[float]:
    """Where two steps have a bend of some party's share between them: the lines on either side of the gap meet there."""
    gaps = np.diff(at)
    slopes = np.diff(shares, axis=0) / gaps[:, None]
    found: set[float] = set()
    for i in range(1, len(gaps) - 1):
        if gaps[i - 1 : i + 2].min() < NARROW_GBP:
            continue
        before, after = slopes[i - 1], slopes[i + 1]
        turning = np.abs(before - after) > SAME_SLOPE
        rise = shares[i + 1] - shares[i] + before * at[i] - after * at[i + 1]
        meet = rise[turning] / (before - after)[turning]
        inside = (meet > at[i] + NARROW_GBP) & (meet < at[i + 1] - NARROW_GBP)
        found |= {float(v) for v in to_pence(meet[inside])}
    apart = sorted(found)
    return [v for i, v in enumerate(apart) if not i or v - apart[i - 1] > NARROW_GBP]
