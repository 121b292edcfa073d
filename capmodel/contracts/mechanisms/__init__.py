"""Payment mechanisms: a contract in the few words of its scheme, written out as the terms of an alliance contract.

A mechanism is a module here; its file name is what `mechanism:` says in a contract. It has `Terms`, what may stand under
`mechanism_terms:`; `contract(terms, head)`, the same as terms of `alliance`; and `REPORTED_AT`, which of its own terms each term
of the alliance comes from, so that a fault is reported at the line somebody wrote. What it does not write may stand beside it.
"""

from __future__ import annotations

import sys
from collections.abc import Iterable, Iterator, Mapping, Sequence, Set
from dataclasses import dataclass
from typing import Annotated, Any

from pydantic import AfterValidator, BaseModel

from capmodel import plugins
from capmodel.assumptions.dimensions import no_member
from capmodel.assumptions.document import Document, Number, Step
from capmodel.errors import Problem, nearest

#: What the module of a mechanism has.
PROMISES = ("Terms", "contract", "REPORTED_AT")
WORD, OWN = "mechanism", "mechanism_terms"
#: Digits kept of a share that is what others leave.
_DIGITS = 12
#: Setting, provider and payer of a line of the budgets; and what each of the two does for it.
Line = tuple[str, str, str]
_ROLES = {"provider": "provided", "payer": "paid"}


class PartyName(str):
    """The id of a party, which must be one of the place."""


def _part_of_one(value: float) -> float:
    if not 0 <= value <= 1:
        raise ValueError(f"{value:g} is no part of 1; a share is between 0 and 1. Write 0.2 if 20 per cent is meant")
    return value


def _size(value: float) -> float:
    if value < 0:
        raise ValueError(f"{value:g} is below zero; it is a size. Write it without a minus")
    return value


def _within_one(shares: dict[str, float]) -> dict[str, float]:
    if sum(shares.values()) > 1 + 10**-_DIGITS:
        raise ValueError(f"the shares add up to {sum(shares.values()):g}; a pound is shared once. Make them add up to 1 or less")
    return shares


Party = Annotated[str, AfterValidator(PartyName)]
#: A part of something, a size that is never below zero, and shares of one pound.
Share = Annotated[Number, AfterValidator(_part_of_one)]
Size = Annotated[Number, AfterValidator(_size)]
Shares = Annotated[dict[Party, Share], AfterValidator(_within_one)]


@dataclass(frozen=True)
class Head:
    """What a mechanism knows of the contract it stands in: the parties of the place and the years."""

    parties: tuple[str, ...]
    years: tuple[int, ...]

    def at_risk(self, *names: str) -> dict[str, dict[str, bool]]:
        """Every party, and whether it is at risk.

        >>> Head(("board", "trust"), (2026,)).at_risk("trust")
        {'board': {'at_risk': False}, 'trust': {'at_risk': True}}
        """
        return {party: {"at_risk": party in names} for party in self.parties}

    def every_year(self, value: float) -> dict[int, float]:
        """One figure for each year."""
        return dict.fromkeys(self.years, value)


def rest_to(party: str, shares: Mapping[str, float]) -> dict[str, float]:
    """Shares of some parties, and what they leave for one; where its own share is stated, all stand as they are.

    >>> rest_to("board", {"trust": 0.3, "council": 0.1})
    {'board': 0.6, 'trust': 0.3, 'council': 0.1}
    """
    return dict(shares) if party in shares else {party: round(1 - sum(shares.values()), _DIGITS), **shares}


def one_band(shares: Mapping[str, float]) -> list[dict[str, Any]]:
    """One band for all of a side.

    >>> one_band({"board": 1.0})
    [{'from': 0, 'to': None, 'shares': {'board': 1.0}}]
    """
    return [{"from": 0, "to": None, "shares": dict(shares)}]


def expand(
    document: Document, parties: Sequence[str], years: Sequence[int], problems: list[Problem], lines: Iterable[Line] = ()
) -> Document:
    """The contract with its mechanism written out as terms of the alliance; a contract without one as it is.

    Faults in the mechanism's own terms are added to `problems`, and the contract is then given back as it was. So is one
    whose scope has more parties than the mechanism: their money would be settled between those that it names.

    Args:
        document: a contract, with or without `mechanism:`.
        parties: the ids of the parties of the place.
        years: the model years.
        problems: faults are added here.
        lines: setting, provider and payer of every line in scope.
    """
    content = document.content
    if not isinstance(content, dict) or not {WORD, OWN} & set(content):
        return document
    before = len(problems)
    family, name = sys.modules[__name__], str(content.get(WORD))
    names = plugins.names(family)
    if name not in names:
        what = f"there is no mechanism {name!r}" if WORD in content else f"there are {OWN} and no {WORD}"
        problems.append(document.problem([WORD if WORD in content else OWN], what, "its file says what the terms mean", nearest(name, names)))  # fmt: skip
        return document
    module = plugins.find(family, name, PROMISES)
    given = document if OWN in content else Document(document.path, {**content, OWN: {}}, document.lines)
    terms = given.parse(module.Terms, [OWN], problems)
    for steps, party in _parties(terms, [OWN]):
        if party not in parties:
            problems.append(no_member("party", str(party), parties, document.where(steps)))
    if terms is None or len(problems) > before:
        return document
    written: dict[str, Any] = module.contract(terms, Head(tuple(parties), tuple(years)))
    _check_scope(document, name, {str(party) for _, party in _parties(terms, [])}, written["variance_held_by"], lines, problems)
    if len(problems) > before:
        return document
    at_risk = written.pop("parties") if "parties" in content else {}
    for term in written:
        if term in content:
            why = "the two would say different things"
            problems.append(document.problem([term], f"{term} is a term that {name} writes", why, f"Leave it out, or leave out {WORD}:"))
    own = {term: value for term, value in content.items() if term not in (WORD, OWN)}
    if isinstance(own.get("parties"), dict):
        own["parties"] = {**at_risk, **own["parties"]}
    return Document(document.path, {"outcomes": {"mode": "none"}, **written, **own}, _lines(document, written, module.REPORTED_AT))


def _check_scope(document: Document, name: str, named: Set[str], held_by: str, lines: Iterable[Line], problems: list[Problem]) -> None:
    """Report care in scope whose variance somebody holds, or pays for, that the mechanism does not name.

    Where payers hold the variance, others may provide: they are paid for what they do. Where providers hold it, all are concerned.
    """
    found: dict[str, dict[str, dict[str, None]]] = {role: {} for role in (_ROLES if held_by == "provider" else ("payer",))}
    for setting, provider, payer in lines:
        for role, party in (("provider", provider), ("payer", payer)):
            if role in found and party not in named:
                found[role].setdefault(party, {})[setting] = None
    for role, others in found.items():
        if others:
            who = ", ".join(f"{party} ({', '.join(settings)})" for party, settings in others.items())
            why = f"{name} would settle their money between {', '.join(sorted(named))}"
            remedy = f"Take these settings out of scope (in_scope_flag), name the parties under {OWN} if the scheme has a place for them, or write the terms out without {WORD}:"  # fmt: skip
            problems.append(document.problem([OWN], f"settings in scope are also {_ROLES[role]} by {who}", why, remedy))


def _lines(document: Document, written: Mapping[str, Any], reported_at: Mapping[str, str]) -> dict[tuple[Step, ...], int]:
    """Where each term that was written out comes from."""
    here = document.lines.get((OWN,), document.lines.get((WORD,), 1))
    found = dict(document.lines)
    for term in written:
        found.setdefault((term,), here)
    for place, term in reported_at.items():
        source = (OWN, *term.split("."))
        for steps, line in document.lines.items():
            if steps[: len(source)] == source:
                found[(*place.split("."), *steps[len(source) :])] = line
    return found


def _parties(value: object, place: list[Step]) -> Iterator[tuple[list[Step], PartyName]]:
    """Every name of a party in the terms of a mechanism, and where it stands."""
    if isinstance(value, PartyName):
        yield place, value
    elif isinstance(value, BaseModel):
        for name in type(value).model_fields:
            yield from _parties(getattr(value, name), [*place, name])
    elif isinstance(value, dict):
        for name, inner in value.items():
            yield from _parties(name, [*place, str(name)])
            yield from _parties(inner, [*place, name])
    elif isinstance(value, list):
        for i, inner in enumerate(value):
            yield from _parties(inner, [*place, i])
