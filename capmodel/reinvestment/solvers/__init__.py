"""Solvers, one file each; the file name is the solver's name.

A solver is a module with `available() -> bool`, `version() -> str` and `solve(problem: Problem, time_limit_s: float) -> Answer`.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from capmodel.algebra.rows import Floats

#: A constraint may fail by less than this: a hundredth of a penny, for the noise of sums.
TOLERANCE = 1e-4


@dataclass(frozen=True)
class Problem:
    """Choose 0 or 1 for each decision: make `values @ x` as large as can be, with `constants + coefficients @ x >= 0`.

    `values` has one entry a decision; `coefficients` one row a constraint. A solver that works to a tolerance may read a
    constraint looser than it is, by `looser` of its largest term: its answer is tried on the constraints as they are. The last
    `amounts` decisions are not 0 or 1 but any amount from zero up; they are no part of the answer's choice. A solver may stop
    where what it found is within `gap_share` of the best; its answer is then not proved.
    """

    values: Floats
    constants: Floats
    coefficients: Floats
    looser: float = 3.7e-8  # no round sum of pounds lies so far from another
    amounts: int = 0
    gap_share: float = 0.0

    @property
    def most(self) -> float:
        """A value that no choice exceeds, whatever the constraints: all that is worth something."""
        return float(self.values[self.values > 0].sum())


@dataclass(frozen=True)
class Answer:
    """What a solver found: a choice of 0 and 1, the best value it proved possible, and whether the proof is complete."""

    chosen: tuple[int, ...] | None  # None where there is no choice that keeps every constraint
    bound: float
    proved: bool
    status: str


def keeps(problem: Problem, choices: NDArray[Any]) -> NDArray[np.bool_]:
    """Of several choices, a row each, those that keep every constraint.

    >>> keeps(Problem(np.ones(1), np.array([0.5]), np.array([[-1.0]])), np.array([[0], [1]])).tolist()
    [True, False]
    """
    slack: Floats = problem.constants + choices @ problem.coefficients.T
    kept: NDArray[np.bool_] = np.asarray((slack >= -TOLERANCE).all(axis=1))
    return kept
