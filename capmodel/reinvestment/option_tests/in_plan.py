"""What each option adds to the best plan: the best plan with it left out and with it forced in, and the regret of deciding otherwise.

To forbid an option that is not chosen, or to force one that is, changes nothing: the best plan is the answer and no solver is
asked. So each option needs one question, and each scenario a question only for the decisions that its own best plan does not share.
Questions that do not wait for one another are asked two at a time.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace

import numpy as np

from capmodel.algebra.evaluate import Values
from capmodel.algebra.rows import Node
from capmodel.reinvestment.many_choices import Answered, each_of, narrowed
from capmodel.reinvestment.model import Model
from capmodel.reinvestment.option_tests.alone import EFFECT, HALF, scaled_effects, with_given
from capmodel.reinvestment.planning import starts_by_option
from capmodel.reinvestment.ranking import ranked
from capmodel.reinvestment.solve import TIME_LIMIT_S, best_choice, with_cut
from capmodel.reinvestment.solvers import Answer, Problem, worth_of

MANDATORY: Node = ("option", "mandatory_flag")


@dataclass
class Asking:
    """A solver that is asked, how often, and how often the answer was known already.

    Each question has the time limit for itself. An answer that is not proved is counted: whatever depends on it is not proved either.
    """

    solver: str
    time_limit_s: float = TIME_LIMIT_S
    questions: int = 0
    spared: int = 0
    unproved: int = 0

    def best(self, problem: Problem) -> Answer:
        """The best plan; of plans of equal value always the same one."""
        return self.best_of_each([problem])[0]

    def best_of_each(self, problems: Sequence[Problem]) -> list[Answer]:
        """The best plan of each of some problems."""
        return self._counted(each_of(self._ranked, problems))

    def best_beside(self, answered: Answered, problem: Problem) -> Answer:
        """The best plan of a problem that may be narrower than one that was answered."""
        return self._beside(answered, problem, self.best)

    def worth(self, answered: Answered, problem: Problem) -> float | None:
        """What the best plan is worth, in pounds; None where no plan keeps every constraint."""
        return worth(problem, self._beside(answered, problem, lambda each: self._counted([self._chosen(each)])[0]))

    def _beside(self, answered: Answered, problem: Problem, ask: Callable[[Problem], Answer]) -> Answer:
        before = answered.spared
        answer = answered.best(ask, problem)
        self.spared += answered.spared - before
        return answer

    def narrowed(self, best: Answer, problems: Sequence[Problem]) -> list[Answer]:
        """The most that plans are worth in each of some problems which are narrower than one whose best plan is known."""
        answers, asked = narrowed(self._chosen, best, problems)
        self.spared += len(problems) - asked
        self._counted([answer for answer in answers if answer is not best])
        return answers

    def _ranked(self, problem: Problem) -> Answer:
        return ranked(self.solver, without_idle(problem), near_share=0, most=1, time_limit_s=self.time_limit_s).best

    def _chosen(self, problem: Problem) -> Answer:
        return best_choice(self.solver, without_idle(problem), self.time_limit_s)

    def _counted(self, answers: list[Answer]) -> list[Answer]:
        self.questions += len(answers)
        self.unproved += sum(not answer.proved for answer in answers)
        return answers


def worth(problem: Problem, answer: Answer) -> float | None:
    """What a choice is worth, in pounds; None where there is no choice."""
    return None if answer.chosen is None else worth_of(problem, answer.chosen)


def without_idle(problem: Problem) -> Problem:
    """The same problem without the constraints that every choice keeps, such as claims far below their budgets.

    >>> len(without_idle(Problem(np.ones(1), np.array([1.0, 9.0]), np.array([[-2.0], [-2.0]]))).constants)
    1
    """
    least = problem.constants + np.minimum(problem.coefficients, 0.0).sum(axis=1)
    return replace(problem, constants=problem.constants[least < 0], coefficients=problem.coefficients[least < 0])


def decided(problem: Problem, own: Sequence[int], taken: bool) -> Problem:
    """The same problem with one option forced in, in any of its own starts, or left out in all of them.

    >>> decided(Problem(np.ones(2), np.array([2.0]), -np.ones((1, 2))), [1], False).coefficients.tolist()
    [[-1.0, -1.0], [-0.0, -1.0]]
    """
    unit = np.zeros(problem.decisions)
    unit[own] = 1.0
    return with_cut(problem, -1.0, unit) if taken else with_cut(problem, 0.0, -unit)


@dataclass(frozen=True)
class InPlan:
    """What an option adds to the best plan.

    Attributes:
        with_gbp: what the best plan with the option is worth; None where no plan with it keeps every constraint.
        without_gbp: what the best plan without it is worth, a mandatory option being let off; None where there is none.
        marginal_gbp: the first less the second.
        regret_gbp: what is lost by the other decision on this option, the rest being chosen anew; below zero only where a
            mandatory option lowers the value of the plan.
        start: the start in which it is begun, in the best plan or else in the best plan with it; None where no plan can have it.
        added: starts of other options that are chosen only once the decision on this one is the other one.
        dropped: starts that are chosen now and no longer then.
        proved: the plan of the other decision is proved best, or proved not to exist.
        half_gbp: what the best plan is worth where all effects of this option are halved.
        chosen_at_half: whether the option is in that plan; None where no plan keeps every constraint.
        regret_by_scenario: what is lost in another scenario by the present decision on this option, the rest being chosen anew;
            None where no plan of the scenario can have it.
    """

    start: str | None
    with_gbp: float | None
    without_gbp: float | None
    marginal_gbp: float | None
    regret_gbp: float | None
    added: tuple[str, ...]
    dropped: tuple[str, ...]
    proved: bool
    half_gbp: float | None
    chosen_at_half: bool | None
    regret_by_scenario: Mapping[str, float | None] = field(default_factory=dict)


def in_plan(model: Model, chosen: Sequence[int], asking: Asking, scenarios: Mapping[str, Values]) -> tuple[InPlan, ...]:
    """What every option adds to the best plan.

    Args:
        model: the optimiser's model of the place.
        chosen: the best plan, 1 or 0 for each start of an option.
        asking: the solver.
        scenarios: what is known before the options in each other scenario.
    """
    known, problem = model.known, model.problem
    starts, options = known.inputs.rows["start"].columns["start"], starts_by_option(known)
    best = worth_of(problem, chosen)
    halved = scaled_effects(known, HALF)
    regrets = {name: _regrets(model.problem_of(each), list(options.values()), chosen, asking) for name, each in scenarios.items()}
    others = asking.best_of_each([decided(_let_off(model, i), own, not _takes(chosen, own)) for i, own in enumerate(options.values())])
    asking.spared += len(options)
    halves = [model.problem_of(with_given(known, {EFFECT: halved[i]})) for i in range(len(options))]
    found: list[InPlan] = []
    for own, other, half, at_half in zip(options.values(), others, halves, asking.best_of_each(halves), strict=True):
        taken = _takes(chosen, own)
        value = worth(problem, other)
        with_, without = (best, value) if taken else (value, best)
        begun = chosen if taken else other.chosen
        changed = np.array(other.chosen if other.chosen is not None else chosen) - np.array(chosen)
        changed[own] = 0
        found.append(
            InPlan(
                start=next((starts[each] for each in own if begun[each]), None) if begun is not None else None,
                with_gbp=with_,
                without_gbp=without,
                marginal_gbp=None if with_ is None or without is None else with_ - without,
                regret_gbp=None if value is None else best - value,
                added=tuple(each for each, by in zip(starts, changed, strict=True) if by > 0),
                dropped=tuple(each for each, by in zip(starts, changed, strict=True) if by < 0),
                proved=other.proved,
                half_gbp=worth(half, at_half),
                chosen_at_half=None if at_half.chosen is None else _takes(at_half.chosen, own),
                regret_by_scenario={name: each[len(found)] for name, each in regrets.items()},
            )
        )
    return tuple(found)


def _takes(chosen: Sequence[int], own: Sequence[int]) -> bool:
    """True where one of the own starts of an option is chosen."""
    return any(chosen[each] for each in own)


def _let_off(model: Model, position: int) -> Problem:
    """The problem in which one option need not be done."""
    mandatory = model.known.inputs.given[MANDATORY]
    if not mandatory[position]:
        return model.problem
    free = mandatory.copy()
    free[position] = 0.0
    return model.problem_of(with_given(model.known, {MANDATORY: free}))


def _regrets(problem: Problem, options: Sequence[Sequence[int]], chosen: Sequence[int], asking: Asking) -> list[float | None]:
    """What each present decision loses in a scenario; None for all of them where the scenario has no plan."""
    answer = asking.best(problem)
    best = worth(problem, answer)
    if answer.chosen is None or best is None:
        return [None] * len(options)
    present = [decided(problem, own, _takes(chosen, own)) for own in options]
    values = [worth(problem, each) for each in asking.narrowed(answer, present)]
    return [None if value is None else max(best - value, 0.0) for value in values]
