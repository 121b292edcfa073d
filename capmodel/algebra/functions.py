"""Helpers whose meaning is pinned, so that Python and a spreadsheet give the same figure.

Rules may call these beside operators and `np.where/minimum/maximum/clip/absolute`. Each works on arrays, on the stand-in
`Cell` and, where the result is affine, on `Linear`. Nothing here knows a table.
"""

from __future__ import annotations

from collections.abc import Sequence
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

import numpy as np

from capmodel.algebra.cell import Cell, record
from capmodel.algebra.rows import Floats

_PENNY = Decimal("0.01")
#: Above this many pounds the fifteenth significant digit is no longer a fraction of a penny.
_LARGE = 1e12
#: And above this there are no pennies left to round.
_WHOLE = 1e15


def to_pence(amount: Any) -> Any:
    """Round to the penny as a spreadsheet's ROUND(x, 2) does: half away from zero, on 15 significant digits.

    Used at payment lines only. Binary floats just below a half penny, such as 2.675, still round up, as in Excel.

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
        near = pence >= 0.5 - max(largest, 1) * 2e-14
        rounded /= 100
        if near.any():
            rounded[near] = _slowly(values[near])
    # Adding nought turns minus nought into nought.
    rounded += 0.0
    return rounded.reshape(amount.shape) if isinstance(amount, np.ndarray) else float(rounded[0])


def _slowly(values: Floats) -> Floats:
    """The same rule, for figures that may stand at a half penny or are far out."""
    size = np.abs(values)
    pence = size * 100
    whole = np.floor(pence)
    rounded = np.where(pence - whole >= 0.5, whole + 1, whole) / 100
    doubtful = (np.abs(pence - whole - 0.5) <= np.maximum(pence, 1) * 1e-14) | (size >= _LARGE)
    doubtful &= np.isfinite(values)
    if doubtful.any():
        rounded = np.array(rounded)
        rounded[doubtful] = [_exact(value) for value in size[doubtful].tolist()]
    return np.asarray(np.copysign(rounded, values))


def _exact(size: float) -> float:
    decimal = Decimal(format(size, ".15g"))
    return float(decimal.quantize(_PENNY, ROUND_HALF_UP) if size < _WHOLE else decimal)


def ratio(top: Any, bottom: Any, otherwise: Any = 0) -> Any:
    """`top / bottom`, or `otherwise` where bottom is nought; never a division by zero.

    >>> ratio(np.array([6.0, 5.0]), np.array([3.0, 0.0])).tolist()
    [2.0, 0.0]
    """
    if any(isinstance(value, Cell) for value in (top, bottom, otherwise)):
        return np.where(np.absolute(bottom) > 0, top / bottom, otherwise)
    divides = np.absolute(bottom) > 0
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
