"""Which sheet, row and column of a book that came back is which of the book that was sent.

Sheets that were renamed are known by what they hold, rows and columns as `lines` knows them. With that, what stands in a book whose
rows were inserted, deleted or sorted can be read as if it stood where it was sent.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace
from typing import TypeVar

from capmodel.workbook.returned.lines import Lines, lines_of
from capmodel.workbook.returned.meaning import Meaning, Page
from capmodel.workbook.returned.read import Address

#: The part of its cells that a sheet shares with one of another name, from which it is the same sheet.
RENAMED = 0.8
Held = TypeVar("Held")


@dataclass(frozen=True)
class Alignment:
    """Which sheets and lines are which.

    Attributes:
        names: the name that was sent of each sheet that was renamed, by its name now.
        lines: what was done to the rows or columns of a sheet, by the name that was sent.
    """

    names: Mapping[str, str]
    lines: Mapping[str, Lines]

    def as_sent(self, cells: Mapping[Address, Held]) -> dict[Address, Held]:
        """The cells of the book that came back, by the address at which each was sent; those of inserted lines are left out."""
        if not self.names and not self.lines:
            return dict(cells)
        before = {name: {now: line for line, now in enumerate(each.now) if now is not None} for name, each in self.lines.items()}
        found: dict[Address, Held] = {}
        for (sheet, row, column), held in cells.items():
            name = self.names.get(sheet, sheet)
            lines = self.lines.get(name)
            if lines is None:
                found[name, row, column] = held
            elif not lines.is_new((row, column)):
                place = [row, column]
                now = place[lines.axis]
                place[lines.axis] = before[name].get(now, now + len(lines.deleted) - len(lines.inserted))
                found[name, place[0], place[1]] = held
        return found

    def is_gone(self, at: Address, sheets: Collection[str]) -> bool:
        """True where the sheet, the row or the column of a cell that was sent is not among the sheets that came back."""
        lines = self.lines.get(at[0])
        return (at[0] not in sheets and at[0] not in self.names.values()) or (lines is not None and lines.place(at[1:]) is None)

    def is_sorted(self, sheet: str) -> bool:
        """True where rows or columns of a sheet that was sent stand in another order."""
        return sheet in self.lines and bool(self.lines[sheet].moved)


def aligned(sent: Meaning, returned: Meaning) -> Alignment:
    """Which sheets and lines of a book that came back are which of the one that was sent."""
    names = _renamed(sent, returned)
    now = {names.get(name, name): page for name, page in returned.pages.items()}
    # A page that is the very same has no differences; no two files share one unless all that it refers to is the same in both.
    common = ((page, other) for name, page in sent.pages.items() if (other := now.get(name)) is not None and other is not page)
    return Alignment(names, {page.name: lines for page, other in common if (lines := lines_of(page, other, sent.looks, returned.looks))})


def _renamed(sent: Meaning, returned: Meaning) -> dict[str, str]:
    """The name that was sent of each sheet that has another name now and holds the same cells."""
    gone = [page for name, page in sent.pages.items() if name not in returned.pages]
    found: dict[str, str] = {}
    for name, page in returned.pages.items():
        if name not in sent.pages:
            alike = max(((_likeness(known, page), known.name) for known in gone if known.name not in found.values()), default=(0.0, ""))
            if alike[0] >= RENAMED:
                found[name] = alike[1]
    return found


def _likeness(one: Page, other: Page) -> float:
    same = sum(
        (known := other.cells.get(at)) is not None and (known.value == cell.value or None not in (known.formula, cell.formula))
        for at, cell in one.cells.items()
    )
    return same / max(len(one.cells), len(other.cells), 1)


def with_names(returned: Meaning, names: Mapping[str, str]) -> Meaning:
    """What a book means with the names of sheets that were sent, wherever a formula, a link or a chart refers to one."""
    if not names:
        return returned
    known = {name.upper(): sent for name, sent in names.items()}
    pattern = re.compile("|".join(f"'{re.escape(_doubled(name))}'!|(?<![\\w'.]){re.escape(name)}!" for name in names), re.IGNORECASE)

    def prefix(match: re.Match[str]) -> str:
        name = known[match[0][:-1].strip("'").replace("''", "'").upper()]
        name = name.upper() if match[0].isupper() else name  # as a formula is written where it is compared
        return f"{name}!" if name.isalnum() else f"'{_doubled(name)}'!"

    def renamed(text: str) -> str:
        return pattern.sub(prefix, text) if "!" in text else text

    pages = {}
    for name, page in returned.pages.items():
        sent = names.get(name, name)
        pages[sent] = replace(
            page,
            name=sent,
            cells={at: cell._replace(formula=renamed(cell.formula)) if cell.formula else cell for at, cell in page.cells.items()},
            links={where: renamed(to) for where, to in page.links.items()},
            drawn=[replace(each, properties={key: renamed(value) for key, value in each.properties.items()}) for each in page.drawn],
        )
    facts = {
        (names.get(sheet, sheet), cell, renamed(what)): (kind, renamed(value))
        for (sheet, cell, what), (kind, value) in returned.facts.items()
    }
    return replace(returned, pages=pages, facts=facts)


def _doubled(name: str) -> str:
    return name.replace("'", "''")
