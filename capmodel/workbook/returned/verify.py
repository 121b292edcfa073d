"""Verifies a workbook that came back: what of it is compared with the book that was sent, and how it is recalculated and run again.

The book that was sent is built again from its packs and written; nothing hidden in the file is needed. Both are read by the same reader,
and whatever differs in meaning is found in `differences`: inputs and entries may, nothing else. Only then is anything recalculated: the
formulas of the book that was sent, on the inputs that stand in the file. Then
capmodel is run on these inputs, and every formula cell must agree three ways. Where every input stands as it was sent, the book that
was sent is itself the book of these inputs, and is recalculated once. How a run is made again is in `made_again`.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING

from capmodel.assumptions.step import OPTIONS
from capmodel.workbook.recalculate import Certificate, cells_of, compare, recalculate_returned
from capmodel.workbook.returned.alignment import Alignment
from capmodel.workbook.returned.bounds import Contents
from capmodel.workbook.returned.difference import Difference, in_words
from capmodel.workbook.returned.differences import differences
from capmodel.workbook.returned.inputs import set_when_made
from capmodel.workbook.returned.meaning import Meaning, meaning_of
from capmodel.workbook.returned.provenance import Claim, claim_of, place_named
from capmodel.workbook.returned.read import Address, ReadBook, read_book
from capmodel.workbook.returned.sent import remade, standing_in
from capmodel.workbook.sheets import make_book
from capmodel.workbook.writing.book import Book

if TYPE_CHECKING:
    from capmodel.place.place import Place

LARGEST_SMALL = 1_000.0


@dataclass(frozen=True)
class Returned:
    """A workbook that came back, as it was read: nothing of it is evaluated."""

    path: Path
    contents: Contents
    book: ReadBook
    claim: Claim


@dataclass(frozen=True)
class Verification:
    """What was found: the file against itself, the file against the engine, what changed, and why no more was compared."""

    itself: Certificate | None = None
    engine: Certificate | None = None
    changes: Mapping[str, float] = field(default_factory=dict)
    altered: tuple[str, ...] = ()
    not_compared: str = ""
    set_when_made: tuple[tuple[str, float, float], ...] = ()  # figure, in the pack, in the book
    chosen_by_hand: tuple[str, ...] | None = None  # the options, where no solver chose them
    made_in: str = ""
    scenario: str = ""
    failing: tuple[str, ...] = ()
    checks: int = 0

    @property
    def passed(self) -> bool:
        """True where the file agrees with its recalculation and with the engine, its own checks hold, and only inputs changed.

        A file that could not be compared with the engine has not passed. One in which no formula cell holds a value, because a
        program that does not calculate saved it, has no values that could be wrong.
        """
        if self.itself is None or self.engine is None:
            return False
        return (self.itself.passed or self.itself.bare) and self.engine.passed and not self.altered and not self.failing


def read_returned(path: Path, contents: Contents) -> Returned:
    """A workbook that `bounds.scan` has let through, and what it says of itself."""
    book = read_book(contents)
    return Returned(path, contents, book, claim_of(contents.properties, book.cells))


def place_of(returned: Returned) -> tuple[Path | None, str]:
    """The folder of the place that a workbook names, among the packs here; or why there is none."""
    named, found = returned.claim.place, place_named(returned.claim)
    if found is not None:
        return found, ""
    if not named:
        return None, "it no longer names its place; give it with --place"
    if "/" in named or "\\" in named:
        return None, f"it names its place by a path ({named}), and a path in a file is not followed; give the place with --place"
    return None, f"the place it names, {named}, is not among the packs here; give it with --place"


def verify(returned: Returned, place: Place) -> Verification:
    """Compare a workbook with the book as it was made, recalculate it, and compare it with the engine.

    Args:
        returned: the workbook.
        place: the place it was made from, as the user or the packs here have it.

    Raises:
        BadInput: an input cell holds no number, or the workbook says of its run what cannot be.
        CapmodelError: the independent engine stopped.
    """
    cells = returned.book.cells
    known = remade(returned.claim, cells, place)
    if isinstance(known, str):
        return Verification(not_compared=known)
    made, issued = known.run, known.issued
    sent = issued.book
    back = meaning_of(returned.contents)
    found = others_in(back, known.meaning(sent, back))
    if moved := cells_moved(found):
        return Verification(altered=in_words(found), not_compared=moved)
    # An input that is none is refused before anything of the file is recalculated.
    standing = standing_in(cells, known)
    result = replace(standing.run(place), recalculation=issued.result.recalculation)
    engine, recalculated = issued.certificate, issued.values
    if any(cells[where].value != content.value for where, content in known.figures.items() if content.is_input):
        recalculated = recalculate_returned(returned.path.name, sent, cells)
        engine = compare(cells_of(make_book(result, known.recorded).book), recalculated)
    return Verification(
        compare(cells, recalculated, _without_money(sent)),
        engine,
        standing.from_made,
        in_words(found),
        set_when_made=set_when_made(known.pack, known.figures),
        chosen_by_hand=None
        if made.plan or not made.chain.has(OPTIONS)
        else tuple(option for option, taken in made.choice.items() if taken),
        made_in=place.scenarios[made.scenario].label,
        scenario=place.scenarios[result.scenario].label,
        failing=result.failing,
        checks=len(result.checks),
    )


def _without_money(book: Book) -> set[Address]:
    """The cells of a book whose figures have a unit that is no money, and are below a thousand, such as shares and indices."""
    return {
        (sheet.name, *at)
        for sheet in book.sheets
        for at, content in sheet.cells.items()
        if content.unit and "GBP" not in content.unit and isinstance(content.value, float) and abs(content.value) < LARGEST_SMALL
    }


def others_in(returned: Meaning, sent: Meaning, alignment: Alignment | None = None) -> list[Difference]:
    """Everything that nobody may change and somebody did; empty where only inputs and entries are not those that were sent."""
    return [each for each in differences(sent, returned, alignment) if not each.allowed]


def cells_moved(found: Iterable[Difference]) -> str:
    """Why a workbook is not recalculated: rows, columns or sheets were deleted, inserted or moved; empty where none were."""
    moved = [each for each in found if each.moves_cells]
    more = f", and {len(moved) - 1:,} more" if len(moved) > 1 else ""
    return (
        f"its inputs do not stand where they were sent ({moved[0]}{more}); ask for it with its rows, columns and sheets as they were"
        if moved
        else ""
    )
