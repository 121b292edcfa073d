"""A link with its positions found: which ingredient line each row reads, for arrays and for Excel alike."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from capmodel.algebra.rows import Figures, Floats, Node, Places, Rows, Sheets


@dataclass(frozen=True, kw_only=True)
class Resolved:
    """A link with its positions found. `lines` are the ingredient lines; `line_of` says which one each row reads."""

    columns: tuple[str, ...]
    lines: tuple[tuple[str, ...], ...]
    line_of: Places
    by_year: bool

    @cached_property
    def first_of(self) -> list[int]:
        """For each ingredient line, the first of our lines that reads it."""
        found: list[int] = np.unique(self.line_of, return_index=True)[1].tolist()
        return found

    def gather(self, figures: Figures, at: Places) -> Floats:
        """The figures for the rows `at`: the array meaning of the link."""
        raise NotImplementedError

    def excel(self, sheets: Sheets, line: int, t: int) -> str:
        """The formula of one ingredient cell, without the equals sign: the Excel meaning of the link."""
        raise NotImplementedError

    def sources(self, row: int) -> list[tuple[Node, int]]:
        """The rows of other columns that one row reads."""
        return []


def ingredient_lines(me: Rows, columns: tuple[str, ...]) -> tuple[tuple[tuple[str, ...], ...], Places]:
    """The distinct combinations of some of a table's columns, and which of them each of its lines has."""
    if not columns:
        return ((),), np.zeros(me.lines, dtype=np.intp)
    keys = list(zip(*(me.columns[column] for column in columns), strict=True))
    position = {key: i for i, key in enumerate(dict.fromkeys(keys))}
    return tuple(position), np.array([position[key] for key in keys], dtype=np.intp)
