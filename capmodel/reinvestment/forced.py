"""Says which mandatory options make a plan lose: what each is worth by itself, and what the best plan would be worth without having to do it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from capmodel.algebra.evaluate import Values
from capmodel.money import HALF_A_PENNY
from capmodel.reinvestment.infeasible import MANDATORY_SLACK, constraints_of
from capmodel.reinvestment.planning import needs_of, starts_by_option
from capmodel.reinvestment.solve import best_choice
from capmodel.reinvestment.solvers import Problem, worth_of


@dataclass(frozen=True)
class Forced:
    """A mandatory option of a plan that loses.

    `value_gbp` is what the option is worth by itself, begun when it is worth most; `needs` are the options that must be chosen with it. `without_gbp` is what the best
    plan would be worth if it need not be done, none where the solver does not prove it.
    """

    option: str
    value_gbp: float
    needs: tuple[str, ...]
    without_gbp: float | None


@dataclass(frozen=True)
class Loss:
    """Why a plan is worth less than nothing: the mandatory options that make it so, that which costs the plan most first.

    `without_all_gbp` is what the best plan would be worth if no option were mandatory. There are no options where that is no more.
    """

    options: tuple[Forced, ...]
    without_all_gbp: float | None


def loss_of(solver: str, problem: Problem, known: Values, chosen: tuple[int, ...]) -> Loss:
    """Which mandatory options make a plan lose.

    An option that is mandatory and would be chosen all the same is no reason for the loss. Where no option is one alone, because
    several need the same, all that are mandatory are reasons together.

    Args:
        solver: the solver that chose the plan.
        problem: the problem it was asked.
        known: the inputs of the problem.
        chosen: the plan.
    """
    least = worth_of(problem, chosen) + HALF_A_PENNY
    starts = starts_by_option(known)
    must = dict(zip(starts, known.inputs.given["option", "mandatory_flag"], strict=True))
    rows = {key[0]: i for i, (node, key) in enumerate(constraints_of(known)) if node == MANDATORY_SLACK and must[key[0]]}
    found = []
    for option, row in rows.items():
        value = float(problem.values[starts[option]].max())
        found.append(Forced(option, value, _needed(option, needs_of(known)), _without(solver, problem, [row])))
    without_all = _without(solver, problem, [*rows.values()])
    if without_all is not None and without_all <= least:
        return Loss((), without_all)
    reasons = [each for each in found if each.without_gbp is None or each.without_gbp > least] or found
    return Loss(tuple(sorted(reasons, key=lambda each: -(each.without_gbp or 0.0))), without_all)


def _without(solver: str, problem: Problem, rows: list[int]) -> float | None:
    """What the best choice is worth without some constraints; none without proof."""
    constants, coefficients = problem.constants.copy(), problem.coefficients.copy()
    # With a constant of zero and no terms a constraint asks nothing.
    constants[rows], coefficients[rows] = 0.0, 0.0
    freed = best_choice(solver, replace(problem, constants=constants, coefficients=coefficients))
    return round(worth_of(problem, freed.chosen), 2) if freed.chosen is not None and freed.proved else None


def _needed(option: str, rules: Sequence[tuple[str, ...]]) -> tuple[str, ...]:
    """The options an option needs, and those they need.

    >>> _needed("a", [("a", "b"), ("b", "c"), ("d", "e")])
    ('b', 'c')
    """
    found = [option]
    for each in found:
        found += [needs for needing, needs in rules if needing == each and needs not in found]
    return tuple(found[1:])
