"""The efficient frontier between two perspectives: every plan that no other beats for both.

Weighted sums of two values find only plans on the outer edge; between two of these there may be others, which no weighting makes the
best. So each pair of neighbours is searched by the epsilon-constraint: the best for the first perspective of the plans that are better
for the second, one after the other. Up to twelve options every choice is tried. Values are compared to the penny. Sources: Aneja and
Nair, Bicriteria transportation problem (1979); Haimes, Lasdon and Wismer (1971); Mavrotas (2009).
"""

from __future__ import annotations

import itertools
import time
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from capmodel.algebra.evaluate import Values
from capmodel.algebra.rows import Floats, Node
from capmodel.algebra.table import Table
from capmodel.money import HALF_A_PENNY
from capmodel.reinvestment.choose import worked_out
from capmodel.reinvestment.frontier.results import PerspectiveFrontier, PerspectivePoint
from capmodel.reinvestment.model import model_of
from capmodel.reinvestment.option_tests.alone import with_given
from capmodel.reinvestment.options.perspective import OUTCOMES, counts
from capmodel.reinvestment.planning import TABLES
from capmodel.reinvestment.ranking import FEW, Choice, first_in_order, order_of
from capmodel.reinvestment.short import Label
from capmodel.reinvestment.solve import TIME_LIMIT_S, best_choice, find_solver, with_cut
from capmodel.reinvestment.solvers import Answer, Problem, aligned, enumerate, worth_of, worths_of

WEIGHTS: Node = ("perspective", "perspective_index")
OF_OUTCOMES: Node = ("measure", "outcome_index")
#: So many plans are listed where there are more than a few options.
MOST = 40
PENNY = 0.01


@dataclass(frozen=True)
class Plain:
    """A plan of the frontier before it is described: its worth to both, to the penny."""

    chosen: Choice
    first: float
    second: float
    status: str = "Optimal"


def perspective_frontier(
    known: Values,
    options: Sequence[str],
    between: tuple[str, str],
    present: Sequence[int] | None = None,
    solver: str = "highs",
    most: int = MOST,
    time_limit_s: float = TIME_LIMIT_S,
    tables: Sequence[Table] = TABLES,
    label: Label = str,
) -> PerspectiveFrontier:
    """Every plan that no other beats for both of two perspectives.

    Args:
        known: everything worked out before the options.
        options: the ids of the decisions, in order.
        between: two views: `system`, `commissioner`, `outcomes` and the ids of parties.
        present: the place's own best plan.
        solver: a module of `solvers`.
        most: so many plans at the most, where there are more than a few options.
        time_limit_s: for all that is asked of the solver.
        tables: the tables to appraise with.
        label: how an id is called in a message.

    Raises:
        NoPlan: a plan is not worth by the rules what it is worth to the solver.
    """
    seen = [in_perspective(known, name) for name in between]
    model = model_of(seen[0], tables)
    problem, other = aligned([model.problem, model.problem_of(seen[1])])
    first, second = problem.values, other.values
    found, complete = non_dominated(solver, problem, first, second, most, time_limit_s)
    weights = supported_weights([(each.first, each.second) for each in found])
    own = None if present is None else (_to_penny(problem, first, present), _to_penny(problem, second, present))
    points = []
    for each, weight in zip(found, weights, strict=True):
        worth = [
            worked_out(view, tables, replace(problem, values=values), each.chosen, label)[1]
            for view, values in zip(seen, (first, second), strict=True)
        ]
        points.append(
            PerspectivePoint(
                chosen=dict(zip(options, each.chosen, strict=True)),
                first_gbp=worth[0],
                second_gbp=worth[1],
                bound_gbp=worth[0],
                gap_share=0.0,
                supported=weight is not None,
                weight_share=weight,
                proved=True,
                present=own == (each.first, each.second),
                status=each.status,
            )
        )
    return PerspectiveFrontier(*between, tuple(points), complete, solver, find_solver(solver).version())


def in_perspective(known: Values, name: str) -> Values:
    """What is known before the options, counting what one view counts: the pounds of some parties, or what options do for people."""
    parties, measures = known.inputs.rows[WEIGHTS[0]], known.inputs.rows[OF_OUTCOMES[0]].lines
    weights = [float(counts(name, *each)) for each in zip(parties.columns["party"], parties.columns["role"], strict=True)]
    return with_given(known, {WEIGHTS: np.array(weights), OF_OUTCOMES: np.full(measures, float(name == OUTCOMES))})


def non_dominated(
    name: str, problem: Problem, first: Floats, second: Floats, most: int = MOST, time_limit_s: float = TIME_LIMIT_S, few: int = FEW
) -> tuple[list[Plain], bool]:
    """The plans that no other beats in both of two values, from the best in the first to the best in the second; and whether there are no more.

    Of plans that are worth the same in both, the first in order is listed.

    Args:
        name: a module of `solvers`.
        problem: the constraints.
        first: what each decision is worth by the first value.
        second: what it is worth by the second.
        most: so many at the most, where not every choice is tried.
        time_limit_s: for all that is asked of the solver.
        few: up to so many options every choice is tried.

    >>> plans, complete = non_dominated("enumerate", Problem(np.zeros(2), np.array([1.0]), -np.ones((1, 2))), np.array([3.0, 1.0]), np.array([1.0, 2.0]))
    >>> [(plan.first, plan.second) for plan in plans], complete
    ([(3.0, 1.0), (1.0, 2.0)], True)
    """
    if enumerate.choices_of(problem) <= (enumerate.MOST if name == "enumerate" else 1 << few):
        return _every_choice(problem, first, second), True
    search = _Search(name, problem, first, second, time.monotonic() + time_limit_s)
    ends = (search.best(1.0, 0.0), search.best(0.0, 1.0))
    if ends[0] is None or ends[1] is None:
        return [each for each in ends[:1] if each is not None], search.proved and ends[0] is None
    found = {(each.first, each.second): each for each in ends if each is not None}
    search.by_weights(ends[0], ends[1], found, most)
    complete = search.between(found, most)
    return sorted(found.values(), key=lambda each: -each.first), complete and search.proved


class _Search:
    """Asks a solver for plans of the frontier; `proved` turns false at the first answer that is not."""

    def __init__(self, name: str, problem: Problem, first: Floats, second: Floats, end: float) -> None:
        self.name, self.problem, self.first, self.second, self.end = name, problem, first, second, end
        self.proved = True

    def _ask(self, asked: Problem) -> Answer:
        answer = best_choice(self.name, asked, self.end - time.monotonic())
        self.proved &= answer.proved
        return answer

    def best(self, weight: float, other: float, floor: float | None = None) -> Plain | None:
        """The best plan by weights of the two values, then by the second, or the first where only the second counts; in the second it is worth a floor."""
        asked = self.problem if floor is None else with_cut(self.problem, HALF_A_PENNY - floor, self.second)
        values = weight * self.first + other * self.second
        answer = self._ask(replace(asked, values=values))
        if answer.chosen is None or not answer.proved:
            return None
        if not weight or not other:
            worth = _to_penny(self.problem, values, answer.chosen)
            asked = with_cut(asked, HALF_A_PENNY - worth, values)
            answer = self._ask(replace(asked, values=self.second if weight else self.first))
            if answer.chosen is None or not answer.proved:
                return None
        return self._settled(answer)

    def _settled(self, answer: Answer) -> Plain | None:
        """Of the plans worth the same in both, the first in order."""
        assert answer.chosen is not None
        worth = self._worth(answer.chosen)
        equal = with_cut(self.problem, HALF_A_PENNY - worth[0], self.first)
        equal = with_cut(equal, HALF_A_PENNY - worth[1], self.second)
        chosen = first_in_order(equal, self._ask)
        if chosen is None or self._worth(chosen) != worth:
            chosen = answer.chosen
        return Plain(chosen, worth[0], worth[1], answer.status)

    def _worth(self, chosen: Choice) -> list[float]:
        return [_to_penny(self.problem, values, chosen) for values in (self.first, self.second)]

    def by_weights(self, upper: Plain, lower: Plain, found: dict[tuple[float, float], Plain], most: int) -> None:
        """The plans between two that some weighting makes the best."""
        gain, loss = lower.second - upper.second, upper.first - lower.first
        if len(found) >= most or min(gain, loss) < PENNY:
            return
        each = self.best(gain, loss)
        if each is None or (each.first, each.second) in found:
            return
        line = gain * upper.first + loss * upper.second
        if gain * each.first + loss * each.second <= line + HALF_A_PENNY * (gain + loss):
            return
        found[each.first, each.second] = each
        self.by_weights(upper, each, found, most)
        self.by_weights(each, lower, found, most)

    def between(self, found: dict[tuple[float, float], Plain], most: int) -> bool:
        """The plans between neighbours, where the gap is widest first; true where there are no more."""
        ordered = sorted(found.values(), key=lambda each: -each.first)
        gaps = list(itertools.pairwise(ordered))
        while gaps:
            gaps.sort(key=lambda gap: (gap[0].first - gap[1].first) * (gap[1].second - gap[0].second))
            upper, lower = gaps.pop()
            each = self.best(1.0, 0.0, upper.second + PENNY)
            if each is None:
                return False
            if each.second >= lower.second:
                continue
            if len(found) >= most:
                return False
            found[each.first, each.second] = each
            gaps.append((each, lower))
        return True


def _to_penny(problem: Problem, values: Floats, chosen: Sequence[int]) -> float:
    return round(worth_of(replace(problem, values=values), chosen), 2) + 0.0


def _every_choice(problem: Problem, first: Floats, second: Floats) -> list[Plain]:
    """The plans of the frontier among all choices."""
    found: dict[tuple[float, float], Choice] = {}
    choices = enumerate.every_choice(problem)
    worths = (
        [np.round(worths_of(replace(problem, values=values), np.array(choices)), 2) + 0.0 for values in (first, second)] if choices else []
    )
    for chosen, *both in zip(choices, *(each.tolist() for each in worths), strict=True):
        worth = (both[0], both[1])
        if worth not in found or order_of(0.0, chosen) < order_of(0.0, found[worth]):
            found[worth] = chosen
    plans: list[Plain] = []
    for worth in sorted(found, key=lambda each: (-each[0], -each[1])):
        if not plans or worth[1] > plans[-1].second:
            plans.append(Plain(found[worth], *worth))
    return plans


def supported_weights(points: Sequence[tuple[float, float]]) -> list[float | None]:
    """For each point, from the best in the first value to the best in the second, the least weight of the first at which it is the best.

    None where no weighting makes it the best: it lies within the edge that its neighbours make.

    >>> supported_weights([(10.0, 0.0), (4.0, 4.0), (0.0, 10.0)])
    [0.5, None, 0.0]
    """
    edge: list[int] = []
    for i in range(len(points)):
        x, y = points[i]
        while len(edge) >= 2:
            (ax, ay), (bx, by) = points[edge[-2]], points[edge[-1]]
            # The middle one lies inside the line from the one before it to this one.
            if (by - ay) * (ax - x) < (y - ay) * (ax - bx):
                edge.pop()
            else:
                break
        edge.append(i)
    found: list[float | None] = [None] * len(points)
    if edge:
        found[edge[-1]] = 0.0
    for here, after in itertools.pairwise(edge):
        gain, loss = points[after][1] - points[here][1], points[here][0] - points[after][0]
        found[here] = gain / (gain + loss)
    return found
