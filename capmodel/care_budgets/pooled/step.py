"""The step pool: a pooled budget or a performance pot of a place, as its pool.yaml holds one or the other."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from functools import cache
from typing import Any

from capmodel.algebra.rows import Rows
from capmodel.algebra.table import Table
from capmodel.assumptions.document import Document
from capmodel.assumptions.laid_out import LaidOut
from capmodel.assumptions.pack import Pack
from capmodel.assumptions.step import POOL, Step
from capmodel.care_budgets.pooled import conditions, performance_pot, pooled_budget
from capmodel.care_budgets.pooled.agreement import read_pool
from capmodel.care_budgets.pooled.performance_pot import read_pot
from capmodel.care_budgets.pooled.statement import POOLED, POT, kind_of, tables_of
from capmodel.errors import BadInput, Problem

FILE = "pool.yaml"


def _rows(pack: Pack, known: Mapping[str, Rows], read: Mapping[str, Any]) -> dict[str, Rows]:
    return dict(read[POOL].rows) if POOL in read else {}


def _read(document: Document, pack: Pack, problems: list[Problem]) -> LaidOut | None:
    """Read pool.yaml for the years of the place."""
    if document.content is None:
        return None
    try:
        kind = kind_of(document)
    except BadInput as error:
        problems += error.problems
        return None
    return read_pool(document, pack.years, problems, pack.sources) if kind == POOLED else read_pot(document, pack.years, problems)


#: A pooled budget that is held against the conditions of a grant has the tables of those it states too; here are all that there may be.
CONDITIONED = "pooled budget under conditions"
_CONDITIONED = (*pooled_budget.TABLES, *conditions.TABLES)
#: The step by the kind of agreement.
STEPS = {
    POOLED: Step(name=POOL, label="the pooled budget", tables=pooled_budget.TABLES, rows=_rows, files=(FILE,), read=_read),
    CONDITIONED: Step(name=POOL, label="the pooled budget", tables=_CONDITIONED, rows=_rows, files=(FILE,), read=_read),
    POT: Step(name=POOL, label="the performance pot", tables=performance_pot.TABLES, rows=_rows, files=(FILE,), read=_read),
}


def step_of(document: Document | None) -> Step:
    """The step of an agreement; a pooled budget where it is neither, which is reported when it is read."""
    try:
        return _with(kind_of(document), tables_of(document)) if document else STEPS[POOLED]
    except BadInput:
        return STEPS[POOLED]


@cache
def _with(kind: str, tables: tuple[Table, ...]) -> Step:
    """The step of a kind with its tables, one for all places that have the same, so that their runs may be compared."""
    return STEPS[kind] if STEPS[kind].tables == tables else replace(STEPS[kind], tables=tables)
