"""The steps that stand beside the chain, each by its file, and the contract where one of them changes what it settles.

Few places have one of them, and their rules take time to trace: each is imported where a place has its file.
"""

from __future__ import annotations

from collections.abc import Callable, Collection
from pathlib import Path

from capmodel.assumptions.document import Document, read_mapping
from capmodel.assumptions.step import (
    AGREEMENTS,
    BANDS,
    FLOWS,
    HOLDERS,
    MONTHS,
    OUTTURN,
    PACKAGES,
    PAYMENTS,
    POOL,
    REHABILITATION,
    Step,
)


def _months(document: Document | None) -> Step:
    from capmodel.care_budgets.months import step

    return step.STEP


def _packages(document: Document | None) -> Step:
    from capmodel.care_budgets.packages import step

    return step.STEP


def _outturn(document: Document | None) -> Step:
    from capmodel.care_budgets.outturn import step

    return step.STEP


def _pool(document: Document | None) -> Step:
    from capmodel.care_budgets.pooled import step

    return step.step_of(document)


def _payments(document: Document | None) -> Step:
    from capmodel.care_budgets.currency import step

    return step.STEP


def _bands(document: Document | None) -> Step:
    from capmodel.care_budgets.bands import step

    return step.STEP


def _flows(document: Document | None) -> Step:
    from capmodel.care_budgets.cost_shunting import step

    return step.STEP


def _rehabilitation(document: Document | None) -> Step:
    from capmodel.care_budgets.rehabilitation import step

    return step.STEP


def _agreements(document: Document | None) -> Step:
    from capmodel.contracts.agreements import step

    return step.STEP


def _holders(document: Document | None) -> Step:
    from capmodel.contracts.holders import step

    return step.STEP


def on_agreements() -> Step:
    """The contract where a place has agreements: it settles what they pay."""
    from capmodel.contracts import on_agreements as settled

    return settled.STEP


#: By the file of a step that stands beside the chain: its name, and the step itself, which may depend on what the file says.
BESIDE: dict[str, tuple[str, Callable[[Document | None], Step]]] = {
    "packages.yaml": (PACKAGES, _packages),
    "payments.yaml": (PAYMENTS, _payments),
    "bands.yaml": (BANDS, _bands),
    "rehabilitation.yaml": (REHABILITATION, _rehabilitation),
    "months.yaml": (MONTHS, _months),
    "outturn.yaml": (OUTTURN, _outturn),
    "pool.yaml": (POOL, _pool),
    "flows.yaml": (FLOWS, _flows),
    "agreements.yaml": (AGREEMENTS, _agreements),
    "holders.yaml": (HOLDERS, _holders),
}


def steps_beside(folder: Path, named: Collection[str] = ()) -> list[Step]:
    """The steps beside the chain whose file a place has, or that it names."""
    return [
        step_of(read_mapping(folder / file, []) if (folder / file).is_file() else None)
        for file, (name, step_of) in BESIDE.items()
        if (folder / file).is_file() or name in named
    ]
