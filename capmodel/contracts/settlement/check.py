"""What the checks of all steps share: where a fault is reported, and what a place gives a contract to name."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from pydantic import BaseModel

from capmodel.assumptions.dimensions import no_member
from capmodel.assumptions.document import Document, Step
from capmodel.assumptions.figures import check_figure, may_be_negative
from capmodel.errors import Problem

#: Shares add up to 1 as far as a computer keeps digits; write a third as 1/3.
SHARES_ADD_UP = 1e-12
#: Setting, provider and payer of a line of the budgets.
Line = tuple[str, str, str]


@dataclass(frozen=True)
class Check:
    """A contract that is being checked: what the place has that it may name, and the faults found so far."""

    document: Document
    parties: tuple[str, ...]
    settings: tuple[str, ...]
    years: tuple[int, ...]
    lines: frozenset[Line]
    problems: list[Problem]

    def report(self, steps: Sequence[Step], what: str, why: str, remedy: str) -> None:
        """Add a fault at a place in the contract."""
        self.problems.append(self.document.problem(steps, what, why, remedy))

    def party(self, steps: Sequence[Step], name: str | None) -> None:
        """Report a name that is no party of the place."""
        if name is not None and name not in self.parties:
            self.problems.append(no_member("party", name, self.parties, self.document.where(steps)))

    def part(self, steps: Sequence[Step], name: str, value: float) -> None:
        """Report a share of something that is below zero or above all of it."""
        check_figure(name, "share", value, self.document.where(steps), self.problems)
        if value < 0 and may_be_negative(name, "share"):
            self.report(steps, f"{name} is {value:g}", "a part of something is not below zero", "Write the share without a minus")

    def size(self, steps: Sequence[Step], name: str, value: float, why: str = "it is a size") -> None:
        """Report a size that is below zero."""
        if value < 0:
            self.report(steps, f"{name} is {value:g}", why, "Write it without a minus")

    def sizes(self, given: Mapping[int, float], *here: Step) -> None:
        """Report sizes of a year that are below zero."""
        for year, value in given.items():
            self.size([*here, year], str(here[-1]), value)

    def yearly(self, part: object, *here: Step) -> None:
        """Report figures by year, wherever they stand in a part of the contract, that lack a year or have a strange one, and their sizes."""
        for steps, given in by_year(part, list(here)):
            name = str(steps[-1])
            missing = [str(year) for year in self.years if year not in given]
            if missing:
                what = f"there is no figure for {', '.join(missing)}"
                self.report(steps, what, "each model year needs one; gaps are not filled", "Add it")
            strange = [str(year) for year in given if year not in self.years]
            if strange:
                what = f"there is a figure for {', '.join(strange)}"
                self.report(steps, what, "it is no year of the model and would be left out silently", "Remove it, or correct the year")
            for year, value in given.items():
                if name == "share" or name.endswith("_share"):
                    self.part([*steps, year], name, value)
                elif name.endswith("_index") and value <= 0:
                    why = "an index multiplies; zero would wipe out the target"
                    self.report([*steps, year], f"{name} is {value:g}", why, "Write 1 for no change")


def by_year(part: object, here: list[Step]) -> Iterator[tuple[list[Step], Mapping[int, Any]]]:
    """Every figure by year in a part of a contract, and where it stands; one that may be left out, and is empty, is none."""
    if isinstance(part, BaseModel):
        for name in type(part).model_fields:
            inner = getattr(part, name)
            if not isinstance(inner, dict) or inner or (here and isinstance(here[-1], int)):
                yield from by_year(inner, [*here, name])
    elif isinstance(part, list):
        for i, each in enumerate(part):
            yield from by_year(each, [*here, i])
    elif isinstance(part, dict):
        if all(isinstance(year, int) for year in part):
            yield here, part
        else:
            for name, each in part.items():
                yield from by_year(each, [*here, name])
