"""The loops of `fold`: reading a packed cache in blocks on several threads, adding up by group, and finding values of given ranks.

They are compiled with the package numba, which is imported here only and only when a cache is added up. What they add are
whole numbers; nothing here knows a scheme or a segment.
"""

from __future__ import annotations

import importlib
import importlib.util
import math
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from decimal import Decimal
from functools import cache
from types import SimpleNamespace
from typing import Any, BinaryIO, TypeVar

import numpy as np
import numpy.typing as npt

from capmodel.baseline.persons.packed import Packed
from capmodel.errors import CapmodelError

Array = npt.NDArray[Any]
Work = TypeVar("Work")
#: People of a block: its columns stay in the processor's memory.
BLOCK = 1 << 16
#: Parts, as a power of two, into which an interval is counted when a value is looked for.
PARTS = 13
_LOW = np.int64((1 << 31) - 1)
_HALF = np.int64((1 << 32) - 1)


@cache
def kernels() -> Any:
    """The compiled loops.

    Raises:
        CapmodelError: numba is not installed.
    """
    if importlib.util.find_spec("numba") is None:
        raise CapmodelError(
            "a packed cache is added up with the package numba, which is not installed. Run: pip install 'capmodel[persons]'"
        )
    compiled = importlib.import_module("numba").njit(nogil=True, cache=True)
    return SimpleNamespace(**{loop.__name__.strip("_"): compiled(loop) for loop in (_key, _add, _free, _square, _count, _above, _held)})


def _key(mask: Array, flags: Array, counts: Array, key: Array) -> None:
    """Add to each key what the bits of the mask say, a byte at a time: flags are joined, counts are added."""
    for i in range(mask.shape[0]):
        left = np.uint64(mask[i])
        joined, number = 0, 0
        for part in range(flags.shape[0]):
            byte = left & np.uint64(255)
            joined |= flags[part, byte]
            number += counts[part, byte]
            left >>= np.uint64(8)
        key[i] += joined + number


def _add(group: Array, values: Array, out: Array) -> None:
    """Add values up by group, and count those that are not nought."""
    for i in range(group.shape[0]):
        out[group[i], 0] += values[i]
        out[group[i], 1] += values[i] != 0


def _free(group: Array, spend: Array, activity: Array, out: Array) -> None:
    """Count people by group whose care cost nothing and was recorded all the same."""
    for i in range(group.shape[0]):
        out[group[i], 1] += spend[i] == 0 and activity[i] != 0


def _square(group: Array, total: Array, out: Array) -> None:
    """Count people by group, and add squares up in parts none of which can exceed 64 bits.

    With t = a * 2^31 + b these are the low and the high half of b * b, a * b, and a * a.
    """
    for i in range(group.shape[0]):
        value = np.int64(total[i])
        low, high = value & _LOW, value >> 31
        square = low * low
        out[group[i], 0] += square & _HALF
        out[group[i], 1] += square >> 32
        if high:
            out[group[i], 2] += high * low
            out[group[i], 3] += high * high
        out[group[i], 4] += 1


def _count(group: Array, key: Array, first: Array, base: Array, shift: int, out: Array) -> None:
    """Count keys by the part of an interval they are in; a group's intervals are those from its `first` to the next one's."""
    parts = out.shape[1]
    for i in range(group.shape[0]):
        for j in range(first[group[i]], first[group[i] + 1]):
            part = (key[i] - base[j]) >> shift
            if part >= 0 and part < parts:
                out[j, part] += 1


def _above(segment: Array, place: Array, total: Array, point: Array, out: Array) -> None:
    """Count people above the point of their segment, and add up by how much."""
    for i in range(segment.shape[0]):
        over = total[i] - point[segment[i]]
        if over > 0:
            out[segment[i], place[i], 0] += over
            out[segment[i], place[i], 1] += 1


def _held(segment: Array, held: Array, months: Array, total: Array, out: Array) -> None:
    """People, months and pence by segment of those of whom something holds."""
    for i in range(segment.shape[0]):
        if held[i]:
            out[segment[i], 0] += 1
            out[segment[i], 1] += months[i]
            out[segment[i], 2] += total[i]


class Reader:
    """The files of one year, read in blocks by one thread into buffers of its own."""

    def __init__(self, packed: Packed, year: int) -> None:
        self.packed, self.year = packed, year
        self.opened: dict[str, BinaryIO] = {}
        self.buffers: dict[str, Array] = {}

    def read(self, name: str, block: slice) -> Array:
        """A block of a column. It is overwritten by the next one."""
        count = block.stop - block.start
        if name not in self.opened:
            self.opened[name] = self.packed.path(name, self.year).open("rb", buffering=0)
            self.buffers[name] = np.empty(BLOCK, dtype=self.packed.kinds[name])
        buffer, opened = self.buffers[name][:count], self.opened[name]
        opened.seek(block.start * buffer.itemsize)
        if opened.readinto(buffer.view(np.uint8).data) != buffer.nbytes:  # type: ignore[attr-defined]
            raise damaged(self.packed)
        return buffer

    def close(self) -> None:
        """Close the files."""
        for opened in self.opened.values():
            opened.close()


def damaged(packed: Packed) -> CapmodelError:
    """What is raised of a cache that does not hold what was put into it."""
    return CapmodelError(f"{packed.folder}: the packed cache is damaged. Remove the folder and run from the extract again")


def scan(packed: Packed, year: int, threads: int, start: Callable[[], Work], step: Callable[[Work, Reader, slice], None]) -> list[Work]:
    """Read a year in blocks on several threads, and give back what each of them made."""
    rows = packed.rows[year]
    blocks = iter([slice(at, min(at + BLOCK, rows)) for at in range(0, rows, BLOCK)])

    def work(_: int) -> Work:
        made, reader = start(), Reader(packed, year)
        try:
            for block in blocks:
                step(made, reader, block)
        finally:
            reader.close()
        return made

    with ThreadPoolExecutor(threads) as pool:
        return list(pool.map(work, range(threads)))


class Selection:
    """Finds the values of given ranks in each group, by counting and narrowing the intervals they are in.

    A key is a double's own bits, in the order of the doubles, so that intervals are narrow where values are small.
    """

    def __init__(self, groups: int, low: int, high: int) -> None:
        self.groups = groups
        self.first = np.arange(groups + 1)
        self.base = np.full(groups, low, dtype=np.int64)
        self.shift = max(0, (high - low).bit_length() - PARTS)
        self.wanted: list[tuple[Any, int, int, int]] = []  # name, group, interval, rank within it

    def counts(self) -> Array:
        """Where to count."""
        return np.zeros((len(self.base), 1 << PARTS), dtype=np.int64)

    def narrow(self, counts: Array) -> None:
        """Go from each interval to the part of it that holds the rank."""
        upto = counts.cumsum(axis=1)
        found = []
        for name, group, interval, rank in self.wanted:
            part = int(np.searchsorted(upto[interval], rank, side="right"))
            before = int(upto[interval, part - 1]) if part else 0
            found.append((name, group, int(self.base[interval]) + (part << self.shift), rank - before))
        starts = sorted({(group, start) for _, group, start, _ in found})
        number = {key: i for i, key in enumerate(starts)}
        self.wanted = [(name, group, number[group, start], rank) for name, group, start, rank in found]
        self.base = np.array([start for _, start in starts], dtype=np.int64)
        self.first = np.searchsorted([group for group, _ in starts], np.arange(self.groups + 1))
        self.width, self.shift = self.shift, max(0, self.shift - PARTS)

    def found(self, whole: bool) -> dict[tuple[Any, int], float] | None:
        """The value of each name and group; None while an interval still holds several values, or several whole numbers."""
        low, high = _values(self.base), _values(self.base + (np.int64(1) << self.width) - 1)
        if whole:
            low, high = np.ceil(low), np.floor(high)
        if (low != high).any():
            return None
        return {(name, group): float(low[interval]) for name, group, interval, _ in self.wanted}


def bits_of(values: Array) -> Array:
    """Doubles as whole numbers in the same order."""
    bits: Array = np.ascontiguousarray(values, dtype=np.float64).view(np.int64)
    return np.where(bits < 0, bits ^ np.int64(0x7FFFFFFFFFFFFFFF), bits)


def _values(bits: Array) -> Array:
    return np.where(bits < 0, bits ^ np.int64(0x7FFFFFFFFFFFFFFF), bits).view(np.float64)


def rank(share: float, count: int) -> int:
    """The place, from nought, of the smallest of `count` values with at least that share at or below it.

    >>> rank(0.99, 100), rank(0.99, 101), rank(0.5, 1)
    (98, 99, 0)
    """
    return max(1, math.ceil(Decimal(f"{share:g}") * count)) - 1
