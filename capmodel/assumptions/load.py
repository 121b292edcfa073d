"""Reads a place's pack over its national pack, and refuses both with every problem in one report.

    assumptions/england/<edition>/   pack.yaml parameters.yaml sources.yaml tables/<column>.csv
    assumptions/places/<name>/       place.yaml parameters.yaml scenarios.yaml sources.yaml contract.yaml options.yaml tables/

A released edition is frozen: its files must have the fingerprint its pack.yaml states. A place may override a national
assumption only by a name that exists, and both figures are kept. What a contract or an option means is left to the
folders that use them; here their files are only read.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import zlib
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Literal

from pydantic import Field

from capmodel.assumptions import accepted as accepting
from capmodel.assumptions.blanks import still_to_enter
from capmodel.assumptions.columns import read_columns
from capmodel.assumptions.dimensions import read_dimensions
from capmodel.assumptions.document import Document, Number, Step, Strict, read_mapping
from capmodel.assumptions.figures import check_figure, check_source, read_assumptions
from capmodel.assumptions.guard import bounded
from capmodel.assumptions.pack import Assumed, Edition, Entry, Figure, Pack, Scenario, Source, Status, Unread, lost
from capmodel.assumptions.table_files import table_files
from capmodel.assumptions.years import Year
from capmodel.errors import BadInput, Problem, nearest, unentered

#: The files of steps of the chain; those of other steps stand beside it.
OF_CHAIN = ("contract.yaml", "options.yaml")


class SourceEntry(Strict):
    """A publication, or another ground, that figures are based on."""

    title: str
    publisher: str
    page: str = ""
    date: str = ""
    licence: str = ""
    url: str = ""
    sha256: str = ""


class _ScenarioEntry(Strict):
    label: str
    description: str = ""
    changes: dict[str, Number | dict[Year, Number]] = Field(default_factory=dict, alias="set")
    status: Status
    source: str


class _PackEntry(Strict):
    id: str
    title: str
    publisher: str = ""
    licence: str = ""
    released: str | None = None
    sha256: str = ""
    notes: str = ""


class _Copied(Strict):
    """What `capmodel new` copied into `place.yaml`: as long as the file says the same, it is the example's."""

    edition: str = ""
    price_year: Year | None = None
    base_year: Year | None = None
    years: list[Year] | None = None


class _PlaceEntry(Strict):
    id: str = Field(pattern=r"^[a-z0-9][a-z0-9-]*$")
    title: str
    edition: str
    as_at: dt.date
    national: str
    base_year: Year
    years: list[Year]
    pins: dict[str, str] = Field(default_factory=dict)
    not_totals: dict[str, list[str]] = Field(default_factory=dict)
    owner: str = ""
    basis: Literal["aggregate", "person-level"]
    description: str = ""
    copied: _Copied = Field(default_factory=lambda: _Copied())
    steps: list[str] | None = None
    actual_cost: Literal["assumed", "plan"] | None = None
    dimensions: dict[str, list[dict[str, str]]]


def load_pack(
    folder: Path,
    problems: list[Problem],
    members: Mapping[str, tuple[str, ...]] | None = None,
    files: Sequence[str] = (),
    tables: bool = True,
    versions: int | None = None,
) -> Pack | None:
    """Read a place's pack and the national pack under it; None where it cannot even be opened.

    Args:
        folder: the place's folder.
        problems: what is wrong is added here.
        members: the dimensions that must be there, and what their members must say of themselves; by default, those of all steps.
        files: the files of steps that must be there; others are read where they are.
        tables: whether the place must have tables of its own.
        versions: how many versions of accepted figures are read; by default, all of them.
    """
    folder = folder.resolve()
    if not folder.is_dir():
        problems.append(Problem(str(folder), "there is no such place", "a place is a folder of files", _places_near(folder)))
        return None
    place_file = read_mapping(folder / "place.yaml", problems)
    place = place_file.parse(_PlaceEntry, (), problems) if place_file else None
    if place_file is None or place is None:
        return None
    national_folder = folder.parent.parent / place.national
    if not (national_folder / "pack.yaml").is_file():
        problems.append(
            place_file.problem(
                ["national"],
                f"there is no national pack {place.national}",
                f"it is looked for by its pack.yaml in {national_folder.parent.name}/{national_folder.name} beside places",
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
    sources = _sources([national_folder, folder], problems)
    dimensions = read_dimensions(place_file, place.dimensions, place.basis, problems, members)
    assumptions = read_assumptions(national_folder, folder, years, sources, problems)
    folders = [national_folder, *([folder] if tables or (folder / "tables").is_dir() else [])]
    columns = read_columns(folders, dimensions, place.pins, years, sources, problems, place.not_totals)
    contract, options = (_of_step(folder / name, files, problems) for name in OF_CHAIN)
    beside = {name: _of_step(folder / name, files, problems) for name in files if name not in OF_CHAIN}
    accepted = accepting.read_accepted(folder, problems, versions)
    own = Edition(place.id, place.title, "", fingerprint(folder))
    return Pack(
        id=place.id,
        title=place.title,
        description=" ".join(place.description.split()),
        edition=place.edition,
        as_at=place.as_at.isoformat(),
        owner=place.owner,
        basis=place.basis,
        base_year=place.base_year,
        years=years,
        folder=folder,
        editions=(national, own, *accepted.editions(own)) if national else (),
        dimensions=dimensions,
        assumptions=assumptions,
        columns=columns,
        scenarios=_scenarios(folder, assumptions, years, sources, place.as_at.isoformat(), problems),
        sources=sources,
        copied_edition=place.copied.edition,
        copied=_still_copied(place, dimensions),
        contract=contract,
        options=options,
        documents=beside,
        steps=None if place.steps is None else tuple(place.steps),
        actual_cost=place.actual_cost,
        accepted=accepted.versions,
    )


def _of_step(path: Path, wanted: Sequence[str], problems: list[Problem]) -> Document:
    """A file of a step; without content where it is not there, which is reported where it must be."""
    found = read_mapping(path, problems) if path.name in wanted or path.exists() else None
    if found and (count := still_to_enter(found.content)):
        problems.append(unentered(path.name, count))
        return Document(path)
    return found or Document(path)


def _still_copied(place: _PlaceEntry, dimensions: Mapping[str, tuple[Entry, ...]]) -> dict[str, str]:
    """What `place.yaml` still says as it was copied; a year of prices as long as some segment has it."""
    copied = place.copied
    price_years = {entry.text("price_year") for entry in dimensions.get("segment", ())}
    return {
        **({"price_year": str(copied.price_year)} if str(copied.price_year) in price_years else {}),
        **({"base_year": str(copied.base_year)} if copied.base_year == place.base_year else {}),
        **({"years": ", ".join(map(str, place.years))} if copied.years == place.years else {}),
    }


def sound_pack(folder: Path, members: Mapping[str, tuple[str, ...]] | None = None) -> Pack:
    """Read a place's pack and the national pack under it, which must both be in order; `members` as in `load_pack`.

    Raises:
        BadInput: with every problem found in any file, in one report.
    """
    problems: list[Problem] = []
    pack = load_pack(folder, problems, members)
    raise_if_any(problems)
    assert pack is not None
    return pack


def read_edition(folder: Path, problems: list[Problem]) -> Edition | None:
    """A national pack by id and fingerprint; a released edition whose files have changed is refused."""
    document = read_mapping(folder / "pack.yaml", problems)
    entry = document.parse(_PackEntry, (), problems) if document else None
    if document is None or entry is None:
        return None
    found = fingerprint(folder)
    if entry.released and entry.sha256 != found:
        problems.append(
            document.problem(
                ["sha256"],
                f"{entry.id} was released on {entry.released}, and its files have changed since",
                f"their fingerprint is {found}, not {entry.sha256 or 'stated'}",
                "Restore the files, or copy them to a new edition and correct that",
            )
        )
    return Edition(entry.id, entry.title, entry.released or "", found)


def fingerprint(folder: Path) -> str:
    """The sha256 of a pack's YAML and CSV files, whatever the line endings; neither the line that states it nor accepted figures count."""
    files = (*folder.glob("*.yaml"), *folder.glob("*.csv"), *folder.glob("*.csv.gz"), *table_files(folder))
    return fingerprint_of([path for path in files if path.name != accepting.FILE], folder)


def fingerprint_of(files: Sequence[Path], folder: Path) -> str:
    """The sha256 of files by their content and their name, that below a folder where they are in it."""
    digest = hashlib.sha256()
    names = {path: path.relative_to(folder).as_posix() if path.is_relative_to(folder) else path.name for path in files}
    for path in sorted(files, key=names.__getitem__):
        lines = _bytes_of(path).replace(b"\r\n", b"\n").split(b"\n")
        kept = b"\n".join(line for line in lines if not line.startswith(b"sha256:"))
        digest.update(f"{names[path]}\n{hashlib.sha256(kept).hexdigest()}\n".encode())
    return digest.hexdigest()


def _bytes_of(path: Path) -> bytes:
    """What a file of a pack holds, unpacked; nothing where it cannot be read, which is reported where its figures are read."""
    try:
        return bounded(path)
    except (BadInput, OSError, EOFError, zlib.error):
        return b""


def _sources(folders: Sequence[Path], problems: list[Problem]) -> dict[str, Source]:
    found: dict[str, Source] = {}
    named: list[str] | None = []
    for folder in folders:
        before = len(problems)
        document = read_mapping(folder / "sources.yaml", problems)
        if document is None or len(problems) > before:
            named = None
        if document is None:
            continue
        named = None if named is None else [*named, *document.content]
        for name in document.content:
            entry = document.parse(SourceEntry, [name], problems)
            if entry:
                found[str(name)] = Source(id=str(name), **entry.model_dump())
    return Unread(found, named)


def _scenarios(
    folder: Path,
    assumptions: Mapping[str, Assumed],
    years: tuple[int, ...],
    sources: Mapping[str, Source],
    as_at: str,
    problems: list[Problem],
) -> dict[str, Scenario]:
    document = read_mapping(folder / "scenarios.yaml", problems)
    found: dict[str, Scenario] = {}
    for name in document.content if document else ():
        assert document is not None
        entry = document.parse(_ScenarioEntry, [name], problems)
        if entry is None:
            continue
        check_source(entry.source, sources, document.where([name, "source"]), problems)
        changes: dict[str, dict[int | None, Figure]] = {}
        for changed, given in entry.changes.items():
            steps: list[Step] = [name, "set", changed]
            if changed not in assumptions:
                if not lost(assumptions, changed):
                    what, why = f"{changed!r} is not an assumption", "a scenario changes only what exists"
                    problems.append(document.problem(steps, what, why, nearest(changed, assumptions)))
                continue
            changes[changed] = _changes(document, steps, assumptions[changed], given, entry, as_at, problems)
        found[str(name)] = Scenario(str(name), entry.label, entry.description, changes)
    if document and "base" not in document.content:
        problems.append(document.problem((), "there is no scenario base", "it is what a run takes by default", "Add one with set: {}"))
    return found


def _changes(
    document: Document,
    steps: list[Step],
    assumed: Assumed,
    given: float | dict[int, float],
    entry: _ScenarioEntry,
    as_at: str,
    problems: list[Problem],
) -> dict[int | None, Figure]:
    by_year: dict[Any, float] = given if isinstance(given, dict) else dict.fromkeys(assumed.values, given)
    for year, value in by_year.items():
        check_figure(assumed.name, assumed.unit, value, document.where([*steps, year]), problems)
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
    return {year: Figure(value, entry.status, entry.source, as_at, note) for year, value in by_year.items() if year in assumed.values}


def _places_near(folder: Path) -> str:
    beside = [path.parent.name for path in folder.parent.glob("*/place.yaml")]
    # A bare name is looked for here first, then among the places that come with capmodel; an absolute folder has neighbours only.
    local = Path("assumptions/places")
    here = [path.parent.name if beside else path.parent.as_posix() for path in local.glob("*/place.yaml")]
    places = [*beside, *(name for name in here if local.resolve() != folder.parent)]
    return nearest(folder.name, places)


def raise_if_any(problems: list[Problem]) -> None:
    """Stop with one report of every problem found."""
    if problems:
        raise BadInput(problems)
