"""What a choice of options adds up to: its costs, budgets, rules and objective.

A choice is a 0 or 1 for each option. Everything here follows from it: nothing may be overspent or chosen against a rule, and the objective is what the optimiser makes as large as it can. What options save twice on one budget is
in `overlap`, and who chooses in `choose`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from capmodel.algebra.evaluate import Inputs, Values
from capmodel.algebra.functions import AMOUNTS, at_least
from capmodel.algebra.links import assumption, lookup, prior, total
from capmodel.algebra.rows import Rows
from capmodel.algebra.table import Table
from capmodel.assumptions.pack import Pack
from capmodel.baseline.spend import columns_of
from capmodel.reinvestment import appraise
from capmodel.reinvestment import overlap as overlaps
from capmodel.reinvestment.appraise import effect_year, option, option_party
from capmodel.reinvestment.costs import option_year
from capmodel.reinvestment.options.choices import Choices
from capmodel.reinvestment.overlap import overlap, overlap_party

SHEET = appraise.PLAN_SHEET

plan = Table("plan", ("year",), "The plan by year", SHEET)

requirement = Table("requirement", ("rule",), "Options that need another", SHEET)

exclusion = Table("exclusion", ("rule",), "Options that exclude one another", SHEET)

exclusion_member = Table("exclusion_member", ("rule", "option"), "Members of each exclusive set", SHEET)

plan_party = Table("plan_party", ("party", "year"), "Effect of the plan on each party", SHEET)

objective = Table("objective", (), "What the plan is worth", SHEET)

TABLES = (*appraise.TABLES, option, *overlaps.TABLES, plan, requirement, exclusion_member, exclusion, plan_party, objective)


@effect_year.line("GBP", "Saving if chosen", chosen=lookup(option, "chosen_flag"))
def chosen_saving_gbp(saving_gbp: Any, chosen: Any) -> Any:
    """The adjusted saving where the option is chosen; more spend is left out."""
    return np.where(at_least(saving_gbp, 0, AMOUNTS), saving_gbp, 0) * chosen


@option.line("GBP", "Present value", total(option_year, "year_value_gbp", "option"))
def value_gbp() -> Any:
    """What the option is worth over the model years, discounted."""


@option.line("GBP", "Value if chosen")
def chosen_value_gbp(chosen_flag: Any, value_gbp: Any) -> Any:
    """The option's value where it is chosen."""
    return value_gbp * chosen_flag


@option.line("flag", "Slack: mandatory options are chosen")
def mandatory_slack_flag(chosen_flag: Any, mandatory_flag: Any) -> Any:
    """Below zero where an option that must be done is not chosen."""
    return (chosen_flag - 1) * mandatory_flag


@option_year.line("GBP", "Cost if chosen", chosen=lookup(option, "chosen_flag"))
def chosen_cost_gbp(cost_gbp: Any, chosen: Any) -> Any:
    """The option's cost where it is chosen."""
    return cost_gbp * chosen


@option_year.line("GBP", "Cost released if chosen", chosen=lookup(option, "chosen_flag"))
def chosen_released_gbp(option_released_gbp: Any, chosen: Any) -> Any:
    """What the system spends less where the option is chosen."""
    return option_released_gbp * chosen


@plan.line("GBP", "Cost of the plan", total(option_year, "chosen_cost_gbp", "year"))
def plan_cost_gbp() -> Any:
    """Cost of the chosen options."""


@plan.line("GBP", "Overlap in the saving (minus)", twice=total(overlap, "overlap_gbp", "year"))
def plan_overlap_gbp(twice: Any) -> Any:
    """What the chosen options would save twice on the budgets they share, as a minus."""
    return -twice


@plan.line("GBP", "Overlap in the cost released (minus)", twice=total(overlap, "overlap_released_gbp", "year"))
def plan_overlap_released_gbp(twice: Any) -> Any:
    """What they would release twice, as a minus."""
    return -twice


@plan.line("GBP", "Cost released by the plan", options=total(option_year, "chosen_released_gbp", "year"))
def plan_released_gbp(options: Any, plan_overlap_released_gbp: Any) -> Any:
    """What the chosen options release together."""
    return options + plan_overlap_released_gbp


@option_year.line("GBP", "Adjusted saving if chosen", chosen=lookup(option, "chosen_flag"))
def chosen_option_saving_gbp(option_saving_gbp: Any, chosen: Any) -> Any:
    """What payers pay less where the option is chosen, after optimism bias and prudence."""
    return option_saving_gbp * chosen


@plan.line("GBP", "Adjusted saving of the plan", options=total(option_year, "chosen_option_saving_gbp", "year"))
def plan_saving_gbp(options: Any, plan_overlap_gbp: Any) -> Any:
    """What the chosen options save together at present prices; to be held against the variance that the actual cost assumes."""
    return options + plan_overlap_gbp


@plan.line("GBP", "Recycled from the year before", before=prior("plan_released_gbp"), part=assumption("recycle_share"))
def recycled_gbp(before: Any, part: Any) -> Any:
    """Released cash that joins this year's investment budget, a year late. Source: Making integrated out-of-hospital care a reality (2012), principle 5."""
    return before * part


@plan.line("GBP", "Unspent budget brought forward", before=prior("slack_gbp"), allowed=assumption("carry_forward_flag"))
def brought_forward_gbp(before: Any, allowed: Any) -> Any:
    """Last year's unspent budget, where it may be carried."""
    return before * allowed


@plan.line("GBP", "Slack: the investment budget is not overspent", budget=assumption("investment_budget_gbp"))
def slack_gbp(budget: Any, brought_forward_gbp: Any, recycled_gbp: Any, plan_cost_gbp: Any) -> Any:
    """Budget less cost; below zero the plan cannot be paid for.

    >>> slack_gbp(100.0, 200.0, 0.0, 250.0)
    50.0
    """
    return budget + brought_forward_gbp + recycled_gbp - plan_cost_gbp


@requirement.line(
    "flag",
    "Slack: options have the option they need",
    chosen=lookup(option, "chosen_flag"),
    needed=lookup(option, "chosen_flag", option="needs"),
)
def requirement_slack_flag(chosen: Any, needed: Any) -> Any:
    """Below zero where an option is chosen without the one it needs."""
    return needed - chosen


@exclusion_member.line("flag", "Chosen", lookup(option, "chosen_flag"))
def member_flag() -> Any:
    """1 where the member of the set is chosen."""


@exclusion.line("flag", "Slack: at most one of an exclusive set is chosen", members=total(exclusion_member, "member_flag", "rule"))
def exclusion_slack_flag(members: Any) -> Any:
    """Below zero where more than one option of the set is chosen."""
    return 1 - members


@option_party.line("GBP", "Cost of the option if chosen", chosen=lookup(option, "chosen_flag"))
def chosen_own_cost_gbp(own_cost_gbp: Any, chosen: Any) -> Any:
    """The option's cost, for the party that pays it, where it is chosen."""
    return own_cost_gbp * chosen


@option_party.line("GBP", "Net effect if chosen", chosen=lookup(option, "chosen_flag"))
def chosen_net_gbp(net_gbp: Any, chosen: Any) -> Any:
    """The option's net effect on the party where it is chosen."""
    return net_gbp * chosen


@plan_party.line(
    "GBP",
    "Net effect of the plan",
    options=total(option_party, "chosen_net_gbp", "party", "year"),
    overlap=total(overlap_party, "overlap_net_gbp", "party", "year"),
)
def plan_net_gbp(options: Any, overlap: Any) -> Any:
    """What the whole plan does to the party in the year, before settlement: its options one by one, less their overlap."""
    return options - overlap


@objective.line("GBP", "Overlap in the value (minus)", twice=total(overlap_party, "overlap_counted_gbp"))
def overlap_value_gbp(twice: Any) -> Any:
    """The discounted value of what the chosen options would save twice, as a minus."""
    return -twice


@objective.line("GBP", "Present value of the plan", options=total(option, "chosen_value_gbp"))
def plan_value_gbp(options: Any, overlap_value_gbp: Any) -> Any:
    """What the optimiser makes as large as it can: the discounted value of the chosen options, less that of their overlap."""
    return options + overlap_value_gbp


#: The optimiser's model: what to make large, and what must not fall below zero.
OBJECTIVE = ("objective", "plan_value_gbp")
DECISION = ("option", "chosen_flag")
SLACKS = (
    ("plan", "slack_gbp"),
    ("option", "mandatory_slack_flag"),
    ("requirement", "requirement_slack_flag"),
    ("exclusion", "exclusion_slack_flag"),
)


def with_choice(known: Values, chosen: Sequence[int]) -> Values:
    """What is known, with a choice of options in place."""
    inputs: Inputs = replace(known.inputs, given={**known.inputs.given, DECISION: np.array(chosen, dtype=float)})
    return Values(inputs, known.figures)


def rows(pack: Pack, choices: Choices, baseline: Mapping[str, Rows]) -> dict[str, Rows]:
    """The rows of these tables; those of the baseline say who pays and who provides in each setting."""
    years = pack.years
    return {
        **overlaps.rows(pack, choices, baseline),
        "option": Rows({"option": choices.options}),
        "plan": Rows({}, years),
        "requirement": columns_of(("rule", "option", "needs"), list(choices.requires)),
        "exclusion": Rows({"rule": tuple(dict.fromkeys(rule for rule, _ in choices.exclusive))}),
        "exclusion_member": columns_of(("rule", "option"), list(choices.exclusive)),
        "plan_party": Rows({"party": tuple(entry.id for entry in pack.dimensions["party"])}, years),
        "objective": Rows({}),
    }
