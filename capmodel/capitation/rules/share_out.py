"""Cuts an amount into shares that add up to it exactly: largest remainders, or one named body takes the rest.

Amounts are counted in whole steps (pence, pounds or thousands), so that sums of shares are sums of whole numbers and foot
at every level. A zero weight gets exactly nothing. How weights come about is not decided here.
"""

from __future__ import annotations

import numpy as np

from capmodel.algebra.rows import Floats, Positions
from capmodel.errors import RuleError

#: How far, in steps, an amount may be from a whole number of them before it is refused.
_WHOLE = 1e-4


def share_out(amount: Floats, weight: Floats, group: Positions, step: float, residual: int | None = None) -> Floats:
    """Share the amount of each group among its rows by weight, each a whole number of steps.

    Args:
        amount: GBP (or persons) to share, the same in every row of a group.
        weight: parts, none below zero.
        group: the group of each row, from 0.
        step: what shares are cut to: 0.01 for pence, 1, 1000.
        residual: the row that takes what rounding leaves; None gives it to the largest remainders, first rows first.

    >>> share_out(np.full(3, 100.0), np.array([1.0, 1.0, 1.0]), np.zeros(3, dtype=int), 0.01).tolist()
    [33.34, 33.33, 33.33]
    >>> share_out(np.full(3, 100.0), np.array([1.0, 1.0, 1.0]), np.zeros(3, dtype=int), 0.01, residual=2).tolist()
    [33.33, 33.33, 33.34]

    Raises:
        RuleError: the amount differs within a group or is no whole number of steps, or no weight carries it.
    """
    groups = int(group.max(initial=-1)) + 1
    first = np.zeros(groups, dtype=np.intp)
    first[group[::-1]] = np.arange(len(group) - 1, -1, -1)
    pot = amount[first]
    if (amount != pot[group]).any():
        raise RuleError("share_out: the amount is not the same for everyone who shares it; write total(...) or a constant")
    if (weight < 0).any():
        raise RuleError(f"share_out: row {int(np.argmax(weight < 0)) + 1} has a weight below zero")
    counted = pot * 100 if step == 0.01 else pot / step
    steps = np.rint(counted)
    # A float of a hundred billion pounds is itself only good to some thousandths of a penny.
    off = np.abs(counted - steps) > np.maximum(_WHOLE, np.abs(steps) * 1e-15)
    if off.any():
        odd = float(pot[int(np.argmax(off))])
        raise RuleError(f"share_out: {odd:,.4f} is no whole number of steps of {step:g}; round it first")
    weights = np.bincount(group, weights=weight, minlength=groups)
    if ((weights <= 0) & (steps != 0)).any():
        raise RuleError("share_out: there is an amount to share and no weight to carry it")
    exact = np.abs(steps)[group] * weight / np.where(weights > 0, weights, 1.0)[group]
    if residual is not None:
        given = np.floor(exact + 0.5)
        given[residual] = 0.0
        given[residual] = np.abs(steps)[0] - given.sum()
    else:
        given = np.floor(exact)
        left = np.abs(steps) - np.bincount(group, weights=given, minlength=groups)
        order = np.lexsort((np.arange(len(group)), given - exact, group))
        start = np.searchsorted(group[order], np.arange(groups))
        rank = np.empty(len(group))
        rank[order] = np.arange(len(group)) - start[group[order]]
        given += rank < left[group]
    given = given * np.sign(steps)[group]
    shares: Floats = (given / 100 if step == 0.01 else given * step) + 0.0
    return shares
