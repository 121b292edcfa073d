"""Reads the rows of a sheet of a workbook: guarded first, then values only."""

from __future__ import annotations

import re
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pydantic import Field

from capmodel.assumptions.document import Strict
from capmodel.assumptions.guard import guard
from capmodel.errors import BadInput, Problem, nearest

_MERGED = re.compile(r'<mergeCell[^>]* ref="(([A-Z]{1,3})([0-9]{1,7}):([A-Z]{1,3})([0-9]{1,7}))"')
MOST_ROWS, MOST_COLUMNS = 200_000, 500


class Sheet(Strict):
    """Where a workbook holds the figures; rows end at the first empty row, or at `last_row`."""

    sheet: str
    header_row: int = Field(default=1, ge=1)
    first_row: int | None = Field(default=None, ge=2)
    last_row: int | None = Field(default=None, ge=2)


@dataclass(frozen=True)
class Formula:
    """A cell with a formula whose value is not kept in the file."""

    text: str

    def described(self, name: str) -> tuple[str, str, str]:
        """What is wrong with the cell, why, and what to do."""
        remedy = "Open the file in a spreadsheet program and save it"
        return f"{name} is the formula {self.text} without a value", "the value is not kept in the file", remedy


def sheet_rows(path: Path, sheet: Sheet) -> Iterator[tuple[int, list[Any]]]:
    """The header row of a sheet and those from the first row on, each with its number.

    Raises:
        BadInput: the file is built to exhaust the machine, it cannot be read, or it has no such sheet.
    """
    guard(path)
    import openpyxl

    try:
        book = openpyxl.load_workbook(path, read_only=True, data_only=True)
    except Exception as error:  # openpyxl raises many kinds of error on a damaged file
        what = f"it cannot be read as a workbook ({error})"
        raise BadInput([Problem(path.name, what, "a part of it is damaged", "Get it again")]) from error
    try:
        if sheet.sheet not in book.sheetnames:
            near = nearest(sheet.sheet, book.sheetnames)
            raise BadInput([Problem(path.name, f"there is no sheet {sheet.sheet!r}", "the rule reads it", near)])
        begin, end = sheet.first_row or sheet.header_row + 1, sheet.last_row or MOST_ROWS + 1
        rows = book[sheet.sheet].iter_rows(min_row=sheet.header_row, max_row=end, max_col=MOST_COLUMNS, values_only=True)
        formulas: dict[tuple[int, int], Formula] | None = None
        width = 0
        for number, row in enumerate(rows, start=sheet.header_row):
            if number == sheet.header_row:
                width = max((i + 1 for i, cell in enumerate(row) if cell is not None), default=0)
            elif number < begin:
                continue
            cells: list[Any] = list(row)
            if number == sheet.header_row and None in cells:
                headings = _formulas(path, sheet, number)
                cells = [headings.get((number, i)) if cell is None else cell for i, cell in enumerate(cells)]
            if any(cell is None for cell in cells[:width]) and any(cell is not None for cell in cells[:width]):
                formulas = _formulas(path, sheet, end) if formulas is None else formulas
                cells = [formulas.get((number, i)) if cell is None and formulas else cell for i, cell in enumerate(cells)]
            yield number, cells
    finally:
        book.close()


def merged_columns(path: Path, sheet: Sheet) -> dict[int, tuple[str, int]]:
    """Merged cells of the heading row that cover several columns: by the first column, where they are and the last."""
    import openpyxl
    from openpyxl.utils.cell import column_index_from_string as column

    book = openpyxl.load_workbook(path, read_only=True)
    try:
        read: Any = book[sheet.sheet]
        found: dict[int, tuple[str, int]] = {}
        rest = ""
        with zipfile.ZipFile(path) as package, package.open(read._worksheet_path) as part:
            while chunk := part.read(1 << 20):
                rest += chunk.decode("latin-1")
                for area, left, top, right, bottom in _MERGED.findall(rest):
                    if int(top) <= sheet.header_row <= int(bottom) and left != right:
                        found[column(left) - 1] = area, column(right) - 1
                rest = rest[-100:]
        return found
    finally:
        book.close()


def _formulas(path: Path, sheet: Sheet, end: int) -> dict[tuple[int, int], Formula]:
    """The formulas of a sheet by row and place in it, so that one whose value is not kept is not read as blank."""
    import openpyxl

    book = openpyxl.load_workbook(path, read_only=True)
    try:
        rows = book[sheet.sheet].iter_rows(min_row=sheet.header_row, max_row=end, max_col=MOST_COLUMNS, values_only=True)
        return {
            (number, i): Formula(cell)
            for number, row in enumerate(rows, start=sheet.header_row)
            for i, cell in enumerate(row)
            if isinstance(cell, str) and cell.startswith("=")
        }
    finally:
        book.close()
