"""The efficient frontier over budgets: the best plan where every budget of every year is multiplied by each of some factors.

Each point is a choice like any other, checked by the rules; where the best plan of the largest budgets keeps smaller ones too, it is their
best plan and no solver is asked. Beside them, two factors are worked out exactly: the least at which any plan
can be paid for, and the least at which the plan that no budget limits can, beyond which more money changes nothing.
"""

from __future__ import annotations

import math
import time
from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from capmodel.algebra.evaluate import Values
from capmodel.algebra.rows import Floats
from capmodel.algebra.table import Table
from capmodel.money import HALF_A_PENNY
from capmodel.reinvestment.budgets import multiplied, stated_gbp
from capmodel.reinvestment.choose import worked_out
from capmodel.reinvestment.frontier.results import BudgetFrontier, BudgetPoint
from capmodel.reinvestment.infeasible import SOLVER
from capmodel.reinvestment.many_choices import narrowed
from capmodel.reinvestment.model import model_of
from capmodel.reinvestment.planning import TABLES
from capmodel.reinvestment.ranking import Choice, ranked
from capmodel.reinvestment.short import Label
from capmodel.reinvestment.solve import TIME_LIMIT_S, best_choice, find_solver, with_cut
from capmodel.reinvestment.solvers import TOLERANCE, Answer, Problem, slacks_of, worth_of

#: What the stated budgets are multiplied by where nobody says otherwise.
FACTORS = (0.5, 0.75, 0.9, 1.0, 1.1, 1.25, 1.5, 2.0, 3.0)


def budget_frontier(
    known: Values,
    options: Sequence[str],
    factors: Sequence[float] = FACTORS,
    solver: str = "highs",
    time_limit_s: float = TIME_LIMIT_S,
    tables: Sequence[Table] = TABLES,
    label: Label = str,
) -> BudgetFrontier:
    """The best plan at each of some multiples of the stated budgets.

    Args:
        known: everything worked out before the options.
        options: the ids of the decisions, in order.
        factors: what the budget of every year is multiplied by, in any order.
        solver: a module of `solvers`.
        time_limit_s: for all that is asked of the solver about one budget.
        tables: the tables to appraise with.
        label: how an id is called in a message.

    Raises:
        NoPlan: a plan is not worth by the rules what it is worth to the solver.
    """
    model, ordered = model_of(known, tables), sorted(set(factors))
    views = [multiplied(known, factor) for factor in ordered]
    problems = [model.problem_of(each) for each in views]

    def ask(problem: Problem) -> Answer:
        return ranked(solver, problem, near_share=0.0, most=1, time_limit_s=time_limit_s).best

    most = ask(problems[-1])
    answers = [*narrowed(ask, most, problems[:-1])[0], most]
    points: list[BudgetPoint] = []
    for factor, view, problem, answer in zip(ordered, views, problems, answers, strict=True):
        worked = worked_out(view, tables, problem, answer.chosen, label) if answer.chosen is not None else None
        points.append(_point(view, options, factor, answer, worked, points[-1] if points else None))
    at_nothing, at_one = (model.problem_of(multiplied(known, factor)) for factor in (0.0, 1.0))
    rises = at_one.constants - at_nothing.constants
    free = replace(at_nothing, constants=at_nothing.constants[rises == 0], coefficients=at_nothing.coefficients[rises == 0])
    unlimited = best_choice(solver, free, time_limit_s)
    worth = worth_of(free, unlimited.chosen) if unlimited.chosen is not None and unlimited.proved else None
    enough = (
        None
        if worth is None
        else _least_factor(with_cut(at_nothing, HALF_A_PENNY - worth, at_nothing.values), np.append(rises, 0.0), time_limit_s)
    )
    return BudgetFrontier(
        points=tuple(points),
        unlimited_gbp=worth,
        enough_factor=enough,
        least_factor=_least_factor(at_nothing, rises, time_limit_s),
        solver=solver,
        version=find_solver(solver).version(),
        factor_solver=SOLVER,
    )


def _point(
    known: Values,
    options: Sequence[str],
    factor: float,
    answer: Answer,
    worked: tuple[Values, float] | None,
    before: BudgetPoint | None,
) -> BudgetPoint:
    budget = tuple(stated_gbp(known).tolist())
    more = None if before is None else sum(budget) - sum(before.budget_gbp)
    if answer.chosen is None or worked is None:
        return BudgetPoint(factor, budget, None, None, None, None, answer.proved, answer.status, (), (), (), more, None, None)
    values, objective = worked
    chosen = dict(zip(options, answer.chosen, strict=True))
    bound = objective if answer.proved else max(answer.bound, objective)
    gained = objective - before.objective_gbp if before is not None and before.objective_gbp is not None else None
    was = before.chosen if before is not None and before.chosen is not None else None
    return BudgetPoint(
        factor=factor,
        budget_gbp=budget,
        chosen=chosen,
        objective_gbp=objective,
        bound_gbp=bound,
        gap_share=(bound - objective) / max(abs(objective), 1.0),
        proved=answer.proved,
        status=answer.status,
        cost_gbp=tuple(values.figure(("plan", "plan_cost_gbp")).tolist()),
        added=tuple(option for option in options if was is not None and chosen[option] > was[option]),
        dropped=tuple(option for option in options if was is not None and chosen[option] < was[option]),
        more_budget_gbp=more,
        gained_gbp=gained,
        pound_buys_gbp=gained / more if gained is not None and more else None,
    )


def _least_factor(at_nothing: Problem, rises: Floats, time_limit_s: float) -> float | None:
    """The least multiple of the budgets at which some choice keeps every constraint; None where none does, or it is not proved.

    The multiple is an amount of the problem. What the solver finds gives the choice; the multiple it needs is worked out from that.
    """
    end = time.monotonic() + time_limit_s
    asked = replace(
        at_nothing,
        values=np.append(np.zeros(len(at_nothing.values)), -1.0),
        coefficients=np.column_stack([at_nothing.coefficients, rises]),
        looser=0.0,
        amounts=1,
    )
    answer = find_solver(SOLVER).solve(asked, max(end - time.monotonic(), 0.1))
    if answer.chosen is None or not answer.proved:
        return None
    return _factor_for(at_nothing, rises, answer.chosen)


def _factor_for(at_nothing: Problem, rises: Floats, chosen: Choice) -> float | None:
    slack = slacks_of(at_nothing, np.array([chosen]))[0]
    fixed = rises <= 0
    if (slack[fixed] < -TOLERANCE).any():
        return None
    needed = float(np.where(fixed, 0.0, -slack / np.where(fixed, 1.0, rises)).max(initial=0.0))
    # Rounded up, so that the budgets it makes are enough.
    return max(0.0, math.ceil(round(needed * 1e6, 3)) / 1e6)
