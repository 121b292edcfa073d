"""Chooses the way an extract is added up: while it is read, by queries on a cluster, or from a packed copy that was kept.

All ways give the same figures to the penny. A copy that was kept needs no reading and no checks, unless people are to be
followed from year to year, which takes their identifiers.
"""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from types import ModuleType

from capmodel import plugins
from capmodel.assumptions.pack import Pack
from capmodel.baseline import engines
from capmodel.baseline.engines.duckdb import DuckSession
from capmodel.baseline.persons.extract.checks import Quality, check_extract, check_scheme, prevalence
from capmodel.baseline.persons.extract.column_map import ColumnMap, Route, read_map
from capmodel.baseline.persons.extract.identity import check_names
from capmodel.baseline.persons.extract.packed import Packed, folder_of, open_packed, pack, remove_left_over, source_of
from capmodel.baseline.persons.extract.view import PEOPLE, Extract, define_people, open_extract, routes_of
from capmodel.baseline.persons.schemes.scheme import Scheme, read_scheme
from capmodel.baseline.persons.sums.aggregate import Aggregates, Comparison, aggregate, compare_schemes
from capmodel.baseline.persons.sums.fold import aggregate_extract, aggregate_packed
from capmodel.baseline.persons.sums.linkage import Linkage, check_linkage, linkage
from capmodel.errors import BadInput, Problem

LOCAL = "duckdb"
READING, CHECKING = "reading the files", "checking"
STAGES = (READING, CHECKING, "packing", "adding up", "comparing schemes and years", "suppressing small numbers")


@dataclass(frozen=True)
class Request:
    """What is asked for: which extract, by which schemes, on which engine.

    `engine` is a file name under `engines/`; `salt` replaces identifiers by a salted pseudonym as they are read; `keep`
    leaves a packed copy beside the extract.
    """

    people: Path
    lines: Path | None = None
    schemes: tuple[str, ...] = ()
    engine: str = LOCAL
    master: str | None = None
    memory: str = engines.MEMORY
    salt: str | None = None
    keep: bool = False


@dataclass(frozen=True)
class Added:
    """An extract, added up, and what was found out about it on the way.

    `packed` is true where the figures came from a copy that was kept.
    """

    quality: Quality
    linkage: tuple[Linkage, ...]
    aggregates: Aggregates
    comparison: Comparison | None
    packed: bool


def find_engine(name: str) -> ModuleType:
    """The data engine of that name."""
    return plugins.find(engines, name, ("available", "open_session"))


@contextmanager
def opened(columns: ColumnMap, request: Request) -> Iterator[Extract]:
    """The extract that is asked for, open in its engine as long as the block lasts."""
    session = find_engine(request.engine).open_session(memory=request.memory, master=request.master)
    try:
        check_names(session, request.people, request.lines, columns)
        yield open_extract(session, columns, request.people, request.lines, request.salt)
    finally:
        session.close()


def sound_people(place: Pack, extract: Extract, schemes: Sequence[Scheme]) -> tuple[Quality, tuple[Route, ...], tuple[Linkage, ...]]:
    """Check an open extract and define its view `people`; what the checks measured, the routes of its amounts, and its linkage.

    Raises:
        BadInput: with everything that is wrong with the extract, in one report; or with too few lines that find a person.
    """
    quality = check_extract(extract, schemes, place.dimensions, place.base_year)
    routes = routes_of(extract)
    define_people(extract, routes)
    links, problems = linkage(extract), list[Problem]()
    if extract.columns.lines is not None:
        years = sorted(int(year) for (year,) in extract.session.query(f"SELECT DISTINCT year FROM {PEOPLE}"))
        check_linkage(links, extract.columns, years, problems, extract)
    if problems:
        raise BadInput(problems)
    return quality, routes, tuple(links)


def check_fed_scheme(place: Pack, request: Request) -> None:
    """Refuse, before anything is read, a scheme by which nothing can be fed, since its segments are not the place's.

    Raises:
        BadInput: naming some of the segments that only one of the two has.
    """
    name = next(iter(request.schemes), None) or read_map(place.folder, place.dimensions).scheme
    problems = foreign_segments(place, read_scheme(name, place.folder))
    if problems:
        raise BadInput(problems)


def foreign_segments(place: Pack, scheme: Scheme) -> list[Problem]:
    """What is wrong with feeding a place by a scheme: segments that only one of the two has."""
    ours, theirs = [entry.id for entry in place.dimensions["segment"]], [segment.id for segment in scheme.segments]
    odd = [name for name in (*ours, *theirs) if (name in ours) != (name in theirs)]
    if not odd:
        return []
    what = f"its segments are not those of place.yaml ({', '.join(odd[:4])}{', ...' if len(odd) > 4 else ''})"
    remedy = "Use the scheme of the place, or write its segments into place.yaml"
    return [Problem(f"--scheme {scheme.name}", what, "the pack prices the segments it names", remedy)]


@contextmanager
def packed_if_done(people: Path) -> Iterator[Callable[[], bool]]:
    """Remove the packed copy that a block has made where the block fails; `made` says whether it has made one."""
    folder = folder_of(people)
    before = _mark(folder)

    def is_made() -> bool:
        return _mark(folder) not in (None, before)

    try:
        yield is_made
    except BaseException:
        if is_made():
            shutil.rmtree(folder, ignore_errors=True)
        raise


def _mark(folder: Path) -> tuple[int, int] | None:
    """What tells a folder from one that stood in its place before; None where there is none."""
    try:
        state = folder.stat()
    except OSError:
        return None
    return state.st_ino, state.st_mtime_ns


def add_up(place: Pack, columns: ColumnMap, schemes: Sequence[Scheme], request: Request, at: Callable[[str], None]) -> Added:
    """Add an extract up by the first of the schemes, and compare them where there are two, or several years.

    Raises:
        BadInput: with everything that is wrong with the extract, in one report.
    """
    find_engine(request.engine)
    problems = []
    names = [scheme.name for scheme in schemes]
    if len(set(names)) < len(names):
        what, why = f"the scheme {names[0]} is asked for twice", "schemes are crossed by their names"
        problems.append(Problem("--scheme", what, why, "Name two schemes, or one"))
    if request.keep and request.engine != LOCAL:
        what, why = f"a packed copy is kept by the engine {LOCAL} only", f"{request.engine} may read what no folder here stands beside"
        problems.append(Problem("--pack", what, why, "Leave out --pack or --engine"))
    if request.master is not None and request.engine == LOCAL:
        what, why = f"{request.master} is given to the engine {LOCAL}", f"{LOCAL} works on this machine, and would use no cluster"
        problems.append(Problem("--master", what, why, "Leave out --master, or add --engine spark"))
    if problems:
        raise BadInput(problems)
    remove_left_over(request.people)
    kept = _kept(place, columns, request) if request.engine == LOCAL else None
    if kept is not None:
        return _from_kept(kept, columns, schemes, request, at)
    at(READING)
    source = source_of(request.people, request.lines) if request.engine == LOCAL else []
    with opened(columns, request) as extract:
        at(CHECKING)
        quality, routes, links = sound_people(place, extract, schemes)
        quality.recorded = prevalence(extract)
        findings = {
            "year": place.base_year,
            "linkage": [asdict(link) for link in links],
        }
        found = sums_of(extract, schemes[0], routes, quality, request, source, findings, at)
        comparison = None
        if len(schemes) > 1 or found.people["year"].nunique() > 1:
            at("comparing schemes and years")
            comparison = compare_schemes(extract.session, schemes)
    return Added(quality, links, found, comparison, packed=False)


def _from_kept(kept: Packed, columns: ColumnMap, schemes: Sequence[Scheme], request: Request, at: Callable[[str], None]) -> Added:
    """The same from the copy that was kept; only to follow people from year to year is the extract opened."""
    problems: list[Problem] = []
    for scheme in schemes:
        check_scheme(columns, scheme, problems)
    links = tuple(Linkage(**link) for link in kept.findings["linkage"])
    check_linkage(links, columns, sorted(kept.rows), problems)
    if problems:
        raise BadInput(problems)
    at("adding up")
    found = aggregate_packed(kept, schemes[0], columns.truncation_share)
    comparison = None
    if len(schemes) > 1 or len(kept.rows) > 1:
        at(READING)
        with opened(columns, request) as extract:
            define_people(extract, kept.routes)
            at("comparing schemes and years")
            comparison = compare_schemes(extract.session, schemes)
    return Added(kept.quality, links, found, comparison, packed=True)


def _kept(place: Pack, columns: ColumnMap, request: Request) -> Packed | None:
    """The packed copy that was kept beside the extract, where it is of this extract, this map and this place."""
    packed = open_packed(columns, request.people, request.lines, request.salt is not None)
    if packed is None or packed.findings.get("year") != place.base_year:
        return None
    members = {name: {entry.id for entry in place.dimensions[name]} for name in ("setting", "party")}
    known = all(route.setting in members["setting"] and {route.provider, route.payer} <= members["party"] for route in packed.routes)
    return packed if known else None


def sums_of(
    extract: Extract,
    scheme: Scheme,
    routes: tuple[Route, ...],
    quality: Quality,
    request: Request,
    source: list[list[object]],
    findings: Mapping[str, object],
    at: Callable[[str], None] = lambda stage: None,
) -> Aggregates:
    """Add an open extract that has passed the checks up, in the way that suits its engine.

    Args:
        extract: the extract, whose view `people` is defined.
        scheme: which segment a person is in.
        routes: the route of each pair of columns s0, a0, s1, a1, ...
        quality: what the checks found, the number of rows among it.
        request: what was asked for.
        source: what `source_of` said of the files before they were opened.
        findings: what a packed copy keeps beside the people.
        at: called with the stage.
    """
    share, session = extract.columns.truncation_share, extract.session
    if not isinstance(session, DuckSession):
        at("adding up")
        return aggregate(session, scheme, routes, share, extract.columns.uncounted)
    if not request.keep:
        at("adding up")
        return aggregate_extract(extract, session, scheme, routes, share)
    at("packing")
    packed = pack(extract, routes, quality, request.people, source, findings=findings)
    at("adding up")
    return aggregate_packed(packed, scheme, share)
