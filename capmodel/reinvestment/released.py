"""What is really released: fixed, step and variable cost by provider with lags, and named closures.

A setting's release share holds for every provider that states none of its own. One that does releases its variable cost and its step cost after a
lag each, and its fixed cost not at all; what that differs from the rule of the setting is a line of its own. A closure is an option: its cost is released as far as
it is delivered, and it may be chosen only where the activity that the other options avoid, as many years before as its lag, covers its capacity.
Where nothing is closed, options may bring as much more activity as they do.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from capmodel.algebra.functions import AMOUNTS, above, at_least
from capmodel.algebra.links import earlier, lookup, prior, total
from capmodel.algebra.rows import Rows
from capmodel.algebra.table import Table
from capmodel.assumptions.pack import Pack
from capmodel.baseline.spend import columns_of, provider_mix
from capmodel.reinvestment import appraise
from capmodel.reinvestment.appraise import (
    EFFECT_COLUMNS,
    effect_lines,
    effect_provider,
    effect_year,
    provider_release,
    release,
    start_party,
)
from capmodel.reinvestment.evidence import SHEET
from capmodel.reinvestment.options.choices import Choices
from capmodel.reinvestment.overlap import overlap
from capmodel.reinvestment.starts import start, start_year

effect_release = Table(
    "effect_release", ("effect", "start", "provider", "year"), "What providers release of each effect", SHEET, beside=("group", "setting")
)

closure = Table("closure", ("option",), "Closures", SHEET)
closure.input("closure_capacity_number", "number", "Activity that the closure needs avoided")

closure_year = Table("closure_year", ("option", "year"), "Cost of what is closed", SHEET)
closure_year.input("closure_gbp", "GBP", "Cost released by the closure")

start_closure = Table("start_closure", ("start", "year"), "Closures by start and year", SHEET, beside=("option", "setting", "provider"))

room_closure = Table("room_closure", ("setting", "provider", "option", "year"), "Closures of a provider in a setting", SHEET)

closure_room = Table("closure_room", ("setting", "provider", "year"), "Activity avoided for closures", SHEET)

TABLES = (effect_release, closure, closure_year, start_closure, room_closure, closure_room)


@effect_release.line("GBP", "Saving on the provider", saved=lookup(effect_year, "saving_gbp"), part=lookup(provider_mix, "provider_share"))
def own_saving_gbp(saved: Any, part: Any) -> Any:
    """The part of the adjusted saving that is on care of the provider."""
    return saved * part


@effect_release.line("GBP", "Fall of its income")
def own_fall_gbp(own_saving_gbp: Any) -> Any:
    """The saving, and zero where the effect is more spend, which is all cost at once.

    >>> own_fall_gbp(np.array([100.0, -5.0])).tolist()
    [100.0, 0.0]
    """
    return np.where(at_least(own_saving_gbp, 0, AMOUNTS), own_saving_gbp, 0)


@effect_release.line("GBP", "Rise of its income")
def own_rise_gbp(own_saving_gbp: Any, own_fall_gbp: Any) -> Any:
    """The more spend of an effect on care of the provider; zero where it is a saving.

    >>> own_rise_gbp(-5.0, 0.0)
    5.0
    """
    return own_fall_gbp - own_saving_gbp


@effect_release.line(
    "GBP",
    "Released more (plus) or less (minus) than by the rule of the setting",
    at_once=earlier(effect_release, "own_fall_gbp", years="variable_lag"),
    by_step=earlier(effect_release, "own_fall_gbp", years="step_lag"),
    variable=lookup(provider_release, "variable_release_share"),
    step=lookup(provider_release, "step_release_share"),
    rule=lookup(release, "release_share"),
)
def extra_released_gbp(own_fall_gbp: Any, at_once: Any, by_step: Any, variable: Any, step: Any, rule: Any) -> Any:
    """Variable and step cost of the provider, each after its lag, less what the share of the setting would release.

    >>> round(extra_released_gbp(100.0, 100.0, 0.0, 0.2, 0.3, 0.4), 2)
    -20.0
    """
    return appraise.beside_rule_gbp(own_fall_gbp, at_once, by_step, variable, step, rule)


@effect_release.line("GBP", "The same if chosen", chosen=lookup(start, "chosen_flag"))
def chosen_extra_gbp(extra_released_gbp: Any, chosen: Any) -> Any:
    """What is released more or less, where the option is chosen."""
    return extra_released_gbp * chosen


@effect_release.line("GBP", "Saving on the provider if chosen", chosen=lookup(start, "chosen_flag"))
def chosen_own_gbp(own_saving_gbp: Any, chosen: Any) -> Any:
    """The saving on care of the provider, where the option is chosen."""
    return own_saving_gbp * chosen


@start_closure.line(
    "GBP", "Cost released by the closure", closed=lookup(start_year, "start_delivery_share"), cost=lookup(closure_year, "closure_gbp")
)
def closure_released_gbp(closed: Any, cost: Any) -> Any:
    """The cost of what is closed, as far as the closure is delivered.

    >>> closure_released_gbp(1.0, 1_500_000.0)
    1500000.0
    """
    return closed * cost


@start_closure.line("GBP", "The same if chosen", chosen=lookup(start, "chosen_flag"))
def chosen_closure_gbp(closure_released_gbp: Any, chosen: Any) -> Any:
    """What the closure releases, where it is chosen."""
    return closure_released_gbp * chosen


@start_closure.line(
    "GBP",
    "Cost released each year if chosen",
    cost=lookup(closure_year, "closure_gbp"),
    scale=lookup(start, "scale_share"),
    begun=lookup(start_year, "chosen_begun_flag"),
)
def recurrent_closure_gbp(cost: Any, scale: Any, begun: Any) -> Any:
    """What the closure releases in a year in which it is delivered in full."""
    return cost * scale * begun


@start_closure.line(
    "number",
    "Activity that the closure needs avoided, if chosen",
    closed=lookup(start_year, "start_delivery_share"),
    capacity=lookup(closure, "closure_capacity_number"),
    chosen=lookup(start, "chosen_flag"),
)
def chosen_closed_number(closed: Any, capacity: Any, chosen: Any) -> Any:
    """The capacity that is closed, as far as the closure is delivered.

    >>> chosen_closed_number(1.0, 8687.0, 1.0)
    8687.0
    """
    return closed * capacity * chosen


@start_closure.line("flag", "Closed if chosen", closed=lookup(start_year, "start_delivery_share"), chosen=lookup(start, "chosen_flag"))
def chosen_closed_flag(closed: Any, chosen: Any) -> Any:
    """1 in a year in which some of the capacity is closed.

    >>> chosen_closed_flag(np.array([0.0, 0.5]), 1.0).tolist()
    [0.0, 1.0]
    """
    return np.where(above(closed, 0), 1, 0) * chosen


@room_closure.line("flag", "Closed", total(start_closure, "chosen_closed_flag", "option", "year"))
def closed_flag() -> Any:
    """1 where a start of the closure is chosen, and closes something in the year."""


@room_closure.line("flag", "None closed above", prior("none_closed_flag", first=1, along=("option",)))
def none_above_flag() -> Any:
    """1 where none of the closures above closes anything in the year."""


@room_closure.line("flag", "First closure of the year")
def first_closed_flag(closed_flag: Any, none_above_flag: Any) -> Any:
    """1 where the closure closes something and none above does."""
    return closed_flag * none_above_flag


@room_closure.line("flag", "None closed so far")
def none_closed_flag(none_above_flag: Any, first_closed_flag: Any) -> Any:
    """1 where neither the closure nor one above closes anything in the year.

    >>> none_closed_flag(1.0, 1.0)
    0.0
    """
    return none_above_flag - first_closed_flag


@closure_room.line(
    "GBP",
    "Saving on the provider",
    options=total(effect_release, "chosen_own_gbp", "setting", "provider", "year"),
    twice=total(overlap, "overlap_gbp", "setting", "year"),
    part=lookup(provider_mix, "provider_share"),
)
def room_saving_gbp(options: Any, twice: Any, part: Any) -> Any:
    """What the chosen options save on care of the provider, less their overlap.

    >>> room_saving_gbp(1000.0, 100.0, 0.5)
    950.0
    """
    return options - twice * part


@closure_room.line("number", "Activity avoided", unit=lookup(provider_release, "unit_gbp"))
def avoided_number(room_saving_gbp: Any, unit: Any) -> Any:
    """The saving at the price of a unit of activity.

    >>> avoided_number(2_560_000.0, 320.0)
    8000.0
    """
    return room_saving_gbp / unit


@closure_room.line("number", "Activity that closures need", total(start_closure, "chosen_closed_number", "setting", "provider", "year"))
def needed_number() -> Any:
    """The capacity of all chosen closures."""


@closure_room.line(
    "number",
    "More activity of all options",
    more=total(effect_release, "own_rise_gbp", "setting", "provider", "year"),
    unit=lookup(provider_release, "unit_gbp"),
)
def brought_number(more: Any, unit: Any) -> Any:
    """The more spend of all options, chosen or not, at the price of a unit of activity: as far as avoided activity could fall below zero."""
    return avoided_number(more, unit)


@closure_room.line("flag", "Closures in the year: 1 yes, 0 no", total(room_closure, "first_closed_flag", "setting", "provider", "year"))
def any_closed_flag() -> Any:
    """1 in a year in which a chosen closure closes something."""


@closure_room.line(
    "number",
    "Slack: closures are covered by avoided activity",
    avoided=earlier(closure_room, "avoided_number", years="lag"),
    brought=earlier(closure_room, "brought_number", years="lag"),
)
def room_slack_number(avoided: Any, brought: Any, needed_number: Any, any_closed_flag: Any) -> Any:
    """The activity avoided as many years before as the lag, less what is closed; below zero a ward is closed that is still in use.

    Where nothing is closed it counts from the most that options may bring, so that it is never below zero.

    >>> room_slack_number(9000.0, 500.0, 8687.0, 1.0), room_slack_number(-500.0, 500.0, 0.0, 0.0)
    (313.0, 0.0)
    """
    return avoided - needed_number + brought * (1 - any_closed_flag)


@start_year.line(
    "GBP",
    "Cost released",
    rule=total(effect_year, "released_gbp", "start", "year"),
    extra=total(effect_release, "extra_released_gbp", "start", "year"),
    closed=total(start_closure, "closure_released_gbp", "start", "year"),
)
def start_released_gbp(rule: Any, extra: Any, closed: Any) -> Any:
    """What the system really spends less: by the rule of each setting, by what providers state, and by closures."""
    return rule + extra + closed


@start_year.line("GBP", "Not cashable")
def not_cashable_gbp(start_saving_gbp: Any, start_released_gbp: Any) -> Any:
    """The part of the adjusted saving that leaves no cost behind it: capacity that is free for others, at its price.

    >>> not_cashable_gbp(800_000.0, 300_000.0)
    500000.0
    """
    return start_saving_gbp - start_released_gbp


@start_party.line(
    "GBP",
    "As a provider",
    rule=total(effect_provider, "provider_gbp", "start", "year", provider="party"),
    extra=total(effect_release, "extra_released_gbp", "start", "year", provider="party"),
    closed=total(start_closure, "closure_released_gbp", "start", "year", provider="party"),
)
def as_provider_gbp(rule: Any, extra: Any, closed: Any) -> Any:
    """What the party loses as a provider: income that is gone, less cost that goes with it or is closed."""
    return rule + extra + closed


def rows(pack: Pack, choices: Choices) -> dict[str, Rows]:
    """The rows that depend on the starts of options; those of what options.yaml states are with the options."""
    stated = choices.rows["provider_release"].columns
    lags = list(zip(stated["setting"], stated["provider"], stated["variable_lag"], stated["step_lag"], strict=True))
    effects = [(*line, *rest) for line in effect_lines(choices) for setting, *rest in lags if setting == line[4]]
    closing = {option: (setting, provider) for option, setting, provider in choices.closures}
    closed = [(each.id, each.option, *closing[each.option]) for each in choices.starts if each.option in closing]
    closures = sorted(((*where, option) for option, where in closing.items()), key=lambda each: each[:2])
    return {
        effect_release.name: columns_of((*EFFECT_COLUMNS, "provider", "variable_lag", "step_lag"), effects, pack.years),
        start_closure.name: columns_of(("start", "option", "setting", "provider"), closed, pack.years),
        room_closure.name: columns_of(room_closure.keys[:-1], closures, pack.years),
    }
