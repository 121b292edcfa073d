"""Solvers work to a tolerance, money does not: budgets a penny below, at and a penny above the cost of a set of options."""

from __future__ import annotations

import subprocess
import sys

import numpy as np
import pytest

from capmodel.errors import NoPlan
from capmodel.model import Place
from capmodel.reinvestment import ranking, solve
from capmodel.reinvestment.solvers import Answer, Problem, enumerate, keeps

OPTIONS, YEARS = 10, 3
#: Pounds by which a budget differs from the cost of a set.
PENNIES = (-100.0, -1.0, -0.1, -0.01, 0.0, 0.01, 1.0)


def some_problem(seed: int) -> Problem:
    """Options that cost tens of millions in round sums, budgets of years, one mandatory option and one exclusive pair."""
    drawn = np.random.default_rng(seed)
    costs = 50_000.0 * drawn.integers(1, 300, (OPTIONS, YEARS)).cumsum(axis=1)
    values = costs[:, -1] * drawn.uniform(-0.2, 0.6, OPTIONS)
    rules = np.zeros((2, OPTIONS))
    rules[0, 0], rules[1, 1:3] = 1.0, -1.0
    return Problem(values, np.append(costs.sum(axis=0), (-1.0, 1.0)), np.vstack([-costs.T, rules]))


def budgets_of_sets(problem: Problem, seed: int) -> list[Problem]:
    """The same problem with each of some sets' costs as its budgets, and pennies less and more."""
    drawn = np.random.default_rng(seed)
    found = []
    for _ in range(3):
        taken = drawn.integers(0, 2, OPTIONS)
        taken[0] = 1
        cost = -problem.coefficients[:YEARS] @ taken
        found += [Problem(problem.values, np.append(cost + penny, problem.constants[YEARS:]), problem.coefficients) for penny in PENNIES]
    return found


@pytest.mark.parametrize("seed", range(4))
@pytest.mark.parametrize("solver", ["highs", "cbc"])
def test_budgets_at_the_penny_are_chosen_for_as_every_choice_tried_one_by_one(solver: str, seed: int) -> None:
    try:
        solve.find_solver(solver)
    except NoPlan as error:
        pytest.skip(str(error))
    for problem in budgets_of_sets(some_problem(seed), seed):
        expected, found = enumerate.solve(problem, 60.0), solve.best_choice(solver, problem)
        assert (found.chosen is None) == (expected.chosen is None), problem.constants
        assert found.proved
        if expected.chosen is not None and found.chosen is not None:
            assert keeps(problem, np.array([found.chosen]))[0]
            assert problem.values @ np.array(found.chosen) == pytest.approx(expected.bound, abs=0.005)


@pytest.mark.parametrize("solver", ["highs", "cbc"])
def test_a_budget_a_penny_below_a_set_of_the_example_has_a_plan(solver: str, place: Place) -> None:
    try:
        plan = place.run(changes={"investment_budget_gbp[2026]": 9_399_999.99}, solver=solver).plan
    except NoPlan as error:
        assert "not installed" in str(error), str(error)
        pytest.skip(str(error))
    assert plan is not None and plan.proved
    assert round(plan.objective_gbp, 2) == 5_791_726.83


class Careless:
    """A solver that takes whatever is worth most, keeps only cuts of whole numbers, and finds nothing before it is asked twice."""

    def __init__(self, misses: bool = False) -> None:
        self.asked, self.misses = 0, misses

    def available(self) -> bool:
        return True

    def solve(self, problem: Problem, time_limit_s: float) -> Answer:
        self.asked += 1
        if self.misses and problem.looser < solve.SECOND_OPINION:
            return Answer(None, 0.0, True, "Infeasible")
        whole = np.isin(problem.coefficients, (-1, 0, 1)).all(axis=1)
        return enumerate.solve(Problem(problem.values, problem.constants[whole], problem.coefficients[whole]), time_limit_s)


@pytest.mark.parametrize("misses", [False, True])
def test_a_choice_that_breaks_a_constraint_is_ruled_out_and_the_next_is_taken(misses: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    problem = budgets_of_sets(some_problem(5), 5)[3]
    careless = Careless(misses)
    monkeypatch.setattr(solve, "find_solver", lambda name: careless)
    found, expected = solve.best_choice("careless", problem), enumerate.solve(problem, 60.0)
    assert careless.asked > 1
    assert found.chosen == expected.chosen and found.proved


def test_a_budget_below_zero_that_no_option_touches_has_no_plan() -> None:
    problem = Problem(np.ones(2), np.array([-1.0, 5.0]), np.array([[0.0, 0.0], [-1.0, -1.0]]))
    assert solve.best_choice("highs", problem) == Answer(None, -np.inf, True, "Infeasible")


def test_the_solver_prints_nothing() -> None:
    code = (
        "import numpy as np\nfrom capmodel.reinvestment import solve\nfrom capmodel.reinvestment.solvers import Problem\n"
        "solve.best_choice('highs', Problem(np.ones(2), np.array([1.0]), np.array([[-1.0, -1.0]])))\nprint('done')"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert (done.stdout, done.stderr) == ("done\n", "")


def test_the_best_is_chosen_where_the_solver_calls_another_choice_optimal() -> None:
    # HiGHS 1.16 calls (1, 0, 0, 0) optimal, which is worth 9.5 million; two others together are worth 15.8 million.
    values = np.array([9_506_503.89, 9_534_775.84, 7_496_385.52, 8_321_025.60])
    costs = np.array([[7_657_224, 7_978_906, 2_840_402, 4_109_572], [9_912_701, 4_445_304, 7_149_870, 5_012_840], [8_679_399, 8_162_670, 5_830_112, 7_858_559]])  # fmt: skip
    problem = Problem(values, np.array([11_766_795, 14_925_540, 1e12, 0]), np.vstack([-costs, [1.0, -1.0, 0, 0]]))
    found = ranking.ranked("highs", problem, few=0)
    assert (found.best.chosen, found.next_best) == ((0, 0, 1, 1), (1, 0, 0, 0))


def test_a_better_choice_that_the_solver_finds_second_takes_the_place_of_the_first(monkeypatch: pytest.MonkeyPatch) -> None:
    class Hasty:
        """A solver that calls its first answer optimal, whatever it is."""

        asked = 0

        def available(self) -> bool:
            return True

        def solve(self, problem: Problem, time_limit_s: float) -> Answer:
            self.asked += 1
            return Answer((1, 0), 3.0, True, "Optimal") if self.asked == 1 else enumerate.solve(problem, time_limit_s)

    hasty = Hasty()
    monkeypatch.setattr(solve, "find_solver", lambda name: hasty)
    found = ranking.ranked("hasty", Problem(np.array([3.0, 5.0]), np.array([1.0]), np.array([[-1.0, -1.0]])), few=0)
    assert (found.best.chosen, found.next_best) == ((0, 1), (1, 0))
