"""What each party keeps of the plan after settlement, where the contract settles the actual cost of the plan.

It is the net position after settlement, in which the plan is already, with what the plan does to the party outside the contract: in
settings out of scope, and the cost of options that it pays and that is no actual cost. It is held against the target, and so is not zero where no
option is chosen. Over all parties the plan moves it by the cost it releases less its cost, whatever the contract says.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from capmodel.algebra.functions import to_pence
from capmodel.algebra.links import lookup, total
from capmodel.algebra.rows import Rows
from capmodel.algebra.table import Table
from capmodel.assumptions.pack import Pack
from capmodel.contracts.settlement.chance import scope
from capmodel.reinvestment import appraise
from capmodel.reinvestment.appraise import perspective, start_party
from capmodel.reinvestment.discount import discount
from capmodel.reinvestment.net_position import net_position, true_saving
from capmodel.reinvestment.on_plan import plan_in_contract, service
from capmodel.reinvestment.planning import SHEET, objective
from capmodel.reinvestment.who_pays import who_pays

outside_contract = Table("outside_contract", ("party", "setting", "year"), "Effect of the plan outside the contract", SHEET)

after_settlement = Table("after_settlement", ("party", "year"), "What each party keeps after settlement, with the plan", SHEET)

settled_system = Table("settled_system", ("year",), "All parties after settlement, with the plan", SHEET)

settled_value = Table("settled_value", (), "What the plan is worth after settlement", SHEET)

settled_floor = Table("settled_floor", ("party", "year"), "Floors of parties after settlement", SHEET)
settled_floor.input("settled_floor_gbp", "GBP", "Least that the party must keep after settlement")

TABLES = (outside_contract, after_settlement, settled_system, settled_value, settled_floor)
#: The line that must not fall below zero where a party has a floor after settlement.
FLOOR = ("settled_floor", "settled_slack_gbp")


@outside_contract.line(
    "GBP",
    "Gains (plus) or pays (minus) out of scope",
    effect=lookup(who_pays, "in_year_gbp"),
    flag=lookup(scope, "in_scope_flag"),
)
def outside_gbp(effect: Any, flag: Any) -> Any:
    """What the plan does to the party as a payer and a provider in a setting that is out of scope; zero in scope, which is settled."""
    return effect * (1 - flag)


@after_settlement.line("GBP", "Net position after settlement", lookup(net_position, "net_position_gbp"))
def contract_gbp() -> Any:
    """Own variance, transfer and cost that stays behind, with the plan in actual cost."""


@after_settlement.line("GBP", "Effect of the plan out of scope", total(outside_contract, "outside_gbp", "party", "year"))
def out_of_scope_effect_gbp() -> Any:
    """What the plan does to the party in settings out of scope."""


@after_settlement.line(
    "GBP",
    "Cost of the options outside actual cost (minus)",
    pays=total(start_party, "chosen_own_cost_gbp", "party", "year"),
    settled=total(service, "plan_cost_gbp", "year", provider="party"),
)
def own_cost_outside_gbp(pays: Any, settled: Any) -> Any:
    """What the party pays for the chosen options and does not count as actual cost.

    >>> own_cost_outside_gbp(100.0, 60.0)
    -40.0
    """
    return settled - pays


@after_settlement.line("GBP", "Kept after settlement, with the plan")
def kept_gbp(contract_gbp: Any, out_of_scope_effect_gbp: Any, own_cost_outside_gbp: Any) -> Any:
    """Where the party ends against the target once the contract is settled on the plan and the options are paid.

    >>> kept_gbp(500.0, -20.0, -40.0)
    440.0
    """
    return contract_gbp + out_of_scope_effect_gbp + own_cost_outside_gbp


@after_settlement.line(
    "GBP",
    "Value that counts",
    weight=lookup(perspective, "perspective_index"),
    real=lookup(discount, "real_index"),
    factor=lookup(discount, "discount_index"),
)
def counted_kept_gbp(kept_gbp: Any, weight: Any, real: Any, factor: Any) -> Any:
    """What is kept in money of the first year, discounted, for the parties whose pounds count."""
    return appraise.counted_gbp(kept_gbp, weight, real, factor)


@settled_floor.line("GBP", "Slack: no party keeps less than its floor after settlement", kept=lookup(after_settlement, "kept_gbp"))
def settled_slack_gbp(kept: Any, settled_floor_gbp: Any) -> Any:
    """What the party keeps after settlement above its floor.

    >>> settled_slack_gbp(-250.0, -100.0)
    -150.0
    """
    return kept - settled_floor_gbp


@settled_value.line("GBP", "Present value after settlement", total(after_settlement, "counted_kept_gbp"))
def settled_value_gbp() -> Any:
    """What the parties whose pounds count keep after settlement over the model years, against the target."""


#: The objective of a place that chooses by what is kept after settlement, with the value before it beside.
settled_objective = Table(objective.name, objective.keys, objective.title, objective.sheet)
settled_objective.as_in(objective, "overlap_value_gbp")
_before = objective.lines["plan_value_gbp"]
settled_objective.lines["unsettled_value_gbp"] = replace(
    _before, name="unsettled_value_gbp", label="Present value of the plan before settlement"
)


@settled_objective.line("GBP", "Present value after settlement", lookup(settled_value, "settled_value_gbp"))
def plan_value_gbp() -> Any:
    """What the choice makes as large as it can: what the parties whose pounds count keep after settlement."""


@settled_system.line("GBP", "Kept by all parties", total(after_settlement, "kept_gbp", "year"))
def all_kept_gbp() -> Any:
    """What all parties keep; no settlement changes it."""


@settled_system.line(
    "GBP",
    "Check: parties keep what the system saves",
    saved=lookup(true_saving, "true_saving_gbp"),
    outside=lookup(plan_in_contract, "released_outside_gbp"),
    cost=lookup(plan_in_contract, "cost_outside_gbp"),
)
def check_kept_gbp(all_kept_gbp: Any, saved: Any, outside: Any, cost: Any) -> Any:
    """Zero where no pound of the plan is lost between contract and parties, and every released pound in scope is on a line of the contract."""
    return to_pence(all_kept_gbp - (saved + outside - cost))


def rows(pack: Pack, cells: Rows) -> dict[str, Rows]:
    """The rows of these tables, on those of who pays and who gains by party and setting."""
    return {
        outside_contract.name: cells,
        after_settlement.name: Rows({"party": tuple(entry.id for entry in pack.dimensions["party"])}, pack.years),
        settled_system.name: Rows({}, pack.years),
        settled_value.name: Rows({}),
    }
