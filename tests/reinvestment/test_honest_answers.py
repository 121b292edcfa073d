"""Every solver gives the exhaustive answer, lists the same choices in the same order, and calls nothing optimal that it has not proved."""

from __future__ import annotations

import numpy as np
import pytest
from drawn_options import drawn_problem

from capmodel.reinvestment import solve
from capmodel.reinvestment.ranking import ranked
from capmodel.reinvestment.solvers import Answer, Problem, cbc, enumerate, worth_of

DRAWN = 30
#: Nine options worth and costing one pound, of which three can be paid for: 84 choices are as good as each other.
THREE_OF_NINE = Problem(np.ones(9), np.array([3.0]), -np.ones((1, 9)))
SOLVERS = [
    "enumerate",
    "highs",
    pytest.param("cbc", marks=pytest.mark.skipif(not cbc.available(), reason="CBC is not installed")),
]


def in_order(problem: Problem) -> list[tuple[int, ...]]:
    """All choices that keep every constraint, the best first: by value, then fewer options, then the earlier."""
    every = enumerate.every_choice(problem)
    return sorted(every, key=lambda each: (-round(worth_of(problem, each), 2), sum(each), [-x for x in each]))


@pytest.mark.parametrize("solver", SOLVERS)
def test_every_solver_gives_the_exhaustive_answer_and_the_same_choices_near_it(solver: str) -> None:
    impossible = tied = cut_short = 0
    for seed in range(DRAWN):
        problem = drawn_problem(seed)
        expected = in_order(problem)
        found = ranked(solver, problem, near_share=0.1, most=4, few=0)
        if not expected:
            impossible += 1
            assert (found.best.chosen, found.best.proved) == (None, True), seed
            continue
        assert found.best.proved, seed
        best = worth_of(problem, expected[0])
        assert found.best.bound == pytest.approx(best, abs=0.005)
        near = [each for each in expected[1:] if worth_of(problem, each) >= best - 0.1 * abs(best) - 0.005]
        assert [found.best.chosen, *found.others] == [expected[0], *near[:4]], seed
        assert found.complete == (len(near) <= 4), seed
        tied += len(expected) > 1 and worth_of(problem, expected[1]) == best
        cut_short += not found.complete
    assert impossible and tied and cut_short, "the instances reach what is tested"


@pytest.mark.parametrize("solver", SOLVERS)
def test_all_choices_of_equal_value_are_listed(solver: str) -> None:
    found = ranked(solver, THREE_OF_NINE, near_share=0)
    assert found.complete and len(found.others) == 83
    assert found.best.chosen == (1, 1, 1, 0, 0, 0, 0, 0, 0)
    assert found.others[0] == (1, 1, 0, 1, 0, 0, 0, 0, 0)
    assert found.beyond is not None and sum(found.beyond) == 2


@pytest.mark.parametrize("solver", SOLVERS)
def test_a_list_that_is_cut_short_is_said_to_be_and_is_the_same_by_every_solver(solver: str) -> None:
    found = ranked(solver, THREE_OF_NINE, near_share=0, most=2, few=0)
    assert not found.complete
    assert [found.best.chosen, *found.others] == in_order(THREE_OF_NINE)[:3]


def test_of_as_many_options_the_earliest_is_taken_whatever_the_sum_of_their_places() -> None:
    """The first and the last of four, or the two between them: the first comes first."""
    problem = Problem(
        np.ones(4), np.array([0.0, 1.0, 1.0]), np.array([[1.0, -1.0, -1.0, 1.0], [-1.0, -1.0, 0.0, 0.0], [-1.0, 0.0, -1.0, 0.0]])
    )
    for few in (0, 12):
        assert ranked("highs", problem, few=few).best.chosen == (1, 0, 0, 1)


def test_a_time_limit_ends_the_exhaustive_search_without_proof() -> None:
    answer = enumerate.solve(drawn_problem(0), 0.0)
    assert (answer.proved, answer.status) == (False, "Time limit reached")


@pytest.mark.parametrize("solver", SOLVERS)
def test_no_solver_proves_anything_in_no_time(solver: str) -> None:
    values = np.arange(20.0) + 1
    problem = Problem(values, np.array([values.sum() / 2]), -values[None, :] - 0.5)
    answer = solve.find_solver(solver).solve(problem, 1e-9)
    assert not answer.proved and "optimal" not in answer.status.lower()
    assert answer.bound <= problem.most


def test_an_answer_without_proof_is_never_listed_as_complete(monkeypatch: pytest.MonkeyPatch) -> None:
    late = Answer((1, 0, 0, 0, 0, 0, 0, 0, 0), 9.0, False, "Time limit reached")
    monkeypatch.setattr("capmodel.reinvestment.ranking.best_choice", lambda *asked: late)
    for few in (0, 12):
        found = ranked("any", THREE_OF_NINE, few=few)
        assert not found.complete and not found.best.proved
        assert found.best.bound == 9.0


@pytest.mark.parametrize("solver", SOLVERS)
def test_every_solver_says_its_version(solver: str) -> None:
    assert any(character.isdigit() for character in solve.find_solver(solver).version())
