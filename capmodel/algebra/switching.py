"""Switching values: how far one assumption can move before an answer changes sign.

Each assumption is held at one value, in every year where it is given by year, and moved over its declared range while all
else stays. Every assumption and every answer is a leading row of the same calculation, so that one pass moves them all.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np

from capmodel.algebra.evaluate import Inputs, Values
from capmodel.algebra.rows import Floats, Node

_PASSES = 40
#: Close enough: half a penny of the answer, or a billionth of the range.
_ANSWER, _RANGE = 0.005, 1e-9

Answer = tuple[Node, int]  # a column and the position of its row


@dataclass(frozen=True)
class Switch:
    """What an answer is at both ends of an assumption's range, and where in between it is zero."""

    name: str
    answer: Answer
    low: float
    high: float
    at_low: float
    at_high: float
    switches_at: float | None  # None where the answer keeps its sign over the whole range


def switching_values(
    inputs: Inputs, calculate: Callable[[Inputs], Values], answers: Sequence[Answer], ranges: Mapping[str, tuple[float, float]]
) -> list[Switch]:
    """Find where each answer changes sign, for each assumption by itself.

    Args:
        inputs: the run to start from.
        calculate: works out a run.
        answers: the figures whose sign matters.
        ranges: the lowest and highest value of each assumption.
    """
    cases = [(name, answer) for answer in answers for name in ranges]

    def solve(values: Floats) -> Floats:
        moved = dict(inputs.assumptions)
        for name in ranges:
            own = np.atleast_1d(inputs.assumptions[name])
            held = np.array([case == name for case, _ in cases])[:, None]
            moved[name] = np.where(held, values[:, None], own[None, :])
        figures = calculate(replace(inputs, assumptions=moved))
        found = [np.broadcast_to(figures.figure(node)[..., row], (len(cases),))[i] for i, (_, (node, row)) in enumerate(cases)]
        return np.array(found, dtype=float)

    low = np.array([ranges[name][0] for name, _ in cases])
    high = np.array([ranges[name][1] for name, _ in cases])
    at_low, at_high = solve(low), solve(high)
    flips = (at_low < 0) != (at_high < 0)
    where = _bracketed(solve, low, high, at_low, at_high, flips)
    return [
        Switch(name, answer, float(low[i]), float(high[i]), float(at_low[i]), float(at_high[i]), float(where[i]) if flips[i] else None)
        for i, (name, answer) in enumerate(cases)
    ]


def _bracketed(solve: Callable[[Floats], Floats], low: Floats, high: Floats, at_low: Floats, at_high: Floats, open_: Floats) -> Floats:
    """False position with the Illinois step, for all brackets at once; it never leaves a bracket."""
    left, right, left_value, right_value = low.copy(), high.copy(), at_low.copy(), at_high.copy()
    found = np.where(np.abs(left_value) < np.abs(right_value), left, right)
    searching = open_.astype(bool).copy()
    for _ in range(_PASSES):
        if not searching.any():
            break
        slope = np.where(searching, right_value - left_value, 1.0)
        slope = np.where(slope == 0, 1.0, slope)
        guess = np.where(searching, right - right_value * (right - left) / slope, found)
        value = solve(guess)
        found = np.where(searching, guess, found)
        same_as_left = (value < 0) == (left_value < 0)
        right_value = np.where(same_as_left, right_value / 2, value)
        left_value = np.where(same_as_left, value, left_value / 2)
        right, left = np.where(same_as_left, right, guess), np.where(same_as_left, guess, left)
        searching &= (np.abs(value) > _ANSWER) & (np.abs(right - left) > _RANGE * (high - low))
    return found
