"""Edges of a fit on people: groups just large enough, flags that hardly any spender has, counts on a limit, and limits of suspicion."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from extracts import pack_of, people, town, written

from capmodel.baseline.persons.extract.column_map import read_map
from capmodel.baseline.persons.report.disclosable import LARGE
from capmodel.baseline.persons.schemes.scheme import read_scheme
from capmodel.baseline.persons.sums.add_up import Request
from capmodel.capitation.fitting import leakage, ways
from capmodel.capitation.fitting.columns import columns_of
from capmodel.capitation.fitting.credibility import StopLoss, chance_by_list_size, truncate, variation_of
from capmodel.capitation.fitting.fit_people import chance_of
from capmodel.capitation.fitting.people import PeopleFigures, Sources
from capmodel.capitation.fitting.read import read_people
from capmodel.capitation.fitting.release import apart, check_pool, pooled, rounded_count
from capmodel.capitation.fitting.tables import _floored
from capmodel.capitation.need import Floored, Origin, Paid, floor_people
from capmodel.errors import BadInput

ORIGIN = Origin("concurrent", "2025", "illustrative", "made up for the test", 1000.0)


def figures(group: np.ndarray, cost: np.ndarray, fewest: int = 5, **more: Any) -> PeopleFigures:
    """People of groups a, b and so on, there all year."""
    count, groups = len(group), int(group.max()) + 1
    ids = tuple("abcdef"[:groups])
    blank = np.zeros(count, dtype=np.intp)
    given: dict[str, Any] = {
        "age": blank + 30,
        "sex": blank - 1,
        "decile": blank,
        "flags": {},
        "own_conditions": tuple(more.get("flags", ())),
    }
    return PeopleFigures(
        paid=Paid("segment", ids, np.bincount(group, minlength=groups).astype(float), "2025"), segments=ids, pooled=(),
        price_gbp=np.ones(groups), person=np.arange(count, dtype=np.uint64), group=group, years=np.ones(count), cost_gbp=cost.astype(float),
        by_setting_gbp={}, score=np.full(count, np.nan), fewest=fewest, **{**given, **more},
    )  # fmt: skip


# ------------------------------------------------------------------ chance


@pytest.mark.parametrize("short", [0, 1])
def test_chance_is_sized_for_groups_just_large_enough_that_cost_something(short: int) -> None:
    sizes = [LARGE * 5 - short, LARGE * 5, LARGE * 10]
    group = np.repeat([0, 1, 2], sizes)
    cost = np.where(group == 1, 0.0, 100.0 + 7.0 * (np.arange(len(group)) % 13))
    found = chance_of(figures(group, cost), 1.0)
    assert np.isnan(found.beyond_chance_share).tolist() == [bool(short), True, False]


def test_the_spread_of_cost_is_shown_to_two_decimals() -> None:
    cost = np.random.default_rng(3).gamma(0.5, 1000, 300)
    exact = variation_of(np.minimum(cost, np.quantile(cost, 0.98)), np.ones(300))
    assert exact != round(exact, 3)
    assert chance_of(figures(np.arange(300) % 2, cost), 0.98).variation == round(exact, 2)


# ------------------------------------------------------------------ ways


def test_the_second_part_of_a_model_leaves_out_what_few_spenders_have() -> None:
    """Forty people have the condition and three of them cost anything: their mean would be what those three cost."""
    pytest.importorskip("sklearn")
    number = np.arange(600)
    rare = number % 15 == 0
    cost = np.where(rare, np.where(number < 45, 5_000.0, 0.0), np.where(number % 3 == 1, 0.0, 500.0 + number))
    given = figures(number % 2, cost, flags={"rare": rare, "common": number % 7 < 3})
    whole = ways.work_out("regression", given, ways.How("ordinary", 1, ORIGIN))
    parts = ways.work_out("regression", given, ways.How("two_part", 1, ORIGIN))
    assert whole.notes == () and parts.notes == ("left out, since fewer than 5 people carry them: rare",)


def test_deprivation_bends_a_curve_whose_smallest_cell_has_just_enough_people(monkeypatch: pytest.MonkeyPatch) -> None:
    decile = np.arange(900) % 3 + 1
    given = figures(np.arange(900) % 2, 100.0 * decile + np.arange(900) % 11, decile=decile)
    smallest = int(np.bincount(decile[~ways.are_held_out(given, 1)])[1:].min())
    for fewest, basis in ((smallest, "age and deprivation"), (smallest + 1, "age")):
        monkeypatch.setattr(ways, "FEWEST_OF_CELL", fewest)
        found = ways.work_out("cost_curves", given, ways.How("ordinary", 1, ORIGIN))
        assert found.need.how.basis == f"cost curves by {basis}"


def test_the_cost_of_everybody_is_the_sum_of_its_settings(tmp_path: Path) -> None:
    pack = pack_of(town(tmp_path, source="t01", status="local"))
    frame = people(400)
    written(frame, tmp_path / "p.parquet")
    columns = read_map(pack.folder, pack.dimensions)
    found = read_people(pack, columns, read_scheme(columns.scheme, pack.folder), Sources(Request(tmp_path / "p.parquet")))
    assert len(found.by_setting_gbp) == 3
    assert sum(found.by_setting_gbp.values()) == pytest.approx(found.cost_gbp, abs=1e-9)
    spent = frame.loc[frame["months"] > 0, ["gp_gbp", "ward_gbp", "care_gbp"]].sum().sum()
    assert found.cost_gbp.sum() == pytest.approx(spent, abs=0.01)


def test_a_decile_that_is_not_known_counts_as_the_mean_of_the_ten() -> None:
    decile = np.arange(660) % 11
    columns, _, _ = columns_of(figures(np.arange(660) % 2, np.arange(660.0), decile=decile), np.ones(660, dtype=bool))
    assert columns["deprivation"][:11].tolist() == [5.5, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10] and np.mean(np.arange(1, 11)) == 5.5
    assert columns["deprivation_not_known"][:12].tolist() == [1.0, *[0.0] * 10, 1.0]


def test_a_curve_says_by_what_it_is() -> None:
    number = np.arange(900)
    given = figures(number % 2, 100.0 + number % 11, sex=number % 2, decile=number % 3 + 1)
    found = ways.work_out("cost_curves", given, ways.How("ordinary", 1, ORIGIN))
    assert found.need.how.basis == "cost curves by age, sex and deprivation"


# ------------------------------------------------------------------ what may leave


@pytest.mark.parametrize(("others", "alone"), [(1, False), (4, False), (5, True), (0, True)])
def test_a_group_stands_apart_where_few_of_it_are_not_held_out(others: int, alone: bool) -> None:
    """Where nobody is left who is not held out, there is no difference that would give them back."""
    group = np.repeat([0, 1, 2], [20, 60, 90])
    test = np.zeros(170, dtype=bool)
    test[: 20 - others] = test[20:40] = test[80:120] = True
    found = apart(group, ("a", "b", "c"), test, 5)
    assert found[: 20 - others].all() != alone and found[20 - others : 40 - others].all() != alone
    assert not found[40 - others :].any()


@pytest.mark.parametrize(("count", "shown"), [(0, 0), (1, 10), (4, 10), (5, 10), (14, 10), (15, 20), (25, 30)])
def test_counts_are_shown_to_twice_the_small_number_and_nobody_as_nobody(count: int, shown: int) -> None:
    assert rounded_count(count, 5) == shown
    assert rounded_count(count, 1) == count


def test_a_pool_holds_as_many_people_as_the_small_number() -> None:
    assert pooled({"a": 2, "b": 3, "c": 900}, (), 5) == ("a", "b")
    assert pooled({"a": 2, "b": 2, "c": 900}, (), 5) == ("a", "b", "c")
    assert pooled({"a": 5, "b": 3, "c": 900}, (), 5) == ("a", "b") and pooled({"a": 5, "b": 6}, (), 5) == ()
    check_pool({"a": 2, "b": 3, "c": 900}, ("a", "b"), 5)
    check_pool({"a": 2, "b": 3}, (), 5)
    with pytest.raises(BadInput, match="fewer than 5 people are in it"):
        check_pool({"a": 2, "b": 2, "c": 900}, ("a", "b"), 5)


@pytest.mark.parametrize("count", [0, 4, 5, 26])
def test_what_a_floor_moved_is_shown_coarsely_and_of_few_people_not_at_all(count: int) -> None:
    shown = _floored(Floored(count, count * 1.0, 12345.0 if count else 0.0, 678.9 if count else 0.0), 5)
    amounts = (shown["count"], shown["person_years"], shown["amount"], shown["amount_gbp"])
    assert (
        amounts
        == {0: (0, 0.0, 0.0, 0.0), 4: ("fewer than 5", None, None, None), 5: (10, 10.0, 12_000.0, 680.0), 26: (30, 30.0, 12_000.0, 680.0)}[
            count
        ]
    )
    assert floor_people(np.array([0.0, 5.0]), np.ones(2), "GBP/persons", ORIGIN)[1] == Floored(0, 0.0, 0.0, 0.0)


# ------------------------------------------------------------------ suspicion and stop-loss


def test_what_is_exactly_at_a_limit_is_not_suspected() -> None:
    """Two of six people are flagged, both above a cut at the middle: the R2 of flag and cut is 1/3 x 1/2 over 1/2 x 2/3, a half."""
    cost, years = np.array([1.0, 2.0, 3.0, 4.0, 5.0, 6.0]), np.ones(6)
    flag = np.array([0, 0, 0, 1, 0, 1])
    assert leakage.cut_r2(flag[:, None], cost)[0].tolist() == [leakage.SUSPECT_CUT_R2]
    assert "gives it back" not in leakage.findings({"flag": flag}, cost, years, {}).get("flag", "")
    assert "gives it back" in leakage.findings({"flag": np.array([0, 0, 0, 0, 1, 1])}, cost, years, {})["flag"]
    column = np.array([0.0, 0.0, 0.0, 1.0, 0.0, 1.0])
    share = leakage.line_r2(column, cost, years)
    assert leakage.suspects({"column": column}, cost, years, share) == {}
    assert leakage.suspects({"column": column}, cost, years, share - 1e-9) == {"column": share}


@pytest.mark.parametrize(
    ("rule", "years", "words"),
    [
        (StopLoss(np.inf), [1.0, 1.0], "no cost can be cut so"),
        (StopLoss(-0.01), [1.0, 1.0], "no cost can be cut so"),
        (StopLoss(100.0, 1.01), [1.0, 1.0], "no cost can be cut so"),
        (StopLoss(100.0, -0.01), [1.0, 1.0], "no cost can be cut so"),
        (StopLoss(100.0), [0.0, 0.0], "there is nobody"),
        (StopLoss(100.0), [1.0, -1.0], "a cost or a time is missing"),
    ],
)
def test_a_stop_loss_that_cannot_be_is_refused(rule: StopLoss, years: list[float], words: str) -> None:
    with pytest.raises(BadInput, match=words):
        truncate(rule, np.array([50.0, 300.0]), np.array(years))


def test_a_limit_or_a_share_of_zero_or_one_is_a_rule() -> None:
    cost = np.array([50.0, 300.0])
    assert truncate(StopLoss(0.0), cost).pool_gbp == 350
    assert truncate(StopLoss(100.0, 0.0), cost).pool_gbp == 0
    assert truncate(StopLoss(100.0, 1.0), cost, np.array([0.0, 1.0])).after_gbp.tolist() == [50.0, 300.0]


def test_chance_is_sized_for_any_list_with_somebody_on_it() -> None:
    (band,) = chance_by_list_size([0.5], 2.0)
    assert band.minimum_savings_share == pytest.approx(1.645 * 2 / 0.5**0.5)
    for persons, variation in (([0.0], 2.0), ([100.0], 0.0)):
        with pytest.raises(BadInput, match="chance cannot be sized"):
            chance_by_list_size(persons, variation)
