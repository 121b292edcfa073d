"""The chain: every table in the order the money flows, and the first five of the six calls that work it out.

    spend -> capitation -> care budgets -> settlement -> options

Two routes lead to segment spend, from published figures and from person-level data; there is one chain for each, and after
segment spend they are the same. Each call works out the tables of one folder on top of what the calls before it made. The
sixth call writes the workbook.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Protocol, TypeVar

from capmodel.algebra.cell import excel
from capmodel.algebra.effect import Switch, switches
from capmodel.algebra.evaluate import Inputs, Values, evaluate
from capmodel.algebra.links import Assumption
from capmodel.algebra.rows import Node, Rows
from capmodel.algebra.table import Table, check_wiring
from capmodel.assumptions.pack import Column, Pack
from capmodel.baseline import control, recorded, spend
from capmodel.capitation import allocation
from capmodel.care_budgets import year_of_care
from capmodel.contracts.settlement import transfer as settlement
from capmodel.errors import Problem
from capmodel.reinvestment import fund, net_position, planning
from capmodel.reinvestment.choose import with_choice

AFTER_SPEND: tuple[Table, ...] = (
    *allocation.TABLES,
    *year_of_care.TABLES,
    *settlement.TABLES,
    *planning.TABLES,
    *fund.TABLES,
    *net_position.TABLES,
)
Known = TypeVar("Known")


class Route(Protocol):
    """What a module of the baseline offers that leads to segment spend: tables, their rows, and what must hold of its figures."""

    TABLES: tuple[Table, ...]
    ROWS_COME_FROM: tuple[str, ...]

    def rows(self, pack: Pack) -> dict[str, Rows]:
        """The rows of its tables."""
        ...

    def check(self, pack: Pack, problems: list[Problem]) -> None:
        """Report what cannot be so in the figures of a place."""
        ...

    def check_figures(self, columns: Mapping[str, Column], problems: list[Problem]) -> None:
        """Report what cannot be so in the figures of one run."""
        ...


@dataclass(frozen=True)
class Chain:
    """One route to segment spend and all that follows: its tables, and the calls that work them out.

    `controls` are the tables that compare segment spend with published totals.
    """

    route: Route
    controls: tuple[Table, ...]

    @cached_property
    def tables(self) -> tuple[Table, ...]:
        """Every table, in the order the money flows."""
        return (*self.route.TABLES, *self.controls, *AFTER_SPEND)

    @cached_property
    def to_settlement(self) -> tuple[Table, ...]:
        """The tables of the first four calls, which decide each party's position."""
        later = (*planning.TABLES, *fund.TABLES, *net_position.TABLES)
        return tuple(table for table in self.tables if table not in later)

    @cached_property
    def switches(self) -> dict[Node, frozenset[frozenset[Switch]]]:
        """The flags that let each input and assumption move money, a check or a constraint of the plan; the choice of options is free."""
        return switches(self.tables, planning.SLACKS, (planning.DECISION[1],))

    @cached_property
    def by_name(self) -> dict[str, Table]:
        """Every table by its name."""
        return {table.name: table for table in self.tables}

    def segment_spend(self, known: Values) -> Values:
        """Call 1: what is spent on whom."""
        return evaluate((*self.route.TABLES, *self.controls), known)

    def capitation(self, known: Values) -> Values:
        """Call 2: each segment's risk-adjusted share of the envelope."""
        return evaluate(allocation.TABLES, known)

    def care_budgets(self, known: Values) -> Values:
        """Call 3: Year of Care budgets that add up to the allocation."""
        return evaluate(year_of_care.TABLES, known)

    def settle(self, known: Values) -> Values:
        """Call 4: each party's share and transfer."""
        return evaluate(settlement.TABLES, known)

    def appraised(self, known: Values, chosen: Sequence[int]) -> Values:
        """Call 5: what the options, and a choice of them, are worth."""
        return evaluate((*planning.TABLES, *fund.TABLES, *net_position.TABLES), with_choice(known, chosen))

    def calculate(self, inputs: Inputs) -> Values:
        """All figures of a run whose options are already chosen."""
        return evaluate(self.tables, Values(inputs))

    def check_nodes(self) -> list[Node]:
        """Every check of the chain and every constraint of the plan, in order."""
        checks = [(table.name, line.name) for table in self.tables for line in table.lines.values() if line.is_check]
        return checks + list(planning.SLACKS)

    def rules_fingerprint(self) -> str:
        """One hash of every rule of the chain and of what it reads: another one means that figures may differ."""
        written = []
        for table in self.tables:
            for line in table.lines.values():
                # What an argument is called has no say in a figure, only which column or link it is.
                read = {name: repr(line.links.get(name, name)) for name in line.arguments}
                written.append((table.name, table.keys, line.name, line.unit, excel(line.tree, read)))
        return hashlib.sha256(repr(written).encode()).hexdigest()

    @cached_property
    def reads(self) -> frozenset[str]:
        """The names of the input columns and assumptions it reads."""
        links = (link for table in self.tables for line in table.lines.values() for link in line.links.values())
        assumed = (link.name for link in links if isinstance(link, Assumption))
        return frozenset((*assumed, *(name for table in self.tables for name in table.inputs)))

    def used(self, known: Mapping[str, Known]) -> dict[str, Known]:
        """Figures without those that only another route reads: a place may keep them, and they have no say in a run."""
        elsewhere = frozenset[str]().union(*(chain.reads for chain in CHAINS.values())) - self.reads
        return {name: value for name, value in known.items() if name not in elsewhere}


#: The chain of each basis that a place.yaml may state.
CHAINS: dict[str, Chain] = {
    "aggregate": Chain(spend, control.TABLES),
    "person-level": Chain(recorded, control.NHS_TABLES),
}
for _chain in CHAINS.values():
    check_wiring(_chain.tables)


def tolerance_name(unit: str) -> str:
    """The assumption that says how large a difference a check allows."""
    return "check_tolerance_share" if unit in ("share", "flag", "index") else "check_tolerance_gbp"
