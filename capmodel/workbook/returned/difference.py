"""One difference between two workbooks, and how a report says it: its class, its place, and what was and is there."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass

from capmodel.workbook.returned.facts import ALLOWED

Value = float | str | bool | None

#: What differs where rows, columns or sheets were deleted, inserted or moved.
SHEET = "the whole sheet"
_LINE = re.compile(r"the (row \d+|column [A-Z]+)")


@dataclass(frozen=True)
class Difference:
    """One difference between the book that was sent and the one that came back.

    Attributes:
        kind: its class, one of those in `facts`.
        sheet: the sheet; empty where it is about the whole workbook.
        cell: the cell, such as B7; empty where it is about an object of the sheet.
        what: what of it differs, in words.
        old: what was sent; None where there was nothing.
        new: what came back; None where there is nothing.
    """

    kind: str
    sheet: str
    cell: str
    what: str
    old: Value
    new: Value

    @property
    def allowed(self) -> bool:
        """True where whoever holds the book may make it."""
        return self.kind in ALLOWED

    @property
    def moves_cells(self) -> bool:
        """True where a row, a column or a sheet was deleted, inserted or moved, so that cells stand elsewhere."""
        return self.what == SHEET or _LINE.fullmatch(self.what) is not None

    @property
    def place(self) -> str:
        """Where it is, as a message names it."""
        return f"{self.sheet}!{self.cell}" if self.cell else self.sheet

    @property
    def words(self) -> str:
        """What differs, without its place."""
        if self.what == SHEET and None not in (self.old, self.new):
            return f"{self.what} was renamed: {shortly(self.new)}"
        if self.moves_cells and not isinstance(self.old, float):
            done = "was deleted" if self.new is None else "was inserted" if self.old is None else "was moved"
            return f"{self.what} {done}: {shortly(self.new if self.old is None else self.old)}"
        if self.new is None:
            return f"{self.what} is gone; it was {shortly(self.old)}"
        if self.old is None:
            return f"{self.what} was added: {shortly(self.new)}"
        return f"{self.what} was {shortly(self.old)}, is {shortly(self.new)}"

    def __str__(self) -> str:
        """The difference as a sentence with its place.

        >>> from capmodel.workbook.returned.facts import RULES
        >>> print(Difference(RULES, "Checks", "B2", "the formula", "=A1", "=A1+1"))
        Checks!B2: the formula was '=A1', is '=A1+1'
        """
        return f"{self.place}: {self.words}" if self.place else self.words


def shortly(value: Value) -> str:
    """A value as a message shows it: a long text by its beginning.

    >>> shortly("x" * 100) == "'" + "x" * 80 + "...'", shortly(2.0)
    (True, '2')
    """
    if isinstance(value, str):
        return repr(f"{value[:80]}...") if len(value) > 80 else repr(value)
    return f"{value:.15g}" if isinstance(value, float) else str(value)


def in_words(found: Iterable[Difference]) -> tuple[str, ...]:
    """Differences as a report lists them, each with its class; the same difference of many cells is said once.

    >>> from capmodel.workbook.returned.facts import LOOKS
    >>> in_words([Difference(LOOKS, "Checks", cell, "italic", None, "yes") for cell in ("B2", "B3")])
    ("looks: 2 places (Checks!B2, Checks!B3): italic was added: 'yes'",)
    """
    alike: dict[tuple[str, str], list[str]] = {}
    for each in found:
        alike.setdefault((each.kind, each.words), []).append(each.place)
    return tuple(f"{kind}: {_of_many(places, words)}" for (kind, words), places in alike.items())


def _of_many(places: list[str], words: str) -> str:
    named = ", ".join(places[:3]) + (", ..." if len(places) > 3 else "")
    if len(places) > 1:
        return f"{len(places):,} places ({named}): {words}"
    return f"{named}: {words}" if named else words
