"""A rule reads one row of another table: as an array, and as a direct reference to the cell of that row."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from capmodel.algebra.keys import is_count, rows_found
from capmodel.algebra.readable import Readable
from capmodel.algebra.resolved import Resolved
from capmodel.algebra.rows import YEAR, Figures, Floats, Node, Positions, Rows, Sheets, rows_at
from capmodel.errors import RuleError


def key_matches(table: Readable, on: Sequence[tuple[str, str]]) -> tuple[tuple[str, str], ...]:
    """Their key, our column; a key that is not mentioned is matched by our column of the same name."""
    named = dict(on)
    return tuple((key, named.get(key, key)) for key in table.keys)


def refuse_missing(places: Positions, reader: Readable, source: Readable, column: str, me: Rows, ours: Sequence[str]) -> None:
    """Refuse a key of ours that has no row in the table it is looked up in."""
    if (places < 0).any():
        missing = me.keys(ours)[int(np.argmin(me.in_full(places)))]
        raise RuleError(f"{reader.name} looks up {source.name}.{column} for {missing}, and there is no such row")


@dataclass(frozen=True)
class Lookup:
    """One row of another table: its key columns, each matched by a column of ours."""

    table: Readable
    column: str
    on: tuple[tuple[str, str], ...]

    def nodes(self, table: Readable) -> list[Node]:
        """The column it reads."""
        return [(self.table.name, self.column)]

    def unit(self, table: Readable) -> str:
        """The unit of the column it reads."""
        return self.table.column(self.column).unit

    def label(self, table: Readable, assumption_labels: Mapping[str, str]) -> str:
        """The label of the column it reads, and by which of our columns where that is not plain."""
        by = [ours.replace("_", " ") for theirs, ours in self.on if theirs != ours]
        return ", ".join([self.table.column(self.column).label, *by])

    def connect(self, table: Readable, rows: Mapping[str, Rows], by_year: Mapping[str, bool]) -> Resolved:
        """Find the row each of ours reads; a key without a row is refused, never filled."""
        me, source = rows[table.name], rows[self.table.name]
        theirs, ours = zip(*key_matches(self.table, self.on), strict=True) if self.table.keys else ((), ())
        places = rows_found(me, ours, source, theirs)
        refuse_missing(places, table, self.table, self.column, me, ours)
        return ResolvedLookup(
            rows=me,
            columns=tuple(column for column in ours if column != YEAR),
            by_year=YEAR in ours,
            node=(self.table.name, self.column),
            places=places,
            source=source,
        )


@dataclass(frozen=True, kw_only=True)
class ResolvedLookup(Resolved):
    """A lookup, connected. `places` are the rows it reads, along the axes of ours."""

    node: Node
    places: Positions
    source: Rows

    @cached_property
    def index(self) -> Positions:
        """The row each of ours reads."""
        return self.rows.in_full(self.places)

    @cached_property
    def _as_it_lies(self) -> bool:
        """True where it reads all rows, in their order."""
        return is_count(self.places, len(self.source))

    def along_axes(self, figures: Figures) -> Floats:
        """The rows it matches, each once along an axis on which ours read the same."""
        values = figures.figure(self.node)
        if self._as_it_lies:
            return values.reshape((*values.shape[:-1], *self.places.shape))
        found: Floats = values.take(self.places, axis=-1)
        return found

    def gather(self, figures: Figures, at: Positions | None) -> Floats:
        """The rows it matches."""
        found: Floats = figures.figure(self.node).take(rows_at(self.index, at), axis=-1)
        return found

    def sources(self, row: int) -> list[tuple[Node, int]]:
        """The row it matches."""
        return [(self.node, int(self.index[row]))]

    def excel(self, sheets: Sheets, line: int, t: int) -> str:
        """A direct reference to the cell it matches."""
        mine = self.first_of[line] * self.rows.across + (t if self.by_year else 0)
        their_line, their_t = divmod(int(self.index[mine]), self.source.across)
        return sheets.cell(self.node, their_line, their_t if self.source.years else None)
