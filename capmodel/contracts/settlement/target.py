"""Steps 1 to 4 of a settlement: the target, the actual cost, the variance between them, and what of it does not count.

The target leads from the Year of Care budgets by what is out of scope, agreed adjustments, the alliance's discount and
changes of scope. Target and actual are on the same basis: what a stop-loss takes out of one it takes out of the other.
Plus is a gain, a loss is minus. Sharing begins in `bands`.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from capmodel.algebra.functions import to_pence
from capmodel.algebra.links import assumption, lookup, total
from capmodel.algebra.table import Table
from capmodel.care_budgets.year_of_care import care_budget
from capmodel.contracts.settlement.chance import chance, scope

SHEET = "Calc 4 Settlement"

service = Table("service", ("setting", "provider", "payer", "year"), "Target and actual by setting, provider and payer", SHEET)
service.input("scope_change_gbp", "GBP", "Agreed change of scope")
service.input("target_excess_gbp", "GBP", "Cost above the stop-loss in what the target is built on")
service.input("actual_excess_gbp", "GBP", "Cost above the stop-loss in actual cost")
service.input("disallowed_gbp", "GBP", "Actual cost that the contract does not allow")
service.input("fee_gbp", "GBP", "Cost of the scheme, met before anything is shared")

pool = Table("pool", ("year",), "From the budget to the pool that is shared", SHEET)

TABLES = (service, pool)


@service.line("GBP", "Year of Care budget", lines=total(care_budget, "budget_gbp", "setting", "provider", "payer", "year"))
def budget_gbp(lines: Any) -> Any:
    """The Year of Care budgets of all segments for one setting, provider and payer."""
    return lines


@service.line("GBP", "Out of scope", flag=lookup(scope, "in_scope_flag"))
def out_of_scope_gbp(budget_gbp: Any, flag: Any) -> Any:
    """The part of the budget the alliance does not answer for."""
    return budget_gbp * (1 - flag)


@service.line(
    "GBP",
    "Adjustment of the target",
    population=assumption("target_population_index"),
    case_mix=assumption("target_case_mix_index"),
    price=assumption("target_price_index"),
    efficiency=assumption("target_efficiency_share"),
)
def adjustment_gbp(budget_gbp: Any, out_of_scope_gbp: Any, population: Any, case_mix: Any, price: Any, efficiency: Any) -> Any:
    """What population, case mix, price and efficiency beyond the Year of Care budgets add to the target, to the penny.

    >>> round(adjustment_gbp(1000.0, 0.0, 1.02, 1.0, 1.01, 0.01), 2)
    19.9
    """
    return to_pence((budget_gbp - out_of_scope_gbp) * (population * case_mix * price * (1 - efficiency) - 1))


@service.line("GBP", "Alliance discount", rate=assumption("alliance_discount_share"))
def discount_gbp(budget_gbp: Any, out_of_scope_gbp: Any, adjustment_gbp: Any, rate: Any) -> Any:
    """What the payers keep off the target before anything is shared, to the penny."""
    return to_pence((budget_gbp - out_of_scope_gbp + adjustment_gbp) * rate)


@service.line("GBP", "Target")
def target_gbp(
    budget_gbp: Any, out_of_scope_gbp: Any, adjustment_gbp: Any, discount_gbp: Any, scope_change_gbp: Any, target_excess_gbp: Any
) -> Any:
    """What the parties agreed the care in scope should cost.

    >>> target_gbp(1000.0, 0.0, 0.0, 5.0, 20.0, 0.0)
    1015.0
    """
    return budget_gbp - out_of_scope_gbp + adjustment_gbp - discount_gbp + scope_change_gbp - target_excess_gbp


@service.line(
    "GBP",
    "Actual cost",
    place_pressure=assumption("demand_pressure_share"),
    own_pressure=lookup(scope, "setting_pressure_share"),
    by_chance=lookup(chance, "chance_share"),
)
def actual_gbp(
    budget_gbp: Any,
    out_of_scope_gbp: Any,
    adjustment_gbp: Any,
    scope_change_gbp: Any,
    place_pressure: Any,
    own_pressure: Any,
    by_chance: Any,
) -> Any:
    """What the care in scope is expected to cost, to the penny; replaced by the accounts once they are known.

    >>> actual_gbp(1000.0, 0.0, 0.0, 0.0, -0.02, 0.005, 0.0)
    985.0
    """
    return to_pence((budget_gbp - out_of_scope_gbp + adjustment_gbp + scope_change_gbp) * (1 + place_pressure + own_pressure + by_chance))


@service.line("GBP", "Cost not yet recorded", completion=assumption("actual_completion_index"))
def late_gbp(actual_gbp: Any, completion: Any) -> Any:
    """What late data will add to actual cost, by the completion factor, to the penny.

    >>> round(late_gbp(1000.0, 1.013), 2)
    13.0
    """
    return to_pence(actual_gbp * (completion - 1))


@service.line("GBP", "Actual cost that counts")
def counted_gbp(actual_gbp: Any, late_gbp: Any, disallowed_gbp: Any, actual_excess_gbp: Any, fee_gbp: Any) -> Any:
    """Actual cost on the basis of the target: completed, without what is disallowed or above the stop-loss, with the scheme's own cost.

    >>> counted_gbp(157_000.0, 0.0, 0.0, 70_000.0, 0.0)
    87000.0
    """
    return actual_gbp + late_gbp - disallowed_gbp - actual_excess_gbp + fee_gbp


@service.line("GBP", "Check: no target is below zero")
def check_target_sign_gbp(target_gbp: Any) -> Any:
    """Zero unless a change of scope takes away more than there is."""
    return to_pence(np.minimum(target_gbp, 0))


@service.line("GBP", "Variance")
def service_variance_gbp(target_gbp: Any, counted_gbp: Any) -> Any:
    """Target less actual: plus is a gain, minus a loss."""
    return target_gbp - counted_gbp


@pool.line("GBP", "Year of Care budgets", lines=total(service, "budget_gbp", "year"))
def all_budgets_gbp(lines: Any) -> Any:
    """What the target starts from."""
    return lines


@pool.line("GBP", "Out of scope", lines=total(service, "out_of_scope_gbp", "year"))
def all_out_of_scope_gbp(lines: Any) -> Any:
    """Budgets the alliance does not answer for."""
    return lines


@pool.line("GBP", "Adjustments of the target", lines=total(service, "adjustment_gbp", "year"))
def all_adjustment_gbp(lines: Any) -> Any:
    """Population, case mix, price and efficiency beyond the Year of Care budgets."""
    return lines


@pool.line("GBP", "Alliance discount", lines=total(service, "discount_gbp", "year"))
def all_discount_gbp(lines: Any) -> Any:
    """What the payers keep before anything is shared."""
    return lines


@pool.line("GBP", "Agreed changes of scope", lines=total(service, "scope_change_gbp", "year"))
def all_scope_change_gbp(lines: Any) -> Any:
    """Services that joined or left."""
    return lines


@pool.line("GBP", "Above the stop-loss in the target", lines=total(service, "target_excess_gbp", "year"))
def all_target_excess_gbp(lines: Any) -> Any:
    """What the stop-loss takes out of what the target is built on."""
    return lines


@pool.line("GBP", "Target", lines=total(service, "target_gbp", "year"))
def pool_target_gbp(lines: Any) -> Any:
    """What the parties agreed the care in scope should cost, to the penny."""
    return to_pence(lines)


@pool.line("GBP", "Check: the target bridge adds up")
def check_target_gbp(
    all_budgets_gbp: Any,
    all_out_of_scope_gbp: Any,
    all_adjustment_gbp: Any,
    all_discount_gbp: Any,
    all_scope_change_gbp: Any,
    all_target_excess_gbp: Any,
    pool_target_gbp: Any,
) -> Any:
    """Zero where budgets, scope, adjustments and discount lead to the target."""
    bridge = all_budgets_gbp - all_out_of_scope_gbp + all_adjustment_gbp - all_discount_gbp + all_scope_change_gbp
    return to_pence(bridge - all_target_excess_gbp - pool_target_gbp)


@pool.line("GBP", "Actual cost as recorded or expected", lines=total(service, "actual_gbp", "year"))
def all_actual_gbp(lines: Any) -> Any:
    """Cost of the care in scope before it is put on the basis of the target."""
    return lines


@pool.line("GBP", "Cost not yet recorded", lines=total(service, "late_gbp", "year"))
def all_late_gbp(lines: Any) -> Any:
    """What late data will add."""
    return lines


@pool.line("GBP", "Disallowed", lines=total(service, "disallowed_gbp", "year"))
def all_disallowed_gbp(lines: Any) -> Any:
    """Cost the contract does not allow."""
    return lines


@pool.line("GBP", "Above the stop-loss in actual cost", lines=total(service, "actual_excess_gbp", "year"))
def all_actual_excess_gbp(lines: Any) -> Any:
    """What the stop-loss takes out of actual cost."""
    return lines


@pool.line("GBP", "Cost of the scheme", lines=total(service, "fee_gbp", "year"))
def all_fee_gbp(lines: Any) -> Any:
    """Fees met before anything is shared."""
    return lines


@pool.line("GBP", "Actual cost", lines=total(service, "counted_gbp", "year"))
def pool_actual_gbp(lines: Any) -> Any:
    """Cost of the care in scope, on the same basis as the target, to the penny."""
    return to_pence(lines)


@pool.line("GBP", "Check: the bridge of actual cost adds up")
def check_actual_gbp(
    all_actual_gbp: Any, all_late_gbp: Any, all_disallowed_gbp: Any, all_actual_excess_gbp: Any, all_fee_gbp: Any, pool_actual_gbp: Any
) -> Any:
    """Zero where what was recorded leads to what counts."""
    return to_pence(all_actual_gbp + all_late_gbp - all_disallowed_gbp - all_actual_excess_gbp + all_fee_gbp - pool_actual_gbp)


@pool.line("GBP", "Variance")
def variance_gbp(pool_target_gbp: Any, pool_actual_gbp: Any) -> Any:
    """Target less actual, to the penny: plus is a gain, minus a loss.

    >>> variance_gbp(1_234_567.89, 1_234_567.89)
    0.0
    """
    return to_pence(pool_target_gbp - pool_actual_gbp)


@pool.line("GBP", "Variance that counts", shock=assumption("excluded_shock_gbp"), part=assumption("excluded_part_share"))
def counted_variance_gbp(variance_gbp: Any, shock: Any, part: Any) -> Any:
    """The variance without agreed external shocks and the part of the year that force majeure takes out, to the penny.

    A shock is written with the sign it has in the variance: a cost nobody could avoid is minus.

    >>> counted_variance_gbp(-1_200_000.0, -200_000.0, 0.25)
    -750000.0
    """
    return to_pence((variance_gbp - shock) * (1 - part))
