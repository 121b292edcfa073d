"""A rule reads a sum over rows of another table: as an array, and as an addition, SUM or SUMIFS."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from math import prod

import numpy as np
from numpy.typing import NDArray

from capmodel.algebra.keys import groups_found
from capmodel.algebra.readable import Readable
from capmodel.algebra.resolved import Resolved
from capmodel.algebra.rows import YEAR, Figures, Floats, Node, Positions, Rows, Sheets, rows_at
from capmodel.errors import RuleError

#: Three or more unrounded figures are added one by one, since programs differ in the last bits of SUM; a longer formula is hard to read.
LONGEST_ADDITION = 160


@dataclass(frozen=True)
class Total:
    """A sum over the rows of another table that agree with ours in the columns named."""

    table: Readable
    column: str
    on: tuple[tuple[str, str], ...]

    def nodes(self, table: Readable) -> list[Node]:
        """The column it sums."""
        return [(self.table.name, self.column)]

    def unit(self, table: Readable) -> str:
        """The unit of the column it sums."""
        return self.table.column(self.column).unit

    def label(self, table: Readable, assumption_labels: Mapping[str, str]) -> str:
        """Say that it is a total, and of what."""
        by = [theirs for theirs, _ in self.on if theirs != YEAR]
        suffix = f" by {' and '.join(column.replace('_', ' ') for column in by)}" if by else ""
        return f"Total of {self.table.column(self.column).label.lower()}{suffix}"

    def connect(self, table: Readable, rows: Mapping[str, Rows], by_year: Mapping[str, bool]) -> Resolved:
        """Find the rows each of ours sums over."""
        me, source = rows[table.name], rows[self.table.name]
        theirs, ours = zip(*self.on, strict=True) if self.on else ((), ())
        group_of, member, groups = groups_found(me, ours, source, theirs)
        over_years = bool(source.years) and YEAR not in theirs
        criteria = tuple((their, our) for their, our in self.on if their != YEAR)
        if over_years and criteria and any(their not in self.table.keys for their, _ in criteria):
            raise RuleError(f"{table.name} totals {self.table.name}.{self.column} over years and lines at once; total it by year first")
        return ResolvedTotal(
            rows=me,
            columns=tuple(column for column in ours if column != YEAR),
            by_year=YEAR in ours,
            node=(self.table.name, self.column),
            member=member,
            groups=groups,
            group_of=group_of,
            criteria=tuple(their for their, _ in criteria),
            theirs_across=source.across,
            unrounded=self.table.is_unrounded(self.column),
            theirs_lines=source.lines,
            theirs_by_year=bool(source.years),
            over_years=over_years,
            single_line={key: i for i, key in enumerate(zip(*(source.columns[their] for their, _ in criteria), strict=True))}
            if over_years and criteria
            else {},
        )


@dataclass(frozen=True, kw_only=True)
class ResolvedTotal(Resolved):
    """A total, connected."""

    node: Node
    member: Positions
    groups: int
    group_of: Positions
    criteria: tuple[str, ...]
    theirs_lines: int
    theirs_by_year: bool
    over_years: bool
    single_line: Mapping[tuple[str, ...], int]
    theirs_across: int
    unrounded: bool

    def gather(self, figures: Figures, at: Positions | None) -> Floats:
        """Sums in the order of the rows, one after the other, as a spreadsheet adds them."""
        values, member = figures.figure(self.node), self.member
        if self._inside is not None:
            values, member = values[..., self._inside], member[self._inside]
        leading = values.shape[:-1]
        draws = prod(leading)
        places = (np.arange(draws)[:, None] * self.groups + member).ravel() if draws != 1 else member
        sums: Floats = np.bincount(places, weights=values.ravel(), minlength=draws * self.groups).astype(float, copy=False)
        found: Floats = sums.reshape(*leading, self.groups).take(rows_at(self.group_of, at), axis=-1)
        return found

    @cached_property
    def _inside(self) -> NDArray[np.bool_] | None:
        """Which rows are in a group of ours; None where all are."""
        inside: NDArray[np.bool_] = self.member >= 0
        return None if inside.all() else inside

    def sources(self, row: int) -> list[tuple[Node, int]]:
        """The rows it sums."""
        return [(self.node, int(place)) for place in np.flatnonzero(self.member == self.group_of[row])]

    def excel(self, sheets: Sheets, line: int, t: int) -> str:
        """Unrounded figures one by one; else SUM over a range, or SUMIFS on the labels beside it where some are singled out."""
        column = t if self.theirs_by_year and not self.over_years else None
        if not self.theirs_lines:
            return "0"
        if self.unrounded and not self.over_years:
            members = np.flatnonzero(self.member == self.group_of[self.first_of[line] * self.rows.across + (t if self.by_year else 0)])
            added = "+".join(sheets.cell(self.node, place // self.theirs_across, column) for place in members.tolist())
            if len(members) > 2 and len(added) <= LONGEST_ADDITION:
                return added
        if not self.criteria:
            return f"SUM({sheets.span(self.node, 0, self.theirs_lines - 1, column)})"
        if self.over_years:
            their_line = self.single_line[self.lines[line]]
            return f"SUM({sheets.span(self.node, their_line, their_line, None)})"
        pairs = [f"{sheets.labels(self.node, their)},{sheets.own_label(i)}" for i, their in enumerate(self.criteria)]
        return f"SUMIFS({sheets.span(self.node, 0, self.theirs_lines - 1, column)},{','.join(pairs)})"
