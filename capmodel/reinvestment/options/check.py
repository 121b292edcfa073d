"""How options.yaml is checked: the file, what its names may be, and the faults that many parts of it may have."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from capmodel.assumptions.dimensions import check_member
from capmodel.assumptions.document import Document, Step
from capmodel.assumptions.figures import check_figure, check_source
from capmodel.assumptions.pack import Entry, Source
from capmodel.assumptions.years import year_label
from capmodel.errors import Problem, nearest


@dataclass(frozen=True)
class Check:
    """The file that is checked, what its names may be, and where faults are written down."""

    document: Document
    dimensions: Mapping[str, tuple[Entry, ...]]
    sources: Mapping[str, Source]
    years: tuple[int, ...]
    problems: list[Problem]

    def fault(self, steps: list[Step], what: str, why: str, remedy: str) -> None:
        """Report a fault at a place in the file."""
        self.problems.append(self.document.problem(steps, what, why, remedy))

    def member(self, steps: list[Step], kind: str, name: str) -> None:
        """Report a name that is no member of its dimension; a dimension that is missing is reported where it should stand."""
        if kind in self.dimensions:
            check_member(kind, name, self.dimensions, self.document.where(steps), self.problems)

    def has(self, kind: str, name: str) -> bool:
        """True where a dimension has a member of that name."""
        return any(entry.id == name for entry in self.dimensions.get(kind, ()))

    def provider(self, steps: list[Step], name: str) -> None:
        """Report a name that is no party, or a party that provides no care."""
        self.member(steps, "party", name)
        role = {entry.id: entry.text("role") for entry in self.dimensions.get("party", ())}.get(name, "")
        if role not in ("", "provider"):
            self.fault(steps, f"{name} is a {role}, not a provider", "it has no cost of care to release", "Name a provider")

    def source(self, steps: list[Step], name: str) -> None:
        """Report a source that is not known."""
        check_source(name, self.sources, self.document.where(steps), self.problems)

    def share(self, steps: list[Step], name: str, value: float) -> None:
        """Report a share that cannot be one."""
        check_figure(name, "share", value, self.document.where(steps), self.problems)

    def part(self, steps: list[Step], name: str, value: float) -> None:
        """Report what is no part of a whole: below zero or above 1."""
        if value < 0:
            self.fault(steps, f"{name} is {value:g}", "a part is not below zero", "Write it without the minus")
        else:
            self.share(steps, name, value)

    def yearly(self, steps: list[Step], given: Mapping[int, float], signed: bool = False) -> None:
        """Report figures by year that lack a year or have one too many, and one below zero unless it may be."""
        name = str(steps[-1])
        missing = [str(year) for year in self.years if year not in given]
        if missing:
            self.fault(steps, f"{name} has no figure for {', '.join(missing)}", "each model year needs one; gaps are not filled", "Add it")
        for year, value in given.items():
            if year not in self.years:
                what = f"{name} has a figure for {year_label(year)}"
                self.fault([*steps, year], what, "it is no year of the place and would have no effect", "Remove it, or correct the year")
            elif value < 0 and not signed:
                remedy = "Correct the sign: a saving is an effect" if name.endswith("cost_gbp") else "Correct the sign"
                self.fault([*steps, year], f"{name} is {value:g}", "it is not below zero", remedy)

    def known(self, steps: list[Step], name: str, options: list[str]) -> None:
        """Report a name that is no option."""
        if name not in options:
            self.fault(steps, f"{name!r} is not an option", "the model has no row for it", nearest(name, options))

    def once(self, steps: list[Step], name: str, seen: set[str]) -> None:
        """Report an id that is taken already; `seen` holds those so far."""
        if name in seen:
            self.fault(steps, f"the id {name} is used twice", "each row needs its own", "Give one of them another id")
        seen.add(name)
