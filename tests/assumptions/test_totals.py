"""Rows of totals are found by name and by figures, within what printing loses; bodies that only look like one stay."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from capmodel.assumptions.totals import named_total, totals_problems

PEOPLE = [12_481, 20_327, 15_908, 9_442, 31_077, 17_265]
MONEY = [1_510.4, 2_903.7, 2_251.1, 1_244.9, 4_120.3, 2_030.6]


def said(people: Sequence[float], money: Sequence[float], groups: Sequence[int] | None = None, known: Sequence[str] = ()) -> list[str]:
    keys = [f"P{i}" for i in range(len(people))]
    columns = {"list_persons": np.array([people], dtype=float), "baseline_gbp": np.array([money], dtype=float)}
    within = {"region": np.array(groups, dtype=np.intp)} if groups else None
    return [problem.where for problem in totals_problems(keys, keys, columns, within, known)]


def test_a_total_of_all_is_found_wherever_it_stands_and_however_it_was_rounded() -> None:
    for off_people, off_money in ((0, 0.0), (2, -0.2), (-3, 0.3)):
        total = [sum(PEOPLE) + off_people, sum(MONEY) + off_money]
        assert said([*PEOPLE, total[0]], [*MONEY, total[1]]) == ["P6"]
        assert said([total[0], *PEOPLE], [total[1], *MONEY]) == ["P0"]


def test_a_total_printed_in_thousands_among_rows_printed_in_full_is_found() -> None:
    people, money = [184_217, 90_663, 251_340], [1_510_432.0, 2_903_718.0, 2_251_102.0]
    assert said([*people, 526_000], [*money, 6_665_000.0]) == ["P3"]
    assert said([*people, 526_000], [*money, 6_675_000.0]) == [], "the money is not that of the others"


@pytest.mark.parametrize("order", [[0, 1, 2, 3, 4, 5], [4, 1, 5, 0, 3, 2]], ids=["sorted", "mixed"])
@pytest.mark.parametrize("after", [True, False])
def test_totals_of_regions_listed_by_themselves_are_found(order: list[int], after: bool) -> None:
    regions = [[0, 1], [2, 3, 4, 5]]

    def listed(figures: Sequence[float]) -> list[float]:
        own, totals = [figures[i] for i in order], [sum(figures[i] for i in region) for region in regions]
        return [*own, *totals] if after else [*totals, *own]

    assert said(listed(PEOPLE), listed(MONEY)) == (["P6", "P7"] if after else ["P0", "P1"])
    grand = said([*listed(PEOPLE), sum(PEOPLE)], [*listed(MONEY), sum(MONEY)])
    assert grand == (["P6", "P7", "P8"] if after else ["P0", "P1", "P8"])


def test_a_total_that_is_further_off_than_rounding_is_a_body() -> None:
    assert said([*PEOPLE, sum(PEOPLE) + 40], [*MONEY, sum(MONEY)]) == []
    assert said([*PEOPLE, sum(PEOPLE)], [*MONEY, sum(MONEY) + 9]) == []


def test_sub_totals_and_the_grand_total_of_them_are_found() -> None:
    people = [*PEOPLE[:3], sum(PEOPLE[:3]), *PEOPLE[3:], sum(PEOPLE[3:]), sum(PEOPLE)]
    money = [*MONEY[:3], sum(MONEY[:3]) + 0.1, *MONEY[3:], sum(MONEY[3:]) - 0.1, sum(MONEY)]
    assert said(people, money) == ["P3", "P7", "P8"]


def test_a_region_that_stands_among_its_places_is_found() -> None:
    people = [PEOPLE[0], PEOPLE[1], PEOPLE[2], PEOPLE[0] + PEOPLE[2] + PEOPLE[4], PEOPLE[4], PEOPLE[5]]
    money = [MONEY[0], MONEY[1], MONEY[2], MONEY[0] + MONEY[2] + MONEY[4], MONEY[4], MONEY[5]]
    assert said(people, money) == []
    assert said(people, money, [0, 1, 0, 0, 0, 1]) == ["P3"]
    assert said(people, money, [0, 1, 0, 0, 0, 1], known=["P3"]) == []


@pytest.mark.parametrize(
    ("people", "money"),
    [
        ([5, 5], [7, 7]),
        ([0, 0, 0], [0, 0, 0]),
        ([10, 20, 30], [1000, 2500, 3100]),
        ([3000, 1000, 2000], [9, 4, 6]),
        ([100], [5]),
        ([81_355, 81_355, 0], [71.4, 71.4, 0]),
        ([41_355, 52_917, 41_355, 52_917], [31.4, 42.9, 31.4, 42.9]),
    ],
    ids=["two alike", "nothing", "people alone add up", "money does not", "one row", "two alike and one closed", "each of two twice"],
)
def test_bodies_that_happen_to_add_up_stay(people: list[float], money: list[float]) -> None:
    assert said(people, money) == []


@settings(max_examples=60)
@given(st.integers(0, 2**32 - 1), st.integers(3, 60))
def test_bodies_of_any_size_are_no_totals(seed: int, count: int) -> None:
    draw = np.random.default_rng(seed)
    people = np.round(draw.lognormal(9, 1, count))
    assert said(people.tolist(), np.round(people * draw.normal(1.1, 0.2, count), 1).tolist()) == []


NAMED = ["Total", "TOTAL", "Totals:", "Grand total", "Sub-total", "subtotal", "All boards", "All", "Sum", "England", "North region total", "Total for England", "National average", "Overall", "National", "Total - England", "Total: North", "Total (9 boards)", "Total*", "Subtotal North", "All other places", "All Wales"]  # fmt: skip
BODIES = ["Totnes", "Total Care Ltd", "Allerdale", "Summerfield", "North East England", "Allied practices", "Meanwood", "A1498", "All Saints Surgery", "All Saints", "All Hallows", "England Lane", "Alliance", "Sum-Up Health"]  # fmt: skip


@pytest.mark.parametrize("name", NAMED)
def test_a_name_says_that_a_row_is_a_total(name: str) -> None:
    assert named_total(name)


@pytest.mark.parametrize("name", BODIES)
def test_a_body_keeps_its_name(name: str) -> None:
    assert not named_total(name)


def test_a_country_among_countries_is_a_body() -> None:
    assert not named_total("England", ["England", "Wales"])
