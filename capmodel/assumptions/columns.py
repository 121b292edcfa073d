"""Reads the input columns of packs: a CSV file a column in the folder tables, or several beside each other, packed with gzip or not.

Each row has its provenance.

A file whose cells cannot be used gives what could be read of it, and is known to be faulty, so that nobody asks for the rows
that were lost. A place that pins no member of a national table's key, such as a board, is not compared with that table.
"""

from __future__ import annotations

import csv
import gzip
import math
import re
import zlib
from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from pathlib import Path

from capmodel.algebra.rows import YEAR
from capmodel.algebra.unit import unit_by_name
from capmodel.assumptions.cells import date_remedy, in_digits, plain_number
from capmodel.assumptions.dimensions import check_member
from capmodel.assumptions.figures import check_figure, check_source
from capmodel.assumptions.pack import STATUSES, Column, Entry, Figure, Key, Source, Unread
from capmodel.assumptions.table_files import table_name
from capmodel.assumptions.tables import Row, read_csv
from capmodel.assumptions.totals import totals_of_place, unknown_keys
from capmodel.assumptions.years import year_of
from capmodel.errors import Problem, RuleError, nearest, problem_of, unentered

#: So many characters of a line of headings are read to see which columns a file gives.
_LONGEST_HEADING = 1 << 16
PROVENANCE = ("status", "source", "as_at", "note")
#: Keys of national tables that name one body of many; a place pins its own.
PINNED = ("icb",)
_DATE = re.compile(r"[0-9]{4}(-[0-9]{2}){0,2}")
#: What a table would be saved as by a program that does not write CSV.
TABLE_ENDINGS = (".csv", ".tsv", ".xlsx", ".xlsm", ".xlsb", ".xls", ".ods", ".gz", ".zip", ".parquet")


def read_columns(
    folders: Iterable[Path],
    dimensions: Mapping[str, tuple[Entry, ...]],
    pins: Mapping[str, str],
    years: tuple[int, ...],
    sources: Mapping[str, Source],
    problems: list[Problem],
    not_totals: Mapping[str, list[str]] | None = None,
) -> dict[str, Column]:
    """Every input column of some packs, cut to the keys that the place pins.

    Args:
        folders: the folders of the packs, the place's own last.
        dimensions: the members of every dimension.
        pins: which body of a national table the place is.
        years: the years of the place.
        sources: the sources there are.
        problems: what is wrong is added here.
        not_totals: by table, the rows that only look like totals of others.
    """
    known = not_totals or {}
    columns: dict[str, Column] = {}
    strays: list[Path] = []
    for folder in folders:
        if not (folder / "tables").is_dir():
            what, why = f"there is no folder {folder / 'tables'}", "a pack's tables are read from it"
            problems.append(Problem("tables", what, why, "Add it with its tables, or correct its name"))
            columns = Unread(columns, None)
        for path in sorted((folder / "tables").iterdir()) if (folder / "tables").is_dir() else ():
            if path.name.startswith("."):
                continue
            names = columns_in(path)
            if not names:
                strays.append(path)
                continue
            if path.suffix == ".gz" and path.with_suffix("").exists():
                what, why = f"{path.stem} is there too", "two files give one figure, and one would silently win"
                problems.append(Problem(f"tables/{path.name}", what, why, "Remove one of them"))
                continue
            read = read_csv(path, problems)
            for name in names:
                if name in columns:
                    other = columns[name].file
                    what = f"it and {'the national pack' if other == path.name else f'tables/{other}'} both give {name}"
                    problems.append(Problem(f"tables/{path.name}", what, "one of them would silently win", "Keep it in one of them"))
                columns[name] = _read_column(path, name, read, dimensions, pins, years, sources, problems, known.get(name, ()))
    lost = _stray_tables(strays, columns, problems)
    columns = Unread(columns, None if isinstance(columns, Unread) else lost) if lost else columns
    for name, keys in known.items():
        rows = {",".join(key) for key, _ in columns[name].figures} if name in columns else set()
        problems += unknown_keys(keys, rows, f"place.yaml, not_totals: {name}")
    _check_pins(pins, columns, problems)
    return columns


def columns_in(path: Path) -> list[str]:
    """The input columns that a file gives: the one it is called after, or those among its headings; none where it is no table.

    A file with a heading `value`, or with years as headings, holds one column.
    """
    own = table_name(path)
    if not own:
        return []
    with suppress(OSError, EOFError, zlib.error), (gzip.open if path.suffix == ".gz" else open)(path, "rb") as file:
        line = file.readline(_LONGEST_HEADING).decode("utf-8-sig", errors="replace")
        header = [name.strip() for name in next(csv.reader([line]), [])]
        named = [name for name in header if _has_unit(name)]
        if named and not any(name == "value" or name[:4].isdigit() for name in header):
            return named
    return [own] if _has_unit(own) else []


def _stray_tables(strays: Iterable[Path], columns: Mapping[str, Column], problems: list[Problem]) -> frozenset[str]:
    """Report files in tables that are not read; the names of those that would be tables if they were saved as CSV."""
    lost = set()
    for path in strays:
        where, name = f"tables/{path.name}", path.name.partition(".")[0]
        if path.suffix.lower() not in TABLE_ENDINGS and (name in columns or not _has_unit(name)):
            continue
        if not table_name(path) and _has_unit(name) and name not in columns:
            lost.add(name)
            kind = f"its name ends in {path.suffix}"
            remedy = f"Save it as CSV UTF-8 (comma delimited), as {name}.csv"
            problems.append(Problem(where, f"{kind}, and the file {path} is not read", "the tables of a place are CSV files", remedy))
        else:
            what, why = f"no calculation reads the file {path}", "a table is called after its column, as in group_persons.csv"
            problems.append(Problem(where, what, why, "Rename it, or move it to another folder"))
    return frozenset(lost)


def _has_unit(name: str) -> bool:
    try:
        unit_by_name(name)
    except RuleError:
        return False
    return True


def _check_pins(pins: Mapping[str, str], columns: Mapping[str, Column], problems: list[Problem]) -> None:
    for key, member in pins.items():
        where = f"place.yaml, pins: {key}"
        pinned = [column for column in columns.values() if key in column.pinned_among]
        if key not in PINNED:
            problems.append(Problem(where, f"no table has a key {key!r} to pin", "it would have no effect", nearest(key, PINNED)))
        for column in pinned:
            if member not in column.pinned_among[key]:
                why = f"{column.file} has no row of it"
                problems.append(Problem(where, f"{member!r} is no {key}", why, nearest(member, column.pinned_among[key])))


def _read_column(
    path: Path,
    name: str,
    read: tuple[list[str], list[Row]],
    dimensions: Mapping[str, tuple[Entry, ...]],
    pins: Mapping[str, str],
    years: tuple[int, ...],
    sources: Mapping[str, Source],
    problems: list[Problem],
    not_totals: Sequence[str] = (),
) -> Column:
    before = len(problems)
    header, rows = read
    by_year = _headed_by_year(path, header, problems)
    # A table of several columns has its years as a key.
    beside = [each for each in header if _has_unit(each)] if name in header else []
    keys = tuple(each for each in header if each not in (*PROVENANCE, "value", *by_year, *beside, *([YEAR] if beside else [])))
    kept = tuple(key for key in keys if key not in PINNED)
    if not header and len(problems) == before:
        what, why = "the file is empty", "a table has a line of headings"
        problems.append(Problem(path.name, what, why, f"Write its keys, then value, {', '.join(PROVENANCE)}"))
    figures: dict[tuple[Key, int | None], Figure] = {}
    outside = {year for year in by_year.values() if year not in years}
    if header and _headed(path, header, by_year, years, problems, name if beside else "value"):
        of_years: list[tuple[str, int | None]] = [(name, year) for name, year in by_year.items() if year in years]
        for row in rows:
            if all(name == cell for name, cell in row.cells.items()):
                problems.append(Problem(row.where, "the line of headings is there again", "it is no row of figures", "Remove it"))
                continue
            wanted = of_years if by_year else _of_row(row, name, years, outside, problems) if beside else [("value", None)]
            _read_row(path, name, row, keys, wanted, dimensions, sources, figures, problems)
    if figures and len(problems) == before and kept == keys and unit_by_name(name) in ("GBP", "persons"):
        where = {tuple(row.cells[key] for key in keys): row.where for row in rows}
        labels = {entry.id: entry.label for entries in dimensions.values() for entry in entries}
        problems += totals_of_place(where, {place: figure.value for place, figure in figures.items()}, keys, labels, not_totals)
    own = [i for i, key in enumerate(keys) if key in kept]
    pinned = {i: pins.get(key) for i, key in enumerate(keys) if key in PINNED}
    figures = {
        (tuple(key[i] for i in own), year): figure
        for (key, year), figure in figures.items()
        if all(key[i] == member for i, member in pinned.items())
    }
    among = {key: frozenset(row.cells[key] for row in rows) for key in keys if key in PINNED}
    return Column(name, kept, figures, path.name, faulty=len(problems) > before, pinned_among=among, outside=tuple(sorted(outside)))


def _of_row(row: Row, name: str, years: tuple[int, ...], outside: set[int], problems: list[Problem]) -> list[tuple[str, int | None]]:
    """The heading and the year of a figure in a table of several columns; none where the year is no model year, which is noted."""
    if YEAR not in row.cells:
        return [(name, None)]
    try:
        year = year_of(row.cells[YEAR])
    except ValueError as error:
        problems.append(problem_of(row.where, error))
        return []
    if year is None:
        remedy = "Write a financial year, such as 2027 or 2027/28"
        problems.append(Problem(row.where, f"the year is {row.cells[YEAR]!r}", "a figure is of a year", remedy))
    if year in years:
        return [(name, year)]
    outside |= {year} if year is not None else set()
    return []


def _headed_by_year(path: Path, header: Sequence[str], problems: list[Problem]) -> dict[str, int]:
    """The headings that are years, each of which must be there once, in whichever spelling."""
    found: dict[str, int] = {}
    # A line without any of these is no line of headings, and a date in it no year.
    for name in header if {"value", *PROVENANCE} & set(header) else ():
        try:
            year = year_of(name)
        except ValueError as error:
            problems.append(problem_of(f"{path.name}, line 1", error))
            continue
        if year in found.values():
            problems.append(Problem(f"{path.name}, line 1", f"the year {year} heads two columns", "one would silently win", "Remove one"))
        elif year is not None:
            found[name] = year
    return found


def _headed(
    path: Path, header: Sequence[str], by_year: Mapping[str, int], years: tuple[int, ...], problems: list[Problem], figure: str
) -> bool:
    """True where the headings let the rows be read; what is wrong with them is reported."""
    where = f"{path.name}, line 1"
    lacking = [name for name in (*PROVENANCE[:3], *(() if by_year else (figure,))) if name not in header]
    if len(lacking) == 4:
        what, why = f"the line is no line of headings ({', '.join(header)[:60]})", "columns are read by their headings"
        problems.append(
            Problem(where, what, why, f"Write the keys of the table, value or the years, then {', '.join(PROVENANCE)} above the rows")
        )
        return False
    for name in lacking:
        problems.append(Problem(where, f"there is no column {name}", "every figure needs it", "Add it"))
    missing = [str(year) for year in years if by_year and year not in by_year.values()]
    if missing:
        problems.append(Problem(where, f"there is no column {', '.join(missing)}", "each model year needs a figure", "Add it"))
    both = bool(by_year) and "value" in header
    if both:
        what = f"there are a column value and columns {', '.join(by_year)}"
        problems.append(Problem(where, what, "one of them would be left out", "Keep value for one figure, or the years for one a year"))
    return not (lacking or both)


def _read_row(
    path: Path,
    column: str,
    row: Row,
    keys: tuple[str, ...],
    wanted: Sequence[tuple[str, int | None]],
    dimensions: Mapping[str, tuple[Entry, ...]],
    sources: Mapping[str, Source],
    figures: dict[tuple[Key, int | None], Figure],
    problems: list[Problem],
) -> None:
    key = tuple(row.cells[name] for name in keys)
    for name, value in zip(keys, key, strict=True):
        check_member(name, value, dimensions, row.where, problems)
    if wanted and not any(row.cells[name] for name in (*(heading for heading, _ in wanted), *PROVENANCE[:3])):
        problems.append(unentered(f"tables/{path.name}", len(wanted)))
        return
    status = next((known for known in STATUSES if known == row.cells["status"]), None)
    if status is None:
        written = row.cells["status"]
        problems.append(Problem(row.where, f"the status is {written!r}", "it says how a figure is known", nearest(written, STATUSES)))
    check_source(row.cells["source"], sources, row.where, problems)
    if not _DATE.fullmatch(row.cells["as_at"]):
        as_at = row.cells["as_at"]
        problems.append(Problem(row.where, f"as_at is {as_at!r}", "evidence has a date", date_remedy(as_at)))
    if any((key, year) in figures for _, year in wanted):
        problems.append(Problem(row.where, f"{', '.join(key)} is there twice", "one of them would silently win", "Remove one"))
    for heading, year in wanted:
        number = _number(row, heading, problems)
        if number is not None:
            check_figure(column, unit_by_name(column), number, row.where, problems)
            figures[key, year] = Figure(
                number, status or "illustrative", row.cells["source"], row.cells["as_at"], row.cells.get("note", "")
            )


def _number(row: Row, heading: str, problems: list[Problem]) -> float | None:
    text = row.cells[heading]
    value = plain_number(text)
    if not math.isfinite(value):
        problems.append(
            Problem(row.where, f"{heading} is {text!r}" if text else f"{heading} is blank", "a number is needed here", in_digits(text))
        )
        return None
    return value
