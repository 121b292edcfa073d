"""Steps 1 to 3 of a settlement: the target, the actual cost, and the variance between them.

The target leads from the Year of Care budgets by what is out of scope, the alliance's discount and agreed changes of
scope. Target and actual stand on the same basis. Plus is a gain, a loss is minus. Sharing begins in `bands`.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from capmodel.algebra.functions import to_pence
from capmodel.algebra.links import assumption, lookup, total
from capmodel.algebra.table import Table
from capmodel.care_budgets.year_of_care import care_budget

SHEET = "Calc 4 Settlement"

scope = Table("scope", ("setting",), "What is in scope", SHEET)
scope.input("in_scope_flag", "flag", "In scope of the alliance")
scope.input("setting_pressure_share", "share", "Actual cost against the target in this setting, beyond the place's")

service = Table("service", ("setting", "provider", "payer", "year"), "Target and actual by setting, provider and payer", SHEET)
service.input("scope_change_gbp", "GBP", "Agreed change of scope")

pool = Table("pool", ("year",), "From the budget to the pool that is shared", SHEET)

TABLES = (scope, service, pool)


@service.line("GBP", "Year of Care budget", lines=total(care_budget, "budget_gbp", "setting", "provider", "payer", "year"))
def budget_gbp(lines: Any) -> Any:
    """The Year of Care budgets of all segments for one setting, provider and payer."""
    return lines


@service.line("GBP", "Out of scope", flag=lookup(scope, "in_scope_flag"))
def out_of_scope_gbp(budget_gbp: Any, flag: Any) -> Any:
    """The part of the budget the alliance does not answer for."""
    return budget_gbp * (1 - flag)


@service.line("GBP", "Alliance discount", rate=assumption("alliance_discount_share"))
def discount_gbp(budget_gbp: Any, out_of_scope_gbp: Any, rate: Any) -> Any:
    """What the payers keep off the target before anything is shared, to the penny."""
    return to_pence((budget_gbp - out_of_scope_gbp) * rate)


@service.line("GBP", "Target")
def target_gbp(budget_gbp: Any, out_of_scope_gbp: Any, discount_gbp: Any, scope_change_gbp: Any) -> Any:
    """What the parties agreed the care in scope should cost.

    >>> target_gbp(1000.0, 0.0, 5.0, 20.0)
    1015.0
    """
    return budget_gbp - out_of_scope_gbp - discount_gbp + scope_change_gbp


@service.line(
    "GBP", "Actual cost", place_pressure=assumption("demand_pressure_share"), own_pressure=lookup(scope, "setting_pressure_share")
)
def actual_gbp(budget_gbp: Any, out_of_scope_gbp: Any, scope_change_gbp: Any, place_pressure: Any, own_pressure: Any) -> Any:
    """What the care in scope is expected to cost, to the penny; replaced by the accounts once they are known.

    >>> actual_gbp(1000.0, 0.0, 0.0, -0.02, 0.005)
    985.0
    """
    return to_pence((budget_gbp - out_of_scope_gbp + scope_change_gbp) * (1 + place_pressure + own_pressure))


@service.line("GBP", "Check: no target is below nought")
def check_target_sign_gbp(target_gbp: Any) -> Any:
    """Nought unless a change of scope takes away more than there is."""
    return to_pence(np.minimum(target_gbp, 0))


@service.line("GBP", "Variance")
def service_variance_gbp(target_gbp: Any, actual_gbp: Any) -> Any:
    """Target less actual: plus is a gain, minus a loss."""
    return target_gbp - actual_gbp


@pool.line("GBP", "Year of Care budgets", lines=total(service, "budget_gbp", "year"))
def all_budgets_gbp(lines: Any) -> Any:
    """What the target starts from."""
    return lines


@pool.line("GBP", "Out of scope", lines=total(service, "out_of_scope_gbp", "year"))
def all_out_of_scope_gbp(lines: Any) -> Any:
    """Budgets the alliance does not answer for."""
    return lines


@pool.line("GBP", "Alliance discount", lines=total(service, "discount_gbp", "year"))
def all_discount_gbp(lines: Any) -> Any:
    """What the payers keep before anything is shared."""
    return lines


@pool.line("GBP", "Agreed changes of scope", lines=total(service, "scope_change_gbp", "year"))
def all_scope_change_gbp(lines: Any) -> Any:
    """Services that joined or left."""
    return lines


@pool.line("GBP", "Target", lines=total(service, "target_gbp", "year"))
def pool_target_gbp(lines: Any) -> Any:
    """What the parties agreed the care in scope should cost, to the penny."""
    return to_pence(lines)


@pool.line("GBP", "Check: the target bridge adds up")
def check_target_gbp(
    all_budgets_gbp: Any, all_out_of_scope_gbp: Any, all_discount_gbp: Any, all_scope_change_gbp: Any, pool_target_gbp: Any
) -> Any:
    """Nought where budgets, scope and discount lead to the target."""
    return to_pence(all_budgets_gbp - all_out_of_scope_gbp - all_discount_gbp + all_scope_change_gbp - pool_target_gbp)


@pool.line("GBP", "Actual cost", lines=total(service, "actual_gbp", "year"))
def pool_actual_gbp(lines: Any) -> Any:
    """Cost of the care in scope, on the same basis as the target, to the penny."""
    return to_pence(lines)


@pool.line("GBP", "Variance")
def variance_gbp(pool_target_gbp: Any, pool_actual_gbp: Any) -> Any:
    """Target less actual, to the penny: plus is a gain, minus a loss.

    >>> variance_gbp(1_234_567.89, 1_234_567.89)
    0.0
    """
    return to_pence(pool_target_gbp - pool_actual_gbp)
