"""A book that was sent and what came back of it: the inputs that were changed, what they are worth, and what else was altered.

The book that was sent is made again from its run; a file of it may be given too, where its inputs were changed before it was sent.
Formulas of the files are never evaluated: what an input is worth is found by running the model.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from capmodel.errors import BadInput, Problem, gathered
from capmodel.place.result import Result
from capmodel.workbook.returned.bounds import scan
from capmodel.workbook.returned.changes import Change, changes_between
from capmodel.workbook.returned.difference import in_words
from capmodel.workbook.returned.inputs import IN_USE
from capmodel.workbook.returned.meaning import meaning_of
from capmodel.workbook.returned.priced import Priced, price
from capmodel.workbook.returned.read import Figures, cell_name
from capmodel.workbook.returned.sent import NOTHING_TAKEN, Sent, Standing, sent_again, standing_in
from capmodel.workbook.returned.verify import Returned, cells_moved, others_in, read_returned

if TYPE_CHECKING:
    from capmodel.place.place import Place


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
        returned: what came back, as it was read: one file, or the two that were merged.
    """

    sent: Sent
    file: Path | None
    opening: Result
    back: CameBack
    returned: tuple[Returned, ...]


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
    sent, found, altered = made_again(place, files)
    if sent_file:
        check_sent(sent_file, altered[0])
    before = found[0] if sent_file else (Standing({}, {}, sent.run.scenario), sent.run)
    back = came_back(returned, sent, altered[-1], before, found[-1])
    return RoundTrip(sent, sent_file.path if sent_file else None, before[1], back, (returned,))


def made_again(place: Place, files: Sequence[Returned]) -> tuple[Sent, list[tuple[Standing, Result]], list[tuple[str, ...]]]:
    """The book that was sent, made again; for each file its inputs with the run on them; and for each file what else differs.

    Raises:
        BadInput: the files are of different runs, the run cannot be made again, or an input holds no figure that can be.
    """
    check_same_run(files)
    last = files[-1]
    sent = sent_again(last.path, last.claim, last.book.cells, place)
    problems: list[Problem] = []
    found: list[tuple[Standing, Result]] = []
    backs = [meaning_of(file.contents) for file in files]
    meaning = sent.meaning(sent.book, backs[-1])
    others = {i: others_in(back, meaning) for i, back in enumerate(backs)}
    for i, each in others.items():
        if moved := cells_moved(each):
            problems.append(
                Problem(str(files[i].path), moved.partition("; ")[0], NOTHING_TAKEN, "Ask for it with its rows and sheets as they were")
            )
    if problems:
        raise BadInput(problems)
    for file in files:
        with gathered(problems):
            standing = standing_in(file.book.cells, sent)
            found.append((standing, run_on(standing, sent, file.path)))
    if problems:
        raise BadInput(problems)
    return sent, found, [in_words(each) for each in others.values()]


def check_sent(sent_file: Returned, also: tuple[str, ...]) -> None:
    """Refuse a file that is named as the one that was sent and differs from its run in more than inputs.

    Raises:
        BadInput: it does.
    """
    if also:
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


def came_back(
    returned: Returned, sent: Sent, altered: tuple[str, ...], before: tuple[Standing, Result], after: tuple[Standing, Result]
) -> CameBack:
    """What came back in one file.

    Args:
        returned: the file.
        sent: the book that was sent.
        altered: what differs in the file and may not.
        before: the inputs of the book that was sent, and the run on them.
        after: the inputs of the file, and the run on them.
    """
    (standing_before, opening), (standing, closing) = before, after
    changes = changes_between(sent.figures, _with_scenario(standing_before, sent), _with_scenario(standing, sent))
    priced = price(opening, closing, changes)
    return CameBack(returned.path, closing, changes, priced, altered)


def _with_scenario(standing: Standing, sent: Sent) -> dict[str, float]:
    """The inputs that differ from the book as it was made, with the number of the scenario."""
    return {**standing.from_made, IN_USE: 1.0 + list(sent.place.scenarios).index(standing.scenario)}
