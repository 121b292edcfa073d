"""Chooses options and their starts: asks a solver about the model that `model` reads off the rules, and checks its answer by the rules.

The solver is asked in `solve`, and choices of nearly equal value are put in order in `ranking`. A choice is accepted only when the rules
themselves, worked out for it, keep every constraint and give the value that the solver gave. Why there is no choice is said in
`infeasible`, why one loses in `forced`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from capmodel.algebra.evaluate import Values, evaluate
from capmodel.algebra.table import Table
from capmodel.errors import NoPlan
from capmodel.money import HALF_A_PENNY
from capmodel.reinvestment import infeasible
from capmodel.reinvestment.budgets import charges_of
from capmodel.reinvestment.forced import Loss, loss_of
from capmodel.reinvestment.model import problem_of
from capmodel.reinvestment.planning import DECISION, OBJECTIVE, SLACKS, TABLES, starts_by_option, with_choice
from capmodel.reinvestment.ranking import MOST, NEAR_SHARE, Choice, ranked
from capmodel.reinvestment.short import Label
from capmodel.reinvestment.solve import TIME_LIMIT_S, find_solver
from capmodel.reinvestment.solvers import TOLERANCE, Answer, Problem, worth_of


@dataclass(frozen=True)
class Other:
    """Another choice that is nearly as good, 1 or 0 for each start of an option, and what it is worth."""

    chosen: Mapping[str, int]
    objective_gbp: float


@dataclass(frozen=True)
class Otherwise:
    """The other decision on an option, and what the best plan with it is worth; None where no plan has it."""

    option: str
    taken: bool
    worth_gbp: float | None


@dataclass(frozen=True)
class Settled:
    """What is known of a plan that is chosen after settlement.

    Attributes:
        plans: how many plans keep the constraints of the options; every one of them was settled.
        none_gbp: what it is worth to choose no option.
        otherwise: the other decision on each option.
    """

    plans: int
    none_gbp: float
    otherwise: tuple[Otherwise, ...]


@dataclass(frozen=True)
class Plan:
    """A choice of options and how good it is known to be; `chosen` is 1 or 0 for each start of an option.

    `bound_gbp` is the best value proved possible, `gap_share` how far the choice may be from it. `next_best_gbp` is the
    value of the best other choice. `others` are the choices worth within `near_share` of this one, in order; `all_listed` says that
    there are no more. `status` is what the solver says itself. `checked` is the number of constraints worked out again for the choice.
    `loss` says why the plan is worth less than nothing, where it is. `settled` is there where it is chosen after settlement.
    """

    chosen: Mapping[str, int]
    objective_gbp: float
    bound_gbp: float
    gap_share: float
    proved: bool
    solver: str
    version: str
    status: str
    time_limit_s: float
    next_best_gbp: float | None
    others: tuple[Other, ...]
    near_share: float
    all_listed: bool
    checked: int
    binding: tuple[str, ...]
    loss: Loss | None
    settled: Settled | None = None


def choose(
    known: Values,
    solver: str = "highs",
    tables: Sequence[Table] = TABLES,
    near_share: float = NEAR_SHARE,
    most: int = MOST,
    time_limit_s: float = TIME_LIMIT_S,
    label: Label = str,
) -> Plan:
    """The best choice of options under yearly budgets, prerequisites and exclusions.

    Args:
        known: everything worked out before the options.
        solver: a module of `solvers`.
        tables: the tables to appraise with.
        near_share: other choices worth within this share of the best are listed.
        most: so many at the most, unless there are few options.
        time_limit_s: for all that is asked of the solver together.
        label: how an id is called in a message.

    Raises:
        NoPlan: nothing keeps every constraint, the solver ran out of time without an answer, or its answer does not
            keep the constraints, or is not worth what it says, when the rules themselves are worked out for it.
    """
    problem, starts = problem_of(known, tables), known.inputs.rows["start"].columns["start"]
    ranking = ranked(solver, problem, near_share, most, time_limit_s)
    answer = ranking.best
    if answer.chosen is None:
        raise NoPlan(no_choice(solver, answer, time_limit_s, problem, known, tables, label))
    values, objective = worked_out(known, tables, problem, answer.chosen, label)
    # The solver's own arithmetic is good to a penny or so; a bound within that of the objective is the objective.
    bound = objective if answer.proved else max(answer.bound, objective)

    def named(chosen: Choice) -> dict[str, int]:
        return dict(zip(starts, chosen, strict=True))

    return Plan(
        chosen=named(answer.chosen),
        objective_gbp=objective,
        bound_gbp=bound,
        gap_share=(bound - objective) / max(abs(objective), 1.0),
        proved=answer.proved,
        solver=solver,
        version=find_solver(solver).version(),
        status=answer.status,
        time_limit_s=time_limit_s,
        next_best_gbp=round(worth_of(problem, ranking.next_best), 2) if ranking.next_best is not None else None,
        others=tuple(Other(named(each), worked_out(known, tables, problem, each, label)[1]) for each in ranking.others),
        near_share=near_share,
        all_listed=ranking.complete,
        checked=len(problem.constants),
        binding=binding(values),
        loss=loss_of(solver, problem, known, answer.chosen) if objective < -HALF_A_PENNY else None,
    )


def no_choice(
    solver: str,
    answer: Answer,
    time_limit_s: float,
    problem: Problem,
    known: Values,
    tables: Sequence[Table] = TABLES,
    label: Label = str,
) -> str:
    """Why there is no choice: what is short, or that a solver found none and did not prove it."""
    if answer.proved:
        found = infeasible.explained(known, tables, problem)
        return f"No choice of options keeps every constraint ({solver}: {answer.status}).\n" + infeasible.report(found, known, label)
    return (
        f"{solver} found no choice of options and has not shown that there is none ({answer.status}; time limit {time_limit_s:g} seconds). "
        "Use a longer time limit or another solver"
    )


def worked_out(known: Values, tables: Sequence[Table], problem: Problem, chosen: Choice, label: Label) -> tuple[Values, float]:
    """A choice by the rules themselves, independently of the solver: every constraint to the penny, and what it is worth.

    Args:
        known: everything worked out before the options.
        tables: the tables to appraise with.
        problem: the problem that the solver was asked.
        chosen: its choice.
        label: how an id is called in a message.

    Raises:
        NoPlan: the choice breaks a constraint, or is not worth what it is worth to the solver.
    """
    values = evaluate(tables, with_choice(known, chosen))
    slacks = np.concatenate([values.figure(node) for node in SLACKS])
    broken = int(np.argmin(slacks)) if len(slacks) else 0
    if len(slacks) and slacks[broken] < -TOLERANCE:
        node, key = infeasible.constraints_of(known)[broken]
        where = ", ".join(map(label, key))
        raise NoPlan(f"the solver's answer breaks {node[0]}.{node[1]} for {where} by {-slacks[broken]:.2f}; it is not used")
    objective = float(values.figure(OBJECTIVE)[0])
    if abs(objective - worth_of(problem, chosen)) > HALF_A_PENNY:
        raise NoPlan(
            f"the solver's answer is worth {worth_of(problem, chosen):.2f} to the solver and {objective:.2f} by the rules; it is not used"
        )
    return values, objective


def binding(values: Values) -> tuple[str, ...]:
    """The years in which some budget leaves less than any option that it pays for would cost."""
    chosen, names = values.figure(DECISION), values.inputs.rows["start"].columns["start"]
    left_out = {names[i] for own in starts_by_option(values).values() if not chosen[own].any() for i in own}
    years = values.inputs.rows["budget"].years
    slack = values.figure(("budget", "budget_slack_gbp")).reshape(-1, len(years))
    binds = np.zeros(len(years), dtype=bool)
    for budget, left in zip(values.inputs.rows["budget"].columns["budget"], slack, strict=True):
        charges = [charge for start, charge in charges_of(values, budget).items() if start in left_out]
        if charges:
            binds |= left < np.min(charges, axis=0)
    return tuple(str(year) for year, bound in zip(years, binds, strict=True) if bound)
