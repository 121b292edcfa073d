"""How a scenario applies: its own figures take the place of those of the base, and every other figure is read from the base.

A figure that is changed for a run goes where the scenario reads it: into the scenario's own figures, or into those of the base, which
every scenario without a figure of its own reads.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace

from capmodel.assumptions.pack import Assumed, Figure, Scenario
from capmodel.errors import Problem, nearest

BASE = "base"


def in_use(assumptions: Mapping[str, Assumed], scenario: Scenario) -> dict[str, Assumed]:
    """Every assumption as a scenario has it."""
    return {name: assumed.with_values(scenario.changes.get(name, {})) for name, assumed in assumptions.items()}


def unknown(where: str, name: str, scenarios: Iterable[str]) -> Problem:
    """The report of a scenario that the place does not define."""
    return Problem(where, f"there is no scenario {name!r}", "the place does not define it", nearest(name, scenarios))


def with_change(
    assumptions: Mapping[str, Assumed],
    scenarios: Mapping[str, Scenario],
    name: str,
    years: Iterable[int | None],
    change: Callable[[Figure], Figure],
    scenario: str,
    whole_base: bool,
) -> tuple[Mapping[str, Assumed], Mapping[str, Scenario]]:
    """Assumptions and scenarios with one assumption changed in some years, where a scenario reads it.

    Args:
        assumptions: those of the place.
        scenarios: those of the place.
        name: the assumption to change.
        years: the years to change; None is the one figure of an assumption without years.
        change: what becomes of a figure.
        scenario: the scenario whose figures are changed where it has its own.
        whole_base: change the figure of the base even where the scenario has its own.
    """
    for year in years:
        own = scenarios[scenario].changes.get(name, {})
        if year in own and not whole_base:
            changes = {**scenarios[scenario].changes, name: {**own, year: change(own[year])}}
            scenarios = {**scenarios, scenario: replace(scenarios[scenario], changes=changes)}
        else:
            before = assumptions[name]
            assumptions = {**assumptions, name: before.with_values({year: change(before.values[year])})}
    return assumptions, scenarios
