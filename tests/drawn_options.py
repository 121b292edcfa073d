"""Random instances of the choice of options, the same for the tests and the benchmark: small whole pounds, so that many choices tie.

An option may start in one of several years or be done in part: each of these is a decision, and at most one of an option's is taken.
"""

from __future__ import annotations

import numpy as np

from capmodel.reinvestment.solvers import Problem

MOST = 12


def drawn_problem(seed: int) -> Problem:
    """Up to twelve decisions with yearly budgets, which may be carried forward, recycled savings, exclusions, needs and what must be done."""
    drawn = np.random.default_rng(seed)
    years, count = int(drawn.integers(1, 5)), int(drawn.integers(2, MOST + 1))
    costs, values, option_of = np.zeros((count, years)), np.zeros(count), np.zeros(count, dtype=int)
    for i in range(count):
        again = i > 0 and drawn.random() < 0.35
        option_of[i] = option_of[i - 1] if again else i
        if again and drawn.random() < 0.5:  # a year later
            costs[i, 1:], values[i] = costs[i - 1, :-1], values[i - 1] - int(drawn.integers(0, 4))
        elif again:  # in half
            costs[i], values[i] = costs[i - 1] / 2, values[i - 1] / 2
        else:
            costs[i], values[i] = drawn.integers(0, 20, years), drawn.integers(-5, 20)
    carried = int(drawn.random() < 0.5)
    net = costs.copy()
    net[:, 1:] -= np.maximum(values[:, None], 0) * drawn.choice([0.0, 0.25])
    carry = np.tril(np.ones((years, years))) if carried else np.eye(years)
    budgets = drawn.integers(-1 if drawn.random() < 0.2 else 0, 1 + max(1, int(costs.sum() / years)), years)
    rules, limits = [], []
    for option in np.unique(option_of):
        rules.append(-(option_of == option).astype(float))
        limits.append(1.0)
    for _ in range(int(drawn.integers(0, 3))):
        first, second = drawn.choice(count, 2, replace=False)
        needs = np.zeros(count)
        needs[first], needs[second] = -1.0, 1.0
        rules.append(needs)
        limits.append(0.0)
    for must in np.flatnonzero(drawn.random(count) < 0.1):
        rules.append(np.eye(count)[must])
        limits.append(-1.0)
    groups = tuple(map(str, option_of))
    return Problem(values, np.append(carry @ budgets, limits).astype(float), np.vstack([-carry @ net.T, *rules]), groups=groups)


def drawn_starts(seed: int, most: int = MOST, choices: int = 1 << 15) -> Problem:
    """Up to so many options, each with one to three start years and one or two scales, prerequisites by start year, and yearly budgets."""
    drawn = np.random.default_rng(seed)
    years, options = int(drawn.integers(1, 5)), int(drawn.integers(2, most + 1))
    costs: list[np.ndarray] = []
    values, groups, begins = list[float](), list[int](), list[int]()
    left = choices
    for option in range(options):
        whole, value = drawn.integers(0, 40, years).astype(float), float(drawn.integers(-10, 60))
        window, steps = (int(drawn.integers(1, each + 1)) for each in (min(3, years), 2))
        # So many choices in all, whatever options come after.
        while window * steps > 1 and left // (1 + window * steps) < 2 ** (options - option - 1):
            window, steps = (window - 1, steps) if window > 1 else (window, steps - 1)
        left //= 1 + window * steps
        for delay in range(window):
            for step in range(1, steps + 1):
                moved = np.zeros(years)
                moved[delay:] = whole[: years - delay]
                costs.append(moved * step / steps)
                values.append((value - delay * float(drawn.integers(0, 9))) * step / steps)
                groups.append(option)
                begins.append(delay)
    own, begun = np.array(groups), np.array(begins)
    carry = np.tril(np.ones((years, years))) if drawn.random() < 0.5 else np.eye(years)
    budgets = drawn.integers(0, 1 + max(1, int(np.sum(costs) / years / 3)), years)
    rules = [-(own == option).astype(float) for option in range(options)]
    limits = [1.0] * options
    for _ in range(int(drawn.integers(0, 4))):
        needing, needed = drawn.choice(options, 2, replace=False)
        for year in range(years):
            by_then = begun <= year
            rules.append(1.0 * ((own == needed) & by_then) - 1.0 * ((own == needing) & by_then))
            limits.append(0.0)
    for must in np.flatnonzero(drawn.random(options) < 0.1):
        rules.append((own == must).astype(float))
        limits.append(-1.0)
    if options > 2 and drawn.random() < 0.5:
        rules.append(-np.isin(own, drawn.choice(options, 2, replace=False)).astype(float))
        limits.append(1.0)
    constants = np.append(carry @ budgets, limits).astype(float)
    return Problem(np.array(values), constants, np.vstack([-carry @ np.array(costs).T, *rules]), groups=tuple(map(str, groups)))


def years_of(problem: Problem) -> int:
    """How many of the constraints, the first, are budgets of years."""
    return next(
        i
        for i, (row, limit) in enumerate(zip(problem.coefficients, problem.constants, strict=True))
        if limit == 1 and not set(row) - {0.0, -1.0}
    )
