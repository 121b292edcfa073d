"""Small numbers and large costs: how far to trust a group's own figure, how likely a gain is chance, and what is pooled above a limit.

The rules are plain functions of columns, so that Z, thresholds, truncation, the pool and the cap can stand in a workbook as
live formulas. A square root is written as a power whose exponent, a half, is an argument. A limit is one rule, which prices the
target and the actual alike. Estimates from data and tables by list size are beside them. Nothing here knows a contract.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from capmodel.algebra.functions import AMOUNTS, above, ratio
from capmodel.algebra.rows import Floats, Positions
from capmodel.errors import BadInput, Problem

#: The exponent of a square root.
HALF = 0.5

# ------------------------------------------------------------------ credibility


def buhlmann_k(process_variance: Any, variance_of_means: Any) -> Any:
    """The persons at which a group's own figure weighs a half: expected process variance over variance of true means (RISK-05).

    >>> buhlmann_k(4_000_000.0, 2500.0)
    1600.0
    """
    return process_variance / variance_of_means


def buhlmann_z(persons: Any, k: Any) -> Any:
    """Bühlmann's credibility of a group, a share from 0 to 1: `n / (n + K)`. Source: standard actuarial formula (RISK-05).

    >>> buhlmann_z(np.array([400.0, 0.0]), 1600.0).tolist()
    [0.2, 0.0]
    """
    return ratio(persons, persons + k, decimals=AMOUNTS)


def full_credibility(deviate: Any, tolerance: Any) -> Any:
    """The number of claims that is wholly trusted: within `tolerance` of the mean with the certainty of `deviate` (RISK-06).

    >>> round(full_credibility(1.645, 0.05), 2)
    1082.41
    """
    return deviate / tolerance * (deviate / tolerance)


def limited_fluctuation_z(number: Any, full: Any, half: Any = HALF) -> Any:
    """Limited-fluctuation credibility, a share from 0 to 1: `min(1, sqrt(n / full))`. Source: standard actuarial formula (RISK-06).

    >>> limited_fluctuation_z(np.array([270.6025, 5000.0]), 1082.41).tolist()
    [0.5, 1.0]
    """
    return np.minimum((number / full) ** half, 1)


def credible(z: Any, own: Any, prior: Any) -> Any:
    """A group's own figure and that of all, weighted by credibility; in the unit of both (RISK-05).

    >>> credible(0.2, 1100.0, 1000.0)
    1020.0
    """
    return z * own + (1 - z) * prior


@dataclass(frozen=True)
class Credibility:
    """Credibility estimated from data: by group persons, own mean, Z and the credible mean, all in the unit of the data.

    `variance_of_means` is zero where groups differ no more than chance would make them; then Z is zero, and `k` infinite.
    """

    process_variance: float
    variance_of_means: float
    k: float
    prior: float
    persons: Floats
    own: Floats
    z: Floats
    estimate: Floats


def estimate_credibility(group: Positions, y: Floats, w: Floats, groups: int) -> Credibility:
    """Bühlmann and Straub's estimate from people: how much people vary within groups, and groups beyond that.

    Args:
        group: the number of each person's group.
        y: annual cost, pounds a person-year.
        w: person-years.
        groups: how many groups there are; one without people has a Z of zero and the mean of all.

    Raises:
        BadInput: fewer than two groups with people, or nobody more than once in any.

    >>> found = estimate_credibility(np.array([0, 0, 1, 1]), np.array([0.0, 200.0, 1000.0, 1200.0]), np.ones(4), 2)
    >>> found.process_variance, found.variance_of_means, found.z.round(4).tolist()
    (20000.0, 490000.0, [0.98, 0.98])
    """
    if not (len(group) == len(y) == len(w)) or not np.isfinite(y).all() or not (np.isfinite(w) & (w > 0)).all():
        raise BadInput([Problem("people", "a cost or a time is missing or cannot be", "variances would be no numbers", "Correct them")])
    time = np.bincount(group, w, groups).astype(float)
    counts = np.bincount(group, minlength=groups)
    here = time > 0
    own = np.divide(np.bincount(group, w * y, groups), time, out=np.zeros(groups), where=here)
    freedom = int((counts[here] - 1).sum())
    if here.sum() < 2 or freedom < 1:
        raise BadInput([Problem("groups", "there are too few, or too few people", "nothing can be compared", "Give more groups or people")])
    all_time = float(time.sum())
    mean = float((time * own).sum() / all_time)
    within = float((w * (y - own[group]) ** 2).sum()) / freedom
    between = float((time[here] * (own[here] - mean) ** 2).sum()) - (int(here.sum()) - 1) * within
    variance = max(between / (all_time - float((time**2).sum()) / all_time), 0.0)
    k = within / variance if variance > 0 else math.inf
    z = np.asarray(buhlmann_z(time, k) if math.isfinite(k) else np.zeros(groups), dtype=float)
    # The groups' means weighted by credibility are the better mean of all where there is any.
    prior = float((z * own).sum() / z.sum()) if z.sum() > 0 else mean
    return Credibility(within, variance, k, prior, time, own, z, np.asarray(credible(z, own, prior)))


# ------------------------------------------------------------------ chance


def minimum_savings_share(persons: Any, variation: Any, deviate: Any, half: Any = HALF) -> Any:
    """The smallest gain, as a share of the target, that is not put down to chance: `z x CV / sqrt(N)`.

    `variation` is the standard deviation of annual cost a head over its mean, after truncation; `deviate` that of the certainty.

    >>> minimum_savings_share(10_000.0, 2.5, 1.6)
    0.04
    """
    return deviate * variation / persons**half


def chance_gain_probability(gain_share: Any, persons: Any, variation: float) -> Any:
    """The probability, from 0 to 1, that chance alone gives a gain of at least this share where nothing has changed.

    By the normal approximation, for a saving as for a loss of the same size. Excel: `1-NORM.S.DIST(x*SQRT(N)/CV,TRUE)`.

    >>> round(float(chance_gain_probability(0.04, 10_000.0, 2.5)), 4)
    0.0548
    """
    far = np.asarray(gain_share, dtype=float) * np.sqrt(np.asarray(persons, dtype=float)) / variation
    tail = np.vectorize(math.erfc, otypes=[float])(far / math.sqrt(2)) / 2
    return tail if tail.ndim else float(tail)


@dataclass(frozen=True)
class Band:
    """What chance does at one list size: standard error, the minimum savings share and the chance of a gain of `gain_share`."""

    persons: float
    standard_error_share: float
    minimum_savings_share: float
    chance_gain_probability: float


def chance_by_list_size(persons: Sequence[float], variation: float, deviate: float = 1.645, gain_share: float = 0.02) -> list[Band]:
    """A table by list size. 1.645 is the one-sided 95% point of the normal distribution; a confidence band is plus and minus it.

    Raises:
        BadInput: a list of nobody, or a variation below zero.

    >>> [round(band.minimum_savings_share, 4) for band in chance_by_list_size([5_000, 50_000, 500_000], 2.5)]
    [0.0582, 0.0184, 0.0058]
    """
    if not variation > 0 or not all(number > 0 for number in persons):
        raise BadInput([Problem("list size", "a list or its variation is not above zero", "chance cannot be sized", "Correct it")])
    return [
        Band(
            float(number),
            float(minimum_savings_share(number, variation, 1.0)),
            float(minimum_savings_share(number, variation, deviate)),
            float(chance_gain_probability(gain_share, number, variation)),
        )
        for number in persons
    ]


def variation_of(y: Floats, w: Floats) -> float:
    """The coefficient of variation of annual cost, weighted by person-years: standard deviation over mean, a pure number.

    >>> round(variation_of(np.array([0.0, 100.0, 200.0, 700.0]), np.ones(4)), 4)
    1.077
    """
    mean = np.average(y, weights=w)
    if not mean > 0:
        raise BadInput([Problem("cost", "its mean is not above zero", "variation has no size", "Check the cost column")])
    return float(np.sqrt(np.average((y - mean) ** 2, weights=w)) / mean)


# ------------------------------------------------------------------ large costs


def truncated_gbp(cost_gbp: Any, limit_gbp: Any) -> Any:
    """A person's cost up to the limit, pounds.

    >>> truncated_gbp(np.array([100.0, 700.0]), 250.0).tolist()
    [100.0, 250.0]
    """
    return np.minimum(cost_gbp, limit_gbp)


def excess_gbp(cost_gbp: Any, limit_gbp: Any) -> Any:
    """A person's cost above the limit, pounds: what goes to the pool, or to whoever stands behind a stop-loss.

    >>> excess_gbp(np.array([100.0, 700.0]), 250.0).tolist()
    [0.0, 450.0]
    """
    return np.maximum(cost_gbp - limit_gbp, 0)


def pooled_gbp(excess: Any, coinsurance_share: Any) -> Any:
    """What a risk pool pays of a person's excess, pounds: its coinsurance share; the rest stays.

    >>> pooled_gbp(450.0, 0.6)
    270.0
    """
    return excess * coinsurance_share


@dataclass(frozen=True)
class StopLoss:
    """One rule of truncation, for the target and for the actual alike.

    `limit_gbp` is a person's for a whole year; with `by_time` somebody there for half a year has half of it. The pool pays
    `coinsurance_share` of what is above; 1 is truncation proper. `excess_to` names who pays the pool: everybody, a head and year
    alike ("pool"), or a party.
    """

    limit_gbp: float
    coinsurance_share: float = 1.0
    by_time: bool = False
    excess_to: str = "pool"


@dataclass(frozen=True)
class Truncated:
    """Costs under a stop-loss, pounds: what each person keeps, the pool, the charge a person-year, and each person's cost after it."""

    kept_gbp: Floats
    pool_gbp: float
    charge_gbp_per_person: float
    after_gbp: Floats


def truncate(rule: StopLoss, cost_gbp: Floats, person_years: Floats | None = None) -> Truncated:
    """Costs truncated by the rule and the pool charged alike a person-year: the total stays what it was (RISK-03, RISK-04).

    Where a party takes the excess there is no charge, and the total falls by the pool.

    Raises:
        BadInput: a limit, a share, a cost or a time that cannot be.

    >>> done = truncate(StopLoss(250.0), np.array([0.0, 100.0, 200.0, 700.0]))
    >>> done.pool_gbp, done.charge_gbp_per_person, float(done.after_gbp.sum())
    (450.0, 112.5, 1000.0)
    """
    time = np.ones(len(cost_gbp)) if person_years is None else np.asarray(person_years, dtype=float)
    problems = []
    if not 0 <= rule.limit_gbp < math.inf or not 0 <= rule.coinsurance_share <= 1:
        problems.append(
            Problem("stop-loss", "its limit is below zero, or its share not from 0 to 1", "no cost can be cut so", "Correct it")
        )
    if len(time) != len(cost_gbp) or not np.isfinite(cost_gbp).all() or not (np.isfinite(time) & (time >= 0)).all():
        problems.append(Problem("stop-loss", "a cost or a time is missing or cannot be", "the pool would be no number", "Correct it"))
    elif len(time) == 0 or not time.sum() > 0:
        problems.append(Problem("stop-loss", "there is nobody", "nobody can be charged", "Give the people"))
    if problems:
        raise BadInput(problems)
    limit = rule.limit_gbp * time if rule.by_time else rule.limit_gbp
    paid = np.asarray(pooled_gbp(excess_gbp(cost_gbp, limit), rule.coinsurance_share))
    kept, pool = cost_gbp - paid, math.fsum(paid)
    charge = pool / math.fsum(time) if rule.excess_to == "pool" else 0.0
    return Truncated(kept, pool, charge, kept + charge * time)


@dataclass(frozen=True)
class Repriced:
    """Target and actual under one rule, pounds. `mixed_variance_gbp` is what an untruncated target would show: never to be paid."""

    target_gbp: float
    actual_gbp: float
    variance_gbp: float
    excess_gbp: float
    excess_to: str
    raw_variance_gbp: float
    mixed_variance_gbp: float


def reprice(
    rule: StopLoss,
    base_cost_gbp: Floats,
    actual_cost_gbp: Floats,
    growth: float,
    base_person_years: Floats | None = None,
    actual_person_years: Floats | None = None,
) -> Repriced:
    """A target built on truncated base-year costs, against truncated actual costs: the same rule on both sides (EDGE-18).

    Args:
        rule: the stop-loss.
        base_cost_gbp: people's cost in the base year.
        actual_cost_gbp: people's cost in the year.
        growth: what the base is multiplied by to give the target, as 1.02.
        base_person_years: their time in the base year; everybody the whole year where left out.
        actual_person_years: their time in the year.

    >>> base, actual = np.array([60e3, 28e3, 6e3, 1e3]), np.array([120e3, 30e3, 5e3, 2e3])
    >>> reported = reprice(StopLoss(50e3, excess_to="commissioner"), base, actual, 1.02)
    >>> round(reported.variance_gbp, 2), reported.excess_gbp
    (-300.0, 70000.0)
    """
    before, now = truncate(rule, base_cost_gbp, base_person_years), truncate(rule, actual_cost_gbp, actual_person_years)
    target, actual = math.fsum(before.kept_gbp) * growth, math.fsum(now.kept_gbp)
    raw_target, raw_actual = math.fsum(base_cost_gbp) * growth, math.fsum(actual_cost_gbp)
    return Repriced(
        target, actual, target - actual, now.pool_gbp, rule.excess_to, raw_target - raw_actual, raw_target - actual
    )  # fmt: skip


# ------------------------------------------------------------------ growth of risk scores


def clipped_ratio(growth_ratio: Any, aggregate_ratio: Any, cap_ratio: Any) -> Any:
    """A type's growth under the American convention: each clipped at the cap, only where the aggregate is above it; falls pass.

    Source: 42 CFR 425.605(a)(1)(ii) as cited by case RISK-07.

    >>> clipped_ratio(np.array([1.10, 0.98]), 1.047, 1.03).tolist(), float(clipped_ratio(1.10, 1.015, 1.03))
    ([1.03, 0.98], 1.1)
    """
    return np.where(above(aggregate_ratio, cap_ratio), np.minimum(growth_ratio, cap_ratio), growth_ratio)


def scaled_ratio(growth_ratio: Any, aggregate_ratio: Any, cap_ratio: Any) -> Any:
    """A type's growth under this project's alternative: all scaled alike, so that the aggregate is the cap (RISK-07).

    >>> round(float(scaled_ratio(1.10, 1.047, 1.03)), 6)
    1.082139
    """
    return growth_ratio * np.minimum(cap_ratio / aggregate_ratio, 1)


@dataclass(frozen=True)
class CappedGrowth:
    """Growth of risk scores by type under a cap: the aggregate before and after, whether the cap binds, and each type's."""

    aggregate: float
    binding: bool
    ratio: Floats
    capped_aggregate: float


CONVENTIONS = {"clip": clipped_ratio, "scale": scaled_ratio}


def cap_growth(share: Floats, growth_ratio: Floats, cap_ratio: float, convention: str) -> CappedGrowth:
    """A cap on the growth of risk scores, tested on the aggregate and then applied by type (RISK-07, RISK-08).

    Args:
        share: the part of each type in the population, adding up to 1.
        growth_ratio: the score of each type over its score in the base year.
        cap_ratio: the cap, as 1.03.
        convention: `clip` (each type at the cap) or `scale` (all alike).

    Raises:
        BadInput: shares that do not add up to 1, or an unknown convention.

    >>> done = cap_growth(np.array([0.05, 0.15, 0.10, 0.70]), np.array([1.10, 1.06, 0.98, 1.05]), 1.03, "clip")
    >>> round(done.aggregate, 6), done.binding, round(done.capped_aggregate, 6)
    (1.047, True, 1.025)
    """
    problems = []
    if abs(math.fsum(share) - 1) > 1e-9 or (share < 0).any():
        problems.append(Problem("share", f"they add up to {math.fsum(share):g}", "they are parts of everybody", "Make them add up to 1"))
    if convention not in CONVENTIONS:
        problems.append(Problem("convention", f"there is no {convention!r}", "there are two", "Use clip or scale"))
    if problems:
        raise BadInput(problems)
    aggregate = math.fsum(share * growth_ratio)
    capped = np.asarray(CONVENTIONS[convention](growth_ratio, aggregate, cap_ratio), dtype=float)
    return CappedGrowth(aggregate, bool(above(aggregate, cap_ratio)), capped, math.fsum(share * capped))
