"""Verifies a workbook that came back: refused where it is foreign, compared with the book as it was made, recalculated, run again.

The book that was sent is built again from its packs, cell for cell. What of it may change and what may not is in `compare`. Only then is anything recalculated: the formulas of the book that was sent, on the inputs that stand in the file. Then capmodel is
run on these inputs, and every formula cell must agree three ways. Where every input stands as it was sent, the book that was sent
is itself the book of these inputs, and is recalculated once.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING

from capmodel.assumptions.step import OPTIONS
from capmodel.errors import BadInput, CapmodelError, Problem
from capmodel.place.run import run_place
from capmodel.uncertainty.simulate import simulate
from capmodel.version import __version__
from capmodel.workbook.pages.records import recorded_of
from capmodel.workbook.recalculate import ENGINE, Certificate, cells_of, compare, recalculate_returned
from capmodel.workbook.returned.bounds import Contents
from capmodel.workbook.returned.compare import CHOSEN, altered, figures_at, inputs_of, set_when_made
from capmodel.workbook.returned.provenance import Claim, changes_of, claim_of, draws_of, place_named, scenario_of
from capmodel.workbook.returned.read import Address, Figures, ReadBook, ReadCell, read_book

if TYPE_CHECKING:
    from capmodel.place.place import Place
    from capmodel.place.result import Result


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
    if reason := _why_not(claim, place):
        return Verification(not_compared=reason)
    scenario, changes, draws = scenario_of(claim, place), changes_of(claim), draws_of(claim)
    pack = figures_at(input_sheets(run_place(place, chosen=dict.fromkeys(place.choices.options, 0))).values())
    made = _as_made(claim, place, scenario, changes, _choice(cells, pack))
    if claim.run != made.run_id:
        return Verification(not_compared=_another_run(claim, made))
    figures = figures_at(input_sheets(made).values())
    # An input that is none is refused before anything is recalculated.
    standing, changed, in_use = inputs_of(cells, figures, pack, list(place.scenarios))
    result = _run_again(standing, in_use, place)
    # The same draws once more, where the workbook says that its risk was simulated.
    risk = None if draws is None else simulate(place, draws[0], draws[1], made.scenario, made.changes, draws[2])
    recorded = recorded_of(made, risk)
    # Another version of the same engine may have written the certificate; whether it agrees is found again below.
    version = claim.engine if re.fullmatch(rf"{ENGINE} [\w.]+", claim.engine) else ""
    issued = certified(made, recorded, version)
    sent, result = issued.book, replace(result, recalculation=issued.result.recalculation)
    engine, recalculated = issued.certificate, issued.values
    if any(cells[where].value != content.value for where, content in figures.items() if content.is_input):
        recalculated = recalculate_returned(returned.path.name, sent, cells)
        engine = compare(cells_of(make_book(result, recorded).book), recalculated)
    return Verification(
        compare(cells, recalculated),
        engine,
        changed,
        altered(returned.book, returned.contents, sent),
        set_when_made=set_when_made(pack, figures),
        chosen_by_hand=None
        if made.plan or not made.chain.has(OPTIONS)
        else tuple(option for option, taken in made.choice.items() if taken),
        made_in=place.scenarios[made.scenario].label,
        scenario=place.scenarios[result.scenario].label,
        failing=tuple(check.label.partition(": ")[2] or check.label for check in result.checks if not check.passed),
        checks=len(result.checks),
    )


def _why_not(claim: Claim, place: Place) -> str:
    """Why the book cannot be made again from the packs here; empty where it can."""
    stale = [f"the pack {edition.id}" for edition in place.pack.editions if claim.packs.get(edition.id) != edition.sha256]
    version, rules = claim.made_by
    if version != __version__ or (rules or place.chain.rules_fingerprint()) != place.chain.rules_fingerprint():
        stale.append(f"capmodel (it was {version or 'not said'}, this is {__version__})")
    return f"{' and '.join(stale)} changed since the workbook was made, or it was made from others" if stale else ""


def _another_run(claim: Claim, made: Result) -> str:
    what = f"the run it names, {claim.run[:12] or 'none'}, is not the one that what it says of itself makes here, {made.run_id[:12]}"
    if claim.solver or claim.chosen is not None:
        return what
    return f"{what}: its options were chosen by hand, and which ones is no longer known, because its properties are lost"


def _as_made(claim: Claim, place: Place, scenario: str, changes: Mapping[str, float], standing: Mapping[str, int]) -> Result:
    """The run the workbook says it was made by; whether it says so truly is seen from its run id and its cells."""
    taken = standing if claim.chosen is None else dict.fromkeys(claim.chosen, 1)
    chosen = None if claim.solver else {option: taken.get(option, 0) for option in place.choices.options}
    try:
        return run_place(place, scenario, changes, claim.solver or "highs", chosen)
    except CapmodelError as error:
        why = "the run it says it was made by cannot be made again"
        raise BadInput([Problem("what the workbook says of its run", str(error), why, "Ask for the workbook again")]) from error


def _choice(cells: Mapping[Address, ReadCell], pack: Figures) -> dict[str, int]:
    """The options chosen as the inputs stand, which is how they were chosen unless somebody has changed them."""
    return {
        content.change[len(CHOSEN) : -1]: int(cell.value == 1)
        for where, content in pack.items()
        if content.change.startswith(CHOSEN) and (cell := cells.get(where)) is not None
    }


def _run_again(standing: dict[str, float], scenario: str, place: Place) -> Result:
    """Run the engine with the inputs that stand in a workbook."""
    chosen = {option: int(standing.pop(f"{CHOSEN}{option}]", 0)) for option in place.choices.options}
    return run_place(place, scenario, standing, chosen=chosen)
