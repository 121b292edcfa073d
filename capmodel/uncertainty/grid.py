"""Terms that are negotiated: how they are named, the values they may take, and the figures that one design of a contract changes.

Terms are named as with `--set`; a `*` stands for every key, a `+` joins terms that move together, and a value such as `x0.5`
multiplies what the contract says. Where shares of bands are varied, one party takes the rest, so that every pound stays somebody's.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from pydantic import Field

from capmodel.assumptions.document import Number, Strict, read_mapping
from capmodel.assumptions.pack import Assumed, Column
from capmodel.assumptions.years import key_of
from capmodel.errors import Problem, nearest, problem_of
from capmodel.place.chain import Chain

SHARES, TO_PROVIDERS = "band_party_share", "band_providers_share"
CONTRACT = "contract.yaml"
_NAME = re.compile(r"(?P<name>[a-z0-9_]+)(\[(?P<key>[^\]]*)\])?")
_VALUE = re.compile(r"(?P<times>x?)(?P<number>[-+]?[0-9]*\.?[0-9]+(e[-+]?[0-9]+)?)", re.IGNORECASE)


@dataclass(frozen=True)
class Value:
    """A value of a term: a figure, or so many times what the contract says."""

    number: float
    times: bool = False

    @property
    def described(self) -> str:
        """As it is written: `0.02`, or `x0.5`."""
        return f"{'x' if self.times else ''}{self.number:g}"


@dataclass(frozen=True)
class Term:
    """A term and the values it may take; `name` may join several with a +."""

    name: str
    values: tuple[Value, ...]

    @property
    def parts(self) -> list[str]:
        """The names it joins."""
        return [part.strip() for part in self.name.split("+")]


def read_term(name: str, texts: Sequence[str], where: str, problems: list[Problem]) -> Term:
    """A term from its name and its values as text.

    >>> read_term("cap_gbp[*,loss]", ["1e6", "x0.5"], "--vary", []).values[1]
    Value(number=0.5, times=True)
    """
    found = []
    for text in texts:
        match = _VALUE.fullmatch(text.strip())
        if match is None:
            remedy = "Write 0.02, or x0.5 for half of the present figure"
            problems.append(Problem(where, f"{text!r} is no value", "a term takes numbers", remedy))
        else:
            found.append(Value(float(match["number"]), bool(match["times"])))
    if not texts or not name.strip():
        problems.append(Problem(where, "there is no name or no value", "there is nothing to vary", "Write name=0.1,0.2"))
    return Term(name.strip(), tuple(dict.fromkeys(found)))


class Grid(Strict):
    """A file of terms to negotiate, in the place of arguments."""

    vary: dict[str, list[Number | str]] = Field(min_length=1)
    rest: str = ""
    against: Literal["none", "present"] = "none"
    risk_price: Number | None = None


def read_grid(path: Path, problems: list[Problem]) -> tuple[Grid | None, list[Term]]:
    """A grid of terms from a YAML file; every fault is reported with its line."""
    document = read_mapping(path, problems)
    grid = document.parse(Grid, (), problems) if document else None
    if document is None or grid is None:
        return None, []
    terms = [
        read_term(name, [str(value) for value in values], document.where(["vary", name]), problems) for name, values in grid.vary.items()
    ]
    return grid, terms


@dataclass(frozen=True)
class Book:
    """The terms of a contract as they are: assumptions in use, input columns, bands, parties, who takes the rest, and the steps of the place."""

    assumptions: Mapping[str, Assumed]
    columns: Mapping[str, Column]
    bands: Sequence[tuple[str, str]]
    parties: Sequence[str]
    rest: str
    chain: Chain

    @property
    def names(self) -> list[str]:
        """Every term of the contract."""
        assumed = [name for name, each in self.assumptions.items() if each.clause]
        return assumed + [name for name, column in self.columns.items() if column.file == CONTRACT]

    def figures(self, part: str, problems: list[Problem]) -> dict[str, float]:
        """The figures that a name stands for, by their full names, as the contract has them."""
        match = _NAME.fullmatch(part)
        name, asked = (match["name"], match["key"]) if match else (part, None)
        if name not in self.names:
            what, why = f"{name!r} is no term of the contract", "only terms are negotiated"
            problems += self.chain.absent(part, name) or [Problem(part, what, why, nearest(name, self.names))]
            return {}
        if name in self.assumptions:
            values = self.assumptions[name].values
            present = {f"{name}[{year}]" if year else name: figure.value for year, figure in values.items()}
        else:
            places = self.columns[name].figures.items()
            present = {f"{name}[{','.join((*key, *((str(year),) if year else ())))}]": figure.value for (key, year), figure in places}
        try:
            wanted = [key_of(text) for text in asked.split(",")] if asked else None
        except ValueError as error:
            problems.append(problem_of(part, error))
            return {}
        found = {full: value for full, value in present.items() if wanted is None or _fits(wanted, full)}
        taken = [full for full in found if name == SHARES and full.endswith(f",{self.rest}]")]
        if not found:
            problems.append(Problem(part, f"no figure of {name} fits", "its keys are those of the contract", nearest(part, present)))
        elif taken:
            remedy = "Name parties one by one, or another --rest"
            problems.append(Problem(part, f"it varies the share of {self.rest}", "that party takes the rest", remedy))
        return found

    def changes(self, terms: Sequence[Term], values: Sequence[Value]) -> dict[str, float] | None:
        """The figures of one design by name; None where what shares leave is below zero."""
        found: dict[str, float] = {}
        for term, value in zip(terms, values, strict=True):
            for part in term.parts:
                present = self.figures(part, [])
                found.update({name: own * value.number if value.times else value.number for name, own in present.items()})
        return self._with_rest(found)

    def share(self, side: str, band: str, party: str) -> float:
        """A party's own share of a band."""
        return self.columns[SHARES].figures[(side, band, party), None].value

    def _with_rest(self, found: dict[str, float]) -> dict[str, float] | None:
        for side, band in self.bands:
            names = {party: share_name(side, band, party) for party in self.parties}
            if any(name in found for name in names.values()):
                others = sum(found.get(name, self.share(side, band, party)) for party, name in names.items() if party != self.rest)
                left = 1.0 - self.columns[TO_PROVIDERS].figures[(side, band), None].value - others
                if left < -1e-12:
                    return None
                found[names[self.rest]] = max(left, 0.0)
        return found


def share_name(side: str, band: str, party: str) -> str:
    """The full name of a party's share of a band.

    >>> share_name("gain", "band_1", "council")
    'band_party_share[gain,band_1,council]'
    """
    return f"{SHARES}[{side},{band},{party}]"


def _fits(wanted: Sequence[str], full: str) -> bool:
    keys = full[full.index("[") + 1 : -1].split(",") if "[" in full else []
    return len(keys) == len(wanted) and all(ask in ("*", key) for ask, key in zip(wanted, keys, strict=True))
