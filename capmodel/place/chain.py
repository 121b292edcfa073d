"""The chain of a place: the tables of the steps that it has, in the order the money flows, and the calls that work them out.

    spend -> capitation -> care budgets -> contract -> options

Where the contract settles the actual cost of the chosen plan, it is worked out with the options and waits for their choice.
Two routes lead to segment spend, from published figures and from person-level data; after segment spend they are the same. A step
that is absent is left out; what a later step reads of it is given by tables of the place. The workbook is written of the same tables.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property, lru_cache
from typing import Any, TypeVar

from capmodel.algebra.cell import excel
from capmodel.algebra.effect import Switch, switches
from capmodel.algebra.evaluate import Inputs, Values, evaluate
from capmodel.algebra.rows import Node, Rows
from capmodel.algebra.table import Table, check_wiring
from capmodel.assumptions.pack import Column, Pack
from capmodel.assumptions.step import CONTRACT, OPTIONS, Given, Step, names_read
from capmodel.errors import Problem
from capmodel.place.steps import STEPS, all_tables, ways_of, why_absent
from capmodel.reinvestment import planning
from capmodel.reinvestment.planning import with_choice

Known = TypeVar("Known")


@dataclass(frozen=True)
class Part:
    """A step of a chain with the tables it has in this place, and those that are given in the place of an absent step's."""

    step: Step
    tables: tuple[Table, ...]
    given: tuple[Given, ...] = ()


@dataclass(frozen=True)
class Chain:
    """The steps of a place and their tables, and the calls that work them out."""

    parts: tuple[Part, ...]

    @cached_property
    def steps(self) -> tuple[Step, ...]:
        """The steps of the place."""
        return tuple(part.step for part in self.parts)

    def has(self, *names: str) -> bool:
        """True where the place has all of these steps."""
        return {step.name for step in self.steps} >= set(names)

    @cached_property
    def tables(self) -> tuple[Table, ...]:
        """Every table, in the order the money flows."""
        return tuple(table for part in self.parts for table in part.tables)

    @cached_property
    def decided(self) -> frozenset[str]:
        """The steps that a choice of options decides on: the options, and the steps that wait for it."""
        return frozenset({OPTIONS, *(name for step in self.steps for name in step.remakes)})

    @cached_property
    def on_plan(self) -> bool:
        """True where the contract settles the actual cost of the chosen plan."""
        return CONTRACT in self.decided

    @cached_property
    def chosen_settled(self) -> bool:
        """True where options are chosen by what parties keep after settlement."""
        return "unsettled_value_gbp" in getattr(self.by_name.get(planning.objective.name), "lines", ())

    @cached_property
    def to_settlement(self) -> tuple[Table, ...]:
        """The tables that decide each party's position: of the steps before the options, and of these too where the plan is settled."""
        return self.tables if self.on_plan else self.undecided

    @cached_property
    def undecided(self) -> tuple[Table, ...]:
        """The tables that no choice of options decides on."""
        return tuple(table for part in self.parts if part.step.name not in self.decided for table in part.tables)

    @cached_property
    def of_contract(self) -> tuple[Table, ...]:
        """The tables of the settlement as the place has them, on assumed actual cost, an outturn or the plan."""
        return tuple(table for part in self.parts if part.step.name == CONTRACT for table in part.tables)

    @cached_property
    def of_options(self) -> tuple[Table, ...]:
        """The tables that a choice of options decides on."""
        return tuple(table for part in self.parts if part.step.name in self.decided for table in part.tables)

    @cached_property
    def slacks(self) -> tuple[Node, ...]:
        """The lines that must not fall below zero: the constraints of the plan."""
        return tuple(node for step in self.steps for node in step.slacks)

    @cached_property
    def routes(self) -> str:
        """The table whose rows are the lines of spend, or of the budgets or targets that are given."""
        own = [step.routes for step in self.steps] + [given.routes for part in self.parts for given in part.given]
        return next(filter(None, own), "")

    @cached_property
    def rows_come_from(self) -> tuple[str, ...]:
        """The columns whose keys decide which rows there are."""
        given = (name for part in self.parts for each in part.given for name in each.asks)
        return tuple(dict.fromkeys((*(name for step in self.steps for name in step.rows_come_from), *given)))

    @cached_property
    def switches(self) -> dict[Node, frozenset[frozenset[Switch]]]:
        """The flags that let each input and assumption move money, a check or a constraint of the plan; the choice of options is free."""
        return switches(self.tables, self.slacks, (planning.DECISION[1],))

    @cached_property
    def built(self) -> dict[str, str]:
        """The input columns that follow from how the file of a step is written, with that file: options, and steps beside the chain."""
        built = [step for step in self.steps if step.read is not None or step.name == OPTIONS]
        return {name: step.files[0] for step in built for table in step.every_table for name, each in table.inputs.items() if each.internal}

    @cached_property
    def by_name(self) -> dict[str, Table]:
        """Every table by its name."""
        return {table.name: table for table in self.tables}

    def rows(self, pack: Pack, read: Mapping[str, Any]) -> dict[str, Rows]:
        """The rows of every table.

        Args:
            pack: the place.
            read: the contract and the options, by the name of their step; without one of them, the rows that the others decide.
        """
        known: dict[str, Rows] = {}
        for part in self.parts:
            own = {name for table in part.tables for name in (table.name,)}
            for given in part.given:
                known |= {name: rows for name, rows in given.rows(pack, known, read).items() if name in own or name not in known}
            known |= {name: rows for name, rows in part.step.rows(pack, known, read).items() if name in own}
        return {name: rows for name, rows in known.items() if name in self.by_name}

    def check(self, pack: Pack, problems: list[Problem]) -> None:
        """Report what cannot be so in the figures of a place."""
        for part in self.parts:
            part.step.check(pack, problems)
            for given in part.given:
                given.check(pack, problems)

    def check_figures(self, columns: Mapping[str, Column], problems: list[Problem]) -> None:
        """Report what cannot be so in the figures of one run."""
        for step in self.steps:
            step.check_figures(columns, problems)

    def before_options(self, known: Values, earlier: Values | None = None) -> Values:
        """Every step that no choice of options decides on: what a choice of them starts from.

        Args:
            known: what is known.
            earlier: the same worked out from other figures; what reads nothing that is otherwise now is not worked out again.
        """
        for part in self.parts:
            if part.step.name not in self.decided:
                known = evaluate(part.tables, known, earlier=earlier)
        imputed_values = {table for part in self.parts for given in part.given for table in given.tables}
        given = [table for table in self.of_options if table in imputed_values]
        return evaluate(given, known, earlier=earlier) if given else known

    def appraised(self, known: Values, chosen: Sequence[int]) -> Values:
        """What the options, and a choice of them, are worth; as it was where the place has no options."""
        return evaluate(self.of_options, with_choice(known, chosen)) if self.of_options else known

    def calculate(self, inputs: Inputs) -> Values:
        """All figures of a run whose options are already chosen."""
        return evaluate(self.tables, Values(inputs))

    def check_nodes(self) -> list[Node]:
        """Every check of the chain and every constraint of the plan, in order."""
        checks = [(table.name, line.name) for table in self.tables for line in table.lines.values() if line.is_check]
        return checks + list(self.slacks)

    def absent(self, where: str, name: str) -> list[Problem]:
        """The problem of a figure that only an absent step reads, named at a place; none of any other."""
        found = None if name in self.reads else why_absent(name, self.steps)
        return [] if found is None else [Problem(where, found[0], "it would have no effect", found[1])]

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
        return names_read(self.tables)

    def used(self, known: Mapping[str, Known]) -> dict[str, Known]:
        """Figures without those that only another route or an absent step reads: they have no say in a run."""
        elsewhere = _read_by_any() - self.reads
        return {name: value for name, value in known.items() if name not in elsewhere}


@lru_cache(maxsize=1)
def _read_by_any() -> frozenset[str]:
    return names_read(all_tables())


def chain_of(steps: Iterable[Step], tables: Iterable[str] = ()) -> Chain:
    """The chain of some steps.

    Args:
        steps: the steps of a place, in the order the money flows.
        tables: the names of the tables of the place, which may give what an absent step would.

    Raises:
        RuleError: a line reads a table that is not there, or two tables have one name.
    """
    steps = tuple(steps)
    ways = ways_of(steps, tables)
    return _composed(steps, tuple(tuple(ways[step.name].values()) for step in steps))


@lru_cache(maxsize=32)
def _composed(steps: tuple[Step, ...], ways: tuple[tuple[Given, ...], ...]) -> Chain:
    named = {step.name for step in steps}
    parts: list[Part] = []
    there: set[str] = set()
    for step, given in zip(steps, ways, strict=True):
        own = [table for table in step.tables if not any(table.name in way.drops for way in given)]
        imputed_values = [table for way in given for table in way.tables]
        replaced = {table.name: table for table in imputed_values}
        tables = [
            *(table for table in imputed_values if table.name not in {each.name for each in own}),
            *(replaced.get(table.name, table) for table in own),
        ]
        joined = {table.name: table for other, tables_of in step.joined.items() if other in named for table in tables_of}
        tables = [joined.pop(table.name, table) for table in tables] + list(joined.values())
        # Two steps may read the same tables of the place.
        tables = [table for table in dict.fromkeys(tables) if not (table.name in there and table in imputed_values)]
        remakes = [each.remakes[step.name] for each in steps if step.name in each.remakes]
        tables = [next((made[table.name](table) for made in remakes if table.name in made), table) for table in tables]
        there |= {table.name for table in tables}
        parts.append(Part(step, tuple(tables), given))
    chain = Chain(tuple(parts))
    check_wiring(chain.tables)
    return chain


#: The chain of all steps by the basis that a place.yaml may state.
CHAINS: dict[str, Chain] = {basis: chain_of(steps) for basis, steps in STEPS.items()}


def tolerance_name(unit: str) -> str:
    """The assumption that says how large a difference a check allows."""
    return "check_tolerance_share" if unit in ("share", "flag", "index") else "check_tolerance_gbp"
