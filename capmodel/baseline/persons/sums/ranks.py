"""Exact percentiles of amounts too many to be sorted: counted first in narrow parts, then only the parts that hold a rank are looked at.

The parts follow the bits of a double, so that they are narrow where amounts are small, and a part is some 0.4 per cent wide.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from decimal import Decimal
from typing import Any

import numpy as np
import numpy.typing as npt

Array = npt.NDArray[Any]
#: Parts of a pool, as a power of two.
PARTS = 13
#: Amounts have fewer bits than this, so that a part's number can stand above them.
BITS = 43
_ONE = np.float64(1).view(np.int64)


def rank(share: float, count: int) -> int:
    """The position, from zero, of the smallest of `count` values with at least that share at or below it.

    >>> rank(0.99, 100), rank(0.99, 101), rank(0.5, 1)
    (98, 99, 0)
    """
    return max(1, math.ceil(Decimal(f"{share:g}") * count)) - 1


def percentiles(blocks: Sequence[tuple[Array, Array]], pool_of: Array, shares: Sequence[float]) -> dict[int, tuple[int, list[int]]]:
    """How many amounts there are in each pool, and its percentiles.

    Args:
        blocks: the group of each amount and the amount, whole and from zero up.
        pool_of: the pool of each group.
        shares: which percentiles; each is the smallest amount with at least that share at or below it.
    """
    pools = int(pool_of.max()) + 1
    most = np.float64(max(int(amounts.max()) for _, amounts in blocks) + 1)
    shift = max(0, int(most.view(np.int64) - _ONE).bit_length() - PARTS)
    first = (pool_of.astype(np.int64) << PARTS) - (_ONE >> shift)

    def parts(group: Array, amounts: Array) -> Array:
        # One more than each amount, since the doubles next to zero are countless.
        found: Array = (amounts + 1.0).view(np.int64)
        found >>= shift
        found += first[group]
        return found

    counts = np.zeros(pools << PARTS, dtype=np.int64)
    for block in blocks:
        np.add.at(counts, parts(*block), 1)
    upto = counts.reshape(pools, -1).cumsum(axis=1)
    wanted = []
    for pool in np.flatnonzero(upto[:, -1]).tolist():
        for share in shares:
            position = rank(share, int(upto[pool, -1]))
            part = int(np.searchsorted(upto[pool], position, side="right"))
            wanted.append((pool, (pool << PARTS) + part, position - (int(upto[pool, part - 1]) if part else 0)))
    slots = np.unique([part for _, part, _ in wanted])
    amounts, before = _within(blocks, parts, slots, len(counts))
    found: dict[int, tuple[int, list[int]]] = {}
    for pool, part, position in wanted:
        slot = int(np.searchsorted(slots, part))
        start = int(np.searchsorted(amounts, slot << BITS))
        at = int(np.searchsorted(before, int(before[start]) + position, side="right")) - 1
        found.setdefault(pool, (int(upto[pool, -1]), []))[1].append(int(amounts[at]) - (slot << BITS))
    return found


def _within(blocks: Sequence[tuple[Array, Array]], parts: Any, slots: Array, size: int) -> tuple[Array, Array]:
    """The different amounts of some parts in order, each with the number of its part above it, and how many come before each."""
    slot_of = np.full(size, -1, dtype=np.int64)
    slot_of[slots] = np.arange(len(slots))
    keys, times = [], []
    for group, amounts in blocks:
        slot = slot_of[parts(group, amounts)]
        inside = slot >= 0
        # Amounts that many share are kept once.
        key, count = np.unique((slot[inside] << BITS) + amounts[inside], return_counts=True)
        keys.append(key)
        times.append(count)
    every, number = np.concatenate(keys), np.concatenate(times)
    order = np.argsort(every)
    upto = number[order].cumsum()
    return every[order], upto - number[order]
