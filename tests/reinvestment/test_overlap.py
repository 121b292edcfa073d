"""Options that act on the same budget: what the optimiser calls the best is the best of all choices, worked out by the rules themselves."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import case_files
import case_runner
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from capmodel.algebra.evaluate import Values, evaluate
from capmodel.errors import NoPlan
from capmodel.model import Place, Result
from capmodel.reinvestment import planning, ranking, solve
from capmodel.reinvestment.choose import choose
from capmodel.reinvestment.frontier.perspectives import in_perspective, non_dominated
from capmodel.reinvestment.model import problem_of
from capmodel.reinvestment.option_tests.alone import EFFECT, with_given
from capmodel.reinvestment.planning import DECISION, OBJECTIVE, SLACKS
from capmodel.reinvestment.solvers import TOLERANCE, aligned, enumerate, slacks_of, worth_of, worths_of
from capmodel.reinvestment.under_uncertainty.plans import Rule, Uncertain, best_plan, joined

CASES = {case.name: case for case in case_files.read_cases() if case.chain == "options"}
PENNY = 0.005


def every_choice(count: int) -> np.ndarray:
    return ((np.arange(1 << count)[:, None] >> np.arange(count)) & 1).astype(float)


def by_the_rules(known: Values, count: int) -> tuple[np.ndarray, np.ndarray]:
    """What each choice is worth and the least slack it leaves, worked out by the rules with no solver and no linear term."""
    done = evaluate(planning.TABLES, with_given(known, {DECISION: every_choice(count)}))
    slacks = [np.broadcast_to(done.figure(node), (1 << count, done.figure(node).shape[-1])) for node in SLACKS]
    return np.broadcast_to(done.figure(OBJECTIVE), (1 << count, 1))[:, 0], np.concatenate(slacks, axis=1).min(axis=1)


def effect(name: str, group: str, setting: str, share: float) -> dict[str, Any]:
    return {
        "id": name,
        "group": group,
        "setting": setting,
        "effect_share": share,
        "effect_status": "illustrative",
        "effect_source": "OVERLAP-ENDS",
        "reach_share": 1,
        "reach_status": "illustrative",
        "reach_source": "OVERLAP-ENDS",
    }


@st.composite
def overlapping(draw: st.DrawFn) -> dict[str, Any]:
    """Two to seven options that act on two groups in one setting over two years, with recycled cash, a requirement and an exclusion."""
    case, years = CASES["OVERLAP-ENDS"], [2026, 2027]
    count = draw(st.integers(2, 7), label="options")
    share = st.sampled_from([-0.3, 0, 0.05, 0.1, 0.25, 0.5, 1])
    names = [f"o{i}" for i in range(count)]
    # Of two that exclude one another neither is mandatory nor needs the other: such rules are refused.
    apart = draw(st.integers(0, 3)) == 0
    options = [
        {
            **case.given["options"]["options"][0],
            "id": name,
            "label": f"Option {name}",
            "mandatory": draw(st.integers(0, 9)) == 0 and not apart,
            "setup_cost_gbp": dict.fromkeys(years, 0),
            "running_cost_gbp": {year: draw(st.integers(1, 300)) for year in years},
            "delivery_share": {2026: draw(st.sampled_from([0, 0.5, 1])), 2027: 1},
            "effects": [effect(f"{name}_{group}_{j}", group, "emergency", draw(share) / 2) for group in "xy" for j in range(draw(st.integers(0, 1)))],
        }
        for name in names
    ]  # fmt: skip
    rules = {
        "requires": [{"id": "needs", "option": names[0], "needs": names[-1]}] if draw(st.booleans()) and not (apart and count == 2) else [],
        "exclusive": [{"id": "one_of", "label": "One of two", "options": names[:2]}] if apart else [],
    }
    return {
        **case.given,
        "years": years,
        "dimensions": {**case.given["dimensions"], "group": ["x", "y"], "segment": [{"id": f"people_{g}", "group": g} for g in "xy"]},
        "assumptions": {
            **case.given["assumptions"],
            "investment_budget_gbp": {year: draw(st.integers(0, 1200)) for year in years},
            "recycle_share": draw(st.sampled_from([0, 0.5, 1])),
            "carry_forward_flag": draw(st.integers(0, 1)),
            "prudence_share": draw(st.sampled_from([0.5, 1])),
        },
        "columns": {**case.given["columns"], "release_share": {"emergency": draw(st.sampled_from([0.4, 1]))}},
        "lines": {"care_budget.budget_gbp": {f"people_{g}, emergency, hospital, commissioner": draw(st.sampled_from([0, 1000])) for g in "xy"}},
        "options": {**case.given["options"], "options": options, **rules},
    }  # fmt: skip


@settings(max_examples=40, deadline=None)
@given(overlapping())
def test_the_best_is_the_best_of_all_choices_worked_out_by_the_rules(stated: dict[str, Any]) -> None:
    prepared = case_runner.prepare(replace(CASES["OVERLAP-ENDS"], given=stated))
    assert prepared.choices is not None
    known, options = evaluate(case_runner.BEFORE_OPTIONS, prepared.values), prepared.choices.options
    worth, slack = by_the_rules(known, len(options))
    problem, choices = problem_of(known), every_choice(len(options))
    assert np.allclose(worths_of(problem, choices), worth, atol=1e-6)
    assert np.allclose(slacks_of(problem, choices).min(axis=1), slack, atol=1e-6)
    best = np.where(slack >= -TOLERANCE, worth, -np.inf).max()
    for solver in ("enumerate", "highs"):
        answer = solve.best_choice(solver, problem)
        assert answer.proved
        assert (answer.chosen is None) == np.isneginf(best)
        if answer.chosen is not None:
            assert worth_of(problem, answer.chosen) == pytest.approx(best, abs=PENNY)
            asked = ranking.ranked(solver, problem, few=0, near_share=0.05)
            listed = ranking.ranked(solver, problem, near_share=0.05)
            assert (asked.best.chosen, asked.others[:20]) == (listed.best.chosen, listed.others[:20])
    if np.isneginf(best):
        with pytest.raises(NoPlan, match="No choice of options keeps every constraint"):
            choose(known)
    else:
        assert choose(known).objective_gbp == pytest.approx(best, abs=PENNY)


def test_options_on_budgets_of_their_own_ask_for_no_amounts() -> None:
    prepared = case_runner.prepare(CASES["OPT-02"])
    assert prepared.choices is not None
    problem = problem_of(evaluate(case_runner.BEFORE_OPTIONS, prepared.values))
    assert (problem.products, problem.decisions) == ((), 4)


def test_a_plan_is_its_options_less_their_overlap(place: Place, result: Result) -> None:
    every = place.run(chosen=dict.fromkeys(place.choices.options, 1))
    for run in (result, every):
        figure = run.values.figure
        lost = figure(("overlap_option", "lost_gbp")).reshape(-1, len(place.pack.years))
        assert (lost > -PENNY).all() and lost.sum() > 0
        assert figure(OBJECTIVE)[0] == pytest.approx(
            figure(("start", "chosen_value_gbp")).sum() + figure(("objective", "overlap_value_gbp"))[0]
        )
        saved = figure(("plan_setting", "saved_in_year_gbp")).reshape(-1, len(place.pack.years)).sum(axis=0)
        assert saved == pytest.approx(figure(("plan", "plan_saving_gbp")), abs=PENNY)
    assert (figure(("overlap", "together_gbp")) <= figure(("overlap", "shared_budget_gbp")) + PENNY).all()


def test_what_one_option_does_alone_has_no_overlap(place: Place) -> None:
    for option in place.choices.options[:4]:
        run = place.run(chosen={option: 1})
        value = run.column("start", "value_gbp")[(option,)]
        assert run.values.figure(("overlap", "overlap_gbp")).sum() == 0
        assert run.values.figure(OBJECTIVE)[0] == pytest.approx(value)


def test_enumerate_works_out_the_products_of_each_choice() -> None:
    prepared = case_runner.prepare(CASES["OVERLAP-ENDS"])
    assert prepared.choices is not None
    problem = problem_of(evaluate(case_runner.BEFORE_OPTIONS, prepared.values))
    assert len(problem.products) == 1
    assert {each: round(worth_of(problem, each)) for each in enumerate.every_choice(problem)} == {
        (0, 0): 0,
        (1, 0): 400,
        (0, 1): 200,
        (1, 1): 350,
    }


@settings(max_examples=12, deadline=None)
@given(overlapping())
def test_safe_plans_and_frontiers_are_those_of_all_choices_where_options_overlap(stated: dict[str, Any]) -> None:
    """Two cases in which savings count for more and for less, so that the overlaps of the cases differ; and the view of the commissioner."""
    prepared = case_runner.prepare(replace(CASES["OVERLAP-ENDS"], given=stated))
    assert prepared.choices is not None
    known, options = evaluate(case_runner.BEFORE_OPTIONS, prepared.values), prepared.choices.options
    views = [known, with_given(known, {EFFECT: known.inputs.given[EFFECT] / 2}), in_perspective(known, "commissioner")]
    problems = aligned([problem_of(each) for each in views])
    choices = every_choice(len(options))
    for view, problem in zip(views, problems, strict=True):
        worth, slack = by_the_rules(view, len(options))
        assert np.allclose(worths_of(problem, choices), worth, atol=1e-6)
        assert np.allclose(slacks_of(problem, choices).min(axis=1), slack, atol=1e-6)
    uncertain = Uncertain(joined(problems[:2]), np.stack([each.values for each in problems[:2]]), np.array([0.5, 0.5]), problems[0])
    for rule in (Rule("mean"), Rule("safe"), Rule("blend")):
        tried, asked = (best_plan("highs", uncertain, rule, few=few) for few in (12, 0))
        assert tried.chosen == asked.chosen and asked.proved
    plans = [non_dominated("highs", problems[0], problems[0].values, problems[2].values, few=few) for few in (12, 0)]
    assert [(each.first, each.second) for each in plans[0][0]] == [(each.first, each.second) for each in plans[1][0]]
