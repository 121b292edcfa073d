"""Mean, expected shortfall and their blend of what a plan is worth in weighted cases.

Expected shortfall at a level is the mean of the worst cases, of weight 1 less the level together; a case on the edge counts with its
part. At level 0 it is the mean, at level 1 the worst case. Source: Rockafellar and Uryasev, Optimization of conditional
value-at-risk, Journal of Risk 2 (2000); Acerbi and Tasche 2002. Draws of positions are measured in `uncertainty.measures`.
"""

from __future__ import annotations

import numpy as np

from capmodel.algebra.rows import Floats


def mean(values: Floats, weights: Floats) -> Floats:
    """The mean by weights; cases on the last axis.

    >>> float(mean(np.array([100.0, -20.0]), np.array([0.75, 0.25])))
    70.0
    """
    return np.asarray(values @ weights)[()]


def expected_shortfall(values: Floats, weights: Floats, level: float) -> Floats:
    """The mean of the worst cases, of weight 1 less the level together; cases on the last axis.

    >>> weights = np.array([0.5, 0.3, 0.2])
    >>> [round(float(expected_shortfall(np.array([10.0, 4.0, -5.0]), weights, level)), 6) for level in (0.0, 0.5, 0.9, 1.0)]
    [5.2, 0.4, -5.0, -5.0]
    """
    if level >= 1:
        return np.asarray(values[..., weights > 0].min(axis=-1))[()]
    order = np.argsort(values, axis=-1, kind="stable")
    ranked, weight = np.take_along_axis(values, order, axis=-1), weights[order]
    tail = 1 - level
    counted = np.clip(tail - (np.cumsum(weight, axis=-1) - weight), 0, weight)
    return np.asarray((ranked * counted).sum(axis=-1) / counted.sum(axis=-1))[()]


def blend(mean_gbp: Floats, shortfall_gbp: Floats, weight: float) -> Floats:
    """`mean x (1 - w) + expected shortfall x w`.

    >>> blend(100.0, 20.0, 0.25)
    80.0
    """
    return mean_gbp * (1 - weight) + shortfall_gbp * weight


def protected(value: Floats, losses: Floats, failures: int) -> Floats:
    """A value less the largest losses, so many of them; losses on the last axis, and only those above zero.

    Source: Bertsimas and Sim, The price of robustness, Operations Research 52 (2004).

    >>> float(protected(100.0, np.array([30.0, 5.0, 20.0, -4.0]), 2))
    50.0
    """
    worst = np.sort(np.maximum(losses, 0), axis=-1)[..., ::-1][..., :failures]
    return np.asarray(value - worst.sum(axis=-1))[()]
