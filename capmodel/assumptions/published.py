"""The comparison of figures with those that were published: how many agree, which do not, and what the file says of those.

`capitation.rules` and `contracts.many` say what is compared and how closely. What was not published is not compared.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np

from capmodel.algebra.functions import SHARES, at_most
from capmodel.algebra.rows import Floats
from capmodel.algebra.unit import decimals_of, unit_by_name

#: How many figures that differ are named.
NAMED = 10


@dataclass(frozen=True)
class Difference:
    """A row, and its year where there are several, whose figure is not the published one."""

    key: str
    year: int | None
    ours: float
    published: float

    def __str__(self) -> str:
        year = f" in {self.year}" if self.year is not None else ""
        return f"{self.key}{year}: {self.ours:,.12g}, published {self.published:,.12g}"


@dataclass(frozen=True)
class Comparison:
    """How many rows reproduce a published figure, how far the furthest is away, and which do not; `known` says why of some."""

    name: str
    agree: int
    of: int
    largest: float
    differences: tuple[Difference, ...]
    known: Mapping[str, str] = field(default_factory=dict)

    @property
    def unexplained(self) -> list[Difference]:
        """The differences of which the file says nothing."""
        return [each for each in self.differences if each.key not in self.known]

    def lines(self, label: str) -> list[str]:
        """The outcome as lines of text: how many reproduce, every difference that is explained, and the first of the others.

        >>> off = Difference("E54000027", 2024, 101.0, 100.0)
        >>> Comparison("allocation_gbp", 41, 42, 1.0, (off,)).lines("Allocation")
        ['Allocation: 41 of 42 reproduce (largest difference 1)', '  E54000027 in 2024: 101, published 100']
        """
        rest = self.unexplained
        return [
            f"{label}: {self.agree:,} of {self.of:,} reproduce (largest difference {self.largest:.2g})",
            *(f"  {each}; known: {self.known[each.key]}" for each in self.differences if each.key in self.known),
            *(f"  {each}" for each in rest[:NAMED]),
            *([f"  and {len(rest) - NAMED:,} more"] if len(rest) > NAMED else []),
        ]


def compare_with_published(
    name: str,
    keys: Sequence[str],
    years: Sequence[int | None],
    ours: Floats,
    published: Floats,
    within: float | Floats,
    relative: bool = False,
    reasons: Mapping[str, str] | None = None,
) -> Comparison:
    """Compare a line with the published figures of its rows.

    Args:
        name: the line; its last word is its unit.
        keys: the rows.
        years: the years; one year is not named.
        ours: figures by year and row.
        published: the same, no number where nothing was published.
        within: how far a figure may be away, in its own unit, or as a part of the published figure where it is `relative`.
        relative: differences are parts of the published figure; of a published zero, the figure itself.
        reasons: why rows are known to differ.

    >>> found = compare_with_published("due_gbp", ["a", "b"], [2026], np.array([[1.0, 2.5]]), np.array([[1.0, 2.0]]), 0.01)
    >>> found.agree, found.of, str(found.differences[0])
    (1, 2, 'b: 2.5, published 2')
    """
    counted = ~np.isnan(published)
    away = np.abs(ours - published) / (np.where(published != 0, np.abs(published), 1.0) if relative else 1.0)
    decimals = SHARES if relative else decimals_of(unit_by_name(name.partition("[")[0].rpartition(".")[2]))
    several = len(years) > 1
    differences = tuple(
        Difference(keys[row], years[t] if several else None, float(ours[t, row]), float(published[t, row]))
        for t, row in np.argwhere(~at_most(away, within, decimals) & counted)
    )
    of = int(counted.sum())
    known = {each.key: reasons[each.key] for each in differences if reasons and each.key in reasons}
    return Comparison(name, of - len(differences), of, float(away[counted].max(initial=0.0)), differences, known)
