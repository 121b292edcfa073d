"""The Year of Care payments of units as payments of lines of service, where a place has the step `payments`."""

from __future__ import annotations

from typing import Any

from capmodel.algebra.links import lookup, total
from capmodel.algebra.table import Table
from capmodel.care_budgets.currency.payment import UNIT
from capmodel.care_budgets.currency.settling import unit_year
from capmodel.contracts.agreements import LINE_YEAR, SERVICE_LINE, SHEET
from capmodel.contracts.agreements.payment import linked as alone

unit = Table("agreement_unit", (UNIT, "year"), "Year of Care payments under agreements", SHEET, beside=SERVICE_LINE)
linked = Table(alone.name, alone.keys, alone.title, SHEET)

TABLES = (unit, linked)


@unit.line("GBP", "Cash paid to the unit in the year", lookup(unit_year, "unit_cash_gbp"))
def agreement_unit_gbp() -> Any:
    """The payment of the year and the correction of the one before, as the step payments has it."""


@linked.line("GBP", alone.inputs["linked_payment_gbp"].label, total(unit, "agreement_unit_gbp", *LINE_YEAR))
def linked_payment_gbp() -> Any:
    """What all units of the line are paid."""
