"""The step capitation: need, growth, the envelope and each segment's allocation."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from capmodel.algebra.rows import Rows
from capmodel.assumptions.pack import Pack
from capmodel.assumptions.step import CAPITATION, SPEND, Step
from capmodel.capitation import allocation


def _rows(pack: Pack, known: Mapping[str, Rows], read: Mapping[str, Any]) -> dict[str, Rows]:
    return allocation.rows(pack)


STEP = Step(
    name=CAPITATION,
    label="capitation",
    tables=allocation.TABLES,
    rows=_rows,
    marks=("population_growth_share", "fitted_need_index"),
    members={"age_band": (), "segment": ("age_band",)},
    needs=(SPEND,),
)
