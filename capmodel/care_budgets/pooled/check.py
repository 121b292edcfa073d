"""What a check of the agreement of a pooled budget has at hand: the file, what it says, the years, and a place for faults."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from capmodel.assumptions.document import Document, Step
from capmodel.assumptions.figures import as_share
from capmodel.care_budgets.pooled.terms import PooledBudget
from capmodel.errors import Problem, nearest


@dataclass(frozen=True)
class Check:
    """An agreement being checked."""

    document: Document
    agreed: PooledBudget
    years: tuple[int, ...]
    problems: list[Problem]

    def report(self, steps: Sequence[Step], what: str, why: str, remedy: str) -> None:
        """Add a problem at a place of the file."""
        self.problems.append(self.document.problem(steps, what, why, remedy))

    def is_partner(self, steps: Sequence[Step], name: str | None) -> None:
        """Report a name that is no partner."""
        if name is not None and name not in self.agreed.partners:
            self.report(steps, f"{name!r} is not a partner", "it has no money in the pool", nearest(name, self.agreed.partners))

    def is_line(self, steps: Sequence[Step], name: str | None) -> None:
        """Report a name that is no line."""
        known = [line.id for line in self.agreed.lines]
        if name is not None and name not in known:
            self.report(steps, f"{name!r} is no line of the pool", "money is spent on lines", nearest(name, known))

    def part(self, steps: Sequence[Step], name: str, value: float | None, of: str) -> None:
        """A share that has to be from 0 to 1."""
        if value is not None and not 0 <= value <= 1:
            self.report([*steps, name], f"{name} is {value:g}", f"it is a part of {of}", as_share(value) if value > 1 else "Write 0 to 1")
