"""Adds a packed cache up by a scheme, to the same figures as the data engine gives from the extract.

The cache is read in blocks on several threads, so that little of it is in memory at a time. Schemes are evaluated by
`Scheme.assign` alone: once for every combination of what it can tell apart, where these are few, and for each block of people
otherwise. Money is whole pence throughout; percentiles are found by counting, exactly. The loops over people are in
`fold_loops`.
"""

from __future__ import annotations

import math
import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd

from capmodel.baseline.persons.aggregate import SHOWN, Aggregates, gathered
from capmodel.baseline.persons.checks import check_scheme
from capmodel.baseline.persons.fold_loops import Array, Reader, Selection, Work, bits_of, damaged, kernels, rank, scan
from capmodel.baseline.persons.packed import Packed
from capmodel.baseline.persons.scheme import Attributes, Cuts, Scheme
from capmodel.errors import BadInput, Problem

#: Combinations up to 2 to this power are evaluated once; beyond it every person is.
TABLE_BITS = 20


class _Classes:
    """Which segment and supplements people of a year are in, by what is known of them."""

    def __init__(self, packed: Packed, scheme: Scheme, cuts: Cuts, year: int) -> None:
        self.packed, self.scheme, self.cuts = packed, scheme, cuts
        self.bit = packed.columns.bit
        # One year for all of them: numpy stretches it.
        self.year = np.array([year])
        self.no_deprivation = np.where(np.arange(256) == 0, np.nan, np.arange(256)).astype(np.float32)
        # No sex is a text that no scheme asks for.
        self.sexes = np.array(["\uffff" if sex is None else sex for sex in packed.sexes])
        self.asked = [item.when for item in (*scheme.segments, *scheme.supplements)]
        self.fields, self.flags, self.counts, stands_for, bits = self._fields()
        self.segment: Array | None = None
        self.supplements: list[Array] = []
        if "score" not in scheme.columns and bits <= TABLE_BITS:
            self._fill(stands_for, bits)

    def _fields(self) -> tuple[dict[str, tuple[int, int]], Array, Array, list[tuple[int, int, list[int]]], int]:
        """Where in a key each thing stands that the scheme can tell apart.

        Conditions that are asked about in the same breath everywhere are one: whether any of them is there, or how many where
        they are counted.
        """
        alike: dict[tuple[Any, ...], list[str]] = {}
        for name in self.bit:
            kinds = [[name in when.any, name in when.none, name in when.counted] for when in self.asked]
            alone = name if any(name in when.all for when in self.asked) else None
            if alone or any(map(any, kinds)):
                alike.setdefault((str(kinds), alone), []).append(name)
        counted = {name for when in self.asked for name in when.counted}
        parts = np.dtype(self.packed.kinds["mask"]).itemsize
        flags, counts = np.zeros((parts, 256), dtype=np.int64), np.zeros((parts, 256), dtype=np.int64)
        at, stands_for = 0, []
        for names in alike.values():
            most = len(names) if names[0] in counted else 1
            stands_for.append((at, most.bit_length(), [1 << self.bit[name] for name in names]))
            for name in names:
                part, bit = divmod(self.bit[name], 8)
                has = (np.arange(256) >> bit) & 1
                if most > 1:
                    counts[part] += has << at
                else:
                    flags[part] |= has << at
            at += most.bit_length()
        fields = {}
        for name, most in (("age", 127), ("deprivation", 15), ("sex", max(len(self.sexes) - 1, 1))):
            if name in self.scheme.columns:
                fields[name] = (at, most)
                at += most.bit_length()
        return fields, flags, counts, stands_for, at

    def _fill(self, stands_for: Sequence[tuple[int, int, list[int]]], bits: int) -> None:
        """Evaluate every combination once, each by somebody who stands for it."""
        keys = np.arange(1 << bits)
        mask = np.zeros(len(keys), dtype=self.packed.kinds["mask"])
        for at, width, members in stands_for:
            number = (keys >> at) & ((1 << width) - 1)
            for i, member in enumerate(members):
                mask |= np.where(number > i, mask.dtype.type(member), mask.dtype.type(0))
        attribute = {name: (keys >> at) & ((1 << most.bit_length()) - 1) for name, (at, most) in self.fields.items()}
        nought = np.zeros(len(keys), dtype=np.uint8)
        sex = np.minimum(attribute.get("sex", nought), len(self.sexes) - 1)
        age, decile = (attribute.get(name, nought) for name in ("age", "deprivation"))
        people = self._people(age, decile, sex, nought, mask)
        self.segment = self.scheme.assign(people, self.bit, self.cuts)
        self.supplements = [supplement.when.holds(people, self.bit, self.cuts) for supplement in self.scheme.supplements]

    def _people(self, age: Array, deprivation: Array, sex: Array, score: Array, mask: Array) -> Attributes:
        asked = self.scheme.columns
        decile = self.no_deprivation[deprivation] if "deprivation" in asked else deprivation
        return Attributes(age, decile, self.sexes[sex] if "sex" in asked else sex, score, self.year, mask)

    def of(self, reader: Reader, block: slice) -> tuple[Array, list[Array]]:
        """The segment of each person of a block, and whether each supplement holds."""
        mask = reader.read("mask", block)
        if self.segment is not None:
            key = np.zeros(len(mask), dtype=np.int64)
            kernels().key(mask, self.flags, self.counts, key)
            for name, (at, _) in self.fields.items():
                key += reader.read(name, block).astype(np.int64) << at
            if key.max() >= len(self.segment):
                raise damaged(self.packed)
            return self.segment[key], [held[key] for held in self.supplements]
        age, decile, sex = (reader.read(name, block) for name in ("age", "deprivation", "sex"))
        score = reader.read("score", block) if "score" in self.packed.kinds else mask
        people = self._people(age, decile, sex, score, mask)
        return (
            self.scheme.assign(people, self.bit, self.cuts),
            [supplement.when.holds(people, self.bit, self.cuts) for supplement in self.scheme.supplements],
        )


class _Sums:
    """What one thread has added up in a year: by segment and place, by segment and supplement, and by part of an interval."""

    def __init__(self, packed: Packed, scheme: Scheme, selection: Selection) -> None:
        groups = len(scheme.segments) * len(packed.places)
        self.columns = {name: np.zeros((groups, 2), dtype=np.int64) for name in _added(packed)}
        self.squares = np.zeros((groups, 5), dtype=np.int64)
        self.supplements = np.zeros((len(scheme.supplements), len(scheme.segments), 3), dtype=np.int64)
        self.counts = selection.counts()

    def join(self, other: _Sums) -> None:
        """Take in what another thread has added up."""
        for name, sums in other.columns.items():
            self.columns[name] += sums
        self.squares += other.squares
        self.supplements += other.supplements
        self.counts += other.counts


def _joined(made: Sequence[Array]) -> Array:
    """What threads have added up, in one."""
    return np.asarray(np.sum(made, axis=0, dtype=np.int64))


def _added(packed: Packed) -> list[str]:
    return ["months", "total", *(name for name in packed.kinds if name[1:].isdecimal())]


def aggregate_packed(packed: Packed, scheme: Scheme, truncation_share: float, threads: int | None = None) -> Aggregates:
    """Add a packed cache up by a scheme: the same frames as `aggregate` gives from the extract.

    Args:
        packed: an open cache.
        scheme: which segment a person is in.
        truncation_share: the percentile of spend a person, within year and segment, at which spend is cut for comparison.
        threads: how many threads read and add up (default: all cores).

    Raises:
        BadInput: the scheme asks about what the column map does not have.
        CapmodelError: numba is not installed, or the cache does not give what was put into it.
    """
    kernels()
    problems: list[Problem] = []
    # The extract passed the checks for another scheme; this one may ask for more.
    check_scheme(packed.columns, scheme, problems)
    if problems:
        raise BadInput(problems)
    threads = threads or os.cpu_count() or 1
    rows: list[tuple[Any, ...]] = []
    spread: dict[tuple[int, int], tuple[int, int, Mapping[float, int]]] = {}
    supplements = []
    sums = dict.fromkeys(_added(packed), 0)
    for year in packed.rows:
        made = _Year(packed, scheme, year, threads)
        spread |= made.spread(truncation_share)
        rows += made.rows({segment: point for (of, segment), (_, point, _) in spread.items() if of == year})
        supplements += made.supplements()
        for name, column in made.sums.columns.items():
            sums[name] += int(column[:, 0].sum())
    if any(sums[name] != packed.sums[name] for name in sums):
        raise damaged(packed)
    order = [supplement.id for supplement in scheme.supplements]
    supplements.sort(key=lambda row: order.index(row[1]))
    names = ["year", "supplement", "segment", "people", "person_months", "cost_pence"]
    return gathered(scheme, packed.routes, rows, spread, pd.DataFrame(supplements, columns=names))


class _Year:
    """One year of a cache, added up."""

    def __init__(self, packed: Packed, scheme: Scheme, year: int, threads: int) -> None:
        self.packed, self.scheme, self.year, self.threads = packed, scheme, year, threads
        # One more than everybody's total, since the doubles next to nought are countless.
        self.selection = Selection(len(scheme.segments), *bits_of(np.array([1, packed.limits["total"] + 1])).tolist())
        self.classes = _Classes(packed, scheme, self._cuts(), year)
        #: Held from pass to pass: one byte a person.
        self.segment = np.empty(packed.rows[year], dtype=np.uint8)
        self.sums, *others = self._scan(lambda: _Sums(packed, scheme, self.selection), self._add)
        for other in others:
            self.sums.join(other)

    def _scan(self, start: Callable[[], Work], step: Callable[[Work, Reader, slice], None]) -> list[Work]:
        return scan(self.packed, self.year, self.threads, start, step)

    def _cuts(self) -> Cuts:
        shares = sorted(set(self.scheme.top_shares))
        if not shares:
            return {}
        if "low" not in self.packed.limits:
            # Nobody has a score, so nobody is at the top.
            return {(share, self.year): math.inf for share in shares}
        limits = bits_of(np.array([self.packed.limits["low"], self.packed.limits["high"]]))
        selection = Selection(1, *limits.tolist())

        def step(counts: Array, reader: Reader, block: slice) -> None:
            score = reader.read("score", block)
            key = bits_of(score[~np.isnan(score)])
            kernels().count(np.zeros(len(key), dtype=np.uint8), key, selection.first, selection.base, selection.shift, counts)

        counts = _joined(self._scan(selection.counts, step))
        people = int(counts.sum())
        if not people:
            return {(share, self.year): math.inf for share in shares}
        selection.wanted = [(share, 0, 0, rank(1 - share, people)) for share in shares]
        found = self._narrowed(selection, counts, step, False)
        return {(share, self.year): value for (share, _), value in found.items()}

    def _narrowed(
        self, selection: Selection, counts: Array, step: Callable[[Array, Reader, slice], None], whole: bool
    ) -> dict[tuple[Any, int], float]:
        selection.narrow(counts)
        while (found := selection.found(whole)) is None:
            selection.narrow(_joined(self._scan(selection.counts, step)))
        return found

    def _add(self, sums: _Sums, reader: Reader, block: slice) -> None:
        """Everything that can be added up before the truncation point is known."""
        segment, held = self.classes.of(reader, block)
        self.segment[block] = segment
        place = reader.read("place", block)
        if place.max() >= len(self.packed.places):
            raise damaged(self.packed)
        group = segment.astype(np.int32) * len(self.packed.places) + place
        for name, column in sums.columns.items():
            kernels().add(group, reader.read(name, block), column)
            if name[0] == "a":
                spend = f"s{name[1:]}"
                kernels().free(group, reader.read(spend, block), reader.read(name, block), sums.columns[spend])
        total = reader.read("total", block)
        kernels().square(group, total, sums.squares)
        self._count(sums.counts, reader, block)
        for i, holds in enumerate(held):
            kernels().held(segment, holds, reader.read("months", block), total, sums.supplements[i])

    def _count(self, counts: Array, reader: Reader, block: slice) -> None:
        key = (reader.read("total", block) + 1.0).view(np.int64)
        kernels().count(self.segment[block], key, self.selection.first, self.selection.base, self.selection.shift, counts)

    def spread(self, truncation_share: float) -> dict[tuple[int, int], tuple[int, int, Mapping[float, int]]]:
        """For each segment its people, the truncation point and the percentiles that are shown."""
        shares = sorted({*SHOWN, truncation_share})
        people = {segment: int(count) for segment, count in enumerate(self.sums.counts.sum(axis=1)) if count}
        self.selection.wanted = [(share, segment, segment, rank(share, count)) for segment, count in people.items() for share in shares]
        found = self._narrowed(self.selection, self.sums.counts, self._count, True)
        return {
            (self.year, segment): (
                count,
                int(found[truncation_share, segment]) - 1,
                {share: int(found[share, segment]) - 1 for share in shares},
            )
            for segment, count in people.items()
        }

    def rows(self, points: Mapping[int, int]) -> Iterator[tuple[Any, ...]]:
        """The sums of each segment and place, as `gathered` takes them; `points` are where each segment is truncated."""
        point = np.array([points.get(segment, 0) for segment in range(len(self.scheme.segments))], dtype=np.int64)

        def step(out: Array, reader: Reader, block: slice) -> None:
            kernels().above(self.segment[block], reader.read("place", block), reader.read("total", block), point, out)

        places = self.packed.places
        above = _joined(self._scan(lambda: np.zeros((len(point), len(places), 2), dtype=np.int64), step))
        columns, squares = self.sums.columns, self.sums.squares
        nought = np.zeros_like(columns["total"])
        routes = [(columns[f"s{i}"], columns.get(f"a{i}", nought)) for i in range(len(self.packed.routes))]
        for group in np.flatnonzero(squares[:, 4]).tolist():
            segment, place = divmod(group, len(places))
            low, high, crossed, far, people = squares[group].tolist()
            cost = int(columns["total"][group, 0])
            over, count = above[segment, place].tolist()
            sums: list[int] = []
            for spent, activity in routes:
                sums += (*spent[group].tolist(), int(activity[group, 0]))
            squared = low + (high << 32) + (crossed << 32) + (far << 62)
            yield self.year, segment, places[place], people, int(columns["months"][group, 0]), cost, squared, count, cost - over, *sums

    def supplements(self) -> list[tuple[Any, ...]]:
        """Year, supplement, segment, people, person-months and pence, where there is anybody."""
        ids = [segment.id for segment in self.scheme.segments]
        return [
            (self.year, supplement.id, ids[segment], *sums)
            for supplement, by_segment in zip(self.scheme.supplements, self.sums.supplements.tolist(), strict=True)
            for segment, sums in enumerate(by_segment)
            if sums[0]
        ]
