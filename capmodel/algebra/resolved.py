"""A link with its positions found: which ingredient line each row reads, for arrays and for Excel alike."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

from capmodel.algebra.keys import lines_that_differ
from capmodel.algebra.rows import Figures, Floats, Node, Positions, Rows, Sheets


@dataclass(frozen=True, kw_only=True)
class Resolved:
    """A link with its positions found. `rows` are ours; there is an ingredient line for each combination of some of their `columns`."""

    rows: Rows
    columns: tuple[str, ...]
    by_year: bool

    @cached_property
    def _ingredients(self) -> tuple[Positions, Positions]:
        # Only a workbook has ingredient lines.
        return lines_that_differ(self.rows, self.columns)

    @cached_property
    def first_of(self) -> list[int]:
        """For each ingredient line, the first of our lines that reads it."""
        found: list[int] = self._ingredients[0].tolist()
        return found

    @property
    def line_of(self) -> Positions:
        """Which ingredient line each of our lines reads."""
        return self._ingredients[1]

    @cached_property
    def lines(self) -> tuple[tuple[str, ...], ...]:
        """The ingredient lines, each by its texts in `columns`."""
        return tuple(tuple(self.rows.columns[column][line] for column in self.columns) for line in self.first_of)

    def along_axes(self, figures: Figures) -> Floats:
        """The figures for all rows, along the axes of the rows: one of them where all along an axis read the same."""
        raise NotImplementedError

    def gather(self, figures: Figures, at: Positions | None) -> Floats:
        """The figures for the rows `at`, or for all rows where it is None: the array meaning of the link."""
        raise NotImplementedError

    def excel(self, sheets: Sheets, line: int, t: int) -> str:
        """The formula of one ingredient cell, without the equals sign: the Excel meaning of the link."""
        raise NotImplementedError

    def sources(self, row: int) -> list[tuple[Node, int]]:
        """The rows of other columns that one row reads."""
        return []
