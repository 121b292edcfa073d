"""The income of each provider under two editions of a payment scheme: each parameter that differs changed in turn, to the penny.

Every step is a run of the whole place. The opening run is the place as it is; the closing run is the place with the other edition.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace

from capmodel.assumptions.pack import Key, Pack
from capmodel.assumptions.step import AGREEMENTS
from capmodel.contracts.agreements.edition import MECHANISM, Scheme, differing, inherit, merged, named_scheme
from capmodel.contracts.agreements.stated import Whole, whole
from capmodel.errors import BadInput, Problem
from capmodel.place.place import Place
from capmodel.place.read import read_place
from capmodel.place.run import run_place

FILE = f"{AGREEMENTS}.yaml"
Pennies = Mapping[Key, int]


@dataclass(frozen=True)
class Effect:
    """What one parameter of an edition is worth: the rule and parameter in words, before and after, and pennies by provider and year."""

    rule: str
    parameter: str
    before: str
    after: str
    pennies: Pennies


@dataclass(frozen=True)
class EditionBridge:
    """Income by provider and year, in pennies: under the first edition, the effect of each parameter in turn, under the second."""

    opening_title: str
    closing_title: str
    opening: Pennies
    effects: tuple[Effect, ...]
    closing: Pennies


def edition_bridge(place: Place, edition: str, scenario: str) -> EditionBridge:
    """From the edition that a place's agreements name to another one.

    Args:
        place: a place with agreements that take a rule from an edition.
        edition: the other edition, by name.
        scenario: the scenario of every run.

    Raises:
        BadInput: the place has no agreements or takes nothing from an edition, the edition does not exist, or it lacks what they take.
    """
    place.need(AGREEMENTS)
    document = place.pack.documents[FILE]
    agreements = whole(document, place.pack)
    if agreements.scheme is None or not agreements.inherited:
        what, why = "no agreement takes a rule from an edition", "another edition would change nothing"
        raise BadInput([document.problem([], what, why, "Write edition: for the file, and rule: in the agreements that follow it")])
    problems: list[Problem] = []
    other = replace(document, content={**document.content, "edition": edition})
    closing = named_scheme(other, place.pack.folder.parent.parent, problems)
    if closing is None:
        raise BadInput([problem._replace(where=f"--edition {edition}") for problem in problems])
    last = _income(place, scenario, lambda pack: _with(pack, other.content))
    first = before = _income(place, scenario, lambda pack: pack)
    taken: set[tuple[str, str]] = set()
    effects = []
    differ = _read_by(agreements, differing(agreements.scheme, closing, {each.rule for each in agreements.stated.agreements}))
    for i, (rule, name) in enumerate(differ, start=1):
        taken.add((rule, name))
        after = last if i == len(differ) else _income(place, scenario, _step(merged(agreements.scheme, closing, taken)))
        old, new = (_in_words(scheme, rule, name) for scheme in (agreements.scheme, closing))
        moved = {key: after.get(key, 0) - before.get(key, 0) for key in {**before, **after}}
        effects.append(Effect(agreements.scheme.rules[rule].label, name, old, new, moved))
        before = after
    return EditionBridge(agreements.scheme.title, closing.title, first, tuple(effects), last)


def _read_by(agreements: Whole, differ: list[tuple[str, str]]) -> list[tuple[str, str]]:
    """Those of some parameters that an agreement of the place takes; the others it states itself."""
    rules = {each.id: each.rule for each in agreements.stated.agreements}
    read = {(rules[name], parameter) for name, each in agreements.inherited.items() for parameter in each.parameters}
    return [each for each in differ if each in read]


def _in_words(scheme: Scheme, rule: str, name: str) -> str:
    """A parameter of an edition, and how it is known; a mechanism with its terms, which change with it."""
    parameters = scheme.rules[rule].parameters
    if name not in parameters:
        return "none"
    terms = scheme.rules[rule].terms if name == MECHANISM else {}
    return ", ".join([parameters[name].in_words, *(f"{term} {each.in_words}" for term, each in terms.items())])


def _step(scheme: Scheme) -> Callable[[Pack], Pack]:
    """The place with agreements that state what they take from an edition themselves."""

    def changed(pack: Pack) -> Pack:
        content, _ = inherit(pack.documents[FILE].content, scheme)
        agreements = [{name: value for name, value in each.items() if name != "rule"} for each in content["agreements"]]
        return _with(pack, {**{name: value for name, value in content.items() if name != "edition"}, "agreements": agreements})

    return changed


def _with(pack: Pack, content: object) -> Pack:
    """The place with other content of agreements.yaml."""
    return replace(pack, documents={**pack.documents, FILE: replace(pack.documents[FILE], content=content)})


def _income(place: Place, scenario: str, changed: Callable[[Pack], Pack]) -> Pennies:
    """What each provider receives in each year, in pennies."""
    result = run_place(read_place(place.pack.folder, changed=changed), scenario)
    return {key: round(100 * value) for key, value in result.column("provider_income", "provider_payment_gbp").items()}
