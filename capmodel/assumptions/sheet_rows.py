"""Reads the rows of a sheet of a workbook: guarded first, then values only."""

from __future__ import annotations

import zipfile
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import Any

from pydantic import Field

from capmodel.assumptions.document import Strict
from capmodel.assumptions.guard import guard
from capmodel.errors import BadInput, Problem, nearest

MOST_ROWS, MOST_COLUMNS = 200_000, 500
#: What the namespaces of Strict Open XML begin with.
STRICT = b"http://purl.oclc.org/ooxml"


class Sheet(Strict):
    """Where a workbook holds the figures; rows end at the first empty row, or at `last_row`."""

    sheet: str
    header_row: int = Field(default=1, ge=1)
    first_row: int | None = Field(default=None, ge=2)
    last_row: int | None = Field(default=None, ge=2)


def sheet_rows(path: Path, sheet: Sheet) -> Iterator[tuple[int, list[Any]]]:
    """The header row of a sheet and those from the first row on, each with its number.

    Raises:
        BadInput: the file is built to exhaust the machine, it cannot be read, or it has no such sheet.
    """
    guard(path)
    import openpyxl

    with zipfile.ZipFile(path) as package, package.open("xl/workbook.xml") as part:
        if STRICT in part.read(4096):
            why, remedy = "its parts have other names than those that are read", "Save it as Excel Workbook (.xlsx)"
            raise BadInput([Problem(path.name, "it is saved as Strict Open XML", why, remedy)])
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
        formulas: dict[tuple[int, int], str] | None = None
        width = 0
        for number, row in enumerate(rows, start=sheet.header_row):
            if number == sheet.header_row:
                width = max((i + 1 for i, cell in enumerate(row) if cell is not None), default=0)
            elif number < begin:
                continue
            cells = [cell.date().isoformat() if isinstance(cell, datetime) else cell for cell in row]
            if any(cell is None for cell in cells[:width]) and any(cell is not None for cell in cells[:width]):
                formulas = _formulas(path, sheet, end) if formulas is None else formulas
                cells = [formulas.get((number, i)) if cell is None and formulas else cell for i, cell in enumerate(cells)]
            yield number, cells
    finally:
        book.close()


def _formulas(path: Path, sheet: Sheet, end: int) -> dict[tuple[int, int], str]:
    """The formulas of a sheet by row and place in it; one whose value is not kept reads as what it is, and not as blank."""
    import openpyxl

    book = openpyxl.load_workbook(path, read_only=True)
    try:
        rows = book[sheet.sheet].iter_rows(min_row=sheet.header_row, max_row=end, max_col=MOST_COLUMNS, values_only=True)
        return {
            (number, i): f"{cell}: a formula without a value; open the file in a spreadsheet program and save it"
            for number, row in enumerate(rows, start=sheet.header_row)
            for i, cell in enumerate(row)
            if isinstance(cell, str) and cell.startswith("=")
        }
    finally:
        book.close()
