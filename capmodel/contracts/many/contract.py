"""A contract for many at once: one file of terms, by kind where terms differ, and where the figures of each contract stand.

Terms are those of `alliance`; `figures` says under which heading of a table each target, cost, score or other term stands.
This file reads such a contract; `figures` reads the table, `settle` works the settlements out.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pydantic import Field

from capmodel.algebra.resolved import Resolved
from capmodel.algebra.rows import Node, Rows
from capmodel.assumptions.document import Document, Number, Step, Strict, sound_mapping
from capmodel.assumptions.pack import Entry, Status
from capmodel.assumptions.years import Year
from capmodel.contracts.many.column_rules import check_columns
from capmodel.contracts.many.column_terms import clause_of, is_by_route, placeholder, unshared, value_in
from capmodel.contracts.many.table import TableOf
from capmodel.contracts.mechanisms import WORD, expand
from capmodel.contracts.read import read_contract, read_terms
from capmodel.contracts.settlement.standalone import Route, standalone_rows
from capmodel.contracts.settlement.steps import PartyTerms
from capmodel.contracts.settlement.term import Clause, NoColumn, write
from capmodel.contracts.terms import Terms
from capmodel.errors import BadInput, Problem, nearest

#: The one setting of a contract whose targets are given whole.
ALL_CARE = "all_care"
#: The kind of every contract of a file that has no kinds.
ONLY_KIND = "all"
_PARTY = re.compile(r"[a-z][a-z0-9_]*")
_FIGURE = re.compile(r"(?P<name>[a-z0-9_]+)(\[(?P<key>[a-z0-9_, ]*)\])?")


class Way(Strict):
    """Who provides the care a target is for, and who pays."""

    provider: str
    payer: str


class Published(Strict):
    """The published figure a line must reproduce, how closely, how far a printed score may move it, and in which kinds."""

    against: str
    within: Number
    rounding_share: Number = 0
    rounding_of: str | None = None
    times: Number = 1.0
    no_figure: list[str] = Field(default_factory=list)
    kinds: list[str] = Field(default_factory=list)
    note: str = ""


class ManyFile(Strict):
    """A contract file for many contracts, as it is written."""

    id: str = Field(pattern=r"^[a-z0-9][a-z0-9-]*$")
    title: str
    description: str = ""
    status: Status
    source: str
    as_at: str = ""
    years: list[Year] = Field(min_length=1)
    parties: dict[str, PartyTerms] = Field(min_length=2)
    routes: list[Way] = Field(min_length=1)
    figures: TableOf
    terms: dict[str, Any]
    kinds: dict[str, dict[str, Any] | None] = Field(default_factory=dict)
    published: dict[str, Published] = Field(default_factory=dict)
    known_differences: dict[str, str] = Field(default_factory=dict)


@dataclass(frozen=True)
class Named:
    """The name of a figure: a term or what is settled, and the row it belongs to."""

    name: str
    key: tuple[str, ...]


def named(text: str) -> Named | None:
    """A figure's name and key.

    >>> named("cap_gbp[aco, loss]")
    Named(name='cap_gbp', key=('aco', 'loss'))
    """
    match = _FIGURE.fullmatch(text)
    if match is None:
        return None
    return Named(match["name"], tuple(part.strip() for part in (match["key"] or "").split(",") if part.strip()))


@dataclass(frozen=True)
class ManyContracts:
    """A contract for many that has been read and found sound: its terms by kind."""

    file: ManyFile
    document: Document
    #: The terms of each kind as a contract of its own.
    contracts: Mapping[str, Document]
    terms: Mapping[str, Terms]
    rows: Mapping[str, Mapping[str, Rows]]
    #: Kinds with the same rows, under the first of them; they are settled together.
    alike: Mapping[str, tuple[str, ...]]
    #: Links with their positions found, for each of these groups.
    resolved_links: Mapping[str, dict[Node, dict[str, Resolved]]]

    @property
    def parties(self) -> tuple[str, ...]:
        """The parties, in the contract's order, which is the order in which pennies are cut."""
        return tuple(self.file.parties)

    @property
    def years(self) -> tuple[int, ...]:
        """The contract years."""
        return tuple(self.file.years)

    @property
    def routes(self) -> tuple[Route, ...]:
        """The lines the targets belong to."""
        return tuple((ALL_CARE, way.provider, way.payer) for way in self.file.routes)


def read_many(path: Path, problems: list[Problem] | None = None) -> ManyContracts:
    """Read a contract for many and check the terms of every kind.

    Args:
        path: the contract file.
        problems: faults are added here, and kinds whose terms are faulty are left out; where it is not given, faults are raised.

    Raises:
        BadInput: with every fault of the file, in one report; where `problems` is given, only if nothing can be made of the file.
    """
    found: list[Problem] = []
    document = sound_mapping(path)
    file = document.parse(ManyFile, (), found)
    if file is None:
        raise BadInput(found)
    _check_file(document, file, found)
    parties = [Entry(name, name.replace("_", " "), {}) for name in file.parties]
    ways = tuple((ALL_CARE, way.provider, way.payer) for way in file.routes)
    years = tuple(file.years)
    terms: dict[str, Terms] = {}
    contracts = {kind: _contract(document, file, kind, found) for kind in file.kinds or {ONLY_KIND: None}}
    for kind, contract in contracts.items():
        own: list[Problem] = []
        made = read_terms(contract, parties, [ALL_CARE], years, _rows_of(ways), own)
        found += [problem for problem in own if problem not in found]
        if made is not None:
            terms[kind] = made
    if problems is None and found:
        raise BadInput(found)
    rows = {kind: standalone_rows(made, tuple(file.parties), ways, years) for kind, made in terms.items()}
    first = {kind: next(other for other in rows if rows[other] == rows[kind]) for kind in rows}
    alike = {kind: tuple(other for other in rows if first[other] == kind) for kind in dict.fromkeys(first.values())}
    if problems is not None:
        problems += found
    return ManyContracts(file, document, contracts, terms, rows, alike, {kind: {} for kind in alike})


def faults_of_terms(many: ManyContracts, kind: str, figures: Mapping[str, Sequence[float]]) -> list[Problem]:
    """What the checks of a contract find in the terms of a kind with some figures of one row, a figure a year, written into them."""
    contract, found = unshared(many.contracts[kind].content), list[Problem]()
    for text, values in figures.items():
        name = named(text)
        clause = clause_of(name.name, name.key, contract) if name else None
        if name and isinstance(clause, Clause):
            for place, value in zip(clause.places(many.years), values, strict=False):
                write(contract, place, value_in(clause, name.name, value))
    parties = [Entry(party, party.replace("_", " "), {}) for party in many.parties]
    document = Document(many.document.path, contract, many.contracts[kind].lines)
    read_contract(document, parties, [ALL_CARE], many.years, _rows_of(many.routes), found)
    return found


def _rows_of(routes: Sequence[Route]) -> Rows:
    return Rows(dict(zip(("setting", "provider", "payer"), zip(*routes, strict=True), strict=True)))


def _check_file(document: Document, file: ManyFile, problems: list[Problem]) -> None:
    def report(steps: list[Step], what: str, why: str, remedy: str) -> None:
        problems.append(document.problem(steps, what, why, remedy))

    for i, way in enumerate(file.routes):
        for role in ("provider", "payer"):
            if getattr(way, role) not in file.parties:
                report(["routes", i, role], f"{getattr(way, role)!r} is not a party", "it holds a target", "Name a party of the contract")
    for name in file.parties:
        if not _PARTY.fullmatch(name):
            what = f"a party is called {name!r}"
            report(["parties", name], what, "names stand in keys and headings", "Use small letters, digits and underscores")
    if file.years != list(range(file.years[0], file.years[0] + len(file.years))):
        what = f"the years are {', '.join(map(str, file.years))}"
        report(["years"], what, "balances are carried from each year to the next", "Write them in order, each once, without a gap")
    for name, entry in file.published.items():
        if entry.within < 0 or entry.rounding_share < 0:
            report(["published", name], "how close a figure must be is below zero", "nothing would agree", "Write it without a minus")
        for kind_ in entry.kinds:
            if kind_ not in file.kinds:
                report(["published", name, "kinds"], f"{kind_!r} is no kind", "it has no terms", nearest(kind_, list(file.kinds)))
    if bool(file.kinds) != (file.figures.kind is not None):
        what = "there are kinds, and figures do not say which a row is" if file.kinds else "figures name kinds, and there are none"
        report(["figures"], what, "terms go by kind", "Write kinds: and figures.kind: together, or neither")
    kind = file.figures.kind
    if kind is not None:
        if bool(kind.heading) == bool(kind.flags):
            report(["figures", "kind"], "kind has both a heading and flags, or neither", "there is one way to tell", "Keep one")
        for code, name in {**kind.codes, **kind.flags}.items():
            if name not in file.kinds:
                report(["figures", "kind"], f"{code!r} is {name!r}, which is no kind", "it has no terms", nearest(name, list(file.kinds)))
    for text in file.figures.columns:
        for name in file.figures.column(text).kinds:
            if name not in file.kinds:
                what = f"{text} holds for {name!r}, which is no kind"
                report(["figures", "columns", text], what, "it has no terms", nearest(name, list(file.kinds)))
    check_columns(document, file.figures, report)
    whole = {name for text in file.figures.columns if (found := named(text)) is not None for name in [found.name]}
    if "target_gbp" not in whole:
        report(["figures", "columns"], "there is no target_gbp", "a settlement starts from the target", "Name the heading it stands under")
    if len({"actual_gbp", "variance_gbp"} & whole) != 1:
        what = "there is neither actual_gbp nor variance_gbp, or both"
        report(["figures", "columns"], what, "one gives the other", "Name one heading")


def _contract(document: Document, file: ManyFile, kind: str, problems: list[Problem]) -> Document:
    """The terms of one kind as a contract of its own, with placeholders for its columns, and the lines of the file they stand in."""
    head = {
        "id": f"{file.id}-{kind}",
        "title": file.title,
        "status": file.status,
        "source": file.source,
        "as_at": file.as_at,
        "parties": document.content["parties"],
    }
    lines: dict[tuple[Step, ...], int] = {}
    for place, line in document.lines.items():
        if place[:1] == ("terms",):
            lines[place[1:]] = line
        elif place[:1] == ("parties",):
            lines[place] = line
    for place, line in document.lines.items():
        if place[:2] == ("kinds", kind):
            lines[place[2:]] = line
    given = Document(document.path, {**head, **stated_terms(document, kind)}, lines)
    ways = [(ALL_CARE, way.provider, way.payer) for way in file.routes]
    made = expand(given, list(file.parties), file.years, [], ways)  # faults are found again, and reported, where the terms are read
    if WORD in made.content:
        return made
    made = Document(made.path, unshared(made.content), made.lines)
    for text in file.figures.columns:
        if file.figures.column(text).kinds and kind not in file.figures.column(text).kinds:
            continue
        name, clause = clause_of_column(text, made.content)
        place = ("figures", "columns", text)
        if isinstance(clause, NoColumn):
            problem = document.problem(place, f"{text} cannot be a column", clause.why, clause.remedy)
            problems += [problem] if problem not in problems else []
        elif clause is not None:
            for at in placeholder(made.content, name, clause, file.years):
                for length in range(1, len(at) + 1):
                    made.lines.setdefault(at[:length], document.lines.get(place, 1))
    return made


def stated_terms(document: Document, kind: str) -> dict[str, Any]:
    """The terms of one kind as the file states them, without placeholders for columns."""
    return _merged(document.content["terms"], (document.content.get("kinds") or {}).get(kind) or {})


def clause_of_column(text: str, content: dict[str, Any]) -> tuple[str, Clause | NoColumn | None]:
    """The name of the figure in a column, and where it stands in a contract; no clause where it is no term of one."""
    found = named(text)
    if found is None:
        return text, None
    return found.name, clause_of(found.name, (ALL_CARE, *found.key) if is_by_route(found.name) else found.key, content)


def _merged(base: dict[str, Any], over: Mapping[str, Any]) -> dict[str, Any]:
    """Terms with those of a kind over them; a list is replaced whole."""
    found = dict(base)
    for name, value in over.items():
        found[name] = _merged(found[name], value) if isinstance(value, dict) and isinstance(found.get(name), dict) else value
    return found
