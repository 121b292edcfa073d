"""The search for a change of sign: few steps on a straight line, and none but the right answer on a figure that jumps."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from capmodel.algebra.switching import bracketed


def searched(rule: Any, low: float, high: float) -> tuple[float, int]:
    asked: list[float] = []

    def solve(values: Any) -> Any:
        asked.extend(values.tolist())
        return np.array([rule(each) for each in values.tolist()])

    ends = [np.array([each]) for each in (low, high)]
    found = bracketed(solve, *ends, *(np.array([rule(each.item())]) for each in ends), np.array([True]))
    assert all(low <= each <= high for each in asked)
    return float(found[0]), len(asked)


@settings(max_examples=40, deadline=None)
@given(st.floats(0.01, 0.99), st.floats(1e2, 1e9))
def test_a_straight_line_takes_one_step(at: float, slope: float) -> None:
    found, steps = searched(lambda value: slope * (value - at), 0.0, 1.0)
    assert found == pytest.approx(at, abs=1e-4) and steps <= 3


def test_a_line_that_is_nearly_straight_takes_a_few_steps() -> None:
    found, steps = searched(lambda value: 1e6 * (value - 0.3) * (1 + 0.01 * value), 0.0, 1.0)
    assert found == pytest.approx(0.3, abs=1e-7) and steps <= 6


def test_a_bend_takes_a_few_steps() -> None:
    found, steps = searched(lambda value: 1e6 * (value**3 - 0.2), 0.0, 1.0)
    assert found == pytest.approx(0.2 ** (1 / 3), abs=1e-8) and steps <= 15


@settings(max_examples=40, deadline=None)
@given(st.floats(0.001, 0.999), st.floats(1.0, 1e7), st.floats(1.0, 1e7))
def test_a_jump_between_figures_of_any_size_is_found(at: float, below: float, above: float) -> None:
    found, _ = searched(lambda value: -below if value < at else above, 0.0, 1.0)
    assert found == pytest.approx(at, abs=2e-9)
