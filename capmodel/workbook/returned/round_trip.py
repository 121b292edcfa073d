"""A book that was sent and what came back of it: the inputs that were changed, what they are worth, and what else was altered.

The book that was sent is made again from its run; a file of it may be given too, where its inputs were changed before it was sent.
Formulas of the files are never evaluated: what an input is worth is found by running the model.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from capmodel.errors import BadInput, Problem, gathered
from capmodel.place.result import Result
from capmodel.workbook.recalculate import cells_of_figures
from capmodel.workbook.returned.alignment import Alignment, aligned
from capmodel.workbook.returned.bounds import scan
from capmodel.workbook.returned.changes import Change, changes_between
from capmodel.workbook.returned.difference import in_words
from capmodel.workbook.returned.inputs import IN_USE
from capmodel.workbook.returned.meaning import meaning_of
from capmodel.workbook.returned.priced import Priced, price
from capmodel.workbook.returned.read import Address, Figures, ReadCell, cell_name
from capmodel.workbook.returned.sent import NOTHING_TAKEN, Sent, Standing, sent_again, standing_in
from capmodel.workbook.returned.verify import Returned, others_in, read_returned

if TYPE_CHECKING:
    from capmodel.place.place import Place


@dataclass(frozen=True)
class Compared:
    """One file beside the book that was sent.

    Attributes:
        path: the file.
        cells: its cells, by the address at which each was sent.
        alignment: which of its sheets, rows and columns are which.
        standing: the inputs that stand in it.
        run: the run on them.
        altered: everything that nobody may change and somebody did.
    """

    path: Path
    cells: Mapping[Address, ReadCell]
    alignment: Alignment
    standing: Standing
    run: Result
    altered: tuple[str, ...]


@dataclass(frozen=True)
class CameBack:
    """One book that came back.

    Attributes:
        path: the file.
        closing: the run on its inputs.
        changes: the inputs that are not those of the book that was sent.
        priced: what they are worth.
        altered: everything that nobody may change and somebody did.
    """

    path: Path
    closing: Result
    changes: tuple[Change, ...]
    priced: Priced
    altered: tuple[str, ...]

    @property
    def failing(self) -> tuple[str, ...]:
        """The checks that do not hold on the inputs of the book."""
        return self.closing.failing

    @property
    def passed(self) -> bool:
        """True where only inputs were changed, and every check holds on them."""
        return not self.altered and not self.failing


@dataclass(frozen=True)
class RoundTrip:
    """The book that was sent, and a book that came back.

    Attributes:
        sent: the book that was sent, made again.
        file: the file that was sent, where it was given.
        opening: the run on the inputs of the book that was sent.
        back: the book that came back.
        returned: what came back: one file, or the two that were merged.
    """

    sent: Sent
    file: Path | None
    opening: Result
    back: CameBack
    returned: tuple[Compared, ...]


def read_file(path: Path) -> Returned:
    """Read a workbook within bounds.

    Raises:
        BadInput: it is no book of capmodel, or holds what nobody may add.
    """
    return read_returned(path, scan(path))


def round_trip(place: Place, returned: Returned, sent_file: Returned | None = None) -> RoundTrip:
    """Compare a book that came back with the book that was sent.

    Args:
        place: the place they were made from.
        returned: the book that came back.
        sent_file: the book that was sent; by default it is as its run made it.

    Raises:
        BadInput: the two are of different runs, the run cannot be made again, or an input holds no figure that can be.
    """
    files = [*([sent_file] if sent_file else []), returned]
    sent, compared = made_again(place, files)
    if sent_file:
        check_sent(compared[0])
    before = (compared[0].standing, compared[0].run) if sent_file else (Standing({}, {}, sent.run.scenario), sent.run)
    back = came_back(compared[-1], sent, before)
    return RoundTrip(sent, sent_file.path if sent_file else None, before[1], back, (compared[-1],))


def made_again(place: Place, files: Sequence[Returned]) -> tuple[Sent, list[Compared]]:
    """The book that was sent, made again, and what each file holds beside it.

    Raises:
        BadInput: the files are of different runs, the run cannot be made again, or an input holds no figure that can be.
    """
    check_same_run(files)
    last = files[-1]
    sent = sent_again(last.path, last.claim, last.book.cells, place)
    problems: list[Problem] = []
    found: list[Compared] = []
    backs = [meaning_of(file.contents) for file in files]
    meaning = sent.meaning(sent.book, backs[-1])
    for file, back in zip(files, backs, strict=True):
        with gathered(problems):
            alignment = aligned(meaning, back)
            cells = _cells_as_sent(file, sent, alignment)
            standing = standing_in(cells, sent)
            run = run_on(standing, sent, file.path)
            found.append(Compared(file.path, cells, alignment, standing, run, in_words(others_in(back, meaning, alignment))))
    if problems:
        raise BadInput(problems)
    return sent, found


def _cells_as_sent(file: Returned, sent: Sent, alignment: Alignment) -> Mapping[Address, ReadCell]:
    """The cells of a file by the address at which each was sent.

    An input whose row, column or sheet was deleted is as it was sent; that it was deleted is among what was altered.
    """
    gone = {at: content for at, content in sent.figures.items() if alignment.is_gone(at, file.book.sheets)}
    return {**alignment.as_sent(file.book.cells), **cells_of_figures(gone)}


def check_sent(sent_file: Compared) -> None:
    """Refuse a file that is named as the one that was sent and differs from its run in more than inputs.

    Raises:
        BadInput: it does.
    """
    if also := sent_file.altered:
        what = f"{also[0]}" + (f", and {len(also) - 1:,} more alterations" if len(also) > 1 else "")
        why = "only the inputs of the book that was sent may differ from its run"
        raise BadInput([Problem(str(sent_file.path), what, why, "Name the file that was sent first, or leave it out")])


def check_same_run(files: Sequence[Returned]) -> None:
    """Refuse books of different runs.

    Raises:
        BadInput: they name more than one run.
    """
    runs = {file.claim.run for file in files}
    if len(runs) > 1:
        named = "; ".join(f"{file.path} names {file.claim.run[:12] or 'none'}" for file in files)
        why = f"books are compared with the one run they were made by, {NOTHING_TAKEN}"
        raise BadInput([Problem("the workbooks", f"they are of different runs: {named}", why, "Compare books of one run")])


def run_on(standing: Standing, sent: Sent, path: Path) -> Result:
    """The run on the inputs of a book.

    Raises:
        BadInput: an input cannot be, named by its cell.
    """
    try:
        return standing.run(sent.place)
    except BadInput as error:
        raise BadInput([_in_cell(problem, sent.figures, path) for problem in error.problems]) from None


def _in_cell(problem: Problem, figures: Figures, path: Path) -> Problem:
    """A problem of a figure that was set, named by the cell of the book that holds it."""
    cells = {f"--set {content.change}": f"{path}, {cell_name(at)}" for at, content in figures.items()}
    where, *also = (cells.get(each, each) for each in (problem.where, *problem.also))
    return problem._replace(where=where, also=tuple(also))


def came_back(compared: Compared, sent: Sent, before: tuple[Standing, Result]) -> CameBack:
    """What came back in one file.

    Args:
        compared: the file.
        sent: the book that was sent.
        before: the inputs of the book that was sent, and the run on them.
    """
    standing_before, opening = before
    changes = changes_between(sent.figures, _with_scenario(standing_before, sent), _with_scenario(compared.standing, sent))
    priced = price(opening, compared.run, changes)
    return CameBack(compared.path, compared.run, changes, priced, compared.altered)


def _with_scenario(standing: Standing, sent: Sent) -> dict[str, float]:
    """The inputs that differ from the book as it was made, with the number of the scenario."""
    return {**standing.from_made, IN_USE: 1.0 + list(sent.place.scenarios).index(standing.scenario)}
