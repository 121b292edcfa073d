"""The step rehabilitation: RRR split from hospital spells of a place, from its rehabilitation.yaml."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from capmodel.algebra.rows import Rows
from capmodel.assumptions.document import Document
from capmodel.assumptions.laid_out import LaidOut
from capmodel.assumptions.pack import Pack
from capmodel.assumptions.step import REHABILITATION, Step
from capmodel.care_budgets.rehabilitation.split import TABLES
from capmodel.care_budgets.rehabilitation.stated import read_rehabilitation
from capmodel.errors import Problem

FILE = "rehabilitation.yaml"


def _rows(pack: Pack, known: Mapping[str, Rows], read: Mapping[str, Any]) -> dict[str, Rows]:
    return dict(read[REHABILITATION].rows) if REHABILITATION in read else {}


def _read(document: Document, pack: Pack, problems: list[Problem]) -> LaidOut | None:
    return None if document.content is None else read_rehabilitation(document, pack.years, problems, pack.sources)


STEP = Step(name=REHABILITATION, label="recovery, rehabilitation and reablement", tables=TABLES, rows=_rows, files=(FILE,), read=_read)
