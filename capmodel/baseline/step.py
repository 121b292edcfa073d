"""The step segment spend, by either of its two routes: from published figures, or from person-level data."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from capmodel.algebra.rows import Rows
from capmodel.assumptions.pack import Pack
from capmodel.assumptions.step import SPEND, Step
from capmodel.baseline import control, recorded, spend

PUBLISHED_MARKS = (
    "group_persons", "published_price_gbp_per_person", "group_share", "setting_share",
    "group_price_gbp_per_person", "calibrated_flag", "anchor_flag", "social_care_control_gbp",
)  # fmt: skip
_PLACES = {"setting": (), "party": ("role",)}


def _published_rows(pack: Pack, known: Mapping[str, Rows], read: Mapping[str, Any]) -> dict[str, Rows]:
    return {**spend.rows(pack), **control.rows(pack, control.TABLES)}


def _recorded_rows(pack: Pack, known: Mapping[str, Rows], read: Mapping[str, Any]) -> dict[str, Rows]:
    return {**recorded.rows(pack), **control.rows(pack, control.NHS_TABLES)}


PUBLISHED = Step(
    name=SPEND,
    label="segment spend",
    tables=(*spend.TABLES, *control.TABLES),
    rows=_published_rows,
    marks=PUBLISHED_MARKS,
    members={"group": (), "segment": ("group", "price_year", "base_year"), **_PLACES},
    routes=spend.spend.name,
    rows_come_from=spend.ROWS_COME_FROM,
    check=spend.check,
    check_figures=spend.check_figures,
)
RECORDED = Step(
    name=SPEND,
    label="segment spend",
    tables=(*recorded.TABLES, *control.NHS_TABLES),
    rows=_recorded_rows,
    marks=recorded.RECORDED,
    members={"group": (), "segment": ("group",), **_PLACES},
    routes=recorded.spend.name,
    rows_come_from=recorded.ROWS_COME_FROM,
    check=recorded.check,
    check_figures=recorded.check_figures,
)
#: The step by the basis that place.yaml states.
STEPS = {"aggregate": PUBLISHED, "person-level": RECORDED}
