"""Efficient frontiers: every plan that no other beats for both of two perspectives, and the best plan at every budget."""

from __future__ import annotations

import itertools
from typing import Any

import numpy as np
import pytest
from drawn_options import drawn_problem
from hypothesis import given, settings
from hypothesis import strategies as st

from capmodel.algebra.evaluate import Values
from capmodel.money import HALF_A_PENNY
from capmodel.reinvestment.frontier.budgets import budget_frontier
from capmodel.reinvestment.frontier.perspectives import non_dominated, perspective_frontier, supported_weights
from capmodel.reinvestment.solvers import Problem, keeps


def every_plan(problem: Problem) -> Any:
    choices = np.array(list(itertools.product((0, 1), repeat=len(problem.values))))
    return choices[keeps(problem, choices)]


@settings(max_examples=30, deadline=None)
@given(seed=st.integers(0, 10**6))
def test_the_frontier_is_every_plan_that_no_other_beats_for_both(seed: int) -> None:
    made, problem = np.random.default_rng(seed), drawn_problem(seed)
    first, second = made.integers(-5, 20, (2, len(problem.values))) * 10.0 ** made.integers(0, 5)
    worth = {(float(first @ plan), float(second @ plan)) for plan in every_plan(problem)}
    beaten = {one for one in worth for other in worth if one != other and other[0] >= one[0] and other[1] >= one[1]}
    expected = sorted(worth - beaten, key=lambda each: -each[0])
    tried, complete = non_dominated("enumerate", problem, first, second)
    assert complete and [(each.first, each.second) for each in tried] == expected
    assert non_dominated("highs", problem, first, second, few=0, most=1 << 12) == (tried, True)
    for each in tried:
        assert keeps(problem, np.array([each.chosen]))[0] and float(first @ np.array(each.chosen)) == each.first


@settings(max_examples=30, deadline=None)
@given(seed=st.integers(0, 10**6))
def test_a_plan_is_supported_where_some_weighting_makes_it_the_best(seed: int) -> None:
    made, problem = np.random.default_rng(seed), drawn_problem(seed)
    first, second = made.integers(-5, 20, (2, len(problem.values))).astype(float)
    points = [(each.first, each.second) for each in non_dominated("enumerate", problem, first, second)[0]]
    for (x, y), weight in zip(points, supported_weights(points), strict=True):
        best = [
            share for share in np.linspace(0, 1, 2001) if share * x + (1 - share) * y >= max(share * a + (1 - share) * b for a, b in points)
        ]
        if weight is None:
            assert not best
        else:
            assert weight * x + (1 - weight) * y == pytest.approx(max(weight * a + (1 - weight) * b for a, b in points))
            assert not best or min(best) == pytest.approx(weight, abs=1 / 1000)


def test_a_frontier_that_is_cut_short_says_so_and_has_both_ends() -> None:
    made = np.random.default_rng(5)
    first, second = made.integers(1, 1000, (2, 10)).astype(float)
    problem = Problem(np.zeros(10), np.array([5.0]), -np.ones((1, 10)))
    whole, complete = non_dominated("highs", problem, first, second, few=0, most=1 << 12)
    assert complete and len(whole) == 6
    cut, complete = non_dominated("highs", problem, first, second, few=0, most=4)
    assert not complete and len(cut) == 4 and set(cut) < set(whole) and (cut[0], cut[-1]) == (whole[0], whole[-1])
    assert non_dominated("highs", problem, first, second, few=0, time_limit_s=0.0) == ([], False)


def test_no_plan_is_no_frontier() -> None:
    problem = Problem(np.zeros(2), np.array([-1.0]), np.zeros((1, 2)))
    assert non_dominated("highs", problem, np.ones(2), np.ones(2), few=0) == ([], True)
    assert non_dominated("highs", problem, np.ones(2), np.ones(2)) == ([], True)


@pytest.fixture(scope="module")
def known(place: Any) -> Values:
    found = place.chain.before_options(Values(place.inputs("base", [])))
    assert isinstance(found, Values)
    return found


def test_each_budget_has_the_plan_of_a_run_with_it_and_more_money_stops_mattering(place: Any, known: Values) -> None:
    options = place.choices.options
    found = budget_frontier(known, options, (1.25, 0.25, 1.0))
    assert [point.factor for point in found.points] == [0.25, 1.0, 1.25]
    poor, stated, rich = found.points
    assert poor.chosen is None and poor.proved and poor.objective_gbp is None and stated.pound_buys_gbp is None
    budgets = dict(zip(place.pack.years, stated.budget_gbp, strict=True))
    assert stated.objective_gbp == pytest.approx(place.run().plan.objective_gbp, abs=HALF_A_PENNY)
    changes = {f"investment_budget_gbp[{year}]": value * 1.25 for year, value in budgets.items()}
    assert rich.objective_gbp == pytest.approx(place.run(changes=changes).plan.objective_gbp, abs=HALF_A_PENNY)
    assert rich.added == ("medicines_review",) and not rich.dropped
    assert rich.pound_buys_gbp == pytest.approx((rich.objective_gbp - stated.objective_gbp) / (0.25 * sum(budgets.values())))
    assert rich.objective_gbp == pytest.approx(found.unlimited_gbp, abs=HALF_A_PENNY)
    for least, better in ((found.enough_factor, found.unlimited_gbp), (found.least_factor, None)):
        assert least is not None
        below, at = budget_frontier(known, options, (least - 2e-6, least)).points
        assert at.objective_gbp is not None and (better is None or at.objective_gbp == pytest.approx(better, abs=HALF_A_PENNY))
        assert below.objective_gbp is None if better is None else below.objective_gbp < better - HALF_A_PENNY


def test_plans_between_two_perspectives_are_worth_to_each_what_a_run_in_it_says(place: Any, known: Values) -> None:
    options, parties = place.choices.options, [entry.id for entry in place.pack.dimensions["party"]]
    plan = place.run().plan
    found = perspective_frontier(known, options, ("system", "acute_trusts"), [plan.chosen[option] for option in options])
    assert found.complete and [point.present for point in found.points] == [True, False, False]
    assert dict(found.points[0].chosen) == dict(plan.chosen)
    for point in found.points:
        for worth, counted in ((point.first_gbp, parties), (point.second_gbp, ["acute_trusts"])):
            weights = {f"perspective_index[{party}]": float(party in counted) for party in parties}
            run = place.run(changes=weights, chosen=point.chosen)
            assert worth == pytest.approx(run.column("objective", "plan_value_gbp")[()], abs=HALF_A_PENNY)
