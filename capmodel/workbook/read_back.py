"""Reads the cells of a workbook that came back, and compares them with the book that was sent: inputs changed, and all else.

The file is not trusted. `bounds` has read it as a stream before a library loads it here, and the values in formula cells are
never used as results. What an input cell stands for is known from the workbook that was sent, which is built again from its
packs; nothing hidden in the file is needed.
"""

from __future__ import annotations

import functools
import math
import re
import warnings
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from capmodel.errors import BadInput, Problem
from capmodel.workbook.book import Book, Chart, Content, address
from capmodel.workbook.bounds import Drawn, plain_reference
from capmodel.workbook.look import RECORDED, ROLES, style
from capmodel.workbook.package import AGAIN

THINNEST = 0.6  # points or digits; a row or column below it cannot be seen
_FORMAT = re.compile(r'"([^"]*)"|\\(.)|([_*].|\[[^\]]*\])|(.)', re.DOTALL)
_MEANS_ITSELF = frozenset("()-+/: $£€!^&'~{}<>=")
_RECORD_FILLS = {f"FF{str(ROLES[role]['bg_color']).lstrip('#')}" for role in RECORDED}


@dataclass(frozen=True, slots=True)
class ReadCell:
    """A cell as it stands in a file: its value or the value written with its formula, and what its look says it is."""

    name: str
    value: float | str | None
    formula: str
    is_number: bool
    is_input: bool
    is_record: bool
    number_format: str = "General"
    link: str = ""


@dataclass(frozen=True)
class ReadBook:
    """A workbook as it stands in a file: its cells by sheet, row and column (from 0), its sheets in order, and what was done to them."""

    cells: dict[tuple[str, int, int], ReadCell]
    sheets: tuple[str, ...]
    marks: tuple[str, ...]  # sheets that are hidden or unlocked, rows or columns that are hidden, merged cells


def read_book(path: Path) -> ReadBook:
    """Every cell that holds something, and the state of the sheets, of a workbook that `bounds` has let through.

    Raises:
        BadInput: the file cannot be loaded.
    """
    import openpyxl

    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of parts that openpyxl does not keep, and that nothing here needs
            book = openpyxl.load_workbook(path)
            values = openpyxl.load_workbook(path, read_only=True, data_only=True)
            written = {sheet.title: _values(sheet) for sheet in values.worksheets}
            values.close()
    except Exception as error:  # openpyxl raises many kinds of error on a damaged file
        why = str(error).strip().splitlines()[0] if str(error).strip() else type(error).__name__
        raise BadInput([Problem(path.name, f"it cannot be read as a workbook ({why})", "a part of it is damaged", AGAIN)]) from error
    found: dict[tuple[str, int, int], ReadCell] = {}
    marks: list[str] = []
    for sheet in book.worksheets:
        # iter_rows would make a cell for every place it passes.
        for cell in sheet._cells.values():
            if cell.value is not None:
                found[sheet.title, cell.row - 1, cell.column - 1] = _read(sheet.title, cell, written[sheet.title])
        marks += _marks(sheet)
    return ReadBook(found, tuple(book.sheetnames), tuple(marks))


def _values(sheet: Any) -> dict[tuple[int, int], Any]:
    sheet.reset_dimensions()  # what the file says of its size is not believed
    return {(cell.row, cell.column): cell.value for row in sheet.iter_rows() for cell in row if cell.value is not None}


def _read(sheet: str, cell: Any, written: Mapping[tuple[int, int], Any]) -> ReadCell:
    formula = cell.data_type == "f"
    value: Any = written.get((cell.row, cell.column)) if formula else cell.value
    number = isinstance(value, (int, float)) and not isinstance(value, bool) and math.isfinite(value)
    fill = cell.fill.fgColor.rgb if cell.fill.fill_type else None
    link = cell.hyperlink
    return ReadCell(
        name=f"{sheet}!{cell.coordinate}",
        value=float(value) if number else value,
        formula=f"={_text(cell.value)}" if formula else "",
        is_number=number,
        is_input=not cell.protection.locked,
        is_record=fill in _RECORD_FILLS,
        number_format=cell.number_format,
        link="" if link is None else f"{link.target or ''}#{link.location or ''}",
    )


def _text(formula: Any) -> str:
    """A formula without its equals sign; an array formula or a table of data is an object of its own and never the book's."""
    return formula.removeprefix("=") if isinstance(formula, str) else f"{{{getattr(formula, 'text', None) or getattr(formula, 'ref', '')}}}"


def _marks(sheet: Any) -> Iterator[str]:
    if sheet.sheet_state != "visible":
        yield f"the sheet {sheet.title} is hidden"
    if not sheet.protection.sheet:
        yield f"the sheet {sheet.title} is no longer protected"
    rows, columns = sheet.row_dimensions.values(), sheet.column_dimensions.values()
    flat = any(row.height is not None and row.height < THINNEST for row in rows)
    narrow = any(column.customWidth and column.width < THINNEST for column in columns)
    usual = sheet.sheet_format
    none = usual.zeroHeight or (usual.customHeight and usual.defaultRowHeight < THINNEST)
    none = none or (usual.defaultColWidth is not None and usual.defaultColWidth < THINNEST)
    if flat or narrow or none or any(dimension.hidden for dimension in (*rows, *columns)):
        yield f"the sheet {sheet.title} has hidden rows or columns"
    if sheet.merged_cells.ranges:
        yield f"the sheet {sheet.title} has merged cells"


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
    """The cells that nobody may change and somebody did: formulas, labels, statuses, records, locks, links; formats; and stray cells."""
    found, known = [], set()
    shown: dict[str, list[str]] = {}
    for sheet in sent.sheets:
        for (row, column), content in sheet.cells.items():
            place, name = (sheet.name, row, column), f"{sheet.name}!{address(row, column)}"
            known.add(place)
            cell = cells.get(place)
            found += [f"{name} {what}" for what in _altered(content, cell)]
            if cell is not None and content.role != "entry" and not _shows(content, cell.number_format):
                shown.setdefault(cell.number_format, []).append(name)
    found += [f"{len(names):,} cell{'s show figures' if len(names) > 1 else ' shows a figure'} as {look}: {', '.join(names[:3])}{', ...' if len(names) > 3 else ''}" for look, names in shown.items()]  # fmt: skip
    return found + [f"{cell.name} was added" for place, cell in cells.items() if place not in known]


def _altered(content: Content, cell: ReadCell | None) -> Iterator[str]:
    may_change = content.is_input or content.role == "entry"
    if cell is not None and cell.is_input != may_change:
        yield "is unlocked" if cell.is_input else "is locked"
    elif not may_change and not _stands(content, cell):
        yield "no longer holds what was sent"
    elif cell is not None and content.role != "entry" and _link(cell.link) != (content.link and _link(f"#{content.link}")):
        yield f"leads to {cell.link.lstrip('#')}" if cell.link else "no longer leads to another sheet"


def _stands(content: Content, cell: ReadCell | None) -> bool:
    if content.formula:
        return cell is not None and cell.formula.removeprefix("=") == content.formula
    if content.value in (None, ""):
        return cell is None or (not cell.formula and cell.value == "")  # programs leave out a cell with an empty text
    if cell is None or cell.formula:
        return False
    if isinstance(content.value, str):
        return cell.value == content.value
    return isinstance(cell.value, float) and _same(cell.value, content.value)


def _link(text: str) -> str:
    return text.replace("'", "").replace("$", "").lstrip("#")


def altered_sheets(sheets: Sequence[str], sent: Book) -> list[str]:
    """Whether sheets were added, removed, moved or renamed."""
    return [] if list(sheets) == [sheet.name for sheet in sent.sheets] else ["the sheets are not those that were sent, in their order"]


def altered_charts(charts: Sequence[Drawn], sent: Book) -> list[str]:
    """Charts that draw other cells than those that were sent, or that were added or removed."""
    made = [(chart.title, drawn_by(chart)) for sheet in sent.sheets for chart in sheet.charts]
    left = list(charts)
    found = []
    for title, drawn in made:
        if drawn in left:
            left.remove(drawn)
        else:
            found.append(f"the chart {title!r} no longer draws what was sent")
    return found + [f"a chart of {', '.join(values for _, values in drawn) or 'nothing'} was added" for drawn in left[len(found) :]]


def drawn_by(chart: Chart) -> Drawn:
    """The categories and values of each series of a chart of a book in memory."""
    return tuple((plain_reference(str(series.get("categories", ""))), plain_reference(str(series["values"]))) for series in chart.series)


def number_format(content: Content) -> str:
    """The number format that a cell is written with."""
    return str(style(content.role, content.unit).get("num_format", "General"))


def _shows(content: Content, found: str) -> bool:
    """Whether a figure is shown as it was sent; an input without a format of its own takes that of what is typed, such as 5% or £5."""
    sent = number_format(content)
    typed = content.is_input and sent == "General"
    return same_format(sent, found) or (typed and '"' not in found and "\\" not in found and re.search("[0#]", found) is not None)


@functools.cache
def same_format(one: str, other: str) -> bool:
    """Whether two number formats show the same: programs write signs with and without a stroke or quotation marks.

    >>> same_format("#,##0_);(#,##0)", "#,##0_);" + chr(92) + "(#,##0)"), same_format("0.00", '"99.00"')
    (True, False)
    """
    return one == other or _signs(one) == _signs(other)


def _signs(text: str) -> list[str]:
    """A number format sign by sign; what is only copied to the cell is marked, unless it means itself without marks too."""
    found = []
    for quoted, escaped, code, plain in _FORMAT.findall(text):
        copied = quoted or escaped
        found += [sign if sign in _MEANS_ITSELF else f"\\{sign}" for sign in copied] if copied else [code or plain]
    return found


def _same(one: float, other: float) -> bool:
    """Equal as far as a workbook file keeps digits."""
    return abs(one - other) <= 1e-14 * max(abs(one), abs(other))
