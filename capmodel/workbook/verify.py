"""Verifies a workbook file: recalculated by an independent engine, compared with its own cells and with capmodel's engine.

The file may have been changed on its way: the inputs are read from its cells, capmodel is run with them, and every
formula cell must agree three ways. Which formulas were overwritten is found by building the book again from its packs.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from capmodel.chain import rules_fingerprint
from capmodel.errors import BadInput, Problem
from capmodel.workbook.book import address
from capmodel.workbook.parity import Certificate, compare, recalculate
from capmodel.workbook.read_back import ReadCell, changed_formulas, changed_inputs, read_cells, read_custom
from capmodel.workbook.ruler import SELECTOR
from capmodel.workbook.sheets import make_book

if TYPE_CHECKING:
    from capmodel.model import Place
    from capmodel.result import Result


@dataclass(frozen=True)
class Verification:
    """What was found: the file against itself, the file against the engine, and what was changed."""

    itself: Certificate
    engine: Certificate | None
    changes: dict[str, float]
    overwritten: tuple[str, ...]
    stale: tuple[str, ...]  # packs, or capmodel itself, that changed since the workbook was made

    @property
    def passed(self) -> bool:
        """True where the file agrees with its recalculation and with the engine, and no formula was overwritten."""
        return self.itself.passed and not self.overwritten and (self.engine is None or self.engine.passed)


def verify(path: Path, place: Place | None) -> Verification:
    """Recalculate a workbook and compare it with its own values and with the engine.

    Args:
        path: the workbook.
        place: the place it was made from; without it the file is compared with itself alone.

    Raises:
        BadInput: the file is no workbook, or an input cell holds no number.
    """
    cells = read_cells(path)
    recalculated = recalculate(path)
    itself = compare(cells, recalculated)
    if place is None:
        return Verification(itself, None, {}, (), ())
    stated = read_custom(path)
    packs = {text.rsplit(" ", 1)[0]: text.rsplit(" ", 1)[1] for name, text in stated.items() if name.startswith("pack_")}
    stale = tuple(edition.id for edition in place.pack.editions if packs.get(edition.id) != edition.sha256)
    if stated.get("rules") != rules_fingerprint():
        stale += (f"capmodel (it was {stated.get('capmodel_version', 'unknown')})",)
    if stale:
        return Verification(itself, None, {}, (), stale)
    result, changes, overwritten = run_again(cells, place)
    ours = {
        (sheet.name, row, column): ReadCell(
            f"{sheet.name}!{address(row, column)}", content.value, content.formula, isinstance(content.value, float), False, False
        )
        for sheet in make_book(result).book.sheets
        for (row, column), content in sheet.cells.items()
        if content.formula
    }
    return Verification(itself, compare(ours, recalculated), changes, tuple(overwritten), ())


def run_again(cells: dict[tuple[str, int, int], ReadCell], place: Place) -> tuple[Result, dict[str, float], list[str]]:
    """Run the engine with the inputs that stand in a workbook; also say which inputs changed and which formulas.

    Raises:
        BadInput: an input cell holds no number, or the number of a scenario that does not exist.
    """
    problems: list[Problem] = []
    none_chosen = dict.fromkeys(place.choices.options, 0)
    sent = make_book(place.run(chosen=none_chosen)).book
    found = changed_inputs(cells, sent, problems)
    scenarios = list(place.scenarios)
    number = found.pop(f"{SELECTOR}@base", 1.0)
    if number not in range(1, len(scenarios) + 1):
        problems.append(
            Problem(
                "Assumptions", f"the scenario is {number:g}", f"there are {len(scenarios)}", f"Write a number from 1 to {len(scenarios)}"
            )
        )
    if problems:
        raise BadInput(problems)
    chosen = {option: int(found.pop(f"chosen_flag[{option}]", 0)) for option in place.choices.options}
    return place.run(scenarios[int(number) - 1], found, chosen=chosen), found, changed_formulas(cells, sent)
