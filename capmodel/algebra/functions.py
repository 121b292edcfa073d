"""Helpers whose meaning is pinned, so that Python and a spreadsheet give the same figure.

Rules may call these beside operators and `np.where/minimum/maximum/clip/absolute/sqrt`: to round to the penny, to compare, to divide.
Each works on arrays, on the placeholder `Cell` and, where the result is affine, on `Linear`. Nothing here knows a table.
"""

from __future__ import annotations

from collections.abc import Sequence
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

import numpy as np
from numpy.typing import NDArray

from capmodel.algebra.cell import Cell, record
from capmodel.algebra.rows import Floats

#: The decimals that figures are compared to. Pounds, people and pounds a person: noise stays below this up to hundreds of billions.
AMOUNTS = 4
#: Pure numbers: shares, indices, flags and counts.
SHARES = 12

_PENNY, _SIXTH = Decimal("0.01"), Decimal("0.000001")
#: From this part of a penny on, six decimals make half a penny, which is rounded up.
_HALF = 0.49995
#: Above this many pounds the fifteenth significant digit is no longer a fraction of a penny.
_LARGE = 1e12
#: And above this there are no pennies left to round.
_WHOLE = 1e15
#: How near to half of the fifteenth digit the digits of a float no longer say on which side a figure is.
_DOUBTFUL = 0.2


def to_pence(amount: Any) -> Any:
    """Round to the penny as a spreadsheet's ROUND(ROUND(x, 6), 2) does: half away from zero, on 15 significant digits.

    Used at payment lines only. Binary floats just below a half penny, such as 2.675, still round up, as in Excel. Six decimals come
    first, because programs add long sums in different ways: a half penny that one of them makes 0.00499999999 is a half penny.

    >>> to_pence(np.array([2.675, -2.675, 1.005, 0.125])).tolist()
    [2.68, -2.68, 1.01, 0.13]
    """
    if isinstance(amount, Cell):
        return record("to_pence", amount)
    if not isinstance(amount, (int, float, np.ndarray, np.generic)):
        raise TypeError(f"to_pence rounds numbers, not {type(amount).__name__}")
    values = np.atleast_1d(np.asarray(amount, dtype=float))
    pence = values * 100
    rounded = np.rint(pence)
    largest = max(float(rounded.max(initial=0)), -float(rounded.min(initial=0)))
    if not largest < _LARGE * 100:
        rounded = _slowly(values)
    else:
        # Only near a half penny can the decimal rule differ from the nearest whole number; settle those by themselves.
        np.subtract(pence, rounded, out=pence)
        np.absolute(pence, out=pence)
        near = pence >= _HALF - max(largest, 1) * 2e-14
        rounded /= 100
        if np.count_nonzero(near):
            rounded[near] = _slowly(values[near])
    # Adding zero turns minus zero into zero.
    rounded += 0.0
    if not isinstance(amount, np.ndarray):
        return float(rounded[0])
    return rounded if rounded.shape == amount.shape else rounded.reshape(amount.shape)


def pence_between(so_far: Any, before: Any) -> Any:
    """What a line gets of an amount that is cut along a running total: what is due down to it less what was due before it, each to the penny.

    The lines add up to the amount whatever they are, a loss mirrors a gain, and a line that is due nothing gets exactly nothing.

    >>> pence_between(np.array([50.005, 50.005, 100.01]), np.array([0.0, 50.005, 50.005])).tolist()
    [50.01, 0.0, 50.0]
    """
    return to_pence(to_pence(so_far) - to_pence(before))


def _slowly(values: Floats) -> Floats:
    """The same rule, for figures that may stand at a half penny or are far out."""
    size = np.abs(values)
    pence = size * 100
    whole = np.floor(pence)
    rounded = np.where(pence - whole >= _HALF, whole + 1, whole) / 100
    doubtful = np.abs(pence - whole - _HALF) <= np.maximum(pence, 1) * 1e-14
    large = (size >= _LARGE) & np.isfinite(size)
    if large.any():
        rounded[large], doubtful[large] = _on_fifteen_digits(size[large])
    doubtful &= np.isfinite(values)
    if doubtful.any():
        rounded[doubtful] = [_exact(value) for value in size[doubtful].tolist()]
    return np.asarray(np.copysign(rounded, values))


def _on_fifteen_digits(size: Floats) -> tuple[Floats, NDArray[np.bool_]]:
    """Figures that have no more than fifteen significant digits before the penny, rounded to those, and where the last is doubtful."""
    power = np.floor(np.log10(size))
    digits = power - (size < 10.0**power) - 14  # the unit of the fifteenth digit, as a power of ten
    up, down = 10.0 ** np.maximum(-digits, 0), 10.0 ** np.maximum(digits, 0)
    units = size * up / down
    return np.rint(units) * down / up, np.abs(units - np.floor(units) - 0.5) <= _DOUBTFUL


def _exact(size: float) -> float:
    decimal = Decimal(format(size, ".15g"))
    return float(decimal.quantize(_SIXTH, ROUND_HALF_UP).quantize(_PENNY, ROUND_HALF_UP) if size < _WHOLE else decimal)


def at_least(left: Any, right: Any, decimals: Any = SHARES) -> Any:
    """Whether one figure is at least another, their difference rounded as a spreadsheet does: ROUND(left - right, 12) >= 0.

    Programs that add in different ways differ in the last bits of a figure; rounded, a figure that is exactly on a cliff falls the
    same way in all of them. Pure numbers are compared to 12 decimals, pounds and people to 4 (`AMOUNTS`).

    >>> score = (60.0 / 100 + 70.0 / 100 + 80.0 / 100) / 3
    >>> score >= 0.70, bool(at_least(score, 0.70)), bool(at_least(0.6999999, 0.70))
    (False, True, False)
    """
    return _compared("at_least", left, right, decimals)


def above(left: Any, right: Any, decimals: Any = SHARES) -> Any:
    """Whether one figure is above another, by more than noise; see `at_least`.

    >>> bool(above(0.1 + 0.2, 0.3)), bool(above(100.01, 100.0, AMOUNTS))
    (False, True)
    """
    return _compared("above", left, right, decimals)


def at_most(left: Any, right: Any, decimals: Any = SHARES) -> Any:
    """Whether one figure is at most another; see `at_least`.

    >>> bool(at_most(0.1 + 0.2, 0.3))
    True
    """
    return _compared("at_most", left, right, decimals)


def below(left: Any, right: Any, decimals: Any = SHARES) -> Any:
    """Whether one figure is below another, by more than noise; see `at_least`.

    >>> bool(below(99.99, 100.0, AMOUNTS)), bool(below(0.3, 0.1 + 0.2))
    (True, False)
    """
    return _compared("below", left, right, decimals)


#: Half a unit of the last decimal, with its sign: what a difference must pass for its rounded figure to be where it is wanted.
_COMPARE: dict[str, tuple[Any, int]] = {
    "above": (np.greater_equal, 1),
    "at_least": (np.greater, -1),
    "below": (np.less_equal, -1),
    "at_most": (np.less, 1),
}


def _compared(name: str, left: Any, right: Any, decimals: Any) -> Any:
    if isinstance(left, Cell) or isinstance(right, Cell):
        return record(name, left, right, Cell(str(decimals)))
    compare, sign = _COMPARE[name]
    is_zero = right == 0 if isinstance(right, (int, float)) else np.size(right) == 1 and not np.any(right)
    difference = left if is_zero else left - right
    return compare(difference, sign * 0.5 * 10.0**-decimals)


def ratio(top: Any, bottom: Any, otherwise: Any = 0, decimals: Any = SHARES) -> Any:
    """`top / bottom`, or `otherwise` where bottom is zero but for noise; never a division by zero. Decimals are those of `at_least`.

    >>> ratio(np.array([6.0, 5.0]), np.array([3.0, 0.1 + 0.2 - 0.3])).tolist()
    [2.0, 0.0]
    """
    divides = above(np.absolute(bottom), 0, decimals)
    if any(isinstance(value, Cell) for value in (top, bottom, otherwise)):
        return np.where(divides, top / bottom, otherwise)
    return np.where(divides, top / np.where(divides, bottom, 1), otherwise)


def slice_between(amount: Any, lower: Any, upper: Any) -> Any:
    """The part of an amount that lies between two edges: the marginal slice of a band.

    >>> slice_between(np.array([2.0, 5.0, 9.0]), 3.0, 6.0).tolist()
    [0.0, 2.0, 3.0]
    """
    return np.maximum(np.minimum(amount, upper) - lower, 0)


def add_up(values: Sequence[float]) -> float:
    """Add one after the other, as a spreadsheet does; Python's own sum corrects itself from 3.12 on, and differs.

    >>> add_up([0.1, 0.2, 0.3])
    0.6000000000000001
    """
    total = 0.0
    for value in values:
        total += value
    return total
