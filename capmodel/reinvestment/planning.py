"""What a choice of options adds up to: its costs, budgets, rules and objective.

A choice is a 0 or 1 for each start of each option, and at most one start of an option. Everything here follows from it: nothing may be
overspent or chosen against a rule, and the objective is what the optimiser makes as large as it can. What options save twice on one
budget is in `overlap`, and who chooses in `choose`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from capmodel.algebra.evaluate import Inputs, Values
from capmodel.algebra.functions import AMOUNTS, at_least
from capmodel.algebra.links import lookup, total
from capmodel.algebra.rows import YEAR, Rows
from capmodel.algebra.table import Table
from capmodel.assumptions.pack import Pack
from capmodel.baseline.spend import columns_of
from capmodel.reinvestment import appraise, budgets, limits, localities, plan_totals, released
from capmodel.reinvestment import overlap as overlaps
from capmodel.reinvestment.appraise import effect_year, start_party
from capmodel.reinvestment.limits import party_floor
from capmodel.reinvestment.options.choices import Choices
from capmodel.reinvestment.overlap import overlap_party
from capmodel.reinvestment.plan_totals import plan
from capmodel.reinvestment.starts import PLAN_SHEET, start, start_year

SHEET = PLAN_SHEET

option = Table("option", ("option",), "Options", SHEET)
option.input("mandatory_flag", "flag", "Must be done")

option_begun = Table("option_begun", ("option", "year"), "Options begun by year", SHEET)

requirement = Table("requirement", ("rule", "year"), "Options that need another", SHEET)

exclusion = Table("exclusion", ("rule",), "Options that exclude one another", SHEET)

exclusion_member = Table("exclusion_member", ("rule", "option"), "Members of each exclusive set", SHEET)

plan_party = Table("plan_party", ("party", "year"), "Effect of the plan on each party", SHEET)

objective = Table("objective", (), "What the plan is worth", SHEET)

TABLES = (
    *appraise.TABLES,
    *released.TABLES,
    start,
    option,
    option_begun,
    *overlaps.TABLES,
    plan,
    requirement,
    exclusion_member,
    exclusion,
    plan_party,
    *limits.TABLES,
    *localities.TABLES,
    *budgets.TABLES,
    objective,
)


@effect_year.line("GBP", "Saving if chosen", chosen=lookup(start, "chosen_flag"))
def chosen_saving_gbp(saving_gbp: Any, chosen: Any) -> Any:
    """The adjusted saving where the option is chosen; more spend is left out."""
    return np.where(at_least(saving_gbp, 0, AMOUNTS), saving_gbp, 0) * chosen


@start.line("GBP", "Present value", total(start_year, "year_value_gbp", "start"))
def value_gbp() -> Any:
    """What the start is worth over the model years, discounted."""


@start.line("GBP", "Value if chosen")
def chosen_value_gbp(chosen_flag: Any, value_gbp: Any) -> Any:
    """The start's value where it is chosen."""
    return value_gbp * chosen_flag


@start.line("flag", "Must be done", lookup(option, "mandatory_flag"))
def must_flag() -> Any:
    """1 where one of the starts of the option must be chosen."""


@option.line("flag", "Taken", total(start, "chosen_flag", "option"))
def taken_flag() -> Any:
    """1 where one of the option's starts is chosen, 0 where none is."""


@option.line("flag", "Slack: an option is begun once at the most")
def start_slack_flag(taken_flag: Any) -> Any:
    """Below zero where more than one start of the option is chosen."""
    return 1 - taken_flag


@option.line("flag", "Slack: mandatory options are chosen")
def mandatory_slack_flag(taken_flag: Any, mandatory_flag: Any) -> Any:
    """Below zero where an option that must be done is not begun in any of its years."""
    return (taken_flag - 1) * mandatory_flag


@start_year.line("flag", "Chosen and begun", chosen=lookup(start, "chosen_flag"))
def chosen_begun_flag(begun_flag: Any, chosen: Any) -> Any:
    """1 in the year of a chosen start and the years after it."""
    return begun_flag * chosen


@option_begun.line("flag", "Begun", total(start_year, "chosen_begun_flag", "option", "year"))
def option_begun_flag() -> Any:
    """1 where the option has been begun in the year or before."""


@requirement.line(
    "flag",
    "Slack: options have the option they need, begun no later",
    begun=lookup(option_begun, "option_begun_flag"),
    needed=lookup(option_begun, "option_begun_flag", option="needs"),
)
def requirement_slack_flag(begun: Any, needed: Any) -> Any:
    """Below zero where an option has been begun by the year, and the one it needs has not.

    >>> requirement_slack_flag(np.array([1.0, 1.0]), np.array([0.0, 1.0])).tolist()
    [-1.0, 0.0]
    """
    return needed - begun


@exclusion_member.line("flag", "Chosen", lookup(option, "taken_flag"))
def member_flag() -> Any:
    """1 where a start of the member is chosen."""


@exclusion.line("flag", "Slack: at most one of an exclusive set is chosen", members=total(exclusion_member, "member_flag", "rule"))
def exclusion_slack_flag(members: Any) -> Any:
    """Below zero where more than one option of the set is chosen."""
    return 1 - members


@start_party.line("GBP", "Cost of the option if chosen", chosen=lookup(start, "chosen_flag"))
def chosen_own_cost_gbp(own_cost_gbp: Any, chosen: Any) -> Any:
    """The cost of the start, for the party that pays it, where it is chosen."""
    return own_cost_gbp * chosen


@start_party.line("GBP", "Net effect if chosen", chosen=lookup(start, "chosen_flag"))
def chosen_net_gbp(net_gbp: Any, chosen: Any) -> Any:
    """The net effect of the start on the party where it is chosen."""
    return net_gbp * chosen


@plan_party.line(
    "GBP",
    "Net effect of the plan",
    options=total(start_party, "chosen_net_gbp", "party", "year"),
    overlap=total(overlap_party, "overlap_net_gbp", "party", "year"),
)
def plan_net_gbp(options: Any, overlap: Any) -> Any:
    """What the whole plan does to the party in the year, before settlement: its options one by one, less their overlap."""
    return options - overlap


@party_floor.line("GBP", "Slack: no party is left less than its floor", net=lookup(plan_party, "plan_net_gbp"))
def floor_slack_gbp(net: Any, floor_gbp: Any) -> Any:
    """The net effect of the plan on the party above its floor; before settlement.

    >>> floor_slack_gbp(-250.0, -100.0)
    -150.0
    """
    return net - floor_gbp


@objective.line("GBP", "Overlap in the value (minus)", twice=total(overlap_party, "overlap_counted_gbp"))
def overlap_value_gbp(twice: Any) -> Any:
    """The discounted value of what the chosen options would save twice, as a minus."""
    return -twice


@objective.line("GBP", "Present value of the plan", options=total(start, "chosen_value_gbp"))
def plan_value_gbp(options: Any, overlap_value_gbp: Any) -> Any:
    """What the optimiser makes as large as it can: the discounted value of the chosen options, less that of their overlap."""
    return options + overlap_value_gbp


#: The optimiser's model: what to make large, and what must not fall below zero.
OBJECTIVE = ("objective", "plan_value_gbp")
DECISION = ("start", "chosen_flag")
SLACKS = (
    ("budget", "budget_slack_gbp"),
    ("option", "start_slack_flag"),
    ("option", "mandatory_slack_flag"),
    ("requirement", "requirement_slack_flag"),
    ("exclusion", "exclusion_slack_flag"),
    ("capacity", "capacity_slack_number"),
    ("party_floor", "floor_slack_gbp"),
    ("group_floor", "group_slack_gbp"),
    ("locality_floor", "locality_slack_gbp"),
    ("closure_room", "room_slack_number"),
)
#: The keys of each table beside its years.
KEYS = {table.name: tuple(key for key in table.keys if key != YEAR) for table in TABLES}


def starts_by_option(known: Values) -> dict[str, list[int]]:
    """The positions of the starts of each option, in the order of the options."""
    found: dict[str, list[int]] = {name: [] for name in known.inputs.rows[option.name].columns["option"]}
    for i, name in enumerate(known.inputs.rows[start.name].columns["option"]):
        found[name].append(i)
    return found


def needs_of(known: Values) -> list[tuple[str, str]]:
    """Each option that needs another, with the one it needs."""
    rules = known.inputs.rows[requirement.name].columns
    return list(zip(rules["option"], rules["needs"], strict=True))


def begins(known: Values) -> list[tuple[str, int, float]]:
    """Each start with the year it begins in and its part of the whole option."""
    years = np.array(known.inputs.rows[start_year.name].years)
    begun = known.inputs.given[start_year.name, "begun_flag"].reshape(-1, len(years))
    scale = known.inputs.given[start.name, "scale_share"]
    names = known.inputs.rows[start.name].columns["start"]
    return [(name, int(years[np.argmax(flags)]), float(share)) for name, flags, share in zip(names, begun, scale, strict=True)]


def with_choice(known: Values, chosen: Sequence[int]) -> Values:
    """What is known, with a choice in place: 1 or 0 for each start, in the order of the starts."""
    inputs: Inputs = replace(known.inputs, given={**known.inputs.given, DECISION: np.array(chosen, dtype=float)})
    return Values(inputs, known.figures)


def rows(pack: Pack, choices: Choices, baseline: Mapping[str, Rows]) -> dict[str, Rows]:
    """The rows of these tables; those of the baseline say who pays and who provides in each setting."""
    years = pack.years
    return {
        **overlaps.rows(pack, choices, baseline),
        "option": Rows({"option": choices.options}),
        **plan_totals.rows(pack),
        "option_begun": Rows({"option": choices.options}, years),
        "requirement": columns_of(("rule", "option", "needs"), list(choices.requires), years),
        "exclusion": Rows({"rule": tuple(dict.fromkeys(rule for rule, _ in choices.exclusive))}),
        "exclusion_member": columns_of(("rule", "option"), list(choices.exclusive)),
        "plan_party": Rows({"party": tuple(entry.id for entry in pack.dimensions["party"])}, years),
        "objective": Rows({}),
        **released.rows(pack, choices),
        **limits.rows(pack, choices),
        **localities.rows(choices),
        **budgets.rows(pack, choices),
    }
