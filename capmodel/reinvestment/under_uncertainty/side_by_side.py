"""The plan that is best in the mean and the plans that are safe, side by side, each worked out again by the rules in every case.

The values and constraints of each case are read off the rules, as for a single scenario. A plan must keep the constraints of the cases
in which it is required to be feasible; a case in which no choice of options does is named, and no plan is required to.
"""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np

from capmodel.algebra.evaluate import Values, evaluate
from capmodel.algebra.rows import Floats
from capmodel.algebra.table import Table
from capmodel.errors import NoPlan, listed
from capmodel.money import HALF_A_PENNY
from capmodel.reinvestment.model import model_of
from capmodel.reinvestment.planning import OBJECTIVE, SLACKS, TABLES, with_choice
from capmodel.reinvestment.solve import TIME_LIMIT_S, best_choice, find_solver
from capmodel.reinvestment.solvers import TOLERANCE, Answer, Problem, aligned, with_products
from capmodel.reinvestment.under_uncertainty import measures
from capmodel.reinvestment.under_uncertainty.failures import losses_of
from capmodel.reinvestment.under_uncertainty.plans import Losses, Rule, Uncertain, best_plan, joined
from capmodel.reinvestment.under_uncertainty.results import RULES, Case, Drawn, UncertainPlan, UnderUncertainty


@dataclass(frozen=True)
class Weighed:
    """A case before anything is chosen: how it is weighed, and everything worked out before the options."""

    case: Case
    known: Values


@dataclass(frozen=True)
class Asked:
    """What is asked of the choice under uncertainty.

    Attributes:
        solver: a module of `solvers`.
        level: the level of expected shortfall.
        blend_weight: the weight of expected shortfall in the blend.
        failures: how many effects may fail at once.
        time_limit_s: for all that is asked of the solver for one rule.
        stated_weights: somebody stated the weights of the cases.
        stated_required: somebody stated in which cases a plan must be feasible.
        seed: the seed of the draws; None where there are none. `draws` is their number, `drawn` what they move.
    """

    solver: str = "highs"
    level: float = 0.95
    blend_weight: float = 0.5
    failures: int = 1
    time_limit_s: float = TIME_LIMIT_S
    stated_weights: bool = False
    stated_required: bool = False
    seed: int | None = None
    draws: int = 0
    drawn: tuple[Drawn, ...] = ()


def side_by_side(
    nominal: Values, options: Sequence[str], cases: Sequence[Weighed], asked: Asked, tables: Sequence[Table] = TABLES
) -> UnderUncertainty:
    """The plan of each rule over the same cases.

    Args:
        nominal: everything worked out before the options in the scenario that is optimised; in it effects fail.
        options: the ids of the decisions, in order.
        cases: the cases, weighed.
        asked: how plans are chosen.
        tables: the tables to appraise with.

    Raises:
        NoPlan: a plan is not worth by the rules what it is worth to the solver.
    """
    model = model_of(nominal, tables)
    *problems, own = aligned([*(model.problem_of(each.known) for each in cases), model.problem])
    stated = tuple(each.case for each in cases)
    found, reason = possible_cases(asked, problems, stated)
    losses = losses_of(model, options)
    base = joined([problem for problem, case in zip(problems, found, strict=True) if case.required] or [_free(problems[0])])
    uncertain = Uncertain(
        base=base,
        values=np.stack([problem.values for problem in problems]),
        weights=np.array([case.weight for case in found]),
        nominal=own,
        losses=losses if losses.effects else None,
    )
    answers: dict[str, Answer] = {}
    reasons: dict[str, str] = {}
    for name in RULES:
        if reason:
            reasons[name] = reason
            continue
        answer = best_plan(asked.solver, uncertain, _rule(name, asked), asked.time_limit_s)
        if answer.chosen is None:
            reasons[name] = _why_not(answer, name, asked)
        else:
            answers[name] = answer
    plans = _measured(answers, options, cases, found, uncertain, asked, tables)
    return UnderUncertainty(
        cases=found,
        level=asked.level,
        blend_weight=asked.blend_weight,
        failures=asked.failures,
        seed=asked.seed,
        draws=asked.draws,
        drawn=asked.drawn,
        plans=plans,
        reasons=reasons,
        solver=asked.solver,
        version=find_solver(asked.solver).version(),
        stated_weights=asked.stated_weights,
    )


def _rule(name: str, asked: Asked) -> Rule:
    return Rule(name, asked.level, asked.blend_weight, asked.failures)


def _free(problem: Problem) -> Problem:
    """A problem without constraints, where a plan need be feasible in no case."""
    return replace(problem, constants=problem.constants[:0], coefficients=problem.coefficients[:0])


def possible_cases(asked: Asked, problems: Sequence[Problem], cases: tuple[Case, ...]) -> tuple[tuple[Case, ...], str]:
    """The cases with those that no choice can keep marked, and why no plan can be had, empty where one can.

    Where nobody stated in which cases a plan must be feasible, cases that are not possible are not among them.

    Args:
        asked: the solver, its time limit, and whether the cases were stated.
        problems: the problem of each case.
        cases: the cases.
    """
    end = time.monotonic() + asked.time_limit_s

    def none(which: Sequence[int]) -> bool:
        answer = best_choice(
            asked.solver, replace(joined([problems[i] for i in which]), values=np.zeros(len(problems[0].values))), end - time.monotonic()
        )
        return answer.chosen is None and answer.proved

    required = [i for i, case in enumerate(cases) if case.required]
    if not required or not none(required):
        return cases, ""
    impossible = [i for i in required if none([i])]
    named = listed([cases[i].name for i in impossible])
    if impossible and asked.stated_required:
        marked = tuple(replace(case, possible=i not in impossible) for i, case in enumerate(cases))
        return marked, f"no choice of options keeps every constraint in {named}, where a plan must be feasible"
    left = tuple(replace(case, possible=False, required=False) if i in impossible else case for i, case in enumerate(cases))
    still = [i for i, case in enumerate(left) if case.required]
    if not still or not none(still):
        return left, ""
    clash = _clash(still, none)
    return left, f"no one choice of options keeps every constraint in each of {listed([cases[i].name for i in clash])}"


def _clash(which: list[int], none: Callable[[Sequence[int]], bool]) -> list[int]:
    """The fewest cases that no one choice can keep: each is left out in turn, for good where the rest still cannot."""
    kept = which
    for each in which:
        without = [i for i in kept if i != each]
        if without and none(without):
            kept = without
    return kept


def _why_not(answer: Answer, name: str, asked: Asked) -> str:
    if answer.proved:
        return (
            f"no choice of options keeps every constraint when {asked.failures} of its effects may fail"
            if name == RULES[-1]
            else "no choice of options keeps every constraint in the cases in which a plan must be feasible"
        )
    return f"{asked.solver} found no choice of options and has not shown that there is none ({answer.status})"


def _measured(
    answers: Mapping[str, Answer],
    options: Sequence[str],
    cases: Sequence[Weighed],
    found: tuple[Case, ...],
    uncertain: Uncertain,
    asked: Asked,
    tables: Sequence[Table],
) -> tuple[UncertainPlan, ...]:
    """Each plan by the rules themselves, in every case."""
    names = list(answers)
    if not names:
        return ()
    choices = np.array([answers[name].chosen for name in names], dtype=float)
    worked = [_worked_out(each.known, choices, tables) for each in cases]
    values, kept = (np.stack([each[i] for each in worked], axis=1) for i in (0, 1))
    apart = np.abs(values - with_products(uncertain.base, choices) @ uncertain.values.T).max()
    if apart > HALF_A_PENNY:
        raise NoPlan(f"a plan is worth {apart:.2f} more or less to the solver than by the rules; it is not used")
    required = np.array([case.required for case in found])
    if not kept[:, required].all():
        raise NoPlan("a plan breaks a constraint in a case in which it must be feasible; it is not used")
    weights = uncertain.weights
    mean = measures.mean(values, weights)
    shortfall = measures.expected_shortfall(values, weights, asked.level)
    blended = measures.blend(mean, shortfall, asked.blend_weight)
    counted = np.where(weights > 0, values, math.inf)
    plans = []
    for i, name in enumerate(names):
        answer, rule = answers[name], _rule(name, asked)
        objective = float(uncertain.worth(rule, choices[i : i + 1])[0])
        bound = objective if answer.proved else max(answer.bound, objective)
        failing = _failing(uncertain.losses, choices[i], asked.failures)
        worst = int(np.argmin(counted[i]))
        plans.append(
            UncertainPlan(
                rule=name,
                chosen={option: int(taken) for option, taken in zip(options, choices[i], strict=True)},
                objective_gbp=objective,
                bound_gbp=bound,
                gap_share=(bound - objective) / max(abs(objective), 1.0),
                proved=answer.proved,
                status=answer.status,
                mean_gbp=float(mean[i]),
                shortfall_gbp=float(shortfall[i]),
                blend_gbp=float(blended[i]),
                protected_gbp=float(uncertain.worth(_rule(RULES[-1], asked), choices[i : i + 1])[0]),
                worst_gbp=float(values[i, worst]),
                worst_case=found[worst].name,
                values_gbp=tuple(values[i].tolist()),
                kept=tuple(bool(each) for each in kept[i]),
                failing=failing,
            )
        )
    return tuple(plans)


def _failing(losses: Losses | None, chosen: Floats, failures: int) -> tuple[str, ...]:
    """The effects whose failing costs a choice most, the worst first."""
    if losses is None:
        return ()
    lost = losses.value @ chosen
    worst = [int(i) for i in np.argsort(-lost, kind="stable")[:failures] if lost[i] > 0]
    return tuple(losses.effects[i] for i in worst)


def _worked_out(known: Values, choices: Floats, tables: Sequence[Table]) -> tuple[Floats, Floats]:
    """What choices, a row each, are worth by the rules in one case, and whether each keeps every constraint."""
    figures = evaluate(tables, with_choice(known, choices))  # type: ignore[arg-type]
    value = np.broadcast_to(figures.figure(OBJECTIVE), (len(choices), 1))[:, 0]
    kept = [np.broadcast_to((figures.figure(node) >= -TOLERANCE).all(axis=-1), len(choices)) for node in SLACKS]
    return value, np.logical_and.reduce(kept)
