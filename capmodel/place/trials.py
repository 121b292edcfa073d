"""What is tried of a place's options beside its best plan: plans under uncertainty, other budgets, and what one party's best costs another.

The scenarios and draws of the place become weighted cases here; how plans are chosen over them is in `reinvestment.under_uncertainty`, and
what other budgets buy in `reinvestment.frontier`.
"""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from typing import Any

from capmodel.algebra.evaluate import Inputs, Values
from capmodel.errors import Problem, listed, nearest
from capmodel.place.option_draws import moving_of, option_draws
from capmodel.place.place import Place
from capmodel.place.scenarios import unknown
from capmodel.reinvestment.frontier.budgets import FACTORS, budget_frontier
from capmodel.reinvestment.frontier.perspectives import perspective_frontier
from capmodel.reinvestment.frontier.results import BudgetFrontier, PerspectiveFrontier
from capmodel.reinvestment.options.perspective import COMMISSIONER, OUTCOMES, SYSTEM, views_known
from capmodel.reinvestment.solve import TIME_LIMIT_S
from capmodel.reinvestment.under_uncertainty.results import Case, UnderUncertainty
from capmodel.reinvestment.under_uncertainty.side_by_side import Asked, Weighed, side_by_side

#: All draws together, where weights or scenarios are named.
DRAWS = "draws"
#: Weights that add up to 1 may be so far from it.
_ROUNDING = 1e-9
#: So many draws at the most: each has constraints of its own.
MOST_DRAWS = 1000


@dataclass(frozen=True)
class Trials:
    """What is asked of the trials of a place's options.

    Attributes:
        weights: of scenarios, and of all draws together (`draws`); None weighs all scenarios alike, or all draws where there are any.
        feasible_in: the scenarios, and `draws`, in which a plan must be feasible; None is all of any weight above zero.
        level: the level of expected shortfall, from 0 (the mean) to 1 (the worst case).
        blend_weight: the weight of expected shortfall in the blend of it with the mean.
        failures: how many effects may fail at once.
        draws: how many draws to make.
        seed: another seed draws others.
        factors: what the investment budgets are multiplied by.
        between: two views, of `system`, `commissioner`, `outcomes` and the parties; None is the system and the first payer.
        time_limit_s: for what is asked of the solver about one plan.
    """

    weights: Mapping[str, float] | None = None
    feasible_in: Sequence[str] | None = None
    level: float = 0.95
    blend_weight: float = 0.5
    failures: int = 1
    draws: int = 0
    seed: int = 1
    factors: Sequence[float] = FACTORS
    between: tuple[str, ...] | None = None
    time_limit_s: float = TIME_LIMIT_S


def trials_in_words(trials: Trials) -> str:
    """What is asked otherwise than usual, as JSON; empty where nothing is. The time limit is that of the run.

    >>> trials_in_words(Trials(level=0.9, between=("system", "council")))
    '{"level": 0.9, "between": ["system", "council"]}'
    """
    usual = asdict(Trials())
    stated = {name: value for name, value in asdict(trials).items() if value != usual[name] and name != "time_limit_s"}
    return json.dumps(stated) if stated else ""


def trials_read(text: str) -> Trials:
    """What `trials_in_words` wrote.

    >>> trials_read('{"level": 0.9}').level
    0.9

    Raises:
        ValueError: the text is something else.
    """
    stated = json.loads(text) if text else {}
    kinds = {"weights": dict, "feasible_in": list, "level": float, "blend_weight": float, "failures": int, "draws": int, "seed": int, "factors": list, "between": list}  # fmt: skip
    wrong = [name for name, value in stated.items() if name not in kinds or not _is(value, kinds[name])]
    if wrong:
        raise ValueError(f"{wrong[0]} cannot be {stated[wrong[0]]!r}")
    given: dict[str, Any] = {name: tuple(value) if isinstance(value, list) else value for name, value in stated.items()}
    return Trials(**given)


def _is(value: object, kind: type) -> bool:
    """Whether a value is of a kind: numbers are no flags, and weights and factors hold numbers."""
    if isinstance(value, dict):
        return kind is dict and all(_is(each, float) for each in value.values())
    if isinstance(value, list):
        one_kind = all(_is(each, float) for each in value) or all(isinstance(each, str) for each in value)
        return kind is list and len(value) <= MOST_DRAWS and one_kind
    return isinstance(value, (int, float) if kind is float else kind) and not isinstance(value, bool)


@dataclass(frozen=True)
class Tried:
    """What was found: plans under uncertainty, other budgets, and between two perspectives."""

    uncertain: UnderUncertainty
    budgets: BudgetFrontier
    between: PerspectiveFrontier


def check_trials(place: Place | None, trials: Trials, problems: list[Problem]) -> None:
    """Report everything about the trials that cannot be.

    Args:
        place: the place; None where it could not be read, so that only what needs no place is tried.
        trials: what is asked.
        problems: faults are added here.
    """
    for name, value, what, remedy in (
        ("--level", trials.level, "the level of expected shortfall", "Write 0.95 for the mean of the worst 5%"),
        ("--blend", trials.blend_weight, "the weight of expected shortfall in the blend", "Write 0.5 for half"),
    ):
        if not 0 <= value <= 1:
            problems.append(Problem(name, f"{what} is {value:g}", "it is from 0 to 1", remedy))
    if trials.failures < 0:
        problems.append(Problem("--failures", f"{trials.failures} effects may fail", "it is a number from zero up", "Write 1"))
    if not 0 <= trials.draws <= MOST_DRAWS:
        why = "each draw has constraints of its own"
        problems.append(Problem("--draws", f"{trials.draws} draws", why, f"Ask for 0 to {MOST_DRAWS:,}"))
    if trials.seed < 0:
        problems.append(Problem("--seed", f"the seed is {trials.seed}", "seeds are whole numbers from zero", "Write 1"))
    if place is not None:
        _check_cases(place, trials, problems)
    wrong = [factor for factor in trials.factors if not 0 <= factor < math.inf]
    if wrong or not trials.factors:
        what = f"a factor is {wrong[0]:g}" if wrong else "there is no factor"
        problems.append(Problem("--budgets", what, "the budgets are multiplied by it", "Write 0.5,1,2"))
    _check_between(place, trials, problems)


def _check_cases(place: Place, trials: Trials, problems: list[Problem]) -> None:
    known = [*place.scenarios, *([DRAWS] if trials.draws else [])]
    for option, names in (("--weight", trials.weights or {}), ("--feasible-in", trials.feasible_in or ())):
        for name in names:
            if name == DRAWS and not trials.draws:
                problems.append(
                    Problem(f"{option} {name}", "there are no draws", "none are asked for", "Write --draws 50 too, or leave it out")
                )
            elif name not in known:
                problems.append(unknown(f"{option} {name}", name, known))
    weights = trials.weights
    if weights is None:
        return
    wrong = {name: weight for name, weight in weights.items() if not 0 <= weight < math.inf}
    for name, weight in wrong.items():
        problems.append(Problem(f"--weight {name}", f"the weight is {weight:g}", "a weight is from 0 to 1", "Correct it"))
    if not wrong and abs(sum(weights.values()) - 1) > _ROUNDING:
        left = [name for name in known if name not in weights]
        why = f"mean and expected shortfall need weights that add up to 1{f'; {listed(left)} has none' if left else ''}"
        problems.append(Problem("--weight", f"the weights add up to {sum(weights.values()):g}", why, "Write weights that add up to 1"))
    if trials.draws and DRAWS not in weights:
        problems.append(Problem("--draws", "the weights give the draws none", "they would count for nothing", f"Add --weight {DRAWS}=0.5, or leave --draws out"))  # fmt: skip


def _check_between(place: Place | None, trials: Trials, problems: list[Problem]) -> None:
    if trials.between is None:
        return
    known = views_known([entry.id for entry in place.pack.dimensions["party"]]) if place is not None else [SYSTEM, "PARTY"]
    for name in trials.between:
        if place is not None and name == OUTCOMES and not place.choices.rows["option_measure"].lines:
            why = "every plan would be worth nothing by it"
            problems.append(
                Problem(f"--between {name}", "no option states an outcome", why, "State outcomes: in options.yaml, or name another view")
            )
        elif place is not None and name not in known:
            why = f"a perspective is {SYSTEM}, {COMMISSIONER}, {OUTCOMES} or a party"
            problems.append(Problem(f"--between {name}", f"there is no perspective {name!r}", why, nearest(name, known)))
    if len(trials.between) != 2 or len(set(trials.between)) != len(trials.between):
        what = f"{', '.join(trials.between) or 'nothing'} is given"
        problems.append(Problem("--between", what, "it is between two different perspectives", f"Write {known[0]},{known[-1]}"))


def tried(
    place: Place,
    scenario: str,
    known: Mapping[str, Values],
    chosen: Sequence[int],
    trials: Trials,
    solver: str,
    before: Callable[[Inputs], Values],
) -> Tried:
    """Plans under uncertainty and the efficient frontiers of a place.

    Args:
        place: the place, sound.
        scenario: the scenario that is optimised.
        known: what is known before the options, by scenario.
        chosen: the best plan of the scenario.
        trials: what is asked, sound.
        solver: the solver.
        before: works out everything before the options from inputs.

    Raises:
        BadInput: what draws need is not stated, or has faults.
        NoPlan: a plan is not worth by the rules what it is worth to the solver.
    """
    options, own = [start.id for start in place.choices.starts], known[scenario]
    asked = Asked(
        solver,
        trials.level,
        trials.blend_weight,
        trials.failures,
        trials.time_limit_s,
        stated_weights=trials.weights is not None,
        stated_required=trials.feasible_in is not None,
    )
    cases = cases_of(place, scenario, known, trials)
    if trials.draws:
        moving = moving_of(place, scenario, before)
        asked = replace(asked, seed=trials.seed, draws=trials.draws, drawn=moving.drawn)
        weight = 1.0 if trials.weights is None else trials.weights[DRAWS]
        required = weight > 0 if trials.feasible_in is None else DRAWS in trials.feasible_in
        for i, values in enumerate(option_draws(place, scenario, before, moving, trials.draws, trials.seed)):
            cases.append(Weighed(Case(f"draw {i + 1}", weight / trials.draws, required), values))
    return Tried(
        uncertain=side_by_side(own, options, cases, asked),
        budgets=budget_frontier(own, options, trials.factors, solver, trials.time_limit_s, label=place.label),
        between=perspective_frontier(
            own, options, between_of(place, trials), chosen, solver, time_limit_s=trials.time_limit_s, label=place.label
        ),
    )


def between_of(place: Place, trials: Trials) -> tuple[str, str]:
    """The two perspectives: those asked for, or the system and the first payer."""
    if trials.between is not None:
        first, second = trials.between
        return first, second
    parties = place.pack.dimensions["party"]
    payer = next((entry.id for entry in parties if entry.text("role") == "payer"), parties[0].id)
    return SYSTEM, payer


def cases_of(place: Place, scenario: str, known: Mapping[str, Values], trials: Trials) -> list[Weighed]:
    """The scenarios as cases: the one that is optimised, then the others; of no weight where nobody weighs them beside draws."""
    names = [scenario, *(name for name in place.scenarios if name != scenario)]
    weights = trials.weights if trials.weights is not None else {name: 0.0 if trials.draws else 1 / len(names) for name in names}
    found = []
    for name in names:
        weight = float(weights.get(name, 0.0))
        required = weight > 0 if trials.feasible_in is None else name in trials.feasible_in
        found.append(Weighed(Case(name, weight, required), known[name]))
    return found
