"""Allocation rules as data: a YAML file of named lines, each with a label, a formula and a source.

A name ends in its unit, formulas are read by `capmodel.algebra.expression`, and any number other than 0, 1, 12, 100 and
1000 is a named constant with a status and a source. This file says what a rule file may hold; `checks` reads one and
finds what is wrong with it, `figures` reads the figures it is applied to, and `allocate` works them out.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from pydantic import Field, model_validator

from capmodel.algebra.expression import Expression
from capmodel.algebra.functions import above, at_most, below
from capmodel.algebra.rows import Floats
from capmodel.algebra.unit import decimals_of
from capmodel.assumptions.document import Document, Number, Strict
from capmodel.assumptions.figures import LARGEST
from capmodel.assumptions.load import SourceEntry
from capmodel.assumptions.pack import Status
from capmodel.assumptions.tables import Figures
from capmodel.assumptions.years import Year, key_of

#: How far a group of weights may be from 1 in all.
WEIGHTS_WITHIN = 1e-9


def senseless(unit: str, values: Floats) -> tuple[NDArray[np.bool_], str, str]:
    """Which figures of a unit cannot be meant, why, and what to do: factors of zero, fewer than no people, shares above 1.

    >>> senseless("share", np.array([0.5, 2.0]))[0].tolist()
    [False, True]
    """
    if (np.abs(values) > LARGEST).any() and unit != "share":
        return np.abs(values) > LARGEST, "no body has so much", "Correct the size"
    if unit == "index":
        return values <= 0, "a factor of zero or less would wipe the body out", "Correct it; 1 leaves a figure as it is"
    if unit == "persons":
        return values < 0, "there cannot be fewer than no people", "Correct the sign"
    if unit == "share":
        return above(np.abs(values), 1), "a share is a part of 1", "Write 0.02 if 2 per cent is meant"
    return np.zeros(values.shape, dtype=bool), "", ""


class Constant(Strict):
    """A number of the rule: one figure, or one a year, or one for each member of a text column."""

    label: str
    value: Number | None = None
    values: dict[str, Number] | None = None
    by: str | None = None
    status: Status
    source: str
    note: str = ""

    @model_validator(mode="after")
    def _years_by_number(self) -> Constant:
        if self.values is not None and self.by is None:
            self.values = {key_of(key): value for key, value in self.values.items()}
        return self


class Weights(Strict):
    """Constants that must add up to 1."""

    constants: list[str] = Field(min_length=2)
    within: Number = WEIGHTS_WITHIN


class Limit(Strict):
    """What a figure or a line may be; outside it nothing is worked out."""

    at_least: Number | None = None
    at_most: Number | None = None
    above: Number | None = None
    why: str

    @property
    def bounds(self) -> str:
        """The bounds in words."""
        given = {"at least": self.at_least, "at most": self.at_most, "above": self.above}
        return " and ".join(f"{word} {bound:,.6g}" for word, bound in given.items() if bound is not None)

    def outside(self, values: Floats, unit: str) -> NDArray[np.bool_]:
        """Which figures are outside the bounds, noise aside.

        >>> Limit(above=0, at_most=9, why="for show").outside(np.array([0.0, 9.0, 10.0]), "GBP").tolist()
        [True, False, True]
        """
        found, decimals = np.zeros(np.shape(values), dtype=bool), decimals_of(unit)
        for beyond, bound in ((below, self.at_least), (above, self.at_most), (at_most, self.above)):
            if bound is not None:
                found |= beyond(values, bound, decimals)
        return found


class LineOf(Strict):
    """A step of the rule: a column of what is written."""

    label: str
    rule: str
    source: str
    note: str = ""


class Solve(Strict):
    """One number a year, found so that one total equals another."""

    label: str
    such_that: str
    equals: str
    between: tuple[Number, Number]
    within: Number = 0.005
    source: str
    note: str = ""


class Level(Strict):
    """Columns rolled up to the members of a text column: added up, or the same for all of a member."""

    sum: list[str] = Field(default_factory=list)
    same: list[str] = Field(default_factory=list)


class Published(Strict):
    """The figure a line must reproduce, and how closely."""

    against: str
    tolerance: Number
    relative: bool = False
    note: str = ""


class RuleFile(Strict):
    """A rule file as it is written."""

    id: str = Field(pattern=r"^[a-z0-9][a-z0-9-]*$")
    title: str
    description: str
    key: str = "place"
    years: list[Year] = Field(default_factory=list)
    sources: dict[str, SourceEntry]
    figures: dict[str, Figures] = Field(min_length=1)
    constants: dict[str, Constant] = Field(default_factory=dict)
    weights: dict[str, Weights] = Field(default_factory=dict)
    limits: dict[str, Limit] = Field(default_factory=dict)
    lines: dict[str, LineOf] = Field(min_length=1)
    solve: dict[str, Solve] = Field(default_factory=dict)
    levels: dict[str, Level] = Field(default_factory=dict)
    published: dict[str, Published] = Field(default_factory=dict)


@dataclass(frozen=True)
class Rule:
    """A rule that has been read and found sound. `order` is the order in which lines and solved numbers can be worked out."""

    file: RuleFile
    document: Document
    lines: Mapping[str, Expression]
    goals: Mapping[str, tuple[Expression, Expression]]
    order: tuple[str, ...]
    #: The lines that stand between a solved number and its goal.
    waits: Mapping[str, tuple[str, ...]]

    @property
    def text(self) -> tuple[str, ...]:
        """The text columns, such as the levels a body belongs to."""
        return tuple(name for block in self.file.figures.values() for name in block.text)

    @property
    def columns(self) -> tuple[str, ...]:
        """The columns of figures."""
        return tuple(name for block in self.file.figures.values() for name in block.columns)

    @property
    def labels(self) -> dict[str, str]:
        """What every name is called in words."""
        file = self.file
        found = {name: block.column(name).label or _plain(name) for block in file.figures.values() for name in block.columns}
        found |= {name: _plain(name) for name in self.text}
        return found | {name: entry.label for part in (file.constants, file.lines, file.solve) for name, entry in part.items()}


def _plain(name: str) -> str:
    return name.replace("_", " ")
