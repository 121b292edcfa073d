"""Every test of every option of a place, put together: alone, in the best plan, and its switching values.

What is tried is in the files beside this one. Nothing here is a formula: these are values, with the solver that found them.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from capmodel.algebra.evaluate import Values
from capmodel.console import Progress
from capmodel.reinvestment.choose import Plan
from capmodel.reinvestment.option_tests.alone import Alone, alone
from capmodel.reinvestment.option_tests.in_plan import MANDATORY, Asking, InPlan, in_plan
from capmodel.reinvestment.option_tests.switches import Setting, Switching, switches_of


@dataclass(frozen=True)
class OptionTest:
    """What was found about one option; `needs` are the options without which it may not be chosen."""

    option: str
    chosen: bool
    mandatory: bool
    needs: tuple[str, ...]
    alone: Alone
    in_plan: InPlan
    switches: tuple[Switching, ...]


def every_test(
    setting: Setting, plan: Plan, asking: Asking, scenarios: Mapping[str, Values], progress: Progress | None = None
) -> tuple[OptionTest, ...]:
    """Every test of every option.

    Args:
        setting: what is known before the options, and how to work it out anew.
        plan: the best plan.
        asking: the solver; it counts what it is asked.
        scenarios: what is known before the options in each other scenario of the place.
        progress: called with how many options are done.
    """
    known, options = setting.known, setting.options
    chosen = [plan.chosen[option] for option in options]
    requirement = known.inputs.rows["requirement"]
    pairs = list(zip(requirement.values("option"), requirement.values("needs"), strict=True))
    mandatory = known.inputs.given[MANDATORY]
    within = in_plan(known, options, chosen, asking, scenarios)
    found = zip(alone(known, options), within, switches_of(setting, within, asking, progress), strict=True)
    return tuple(
        OptionTest(
            option=option,
            chosen=bool(chosen[i]),
            mandatory=bool(mandatory[i]),
            needs=tuple(needed for who, needed in pairs if who == option),
            alone=by_itself,
            in_plan=added,
            switches=switches,
        )
        for i, (option, (by_itself, added, switches)) in enumerate(zip(options, found, strict=True))
    )
