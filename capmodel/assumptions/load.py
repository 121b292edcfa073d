"""Reads a place's pack over its national pack, and refuses both with every problem in one report.

    assumptions/england/<edition>/   pack.yaml parameters.yaml sources.yaml tables/<column>.csv
    assumptions/places/<name>/       place.yaml parameters.yaml scenarios.yaml sources.yaml contract.yaml options.yaml tables/

A released edition is frozen: its files must have the fingerprint its pack.yaml states. A place may override a national
assumption only by a name that exists, and both figures are kept. What a contract or an option means is left to the
folders that use them; here their files are only read.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field

from capmodel.algebra.links import unit_by_name
from capmodel.assumptions.document import Document, Row, Step, read_csv, read_yaml
from capmodel.assumptions.pack import STATUSES, Assumed, Column, Edition, Entry, Figure, Key, Pack, Scenario, Source, Status
from capmodel.errors import BadInput, Problem, RuleError, nearest

PROVENANCE = ("status", "source", "as_at", "note")
#: Key columns that name members of another dimension.
DIMENSION_OF = {"payer": "party", "provider": "party"}
#: Labels are matched as text by SUMIFS, where these characters have a meaning of their own.
_UNSAFE_LABEL = re.compile(r"[*?~<>=\"]|^[-+@]")


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", coerce_numbers_to_str=True)


class _FigureEntry(_Strict):
    value: float
    status: Status | None = None
    source: str | None = None
    as_at: str | None = None
    note: str | None = None


class _Override(_Strict):
    value: float | None = None
    values: dict[int, float | _FigureEntry] | None = None
    status: Status
    source: str
    as_at: str = ""
    note: str = ""


class _Parameter(_Override):
    label: str
    unit: str
    range: tuple[float, float] | None = None
    quality: str = ""
    impact: str = ""
    owner: str = ""


class _SourceEntry(_Strict):
    title: str
    publisher: str
    page: str = ""
    date: str = ""
    licence: str = ""
    url: str = ""
    sha256: str = ""


class _ScenarioEntry(_Strict):
    label: str
    description: str = ""
    changes: dict[str, float | dict[int, float]] = Field(default_factory=dict, alias="set")
    status: Status
    source: str


class _PackEntry(_Strict):
    id: str
    title: str
    publisher: str = ""
    licence: str = ""
    released: str | None = None
    sha256: str = ""
    notes: str = ""


class _PlaceEntry(_Strict):
    id: str
    title: str
    edition: str
    as_at: str
    national: str
    base_year: int
    years: list[int]
    pins: dict[str, str] = Field(default_factory=dict)
    owner: str = ""
    basis: Literal["aggregate", "person-level"]
    description: str = ""
    dimensions: dict[str, list[dict[str, str]]]


def load_pack(folder: Path, problems: list[Problem]) -> Pack | None:
    """Read a place's pack and the national pack under it; None where it cannot even be opened."""
    if not folder.is_dir():
        problems.append(Problem(str(folder), "there is no such place", "a place is a folder of files", _places_near(folder)))
        return None
    place_file = read_yaml(folder / "place.yaml", problems)
    place = place_file.parse(_PlaceEntry, (), problems) if place_file else None
    if place_file is None or place is None:
        return None
    national_folder = folder.parent.parent / place.national
    if not (national_folder / "pack.yaml").is_file():
        problems.append(
            place_file.problem(
                ["national"],
                f"there is no national pack {place.national}",
                f"it is looked for in {national_folder.parent.name}/{national_folder.name} beside places",
                nearest(
                    place.national, (f"{path.parent.parent.name}/{path.parent.name}" for path in folder.parent.parent.glob("*/*/pack.yaml"))
                ),
            )
        )
        return None
    national = read_edition(national_folder, problems)
    years = tuple(place.years)
    if not years or list(years) != list(range(years[0], years[0] + len(years))) or years[0] != place.base_year + 1:
        problems.append(
            place_file.problem(["years"], f"the years are {place.years}", "they run on from the base year without a gap", "Write them so")
        )
        return None
    sources = _sources(national_folder, problems) | _sources(folder, problems)
    dimensions = _dimensions(place_file, place, problems)
    assumptions = _assumptions(national_folder, folder, years, sources, problems)
    columns = _columns([national_folder, folder], dimensions, place.pins, years, sources, problems)
    contract = read_yaml(folder / "contract.yaml", problems) or Document(folder / "contract.yaml")
    options = read_yaml(folder / "options.yaml", problems) or Document(folder / "options.yaml")
    return Pack(
        id=place.id,
        title=place.title,
        description=" ".join(place.description.split()),
        edition=place.edition,
        as_at=place.as_at,
        owner=place.owner,
        basis=place.basis,
        base_year=place.base_year,
        years=years,
        folder=folder,
        editions=(national, Edition(place.id, place.title, "", fingerprint(folder))) if national else (),
        dimensions=dimensions,
        assumptions=assumptions,
        columns=columns,
        scenarios=_scenarios(folder, assumptions, years, problems),
        sources=sources,
        contract=contract,
        options=options,
    )


def read_edition(folder: Path, problems: list[Problem]) -> Edition | None:
    """A national pack by id and fingerprint; a released edition whose files have changed is refused."""
    document = read_yaml(folder / "pack.yaml", problems)
    entry = document.parse(_PackEntry, (), problems) if document else None
    if document is None or entry is None:
        return None
    found = fingerprint(folder)
    if entry.released and entry.sha256 != found:
        problems.append(
            document.problem(
                ["sha256"],
                f"{entry.id} was released on {entry.released}, and its files have changed since",
                f"their fingerprint is {found[:12]}..., not {entry.sha256[:12] or 'stated'}...",
                "Restore the files, or copy them to a new edition and correct that",
            )
        )
    return Edition(entry.id, entry.title, entry.released or "", found)


def fingerprint(folder: Path) -> str:
    """The sha256 of a pack's YAML and CSV files, whatever the line endings; the line that states it does not count."""
    digest = hashlib.sha256()
    for path in sorted((*folder.glob("*.yaml"), *folder.glob("tables/*.csv")), key=lambda path: path.relative_to(folder).as_posix()):
        text = path.read_text(encoding="utf-8").replace("\r\n", "\n")
        kept = "".join(line for line in text.splitlines(keepends=True) if not line.startswith("sha256:"))
        digest.update(f"{path.relative_to(folder).as_posix()}\n{hashlib.sha256(kept.encode()).hexdigest()}\n".encode())
    return digest.hexdigest()


def check_share(name: str, unit: str, value: float, where: str, problems: list[Problem]) -> None:
    """A share above 1 was meant as a per cent."""
    if unit == "share" and abs(value) > 1:
        problems.append(
            Problem(where, f"{name} is {value:g}", "a share is a part of 1", f"Write {value / 100:g} if {value:g} per cent is meant")
        )


def _sources(folder: Path, problems: list[Problem]) -> dict[str, Source]:
    document = read_yaml(folder / "sources.yaml", problems)
    if document is None:
        return {}
    found = {}
    for name in document.content:
        entry = document.parse(_SourceEntry, [name], problems)
        if entry:
            found[str(name)] = Source(id=str(name), **entry.model_dump())
    return found


def _dimensions(document: Document, place: _PlaceEntry, problems: list[Problem]) -> dict[str, tuple[Entry, ...]]:
    dimensions = {}
    for name, entries in place.dimensions.items():
        seen: set[str] = set()
        members = []
        for i, entry in enumerate(entries):
            steps: list[Step] = ["dimensions", name, i]
            missing = [field for field in ("id", "label") if field not in entry]
            label = str(entry.get("label", ""))
            if missing:
                problems.append(
                    document.problem(steps, f"{name} {i + 1} has no {missing[0]}", "it is read by it", f"Add {missing[0]}: ...")
                )
                continue
            if _UNSAFE_LABEL.search(label) or label.lower() in seen:
                problems.append(
                    document.problem(
                        steps,
                        f"the label {label!r} cannot be used",
                        "labels are matched as text in the workbook, so they are unique and free of * ? ~ < > = and a leading sign",
                        "Reword it",
                    )
                )
            seen.add(label.lower())
            members.append(Entry(str(entry["id"]), label, {key: value for key, value in entry.items() if key not in ("id", "label")}))
        dimensions[name] = tuple(members)
    for name, members in dimensions.items():
        for i, member in enumerate(members):
            for attribute, value in member.attributes.items():
                if attribute in dimensions:
                    _check_member(attribute, str(value), dimensions, document.where(["dimensions", name, i, attribute]), problems)
    return dimensions


def _check_member(column: str, value: str, dimensions: Mapping[str, tuple[Entry, ...]], where: str, problems: list[Problem]) -> bool:
    name = DIMENSION_OF.get(column, column)
    valid = [entry.id for entry in dimensions.get(name, ())]
    if name in dimensions and value not in valid:
        problems.append(
            Problem(
                where, f"{value!r} is not a {name.replace('_', ' ')} of the place", "the model has no row for it", nearest(value, valid)
            )
        )
        return False
    return True


def _check_source(source: str, sources: Mapping[str, Source], where: str, problems: list[Problem]) -> None:
    if source not in sources:
        problems.append(
            Problem(
                where, f"the source {source!r} is not in sources.yaml", "every figure states where it comes from", nearest(source, sources)
            )
        )


def _assumptions(
    national: Path, place: Path, years: tuple[int, ...], sources: Mapping[str, Source], problems: list[Problem]
) -> dict[str, Assumed]:
    found: dict[str, Assumed] = {}
    for folder in (national, place):
        document = read_yaml(folder / "parameters.yaml", problems)
        if document is None:
            continue
        for name in document.content:
            if name == "overrides":
                continue
            if name in found:
                problems.append(document.problem([name], f"{name} is in the national pack", "it would hide it", "Put it under overrides:"))
                continue
            entry = document.parse(_Parameter, [name], problems)
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
        for name in document.content.get("overrides") or {}:
            steps: list[Step] = ["overrides", name]
            if name not in found:
                problems.append(
                    document.problem(
                        steps, f"{name!r} is not a national assumption", "a place overrides only what exists", nearest(name, found)
                    )
                )
                continue
            override = document.parse(_Override, steps, problems)
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
    entry: _Override,
    years: tuple[int, ...],
    sources: Mapping[str, Source],
    problems: list[Problem],
) -> dict[int | None, Figure]:
    name = str(steps[-1])
    _check_source(entry.source, sources, document.where([*steps, "source"]), problems)
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
        check_share(name, unit, entry.value, document.where([*steps, "value"]), problems)
        return {None: Figure(entry.value, entry.status, entry.source, entry.as_at, entry.note)}
    figures: dict[int | None, Figure] = {}
    for year, given in (entry.values or {}).items():
        own = given if isinstance(given, _FigureEntry) else _FigureEntry(value=given)
        where = document.where([*steps, "values", year])
        check_share(name, unit, own.value, where, problems)
        if own.source:
            _check_source(own.source, sources, where, problems)
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


def _columns(
    folders: Iterable[Path],
    dimensions: Mapping[str, tuple[Entry, ...]],
    pins: Mapping[str, str],
    years: tuple[int, ...],
    sources: Mapping[str, Source],
    problems: list[Problem],
) -> dict[str, Column]:
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
    lacking = [name for name in PROVENANCE[:2] if name not in header]
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
    for row in rows:
        if any(row.cells[key] != pins[key] for key in keys if key in pins):
            continue
        key = tuple(row.cells[name] for name in kept)
        for name, value in zip(kept, key, strict=True):
            _check_member(name, value, dimensions, row.where, problems)
        status = row.cells["status"]
        if status not in STATUSES:
            problems.append(Problem(row.where, f"the status is {status!r}", "it says how a figure is known", nearest(status, STATUSES)))
            continue
        _check_source(row.cells["source"], sources, row.where, problems)
        for heading, year in [(name, int(name)) for name in by_year if int(name) in years] or [("value", None)]:
            number = _number(row, heading, problems)
            if number is None:
                continue
            if (key, year) in figures:
                problems.append(Problem(row.where, f"{', '.join(key)} is there twice", "one of them would silently win", "Remove one"))
            check_share(heading, unit_by_name(path.stem), number, row.where, problems)
            figures[key, year] = Figure(number, status, row.cells["source"], row.cells.get("as_at", ""), row.cells.get("note", ""))  # type: ignore[arg-type]
    return Column(path.stem, kept, figures, path.name)


def _number(row: Row, heading: str, problems: list[Problem]) -> float | None:
    text = row.cells[heading]
    try:
        return float(text)
    except ValueError:
        problems.append(
            Problem(row.where, f"{heading} is {text!r}", "a number is needed here", "Write digits only, without commas, signs or words")
        )
        return None


def _scenarios(folder: Path, assumptions: Mapping[str, Assumed], years: tuple[int, ...], problems: list[Problem]) -> dict[str, Scenario]:
    document = read_yaml(folder / "scenarios.yaml", problems)
    found: dict[str, Scenario] = {}
    for name in document.content if document else ():
        assert document is not None
        entry = document.parse(_ScenarioEntry, [name], problems)
        if entry is None:
            continue
        changes: dict[str, dict[int | None, Figure]] = {}
        for changed, given in entry.changes.items():
            steps: list[Step] = [name, "set", changed]
            if changed not in assumptions:
                problems.append(
                    document.problem(
                        steps, f"{changed!r} is not an assumption", "a scenario changes only what exists", nearest(changed, assumptions)
                    )
                )
                continue
            changes[changed] = _changes(document, steps, assumptions[changed], given, entry, years, problems)
        found[str(name)] = Scenario(str(name), entry.label, entry.description, changes)
    if document and "base" not in found:
        problems.append(document.problem((), "there is no scenario base", "it is what a run takes by default", "Add one with set: {}"))
    return found


def _changes(
    document: Document,
    steps: list[Step],
    assumed: Assumed,
    given: float | dict[int, float],
    entry: _ScenarioEntry,
    years: tuple[int, ...],
    problems: list[Problem],
) -> dict[int | None, Figure]:
    by_year: dict[Any, float] = given if isinstance(given, dict) else dict.fromkeys(assumed.values, given)
    for year, value in by_year.items():
        check_share(assumed.name, assumed.unit, value, document.where([*steps, year]), problems)
        if year not in assumed.values:
            problems.append(
                document.problem(
                    [*steps, year],
                    f"{assumed.name} has no figure for {year}",
                    "a scenario changes figures that exist",
                    f"Use {', '.join(map(str, assumed.values))}",
                )
            )
    note = f"Scenario: {entry.label}"
    return {
        year: Figure(value, entry.status, entry.source, assumed.values[year].as_at, note)
        for year, value in by_year.items()
        if year in assumed.values
    }


def _places_near(folder: Path) -> str:
    places = [path.parent.name for path in folder.parent.glob("*/place.yaml")] or [
        path.parent.as_posix() for path in Path("assumptions/places").glob("*/place.yaml")
    ]
    return nearest(folder.name, places)


def raise_if_any(problems: list[Problem]) -> None:
    """Stop with one report of every problem found."""
    if problems:
        raise BadInput(problems)
