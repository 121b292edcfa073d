"""Adds people up block by block as they are read, once: from an extract while its files are decoded, or from a packed cache.

The same figures as the queries of `aggregate`, to the penny: money is whole pence, and all sums are of whole numbers. Of each
person the group and the total are held, six bytes as a rule, for percentiles and what lies above the truncation point.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from capmodel.baseline.engines.duckdb import DuckSession
from capmodel.baseline.persons.extract.checks import check_scheme
from capmodel.baseline.persons.extract.codes import Codes
from capmodel.baseline.persons.extract.column_map import Route
from capmodel.baseline.persons.extract.packed import Packed, check_sum, damaged
from capmodel.baseline.persons.extract.view import PEOPLE, Extract
from capmodel.baseline.persons.schemes.classes import Classes
from capmodel.baseline.persons.schemes.scheme import Scheme
from capmodel.baseline.persons.sums.aggregate import SHOWN, Aggregates, cuts_of, gathered
from capmodel.baseline.persons.sums.ranks import BITS, Array, percentiles
from capmodel.errors import BadInput, Problem

#: People of a block at most, and bytes of what is read of them.
BLOCK, BYTES = 65_536, 64_000_000
#: Totals below this have squares of 64 bits.
SQUARED = 1 << 31
_HALF = (1 << 32) - 1
_HEADS = 4  # people, person-months, and the two halves of squares


@dataclass(frozen=True)
class Block:
    """Some people: what `Fold.homes` gave for the year and locality of each, the segment they are in, and what was spent on them.

    `spent` holds pence and activity of each route, None where no activity is recorded; `held` whether each supplement holds.
    """

    home: Array
    segment: Array
    months: Array
    spent: Sequence[tuple[Array, Array | None]]
    held: Sequence[Array]


class Fold:
    """Sums over people by year, locality and segment, growing block by block."""

    def __init__(self, scheme: Scheme, routes: Sequence[Route]) -> None:
        self.scheme, self.routes = scheme, routes
        #: The columns that are added up as they are, and the row of sums of each.
        self.summed = {f"{kind}{i}": _HEADS + 3 * i + at for i in range(len(routes)) for kind, at in (("s", 0), ("a", 2))} | {"months": 1}
        self._homes: dict[tuple[int, str], int] = {}
        self._homes_of: dict[int, Array] = {}
        self._sums = np.zeros((_HEADS + 3 * len(routes) + 3 * len(scheme.supplements), 0), dtype=np.int64)
        #: Squares of people whose total has more than 31 bits, by group.
        self._huge: dict[int, int] = {}
        #: More pence than everybody together can have cost.
        self._bound = 0
        self._totals: list[tuple[Array, Array]] = []

    def homes(self, year: int, localities: Sequence[str]) -> Array:
        """The group of the first segment of each locality in a year, which those of its other segments follow; localities may be added at the end."""
        known = self._homes_of.get(year)
        if known is None or len(known) < len(localities):
            numbers = [self._homes.setdefault((year, locality), len(self._homes)) for locality in localities]
            known = self._homes_of[year] = np.array(numbers) * len(self.scheme.segments)
        return known

    def add(self, block: Block) -> None:
        """Take in a block.

        Raises:
            BadInput: somebody costs less than zero, or more than can be added up exactly.
        """
        missing = len(self._homes) * len(self.scheme.segments) - self._sums.shape[1]
        if missing:
            self._sums = np.pad(self._sums, ((0, 0), (0, missing)))
        group = block.home + block.segment
        self._add(0, group, 1)
        self._add(1, group, block.months)
        total, row = np.zeros(len(group), dtype=np.int64), _HEADS
        for pence, activity in block.spent:
            total += pence
            self._add(row, group, pence)
            used = pence != 0
            if activity is not None:
                used |= activity != 0
                self._add(row + 2, group, activity)
            self._add(row + 1, group, used)
            row += 3
        most = int(total.max())
        self._bound += most * len(group)
        if total.min() < 0 or most >> BITS or self._bound >> 63:
            raise _cannot_be()
        self._square(group, total, most)
        for held in block.held:
            of = np.flatnonzero(held)
            self._add(row, group[of], 1)
            self._add(row + 1, group[of], block.months[of])
            self._add(row + 2, group[of], total[of])
            row += 3
        slim = np.uint16 if self._sums.shape[1] <= 1 << 16 else np.uint32
        self._totals.append((group.astype(slim), total.astype(np.int32) if most < SQUARED else total))

    def _add(self, row: int, group: Array, values: Array | int) -> None:
        # Numbers of 64 bits are added up in place three times as fast as bincount adds them, which knows doubles only.
        np.add.at(self._sums[row], group, np.asarray(values, dtype=np.int64))

    def _square(self, group: Array, total: Array, most: int) -> None:
        for at in np.flatnonzero(total >= SQUARED).tolist() if most >= SQUARED else ():
            self._huge[int(group[at])] = self._huge.get(int(group[at]), 0) + int(total[at]) ** 2
        square = (total if most < SQUARED else np.where(total < SQUARED, total, 0)) ** 2
        self._add(2, group, square & _HALF)
        self._add(3, group, square >> 32)

    def sums(self) -> dict[str, int]:
        """The sum over everybody of each column that is added up as it is."""
        return {name: int(self._sums[row].sum()) for name, row in self.summed.items()}

    def result(self, truncation_share: float) -> Aggregates:
        """All of it as frames."""
        sums, width = self._sums, len(self.scheme.segments)
        years = sorted({year for year, _ in self._homes})
        pool_of = np.array([years.index(year) * width + i for year, _ in self._homes for i in range(width)])
        shares = sorted({*SHOWN, truncation_share})
        found = percentiles(self._totals, pool_of, shares)
        spread = {
            (years[pool // width], pool % width): (people, values[shares.index(truncation_share)], dict(zip(shares, values, strict=True)))
            for pool, (people, values) in found.items()
        }
        above, over = self._above(pool_of, {pool: values[shares.index(truncation_share)] for pool, (_, values) in found.items()})
        of = np.flatnonzero(sums[0])
        homes = list(self._homes)
        spent = sums[_HEADS : _HEADS + 3 * len(self.routes), of].reshape(len(self.routes), 3, -1).transpose(2, 0, 1)
        cost = spent[:, :, 0].sum(axis=1)
        return gathered(
            self.scheme,
            self.routes,
            [(homes[group // width][0], group % width, homes[group // width][1]) for group in of.tolist()],
            np.stack([sums[0, of], sums[1, of], cost, above[of], cost - over[of]], axis=1),
            [
                low + (high << 32) + self._huge.get(group, 0)
                for group, low, high in zip(*map(np.ndarray.tolist, (of, *sums[2:4, of])), strict=True)
            ],
            spent,
            spread,
            self._supplements(pool_of, years),
        )

    def _above(self, pool_of: Array, points: dict[int, int]) -> tuple[Array, Array]:
        """By group, the people above the truncation point of their pool, and by how many pence in all."""
        point = np.array([points.get(pool, 0) for pool in pool_of.tolist()])
        above = np.zeros((2, len(point)), dtype=np.int64)
        for group, total in self._totals:
            over = total - point[group]
            at = np.flatnonzero(over > 0)
            np.add.at(above[0], group[at], 1)
            np.add.at(above[1], group[at], over[at])
        return above[0], above[1]

    def _supplements(self, pool_of: Array, years: Sequence[int]) -> pd.DataFrame:
        names, width = ["year", "supplement", "segment", "people", "person_months", "cost_pence"], len(self.scheme.segments)
        rows = []
        for i, supplement in enumerate(self.scheme.supplements):
            start = _HEADS + 3 * (len(self.routes) + i)
            by_pool = np.zeros((len(years) * width, 3), dtype=np.int64)
            np.add.at(by_pool, pool_of, self._sums[start : start + 3].T)
            for pool in np.flatnonzero(by_pool[:, 0]).tolist():
                rows.append((years[pool // width], supplement.id, self.scheme.segments[pool % width].id, *by_pool[pool].tolist()))
        return pd.DataFrame(rows, columns=names)


def _cannot_be() -> BadInput:
    what = "somebody costs less than zero or so much that it cannot be added up"
    return BadInput([Problem("people", what, "nobody's year can", "Check the unit under money:")])


def aggregate_extract(
    extract: Extract, session: DuckSession, scheme: Scheme, routes: Sequence[Route], truncation_share: float
) -> Aggregates:
    """Add the people of an open extract up by a scheme while they are read: the same frames as `aggregate` gives.

    Args:
        extract: an open extract, whose view `people` is defined.
        session: its engine.
        scheme: which segment a person is in.
        routes: the route of each pair of columns s0, a0, s1, a1, ...
        truncation_share: the percentile of spend a person, within year and segment, at which spend is cut for comparison.
    """
    cuts, uncounted = cuts_of(session, scheme), extract.columns.uncounted
    parts = ["year", "locality", "months", f"CAST({scheme.sql(cuts)} AS UTINYINT) AS segment"]
    parts += [f"{kind}{i}" for i in range(len(routes)) for kind in ("s" if i in uncounted else "sa")]
    parts += [f"CAST(COALESCE({item.when.sql(cuts)}, FALSE) AS UTINYINT) AS h{i}" for i, item in enumerate(scheme.supplements)]
    fold = Fold(scheme, routes)
    localities = Codes()
    for batch in session.batches(f"SELECT {', '.join(parts)} FROM {PEOPLE}", max(2048, min(BLOCK, BYTES // (8 * len(parts))))):
        locality = localities.of(batch.column("locality"))
        given = {name: batch.column(name).to_numpy() for name in batch.schema.names if name != "locality"}
        years = given["year"]
        # A year for everybody, as a rule, which is determined faster than years are sorted.
        different, of_year = (years[:1], 0) if (years == years[0]).all() else np.unique(years, return_inverse=True)
        homes = np.stack([fold.homes(year, localities.texts) for year in different.tolist()])
        home = homes[0].take(locality) if len(different) == 1 else homes[of_year, locality]
        spent = [(given[f"s{i}"], given.get(f"a{i}")) for i in range(len(routes))]
        held = [given[f"h{i}"] for i in range(len(scheme.supplements))]
        fold.add(Block(home, given["segment"], given["months"], spent, held))
    return fold.result(truncation_share)


def aggregate_packed(packed: Packed, scheme: Scheme, truncation_share: float) -> Aggregates:
    """Add a packed cache up by a scheme: the same frames as `aggregate` gives from the extract.

    Raises:
        BadInput: the scheme asks about what the column map does not have.
        CapmodelError: the cache does not give what was put into it.
    """
    problems: list[Problem] = []
    # The extract passed the checks for another scheme; this one may ask for more.
    check_scheme(packed.columns, scheme, problems)
    if problems:
        raise BadInput(problems)
    fold, checks = Fold(scheme, packed.routes), dict[str, int]()
    for year, rows in packed.rows.items():
        classes = Classes(packed, scheme, year)
        homes = fold.homes(year, packed.localities)
        for start in range(0, rows, BLOCK):

            def read(name: str, year: int = year, start: int = start, count: int = min(BLOCK, rows - start)) -> Array:
                values = packed.read(name, year, start, count)
                if name not in fold.summed:
                    checks[name] = check_sum(values, checks.get(name, 0))
                return values

            segment, held = classes.of(read)
            locality = read("locality")
            if locality.max() >= len(homes):
                raise damaged(packed.folder)
            spent = [(read(f"s{i}"), read(f"a{i}") if f"a{i}" in packed.kinds else None) for i in range(len(packed.routes))]
            fold.add(Block(homes[locality], segment, read("months"), spent, held))
    if any(packed.sums[name] != found for name, found in {**checks, **fold.sums()}.items() if name in packed.sums):
        raise damaged(packed.folder)
    return fold.result(truncation_share)
