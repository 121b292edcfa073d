"""A rule reads a row of another table some years before: as an array, and as a reference to the cell of that year.

How many years stands in a column beside our line, such as the delay with which something is begun. Before the first year there is
nothing to read, and the figure is zero.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from capmodel.algebra.keys import rows_found
from capmodel.algebra.links.lookups import key_matches, refuse_missing
from capmodel.algebra.readable import Readable
from capmodel.algebra.resolved import Resolved
from capmodel.algebra.rows import YEAR, Figures, Floats, Node, Positions, Rows, Sheets, rows_at
from capmodel.errors import RuleError


@dataclass(frozen=True)
class Earlier:
    """One row of another table, as many years before ours as our column `years` says."""

    table: Readable
    column: str
    years: str
    on: tuple[tuple[str, str], ...]

    def nodes(self, table: Readable) -> list[Node]:
        """The column it reads."""
        return [(self.table.name, self.column)]

    def unit(self, table: Readable) -> str:
        """The unit of the column it reads."""
        return self.table.column(self.column).unit

    def label(self, table: Readable, assumption_labels: Mapping[str, str]) -> str:
        """The label of the column it reads, and by which of our columns it is moved."""
        return f"{self.table.column(self.column).label}, earlier by the {self.years.replace('_', ' ')} in years"

    def connect(self, table: Readable, rows: Mapping[str, Rows], by_year: Mapping[str, bool]) -> Resolved:
        """Find the row and the year each of ours reads; a key without a row is refused, and so is a year between those of the other table."""
        me, source = rows[table.name], rows[self.table.name]
        if not (me.years and source.years):
            raise RuleError(f"{table.name} reads {self.table.name}.{self.column} of earlier years, and one of the two tables has no years")
        matches = [(theirs, ours) for theirs, ours in key_matches(self.table, self.on) if theirs != YEAR]
        theirs, ours = tuple(pair[0] for pair in matches), tuple(pair[1] for pair in matches)
        lines = Rows(me.columns)
        line = rows_found(lines, ours, Rows(source.columns), theirs)
        refuse_missing(line, table, self.table, self.column, lines, ours)
        texts, codes = me.codes(self.years)
        delay = np.array([self._delay(table, text) for text in texts], dtype=np.intp)[codes]
        wanted = np.array(me.years, dtype=np.intp) - delay
        place = {year: t for t, year in enumerate(source.years)}
        before = wanted < source.years[0]
        stray = [int(year) for year in np.unique(wanted[~before]) if int(year) not in place]
        if stray:
            raise RuleError(f"{table.name} reads {self.table.name}.{self.column} of {stray[0]}, and that table has no such year")
        t = np.array([place.get(int(year), 0) for year in wanted.ravel()], dtype=np.intp).reshape(wanted.shape)
        return ResolvedEarlier(
            rows=me,
            columns=tuple(dict.fromkeys((*ours, self.years))),
            by_year=True,
            node=(self.table.name, self.column),
            years=self.years,
            their_line=lines.in_full(line),
            same_years=me.years == source.years,
            places=np.where(before, -1, line * source.across + t),
            theirs_across=source.across,
        )

    def _delay(self, table: Readable, text: str) -> int:
        if not (text.isascii() and text.isdecimal()):
            raise RuleError(f"{table.name}.{self.years} is {text!r}; years before are a whole number from 0 up")
        return int(text)


@dataclass(frozen=True, kw_only=True)
class ResolvedEarlier(Resolved):
    """An earlier row, connected; `places` are along the axes of our rows, and -1 before the first year."""

    node: Node
    years: str
    places: Positions
    their_line: Positions
    theirs_across: int
    same_years: bool

    @cached_property
    def index(self) -> Positions:
        """The row each of ours reads."""
        return self.rows.in_full(self.places)

    def along_axes(self, figures: Figures) -> Floats:
        """The rows it matches, each once along an axis on which ours read the same."""
        return self._read(figures, self.places)

    def gather(self, figures: Figures, at: Positions | None) -> Floats:
        """The rows it matches, and zero before the first year."""
        return self._read(figures, rows_at(self.index, at))

    def _read(self, figures: Figures, places: Positions) -> Floats:
        found = figures.figure(self.node)
        if not found.shape[-1]:
            return np.zeros(places.shape)
        taken: Floats = np.take(found, np.maximum(places, 0), axis=-1)
        return np.where(places < 0, 0.0, taken)

    def sources(self, row: int) -> list[tuple[Node, int]]:
        """The row it matches; none before the first year."""
        index = int(self.index[row])
        return [(self.node, index)] if index >= 0 else []

    def excel(self, sheets: Sheets, line: int, t: int) -> str:
        """The cell of the same year where nothing is moved; else one formula for all years, which counts back on the ruler: zero before the first."""
        ours, moved = self.first_of[line], self.columns.index(self.years)
        if self.same_years and int(self.lines[line][moved]):
            place = f"{sheets.place_of_year(t, self.rows.across)}-{sheets.own_label(moved)}"
            # A row number is given too: an engine that takes one number for a row would look for another row of a single one.
            return f"IF({place}>0,INDEX({sheets.across(self.node, int(self.their_line[ours]))},1,{place}),0)"
        index = int(self.index[ours * self.rows.across + t])
        return sheets.cell(self.node, *divmod(index, self.theirs_across)) if index >= 0 else "0"
