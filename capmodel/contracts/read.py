"""Reads a contract and finds every fault in it at once, each with its line, why it matters and what to write instead.

What a contract may say is in `alliance`; what is refused of a step is in the step's own file of `settlement`.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence

from pydantic import ValidationError

from capmodel.algebra.rows import Rows
from capmodel.assumptions.document import Document, Step
from capmodel.assumptions.pack import Entry
from capmodel.contracts.alliance import Contract, check_contract
from capmodel.contracts.mechanisms import expand
from capmodel.contracts.settlement.caps import explain_caps
from capmodel.contracts.settlement.check import Check
from capmodel.contracts.settlement.distribution import NO_SHARE_FOR_PROVIDERS
from capmodel.contracts.settlement.outcomes import explain_outcomes
from capmodel.contracts.settlement.steps import NO_GATE
from capmodel.contracts.settlement.threshold import explain_threshold
from capmodel.contracts.terms import Terms, terms_of
from capmodel.errors import Problem

#: What is said where a clause lacks something: where the clause cannot be read, it would follow from that.
_LACKS = {"outcomes": NO_GATE, "bands": NO_SHARE_FOR_PROVIDERS}


def read_terms(
    document: Document, parties: Sequence[Entry], settings: Sequence[str], years: tuple[int, ...], routes: Rows, problems: list[Problem], in_scope: Collection[str] | None = None
) -> Terms | None:  # fmt: skip
    """Read a contract and turn it into figures; a faulty contract is reported and gives None."""
    contract = read_contract(document, parties, settings, years, routes, problems, in_scope)
    return None if contract is None else terms_of(contract, [entry.id for entry in parties], years, routes)


def read_contract(
    document: Document, parties: Sequence[Entry], settings: Sequence[str], years: tuple[int, ...], routes: Rows, problems: list[Problem], in_scope: Collection[str] | None = None
) -> Contract | None:  # fmt: skip
    """Read and check a contract; every fault is reported with its line, and a faulty contract gives None.

    Args:
        document: contract.yaml.
        parties: the parties of the place.
        settings: the settings of the place.
        years: the model years.
        routes: the setting, provider and payer of every line of a Year of Care budget.
        problems: faults are added here.
        in_scope: the settings in scope, where not all are; a mechanism must name who provides or pays for them.
    """
    if document.content is None:
        return None
    before = len(problems)
    lines = [line for line in _lines_of(routes) if in_scope is None or line[0] in in_scope]
    document = expand(document, [entry.id for entry in parties], years, problems, lines)
    if len(problems) > before:
        # Terms that no mechanism has written out are no contract yet.
        return None
    _explain_missing(document, problems)
    explained, further = {problem.where for problem in problems[before:]}, list[Problem]()
    contract = document.parse(Contract, (), further)
    faulty = {name for problem in further for name in _clauses_of(document, problem)}
    checked = contract or _as_far_as_sound(document, faulty)
    if checked is not None:
        own: list[Problem] = []
        check = Check(document, tuple(entry.id for entry in parties), tuple(settings), years, frozenset(_lines_of(routes)), own)
        check_contract(checked, check)
        # What is said where a clause cannot be read would follow from that.
        unread = {problem.where for problem in further}
        follows = {_LACKS[name] for name in faulty & set(_LACKS)}
        further += [problem for problem in own if problem.where not in unread and problem.what not in follows]
    # Whatever is said of a line that has been explained would say it twice.
    problems += [problem for problem in further if problem.where not in explained]
    return None if len(problems) > before else contract


def _clauses_of(document: Document, problem: Problem) -> set[str]:
    """The clauses that stand where a problem is; a clause that is missing is named in the problem."""
    names = {str(place[0]) for place in document.lines if place and document.where(place) == problem.where}
    return names | {name for name in Contract.model_fields if problem.what.startswith(f"{name!r} is missing")}


def _as_far_as_sound(document: Document, faulty: Collection[str]) -> Contract | None:
    """The contract with neutral clauses in the place of those that cannot be read, so that the others are checked in the same report."""
    content = dict(document.content) if isinstance(document.content, dict) else {}
    stated = content.get("parties")
    given = stated if isinstance(stated, dict) else {}
    nobody = next((str(name) for name, each in given.items() if each == {"at_risk": False}), next(map(str, given), ""))
    band = {"from": 0, "to": None, "shares": {nobody: 1}}
    neutral = {"residual_party": nobody, "outcomes": {"mode": "none"}, "bands": {"gain": [band], "loss": [band]}, "variance_held_by": "payer", "status": "illustrative", "id": "", "title": "", "source": ""}  # fmt: skip
    kept = {name: each for name, each in content.items() if name not in faulty}
    try:
        return Contract.model_validate({**{name: each for name, each in neutral.items() if name in faulty}, **kept})
    except ValidationError:
        return None


def _explain_missing(document: Document, problems: list[Problem]) -> None:
    """Faults that a negotiator makes, in a negotiator's words, before the schema speaks of fields."""
    content = document.content if isinstance(document.content, dict) else {}

    def report(steps: Sequence[Step], what: str, why: str, remedy: str) -> None:
        problems.append(document.problem(steps, what, why, remedy))

    explain_threshold(content.get("threshold"), report)
    explain_outcomes(content.get("outcomes"), report)
    explain_caps(content.get("caps"), report)
    for place, given in _suppressed(content, []):
        remedy = "Ask for the figure, or write late: true for an indicator, so that it does not count"
        report(place, f"{place[-1]} is {given!r}", "a suppressed figure is not guessed", remedy)


def _suppressed(content: object, place: list[Step]) -> Iterator[tuple[list[Step], object]]:
    """Cells that a publication suppressed, written as they were printed."""
    if isinstance(content, dict):
        for name, value in content.items():
            yield from _suppressed(value, [*place, name])
    elif isinstance(content, list):
        for i, value in enumerate(content):
            yield from _suppressed(value, [*place, i])
    elif isinstance(content, str) and content.strip() == "*":
        yield place, content


def _lines_of(routes: Rows) -> list[tuple[str, str, str]]:
    return list(zip(routes.columns["setting"], routes.columns["provider"], routes.columns["payer"], strict=True))
