"""Adds an extract up: people, person-months, spend and activity by segment, locality and route, with spread and truncation.

One query finds the exact percentiles of spend a person in each segment, one adds everything up; the engine keeps the amounts between
the two, so that the files are read once. Amounts are whole pence and
sums of squares whole square pence, so that the figures are the same on every engine and in any order. What comes back is
aggregates as frames; small numbers are still in them, and `suppress` is what stands between them and a reader.
"""

from __future__ import annotations

import math
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd

from capmodel.baseline.engines import Session
from capmodel.baseline.persons.extract.column_map import Route
from capmodel.baseline.persons.extract.view import PEOPLE
from capmodel.baseline.persons.schemes.scheme import Scheme

#: Percentiles of spend a person that a report shows, beside the truncation point.
SHOWN = (0.5, 0.9, 0.95, 0.99)
ROUTE = ["setting", "provider", "payer"]
#: The amounts of people with their segments, in the engine.
CLASSED = "classed"


@dataclass(frozen=True)
class Aggregates:
    """Sums over people; money in whole pence.

    `people`: year, segment, locality, people, person_months, cost_pence, cost_squared (whole square pence, exact), above
    (people above the truncation point), truncated_pence, pooled_pence. `spend`: year, segment, locality, setting, provider,
    payer, users, cost_pence, activity. `spread`: year, segment, people, p50, p90, p95, p99, truncation_pence.
    `supplements`: year, supplement, segment, people, person_months, cost_pence.
    """

    scheme: Scheme
    people: pd.DataFrame
    spend: pd.DataFrame
    spread: pd.DataFrame
    supplements: pd.DataFrame


def cuts_of(session: Session, scheme: Scheme) -> dict[tuple[float, int], float]:
    """The score above which a person is in the top share of a year, for each share the scheme asks for."""
    if not scheme.top_shares:
        return {}
    shares = sorted(set(scheme.top_shares))
    found = session.query(
        f"SELECT year, {session.percentiles('score', [1 - share for share in shares])} FROM {PEOPLE} WHERE score IS NOT NULL GROUP BY year"
    )
    return {(share, int(year)): float(value) for year, values in found for share, value in zip(shares, values, strict=True)}


def aggregate(
    session: Session, scheme: Scheme, routes: Sequence[Route], truncation_share: float, uncounted: Collection[int] = ()
) -> Aggregates:
    """Add the people of an open extract up by a scheme.

    Args:
        session: an engine with the view `people`.
        scheme: which segment a person is in.
        routes: the route of each pair of columns s0, a0, s1, a1, ...
        truncation_share: the percentile of spend a person, within year and segment, at which spend is cut for comparison.
        uncounted: the numbers of routes without activity, whose sums need not be asked for.
    """
    cuts = cuts_of(session, scheme)
    amounts = [f"{kind}{i}" for i in range(len(routes)) for kind in ("s" if i in uncounted else "sa")]
    segment = f"CAST({scheme.sql(cuts)} AS SMALLINT)"
    session.define(CLASSED, f"SELECT year, locality, months, {', '.join(amounts)}, {segment} AS segment, total FROM {PEOPLE}", keep=True)
    shares = sorted({*SHOWN, truncation_share})
    spread = {
        (int(year), int(number)): (int(people), [int(value) for value in values])
        for year, number, people, values in session.query(
            f"SELECT year, segment, COUNT(*), {session.percentiles('total', shares)} FROM {CLASSED} GROUP BY year, segment"
        )
    }
    cut = shares.index(truncation_share)
    points = ", ".join(f"({year}, {number}, {values[cut]})" for (year, number), (_, values) in sorted(spread.items()))
    # Flags are added up as numbers, which the engines do faster than they count what meets a condition.
    sums = ", ".join(
        f"CAST(SUM(s{i}) AS BIGINT), SUM(CAST({_used(i, uncounted)} AS TINYINT)), {'0' if i in uncounted else f'CAST(SUM(a{i}) AS BIGINT)'}"
        for i in range(len(routes))
    )
    rows = session.query(
        f"SELECT c.year, c.segment, c.locality, SUM({session.wide('c.total')} * {session.wide('c.total')}), COUNT(*), SUM(c.months), "
        f"CAST(SUM(c.total) AS BIGINT), SUM(CAST(c.total > t.point AS TINYINT)), CAST(SUM(LEAST(c.total, t.point)) AS BIGINT), {sums} "
        f"FROM {CLASSED} AS c JOIN (VALUES {points}) AS t(year, segment, point) ON c.year = t.year AND c.segment = t.segment "
        f"GROUP BY c.year, c.segment, c.locality"
    )
    added = np.array([row[4:] for row in rows], dtype=np.int64)
    return gathered(
        scheme,
        routes,
        [(int(year), int(segment), str(locality)) for year, segment, locality, *_ in rows],
        added[:, :5],
        [int(row[3]) for row in rows],
        added[:, 5:].reshape(len(rows), len(routes), 3),
        {key: (people, values[cut], dict(zip(shares, values, strict=True))) for key, (people, values) in spread.items()},
        _supplements(session, scheme, f"SELECT *, {segment} AS segment FROM {PEOPLE}", cuts),
    )


def _used(route: int, uncounted: Collection[int]) -> str:
    """Somebody uses a route whose care was recorded, were it free."""
    return f"s{route} <> 0" if route in uncounted else f"s{route} <> 0 OR a{route} <> 0"


def gathered(
    scheme: Scheme,
    routes: Sequence[Route],
    keys: Sequence[tuple[int, int, str]],
    heads: npt.NDArray[np.int64],
    squared: Sequence[int],
    amounts: npt.NDArray[np.int64],
    spread: Mapping[tuple[int, int], tuple[int, int, Mapping[float, int]]],
    supplements: pd.DataFrame,
) -> Aggregates:
    """The frames of sums that an engine, or a fold, has worked out.

    Args:
        scheme: the scheme whose segments are numbered.
        routes: the route of each triple of amounts.
        keys: year, segment number and locality of each row.
        heads: people, person-months, pence, people above the truncation point and pence truncated of each row.
        squared: square pence of each row.
        amounts: pence, users and activity of each row and route.
        spread: for each year and segment number the people, the truncation point and the percentiles, in pence.
        supplements: the frame of supplements.
    """
    ids = [segment.id for segment in scheme.segments]
    order = sorted(range(len(keys)), key=keys.__getitem__)
    pairs = [(keys[i][0], ids[keys[i][1]], keys[i][2]) for i in order]
    year, segment, locality = (pd.Series(list(column)) for column in zip(*pairs, strict=True))
    head = dict(zip(("people", "person_months", "cost_pence", "above", "truncated_pence"), heads[order].T, strict=True))
    people = pd.DataFrame(
        {
            "year": year,
            "segment": segment,
            "locality": locality,
            **{name: head[name] for name in ("people", "person_months", "cost_pence")},
            "cost_squared": pd.Series([squared[i] for i in order], dtype=object),
            **{name: head[name] for name in ("above", "truncated_pence")},
            "pooled_pence": head["cost_pence"] - head["truncated_pence"],
        }
    )
    each, triples = np.repeat(np.arange(len(order)), len(routes)), amounts[order].reshape(-1, 3)
    spend = pd.DataFrame(
        {
            **{
                name: column.take(each).reset_index(drop=True)
                for name, column in (("year", year), ("segment", segment), ("locality", locality))
            },
            **{name: pd.Series([getattr(route, name) for route in routes] * len(order)) for name in ROUTE},
            "users": triples[:, 1],
            "cost_pence": triples[:, 0],
            "activity": triples[:, 2],
        }
    )
    details = pd.DataFrame(
        [
            (year, ids[segment], count, *(values[share] for share in SHOWN), point)
            for (year, segment), (count, point, values) in sorted(spread.items())
        ],
        columns=["year", "segment", "people", *(f"p{round(share * 100)}_pence" for share in SHOWN), "truncation_pence"],
    )
    return Aggregates(scheme, people, spend, details, supplements)


def _supplements(session: Session, scheme: Scheme, classed: str, cuts: Mapping[tuple[float, int], float]) -> pd.DataFrame:
    ids = [segment.id for segment in scheme.segments]
    rows = [
        (int(year), supplement.id, ids[int(segment)], int(people), int(months), int(cost))
        for supplement in scheme.supplements
        for year, segment, people, months, cost in session.query(
            f"SELECT year, segment, COUNT(*), SUM(months), CAST(SUM(total) AS BIGINT) FROM ({classed}) AS classed "
            f"WHERE {supplement.when.sql(cuts)} GROUP BY year, segment ORDER BY year, segment"
        )
    ]
    return pd.DataFrame(rows, columns=["year", "supplement", "segment", "people", "person_months", "cost_pence"])


@dataclass(frozen=True)
class Comparison:
    """Two schemes side by side: who is where under both, and how many stay where they were from one year to the next.

    `cross`: year, and a column for each scheme, people, cost_pence. `moves`: scheme, year, segment, next_segment, people.
    """

    cross: pd.DataFrame
    moves: pd.DataFrame

    def stability(self) -> dict[str, float]:
        """The share of people, there in two years running, who are in the same segment in both."""
        held = {}
        for scheme, moves in self.moves.groupby("scheme", sort=False):
            held[str(scheme)] = float(moves.loc[moves["segment"] == moves["next_segment"], "people"].sum() / moves["people"].sum())
        return held

    def kappa(self) -> dict[str, float]:
        """Agreement beyond chance (Cohen's kappa) between a year's segments and the next: 1 is perfect, 0 is chance."""
        kappas = {}
        for scheme, moves in self.moves.groupby("scheme", sort=False):
            everyone = moves["people"].sum()
            before = moves.groupby("segment")["people"].sum() / everyone
            after = moves.groupby("next_segment")["people"].sum() / everyone
            chance = float((before * after.reindex(before.index).fillna(0)).sum())
            same = float(moves.loc[moves["segment"] == moves["next_segment"], "people"].sum() / everyone)
            kappas[str(scheme)] = (same - chance) / (1 - chance) if chance < 1 else math.nan
        return kappas


def compare_schemes(session: Session, schemes: Sequence[Scheme]) -> Comparison:
    """The cross table of two schemes, and how much people move between years under each scheme given."""
    numbers = ", ".join(f"{scheme.sql(cuts_of(session, scheme))} AS g{i}" for i, scheme in enumerate(schemes))
    session.define("moving", f"SELECT person, year, total, {numbers} FROM {PEOPLE}")
    names = [[segment.id for segment in scheme.segments] for scheme in schemes]
    cross = pd.DataFrame(columns=["year", *(scheme.name for scheme in schemes), "people", "cost_pence"])
    if len(schemes) == 2:
        rows = session.query(
            "SELECT year, g0, g1, COUNT(*), CAST(SUM(total) AS BIGINT) FROM moving GROUP BY year, g0, g1 ORDER BY year, g0, g1"
        )
        cross = pd.DataFrame(
            [(int(year), names[0][int(g0)], names[1][int(g1)], int(people), int(cost)) for year, g0, g1, people, cost in rows],
            columns=cross.columns,
        )
    moved = [
        (scheme.name, int(year), names[i][int(before)], names[i][int(after)], int(people))
        for i, scheme in enumerate(schemes)
        for year, before, after, people in session.query(
            f"SELECT a.year, a.g{i}, b.g{i}, COUNT(*) FROM moving AS a JOIN moving AS b ON a.person = b.person AND b.year = a.year + 1 "
            f"GROUP BY a.year, a.g{i}, b.g{i} ORDER BY a.year, a.g{i}, b.g{i}"
        )
    ]
    return Comparison(cross, pd.DataFrame(moved, columns=["scheme", "year", "segment", "next_segment", "people"]))
