"""Finds rows that were deleted, inserted or moved, and says what the book that was sent would mean with the same rows.

A row is known by its labels and by the columns of its formulas. Without this, a row that was deleted would be told by every cell
below it. What is left over after the rows are accounted for is found in `differences`.
"""

from __future__ import annotations

import difflib
import itertools
import re
from collections.abc import Mapping
from dataclasses import dataclass, replace

from capmodel.workbook.returned.cells import REFERENCE, Written
from capmodel.workbook.returned.drawn import Drawn
from capmodel.workbook.returned.looks import Look
from capmodel.workbook.returned.meaning import Meaning, Page
from capmodel.workbook.writing.book import address

#: Rows between the first and the last that differ, up to which they are matched one by one.
MOST_ROWS = 1_500
Signature = tuple[tuple[int, str], ...]
_PIECES = re.compile(
    r"""("(?:[^"]|"")*")|((?:'(?:[^']|'')*'|[A-Za-z_][\w.]*)!)?(\$?[A-Za-z]{1,3}\$?\d+(?::\$?[A-Za-z]{1,3}\$?\d+)?)(?![\w(.])"""
)
_AREA = ("the conditional format", "warnings that are not shown")
GONE = "#REF!"


@dataclass(frozen=True)
class Rows:
    """What was done to the rows of a sheet: the new row of each that was sent and is still there, and the rows that are new.

    Attributes:
        now: the row, from 0, at which a row that was sent stands now; None where it was deleted.
        inserted: the rows, as they stand now, that were not sent.
        moved: rows that were sent and stand in another order, by where they stand now.
    """

    now: tuple[int | None, ...]
    inserted: tuple[int, ...]
    moved: Mapping[int, int]

    @property
    def deleted(self) -> list[int]:
        """The rows, as they were sent, that are gone."""
        return [row for row, now in enumerate(self.now) if now is None]

    def at(self, row: int) -> int | None:
        """Where a row stands now; rows below the last that holds anything keep their distance to it."""
        if row < len(self.now):
            return self.now[row]
        return row - len(self.deleted) + len(self.inserted)

    def span(self, first: int, last: int) -> tuple[int, int] | None:
        """Where a range of rows stands now, as programs keep ranges; None where none of it is left."""
        left = [now for row in range(first, last + 1) if (now := self.at(row)) is not None]
        return (left[0], left[-1]) if left else None


def rows_of(sent: Page, returned: Page, looks: list[Look], looks_now: list[Look]) -> Rows | None:
    """What was done to the rows of a sheet; None where they are as they were sent."""
    before, after = _signatures(sent, looks), _signatures(returned, looks_now)
    if before == after or not before:
        return None
    head = sum(1 for _ in itertools.takewhile(lambda pair: pair[0] == pair[1], zip(before, after, strict=False)))
    room = min(len(before), len(after)) - head
    tail = sum(
        1
        for _ in itertools.takewhile(
            lambda pair: pair[0] == pair[1], itertools.islice(zip(reversed(before), reversed(after), strict=False), room)
        )
    )
    one, other = before[head : len(before) - tail], after[head : len(after) - tail]
    # Cells that were added below the last row move nothing.
    if not one and not tail:
        return None
    if len(one) == len(other) and sorted(one) == sorted(other):
        order = [*range(head), *(head + at for at in _in_order(one, other)), *range(len(after) - tail, len(after))]
        return Rows(tuple(order), (), {now: row for row, now in enumerate(order) if now != row})
    now = [*range(head), *(None if at is None else head + at for at in _matched(one, other)), *range(len(after) - tail, len(after))]
    inserted = sorted(set(range(head, len(after) - tail)) - set(now))
    if None not in now and not inserted:
        return None
    return Rows(tuple(now), tuple(inserted), {})


def _signatures(page: Page, looks: list[Look]) -> list[Signature]:
    """What each row is known by; entries and inputs may change, and count only as there."""
    found: dict[int, list[tuple[int, str]]] = {}
    for (row, column), cell in page.cells.items():
        free = not looks[cell.look].is_locked if cell.look < len(looks) else False
        said = "" if free else "=" if cell.formula is not None else cell.value if isinstance(cell.value, str) else "#"
        if said:
            found.setdefault(row, []).append((column, said))
    return [tuple(sorted(found.get(row, ()))) for row in range(max(found, default=-1) + 1)]


def _in_order(one: list[Signature], other: list[Signature]) -> list[int]:
    """Where each row stands among the same rows in another order; rows that are alike keep their order."""
    places: dict[Signature, list[int]] = {}
    for at, signature in enumerate(other):
        places.setdefault(signature, []).append(at)
    return [places[signature].pop(0) for signature in one]


def _matched(one: list[Signature], other: list[Signature]) -> list[int | None]:
    """The row among the others that each row is, or None where it is gone."""
    if len(one) == len(other):
        return list(range(len(one)))
    found: list[int | None] = [None] * len(one)
    if not one or not other or max(len(one), len(other)) > MOST_ROWS:
        return found
    for tag, start, end, first, last in difflib.SequenceMatcher(None, one, other, autojunk=False).get_opcodes():
        if tag in ("equal", "replace"):
            for i in range(min(end - start, last - first)):
                found[start + i] = first + i
    return found


# ---------------------------------------------------------------------- the book that was sent, with the same rows


def with_rows(sent: Meaning, rows: Mapping[str, Rows]) -> Meaning:
    """What the book that was sent would mean, had it the rows of the one that came back; deleted rows are left out of it."""
    known = {name.upper(): each for name, each in rows.items()}
    pages = {name: _page(page, rows.get(name), known) for name, page in sent.pages.items()}
    facts = {}
    for (sheet, cell, what), (kind, value) in sent.facts.items():
        own = rows.get(sheet)
        own = None if own is not None and own.moved else own  # sorting leaves what cells accept where it was
        if own is not None and cell:
            cell = ranges_now(cell, own)
            if cell == GONE:
                continue
        if own is not None and what.startswith(_AREA):
            value = " ".join(part for part in (ranges_now(part, own) for part in value.split()) if part != GONE)
        elif own is not None and what.startswith("the page breaks (rows)"):
            value = " ".join(str(at) for at in (own.at(int(each)) for each in value.split()) if at is not None)
        elif what.startswith(("the printed titles", "the print area", "the name")):
            value = formula_now(value, sheet, known)
        facts[sheet, cell, what] = (kind, value)
    return replace(sent, pages=pages, facts=facts)


def _page(page: Page, own: Rows | None, known: Mapping[str, Rows]) -> Page:
    def at(row: int) -> int | None:
        return row if own is None else own.at(row)

    return replace(
        page,
        cells={
            (now, column): cell._replace(row=now, formula=None if cell.formula is None else formula_at(cell, now, page.name, own, known))
            for (row, column), cell in page.cells.items()
            if (now := at(row)) is not None
        },
        empty={(now, column): cell for (row, column), cell in page.empty.items() if (now := at(row)) is not None},
        rows=page.rows if own is None or own.moved else {now: each for row, each in page.rows.items() if (now := at(row)) is not None},
        links=page.links
        if own is None or own.moved
        else {cell: to for where, to in page.links.items() if (cell := ranges_now(where, own)) != GONE},
        drawn=[_drawn(each, at(each.row), page.name, known) for each in page.drawn],
    )


def _drawn(drawn: Drawn, row: int | None, sheet: str, known: Mapping[str, Rows]) -> Drawn:
    properties = {
        name: formula_now(value, sheet, known) if name.endswith(("values", "categories")) else value
        for name, value in drawn.properties.items()
    }
    return replace(drawn, row=drawn.row if row is None else row, properties=properties)


def formula_at(cell: Written, now: int, sheet: str, own: Rows | None, known: Mapping[str, Rows]) -> str:
    """The formula of a cell in the row where it stands now; sorting takes formulas along as copying does."""
    formula = cell.formula or ""
    if own is not None and now in own.moved:
        from openpyxl.formula.translate import Translator

        moved = Translator(f"={formula}", address(cell.row, cell.column)).translate_formula(address(now, cell.column))
        return str(moved).removeprefix("=")
    return formula_now(formula, sheet, known)


def formula_now(formula: str, sheet: str, rows: Mapping[str, Rows]) -> str:
    """A formula as a program keeps it when rows of some sheets are deleted or inserted.

    >>> formula_now("SUM(A1:A3)+B!A2", "A", {"A": Rows((0, None, 1), (), {})})
    'SUM(A1:A2)+B!A2'
    """

    def piece(match: re.Match[str]) -> str:
        if match[1]:
            return match[0]
        name = (match[2] or f"{sheet}!")[:-1].strip("'").replace("''", "'").upper()
        own = rows.get(name)
        if own is None or own.moved:
            return match[0]
        now = ranges_now(match[3], own)
        return GONE if now == GONE else f"{match[2] or ''}{now}"

    return _PIECES.sub(piece, formula) if any(character.isdigit() for character in formula) else formula


def ranges_now(text: str, rows: Rows) -> str:
    """A cell or a range where it stands now.

    >>> ranges_now("$A$2:B3", Rows((0, None, 1), (), {})), ranges_now("A2", Rows((0, None, 1), (), {}))
    ('$A$2:B2', '#REF!')
    """
    match = REFERENCE.fullmatch(text)
    if match is None:
        return text
    first, last = int(match[2]) - 1, int(match[4] or match[2]) - 1
    span = rows.span(first, last) if last - first < 200_000 else (first, last)
    if span is None:
        return GONE
    numbers = iter(span)
    return re.sub(r"\d+", lambda _: str(next(numbers) + 1), text)
