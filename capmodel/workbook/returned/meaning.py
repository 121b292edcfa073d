"""What a workbook file means, in a form in which two of them can be compared: its sheets with their cells, and every other fact.

The same reader reads the book that was sent and the one that came back. How two meanings differ is found in `differences`.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from capmodel.workbook.returned.book_facts import property_facts, remark_facts, theme_facts, workbook_facts
from capmodel.workbook.returned.bounds import Contents, scan
from capmodel.workbook.returned.cells import Row, Written
from capmodel.workbook.returned.drawn import Drawn, drawn_on
from capmodel.workbook.returned.facts import Fact
from capmodel.workbook.returned.looks import Look, conditions_of, looks_of
from capmodel.workbook.returned.palette import Palette
from capmodel.workbook.returned.read import links_of
from capmodel.workbook.returned.sheet_facts import SheetFacts
from capmodel.workbook.returned.tree import Node

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
    """What a workbook means: its sheets in order, the looks that its cells refer to, and every other fact with its class and value."""

    pages: dict[str, Page]
    looks: list[Look]
    facts: dict[Key, tuple[str, str]]


def meaning_of_file(path: Path) -> Meaning:
    """What a workbook file means.

    Raises:
        BadInput: it is no book of capmodel, or holds what none may hold.
    """
    return meaning_of(scan(path))


def meaning_of(contents: Contents) -> Meaning:
    """What a workbook means that `bounds.scan` has let through."""
    trees, kinds = contents.trees.parts, {each.target: each.kind for each in contents.relations if not each.external}
    of_kind = {kinds.get(part, ""): tree for part, tree in trees.items()}
    styles, theme = of_kind.get("styles", Node("styleSheet")), of_kind.get("theme")
    palette = Palette(theme, styles)
    conditions, looks = conditions_of(styles, palette), looks_of(styles, palette) or [Look()]
    pages = {}
    facts: list[Iterable[Fact]] = [
        workbook_facts(of_kind["officeDocument"]),
        property_facts(trees, kinds),
        remark_facts(trees, kinds, contents.relations, {part: sheet for sheet, part in contents.parts.items()}),
        theme_facts(theme),
    ]
    for sheet, part in contents.parts.items():
        pages[sheet] = _page(contents, sheet, part)
        facts.append(SheetFacts(sheet, trees.get(part, Node("worksheet")), palette, conditions, looks))
    return Meaning(pages, looks, _by_key(fact for group in facts for fact in group))


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
