"""The holders of a run, for whoever shows them: the summary, the record and the workbook."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING

from capmodel.assumptions.step import HOLDERS
from capmodel.contracts.holders.idle import HeldRun
from capmodel.contracts.holders.stated import Holders

if TYPE_CHECKING:
    from capmodel.place.result import Result


def held_of(result: Result) -> HeldRun:
    """The holders of a run of a place that has them.

    Raises:
        BadInput: the place does not have the step.
    """
    result.place.need(HOLDERS)
    pack = result.place.pack
    stated = Holders.model_validate(pack.documents[f"{HOLDERS}.yaml"].content)
    # A statement asks for the same columns line by line.
    return HeldRun(cache(result.column), result.values.inputs.rows, result.place.label, pack.years, stated)
