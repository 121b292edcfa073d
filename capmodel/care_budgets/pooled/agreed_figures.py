"""The figures of an agreement that has been worked out, by table, column, year and key."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from capmodel.algebra.evaluate import Values
from capmodel.algebra.rows import YEAR
from capmodel.algebra.table import Table
from capmodel.money import pounds


@dataclass(frozen=True)
class AgreedFigures:
    """The figures of an agreement by table, column, year and key."""

    kind: str
    title: str
    years: tuple[int, ...]
    tables: tuple[Table, ...]
    labels: Mapping[str, str]
    figures: Values

    def at(self, table: str, column: str, year: int, *key: str) -> float:
        """One figure; a figure that holds for all years is the same in each."""
        rows = self.figures.inputs.rows[table]
        lines = list(dict.fromkeys(rows.keys(self._keys(table))))
        t = rows.years.index(year) if rows.years else 0
        return float(self.figures.figure((table, column))[lines.index(key) * rows.across + t]) + 0.0

    def ids(self, table: str) -> list[tuple[str, ...]]:
        """The keys of a table's rows, without the year; none where the agreement has no such table."""
        if all(each.name != table for each in self.tables):
            return []
        return list(dict.fromkeys(self.figures.inputs.rows[table].keys(self._keys(table))))

    def _keys(self, table: str) -> list[str]:
        return [key for key in next(each.keys for each in self.tables if each.name == table) if key != YEAR]


def shares(parts: Sequence[tuple[str, float]]) -> str:
    """Amounts of several, each after whose it is.

    >>> shares([("board", 75.0), ("council", 25.0)])
    'board £75.00, council £25.00'
    """
    return ", ".join(f"{name} {pounds(amount)}" for name, amount in parts)
