"""The inputs that stand in a workbook: those that differ from the packs, those that differ from the book as it was made, the scenario.

They are read by the cells in which the book that was sent has its figures. What else differs is found in `differences`.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING

from capmodel.errors import BadInput, Problem
from capmodel.place.run import run_place
from capmodel.workbook.recalculate import held
from capmodel.workbook.returned.made_again import CHOSEN
from capmodel.workbook.returned.read import Address, Figures, ReadCell, cell_name, same_figure
from capmodel.workbook.sheets import input_sheets
from capmodel.workbook.writing.book import Sheet
from capmodel.workbook.writing.timeline import SELECTOR

if TYPE_CHECKING:
    from capmodel.place.place import Place

#: The input that says which scenario is in use, by the name it has in a book.
IN_USE = f"{SELECTOR}@base"


def figures_of_packs(place: Place) -> Figures:
    """The figures of a place as its packs have them, by the cells in which a book has them."""
    return figures_at(input_sheets(run_place(place, chosen={})).values())


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
    number = standing.pop(IN_USE, 1.0)
    changes.pop(IN_USE, None)
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
        elif isinstance(cell.value, float) and isinstance(content.value, float) and not same_figure(cell.value, content.value):
            changes[content.change] = cell.value
    return changes
