"""Editions of a payment scheme: the rules that agreements take from one, each with its own provenance.

An edition is a YAML file in `payment_schemes/` of the packs, named by its id. An agreement that names a `rule` of it takes the mechanism and
the terms that it does not state itself. What a mechanism then pays is left to the mechanism.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Literal

from pydantic import Field, model_validator

from capmodel.assumptions.document import Document, Flag, Number, Step, Strict, read_mapping
from capmodel.assumptions.load import SourceEntry, fingerprint_of
from capmodel.assumptions.pack import Edition, Figure, Pack, Source, Status, lost_as
from capmodel.assumptions.scaffold import packs_root
from capmodel.errors import Problem, nearest

FOLDER = "payment_schemes"
MECHANISM = "mechanism"
#: Terms of which an agreement states one form: with one of its own it takes none of the others.
SHARES = ("variance_share", "above_plan_share", "below_plan_share", "above_plan", "below_plan")
Content = dict[str, Any]


class Parameter(Strict):
    """A figure or word of an edition, and where it comes from."""

    value: Number | str
    status: Status
    source: str
    note: str = ""
    from_memory: Flag = False

    @model_validator(mode="after")
    def _never_published(self) -> Parameter:
        if self.from_memory and self.status == "published":
            raise ValueError("it is from memory and marked published; published is what was read in its source. Write illustrative")
        return self

    @property
    def in_words(self) -> str:
        """The value, and how it is known.

        >>> Parameter(value=1500000, status="published", source="s1").in_words
        '1,500,000 (published)'
        >>> Parameter(value="blended", status="illustrative", source="s2", from_memory=True).in_words
        'blended (illustrative, from memory)'
        """
        value = self.value.replace("_", " ") if isinstance(self.value, str) else f"{self.value:,.10g}"
        return f"{value} ({self.status}{', from memory' if self.from_memory else ''})"


class Rule(Strict):
    """How an edition pays one kind of care."""

    label: str
    mechanism: Parameter
    terms: dict[str, Parameter] = Field(default_factory=dict)

    @property
    def parameters(self) -> dict[str, Parameter]:
        """The mechanism and every term, by name."""
        return {MECHANISM: self.mechanism, **self.terms}


class Scheme(Strict):
    """An edition of a payment scheme."""

    id: str
    title: str
    stage: Literal["in_force", "proposed"]
    as_at: str
    sources: dict[str, SourceEntry]
    rules: dict[str, Rule] = Field(min_length=1)


@dataclass(frozen=True)
class Inherited:
    """What an agreement takes from an edition: the title of that, and the parameters by name."""

    scheme: Scheme
    rule: Rule
    parameters: Mapping[str, Parameter]

    def figure(self, name: str) -> Figure:
        """The provenance of a parameter that is taken."""
        each = self.parameters[name]
        memory = "from memory" if each.from_memory else ""
        note = "; ".join(text for text in (f"From {self.scheme.title}, {self.rule.label.lower()}", each.note, memory) if text)
        return Figure(0.0, each.status, each.source, self.scheme.as_at, note)

    def grounds(self, column: str) -> Figure | None:
        """The provenance of a column of the agreement that follows from a parameter that is taken; None where it follows from its own.

        The columns of shares follow from the terms of shares, and without any from the mechanism.
        """
        if column == "low_volume_threshold_gbp":
            name = "threshold_gbp"
        elif column == "marginal_paid_share" or column.startswith("break_"):
            name = next((each for each in SHARES if each in self.parameters), MECHANISM)
            if name == MECHANISM and self.rule.mechanism.value not in _WITHOUT_SHARES:
                return None
        else:
            return None
        return self.figure(name) if name in self.parameters else None


#: Mechanisms whose shares are their own, and no term.
_WITHOUT_SHARES = ("activity_at_unit_prices", "best_practice")


def scheme_files(root: Path) -> dict[str, Path]:
    """The editions that come with capmodel and those in a folder of packs, which take their place, by name."""
    return {path.stem: path for folder in (packs_root(), root) for path in sorted((folder / FOLDER).glob("*.yaml"))}


def read_scheme(path: Path, problems: list[Problem]) -> Scheme | None:
    """An edition; None where its file is faulty, which is reported."""
    document = read_mapping(path, problems)
    scheme = document.parse(Scheme, (), problems) if document else None
    if document is None or scheme is None:
        return None
    before = len(problems)
    if scheme.id != path.stem:
        what, why = f"the id is {scheme.id!r} in the file {path.name}", "an edition is found by the name of its file"
        problems.append(document.problem(["id"], what, why, f"Write id: {path.stem}"))
    for name, rule in scheme.rules.items():
        for term, each in rule.parameters.items():
            if each.source not in scheme.sources:
                here: list[Step] = ["rules", name, *([] if term == MECHANISM else ["terms"]), term, "source"]
                what, why = f"the source {each.source!r} is not under sources", "every parameter states where it comes from"
                problems.append(document.problem(here, what, why, nearest(each.source, scheme.sources)))
    return None if len(problems) > before else scheme


def named_scheme(document: Document, root: Path, problems: list[Problem]) -> Scheme | None:
    """The edition that agreements.yaml names; None where it names none, or one that does not exist or is faulty, which is reported.

    Args:
        document: agreements.yaml.
        root: the folder of packs that the place is in.
        problems: faults are added here.
    """
    name = document.content.get("edition") if isinstance(document.content, dict) else None
    if name is None or name == "":
        return None
    known = scheme_files(root)
    if name not in known:
        what, why = f"there is no edition {name!r} of a payment scheme", f"editions are files of the folder {FOLDER} of the packs"
        problems.append(document.problem(["edition"], what, why, nearest(str(name), known)))
        return None
    return read_scheme(known[name], problems)


def source_faults(document: Document, scheme: Scheme | None, sources: Mapping[str, Source]) -> Iterator[Problem]:
    """Sources of the edition under an id that the place has for another source."""
    for name, each in (scheme.sources if scheme else {}).items():
        if name in sources and sources[name] != Source(name, **each.model_dump()):
            what = f"the place has a source {name!r} of its own, and {scheme.title if scheme else ''} another of that id"
            yield document.problem(["edition"], what, "a figure states its source by the id", "Give the source in sources.yaml another id")


def with_scheme(pack: Pack) -> Pack:
    """The place with the sources of the edition that its agreements name, and with that edition among the packs of a run.

    A faulty edition is reported where the agreements are read.
    """
    document = pack.documents.get("agreements.yaml")
    root = pack.folder.parent.parent
    scheme = named_scheme(document, root, []) if document else None
    if scheme is None:
        return pack
    sources = {name: Source(name, **each.model_dump()) for name, each in scheme.sources.items()}
    path = scheme_files(root)[scheme.id]
    found = Edition(f"{FOLDER}/{scheme.id}", scheme.title, "", fingerprint_of([path], path.parent))
    return replace(pack, sources=lost_as({**sources, **pack.sources}, pack.sources), editions=(*pack.editions, found))


def inherit(content: Content, scheme: Scheme | None) -> tuple[Content, dict[str, Inherited]]:
    """Agreements with what each takes from an edition written out, and what that is, by the id of the agreement.

    >>> rule = Rule(label="Small", mechanism={"value": "block", "status": "local", "source": "s"})
    >>> scheme = Scheme(id="e", title="E", stage="in_force", as_at="2026", sources={}, rules={"small": rule})
    >>> whole, taken = inherit({"agreements": [{"id": "a", "rule": "small"}]}, scheme)
    >>> whole["agreements"], list(taken["a"].parameters)
    ([{'id': 'a', 'rule': 'small', 'mechanism': 'block', 'terms': {}}], ['mechanism'])
    """
    agreements, taken = [], {}
    for each in content["agreements"]:
        rule = scheme.rules.get(str(each.get("rule"))) if scheme and each.get("rule") else None
        if scheme is None or rule is None:
            agreements.append(each)
            continue
        own = each.get("terms") or {}
        shares = set(SHARES) & set(own)
        terms = {name: part for name, part in rule.terms.items() if name not in own and not (shares and name in SHARES)}
        parameters = {**({} if each.get(MECHANISM) else {MECHANISM: rule.mechanism}), **terms}
        written = {name: part.value for name, part in terms.items()}
        agreements.append({**each, MECHANISM: rule.mechanism.value, "terms": {**own, **written}})
        taken[str(each["id"])] = Inherited(scheme, rule, parameters)
    return {**content, "agreements": agreements}, taken


def rule_faults(document: Document, scheme: Scheme | None) -> Iterator[Problem]:
    """Agreements without a mechanism, with a rule and no edition, with a rule that the edition lacks, or with another mechanism than it has."""
    for i, each in enumerate(document.content["agreements"]):
        here: list[Step] = ["agreements", i]
        rule, own = each.get("rule"), each.get(MECHANISM)
        if not rule:
            if not own:
                what, why = f"{each['id']} has neither a mechanism nor a rule", "one of them says how its lines are paid"
                yield document.problem(here, what, why, "Write mechanism:, or edition: for the file and rule: here")
            continue
        if not document.content.get("edition"):
            what, why = f"{each['id']} names the rule {rule!r}, and the file no edition", "a rule is one of an edition"
            yield document.problem([*here, "rule"], what, why, "Add a line edition: with the name of a payment scheme")
        elif scheme and rule not in scheme.rules:
            what, why = f"{scheme.title} has no rule {rule!r}", f"{each['id']} takes its mechanism and terms from it"
            yield document.problem([*here, "rule"], what, why, nearest(rule, scheme.rules))
        elif scheme and own and own != scheme.rules[rule].mechanism.value:
            what = f"{each['id']} is paid by {own}, and the rule {rule} of {scheme.title} by {scheme.rules[rule].mechanism.value}"
            yield document.problem([*here, MECHANISM], what, "an agreement has one mechanism", "Leave out mechanism: or rule:")


def merged(opening: Scheme, closing: Scheme, taken: set[tuple[str, str]]) -> Scheme:
    """The opening edition with some parameters, by rule and name, as the closing one has them.

    A rule whose mechanism changes takes all its parameters at once: the terms of one mechanism are none of another.
    """
    rules = {}
    for name, rule in opening.rules.items():
        after = closing.rules.get(name)
        if after is None:
            rules[name] = rule
        elif (name, MECHANISM) in taken:
            rules[name] = after
        else:
            terms = {term: part for term, part in rule.terms.items() if (name, term) not in taken}
            terms |= {term: part for term, part in after.terms.items() if (name, term) in taken}
            rules[name] = rule.model_copy(update={"terms": terms})
    return opening.model_copy(update={"rules": rules})


def differing(opening: Scheme, closing: Scheme, rules: set[str]) -> list[tuple[str, str]]:
    """The parameters of some rules that differ between two editions, by rule and name; a changed mechanism stands for its whole rule."""
    found = []
    for name in (name for name in opening.rules if name in rules and name in closing.rules):
        before, after = opening.rules[name], closing.rules[name]
        if before.mechanism.value != after.mechanism.value:
            found.append((name, MECHANISM))
            continue
        terms = dict.fromkeys((*before.terms, *after.terms))
        values = ({term: part.value for term, part in rule.terms.items()} for rule in (before, after))
        old, new = values
        found += [(name, term) for term in terms if old.get(term) != new.get(term)]
    return found
