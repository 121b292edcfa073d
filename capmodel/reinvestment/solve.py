"""Asks a solver for a choice, and takes no answer on trust: a choice is tried on the constraints as they are, in pounds.

A solver works to a tolerance, and a penny of ten million pounds is finer than that. So it reads every constraint a little
looser than it is, and no choice is lost by rounding. A choice that breaks a constraint by pennies is ruled out by a cut of
whole numbers, and the solver is asked again. The first choice that keeps all constraints is the best there is, because it is
the best of a looser problem. Which choices are worth as much or nearly as much is in `ranking`, what is chosen from, and why, in `choose`.
"""

from __future__ import annotations

import math
import time
from dataclasses import replace
from types import ModuleType

import numpy as np

from capmodel import plugins
from capmodel.algebra.rows import Floats
from capmodel.errors import NoPlan
from capmodel.reinvestment import solvers
from capmodel.reinvestment.solvers import TOLERANCE, Answer, Problem, keeps, slacks_of

#: For one choice of options with all that is listed beside it.
TIME_LIMIT_S = 60.0
LATE = "Time limit reached"
#: How much looser a solver that finds nothing is asked to read the constraints when it is asked once more.
SECOND_OPINION = 2.3e-6


def find_solver(name: str) -> ModuleType:
    """A solver by its name.

    Raises:
        CapmodelError: there is no such solver.
        NoPlan: it is not installed.
    """
    solver = plugins.find(solvers, name, ("available", "version", "solve"))
    if not solver.available():
        raise NoPlan(f"the solver {name!r} is not installed here. Use another one, or install it")
    return solver


def best_choice(name: str, problem: Problem, time_limit_s: float = TIME_LIMIT_S) -> Answer:
    """The best choice that keeps every constraint, by the solver of that name.

    Args:
        name: a module of `solvers`.
        problem: the problem as it is, in pounds.
        time_limit_s: for all attempts together.

    Raises:
        CapmodelError: there is no such solver.
        NoPlan: it is not installed.

    >>> best_choice("enumerate", Problem(np.array([3.0, 2.0]), np.array([0.99]), np.array([[-1.0, -0.5]]))).chosen
    (0, 1)
    """
    solver = find_solver(name)
    decided = ~problem.coefficients.any(axis=1)
    if (problem.constants[decided] < -TOLERANCE).any():
        return Answer(None, -math.inf, True, "Infeasible")
    end = time.monotonic() + time_limit_s
    answer = _first_sound(solver, problem, end)
    if answer.chosen is None and answer.proved:
        return _first_sound(solver, replace(problem, looser=SECOND_OPINION), end)
    return answer


def _first_sound(solver: ModuleType, problem: Problem, end: float) -> Answer:
    """The first answer whose choice keeps the constraints; those before it are ruled out."""
    while (left := end - time.monotonic()) > 0:
        answer: Answer = solver.solve(problem, left)
        if answer.chosen is None or keeps(problem, np.array([answer.chosen]))[0]:
            return answer
        problem = with_cut(problem, *cut_of(problem, np.array(answer.chosen, dtype=float)))
    return Answer(None, problem.most, False, LATE)


def with_cut(problem: Problem, constant: float, coefficients: Floats) -> Problem:
    """The same problem with one more constraint, which names no amount where it has a term for each decision only."""
    row = np.zeros(problem.coefficients.shape[1])
    row[: len(coefficients)] = coefficients
    return replace(problem, constants=np.append(problem.constants, constant), coefficients=np.vstack([problem.coefficients, row]))


def cut_of(problem: Problem, chosen: Floats) -> tuple[float, Floats]:
    """A constraint of whole numbers that rules out a choice which breaks a constraint, and whatever breaks it likewise.

    Where the chosen options that cost most are too dear whatever else is chosen, they may not all be chosen together.

    >>> cut_of(Problem(np.ones(3), np.array([0.99]), np.array([[-1.0, -0.5, -0.1]])), np.array([1.0, 1.0, 0.0]))
    (0.0, array([-1., -0., -0.]))
    """
    slack = slacks_of(problem, chosen[None])[0]
    broken = int(np.argmin(np.where(slack < -TOLERANCE, slack, np.inf)))
    constant, terms = problem.constants[broken], problem.coefficients[broken]
    row = terms[: problem.decisions]
    together = [int(i) for i in np.argsort(row) if chosen[i] and row[i] < 0]
    at_best = constant + terms[terms > 0].sum() + np.cumsum(row[together])
    enough = np.flatnonzero(at_best < -TOLERANCE)
    if not len(enough):
        return ruling_out(chosen)
    cover = np.zeros(len(row))
    cover[together[: enough[0] + 1]] = 1.0
    return float(cover.sum() - 1), -cover


def ruling_out(chosen: Floats) -> tuple[float, Floats]:
    """A constraint that every choice keeps but this one.

    >>> ruling_out(np.array([1.0, 0.0]))
    (0.0, array([-1.,  1.]))
    """
    return float(chosen.sum() - 1), 1 - 2 * chosen
