"""Reads the rows of a block of figures under the headings a rule names: from CSV, or from a sheet of a published workbook.

A cell is handed on as it stands; what a cell of figures means is defined here once, for every table. What codes may be is decided by the readers.
"""

from __future__ import annotations

import datetime as dt
import math
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self

from pydantic import Field, model_validator

from capmodel.assumptions.cells import NAMED, a_few, number, plain_text
from capmodel.assumptions.document import Number, Strict
from capmodel.assumptions.guard import guard, no_file
from capmodel.assumptions.sheet_rows import MOST_ROWS, Formula, Sheet, merged_columns, sheet_rows
from capmodel.assumptions.text_file import SAVE
from capmodel.assumptions.text_rows import text_rows
from capmodel.errors import BadInput, Problem, listed, nearest

EXCEL = (".xlsx", ".xlsm")
#: What tables print in place of a figure that is held back.
SUPPRESSED = "*"


class Printed(Strict):
    """How the figures of a column are printed: what to multiply by so that they are in the unit of their name, and what no figure means.

    `blank` is the figure of an empty cell, and of a cell that holds one of the texts under `no_figure`, such as '-'.
    """

    times: Number = 1.0
    blank: Number | None = None
    no_figure: list[str] = Field(default_factory=list)

    @model_validator(mode="after")
    def _texts_have_a_meaning(self) -> Self:
        if self.no_figure and self.blank is None:
            raise ValueError("no_figure: has no effect without blank:; it says which texts mean that figure. Write blank: and the figure")
        return self

    def figure(self, cell: Any, unit: str) -> float:
        """The figure that a cell holds, in the unit of its name; no number where it holds none.

        >>> [Printed(times=1000, blank=7, no_figure=["-"]).figure(cell, "GBP") for cell in ("2", "-", "", "P4R")]
        [2000.0, 7.0, 7.0, nan]
        """
        if self.blank is not None and plain_text(cell) in ("", *self.no_figure):
            return self.blank
        return (cell if type(cell) is float else number(cell, unit)) * self.times

    def fault(self, name: str, key: str, cell: Any, unit: str, remedy: str) -> tuple[str, str, str] | None:
        """What is wrong with a cell, why, and what to do: it holds no figure, or one that would be divided twice."""
        if isinstance(cell, Formula):
            return cell.described(f"{name} of {key}")
        text = plain_text(cell)
        if not math.isfinite(self.figure(cell, unit)):
            if text == SUPPRESSED:
                what, why = f"{name} of {key} is suppressed ({SUPPRESSED})", "a suppressed figure is not guessed"
                return what, why, "Ask for the figure, or take the row out and say so"
            return f"{name} is {repr(cell) if text else 'blank'} for {key}", "a number is needed here, and a gap is never filled", remedy
        if self.times != 1 and text.endswith("%") and text not in self.no_figure:
            what = f"{name} is {cell!r} for {key}, and it is multiplied by {self.times:g}"
            return what, "it would be divided twice", "Leave times: out where the file prints the sign"
        return None


class ColumnOf(Printed):
    """A column of figures: its heading, and how its figures are printed."""

    heading: str
    label: str = ""
    note: str = ""


class TextOf(Strict):
    """A column of text: its heading, and what a blank is called where one may stand."""

    heading: str
    blank: str = ""


class Figures(Strict):
    """One file, or one sheet, of figures by place."""

    key: str
    source: str
    workbook: Sheet | None = None
    year: str | None = None
    rows: int | None = Field(default=None, ge=1)
    repeats: dict[str, str] = Field(default_factory=dict)
    not_totals: list[str] = Field(default_factory=list)
    text: dict[str, str | TextOf] = Field(default_factory=dict)
    columns: dict[str, str | ColumnOf] = Field(default_factory=dict)
    note: str = ""

    def described(self, name: str) -> TextOf:
        """A column of text, whichever way it is written."""
        given = self.text[name]
        return TextOf(heading=given) if isinstance(given, str) else given

    def column(self, name: str) -> ColumnOf:
        """A column, whichever way it is written."""
        given = self.columns[name]
        return ColumnOf(heading=given) if isinstance(given, str) else given


@dataclass(frozen=True)
class Line:
    """A row: where it stands, and its cells by heading."""

    where: str
    cells: Mapping[str, Any]


def read_lines(path: Path, block: Figures, problems: list[Problem]) -> list[Line]:
    """The rows of a block with the cells it names; what is wrong is added to the problems."""
    if not path.is_file():
        problems.append(no_file(path, "figures are read from it"))
        return []
    texts = [block.key, *([block.year] if block.year else []), *(block.described(name).heading for name in block.text)]
    wanted = [*texts, *(block.column(name).heading for name in block.columns)]
    try:
        if path.suffix.lower() not in EXCEL:
            found = _under(path, text_rows(path, f"{SAVE}, or as .xlsx with its sheet named"), wanted, None, problems)
        elif block.workbook is not None:
            found = _under(path, sheet_rows(path, block.workbook), wanted, block.workbook, problems)
        else:
            # What the file is comes first: a text, or a workbook that cannot be read, is not mended by naming a sheet.
            guard(path)
            remedy = "Add workbook: with sheet:, header_row: and first_row: to the rule, or give a CSV file"
            problems.append(Problem(path.name, "it is a workbook", "the rule does not say which sheet and rows to read", remedy))
            return []
    except BadInput as error:
        problems += error.problems
        return []
    wrong = list(_no_texts(found, texts))
    problems += a_few(wrong, "cells are no texts")
    return [] if wrong else found


def _no_texts(lines: Sequence[Line], texts: Sequence[str]) -> Iterator[Problem]:
    """Cells of codes, years and words that hold a formula without a value, or a date, whose text as it was typed is lost."""
    for line in lines:
        for heading in dict.fromkeys(texts):
            cell = line.cells[heading]
            if isinstance(cell, Formula):
                yield Problem(line.where, *cell.described(heading))
            elif isinstance(cell, (dt.date, dt.time, dt.timedelta)):
                what, why = (
                    f"{heading} is a date, {cell:%d %B %Y}" if isinstance(cell, dt.date) else f"{heading} is a time",
                    "what was typed is lost",
                )
                yield Problem(line.where, what, why, "Format the cells as text, and type them again")


def _under(
    path: Path, rows: Iterator[tuple[int, list[Any]]], wanted: Sequence[str], sheet: Sheet | None, problems: list[Problem]
) -> list[Line]:
    """The wanted cells of each row, by heading; the rows of a sheet end at the first empty one."""
    header_row, header = next(rows, (0, []))
    where = f"{path.name}, line {header_row}" if header_row else path.name
    unkept = [Problem(where, *cell.described("a heading")) for cell in header if isinstance(cell, Formula)]
    problems += unkept
    headings = [" ".join(plain_text(cell).split()) for cell in header]
    merged = merged_columns(path, sheet) if sheet and "" in headings else {}
    at = {} if unkept else _headings(where, headings, wanted, sheet, merged, problems)
    wide = [(heading, merged[place][0], range(place + 1, merged[place][1] + 1)) for heading, place in at.items() if place in merged]
    found: list[Line] = []
    ended = False
    for line, row in rows if at else ():
        where = f"{path.name}, line {line}"
        cells = {heading: row[place] if place < len(row) else None for heading, place in at.items()}
        also = next(
            ((heading, area) for heading, area, others in wide if any(row[i] not in (None, "") for i in others if i < len(row))), None
        )
        if line > MOST_ROWS:
            problems.append(Problem(where, f"there are over {MOST_ROWS:,} rows", "no more are read", "Say last_row:, or part the file"))
            break
        if sheet and all(cell in (None, "") for cell in row):
            ended = True
        elif also and not ended:
            what = f"the heading {also[0]!r} stands over several columns with figures (merged cells {also[1]})"
            remedy = "Unmerge the cells, and write a heading over each column"
            problems.append(Problem(f"{path.name}, line {header_row}", what, "which of them is meant is not known", remedy))
            break
        elif not ended and any(cell not in (None, "") for cell in row[len(headings) :]):
            problems.append(_shifted(where, row, len(headings))[0])
        elif not ended:
            found.append(Line(where, cells))
        elif all(cell not in (None, "") for cell in cells.values()):
            what = "figures go on after an empty row"
            problems.append(Problem(where, what, "they would be left out", "Take the empty row out, or say last_row: in the rule"))
            break
    return found


def _headings(
    where: str,
    headings: list[str],
    wanted: Sequence[str],
    sheet: Sheet | None,
    merged: Mapping[int, tuple[str, int]],
    problems: list[Problem],
) -> dict[str, int]:
    """Which column each wanted heading stands over; nothing unless all are there once. Spaces and line breaks do not matter."""
    there = [heading for heading in headings if heading]
    places = {each: [i for i, found in enumerate(headings) if found == " ".join(each.split())] for each in dict.fromkeys(wanted)}
    why = "the rule reads the column by its heading"
    if not there:
        what = f"row {sheet.header_row} of sheet {sheet.sheet!r} is empty" if sheet else "the file is empty"
        problems.append(Problem(where, what, why, "Correct header_row: in the rule" if sheet else "Give the file with the figures"))
    elif not any(places.values()):
        shown = ", ".join(there[:NAMED]) + (", ..." if len(there) > NAMED else "")
        what = f"none of the {len(places)} headings the rule reads is there"
        remedy = f"Correct sheet: ({sheet.sheet}) or header_row: ({sheet.header_row}) in the rule" if sheet else "Give the rule's own file"
        problems.append(Problem(where, what, f"it holds {shown}", remedy + f"; the rule reads {', '.join(list(places)[:NAMED])}, ..."))
    else:
        areas = [area for area, _ in merged.values()]
        unmerge = f"; the cells {listed(areas)} are merged and hold one heading, so unmerge them" if areas else ""
        for heading, found in places.items():
            if len(found) > 1:
                problems.append(Problem(where, f"the heading {heading!r} is there {len(found)} times", why, "Rename one"))
            elif not found:
                problems.append(Problem(where, f"there is no heading {heading!r}", why, nearest(heading, there) + unmerge))
    return {heading: found[0] for heading, found in places.items()} if all(len(each) == 1 for each in places.values()) else {}


@dataclass(frozen=True)
class Row:
    """One row of a CSV file, with its place."""

    where: str
    cells: dict[str, str]


def read_csv(path: Path, problems: list[Problem]) -> tuple[list[str], list[Row]]:
    """The headings and rows of a CSV file, or a report why it cannot be read; rows that cannot are left out."""
    try:
        lines = list(text_rows(path))
    except BadInput as error:
        problems += error.problems
        return [], []
    header = [name.strip() for name in lines[0][1]] if lines else []
    if len(set(header)) < len(header) or not all(header):
        problems.append(
            Problem(f"{path.name}, line 1", "a column has no name or a name is there twice", "columns are read by name", "Name each")
        )
        return [], []
    rows = []
    for line, cells in lines[1:]:
        where = f"{path.name}, line {line}"
        if len(cells) != len(header):
            problem, cells = _shifted(where, cells, len(header))
            problems.append(problem)
        if not cells:
            continue
        rows.append(Row(where, {name: cell.strip() for name, cell in zip(header, cells, strict=True)}))
    return header, rows


def _shifted(where: str, cells: Sequence[Any], headings: int) -> tuple[Problem, list[Any]]:
    """A row that has not one cell for each heading, and its cells as they are meant where one number with commas was cut into several."""
    what = f"{len(cells)} cells under {headings} headings"
    many = len(cells) - headings
    for i in range(len(cells) - max(many, 0)):
        parts = [str(part).strip() for part in cells[i : i + many + 1]]
        if many > 0 and re.fullmatch(r"[-£]?\d{1,3}", parts[0]) and all(re.fullmatch(r"\d{3}(\.\d+)?", part) for part in parts[1:]):
            number = "".join(parts).replace("£", "")
            why = f"{','.join(parts)} looks like one number, and its commas separate cells"
            return Problem(where, what, why, f"Write {number}"), [*cells[:i], number, *cells[i + many + 1 :]]
    return Problem(where, what, "cells would shift", "Give each heading one cell"), []
