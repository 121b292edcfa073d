"""Floors of localities: the least part of the saving, or of the reinvestment, of a plan that is for the people of a locality.

Spend is not known by locality, so each option states which part of it is for which; an option that states none is for nobody by name.
Options count one by one, before their overlap, which is known by group and setting alone.
"""

from __future__ import annotations

from typing import Any

from capmodel.algebra.links import lookup, total
from capmodel.algebra.rows import Rows
from capmodel.algebra.table import Table
from capmodel.baseline.spend import columns_of
from capmodel.reinvestment.options.choices import Choices
from capmodel.reinvestment.starts import PLAN_SHEET, start_year

option_locality = Table("option_locality", ("option", "locality"), "For which localities options are", PLAN_SHEET)
option_locality.input("locality_part_share", "share", "Part of the option")

locality_floor = Table("locality_floor", ("floor",), "Floors of localities", PLAN_SHEET, beside=("locality",))
locality_floor.input("locality_least_share", "share", "Least part that goes to the locality")
locality_floor.input("locality_saving_flag", "flag", "The part is one of the saving, not of the reinvestment", internal=True)

locality_start = Table(
    "locality_start", ("floor", "start"), "What starts of options do for localities", PLAN_SHEET, beside=("option", "locality")
)

TABLES = (option_locality, locality_start, locality_floor)


@locality_start.line(
    "GBP",
    "Saving or reinvestment if chosen",
    saving=total(start_year, "chosen_start_saving_gbp", "start"),
    cost=total(start_year, "chosen_cost_gbp", "start"),
    of_saving=lookup(locality_floor, "locality_saving_flag"),
)
def counted_for_all_gbp(saving: Any, cost: Any, of_saving: Any) -> Any:
    """What a chosen start saves over all years, or what it costs, whichever the floor is a part of.

    >>> counted_for_all_gbp(1000.0, 300.0, 0.0)
    300.0
    """
    return saving * of_saving + cost * (1 - of_saving)


@locality_start.line("GBP", "For the locality", part=total(option_locality, "locality_part_share", "option", "locality"))
def counted_for_locality_gbp(counted_for_all_gbp: Any, part: Any) -> Any:
    """The part of it that is for the people of the locality.

    >>> counted_for_locality_gbp(1000.0, 0.25)
    250.0
    """
    return counted_for_all_gbp * part


@locality_floor.line("GBP", "What the locality has", total(locality_start, "counted_for_locality_gbp", "floor"))
def locality_has_gbp() -> Any:
    """What the chosen options save or cost for the people of the locality."""


@locality_floor.line("GBP", "What the locality must have", everywhere=total(locality_start, "counted_for_all_gbp", "floor"))
def locality_must_gbp(everywhere: Any, locality_least_share: Any) -> Any:
    """The least part of what they save or cost for everybody.

    >>> locality_must_gbp(1000.0, 0.3)
    300.0
    """
    return everywhere * locality_least_share


@locality_floor.line("GBP", "Slack: no locality has less than its part")
def locality_slack_gbp(locality_has_gbp: Any, locality_must_gbp: Any) -> Any:
    """Below zero where the locality has less than the stated part."""
    return locality_has_gbp - locality_must_gbp


def rows(choices: Choices) -> dict[str, Rows]:
    """The rows that depend on the starts of options; those of what options.yaml states are with the options."""
    floors = choices.rows[locality_floor.name].columns
    pairs = list(zip(floors["floor"], floors["locality"], strict=True))
    lines = [(floor, each.id, each.option, locality) for floor, locality in pairs for each in choices.starts]
    return {locality_start.name: columns_of(("floor", "start", "option", "locality"), lines)}
