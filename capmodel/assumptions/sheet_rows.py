"""Reads the rows of a sheet of a workbook: guarded first, then values only."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from pydantic import Field

from capmodel.assumptions.document import Strict
from capmodel.assumptions.guard import guard
from capmodel.errors import BadInput, Problem, nearest

MOST_ROWS, MOST_COLUMNS = 200_000, 500


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
        for number, row in enumerate(rows, start=sheet.header_row):
            if number == sheet.header_row or number >= begin:
                yield number, list(row)
    finally:
        book.close()
