"""A step of the chain as its folder declares it: which files make it present, what it reads of the steps before it, and its tables.

A place has the steps whose files are there. What a step reads of a step that is absent comes from tables of the place, where the
step declares `Given` tables for it; otherwise the place is refused. The steps are put together in `place.chain`; pages of the
workbook and lines of the summary are declared in their own folders, by the name of the step.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from capmodel.algebra.links import Assumption
from capmodel.algebra.rows import Node, Rows
from capmodel.algebra.table import Table
from capmodel.assumptions.document import Document
from capmodel.assumptions.laid_out import LaidOut
from capmodel.assumptions.pack import Column, Pack
from capmodel.errors import Problem, listed

SPEND, CAPITATION, CARE_BUDGETS, POOL, CONTRACT, OPTIONS = "spend", "capitation", "care_budgets", "pool", "contract", "options"
MONTHS, OUTTURN, FLOWS = "months", "outturn", "flows"
PAYMENTS, BANDS, REHABILITATION = "payments", "bands", "rehabilitation"
PACKAGES, AGREEMENTS, HOLDERS = "packages", "agreements", "holders"
#: The rows of tables from the pack, the rows that are known, and what was read of the files of the place by the name of their step.
RowsOf = Callable[[Pack, Mapping[str, Rows], Mapping[str, Any]], dict[str, Rows]]
#: The file of a step, read for a place; every fault is reported with its line, and a faulty one gives None.
Reader = Callable[[Document, Pack, list[Problem]], LaidOut | None]
#: For each dimension that must be there, what each of its members must say of itself beside its id and label.
Members = Mapping[str, tuple[str, ...]]
#: A table of an earlier step with lines of its own in the place of some.
Remake = Callable[[Table], Table]


def _nothing(pack: Pack, problems: list[Problem]) -> None:
    """Nothing to check."""


def _no_figures(columns: Mapping[str, Column], problems: list[Problem]) -> None:
    """No figure to check."""


@dataclass(frozen=True, eq=False)
class Given:
    """Tables that give a step what it would read of an absent earlier step: their figures come from tables of the place.

    Attributes:
        asks: the tables of the place that give the figures.
        what: what they give, in a sentence.
        tables: the tables of the chain that hold them; one that has the name of a table of the step takes its place.
        rows: their rows.
        drops: names of tables of the step that have nothing to work on.
        routes: the table whose rows are the lines of spend, where it is one of these.
        members: the dimensions their keys are of.
        check: reports what cannot be so in the figures that are given.
        file: the one table that holds them all in a blank place, a column each; without it, each has its own.
    """

    asks: tuple[str, ...]
    what: str
    tables: tuple[Table, ...]
    rows: RowsOf
    drops: tuple[str, ...] = ()
    routes: str = ""
    members: Members = field(default_factory=dict)
    check: Callable[[Pack, list[Problem]], None] = _nothing
    file: str = ""


@dataclass(frozen=True, eq=False)
class Step:
    """One step of the chain.

    Attributes:
        name: what place.yaml and messages call it.
        label: what it is called in a sentence.
        tables: its tables, in the order in which they are worked out.
        rows: their rows.
        files: the files of a place that belong to it alone.
        read: how its file is read, where it has one file and no more; the step then stands beside the chain.
        marks: the tables of a place that belong to it alone; one of them, or of its files, makes it present.
        members: the dimensions it needs.
        needs: the steps whose lines it reads.
        given: by an earlier step, what may stand for it where it is absent.
        joined: by another step, the tables that are there only where that one is too; one that has the name of a table of the step takes
            its place.
        remakes: by an earlier step, how tables of it are made where this step decides what it works on; the earlier step then waits for it.
        slacks: lines that must not fall below zero.
        routes: the table whose rows are the lines of spend, where it is one of its own.
        rows_come_from: the columns whose keys decide which rows there are.
        check: reports what cannot be so in the figures of a place.
        check_figures: reports what cannot be so in the figures of one run.
    """

    name: str
    label: str
    tables: tuple[Table, ...]
    rows: RowsOf
    files: tuple[str, ...] = ()
    read: Reader | None = None
    marks: tuple[str, ...] = ()
    members: Members = field(default_factory=dict)
    needs: tuple[str, ...] = ()
    given: Mapping[str, tuple[Given, ...]] = field(default_factory=dict)
    joined: Mapping[str, tuple[Table, ...]] = field(default_factory=dict)
    remakes: Mapping[str, Mapping[str, Remake]] = field(default_factory=dict)
    slacks: tuple[Node, ...] = ()
    routes: str = ""
    rows_come_from: tuple[str, ...] = ()
    check: Callable[[Pack, list[Problem]], None] = _nothing
    check_figures: Callable[[Mapping[str, Column], list[Problem]], None] = _no_figures

    @property
    def every_table(self) -> tuple[Table, ...]:
        """Its tables with all that may stand beside them or in their place."""
        given = (table for each in self.given.values() for way in each for table in way.tables)
        return (*self.tables, *(table for tables in self.joined.values() for table in tables), *given)

    @property
    def reads(self) -> frozenset[str]:
        """The names of the input columns and assumptions that it may read."""
        return names_read(self.every_table)

    @property
    def adds(self) -> str:
        """The files that would make it present, in words."""
        found = [*self.files, *(f"tables/{name}.csv" for name in self.marks)]
        return listed(found) if len(found) <= _NAMED else f"{listed(found[:_NAMED])} and the other tables it reads"


#: So many files of a step are named.
_NAMED = 4


def assumptions_read(tables: Iterable[Table]) -> frozenset[str]:
    """The names of the assumptions that some tables read."""
    links = (link for table in tables for line in table.lines.values() for link in line.links.values())
    return frozenset(link.name for link in links if isinstance(link, Assumption))


def names_read(tables: Sequence[Table]) -> frozenset[str]:
    """The names of the input columns and assumptions that some tables read."""
    return assumptions_read(tables) | {name for table in tables for name in table.inputs}


def keys_given(pack: Pack, name: str, keys: Sequence[str]) -> list[tuple[str, ...]]:
    """The keys for which a table of the place gives figures, in the order of its rows; none where it has other keys."""
    column = pack.columns[name]
    if set(column.keys) != set(keys):
        return []
    at = [column.keys.index(key) for key in keys]
    return list(dict.fromkeys(tuple(key[i] for i in at) for key, _ in column.figures))
