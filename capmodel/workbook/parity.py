"""Recalculates a workbook with an independent engine and compares every formula cell with the value written in it.

The engine is IronCalc, which shares no code with capmodel. It is given the file as it stands, keeps nothing of what was
written in the formula cells, and its values are what the comparison trusts.
"""

from __future__ import annotations

import importlib.metadata
import math
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import ironcalc

from capmodel.errors import CapmodelError
from capmodel.workbook.book import Book, address
from capmodel.workbook.read_back import ReadCell

ENGINE = "ironcalc"
HALF_A_PENNY = 0.005
#: Beyond half a penny a figure may not differ; below it only by the noise of adding up large sums of money.
NOISE = 1e-6
RELATIVE = 1e-9

Cells = Mapping[tuple[str, int, int], float | str | bool | None]


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


def recalculate(path: Path) -> dict[tuple[str, int, int], float | str | bool | None]:
    """Every cell's value after recalculation, by sheet, row and column (from nought).

    Raises:
        CapmodelError: the engine cannot read the file.
    """
    try:
        model = ironcalc.load_from_xlsx(str(path), "en", "UTC", "en")
    except ironcalc.WorkbookError as error:
        raise CapmodelError(f"{path}: {ENGINE} cannot read it ({error})") from error
    return _values(model)


def _values(model: Any) -> dict[tuple[str, int, int], float | str | bool | None]:
    model.evaluate()
    names = [sheet["name"] for sheet in model.get_worksheets_properties()]
    values: dict[tuple[str, int, int], float | str | bool | None] = {}
    for sheet, row, column in model.get_all_cells():
        value = model.get_cell_value(sheet, row, column)
        if isinstance(value, str) and model.get_cell_type(sheet, row, column) == ironcalc.CellType.ErrorValue:
            value = f"error {value}"
        values[names[sheet], row - 1, column - 1] = value
    return values


def recalculate_book(book: Book) -> dict[tuple[str, int, int], float | str | bool | None]:
    """Every cell's value when the engine is given the formulas and typed values of a book that is not written yet."""
    model = ironcalc.create("book", "en", "UTC", "en")
    for i, sheet in enumerate(book.sheets):
        model.rename_sheet(0, sheet.name) if i == 0 else model.add_sheet(sheet.name)
    for i, sheet in enumerate(book.sheets):
        for (row, column), content in sheet.cells.items():
            if content.formula:
                model.update_cell_with_formula(i, row + 1, column + 1, f"={content.formula}")
            elif isinstance(content.value, str):
                model.update_cell_with_text(i, row + 1, column + 1, content.value)
            elif content.value is not None:
                model.update_cell_with_number(i, row + 1, column + 1, float(content.value))
    return _values(model)


def cells_of(book: Book) -> dict[tuple[str, int, int], ReadCell]:
    """The cells of a book in memory, as they would be read from a file."""
    return {
        (sheet.name, row, column): ReadCell(
            name=f"{sheet.name}!{address(row, column)}",
            value=content.value,
            formula=content.formula,
            is_number=isinstance(content.value, (int, float)),
            is_input=bool(content.change),
            is_record=content.role == "record",
        )
        for sheet in book.sheets
        for (row, column), content in sheet.cells.items()
    }


def certify(book: Book) -> Certificate:
    """Recalculate a book and compare every formula cell with the value that will be written in it."""
    return compare(cells_of(book), recalculate_book(book))


def compare(cells: Mapping[tuple[str, int, int], ReadCell], recalculated: Cells) -> Certificate:
    """Compare the values written in formula cells with recalculated ones."""
    differences: list[Difference] = []
    errors = largest = formulas = typed = unwritten = 0.0
    for place, cell in cells.items():
        if not cell.formula:
            typed += cell.is_number and not cell.is_input and not cell.is_record
            continue
        formulas += 1
        found = recalculated.get(place)
        if cell.value is None:
            unwritten += 1
            continue
        if isinstance(found, str) and found.startswith("error "):
            errors += 1
            differences.append(Difference(cell.name, cell.value, found))
            continue
        gap = _gap(cell.value, found)
        largest = max(largest, gap if math.isfinite(gap) else 0.0)
        if gap > HALF_A_PENNY:
            differences.append(Difference(cell.name, cell.value, found))
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


def _gap(written: float | str | None, found: float | str | bool | None) -> float:
    if isinstance(written, (int, float)) and isinstance(found, (int, float)):
        gap = abs(float(written) - float(found))
        # Small figures such as shares and indices agree to nine digits, or they count as different altogether.
        close = max(NOISE, RELATIVE * abs(float(written)))
        return gap if gap <= close or gap > HALF_A_PENNY else 1.0
    return 0.0 if written == found or (written in (None, "") and found in (None, "")) else float("inf")
