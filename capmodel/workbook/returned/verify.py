"""Verifies a workbook that came back: what of it is compared with the book that was sent, and how it is recalculated and run again.

The book that was sent is built again from its packs and written; nothing hidden in the file is needed. Both are read by the same reader,
and whatever differs in meaning is found in `differences`: inputs and entries may, nothing else. Only then is anything recalculated: the
formulas of the book that was sent, on the inputs that stand in the file. Then
capmodel is run on these inputs, and every formula cell must agree three ways. Where every input stands as it was sent, the book that
was sent is itself the book of these inputs, and is recalculated once. How a run is made again is in `made_again`.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING

from capmodel.assumptions.step import OPTIONS
from capmodel.errors import BadInput, Problem
from capmodel.place.run import run_place
from capmodel.uncertainty.simulate import simulate
from capmodel.workbook.pages.records import recorded_of
from capmodel.workbook.recalculate import ENGINE, Certificate, cells_of, compare, held, recalculate_returned
from capmodel.workbook.returned.bounds import Contents
from capmodel.workbook.returned.difference import Difference, in_words
from capmodel.workbook.returned.differences import differences
from capmodel.workbook.returned.made_again import CHOSEN, another_run, as_made, choice, run_again, tests_again, why_not
from capmodel.workbook.returned.meaning import Meaning, meaning_of, meaning_of_book
from capmodel.workbook.returned.provenance import Claim, changes_of, claim_of, draws_of, place_named, scenario_of
from capmodel.workbook.returned.read import Address, Figures, ReadBook, ReadCell, cell_name, read_book
from capmodel.workbook.writing.book import Book, Sheet
from capmodel.workbook.writing.timeline import SELECTOR

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
    from capmodel.workbook.sheets import certified, input_sheets, make_book

    claim, cells = returned.claim, returned.book.cells
    if reason := why_not(claim, place):
        return Verification(not_compared=reason)
    scenario, changes, draws = scenario_of(claim, place), changes_of(claim), draws_of(claim)
    pack = figures_at(input_sheets(run_place(place, chosen={})).values())
    made = as_made(claim, place, scenario, changes, choice(cells, pack))
    if claim.run != made.run_id:
        return Verification(not_compared=another_run(claim, made))
    figures = figures_at(input_sheets(made).values())
    # The same draws once more, where the workbook says that its risk was simulated.
    risk = None if draws is None else simulate(place, draws[0], draws[1], made.scenario, made.changes, draws[2])
    tests = tests_again(claim, place, made)
    recorded = recorded_of(made, risk, optimised=tests)
    # Another version of the same engine may have written the certificate; whether it agrees is found again below.
    version = claim.engine if re.fullmatch(rf"{ENGINE} [\w.]+", claim.engine) else ""
    issued = certified(made, recorded, version)
    sent = issued.book
    back = meaning_of(returned.contents)
    found = others_in(back, meaning_of_book(sent, back))
    if moved := cells_moved(found):
        return Verification(altered=in_words(found), not_compared=moved)
    # An input that is none is refused before anything of the file is recalculated.
    standing, changed, in_use = inputs_of(cells, figures, pack, list(place.scenarios))
    result = replace(run_again(standing, in_use, place), recalculation=issued.result.recalculation)
    engine, recalculated = issued.certificate, issued.values
    if any(cells[where].value != content.value for where, content in figures.items() if content.is_input):
        recalculated = recalculate_returned(returned.path.name, sent, cells)
        engine = compare(cells_of(make_book(result, recorded).book), recalculated)
    return Verification(
        compare(cells, recalculated, _without_money(sent)),
        engine,
        changed,
        in_words(found),
        set_when_made=set_when_made(pack, figures),
        chosen_by_hand=None
        if made.plan or not made.chain.has(OPTIONS)
        else tuple(option for option, taken in made.choice.items() if taken),
        made_in=place.scenarios[made.scenario].label,
        scenario=place.scenarios[result.scenario].label,
        failing=tuple(check.label.partition(": ")[2] or check.label for check in result.checks if not check.passed),
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


def others_in(returned: Meaning, sent: Meaning) -> list[Difference]:
    """Everything that nobody may change and somebody did; empty where only inputs and entries are not those that were sent."""
    return [each for each in differences(sent, returned) if not each.allowed]


def cells_moved(found: Iterable[Difference]) -> str:
    """Why the inputs of a workbook cannot be read, where rows or sheets were deleted, inserted or moved; empty where none were."""
    moved = [each for each in found if each.moves_cells]
    more = f", and {len(moved) - 1:,} more" if len(moved) > 1 else ""
    return (
        f"its inputs do not stand where they were sent ({moved[0]}{more}); ask for it with its rows and sheets as they were"
        if moved
        else ""
    )


def inputs_of(
    cells: Mapping[Address, ReadCell], sent: Figures, pack: Figures, scenarios: list[str]
) -> tuple[dict[str, float], dict[str, float], str]:
    """The inputs that stand in a workbook and differ from the pack, those that differ from the book as sent, and the scenario in use.

    Raises:
        BadInput: an input cell holds no number, or the number of a scenario that does not exist.
    """
    problems: list[Problem] = []
    cells = held(cells, sent)
    standing = changed_inputs(cells, pack, problems)
    changes = changed_inputs(cells, sent, [])
    selector = f"{SELECTOR}@base"
    number = standing.pop(selector, 1.0)
    changes.pop(selector, None)
    if number not in range(1, len(scenarios) + 1):
        what = f"the scenario is {number:g}"
        problems.append(Problem("Assumptions", what, f"there are {len(scenarios)}", f"Write a number from 1 to {len(scenarios)}"))
    if problems:
        raise BadInput(problems)
    return standing, changes, scenarios[int(number) - 1]


def set_when_made(pack: Figures, sent: Figures) -> tuple[tuple[str, float, float], ...]:
    """The figures that are not the pack's in the book as it was made: name, figure of the pack, figure of the book."""
    before, book = _by_name(pack), _by_name(sent)
    names = [name for name in book if not name.startswith((SELECTOR, CHOSEN))]
    return tuple((name, before[name], book[name]) for name in names if name in before and before[name] != book[name])


def _by_name(figures: Figures) -> dict[str, float]:
    return {content.change: content.value for content in figures.values() if isinstance(content.value, float)}


def figures_at(sheets: Iterable[Sheet]) -> Figures:
    """The figures of the packs that stand on some sheets, by their cells."""
    return {(sheet.name, *at): content for sheet in sheets for at, content in sheet.cells.items() if content.change}


def changed_inputs(cells: Mapping[Address, ReadCell], sent: Figures, problems: list[Problem]) -> dict[str, float]:
    """The inputs whose value is not the one that was sent, by the name under which a run takes them.

    Only a number in a cell that was an input counts; anything else is a problem.
    """
    changes: dict[str, float] = {}
    for (sheet, row, column), content in sent.items():
        cell = cells.get((sheet, row, column))
        if cell is None or not cell.is_number or cell.formula:
            what = "is empty" if cell is None else f"holds {cell.formula or cell.value!r}"
            remedy = f"Write a number; it was {content.value}"
            problems.append(Problem(cell_name((sheet, row, column)), f"the input {what}", "a typed number is needed here", remedy))
        elif isinstance(cell.value, float) and isinstance(content.value, float) and not _same(cell.value, content.value):
            changes[content.change] = cell.value
    return changes


def _same(one: float, other: float) -> bool:
    """Equal as far as a workbook file keeps digits."""
    return abs(one - other) <= 1e-14 * max(abs(one), abs(other))
