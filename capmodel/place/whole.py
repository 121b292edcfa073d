"""Looks over a whole place at once, so that everything that is wrong is in one report.

A part that cannot be read keeps the others from being worked out, never from being checked. Figures that no step of the place
reads, and figures that two files give, are refused here. Nothing is calculated.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from itertools import product

from capmodel.algebra.rows import Rows
from capmodel.algebra.table import Table
from capmodel.assumptions.dimensions import incomplete
from capmodel.assumptions.pack import Assumed, Column, Figure, Pack, lost
from capmodel.assumptions.step import CONTRACT, Given, Step, assumptions_read, names_read
from capmodel.assumptions.supply import check_names, figures_of, keyed_as, missing_table, unread_assumption
from capmodel.baseline.spend import columns_of
from capmodel.contracts.terms import every_column, every_term
from capmodel.errors import Problem, listed
from capmodel.place.chain import Chain, tolerance_name
from capmodel.place.risk import check_risk
from capmodel.place.steps import all_tables, every_step, label_of, members_of

#: What checks are held against, which is read by its unit.
CHECKS_READ = {tolerance_name(unit) for unit in ("GBP", "share")}
_SILENT = "it would be left out silently"


def check_unread(pack: Pack, chain: Chain, tables: Sequence[str], problems: list[Problem]) -> None:
    """Report tables and assumptions that no calculation of the place reads: of no step, of an absent step, or given twice."""
    known = {name for table in all_tables() for name in table.inputs} | chain.reads
    own = set(tables)
    for name, column in pack.columns.items():
        where = f"tables/{column.file}"
        if name not in known:
            remedy = "Give it the name of a table that is read, or move it to another folder"
            # A step that stands beside the chain may read it where its file is there.
            unread = Problem(where, f"no calculation reads a table {name}", _SILENT, remedy)
            problems += chain.absent(where, name) or [unread]
        elif name in own and name not in chain.reads:
            problems += _unread_table(name, where, chain)
    asked = assumptions_read(table for table in chain.tables if table not in _contract_tables())
    if asked <= set(pack.assumptions):
        for name in sorted(set(pack.assumptions) - assumptions_read(all_tables()) - chain.reads - CHECKS_READ):
            if not chain.absent("parameters.yaml", name):
                problems.append(Problem("parameters.yaml", unread_assumption(name), _SILENT, "Correct its name, or remove it"))
    for name, assumed in pack.assumptions.items():
        problems += chain.absent("parameters.yaml", name) if assumed.of_place else []
    for scenario in pack.scenarios.values():
        for name in scenario.changes:
            problems += chain.absent(f"scenarios.yaml, {scenario.id}", name)


def _contract_tables() -> tuple[Table, ...]:
    return next(step.tables for step in every_step() if step.name == CONTRACT)


def _unread_table(name: str, where: str, chain: Chain) -> list[Problem]:
    """A table of the place that its steps do not read: one of the other route to a step is kept, any other is refused."""
    if any(chain.has(step.name) and name in names_read(step.tables) for step in every_step()):
        return []
    for step, absent, way in _given_ways(name):
        if chain.has(step.name, absent):
            what = f"it and {label_of(absent)} both give {way.what}"
            remedy = f"Remove it, or write the steps of the place without {absent} after steps: in place.yaml"
            return [Problem(where, what, "one of them would silently win", remedy)]
        used = [each for part in chain.parts if part.step is step for each in part.given if each in step.given[absent]]
        if used:
            other = listed([f"tables/{table}.csv" for table in used[0].asks])
            return [
                Problem(
                    where, f"it and {other} both give what {step.label} starts from", "one of them would silently win", "Keep one of them"
                )
            ]
    return chain.absent(where, name)


def _given_ways(name: str) -> list[tuple[Step, str, Given]]:
    """What a table of the place may give: for which step, in the place of which other, in which way."""
    return [(step, absent, way) for step in every_step() for absent, ways in step.given.items() for way in ways if name in way.asks]


def check_given_twice(
    pack: Pack, others: Mapping[str, tuple[Mapping[str, Assumed], Mapping[str, Column]]], problems: list[Problem]
) -> None:
    """Report figures that a file of a step gives and a table or parameters.yaml too; `others` holds what each file gives, by its name."""
    for file, (assumptions, columns) in others.items():
        why, remedy = "one of them would silently win", "Keep it in one of them"
        for name in sorted(set(assumptions) & set(pack.assumptions)):
            problems.append(Problem("parameters.yaml", f"it and {file} both give {name}", why, remedy))
        for name in sorted(set(columns) & set(pack.columns)):
            problems.append(Problem(f"tables/{pack.columns[name].file}", f"it and {file} both give {name}", why, remedy))


def check_labels(pack: Pack, beside: Mapping[str, Mapping[str, str]], problems: list[Problem]) -> None:
    """Report an id that two files call by different labels: a place has one label for an id, in every sheet and message.

    Args:
        pack: the pack, whose dimensions have labels.
        beside: the labels that files of steps beside the chain give, by the name of the file.
        problems: what is wrong is added here.
    """
    said = {name: (label, "place.yaml") for name, label in pack.labels().items()}
    for file, labels in beside.items():
        for name, label in labels.items():
            before, where = said.setdefault(name, (label, file))
            # An id stands for itself where a file words no label.
            if before != label and name not in (label, before):
                what, why = f"{name} is called {label!r}, and {before!r} in {where}", "a place has one label for an id"
                problems.append(Problem(file, what, why, "Write the same label in both, or give one of them another id"))


def rows_known(pack: Pack, chain: Chain, tables: Sequence[str], problems: list[Problem]) -> bool:
    """Whether the rows of the place are known: False where dimensions or tables that give them are not there or faulty, which is reported."""
    absent = [name for name in chain.rows_come_from if name not in pack.columns]
    given = {name for part in chain.parts for way in part.given for name in way.asks}
    problems += [
        Problem(f"tables/{name}.csv", "the file is missing", "it says which rows there are", "Add it")
        for name in absent
        if not lost(pack.columns, name) and name not in given
    ]
    readers = {name: table for table in chain.tables for name in table.inputs}
    keyed = [keyed_as(readers[name], pack.columns[name], problems) for name in chain.rows_come_from if name in pack.columns]
    needed = members_of(chain.steps, tables)
    return not absent and all(keyed) and all(pack.dimensions.get(name) for name in needed) and not incomplete(pack.dimensions)


def check_the_rest(pack: Pack, chain: Chain, known: bool, problems: list[Problem]) -> None:
    """Report what else is wrong in a place whose contract, options or rows are faulty, so that all is said at once."""
    blank = Figure(0.0, "illustrative", "", "")
    # What only the contract could give is not asked for while the contract is faulty.
    of_contract = {name: Assumed(name, "", "", {None: blank}) for name in every_term()}
    check_names(chain.tables, {**of_contract, **pack.assumptions}, problems, pack.assumptions)
    check_risk(pack, chain, pack.assumptions, problems)
    if known:
        rows = chain.rows(pack, {})
        of_terms = every_column()
        for table in chain.tables:
            for name in [name for name in table.inputs if name not in of_terms] if table.name in rows else ():
                figures_of(table, name, rows[table.name], pack.columns, problems)
        problems += [
            missing_table(table, name)
            for part in chain.parts
            for table in part.tables
            for name in table.inputs
            if table.name not in rows and name in part.step.marks and name not in pack.columns and not lost(pack.columns, name)
        ]


def lost_routes(pack: Pack, chain: Chain, problems: Iterable[Problem]) -> bool:
    """True where a table that says which lines there are has lost rows to faults, so that a line may only seem to be missing."""
    tables = [pack.columns[name] for name in chain.rows_come_from if name in pack.columns]
    wrong = {problem.where for problem in problems}
    return any(column.faulty or column.file in wrong for column in tables)


def every_route(pack: Pack) -> Rows:
    """Every line of spend there could be, for checks that must not report a line twice."""
    parties = [entry.id for entry in pack.dimensions["party"]]
    members = ([entry.id for entry in pack.dimensions.get(name, ())] for name in ("segment", "setting"))
    return columns_of(("segment", "setting", "provider", "payer"), list(product(*members, parties, parties)))
