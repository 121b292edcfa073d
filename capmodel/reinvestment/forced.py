"""Says which mandatory options make a plan lose: what each is worth by itself, and what the best plan would be worth without having to do it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from capmodel.algebra.evaluate import Values
from capmodel.reinvestment.infeasible import constraints_of
from capmodel.reinvestment.ranking import worth_of
from capmodel.reinvestment.solve import best_choice
from capmodel.reinvestment.solvers import Problem


@dataclass(frozen=True)
class Forced:
    """A mandatory option of a plan that loses.

    `value_gbp` is what the option is worth by itself; `without_gbp` is what the best plan would be worth if it need not be done, none where
    the solver does not prove it.
    """

    option: str
    value_gbp: float
    without_gbp: float | None


def mandatory(solver: str, problem: Problem, known: Values, chosen: Sequence[int], options: Sequence[str]) -> tuple[Forced, ...]:
    """The mandatory options whose release would raise the plan, that which raises it most first.

    An option that is mandatory and gains, or that is chosen all the same, is no reason for a loss.

    Args:
        solver: the solver that chose the plan.
        problem: the problem it was asked.
        known: the inputs of the problem.
        chosen: the plan.
        options: the option ids, in order.
    """
    worth = worth_of(problem, tuple(chosen))
    must = known.inputs.given["option", "mandatory_flag"]
    found = []
    for i, (node, key) in enumerate(constraints_of(known)):
        if node[0] != "option" or not must[options.index(key[0])]:
            continue
        # With a constant of zero and no terms the constraint asks nothing.
        constants, coefficients = problem.constants.copy(), problem.coefficients.copy()
        constants[i], coefficients[i] = 0.0, 0.0
        freed = best_choice(solver, replace(problem, constants=constants, coefficients=coefficients))
        without = worth_of(problem, freed.chosen) if freed.chosen is not None and freed.proved else None
        if without is None or without > worth + 0.005:
            found.append(Forced(key[0], float(problem.values[options.index(key[0])]), None if without is None else round(without, 2)))
    return tuple(sorted(found, key=lambda each: -np.inf if each.without_gbp is None else -each.without_gbp))
