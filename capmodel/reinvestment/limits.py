"""What limits a plan beside its budgets: capacity, and floors for parties and for groups of people.

Only what options.yaml states has rows here. Budgets are in `budgets`.
"""

from __future__ import annotations

from typing import Any

from capmodel.algebra.functions import AMOUNTS, ratio
from capmodel.algebra.links import earlier, lookup, total
from capmodel.algebra.rows import Rows
from capmodel.algebra.table import Table
from capmodel.assumptions.pack import Pack
from capmodel.baseline.spend import columns_of
from capmodel.reinvestment.appraise import EFFECT_COLUMNS, effect, effect_lines, effect_year
from capmodel.reinvestment.options.choices import Choices
from capmodel.reinvestment.overlap import overlap
from capmodel.reinvestment.starts import start, start_year

SHEET = "Calc 6 Plan"

limited_effect = Table(
    "limited_effect", ("effect", "start", "year"), "Effects of the chosen options", SHEET, beside=("option", "group", "setting")
)

capacity_use = Table("capacity_use", ("option", "resource", "year"), "Capacity that options use", SHEET)
capacity_use.input("use_number", "number", "Capacity used")

start_use = Table("start_use", ("start", "resource", "year"), "Capacity that the starts of options use", SHEET)

capacity = Table("capacity", ("resource", "year"), "Capacity", SHEET)
capacity.input("capacity_number", "number", "Capacity there is")

party_floor = Table("party_floor", ("party", "year"), "Floors of parties", SHEET)
party_floor.input("floor_gbp", "GBP", "Least that the plan may leave the party")

group_floor_year = Table("group_floor_year", ("floor", "year"), "What groups have of the plan by year", SHEET)

group_floor = Table("group_floor", ("floor",), "Floors of groups of people", SHEET)
group_floor.input("group_least_share", "share", "Least part that goes to the group")
group_floor.input("of_saving_flag", "flag", "The part is one of the saving, not of the reinvestment", internal=True)

TABLES = (limited_effect, capacity_use, start_use, capacity, party_floor, group_floor_year, group_floor)


@limited_effect.line("GBP", "Saving in year", saved=lookup(effect_year, "saving_gbp"), chosen=lookup(start, "chosen_flag"))
def limited_saving_gbp(saved: Any, chosen: Any) -> Any:
    """The saving of the effect that counts for floors, where the option is chosen."""
    return saved * chosen


@limited_effect.line("GBP", "Cost released in year", released=lookup(effect_year, "released_gbp"), chosen=lookup(start, "chosen_flag"))
def limited_released_gbp(released: Any, chosen: Any) -> Any:
    """The cost released that counts for budgets, by the rule of the setting, where the option is chosen."""
    return released * chosen


@limited_effect.line("GBP", "Spend of the people reached", base=lookup(effect_year, "base_gbp"), reach=lookup(effect, "reach_share"))
def reached_gbp(base: Any, reach: Any) -> Any:
    """By which the cost of an option is shared over its effects.

    >>> reached_gbp(1000.0, 0.2)
    200.0
    """
    return base * reach


@limited_effect.line(
    "GBP",
    "Reinvestment for the people of the effect",
    reached=total(limited_effect, "reached_gbp", "start", "year"),
    cost=lookup(start_year, "cost_gbp"),
    chosen=lookup(start, "chosen_flag"),
)
def reinvested_gbp(reached_gbp: Any, reached: Any, cost: Any, chosen: Any) -> Any:
    """The cost of a chosen option, shared over its effects by the spend of the people reached.

    >>> float(reinvested_gbp(200.0, 800.0, 1000.0, 1.0))
    250.0
    """
    return ratio(reached_gbp, reached, 0, AMOUNTS) * cost * chosen


@start_use.line(
    "number",
    "Capacity used",
    stated=earlier(capacity_use, "use_number", years="delay"),
    scale=lookup(start, "scale_share"),
    chosen=lookup(start, "chosen_flag"),
)
def chosen_use_number(stated: Any, scale: Any, chosen: Any) -> Any:
    """What a chosen start uses, moved to its year and at its scale.

    >>> chosen_use_number(12.0, 0.5, 1.0)
    6.0
    """
    return stated * scale * chosen


@capacity.line("number", "Capacity used by the plan", total(start_use, "chosen_use_number", "resource", "year"))
def plan_use_number() -> Any:
    """What the chosen options use together."""


@capacity.line("number", "Slack: no more capacity is used than there is")
def capacity_slack_number(capacity_number: Any, plan_use_number: Any) -> Any:
    """Below zero where the chosen options use more than there is."""
    return capacity_number - plan_use_number


@group_floor_year.line(
    "GBP",
    "Saving of the group",
    options=total(limited_effect, "limited_saving_gbp", "group", "year"),
    twice=total(overlap, "overlap_gbp", "group", "year"),
)
def group_saving_gbp(options: Any, twice: Any) -> Any:
    """What the chosen options save on the care of the group, less their overlap."""
    return options - twice


@group_floor_year.line(
    "GBP", "Saving of all groups", options=total(limited_effect, "limited_saving_gbp", "year"), twice=total(overlap, "overlap_gbp", "year")
)
def every_saving_gbp(options: Any, twice: Any) -> Any:
    """What they save on the care of everybody."""
    return group_saving_gbp(options, twice)


@group_floor_year.line("GBP", "Reinvestment for the group", total(limited_effect, "reinvested_gbp", "group", "year"))
def group_reinvested_gbp() -> Any:
    """What they cost for the people of the group."""


@group_floor_year.line("GBP", "Reinvestment for all groups", total(limited_effect, "reinvested_gbp", "year"))
def every_reinvested_gbp() -> Any:
    """What they cost for everybody; an option without effects is for nobody by name."""


@group_floor.line(
    "GBP",
    "What the group has",
    saving=total(group_floor_year, "group_saving_gbp", "floor"),
    reinvested=total(group_floor_year, "group_reinvested_gbp", "floor"),
)
def group_has_gbp(saving: Any, reinvested: Any, of_saving_flag: Any) -> Any:
    """The saving or the reinvestment of the group, over all years."""
    return saving * of_saving_flag + reinvested * (1 - of_saving_flag)


@group_floor.line(
    "GBP",
    "What the group must have",
    saving=total(group_floor_year, "every_saving_gbp", "floor"),
    reinvested=total(group_floor_year, "every_reinvested_gbp", "floor"),
)
def group_must_gbp(saving: Any, reinvested: Any, of_saving_flag: Any, group_least_share: Any) -> Any:
    """The least part of the saving or the reinvestment of all groups, over all years.

    >>> group_must_gbp(1000.0, 0.0, 1.0, 0.3)
    300.0
    """
    return group_has_gbp(saving, reinvested, of_saving_flag) * group_least_share


@group_floor.line("GBP", "Slack: no group has less than its part")
def group_slack_gbp(group_has_gbp: Any, group_must_gbp: Any) -> Any:
    """Below zero where the group has less than the stated part."""
    return group_has_gbp - group_must_gbp


def rows(pack: Pack, choices: Choices) -> dict[str, Rows]:
    """The rows that depend on the starts of options; those of what options.yaml states are with the options."""
    counted = choices.rows["budget_ring"].lines or choices.rows["group_floor"].lines
    uses = choices.rows["capacity_use"]
    used = [
        (each.id, str(each.delay), each.option, resource)
        for option, resource in zip(uses.columns["option"], uses.columns["resource"], strict=True)
        for each in choices.starts
        if each.option == option
    ]
    return {
        limited_effect.name: columns_of(EFFECT_COLUMNS, effect_lines(choices) if counted else [], pack.years),
        start_use.name: columns_of(("start", "delay", "option", "resource"), used, pack.years),
    }
