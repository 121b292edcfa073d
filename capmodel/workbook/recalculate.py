"""Recalculates a workbook with an independent engine and compares every formula cell with the value written in it.

The engine is IronCalc, which shares no code with capmodel. It is given formulas and typed values, and nothing of what was
written in the formula cells; its values are what the comparison trusts.
"""

from __future__ import annotations

import importlib.metadata
import math
from collections.abc import Container, Iterator, Mapping
from dataclasses import dataclass

from capmodel.money import HALF_A_PENNY
from capmodel.workbook.recalculation import Given, Values, apart, recalculate
from capmodel.workbook.returned.read import Address, Figures, ReadCell, cell_name
from capmodel.workbook.writing.book import Book, Content
from capmodel.workbook.writing.formats import RECORDED

ENGINE = "ironcalc"
#: Beyond half a penny a figure may not differ; below it only by the noise of adding up large sums of money, and figures without a unit of
#: money only in their last digits.
NOISE = 1e-6
RELATIVE, LAST_DIGITS = 1e-9, 1e-13
SMALL_NOISE = 1e-9


@dataclass(frozen=True)
class Difference:
    """A cell whose recalculated value is not the one written in it."""

    cell: str
    written: float | str | None
    recalculated: float | str | bool | None


@dataclass(frozen=True)
class Certificate:
    """What a recalculation found."""

    engine: str
    formulas: int
    differing: int
    errors: int
    numeric: int
    live_share: float
    largest: float
    unwritten: int
    differences: tuple[Difference, ...]

    @property
    def passed(self) -> bool:
        """True where nothing differs and nothing is an error."""
        return not self.differing and not self.errors and self.formulas > 0

    @property
    def bare(self) -> bool:
        """True where no formula cell holds a value, as after a program that does not calculate."""
        return self.formulas > 0 and self.unwritten == self.formulas


def recalculate_book(book: Book) -> Values:
    """Every cell's value when the engine is given the formulas and typed values of a book that is not written yet."""
    return recalculate(_sheets_of(book, {}))


def recalculate_returned(name: str, sent: Book, cells: Mapping[Address, ReadCell]) -> Values:
    """Every cell's value when the engine is given the formulas of the book that was sent, and the inputs that stand in a file.

    A formula that came with the file is never given to the engine. It works in a process of its own, within bounds.

    Raises:
        CapmodelError: the engine stopped, or took more than its bounds.
    """
    return apart(name, _sheets_of(sent, cells))


def _sheets_of(book: Book, cells: Mapping[Address, ReadCell]) -> Iterator[tuple[str, Given]]:
    """The formulas and typed values of a book, with the inputs of a file in place of its own."""
    for sheet in book.sheets:
        given: list[tuple[int, int, str, float | str | None]] = []
        for (row, column), content in sheet.cells.items():
            stands = cells.get((sheet.name, row, column)) if content.is_input else None
            given.append((row, column, content.formula, content.value if stands is None else stands.value))
        yield sheet.name, given


def cells_of(book: Book) -> dict[Address, ReadCell]:
    """The cells of a book in memory, as they would be read from a file."""
    return {(sheet.name, row, column): _cell_of(content) for sheet in book.sheets for (row, column), content in sheet.cells.items()}


def _cell_of(content: Content) -> ReadCell:
    value, role = content.value, content.role
    return ReadCell(value, content.formula, isinstance(value, (int, float)), role == "input", role in RECORDED)


def held(cells: Mapping[Address, ReadCell], sent: Figures) -> dict[Address, ReadCell]:
    """The cells of a file in which figures that are locked in the book stand as they were sent."""
    return {**cells, **cells_of_figures({at: content for at, content in sent.items() if not content.is_input})}


def cells_of_figures(figures: Figures) -> dict[Address, ReadCell]:
    """The cells of some figures as they were sent."""
    return {at: _cell_of(content) for at, content in figures.items()}


def certify(book: Book) -> Certificate:
    """Recalculate a book and compare every formula cell with the value that will be written in it."""
    return compare(cells_of(book), recalculate_book(book))


def compare(cells: Mapping[Address, ReadCell], recalculated: Values, small: Container[Address] = ()) -> Certificate:
    """Compare the values written in formula cells with recalculated ones.

    Args:
        cells: the cells, with the values written in them.
        recalculated: the value of every cell.
        small: cells whose figures are no money, such as shares and indices, which agree to their last digits.
    """
    differences: list[Difference] = []
    errors = largest = formulas = typed = unwritten = 0.0
    for at, cell in cells.items():
        if not cell.formula:
            typed += cell.is_number and not cell.is_input and not cell.is_record
            continue
        formulas += 1
        found = recalculated.get(at)
        if cell.value is None:
            unwritten += 1
            continue
        if isinstance(found, str) and found.startswith("error "):
            errors += 1
            differences.append(Difference(cell_name(at), cell.value, found))
            continue
        gap = _gap(cell.value, found, SMALL_NOISE if at in small else NOISE)
        largest = max(largest, gap if math.isfinite(gap) else 0.0)
        if gap > HALF_A_PENNY:
            differences.append(Difference(cell_name(at), cell.value, found))
    live = sum(1 for cell in cells.values() if cell.formula and cell.is_number)
    return Certificate(
        engine=f"{ENGINE} {importlib.metadata.version(ENGINE)}",
        formulas=int(formulas),
        differing=len(differences) - int(errors) + int(unwritten),
        errors=int(errors),
        numeric=live + int(typed),
        live_share=live / max(live + typed, 1),
        largest=largest,
        unwritten=int(unwritten),
        differences=tuple(sorted(differences, key=lambda difference: isinstance(difference.written, str))),
    )


def _gap(written: float | str | None, found: float | str | bool | None, noise: float = NOISE) -> float:
    if isinstance(written, (int, float)) and isinstance(found, (int, float)):
        gap, size = abs(float(written) - float(found)), abs(float(written))
        # A figure that is off by less than half a penny, and by more than programs differ, counts as different altogether.
        close = max(noise, min(RELATIVE * size, 10 * noise), LAST_DIGITS * size)
        return gap if gap <= close or gap > HALF_A_PENNY else 1.0
    return 0.0 if written == found or (written in (None, "") and found in (None, "")) else float("inf")
