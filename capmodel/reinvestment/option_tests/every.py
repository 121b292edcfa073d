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
from capmodel.reinvestment.planning import begins, needs_of, starts_by_option


@dataclass(frozen=True)
class OptionTest:
    """What was found about one option; `needs` are the options without which it may not be chosen, nor begun earlier.

    `start` is the start in which it is begun, in the best plan or else in the best plan with it; `start_year` and `scale_share` are its
    year and its part of the whole option. They are None where no plan can have it.
    """

    option: str
    chosen: bool
    mandatory: bool
    start: str | None
    start_year: int | None
    scale_share: float | None
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
    known, starts = setting.known, starts_by_option(setting.known)
    chosen = list(plan.chosen.values())
    pairs = needs_of(known)
    begun = {each: (year, scale) for each, year, scale in begins(known)}
    mandatory = known.inputs.given[MANDATORY]
    within = in_plan(setting.model, chosen, asking, scenarios)
    each_alone = alone(known)
    shown = [list(known.inputs.rows["start"].columns["start"]).index(each.start) for each in each_alone]
    found = zip(each_alone, within, switches_of(setting, shown, within, asking, progress), strict=True)
    return tuple(
        OptionTest(
            option=option,
            chosen=any(chosen[each] for each in own),
            mandatory=bool(mandatory[i]),
            start=added.start,
            start_year=begun[added.start][0] if added.start else None,
            scale_share=begun[added.start][1] if added.start else None,
            needs=tuple(needed for who, needed in pairs if who == option),
            alone=by_itself,
            in_plan=added,
            switches=switches,
        )
        for i, ((option, own), (by_itself, added, switches)) in enumerate(zip(starts.items(), found, strict=True))
    )
