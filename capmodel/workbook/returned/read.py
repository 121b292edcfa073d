"""Compares the cells of a workbook that came back with the book that was sent: inputs changed, and all else.

The file is not trusted. `bounds` has read it as a stream, which is the only time it is read, and the values in formula cells are
never used as results. What an input cell stands for is known from the workbook that was sent, which is built again from its
packs; nothing hidden in the file is needed.
"""

from __future__ import annotations

import functools
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from capmodel.errors import Problem
from capmodel.workbook.returned.bounds import Contents, Drawn, plain_reference
from capmodel.workbook.returned.cells import Look
from capmodel.workbook.writing.book import Book, Chart, Content, Sheet, address
from capmodel.workbook.writing.formats import style

_FORMAT = re.compile(r'"([^"]*)"|\\(.)|([_*].|\[[^\]]*\])|(.)', re.DOTALL)
_MEANS_ITSELF = frozenset("()-+/: $£€!^&'~{}<>=")

WORDS = ("input_title", "input_message", "error_title", "error_message")
Place = tuple[str, int, int]  # sheet, row and column, from 0
Figures = Mapping[Place, Content]  # figures of the packs by their cells


class ReadCell(NamedTuple):
    """A cell as it stands in a file: its value or the value written with its formula, and what its look says it is."""

    value: float | str | bool | None
    formula: str  # with its equals sign where it is read from a file
    is_number: bool
    is_input: bool
    is_record: bool
    number_format: str = "General"
    link: str = ""
    hides_formula: bool = False
    is_unseen: bool = False


@dataclass(frozen=True)
class ReadBook:
    """A workbook as it stands in a file: its cells by sheet, row and column (from 0), its sheets in order, and what was done to them."""

    cells: dict[Place, ReadCell]
    sheets: tuple[str, ...]
    marks: tuple[str, ...]  # sheets that are hidden or unlocked, rows or columns that are hidden, merged cells


def read_book(contents: Contents) -> ReadBook:
    """Every cell that holds something, of a workbook that `bounds.scan` has let through."""
    found: dict[Place, ReadCell] = {}
    marks = list(contents.marks)
    looks = contents.cells.looks or [Look()]
    for sheet, part in contents.parts.items():
        links = _links(contents, part)
        for row, column, value, formula, number in contents.cells.sheets.get(part, ()):
            look = looks[number]
            found[sheet, row, column] = ReadCell(
                value,
                "" if formula is None else f"={formula}",
                isinstance(value, float),
                not look.is_locked,
                look.is_record,
                look.number_format,
                links.pop(address(row, column), "") if links else "",
                look.is_hidden and formula is not None,
                look.is_unseen and value not in (None, ""),
            )
        marks += [f"a link over {sheet}!{where} was added" for where in links]
    return ReadBook(found, tuple(contents.sheets), tuple(marks))


def _links(contents: Contents, part: str) -> dict[str, str]:
    """Where each link of a sheet leads, by the cells it lies over."""
    links = contents.cells.links.get(part, [])
    targets = {each.name: each.target for each in contents.relations if each.source == part and each.kind == "hyperlink"}
    found: dict[str, str] = {}
    for where, name, location in links:
        to = f"{targets.get(name, '')}#{location}"
        found[where] = f"{found[where]} and {to}" if where in found else to
    return found


def cell_name(place: Place) -> str:
    """A cell as a message names it.

    >>> cell_name(("Checks", 1, 1))
    'Checks!B2'
    """
    return f"{place[0]}!{address(place[1], place[2])}"


def figures_at(sheets: Iterable[Sheet]) -> Figures:
    """The figures of the packs that stand on some sheets, by their cells."""
    return {(sheet.name, *place): content for sheet in sheets for place, content in sheet.cells.items() if content.change}


def changed_inputs(cells: Mapping[Place, ReadCell], sent: Figures, problems: list[Problem]) -> dict[str, float]:
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
        elif isinstance(cell.value, float) and isinstance(content.value, float) and not _same(cell.value, content.value):
            changes[content.change] = cell.value
    return changes


def altered_cells(cells: Mapping[Place, ReadCell], sent: Book) -> list[str]:
    """The cells that nobody may change and somebody did: formulas, labels, statuses, records, locks, links; formats; and stray cells."""
    found, known = [], set()
    shown: dict[str, list[str]] = {}
    unseen: list[str] = []
    for sheet in sent.sheets:
        for (row, column), content in sheet.cells.items():
            place = (sheet.name, row, column)
            known.add(place)
            cell = cells.get(place)
            if what := _altered(content, cell):
                found.append(f"{cell_name(place)} {what}")
            if cell is not None and content.role != "entry" and not _shows(content.role, content.unit, cell.number_format):
                shown.setdefault(cell.number_format, []).append(cell_name(place))
            if cell is not None and cell.is_unseen:
                unseen.append(cell_name(place))
    found += [f"{len(names):,} cell{'s show figures' if len(names) > 1 else ' shows a figure'} as {look}: {', '.join(names[:3])}{', ...' if len(names) > 3 else ''}" for look, names in shown.items()]  # fmt: skip
    if unseen:
        some = ", ".join(unseen[:3]) + (", ..." if len(unseen) > 3 else "")
        found.append(
            f"{len(unseen):,} cell{'s' if len(unseen) > 1 else ''} cannot be read, since letters have the colour of the background or are too small: {some}"
        )
    return found + [f"{cell_name(place)} was added" for place in cells if place not in known]


def _altered(content: Content, cell: ReadCell | None) -> str:
    """What was done to a cell; empty where nothing was."""
    may_change = content.role in ("input", "entry")
    if cell is not None and cell.is_input != may_change:
        return "is unlocked" if cell.is_input else "is locked"
    if not may_change and not _stands(content, cell):
        return "no longer holds what was sent"
    if cell is None:
        return ""
    if cell.hides_formula:
        return "hides its formula"
    leads = cell.link or content.link
    if leads and content.role != "entry" and _link(cell.link) != (content.link and _link(f"#{content.link}")):
        return f"leads to {cell.link.lstrip('#')}" if cell.link else "no longer leads to another sheet"
    return ""


def _stands(content: Content, cell: ReadCell | None) -> bool:
    if content.formula:
        return cell is not None and cell.formula == f"={content.formula}"
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


def altered_prompts(contents: Contents, sent: Book) -> list[str]:
    """What cells say when they are selected, such as the range of an input, where it was not sent; programs put such words together anew."""
    found = []
    for sheet in sent.sheets:
        said = {" ".join(str(validation.rule.get(name, "")).split()) for validation in sheet.validations for name in WORDS}
        found += [f"the sheet {sheet.name} says beside an input: {text!r}" for text in sorted(contents.prompts.get(contents.parts.get(sheet.name, ""), set()) - said)]  # fmt: skip
    return found


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


def number_format(role: str, unit: str) -> str:
    """The number format that a cell of some role, with a figure of some unit, is written with."""
    return str(style(role, unit).get("num_format", "General"))


@functools.cache
def _shows(role: str, unit: str, found: str) -> bool:
    """Whether a figure is shown as it was sent; an input without a format of its own takes that of what is typed, such as 5% or £5."""
    sent = number_format(role, unit)
    typed = role == "input" and sent == "General"
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
