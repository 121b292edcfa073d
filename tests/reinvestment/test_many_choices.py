"""Many choices asked for at once: the same answers as one by one, and none asked for that is known."""

from __future__ import annotations

import subprocess
import sys
from dataclasses import replace
from threading import Barrier

import numpy as np
import pytest
from drawn_options import drawn_problem, years_of

from capmodel.reinvestment import many_choices
from capmodel.reinvestment.many_choices import each_of, narrowed
from capmodel.reinvestment.option_tests.in_plan import Asking, decided
from capmodel.reinvestment.ranking import ranked
from capmodel.reinvestment.solvers import Answer, Problem, cbc, highs


def best(problem: Problem, solver: str = "enumerate") -> Answer:
    return ranked(solver, problem, near_share=0, most=1).best


def narrower(problem: Problem) -> list[Problem]:
    """Each decision left out, each forced in, and the yearly budgets lowered step by step."""
    budgets = np.arange(len(problem.constants)) < years_of(problem)
    lower = [replace(problem, constants=problem.constants - less * budgets) for less in (1.0, 2.0, 5.0, 20.0)]
    return [*(decided(problem, i, taken) for i in range(len(problem.values)) for taken in (0, 1)), *lower]


@pytest.mark.parametrize("seed", range(0, 40))
def test_a_narrower_problem_is_asked_only_where_the_best_choice_does_not_keep_it(seed: int) -> None:
    problem = drawn_problem(seed)
    wide, problems = best(problem), narrower(problem)
    asked: list[Problem] = []

    def ask(each: Problem) -> Answer:
        asked.append(each)
        return best(each)

    found, count = narrowed(ask, wide, problems)
    alone = [best(each) for each in problems]
    assert [(each.chosen, each.proved) for each in found] == [(each.chosen, each.proved) for each in alone]
    assert count == len(asked) == sum(wide.chosen is None or each.chosen != wide.chosen for each in alone)


@pytest.mark.parametrize("solver", ["highs", *(["cbc"] if cbc.available() else [])])
def test_answers_of_several_at_once_are_those_of_one_by_one_in_order(solver: str) -> None:
    problems = [drawn_problem(seed) for seed in range(8)]
    module = {"highs": highs, "cbc": cbc}[solver]
    at_once = each_of(lambda problem: module.solve(problem, 60.0), problems)
    assert at_once == [module.solve(problem, 60.0) for problem in problems]


def test_two_are_asked_at_the_same_time() -> None:
    both = Barrier(many_choices.AT_ONCE, timeout=20)

    def ask(problem: Problem) -> float:
        both.wait()
        return problem.most

    assert each_of(ask, [drawn_problem(seed) for seed in range(4)]) == [drawn_problem(seed).most for seed in range(4)]


def test_questions_asked_and_spared_are_counted() -> None:
    problem = Problem(np.array([3.0, 2.0, 1.0]), np.array([2.0]), -np.ones((1, 3)))
    asking = Asking("enumerate")
    answer = asking.best(problem)
    found = asking.narrowed(answer, [decided(problem, i, taken) for i in range(3) for taken in (0, 1)])
    assert [each.chosen for each in found] == [(0, 1, 1), (1, 1, 0), (1, 0, 1), (1, 1, 0), (1, 1, 0), (1, 0, 1)]
    assert (asking.questions, asking.spared, asking.unproved) == (4, 3, 0)


def test_standard_output_is_still_there_when_the_first_two_are_asked_at_once() -> None:
    script = (
        "from concurrent.futures import ThreadPoolExecutor\nfrom capmodel.algebra.quiet import silence_highs\n"
        "with ThreadPoolExecutor(4) as pool:\n    list(pool.map(lambda _: silence_highs(), range(8)))\nprint('done')"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True, stdin=subprocess.DEVNULL)
    assert done.stdout == "done\n"
