"""Works out a place: the steps it has, in the order the money flows, with the choice of options before the last."""

from __future__ import annotations

from collections.abc import Mapping

from capmodel.algebra.evaluate import Values
from capmodel.assumptions.load import raise_if_any
from capmodel.errors import Problem
from capmodel.place.no_effect import idle_changes, unmoved_changes
from capmodel.place.place import Changes, Place
from capmodel.place.result import Result
from capmodel.place.scenarios import BASE
from capmodel.reinvestment.choose import choose
from capmodel.reinvestment.solve import find_solver


def run_place(
    place: Place,
    scenario: str = BASE,
    changes: Changes | None = None,
    solver: str = "highs",
    chosen: Mapping[str, int] | None = None,
) -> Result:
    """Work out the whole chain of a place.

    Args:
        place: the place.
        scenario: one of the place's scenarios.
        changes: single figures to change, by name.
        solver: the solver that chooses options.
        chosen: options already chosen (1) or not (0), in which case nothing is optimised.

    Raises:
        BadInput: a scenario or a changed figure does not exist or cannot be.
        NoPlan: no choice of options keeps every constraint.
    """
    problems: list[Problem] = []
    changed = place.in_scenario(scenario, changes or {})
    place.chain.check_figures(changed.columns, problems)
    inputs = changed.inputs(scenario, problems)
    raise_if_any(problems)
    find_solver(solver)
    settled = place.chain.before_options(Values(inputs))
    plan = None if chosen is not None or not place.choices.options else choose(settled, place.choices.options, solver)
    taken = [int((plan.chosen if plan else chosen or {}).get(option, 0)) for option in place.choices.options]
    values, idle = place.chain.appraised(settled, taken), dict[str, str]()
    if changes:
        idle = {**unmoved_changes(place, values, changes, scenario), **idle_changes(place, changed, changes, scenario)}
    return Result(place.changed(changes or {}, scenario, idle), scenario, dict(changes or {}), values, plan, idle)
