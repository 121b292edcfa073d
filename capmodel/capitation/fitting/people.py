"""The people that a fit is made on: their cost, time and group, and what may explain the cost, as columns of numbers.

Segments that may not stand apart from others are one group here (`release`), so that nothing worked out from these figures can disclose
one of them. How the figures are read from an extract is in `read`.
"""

from __future__ import annotations

import itertools
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from capmodel.algebra.rows import Floats, Positions
from capmodel.baseline.persons.sums.add_up import Request
from capmodel.capitation.fitting.release import POOLED
from capmodel.capitation.need import Paid, fingerprint

#: Where the age bands of a fit begin.
BANDS = (0, 5, 17, 40, 55, 70, 80)
Timing = Literal["concurrent", "prospective"]


@dataclass(frozen=True)
class Sources:
    """Where a fit reads: the extract, from which year's records, and beside it conditions by other names and supply by locality.

    `conditions` is a YAML file that says for a score's condition which condition of persons.yaml, or which column of the extract,
    it is; `supply` a CSV file with a figure for each locality of the extract.
    """

    request: Request
    timing: Timing = "concurrent"
    conditions: Path | None = None
    supply: Path | None = None


@dataclass(frozen=True)
class PeopleFigures:
    """The people of the base year, one row each, who were there for some of it.

    `paid` are the groups: the segments that stand alone, and in place of those in `pooled` one group of all of them. `price_gbp` is what
    `segment` shows that a person-year of each group costs, of everybody in the base year (not a number where there is nobody), and
    `by_setting_gbp` each person's cost by setting. `age` and `sex` (0 for female, 1 for male, -1 where it is not known) are
    as recorded, as are `decile` (0 where it is not known) and `score` (not a number where there is none). `flags` are the conditions by
    name. `fewest` is the small number below which nothing is disclosed. `unused` says what is explained without sex or deprivation, and why;
    `blanks` what persons.yaml says that a blank means.
    """

    paid: Paid
    segments: tuple[str, ...]
    pooled: tuple[str, ...]
    price_gbp: Floats
    person: NDArray[np.uint64]
    group: Positions
    years: Floats
    cost_gbp: Floats
    by_setting_gbp: Mapping[str, Floats]
    age: Positions
    sex: Positions
    decile: Positions
    score: Floats
    flags: Mapping[str, NDArray[np.bool_]]
    fewest: int
    supply: Mapping[str, Floats] = field(default_factory=dict)
    #: The conditions of persons.yaml, which a regression may use; `flags` may hold others that a score asks for.
    own_conditions: tuple[str, ...] = ()
    unused: tuple[str, ...] = ()
    blanks: tuple[str, ...] = ()

    @property
    def annual_gbp(self) -> Floats:
        """Cost made annual, pounds a person-year."""
        return self.cost_gbp / self.years

    @cached_property
    def band(self) -> Positions:
        """The number of each person's age band."""
        return np.searchsorted(BANDS, self.age, side="right") - 1

    @cached_property
    def by(self) -> dict[str, NDArray[Any]]:
        """What predictive ratios are shown by: segment, age band and, where it is recorded, decile of deprivation."""
        labels = [f"{low:02d} to {high - 1}" for low, high in itertools.pairwise(BANDS)] + [f"{BANDS[-1]} and over"]
        found: dict[str, NDArray[Any]] = {"segment": np.array(self.paid.ids)[self.group], "age_band": np.array(labels)[self.band]}
        if self.decile.any():
            found["deprivation_decile"] = np.array(["not known", *(f"{n:02d}" for n in range(1, 11))])[self.decile]
        return found

    @cached_property
    def sha256(self) -> str:
        """A fingerprint of every person's figures: whoever has only sums of them cannot try out what stands behind it."""
        parts = (self.person, self.group, self.years, self.cost_gbp, self.age, self.sex, self.decile, self.score)
        return fingerprint(*parts, list(self.flags), *self.flags.values(), list(self.supply), *self.supply.values())

    def expanded(self, by_group: Mapping[str, Any]) -> dict[str, Any]:
        """Figures by group as figures by segment: every segment that is pooled takes that of the pool."""
        return {name: by_group[POOLED if name in self.pooled else name] for name in self.segments}
