"""Finds rows and columns that were deleted, inserted or moved, and says what the book that was sent would mean with the same ones.

A row is known by its labels and by the columns of its formulas, a column by the same in its rows. Without this, a row that was deleted
would be told by every cell below it. What is left over after rows and columns are accounted for is found in `differences`.
"""

from __future__ import annotations

import difflib
import itertools
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Literal

from capmodel.workbook.returned.cells import REFERENCE, Written
from capmodel.workbook.returned.drawn import Drawn
from capmodel.workbook.returned.formulas import Copied
from capmodel.workbook.returned.looks import Look
from capmodel.workbook.returned.meaning import Meaning, Page, Where
from capmodel.workbook.writing.book import column_name, column_number

#: Rows or columns between the first and the last that differ, up to which they are matched one by one.
MOST_LINES = 1_500
LONGEST_RANGE = 200_000
Axis = Literal[0, 1]  # rows or columns, as they stand in a position
ROWS: Axis = 0
COLUMNS: Axis = 1
Signature = tuple[tuple[int, str], ...]
_PIECES = re.compile(
    r"""("(?:[^"]|"")*")|((?:'(?:[^']|'')*'|[A-Za-z_][\w.]*)!)?(\$?[A-Za-z]{1,3}\$?\d+(?::\$?[A-Za-z]{1,3}\$?\d+)?)(?![\w(.])"""
)
_AREA = ("the conditional format", "warnings that are not shown")
#: A fact about a column by its number, from 1.
COLUMN = re.compile(r"column (\d+): ")
GONE = "#REF!"


@dataclass(frozen=True)
class Lines:
    """What was done to the rows, or to the columns, of a sheet.

    Attributes:
        axis: whether they are rows or columns.
        now: the line, from 0, at which a line that was sent stands now; None where it was deleted.
        inserted: the lines, as they stand now, that were not sent.
        moved: lines that were sent and stand in another order, by where they stand now.
    """

    axis: Axis
    now: tuple[int | None, ...]
    inserted: tuple[int, ...]
    moved: Mapping[int, int]

    @property
    def deleted(self) -> list[int]:
        """The lines, as they were sent, that are gone."""
        return [line for line, now in enumerate(self.now) if now is None]

    def at(self, line: int) -> int | None:
        """Where a line stands now; lines beyond the last that holds anything keep their distance to it."""
        if line < len(self.now):
            return self.now[line]
        return line - len(self.deleted) + len(self.inserted)

    def place(self, where: Where) -> Where | None:
        """Where a cell that was sent stands now; None where it was deleted."""
        now = self.at(where[self.axis])
        return None if now is None else (now, where[1]) if self.axis == ROWS else (where[0], now)

    def is_new(self, where: Where) -> bool:
        """True where a cell, as it stands now, is in a line that was inserted."""
        return where[self.axis] in self.inserted

    def span(self, first: int, last: int) -> tuple[int, int] | None:
        """Where a range of lines stands now, as programs keep ranges; None where none of it is left."""
        left = [now for line in range(first, last + 1) if (now := self.at(line)) is not None]
        return (left[0], left[-1]) if left else None

    def kept_from(self, line: int) -> int | None:
        """Where the first line that is left of those from one on stands now; None where none is."""
        return next((now for each in range(line, max(len(self.now), line + 1)) if (now := self.at(each)) is not None), None)

    def called(self, line: int) -> str:
        """A line as a message names it.

        >>> Lines(ROWS, (), (), {}).called(6), Lines(COLUMNS, (), (), {}).called(6)
        ('row 7', 'column G')
        """
        return f"row {line + 1}" if self.axis == ROWS else f"column {column_name(line)}"


def lines_of(sent: Page, returned: Page, looks: list[Look], looks_now: list[Look]) -> Lines | None:
    """What was done to the rows of a sheet, or where nothing was, to its columns; None where they are as they were sent."""
    for axis in (ROWS, COLUMNS):
        before, after = _signatures(sent, looks, axis), _signatures(returned, looks_now, axis)
        if before and before != after and (found := _aligned(axis, before, after)):
            return found
    return None


def _aligned(axis: Axis, before: list[Signature], after: list[Signature]) -> Lines | None:
    head = sum(1 for _ in itertools.takewhile(lambda pair: pair[0] == pair[1], zip(before, after, strict=False)))
    room = min(len(before), len(after)) - head
    tail = sum(
        1
        for _ in itertools.takewhile(
            lambda pair: pair[0] == pair[1], itertools.islice(zip(reversed(before), reversed(after), strict=False), room)
        )
    )
    one, other = before[head : len(before) - tail], after[head : len(after) - tail]
    # Cells that were added below the last row, or beside the last column, move nothing; what is gone from the last column moves nothing either.
    if not tail and (not one or axis == COLUMNS):
        return None
    if len(one) == len(other) and sorted(one) == sorted(other):
        order = [*range(head), *(head + at for at in _in_order(one, other)), *range(len(after) - tail, len(after))]
        return Lines(axis, tuple(order), (), {now: line for line, now in enumerate(order) if now != line})
    now = [*range(head), *(None if at is None else head + at for at in _matched(one, other)), *range(len(after) - tail, len(after))]
    inserted = sorted(set(range(head, len(after) - tail)) - set(now))
    if None not in now and not inserted:
        return None
    return Lines(axis, tuple(now), tuple(inserted), {})


def _signatures(page: Page, looks: list[Look], axis: Axis) -> list[Signature]:
    """What each line is known by; entries and inputs may change, and count only as there."""
    found: dict[int, list[tuple[int, str]]] = {}
    for where, cell in page.cells.items():
        free = not looks[cell.look].is_locked if cell.look < len(looks) else False
        said = "" if free else "=" if cell.formula is not None else cell.value if isinstance(cell.value, str) else "#"
        if said:
            found.setdefault(where[axis], []).append((where[1 - axis], said))
    return [tuple(sorted(found.get(line, ()))) for line in range(max(found, default=-1) + 1)]


def _in_order(one: list[Signature], other: list[Signature]) -> list[int]:
    """Where each line stands among the same lines in another order; lines that are alike keep their order."""
    places: dict[Signature, list[int]] = {}
    for at, signature in enumerate(other):
        places.setdefault(signature, []).append(at)
    return [places[signature].pop(0) for signature in one]


def _matched(one: list[Signature], other: list[Signature]) -> list[int | None]:
    """The line among the others that each line is, or None where it is gone."""
    if len(one) == len(other):
        return list(range(len(one)))
    found: list[int | None] = [None] * len(one)
    if not one or not other or max(len(one), len(other)) > MOST_LINES:
        return found
    for tag, start, end, first, last in difflib.SequenceMatcher(None, one, other, autojunk=False).get_opcodes():
        if tag in ("equal", "replace"):
            for i in range(min(end - start, last - first)):
                found[start + i] = first + i
    return found


# ---------------------------------------------------------------------- the book that was sent, with the same rows and columns


def with_lines(sent: Meaning, lines: Mapping[str, Lines]) -> Meaning:
    """What the book that was sent would mean, had it the rows and columns of the one that came back; deleted ones are left out of it."""
    known = {name.upper(): each for name, each in lines.items()}
    pages = {name: _page(page, lines.get(name), known) for name, page in sent.pages.items()}
    facts = {}
    for (sheet, cell, what), (kind, value) in sent.facts.items():
        own = lines.get(sheet)
        own = None if own is not None and own.moved else own  # sorting leaves what cells accept where it was
        if own is not None and cell:
            cell = ranges_now(cell, own)
            if cell == GONE:
                continue
        if own is not None and own.axis == COLUMNS and (numbered := COLUMN.match(what)):
            column = own.at(int(numbered[1]) - 1)
            if column is None:
                continue
            what = f"column {column + 1}: {what[numbered.end() :]}"
        if own is not None and what.startswith(_AREA):
            value = " ".join(part for part in (ranges_now(part, own) for part in value.split()) if part != GONE)
        elif own is not None and what.startswith(f"the page breaks ({'rows' if own.axis == ROWS else 'columns'})"):
            value = " ".join(str(at) for at in (own.kept_from(int(each)) for each in value.split()) if at is not None)
        elif what.startswith(("the printed titles", "the print area", "the name")):
            value = formula_now(value, sheet, known)
        facts[sheet, cell, what] = (kind, value)
    return replace(sent, pages=pages, facts=facts)


def _page(page: Page, own: Lines | None, known: Mapping[str, Lines]) -> Page:
    def placed(cells: Iterable[tuple[Where, Written]]) -> dict[Where, Written]:
        return {now: cell for where, cell in cells if (now := where if own is None else own.place(where)) is not None}

    stay = own is None or bool(own.moved)
    return replace(
        page,
        cells={
            now: cell._replace(
                row=now[0],
                column=now[1],
                formula=None if cell.formula is None else formula_at(cell, now, page.name, own, known),
            )
            for now, cell in placed(page.cells.items()).items()
        },
        empty=placed(page.empty.items()),
        rows=page.rows
        if own is None or stay or own.axis == COLUMNS
        else {now: each for row, each in page.rows.items() if (now := own.at(row)) is not None},
        links=page.links
        if own is None or stay
        else {cell: to for where, to in page.links.items() if (cell := ranges_now(where, own)) != GONE},
        drawn=[_drawn(each, own, page.name, known) for each in page.drawn],
    )


def _drawn(drawn: Drawn, own: Lines | None, sheet: str, known: Mapping[str, Lines]) -> Drawn:
    properties = {
        name: formula_now(value, sheet, known) if name.endswith(("values", "categories")) else value
        for name, value in drawn.properties.items()
    }
    row, column = (own.place((drawn.row, drawn.column)) if own else None) or (drawn.row, drawn.column)
    return replace(drawn, row=row, column=column, properties=properties)


def formula_at(cell: Written, now: Where, sheet: str, own: Lines | None, known: Mapping[str, Lines]) -> str:
    """The formula of a cell where it stands now; sorting takes formulas along as copying does."""
    formula = cell.formula or ""
    if own is not None and now[own.axis] in own.moved:
        return Copied(formula).at(now[0] - cell.row, now[1] - cell.column)
    return formula_now(formula, sheet, known)


def formula_now(formula: str, sheet: str, lines: Mapping[str, Lines]) -> str:
    """A formula as a program keeps it when rows or columns of some sheets are deleted or inserted.

    >>> formula_now("SUM(A1:A3)+B!A2", "A", {"A": Lines(ROWS, (0, None, 1), (), {})})
    'SUM(A1:A2)+B!A2'
    """

    def piece(match: re.Match[str]) -> str:
        if match[1]:
            return match[0]
        name = (match[2] or f"{sheet}!")[:-1].strip("'").replace("''", "'").upper()
        own = lines.get(name)
        if own is None or own.moved:
            return match[0]
        now = ranges_now(match[3], own)
        return GONE if now == GONE else f"{match[2] or ''}{now}"

    return _PIECES.sub(piece, formula) if any(character.isdigit() for character in formula) else formula


def ranges_now(text: str, lines: Lines) -> str:
    """A cell or a range where it stands now.

    >>> ranges_now("$A$2:B3", Lines(ROWS, (0, None, 1), (), {})), ranges_now("A2", Lines(ROWS, (0, None, 1), (), {}))
    ('$A$2:B2', '#REF!')
    >>> ranges_now("$A2:C3", Lines(COLUMNS, (0, 2, 3), (1,), {}))
    '$A2:D3'
    """
    match = REFERENCE.fullmatch(text)
    if match is None:
        return text
    if lines.axis == ROWS:
        first, last = int(match[2]) - 1, int(match[4] or match[2]) - 1
    else:
        first, last = column_number(match[1]) - 1, column_number(match[3] or match[1]) - 1
    span = lines.span(first, last) if last - first < LONGEST_RANGE else (first, last)
    if span is None:
        return GONE
    names = iter([str(line + 1) if lines.axis == ROWS else column_name(line) for line in span])
    return re.sub(r"\d+" if lines.axis == ROWS else "[A-Za-z]+", lambda _: next(names), text)
