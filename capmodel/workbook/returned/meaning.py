"""What a workbook file means, in a form in which two of them can be compared: its sheets with their cells, and every other fact.

The same reader reads the book that was sent and the one that came back. How two meanings differ is found in `differences`.
"""

from __future__ import annotations

import tempfile
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from capmodel.workbook.returned.areas import boxes
from capmodel.workbook.returned.book_facts import property_facts, remark_facts, theme_facts, workbook_facts
from capmodel.workbook.returned.bounds import Contents, scan
from capmodel.workbook.returned.cells import Row, Written
from capmodel.workbook.returned.drawn import Drawn, drawn_on, shortened
from capmodel.workbook.returned.facts import Fact
from capmodel.workbook.returned.looks import Look, conditions_of
from capmodel.workbook.returned.read import links_of
from capmodel.workbook.returned.sheet_facts import SheetFacts
from capmodel.workbook.returned.tree import Node
from capmodel.workbook.writing.book import Book
from capmodel.workbook.writing.write import write

#: Cells of a series whose figures are compared with those a chart keeps.
MOST_DRAWN = 10_000

Where = tuple[int, int]  # row and column, from 0
Key = tuple[str, str, str]  # sheet, cell, and the object with its property


@dataclass(frozen=True)
class Page:
    """One sheet: cells that hold something, cells that have a look alone, rows, links by cell, and what is drawn over the cells."""

    name: str
    cells: dict[Where, Written]
    empty: dict[Where, Written]
    rows: dict[int, Row]
    links: dict[str, str]
    drawn: list[Drawn]


@dataclass(frozen=True)
class Meaning:
    """What a workbook means: its sheets in order, the looks that its cells refer to, every other fact with its class and value, and what it was read from."""

    pages: dict[str, Page]
    looks: list[Look]
    facts: dict[Key, tuple[str, str]]
    contents: Contents


def meaning_of_file(path: Path) -> Meaning:
    """What a workbook file means.

    Raises:
        BadInput: it is no book of capmodel, or holds what none may hold.
    """
    return meaning_of(scan(path))


def meaning_of(contents: Contents, known: Meaning | None = None) -> Meaning:
    """What a workbook means that `bounds.scan` has let through; a sheet that was taken from a known file is the very same."""
    trees, kinds = contents.trees.parts, {each.target: each.kind for each in contents.relations if not each.external}
    styles, palette = contents.of_kind("styles") or Node("styleSheet"), contents.palette
    conditions, looks = conditions_of(styles, palette), contents.cells.looks or [Look()]
    pages = {}
    facts: list[Iterable[Fact]] = [
        workbook_facts(contents.of_kind("officeDocument") or Node("workbook")),
        property_facts(trees, kinds),
        remark_facts(trees, kinds, contents.relations, {part: sheet for sheet, part in contents.parts.items()}),
        theme_facts(contents.of_kind("theme")),
    ]
    for sheet, part in contents.parts.items():
        pages[sheet] = known.pages[sheet] if known and part in contents.taken else _page(contents, sheet, part)
        facts.append(SheetFacts(sheet, trees.get(part, Node("worksheet")), palette, conditions, looks))
    return Meaning(pages, looks, _by_key(fact for group in facts for fact in group), contents)


def meaning_of_book(book: Book, known: Meaning) -> Meaning:
    """What a book in memory means once it is written, read as any file is; what is the same in a known file is not read again."""
    with tempfile.TemporaryDirectory() as folder:
        return meaning_of(scan(write(book, Path(folder) / "sent.xlsx"), known.contents), known)


def _page(contents: Contents, sheet: str, part: str) -> Page:
    cells, empty = contents.cells.sheets.get(part, []), contents.cells.empty.get(part, [])
    return Page(
        sheet,
        {each[:2]: each for each in cells},
        {each[:2]: each for each in empty},
        contents.cells.rows.get(part, {}),
        links_of(contents, part),
        drawn_on(part, contents.trees.parts, contents.relations),
    )


def _by_key(facts: Iterator[Fact]) -> dict[Key, tuple[str, str]]:
    """Facts by what they are about; two of the same object and property count together."""
    found: dict[Key, tuple[str, str]] = {}
    for kind, sheet, cell, what, value in facts:
        before = found.get((sheet, cell, what))
        found[sheet, cell, what] = (kind, value if before is None else f"{before[1]} and {value}")
    return found


def held_by(book: Meaning, reference: str) -> str:
    """The figures or texts that a book holds in the cells a chart is drawn from, as a chart keeps them; empty where there are none."""
    sheet, _, cells = reference.rpartition("!")
    page = next((page for name, page in book.pages.items() if name.upper() == sheet.strip("'").upper()), None)
    found = (page.cells.get((row, column)) for row, column in _cells(cells)) if page else ()
    return "; ".join(shortened(str(cell.value)) for cell in found if cell is not None and cell.value not in (None, ""))


def _cells(reference: str) -> Iterator[Where]:
    for top, left, bottom, right in boxes(reference):
        if (bottom - top + 1) * (right - left + 1) <= MOST_DRAWN:
            yield from ((row - 1, column - 1) for row in range(top, bottom + 1) for column in range(left, right + 1))
