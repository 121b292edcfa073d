"""Looks over a whole place at once, so that everything that is wrong is in one report.

A part that cannot be read keeps the others from being worked out, never from being checked. Which rows a pack decides on by
itself is said here too. Nothing is calculated.
"""

from __future__ import annotations

from collections.abc import Iterable
from itertools import product

from capmodel.algebra.links import Assumption
from capmodel.algebra.rows import Rows
from capmodel.algebra.table import Table
from capmodel.assumptions.dimensions import NEEDED, incomplete
from capmodel.assumptions.pack import Assumed, Figure, Pack, lost
from capmodel.assumptions.supply import check_names, figures_of, keyed_as, unread_assumption
from capmodel.assumptions.uncertainties import has_risk, read_uncertainties
from capmodel.baseline import control
from capmodel.baseline.spend import columns_of
from capmodel.capitation import allocation
from capmodel.care_budgets import year_of_care
from capmodel.contracts.settlement import transfer as settlement
from capmodel.errors import Problem
from capmodel.place.chain import CHAINS, Chain, tolerance_name

#: What checks are held against, which is read by its unit.
CHECKS_READ = {tolerance_name(unit) for unit in ("GBP", "share")}


def pack_rows(pack: Pack, chain: Chain) -> dict[str, Rows]:
    """The rows of the tables that the pack alone decides on."""
    baseline = chain.route.rows(pack)
    return {
        **baseline,
        **control.rows(pack, chain.tables),
        **allocation.rows(pack),
        **year_of_care.rows(pack, baseline["spend"]),
    }


def check_unread(pack: Pack, problems: list[Problem]) -> None:
    """Report tables and assumptions that no calculation of either route reads, such as a copy of a table under another name."""
    every = [table for chain in CHAINS.values() for table in chain.tables]
    inputs = {name for table in every for name in table.inputs}
    why = "it would be left out silently"
    for name, column in pack.columns.items():
        if name not in inputs:
            what, remedy = f"no calculation reads a table {name}", "Give it the name of a table that is read, or move it to another folder"
            problems.append(Problem(f"tables/{column.file}", what, why, remedy))
    read, asked = _assumptions_of(every), _assumptions_of([table for table in every if table not in settlement.TABLES])
    if asked <= set(pack.assumptions):
        for name in sorted(set(pack.assumptions) - read - CHECKS_READ):
            problems.append(Problem("parameters.yaml", unread_assumption(name), why, "Correct its name, or remove it"))


def _assumptions_of(tables: Iterable[Table]) -> set[str]:
    links = (link for table in tables for line in table.lines.values() for link in line.links.values())
    return {link.name for link in links if isinstance(link, Assumption)}


def routes_of(pack: Pack, chain: Chain, problems: list[Problem]) -> Rows | None:
    """The lines of spend, or None where the dimensions or tables that give them are not there or faulty, which is reported."""
    absent = [name for name in chain.route.ROWS_COME_FROM if name not in pack.columns]
    problems += [
        Problem(f"tables/{name}.csv", "the file is missing", "it says which rows there are", "Add it")
        for name in absent
        if not lost(pack.columns, name)
    ]
    tables = {name: table for table in chain.tables for name in table.inputs}
    keyed = [keyed_as(tables[name], pack.columns[name], problems) for name in chain.route.ROWS_COME_FROM if name in pack.columns]
    if absent or not all(keyed) or not all(pack.dimensions.get(name) for name in NEEDED) or incomplete(pack.dimensions):
        return None
    return chain.route.rows(pack)["spend"]


def check_the_rest(pack: Pack, chain: Chain, rows_known: bool, problems: list[Problem]) -> None:
    """Report what else is wrong in a place whose contract, options or rows are faulty, so that all is said at once."""
    blank = Figure(0.0, "illustrative", "", "")
    # What only the contract could give is not asked for while the contract is faulty.
    of_contract = {name: Assumed(name, "", "", {None: blank}) for name in _assumptions_of(settlement.TABLES)}
    others = [table for table in chain.tables if table not in settlement.TABLES]
    check_names(others, {**of_contract, **pack.assumptions}, problems, pack.assumptions)
    if has_risk(pack.folder):
        read_uncertainties(pack, pack.assumptions, problems)
    if rows_known:
        rows = pack_rows(pack, chain)
        for table in chain.tables:
            for name in table.inputs if table.name in rows else ():
                figures_of(table, name, rows[table.name], pack.columns, problems)


def lost_routes(pack: Pack, chain: Chain, problems: Iterable[Problem]) -> bool:
    """True where a table that says which lines there are has lost rows to faults, so that a line may only seem to be missing."""
    tables = [pack.columns[name] for name in chain.route.ROWS_COME_FROM]
    wrong = {problem.where for problem in problems}
    return any(column.faulty or column.file in wrong for column in tables)


def every_route(pack: Pack) -> Rows:
    """Every line of spend there could be, for checks that must not report a line twice."""
    parties = [entry.id for entry in pack.dimensions["party"]]
    members = ([entry.id for entry in pack.dimensions[name]] for name in ("segment", "setting"))
    return columns_of(("segment", "setting", "provider", "payer"), list(product(*members, parties, parties)))
