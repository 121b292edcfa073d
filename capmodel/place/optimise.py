"""Chooses the options of a place and tests every one of them.

The tests are in `reinvestment.option_tests`; here the place gives them its chain, its ranges and its scenarios.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

from capmodel.algebra.evaluate import Inputs, Values
from capmodel.assumptions.load import raise_if_any
from capmodel.assumptions.step import OPTIONS, names_read
from capmodel.console import Progress
from capmodel.errors import BadInput, Problem, gathered
from capmodel.place.place import Changes, Place
from capmodel.place.result import Result
from capmodel.place.run import check_limits, run_place
from capmodel.place.scenarios import BASE
from capmodel.place.trials import Trials, Tried, check_trials, tried
from capmodel.reinvestment.choose import Plan
from capmodel.reinvestment.option_tests.every import OptionTest, every_test
from capmodel.reinvestment.option_tests.in_plan import Asking
from capmodel.reinvestment.option_tests.switches import Setting
from capmodel.reinvestment.ranking import NEAR_SHARE
from capmodel.reinvestment.solve import TIME_LIMIT_S


@dataclass(frozen=True)
class Optimised:
    """The best plan of a place and the tests of its options.

    Attributes:
        result: the run with the best plan: the place, its scenario, what was set, the date and fingerprints of its packs.
        plan: the best plan, with its solver, bound and gap.
        tests: what was found about each option, in the order of the options.
        questions: how often the solver was asked. `spared` is how often the best plan was the answer already.
        unproved: how many of the answers are not proved best.
        scenarios: the other scenarios in which the decisions were tried.
        tried: plans under uncertainty, the best plan at other budgets, and the plans between two perspectives.
        trials: what was asked of them.
    """

    result: Result
    plan: Plan
    tests: tuple[OptionTest, ...]
    questions: int
    spared: int
    unproved: int
    scenarios: tuple[str, ...]
    tried: Tried
    trials: Trials


def optimise_place(
    place: Place,
    scenario: str = BASE,
    changes: Changes | None = None,
    solver: str = "highs",
    progress: Progress | None = None,
    near_share: float = NEAR_SHARE,
    time_limit_s: float = TIME_LIMIT_S,
    trials: Trials | None = None,
) -> Optimised:
    """Choose the options of a place, test every one of them, and try the choice under uncertainty and at other budgets.

    Args:
        place: the place.
        scenario: the scenario that is optimised; the decisions are tried in the place's other scenarios too.
        changes: single figures to change, by name; another scenario reads a change where it has no figure of its own.
        solver: the solver that chooses options.
        progress: called with how many options are done.
        near_share: other choices worth within this share of the best are listed.
        time_limit_s: for what is asked of the solver about one plan.
        trials: what is asked of plans under uncertainty and of the frontiers; its time limit is the one above.

    Raises:
        BadInput: the place has no options, or a scenario, a changed figure or what is asked of the trials cannot be.
        NoPlan: no choice of options keeps every constraint.
    """
    place.need(OPTIONS)
    if not place.choices.options:
        why = "there is nothing to choose from and nothing to test"
        raise BadInput([Problem(f"{place.pack.id}, options.yaml", "it lists no option", why, "Add an option")])
    if place.choices.settled:
        what, why = "settled is true", "the tests of options are by value before settlement, so that they would be those of another choice"
        remedy = (
            "Use capmodel run, which chooses by what is kept after settlement and says what each other decision loses, or leave settled out"
        )
        raise BadInput([place.pack.options.problem(place.choices.settled[0], what, why, remedy)])
    trials = replace(trials or Trials(), time_limit_s=time_limit_s)
    problems: list[Problem] = []
    check_trials(place, trials, problems)
    with gathered(problems):
        place.in_scenario(scenario, changes or {})
    check_limits(near_share, time_limit_s, problems)
    raise_if_any(problems)
    result = run_place(place, scenario, changes, solver, near_share=near_share, time_limit_s=time_limit_s)
    assert result.plan is not None
    changed, chain = result.place, place.chain

    others = tuple(name for name in changed.scenarios if name != scenario)
    inputs = {name: changed.inputs(name, problems) for name in (scenario, *others)}
    raise_if_any(problems)
    base = chain.before_options(Values(inputs[scenario]))

    def before(inputs: Inputs) -> Values:
        return chain.before_options(Values(inputs), base)

    known = {scenario: base, **{name: before(inputs[name]) for name in others}}
    ranges = {
        name: assumed.range for name, assumed in changed.assumptions.items() if assumed.range and name in known[scenario].inputs.assumptions
    }
    asking = Asking(solver, time_limit_s)
    setting = Setting(known[scenario], ranges, before, names_read(chain.undecided), chain.calculate)
    tests = every_test(setting, result.plan, asking, {name: known[name] for name in others}, progress)
    found = tried(changed, scenario, known, list(result.plan.chosen.values()), trials, solver, before)
    return Optimised(result, result.plan, tests, asking.questions, asking.spared, asking.unproved, others, found, trials)
