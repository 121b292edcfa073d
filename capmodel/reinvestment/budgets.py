"""What there is to spend on options in each year: one definition of a budget, of one partner or of all partners together.

A budget pays for capital, for revenue or for both. Unspent budget is carried only where that is permitted. Released cash joins a budget after
its lag and only from the settings it is ring-fenced for. The investment budget of parameters.yaml is the budget over all partners and all
settings with a lag of one year; a place that states budgets of partners in options.yaml may leave it out.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np

from capmodel.algebra.evaluate import Values
from capmodel.algebra.links import assumption, earlier, lookup, prior, total
from capmodel.algebra.rows import Floats, Rows
from capmodel.algebra.table import Table
from capmodel.assumptions.pack import Pack
from capmodel.baseline.spend import columns_of
from capmodel.errors import listed
from capmodel.reinvestment.limits import limited_effect
from capmodel.reinvestment.options.choices import Choices
from capmodel.reinvestment.options.limits import INVESTMENT, OVERALL
from capmodel.reinvestment.options.stated import COSTS
from capmodel.reinvestment.overlap import overlap, overlap_release
from capmodel.reinvestment.plan_totals import plan
from capmodel.reinvestment.released import effect_release, start_closure
from capmodel.reinvestment.starts import PLAN_SHEET, start, start_year

SHEET = PLAN_SHEET
#: The terms of the investment budget, beside the budget itself.
CARRIES, RECYCLES = TERMS = "carry_forward_flag", "recycle_share"
#: The columns of what options cost.
COST_COLUMNS = (*COSTS, "monthly_running_gbp")

budget_terms = Table("budget_terms", ("budget",), "Terms of the budgets of partners", SHEET)
budget_terms.input("budget_carries_flag", "flag", "Unspent budget may be carried forward")
budget_terms.input("recycled_part_share", "share", "Part of the released cash that is recycled")
budget_terms.input("takes_capital_flag", "flag", "The budget pays for capital", internal=True)
budget_terms.input("takes_revenue_flag", "flag", "The budget pays for revenue", internal=True)

partner_budget = Table("partner_budget", ("budget", "year"), "Budgets of partners", SHEET)
partner_budget.input("partner_budget_gbp", "GBP", "Budget")

overall_budget = Table("overall_budget", ("budget", "year"), "The investment budget over all partners", SHEET)

budget_charge = Table("budget_charge", ("budget", "start", "year"), "What each option would take of each budget", SHEET)

budget_ring = Table("budget_ring", ("budget", "setting", "year"), "Released cash that is ring-fenced for a budget", SHEET)

budget = Table("budget", ("budget", "year"), "Budgets by year", SHEET)

TABLES = (budget_terms, partner_budget, overall_budget, budget_charge, budget_ring, budget)


@overall_budget.line("GBP", "Budget", assumption(INVESTMENT))
def overall_gbp() -> Any:
    """The investment budget of the year."""


@overall_budget.line("flag", "Unspent budget may be carried forward", assumption(CARRIES))
def overall_carries_flag() -> Any:
    """1 where what is left of it may be spent in the next year."""


@overall_budget.line("share", "Part of the released cash that is recycled", assumption(RECYCLES))
def overall_recycled_share() -> Any:
    """The part of all released cash that joins it."""


@overall_budget.line("GBP", "Cost charged to the budget", lookup(plan, "plan_cost_gbp"))
def overall_cost_gbp() -> Any:
    """All cost of the chosen options, whoever pays it."""


@overall_budget.line("GBP", "Released cash of all settings", lookup(plan, "plan_released_gbp"))
def overall_released_gbp() -> Any:
    """All that the chosen options release, together."""


@budget_charge.line(
    "GBP",
    "Cost that the budget pays for",
    capital=lookup(start_year, "start_capital_gbp"),
    revenue=lookup(start_year, "start_revenue_gbp"),
    takes_capital=lookup(budget_terms, "takes_capital_flag"),
    takes_revenue=lookup(budget_terms, "takes_revenue_flag"),
)
def charge_gbp(capital: Any, revenue: Any, takes_capital: Any, takes_revenue: Any) -> Any:
    """The capital cost, the revenue cost or both of an option, whichever the budget pays for.

    >>> charge_gbp(100.0, 40.0, 1.0, 0.0)
    100.0
    """
    return capital * takes_capital + revenue * takes_revenue


@budget_charge.line("GBP", "Charged to the budget", chosen=lookup(start, "chosen_flag"))
def charged_gbp(charge_gbp: Any, chosen: Any) -> Any:
    """The same where the option is chosen."""
    return charge_gbp * chosen


@budget_ring.line(
    "GBP",
    "Cost released in year",
    rule=total(limited_effect, "limited_released_gbp", "setting", "year"),
    extra=total(effect_release, "chosen_extra_gbp", "setting", "year"),
    closed=total(start_closure, "chosen_closure_gbp", "setting", "year"),
    twice=total(overlap, "overlap_released_gbp", "setting", "year"),
    extra_twice=total(overlap_release, "overlap_extra_gbp", "setting", "year"),
)
def ring_released_gbp(rule: Any, extra: Any, closed: Any, twice: Any, extra_twice: Any) -> Any:
    """What the chosen options and closures release in a setting that the budget is ring-fenced for, less their overlap."""
    return rule + extra + closed - twice - extra_twice


@budget.line(
    "GBP",
    "Budget of the year",
    partner=total(partner_budget, "partner_budget_gbp", "budget", "year"),
    overall=total(overall_budget, "overall_gbp", "budget", "year"),
)
def budget_gbp(partner: Any, overall: Any) -> Any:
    """What is stated for the year: a budget is of one partner, or over all of them."""
    return partner + overall


@budget.line(
    "GBP",
    "Cost charged to the budget",
    charged=total(budget_charge, "charged_gbp", "budget", "year"),
    overall=total(overall_budget, "overall_cost_gbp", "budget", "year"),
)
def budget_cost_gbp(charged: Any, overall: Any) -> Any:
    """What the chosen options take of the budget."""
    return charged + overall


@budget.line(
    "GBP",
    "Released cash that is ring-fenced for the budget",
    ringed=total(budget_ring, "ring_released_gbp", "budget", "year"),
    overall=total(overall_budget, "overall_released_gbp", "budget", "year"),
)
def ringed_gbp(ringed: Any, overall: Any) -> Any:
    """What the chosen options release in the settings of the budget."""
    return ringed + overall


@budget.line(
    "GBP",
    "Recycled into the budget",
    released=earlier(budget, "ringed_gbp", years="lag"),
    part=total(budget_terms, "recycled_part_share", "budget"),
    overall=total(overall_budget, "overall_recycled_share", "budget", "year"),
)
def budget_recycled_gbp(released: Any, part: Any, overall: Any) -> Any:
    """Released cash that joins the budget after its lag. Source: Making integrated out-of-hospital care a reality (2012), principle 5.

    >>> budget_recycled_gbp(400.0, 0.5, 0.0)
    200.0
    """
    return released * (part + overall)


@budget.line(
    "GBP",
    "Unspent budget brought forward",
    before=prior("budget_slack_gbp"),
    carries=total(budget_terms, "budget_carries_flag", "budget"),
    overall=total(overall_budget, "overall_carries_flag", "budget", "year"),
)
def budget_brought_gbp(before: Any, carries: Any, overall: Any) -> Any:
    """The unspent budget of the year before, where it may be carried.

    >>> budget_brought_gbp(200.0, 0.0, 1.0)
    200.0
    """
    return before * (carries + overall)


@budget.line("GBP", "Slack: no budget is overspent")
def budget_slack_gbp(budget_gbp: Any, budget_brought_gbp: Any, budget_recycled_gbp: Any, budget_cost_gbp: Any) -> Any:
    """Budget less cost; below zero the plan cannot be paid for.

    >>> budget_slack_gbp(100.0, 200.0, 0.0, 250.0)
    50.0
    """
    return budget_gbp + budget_brought_gbp + budget_recycled_gbp - budget_cost_gbp


def charges_of(values: Values, name: str) -> dict[str, Floats]:
    """What each start that a budget pays for would take of it by year, chosen or not."""
    if name == OVERALL:
        starts, node = values.inputs.rows[start.name].columns["start"], (start_year.name, "cost_gbp")
        return dict(zip(starts, values.figure(node).reshape(len(starts), len(values.inputs.rows[start_year.name].years)), strict=True))
    lines = values.inputs.rows[budget_charge.name]
    charges = values.figure((budget_charge.name, "charge_gbp")).reshape(lines.lines, len(lines.years))
    pairs = zip(lines.columns["budget"], lines.columns["start"], charges, strict=True)
    return {of: charge for own, of, charge in pairs if own == name}


def multiplied(known: Values, factor: float) -> Values:
    """What is known before the options, with every budget of every year multiplied."""
    inputs, node = known.inputs, (partner_budget.name, "partner_budget_gbp")
    assumed = {name: figures * factor for name, figures in inputs.assumptions.items() if name == INVESTMENT}
    given = {node: inputs.given[node] * factor}
    return Values(replace(inputs, assumptions={**inputs.assumptions, **assumed}, given={**inputs.given, **given}), known.figures)


def stated_gbp(known: Values) -> Floats:
    """What the budgets state by year: that over all partners, or where there is none those of the partners together."""
    years = known.inputs.rows[budget.name].years
    if known.inputs.rows[overall_budget.name].lines:
        return np.zeros(len(years)) + known.assumed(INVESTMENT)
    together: Floats = known.inputs.given[partner_budget.name, "partner_budget_gbp"].reshape(-1, len(years)).sum(axis=0)
    return together


def has_overall(pack: Pack, choices: Choices) -> bool:
    """Whether the place has the budget over all partners: it is stated, or there is no other."""
    return INVESTMENT in pack.assumptions or not choices.rows[budget_terms.name].lines


def remarks(pack: Pack, choices: Choices) -> tuple[str, ...]:
    """What has no effect of the investment budget and its terms: terms without the budget, and a budget of nothing."""
    if not has_overall(pack, choices):
        idle = [name for name in TERMS if name in pack.assumptions]
        why = f"the place states no {INVESTMENT}, and each budget of options.yaml has terms of its own"
        return (f"Without effect: {listed(idle)}, since {why}",) if idle else ()
    costs = (figure.value for name in COST_COLUMNS for figure in choices.columns[name].figures.values())
    return () if any(costs) else (f"Without effect: {INVESTMENT}, since no option has a cost",)


def rows(pack: Pack, choices: Choices) -> dict[str, Rows]:
    """The rows of the budgets; those of what options.yaml states are with the options."""
    terms = choices.rows[budget_terms.name].columns
    overall = [(OVERALL, "1")] if has_overall(pack, choices) else []
    stated = list(zip(terms["budget"], terms["lag"], strict=True))
    charged = [(name, each.id) for name, option in choices.charges for each in choices.starts if each.option == option]
    return {
        budget.name: columns_of(("budget", "lag"), [*overall, *stated], pack.years),
        overall_budget.name: columns_of(("budget",), [(name,) for name, _ in overall], pack.years),
        budget_charge.name: columns_of(("budget", "start"), charged, pack.years),
    }
