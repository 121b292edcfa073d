"""Plans under uncertainty: worked cases by hand, and every rule and solver against every choice tried one by one."""

from __future__ import annotations

import itertools
from dataclasses import replace
from fractions import Fraction
from typing import Any

import numpy as np
import pytest
from case_files import read_list
from drawn_options import drawn_problem
from hypothesis import given, settings
from hypothesis import strategies as st

from capmodel.algebra.rows import Floats
from capmodel.errors import NoPlan
from capmodel.money import HALF_A_PENNY
from capmodel.reinvestment.solve import find_solver
from capmodel.reinvestment.solvers import TOLERANCE, Problem
from capmodel.reinvestment.under_uncertainty.measures import blend, expected_shortfall, mean
from capmodel.reinvestment.under_uncertainty.plans import Losses, Rule, Uncertain, best_plan, joined
from capmodel.reinvestment.under_uncertainty.results import RULES
from capmodel.reinvestment.under_uncertainty.rows import Parts
from capmodel.uncertainty import measures as of_draws

SOLVERS = ["enumerate", "highs", "cbc"]
CASES = read_list("UNDER_UNCERTAINTY.yaml")


def number(stated: Any) -> float:
    return float(Fraction(str(stated)))


def uncertain_of(case: Any) -> Uncertain:
    options = list(case["costs"])
    values = np.array([case["values"][option] for option in options], dtype=float).T
    budget = Problem(values[0], np.array([float(case["budget"])]), -np.array([list(case["costs"].values())], dtype=float))
    effects = [(i, lost) for i, option in enumerate(options) for lost in case.get("losses", {}).get(option, [])]
    value = np.zeros((len(effects), len(options)))
    for k, (i, lost) in enumerate(effects):
        value[k, i] = lost
    losses = Losses(tuple(map(str, range(len(effects)))), value, np.zeros((1, *value.shape)))
    weights = np.array([number(weight) for weight in case["weights"]])
    return Uncertain(joined([budget]), values, weights, budget, losses if effects else None)


@pytest.mark.parametrize("solver", SOLVERS)
@pytest.mark.parametrize("case", CASES, ids=[case["id"] for case in CASES])
def test_worked_cases_give_the_plans_worked_out_by_hand(case: Any, solver: str) -> None:
    available(solver)
    uncertain, options = uncertain_of(case), list(case["costs"])
    stated = [number(case.get(name, 1)) for name in ("level", "blend_weight", "failures")]
    for name, expected in case["expect"].items():
        rule = Rule(name, stated[0], stated[1], int(stated[2]))
        found = best_plan(solver, uncertain, rule, few=0)
        assert found.proved and found.chosen is not None
        assert [option for option, taken in zip(options, found.chosen, strict=True) if taken] == expected["chosen"]
        choice = np.array([found.chosen], dtype=float)
        measured = {each: uncertain.worth(replace(rule, name=each), choice)[0] for each in RULES}
        values = choice @ uncertain.values.T
        figures = {"mean": measured["mean"], "shortfall": measured["safe"], "blend": measured["blend"], "protected": measured["budgeted"]}
        figures["worst"] = values[0, uncertain.weights > 0].min()
        for measure, figure in expected.items():
            if measure != "chosen":
                assert figures[measure] == pytest.approx(figure, abs=1e-9), measure


def available(solver: str) -> None:
    try:
        find_solver(solver)
    except NoPlan as error:
        pytest.skip(str(error))


def drawn(seed: int) -> tuple[Uncertain, tuple[Rule, ...]]:
    """Random options of whole pounds with cases, weights and effects that may fail, in pounds up to tens of millions."""
    made, problem = np.random.default_rng(seed), drawn_problem(seed)
    count, cases = len(problem.values), int(made.integers(1, 7))
    scale = 10.0 ** made.integers(0, 7)
    values = scale * (problem.values + made.integers(-8, 9, (cases, count)))
    weights = made.integers(0, 5, cases).astype(float)
    weights[0] += 1
    effects = int(made.integers(1, count + 1))
    lost = np.zeros((effects, count))
    lost[np.arange(effects), made.integers(0, count, effects)] = made.integers(0, 9, effects)
    slack = np.zeros((len(problem.constants), effects, count))
    slack[0] = lost / 4
    nominal = replace(problem, values=scale * problem.values)
    losses = Losses(tuple(map(str, range(effects))), scale * lost, slack)
    uncertain = Uncertain(joined([problem]), values, weights / weights.sum(), nominal, losses)
    level, part, failures = float(made.choice([0, 0.5, 0.8, 0.95, 1])), float(made.choice([0, 0.3, 0.5, 1])), int(made.integers(0, 4))
    return uncertain, tuple(Rule(name, level, part, failures) for name in RULES)


def by_definition(uncertain: Uncertain, rule: Rule, choice: tuple[int, ...]) -> float:
    """What a choice is worth by a rule, case by case and effect by effect."""
    x = np.array(choice, dtype=float)
    if rule.name == "budgeted":
        assert uncertain.losses is not None
        lost = list(uncertain.losses.value @ x)
        sets = itertools.combinations(lost, min(rule.failures, len(lost)))
        return float(uncertain.nominal.values @ x) - max((sum(each) for each in sets), default=0.0)
    pairs = sorted(zip((uncertain.values @ x).tolist(), uncertain.weights.tolist(), strict=True))
    middle = sum(value * weight for value, weight in pairs)
    left, worst = 1 - rule.level, 0.0
    for value, weight in pairs:
        part = min(weight, left)
        worst, left = worst + part * value, left - part
    shortfall = worst / (1 - rule.level) if rule.level < 1 else min(value for value, weight in pairs if weight)
    return {"mean": middle, "safe": shortfall, "blend": middle * (1 - rule.blend_weight) + shortfall * rule.blend_weight}[rule.name]


def keeps_all(uncertain: Uncertain, rule: Rule, choice: tuple[int, ...]) -> bool:
    x = np.array(choice, dtype=float)
    if (uncertain.base.constants + uncertain.base.coefficients @ x < -TOLERANCE).any():
        return False
    if rule.name != "budgeted" or uncertain.losses is None:
        return True
    slack = uncertain.nominal.constants + uncertain.nominal.coefficients @ x
    failing = np.sort(uncertain.losses.slack @ x, axis=1)[:, ::-1][:, : rule.failures].sum(axis=1)
    return bool((slack - failing >= -TOLERANCE).all())


@settings(max_examples=40, deadline=None)
@given(seed=st.integers(0, 10**6))
def test_every_rule_gives_the_best_of_all_plans_and_proves_it(seed: int) -> None:
    uncertain, rules = drawn(seed)
    choices = list(itertools.product((0, 1), repeat=uncertain.values.shape[1]))
    for rule in rules:
        there = [choice for choice in choices if keeps_all(uncertain, rule, choice)]
        tried, found = best_plan("enumerate", uncertain, rule), best_plan("highs", uncertain, rule, few=0)
        assert tried.chosen == found.chosen and found.proved and tried.proved
        if not there:
            assert found.chosen is None
            continue
        assert found.chosen is not None
        best = max(by_definition(uncertain, rule, choice) for choice in there)
        assert by_definition(uncertain, rule, found.chosen) == pytest.approx(best, abs=HALF_A_PENNY)
        assert found.bound == pytest.approx(best, abs=HALF_A_PENNY)


@settings(max_examples=15, deadline=None)
@given(seed=st.integers(0, 10**6))
def test_rows_by_category_and_year_give_what_a_row_for_every_option_gives(seed: int) -> None:
    made, (uncertain, rules) = np.random.default_rng(seed), drawn(seed)
    count, cases = uncertain.values.shape[1], len(uncertain.weights)
    parts = Parts(made.integers(-3, 4, (cases, 4)).astype(float), made.integers(-4, 9, (4, count)).astype(float))
    whole = replace(uncertain, values=parts.factors @ parts.amounts)
    for rule in rules[:3]:
        one, other = best_plan("highs", whole, rule, few=0), best_plan("highs", replace(whole, parts=parts), rule, few=0)
        assert one == other


@settings(max_examples=25, deadline=None)
@given(seed=st.integers(0, 10**6), level=st.sampled_from([0.0, 0.5, 0.9, 0.95]))
def test_with_equal_weights_expected_shortfall_is_that_of_the_simulation(seed: int, level: float) -> None:
    values = np.random.default_rng(seed).normal(size=40)
    found = expected_shortfall(values, np.full(40, 1 / 40), level)
    assert found == pytest.approx(of_draws.expected_shortfall(values, level), abs=1e-9)


@settings(max_examples=25, deadline=None)
@given(seed=st.integers(0, 10**6))
def test_expected_shortfall_falls_as_its_level_rises_from_the_mean_to_the_worst(seed: int) -> None:
    made = np.random.default_rng(seed)
    values, weights = made.integers(-50, 50, 6).astype(float), made.dirichlet(np.ones(6))
    levels: list[Floats] = [expected_shortfall(values, weights, level) for level in (0.0, 0.3, 0.6, 0.9, 1.0)]
    assert levels[0] == pytest.approx(mean(values, weights)) and levels[-1] == values.min()
    assert all(lower <= higher + 1e-9 for higher, lower in itertools.pairwise(levels))
    assert blend(levels[0], levels[-1], 1.0) == levels[-1]


@settings(max_examples=10, deadline=None)
@given(seed=st.integers(0, 10**6))
def test_an_answer_within_a_gap_is_as_near_as_asked_and_not_called_proved(seed: int) -> None:
    uncertain, rules = drawn(seed)
    for rule in rules[:3]:
        best, found = best_plan("enumerate", uncertain, rule), best_plan("highs", uncertain, rule, gap_share=0.05, few=0)
        assert (found.chosen is None) == (best.chosen is None)
        if found.chosen is not None and best.chosen is not None:
            worth = by_definition(uncertain, rule, found.chosen)
            assert keeps_all(uncertain, rule, found.chosen)
            # A share of nothing is no gap, so that such an answer is the best.
            assert not found.proved or worth == pytest.approx(best.bound, abs=HALF_A_PENNY)
            assert worth >= best.bound - 0.05 * abs(best.bound) - HALF_A_PENNY and found.bound >= best.bound - HALF_A_PENNY


def test_a_time_limit_that_is_reached_is_not_called_proved() -> None:
    uncertain, rules = drawn(3)
    found = best_plan("highs", uncertain, rules[1], time_limit_s=0.0, few=0)
    assert (found.chosen, found.proved, found.status) == (None, False, "Time limit reached")
