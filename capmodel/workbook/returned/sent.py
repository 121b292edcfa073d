"""The book that was sent, made again from what a returned book says of its run, and the run on the inputs that stand in a book.

`verify` says why a book cannot be made again; where its changes are to be priced or accepted, it is refused.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from capmodel.assumptions.accepted import FILE, count_of
from capmodel.errors import BadInput, Problem
from capmodel.place.result import Result
from capmodel.uncertainty.simulate import simulate
from capmodel.workbook.pages import front_matter
from capmodel.workbook.pages.contents import CERTIFICATE
from capmodel.workbook.pages.records import Recorded, recorded_of
from capmodel.workbook.recalculate import ENGINE, cells_of, compare
from capmodel.workbook.returned.inputs import figures_at, figures_of_packs, inputs_of
from capmodel.workbook.returned.made_again import another_run, as_made, choice, run_again, tests_again, why_not
from capmodel.workbook.returned.meaning import Meaning, meaning_of_book
from capmodel.workbook.returned.provenance import Claim, changes_of, draws_of, scenario_of
from capmodel.workbook.returned.read import Address, Figures, ReadCell
from capmodel.workbook.sheets import Certified, certified, input_sheets, make_book
from capmodel.workbook.writing.book import Book

if TYPE_CHECKING:
    from capmodel.place.place import Place

NOTHING_TAKEN = "so that no change in it can be priced or accepted"


@dataclass(frozen=True)
class Sent:
    """The book that was sent.

    Attributes:
        place: the place it was made from.
        claim: what the returned book says of the run.
        run: the run, made again.
        figures: every figure of its packs, by its cell in the book that was sent.
        pack: the same as the packs have it.
    """

    place: Place
    claim: Claim
    run: Result
    figures: Figures
    pack: Figures

    @property
    def engine(self) -> str:
        """The engine by name and version that the certificate names; empty where it names none that it could be."""
        return self.claim.engine if re.fullmatch(rf"{ENGINE} [\w.]+", self.claim.engine) else ""

    @cached_property
    def recorded(self) -> Recorded:
        """What the book recorded, worked out again: its risk by the same draws and its tests of options, where it says that it shows them."""
        draws, run = draws_of(self.claim), self.run
        risk = None if draws is None else simulate(self.place, draws[0], draws[1], run.scenario, run.changes, draws[2])
        return recorded_of(run, risk, optimised=tests_again(self.claim, self.place, run))

    @cached_property
    def issued(self) -> Certified:
        """The book as it was made, recalculated again."""
        # Another version of the same engine may have written the certificate; whether it agrees is found again.
        return certified(self.run, self.recorded, self.engine)

    @cached_property
    def book(self) -> Book:
        """The book as it was made; its certificate says what that of every sound book says, that nothing differs."""
        book = make_book(self.run, self.recorded).book
        cells = cells_of(book)
        certificate = compare(cells, {at: cell.value for at, cell in cells.items()})
        front_matter.certificate(self.run, book.sheet(CERTIFICATE), replace(certificate, engine=self.engine or certificate.engine))
        return book

    def meaning(self, book: Book, back: Meaning) -> Meaning:
        """What the file of `book` or of `issued` means; at first what is the same in a file that came back is not read again."""
        if id(book) not in self._meanings:
            self._meanings[id(book)] = meaning_of_book(book, back)
        return self._meanings[id(book)]

    @cached_property
    def _meanings(self) -> dict[int, Meaning]:
        return {}


@dataclass(frozen=True)
class Standing:
    """The inputs that stand in a book: those that differ from its packs, those that differ from the book as it was made, the scenario."""

    from_pack: Mapping[str, float]
    from_made: Mapping[str, float]
    scenario: str

    def run(self, place: Place) -> Result:
        """The run on these inputs; the options are chosen as they stand."""
        return run_again(dict(self.from_pack), self.scenario, place)


def remade(claim: Claim, cells: Mapping[Address, ReadCell], place: Place) -> Sent | str:
    """The book that was sent, from the packs as they are here; or why it cannot be made again from them."""
    if reason := why_not(claim, place):
        return reason
    pack = figures_of_packs(place)
    made = as_made(claim, place, scenario_of(claim, place), changes_of(claim), choice(cells, pack))
    if claim.run != made.run_id:
        return another_run(claim, made)
    return Sent(place, claim, made, figures_at(input_sheets(made).values()), pack)


def sent_again(path: Path, claim: Claim, cells: Mapping[Address, ReadCell], place: Place) -> Sent:
    """The book that was sent, made again so that what came back can be priced.

    Raises:
        BadInput: its packs or capmodel are others, or what it says of its run makes another run.
    """
    if (count := count_of(tuple(claim.packs))) > (own := len(place.pack.accepted)):
        what = f"it was made with {count} versions of accepted figures, and the place has {own}"
        raise BadInput([Problem(str(path), what, NOTHING_TAKEN, f"Put {FILE} of the place back as it was")])
    sent = remade(claim, cells, place)
    if isinstance(sent, str):
        remedy = (
            "Compare it with the packs and the capmodel it was made with, or run the place again and send a new book"
            if why_not(claim, place)
            else "Ask for the workbook again"
        )
        raise BadInput([Problem(str(path), sent, NOTHING_TAKEN, remedy)])
    return sent


def standing_in(cells: Mapping[Address, ReadCell], sent: Sent) -> Standing:
    """The inputs that stand in the cells of a book.

    Raises:
        BadInput: an input cell holds no number, or the number of a scenario that does not exist.
    """
    return Standing(*inputs_of(cells, sent.figures, sent.pack, list(sent.place.scenarios)))
