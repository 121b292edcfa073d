"""A settlement whose actual cost follows the chosen plan: what the options release comes off, and what they add is added.

Actual cost without the plan is what the contract assumes, or the outturn. Off it comes what the chosen options make the provider of a line
really spend less: cost that is released, not the price that is saved, with what the provider states itself and its closures, and less what overlaps.
It is shared over the lines of a provider in a setting as their budgets are. More spend by an effect is added alike. What an option costs
its provider in revenue is added too, over the provider's lines in scope; what payers and funds pay for options, and capital, stay outside
actual cost, and so does whatever happens out of scope. Lines and years with an outturn are settled on it: what options did in them is in it.
"""

from __future__ import annotations

from dataclasses import replace
from functools import lru_cache
from typing import Any

import numpy as np

from capmodel.algebra.functions import AMOUNTS, ratio, to_pence
from capmodel.algebra.links import lookup, total
from capmodel.algebra.rows import Rows
from capmodel.algebra.table import Table
from capmodel.assumptions.pack import Pack
from capmodel.baseline.spend import provider_mix
from capmodel.care_budgets.outturn.forecast import outturn_line
from capmodel.contracts import on_outturn
from capmodel.contracts.settlement import actual
from capmodel.contracts.settlement.chance import scope
from capmodel.reinvestment import net_position as on_assumed
from capmodel.reinvestment.appraise import option_payer
from capmodel.reinvestment.plan_totals import plan
from capmodel.reinvestment.released import effect_release, start_closure
from capmodel.reinvestment.starts import start, start_year
from capmodel.reinvestment.who_pays import SHEET, plan_setting

alliance_cost = Table("alliance_cost", ("start", "party", "year"), "Revenue cost of the chosen options by who pays it", SHEET)

provider_plan = Table("provider_plan", ("setting", "provider", "year"), "Cost released by the plan, by provider and setting", SHEET)

#: What the plan does to a line of the contract.
TAKEN_OFF = "Taken off actual cost by the plan"

plan_in_contract = Table("plan_in_contract", ("year",), "What of the plan is settled", SHEET)


@alliance_cost.line(
    "GBP",
    "Revenue cost of the chosen option",
    revenue=lookup(start_year, "start_revenue_gbp"),
    pays=lookup(option_payer, "pays_flag"),
    chosen=lookup(start, "chosen_flag"),
)
def paid_revenue_gbp(revenue: Any, pays: Any, chosen: Any) -> Any:
    """What the party pays of the revenue cost of the option, where it is chosen."""
    return revenue * pays * chosen


@provider_plan.line(
    "GBP",
    "Cost released by the plan",
    by_rule=lookup(plan_setting, "rule_in_year_gbp"),
    part=lookup(provider_mix, "provider_share"),
    extra=total(effect_release, "chosen_extra_gbp", "setting", "provider", "year"),
    closed=total(start_closure, "chosen_closure_gbp", "setting", "provider", "year"),
)
def provider_released_gbp(by_rule: Any, part: Any, extra: Any, closed: Any) -> Any:
    """What the provider spends less in the setting by the chosen options, less their overlap; a minus is more spend.

    >>> provider_released_gbp(400.0, 0.5, 20.0, 100.0)
    320.0
    """
    return by_rule * part + extra + closed


def scope_budget_gbp(budget_gbp: Any, out_of_scope_gbp: Any) -> Any:
    """The budget of the line, where it is in scope; zero where it is not."""
    return budget_gbp - out_of_scope_gbp


def plan_released_gbp(budget_gbp: Any, of_provider: Any, whole: Any, flag: Any) -> Any:
    """The line's part of what its provider releases in the setting by the plan, where the setting is in scope.

    >>> float(plan_released_gbp(600.0, 100.0, 1000.0, 1))
    60.0
    """
    return np.where(flag > 0, of_provider * ratio(budget_gbp, whole, decimals=AMOUNTS), 0)


def plan_cost_gbp(scope_budget_gbp: Any, of_provider: Any, whole: Any) -> Any:
    """The line's part of the revenue cost of the chosen options that its provider pays for, by its budgets in scope.

    >>> float(plan_cost_gbp(600.0, 100.0, 1000.0))
    60.0
    """
    return of_provider * ratio(scope_budget_gbp, whole, decimals=AMOUNTS)


def plan_effect_gbp(plan_released_gbp: Any, plan_cost_gbp: Any) -> Any:
    """What the plan takes off the actual cost of the line, to the penny: cost released less cost of options that is care in scope.

    >>> plan_effect_gbp(60.0, 25.0)
    35.0
    """
    return to_pence(plan_released_gbp - plan_cost_gbp)


def plan_beside_outturn_gbp(plan_released_gbp: Any, plan_cost_gbp: Any, in_year: Any) -> Any:
    """The same, and zero where months of the year are in.

    >>> plan_beside_outturn_gbp(60.0, 25.0, np.array([0, 1])).tolist()
    [35.0, 0.0]
    """
    return np.where(in_year > 0, 0, plan_effect_gbp(plan_released_gbp, plan_cost_gbp))


def actual_gbp(unplanned_actual_gbp: Any, plan_effect_gbp: Any) -> Any:
    """What the care in scope costs once the chosen options have done what they do.

    >>> actual_gbp(985.0, 35.0)
    950.0
    """
    return to_pence(unplanned_actual_gbp - plan_effect_gbp)


@lru_cache(maxsize=8)
def service_on_plan(base: Table) -> Table:
    """The services of a settlement with actual cost by the plan, in the place of a table whose actual cost is assumed or an outturn."""
    service = actual.before_actual(base, "unplanned_actual_gbp", "Actual cost, without the plan")
    service.line("GBP", "Budget in scope")(scope_budget_gbp)
    service.line(
        "GBP",
        "Cost released by the plan",
        of_provider=total(provider_plan, "provider_released_gbp", "setting", "provider", "year"),
        whole=total(service, "budget_gbp", "setting", "provider", "year"),
        flag=lookup(scope, "in_scope_flag"),
    )(plan_released_gbp)
    service.line(
        "GBP",
        "Cost of the chosen options that the provider pays",
        of_provider=total(alliance_cost, "paid_revenue_gbp", "year", party="provider"),
        whole=total(service, "scope_budget_gbp", "provider", "year"),
    )(plan_cost_gbp)
    if base is on_outturn.service:
        in_year = total(outturn_line, "in_year_flag", *base.keys)
        service.line("GBP", TAKEN_OFF, in_year=in_year)(plan_beside_outturn_gbp)
        service.lines["plan_effect_gbp"] = replace(service.lines.pop("plan_beside_outturn_gbp"), name="plan_effect_gbp")
    else:
        service.line("GBP", TAKEN_OFF)(plan_effect_gbp)
    service.line("GBP", base.lines["actual_gbp"].label)(actual_gbp)
    late = base.lines["late_gbp"]
    # What late data add is a part of the cost that is recorded or assumed; what the plan does is complete.
    service.lines["late_gbp"] = replace(late, links={**late.links, "actual_gbp": lookup(service, "unplanned_actual_gbp")})
    service.as_in(base, *(name for name in base.lines if name not in service.lines))
    return service


#: The services by which the other tables are wired.
service = service_on_plan(actual.service)

net_service = Table(on_assumed.net_service.name, on_assumed.net_service.keys, on_assumed.net_service.title, on_assumed.net_service.sheet)
net_service.as_in(on_assumed.net_service, "price_variance_gbp")


@net_service.line(
    "GBP",
    on_assumed.net_service.lines["cost_released_gbp"].label,
    part=on_assumed.net_service.lines["cost_released_gbp"].links["part"],
    of_plan=lookup(service, "plan_effect_gbp"),
)
def cost_released_gbp(price_variance_gbp: Any, part: Any, of_plan: Any) -> Any:
    """What the plan takes off is released cost already; of the rest of the variance, the part that a provider really saves.

    >>> cost_released_gbp(800.0, 0.4, 300.0).item()
    500.0
    """
    return on_assumed.cost_released_gbp(price_variance_gbp - of_plan, part) + of_plan


@plan_in_contract.line("GBP", "Taken off the actual cost of the contract", total(service, "plan_effect_gbp", "year"))
def settled_effect_gbp() -> Any:
    """What the plan changes in the variance of the contract; a minus is more cost."""


@plan_in_contract.line(
    "GBP",
    "Not settled: released in settings out of scope",
    released=lookup(plan, "plan_released_gbp"),
    inside=total(service, "plan_released_gbp", "year"),
)
def released_outside_gbp(released: Any, inside: Any) -> Any:
    """What the plan releases in settings out of scope, which falls on who pays and who provides there."""
    return released - inside


@plan_in_contract.line(
    "GBP",
    "Not settled: cost of the options that payers and funds pay, and capital",
    cost=lookup(plan, "plan_cost_gbp"),
    inside=total(service, "plan_cost_gbp", "year"),
)
def cost_outside_gbp(cost: Any, inside: Any) -> Any:
    """What payers and funds pay for the chosen options, and all capital: it is no actual cost of the contract."""
    return cost - inside


TABLES = (alliance_cost, provider_plan, plan_in_contract, net_service)


def rows(pack: Pack, options: Rows, providers: Rows) -> dict[str, Rows]:
    """The rows of these tables, on those of the starts of options by party, and of who provides in each setting."""
    return {
        alliance_cost.name: options,
        provider_plan.name: Rows(dict(providers.columns), pack.years),
        plan_in_contract.name: Rows({}, pack.years),
    }
