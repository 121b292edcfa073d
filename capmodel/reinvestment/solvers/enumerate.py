"""Every choice there is, tried one by one in blocks: exact, the oracle of the tests, for up to about twenty options.

Of the starts of one option none or one is tried, since together they break a constraint: an option of six starts has seven choices.
"""

from __future__ import annotations

import math
import time
from collections.abc import Iterator

import numpy as np

from capmodel.algebra.rows import Floats, Positions
from capmodel.reinvestment.solvers import TOLERANCE, Answer, Problem, with_products
from capmodel.version import __version__

#: So many choices are tried at the most.
MOST = 1 << 22
_BLOCK = 1 << 12


def available() -> bool:
    """It needs nothing."""
    return True


def version() -> str:
    """It comes with capmodel."""
    return f"capmodel {__version__}"


def solve(problem: Problem, time_limit_s: float) -> Answer:
    """The best of all choices; of equals, the one that comes first in counting order."""
    if (choices_in := choices_of(problem)) > MOST:
        return Answer(None, np.inf, False, f"{choices_in:,} choices are more than {MOST:,}, too many to try one by one")
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


def choices_of(problem: Problem) -> int:
    """How many choices there are of none or one decision of each group.

    >>> choices_of(Problem(np.ones(3), np.zeros(0), np.zeros((0, 3)), groups=("a", "a", "b")))
    6
    """
    return math.prod(1 + len(each) for each in _own(problem))


def _own(problem: Problem) -> list[Positions]:
    """The decisions of each group, in order; each decision by itself where there are no groups."""
    if not problem.groups:
        return [np.array([i], dtype=np.intp) for i in range(problem.decisions)]
    return [np.flatnonzero([each == name for each in problem.groups]) for name in dict.fromkeys(problem.groups)]


def every_choice(problem: Problem) -> list[tuple[int, ...]]:
    """Every choice that keeps all constraints.

    >>> every_choice(Problem(np.array([3.0, 2.0]), np.array([1.0]), np.array([[-1.0, -1.0]])))
    [(0, 0), (1, 0), (0, 1)]
    """
    return [tuple(int(x) for x in choice) for choices, value in blocks(problem) for choice in choices[np.isfinite(value)]]


def blocks(problem: Problem) -> Iterator[tuple[Floats, Floats]]:
    """All choices in blocks, a row each, with what each is worth; minus infinity where it breaks a constraint."""
    own, count = _own(problem), choices_of(problem)
    for first in range(0, count, _BLOCK):
        numbers = np.arange(first, min(first + _BLOCK, count))
        choices = np.zeros((len(numbers), problem.decisions))
        for decisions in own:
            # Zero takes none of them.
            numbers, digit = np.divmod(numbers, 1 + len(decisions))
            taken = np.flatnonzero(digit)
            choices[taken, decisions[digit[taken] - 1]] = 1.0
        whole = with_products(problem, choices)
        kept = (problem.constants + whole @ problem.coefficients.T >= -TOLERANCE).all(axis=1)
        yield choices, np.where(kept, whole @ problem.values, -np.inf)
