"""Hands the figures of a pack to the tables that ask for them: an input column is filled by the pack's column of its name.

Keys match exactly: a row without a figure is refused, and so is a figure without a row. Nothing is filled in.
"""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Mapping, Sequence

import numpy as np

from capmodel.algebra.evaluate import Inputs
from capmodel.algebra.links import Assumption
from capmodel.algebra.resolved import Resolved
from capmodel.algebra.rows import YEAR, Floats, Node, Rows
from capmodel.algebra.table import Table
from capmodel.assumptions.pack import Assumed, Column, Figure, lost
from capmodel.assumptions.years import year_label
from capmodel.errors import Problem, listed, nearest


def supply(
    tables: Sequence[Table],
    rows: Mapping[str, Rows],
    columns: Mapping[str, Column],
    assumptions: Mapping[str, Assumed],
    years: tuple[int, ...],
    resolved_links: dict[Node, dict[str, Resolved]],
    problems: list[Problem],
) -> Inputs:
    """The inputs of a run.

    Args:
        tables: every table of the chain.
        rows: the rows of each table.
        columns: the pack's input columns by name.
        assumptions: the assumptions in use, by name.
        years: the model years.
        resolved_links: links whose positions were found before over the same rows.
        problems: what is missing or in the way is added here.
    """
    given: dict[Node, Floats] = {}
    for table in tables:
        for name in table.inputs:
            given[table.name, name] = np.array([figure.value for figure in figures_of(table, name, rows[table.name], columns, problems)])
    # What only tables without rows read need not be stated; no figure of the run reads it.
    unstated = readers_of(tables).keys() - assumptions.keys() - readers_of(table for table in tables if len(rows[table.name])).keys()
    return Inputs(
        rows=rows,
        given=given,
        assumptions={
            **{name: assumed_values(assumed, years) for name, assumed in assumptions.items()},
            **{name: np.zeros(1) for name in sorted(unstated)},
        },
        by_year={**{name: assumed.by_year for name, assumed in assumptions.items()}, **dict.fromkeys(sorted(unstated), False)},
        resolved_links=resolved_links,
    )


def check_names(
    tables: Sequence[Table], assumptions: Mapping[str, Assumed], problems: list[Problem], of_packs: Mapping[str, Assumed]
) -> None:
    """Report assumptions that the model reads and no pack gives, or that are given by year to a table without years.

    Args:
        tables: the tables with rows that read them.
        assumptions: those of the packs and of the contract.
        problems: what is missing is added here.
        of_packs: those of the packs; what of them could not be read has been reported.
    """
    readers = readers_of(tables)
    unread = [name for name in assumptions if name not in readers]
    for name, table in readers.items():
        if lost(of_packs, name):
            continue
        if name not in assumptions:
            remedy = nearest(name, unread) if unread else "Add it"
            near = difflib.get_close_matches(name, unread, n=1)
            # That the misspelt name is not read follows from this.
            problems[:] = [problem for problem in problems if problem.what not in [unread_assumption(each) for each in near]]
            problems.append(Problem("parameters.yaml", f"the assumption {name} is missing", f"{table.title.lower()} reads it", remedy))
        elif assumptions[name].by_year and not table.by_year:
            problems.append(
                Problem("parameters.yaml", f"{name} is given by year", "it holds for all years", "Write value: with one figure")
            )


def readers_of(tables: Iterable[Table]) -> dict[str, Table]:
    """The assumptions that some tables read, each with the last of its readers."""
    links = ((link, table) for table in tables for line in table.lines.values() for link in line.links.values())
    return {link.name: table for link, table in links if isinstance(link, Assumption)}


def unread_assumption(name: str) -> str:
    """What is said of an assumption that no calculation reads."""
    return f"no calculation reads the assumption {name}"


def assumed_values(assumed: Assumed, years: tuple[int, ...]) -> Floats:
    """An assumption as one figure, or as one a year."""
    if assumed.by_year:
        return np.array([assumed.values[year].value for year in years if year in assumed.values], dtype=float)
    return np.array([assumed.values[None].value], dtype=float)


def keyed_as(table: Table, column: Column, problems: list[Problem]) -> bool:
    """True where a column has the keys of its table; reported where not, unless its file is known to be faulty."""
    keys = tuple(key for key in table.keys if key != YEAR)
    heading = f"{column.file}, line 1"
    if set(column.keys) == set(keys) or any(problem.where == heading for problem in problems):
        return set(column.keys) == set(keys)
    if column.faulty and not column.keys:
        return False
    # Whatever was said of its rows follows from this.
    problems[:] = [problem for problem in problems if not problem.where.startswith(f"{column.file}, line ")]
    what, why = f"the keys are {', '.join(column.keys)}", "the model matches rows by key"
    problems.append(Problem(heading, what, why, f"Use {', '.join(keys)}"))
    return False


def missing_table(table: Table, name: str) -> Problem:
    """The problem of an input column whose table is not there."""
    reader = table.name.replace("_", " ")
    return Problem(f"tables/{name}.csv", "the file is missing", f"{reader} reads {table.inputs[name].label.lower()} from it", "Add it")


def figures_of(table: Table, name: str, rows: Rows, columns: Mapping[str, Column], problems: list[Problem]) -> list[Figure]:
    """The figures of an input column in the order of its rows, with their provenance."""
    blank = Figure(0.0, "illustrative", "", "")
    column = columns.get(name)
    if column is None and lost(columns, name):
        return [blank] * len(rows)
    if column is None:
        problems.append(missing_table(table, name))
        return [blank] * len(rows)
    if not keyed_as(table, column, problems):
        return [blank] * len(rows)
    by_year = table.by_year and any(year is not None for _, year in column.figures)
    across: Sequence[int | None] = rows.years if by_year else (None,) * rows.across
    keys = zip(*(rows.columns[name] for name in column.keys), strict=True) if column.keys else ((),)
    places = [(key, year) for key in keys for year in across]
    found = [column.figures.get(place, blank) for place in places]
    used = set(places)
    if column.faulty or used == column.figures.keys():
        return found
    lacking: dict[tuple[str, ...], list[int | None]] = {}
    for key, year in places:
        if (key, year) not in column.figures:
            lacking.setdefault(key, []).append(year)
    for key_lacking, when in lacking.items():
        years = f" in {listed([year_label(year) for year in when if year is not None])}" if None not in when else ""
        what = f"there is no figure for {', '.join(key_lacking)}{years}"
        problems.append(Problem(column.file, what, "gaps are never filled", "Add a row for it"))
    for key_left, _ in dict.fromkeys(place for place in column.figures if place not in used):
        problems.append(
            Problem(
                column.file,
                f"{', '.join(key_left)} has a figure but no row",
                "it would be left out silently",
                "Remove it, or add the member",
            )
        )
    return found
