"""Works out a place: the steps it has, in the order the money flows, with the choice of options before the last."""

from __future__ import annotations

import math
from collections.abc import Mapping

from capmodel.algebra.evaluate import Values
from capmodel.assumptions.load import raise_if_any
from capmodel.errors import Problem
from capmodel.place.no_effect import idle_changes, unmoved_changes
from capmodel.place.place import Changes, Place
from capmodel.place.result import Result
from capmodel.place.scenarios import BASE
from capmodel.reinvestment.choose import choose
from capmodel.reinvestment.ranking import NEAR_SHARE
from capmodel.reinvestment.solve import TIME_LIMIT_S, find_solver


def run_place(
    place: Place,
    scenario: str = BASE,
    changes: Changes | None = None,
    solver: str = "highs",
    chosen: Mapping[str, int] | None = None,
    near_share: float = NEAR_SHARE,
    time_limit_s: float = TIME_LIMIT_S,
) -> Result:
    """Work out the whole chain of a place.

    Args:
        place: the place.
        scenario: one of the place's scenarios.
        changes: single figures to change, by name.
        solver: the solver that chooses options.
        chosen: options already chosen (1) or not (0), in which case nothing is optimised.
        near_share: other choices worth within this share of the best are listed.
        time_limit_s: for all that is asked of the solver.

    Raises:
        BadInput: a scenario or a changed figure does not exist or cannot be.
        NoPlan: no choice of options keeps every constraint.
    """
    problems: list[Problem] = []
    changed = place.in_scenario(scenario, changes or {})
    place.chain.check_figures(changed.columns, problems)
    check_limits(near_share, time_limit_s, problems)
    inputs = changed.inputs(scenario, problems)
    raise_if_any(problems)
    find_solver(solver)
    settled = place.chain.before_options(Values(inputs))
    plan = None
    if chosen is None and place.choices.options:
        plan = choose(
            settled,
            place.choices.options,
            solver,
            near_share=near_share,
            time_limit_s=time_limit_s,
            label=lambda name: place.labels.get(name, name),
        )
    taken = [int((plan.chosen if plan else chosen or {}).get(option, 0)) for option in place.choices.options]
    values, idle = place.chain.appraised(settled, taken), dict[str, str]()
    if changes:
        idle = {**unmoved_changes(place, values, changes, scenario), **idle_changes(place, changed, changes, scenario)}
    return Result(place.changed(changes or {}, scenario, idle), scenario, dict(changes or {}), values, plan, idle)


def check_limits(near_share: float, time_limit_s: float, problems: list[Problem]) -> None:
    """Report a share or a time limit of the solver that cannot be."""
    if not 0 <= near_share <= 1:
        what = f"the share of the best within which choices are listed is {near_share:g}"
        problems.append(Problem("--near", what, "it is from 0 to 1", "Write 0.01 for 1%"))
    if not 0 < time_limit_s < math.inf:
        what = f"the time limit is {time_limit_s:g} seconds"
        problems.append(Problem("--time-limit", what, "a solver needs some time, and an end", "Write 60"))
