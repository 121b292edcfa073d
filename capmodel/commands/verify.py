"""The command `verify`: what a workbook that came back says, how it differs from the book that was sent, and whether it adds up.

It only parses, calls and prints; the work is done in `workbook.verify`.
"""

from __future__ import annotations

import argparse
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from capmodel.commands.arguments import FAILED, GOOD
from capmodel.commands.uncollected import uncollected
from capmodel.console import console

if TYPE_CHECKING:
    from capmodel.model import Place
    from capmodel.workbook.recalculate import Certificate
    from capmodel.workbook.returned.verify import Returned, Verification

SHOWN, SHOWN_CELLS = 20, 10


def declare(parser: argparse.ArgumentParser) -> None:
    """Declare what the command does, its arguments and what runs it."""
    parser.description = "Say what was changed in a workbook that came back, and whether its figures are right. The book that was sent is made again from its packs and compared cell by cell: inputs may differ, anything else may not. Every formula cell is recalculated with an independent engine and compared with the value in the cell, and with capmodel run on the inputs of the workbook. Nothing is written. Exit code 1 if anything but an input was changed, or a figure or check fails."
    parser.add_argument("workbook", type=Path, metavar="WORKBOOK", help="the .xlsx file that came back")
    parser.add_argument(
        "--place",
        metavar="PLACE",
        help="the place it was made from (default: the one of that name in assumptions/places, or that came with capmodel)",
    )
    parser.set_defaults(command=run_verify, writes=False)


def run_verify(options: argparse.Namespace) -> int:
    """Verify one workbook and say what was found."""
    with uncollected():
        return _verified(options)


def _verified(options: argparse.Namespace) -> int:
    from capmodel.workbook.returned.bounds import scan

    contents = scan(options.workbook)
    # A file that is refused is refused before anything heavy is loaded.
    from capmodel.workbook.returned.verify import Verification, place_of, read_returned, verify

    returned = read_returned(options.workbook, contents)
    folder, reason = (None, "") if options.place else place_of(returned)
    place = _load(options.place or str(folder), returned) if options.place or folder else None
    found = Verification(not_compared=reason) if place is None else verify(returned, place)
    window = console()
    for text in _described(options.workbook, returned, place, found):
        window.print(text, markup=False, soft_wrap=True)
    return GOOD if found.passed else FAILED


def _load(name: str, returned: Returned) -> Place:
    """The place with as many versions of accepted figures as the book was made with."""
    from capmodel.assumptions.accepted import count_of
    from capmodel.assumptions.scaffold import known_place
    from capmodel.model import load

    return load(known_place(name), count_of(tuple(returned.claim.packs)))


def _described(path: Path, returned: Returned, place: Place | None, found: Verification) -> Iterator[str]:
    """What was found, line by line."""
    itself, engine = found.itself, found.engine
    if itself is None or engine is None:
        yield f"{path}: not recalculated, because a formula is recalculated only where it is known from the book that was sent"
    else:
        yield f"{path}: {itself.formulas:,} formula cells recalculated by {itself.engine}"
    if place is not None:
        national, own = place.pack.editions[0], place.pack.editions[1]
        yield f"  compared with the place in {place.pack.folder}, edition {place.pack.edition} over {national.id}"
        yield from (f"    {edition.id}: sha256 {edition.sha256}" for edition in (national, own))
    if returned.claim.from_cells:
        yield "  its properties are lost, as some programs do; what it was made from is read from its cells"
    yield from _cut((f"  ALTERED: {text}" for text in found.altered), SHOWN, "  and {} more alterations")
    if itself is None or engine is None:
        yield f"  against the engine: NOT COMPARED, because {found.not_compared}"
    else:
        yield from _compared(itself, engine)
        yield from _inputs(found)
    yield "PASS" if found.passed else "FAIL"


def _compared(itself: Certificate, engine: Certificate) -> Iterator[str]:
    if itself.bare:
        yield "  against the values in the cells: none holds a value, because a program that does not calculate saved the book"
    else:
        unwritten = (
            f" ({itself.unwritten:,} formula cells hold no value: open and save it in a spreadsheet program)" if itself.unwritten else ""
        )
        yield (
            f"  against the values in the cells: {itself.differing} differ by more than half a penny{unwritten}, "
            f"{itself.errors} errors; largest difference {itself.largest:.3g}"
        )
        yield from _cut(
            (f"    {cell.cell}: written {cell.written}, recalculated {cell.recalculated}" for cell in itself.differences), SHOWN_CELLS
        )
    yield f"  live formulas: {itself.live_share:.1%} of {itself.numeric:,} numeric cells that are neither inputs nor records"
    yield (
        f"  against capmodel run on its inputs: {engine.formulas:,} cells, {engine.differing} differ, "
        f"{engine.errors} errors; largest difference {engine.largest:.3g}"
    )
    yield from _cut((f"    {cell.cell}: engine {cell.written}, workbook {cell.recalculated}" for cell in engine.differences), SHOWN_CELLS)


def _inputs(found: Verification) -> Iterator[str]:
    if found.set_when_made:
        yield f"  figures that were not the pack's when it was made: {len(found.set_when_made)}"
        yield from (f"    {name}: {pack:.15g} in the pack, {book:.15g} in the book" for name, pack, book in found.set_when_made)
    if found.chosen_by_hand is not None:
        yield f"  options chosen by hand, not by a solver, when it was made: {', '.join(found.chosen_by_hand) or 'none'}"
    yield f"  inputs changed since it was made: {len(found.changes)}; anything else altered: {len(found.altered)}"
    yield from (f"    {name} = {value:.15g}" for name, value in found.changes.items())
    made_in = "" if found.scenario == found.made_in else f" (it was made in {found.made_in})"
    yield f"  scenario in use: {found.scenario}{made_in}; checks in the book: {found.checks - len(found.failing)} of {found.checks} hold"
    yield from (f"    CHECK: {text}" for text in found.failing)


def _cut(lines: Iterable[str], most: int, rest: str = "    and {} more") -> Iterator[str]:
    """The first lines, and how many more there are."""
    texts = list(lines)
    yield from texts[:most]
    if len(texts) > most:
        yield rest.format(len(texts) - most)
