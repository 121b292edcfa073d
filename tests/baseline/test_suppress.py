"""Small numbers stay unknown: an attacker with every figure shown, linear algebra and a whole-number solver cannot find them."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import product
from typing import Any

import highspy
import numpy as np
import pandas as pd
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from capmodel.baseline.persons import suppress as module
from capmodel.baseline.persons.segment import shown
from capmodel.baseline.persons.sums.reconcile import RECORDED
from capmodel.baseline.persons.suppress import ALL, MEASURES, PAIR, ROUTE, Suppressed, suppress
from capmodel.errors import BadInput

KEYS = [*PAIR, *ROUTE]
PEOPLE, SPEND = ["people", "person_months", "cost_pence"], ["users", "cost_pence", "activity"]


# -- The tables -----------------------------------------------------------------------------------------------------------------


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


def one_small_line() -> tuple[pd.DataFrame, pd.DataFrame]:
    """Three segments, two places, two routes; three children use the community trust in the west."""
    pairs = [(2026, segment, place, 90, 1000, 5000) for segment in ("adults", "children", "elders") for place in ("east", "west")]
    lines = [
        (*pair[:3], setting, "trust", "nhs", users, cost)
        for pair in pairs
        for setting, users, cost in (("acute", 40, 3000), ("community", 20, 2000))
    ]
    people, spend = pd.DataFrame(pairs, columns=[*PAIR, *PEOPLE]), pd.DataFrame(lines, columns=[*KEYS, "users", "cost_pence"])
    spend.loc[(spend["segment"] == "children") & (spend["place"] == "west") & (spend["setting"] == "community"), "users"] = 3
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


def readers(people: pd.DataFrame, spend: pd.DataFrame, told: Suppressed) -> Iterator[tuple[Attacker, np.ndarray, list[tuple[str, ...]]]]:
    """For each year who reads people, months and users together, the sums not told to him, and their measures and keys.

    Users are no more than the people of their pair, months no more than twelve a person.
    """
    rows = everything(told.people, told.spend, told.totals)
    for year in sorted(people["year"].unique()):
        heads, lines = (frame[frame["year"] == year].reset_index(drop=True) for frame in (people, spend))
        lines = lines[lines["users"] > 0].reset_index(drop=True)
        size = len(heads)
        of = np.array(
            [[pair == line for pair in heads[PAIR].itertuples(index=False)] for line in lines[PAIR].itertuples(index=False)], int
        ).reshape(len(lines), size)
        truth = np.concatenate([heads["people"], heads["person_months"], lines["users"]]).astype(int)
        below = np.block([[-of, np.zeros_like(of), np.eye(len(lines), dtype=int)],
                          [-12 * np.eye(size, dtype=int), np.eye(size, dtype=int), np.zeros((size, len(lines)), int)]])  # fmt: skip
        least = np.array([1] * size + [0] * size + [1] * len(lines))
        mine, known, hidden, names = rows[rows["year"] == year], [], [], []
        for at, measure in enumerate(("people", "person_months", "users")):
            cells, begin = (lines, 2 * size) if measure == "users" else (heads, at * size)
            for row in mine[(mine["setting"] != ALL) == (measure == "users")].to_dict("records"):
                on = np.ones(len(cells), bool)
                for key in (name for name in KEYS[1:] if name in cells and row[name] != ALL):
                    on &= (cells[key] == row[key]).to_numpy(bool)
                one = np.zeros(len(truth), int)
                one[begin : begin + len(cells)] = on
                if not pd.isna(row[measure]):
                    assert one @ truth == row[measure]
                    known.append(one)
                elif one.any():
                    hidden.append(one)
                    names.append((measure, *(str(row[name]) for name in KEYS)))
        if hidden:
            yield Attacker(least, truth, np.array(known), below), np.array(hidden), names


def joint(people: pd.DataFrame, spend: pd.DataFrame, told: Suppressed) -> set[tuple[str, ...]]:
    """The keys of figures not told that one value fits, to who reads the measures together."""
    return {
        name
        for reader, hidden, names in readers(people, spend, told)
        for name, fixed in zip(names, reader.pinned(hidden), strict=True)
        if fixed
    }


def told_of(people: pd.DataFrame, spend: pd.DataFrame, threshold: int) -> Suppressed:
    """What a segmented extract tells of the same people and spend."""
    return shown(people, spend.assign(basis=RECORDED, **({} if "activity" in spend else {"activity": 0})), threshold)


def by_key(shown: Suppressed) -> pd.DataFrame:
    rows = everything(shown.people, shown.spend, shown.totals)
    return rows.sort_values(KEYS, ignore_index=True)


# -- What holds -----------------------------------------------------------------------------------------------------------------

quick = settings(max_examples=40, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large])


@quick
@given(tables(anchored=True), st.integers(2, 7))
def test_no_suppressed_figure_can_be_found(frames: tuple[pd.DataFrame, pd.DataFrame], threshold: int) -> None:
    shown = suppress(*frames, threshold)
    assert shown.exposed == 0
    assert found(*frames, shown) == set()


@quick
@given(tables(), st.integers(2, 7))
def test_what_can_be_found_all_the_same_is_counted(frames: tuple[pd.DataFrame, pd.DataFrame], threshold: int) -> None:
    shown = suppress(*frames, threshold)
    assert len(found(*frames, shown)) <= shown.exposed


@settings(quick, max_examples=25)
@given(tables(anchored=True), st.integers(2, 7))
def test_nor_by_reading_people_months_and_users_together(frames: tuple[pd.DataFrame, pd.DataFrame], threshold: int) -> None:
    assert joint(*frames, told_of(*frames, threshold)) == set()


def test_users_of_what_everybody_uses_do_not_give_a_hidden_pair_back() -> None:
    """Four pairs are hidden for the sake of one of three people; everybody of the other three is seen by a general practice."""
    sizes = {("a", "x"): 3, ("a", "y"): 40, ("a", "z"): 90, ("b", "x"): 30, ("b", "y"): 50, ("b", "z"): 90, ("c", "x"): 95, ("c", "y"): 99, ("c", "z"): 80}  # fmt: skip
    people = pd.DataFrame(
        [(2026, *pair, size, 12 * size, (100 if size > 3 else 50) * size) for pair, size in sizes.items()], columns=[*PAIR, *PEOPLE]
    )
    routes = (("primary", 1), ("community", 2))
    lines = [(2026, *pair, route, "t", "nhs", -(-size // part), 50 * size, size) for pair, size in sizes.items() for route, part in routes if size > 3 or part > 1]  # fmt: skip
    spend = pd.DataFrame(lines, columns=[*KEYS, *SPEND])
    told = told_of(people, spend, 5)
    hidden = set(told.people.loc[told.people["suppressed"], PAIR].itertuples(index=False, name=None))
    assert len(hidden) >= 4 and joint(people, spend, told) == set()
    ((reader, sums, names),) = readers(people, spend, told)
    mine = sums[names.index(("people", "2026", "a", "x", ALL, ALL, ALL))]
    assert mine @ reader.lowest(-mine) >= 5, "for all the reader knows, it is not small"
    here = pd.Series([key in hidden for key in told.spend[PAIR].itertuples(index=False, name=None)])
    assert told.spend.loc[here, ["users", "activity"]].isna().all(axis=None)
    assert told.spend.loc[~here & ~told.spend["suppressed"], ["users", "activity"]].notna().all(axis=None)


def test_a_few_who_do_not_use_what_all_others_use_are_not_counted_out() -> None:
    """Three of 90 use what everybody else uses: users are no more than people, so a total would leave 3 as the only answer."""
    people = pd.DataFrame([(2026, s, p, 90, 1080, 900) for s in "ab" for p in "xy"], columns=[*PAIR, *PEOPLE])
    lines = [(2026, s, p, route, "t", "nhs", 3 if (s, p, route) == ("a", "x", "acute") else 90, 450, 90) for s in "ab" for p in "xy" for route in ("acute", "primary")]  # fmt: skip
    spend = pd.DataFrame(lines, columns=[*KEYS, *SPEND])
    assert joint(people, spend, told_of(people, spend, 5)) == set()


def test_activity_without_a_user_is_small() -> None:
    people, spend = one_small_line()
    spend = spend.assign(activity=50)
    spend.loc[0, ["users", "cost_pence", "activity"]] = [0, 0, 1]
    people.loc[0, "cost_pence"] -= 3000
    shown = suppress(people, spend, 5)
    assert shown.spend["suppressed"].iloc[0] and shown.primary == 2
    assert suppress(people, spend, 0).primary == 0


@quick
@given(tables(), st.integers(0, 7))
def test_small_goes_and_the_rest_stands(frames: tuple[pd.DataFrame, pd.DataFrame], threshold: int) -> None:
    people, spend = frames
    before = people.copy(), spend.copy()
    shown = suppress(people, spend, threshold)
    pd.testing.assert_frame_equal(people, before[0])
    pd.testing.assert_frame_equal(spend, before[1])
    small_pairs = pd.MultiIndex.from_frame(people[people["people"] < threshold][PAIR])
    for given_, got, count, measures in ((people, shown.people, "people", PEOPLE), (spend, shown.spend, "users", SPEND)):
        hidden, names = got["suppressed"].to_numpy(bool), [name for name in measures if name in given_]
        empty = (given_[names] == 0).all(axis=1).to_numpy()
        small = (given_[count].between(1, threshold - 1) | pd.MultiIndex.from_frame(given_[PAIR]).isin(small_pairs)).to_numpy() & ~empty
        assert hidden[small].all()
        assert not hidden[empty].any()
        assert (got.loc[~hidden, names] == given_.loc[~hidden, names]).all(axis=None)
        assert got.loc[hidden, names].isna().all(axis=None)
        assert list(got.columns) == [*given_.columns, "suppressed"]
    for _ in systems(people, spend, shown):
        pass  # each total shown is the sum of the original figures
    totals = shown.totals
    grand = totals[(totals[["segment", "place", "setting"]] == ALL).all(axis=1)].set_index("year")
    assert not grand["suppressed"].any()
    assert (grand[PEOPLE] == people.groupby("year")[PEOPLE].sum()).all(axis=None)
    shown_totals = totals[~totals["suppressed"]]
    count = shown_totals["people"].fillna(0) + shown_totals["users"].fillna(0)
    assert not (count.between(1, threshold - 1) & ~(shown_totals[["segment", "place", "setting"]] == ALL).all(axis=1)).any()
    assert shown.primary + shown.secondary == sum(int(frame["suppressed"].sum()) for frame in (shown.people, shown.spend, totals))
    if threshold < 2:
        assert shown.primary + shown.secondary == 0


@quick
@given(tables(), st.integers(2, 7), st.integers(0, 2**32 - 1))
def test_the_order_of_the_rows_does_not_matter(frames: tuple[pd.DataFrame, pd.DataFrame], threshold: int, seed: int) -> None:
    mixed = [frame.sample(frac=1, random_state=np.random.default_rng(seed)) for frame in frames]
    first, second = suppress(*frames, threshold), suppress(mixed[0], mixed[1], threshold)
    pd.testing.assert_frame_equal(by_key(first), by_key(second))
    pd.testing.assert_index_equal(second.spend.index, mixed[1].index)
    assert (first.primary, first.secondary, first.exposed) == (second.primary, second.secondary, second.exposed)


def test_a_table_worked_by_hand() -> None:
    # The 3 children in the west are hidden with the other place, the other route and another segment. Of adults (21 and 41
    # users) and elders (20 and 40) the elders are fewer: 8 lines, no pair and no total.
    people, spend = one_small_line()
    shown = suppress(people, spend, 5)
    lines = shown.spend[shown.spend["suppressed"]]
    assert set(zip(lines["segment"], lines["place"], lines["setting"], strict=True)) == {
        (segment, place, setting) for segment in ("children", "elders") for place in ("east", "west") for setting in ("acute", "community")
    }
    assert (shown.primary, shown.secondary, shown.exposed) == (1, 7, 0)
    assert not shown.people["suppressed"].any()
    assert not shown.totals["suppressed"].any()
    children = shown.totals.query("segment == 'children' and place == 'all' and setting == 'community'").iloc[0]
    assert (children["users"], children["cost_pence"]) == (23, 4000)


def test_a_small_pair_goes_with_all_its_lines_and_its_cost() -> None:
    people, spend = one_small_line()
    people.loc[(people["segment"] == "children") & (people["place"] == "west"), ["people", "person_months"]] = [4, 48]
    spend.loc[(spend["segment"] == "children") & (spend["place"] == "west"), "users"] = 3
    shown = suppress(people, spend, 5)
    assert set(zip(*(shown.people.loc[shown.people["suppressed"], name] for name in ("segment", "place")), strict=True)) == {
        (segment, place) for segment in ("children", "elders") for place in ("east", "west")
    }
    assert found(people, spend, shown) == set()


def test_a_small_total_is_suppressed_and_only_the_grand_total_is_sure_to_stand() -> None:
    people = pd.DataFrame([(2026, "a", "x", 3, 30, 90), (2026, "b", "y", 60, 700, 900)], columns=[*PAIR, *PEOPLE])
    spend = pd.DataFrame(
        [(2026, "a", "x", "acute", "trust", "nhs", 2, 90), (2026, "b", "y", "acute", "trust", "nhs", 50, 900)],
        columns=[*KEYS, "users", "cost_pence"],
    )
    shown = suppress(people, spend, 5)
    assert shown.people["suppressed"].all()
    assert shown.spend["suppressed"].all()
    stands = shown.totals[~shown.totals["suppressed"]]
    # With one route, its total is the grand total; no other total is left.
    assert (stands[["segment", "place"]] == ALL).all(axis=None)
    assert (stands["cost_pence"] == 990).all()
    assert shown.exposed == 0
    assert found(people, spend, shown) == set()


def test_what_one_place_with_one_segment_cannot_hide_is_counted() -> None:
    people = pd.DataFrame([(2026, "a", "x", 3, 30, 90)], columns=[*PAIR, *PEOPLE])
    spend = pd.DataFrame([(2026, "a", "x", "acute", "trust", "nhs", 2, 90)], columns=[*KEYS, "users", "cost_pence"])
    shown = suppress(people, spend, 5)
    assert shown.exposed >= len(found(people, spend, shown)) > 0


def test_months_that_cannot_be_lower_are_counted_as_given_away() -> None:
    """Two pairs of one month each in all: their total says so, though users could be moved from line to line."""
    people = pd.DataFrame([(2026, "a", "x", 30, 1, 10), (2026, "b", "x", 2, 1, 10)], columns=[*PAIR, *PEOPLE])
    lines = [(2026, "a", "x", "acute", "trust", "nhs", 3, 10, 8), (2026, "b", "x", "acute", "trust", "nhs", 2, 10, 3)]
    spend = pd.DataFrame(lines, columns=[*KEYS, *SPEND])
    shown = suppress(people, spend, 5)
    assert shown.exposed >= len(found(people, spend, shown)) > 0


def test_for_all_the_reader_knows_a_small_figure_is_not_small() -> None:
    people, spend = one_small_line()
    cell = ("2026", "children", "west", "community", "trust", "nhs")
    highest = {}
    for measure, least, truth, equations, secret, names in systems(people, spend, suppress(people, spend, 5)):
        if cell in names:
            mine = secret[names.index(cell)]
            highest[measure] = int(mine @ Attacker(least, truth, equations).lowest(-mine))
    # The lowered neighbours (other place, route and segment; all three) can give 19 users, and 2,000 pence.
    assert highest == {"users": 3 + 19, "cost_pence": 2000 + 2000}


def boxes(**changes: tuple[int, int]) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Two segments, two places, two routes, 90 people a pair; 40 users and 4,000 pence a line but where said: `ax1=(users, pence)`."""
    lines = []
    for segment, place, route in product("ab", "xy", "12"):
        users, pence = changes.get(f"{segment}{place}{route}", (40, 4000))
        lines.append((2026, segment, place, route, "t", "nhs", users, pence))
    spend = pd.DataFrame(lines, columns=[*KEYS, "users", "cost_pence"])
    people = spend.groupby(PAIR, as_index=False)["cost_pence"].sum().assign(people=90, person_months=1080)
    return people[[*PAIR, *PEOPLE]], spend


def most(people: pd.DataFrame, spend: pd.DataFrame, cell: tuple[str, ...], told: Suppressed) -> dict[str, int]:
    """The most that a line can be, for all who sees what is told knows, by measure."""
    return {
        measure: int(secret[names.index(cell)] @ Attacker(least, truth, equations).lowest(-secret[names.index(cell)]))
        for measure, least, truth, equations, secret, names in systems(people, spend, told)
        if cell in names
    }


CHILDREN = ("2026", "children", "west", "community", "trust", "nhs")


def at(spend: pd.DataFrame, segment: str, place: str, setting: str) -> Any:
    return (spend["segment"] == segment) & (spend["place"] == place) & (spend["setting"] == setting)


def test_the_threshold_itself_is_shown() -> None:
    frames = boxes(ax1=(5, 500))
    assert suppress(*frames, 5).primary + suppress(*frames, 5).secondary == 0
    assert suppress(*frames, 6).primary == 1 and suppress(*frames, 6).spend["suppressed"].iloc[0]


def test_the_cost_of_a_small_figure_is_uncertain_by_a_tenth() -> None:
    """The elders are fewest, but their 100 pence cannot hide 2,000: the adults are suppressed instead."""
    people, spend = one_small_line()
    spend.loc[at(spend, "elders", "west", "community"), "cost_pence"] = 100
    people.loc[(people["segment"] == "elders") & (people["place"] == "west"), "cost_pence"] = 3100
    told = suppress(people, spend, 5)
    assert most(people, spend, CHILDREN, told)["cost_pence"] >= 2200
    assert set(told.spend.loc[told.spend["suppressed"], "segment"]) == {"children", "adults"}


def test_a_small_figure_can_be_the_threshold_beside_another_small_one() -> None:
    """Two elders are small too, and cost no further figure; but if they were one, three children would be four, and never five."""
    people, spend = one_small_line()
    spend.loc[at(spend, "elders", "west", "community"), "users"] = 2
    told = suppress(people, spend, 5)
    assert most(people, spend, CHILDREN, told)["users"] >= 5


def test_no_total_goes_where_lines_will_do() -> None:
    """No line elsewhere can hide a tenth of 100,000 pence, totals could; that is no reason to lose them."""
    told = suppress(*boxes(ax1=(3, 100_000), ax2=(40, 100_000)), 5)
    assert told.secondary == 7 and not told.totals["suppressed"].any()


def test_totals_by_route_go_before_those_every_price_rests_on() -> None:
    heads = {("a", "x"): 9, ("a", "y"): 30, ("a", "z"): 30, ("b", "y"): 30, ("b", "z"): 9}
    rows = [("a", "x", "1", 9, 100), ("a", "x", "2", 1, 10), ("a", "z", "1", 1, 100), ("a", "z", "3", 9, 2), ("b", "y", "3", 6, 600), ("b", "z", "2", 2, 200)]  # fmt: skip
    spend = pd.DataFrame([(2026, *row[:3], "t", "nhs", *row[3:]) for row in rows], columns=[*KEYS, "users", "cost_pence"])
    cost = spend.groupby(["segment", "place"])["cost_pence"].sum()
    people = pd.DataFrame([(2026, *pair, size, 12 * size, cost.get(pair, 0)) for pair, size in heads.items()], columns=[*PAIR, *PEOPLE])
    told = suppress(people, spend, 5)
    assert found(people, spend, told) == set()
    hidden = told.totals[told.totals["suppressed"]]
    assert (hidden["setting"] == ALL).sum() == 2 and len(hidden) == 14


@pytest.mark.parametrize("few", [("ax1", "ax2"), ("ax1", "by2")])
def test_on_the_other_route_only_pounds_move(few: tuple[str, str]) -> None:
    """One user cannot become none; but users do not add up over routes, so the other route need not lose any."""
    people, spend = boxes(**{name: (1, 4000) for name in few})
    told = suppress(people, spend, 5)
    assert (told.primary, told.secondary) == (2, 6) and not told.totals["suppressed"].any()
    assert found(people, spend, told) == set()


def test_without_secondary_suppression_the_attacker_wins(monkeypatch: pytest.MonkeyPatch) -> None:
    people, spend = one_small_line()
    monkeypatch.setattr(module._Table, "protect", lambda table: 0)
    shown = suppress(people, spend, 5)
    assert (shown.primary, shown.secondary) == (1, 0)
    assert found(people, spend, shown) == {("2026", "children", "west", "community", "trust", "nhs")}
    (solved_users,) = [solved(a, h).tolist() for name, _, _, a, h, _ in systems(people, spend, shown) if name == "users"]
    assert solved_users == [True]


def test_a_box_short_of_one_corner_is_not_enough(monkeypatch: pytest.MonkeyPatch) -> None:
    people, spend = one_small_line()
    whole = module._Table._pattern
    monkeypatch.setattr(module._Table, "_pattern", lambda table, cell: (whole(table, cell)[0][1:], True))
    assert found(people, spend, suppress(people, spend, 5)) != set()


def test_keys_of_any_kind_and_lines_of_nobody() -> None:
    people, spend = one_small_line()
    nobody = spend.iloc[[0]].assign(segment="infants", users=0, cost_pence=0)
    spend = pd.concat([spend, nobody], ignore_index=True)
    shown = suppress(people.astype({"segment": "category"}), spend.astype({"place": "category", "users": "Int64"}), 5)
    assert (shown.primary, shown.secondary) == (1, 7)
    assert not shown.spend["suppressed"].iloc[-1]
    only = suppress(people.assign(cost_pence=0), spend.iloc[:0], 91)
    assert only.people["suppressed"].all()
    assert len(suppress(people.iloc[:0], spend.iloc[:0], 5).totals) == 0


@pytest.mark.parametrize(
    ("name", "change", "says"),
    [
        ("people", {"cost_pence": 1}, "adds up to 4999 pence more"),
        ("people", {"people": -1}, "negative"),
        ("spend", {"users": 1.5}, "not whole"),
        ("spend", {"place": "all"}, "called all"),
        ("spend", {"place": "east", "segment": "adults", "setting": "acute"}, "given twice"),
    ],
)
def test_what_is_not_a_whole_table_is_refused(name: str, change: dict[str, object], says: str) -> None:
    frames = dict(zip(("people", "spend"), one_small_line(), strict=True))
    row = frames[name].iloc[[0 if "cost_pence" in change or "people" in change else 1]].assign(**change)
    frames[name] = pd.concat([frames[name].drop(index=row.index), row], ignore_index=True)
    with pytest.raises(BadInput, match=says):
        suppress(frames["people"], frames["spend"], 5)
