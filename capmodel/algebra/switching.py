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

#: Enough for a jump: the bracket is halved at least once in three passes.
_PASSES = 100
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
    where = bracketed(solve, low, high, at_low, at_high, flips)
    return [
        Switch(name, answer, float(low[i]), float(high[i]), float(at_low[i]), float(at_high[i]), float(where[i]) if flips[i] else None)
        for i, (name, answer) in enumerate(cases)
    ]


def bracketed(solve: Callable[[Floats], Floats], low: Floats, high: Floats, at_low: Floats, at_high: Floats, open_: Floats) -> Floats:
    """Where each answer is zero, for all brackets at once: false position, which never leaves a bracket.

    An end that is kept twice running has its figure halved (the Illinois step), so that a bend is followed from both sides. A bracket
    that two passes have not halved is cut in the middle, because a figure that jumps has no slope to follow.

    Args:
        solve: the answers at one value of each bracket.
        low: the lower ends.
        high: the upper ends.
        at_low: the answers at the lower ends.
        at_high: the answers at the upper ends.
        open_: which brackets hold a change of sign; the others are left as they are.

    >>> def line(value: Floats) -> Floats:
    ...     return 1000.0 * value - 250.0
    >>> ends = np.zeros(1), np.ones(1)
    >>> bracketed(line, *ends, line(ends[0]), line(ends[1]), np.ones(1)).tolist()
    [0.25]
    """
    left, right, left_value, right_value = low.copy(), high.copy(), at_low.copy(), at_high.copy()
    found = np.where(np.abs(left_value) < np.abs(right_value), left, right)
    searching = open_.astype(bool).copy()
    kept = np.zeros(len(low))  # -1 where the last pass kept the left end, 1 where it kept the right one
    widths = [right - left] * 2
    for passes in range(_PASSES):
        if not searching.any():
            break
        slope = right_value - left_value
        slope = np.where(slope == 0, 1.0, slope)
        straight = right - right_value * (right - left) / slope
        middle = (passes > 1) & (right - left > widths[-2] / 2)
        guess = np.where(searching, np.where(middle, (left + right) / 2, straight), found)
        widths.append(right - left)
        value = solve(guess)
        found = np.where(searching, guess, found)
        same_as_left = (value < 0) == (left_value < 0)
        right_value = np.where(same_as_left, np.where(kept == 1, right_value / 2, right_value), value)
        left_value = np.where(same_as_left, value, np.where(kept == -1, left_value / 2, left_value))
        right, left = np.where(same_as_left, right, guess), np.where(same_as_left, guess, left)
        kept = np.where(same_as_left, 1.0, -1.0)
        searching &= (np.abs(value) > _ANSWER) & (np.abs(right - left) > _RANGE * (high - low))
    return found
