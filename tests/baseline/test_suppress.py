"""Small numbers stay unknown: an attacker with every figure shown, linear algebra and a whole-number solver cannot find them."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pandas as pd
from attackers import KEYS, PEOPLE, SPEND, Attacker, everything, found, one_small_line, quick, suppressed_of, systems, tables
from hypothesis import given, settings
from hypothesis import strategies as st

from capmodel.baseline.persons.suppress import ALL, PAIR, Suppressed, suppress

# -- The tables -----------------------------------------------------------------------------------------------------------------


def readers(people: pd.DataFrame, spend: pd.DataFrame, message: Suppressed) -> Iterator[tuple[Attacker, np.ndarray, list[tuple[str, ...]]]]:
    """For each year who reads people, months and users together, the sums not reported to him, and their measures and keys.

    Users are no more than the people of their pair, months no more than twelve a person.
    """
    rows = everything(message.people, message.spend, message.totals)
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


def joint(people: pd.DataFrame, spend: pd.DataFrame, message: Suppressed) -> set[tuple[str, ...]]:
    """The keys of figures not reported that one value fits, to who reads the measures together."""
    return {
        name
        for reader, hidden, names in readers(people, spend, message)
        for name, fixed in zip(names, reader.pinned(hidden), strict=True)
        if fixed
    }


def by_key(shown: Suppressed) -> pd.DataFrame:
    rows = everything(shown.people, shown.spend, shown.totals)
    return rows.sort_values(KEYS, ignore_index=True)


# -- What holds -----------------------------------------------------------------------------------------------------------------


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


@settings(quick, max_examples=15)
@given(tables(anchored=True), st.integers(2, 7))
def test_nor_by_reading_people_months_and_users_together(frames: tuple[pd.DataFrame, pd.DataFrame], threshold: int) -> None:
    assert joint(*frames, suppressed_of(*frames, threshold)) == set()


def test_users_of_what_everybody_uses_do_not_give_a_hidden_pair_back() -> None:
    """Four pairs are hidden for the sake of one of three people; everybody of the other three is seen by a general practice."""
    sizes = {("a", "x"): 3, ("a", "y"): 40, ("a", "z"): 90, ("b", "x"): 30, ("b", "y"): 50, ("b", "z"): 90, ("c", "x"): 95, ("c", "y"): 99, ("c", "z"): 80}  # fmt: skip
    people = pd.DataFrame(
        [(2026, *pair, size, 12 * size, (100 if size > 3 else 50) * size) for pair, size in sizes.items()], columns=[*PAIR, *PEOPLE]
    )
    routes = (("primary", 1), ("community", 2))
    lines = [(2026, *pair, route, "t", "nhs", -(-size // part), 50 * size, size) for pair, size in sizes.items() for route, part in routes if size > 3 or part > 1]  # fmt: skip
    spend = pd.DataFrame(lines, columns=[*KEYS, *SPEND])
    message = suppressed_of(people, spend, 5)
    hidden = set(message.people.loc[message.people["suppressed"], PAIR].itertuples(index=False, name=None))
    assert len(hidden) >= 4 and joint(people, spend, message) == set()
    ((reader, sums, names),) = readers(people, spend, message)
    mine = sums[names.index(("people", "2026", "a", "x", ALL, ALL, ALL))]
    assert mine @ reader.lowest(-mine) >= 5, "for all the reader knows, it is not small"
    here = pd.Series([key in hidden for key in message.spend[PAIR].itertuples(index=False, name=None)])
    assert message.spend.loc[here, ["users", "activity"]].isna().all(axis=None)
    assert message.spend.loc[~here & ~message.spend["suppressed"], ["users", "activity"]].notna().all(axis=None)


def test_a_few_who_do_not_use_what_all_others_use_are_not_counted_out() -> None:
    """Three of 90 use what everybody else uses: users are no more than people, so a total would leave 3 as the only answer."""
    people = pd.DataFrame([(2026, s, p, 90, 1080, 900) for s in "ab" for p in "xy"], columns=[*PAIR, *PEOPLE])
    lines = [(2026, s, p, route, "t", "nhs", 3 if (s, p, route) == ("a", "x", "acute") else 90, 450, 90) for s in "ab" for p in "xy" for route in ("acute", "primary")]  # fmt: skip
    spend = pd.DataFrame(lines, columns=[*KEYS, *SPEND])
    assert joint(people, spend, suppressed_of(people, spend, 5)) == set()


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
    grand = totals[(totals[["segment", "locality", "setting"]] == ALL).all(axis=1)].set_index("year")
    assert not grand["suppressed"].any()
    assert (grand[PEOPLE] == people.groupby("year")[PEOPLE].sum()).all(axis=None)
    shown_totals = totals[~totals["suppressed"]]
    count = shown_totals["people"].fillna(0) + shown_totals["users"].fillna(0)
    assert not (count.between(1, threshold - 1) & ~(shown_totals[["segment", "locality", "setting"]] == ALL).all(axis=1)).any()
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
