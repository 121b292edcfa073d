"""Steps 2 to 4 of a settlement: actual cost on the basis of the target, the variance between them, and what of it does not count.

Plus is a gain, minus is a loss. When a variance is shared is in `threshold`.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Annotated, Any

import numpy as np
from pydantic import Field

from capmodel.algebra.functions import to_pence
from capmodel.algebra.links import assumption, lookup, total
from capmodel.algebra.table import Table
from capmodel.assumptions.document import ByYear, Strict
from capmodel.contracts.settlement.chance import chance, scope
from capmodel.contracts.settlement.check import Check
from capmodel.contracts.settlement.routes import Amount, check_lines
from capmodel.contracts.settlement.target import pool as pool
from capmodel.contracts.settlement.target import service as service
from capmodel.contracts.settlement.term import Term

#: Months in a year, for force majeure.
MONTHS = 12
COMPLETION = Term("actual_completion_index", title="Actual cost completed for late data", otherwise=1)
SHOCK = Term("excluded_shock_gbp", title="Agreed external shocks in the variance", signed=True)
EXCLUDED_PART = Term("excluded_part_share", title="Part of the year that does not count", times=MONTHS, related=True)


class Actual(Strict):
    """Step 2: actual cost on the basis of the target."""

    completion_index: Annotated[ByYear | None, COMPLETION] = None
    disallowed: list[Amount] = Field(default_factory=list)
    fees: list[Amount] = Field(default_factory=list)


class Exclusions(Strict):
    """Step 4: what of the variance does not count; a shock has the sign it has in the variance."""

    shock_gbp: Annotated[ByYear | None, SHOCK] = None
    months: Annotated[ByYear | None, EXCLUDED_PART] = None


def check_actual(check: Check, actual: Actual, exclusions: Exclusions) -> None:
    """Report figures that lack a year or cannot be, lines that the budgets do not have, and more months than a year has."""
    check.yearly(actual, "actual")
    for name, given in (("disallowed", actual.disallowed), ("fees", actual.fees)):
        check_lines(check, given, "actual", name)
        for i, each in enumerate(given):
            check.sizes(each.gbp, "actual", name, i, "gbp")
    check.yearly(exclusions, "exclusions")
    for year, months in (exclusions.months or {}).items():
        if not 0 <= months <= MONTHS:
            check.report(["exclusions", "months", year], f"months is {months:g}", "a year has 12", "Write 0 to 12")


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


@service.line("GBP", "Cost not yet recorded", completion=COMPLETION)
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


@pool.line("GBP", "Actual cost as recorded or expected", total(service, "actual_gbp", "year"))
def all_actual_gbp() -> Any:
    """Cost of the care in scope before it is put on the basis of the target."""


@pool.line("GBP", "Cost not yet recorded", total(service, "late_gbp", "year"))
def all_late_gbp() -> Any:
    """What late data will add."""


@pool.line("GBP", "Disallowed", total(service, "disallowed_gbp", "year"))
def all_disallowed_gbp() -> Any:
    """Cost the contract does not allow."""


@pool.line("GBP", "Above the stop-loss in actual cost", total(service, "actual_excess_gbp", "year"))
def all_actual_excess_gbp() -> Any:
    """What the stop-loss takes out of actual cost."""


@pool.line("GBP", "Cost of the scheme", total(service, "fee_gbp", "year"))
def all_fee_gbp() -> Any:
    """Fees met before anything is shared."""


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


@pool.line("GBP", "Variance that counts", shock=SHOCK, part=EXCLUDED_PART)
def counted_variance_gbp(variance_gbp: Any, shock: Any, part: Any) -> Any:
    """The variance without agreed external shocks and the part of the year that force majeure takes out, to the penny.

    A shock is written with the sign it has in the variance: a cost nobody could avoid is minus.

    >>> counted_variance_gbp(-1_200_000.0, -200_000.0, 0.25)
    -750000.0
    """
    return to_pence((variance_gbp - shock) * (1 - part))


def before_actual(services: Table, name: str, label: str) -> Table:
    """Services up to their actual cost, which is kept under another name: for a settlement whose actual cost is worked out otherwise.

    >>> list(before_actual(service, "assumed_actual_gbp", "Actual cost, as assumed").lines)[-1]
    'assumed_actual_gbp'
    """
    table = Table(services.name, services.keys, services.title, services.sheet, inputs=dict(services.inputs))
    names = list(services.lines)
    table.as_in(services, *names[: names.index("actual_gbp")])
    table.lines[name] = replace(services.lines["actual_gbp"], name=name, label=label)
    return table
