"""Verifies a workbook file: recalculated by an independent engine, compared with the book as it was made, and run again.

The book that was sent is built again from its packs, cell for cell. Against it stand: inputs that changed (allowed, and
listed), and everything else that differs, which nobody may change: formulas, labels, statuses, records, sheets, locks.
Then capmodel is run on the inputs that stand in the file, and every formula cell must agree three ways.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from capmodel.errors import BadInput, Problem
from capmodel.workbook.book import Book
from capmodel.workbook.parity import Certificate, cells_of, compare, recalculate
from capmodel.workbook.read_back import ReadCell, altered_cells, altered_sheets, changed_inputs, read_cells, read_custom
from capmodel.workbook.records import recorded_of
from capmodel.workbook.ruler import SELECTOR
from capmodel.workbook.sheets import certified_book, make_book

if TYPE_CHECKING:
    from capmodel.model import Place
    from capmodel.result import Result
    from capmodel.simulation import Simulation

MOST_DRAWS = 10_000_000
CHANGE = "change_"  # custom properties that name the figures set for the run


@dataclass(frozen=True)
class Verification:
    """What was found: the file against itself, the file against the engine, what changed, and why no more was compared."""

    itself: Certificate
    engine: Certificate | None
    changes: dict[str, float]
    altered: tuple[str, ...]
    not_compared: str
    made_in: str = ""
    scenario: str = ""
    failing: tuple[str, ...] = ()
    checks: int = 0

    @property
    def passed(self) -> bool:
        """True where the file agrees with its recalculation and with the engine, its own checks hold, and only inputs changed.

        A file that could not be compared with the engine has not passed.
        """
        agrees = self.itself.passed and self.engine is not None and self.engine.passed
        return agrees and not self.altered and not self.failing


def verify(path: Path, place: Place | None) -> Verification:
    """Recalculate a workbook and compare it with its own values, with the book as it was made, and with the engine.

    Args:
        path: the workbook.
        place: the place it was made from.

    Raises:
        BadInput: the file is no workbook, or an input cell holds no number.
    """
    cells = read_cells(path)
    recalculated = recalculate(path)
    itself = compare(cells, recalculated)
    stated = read_custom(path)
    reason = _why_not(stated, place)
    if reason or place is None:
        return Verification(itself, None, {}, (), reason)
    made = _as_made(stated, place)
    recorded = recorded_of(made, _simulated_again(stated, made, place))
    sent = certified_book(made, recorded)
    altered = (*altered_sheets(path, sent), *altered_cells(cells, sent))
    result, changes = run_again(cells, sent, place)
    changes.pop(f"{SELECTOR}@base", None)
    return Verification(
        itself,
        compare(cells_of(make_book(result, recorded).book), recalculated),
        changes,
        altered,
        "",
        made_in=place.scenarios[stated.get("scenario", "base")].label,
        scenario=place.scenarios[result.scenario].label,
        failing=tuple(check.label.partition(": ")[2] or check.label for check in result.checks if not check.passed),
        checks=len(result.checks),
    )


def _why_not(stated: dict[str, str], place: Place | None) -> str:
    if place is None:
        return "the place it names is not here; give it with --place"
    packs = dict(text.rsplit(" ", 1) for name, text in stated.items() if name.startswith("pack_") and " " in text)
    stale = [edition.id for edition in place.pack.editions if packs.get(edition.id) != edition.sha256]
    if stated.get("rules") != place.chain.rules_fingerprint():
        stale.append(f"capmodel (it was {stated.get('capmodel_version', 'unknown')})")
    return f"{' and '.join(stale)} changed since the workbook was made" if stale else ""


def _as_made(stated: dict[str, str], place: Place) -> Result:
    """The run the workbook says it was made by; whether it says so truly is seen from its cells."""
    changes: dict[str, float] = {}
    for name, text in stated.items():
        if name.startswith(CHANGE):
            figure, _, value = text.rpartition("=")
            try:
                changes[figure] = float(value)
            except ValueError:
                raise BadInput(
                    [Problem(name, f"the property is {text!r}", "it names a figure and its value", "Ask for the workbook again")]
                ) from None
    solver = stated.get("solver", "")
    chosen = None if solver else dict.fromkeys(place.choices.options, 0)
    return place.run(stated.get("scenario", "base"), changes, solver or "highs", chosen)


def _simulated_again(stated: dict[str, str], made: Result, place: Place) -> Simulation | None:
    """The same draws once more, where the workbook says that its risk was simulated."""
    if "draws" not in stated:
        return None
    draws, seed = stated["draws"], stated.get("seed", "")
    if not (draws.isdigit() and seed.isdigit() and int(draws) <= MOST_DRAWS):
        what = f"the properties are {draws!r} draws and seed {seed!r}"
        raise BadInput([Problem("draws", what, f"they are numbers, with {MOST_DRAWS:,} draws at most", "Ask for the workbook again")])
    return place.simulate(int(draws), int(seed), made.scenario, made.changes, stated.get("method") == "sobol")


def run_again(cells: dict[tuple[str, int, int], ReadCell], sent: Book, place: Place) -> tuple[Result, dict[str, float]]:
    """Run the engine with the inputs that stand in a workbook; also say which of them differ from those sent.

    Raises:
        BadInput: an input cell holds no number, or the number of a scenario that does not exist.
    """
    problems: list[Problem] = []
    standing = changed_inputs(cells, make_book(place.run(chosen=dict.fromkeys(place.choices.options, 0))).book, problems)
    changes = changed_inputs(cells, sent, [])
    scenarios = list(place.scenarios)
    number = standing.pop(f"{SELECTOR}@base", 1.0)
    if number not in range(1, len(scenarios) + 1):
        what = f"the scenario is {number:g}"
        problems.append(Problem("Assumptions", what, f"there are {len(scenarios)}", f"Write a number from 1 to {len(scenarios)}"))
    if problems:
        raise BadInput(problems)
    chosen = {option: int(standing.pop(f"chosen_flag[{option}]", 0)) for option in place.choices.options}
    return place.run(scenarios[int(number) - 1], standing, chosen=chosen), changes
