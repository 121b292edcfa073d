"""The step contract: the settlement of an alliance contract, on budgets that the chain works out or on figures that are given."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from capmodel.algebra.rows import Rows
from capmodel.assumptions.pack import Pack
from capmodel.assumptions.step import CARE_BUDGETS, CONTRACT, OUTTURN, Step
from capmodel.care_budgets.step import GIVEN as GIVEN_BUDGETS
from capmodel.contracts import on_outturn
from capmodel.contracts.given_target import GIVEN as GIVEN_TARGET
from capmodel.contracts.settlement import rows as settlement_rows
from capmodel.contracts.settlement import transfer as settlement


def _rows(pack: Pack, known: Mapping[str, Rows], read: Mapping[str, Any]) -> dict[str, Rows]:
    """The rows of the settlement, once the contract is read; a target that is given brings its own."""
    routes = known.get("spend") or known.get("care_budget")
    return {} if CONTRACT not in read or routes is None else settlement_rows.rows(pack, read[CONTRACT], routes)


STEP = Step(
    name=CONTRACT,
    label="the contract",
    tables=settlement.TABLES,
    rows=_rows,
    files=("contract.yaml",),
    marks=("in_scope_flag", "setting_pressure_share"),
    members={"setting": (), "party": ("role",)},
    needs=(CARE_BUDGETS,),
    joined={OUTTURN: (on_outturn.service,)},
    given={CARE_BUDGETS: (GIVEN_BUDGETS, GIVEN_TARGET)},
)
