"""Made-up people who add up to a place: a linked extract that gives back its segment table, so that nobody needs a real one to begin.

People are made in chunks, each from numbers of its own, and streamed to a file; in memory there are a few chunks, however many
people are asked for. The number of people of each segment is exact, their average spend is the price, and the split by route
is the place's. Who they are, what they spend and how they are written have files of their own beside this one.
"""

from __future__ import annotations

import itertools
import os
from collections import deque
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import numpy as np
import numpy.typing as npt

from capmodel.baseline.persons.extract.column_map import ColumnMap, Route
from capmodel.baseline.persons.schemes.scheme import Scheme
from capmodel.baseline.synthetic.file import Added, Layout, lines_beside, localities_of, out_problems, sexes_of, written
from capmodel.baseline.synthetic.people import make_templates
from capmodel.baseline.synthetic.spend import make_profiles, make_variation
from capmodel.baseline.synthetic.years import Plan, base_year_of, generator, locality_cuts, person_years
from capmodel.errors import BadInput, Problem

Array = npt.NDArray[Any]
Segments = Mapping[str, tuple[float, float]]
Routes = Mapping[str, Mapping[Route, float]]
#: People made at a time; a little more than readers of Parquet like to find in a row group.
CHUNK = 1 << 17
MOST_PEOPLE = 10**9
MOST_YEARS = 20
#: One file takes rows no faster than three or four threads make them, and each holds a chunk in memory.
MOST_THREADS = 4
#: People a practice has.
LIST_SIZE = 8500
#: So many people settle the average of a segment for good.
_SETTLED = 1 << 18


@dataclass(frozen=True)
class SegmentMade:
    """What was made of a segment in the base year."""

    people: int
    person_years: float
    spend_gbp: float

    @property
    def price_gbp(self) -> float:
        """Spend a person-year, in GBP."""
        return self.spend_gbp / self.person_years if self.person_years else 0.0


@dataclass(frozen=True)
class Made:
    """What was written: the files, and by year the rows of people, person-years, spend in GBP and activity lines.

    `segments` and `routes` (GBP) are the base year's.
    """

    files: tuple[Path, ...]
    people: int
    years: tuple[int, ...]
    rows: Mapping[int, int]
    person_years: Mapping[int, float]
    spend_gbp: Mapping[int, float]
    lines: Mapping[int, int]
    segments: Mapping[str, SegmentMade]
    routes: Mapping[Route, float]


def make_people(
    segments: Segments,
    routes: Routes,
    scheme: Scheme,
    columns: ColumnMap,
    people: int,
    seed: int,
    out: Path,
    years: int,
    progress: Callable[[int, int], None] | None,
    base_year: int,
    shape: Literal["person", "line"] = "person",
    chunk: int = CHUNK,
    threads: int | None = None,
) -> Made:
    """Write a made-up extract; the same arguments give the same bytes on any number of threads.

    Args:
        segments: for each segment of the scheme the persons in the place and the price, in GBP a person-year.
        routes: for each segment the share of each route in its spend.
        scheme: the scheme the segments are of.
        columns: the columns, codes and unit of the extract.
        people: how many people to make.
        seed: what makes the drawing repeatable.
        out: a .parquet or .csv file, or the name of a folder for part files in Parquet.
        years: how many years, the last of them the base year. Amounts are in the prices given, in every year.
        progress: called with rows of people made and to make; the last call has both alike.
        base_year: the year a financial year starts in.
        shape: one row a person with spend columns, or people and activity lines in two files, the lines in one whose
            name ends in -lines.
        chunk: people made at a time; another size makes other people.
        threads: how many chunks are made at once; as many as there are processors, up to four, where not said.

    Raises:
        BadInput: the scheme ranks people by score, the map does not suit the shape, or nobody can be in a segment.
        CapmodelError: pyarrow is missing, or the file cannot be written.
    """
    problems = [
        *_scheme_problems(segments, routes, scheme),
        *_map_problems(routes, columns, years, base_year, shape),
        *_size_problems(people, seed, years),
    ]
    outs = {"people": out} | ({"lines": lines_beside(out)} if shape == "line" else {})
    problems += [problem for path in outs.values() for problem in out_problems(path)]
    if problems:
        raise BadInput(problems)
    wanted = np.array([segments.get(segment.id, (0, 0))[0] for segment in scheme.segments], dtype=float)
    total = _largest_remainder(wanted, people)
    plan = _plan(segments, routes, scheme, columns, total, seed, years, base_year, chunk)
    layout = Layout(columns, plan.profiles, int(plan.practices.sum()), seed, shape == "line")
    added: dict[int, list[Added]] = {back: [] for back in range(years)}
    done = 0
    with written(outs, columns.delimiter, layout.money) as writers:
        for number, back, table, lines, sums in _in_order(plan, layout, years, threads or min(os.cpu_count() or 1, MOST_THREADS)):
            writers["people"].write(table, number)
            if lines is not None:
                writers["lines"].write(lines, number)
            added[back].append(sums)
            done += int(plan.quota[number].sum())
            if progress:
                progress(done, people * years)
    return _made(tuple(outs.values()), plan, scheme, total, added)


def _scheme_problems(segments: Segments, routes: Routes, scheme: Scheme) -> Iterator[Problem]:
    """What is wrong with the segments, of themselves or for the scheme."""
    if scheme.top_shares or "score" in scheme.columns:
        yield Problem(
            f"scheme {scheme.name}",
            "it places people by their score",
            "made-up people are made for segments by age, conditions and the like",
            "Make them by another scheme; they can be put into segments by this one afterwards",
        )
    strange = sorted(set(segments) - {segment.id for segment in scheme.segments})
    named = ", ".join(strange[:3]) + (f" and {len(strange) - 3} more" if len(strange) > 3 else "")
    if strange:
        yield Problem(
            "segments",
            f"{named} {'is no segment' if len(strange) == 1 else 'are no segments'} of {scheme.name}",
            "people fall into the scheme's segments",
            "Use the scheme that the segments are of",
        )
    for name, (persons, price) in segments.items():
        if not (0 <= persons < np.inf and 0 <= price < 1e7):
            yield Problem(
                f"segment {name}",
                f"it has {persons:,} persons at £{price:,.2f}",
                "neither is below 0, nor a price above £10m",
                "Correct it",
            )
        shares = routes.get(name, {}).values()
        if persons > 0 and not (sum(shares) > 0 and min(shares) >= 0):
            yield Problem(
                f"segment {name}", "its shares by route are none, or below 0", "its spend would go nowhere", "Give the share of each"
            )
    if not any(persons > 0 for persons, _ in segments.values()):
        yield Problem("segments", "nobody is in any of them", "people are shared out by their sizes", "Give the persons of each")


def _map_problems(routes: Routes, columns: ColumnMap, years: int, base_year: int, shape: str) -> Iterator[Problem]:
    """Where the column map cannot hold what is to be written."""
    at = str(columns.path)
    if columns.year is not None and (years > 1 or base_year != columns.year):
        yield Problem(
            at, f"every row is of {columns.year}", "there is no column for the year", "Write year: under columns:, or make that year alone"
        )
    if shape == "line" and columns.lines is None:
        yield Problem(at, "there are no activity lines", "the map reads one row a person", "Make one row a person")
    if shape == "person" and not columns.spend:
        yield Problem(at, "there are no spend columns", "the map reads activity lines", "Make activity lines")
    if shape == "person" and columns.spend:
        mapped = {item.route for item in columns.spend}
        lost = {
            ", ".join(vars(route).values())
            for shares in routes.values()
            for route, share in shares.items()
            if share > 0 and route not in mapped
        }
        for name in sorted(lost)[:5]:
            yield Problem(
                at, f"no spend column is for {name}", "segments spend there, and it would be lost", "Map a column for it under spend:"
            )


def _size_problems(people: int, seed: int, years: int) -> Iterator[Problem]:
    for name, number, low, high in (("people", people, 1, MOST_PEOPLE), ("years", years, 1, MOST_YEARS), ("seed", seed, 0, 1 << 62)):
        if not low <= number <= high:
            yield Problem(f"--{name}", f"{number:,} is out of range", f"it is from {low:,} to {high:,}", "Choose another number")


def _plan(
    segments: Segments,
    routes: Routes,
    scheme: Scheme,
    columns: ColumnMap,
    total: Array,
    seed: int,
    years: int,
    base_year: int,
    chunk: int,
) -> Plan:
    names = [segment.id for segment in scheme.segments]
    spent = {name: {route: share for route, share in shares.items() if share > 0} for name, shares in routes.items() if name in segments}
    average = float(sum(persons * price for persons, price in segments.values()) / sum(persons for persons, _ in segments.values()))
    # A segment that people are in only in earlier years, and that has no price, costs what the average does.
    prices = np.array([segments.get(name, (0, average))[1] for name in names], dtype=float)
    quota, left = [], total.copy()
    while left.sum():
        quota.append(_largest_remainder(left, min(chunk, int(left.sum()))))
        left -= quota[-1]
    weights = np.array([1 + 0.3 * np.cos(2.4 * i) for i in range(len(localities_of(columns)))])
    plan = Plan(
        seed=seed,
        base_year=base_year,
        quota=np.array(quota),
        before=np.cumsum(quota, axis=0) - quota,
        templates=make_templates(scheme, columns.bit, sexes_of(columns)[0], dict(zip(names, map(int, total), strict=True)), years, seed),
        profiles=make_profiles(names, {name: shares for name, shares in spent.items() if shares}, int(total.sum()), seed),
        variation=make_variation(prices, average),
        prices=prices,
        scale=np.ones(len(names)),
        localities=locality_cuts(weights),
        practices=np.maximum(2, np.rint(total.sum() * weights / weights.sum() / LIST_SIZE)).astype(np.int64),
    )
    for i in np.flatnonzero(total):
        ranks = np.arange(min(int(total[i]), _SETTLED))
        some = base_year_of(plan, np.full(len(ranks), i), ranks)
        # Everybody of a small segment may by chance cost nothing; nothing can be brought to its price then.
        spent_months = (some.months * some.relative).sum()
        plan.scale[i] = some.months.sum() / spent_months if spent_months else 1
    return plan


def _largest_remainder(shares: Array, whole: int) -> Array:
    """Whole numbers in these proportions that sum to `whole`; what rounding leaves goes to the largest remainders."""
    exact = shares / shares.sum() * whole
    # Rounded first, or a share that is whole but for the last bits would take a remainder.
    floor: Array = np.floor(np.round(exact, 6)).astype(np.int64)
    floor[np.argsort(floor - exact, kind="stable")[: whole - int(floor.sum())]] += 1
    return floor


def _table(plan: Plan, layout: Layout, chunk: int, back: int) -> tuple[Any, Any, Added]:
    of = person_years(plan, chunk, back)
    table, added, kept = layout.people(of, len(plan.prices))
    if not layout.line:
        return table, None, added
    lines = layout.lines(of, kept, table.column(layout.columns.columns["person"]).chunk(0), generator(plan, chunk, 1 + back))
    added.lines = lines.num_rows
    return table, lines, added


def _in_order(plan: Plan, layout: Layout, years: int, threads: int) -> Iterator[tuple[int, int, Any, Any, Added]]:
    """The tables of every chunk, oldest year first, made ahead by so many threads and handed over in their order."""
    work = itertools.product(range(len(plan.quota)), range(years - 1, -1, -1))
    with ThreadPoolExecutor(threads) as pool:
        ahead: deque[tuple[int, int, Future[tuple[Any, Any, Added]]]] = deque()
        try:
            for chunk, back in itertools.chain(work, [(-1, -1)]):
                if chunk >= 0:
                    ahead.append((chunk, back, pool.submit(_table, plan, layout, chunk, back)))
                while ahead and (chunk < 0 or len(ahead) > threads + 1):
                    number, of, future = ahead.popleft()
                    yield (number, of, *future.result())
        finally:
            for _, _, future in ahead:
                future.cancel()


def _made(files: tuple[Path, ...], plan: Plan, scheme: Scheme, total: Array, added: Mapping[int, list[Added]]) -> Made:
    backs = sorted(added, reverse=True)
    months, pence, routes = (np.sum([getattr(part, name) for part in added[0]], axis=0) for name in ("months", "by_segment", "by_route"))
    return Made(
        files,
        int(total.sum()),
        tuple(plan.base_year - back for back in backs),
        {plan.base_year - back: sum(part.rows for part in added[back]) for back in backs},
        {plan.base_year - back: sum(int(part.months.sum()) for part in added[back]) / 12 for back in backs},
        {plan.base_year - back: sum(int(part.by_segment.sum()) for part in added[back]) / 100 for back in backs},
        {plan.base_year - back: sum(part.lines for part in added[back]) for back in backs},
        {segment.id: SegmentMade(int(total[i]), float(months[i]) / 12, float(pence[i]) / 100) for i, segment in enumerate(scheme.segments)},
        {route: float(routes[i]) / 100 for i, route in enumerate(plan.profiles.routes)},
    )
