"""What `capmodel optimise` tries beside the best plan: cases from scenarios and draws, plans in them, and what is refused."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from capmodel.algebra.evaluate import Inputs, Values
from capmodel.assumptions.pack import Figure
from capmodel.errors import BadInput, Problem
from capmodel.money import HALF_A_PENNY
from capmodel.place.option_draws import moving_of, option_draws
from capmodel.place.trials import Trials, Tried, check_trials, tried
from capmodel.reinvestment import solvers
from capmodel.reinvestment.under_uncertainty.results import RULES, Case
from capmodel.reinvestment.under_uncertainty.side_by_side import Asked, possible_cases

EFFECT = ("effect", "effect_share")
BUDGET = "investment_budget_gbp"


def before_of(place: Any) -> Any:
    def before(inputs: Inputs) -> Values:
        found: Values = place.chain.before_options(Values(inputs))
        return found

    return before


def tried_of(place: Any, scenario: str = "base", **asked: Any) -> Tried:
    before = before_of(place)
    known = {name: before(place.inputs(name, [])) for name in place.scenarios}
    return tried(place, scenario, known, (0,) * len(place.choices.options), Trials(**asked), "enumerate", before)


#: Costs of both years that make some options worth while.
COSTS = {
    "shared_care_record": 20_000,
    "risk_profiling": 20_000,
    "hospital_at_home": 75_000,
    "virtual_wards": 50_000,
    "frailty_teams": 10_000,
}


@pytest.fixture(scope="module")
def rich(small: Any) -> Any:
    """The small place with costs that make some of its options worth while, and money for most of them."""
    changes = {f"setup_cost_gbp[{option},{year}]": 0.0 for option in COSTS for year in (2026, 2027)}
    changes |= {f"running_cost_gbp[{option},{year}]": float(cost) for option, cost in COSTS.items() for year in (2026, 2027)}
    return small.place.changed({**changes, BUDGET: 130_000.0})


def poor_in(place: Any, scenario: str, budget: float) -> Any:
    own = place.scenarios[scenario]
    figures = {year: Figure(budget, "local", "test", "") for year in place.pack.years}
    return replace(place, scenarios={**place.scenarios, scenario: replace(own, changes={**own.changes, BUDGET: figures})})


def test_each_plan_is_worth_in_each_scenario_what_a_run_of_it_says(rich: Any, small: Any) -> None:
    found = tried_of(rich, weights={"base": 0.5, "prudent": 0.3, "stretch": 0.2}, level=0.7, blend_weight=0.25).uncertain
    assert [plan.rule for plan in found.plans] == list(RULES) and not found.reasons and found.stated_weights
    assert [(case.name, case.weight) for case in found.cases] == [("base", 0.5), ("prudent", 0.3), ("stretch", 0.2)]
    roof = type(small.place)(**{name: getattr(rich, name) for name in small.place.__dataclass_fields__})
    for plan in found.plans:
        for case, value in zip(found.cases, plan.values_gbp, strict=True):
            run = roof.run(case.name, chosen=plan.chosen)
            assert value == pytest.approx(run.column("objective", "plan_value_gbp")[()], abs=HALF_A_PENNY)
        base, prudent, stretch = plan.values_gbp
        assert plan.mean_gbp == pytest.approx(0.5 * base + 0.3 * prudent + 0.2 * stretch)
        assert plan.blend_gbp == pytest.approx(0.75 * plan.mean_gbp + 0.25 * plan.shortfall_gbp)
        assert plan.worst_gbp == min(plan.values_gbp) <= plan.shortfall_gbp + HALF_A_PENNY
        assert plan.proved and plan.gap_share == 0 and all(plan.kept)
    by_rule = {plan.rule: plan for plan in found.plans}
    for measure, rule in (("mean_gbp", "mean"), ("shortfall_gbp", "safe"), ("blend_gbp", "blend"), ("protected_gbp", "budgeted")):
        assert getattr(by_rule[rule], measure) >= max(getattr(plan, measure) for plan in found.plans) - HALF_A_PENNY


@pytest.mark.parametrize("failures", [1, 2])
def test_what_a_plan_keeps_when_effects_fail_is_a_run_without_those_effects(failures: int, rich: Any, small: Any) -> None:
    found = tried_of(rich, failures=failures).uncertain
    roof = type(small.place)(**{name: getattr(rich, name) for name in small.place.__dataclass_fields__})
    tried_one = False
    for plan in found.plans:
        run = roof.run(chosen=plan.chosen, changes={f"effect_share[{effect}]": 0.0 for effect in plan.failing})
        assert plan.protected_gbp == pytest.approx(run.column("objective", "plan_value_gbp")[()], abs=HALF_A_PENNY)
        tried_one |= len(plan.failing) == failures
    assert tried_one


def test_where_all_scenarios_are_alike_the_safe_plan_is_the_plan_that_is_best_in_the_mean(rich: Any) -> None:
    same = {name: replace(each, changes={}) for name, each in rich.scenarios.items()}
    found = tried_of(replace(rich, scenarios=same)).uncertain
    plans = {plan.rule: plan for plan in found.plans}
    assert plans["safe"].chosen == plans["mean"].chosen == plans["blend"].chosen
    assert plans["safe"].shortfall_gbp == pytest.approx(plans["mean"].mean_gbp)


def test_at_a_level_of_zero_the_safe_plan_is_the_best_in_the_mean_and_at_one_it_has_the_best_worst_case(rich: Any) -> None:
    of_mean, of_worst = (tried_of(rich, level=level).uncertain for level in (0.0, 1.0))
    plans = {plan.rule: plan for plan in of_mean.plans}
    assert plans["safe"].chosen == plans["mean"].chosen and plans["safe"].shortfall_gbp == pytest.approx(plans["safe"].mean_gbp)
    safe = {plan.rule: plan for plan in of_worst.plans}["safe"]
    assert safe.shortfall_gbp == safe.worst_gbp == max(plan.worst_gbp for plan in of_worst.plans)


def test_a_scenario_without_a_plan_is_named_and_no_plan_is_asked_to_be_feasible_there(rich: Any) -> None:
    place = poor_in(rich, "prudent", 1.0)
    found = tried_of(place).uncertain
    assert [(case.name, case.required, case.possible) for case in found.cases] == [
        ("base", True, True),
        ("prudent", False, False),
        ("stretch", True, True),
    ]
    assert len(found.plans) == len(RULES) and all(plan.kept == (True, False, True) for plan in found.plans)
    asked = tried_of(place, feasible_in=("base", "prudent")).uncertain
    assert not asked.plans and set(asked.reasons) == set(RULES)
    assert asked.reasons["safe"] == "no choice of options keeps every constraint in prudent, where a plan must be feasible"


def test_a_plan_need_keep_the_constraints_of_those_cases_only_in_which_it_must(rich: Any) -> None:
    place = poor_in(rich, "stretch", 40_000.0)
    everywhere, in_base = (tried_of(place, feasible_in=names).uncertain for names in (None, ("base",)))
    assert all(all(plan.kept) for plan in everywhere.plans)
    free, held = ({plan.rule: plan for plan in each.plans}["mean"] for each in (in_base, everywhere))
    assert free.kept == (True, True, False) and free.mean_gbp > held.mean_gbp


def test_cases_that_contradict_one_another_are_named() -> None:
    def must(option: int, taken: int) -> solvers.Problem:
        row = np.zeros((1, 2))
        row[0, option] = 1.0 if taken else -1.0
        return solvers.Problem(np.ones(2), np.array([-1.0 if taken else 0.0]), row)

    problems = [must(0, 1), must(1, 1), must(0, 0)]
    cases = tuple(Case(name, 1 / 3, True) for name in ("a", "b", "c"))
    found, reason = possible_cases(Asked("enumerate"), problems, cases)
    assert found == cases and reason == "no one choice of options keeps every constraint in each of a and c"


def test_draws_are_the_same_by_the_same_seed_and_move_nothing_twice(small: Any) -> None:
    place, before = small.place, before_of(small.place)
    moving = moving_of(place, "base", before)
    names = [each.name for each in moving.drawn]
    effects = [each.name for each in moving.drawn if each.kind == "effect"]
    assert len(set(names)) == len(names) and effects == [line[0] for line in place.choices.effects]
    # Effects are drawn, so neither the adjustment for them nor savings delivered are; nor what partners decide.
    assert not {"prudence_share", "savings_delivered", BUDGET, "recycle_share"} & set(names) and "efficiency_share" in names
    first, again = ([*option_draws(place, "base", before, moving, 7, seed=3)] for _ in range(2))
    other = [*option_draws(place, "base", before, moving, 7, seed=4)]
    shares = [np.array([values.inputs.given[EFFECT] for values in draws]) for draws in (first, again, other)]
    assert (shares[0] == shares[1]).all() and (shares[0] != shares[2]).any() and len(first) == 7
    stated = place.inputs("base", []).given[EFFECT]
    status = [place.columns["effect_share"].figures[((name,), None)].status for name in effects]
    for k, known in enumerate(status):
        low, high = {"published": (0.6, 1.2), "derived": (0.3, 1.2), "illustrative": (0.0, 1.3)}[known]
        multiple = shares[0][:, k] / stated[k]
        assert (multiple >= low - 1e-9).all() and (multiple <= high + 1e-9).all() and np.ptp(multiple) > 0


def test_a_draw_is_a_run_with_what_it_drew(rich: Any, small: Any) -> None:
    before = before_of(rich)
    moving = moving_of(rich, "base", before)
    drawn = [*option_draws(rich, "base", before, moving, 3, seed=1)][2]
    effects = dict(zip(drawn.inputs.rows["effect"].values("effect"), drawn.inputs.given[EFFECT].tolist(), strict=True))
    changes = {f"effect_share[{name}]": value for name, value in effects.items()}
    for each in (each for each in moving.drawn if each.kind == "assumption"):
        figures = np.atleast_1d(drawn.inputs.assumptions[each.name])
        years = rich.pack.years if len(figures) > 1 else (None,)
        changes |= {f"{each.name}[{year}]" if year else each.name: float(value) for year, value in zip(years, figures, strict=True)}
    found = tried_of(rich, draws=3).uncertain
    roof = type(small.place)(**{name: getattr(rich, name) for name in small.place.__dataclass_fields__})
    plan = found.plans[0]
    run = roof.run(changes=changes, chosen=plan.chosen)
    assert plan.values_gbp[-1] == pytest.approx(run.column("objective", "plan_value_gbp")[()], abs=HALF_A_PENNY)
    assert [(case.name, case.weight) for case in found.cases if case.weight] == [(f"draw {i}", 1 / 3) for i in (1, 2, 3)]
    assert (found.seed, found.draws, found.drawn) == (1, 3, moving.drawn)


def test_evidence_without_a_spread_is_refused_and_not_taken_as_certain(small: Any) -> None:
    effect = small.place.choices.effects[0][0]
    place = small.place.changed({f"effect_share[{effect}]": 0.2})
    with pytest.raises(BadInput) as refused:
        moving_of(place, "base", before_of(place))
    assert "no spread for evidence that is local" in str(refused.value) and effect in str(refused.value)


@pytest.mark.parametrize(
    ("asked", "where", "words"),
    [
        ({"weights": {"base": 0.5, "prudent": 0.3}}, "--weight", "the weights add up to 0.8"),
        ({"weights": {"base": 1.5, "prudent": -0.5}}, "--weight prudent", "the weight is -0.5"),
        ({"weights": {"base": 0.5, "none": 0.5}}, "--weight none", "there is no scenario 'none'"),
        ({"weights": {"base": 0.5, "draws": 0.5}}, "--weight draws", "there are no draws"),
        ({"weights": {"base": 1.0}, "draws": 50}, "--draws", "the weights give the draws none"),
        ({"feasible_in": ("none",)}, "--feasible-in none", "there is no scenario 'none'"),
        ({"level": 1.5}, "--level", "the level of expected shortfall is 1.5"),
        ({"blend_weight": -0.1}, "--blend", "is -0.1"),
        ({"failures": -1}, "--failures", "-1 effects may fail"),
        ({"draws": -1}, "--draws", "-1 draws"),
        ({"draws": 1_000_000}, "--draws", "1000000 draws"),
        ({"seed": -1}, "--seed", "the seed is -1"),
        ({"factors": (1.0, -0.5)}, "--budgets", "a factor is -0.5"),
        ({"factors": ()}, "--budgets", "there is no factor"),
        ({"between": ("system", "nobody")}, "--between nobody", "there is no perspective 'nobody'"),
        ({"between": ("system", "system")}, "--between", "two different perspectives"),
        ({"between": ("council",)}, "--between", "two different perspectives"),
    ],
)
def test_what_cannot_be_tried_is_reported_where_it_was_asked(asked: dict[str, Any], where: str, words: str, small: Any) -> None:
    problems: list[Problem] = []
    check_trials(small.place, Trials(**asked), problems)
    assert [problem.where for problem in problems] == [where]
    assert words in str(problems[0])
