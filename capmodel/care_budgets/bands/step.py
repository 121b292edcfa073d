"""The step bands: people in long-term-condition bands of a place and their budgets, from its bands.yaml."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from capmodel.algebra.rows import Rows
from capmodel.assumptions.document import Document
from capmodel.assumptions.laid_out import LaidOut
from capmodel.assumptions.pack import Pack
from capmodel.assumptions.step import BANDS, Step
from capmodel.care_budgets.bands.people_by_band import TABLES
from capmodel.care_budgets.bands.stated import read_bands
from capmodel.errors import Problem

FILE = "bands.yaml"


def _rows(pack: Pack, known: Mapping[str, Rows], read: Mapping[str, Any]) -> dict[str, Rows]:
    return dict(read[BANDS].rows) if BANDS in read else {}


def _read(document: Document, pack: Pack, problems: list[Problem]) -> LaidOut | None:
    return None if document.content is None else read_bands(document, pack.folder, pack.years, problems, pack.sources)


STEP = Step(name=BANDS, label="long-term-condition bands", tables=TABLES, rows=_rows, files=(FILE,), read=_read)
