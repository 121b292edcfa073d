"""What cannot be so in the figures of a place, at its edges: hardly anybody, hardly any money, shares a hair from 1, one account of one line."""

from __future__ import annotations

from collections.abc import Mapping
from types import SimpleNamespace
from typing import Any

import pytest

from capmodel.assumptions.pack import Column, Entry, Figure
from capmodel.baseline import recorded, spend_checks
from capmodel.errors import Problem

ROUTE = ("segment", "setting", "provider", "payer")
ACCOUNT = ("payer", "setting")


def column(name: str, keys: tuple[str, ...], values: Mapping[tuple[str, ...], float], faulty: bool = False) -> Column:
    figures = {(key, None): Figure(value, "local", "s01", "2026") for key, value in values.items()}
    return Column(name, keys, figures, f"{name}.csv", faulty=faulty)


def whats(check: Any, *given: Any) -> list[str]:
    problems: list[Problem] = []
    check(*given, problems)
    return [problem.what for problem in problems]


# ------------------------------------------------------------------ published figures


def published(people: float = 10.0, anchor: tuple[float, float] = (1, 0), known: tuple[float, float] = (1, 0)) -> dict[str, Column]:
    groups = {"group_persons": (people, 5.0), "anchor_flag": anchor, "calibrated_flag": known}
    return {name: column(name, ("group",), {("a",): one, ("b",): other}) for name, (one, other) in groups.items()}


@pytest.mark.parametrize(("people", "refused"), [(0.0, True), (0.5, False), (1.0, False)])
def test_the_group_that_anchors_has_people_however_few(people: float, refused: bool) -> None:
    assert whats(spend_checks.check_figures, published(people)) == (["the population is zero"] if refused else [])


@pytest.mark.parametrize(
    ("anchor", "known", "what"),
    [
        ((1, 1), (1, 1), "2 groups anchor the population"),
        ((0, 0), (1, 1), "0 groups anchor the population"),
        ((1, 0), (0, 1), "the group that anchors it has no published totals"),
        ((0, 1), (1, 0), "the group that anchors it has no published totals"),
    ],
)
def test_one_group_with_published_totals_anchors(anchor: tuple[float, float], known: tuple[float, float], what: str) -> None:
    assert whats(spend_checks.check_figures, published(anchor=anchor, known=known)) == [what]
    assert whats(spend_checks.check_figures, published(anchor=(0, 1), known=(0, 1))) == []


def pack_of(years: tuple[str, ...] = ("2015", "2026"), faulty: bool = False, **more: Column) -> Any:
    segments = tuple(Entry(name, name, {"group": "a", "price_year": "2015", "base_year": "2026"}) for name in ("one", "two"))
    index = column("gdp_deflator_index", ("index_year",), {(year,): 1.0 for year in years}, faulty)
    dimensions = {
        "segment": segments,
        "group": (Entry("a", "A", {}),),
        "setting": tuple(Entry(name, name, {}) for name in ("ward", "home")),
    }
    return SimpleNamespace(dimensions=dimensions, columns={"gdp_deflator_index": index, **more}, base_year=2026, copied={})


def test_a_year_without_a_price_index_is_reported_unless_the_index_is_at_fault_itself() -> None:
    assert whats(spend_checks.check_price_years, pack_of()) == []
    assert whats(spend_checks.check_price_years, pack_of(("2026",))) == ["the price year of one, two is 2015"]
    assert whats(spend_checks.check_price_years, pack_of(("2015",))) == ["the base year of one, two is 2026"]
    assert whats(spend_checks.check_price_years, pack_of((), faulty=True)) == []


@pytest.mark.parametrize(("off", "refused"), [(0.0, False), (5e-10, False), (-5e-10, False), (2e-9, True), (-2e-9, True)])
def test_shares_add_up_to_1_but_for_noise(off: float, refused: bool) -> None:
    groups = column("group_share", ("segment",), {("one",): 0.4, ("two",): 0.6 + off})
    settings = column("setting_share", ("segment", "setting"), {("one", "ward"): 0.25, ("one", "home"): 0.75 + off, ("two", "ward"): 0.5, ("two", "home"): 0.5})  # fmt: skip
    for name, shares, whole in (("group_share", groups, "a"), ("setting_share", settings, "one")):
        found = whats(spend_checks.check_shares, pack_of(**{name: shares}))
        assert [what.startswith(f"the shares of {whole} add up to") for what in found] == [True] * refused
        part = Column(name, shares.keys, dict(list(shares.figures.items())[1:]), shares.file)
        assert not any(f"of {whole} " in what for what in whats(spend_checks.check_shares, pack_of(**{name: part}))), "a missing row is reported as that"  # fmt: skip


# ------------------------------------------------------------------ recorded figures


def recorded_of(
    people: float = 10.0, cost: float = 100.0, apportioned: float = 0.0, **accounts: Mapping[tuple[str, str], float]
) -> dict[str, Column]:
    line, account = ("one", "ward", "trust", "board"), ("board", "ward")
    given = {
        "accounts_gbp": {account: 0.0},
        "accounts_given_flag": {account: 1.0},
        "scaled_flag": {account: 0.0},
        "unlinked_gbp": {account: 0.0},
    }
    made = {name: column(name, ACCOUNT, {**values, **accounts.get(name, {})}) for name, values in given.items()}
    made |= {"recorded_persons": column("recorded_persons", ("segment",), {("one",): people})}
    made |= {"recorded_cost_gbp": column("recorded_cost_gbp", ROUTE, {line: cost})}
    return made | {"apportioned_cost_gbp": column("apportioned_cost_gbp", ROUTE, {line: apportioned})}


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ({}, []),
        ({"people": 0.5, "cost": 0.01}, []),
        ({"people": 1.0, "cost": 1.0}, []),
        ({"cost": 0.0, "apportioned": 0.01}, []),
        ({"cost": 0.0}, ["nothing is spent"]),
        ({"people": 0.0}, ["the population is zero", "one has spend and nobody in it"]),
        ({"cost": 100.004}, ["one, ward, trust, board is 100.004"]),
        ({"apportioned": -0.01}, ["one, ward, trust, board is -0.01"]),
        ({"cost": -0.01, "apportioned": 0.02}, []),
    ],
)
def test_a_place_has_people_and_spend_however_little_and_money_to_the_penny(given: dict[str, float], expected: list[str]) -> None:
    assert whats(recorded.check_figures, recorded_of(**given)) == expected


@pytest.mark.parametrize(
    ("booked", "given", "scaled", "cost", "expected"),
    [
        (100.0, 1, 1, 100.0, []),
        (0.0, 1, 1, 100.0, []),
        (0.01, 0, 0, 100.0, ["board, ward is 0.01, and accounts_given_flag.csv says that no accounts were given"]),
        (-0.01, 0, 0, 100.0, ["board, ward is -0.01, and accounts_given_flag.csv says that no accounts were given"]),
        (0.0, 0, 0, 100.0, []),
        (0.0, 0, 1, 100.0, ["board, ward is to be scaled to the accounts"]),
        (-0.01, 1, 1, 100.0, ["board, ward is to be scaled to the accounts"]),
        (0.01, 1, 1, 0.0, ["board, ward is to be scaled to the accounts"]),
        (1.0, 1, 1, 0.01, []),
    ],
)
def test_an_account_is_scaled_to_where_it_is_given_and_something_was_recorded(
    booked: float, given: float, scaled: float, cost: float, expected: list[str]
) -> None:
    at = ("board", "ward")
    more = {"accounts_gbp": {at: booked}, "accounts_given_flag": {at: given}, "scaled_flag": {at: scaled}}
    columns = recorded_of(cost=cost, **more)
    elsewhere = column("recorded_cost_gbp", ROUTE, {("one", "ward", "trust", "board"): cost, ("one", "home", "trust", "board"): 5.0})
    assert whats(recorded.check_figures, {**columns, "recorded_cost_gbp": elsewhere}) == expected


def test_an_account_without_a_row_of_whether_it_is_given_is_reported_as_that_alone() -> None:
    columns = recorded_of(accounts_gbp={("board", "ward"): 7.0}, scaled_flag={("board", "ward"): 1.0})
    assert whats(recorded.check_figures, {**columns, "accounts_given_flag": column("accounts_given_flag", ACCOUNT, {})}) == []
