"""Choices worth as much as each other, and answers that a solver could not prove."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from capmodel.reinvestment import ranking
from capmodel.reinvestment.solvers import Answer, Problem, cbc, enumerate

#: Six options of £5 and then five of £6: six of the first and all of the second cost £30 and are worth as much.
COSTS = np.array([5.0] * 6 + [6.0] * 5)
FIVE_OR_SIX = Problem(COSTS, np.array([30.0]), -COSTS[None, :])


def test_fewer_options_are_taken_even_where_they_come_last() -> None:
    assert ranking.ranked("enumerate", FIVE_OR_SIX).best.chosen == (0,) * 6 + (1,) * 5


def test_of_as_many_options_the_earlier_are_taken() -> None:
    best = ranking.ranked("enumerate", Problem(np.ones(4), np.array([2.0]), -np.ones((1, 4)))).best
    assert best.chosen == (1, 1, 0, 0)


@pytest.mark.parametrize("tie", [Answer((0, 1), 1.0, False, "Time limit reached"), Answer(None, -np.inf, True, "Infeasible")])
def test_a_tie_that_is_not_settled_leaves_the_first_answer(tie: Answer, monkeypatch: pytest.MonkeyPatch) -> None:
    """Either choice of one option is worth 1; the solver proves its first answer and not the second."""
    problem = Problem(np.ones(2), np.array([1.0]), -np.ones((1, 2)))
    first = Answer((1, 0), 1.0, True, "Optimal")
    answers = iter([first, tie])
    monkeypatch.setattr(ranking, "best_choice", lambda *asked: next(answers, Answer(None, -np.inf, True, "Infeasible")))
    found = ranking.ranked("any", problem, few=0)
    assert found.best == first
    assert found.complete == tie.proved


@pytest.mark.parametrize(
    ("status", "chosen", "proved"), [("1", (1, 0), True), ("-1", None, True), ("0", None, False), ("Not Solved", None, False)]
)
def test_cbc_proves_only_what_it_says_itself(status: str, chosen: Any, proved: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    decisions = [SimpleNamespace(varValue=1.0), SimpleNamespace(varValue=0.0)]
    model = SimpleNamespace(solve=lambda solver: status)
    monkeypatch.setattr(cbc, "build", lambda problem: (model, decisions))
    monkeypatch.setattr(cbc, "_solver", lambda **options: None)
    problem = Problem(np.array([2.0, 1.0]), np.array([1.0]), -np.ones((1, 2)))
    in_time, late = cbc.solve(problem, 60.0), cbc.solve(problem, 0.0)
    assert (in_time.chosen, in_time.proved) == (chosen, proved)
    assert not late.proved
    assert in_time.bound == (enumerate.solve(problem, 60.0).bound if chosen else problem.most)
