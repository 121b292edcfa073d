"""Chooses a plan by one rule over weighted cases: exactly, with its bound, and of plans of equal worth always the same one.

Up to twelve options every choice is tried. With more, a solver is asked for the linear rows of `rows`; its answer is tried on the
constraints as they are, in pounds, and what it is worth is worked out from the choice, never taken from the solver. What the plans are
worth by the rules of the appraisal is worked out in `side_by_side`.
"""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from types import ModuleType

import numpy as np

from capmodel.algebra.rows import Floats
from capmodel.money import HALF_A_PENNY
from capmodel.reinvestment.ranking import FEW, Choice, first_in_order, order_of
from capmodel.reinvestment.solve import LATE, SECOND_OPINION, TIME_LIMIT_S, cut_of, find_solver, ruling_out, with_cut
from capmodel.reinvestment.solvers import TOLERANCE, Answer, Problem, enumerate, keeps, slacks_of, with_products, worths_of
from capmodel.reinvestment.under_uncertainty import measures
from capmodel.reinvestment.under_uncertainty.results import BLEND, BUDGETED, MEAN, SAFE
from capmodel.reinvestment.under_uncertainty.rows import Framed, Parts, with_failures, with_tail


@dataclass(frozen=True)
class Losses:
    """What is lost when single effects fail, in the scenario that is optimised.

    Attributes:
        effects: the effects that may fail.
        value: what each decision by itself is worth less, a row an effect; zero where it does not have the effect. Beside other options
            on the same budget it loses no more.
        slack: what each constraint has less: constraints, effects, decisions.
    """

    effects: tuple[str, ...]
    value: Floats
    slack: Floats


@dataclass(frozen=True)
class Rule:
    """How a plan is chosen: by which rule, at which level, with which weight of expected shortfall, and how many effects may fail."""

    name: str
    level: float = 0.95
    blend_weight: float = 0.5
    failures: int = 1


@dataclass(frozen=True)
class Uncertain:
    """What plans are chosen from.

    Attributes:
        base: the decisions and their products in all cases, and the constraints of every case in which a plan must be feasible; its values
            are not used.
        values: what each decision and product is worth, a row a case.
        weights: of the cases; they add up to 1.
        nominal: the problem of the scenario that is optimised, in which effects fail.
        losses: what is lost when they do; none where no effect can fail.
        parts: the values of the cases by category and year, where they differ by these only.
    """

    base: Problem
    values: Floats
    weights: Floats
    nominal: Problem
    losses: Losses | None = None
    parts: Parts | None = None

    def worth(self, rule: Rule, choices: Floats) -> Floats:
        """What choices, a row each, are worth by a rule."""
        if rule.name == BUDGETED:
            value = worths_of(self.nominal, choices)
            if self.losses is None:
                return value
            return measures.protected(value, choices @ self.losses.value.T, rule.failures)
        values = with_products(self.base, choices) @ self.values.T
        mean = measures.mean(values, self.weights)
        if rule.name == MEAN:
            return mean
        shortfall = measures.expected_shortfall(values, self.weights, rule.level)
        return shortfall if rule.name == SAFE else measures.blend(mean, shortfall, rule.blend_weight)

    def withstands(self, rule: Rule, choices: Floats) -> Floats:
        """Of several choices, those that keep the constraints of the scenario when as many effects fail as may."""
        if rule.name != BUDGETED:
            return np.ones(len(choices), dtype=bool)
        slack = slacks_of(self.nominal, choices)
        if self.losses is not None:
            slack = measures.protected(slack, np.einsum("ced,kd->kce", self.losses.slack, choices), rule.failures)
        return np.asarray((slack >= -TOLERANCE).all(axis=1))

    def framed(self, rule: Rule, looser: float) -> Framed:
        """The problem of a rule as a solver is asked it: constraints are read looser by so much of their largest term, and no row is beside."""
        base = _loosened(self.base, looser)
        if rule.name != BUDGETED:
            weight = {MEAN: 0.0, SAFE: 1.0, BLEND: rule.blend_weight}[rule.name]
            return with_tail(base, self.values, self.weights, rule.level, weight, self.parts)
        nominal = _loosened(self.nominal, looser)
        both = replace(
            base,
            values=nominal.values,
            constants=np.append(base.constants, nominal.constants),
            coefficients=np.vstack([base.coefficients, nominal.coefficients]),
        )
        if self.losses is None or not len(self.losses.effects):
            return Framed(both)
        slack = np.concatenate([np.zeros((len(base.constants), *self.losses.value.shape)), self.losses.slack])
        return with_failures(both, self.losses.value, slack, min(rule.failures, len(self.losses.effects)))


def _loosened(problem: Problem, looser: float) -> Problem:
    return replace(problem, constants=problem.constants + looser * np.abs(problem.coefficients).max(axis=1, initial=0.0), looser=0.0)


def best_plan(
    name: str, uncertain: Uncertain, rule: Rule, time_limit_s: float = TIME_LIMIT_S, gap_share: float = 0.0, few: int = FEW
) -> Answer:
    """The best choice by a rule; its bound is the best worth that was proved possible.

    Args:
        name: a module of `solvers`.
        uncertain: what is chosen from.
        rule: the rule.
        time_limit_s: for all that is asked of the solver.
        gap_share: stop within so much of the best; the answer is not proved then.
        few: up to so many options every choice is tried.

    Raises:
        CapmodelError: there is no such solver.
        NoPlan: it is not installed.
    """
    solver = find_solver(name)
    end = time.monotonic() + time_limit_s
    count = enumerate.choices_of(uncertain.base)
    decided = ~uncertain.base.coefficients.any(axis=1)
    if (uncertain.base.constants[decided] < -TOLERANCE).any():
        return Answer(None, -math.inf, True, "Infeasible")
    if count <= 1 << few or name == "enumerate":
        if count > enumerate.MOST:
            return enumerate.solve(uncertain.base, time_limit_s)
        return _every_choice(uncertain, rule, end)
    framed = uncertain.framed(rule, uncertain.base.looser)
    problem = replace(framed.problem, gap_share=_gap(uncertain, rule, framed, solver, end, gap_share))

    def ask(asked: Problem) -> Answer:
        return _asked(solver, uncertain, rule, asked, end)

    answer = ask(problem)
    if answer.chosen is None and answer.proved:
        framed = uncertain.framed(rule, SECOND_OPINION)
        problem = framed.problem
        answer = ask(problem)
    if answer.chosen is None:
        return answer
    if not gap_share and answer.proved:
        answer = replace(answer, chosen=_settled(uncertain, rule, framed, problem, answer.chosen, ask))
    assert answer.chosen is not None
    worth = _worth(uncertain, rule, answer.chosen)
    # As everywhere, the solver's own arithmetic is good to a penny or so.
    return replace(answer, bound=worth if answer.proved else max(answer.bound + framed.added, worth))


def _worth(uncertain: Uncertain, rule: Rule, chosen: Choice) -> float:
    return float(uncertain.worth(rule, np.array([chosen], dtype=float))[0])


def _gap(uncertain: Uncertain, rule: Rule, framed: Framed, solver: ModuleType, end: float, gap_share: float) -> float:
    """The gap for a problem whose value lacks what must be added to it: that of the best plan in the mean, which is no better, says how much."""
    if not gap_share or not framed.added:
        return gap_share
    mean = _asked(
        solver, uncertain, Rule(MEAN), replace(uncertain.framed(Rule(MEAN), uncertain.base.looser).problem, gap_share=gap_share), end
    )
    if mean.chosen is None:
        return gap_share
    worth = _worth(uncertain, rule, mean.chosen)
    return gap_share * abs(worth) / max(abs(worth - framed.added), 1.0)


def _asked(solver: ModuleType, uncertain: Uncertain, rule: Rule, asked: Problem, end: float) -> Answer:
    """The first answer that keeps all constraints as they are; those before it are ruled out."""
    while (left := end - time.monotonic()) > 0:
        answer: Answer = solver.solve(asked, left)
        if answer.chosen is None:
            return answer
        chosen = np.array([answer.chosen], dtype=float)
        if not keeps(uncertain.base, chosen)[0]:
            asked = with_cut(asked, *cut_of(uncertain.base, chosen[0]))
        elif not uncertain.withstands(rule, chosen)[0]:
            asked = with_cut(asked, *ruling_out(chosen[0]))
        else:
            return answer
    return Answer(None, math.inf, False, LATE)


def _settled(
    uncertain: Uncertain, rule: Rule, framed: Framed, problem: Problem, chosen: Choice, ask: Callable[[Problem], Answer]
) -> Choice:
    """Of the choices that are worth as much to the penny, the first in order; a better one that a solver finds second takes the first's place."""
    rival = ask(with_cut(problem, *ruling_out(np.array(chosen, dtype=float)))).chosen
    if rival is None:
        return chosen
    best, worth = min((order_of(_worth(uncertain, rule, each), each), each) for each in (chosen, rival))[1], _worth(uncertain, rule, chosen)
    if _worth(uncertain, rule, rival) < worth - HALF_A_PENNY:
        return chosen
    worth = _worth(uncertain, rule, best)
    first = first_in_order(with_cut(problem, framed.added + HALF_A_PENNY - worth, problem.values), ask)
    return min((order_of(_worth(uncertain, rule, each), each), each) for each in (best, first or best))[1]


def _every_choice(uncertain: Uncertain, rule: Rule, end: float) -> Answer:
    """The first in order of all choices that keep every constraint."""
    best: tuple[tuple[float, int, Choice], Choice] | None = None
    for choices, value in enumerate.blocks(replace(uncertain.base, values=np.zeros(uncertain.values.shape[1]))):
        kept = choices[np.isfinite(value)]
        kept = kept[uncertain.withstands(rule, kept)]
        worth = uncertain.worth(rule, kept)
        for i in np.flatnonzero(np.round(worth, 2) >= np.round(worth, 2).max(initial=-math.inf)):
            each = tuple(int(taken) for taken in kept[i])
            order = order_of(float(worth[i]), each)
            best = (order, each) if best is None else min(best, (order, each))
        if time.monotonic() > end:
            return Answer(best[1] if best else None, math.inf, False, LATE)
    if best is None:
        return Answer(None, -math.inf, True, "Infeasible")
    return Answer(best[1], _worth(uncertain, rule, best[1]), True, "Optimal")


def joined(problems: Sequence[Problem]) -> Problem:
    """The constraints of several problems of the same decisions, each once, and none that every choice keeps.

    >>> one = Problem(np.ones(1), np.array([1.0, 9.0]), np.array([[-2.0], [-2.0]]))
    >>> len(joined([one, one]).constants)
    1
    """
    first = problems[0]
    rows = np.vstack([np.column_stack([each.constants, each.coefficients]) for each in problems])
    least = rows[:, 0] + np.minimum(rows[:, 1:], 0).sum(axis=1)
    _, places = np.unique(rows, axis=0, return_index=True)
    kept = rows[sorted(int(i) for i in places if least[i] < 0)]
    return replace(first, constants=kept[:, 0], coefficients=kept[:, 1:])
