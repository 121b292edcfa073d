"""Chooses options: reads the linear terms of the appraisal's own rules, asks a solver, and checks its answer by the rules.

The objective and every constraint are lines of `planning`; nothing is written down a second time. The solver is asked in
`solve`. A choice is accepted only when the rules themselves, worked out for it, keep every constraint. Of choices of equal
value the one that takes fewer and earlier options is reported, so that the answer does not depend on the solver.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np

from capmodel.algebra.evaluate import Inputs, Values, evaluate
from capmodel.algebra.linear import LinearArithmetic
from capmodel.algebra.rows import Floats
from capmodel.algebra.table import Table
from capmodel.errors import NoPlan
from capmodel.reinvestment.planning import DECISION, OBJECTIVE, SLACKS, TABLES
from capmodel.reinvestment.solve import best_and_next
from capmodel.reinvestment.solvers import TOLERANCE, Answer, Problem


@dataclass(frozen=True)
class Plan:
    """A choice of options and how good it is known to be.

    `bound_gbp` is the best value proved possible, `gap_share` how far the choice may be from it. `next_best_gbp` is the
    value of the best other choice.
    """

    chosen: Mapping[str, int]
    objective_gbp: float
    bound_gbp: float
    gap_share: float
    proved: bool
    solver: str
    status: str
    next_best_gbp: float | None
    binding: tuple[str, ...]


def problem_of(known: Values, options: Sequence[str], tables: Sequence[Table] = TABLES) -> Problem:
    """The optimiser's model, read off the linear terms of the rules."""
    count = len(options)
    decisions = np.zeros((1 + count, count))
    decisions[1:] = np.eye(count)
    undecided = Values(replace(known.inputs, given={**known.inputs.given, DECISION: decisions}), known.figures)
    terms = evaluate(tables, undecided, LinearArithmetic(count))
    slack = np.concatenate([_terms(terms.figure(node), count) for node in SLACKS], axis=1)
    return Problem(values=_terms(terms.figure(OBJECTIVE), count)[1:, 0], constants=slack[0], coefficients=slack[1:].T)


def _terms(figures: Floats, count: int) -> Floats:
    """Terms of a line, also of one that turned out to depend on no decision."""
    return figures if figures.ndim == 2 else np.vstack([figures, np.zeros((count, len(figures)))])


def choose(known: Values, options: Sequence[str], solver: str = "highs", tables: Sequence[Table] = TABLES) -> Plan:
    """The best choice of options under yearly budgets, prerequisites and exclusions.

    Args:
        known: everything worked out before the options.
        options: the option ids, in order.
        solver: a module of `solvers`.
        tables: the tables to appraise with.

    Raises:
        NoPlan: nothing keeps every constraint, the solver ran out of time without an answer, or its answer does not
            keep the constraints when the rules themselves are worked out for it.
    """
    problem = problem_of(known, options, tables)
    answer, rival = best_and_next(solver, problem)
    if answer.chosen is None:
        raise NoPlan(_no_choice(solver, answer))
    chosen = answer.chosen
    values = evaluate(tables, with_choice(known, chosen))
    _check(values)
    objective = float(values.figure(OBJECTIVE)[0])
    # The solver's own arithmetic is good to a penny or so; a bound within that of the objective is the objective.
    bound = objective if answer.proved else max(answer.bound, objective)
    return Plan(
        chosen=dict(zip(options, chosen, strict=True)),
        objective_gbp=objective,
        bound_gbp=bound,
        gap_share=(bound - objective) / max(abs(objective), 1.0),
        proved=answer.proved,
        solver=solver,
        status=answer.status,
        next_best_gbp=round(float(problem.values @ np.array(rival.chosen)), 2) if rival.chosen is not None else None,
        binding=_binding(values),
    )


def with_choice(known: Values, chosen: Sequence[int]) -> Values:
    """What is known, with a choice of options in place."""
    inputs: Inputs = replace(known.inputs, given={**known.inputs.given, DECISION: np.array(chosen, dtype=float)})
    return Values(inputs, known.figures)


def _no_choice(solver: str, answer: Answer) -> str:
    if answer.proved:
        return f"no choice of options keeps every constraint ({solver}: {answer.status}). Look at the budgets and at mandatory options"
    return f"{solver} found no choice of options and has not shown that there is none ({answer.status}). Use another solver"


def _check(values: Values) -> None:
    for node in SLACKS:
        slack = values.figure(node)
        if (slack < -TOLERANCE).any():
            table = values.inputs.rows[node[0]]
            row = int(np.argmin(slack))
            key = ", ".join(table.values(name)[row] for name in (*table.columns, "year") if name != "year" or table.years)
            raise NoPlan(f"the solver's answer breaks {node[0]}.{node[1]} for {key} by {-slack.min():.2f}; it is not used")


def _binding(values: Values) -> tuple[str, ...]:
    """The yearly budgets that leave less than any option would cost."""
    slack = values.figure(("plan", "slack_gbp"))
    costs = values.figure(("option_year", "cost_gbp")).reshape(-1, len(slack))
    chosen = values.figure(DECISION)
    left_out = costs[chosen < 1]
    if not len(left_out):
        return ()
    years = values.inputs.rows["plan"].years
    return tuple(str(year) for year, left, cost in zip(years, slack, left_out.min(axis=0), strict=True) if left < cost)
