"""Solvers, one file each; the file name is the solver's name.

A solver is a module with `available() -> bool` and `solve(problem: Problem, time_limit_s: float) -> Answer`.
"""

from __future__ import annotations

from dataclasses import dataclass

from capmodel.algebra.rows import Floats


@dataclass(frozen=True)
class Problem:
    """Choose 0 or 1 for each decision: make `values @ x` as large as can be, with `constants + coefficients @ x >= 0`.

    `values` has one entry a decision; `coefficients` one row a constraint.
    """

    values: Floats
    constants: Floats
    coefficients: Floats


@dataclass(frozen=True)
class Answer:
    """What a solver found: a choice of 0 and 1, the best value it proved possible, and whether the proof is complete."""

    chosen: tuple[int, ...] | None  # None where there is no choice that keeps every constraint
    bound: float
    proved: bool
    status: str
