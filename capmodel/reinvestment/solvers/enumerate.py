"""Every choice there is, tried one by one in blocks: exact, the oracle of the tests, for up to about twenty options."""

from __future__ import annotations

import time
from collections.abc import Iterator

import numpy as np

from capmodel.algebra.rows import Floats
from capmodel.reinvestment.solvers import TOLERANCE, Answer, Problem, with_products
from capmodel.version import __version__

LARGEST = 22
_BLOCK = 1 << 14


def available() -> bool:
    """It needs nothing."""
    return True


def version() -> str:
    """It comes with capmodel."""
    return f"capmodel {__version__}"


def solve(problem: Problem, time_limit_s: float) -> Answer:
    """The best of all choices; of equals, the one that comes first in counting order."""
    decisions = problem.decisions
    if decisions > LARGEST:
        return Answer(None, np.inf, False, f"{decisions} options are more than {LARGEST}, too many to try one by one")
    if problem.amounts:
        return Answer(None, np.inf, False, "Amounts cannot be tried one by one")
    best, chosen, end = -np.inf, None, time.monotonic() + time_limit_s
    for choices, value in blocks(problem):
        first = int(np.argmax(value))
        if value[first] > best:
            best, chosen = float(value[first]), tuple(int(x) for x in choices[first])
        if time.monotonic() > end:
            return Answer(chosen, problem.most, False, "Time limit reached")
    return Answer(chosen, best, True, "Optimal" if chosen is not None else "Infeasible")


def every_choice(problem: Problem) -> list[tuple[int, ...]]:
    """Every choice that keeps all constraints.

    >>> every_choice(Problem(np.array([3.0, 2.0]), np.array([1.0]), np.array([[-1.0, -1.0]])))
    [(0, 0), (1, 0), (0, 1)]
    """
    return [tuple(int(x) for x in choice) for choices, value in blocks(problem) for choice in choices[np.isfinite(value)]]


def blocks(problem: Problem) -> Iterator[tuple[Floats, Floats]]:
    """All choices in blocks, a row each, with what each is worth; minus infinity where it breaks a constraint."""
    decisions = problem.decisions
    for start in range(0, 1 << decisions, _BLOCK):
        numbers = np.arange(start, min(start + _BLOCK, 1 << decisions))
        choices = ((numbers[:, None] >> np.arange(decisions)) & 1).astype(float)
        whole = with_products(problem, choices)
        kept = (problem.constants + whole @ problem.coefficients.T >= -TOLERANCE).all(axis=1)
        yield choices, np.where(kept, whole @ problem.values, -np.inf)
