"""Worked cases of need, credibility, large costs, caps and moves, and the properties of their algebra."""

from __future__ import annotations

import math
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from capmodel.algebra.cell import excel, trace
from capmodel.capitation import allocation, moves, need
from capmodel.capitation.fitting import credibility
from capmodel.capitation.fitting.credibility import StopLoss
from capmodel.capitation.score_models.people import pack, score_people
from capmodel.capitation.score_models.read import read_model, score
from capmodel.capitation.score_models.tables import ready
from capmodel.errors import BadInput

FOLDER = Path(__file__).parents[1] / "cases"
CASES: list[dict[str, Any]] = yaml.safe_load((FOLDER / "RISK_ADJUSTMENT.yaml").read_text("utf-8"))["cases"]


# ------------------------------------------------------------------ the worked cases


def truncate(cost_gbp: list[float], limit_gbp: float) -> dict[str, Any]:
    done = credibility.truncate(StopLoss(limit_gbp), np.array(cost_gbp, dtype=float))
    return {"pool_gbp": done.pool_gbp, "charge_gbp_per_person": done.charge_gbp_per_person, "after_gbp": done.after_gbp.sum()}


def buhlmann(persons: list[float], process_variance: float, variance_of_means: float, own: float, prior: float) -> dict[str, Any]:
    k = credibility.buhlmann_k(process_variance, variance_of_means)
    z = credibility.buhlmann_z(np.array(persons, dtype=float), k)
    return {"k": k, "z": z, "estimate": credibility.credible(z, own, prior)}


def limited_fluctuation(number: list[float], deviate: float, tolerance: float) -> dict[str, Any]:
    full = credibility.full_credibility(deviate, tolerance)
    return {"full": full, "z": credibility.limited_fluctuation_z(np.array(number, dtype=float), full)}


def cap(share: list[float], ratio: list[float], cap: float, convention: str) -> dict[str, Any]:
    done = credibility.cap_growth(np.array(share), np.array(ratio), cap, convention)
    return {"aggregate": done.aggregate, "binding": done.binding, "capped_aggregate": done.capped_aggregate, "ratio": done.ratio}


def scores(model: str, people: list[Any]) -> dict[str, Any]:
    read = read_model(model)
    held = [list(read.conditions) if person == "everything" else person for person in people]
    made = ready(read)
    masks = pack({name: np.array([name in person for person in held]) for name in read.conditions}, made.bit)
    by_table = score_people(made, masks)
    assert by_table.tolist() == [score(read, person) for person in held]
    return {"score": by_table}


def frailty(deficits: list[int]) -> dict[str, Any]:
    efi = read_model("electronic_frailty_index")
    names = list(efi.conditions)
    assert len(names) == 36
    found = [score(efi, names[:number]) for number in deficits]
    return {"category": [efi.category(value) for value in found]}


def fallback_price(
    envelope_gbp: float, persons: list[float], weight: list[float], fallback_gbp_per_person: list[float], forecast_persons: list[float]
) -> dict[str, Any]:
    people = np.array(persons, dtype=float)
    weighted = people * np.array(weight)
    so_far = np.cumsum(weighted) / weighted.sum()
    gbp = allocation.allocation_gbp(so_far, np.append(0.0, so_far[:-1]), envelope_gbp)
    price = need.price_gbp_per_person(gbp, people, np.array(fallback_gbp_per_person, dtype=float))
    return {"allocation_gbp": gbp, "forecast_gbp": float(price @ np.array(forecast_persons, dtype=float))}


def moves_of_a_year(price_gbp_per_person: dict[str, float], first: str, changes: list[Any]) -> dict[str, Any]:
    year = moves.moves_of(tuple(price_gbp_per_person), [moves.moved(first, *((month, segment) for month, segment in changes))])
    message = moves.readings(year, price_gbp_per_person)
    return {"fixed_gbp": message.fixed_gbp.sum(), "monthly_gbp": message.monthly_gbp.sum(), "difference_gbp": message.difference_gbp}


def stop_loss(cost_gbp: list[float], base_cost_gbp: list[float], growth: float, limit_gbp: float, excess_to: str) -> dict[str, Any]:
    return vars(
        credibility.reprice(
            StopLoss(limit_gbp, excess_to=excess_to), np.array(base_cost_gbp, dtype=float), np.array(cost_gbp, dtype=float), growth
        )
    )


WORK = {
    "truncate": truncate, "buhlmann": buhlmann, "limited_fluctuation": limited_fluctuation, "cap": cap, "scores": scores,
    "frailty": frailty, "fallback_price": fallback_price, "moves": moves_of_a_year, "stop_loss": stop_loss,
}  # fmt: skip


@pytest.mark.parametrize("case", CASES, ids=lambda case: case["id"] + case.get("variant", ""))
def test_the_worked_case_gives_the_expected_figures(case: dict[str, Any]) -> None:
    found = WORK[case["work"]](**case["given"])
    for name, wanted in case["expect"].items():
        got = found[name].tolist() if isinstance(found[name], np.ndarray) else found[name]
        if isinstance(wanted, bool) or (isinstance(wanted, list) and isinstance(wanted[0], str)):
            assert got == wanted, name
        else:
            assert got == pytest.approx(wanted, abs=case["tolerance"], rel=0), name


def test_no_tolerance_is_looser_than_that_of_the_known_case() -> None:
    known = yaml.safe_load((FOLDER / "KNOWN.yaml").read_text("utf-8"))
    assert all(case["tolerance"] <= (known[case["id"]] or 0) for case in CASES)


# ------------------------------------------------------------------ properties

COSTS = st.lists(st.floats(0, 1e6, allow_nan=False), min_size=1, max_size=30)


@given(COSTS, st.floats(0, 1e6), st.floats(0, 1), st.booleans(), st.data())
def test_truncation_and_pooling_keep_the_total(cost: list[float], limit: float, share: float, by_time: bool, data: st.DataObject) -> None:
    time = np.array(data.draw(st.lists(st.floats(0.05, 1), min_size=len(cost), max_size=len(cost))))
    done = credibility.truncate(StopLoss(limit, share, by_time), np.array(cost), time)
    assert math.fsum(done.after_gbp) == pytest.approx(math.fsum(cost), rel=1e-12, abs=1e-9)
    assert math.fsum(done.kept_gbp) + done.pool_gbp == pytest.approx(math.fsum(cost), rel=1e-12, abs=1e-9)
    assert done.pool_gbp >= 0
    if share == 1 and not by_time:
        assert done.kept_gbp.max() <= limit * (1 + 1e-12)


@given(st.floats(0, 1e9), st.floats(0, 1e9), st.floats(1e-6, 1e9))
def test_credibility_lies_between_zero_and_one_and_grows_with_people(one: float, other: float, k: float) -> None:
    few, many = sorted((one, other))
    for z in (
        credibility.buhlmann_z(np.array([few, many]), k),
        credibility.limited_fluctuation_z(np.array([few, many]), k),
    ):
        assert 0 <= z[0] <= z[1] <= 1


@given(st.floats(0, 1), st.floats(-1e6, 1e6), st.floats(-1e6, 1e6))
def test_a_credible_figure_lies_between_the_two(z: float, own: float, prior: float) -> None:
    low, high = sorted((own, prior))
    assert low - 1e-9 <= credibility.credible(z, own, prior) <= high + 1e-9


@given(st.lists(st.tuples(st.floats(0.01, 1), st.floats(0.8, 1.3)), min_size=1, max_size=6), st.floats(0.9, 1.2))
def test_a_capped_aggregate_is_never_above_the_cap_nor_above_what_it_was(types: list[tuple[float, float]], limit: float) -> None:
    share = np.array([part for part, _ in types])
    ratio = np.array([growth for _, growth in types])
    clip, scale = (credibility.cap_growth(share / share.sum(), ratio, limit, name) for name in ("clip", "scale"))
    for done in (clip, scale):
        assert done.capped_aggregate <= max(limit, 0) + 1e-9 or not done.binding
        assert done.capped_aggregate <= done.aggregate + 1e-12
    assert clip.binding or clip.ratio.tolist() == ratio.tolist()
    if scale.binding:
        assert scale.capped_aggregate == pytest.approx(limit, rel=1e-12)


@given(st.lists(st.lists(st.integers(-1, 2), min_size=12, max_size=12), min_size=1, max_size=20))
def test_both_readings_of_moves_pay_for_the_same_months(months: list[list[int]]) -> None:
    message = moves.readings(moves.Moves(("a", "b", "c"), np.array(months)), {"a": 100.0, "b": 700.0, "c": 3000.0})
    there = sum(month >= 0 for person in months for month in person)
    assert message.fixed_person_months.sum() == message.monthly_person_months.sum() == there
    same = moves.readings(moves.Moves(("a", "b", "c"), np.array(months)), {"a": 60.0, "b": 60.0, "c": 60.0})
    assert same.difference_gbp == pytest.approx(0, abs=1e-9)


# ------------------------------------------------------------------ estimates, chance, workbook


def test_credibility_estimated_from_data_finds_the_variances_it_was_drawn_from() -> None:
    draw = np.random.default_rng(3)
    groups = 400
    means = draw.normal(1000, 50, groups)
    sizes = draw.integers(20, 400, groups)
    group = np.repeat(np.arange(groups), sizes)
    found = credibility.estimate_credibility(group, draw.normal(means[group], 800), np.ones(len(group)), groups)
    assert found.process_variance == pytest.approx(800**2, rel=0.02)
    assert found.variance_of_means == pytest.approx(50**2, rel=0.3)
    error_own, error_credible = (float(np.mean((value - means) ** 2)) for value in (found.own, found.estimate))
    assert error_credible < error_own * 0.75


def test_groups_that_differ_by_chance_alone_are_not_believed_and_an_empty_one_takes_the_mean_of_all() -> None:
    found = credibility.estimate_credibility(np.array([0, 0, 1, 1]), np.array([0.0, 10.0, 1.0, 9.0]), np.ones(4), 3)
    assert found.variance_of_means == 0
    assert found.z.tolist() == [0, 0, 0]
    assert found.estimate.tolist() == [5, 5, 5]
    assert math.isinf(found.k)
    far = credibility.estimate_credibility(np.array([0, 0, 1, 1]), np.array([0.0, 10.0, 100.0, 110.0]), np.ones(4), 3)
    assert far.z[2] == 0 and far.estimate[2] == far.prior and np.isfinite(far.estimate).all()


def test_the_chance_of_chance_is_what_simulation_shows() -> None:
    draw = np.random.default_rng(8)
    persons, variation = 2_000, 2.0
    shape = 1 / variation**2
    means = draw.gamma(shape * persons, 1 / (shape * persons), 40_000)
    for gain in (0.0, 0.02, 0.05):
        message = credibility.chance_gain_probability(gain, persons, variation)
        assert float((1 - means >= gain).mean()) == pytest.approx(message, abs=0.015)


def test_chance_shrinks_with_the_list_and_the_threshold_is_where_its_chance_is_one_in_twenty() -> None:
    bands = credibility.chance_by_list_size([2_000, 20_000, 200_000], 2.5)
    assert [band.minimum_savings_share for band in bands] == sorted((band.minimum_savings_share for band in bands), reverse=True)
    for band in bands:
        assert credibility.chance_gain_probability(band.minimum_savings_share, band.persons, 2.5) == pytest.approx(0.05, abs=1e-4)


TRACED = [
    (need.floored, "MAX(a,0)"),
    (need.renormalised, "a*IF(ROUND(ABS(c),4)>0,b/c,0)"),
    (need.need_index, "a/b"),
    (need.price_gbp_per_person, "IF(ROUND(ABS(b),4)>0,a/b,c)"),
    (credibility.buhlmann_k, "a/b"),
    (credibility.buhlmann_z, "IF(ROUND(ABS(a+b),4)>0,a/(a+b),0)"),
    (credibility.full_credibility, "a/b*(a/b)"),
    (credibility.limited_fluctuation_z, "MIN((a/b)^c,1)"),
    (credibility.credible, "a*b+(1-a)*c"),
    (credibility.minimum_savings_share, "c*b/a^d"),
    (credibility.truncated_gbp, "MIN(a,b)"),
    (credibility.excess_gbp, "MAX(a-b,0)"),
    (credibility.pooled_gbp, "a*b"),
    (credibility.clipped_ratio, "IF(ROUND(b-c,12)>0,MIN(a,c),a)"),
    (credibility.scaled_ratio, "a*MIN(c/b,1)"),
    (moves.capitated_gbp, "a*b/12"),
]


@pytest.mark.parametrize(("rule", "formula"), TRACED, ids=[rule.__name__ for rule, _ in TRACED])
def test_what_may_stand_in_the_workbook_can_be_traced(rule: Any, formula: str) -> None:
    arguments = rule.__code__.co_varnames[: rule.__code__.co_argcount]
    assert excel(trace(rule, arguments), dict(zip(arguments, "abcd", strict=False))) == formula


@pytest.mark.parametrize(
    ("work", "message"),
    [
        (lambda: credibility.cap_growth(np.array([0.5, 0.4]), np.ones(2), 1.03, "clip"), "add up to 0.9"),
        (lambda: credibility.cap_growth(np.ones(1), np.ones(1), 1.03, "both"), "there is no 'both'"),
        (lambda: credibility.truncate(StopLoss(-1.0), np.ones(2)), "below zero"),
        (lambda: credibility.truncate(StopLoss(1.0), np.array([np.nan])), "missing"),
        (lambda: credibility.truncate(StopLoss(1.0), np.zeros(0)), "nobody"),
        (lambda: credibility.chance_by_list_size([0], 2.0), "not above zero"),
        (lambda: credibility.estimate_credibility(np.zeros(3, dtype=int), np.ones(3), np.ones(3), 1), "too few"),
        (lambda: moves.moved("low", (13, "high")), "12 months"),
        (lambda: moves.moved("low", (7, "high"), (7, "low")), "not in order"),
        (lambda: moves.moves_of(("low",), [moves.moved("high")]), "unknown segments"),
        (lambda: moves.readings(moves.moves_of(("low",), [moves.moved("low")]), {}), "its price is None"),
    ],
)
def test_what_cannot_be_is_refused(work: Any, message: str) -> None:
    with pytest.raises(BadInput, match=message):
        work()


def test_somebody_who_joins_late_is_fixed_in_their_first_segment_and_who_leaves_is_paid_for_until_then() -> None:
    late = [None] * 3 + ["high"] * 9
    gone = moves.moved("low", leaves_after=4)
    message = moves.readings(moves.moves_of(("low", "high"), [late, gone]), {"low": 1200.0, "high": 2400.0})
    assert message.fixed_person_months.tolist() == message.monthly_person_months.tolist() == [4, 9]
    assert message.fixed_gbp.tolist() == [400, 1800]
