"""Reads worked cases: what each file states, with what its cases share and what a case takes from an earlier one that it is like."""

from __future__ import annotations

import functools
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from capmodel.assumptions.document import Document, Step, read_yaml
from capmodel.errors import BadInput, Problem

CASES = Path(__file__).parent / "cases"


@dataclass(frozen=True)
class Case:
    """One worked case, as its file states it."""

    id: str
    variant: str
    title: str
    source: str
    rule: str
    chain: str
    given: Mapping[str, Any]
    expect: Mapping[str, Any]
    tolerance: float
    tighter: Mapping[str, float]
    document: Document
    steps: tuple[Step, ...]

    @property
    def name(self) -> str:
        """What a test report calls it."""
        return self.id + self.variant

    @property
    def is_refusal(self) -> bool:
        """True where the given data must be refused."""
        return "refused" in self.expect

    def part(self, name: str) -> Document:
        """A block of what is given as a document of its own, with the lines of the case file."""
        here = (*self.steps, "given", name)
        lines = {place[len(here) :]: line for place, line in self.document.lines.items() if place[: len(here)] == here}
        return Document(self.document.path, self.given.get(name), lines)


@functools.cache
def read_cases(folder: Path = CASES) -> tuple[Case, ...]:
    """Every case of every case file; files in capitals list other things. A dozen files of tests ask for them when they are collected."""
    return tuple(case for path in sorted(folder.glob("*.yaml")) if not path.stem.isupper() for case in _cases_of(path))


def read_list(name: str, folder: Path = CASES) -> Any:
    """The content of a YAML file that holds no cases."""
    problems: list[Problem] = []
    document = read_yaml(folder / name, problems)
    if document is None or problems:
        raise BadInput(problems)
    return document.content


def _cases_of(path: Path) -> Iterator[Case]:
    problems: list[Problem] = []
    document = read_yaml(path, problems)
    if document is None or problems:
        raise BadInput(problems)
    shared = document.content.get("shared", {})
    givens: dict[str, dict[str, Any]] = {}
    for i, content in enumerate(document.content["cases"]):
        # A case that is like an earlier one states what differs.
        given = changed(givens[content["like"]], content["given"]) if "like" in content else dict(content["given"])
        givens[content["id"] + content.get("variant", "")] = given
        for block, figures in shared.items():
            given[block] = {**figures, **given.get(block, {})} if isinstance(figures, dict) else given.get(block, figures)
        yield Case(
            id=content["id"],
            variant=content.get("variant", ""),
            title=content["title"],
            source=content["source"],
            rule=content["rule"],
            chain=content["chain"],
            given=given,
            expect=content["expect"],
            tolerance=content["tolerance"],
            tighter=content.get("tighter", {}),
            document=document,
            steps=("cases", i),
        )


def changed(given: Mapping[str, Any], changes: Mapping[str, Any]) -> dict[str, Any]:
    """What an earlier case gives with changes: mappings are joined, anything else is replaced."""
    found = dict(given)
    for name, value in changes.items():
        joined = isinstance(value, Mapping) and isinstance(found.get(name), Mapping)
        found[name] = changed(found[name], value) if joined else value
    return found
