"""How well predictions fit: the measures against their definitions, groups, and who is held out."""

from __future__ import annotations

import dataclasses
import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from capmodel.capitation import fit
from capmodel.errors import BadInput

PEOPLE = st.lists(
    st.tuples(st.integers(0, 100_000), st.integers(0, 100_000), st.integers(1, 12)), min_size=3, max_size=40
).filter(lambda rows: len({row[0] for row in rows}) > 1)  # fmt: skip


def columns(rows: list[tuple[int, int, int]]) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    y, p, months = np.array(rows, dtype=float).T
    return y, p, months / 12


@given(PEOPLE)
def test_the_measures_are_their_definitions_written_out(rows: list[tuple[int, int, int]]) -> None:
    y, p, w = columns(rows)
    everyone = list(zip(y, p, w, strict=True))
    mean = math.fsum(c * t for c, _, t in everyone) / math.fsum(w)
    squares = math.fsum(t * (c - e) ** 2 for c, e, t in everyone) / math.fsum(t * (c - mean) ** 2 for c, _, t in everyone)
    sizes = math.fsum(t * abs(c - e) for c, e, t in everyone) / math.fsum(t * abs(c - mean) for c, _, t in everyone)
    assert fit.r2(y, p, w) == pytest.approx(1 - squares, rel=1e-9, abs=1e-9)
    assert fit.cpm(y, p, w) == pytest.approx(1 - sizes, rel=1e-9, abs=1e-9)
    assert fit.mae(y, p, w) == pytest.approx(math.fsum(t * abs(c - e) for c, e, t in everyone) / math.fsum(w), rel=1e-9)


@given(PEOPLE, st.floats(0.1, 1000))
def test_a_fit_does_not_depend_on_the_unit_of_money_or_of_time(rows: list[tuple[int, int, int]], factor: float) -> None:
    y, p, w = columns(rows)
    for measure in (fit.r2, fit.cpm):
        assert measure(y * factor, p * factor, w * 7) == pytest.approx(measure(y, p, w), rel=1e-6, abs=1e-6)


def test_the_mean_explains_nothing_and_the_truth_everything() -> None:
    y, w = np.array([0.0, 10.0, 500.0, 90.0]), np.array([1.0, 0.5, 1.0, 0.25])
    flat = np.full(4, fit.mean(y, w))
    assert fit.r2(y, flat, w) == pytest.approx(0, abs=1e-12)
    assert fit.cpm(y, flat, w) == pytest.approx(0, abs=1e-12)
    assert (fit.r2(y, y, w), fit.cpm(y, y, w), fit.mae(y, y, w)) == (1, 1, 0)


def test_weighted_by_time_half_a_year_counts_half() -> None:
    y, p = np.array([0.0, 1000.0]), np.array([500.0, 500.0])
    assert fit.mae(y, p, np.array([1.0, 0.5])) == 500
    assert fit.mean(y, np.array([1.0, 0.5])) == pytest.approx(1000 / 3)
    message = fit.predictive_ratios(y, p, np.array([1.0, 0.5]), np.array(["a", "a"]))["a"]
    assert (message.actual_gbp, message.predicted_gbp, message.predictive_ratio) == (500, 750, 1.5)


def test_a_group_that_cost_nothing_has_no_ratio_and_never_a_wrong_one() -> None:
    message = fit.predictive_ratios(np.array([0.0, 5.0]), np.array([3.0, 5.0]), np.ones(2), np.array([1, 2]))
    assert message["1"].predictive_ratio is None
    assert message["2"].predictive_ratio == 1


@given(st.lists(st.tuples(st.integers(0, 50), st.integers(1, 12)), min_size=1, max_size=200), st.integers(1, 10))
def test_parts_rise_with_the_value_and_equals_stay_together(rows: list[tuple[int, int]], parts: int) -> None:
    value, w = np.array(rows, dtype=float).T
    part = fit.deciles(value, w, parts)
    assert part.min() >= 1 and part.max() <= parts
    order = np.argsort(value, kind="stable")
    assert (np.diff(part[order]) >= 0).all()
    assert all(len(set(part[value == one].tolist())) == 1 for one in set(value.tolist()))


def test_deciles_of_many_different_values_hold_a_tenth_of_the_time_each() -> None:
    draw = np.random.default_rng(2)
    value, w = draw.random(10_000), draw.integers(1, 13, 10_000) / 12
    time = np.bincount(fit.deciles(value, w), w)[1:]
    assert time == pytest.approx(np.full(10, w.sum() / 10), rel=0.01)
    chosen = fit.top(value, w)
    assert w[chosen].sum() == pytest.approx(w.sum() / 100, rel=0.02)
    assert value[chosen].min() > value[~chosen].max()


def test_the_costliest_are_shown_to_be_under_paid_where_one_figure_hides_it() -> None:
    draw = np.random.default_rng(4)
    need = draw.gamma(2, 500, 20_000)
    y = need * draw.lognormal(-0.5, 1, 20_000)
    message = fit.measure(y, need, np.ones(20_000), {"age": np.where(need > 1000, "old", "young")})
    assert 0 < message.r2 < 0.5
    ratio = message.groups["top_1pct_of_cost"]["top 1%"].predictive_ratio
    assert ratio is not None and ratio < 0.5
    assert set(message.groups) == {"age", "decile_of_prediction", "top_1pct_of_cost", "top_1pct_of_prediction"}
    assert list(message.groups["decile_of_prediction"]) == [f"{i:02d}" for i in range(1, 11)]
    for groups in message.groups.values():
        assert math.fsum(group.actual_gbp for group in groups.values()) == pytest.approx(y.sum())
        assert sum(group.people for group in groups.values()) == 20_000


# ------------------------------------------------------------------ held out


def test_who_is_held_out_depends_on_the_person_and_the_seed_alone() -> None:
    ids = np.array([f"P{i}" for i in range(20_000)])
    first, again, other = fit.held_out(ids, 1), fit.held_out(ids[::-1], 1)[::-1], fit.held_out(ids, 2)
    assert (first == again).all()
    assert first.mean() == pytest.approx(0.2, abs=0.01)
    assert (first & other).mean() == pytest.approx(0.04, abs=0.006)
    numbers = np.arange(20_000)
    assert fit.held_out(numbers, 1).mean() == pytest.approx(0.2, abs=0.01)
    assert (fit.held_out(numbers.astype(np.int32), 1) == fit.held_out(numbers, 1)).all()
    assert (fit.held_out(ids, 1, 0.1) <= first).all(), "a smaller share is part of a larger"


def test_the_split_stays_what_it_was() -> None:
    """A fit is shown with its seed, so that a seed must give the same people in years to come."""
    assert np.flatnonzero(fit.held_out(np.arange(40), seed=7)).tolist() == PINNED_NUMBERS
    assert np.flatnonzero(fit.held_out(np.array([f"P{i}" for i in range(40)]), seed=7)).tolist() == PINNED_TEXTS


PINNED_NUMBERS = [0, 9, 11, 17, 18, 22, 23, 25, 26, 30, 32, 35]
PINNED_TEXTS = [5, 11, 12, 18, 21, 22, 29, 32, 34]

# ------------------------------------------------------------------ what is not certified


@pytest.mark.parametrize(
    ("y", "p", "w", "message"),
    [
        ([1.0, 2.0], [1.0], [1.0, 1.0], "2 costs, 1 predictions"),
        ([1.0, math.nan], [1.0, 1.0], [1.0, 1.0], "no number"),
        ([1.0, 2.0], [1.0, 1.0], [1.0, 0.0], "not above zero"),
        ([1.0, 1.0], [1.0, 1.0], [1.0, 1.0], "costs the same"),
        ([], [], [], "0 costs"),
    ],
)
def test_what_cannot_be_measured_is_refused(y: list[float], p: list[float], w: list[float], message: str) -> None:
    with pytest.raises(BadInput, match=message):
        fit.measure(np.array(y), np.array(p), np.array(w))


def test_a_fit_holds_no_figure_that_is_not_a_number() -> None:
    draw = np.random.default_rng(6)
    y = np.where(draw.random(500) < 0.6, 0.0, draw.gamma(1, 900, 500))
    message = dataclasses.asdict(fit.measure(y, draw.random(500), np.ones(500), {"x": draw.integers(0, 80, 500)}))

    def figures(part: object) -> list[float]:
        if isinstance(part, dict):
            return [value for inner in part.values() for value in figures(inner)]
        return [float(part)] if isinstance(part, (int, float)) else []

    assert all(math.isfinite(value) for value in figures(message))
