"""Rows of a table, and what links need to know of figures and of sheets.

Figures lie line by line, years within a line. Arrays hold rows on the last axis; draws or scenarios lie on leading axes.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Protocol, TypeVar

import numpy as np
from numpy.typing import NDArray

from capmodel.algebra.axes import Axes, axes_of

YEAR = "year"
Node = tuple[str, str]  # (table name, column name)
Floats = NDArray[np.float64]
Kind = TypeVar("Kind", bound=np.generic)
Positions = NDArray[np.intp]


@dataclass(frozen=True)
class Rows:
    """The rows of one table: key and attribute columns, one entry a line, and the years that run across.

    Figures lie line by line: the figure of line i in the t-th year is at position `i * number of years + t`.
    """

    columns: Mapping[str, tuple[str, ...]]
    years: tuple[int, ...] = ()

    @cached_property
    def lines(self) -> int:
        """How many lines run down."""
        return len(next(iter(self.columns.values()))) if self.columns else 1

    @cached_property
    def across(self) -> int:
        """How many figures a line holds."""
        return len(self.years) or 1

    def __len__(self) -> int:
        return self.lines * self.across

    def __hash__(self) -> int:
        return self._hash

    @cached_property
    def _hash(self) -> int:
        return hash((frozenset(self.columns.items()), self.years))

    def values(self, column: str) -> list[str]:
        """One column over all positions, years as text."""
        if column == YEAR:
            return [str(year) for year in self.years] * self.lines
        across = self.across
        return list(self.columns[column]) if across == 1 else [value for value in self.columns[column] for _ in range(across)]

    def keys(self, columns: Sequence[str]) -> list[tuple[str, ...]]:
        """Several columns over all positions, as tuples."""
        if not columns:
            return [()] * len(self)
        return list(zip(*(self.values(column) for column in columns), strict=True))

    @property
    def shape(self) -> tuple[int, ...]:
        """How many rows lie along each axis: those of the lines, and the years last.

        >>> Rows({"party": ("trust", "trust", "council", "council"), "side": ("gain", "loss") * 2}, (2026, 2027, 2028)).shape
        (2, 2, 3)
        """
        return (*self._axes.shape, self.across)

    def codes(self, column: str) -> tuple[tuple[str, ...], Positions]:
        """The texts of a column, each once, and which of them a row has, along the axis that the column varies along.

        >>> texts, codes = Rows({"party": ("trust", "council", "trust")}, (2026, 2027)).codes("party")
        >>> texts, codes.shape, codes.ravel().tolist()
        (('trust', 'council'), (3, 1), [0, 1, 0])
        """
        if column not in self._codes:
            last = len(self.shape) - 1
            axis, texts = (last, tuple(str(year) for year in self.years)) if column == YEAR else self._axes.columns[column]
            position = {text: i for i, text in enumerate(dict.fromkeys(texts))}
            codes = np.fromiter(map(position.__getitem__, texts), dtype=np.intp, count=len(texts))
            self._codes[column] = tuple(position), codes.reshape([-1 if i == axis else 1 for i in range(last + 1)])
        return self._codes[column]

    def in_full(self, figures: NDArray[Kind]) -> NDArray[Kind]:
        """One figure a row, of figures that lie along some of the axes: the last axes are those of the rows.

        >>> Rows({"party": ("trust", "council")}, (2026, 2027)).in_full(np.array([[1.0], [2.0]])).tolist()
        [1.0, 1.0, 2.0, 2.0]
        """
        leading = figures.shape[: figures.ndim - len(self.shape)]
        full = figures if figures.shape[len(leading) :] == self.shape else np.broadcast_to(figures, (*leading, *self.shape))
        return full.reshape((*leading, len(self)))

    def along_axes(self, figures: NDArray[Kind]) -> NDArray[Kind]:
        """Figures with one a row, laid along the axes of the rows."""
        return figures.reshape((*figures.shape[:-1], *self.shape))

    @cached_property
    def matched(self) -> dict[tuple[object, ...], tuple[Callable[[], Rows | None], Any]]:
        """How its keys match those of other rows, as far as `keys` has been asked."""
        return {}

    @cached_property
    def _axes(self) -> Axes:
        return axes_of(self.columns)

    @cached_property
    def _codes(self) -> dict[str, tuple[tuple[str, ...], Positions]]:
        return {}


def rows_at(figures: NDArray[Kind], at: Positions | None) -> NDArray[Kind]:
    """Some rows of figures, which lie on the last axis; all of them, without a copy, where `at` is None.

    >>> rows_at(np.array([[1.0, 2.0], [3.0, 4.0]]), np.array([1])).tolist()
    [[2.0], [4.0]]
    """
    return figures if at is None else figures[..., at]


class Figures(Protocol):
    """Where links find the figures that are already worked out."""

    def figure(self, node: Node) -> Floats:
        """A column, rows on the last axis."""
        ...

    def assumed(self, name: str) -> Floats:
        """An assumption: one figure, or one a year, on the last axis."""
        ...


class Sheets(Protocol):
    """Where links find the cells that hold the figures. `t` is the position of the year; None means the constant column."""

    def cell(self, node: Node, line: int, t: int | None) -> str:
        """The cell of one figure."""
        ...

    def span(self, node: Node, first: int, last: int, t: int | None) -> str:
        """The range of some lines of a column, in one year, or over all its years where t is None."""
        ...

    def across(self, node: Node, line: int) -> str:
        """The range of one line over all its years."""
        ...

    def place_of_year(self, t: int, years: int) -> str:
        """The place of a year among those on the ruler of our sheet, counted from 1."""
        ...

    def labels(self, node: Node, column: str) -> str:
        """The range of key or attribute labels beside a column."""
        ...

    def own_label(self, position: int, above: bool = False) -> str:
        """A label cell of the ingredient line that is being written, or of the line above it."""
        ...

    def assumption(self, name: str, t: int | None) -> str:
        """The cell of an assumption in use."""
        ...
