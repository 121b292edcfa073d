"""The four ways a rule reads a figure that is not a column of its own table.

`assumption` reads the pack, `lookup` one row of another table, `total` a sum over another table, `prior` the row before
(last year, or the line above). Each link is written twice, once for arrays and once for Excel, side by side in this file
and nowhere else; both read the same positions, worked out once by `connect`. In the workbook a link is a visible
ingredient line, with one row for each thing it distinguishes.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from capmodel.algebra.readable import Readable
from capmodel.algebra.resolved import Resolved, ingredient_lines
from capmodel.algebra.rows import YEAR, Figures, Floats, Node, Places, Rows, Sheets
from capmodel.algebra.unit import unit_by_name
from capmodel.errors import RuleError, nearest

# ------------------------------------------------------------------------------------------------ assumption


@dataclass(frozen=True)
class Assumption:
    """A figure of the pack, the same for every row or one a year."""

    name: str

    def nodes(self, table: Readable) -> list[Node]:
        """It reads no table."""
        return []

    def unit(self, table: Readable) -> str:
        """The unit is the last word of the name."""
        return unit_by_name(self.name)

    def label(self, table: Readable, assumption_labels: Mapping[str, str]) -> str:
        """The pack's own label."""
        return assumption_labels.get(self.name, self.name.replace("_", " "))

    def connect(self, table: Readable, rows: Mapping[str, Rows], by_year: Mapping[str, bool]) -> Resolved:
        """Find which year each row reads."""
        if self.name not in by_year:
            raise RuleError(f"{table.name} reads the assumption {self.name!r}, which is not given. {nearest(self.name, by_year)}")
        varies = by_year[self.name]
        if varies and not table.by_year:
            raise RuleError(f"{table.name} has no years, but the assumption {self.name!r} is given by year")
        lines, line_of = ingredient_lines(rows[table.name], ())
        return ResolvedAssumption(
            columns=(), lines=lines, line_of=line_of, by_year=varies, name=self.name, unit=self.unit(table), across=rows[table.name].across
        )


@dataclass(frozen=True, kw_only=True)
class ResolvedAssumption(Resolved):
    """An assumption, connected."""

    name: str
    unit: str
    across: int

    def gather(self, figures: Figures, at: Places) -> Floats:
        """One figure for all rows, or the figure of each row's year."""
        return figures.assumed(self.name)[..., at % self.across if self.by_year else np.zeros_like(at)]

    def excel(self, sheets: Sheets, line: int, t: int) -> str:
        """The cell of the assumption in use."""
        return sheets.assumption(self.name, t if self.by_year else None)


# ------------------------------------------------------------------------------------------------ lookup


@dataclass(frozen=True)
class Lookup:
    """One row of another table: its key columns, each matched by a column of ours."""

    table: Readable
    column: str
    on: tuple[tuple[str, str], ...]

    def matches(self) -> tuple[tuple[str, str], ...]:
        """Their key, our column; a key that is not mentioned is matched by our column of the same name."""
        named = dict(self.on)
        return tuple((key, named.get(key, key)) for key in self.table.keys)

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
        theirs, ours = zip(*self.matches(), strict=True) if self.table.keys else ((), ())
        position = {key: i for i, key in enumerate(source.keys(theirs))}
        wanted = me.keys(ours)
        missing = [key for key in dict.fromkeys(wanted) if key not in position]
        if missing:
            raise RuleError(f"{table.name} looks up {self.table.name}.{self.column} for {missing[0]}, and there is no such row")
        columns = tuple(column for column in ours if column != YEAR)
        lines, line_of = ingredient_lines(me, columns)
        index = np.array([position[key] for key in wanted], dtype=np.intp)
        return ResolvedLookup(
            columns=columns,
            lines=lines,
            line_of=line_of,
            by_year=YEAR in ours,
            node=(self.table.name, self.column),
            index=index,
            across=me.across,
            theirs_across=source.across,
            theirs_by_year=bool(source.years),
        )


@dataclass(frozen=True, kw_only=True)
class ResolvedLookup(Resolved):
    """A lookup, connected."""

    node: Node
    index: Places
    across: int
    theirs_across: int
    theirs_by_year: bool

    def gather(self, figures: Figures, at: Places) -> Floats:
        """The rows it matches."""
        return figures.figure(self.node)[..., self.index[at]]

    def sources(self, row: int) -> list[tuple[Node, int]]:
        """The row it matches."""
        return [(self.node, int(self.index[row]))]

    def excel(self, sheets: Sheets, line: int, t: int) -> str:
        """A direct reference to the cell it matches."""
        mine = self.first_of[line] * self.across + (t if self.by_year else 0)
        their_line, their_t = divmod(int(self.index[mine]), self.theirs_across)
        return sheets.cell(self.node, their_line, their_t if self.theirs_by_year else None)


# ------------------------------------------------------------------------------------------------ total


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
        group = {key: i for i, key in enumerate(dict.fromkeys(me.keys(ours)))}
        member = np.array([group.get(key, -1) for key in source.keys(theirs)], dtype=np.intp)
        columns = tuple(column for column in ours if column != YEAR)
        lines, line_of = ingredient_lines(me, columns)
        over_years = bool(source.years) and YEAR not in theirs
        criteria = tuple((their, our) for their, our in self.on if their != YEAR)
        if over_years and criteria and any(their not in self.table.keys for their, _ in criteria):
            raise RuleError(f"{table.name} totals {self.table.name}.{self.column} over years and lines at once; total it by year first")
        return ResolvedTotal(
            columns=columns,
            lines=lines,
            line_of=line_of,
            by_year=YEAR in ours,
            node=(self.table.name, self.column),
            member=member,
            groups=len(group),
            group_of=np.array([group[key] for key in me.keys(ours)], dtype=np.intp),
            criteria=tuple(their for their, _ in criteria),
            across=me.across,
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
    member: Places
    groups: int
    group_of: Places
    criteria: tuple[str, ...]
    theirs_lines: int
    theirs_by_year: bool
    over_years: bool
    single_line: Mapping[tuple[str, ...], int]
    across: int
    theirs_across: int
    unrounded: bool

    def gather(self, figures: Figures, at: Places) -> Floats:
        """Sums in the order of the rows, one after the other, as a spreadsheet adds them."""
        values = figures.figure(self.node)
        inside = self.member >= 0
        values, member = values[..., inside], self.member[inside]
        leading = values.shape[:-1]
        draws = int(np.prod(leading, dtype=int))
        places = (np.arange(draws)[:, None] * self.groups + member).ravel()
        sums: Floats = np.bincount(places, weights=values.ravel(), minlength=draws * self.groups).astype(float)
        return sums.reshape(*leading, self.groups)[..., self.group_of[at]]

    def sources(self, row: int) -> list[tuple[Node, int]]:
        """The rows it sums."""
        return [(self.node, int(place)) for place in np.flatnonzero(self.member == self.group_of[row])]

    def excel(self, sheets: Sheets, line: int, t: int) -> str:
        """Unrounded figures one by one; else SUM over a range, or SUMIFS on the labels beside it where some are singled out."""
        column = t if self.theirs_by_year and not self.over_years else None
        if not self.theirs_lines:
            return "0"
        if self.unrounded and not self.over_years:
            members = np.flatnonzero(self.member == self.group_of[self.first_of[line] * self.across + (t if self.by_year else 0)])
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


# ------------------------------------------------------------------------------------------------ prior


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
        last: dict[tuple[str, ...], int] = {}
        before = np.full(len(me), -1, dtype=np.intp)
        for i, key in enumerate(me.keys(fixed)):
            before[i] = last.get(key, -1)
            last[key] = i
        columns = tuple(key for key in table.keys if key != YEAR)
        lines, line_of = ingredient_lines(me, columns)
        beside = tuple(i for i, key in enumerate(columns) if key in fixed)
        above = YEAR not in self.along and _is_line_above(before, me.across)
        return ResolvedPrior(
            columns=columns,
            lines=lines,
            line_of=line_of,
            by_year=table.by_year,
            table=table.name,
            column=self.column,
            first=self.first,
            before=before,
            across=me.across,
            beside=beside if above else (),
        )


def _is_line_above(before: Places, across: int) -> bool:
    """True where every row that has a row before has it in the line right above."""
    places = np.arange(len(before))
    return bool(((before < 0) | (before == places - across)).all())


@dataclass(frozen=True, kw_only=True)
class ResolvedPrior(Resolved):
    """A prior, connected. `beside` are the label columns that stay the same while it goes down the lines."""

    table: str
    column: str
    first: str | int
    before: Places
    across: int
    beside: tuple[int, ...]

    def gather(self, figures: Figures, at: Places) -> Floats:
        """The row before, or the opening figure where there is none."""
        before = self.before[at]
        opening = before < 0
        if opening.all():
            return self._opening(figures, at)
        carried = figures.figure((self.table, self.column))[..., np.where(opening, 0, before)]
        return np.where(opening, self._opening(figures, at), carried) if opening.any() else carried

    def sources(self, row: int) -> list[tuple[Node, int]]:
        """The row before, or the opening figure."""
        before = int(self.before[row])
        if before >= 0:
            return [((self.table, self.column), before)]
        return [((self.table, self.first), row)] if isinstance(self.first, str) else []

    def _opening(self, figures: Figures, at: Places) -> Floats:
        if isinstance(self.first, str):
            return figures.figure((self.table, self.first))[..., at]
        return np.full(len(at), float(self.first))

    def excel(self, sheets: Sheets, line: int, t: int) -> str:
        """The cell before, or the opening figure where there is none; down the lines, by whether the labels change."""
        opening = (
            sheets.cell((self.table, self.first), line, t if self.by_year else None) if isinstance(self.first, str) else str(self.first)
        )
        if self.beside:
            same = [f"{sheets.own_label(i)}={sheets.own_label(i, above=True)}" for i in self.beside]
            condition = same[0] if len(same) == 1 else f"AND({','.join(same)})"
            return f"IF({condition},{sheets.cell((self.table, self.column), line - 1, t if self.by_year else None)},{opening})"
        before = int(self.before[line * self.across + t])
        if before < 0:
            return opening
        their_line, their_t = divmod(before, self.across)
        return sheets.cell((self.table, self.column), their_line, their_t if self.by_year else None)


Link = Assumption | Lookup | Total | Prior


def assumption(name: str) -> Assumption:
    """Read a figure of the pack by its name."""
    return Assumption(name)


def lookup(table: Readable, column: str, **on: str) -> Lookup:
    """Read one row of another table; `their_key="our_column"` where the names differ."""
    return Lookup(table, column, tuple(on.items()))


def total(table: Readable, column: str, *same: str, **on: str) -> Total:
    """Sum another table's column over the rows that agree with ours in the columns named."""
    return Total(table, column, tuple((name, name) for name in same) + tuple(on.items()))


def prior(column: str, first: str | int = 0, along: Sequence[str] = (YEAR,)) -> Prior:
    """Read the row before: last year by default, or the line above along other keys."""
    return Prior(column, first, tuple(along))
