"""A settlement whose target and actual cost are given by setting, provider and payer, in the place of the Year of Care budgets.

The contract's own terms apply to both as they do to budgets: adjustments, scope, discount, stop-loss, late data. What care is
expected to cost is not worked out; neither pressure nor chance moves it.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from capmodel.algebra.links import lookup, total
from capmodel.algebra.rows import Rows
from capmodel.algebra.table import Table
from capmodel.assumptions.pack import Pack
from capmodel.assumptions.step import CONTRACT, Given, keys_given
from capmodel.baseline.spend import columns_of
from capmodel.care_budgets import year_of_care
from capmodel.contracts.settlement import SHEET, chance
from capmodel.contracts.settlement.actual import service as on_budgets

#: The tables of the place that give the target and the actual cost.
TARGET, ACTUAL = "agreed_target_gbp", "actual_cost_gbp"
_KEYS = ("setting", "provider", "payer")

scope = Table(chance.scope.name, chance.scope.keys, chance.scope.title, SHEET)
scope.input("in_scope_flag", "flag", chance.scope.inputs["in_scope_flag"].label)

service = Table(on_budgets.name, on_budgets.keys, "Target and actual by setting, provider and payer, as given", SHEET)
service.input(TARGET, "GBP", "Agreed target, before the contract's adjustments")
service.input(ACTUAL, "GBP", "Actual cost, as given")
service.inputs |= on_budgets.inputs


@service.line("GBP", on_budgets.lines["budget_gbp"].label)
def budget_gbp(agreed_target_gbp: Any) -> Any:
    """The agreed target stands for the Year of Care budgets that a target is otherwise made from."""
    return agreed_target_gbp


@service.line("GBP", on_budgets.lines["actual_gbp"].label, flag=lookup(scope, "in_scope_flag"))
def actual_gbp(actual_cost_gbp: Any, flag: Any) -> Any:
    """The actual cost that is given, of the settings in scope.

    >>> actual_gbp(950.0, 1)
    950.0
    """
    return actual_cost_gbp * flag


service.as_in(on_budgets, *(name for name in on_budgets.lines if name not in service.lines))

party_budget = Table(
    year_of_care.party_budget.name, year_of_care.party_budget.keys, "What each party is paid and pays, by the target", SHEET
)


@party_budget.line("GBP", year_of_care.party_budget.lines["income_gbp"].label, total(service, "budget_gbp", "year", provider="party"))
def income_gbp() -> Any:
    """What a party is paid for the care it provides, by the agreed target."""


@party_budget.line("GBP", year_of_care.party_budget.lines["contribution_gbp"].label, total(service, "budget_gbp", "year", payer="party"))
def contribution_gbp() -> Any:
    """What a party pays for care, by the agreed target."""


def _rows(pack: Pack, known: Mapping[str, Rows], read: Mapping[str, Any]) -> dict[str, Rows]:
    parties = tuple(entry.id for entry in pack.dimensions["party"])
    return {
        scope.name: Rows({"setting": tuple(entry.id for entry in pack.dimensions["setting"])}),
        service.name: columns_of(_KEYS, keys_given(pack, TARGET, _KEYS), pack.years),
        party_budget.name: Rows({"party": parties}, pack.years),
        **(read[CONTRACT].rows if CONTRACT in read else {}),
    }


GIVEN = Given(
    asks=(TARGET, ACTUAL),
    what="the target and the actual cost by setting, provider and payer",
    tables=(scope, service, party_budget),
    rows=_rows,
    drops=tuple(table.name for table in chance.TABLES),
    routes=service.name,
    members={"setting": (), "party": ("role",)},
    file="target_and_actual",
)
