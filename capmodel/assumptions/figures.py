"""Reads the figures of packs: named assumptions from parameters.yaml, input columns from tables, each with its provenance.

Which packs are read, and in which order, is decided in `load`.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Mapping
from pathlib import Path

from capmodel.algebra.unit import unit_by_name
from capmodel.assumptions.dimensions import check_member
from capmodel.assumptions.document import Document, Number, Step, Strict, read_mapping
from capmodel.assumptions.pack import STATUSES, Assumed, Column, Entry, Figure, Key, Source, Status
from capmodel.assumptions.tables import Row, read_csv
from capmodel.errors import Problem, RuleError, nearest

PROVENANCE = ("status", "source", "as_at", "note")
_DATE = re.compile(r"\d{4}(-\d{2}){0,2}$")


class FigureEntry(Strict):
    """One figure of a year, which may have a provenance of its own."""

    value: Number
    status: Status | None = None
    source: str | None = None
    as_at: str | None = None
    note: str | None = None


class Override(Strict):
    """A place's figures for a national assumption."""

    value: Number | None = None
    values: dict[int, Number | FigureEntry] | None = None
    status: Status
    source: str
    as_at: str = ""
    note: str = ""


class Parameter(Override):
    """A named assumption, as parameters.yaml writes it."""

    label: str
    unit: str
    range: tuple[Number, Number] | None = None
    quality: str = ""
    impact: str = ""
    owner: str = ""


#: Words in the names of shares that may be below nought.
SIGNED = ("growth", "pressure", "effect", "uplift", "efficiency")
#: How names of money and indices begin that may not.
NEVER_NEGATIVE = ("cap_", "recorded_", "scaling_")
LARGEST = 1e13


def may_be_negative(name: str, unit: str) -> bool:
    """True for a share such as a growth, for an index, and for money that is neither a cap nor a price; never for what was recorded."""
    if unit == "share":
        return any(word in name for word in SIGNED)
    return unit in ("index", "GBP") and not name.startswith(NEVER_NEGATIVE)


def check_figure(name: str, unit: str, value: float, where: str, problems: list[Problem]) -> None:
    """Report a figure that its unit does not allow: a share above 1 was meant as a per cent, a flag is 0 or 1."""
    if unit == "share" and abs(value) > 1:
        problems.append(
            Problem(where, f"{name} is {value:g}", "a share is a part of 1", f"Write {value / 100:g} if {value:g} per cent is meant")
        )
    elif unit == "flag" and value not in (0, 1):
        problems.append(Problem(where, f"{name} is {value:g}", "a flag is a yes or a no", "Write 1 or 0"))
    elif value < 0 and not may_be_negative(name, unit):
        problems.append(Problem(where, f"{name} is {value:g}", "it cannot be below nought", "Correct the sign"))
    elif abs(value) > LARGEST:
        problems.append(Problem(where, f"{name} is {value:g}", "no place has so much", "Correct the size"))


def check_source(source: str, sources: Mapping[str, Source], where: str, problems: list[Problem]) -> None:
    """Report a source id that sources.yaml does not have."""
    if source not in sources:
        problems.append(
            Problem(
                where, f"the source {source!r} is not in sources.yaml", "every figure states where it comes from", nearest(source, sources)
            )
        )


def read_assumptions(
    national: Path, place: Path, years: tuple[int, ...], sources: Mapping[str, Source], problems: list[Problem]
) -> dict[str, Assumed]:
    """Every assumption of the national pack and the place, the place's overrides over the national figures."""
    found: dict[str, Assumed] = {}
    for folder in (national, place):
        document = read_mapping(folder / "parameters.yaml", problems)
        if document is None:
            continue
        for name in document.content:
            if name == "overrides":
                continue
            if name in found:
                problems.append(document.problem([name], f"{name} is in the national pack", "it would hide it", "Put it under overrides:"))
                continue
            entry = document.parse(Parameter, [name], problems)
            if entry is None:
                continue
            try:
                unit = unit_by_name(str(name))
            except RuleError as error:
                problems.append(document.problem([name], str(error), "the unit is read from the name", "Rename it"))
                continue
            if unit != entry.unit:
                problems.append(document.problem([name, "unit"], f"the unit is {entry.unit}", f"the name says {unit}", "Make them agree"))
            values = _figures(document, [name], unit, entry, years, sources, problems)
            found[name] = Assumed(
                name, entry.label, unit, values, owner=entry.owner, quality=entry.quality, impact=entry.impact, range=entry.range
            )
        overrides = document.content.get("overrides")
        for name in overrides if isinstance(overrides, dict) else ():
            steps: list[Step] = ["overrides", name]
            if name not in found:
                problems.append(
                    document.problem(
                        steps, f"{name!r} is not a national assumption", "a place overrides only what exists", nearest(name, found)
                    )
                )
                continue
            override = document.parse(Override, steps, problems)
            if override is not None:
                values = _figures(document, steps, found[name].unit, override, years, sources, problems)
                before = found[name]
                found[name] = Assumed(
                    name, before.label, before.unit, values, before.owner, before.quality, before.impact, before.range, before.values
                )
    return found


def _figures(
    document: Document,
    steps: list[Step],
    unit: str,
    entry: Override,
    years: tuple[int, ...],
    sources: Mapping[str, Source],
    problems: list[Problem],
) -> dict[int | None, Figure]:
    name = str(steps[-1])
    check_source(entry.source, sources, document.where([*steps, "source"]), problems)
    if (entry.value is None) == (entry.values is None):
        problems.append(
            document.problem(
                steps,
                f"{name} has {'neither value nor' if entry.value is None else 'both value and'} values",
                "it needs one of them",
                "Write value: for one figure, values: for one a year",
            )
        )
        return {}
    if entry.value is not None:
        check_figure(name, unit, entry.value, document.where([*steps, "value"]), problems)
        return {None: Figure(entry.value, entry.status, entry.source, entry.as_at, entry.note)}
    figures: dict[int | None, Figure] = {}
    for year, given in (entry.values or {}).items():
        own = given if isinstance(given, FigureEntry) else FigureEntry(value=given)
        where = document.where([*steps, "values", year])
        check_figure(name, unit, own.value, where, problems)
        if own.source:
            check_source(own.source, sources, where, problems)
        figures[year] = Figure(
            own.value, own.status or entry.status, own.source or entry.source, own.as_at or entry.as_at, own.note or entry.note
        )
    missing = [str(year) for year in years if year not in figures]
    if missing:
        problems.append(
            document.problem(
                [*steps, "values"],
                f"{name} has no figure for {', '.join(missing)}",
                "each model year needs one; gaps are not filled",
                "Add it",
            )
        )
    return {year: figure for year, figure in figures.items() if year in years}


def read_columns(
    folders: Iterable[Path],
    dimensions: Mapping[str, tuple[Entry, ...]],
    pins: Mapping[str, str],
    years: tuple[int, ...],
    sources: Mapping[str, Source],
    problems: list[Problem],
) -> dict[str, Column]:
    """Every input column of some packs, cut to the keys that the place pins."""
    columns: dict[str, Column] = {}
    for folder in folders:
        for path in sorted((folder / "tables").glob("*.csv")):
            rows = read_csv(path, problems)
            column = _column(path, rows, dimensions, pins, years, sources, problems) if rows else None
            if column:
                columns[column.name] = column
    return columns


def _column(
    path: Path,
    rows: list[Row],
    dimensions: Mapping[str, tuple[Entry, ...]],
    pins: Mapping[str, str],
    years: tuple[int, ...],
    sources: Mapping[str, Source],
    problems: list[Problem],
) -> Column | None:
    header = list(rows[0].cells)
    by_year = [name for name in header if name.isdigit()]
    keys = tuple(name for name in header if name not in (*PROVENANCE, "value", *by_year))
    lacking = [name for name in PROVENANCE[:3] if name not in header]
    if not by_year and "value" not in header:
        lacking.append("value")
    if lacking:
        problems.append(Problem(f"{path.name}, line 1", f"there is no column {lacking[0]}", "every figure needs it", "Add it"))
        return None
    missing = [str(year) for year in years if by_year and str(year) not in by_year]
    if missing:
        problems.append(
            Problem(f"{path.name}, line 1", f"there is no column {', '.join(missing)}", "each model year needs a figure", "Add it")
        )
    figures: dict[tuple[Key, int | None], Figure] = {}
    kept = tuple(key for key in keys if key not in pins)
    places: list[tuple[str, int | None]] = [(name, int(name)) for name in by_year if int(name) in years]
    places = places if by_year else [("value", None)]
    for row in rows:
        if any(row.cells[key] != pins[key] for key in keys if key in pins):
            continue
        key = tuple(row.cells[name] for name in kept)
        for name, value in zip(kept, key, strict=True):
            check_member(name, value, dimensions, row.where, problems)
        status = row.cells["status"]
        if status not in STATUSES:
            problems.append(Problem(row.where, f"the status is {status!r}", "it says how a figure is known", nearest(status, STATUSES)))
            continue
        check_source(row.cells["source"], sources, row.where, problems)
        if not _DATE.match(row.cells["as_at"]):
            problems.append(
                Problem(
                    row.where, f"as_at is {row.cells['as_at']!r}", "evidence has a date", "Write a year, a month or a day: 2016, 2016-04"
                )
            )
        for heading, year in places:
            number = _number(row, heading, problems)
            if number is None:
                continue
            if (key, year) in figures:
                problems.append(Problem(row.where, f"{', '.join(key)} is there twice", "one of them would silently win", "Remove one"))
            check_figure(path.stem, unit_by_name(path.stem), number, row.where, problems)
            figures[key, year] = Figure(number, status, row.cells["source"], row.cells["as_at"], row.cells.get("note", ""))
    return Column(path.stem, kept, figures, path.name)


def _number(row: Row, heading: str, problems: list[Problem]) -> float | None:
    text = row.cells[heading]
    try:
        value = float(text) if "_" not in text else math.nan
    except ValueError:
        value = math.nan
    if not math.isfinite(value):
        problems.append(
            Problem(row.where, f"{heading} is {text!r}", "a number is needed here", "Write digits only, without commas, signs or words")
        )
        return None
    return value
