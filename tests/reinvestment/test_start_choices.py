"""Random options with start years and scales: every solver finds the best of every choice, of which none or one start of an option is tried."""

from __future__ import annotations

import numpy as np
import pytest
from drawn_options import drawn_starts
from hypothesis import given, settings
from hypothesis import strategies as st

from capmodel.errors import NoPlan
from capmodel.reinvestment.solve import best_choice, find_solver
from capmodel.reinvestment.solvers import Problem, enumerate, keeps, worth_of


@pytest.mark.parametrize("solver", ["highs", "cbc"])
@settings(max_examples=40, deadline=None)
@given(seed=st.integers(0, 2**31))
def test_every_solver_finds_the_best_of_every_choice_of_starts(solver: str, seed: int) -> None:
    try:
        find_solver(solver)
    except NoPlan as error:
        pytest.skip(str(error))
    problem = drawn_starts(seed, most=8, choices=1 << 11)
    expected, found = enumerate.solve(problem, 60.0), best_choice(solver, problem)
    assert found.proved and (found.chosen is None) == (expected.chosen is None)
    if found.chosen is not None:
        assert keeps(problem, np.array([found.chosen]))[0]
        assert worth_of(problem, found.chosen) == pytest.approx(expected.bound, abs=0.005)


@settings(max_examples=30, deadline=None)
@given(seed=st.integers(0, 2**31))
def test_choices_by_group_are_those_of_all_choices_that_keep_the_constraints(seed: int) -> None:
    problem = drawn_starts(seed, most=4, choices=1 << 9)
    free = Problem(problem.values, problem.constants, problem.coefficients)
    assert set(enumerate.every_choice(problem)) == set(enumerate.every_choice(free))
    assert enumerate.choices_of(problem) < enumerate.choices_of(free) or len(set(problem.groups)) == problem.decisions


def test_more_choices_than_can_be_tried_are_not_called_optimal() -> None:
    names = tuple(str(i // 6) for i in range(72))
    answer = enumerate.solve(Problem(np.ones(72), np.zeros(0), np.zeros((0, 72)), groups=names), 60.0)
    assert answer.chosen is None and not answer.proved and "13,841,287,201 choices" in answer.status
