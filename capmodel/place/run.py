"""Works out a place: the steps it has, in the order the money flows, with the choice of options before the last."""

from __future__ import annotations

import math
from collections.abc import Mapping

from capmodel.algebra.evaluate import Values
from capmodel.assumptions.load import raise_if_any
from capmodel.errors import Problem, listed, nearest
from capmodel.place.no_effect import idle_changes, unmoved_changes
from capmodel.place.place import Changes, Place
from capmodel.place.result import Result
from capmodel.place.scenarios import BASE
from capmodel.reinvestment.choose import choose
from capmodel.reinvestment.ranking import NEAR_SHARE
from capmodel.reinvestment.settled_choice import choose_settled
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
        chosen: options, or starts of options, already chosen (1) or not (0), in which case nothing is optimised.
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
    if chosen is None and place.choices.options and place.choices.settled:
        plan = choose_settled(settled, place.chain.of_options, near_share, time_limit_s=time_limit_s, label=place.label)
    elif chosen is None and place.choices.options:
        plan = choose(
            settled,
            solver,
            near_share=near_share,
            time_limit_s=time_limit_s,
            label=lambda name: place.labels.get(name, name),
        )
    taken = list((plan.chosen if plan else _given(place, chosen or {}, problems)).values())
    values, idle = place.chain.appraised(settled, taken), dict[str, str]()
    if changes:
        idle = {**unmoved_changes(place, values, changes, scenario), **idle_changes(place, changed, changes, scenario)}
    return Result(place.changed(changes or {}, scenario, idle), scenario, dict(changes or {}), values, plan, idle)


def _given(place: Place, chosen: Mapping[str, int], problems: list[Problem]) -> dict[str, int]:
    """A choice that is given, as 1 or 0 for each start: an option that has one start only may be named by its own id."""
    starts = place.choices.starts
    of_option = {each: [start.id for start in starts if start.option == each] for each in place.choices.options}
    named = {start.id: start.id for start in starts} | {option: own[0] for option, own in of_option.items() if len(own) == 1}
    for name in chosen:
        if name not in named:
            own = of_option.get(name, [])
            why = f"the option may start in several ways, {listed(own)}" if own else "the place has no such option and no such start"
            problems.append(Problem("the choice of options", f"{name!r} is no start of an option", why, "Name one of them" if own else nearest(name, list(named))))  # fmt: skip
    raise_if_any(problems)
    taken = {named[name]: int(value) for name, value in chosen.items()}
    return {start.id: taken.get(start.id, 0) for start in starts}


def check_limits(near_share: float, time_limit_s: float, problems: list[Problem]) -> None:
    """Report a share or a time limit of the solver that cannot be."""
    if not 0 <= near_share <= 1:
        what = f"the share of the best within which choices are listed is {near_share:g}"
        problems.append(Problem("--near", what, "it is from 0 to 1", "Write 0.01 for 1%"))
    if not 0 < time_limit_s < math.inf:
        what = f"the time limit is {time_limit_s:g} seconds"
        problems.append(Problem("--time-limit", what, "a solver needs some time, and an end", "Write 60"))
