"""What agreements.yaml may say, what it takes from an edition of a payment scheme, and which lines of service each of its agreements covers."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from pydantic import BaseModel, Field

from capmodel import plugins
from capmodel.assumptions.dimensions import incomplete, no_member
from capmodel.assumptions.document import Document, Flag, Step, Strict
from capmodel.assumptions.entries import Member, check_known, check_members
from capmodel.assumptions.laid_out import check_years
from capmodel.assumptions.pack import Key, Pack, Status
from capmodel.contracts.agreements import POINT, SERVICE_LINE, UNCOVERED, mechanisms
from capmodel.contracts.agreements.edition import Inherited, Scheme, inherit, named_scheme, rule_faults, source_faults
from capmodel.contracts.agreements.mechanisms import Paid
from capmodel.errors import Problem, listed, nearest

#: The lists of a scope, by the part of a line that each holds.
LISTS = dict(zip(SERVICE_LINE, ("settings", "points_of_delivery", "providers", "payers"), strict=True))
_DIMENSIONS = dict(zip(SERVICE_LINE, ("setting", POINT, "party", "party"), strict=True))


class Scope(Strict):
    """Which lines an agreement covers: those whose parts are in every list that is given; or the rest, which no other covers."""

    settings: list[str] | None = None
    points_of_delivery: list[str] | None = None
    providers: list[str] | None = None
    payers: list[str] | None = None
    rest: Flag = False

    def covers(self, line: Key) -> bool:
        """True where a line is in every list.

        >>> Scope(settings=["acute"]).covers(("acute", "elective", "trust", "icb")), Scope(payers=[]).covers(("acute", "elective", "trust", "icb"))
        (True, False)
        """
        lists = (getattr(self, name) for name in LISTS.values())
        return all(allowed is None or part in allowed for part, allowed in zip(line, lists, strict=True))


class Agreement(Member):
    """One agreement: its lines, its mechanism, and the terms of that; a rule of the edition has what it does not state itself."""

    mechanism: str = ""
    rule: str = ""
    lines: Scope = Field(default_factory=Scope)
    terms: dict[str, Any] = Field(default_factory=dict)


class Agreements(Strict):
    """A contract as a list of agreements."""

    id: str
    title: str
    status: Status
    source: str
    as_at: str = ""
    note: str = ""
    edition: str = ""
    agreements: list[Agreement] = Field(min_length=1)


@dataclass(frozen=True)
class Agreed:
    """An agreement that has been read: what it says, how it pays, and the lines it covers."""

    stated: Agreement
    paid: Paid
    lines: tuple[Key, ...]
    #: What it takes from the edition.
    inherited: Inherited | None = None


@dataclass(frozen=True)
class Whole:
    """The agreements of a file with what they take from an edition written out, and what that is, by the id of the agreement."""

    stated: Agreements
    inherited: Mapping[str, Inherited]
    scheme: Scheme | None


def whole(document: Document, pack: Pack) -> Whole:
    """The agreements of a file that has been found sound."""
    scheme = named_scheme(document, pack.folder.parent.parent, [])
    content, taken = inherit(document.content, scheme)
    return Whole(Agreements.model_validate(content), taken, scheme)


def read_stated(document: Document, pack: Pack, problems: list[Problem]) -> tuple[Whole, list[Paid]] | None:
    """The agreements of a file and how each pays; None where one of them is faulty, which is reported."""
    before = len(problems)
    stated = document.parse(Agreements, (), problems)
    if stated is None:
        return None
    check_members(document, "agreements", stated.agreements, problems)
    check_known(document, {("agreements", i): each for i, each in enumerate(stated.agreements)}, pack.sources, problems)
    scheme = named_scheme(document, pack.folder.parent.parent, problems)
    faults = [*rule_faults(document, scheme), *source_faults(document, scheme, pack.sources)]
    problems += faults
    if faults or (stated.edition and scheme is None):
        return None
    content, taken = inherit(document.content, scheme)
    stated = Agreements.model_validate(content)
    written = replace(document, content=content)
    found = [_paid(written, i, each, pack.years, problems) for i, each in enumerate(stated.agreements)]
    for i, each in enumerate(stated.agreements):
        if each.id == UNCOVERED:
            what, why = f"the id {UNCOVERED} cannot be used", "lines that no agreement covers are shown under it"
            problems.append(document.problem(["agreements", i, "id"], what, why, "Reword it"))
        _check_scope(document, ["agreements", i, "lines"], each.lines, pack, problems)
    paid = [each for each in found if each is not None]
    return None if len(problems) > before else (Whole(stated, taken, scheme), paid)


def _paid(document: Document, i: int, agreement: Agreement, years: Sequence[int], problems: list[Problem]) -> Paid | None:
    """How an agreement pays, by its mechanism and terms; None where they are faulty."""
    here: list[Step] = ["agreements", i]
    names = plugins.names(mechanisms)
    if agreement.mechanism not in names:
        what, why = f"there is no mechanism {agreement.mechanism!r} of an agreement", "its file says how lines are paid"
        problems.append(document.problem([*here, "mechanism"], what, why, nearest(agreement.mechanism, names)))
        return None
    module = plugins.find(mechanisms, agreement.mechanism, mechanisms.PROMISES)
    content = {**document.content, "agreements": [{"terms": {}, **each} for each in document.content["agreements"]]}
    terms = Document(document.path, content, document.lines, document.refused).parse(module.Terms, [*here, "terms"], problems)
    if terms is None:
        return None
    check_years(document, _by_year(terms, [*here, "terms"]), years, problems)
    paid: Paid = module.paid(terms)
    return paid


def _by_year(value: object, place: list[Step]) -> Iterator[tuple[list[Step], Mapping[int, float]]]:
    """Every figure by year in the terms of a mechanism, and where it stands."""
    if isinstance(value, BaseModel):
        for name in type(value).model_fields:
            yield from _by_year(getattr(value, name), [*place, name])
    elif isinstance(value, list):
        for i, inner in enumerate(value):
            yield from _by_year(inner, [*place, i])
    elif isinstance(value, dict) and all(isinstance(year, int) for year in value):
        yield place, value


def _check_scope(document: Document, here: list[Step], scope: Scope, pack: Pack, problems: list[Problem]) -> None:
    """Report names in a scope that are no members, that are there twice, and lists beside the rest."""
    for part, name in LISTS.items():
        given = getattr(scope, name)
        dimension = _DIMENSIONS[part]
        members = [entry.id for entry in pack.dimensions.get(dimension, ())]
        for i, member in enumerate(given or ()):
            if member not in members and not incomplete(pack.dimensions, dimension):
                problems.append(no_member(dimension, member, members, document.where([*here, name, i])))
            elif member in given[:i]:
                what = f"{member} is there twice"
                problems.append(document.problem([*here, name, i], what, "a line is covered once", "Remove one"))
        if given is not None and scope.rest:
            what, why = f"{name} stands beside rest", "the rest is every line that no other agreement covers"
            problems.append(document.problem([*here, name], what, why, "Keep one of them"))


def covered(document: Document, stated: Agreements, lines: Sequence[Key], problems: list[Problem]) -> list[tuple[Key, ...]]:
    """The lines of each agreement, in their order; a line in two of them and an agreement without any are reported."""
    own = [tuple(line for line in lines if not each.lines.rest and each.lines.covers(line)) for each in stated.agreements]
    for i, later in enumerate(map(set, own)):
        for j in range(i):
            if both := [line for line in own[j] if line in later]:
                first, second = stated.agreements[j], stated.agreements[i]
                many = f"{len(both)} lines, the first of them" if len(both) > 1 else "the line"
                what = f"{first.id} and {second.id} both cover {many} {', '.join(both[0])}"
                remedy = "Take them out of one of the two, by its settings, points_of_delivery, providers or payers"
                problems.append(document.problem(["agreements", i, "lines"], what, "a line is paid once", remedy))
    taken = {line for mine in own for line in mine}
    rest = tuple(line for line in lines if line not in taken)
    takes_rest = [i for i, each in enumerate(stated.agreements) if each.lines.rest]
    if len(takes_rest) > 1:
        names = listed([stated.agreements[i].id for i in takes_rest])
        place: list[Step] = ["agreements", takes_rest[1], "lines", "rest"]
        problems.append(document.problem(place, f"{names} all take the rest", "a line is paid once", "Leave rest in one of them"))
    found = [rest if each.lines.rest else mine for each, mine in zip(stated.agreements, own, strict=True)]
    for i, (each, mine) in enumerate(zip(stated.agreements, found, strict=True)):
        if not mine and not (each.lines.rest and len(takes_rest) > 1):
            what, why = f"{each.id} covers no line of service", "it would pay nothing"
            remedy = "Correct its lines, remove it, or add its lines to tables/plan_activity_number.csv"
            problems.append(document.problem(["agreements", i], what, why, remedy))
    return found
