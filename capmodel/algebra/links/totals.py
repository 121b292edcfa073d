"""A rule reads a sum over rows of another table: as an array, and as an addition, SUM or SUMIFS."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from math import prod

import numpy as np
from numpy.typing import NDArray

from capmodel.algebra.keys import groups_found, is_count
from capmodel.algebra.readable import Readable
from capmodel.algebra.resolved import Resolved
from capmodel.algebra.rows import YEAR, Figures, Floats, Node, Positions, Rows, Sheets, rows_at
from capmodel.errors import RuleError

#: Three or more unrounded figures are added one by one, since programs differ in the last bits of SUM; a longer formula is hard to read.
LONGEST_ADDITION = 160
#: So many figures next to each other, all of different groups, are quicker added at once.
_LONG_RUN = 64


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
        group_places, member_places, groups = groups_found(me, ours, source, theirs)
        over_years = bool(source.years) and YEAR not in theirs
        criteria = tuple((their, our) for their, our in self.on if their != YEAR)
        if over_years and criteria and any(their not in self.table.keys for their, _ in criteria):
            raise RuleError(f"{table.name} totals {self.table.name}.{self.column} over years and lines at once; total it by year first")
        return ResolvedTotal(
            rows=me,
            columns=tuple(column for column in ours if column != YEAR),
            by_year=YEAR in ours,
            node=(self.table.name, self.column),
            source=source,
            group_places=group_places,
            member_places=member_places,
            groups=groups,
            criteria=tuple(their for their, _ in criteria),
            unrounded=self.table.is_unrounded(self.column),
            over_years=over_years,
        )


@dataclass(frozen=True, kw_only=True)
class ResolvedTotal(Resolved):
    """A total, connected. Places are the groups that rows belong to, along the axes of our rows, and of the rows that are summed."""

    node: Node
    source: Rows
    group_places: Positions
    member_places: Positions
    groups: int
    criteria: tuple[str, ...]
    unrounded: bool
    over_years: bool

    @cached_property
    def group_of(self) -> Positions:
        """The group that each of our rows reads."""
        return self.rows.in_full(self.group_places)

    @cached_property
    def member(self) -> Positions:
        """The group that each row of the source belongs to, or -1."""
        return self.source.in_full(self.member_places)

    def along_axes(self, figures: Figures) -> Floats:
        """The sums, each once along an axis on which ours read the same."""
        sums = self._sums(figures.figure(self.node))
        if self._as_they_lie:
            return sums.reshape((*sums.shape[:-1], *self.group_places.shape))
        found: Floats = sums.take(self.group_places, axis=-1)
        return found

    def gather(self, figures: Figures, at: Positions | None) -> Floats:
        """The sums."""
        found: Floats = self._sums(figures.figure(self.node)).take(rows_at(self.group_of, at), axis=-1)
        return found

    def _sums(self, values: Floats) -> Floats:
        """Sums of all groups in the order of the rows, one after the other from zero, as a spreadsheet adds them."""
        leading = values.shape[:-1]
        if self._over and values.flags.c_contiguous:
            axes = tuple(len(leading) + axis for axis in self._over)
            added: Floats = self.source.along_axes(values).sum(axis=axes).reshape((*leading, self.groups)) + 0.0
            return added
        member = self.member
        if self._inside is not None:
            values, member = values[..., self._inside], member[self._inside]
        draws = prod(leading)
        places = (np.arange(draws)[:, None] * self.groups + member).ravel() if draws != 1 else member
        sums: Floats = np.bincount(places, weights=values.ravel(), minlength=draws * self.groups).astype(float, copy=False)
        return sums.reshape((*leading, self.groups))

    @cached_property
    def _as_they_lie(self) -> bool:
        """True where our rows read all groups, in their order."""
        return is_count(self.group_places, self.groups)

    @cached_property
    def _over(self) -> tuple[int, ...]:
        """The axes to sum over where groups lie along the others; none where rows are better added to their groups one by one.

        Along an axis that is not the fastest, numpy adds one row after the other too. Only long runs are worth it.
        """
        shape, kept = self.source.shape, self.member_places.shape
        over = tuple(axis for axis, (length, own) in enumerate(zip(shape, kept, strict=True)) if own < length)
        if not over or not is_count(self.member_places, self.groups):
            return ()
        return over if prod(shape[over[-1] + 1 :]) >= _LONG_RUN else ()

    @cached_property
    def _inside(self) -> NDArray[np.bool_] | None:
        """Which rows are in a group of ours; None where all are."""
        inside: NDArray[np.bool_] = self.member_places >= 0
        return None if inside.all() else self.source.in_full(inside)

    @cached_property
    def _line_of(self) -> dict[tuple[str, ...], int]:
        """The line of the source with some texts, for a total over its years."""
        columns = (self.source.columns[their] for their in self.criteria)
        return {key: i for i, key in enumerate(zip(*columns, strict=True))}

    def sources(self, row: int) -> list[tuple[Node, int]]:
        """The rows it sums."""
        return [(self.node, int(place)) for place in np.flatnonzero(self.member == self.group_of[row])]

    def excel(self, sheets: Sheets, line: int, t: int) -> str:
        """Unrounded figures one by one; else SUM over a range, or SUMIFS on the labels beside it where some are singled out."""
        column = t if self.source.years and not self.over_years else None
        last = self.source.lines - 1
        if last < 0:
            return "0"
        if self.unrounded and not self.over_years:
            members = np.flatnonzero(self.member == self.group_of[self.first_of[line] * self.rows.across + (t if self.by_year else 0)])
            added = "+".join(sheets.cell(self.node, place // self.source.across, column) for place in members.tolist())
            if len(members) > 2 and len(added) <= LONGEST_ADDITION:
                return added
        if not self.criteria:
            return f"SUM({sheets.span(self.node, 0, last, column)})"
        if self.over_years:
            their_line = self._line_of[self.lines[line]]
            return f"SUM({sheets.span(self.node, their_line, their_line, None)})"
        pairs = [f"{sheets.labels(self.node, their)},{sheets.own_label(i)}" for i, their in enumerate(self.criteria)]
        return f"SUMIFS({sheets.span(self.node, 0, last, column)},{','.join(pairs)})"
