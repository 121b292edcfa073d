"""The step payments: Year of Care payments of a place, from its payments.yaml and the tables beside it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from capmodel.algebra.rows import Rows
from capmodel.assumptions.document import Document
from capmodel.assumptions.laid_out import LaidOut
from capmodel.assumptions.pack import Pack
from capmodel.assumptions.step import PACKAGES, PAYMENTS, Step
from capmodel.care_budgets.currency.bottom_up import bottom_up
from capmodel.care_budgets.currency.tables import TABLES
from capmodel.care_budgets.currency.terms import read_payments
from capmodel.errors import Problem

FILE, PACKAGES_FILE = "payments.yaml", "packages.yaml"


def _rows(pack: Pack, known: Mapping[str, Rows], read: Mapping[str, Any]) -> dict[str, Rows]:
    return dict(read[PAYMENTS].rows) if PAYMENTS in read else {}


def _read(document: Document, pack: Pack, problems: list[Problem]) -> LaidOut | None:
    if document.content is None:
        return None
    return read_payments(document, pack.folder, pack.years, problems, pack.sources, _packages(pack))


def _packages(pack: Pack) -> list[str] | None:
    """The ids of the care packages of the place; None where its file cannot be read, which is reported by its own step."""
    document = pack.documents.get(PACKAGES_FILE)
    if document is None:
        return []
    entries = document.content.get("packages") if isinstance(document.content, dict) else None
    return [str(each.get("id")) for each in entries if isinstance(each, dict)] if isinstance(entries, list) else None


STEP = Step(
    name=PAYMENTS,
    label="Year of Care payments",
    tables=TABLES,
    rows=_rows,
    files=(FILE,),
    read=_read,
    joined={PACKAGES: (bottom_up,)},
)
