"""The ledger of the reinvestment fund: what the pool brings in, what the chosen options cost, and what must be paid in.

Savings are reinvested, so the fund's share of the pool is ring-fenced and followed from year to year. Where it does not
cover the cost of the plan, the ledger says how much the payers must put in; who of them does is for their agreement.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from capmodel.algebra.links import lookup, prior, total
from capmodel.algebra.rows import Rows
from capmodel.algebra.table import Table
from capmodel.assumptions.pack import Pack
from capmodel.contracts.settlement.transfer import settlement
from capmodel.reinvestment.appraise import start_party
from capmodel.reinvestment.planning import SHEET

ledger = Table("ledger", ("party", "year"), "Ledger of the reinvestment fund", SHEET)

TABLES = (ledger,)


@ledger.line("GBP", "Balance brought forward", prior("closing_balance_gbp"))
def opening_balance_gbp() -> Any:
    """What the fund holds at the start of the year."""


@ledger.line("GBP", "Received from the pool", lookup(settlement, "share_gbp"))
def from_pool_gbp() -> Any:
    """The fund's share of the pool, with what the outcome gate and caps sent to it."""


@ledger.line("GBP", "Cost of the chosen options it pays", total(start_party, "chosen_own_cost_gbp", "party", "year"))
def paid_out_gbp() -> Any:
    """What the chosen options cost the fund."""


@ledger.line("GBP", "To be paid in by the payers")
def paid_in_gbp(opening_balance_gbp: Any, from_pool_gbp: Any, paid_out_gbp: Any) -> Any:
    """What the fund lacks for the year, so that it is never overdrawn.

    >>> paid_in_gbp(100.0, 50.0, np.array([400.0, 120.0])).tolist()
    [250.0, 0.0]
    """
    return np.maximum(paid_out_gbp - opening_balance_gbp - from_pool_gbp, 0)


@ledger.line("GBP", "Balance carried forward")
def closing_balance_gbp(opening_balance_gbp: Any, from_pool_gbp: Any, paid_in_gbp: Any, paid_out_gbp: Any) -> Any:
    """What the fund holds at the end of the year; never below zero."""
    return opening_balance_gbp + from_pool_gbp + paid_in_gbp - paid_out_gbp


def rows(pack: Pack) -> dict[str, Rows]:
    """The rows of these tables: the parties that are funds."""
    return {"ledger": Rows({"party": tuple(entry.id for entry in pack.dimensions["party"] if entry.text("role") == "fund")}, pack.years)}
