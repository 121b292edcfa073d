"""Reads the agreement of a pooled budget: every fault at once, each with its line, or the agreement as rows and figures of its tables.

What the file may say is in `terms`, what of it is refused in `agreement_checks`, and how it becomes rows and figures in `pool_rows`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from capmodel.assumptions.document import Document, Step
from capmodel.assumptions.entries import Known, check_known
from capmodel.assumptions.laid_out import LaidOut, check_years
from capmodel.assumptions.pack import Source
from capmodel.care_budgets.pooled.agreement_checks import by_year, check_agreement
from capmodel.care_budgets.pooled.pool_rows import laid_out
from capmodel.care_budgets.pooled.terms import PooledBudget
from capmodel.errors import Problem


def read_pool(
    document: Document, years: tuple[int, ...], problems: list[Problem], sources: Mapping[str, Source] | None = None
) -> LaidOut | None:
    """Read the agreement of a pooled budget; every fault is reported with its line, and a faulty one gives None.

    Args:
        document: the agreement.
        years: the years it is worked out for.
        problems: faults are added here.
        sources: those of the place, for entries that state their own; None for a file that stands alone.
    """
    before = len(problems)
    agreed = document.parse(PooledBudget, (), problems)
    if agreed is None:
        return None
    check_known(document, _known(agreed), sources, problems)
    check_years(document, by_year(agreed), years, problems)
    if len(problems) == before:
        _check(document, agreed, years, problems)
    return None if len(problems) > before else laid_out(agreed, years)


def _known(agreed: PooledBudget) -> dict[tuple[Step, ...], Known]:
    """Every part of the agreement that may state its own source, with its place."""
    lists: dict[str, Sequence[Known]] = {
        "contributions": agreed.contributions,
        "lines": agreed.lines,
        "performance_pots": agreed.performance_pots,
        "entries": agreed.entries,
    }
    found: dict[tuple[Step, ...], Known] = {(kind, i): each for kind, given in lists.items() for i, each in enumerate(given)}
    found |= {("lines", i, "spend_known"): line.spend_known for i, line in enumerate(agreed.lines) if line.spend_known}
    return found | ({("vat",): agreed.vat} if agreed.vat else {})


def _check(document: Document, agreed: PooledBudget, years: Sequence[int], problems: list[Problem]) -> None:
    check_agreement(document, agreed, years, problems)
