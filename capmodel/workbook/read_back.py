"""Reads a workbook that came back: guarded first, then cell by cell, and the inputs that somebody changed.

The file is not trusted. Its size is bounded before it is parsed, document types and entities are refused, and the values
in formula cells are never used as results. What an input cell stands for is known from the workbook that was sent, which
is built again from its packs; nothing hidden in the file is needed.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from capmodel.assumptions.guard import guard
from capmodel.errors import BadInput, CapmodelError, Problem
from capmodel.workbook.book import Book, Content, address
from capmodel.workbook.look import ROLES

MOST_ROWS, MOST_COLUMNS = 100_000, 500
_RECORD_FILL = f"FF{str(ROLES['record']['bg_color']).lstrip('#')}"


@dataclass(frozen=True, slots=True)
class ReadCell:
    """A cell as it stands in a file: its value or the value written with its formula, and what its look says it is."""

    name: str
    value: float | str | None
    formula: str
    is_number: bool
    is_input: bool
    is_record: bool


def read_cells(path: Path) -> dict[tuple[str, int, int], ReadCell]:
    """Every cell that holds something, by sheet, row and column (from nought).

    Raises:
        BadInput: the file is no workbook, or it is built to exhaust the machine.
    """
    guard(path)
    import openpyxl

    try:
        formulas, values = openpyxl.load_workbook(path), openpyxl.load_workbook(path, data_only=True)
    except Exception as error:  # openpyxl raises many kinds of error on a damaged file
        raise BadInput(
            [Problem(path.name, f"it cannot be read as a workbook ({error})", "a part of it is damaged", "Ask for it again")]
        ) from error
    found: dict[tuple[str, int, int], ReadCell] = {}
    for sheet in formulas.worksheets:
        if sheet.max_row > MOST_ROWS or sheet.max_column > MOST_COLUMNS:
            raise BadInput(
                [
                    Problem(
                        path.name,
                        f"sheet {sheet.title} reaches {sheet.max_row:,} rows",
                        "a book of capmodel does not",
                        "Remove the stray cell",
                    )
                ]
            )
        written = values[sheet.title]
        for row in sheet.iter_rows():
            for cell in row:
                if cell.value is not None:
                    found[sheet.title, cell.row - 1, cell.column - 1] = _read(sheet.title, cell, written)
    return found


def _read(sheet: str, cell: Any, written: Any) -> ReadCell:
    formula = cell.data_type == "f"
    value = written.cell(cell.row, cell.column).value if formula else cell.value
    fill = cell.fill.fgColor.rgb if cell.fill.fill_type else None
    return ReadCell(
        name=f"{sheet}!{cell.coordinate}",
        value=float(value) if isinstance(value, (int, float)) and not isinstance(value, bool) else value,
        formula=str(cell.value) if formula else "",
        is_number=isinstance(value, (int, float)) and not isinstance(value, bool),
        is_input=not cell.protection.locked,
        is_record=fill == _RECORD_FILL,
    )


def changed_inputs(cells: Mapping[tuple[str, int, int], ReadCell], sent: Book, problems: list[Problem]) -> dict[str, float]:
    """The inputs whose value is not the one that was sent, by the name under which a run takes them.

    Only a number in a cell that was an input counts; anything else is a problem.
    """
    changes: dict[str, float] = {}
    for sheet in sent.sheets:
        for (row, column), content in sheet.cells.items():
            if not content.change:
                continue
            where = f"{sheet.name}!{address(row, column)}"
            cell = cells.get((sheet.name, row, column))
            if cell is None or not cell.is_number or cell.formula:
                what = "is empty" if cell is None else f"holds {cell.formula or cell.value!r}"
                problems.append(
                    Problem(where, f"the input {what}", "a typed number is needed here", f"Write a number; it was {content.value}")
                )
            elif isinstance(cell.value, float) and isinstance(content.value, float) and not _same(cell.value, content.value):
                changes[content.change] = cell.value
    return changes


def altered_cells(cells: Mapping[tuple[str, int, int], ReadCell], sent: Book) -> list[str]:
    """The cells that nobody may change and somebody did: formulas, labels, statuses, records, locks; and stray cells."""
    found, known = [], set()
    for sheet in sent.sheets:
        for (row, column), content in sheet.cells.items():
            place = (sheet.name, row, column)
            known.add(place)
            cell = cells.get(place)
            may_change = bool(content.change) or content.role == "entry"
            if cell is not None and cell.is_input != may_change:
                found.append(f"{sheet.name}!{address(row, column)} is {'unlocked' if cell.is_input else 'locked'}")
            elif not may_change and not _stands(content, cell):
                found.append(f"{sheet.name}!{address(row, column)} no longer holds what was sent")
    return found + [f"{cell.name} was added" for place, cell in cells.items() if place not in known]


def _stands(content: Content, cell: ReadCell | None) -> bool:
    if content.formula:
        return cell is not None and cell.formula.lstrip("=") == content.formula
    if content.value is None:
        return cell is None
    if cell is None or cell.formula:
        return False
    if isinstance(content.value, str):
        return cell.value == content.value
    return isinstance(cell.value, float) and _same(cell.value, content.value)


def altered_sheets(path: Path, sent: Book) -> list[str]:
    """Sheets that were added, removed, moved, hidden or unlocked, and rows or columns that were hidden."""
    import openpyxl

    book = openpyxl.load_workbook(path)
    names = [sheet.name for sheet in sent.sheets]
    found = [] if book.sheetnames == names else ["the sheets are not those that were sent, in their order"]
    for sheet in book.worksheets:
        if sheet.sheet_state != "visible":
            found.append(f"the sheet {sheet.title} is hidden")
        if not sheet.protection.sheet:
            found.append(f"the sheet {sheet.title} is no longer protected")
        dimensions = (*sheet.row_dimensions.values(), *sheet.column_dimensions.values())
        if any(dimension.hidden for dimension in dimensions):
            found.append(f"the sheet {sheet.title} has hidden rows or columns")
    book.close()
    return found


def _same(one: float, other: float) -> bool:
    """Equal as far as a workbook file keeps digits."""
    return abs(one - other) <= 1e-14 * max(abs(one), abs(other))


def read_custom(path: Path) -> dict[str, str]:
    """The workbook's custom properties: version, run, place, scenario and packs."""
    guard(path)
    import openpyxl

    try:
        book = openpyxl.load_workbook(path, read_only=True)
    except Exception as error:  # openpyxl raises many kinds of error on a damaged file
        raise CapmodelError(f"{path.name} cannot be read as a workbook ({error})") from error
    properties = {item.name: str(item.value) for item in book.custom_doc_props.props}  # type: ignore[attr-defined]
    book.close()
    return properties
