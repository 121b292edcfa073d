"""The step agreements: a contract as a list of agreements, from agreements.yaml and tables of the place."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from capmodel.algebra.rows import Rows
from capmodel.assumptions.document import Document
from capmodel.assumptions.laid_out import LaidOut
from capmodel.assumptions.pack import Pack
from capmodel.assumptions.step import AGREEMENTS, PAYMENTS, Step
from capmodel.contracts.agreements import POINT, year_of_care
from capmodel.contracts.agreements.checks import figure_faults
from capmodel.contracts.agreements.lay_out import read_agreements
from capmodel.contracts.agreements.place_tables import FACTOR, PLAN, PRICE
from capmodel.contracts.agreements.totals import TABLES
from capmodel.errors import Problem

FILE = "agreements.yaml"


def _rows(pack: Pack, known: Mapping[str, Rows], read: Mapping[str, Any]) -> dict[str, Rows]:
    return dict(read[AGREEMENTS].rows) if AGREEMENTS in read else {}


def _read(document: Document, pack: Pack, problems: list[Problem]) -> LaidOut | None:
    return None if document.content is None else read_agreements(document, pack, problems)


STEP = Step(
    name=AGREEMENTS,
    label="agreements by line of service",
    tables=TABLES,
    rows=_rows,
    files=(FILE,),
    marks=(PLAN, PRICE, FACTOR),
    read=_read,
    members={"setting": (), POINT: (), "party": ("role",)},
    rows_come_from=(PLAN,),
    joined={PAYMENTS: year_of_care.TABLES},
    check_figures=figure_faults,
)
