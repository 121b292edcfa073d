"""Switching values of each option: where one assumption ends its positive value, and where it ends or begins being chosen.

The search is `algebra.switching`. Two questions are put to it: the value of an option, which needs no solver; and what the best plan
with the option is worth above the best plan without it, chosen anew at every step. Beside the assumptions with a declared range, the
option's own effects and its own cost are moved, from nothing to twice what is stated. At which values of an assumption the choice
changes is in `crossings`: there may be several.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np

from capmodel.algebra.evaluate import Inputs, Values
from capmodel.algebra.rows import Floats, Node
from capmodel.algebra.switching import Switch, switching_values
from capmodel.console import Progress
from capmodel.money import HALF_A_PENNY
from capmodel.reinvestment.many_choices import Answered, same_but_room
from capmodel.reinvestment.model import Model, model_of
from capmodel.reinvestment.option_tests.alone import EFFECT, VALUE, with_given
from capmodel.reinvestment.option_tests.crossings import STEPS, STEPS_OF_LIMITS, Cell, Grid, grid_of
from capmodel.reinvestment.option_tests.in_plan import MANDATORY, Asking, InPlan, decided
from capmodel.reinvestment.planning import DECISION, starts_by_option
from capmodel.reinvestment.solvers import Problem

#: Multiples of an option's own stated effects and cost, and how far they are moved.
OWN_EFFECT, OWN_COST = "own_effect_index", "own_cost_index"
OWN = {OWN_EFFECT: (0.0, 2.0), OWN_COST: (0.0, 2.0)}
_MOVED: dict[str, tuple[Node, ...]] = {
    OWN_EFFECT: (EFFECT,),
    OWN_COST: (
        ("option_year", "setup_cost_gbp"),
        ("option_year", "running_cost_gbp"),
        ("monthly", "monthly_running_gbp"),
        ("capital_cost", "capital_cost_gbp"),
        ("double_running", "double_running_cost_gbp"),
        ("risk_cost", "risk_cost_gbp"),
    ),
}
_MARGIN: Node = ("option", "margin_gbp")
#: So many options are moved in one pass: enough to be quick, few enough for the memory.
_AT_ONCE = 8


@dataclass(frozen=True)
class Switching:
    """Where one assumption, moved by itself over its range, changes an answer about an option.

    Attributes:
        name: the assumption, or `own_effect_index` and `own_cost_index` for multiples of what the option states.
        decides: `value` where the option's value alone changes sign, `chosen` where it enters or leaves the best plan.
        present: the assumption now, the least and the most of its years.
        low: the lowest value tried. `high` is the highest.
        below: the nearest value below the change at which the answer was known before the search; `above` likewise.
        at_low_gbp: the answer at `below`; `at_high_gbp` at `above`. For `chosen` it is the best plan with the option less the best without.
        switches_at: where the answer is zero.
        further_number: how many changes were found beyond this one, on the same side of the present assumption.
        step: how far apart the values are at which the choice was tried; None where only the two ends of the range were. A change that
            is undone within one step is not found.
    """

    name: str
    decides: str
    present: tuple[float, float]
    low: float
    high: float
    below: float
    above: float
    at_low_gbp: float
    at_high_gbp: float
    switches_at: float
    further_number: int = 0
    step: float | None = None


@dataclass(frozen=True)
class Setting:
    """What the switching values of a place start from.

    Attributes:
        known: everything worked out before the options.
        ranges: the lowest and highest value of each assumption that has a declared range.
        before: works out everything before the options from inputs.
        upstream: the names of what is read before the options; what moves no more than the options needs no second run of the rest.
        calculate: works out everything from inputs with a choice.
    """

    known: Values
    ranges: Mapping[str, tuple[float, float]]
    before: Callable[[Inputs], Values]
    upstream: frozenset[str]
    calculate: Callable[[Inputs], Values]

    @cached_property
    def model(self) -> Model:
        """The optimiser's model with nothing moved; what is moved is read again of it."""
        return model_of(self.known)

    @property
    def starts(self) -> dict[str, list[int]]:
        """The positions of the starts of each option, in the order of the options."""
        return starts_by_option(self.known)

    @property
    def inputs(self) -> Inputs:
        """The inputs with nothing moved."""
        inputs = with_given(self.known, {DECISION: np.zeros(self.known.inputs.rows["start"].lines)}).inputs
        return replace(inputs, assumptions={**inputs.assumptions, **{name: np.ones(1) for name in OWN}})

    def moved(self, inputs: Inputs, position: int | None = None) -> Inputs:
        """Inputs with the effects and costs of one option, or of all, multiplied as the inputs say."""
        given = dict(inputs.given)
        options = list(self.starts)
        for name, nodes in _MOVED.items():
            for node in nodes:
                own = np.array([position is None or each == options[position] for each in inputs.rows[node[0]].values("option")])
                given[node] = np.where(own, inputs.assumptions[name], 1.0) * given[node]
        return replace(inputs, given=given)


def switches_of(
    setting: Setting, shown: Sequence[int], within: Sequence[InPlan], asking: Asking, progress: Progress | None = None
) -> tuple[tuple[Switching, ...], ...]:
    """Every switching value of every option: first those of its value, then those of its being chosen.

    Args:
        setting: what is moved.
        shown: of each option the position of the start whose value is asked about.
        within: what was found of each option in the best plan.
        asking: the solver.
        progress: called with how many options are done.
    """
    by_value, by_choice = _of_value(setting, shown), _of_choice(setting, within, asking, progress)
    return tuple((*first, *second) for first, second in zip(by_value, by_choice, strict=True))


def _of_value(setting: Setting, shown: Sequence[int]) -> list[list[Switching]]:
    ranges = {**setting.ranges, **OWN}
    found: list[list[Switching]] = []

    def calculate(inputs: Inputs) -> Values:
        # The value of an option depends on no other, so that the effects and costs of all may be moved together.
        return setting.calculate(setting.moved(inputs))

    for first in range(0, len(shown), _AT_ONCE):
        answers = [(VALUE, i) for i in shown[first : first + _AT_ONCE]]
        switches = switching_values(setting.inputs, calculate, answers, ranges)
        found += [_kept(setting, "value", [each for each in switches if each.answer == answer]) for answer in answers]
    return found


def _of_choice(setting: Setting, within: Sequence[InPlan], asking: Asking, progress: Progress | None) -> list[list[Switching]]:
    found: list[list[Switching]] = []
    grids = {name: _grid_of(setting, asking, name, range_) for name, range_ in setting.ranges.items()}
    starts = list(setting.starts.values())
    for i, now in enumerate(within):
        switches: list[Switching] = []
        for name, grid in grids.items():
            calculate = _margins(setting, asking, i, starts[i], name, now)
            for cell in grid.nearest([taken[i] for taken in grid.taken]):
                switch = switching_values(setting.inputs, calculate, [(_MARGIN, 0)], {name: (cell.low, cell.high)})[0]
                switches += _in_cell(setting, name, grid, cell, switch)
        for name, range_ in OWN.items():
            calculate = _margins(setting, asking, i, starts[i], name, now)
            switches += _kept(setting, "chosen", switching_values(setting.inputs, calculate, [(_MARGIN, 0)], {name: range_}))
        found.append(switches)
        if progress:
            progress("options tested", i + 1, len(within))
    return found


def _kept(setting: Setting, decides: str, switches: Sequence[Switch]) -> list[Switching]:
    """Those that change an answer; an answer that is zero at an end of the range does not change its sign there."""
    return [
        _switching(setting, decides, each, (each.low, each.high), each.switches_at)
        for each in switches
        if each.switches_at is not None and min(abs(each.at_low), abs(each.at_high)) >= HALF_A_PENNY
    ]


def _in_cell(setting: Setting, name: str, grid: Grid, cell: Cell, found: Switch) -> list[Switching]:
    """What was found between two values at which the choice differs; where the answer is zero at one of them, that is where it changes."""
    zeros = [value for value, answer in ((found.low, found.at_low), (found.high, found.at_high)) if abs(answer) < HALF_A_PENNY]
    at = zeros[0] if len(zeros) == 1 else None if zeros else found.switches_at
    if at is None:
        return []
    switching = _switching(setting, "chosen", found, setting.ranges[name], at)
    return [replace(switching, further_number=cell.further, step=grid.step)]


def _switching(setting: Setting, decides: str, found: Switch, tried: tuple[float, float], at: float) -> Switching:
    present = _present(setting.inputs, found.name)
    return Switching(found.name, decides, present, *tried, found.low, found.high, found.at_low, found.at_high, at)


def _margins(setting: Setting, asking: Asking, position: int, own: Sequence[int], name: str, now: InPlan) -> Callable[[Inputs], Values]:
    """Works out, for one value of an assumption, the best plan with an option less the best plan without it."""
    # Where one of the two has no plan, the sign alone says something; so large a step is soon searched through.
    step = max(abs(now.marginal_gbp or 0.0), 1.0)
    mandatory = bool(setting.known.inputs.given[MANDATORY][position])
    answered = Answered()

    def calculate(inputs: Inputs) -> Values:
        problem = _problem_at(setting, inputs, name, position)
        with_ = asking.worth(answered, decided(problem, own, True))
        if with_ is None:
            margin = -step
        elif mandatory:
            # No plan leaves out what must be done.
            margin = step
        elif name in OWN:
            # What is left out has neither effect nor cost in the plan.
            asking.spared += 1
            margin = _less(with_, now.without_gbp, step)
        else:
            margin = _less(with_, asking.worth(answered, decided(problem, own, False)), step)
        return Values(inputs, {_MARGIN: np.array([[margin]])})

    return calculate


def _less(with_: float, without: float | None, step: float) -> float:
    return step if without is None else with_ - without


def _grid_of(setting: Setting, asking: Asking, name: str, range_: tuple[float, float]) -> Grid:
    """Which options the best plan takes at steps of one assumption, held at one value in every year; none where there is no plan."""
    years = len(np.atleast_1d(setting.inputs.assumptions[name]))

    def problem_at(value: float) -> Problem:
        held = {**setting.inputs.assumptions, name: np.full((1, years), value)}
        return _problem_at(setting, replace(setting.inputs, assumptions=held), name, None)

    least, most = (problem_at(value) for value in range_)
    # What moves nothing of the plans is not tried at many steps either.
    limits = same_but_room(least, most) and not np.array_equal(least.constants, most.constants)
    grid = grid_of(range_, _present(setting.inputs, name), STEPS_OF_LIMITS if limits else STEPS)
    answered, starts = Answered(), setting.starts.values()
    taken = {}
    # From the top down, where a budget has less room at each step.
    for value in reversed(grid.values):
        chosen = asking.best_beside(answered, problem_at(value)).chosen
        taken[value] = tuple(chosen is not None and any(chosen[i] for i in own) for own in starts)
    return replace(grid, taken=tuple(taken[value] for value in grid.values))


def _problem_at(setting: Setting, inputs: Inputs, name: str, position: int | None) -> Problem:
    """The optimiser's model where one assumption has one value: a single row, without its leading axis."""
    single = replace(inputs, assumptions={**inputs.assumptions, name: np.asarray(inputs.assumptions[name])[0]})
    if name in OWN:
        moved = setting.moved(single, position)
        return setting.model.problem_of(with_given(setting.known, {node: moved.given[node] for node in _MOVED[name]}))
    known = setting.before(single) if name in setting.upstream else Values(single, setting.known.figures)
    return setting.model.problem_of(known)


def _present(inputs: Inputs, name: str) -> tuple[float, float]:
    figures: Floats = np.atleast_1d(inputs.assumptions[name])
    return float(figures.min()), float(figures.max())
