"""The step flows: flows between organisations over some past years, where a place has flows.yaml."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from capmodel.algebra.rows import Rows
from capmodel.assumptions.document import Document
from capmodel.assumptions.laid_out import LaidOut
from capmodel.assumptions.pack import Pack
from capmodel.assumptions.step import FLOWS, Step
from capmodel.care_budgets.cost_shunting.growth import TABLES
from capmodel.care_budgets.cost_shunting.read import read_flows
from capmodel.errors import Problem

FILE = "flows.yaml"


def _rows(pack: Pack, known: Mapping[str, Rows], read: Mapping[str, Any]) -> dict[str, Rows]:
    return dict(read[FLOWS].rows) if FLOWS in read else {}


def _read(document: Document, pack: Pack, problems: list[Problem]) -> LaidOut | None:
    return None if document.content is None else read_flows(document, problems, pack.sources, pack.labels())


STEP = Step(name=FLOWS, label="flows between organisations", tables=TABLES, rows=_rows, files=(FILE,), read=_read)
