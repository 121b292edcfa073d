"""Asks for many choices at once: two at a time, and not at all where the answer is known.

A choice that is the best of a problem is the best of every narrower one whose constraints it keeps: to forbid an option that is not
chosen, to force one that is, or to lower a budget that is not used up, changes nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import TypeVar

import numpy as np

from capmodel.algebra.quiet import silence_highs
from capmodel.reinvestment.solvers import Answer, Problem, keeps

Kind = TypeVar("Kind")
Ask = Callable[[Problem], Kind]
#: A solver works outside Python, so that two of them share two cores; which of them is done first decides nothing.
AT_ONCE = 2


def each_of(ask: Ask[Kind], problems: Sequence[Problem]) -> list[Kind]:
    """What is answered to each of some problems, in their order.

    >>> each_of(lambda problem: problem.most, [Problem(np.full(1, worth), np.ones(1), np.ones((1, 1))) for worth in (2.0, 3.0)])
    [2.0, 3.0]
    """
    if len(problems) < AT_ONCE:
        return [ask(problem) for problem in problems]
    silence_highs()
    with ThreadPoolExecutor(AT_ONCE) as pool:
        return list(pool.map(ask, problems))


def narrowed(ask: Ask[Answer], best: Answer, problems: Sequence[Problem]) -> tuple[list[Answer], int]:
    """The best choice of each of some problems that are narrower than one whose best choice is known; and how many had to be asked.

    Args:
        ask: a solver.
        best: the answer to the wider problem. Where it is not proved, it is not proved for a narrower one either.
        problems: of the same values, with every constraint of the wider problem and others, or with less room in them.

    >>> from capmodel.reinvestment.solvers.enumerate import solve
    >>> wide, unit = Problem(np.array([3.0, 2.0]), np.array([1.0]), np.array([[-1.0, -1.0]])), np.eye(2)
    >>> without = [Problem(wide.values, np.append(wide.constants, 0.0), np.vstack([wide.coefficients, -unit[i]])) for i in (0, 1)]
    >>> found, asked = narrowed(lambda problem: solve(problem, 60.0), solve(wide, 60.0), without)
    >>> [answer.chosen for answer in found], asked
    ([(0, 1), (1, 0)], 1)
    """
    open_ = [i for i, problem in enumerate(problems) if best.chosen is None or not keeps(problem, np.array([best.chosen]))[0]]
    answers = dict(zip(open_, each_of(ask, [problems[i] for i in open_]), strict=True))
    return [answers.get(i, best) for i in range(len(problems))], len(open_)


@dataclass
class Answered:
    """Problems that were answered, so that a narrower one is not asked about where an answer keeps its constraints, or there is none.

    Attributes:
        spared: how many questions were answered so.
    """

    spared: int = 0
    known: list[tuple[Problem, Answer]] = field(default_factory=list)

    def best(self, ask: Ask[Answer], problem: Problem) -> Answer:
        """The best choice of a problem: that of a wider one where it holds, or else what a solver answers.

        >>> from capmodel.reinvestment.solvers.enumerate import solve
        >>> answered = Answered()
        >>> budgets = [Problem(np.array([3.0, 2.0]), np.array([budget]), np.array([[-1.0, -2.0]])) for budget in (9.0, 3.0, 2.0, 1.0)]
        >>> [answered.best(lambda problem: solve(problem, 60.0), each).chosen for each in budgets], answered.spared
        ([(1, 1), (1, 1), (1, 0), (1, 0)], 2)
        """
        for wider, answer in reversed(self.known):
            if _is_narrower(problem, wider) and (answer.chosen is None or keeps(problem, np.array([answer.chosen]))[0]):
                self.spared += 1
                return answer
        answer = ask(problem)
        if answer.proved:
            self.known.append((problem, answer))
        return answer


def _is_narrower(problem: Problem, wider: Problem) -> bool:
    """Whether two problems differ at most in what their constraints leave room for, and the first has no more of it in any."""
    return same_but_room(problem, wider) and bool((problem.constants <= wider.constants).all())


def same_but_room(one: Problem, other: Problem) -> bool:
    """Whether two problems are of the same values and constraints, with more or less room in the constraints."""
    return (
        np.array_equal(one.values, other.values)
        and np.array_equal(one.coefficients, other.coefficients)
        and [each.key for each in one.products] == [each.key for each in other.products]
        and (one.amounts, one.groups) == (other.amounts, other.groups)
    )
