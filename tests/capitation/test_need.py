"""Every way to a need index keeps one contract; curves, scores and regressions give what can be worked out another way."""

from __future__ import annotations

import dataclasses
import importlib.util
import inspect
import math
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from capmodel import plugins
from capmodel.capitation import need as family
from capmodel.capitation.need import Fallback, How, Need, Origin, Paid, cost_curves, regression, scores, segment_prices, weights
from capmodel.errors import BadInput

ORIGIN = Origin("prospective", "2024/25", "illustrative", "made up for the test", 1000.0)

WAYS = plugins.names(family)
#: Three groups, one of them empty.
PAID = Paid("segment", ("well", "ill", "nobody"), np.array([900.0, 60.5, 0.0]), "2026/27")
FALLBACK = Fallback("national index, edition 2026.1", {"nobody": 3.5})
FITTED = pytest.mark.skipif(importlib.util.find_spec("sklearn") is None, reason="needs scikit-learn, the extra fit")


def town(count: int = 3_000, seed: int = 1) -> dict[str, Any]:
    """People of two groups whose cost follows their age, an illness and how near the hospital is."""
    draw = np.random.default_rng(seed)
    ill = draw.random(count) < 0.1
    age, near = draw.integers(0, 95, count).astype(float), draw.normal(0, 1, count) + ill
    years = draw.integers(1, 13, count) / 12
    level = np.exp(5.5 + 0.012 * age + 1.1 * ill + 0.2 * near)
    annual = np.where(draw.random(count) < 0.7, draw.gamma(0.8, level / 0.8), 0.0)
    return {
        "person": np.arange(count), "group": ill.astype(np.intp), "person_years": years, "cost_gbp": annual * years,
        "need": {"age": age, "ill": ill.astype(float)}, "supply": {"near": near},
    }  # fmt: skip


def example(name: str) -> Any:
    """What each way is given in the tests of the contract."""
    draw = np.random.default_rng(2)
    if name == "segment_prices":
        return segment_prices.Given({"well": 512.34, "ill": 6100.0})
    if name == "weights":
        return weights.Given({"well": 0.8, "ill": 4.0}, "edition 1")
    if name == "cost_curves":
        cells = (("0-64", "F", "1"), ("65+", "F", "1"))
        return cost_curves.Given(cells, np.array([700.0, 3100.0]), np.array([[800.0, 100.0], [10.5, 50.0], [0.0, 0.0]]))
    if name == "scores":
        return scores.Given(draw.integers(0, 2, 500), draw.integers(1, 13, 500) / 12, draw.gamma(1, 1, 500), "a grouper")
    if name == "regression":
        return regression.Given(**town())
    raise AssertionError(f"give the way {name} an example")


# ------------------------------------------------------------------ the contract


@pytest.mark.parametrize("name", WAYS)
def test_a_way_keeps_the_contract_of_its_family(name: str) -> None:
    way = plugins.find(family, name, family.PROMISES)
    assert list(inspect.signature(way.work_out).parameters) == ["paid", "given", "origin", "fallback"]
    assert dataclasses.is_dataclass(way.Given)
    assert way.__doc__ and way.BASIS


@pytest.mark.parametrize("name", WAYS)
def test_every_way_is_normalised_says_how_it_was_obtained_and_holds_no_missing_figure(name: str) -> None:
    way = plugins.find(family, name, family.PROMISES)
    found: Need = way.work_out(PAID, example(name), ORIGIN, FALLBACK)
    assert math.fsum(found.weighted_person_years) / math.fsum(PAID.person_years) == pytest.approx(1, abs=5e-16)
    assert (found.weighted_person_years == found.need_index * PAID.person_years).all()
    assert all(np.isfinite(column).all() for column in (found.need_index, found.raw, found.weighted_person_years))
    assert found.need_index[1] > found.need_index[0] > 0 or name == "scores"
    assert (found.by_id["nobody"], found.fallbacks) == (3.5, {"nobody": FALLBACK.name})
    assert found.weighted_person_years[2] == 0
    how = found.how
    assert (how.method, how.timing, how.recorded, how.period) == (name, "prospective", "2024/25", "2026/27")
    assert len(how.data_sha256) == 64 and how.library and how.source == ORIGIN.source
    assert how.status == ("fitted" if name == "regression" else "illustrative")
    assert (found.fit is not None) == (name == "regression")
    again: Need = way.work_out(PAID, example(name), ORIGIN, FALLBACK)
    assert again.need_index.tolist() == found.need_index.tolist() and again.how == how


@pytest.mark.parametrize("name", WAYS)
def test_an_empty_group_without_a_named_fallback_is_refused(name: str) -> None:
    way = plugins.find(family, name, family.PROMISES)
    with pytest.raises(BadInput, match="segment nobody: it has no people and no need of its own"):
        way.work_out(PAID, example(name), ORIGIN)


@pytest.mark.parametrize("name", WAYS)
def test_people_that_cannot_be_are_refused_in_one_report(name: str) -> None:
    way = plugins.find(family, name, family.PROMISES)
    wrong = dataclasses.replace(PAID, person_years=np.array([-1.0, math.nan, 0.0]))
    if name == "cost_curves":
        pytest.skip("its counts say first that they are of other people")
    with pytest.raises(BadInput) as refused:
        way.work_out(wrong, example(name), ORIGIN, FALLBACK)
    assert len(refused.value.problems) == 2


# ------------------------------------------------------------------ the algebra

GROUPS = st.lists(st.tuples(st.floats(0, 1e6), st.floats(0, 1e7)), min_size=1, max_size=40).filter(
    lambda rows: math.fsum(time * raw for time, raw in rows) > 1e-3 and math.fsum(time for time, _ in rows) > 1e-3
)
HOW = How("test", "test", "concurrent", "2025/26", "2026/27", "illustrative", "test", "0", "numpy")


@given(GROUPS)
def test_the_mean_is_one_to_the_last_bit_but_one(rows: list[tuple[float, float]]) -> None:
    time, raw = np.array(rows).T
    paid = Paid("place", tuple(f"p{i}" for i in range(len(rows))), time, "2026/27")
    found = family.settle(paid, raw, "points", HOW)
    assert math.fsum(time * found.need_index) / math.fsum(time) == pytest.approx(1, abs=1e-15)
    assert (found.need_index >= 0).all() and not found.fallbacks


@given(st.lists(st.tuples(st.floats(0.01, 1), st.floats(-1e4, 1e5)), min_size=1, max_size=40))
def test_flooring_and_scaling_back_keep_the_total(rows: list[tuple[float, float]]) -> None:
    time, prediction = np.array(rows).T
    total = math.fsum(time * prediction)
    if total <= 1e-3:
        return
    message, did = family.floor_people(prediction, time, "GBP/persons", ORIGIN)
    assert math.fsum(time * message) == pytest.approx(total, rel=1e-12)
    assert (message >= 0).all() and did.count == int((prediction < 0).sum())
    assert did.amount_gbp == pytest.approx(-math.fsum(time * np.minimum(prediction, 0)), rel=1e-6, abs=1e-6)
    if not did.count:
        assert message.tolist() == prediction.tolist()


def test_what_flooring_moved_is_reported_in_pounds_where_the_average_is_known() -> None:
    points = np.array([-1.0, 3.0])
    assert family.floor_people(points, np.ones(2), "points", ORIGIN)[1].amount_gbp == 1000.0
    unknown = dataclasses.replace(ORIGIN, average_gbp_per_person=None)
    assert family.floor_people(points, np.ones(2), "points", unknown)[1].amount_gbp is None
    with pytest.raises(BadInput, match="together they are not above zero"):
        family.floor_people(np.array([-3.0, 1.0]), np.ones(2), "points", ORIGIN)


@pytest.mark.parametrize(
    ("paid", "raw", "message"),
    [
        (PAID, [1.0, math.nan, 1.0], "segment ill: it has people and no need"),
        (PAID, [1.0, -2.0, 1.0], "its need is -2"),
        (PAID, [1.0, math.inf, 1.0], "its need is inf"),
        (PAID, [0.0, 0.0, 1.0], "nobody has any need"),
        (PAID, [1.0, 1.0], "2 figures for 3 groups"),
        (dataclasses.replace(PAID, ids=("a", "a", "b")), [1.0, 1.0, 1.0], "segment a: it is there twice"),
        (dataclasses.replace(PAID, person_years=np.zeros(3)), [1.0, 1.0, 1.0], "nobody is paid for"),
        (dataclasses.replace(PAID, minimum_person_years=100.0), [1.0, 1.0, 1.0], "it has 60.5 person-years"),
        (dataclasses.replace(PAID, ids=("a",)), [1.0], "1 groups, 3 figures"),
    ],
)
def test_need_that_cannot_be_is_refused(paid: Paid, raw: list[float], message: str) -> None:
    with pytest.raises(BadInput, match=message):
        family.settle(paid, np.array(raw), "points", HOW, FALLBACK)


def test_an_empty_segment_keeps_a_price_of_its_own() -> None:
    found = segment_prices.work_out(PAID, segment_prices.Given({"well": 500.0, "ill": 6000.0, "nobody": 9000.0}), ORIGIN)
    assert found.by_id["nobody"] == 9000 / found.raw_average and not found.fallbacks


def test_a_price_of_no_segment_is_refused() -> None:
    with pytest.raises(BadInput, match="segment elsewhere"):
        segment_prices.work_out(PAID, segment_prices.Given({"elsewhere": 1.0}), ORIGIN, FALLBACK)


# ------------------------------------------------------------------ cost curves


def test_a_curve_and_counts_that_do_not_match_are_one_report() -> None:
    paid = Paid("place", ("north",), np.array([10.0]), "2026/27")
    curve = [(("0-64", "F"), 900.0), (("0-64", "F"), 1.0), (("65+", "F"), -5.0), (("65+", "F", "1"), 5.0)]
    counts = [("north", ("0-64", "X"), 1.0), ("south", ("0-64", "F"), 1.0), ("north", ("0-64", "F"), -1.0)]
    counts += [("north", ("65+", "F"), 1.0), ("north", ("65+", "F"), 1.0)]
    with pytest.raises(BadInput) as refused:
        cost_curves.from_rows(paid, curve, counts)
    assert len(refused.value.problems) == 7


def test_counts_of_other_people_than_are_paid_for_are_refused() -> None:
    given_wrong = dataclasses.replace(example("cost_curves"), person_years=np.ones((3, 2)))
    with pytest.raises(BadInput, match="its cells hold 2 person-years and 900 are paid for"):
        cost_curves.work_out(PAID, given_wrong, ORIGIN, FALLBACK)


def test_a_curve_of_ones_own_people_gives_back_what_they_cost() -> None:
    draw = np.random.default_rng(3)
    cells = [(band, sex) for band in ("0-17", "18-64", "65+") for sex in "FM"]
    rows = [(cells[i], float(years), float(gbp)) for i, years, gbp in zip(draw.integers(0, 6, 500), draw.random(500), draw.gamma(1, 900, 500), strict=True)]  # fmt: skip
    curve = cost_curves.fitted(rows)
    counts = [("all", cell, math.fsum(years for at, years, _ in rows if at == cell)) for cell in curve]
    paid = Paid("place", ("all",), np.array([math.fsum(years for _, _, years in counts)]), "2026/27")
    found = cost_curves.work_out(paid, cost_curves.from_rows(paid, curve.items(), counts), ORIGIN)
    assert found.raw[0] * paid.person_years[0] == pytest.approx(math.fsum(gbp for _, _, gbp in rows))


# ------------------------------------------------------------------ regression


def test_ordinary_least_squares_is_the_solution_of_its_normal_equations_and_holds_supply_at_the_mean() -> None:
    people = town()
    asked = regression.Given(**people)
    found = regression.work_out(PAID, asked, ORIGIN, FALLBACK)
    train = ~regression.held_out(asked.person, asked.seed, asked.held_out_share)
    x = np.column_stack([np.ones(3_000), people["need"]["age"], people["need"]["ill"], people["supply"]["near"]])
    w, y = people["person_years"], people["cost_gbp"] / people["person_years"]
    weighted = x[train] * w[train, None]
    beta = np.linalg.solve(x[train].T @ weighted, weighted.T @ y[train])
    x[:, 3] = np.average(people["supply"]["near"], weights=w)
    prediction = np.maximum(x @ beta, 0)
    prediction *= (w @ (x @ beta)) / (w @ prediction)
    ill = people["group"] == 1
    assert found.raw[:2] == pytest.approx([np.average(prediction[part], weights=w[part]) for part in (~ill, ill)], rel=1e-9)
    assert found.how.settings["supply_at_mean"] == "near"
    assert found.fit is not None and found.fit.held_out and found.fit.people == int((~train).sum())


def test_supply_moves_no_money_and_leaving_it_out_blames_need_for_it() -> None:
    people = town(20_000)
    near_as_need = {**people, "need": {**people["need"], **people["supply"]}, "supply": {}}
    held, paid_for = (regression.work_out(PAID, regression.Given(**given), ORIGIN, FALLBACK) for given in (people, near_as_need))
    assert held.by_id["ill"] < paid_for.by_id["ill"], "those who are ill live nearer here"


@FITTED
@pytest.mark.parametrize("name", ["two_part", "tweedie"])
def test_models_with_a_log_link_find_the_effects_they_were_drawn_from(name: Any) -> None:
    found = regression.work_out(PAID, regression.Given(**town(20_000), family=name), ORIGIN, FALLBACK)
    message = dict(part.split(" ") for part in found.how.settings["how_much" if name == "two_part" else "log"].split(", "))
    assert float(message["age"]) == pytest.approx(0.012, abs=0.003)
    assert float(message["ill"]) == pytest.approx(1.1, abs=0.15)
    assert float(message["near"]) == pytest.approx(0.2, abs=0.05)
    assert found.how.library.startswith("scikit-learn ") and found.floored.count == 0
    assert found.fit is not None and 0 < found.fit.r2 < 0.4
    decile = found.fit.groups["decile_of_prediction"]
    assert all(0.6 < (group.predictive_ratio or 0) < 1.6 for group in decile.values())


def test_predictions_below_zero_are_floored_and_reported() -> None:
    people = town()
    people["cost_gbp"] = np.where(people["need"]["age"] > 60, people["cost_gbp"] * 8, 0.0)
    found = regression.work_out(PAID, regression.Given(**people), ORIGIN, FALLBACK)
    assert found.floored.count > 100 and (found.floored.amount_gbp or 0) > 0
    assert math.fsum(found.weighted_person_years) / math.fsum(PAID.person_years) == pytest.approx(1, abs=5e-16)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"supply": {"near": np.ones(3_000)}}, "column near: it is the same for all"),
        ({"supply": {"ill": np.ones(3_000)}}, "both need and supply"),
        ({"need": {}}, "no column of need"),
        ({"need": {"age": np.r_[np.nan, np.ones(2_999)]}}, "1 of its figures are missing"),
        ({"need": {"age": np.ones(7)}}, "7 figures for 3000 people"),
        ({"family": "cubic"}, "there is no family 'cubic'"),
        ({"family": "tweedie", "power": 2.5}, "lie between 1 and 2"),
        ({"family": "two_part", "cost_gbp": np.full(3_000, -1.0)}, "some are below zero"),
        ({"group": np.full(3_000, 9)}, "somebody is in no group"),
        ({"person_years": np.zeros(3_000)}, "not above zero"),
        ({"held_out_share": 0.0}, "held-out people"),
    ],
)
def test_data_that_cannot_be_fitted_are_refused(changes: dict[str, Any], message: str) -> None:
    with pytest.raises(BadInput, match=message):
        regression.work_out(PAID, regression.Given(**{**town(), **changes}), ORIGIN, FALLBACK)


def test_bands_that_cover_everybody_cannot_be_distinguished_from_the_intercept() -> None:
    people = town()
    young = (people["need"]["age"] < 50).astype(float)
    people["need"] = {"young": young, "old": 1 - young}
    with pytest.raises(BadInput, match="column old: it is the same for all, or follows"):
        regression.work_out(PAID, regression.Given(**people), ORIGIN, FALLBACK)
