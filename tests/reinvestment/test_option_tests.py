"""The tests of every option against every plan of a small place, tried one by one by the rules."""

from __future__ import annotations

import itertools
import shutil
from collections.abc import Mapping
from dataclasses import fields
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from place_kinds import edit

from capmodel.algebra.evaluate import Values, evaluate
from capmodel.algebra.functions import to_pence
from capmodel.algebra.rows import Floats
from capmodel.errors import BadInput, NoPlan
from capmodel.model import Place, load
from capmodel.money import HALF_A_PENNY
from capmodel.place.optimise import Optimised
from capmodel.reinvestment.model import model_of
from capmodel.reinvestment.option_tests.alone import alone, with_given
from capmodel.reinvestment.option_tests.cash import cash_of
from capmodel.reinvestment.option_tests.every import OptionTest
from capmodel.reinvestment.option_tests.in_plan import Asking, in_plan
from capmodel.reinvestment.planning import DECISION, OBJECTIVE, SLACKS, TABLES
from capmodel.reinvestment.solvers import TOLERANCE

YEARS = (2026, 2027)
#: Costs by year that make some options worth while, and a budget that does not pay for all of them.
COSTS = {
    "shared_care_record": (50_000, 60_000),
    "risk_profiling": (20_000, 30_000),
    "hospital_at_home": (75_000, 90_000),
    "virtual_wards": (135_000, 20_000),
    "frailty_teams": (10_000, 12_000),
}
BUDGET = 130_000
OPTIONS = tuple(COSTS)


def costs(stated: dict[str, Any]) -> None:
    for option in stated["options"]:
        option["setup_cost_gbp"] = dict.fromkeys(YEARS, 0)
        option["running_cost_gbp"] = dict(zip(YEARS, COSTS[option["id"]], strict=True))


@pytest.fixture(scope="module")
def tried(tmp_path_factory: pytest.TempPathFactory, small: Any) -> Optimised:
    packs = shutil.copytree(small.folder.parents[1], tmp_path_factory.mktemp("tried") / "assumptions")
    folder = Path(packs) / "places" / small.folder.name
    edit(folder / "options.yaml", costs)
    return load(folder).optimise(changes={"investment_budget_gbp": BUDGET}, solver="enumerate")


def place_of(tried: Optimised) -> Place:
    place = tried.result.place
    assert isinstance(place, Place)
    return place


def known_of(place: Place, scenario: str = "base") -> Values:
    return place.chain.before_options(Values(place.inputs(scenario, [])))


class Every:
    """Every plan there is, worked out by the rules: what it is worth and whether it keeps every constraint."""

    def __init__(self, known: Values, free: int | None = None) -> None:
        if free is not None:
            mandatory = known.inputs.given["option", "mandatory_flag"].copy()
            mandatory[free] = 0
            known = with_given(known, {("option", "mandatory_flag"): mandatory})
        self.plans = np.array(list(itertools.product((0, 1), repeat=len(OPTIONS))))
        figures = evaluate(TABLES, with_given(known, {DECISION: self.plans.astype(float)}))
        kept = [(figures.figure(node) >= -TOLERANCE).all(axis=-1) for node in SLACKS]
        self.kept = np.logical_and.reduce([np.broadcast_to(each, len(self.plans)) for each in kept])
        self.value: Floats = figures.figure(OBJECTIVE)[..., 0]

    def best(self, which: Any = True) -> float | None:
        there = self.value[self.kept & which]
        return float(there.max()) if len(there) else None

    def having(self, position: int, taken: int) -> float | None:
        return self.best(self.plans[:, position] == taken)


def test_the_place_has_plans_to_choose_between(tried: Optimised) -> None:
    every = Every(known_of(place_of(tried)))
    assert 4 <= every.kept.sum() < len(every.plans)
    assert tried.plan.objective_gbp == pytest.approx(every.best(), abs=HALF_A_PENNY)
    assert 1 < sum(tried.plan.chosen.values()) < len(OPTIONS) and tried.unproved == 0


@pytest.mark.parametrize("position", range(len(OPTIONS)), ids=OPTIONS)
def test_an_option_left_out_and_forced_in_is_worth_what_the_best_of_all_such_plans_is(tried: Optimised, position: int) -> None:
    known, test = known_of(place_of(tried)), tried.tests[position]
    within = test.in_plan
    assert within.with_gbp == pytest.approx(Every(known).having(position, 1), abs=HALF_A_PENNY)
    assert within.without_gbp == pytest.approx(Every(known, position).having(position, 0), abs=HALF_A_PENNY)
    if within.with_gbp is not None and within.without_gbp is not None:
        assert within.marginal_gbp == pytest.approx(within.with_gbp - within.without_gbp, abs=HALF_A_PENNY)
        assert test.chosen == (within.marginal_gbp > 0) or test.mandatory
    # The plan that is named has the other decision and is worth as much.
    chosen = dict(tried.plan.chosen) | {test.option: 1 - int(test.chosen)}
    chosen |= dict.fromkeys(within.added, 1) | dict.fromkeys(within.dropped, 0)
    other = within.without_gbp if test.chosen else within.with_gbp
    if other is not None:
        again = place_of(tried).run(chosen=chosen).column("objective", "plan_value_gbp")[()]
        assert again == pytest.approx(other, abs=HALF_A_PENNY)
        assert within.regret_gbp == pytest.approx(tried.plan.objective_gbp - other, abs=HALF_A_PENNY)


@pytest.mark.parametrize("position", range(len(OPTIONS)), ids=OPTIONS)
def test_half_an_option_s_effects_is_the_place_with_these_effects_halved(tried: Optimised, position: int) -> None:
    place, test = place_of(tried), tried.tests[position]
    effects = [effect[0] for effect in place.choices.effects if effect[1] == test.option]
    stated = {key[0]: figure.value for (key, _), figure in place.columns["effect_share"].figures.items()}
    halved = place.changed({f"effect_share[{effect}]": stated[effect] / 2 for effect in effects})
    every = Every(known_of(load_as(halved)))
    assert test.in_plan.half_gbp == pytest.approx(every.best(), abs=HALF_A_PENNY)
    best = every.plans[np.argmax(np.where(every.kept, every.value, -np.inf))]
    assert test.in_plan.chosen_at_half == bool(best[position])
    value = load_as(halved).run(chosen={}).column("start", "value_gbp")[(test.option,)]
    assert test.alone.half_value_gbp == pytest.approx(value, abs=HALF_A_PENNY)


def load_as(place: Any) -> Place:
    """A changed place with the doors of the roof."""
    return Place(**{each.name: getattr(place, each.name) for each in fields(Place)})


@pytest.mark.parametrize("scenario", ["prudent", "stretch"])
def test_regret_in_another_scenario_is_what_the_present_decision_loses_there(tried: Optimised, scenario: str) -> None:
    every = Every(known_of(place_of(tried), scenario))
    best = every.best()
    assert best is not None
    for i, test in enumerate(tried.tests):
        held = every.having(i, int(test.chosen))
        assert test.in_plan.regret_by_scenario[scenario] == (None if held is None else pytest.approx(best - held, abs=HALF_A_PENNY))


def test_an_option_alone_is_worth_and_costs_what_a_plan_of_it_alone_does(tried: Optimised) -> None:
    place = place_of(tried)
    for test in tried.tests:
        run, alone = place.run(chosen={test.option: 1}), test.alone
        assert alone.value_gbp == pytest.approx(run.column("objective", "plan_value_gbp")[()], abs=HALF_A_PENNY)
        assert list(alone.cost_gbp) == list(run.column("plan", "plan_cost_gbp").values())
        assert list(alone.released_gbp) == pytest.approx(list(run.column("plan", "plan_released_gbp").values()), abs=HALF_A_PENNY)
        slack = list(run.column("budget", "budget_slack_gbp").values())
        assert list(alone.short_gbp) == pytest.approx([max(-each, 0.0) for each in slack], abs=HALF_A_PENNY)
        net = run.column("plan_party", "plan_net_gbp")
        for each in alone.parties:
            assert list(each.net_gbp) == pytest.approx([net[each.party, str(year)] for year in YEARS], abs=HALF_A_PENNY)
        assert sum(each.present_gbp for each in alone.parties) == pytest.approx(alone.present_gbp, abs=HALF_A_PENNY)
        payers = [each for each in alone.parties if each.return_index is not None]
        assert all(each.return_index == pytest.approx(each.present_gbp / each.paid_present_gbp + 1) for each in payers)
    assert [test.option for test in tried.tests if not test.alone.fits] == ["virtual_wards"]


def test_present_value_to_all_parties_does_not_depend_on_whose_pounds_count(tried: Optimised) -> None:
    one_sided = alone(known_of(load_as(place_of(tried).changed({"perspective_index[council]": 0}))))
    for before, after in zip(tried.tests, one_sided, strict=True):
        assert after.present_gbp == pytest.approx(before.alone.present_gbp, abs=HALF_A_PENNY)
        council = next(each for each in after.parties if each.party == "council")
        assert after.value_gbp == pytest.approx(before.alone.value_gbp - council.present_gbp, abs=HALF_A_PENNY)


def moved(tried: Optimised, test: OptionTest, name: str, to: float) -> Mapping[str, float]:
    place = place_of(tried)
    if name == "own_effect_index":
        effects = {effect[0] for effect in place.choices.effects if effect[1] == test.option}
        stated = place.columns["effect_share"].figures
        return {f"effect_share[{key[0]}]": figure.value * to for (key, _), figure in stated.items() if key[0] in effects}
    if name == "own_cost_index":
        stated = place.columns["running_cost_gbp"].figures
        return {f"running_cost_gbp[{key[0]},{year}]": each.value * to for (key, year), each in stated.items() if key[0] == test.option}
    return {name: to}


def test_an_option_changes_its_answer_at_its_switching_values_and_not_beside_them(tried: Optimised) -> None:
    found = [(test, each) for test in tried.tests for each in test.switches]
    assert {each.decides for _, each in found} == {"value", "chosen"}
    assert {"own_effect_index", "own_cost_index"} < {each.name for _, each in found}
    for test, each in found:
        answers = []
        for share in (-1e-5, 1e-5):
            to = each.switches_at + share * (each.high - each.low)
            answers.append(_answer(place_of(tried), moved(tried, test, each.name, to), test.option, each.decides))
        assert answers[0] != answers[1], (test.option, each)
        assert (each.at_low_gbp > 0) == answers[0] and (each.at_high_gbp > 0) == answers[1], (test.option, each)


def _answer(place: Place, changes: Mapping[str, float], option: str, decides: str) -> bool:
    """Whether a run with some figures changed chooses the option, or gives it a value above zero; a run without a plan does neither."""
    if decides == "value":
        return place.run(changes=changes, chosen={}).column("start", "value_gbp")[(option,)] > 0
    try:
        return bool(place.run(changes=changes, solver="enumerate").choice[option])
    except NoPlan:
        return False


def test_the_solver_is_asked_only_what_the_best_plan_does_not_answer(tried: Optimised) -> None:
    known = known_of(place_of(tried))
    asking = Asking("enumerate")
    in_plan(model_of(known), list(tried.plan.chosen.values()), asking, {"the same": known})
    # One question for the other decision and one for half the effects of each option, one for the scenario, none for its decisions.
    assert (asking.questions, asking.spared) == (2 * len(OPTIONS) + 1, 2 * len(OPTIONS))


def test_other_solvers_find_the_same(tried: Optimised) -> None:
    again = place_of(tried).optimise()
    for one, other in zip(tried.tests, again.tests, strict=True):
        assert (one.chosen, one.in_plan.added, one.in_plan.dropped) == (other.chosen, other.in_plan.added, other.in_plan.dropped)
        assert one.in_plan.marginal_gbp == pytest.approx(other.in_plan.marginal_gbp, abs=HALF_A_PENNY)
        assert [(each.name, each.decides) for each in one.switches] == [(each.name, each.decides) for each in other.switches]
        for first, second in zip(one.switches, other.switches, strict=True):
            assert first.switches_at == pytest.approx(second.switches_at, abs=1e-6 * (first.high - first.low))


def test_a_mandatory_option_that_cannot_be_paid_for_has_no_plan_to_test(tried: Optimised) -> None:
    with pytest.raises(NoPlan):
        place_of(tried).optimise(changes={"investment_budget_gbp": 10}, solver="enumerate")


def test_a_place_that_lists_no_option_has_nothing_to_test(small_broken: Path) -> None:
    edit(small_broken / "options.yaml", lambda stated: stated.update(options=[], requires=[], exclusive=[]))
    with pytest.raises(BadInput, match="it lists no option"):
        load(small_broken).optimise()


@settings(max_examples=60, deadline=None)
@given(st.lists(st.integers(-500, 500), min_size=1, max_size=8))
def test_payback_is_the_last_time_that_all_cash_so_far_is_not_below_zero(flows: list[int]) -> None:
    years = list(range(2026, 2026 + len(flows)))
    cash = cash_of(flows, years)
    so_far = [sum(flows[: i + 1]) for i in range(len(flows))]
    assert cash.peak_gbp == max(0, -min(so_far))
    assert cash.peak_year == (years[so_far.index(min(so_far))] if min(so_far) < 0 else None)
    back = [year for i, year in enumerate(years) if min(so_far[i:]) >= 0]
    assert cash.payback_year == (back[0] if back else None)
    if cash.break_even_month:
        # A twelfth of the year's cash a month: not yet the month before, and then it is.
        def at(month: int) -> float:
            year, part = divmod(month, 12)
            return float(to_pence(sum(flows[:year]) + (flows[year] * part / 12 if part else 0)))

        assert at(cash.break_even_month) >= -0.01 and at(cash.break_even_month - 1) < 0
