"""Small tables for tests of the algebra: a table, what is given to it, and a rule under a name of its own."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from capmodel.algebra.evaluate import Inputs, Values
from capmodel.algebra.rows import Rows
from capmodel.algebra.table import Table


def table(name: str = "t", keys: tuple[str, ...] = ("row",)) -> Table:
    return Table(name, keys, name.title(), "Sheet")


def given(rows: dict[str, Rows], columns: dict[tuple[str, str], Any], **assumptions: Any) -> Values:
    figures = {name: np.array(value, dtype=float) for name, value in assumptions.items()}
    return Values(
        Inputs(rows, {node: np.array(value, dtype=float) for node, value in columns.items()}, figures, {name: value.ndim > 0 for name, value in figures.items()})
    )  # fmt: skip


def named(name: str, rule: Callable[..., Any]) -> Callable[..., Any]:
    rule.__name__ = name
    return rule
