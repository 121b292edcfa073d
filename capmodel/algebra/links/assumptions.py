"""A rule reads a figure of the pack: as an array, and as a reference to the cell of the assumption in use."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from capmodel.algebra.readable import Readable
from capmodel.algebra.resolved import Resolved
from capmodel.algebra.rows import Figures, Floats, Node, Positions, Rows, Sheets, rows_at
from capmodel.algebra.unit import unit_by_name
from capmodel.errors import RuleError, nearest


@dataclass(frozen=True)
class Assumption:
    """A figure of the pack, the same for every row or one a year."""

    name: str

    def nodes(self, table: Readable) -> list[Node]:
        """It reads no table."""
        return []

    def unit(self, table: Readable) -> str:
        """The unit is the last word of the name."""
        return unit_by_name(self.name)

    def label(self, table: Readable, assumption_labels: Mapping[str, str]) -> str:
        """The pack's own label."""
        return assumption_labels.get(self.name, self.name.replace("_", " "))

    def connect(self, table: Readable, rows: Mapping[str, Rows], by_year: Mapping[str, bool]) -> Resolved:
        """Find which year each row reads."""
        if self.name not in by_year:
            raise RuleError(f"{table.name} reads the assumption {self.name!r}, which is not given. {nearest(self.name, by_year)}")
        varies = by_year[self.name]
        if varies and not table.by_year:
            raise RuleError(f"{table.name} has no years, but the assumption {self.name!r} is given by year")
        return ResolvedAssumption(rows=rows[table.name], columns=(), by_year=varies, name=self.name, unit=self.unit(table))


@dataclass(frozen=True, kw_only=True)
class ResolvedAssumption(Resolved):
    """An assumption, connected."""

    name: str
    unit: str

    def along_axes(self, figures: Figures) -> Floats:
        """One figure for all rows, or one a year."""
        held = figures.assumed(self.name)
        wanted = held if self.by_year else held[..., :1]
        return wanted.reshape((*wanted.shape[:-1], *(1 for _ in self.rows.shape[1:]), -1))

    def gather(self, figures: Figures, at: Positions | None) -> Floats:
        """One figure for all rows, or the figure of each row's year."""
        return figures.assumed(self.name).take(rows_at(self._years, at), axis=-1)

    @cached_property
    def _years(self) -> Positions:
        """The year of each row; the first figure is that of all rows where there is only one."""
        return np.arange(len(self.rows), dtype=np.intp) % (self.rows.across if self.by_year else 1)

    def excel(self, sheets: Sheets, line: int, t: int) -> str:
        """The cell of the assumption in use."""
        return sheets.assumption(self.name, t if self.by_year else None)
