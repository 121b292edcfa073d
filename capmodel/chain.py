"""The chain: every table in the order the money flows, and the first five of the six calls that work it out.

    spend -> capitation -> care budgets -> settlement -> options

Each call works out the tables of one folder on top of what the calls before it made. The sixth call writes the workbook.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence

from capmodel.algebra.cell import excel
from capmodel.algebra.evaluate import Inputs, Values, evaluate
from capmodel.algebra.rows import Node
from capmodel.algebra.table import Table, check_wiring
from capmodel.baseline import control, spend
from capmodel.capitation import allocation
from capmodel.care_budgets import year_of_care
from capmodel.contracts import settlement
from capmodel.reinvestment import fund, planning
from capmodel.reinvestment.choose import with_choice

TABLES: tuple[Table, ...] = (
    *spend.TABLES,
    *control.TABLES,
    *allocation.TABLES,
    *year_of_care.TABLES,
    *settlement.TABLES,
    *planning.TABLES,
    *fund.TABLES,
)
BY_NAME = {table.name: table for table in TABLES}
check_wiring(TABLES)


def segment_spend(known: Values) -> Values:
    """Call 1: what is spent on whom."""
    return evaluate((*spend.TABLES, *control.TABLES), known)


def capitation(known: Values) -> Values:
    """Call 2: each segment's risk-adjusted share of the envelope."""
    return evaluate(allocation.TABLES, known)


def care_budgets(known: Values) -> Values:
    """Call 3: Year of Care budgets that add up to the allocation."""
    return evaluate(year_of_care.TABLES, known)


def settle(known: Values) -> Values:
    """Call 4: each party's share and transfer."""
    return evaluate(settlement.TABLES, known)


def appraised(known: Values, chosen: Sequence[int]) -> Values:
    """Call 5: what the options, and a choice of them, are worth."""
    return evaluate((*planning.TABLES, *fund.TABLES), with_choice(known, chosen))


def calculate(inputs: Inputs) -> Values:
    """All figures of a run whose options are already chosen."""
    return evaluate(TABLES, Values(inputs))


def check_nodes() -> list[Node]:
    """Every check of the chain and every constraint of the plan, in order."""
    checks = [(table.name, line.name) for table in TABLES for line in table.lines.values() if line.is_check]
    return checks + list(planning.SLACKS)


def tolerance_name(unit: str) -> str:
    """The assumption that says how large a difference a check allows."""
    return "check_tolerance_share" if unit in ("share", "flag", "index") else "check_tolerance_gbp"


def rules_fingerprint() -> str:
    """One hash of every rule of the chain and of what it reads: another one means that figures may differ."""
    told = [
        (
            table.name,
            table.keys,
            line.name,
            line.unit,
            excel(line.tree, {}),
            sorted((name, repr(link)) for name, link in line.links.items()),
        )
        for table in TABLES
        for line in table.lines.values()
    ]
    return hashlib.sha256(repr(told).encode()).hexdigest()
