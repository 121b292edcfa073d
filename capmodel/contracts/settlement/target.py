"""Step 1 of a settlement: the target, from the Year of Care budgets by scope, agreed adjustments, the discount and changes of scope.

What a stop-loss takes out is stated in `stop_loss`. The tables of services and of the pool begin here; `actual` and the steps after it add
their lines.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated, Any

from capmodel.algebra.functions import to_pence
from capmodel.algebra.links import assumption, lookup, total
from capmodel.algebra.table import Table
from capmodel.assumptions.document import ByYear, Strict
from capmodel.care_budgets.year_of_care import care_budget
from capmodel.contracts.settlement import SHEET
from capmodel.contracts.settlement.chance import scope
from capmodel.contracts.settlement.check import Check
from capmodel.contracts.settlement.routes import LINE, Amount, check_lines
from capmodel.contracts.settlement.stop_loss import ACTUAL_EXCESS, TARGET_EXCESS
from capmodel.contracts.settlement.term import Stated, Term

PEOPLE = Term("target_population_index", title="Target adjusted for people", otherwise=1)
CASE_MIX = Term("target_case_mix_index", title="Target adjusted for case mix", otherwise=1)
PRICES = Term("target_price_index", title="Target adjusted for prices", otherwise=1)
EFFICIENCY = Term("target_efficiency_share", title="Efficiency taken from the target")


class Target(Strict):
    """Step 1: adjustments beyond the Year of Care budgets."""

    population_index: Annotated[ByYear | None, PEOPLE] = None
    case_mix_index: Annotated[ByYear | None, CASE_MIX] = None
    price_index: Annotated[ByYear | None, PRICES] = None
    efficiency_share: Annotated[ByYear | None, EFFICIENCY] = None


def check_target(check: Check, target: Target, scope_changes: Sequence[Amount]) -> None:
    """Report figures that lack a year or cannot be, and lines that the budgets do not have."""
    check.yearly(target, "target")
    check.yearly(scope_changes, "scope_changes")
    check_lines(check, scope_changes, "scope_changes")


service = Table("service", ("setting", "provider", "payer", "year"), "Target and actual by setting, provider and payer", SHEET)
service.take(Stated("scope_change_gbp", "GBP", "Agreed change of scope", at=f"scope_changes{LINE}.gbp.{{year}}", signed=True))
service.take(TARGET_EXCESS)
service.take(ACTUAL_EXCESS)
service.take(Stated("disallowed_gbp", "GBP", "Actual cost that the contract does not allow", at=f"actual.disallowed{LINE}.gbp.{{year}}"))
service.take(Stated("fee_gbp", "GBP", "Cost of the scheme, met before anything is shared", at=f"actual.fees{LINE}.gbp.{{year}}"))

pool = Table("pool", ("year",), "From the budget to the pool that is shared", SHEET)

TABLES = (service, pool)


@service.line("GBP", "Opening target", total(care_budget, "budget_gbp", "setting", "provider", "payer", "year"))
def budget_gbp() -> Any:
    """The Year of Care budgets of all segments for one setting, provider and payer."""


@service.line("GBP", "Out of scope", flag=lookup(scope, "in_scope_flag"))
def out_of_scope_gbp(budget_gbp: Any, flag: Any) -> Any:
    """The part of the budget the alliance does not answer for."""
    return budget_gbp * (1 - flag)


@service.line(
    "GBP",
    "Adjustment of the target",
    population=PEOPLE,
    case_mix=CASE_MIX,
    price=PRICES,
    efficiency=EFFICIENCY,
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


@pool.line("GBP", "Opening target, all services", total(service, "budget_gbp", "year"))
def all_budgets_gbp() -> Any:
    """What the target starts from."""


@pool.line("GBP", "Out of scope", total(service, "out_of_scope_gbp", "year"))
def all_out_of_scope_gbp() -> Any:
    """Budgets the alliance does not answer for."""


@pool.line("GBP", "Adjustments of the target", total(service, "adjustment_gbp", "year"))
def all_adjustment_gbp() -> Any:
    """Population, case mix, price and efficiency beyond the Year of Care budgets."""


@pool.line("GBP", "Alliance discount", total(service, "discount_gbp", "year"))
def all_discount_gbp() -> Any:
    """What the payers keep before anything is shared."""


@pool.line("GBP", "Agreed changes of scope", total(service, "scope_change_gbp", "year"))
def all_scope_change_gbp() -> Any:
    """Services that joined or left."""


@pool.line("GBP", "Above the stop-loss in the target", total(service, "target_excess_gbp", "year"))
def all_target_excess_gbp() -> Any:
    """What the stop-loss takes out of what the target is built on."""


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
