"""Readers of suppressed tables who work out what is hidden, for tests."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import highspy
import numpy as np
import pandas as pd
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st

from capmodel.baseline.persons.segment import shown
from capmodel.baseline.persons.sums.reconcile import RECORDED
from capmodel.baseline.persons.suppress import ALL, MEASURES, PAIR, ROUTE, Suppressed

KEYS = [*PAIR, *ROUTE]
PEOPLE, SPEND = ["people", "person_months", "cost_pence"], ["users", "cost_pence", "activity"]


def one_small_line() -> tuple[pd.DataFrame, pd.DataFrame]:
    """Three segments, two places, two routes; three children use the community trust in the west."""
    pairs = [(2026, segment, place, 90, 1000, 5000) for segment in ("adults", "children", "elders") for place in ("east", "west")]
    lines = [
        (*pair[:3], setting, "trust", "nhs", users, cost)
        for pair in pairs
        for setting, users, cost in (("acute", 40, 3000), ("community", 20, 2000))
    ]
    people, spend = pd.DataFrame(pairs, columns=[*PAIR, *PEOPLE]), pd.DataFrame(lines, columns=[*KEYS, "users", "cost_pence"])
    spend.loc[(spend["segment"] == "children") & (spend["locality"] == "west") & (spend["setting"] == "community"), "users"] = 3
    spend.loc[spend["segment"] == "adults", "users"] += 1
    return people, spend


# -- The attacker ---------------------------------------------------------------------------------------------------------------


def everything(people: pd.DataFrame, spend: pd.DataFrame, totals: pd.DataFrame) -> pd.DataFrame:
    """The three frames as one table, `all` for what a row does not split by."""
    rows = pd.concat([people.assign(**dict.fromkeys(ROUTE, ALL)), spend, totals], ignore_index=True)
    return rows.reindex(columns=[*KEYS, *MEASURES, "suppressed"])


def systems(
    people: pd.DataFrame, spend: pd.DataFrame, shown: Suppressed
) -> Iterator[tuple[str, int, np.ndarray, np.ndarray, np.ndarray, list[tuple[str, ...]]]]:
    """For each measure and year: the smallest value of an unknown, the truth, the equations shown, the sums hidden, their keys.

    The attacker knows which cells are zero, because zeros are shown; the unknowns are the others.
    """
    rows = everything(shown.people, shown.spend, shown.totals)
    for year, measure in [(y, m) for y in sorted(people["year"].unique()) for m in MEASURES]:
        whole = measure in ("people", "person_months")
        frame = (people.assign(**dict.fromkeys(ROUTE, ALL)) if whole else spend)[lambda f, y=year: f["year"] == y]
        if measure not in frame:
            continue
        cells = frame[(frame[[name for name in (PEOPLE if whole else SPEND) if name in frame]] > 0).any(axis=1)]
        truth = cells[measure].to_numpy(int)
        mine = rows[(rows["year"] == year) & ((rows["setting"] == ALL) if whole else True)]
        if measure in ("users", "activity"):
            mine = mine[mine["setting"] != ALL]
        sums = np.ones((len(mine), len(cells)), int)
        for key in KEYS[1:] if not whole else KEYS[1:3]:
            ours = mine[key].to_numpy(object)[:, None]
            sums &= (ours == ALL) | (ours == cells[key].to_numpy(object)[None, :])
        hidden = mine["suppressed"].to_numpy(bool)
        secret = hidden & sums.any(axis=1)  # that a pair with no line of spend costs nothing is no secret
        figures = mine[measure]
        assert figures[hidden].isna().all()
        assert (figures[~hidden].to_numpy(int) == sums[~hidden] @ truth).all()
        keys = [tuple(map(str, one)) for one in mine.loc[secret, KEYS].to_numpy()]
        yield measure, 1 if measure in ("people", "person_months", "users") else 0, truth, sums[~hidden], sums[secret], keys


def solved(shown: np.ndarray, secret: np.ndarray) -> np.ndarray:
    """Which secret sums the equations fix: those that are zero on every direction the equations leave free."""
    _, sizes, basis = np.linalg.svd(shown.astype(float), full_matrices=True)
    free = basis[(sizes > 1e-9).sum() :]
    return (np.abs(secret @ free.T) < 1e-7).all(axis=1)


class Attacker:
    """Whole numbers, not below the least, that fit the equations shown; every answer is checked in whole numbers."""

    def __init__(self, least: int | np.ndarray, truth: np.ndarray, shown: np.ndarray, below: np.ndarray | None = None) -> None:
        self.least, self.truth, self.shown, self.solver = least, truth, shown, highspy.Highs()
        self.below = np.zeros((0, len(truth)), int) if below is None else below
        self.solver.silent()
        self.solver.setOptionValue("threads", 1)  # one process keeps to the number it began with
        for at, low in enumerate(np.broadcast_to(least, len(truth))):
            self.solver.addVar(float(low), float(truth.sum()))
            self.solver.changeColIntegrality(at, highspy.HighsVarType.kInteger)
        for row in self.below:  # what is never more than zero
            (on,) = np.nonzero(row)
            self.solver.addRow(-highspy.kHighsInf, 0.0, len(on), on.astype(np.int32), row[on].astype(float))
        for row in np.unique(shown, axis=0):
            (on,) = np.nonzero(row)
            self.solver.addRow(float(row @ truth), float(row @ truth), len(on), on.astype(np.int32), np.ones(len(on)))

    def lowest(self, weights: np.ndarray) -> np.ndarray:
        """The values with the least weighted sum."""
        for at, weight in enumerate(weights):
            self.solver.changeColCost(at, float(weight))
        self.solver.run()
        other = np.rint(self.solver.getSolution().col_value).astype(int)
        assert (self.shown @ other == self.shown @ self.truth).all()
        assert (other >= self.least).all()
        assert (self.below @ other <= 0).all()
        return other

    def pinned(self, secret: np.ndarray) -> np.ndarray:
        """Which secret sums have one value only."""
        still = np.ones(len(secret), bool)
        for at, sign in [(at, sign) for at in range(len(secret)) for sign in (1, -1)]:
            if still[at]:
                other = self.lowest(sign * secret[at])
                still &= secret @ other == secret @ self.truth
        return still


def found(people: pd.DataFrame, spend: pd.DataFrame, shown: Suppressed) -> set[tuple[str, ...]]:
    """The keys of the suppressed rows of which some measure has one value only."""
    keys: set[tuple[str, ...]] = set()
    for _, least, truth, equations, secret, names in systems(people, spend, shown):
        if len(secret):
            one = Attacker(least, truth, equations).pinned(secret)
            assert not (solved(equations, secret) & ~one).any()
            keys |= {name for name, fixed in zip(names, one, strict=True) if fixed}
    return keys


def at(spend: pd.DataFrame, segment: str, place: str, setting: str) -> Any:
    return (spend["segment"] == segment) & (spend["locality"] == place) & (spend["setting"] == setting)


@st.composite
def tables(draw: st.DrawFn, anchored: bool = False) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Small tables with zeros and ones. Anchored: two large lines in every year that share neither segment, place nor route."""
    least = 2 if anchored else 1
    segments, places = draw(st.integers(least, 5)), draw(st.integers(least, 5))
    routes, years = draw(st.integers(least, 4)), draw(st.integers(1, 2))
    rng = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    crowd, busy = draw(st.sampled_from([0.5, 2.0, 8.0, 40.0])), draw(st.sampled_from([0.1, 0.4, 0.8]))
    shape = (years, segments, places)
    heads = rng.poisson(crowd * rng.gamma(1.0, 1.0, shape))
    users = rng.binomial(heads[..., None], busy * rng.random((*shape, routes)))
    if anchored:
        heads[:, [0, 1], [0, 1]] += 60
        users[:, [0, 1], [0, 1], [0, 1]] += 30
    if not heads.any():
        heads[0, 0, 0] = 1
    months = heads + rng.binomial(11 * heads, 0.7)
    cost = users * rng.integers(1, 60, users.shape) + rng.binomial(users, 0.5)
    if not anchored:
        cost[rng.random(users.shape) < draw(st.sampled_from([0.0, 0.3]))] = 0  # some care is free
    activity = users + rng.poisson(users)
    lines = [
        (
            2026 + y,
            f"segment {i}",
            f"place {j}",
            f"setting {k // 2}",
            f"trust {k}",
            "nhs",
            users[y, i, j, k],
            cost[y, i, j, k],
            activity[y, i, j, k],
        )
        for y, i, j, k in np.argwhere((users > 0) | (rng.random(users.shape) < 0.2))
    ]
    pairs = [
        (2026 + y, f"segment {i}", f"place {j}", heads[y, i, j], months[y, i, j], cost[y, i, j].sum()) for y, i, j in np.argwhere(heads > 0)
    ]
    people = pd.DataFrame(pairs, columns=[*PAIR, *PEOPLE])
    spend = pd.DataFrame(lines, columns=[*KEYS, *SPEND])
    spend = spend[pd.MultiIndex.from_frame(spend[PAIR]).isin(pd.MultiIndex.from_frame(people[PAIR]))].reset_index(drop=True)
    return people, spend if draw(st.booleans()) else spend.drop(columns="activity")


def suppressed_of(people: pd.DataFrame, spend: pd.DataFrame, threshold: int) -> Suppressed:
    """What a segmented extract tells of the same people and spend."""
    return shown(people, spend.assign(basis=RECORDED, **({} if "activity" in spend else {"activity": 0})), threshold)


quick = settings(max_examples=20, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large])
