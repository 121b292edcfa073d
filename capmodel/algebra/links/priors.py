"""A rule reads the row before, last year or the line above: as an array, and as a reference to the cell before."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from capmodel.algebra.keys import rows_before
from capmodel.algebra.readable import Readable
from capmodel.algebra.resolved import Resolved
from capmodel.algebra.rows import YEAR, Figures, Floats, Node, Positions, Rows, Sheets, rows_at


@dataclass(frozen=True)
class Prior:
    """The row before in the same table: last year, or the line above; the first row reads `first` instead."""

    column: str
    first: str | int
    along: tuple[str, ...]

    def nodes(self, table: Readable) -> list[Node]:
        """The column it carries forward, and the column it opens with."""
        return [(table.name, self.column)] + ([(table.name, self.first)] if isinstance(self.first, str) else [])

    def unit(self, table: Readable) -> str:
        """The unit of the column it carries forward."""
        return table.column(self.column).unit

    def label(self, table: Readable, assumption_labels: Mapping[str, str]) -> str:
        """Say that it is brought forward, and what."""
        before = "year" if self.along == (YEAR,) else "line"
        return f"{table.column(self.column).label} (the {before} before)"

    def connect(self, table: Readable, rows: Mapping[str, Rows], by_year: Mapping[str, bool]) -> Resolved:
        """Find the row before each row: the one above it in table order that differs only in the columns gone along."""
        me = rows[table.name]
        fixed = [key for key in table.keys if key not in self.along]
        before, step = rows_before(me, fixed)
        columns = tuple(key for key in table.keys if key != YEAR)
        beside = tuple(i for i, key in enumerate(columns) if key in fixed)
        above = YEAR not in self.along and _is_line_above(before, me.across)
        return ResolvedPrior(
            rows=me,
            columns=columns,
            by_year=table.by_year,
            table=table.name,
            column=self.column,
            first=self.first,
            before=before,
            step=step,
            beside=beside if above else (),
        )


def _is_line_above(before: Positions, across: int) -> bool:
    """True where every row that has a row before has it in the line right above."""
    places = np.arange(len(before))
    return bool(((before < 0) | (before == places - across)).all())


@dataclass(frozen=True, kw_only=True)
class ResolvedPrior(Resolved):
    """A prior, connected. `step` counts the rows before each row; `beside` are the label columns that stay the same down the lines."""

    table: str
    column: str
    first: str | int
    before: Positions
    step: Positions
    beside: tuple[int, ...]

    def along_axes(self, figures: Figures) -> Floats:
        """The row before each row, or the opening figure where there is none."""
        return self.rows.along_axes(self.gather(figures, None))

    def gather(self, figures: Figures, at: Positions | None) -> Floats:
        """The row before, or the opening figure where there is none."""
        before = rows_at(self.before, at)
        opening = before < 0
        openings = np.count_nonzero(opening)
        if openings == len(opening):
            return self._opening(figures, at)
        carried = figures.figure((self.table, self.column))[..., np.where(opening, 0, before)]
        return np.where(opening, self._opening(figures, at), carried) if openings else carried

    def sources(self, row: int) -> list[tuple[Node, int]]:
        """The row before, or the opening figure."""
        before = int(self.before[row])
        if before >= 0:
            return [((self.table, self.column), before)]
        return [((self.table, self.first), row)] if isinstance(self.first, str) else []

    def _opening(self, figures: Figures, at: Positions | None) -> Floats:
        if isinstance(self.first, str):
            return rows_at(figures.figure((self.table, self.first)), at)
        return np.full(len(self.rows) if at is None else len(at), float(self.first))

    def excel(self, sheets: Sheets, line: int, t: int) -> str:
        """The cell before, or the opening figure where there is none; down the lines, by whether the labels change."""
        opening = (
            sheets.cell((self.table, self.first), line, t if self.by_year else None) if isinstance(self.first, str) else str(self.first)
        )
        if self.beside:
            same = [f"{sheets.own_label(i)}={sheets.own_label(i, above=True)}" for i in self.beside]
            condition = same[0] if len(same) == 1 else f"AND({','.join(same)})"
            return f"IF({condition},{sheets.cell((self.table, self.column), line - 1, t if self.by_year else None)},{opening})"
        before = int(self.before[line * self.rows.across + t])
        if before < 0:
            return opening
        their_line, their_t = divmod(before, self.rows.across)
        return sheets.cell((self.table, self.column), their_line, their_t if self.by_year else None)
