"""Suppression worked by hand: which figures go, which stay, and what is said of what could still be found."""

from __future__ import annotations

from itertools import product

import pandas as pd
import pytest
from attackers import KEYS, PEOPLE, SPEND, Attacker, at, found, one_small_line, solved, systems

from capmodel.baseline.persons import suppress as module
from capmodel.baseline.persons.suppress import ALL, PAIR, Suppressed, suppress
from capmodel.errors import BadInput


def test_a_table_worked_by_hand() -> None:
    # The 3 children in the west are hidden with the other locality, the other route and another segment. Of adults (21 and 41
    # users) and elders (20 and 40) the elders are fewer: 8 lines, no pair and no total.
    people, spend = one_small_line()
    shown = suppress(people, spend, 5)
    lines = shown.spend[shown.spend["suppressed"]]
    assert set(zip(lines["segment"], lines["locality"], lines["setting"], strict=True)) == {
        (segment, locality, setting)
        for segment in ("children", "elders")
        for locality in ("east", "west")
        for setting in ("acute", "community")
    }
    assert (shown.primary, shown.secondary, shown.exposed) == (1, 7, 0)
    assert not shown.people["suppressed"].any()
    assert not shown.totals["suppressed"].any()
    children = shown.totals.query("segment == 'children' and locality == 'all' and setting == 'community'").iloc[0]
    assert (children["users"], children["cost_pence"]) == (23, 4000)


def test_a_small_pair_goes_with_all_its_lines_and_its_cost() -> None:
    people, spend = one_small_line()
    people.loc[(people["segment"] == "children") & (people["locality"] == "west"), ["people", "person_months"]] = [4, 48]
    spend.loc[(spend["segment"] == "children") & (spend["locality"] == "west"), "users"] = 3
    shown = suppress(people, spend, 5)
    assert set(zip(*(shown.people.loc[shown.people["suppressed"], name] for name in ("segment", "locality")), strict=True)) == {
        (segment, locality) for segment in ("children", "elders") for locality in ("east", "west")
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
    assert (stands[["segment", "locality"]] == ALL).all(axis=None)
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
    # The lowered neighbours (other locality, route and segment; all three) can give 19 users, and 2,000 pence.
    assert highest == {"users": 3 + 19, "cost_pence": 2000 + 2000}


def boxes(**changes: tuple[int, int]) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Two segments, two localities, two routes, 90 people a pair; 40 users and 4,000 pence a line but where said: `ax1=(users, pence)`."""
    lines = []
    for segment, locality, route in product("ab", "xy", "12"):
        users, pence = changes.get(f"{segment}{locality}{route}", (40, 4000))
        lines.append((2026, segment, locality, route, "t", "nhs", users, pence))
    spend = pd.DataFrame(lines, columns=[*KEYS, "users", "cost_pence"])
    people = spend.groupby(PAIR, as_index=False)["cost_pence"].sum().assign(people=90, person_months=1080)
    return people[[*PAIR, *PEOPLE]], spend


def most(people: pd.DataFrame, spend: pd.DataFrame, cell: tuple[str, ...], message: Suppressed) -> dict[str, int]:
    """The most that a line can be, for all who sees what is reported knows, by measure."""
    return {
        measure: int(secret[names.index(cell)] @ Attacker(least, truth, equations).lowest(-secret[names.index(cell)]))
        for measure, least, truth, equations, secret, names in systems(people, spend, message)
        if cell in names
    }


CHILDREN = ("2026", "children", "west", "community", "trust", "nhs")


def test_the_threshold_itself_is_shown() -> None:
    frames = boxes(ax1=(5, 500))
    assert suppress(*frames, 5).primary + suppress(*frames, 5).secondary == 0
    assert suppress(*frames, 6).primary == 1 and suppress(*frames, 6).spend["suppressed"].iloc[0]


def test_the_cost_of_a_small_figure_is_uncertain_by_a_tenth() -> None:
    """The elders are fewest, but their 100 pence cannot hide 2,000: the adults are suppressed instead."""
    people, spend = one_small_line()
    spend.loc[at(spend, "elders", "west", "community"), "cost_pence"] = 100
    people.loc[(people["segment"] == "elders") & (people["locality"] == "west"), "cost_pence"] = 3100
    message = suppress(people, spend, 5)
    assert most(people, spend, CHILDREN, message)["cost_pence"] >= 2200
    assert set(message.spend.loc[message.spend["suppressed"], "segment"]) == {"children", "adults"}


def test_a_small_figure_can_be_the_threshold_beside_another_small_one() -> None:
    """Two elders are small too, and cost no further figure; but if they were one, three children would be four, and never five."""
    people, spend = one_small_line()
    spend.loc[at(spend, "elders", "west", "community"), "users"] = 2
    message = suppress(people, spend, 5)
    assert most(people, spend, CHILDREN, message)["users"] >= 5


def test_no_total_goes_where_lines_will_do() -> None:
    """No line elsewhere can hide a tenth of 100,000 pence, totals could; that is no reason to lose them."""
    message = suppress(*boxes(ax1=(3, 100_000), ax2=(40, 100_000)), 5)
    assert message.secondary == 7 and not message.totals["suppressed"].any()


def test_totals_by_route_go_before_those_every_price_rests_on() -> None:
    heads = {("a", "x"): 9, ("a", "y"): 30, ("a", "z"): 30, ("b", "y"): 30, ("b", "z"): 9}
    rows = [("a", "x", "1", 9, 100), ("a", "x", "2", 1, 10), ("a", "z", "1", 1, 100), ("a", "z", "3", 9, 2), ("b", "y", "3", 6, 600), ("b", "z", "2", 2, 200)]  # fmt: skip
    spend = pd.DataFrame([(2026, *row[:3], "t", "nhs", *row[3:]) for row in rows], columns=[*KEYS, "users", "cost_pence"])
    cost = spend.groupby(["segment", "locality"])["cost_pence"].sum()
    people = pd.DataFrame([(2026, *pair, size, 12 * size, cost.get(pair, 0)) for pair, size in heads.items()], columns=[*PAIR, *PEOPLE])
    message = suppress(people, spend, 5)
    assert found(people, spend, message) == set()
    hidden = message.totals[message.totals["suppressed"]]
    assert (hidden["setting"] == ALL).sum() == 2 and len(hidden) == 14


@pytest.mark.parametrize("few", [("ax1", "ax2"), ("ax1", "by2")])
def test_on_the_other_route_only_pounds_move(few: tuple[str, str]) -> None:
    """One user cannot become none; but users do not add up over routes, so the other route need not lose any."""
    people, spend = boxes(**{name: (1, 4000) for name in few})
    message = suppress(people, spend, 5)
    assert (message.primary, message.secondary) == (2, 6) and not message.totals["suppressed"].any()
    assert found(people, spend, message) == set()


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
    shown = suppress(people.astype({"segment": "category"}), spend.astype({"locality": "category", "users": "Int64"}), 5)
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
        ("spend", {"locality": "all"}, "called all"),
        ("spend", {"locality": "east", "segment": "adults", "setting": "acute"}, "given twice"),
    ],
)
def test_what_is_not_a_whole_table_is_refused(name: str, change: dict[str, object], says: str) -> None:
    frames = dict(zip(("people", "spend"), one_small_line(), strict=True))
    row = frames[name].iloc[[0 if "cost_pence" in change or "people" in change else 1]].assign(**change)
    frames[name] = pd.concat([frames[name].drop(index=row.index), row], ignore_index=True)
    with pytest.raises(BadInput, match=says):
        suppress(frames["people"], frames["spend"], 5)
