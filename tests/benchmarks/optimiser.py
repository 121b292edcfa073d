"""The optimiser against a hand-written model: `python -m tests.benchmarks.optimiser [ROUNDS] [--questions]`.

100 options that may start in one of 3 years, 5 yearly budgets that are carried forward: the model is built and solved to 0.01%, turn and
turn about with the same model written by hand in PuLP and given to CBC and to HiGHS. The time is the processor's, that of programs
started counted.

With `--questions` 131 questions are asked about 50 options: the best plan, each option left out and forced in, and 30 other budgets.
The plain loop writes the model by hand for every question and asks the same solver; capmodel asks no question whose answer is known,
and two of the others at a time. The time is that of the clock. Both ways give the same values.
"""

from __future__ import annotations

import argparse
import resource
import statistics
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

import numpy as np
import pulp

from capmodel.algebra.quiet import silence_highs
from capmodel.algebra.rows import Floats
from capmodel.reinvestment.many_choices import each_of, narrowed
from capmodel.reinvestment.option_tests.in_plan import decided
from capmodel.reinvestment.solve import best_choice
from capmodel.reinvestment.solvers import Answer, Problem, cbc, highs, worth_of

YEARS, STARTS, GAP = 5, 3, 1e-4
BUILD_TARGET_S, SOLVE_TARGET, QUESTIONS_TARGET = 0.02, 1.5, 0.3


def options_drawn(seed: int, options: int, starts: int, budget_share: float) -> Problem:
    """Options that may each begin in one of some years: set-up cost in that year, running cost after it, and a value that falls with delay."""
    drawn = np.random.default_rng(seed)
    setup: Floats = np.round(drawn.uniform(5e4, 1.5e6, options), -3)
    running: Floats = np.round(drawn.uniform(0.02, 0.25, options) * setup, -3)
    worth: Floats = np.round(setup * drawn.uniform(0.2, 2.5, options) + drawn.uniform(0, 2e5, options), -2)
    cost = np.zeros((options, starts, YEARS))
    for start in range(starts):
        cost[:, start, start] = setup
        cost[:, start, start + 1 :] = running[:, None]
    value: Floats = (worth[:, None] * (1 - 0.12 * np.arange(starts))).round(2)
    carried = np.tril(np.ones((YEARS, YEARS)))
    budget = np.round(carried @ np.full(YEARS, budget_share * cost[:, 0].sum() / YEARS), -3)
    once = -np.repeat(np.eye(options), starts, axis=1)
    coefficients = np.vstack([-carried @ cost.reshape(-1, YEARS).T, once])
    return Problem(value.ravel(), np.append(budget, np.ones(options)), coefficients)


def by_hand(problem: Problem, solver: Any) -> float:
    """The same choice as somebody would write it in PuLP; its value."""
    model = pulp.LpProblem("by_hand", pulp.LpMaximize)
    taken = [model.add_variable(f"x{i:03d}", cat="Binary") for i in range(len(problem.values))]
    model += pulp.lpSum(value * each for value, each in zip(problem.values.tolist(), taken, strict=True))
    for constant, terms in zip(problem.constants.tolist(), problem.coefficients.tolist(), strict=True):
        model += pulp.lpSum(term * each for term, each in zip(terms, taken, strict=True) if term) >= -constant
    model.solve(solver)
    return float(problem.values @ np.array([round(each.varValue or 0) for each in taken]))


def solvers_by_hand(gap: float) -> dict[str, Any]:
    """Both solvers as PuLP has them; CBC only where it is installed."""
    found = {"HiGHS by hand": pulp.HiGHS(msg=False, gapRel=gap, threads=1)}
    return {**found, "CBC by hand": pulp.PULP_CBC_CMD(msg=False, gapRel=gap)} if cbc.available() else found


def processor(work: Callable[[], float]) -> tuple[float, float]:
    """How much of the processor's time some work takes, with the programs it starts; and what it gives."""
    before = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    given = work()
    after = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    return sum(b.ru_utime + b.ru_stime - a.ru_utime - a.ru_stime for a, b in zip(before, after, strict=True)), given


def starts_solved(rounds: int) -> None:
    """Medians over some instances, each solved by all, and the ratio to the faster of both written by hand."""
    problems = [options_drawn(seed, 100, STARTS, 0.3 + 0.2 * (seed % 2)) for seed in range(rounds)]
    highs.build(problems[0])
    builds = [processor(lambda: float(highs.build(each).num_col_))[0] for each in problems]  # noqa: B023
    say(f"100 options, {STARTS} starts, {YEARS} years, {rounds} instances, solved to {GAP:.2%}; seconds of the processor")
    say(f"  {'build':<18}{statistics.median(builds):>9.4f}   aimed at less than {BUILD_TARGET_S}")
    times: dict[str, list[float]] = {}
    for problem in problems:
        hand = solvers_by_hand(GAP)
        ways: dict[str, Callable[[], float]] = {name: lambda s=solver: by_hand(problem, s) for name, solver in hand.items()}  # type: ignore[misc]  # noqa: B023
        for name in ("highs", *(["cbc"] if cbc.available() else [])):
            ways[f"capmodel, {name}"] = lambda n=name: value_of(problem, best_choice(n, replace(problem, gap_share=GAP)))  # type: ignore[misc]  # noqa: B023
        worths = []
        for name, work in ways.items():
            took, worth = processor(work)
            times.setdefault(name, []).append(took)
            worths.append(worth)
        assert max(worths) - min(worths) <= 2 * GAP * max(worths), worths
    least = min(sum(times[name]) for name in solvers_by_hand(GAP))
    for name, each in times.items():
        say(f"  {name:<18}{statistics.median(each):>9.3f}{sum(each):>9.2f}{sum(each) / least:>8.2f}")
    say(f"  median, all together, ratio to the faster by hand; at most {SOLVE_TARGET} is aimed at for capmodel")


def value_of(problem: Problem, answer: Answer) -> float:
    """What an answer is worth."""
    assert answer.chosen is not None
    return worth_of(problem, answer.chosen)


def budgets_of(problem: Problem, factor: float) -> Problem:
    """The problem with other budgets."""
    budgets = np.arange(len(problem.constants)) < YEARS
    return replace(problem, constants=np.where(budgets, problem.constants * factor, problem.constants))


def asked_once(problem: Problem, decisions: Sequence[tuple[int, int]], factors: Sequence[float]) -> list[float]:
    """What every question is worth, by capmodel."""

    def ask(each: Problem) -> Answer:
        return best_choice("highs", each)

    best = ask(problem)
    narrower = [decided(problem, i, taken) for i, taken in decisions] + [budgets_of(problem, each) for each in factors if each < 1]
    answers, _ = narrowed(ask, best, narrower)
    answers += each_of(ask, [budgets_of(problem, each) for each in factors if each > 1])
    return [value_of(problem, answer) for answer in (best, *answers)]


def questions(rounds: int) -> None:
    """131 questions both ways."""
    times: dict[str, list[float]] = {"a plain loop": [], "capmodel": []}
    factors = [*np.linspace(0.5, 0.99, 15).tolist(), *np.linspace(1.01, 1.5, 15).tolist()]
    for seed in range(rounds):
        problem = options_drawn(seed, 50, 1, 0.4)
        decisions = [(i, taken) for i in range(len(problem.values)) for taken in (0, 1)]
        problems = [problem, *(decided(problem, *each) for each in decisions), *(budgets_of(problem, each) for each in factors)]
        began = time.perf_counter()
        plain = [by_hand(each, pulp.HiGHS(msg=False, gapRel=0.0, threads=1)) for each in problems]
        times["a plain loop"].append(time.perf_counter() - began)
        began = time.perf_counter()
        ours = asked_once(problem, decisions, factors)
        times["capmodel"].append(time.perf_counter() - began)
        assert len(ours) == len(plain) == 131 and np.abs(np.array(ours) - plain).max() < 1, np.abs(np.array(ours) - plain).max()
    say(f"131 questions about 50 options, {rounds} instances; seconds of the clock: median, fastest")
    for name, each in times.items():
        say(f"  {name:<18}{statistics.median(each):>9.2f}{min(each):>9.2f}")
    ratios = [ours / plain for ours, plain in zip(times["capmodel"], times["a plain loop"], strict=True)]
    say(
        f"  ratio {statistics.median(ratios):.2f} (median of {', '.join(f'{each:.2f}' for each in ratios)}); at most {QUESTIONS_TARGET} is aimed at"
    )


def say(text: str) -> None:
    """A line of the report."""
    sys.stdout.write(text + "\n")
    sys.stdout.flush()


def main() -> None:
    """Both, or the questions alone."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("rounds", nargs="?", type=int, default=10)
    parser.add_argument("--questions", action="store_true", help="ask the 131 questions too")
    asked = parser.parse_args()
    silence_highs()
    starts_solved(asked.rounds)
    if asked.questions:
        questions(max(asked.rounds // 2, 1))


if __name__ == "__main__":
    main()
