"""Ranks choices: the best, every other that is worth as much or nearly as much, and the best of the rest.

A solver hands back one best choice, and which of several of equal value is an accident of how it searches. So it is asked again with what
it found ruled out, until what it finds is worth less than the stated share of the best; a few options are tried in every choice
instead. A solver may also call a choice the best that is not: where a later one is worth more, it takes the place of the first.

The order depends on no solver: by value to the penny, then fewer options, then those that `options.yaml` names first.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np

from capmodel.money import HALF_A_PENNY
from capmodel.reinvestment.solve import TIME_LIMIT_S, best_choice, ruling_out, with_cut
from capmodel.reinvestment.solvers import Answer, Problem, enumerate, worth_of, worths_of

Choice = tuple[int, ...]
#: Choices worth within this share of the best are listed.
NEAR_SHARE = 0.01
#: Up to so many options of one start each, or as many choices, every choice is tried, and all that are near the best are listed, however many.
FEW = 12
#: Of more options, so many choices are listed beside the best.
MOST = 20
#: Options whose order is settled at once: their powers of two lie well within what a solver tells apart.
_AT_ONCE = 12


@dataclass(frozen=True)
class Ranking:
    """The answer of a solver, the other choices near it in order, and the best choice that is not near.

    `complete` says that no other choice is as near to the best; it is false where a limit of time or number was reached.
    """

    best: Answer
    others: tuple[Choice, ...]
    beyond: Choice | None
    complete: bool

    @property
    def next_best(self) -> Choice | None:
        """The best choice but the first, near it or not."""
        return self.others[0] if self.others else self.beyond


def ranked(
    name: str, problem: Problem, near_share: float = NEAR_SHARE, most: int = MOST, time_limit_s: float = TIME_LIMIT_S, few: int = FEW
) -> Ranking:
    """The best choice that keeps every constraint, by the solver of that name, and the others that are nearly as good.

    Args:
        name: a module of `solvers`.
        problem: the problem as it is, in pounds.
        near_share: how much less than the best a choice may be worth, as a share of it.
        most: so many are listed beside the best, where there are more than `few` options.
        time_limit_s: for all that is asked of the solver together.
        few: up to so many options of one start each, or as many choices, every choice is tried.

    Raises:
        CapmodelError: there is no such solver.
        NoPlan: it is not installed.

    >>> found = ranked("enumerate", Problem(np.array([3.0, 3.0, 2.0]), np.array([1.0]), np.array([[-1.0, -1.0, -1.0]])))
    >>> found.best.chosen, found.others, found.beyond, found.complete
    ((1, 0, 0), ((0, 1, 0),), (0, 0, 1), True)
    """
    end = time.monotonic() + time_limit_s
    answer = best_choice(name, problem, time_limit_s)
    if answer.chosen is None:
        return Ranking(answer, (), None, answer.proved)
    if enumerate.choices_of(problem) <= 1 << few:
        found, complete = enumerate.every_choice(problem), True
    else:
        found, complete = _one_by_one(name, problem, answer.chosen, near_share, most, end)
    worths = dict(zip(found, worths_of(problem, np.array(found)).tolist(), strict=True))
    best, *rest = sorted(found, key=lambda each: order_of(worths[each], each))
    worth = worths[best]
    least = worth - near_share * abs(worth) - HALF_A_PENNY
    near = tuple(each for each in rest if worths[each] >= least)
    bound = worth if answer.proved else max(answer.bound, worth)
    return Ranking(replace(answer, chosen=best, bound=bound), near, next(iter(rest[len(near) :]), None), complete and answer.proved)


def order_of(worth: float, chosen: Choice) -> tuple[float, int, Choice]:
    """The rule by which choices stand in order, the best first: worth to the penny, then fewer options, then those named first.

    >>> order_of(10.0, (0, 1, 0)) < order_of(10.0, (0, 0, 1)) < order_of(10.0, (1, 1, 0)) < order_of(9.99, (0, 0, 0))
    True
    """
    return -round(worth, 2), sum(chosen), tuple(-taken for taken in chosen)


def _one_by_one(name: str, problem: Problem, best: Choice, near_share: float, most: int, end: float) -> tuple[list[Choice], bool]:
    """The best, those near it and the first that is not, each asked for with the others ruled out; and whether all near it are there."""
    found, left = [best], problem
    while True:
        left = with_cut(left, *ruling_out(np.array(found[-1], dtype=float)))
        rival = best_choice(name, left, end - time.monotonic())
        if rival.chosen is None or not rival.proved:
            return [*found, *([rival.chosen] if rival.chosen else [])], rival.chosen is None and rival.proved
        found.append(rival.chosen)
        worth = max(worth_of(problem, each) for each in found)
        if worth_of(problem, rival.chosen) < worth - near_share * abs(worth) - HALF_A_PENNY:
            return found, True
        if len(found) > most + 1:
            return _first_of_many(name, problem, found, most, end), False


def _first_of_many(name: str, problem: Problem, found: list[Choice], most: int, end: float) -> list[Choice]:
    """The best and so many more; of those worth as much as the last of them, the first in order and not what the solver came upon."""
    found = sorted(found, key=lambda each: order_of(worth_of(problem, each), each))
    last = round(worth_of(problem, found[most]), 2)
    kept = [each for each in found if round(worth_of(problem, each), 2) > last]
    while len(kept) <= most:
        first = _first_of_equals(name, problem, last, kept, end)
        if first is None:
            return found[: most + 1]
        kept.append(first)
    return kept


def _first_of_equals(name: str, problem: Problem, worth: float, ruled_out: list[Choice], end: float) -> Choice | None:
    """Of the choices worth so much to the penny, the one with fewest options, and of those the one with the earliest; none without proof."""
    equal = with_cut(problem, HALF_A_PENNY - worth, problem.values)
    for each in ruled_out:
        equal = with_cut(equal, *ruling_out(np.array(each, dtype=float)))
    found = first_in_order(equal, lambda asked: best_choice(name, asked, end - time.monotonic()))
    return found if found is not None and round(worth_of(problem, found), 2) == worth else None


def first_in_order(equal: Problem, ask: Callable[[Problem], Answer]) -> Choice | None:
    """Of the choices of a problem, whose values do not count, the one with fewest options, and of those the earliest; none without proof.

    Args:
        equal: the constraints that say which choices are equal.
        ask: a solver.

    >>> from capmodel.reinvestment.solvers.enumerate import solve
    >>> one_at_least = Problem(np.zeros(3), np.array([-1.0]), np.array([[0.0, 1.0, 1.0]]))
    >>> first_in_order(one_at_least, lambda asked: solve(asked, 60.0))
    (0, 1, 0)
    """
    count, width = equal.decisions, len(equal.values)
    fewest = np.append(-np.ones(count), np.zeros(width - count))
    answer = ask(replace(equal, values=fewest))
    if answer.chosen is not None:
        equal = with_cut(equal, float(sum(answer.chosen)), -np.ones(count))
    for start in range(0, count, _AT_ONCE):
        if answer.chosen is None or not answer.proved:
            return None
        block = np.arange(count)[start : start + _AT_ONCE]
        weights = np.zeros(width)
        weights[block] = 2.0 ** np.arange(len(block))[::-1]
        answer = ask(replace(equal, values=weights))
        if answer.chosen is not None:
            taken = np.zeros(count)
            taken[block] = 2.0 * np.array(answer.chosen, dtype=float)[block] - 1.0
            equal = with_cut(equal, -float((taken > 0).sum()), taken)
    return answer.chosen if answer.proved else None
