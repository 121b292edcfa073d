"""The step holders: contracts within contracts, from holders.yaml."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from capmodel.algebra.rows import Rows
from capmodel.assumptions.document import Document
from capmodel.assumptions.laid_out import LaidOut
from capmodel.assumptions.pack import Pack
from capmodel.assumptions.step import HOLDERS, Step
from capmodel.contracts.holders.lay_out import read_holders
from capmodel.contracts.holders.totals import TABLES
from capmodel.errors import Problem

FILE = "holders.yaml"


def _rows(pack: Pack, known: Mapping[str, Rows], read: Mapping[str, Any]) -> dict[str, Rows]:
    return dict(read[HOLDERS].rows) if HOLDERS in read else {}


def _read(document: Document, pack: Pack, problems: list[Problem]) -> LaidOut | None:
    return None if document.content is None else read_holders(document, pack.years, problems, pack.sources)


STEP = Step(name=HOLDERS, label="contracts within contracts", tables=TABLES, rows=_rows, files=(FILE,), read=_read)
