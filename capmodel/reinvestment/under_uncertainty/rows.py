"""Writes mean, expected shortfall, their blend and budgeted robustness as linear rows, for a solver that knows amounts.

Expected shortfall is the largest eta less the mean of what cases fall short of it, over the part that is counted: `eta -
sum(w z) / (1 - level)` with `z >= eta - value` and `z >= 0` (Rockafellar and Uryasev 2000). Where cases differ by category and
year only, each category and year has one amount, and the row of a case names those and not every option. Budgeted robustness takes
the largest so many losses off a value by the dual of their sum (Bertsimas and Sim 2004).
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from capmodel.algebra.rows import Floats
from capmodel.reinvestment.solvers import Problem


@dataclass(frozen=True)
class Framed:
    """A problem as a solver is asked it, and what must be added to its value."""

    problem: Problem
    added: float = 0.0


@dataclass(frozen=True)
class Parts:
    """Values of cases by category and year: `factors @ amounts` are the values, and `amounts` has one row a category and year.

    Attributes:
        factors: what a pound of each category and year is worth in each case, a row a case.
        amounts: pounds of each category and year by option, a row a category and year.
    """

    factors: Floats
    amounts: Floats


def with_tail(base: Problem, values: Floats, weights: Floats, level: float, blend_weight: float, parts: Parts | None = None) -> Framed:
    """The problem of the best blend of mean and expected shortfall.

    Args:
        base: decisions and constraints; its values are not used.
        values: what each decision is worth, a row a case.
        weights: of the cases; they add up to 1.
        level: of expected shortfall.
        blend_weight: the weight of expected shortfall.
        parts: the same values by category and year.
    """
    mean = weights @ values
    if not blend_weight or not level:
        return Framed(replace(base, values=mean))
    counted = weights > 0
    top = float(np.maximum(values[counted], 0).sum(axis=1).max())  # expected shortfall lies so much below it, or more
    unit = max(1.0, float(np.abs(values).max()))
    cases, tail = int(counted.sum()), 1 - level
    worst_only = tail <= float(weights[counted].min())
    shortfalls = 0 if worst_only else cases
    below = np.hstack([np.full((cases, 1), unit), np.zeros((cases, shortfalls)) if worst_only else unit * np.eye(cases)])
    constants = np.full(cases, -top)
    count = len(mean)
    if parts is None:
        linking = np.zeros((0, count))
        linked, cells = np.zeros(0), np.zeros((0, 0))
        rows = np.hstack([values[counted], below])
    else:
        linked, linking, cells, shift = _linked(parts)
        constants = constants + (parts.factors @ shift)[counted]
        scaled = parts.factors[counted] * np.abs(cells).max(axis=0, initial=0.0)
        rows = np.hstack([np.zeros((cases, count)), scaled, below])
    width = count + cells.shape[1] + 1 + shortfalls
    costs = np.concatenate([[-unit], -unit * weights[counted] / tail if shortfalls else []])
    made = np.zeros((len(base.constants) + len(linked) + cases, width))
    made[: len(base.constants), :count] = base.coefficients
    made[len(base.constants) : len(base.constants) + len(linked), : count + cells.shape[1]] = np.hstack([linking, cells])
    made[len(base.constants) + len(linked) :] = rows
    problem = replace(
        base,
        values=np.concatenate([mean * (1 - blend_weight), np.zeros(cells.shape[1]), blend_weight * costs]),
        constants=np.concatenate([base.constants, linked, constants]),
        coefficients=made,
        amounts=width - count,
    )
    return Framed(problem, blend_weight * top)


def _linked(parts: Parts) -> tuple[Floats, Floats, Floats, Floats]:
    """The rows that tie one amount a category and year to the options: constants, terms of options and of amounts; and what each amount starts from.

    An amount that is worth something in every case need not be held from below, and one that costs in every case not from above.
    """
    low = np.minimum(parts.amounts, 0).sum(axis=1)
    size = np.maximum(np.maximum(parts.amounts, 0).sum(axis=1) - low, 1e-9)
    up, down = ((parts.factors * sign > 0).any(axis=0) for sign in (1, -1))
    sign = np.concatenate([np.ones(up.sum()), -np.ones(down.sum())])
    at = np.concatenate([np.flatnonzero(up), np.flatnonzero(down)])
    cells = np.zeros((len(at), len(low)))
    cells[np.arange(len(at)), at] = -sign * size[at]
    return -sign * low[at], sign[:, None] * parts.amounts[at], cells, low


def with_failures(base: Problem, value_losses: Floats, slack_losses: Floats, failures: int) -> Framed:
    """The problem of the best value when the effects that hurt most fail, so many at once, every constraint being kept then too.

    Args:
        base: decisions, values and constraints.
        value_losses: what is lost of each decision's value when an effect fails, a row an effect.
        slack_losses: likewise of each constraint: constraints, effects, decisions. Each constraint fears its own worst effects.
        failures: how many effects may fail at once.
    """
    count, (effects, decisions) = len(base.values), value_losses.shape
    moved = [i for i in range(len(base.constants)) if (slack_losses[i] > 0).any()] if failures else []
    feared = [value_losses, *(slack_losses[i] for i in moved)] if failures else []
    width = count + len(feared) * (1 + effects)
    values, extra = np.append(base.values, np.zeros(width - count)), np.zeros((len(base.constants), width - count))
    rows = np.zeros((len(feared) * effects, width))
    for k, losses in enumerate(feared):
        unit = max(1.0, float(losses.max()))
        first = k * (1 + effects)
        price = -unit * np.array([failures, *[1.0] * effects])
        if k:
            extra[moved[k - 1], first : first + 1 + effects] = price
        else:
            values[count : count + 1 + effects] = price
        at = slice(k * effects, (k + 1) * effects)
        rows[at, :decisions] = -np.maximum(losses, 0)
        rows[at, count + first] = unit
        rows[at, count + first + 1 : count + first + 1 + effects] = unit * np.eye(effects)
    problem = replace(
        base,
        values=values,
        constants=np.append(base.constants, np.zeros(len(rows))),
        coefficients=np.vstack([np.hstack([base.coefficients, extra]), rows]),
        amounts=width - count,
    )
    return Framed(problem)
