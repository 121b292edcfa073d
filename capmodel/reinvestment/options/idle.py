"""What options.yaml states without effect, a phrase each: it is read, and no figure of a run depends on it.

What could not be kept, or would mean nothing at all, is refused in `checks`. That an evidence grade has no effect is said in `evidence`.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from capmodel.errors import listed
from capmodel.reinvestment.options.limits import TAKES, paid_of
from capmodel.reinvestment.options.stated import COSTS, Budget, Effect, GroupFloor, LocalityFloor, Option, Options

#: The parts of what a provider releases that have a lag each.
_LAGGED = (("variable_share", "variable_lag_years"), ("step_share", "step_lag_years"))


def idle_remarks(content: Options, years: Sequence[int]) -> list[str]:
    """What is stated without effect, in one sentence; nothing where all of it has one.

    Args:
        content: sound options.
        years: the model years.
    """
    idle = [
        *_of_effects(content),
        *_of_outcomes(content),
        *_of_budgets(content),
        *_of_capacity_and_floors(content),
        *_of_release(content, years),
    ]
    return [f"Without effect: {listed(idle)}"] if idle else []


def _of_effects(content: Options) -> Iterator[str]:
    for option in content.options:
        if option.effects and not _delivered(option):
            yield f"the effects of {option.label}, since nothing of it is delivered"
            continue
        nothing = [effect.id for effect in option.effects if not _acts(effect)]
        if nothing:
            named = f"the effect {nothing[0]} of {option.label}, since its" if len(nothing) == 1 else f"the effects {listed(nothing)} of {option.label}, since their"  # fmt: skip
            yield f"{named} size or reach is zero"


def _of_outcomes(content: Options) -> Iterator[str]:
    for option in content.options:
        for each in option.outcomes:
            if not each.units_each or not any(each.number.values()):
                yield f"the outcome {each.measure} of {option.label}, since it is zero in every year"


def _delivered(option: Option) -> bool:
    return option.by_month is not None or any((option.delivery_share or {}).values())


def _acts(effect: Effect) -> bool:
    return bool(effect.effect_share and effect.reach_share)


def _acting(content: Options) -> Iterator[tuple[Option, Effect]]:
    """Every effect that changes spend in some year, with its option."""
    return ((option, effect) for option in content.options if _delivered(option) for effect in option.effects if _acts(effect))


def _of_budgets(content: Options) -> Iterator[str]:
    released = {effect.setting for _, effect in _acting(content)}
    released |= {option.closes.setting for option in content.options if option.closes and _delivered(option)}
    for budget in content.budgets:
        paid = paid_of(budget, content)
        if not paid:
            yield f"the budget {budget.label}, since its party pays for no option"
        elif not any(_costs(budget, option) for option in paid):
            kind = "" if budget.kind == "all" else f"{budget.kind} "
            yield f"the budget {budget.label}, since no option of its party has {kind}cost"
        elif (ring := budget.recycled) and not (ring.share and (ring.settings is None or released & set(ring.settings))):
            yield f"recycled of the budget {budget.label}, since nothing that is released joins it"
        if budget.carry_forward and len(budget.gbp) == 1:
            yield f"carry_forward of the budget {budget.label}, since there is one year"


def _costs(budget: Budget, option: Option) -> bool:
    """True where an option has some cost of the kind that a budget pays for."""
    capital = any((option.capital_cost_gbp or {}).values())
    revenue = any(any((getattr(option, name) or {}).values()) for name in COSTS if name != "capital_cost_gbp")
    monthly = option.by_month is not None and bool(option.by_month.running_cost_gbp)
    takes_capital, takes_revenue = TAKES[budget.kind]
    return bool((takes_capital and capital) or (takes_revenue and (revenue or monthly)))


def _of_capacity_and_floors(content: Options) -> Iterator[str]:
    used = {name for option in content.options for name, by_year in option.uses.items() if any(by_year.values())}
    for each in content.capacity:
        if each.id not in used:
            yield f"the capacity {each.label}, since no option uses it"
    floors: list[GroupFloor | LocalityFloor] = [*content.floors.groups, *content.floors.localities]
    for floor in floors:
        if not floor.least_share:
            yield f"the floor {floor.label}, since it asks for nothing"


def _of_release(content: Options, years: Sequence[int]) -> Iterator[str]:
    acted_on = {effect.setting for _, effect in _acting(content)}
    closed = {(option.closes.setting, option.closes.provider) for option in content.options if option.closes}
    for each in content.release:
        where = f"of {each.provider} in {each.setting}"
        if each.setting not in acted_on and (each.setting, each.provider) not in closed:
            yield f"the release {where}, since no option acts on it"
            continue
        if each.unit_gbp is not None and (each.setting, each.provider) not in closed:
            yield f"unit_gbp {where}, since nothing there is closed"
        if "closure_lag_years" in each.model_fields_set and (each.setting, each.provider) not in closed:
            yield f"closure_lag_years {where}, since nothing there is closed"
        for share, lag in _LAGGED:
            if lag in each.model_fields_set and not getattr(each, share):
                yield f"{lag} {where}, since its {share} is zero"
            after = int(getattr(each, lag))
            if getattr(each, share) and after >= len(years):
                yield f"{share} {where}, since its lag of {after} years leads beyond the last model year"
