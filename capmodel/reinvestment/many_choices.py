"""Asks for many choices at once: two at a time, and not at all where the answer is known.

A choice that is the best of a problem is the best of every narrower one whose constraints it keeps: to forbid an option that is not
chosen, to force one that is, or to lower a budget that is not used up, changes nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
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
