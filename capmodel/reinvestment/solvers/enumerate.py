"""Every choice there is, tried one by one in blocks: exact, the oracle of the tests, for up to about twenty options."""

from __future__ import annotations

import numpy as np

from capmodel.reinvestment.solvers import Answer, Problem, keeps

LARGEST = 22
_BLOCK = 1 << 14


def available() -> bool:
    """It needs nothing."""
    return True


def solve(problem: Problem, time_limit_s: float) -> Answer:
    """The best of all choices; of equals, the one that comes first in counting order."""
    decisions = len(problem.values)
    if decisions > LARGEST:
        return Answer(None, np.inf, False, f"{decisions} options are more than {LARGEST}, too many to try one by one")
    best, chosen = -np.inf, None
    for start in range(0, 1 << decisions, _BLOCK):
        numbers = np.arange(start, min(start + _BLOCK, 1 << decisions))
        choices = (numbers[:, None] >> np.arange(decisions)) & 1
        value = np.where(keeps(problem, choices), choices @ problem.values, -np.inf)
        first = int(np.argmax(value))
        if value[first] > best:
            best, chosen = float(value[first]), tuple(int(x) for x in choices[first])
    return Answer(chosen, best, True, "Optimal" if chosen is not None else "Infeasible")
