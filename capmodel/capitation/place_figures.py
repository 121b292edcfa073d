"""Reads the figures a rule is applied to: tidy CSV files, or a workbook as it was published, joined by exact code.

A blank, a word or something that is not a number is a problem with its place, never a nought. A code must stand in every
file once, or once a year. Nothing is worked out here; limits of the rule are tested by `allocate`.
"""

from __future__ import annotations

import csv
import gzip
import io
import math
import zlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np

from capmodel.algebra.rows import Floats, Places
from capmodel.algebra.unit import unit_by_name
from capmodel.capitation.rules import Figures, Rule, Sheet, TextOf
from capmodel.errors import BadInput, Problem, nearest

#: How many codes or cells of one kind are named before the rest are counted.
NAMED = 5
MOST_ROWS, MOST_COLUMNS = 200_000, 500
EXCEL = (".xlsx", ".xlsm")


@dataclass(frozen=True)
class PlaceFigures:
    """The places of a run with their text and figures; figures are years by places."""

    keys: tuple[str, ...]
    years: tuple[int | None, ...]
    text: Mapping[str, tuple[str, ...]]
    figures: Mapping[str, Floats]

    @cached_property
    def groups(self) -> dict[str, tuple[tuple[str, ...], Places]]:
        """The members of each text column, in the order in which they first stand, and which of them each place is."""
        found = {}
        for name, text in self.text.items():
            position = {member: i for i, member in enumerate(dict.fromkeys(text))}
            found[name] = (tuple(position), np.array([position[member] for member in text], dtype=np.intp))
        return found


@dataclass(frozen=True)
class _Line:
    where: str
    cells: Mapping[str, Any]


def read_figures(rule: Rule, paths: Sequence[Path], problems: list[Problem]) -> PlaceFigures:
    """Read every block of figures of a rule.

    Args:
        rule: the rule that names the columns.
        paths: one file for each block, in the order of the rule, or one file that holds them all.
        problems: what is wrong is added here.

    Raises:
        BadInput: something is wrong; all of it, with what was found before.
    """
    blocks = rule.file.figures
    if len(paths) not in (1, len(blocks)):
        names = ", ".join(blocks)
        problems.append(
            Problem("FIGURES", f"{len(paths)} files are given", f"the rule reads {names}", f"Give one file, or {len(blocks)} in that order")
        )
        raise BadInput(problems)
    years: tuple[int | None, ...] = tuple(rule.file.years) or (None,)
    keys: tuple[str, ...] = ()
    first = ""
    text: dict[str, tuple[str, ...]] = {}
    figures: dict[str, Floats] = {}
    for i, (name, block) in enumerate(blocks.items()):
        path = paths[i if len(paths) > 1 else 0]
        lines = _read(path, block, problems)
        by_key = _by_key(lines, block, rule, path, problems)
        if not by_key:
            if not problems:
                problems.append(Problem(path.name, "there are no rows", "there is nothing to work out", "Give a row for each place"))
            continue
        if not keys:
            keys, first = tuple(by_key), name
        if not _same_codes(keys, by_key, (first, name), path, problems):
            continue
        text |= {own: tuple(_text(by_key[key][0], block.told(own), own, problems) for key in keys) for own in block.text}
        for own in block.columns:
            figures[own] = _column(own, block, [by_key[key] for key in keys], len(years), problems)
    if problems:
        raise BadInput(problems)
    return PlaceFigures(keys, years, text, figures)


# ------------------------------------------------------------------ files


def _read(path: Path, block: Figures, problems: list[Problem]) -> list[_Line]:
    if not path.is_file():
        problems.append(Problem(str(path), "there is no such file", "figures are read from it", "Correct the name"))
        return []
    wanted = [
        block.key,
        *([block.year] if block.year else []),
        *(block.told(name).heading for name in block.text),
        *(block.column(name).heading for name in block.columns),
    ]
    try:
        if path.suffix.lower() in EXCEL:
            if block.workbook is None:
                problems.append(
                    Problem(
                        path.name,
                        "it is a workbook",
                        "the rule does not say which sheet and rows to read",
                        "Add workbook: with sheet:, header_row: and first_row: to the rule, or give a CSV file",
                    )
                )
                return []
            rows = _sheet_rows(path, block.workbook, problems)
            header_row, header = next(rows, (0, []))
            return _under(path, header_row, header, rows, wanted, problems)
        content = path.read_bytes()
        text = (gzip.decompress(content) if path.suffix == ".gz" else content).decode("utf-8-sig")
        reader = csv.reader(io.StringIO(text, newline=""))
        numbered = ((reader.line_num, row) for row in reader if any(cell.strip() for cell in row))
        header_row, header = next(numbered, (0, []))
        return _under(path, header_row, header, numbered, wanted, problems)
    except (OSError, EOFError, UnicodeDecodeError, csv.Error, zlib.error) as error:
        problems.append(
            Problem(
                path.name,
                f"the file cannot be read ({error})",
                "figures are read from it",
                "Save it as UTF-8 text, or give the workbook itself",
            )
        )
        return []


def _sheet_rows(path: Path, sheet: Sheet, problems: list[Problem]) -> Iterator[tuple[int, list[Any]]]:
    import openpyxl

    try:
        book = openpyxl.load_workbook(path, read_only=True, data_only=True)
    except Exception as error:  # openpyxl raises many kinds of error on a damaged file
        problems.append(Problem(path.name, f"it cannot be read as a workbook ({error})", "a part of it is damaged", "Get it again"))
        return
    try:
        if sheet.sheet not in book.sheetnames:
            problems.append(
                Problem(path.name, f"there is no sheet {sheet.sheet!r}", "the rule reads it", nearest(sheet.sheet, book.sheetnames))
            )
            return
        begin = sheet.first_row or sheet.header_row + 1
        end = min(sheet.last_row or MOST_ROWS, MOST_ROWS)
        rows = book[sheet.sheet].iter_rows(min_row=sheet.header_row, max_row=end, max_col=MOST_COLUMNS, values_only=True)
        for number, row in enumerate(rows, start=sheet.header_row):
            if number == sheet.header_row:
                yield number, list(row)
            elif number >= begin:
                if all(cell is None or cell == "" for cell in row):
                    return
                yield number, list(row)
    finally:
        book.close()


def _under(
    path: Path,
    header_row: int,
    header: Sequence[Any],
    rows: Iterator[tuple[int, list[Any]]],
    wanted: Sequence[str],
    problems: list[Problem],
) -> list[_Line]:
    """The wanted cells of each row, by heading; spaces and line breaks in headings do not matter."""
    headings = [" ".join(str(cell).split()) if cell is not None else "" for cell in header]
    at: dict[str, int] = {}
    for heading in dict.fromkeys(wanted):
        places = [i for i, found in enumerate(headings) if found == " ".join(heading.split())]
        if len(places) != 1:
            what = f"the heading {heading!r} is there {len(places)} times" if places else f"there is no heading {heading!r}"
            remedy = "Rename one" if places else nearest(heading, filter(None, headings))
            if not (problems and not headings):
                problems.append(Problem(f"{path.name}, line {header_row}", what, "the rule reads the column by its heading", remedy))
        else:
            at[heading] = places[0]
    if len(at) < len(set(wanted)):
        return []
    found = []
    for number, row in rows:
        if len(row) > len(headings) and any(cell not in (None, "") for cell in row[len(headings) :]):
            problems.append(
                Problem(
                    f"{path.name}, line {number}",
                    f"{len(row)} cells under {len(headings)} headings",
                    "cells would shift",
                    "Give each heading one cell",
                )
            )
            continue
        cells = {heading: row[place] if place < len(row) else None for heading, place in at.items()}
        found.append(_Line(f"{path.name}, line {number}", cells))
    return found


# ------------------------------------------------------------------ codes


def _by_key(lines: list[_Line], block: Figures, rule: Rule, path: Path, problems: list[Problem]) -> dict[str, list[_Line]]:
    """Lines by code: one for a place, or one for each of its years in the order of the rule."""
    if block.rows is not None and lines and len(lines) != block.rows:
        problems.append(
            Problem(
                path.name,
                f"{len(lines)} rows are found",
                f"the rule expects {block.rows}",
                "Check the first and last row, or correct rows: in the rule",
            )
        )
    wanted = tuple(str(year) for year in rule.file.years) if block.year else ("",)
    found: dict[str, dict[str, _Line]] = {}
    for line in lines:
        key = _plain(line.cells[block.key])
        year = _plain(line.cells[block.year]) if block.year else ""
        if not key:
            problems.append(
                Problem(
                    line.where,
                    "there are figures without a code",
                    f"places are known by {block.key}",
                    "Give the code, or end the rows above it with last_row:",
                )
            )
            continue
        if key in block.repeats and year in found.get(key, {}):
            key = f"{key} (2)"
        own = found.setdefault(key, {})
        if year in own:
            problems.append(Problem(line.where, f"the code {key!r} is there twice", f"it stands at {own[year].where} too", "Take one out"))
        elif year not in wanted:
            problems.append(
                Problem(
                    line.where,
                    f"the year is {year!r}",
                    f"the rule is for {', '.join(wanted)}",
                    "Take the row out, or add the year to the rule",
                )
            )
        own.setdefault(year, line)
    lacking = [f"{key} in {year}" for key, own in found.items() for year in wanted if year not in own]
    if lacking:
        problems.append(Problem(path.name, f"there is no row for {_some(lacking)}", "every place needs every year", "Add the rows"))
        return {}
    return {key: [own[year] for year in wanted] for key, own in found.items()}


def _same_codes(keys: Sequence[str], by_key: Mapping[str, Any], names: tuple[str, str], path: Path, problems: list[Problem]) -> bool:
    known = set(keys)
    for lacking, there, other in (
        ([key for key in keys if key not in by_key], *names),
        ([key for key in by_key if key not in known], *reversed(names)),
    ):
        if lacking:
            problems.append(
                Problem(
                    path.name,
                    f"{len(lacking)} code{'s are' if len(lacking) > 1 else ' is'} in {there} and not in {other}: {_some(lacking)}",
                    "files are joined by exact code, and nothing is filled in",
                    "Make the codes agree, or take the place out of both",
                )
            )
    return known == by_key.keys()


def _some(names: Sequence[str]) -> str:
    shown = ", ".join(names[:NAMED])
    return shown if len(names) <= NAMED else f"{shown} and {len(names) - NAMED} more"


# ------------------------------------------------------------------ cells


def _plain(cell: Any) -> str:
    if isinstance(cell, float) and cell.is_integer():
        cell = int(cell)
    return "" if cell is None else str(cell).strip()


def _text(line: _Line, column: TextOf, name: str, problems: list[Problem]) -> str:
    found = _plain(line.cells[column.heading]) or column.blank
    if not found:
        problems.append(Problem(line.where, f"{name} is blank", "it says where the place belongs", f"Fill in {column.heading}"))
    return found


def _column(name: str, block: Figures, places: Sequence[Sequence[_Line]], years: int, problems: list[Problem]) -> Floats:
    column = block.column(name)
    found = np.empty((len(places[0]), len(places)))
    for p, lines in enumerate(places):
        for y, line in enumerate(lines):
            cell = line.cells[column.heading]
            value = cell if type(cell) is float else _number(cell)
            if not math.isfinite(value):
                what = f"{name} is {'blank' if cell in (None, '') else repr(cell)} for {_plain(line.cells[block.key])}"
                problems.append(
                    Problem(
                        line.where, what, "a number is needed here, and a gap is never filled", f"Write digits under {column.heading!r}"
                    )
                )
            found[y, p] = value
    # Published files differ in whether they print 1234 or 1,234 thousand; a factor of 1 leaves every bit as it was.
    scaled = found if column.times == 1 else found * column.times
    _sensible(name, scaled, places, problems)
    return np.ascontiguousarray(np.broadcast_to(scaled, (years, len(places))))


def _number(cell: Any) -> float:
    """A cell as a number: digits, or digits with a per cent sign; NaN where it is anything else."""
    if isinstance(cell, (int, float)) and not isinstance(cell, bool):
        return float(cell)
    text = str(cell).strip() if isinstance(cell, str) else ""
    percent = text.endswith("%")
    digits = text[:-1] if percent else text
    try:
        value = math.nan if "_" in digits else float(digits)
    except ValueError:
        return math.nan
    return value / 100 if percent else value


def _sensible(name: str, values: Floats, places: Sequence[Sequence[_Line]], problems: list[Problem]) -> None:
    """A factor of nought wipes a place out, people are not below nought, and a share above 1 was meant as a per cent."""
    kind = unit_by_name(name)
    wrong, why, remedy = {
        "index": (values <= 0, "a factor of nought or less would wipe the place out", "Correct it; 1 leaves a figure as it is"),
        "persons": (values < 0, "there cannot be fewer than no people", "Correct the sign"),
        "share": (np.abs(values) > 1, "a share is a part of 1", "Write 0.02 or 2% if 2 per cent is meant"),
    }.get(kind, (np.zeros(values.shape, dtype=bool), "", ""))
    for y, p in np.argwhere(wrong)[:NAMED]:
        problems.append(Problem(places[p][y].where, f"{name} is {values[y, p]:g}", why, remedy))
