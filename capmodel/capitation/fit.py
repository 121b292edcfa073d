"""How well predicted cost fits actual cost: over everybody, and group by group, on people who were held out of the fit.

Every measure is weighted by person-years, with the cost of part of a year made annual. One figure for everybody hides under-payment
of the costliest, so that predictive ratios by decile, segment, age, deprivation and the top 1% stand beside it. A fit too good to be
true is looked into by `leakage`. Nothing here fits a model.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from capmodel.algebra.rows import Floats, Positions
from capmodel.errors import BadInput, Problem

TOP_SHARE = 0.01
#: The group of people whose figures are disclosable only together.
APART = "small segments, together"


def _sum(values: Floats) -> float:
    return float(np.sum(values))


def mean(y: Floats, w: Floats) -> float:
    """The average of y, in its own unit, weighted by person-years.

    >>> mean(np.array([0.0, 400.0]), np.array([1.0, 3.0]))
    300.0
    """
    return _sum(w * y) / _sum(w)


def r2(y: Floats, p: Floats, w: Floats) -> float:
    """The share of the variance of annual cost that is predicted, weighted by person-years; a pure number, zero at the mean.

    `1 - sum w (y - p)^2 / sum w (y - ybar)^2`. Source: the usual definition in evaluations of risk adjustment.

    >>> r2(np.array([0.0, 100.0, 500.0]), np.array([100.0, 100.0, 400.0]), np.ones(3))
    0.8571428571428572
    """
    return 1 - _sum(w * (y - p) ** 2) / _spread(_sum(w * (y - mean(y, w)) ** 2))


def cpm(y: Floats, p: Floats, w: Floats) -> float:
    """Cumming's prediction measure: the share of the absolute deviation that is predicted; less swayed by outliers than R2.

    `1 - sum w |y - p| / sum w |y - ybar|`, a pure number. Source: the usual definition in evaluations of risk adjustment.

    >>> cpm(np.array([0.0, 100.0, 500.0]), np.array([100.0, 100.0, 400.0]), np.ones(3))
    0.6666666666666667
    """
    return 1 - _sum(w * np.abs(y - p)) / _spread(_sum(w * np.abs(y - mean(y, w))))


def mae(y: Floats, p: Floats, w: Floats) -> float:
    """The mean absolute error, in the unit of y (pounds a person-year).

    >>> round(mae(np.array([0.0, 100.0, 500.0]), np.array([100.0, 100.0, 400.0]), np.ones(3)), 4)
    66.6667
    """
    return mean(np.abs(y - p), w)


def _spread(value: float) -> float:
    if not value > 0:
        raise BadInput([Problem("fit", "everybody costs the same", "there is nothing to predict", "Check the cost column")])
    return value


@dataclass(frozen=True)
class GroupFit:
    """Predicted over actual cost of a group: 1 is fair, below 1 under-pays. None where the group cost nothing."""

    people: int
    person_years: float
    actual_gbp: float
    predicted_gbp: float
    predictive_ratio: float | None


@dataclass(frozen=True)
class Fit:
    """How well predictions fit, on people held out where `held_out` is true. Money is pounds, averages are a person-year."""

    people: int
    person_years: float
    held_out: bool
    r2: float
    cpm: float
    mae_gbp: float
    actual_mean_gbp: float
    predicted_mean_gbp: float
    groups: Mapping[str, Mapping[str, GroupFit]] = field(default_factory=dict)

    @property
    def worse_than_average(self) -> bool:
        """Whether paying everybody the average would come nearer to what people cost: R2 is below zero.

        >>> [Fit(9, 9.0, True, r2, 0.1, 50.0, 900.0, 900.0).worse_than_average for r2 in (-0.001, 0.0, 0.001)]
        [True, False, False]
        """
        return self.r2 < 0


def predictive_ratios(y: Floats, p: Floats, w: Floats, group: NDArray[Any]) -> dict[str, GroupFit]:
    """Predicted over actual cost by any grouping: `sum_G w p / sum_G w y`. Source: the usual definition in evaluations of risk adjustment.

    >>> found = predictive_ratios(np.array([100.0, 300.0]), np.array([200.0, 150.0]), np.ones(2), np.array(["a", "b"]))
    >>> {name: of.predictive_ratio for name, of in found.items()}
    {'a': 2.0, 'b': 0.5}
    """
    codes, names = pd.factorize(group, sort=True)
    if (codes < 0).any():
        raise BadInput([Problem("groups", "somebody is in no group", "ratios would leave them out", "Give everybody a group")])
    people = np.bincount(codes, minlength=len(names)).tolist()
    time, actual, predicted = (np.bincount(codes, w * values, len(names)).tolist() for values in (np.ones_like(w), y, p))
    return {
        str(name): GroupFit(people[i], time[i], actual[i], predicted[i], predicted[i] / actual[i] if actual[i] > 0 else None)
        for i, name in enumerate(names)
    }


def deciles(value: Floats, w: Floats, parts: int = 10) -> Positions:
    """The tenth, from 1, of each person by a value, so that tenths hold the same time; whoever is equal is together.

    >>> deciles(np.array([5.0, 1.0, 9.0, 3.0]), np.ones(4), parts=2).tolist()
    [2, 1, 2, 1]
    """
    order = np.argsort(value, kind="stable")
    known, first = np.unique(value[order], return_index=True)
    before = np.concatenate([[0.0], np.cumsum(w[order])])
    start, end = before[first], np.append(before[first[1:]], before[-1])
    part = np.minimum(np.floor((start + end) / 2 / before[-1] * parts).astype(np.intp), parts - 1) + 1
    found: Positions = part[np.searchsorted(known, value)]
    return found


def top(value: Floats, w: Floats, share: float = TOP_SHARE) -> NDArray[np.bool_]:
    """Who is among the highest by a value, up to a share of all time; at least one person.

    >>> top(np.arange(200.0), np.ones(200)).sum()
    np.int64(2)
    """
    order = np.argsort(-value, kind="stable")
    far = np.cumsum(w[order]) <= share * _sum(w) * (1 + 1e-12)
    chosen = np.zeros(len(value), dtype=bool)
    chosen[order[: max(1, int(far.sum()))]] = True
    return chosen


def measure(
    y: Floats,
    p: Floats,
    w: Floats,
    by: Mapping[str, NDArray[Any]] | None = None,
    held_out: bool = True,
    apart: NDArray[np.bool_] | None = None,
) -> Fit:
    """Every measure of a fit.

    Args:
        y: actual cost made annual, pounds a person-year.
        p: predicted cost, the same.
        w: person-years.
        by: groupings beside the deciles of prediction and the top 1% of cost and of prediction, which are always there: segment, age
            band, deprivation.
        held_out: whether these people were kept out of the fit.
        apart: who is in a group of their own in every grouping, so that no difference of groups discloses them.

    Raises:
        BadInput: nobody, a figure that is no number, or time that is not above zero.
    """
    problems = []
    if not (len(y) == len(p) == len(w) > 0):
        problems.append(Problem("fit", f"{len(y)} costs, {len(p)} predictions, {len(w)} times", "each person has one", "Give them all"))
    elif not (np.isfinite(y).all() and np.isfinite(p).all()):
        problems.append(Problem("fit", "a cost or a prediction is no number", "it would spoil every figure", "Correct it, or drop it"))
    elif not (np.isfinite(w).all() and (w > 0).all()):
        problems.append(Problem("fit", "somebody's time is not above zero", "annual cost cannot be worked out", "Leave them out"))
    if problems:
        raise BadInput(problems)
    own = np.ones(len(y), dtype=bool) if apart is None else ~apart
    groups: dict[str, NDArray[Any]] = {}
    if own.any():
        groups = {
            "decile_of_prediction": np.array([f"{n:02d}" for n in range(11)])[deciles(p[own], w[own])],
            "top_1pct_of_cost": np.where(top(y[own], w[own]), "top 1%", "the rest"),
            "top_1pct_of_prediction": np.where(top(p[own], w[own]), "top 1%", "the rest"),
            **{name: group[own] for name, group in (by or {}).items()},
        }
    ratios = {name: predictive_ratios(y, p, w, _with_apart(group, own)) for name, group in groups.items()}
    return Fit(len(y), _sum(w), held_out, r2(y, p, w), cpm(y, p, w), mae(y, p, w), mean(y, w), mean(p, w), ratios)


def _with_apart(group: NDArray[Any], own: NDArray[np.bool_]) -> NDArray[Any]:
    """The group of everybody: of those who are in one as given, of the others `APART`."""
    if own.all():
        return group
    found = np.full(len(own), APART, dtype=object)
    found[own] = group
    return found


# ------------------------------------------------------------------ who is held out


def held_out(person: NDArray[Any], seed: int, share: float = 0.2) -> NDArray[np.bool_]:
    """Who is kept for testing, by a hash of the person and a seed: the same person always, in every year and in any order.

    Args:
        person: numbers or texts that tell people apart.
        seed: another seed keeps others.
        share: how many of a hundred, as a share.

    >>> ids = np.array(["P1", "P2", "P1", "P3", "P2"])
    >>> test = held_out(ids, seed=1, share=0.5)
    >>> bool(test[0] == test[2] and test[1] == test[4])
    True
    """
    given = np.asarray(person)
    values = given if given.dtype.kind in "iu" else given.astype(str).astype(object)
    key = pd.util.hash_array(values, categorize=False).astype(np.uint64)
    with np.errstate(over="ignore"):
        # The finish of splitmix64, so that seeds that are near give splits that are not.
        key = key + np.uint64(seed % (1 << 64)) * np.uint64(0x9E3779B97F4A7C15)
        key = (key ^ (key >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
        key = (key ^ (key >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
        key = key ^ (key >> np.uint64(31))
    chosen: NDArray[np.bool_] = (key >> np.uint64(11)).astype(float) * 2.0**-53 < share
    return chosen
