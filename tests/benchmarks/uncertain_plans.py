"""Expected shortfall over many options and scenarios: `python -m tests.benchmarks.uncertain_plans [ROUNDS]`.

500 options, 50 scenarios, 8 categories, 5 years with a budget each, half mean and half expected shortfall at 90%, to 0.01%. Three ways in
turn, each in a process of its own: capmodel with one amount a category and year, capmodel with a row of every option a scenario, and
the model written by hand in PuLP as one would first write it. Prints seconds and memory (with that of a solver's own process), and holds the plans
against each other by what they are worth.
"""

from __future__ import annotations

import json
import resource
import statistics
import subprocess
import sys
import time
from dataclasses import replace
from pathlib import Path

import numpy as np

from capmodel.algebra.rows import Floats
from capmodel.reinvestment.solvers import Problem
from capmodel.reinvestment.under_uncertainty.plans import Rule, Uncertain, best_plan
from capmodel.reinvestment.under_uncertainty.results import BLEND
from capmodel.reinvestment.under_uncertainty.rows import Parts

OPTIONS, SCENARIOS, CATEGORIES, YEARS = 500, 50, 8, 5
LEVEL, GAP, LIMIT_S = 0.9, 1e-4, 300.0
RULE = Rule(BLEND, LEVEL, 0.5)
ROOT = Path(__file__).resolve().parents[2]


def made(seed: int = 1) -> tuple[Uncertain, Floats, Floats, Floats]:
    """The instance; savings by option, category and year, costs by option and year, and the budgets."""
    drawn = np.random.default_rng(seed)
    cost = drawn.uniform(20_000, 400_000, (OPTIONS, 1)) * drawn.uniform(0.6, 1.4, (OPTIONS, YEARS))
    savings = np.zeros((OPTIONS, CATEGORIES, YEARS))
    for i in range(OPTIONS):
        into = drawn.choice(CATEGORIES, drawn.integers(1, 3), replace=False)
        savings[i, into] = drawn.uniform(0.5, 2.2) * cost[i] * np.linspace(0.4, 1.6, YEARS) / len(into)
    common = drawn.normal(0, 0.25, (SCENARIOS, 1, 1))
    factors = np.clip(
        1 + common + drawn.normal(0, 0.35, (SCENARIOS, CATEGORIES, 1)) + drawn.normal(0, 0.1, (SCENARIOS, CATEGORIES, YEARS)), 0, None
    )
    dearer = 1 + np.abs(drawn.normal(0, 0.1, (SCENARIOS, YEARS)))
    budgets = 0.35 * cost.sum(axis=0)
    parts = Parts(np.hstack([factors.reshape(SCENARIOS, -1), -dearer]), np.vstack([savings.reshape(OPTIONS, -1).T, cost.T]))
    values, weights = parts.factors @ parts.amounts, np.full(SCENARIOS, 1 / SCENARIOS)
    base = Problem(values.mean(axis=0), budgets, -cost.T)
    return Uncertain(base, values, weights, base, None, parts), savings, cost, budgets


def by_hand(uncertain: Uncertain, savings: Floats, cost: Floats, budgets: Floats) -> list[int]:
    """The plan by a model in PuLP with a term for every option, category, year and scenario."""
    import pulp

    assert uncertain.parts is not None
    factors = uncertain.parts.factors[:, : CATEGORIES * YEARS].reshape(SCENARIOS, CATEGORIES, YEARS)
    dearer = -uncertain.parts.factors[:, CATEGORIES * YEARS :]
    model = pulp.LpProblem("plan", pulp.LpMaximize)
    x = [model.add_variable(f"x{i:03d}", cat="Binary") for i in range(OPTIONS)]
    eta = model.add_variable("eta")
    short = [model.add_variable(f"z{s:03d}", lowBound=0) for s in range(SCENARIOS)]
    worth = [
        pulp.lpSum(
            [
                float(factors[s, c, t] * savings[i, c, t]) * x[i]
                for i in range(OPTIONS)
                for c in range(CATEGORIES)
                for t in range(YEARS)
                if savings[i, c, t]
            ]
            + [float(-dearer[s, t] * cost[i, t]) * x[i] for i in range(OPTIONS) for t in range(YEARS)]
        )
        for s in range(SCENARIOS)
    ]
    model += 0.5 * pulp.lpSum(worth) / SCENARIOS + 0.5 * eta - 0.5 * pulp.lpSum(short) / (SCENARIOS * (1 - LEVEL))
    for s in range(SCENARIOS):
        model += short[s] >= eta - worth[s]
    for t in range(YEARS):
        model += pulp.lpSum(float(cost[i, t]) * x[i] for i in range(OPTIONS)) <= float(budgets[t])
    model.solve(pulp.HiGHS(msg=False, gapRel=GAP, timeLimit=LIMIT_S, threads=1))
    return [round(each.varValue or 0) for each in x]


def processor_seconds() -> float:
    """Processor time of this process and of the solvers it started."""
    return sum(each.ru_utime + each.ru_stime for each in map(resource.getrusage, (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)))


def one(way: str) -> None:
    """Ask one way, and print seconds, memory and worth as JSON."""
    import highspy  # noqa: F401
    import pulp  # noqa: F401

    uncertain, savings, cost, budgets = made()
    before, spent = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss, processor_seconds()
    began = time.perf_counter()
    if way == "by hand":
        chosen = by_hand(uncertain, savings, cost, budgets)
        bound = None
    else:
        solver, _, rows = way.partition(" ")
        asked = uncertain if rows == "aggregated" else replace(uncertain, parts=None)
        found = best_plan(solver, asked, RULE, LIMIT_S, GAP)
        assert found.chosen is not None
        chosen, bound = list(found.chosen), found.bound
    seconds = time.perf_counter() - began
    after = sum(resource.getrusage(who).ru_maxrss for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))
    worth, cpu = float(uncertain.worth(RULE, np.array([chosen], dtype=float))[0]), processor_seconds() - spent
    sys.stdout.write(
        json.dumps(
            {"seconds": seconds, "cpu": cpu, "above_mb": (after - before) / 1024, "peak_mb": after / 1024, "worth": worth, "bound": bound}
        )
    )


def main(rounds: int) -> int:
    """Every way, turn and turn about; 1 where two plans are further apart than the gap allows."""
    ways = ["highs aggregated", "highs rows", "cbc aggregated", "cbc rows", "by hand"]
    found: dict[str, list[dict[str, float]]] = {way: [] for way in ways}
    for _ in range(rounds):
        for way in ways:
            done = subprocess.run(
                [sys.executable, "-m", "tests.benchmarks.uncertain_plans", "--one", way],
                capture_output=True,
                text=True,
                check=True,
                cwd=ROOT,
            )
            found[way].append(json.loads(done.stdout.splitlines()[-1]))
    best = max(each["worth"] for runs in found.values() for each in runs)
    for way, runs in found.items():
        seconds, cpu = (statistics.median(each[name] for each in runs) for name in ("seconds", "cpu"))
        above, peak = (max(each[name] for each in runs) for name in ("above_mb", "peak_mb"))
        worth = min(each["worth"] for each in runs)
        sys.stdout.write(
            f"{way:<18} {seconds:6.2f} s, {cpu:6.2f} s of processor, {above:7.0f} MB above imports, {peak:5.0f} MB in all; worth {worth:,.0f}, {1 - worth / best:.5%} below the best\n"
        )
    return int(any(each["worth"] < best * (1 - 2 * GAP) for runs in found.values() for each in runs))


if __name__ == "__main__":
    if sys.argv[1:2] == ["--one"]:
        one(sys.argv[2])
        sys.exit(0)
    sys.exit(main(int(sys.argv[1]) if len(sys.argv) > 1 else 3))
