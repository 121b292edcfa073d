"""The step outturn: actual cost by month and its forecast, where a place has outturn.yaml; a contract then settles on it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from capmodel.algebra.rows import Rows
from capmodel.assumptions.pack import Pack
from capmodel.assumptions.step import MONTHS, OUTTURN, Step
from capmodel.care_budgets.outturn.forecast import TABLES
from capmodel.care_budgets.outturn.recorded import read_outturn
from capmodel.errors import BadInput, Problem

FILE = "outturn.yaml"


def _rows(pack: Pack, known: Mapping[str, Rows], read: Mapping[str, Any]) -> dict[str, Rows]:
    """The rows of the lines that have actual cost.

    Raises:
        BadInput: a line of actual cost has no budget.
    """
    if OUTTURN not in read or "month_service" not in known:
        return {}
    budgets, lines = (set(_lines(rows)) for rows in (known["month_service"], read[OUTTURN].rows["outturn_line"]))
    file = str(pack.documents[FILE].content["actuals"])
    why, remedy = "its cost would be held against no budget", "Correct its setting, provider or payer; or take the line out"
    if strange := sorted(lines - budgets):
        raise BadInput([Problem(file, f"there is no budget for {', '.join(line)}", why, remedy) for line in strange])
    return dict(read[OUTTURN].rows)


def _lines(rows: Rows) -> list[tuple[str, ...]]:
    return list(zip(*(rows.columns[name] for name in ("setting", "provider", "payer")), strict=True))


STEP = Step(name=OUTTURN, label="outturn by month", tables=TABLES, rows=_rows, files=(FILE,), read=read_outturn, needs=(MONTHS,))
