"""Cost and volume with break points: a fixed part for the plan, and a share of the price that changes as activity moves away from it.

Each band reaches up to a share of plan activity; the last may have no end. Activity beyond a last band with an end is not paid.
"""

from __future__ import annotations

from collections.abc import Sequence

from pydantic import field_validator

from capmodel.assumptions.document import Number, Strict
from capmodel.contracts.agreements.mechanisms import Band, Basis, Paid, Rate


class BreakBand(Strict):
    """A band of the variance: where it ends, as a share of plan activity, and the share of the price in it."""

    up_to_share: Number | None = None
    paid_share: Rate


class Terms(Strict):
    """What the fixed part is, and the bands above and below plan."""

    fixed: Basis
    above_plan: list[BreakBand]
    below_plan: list[BreakBand]

    @field_validator("above_plan", "below_plan")
    @classmethod
    def _outwards(cls, bands: list[BreakBand]) -> list[BreakBand]:
        edges = [0.0]
        for i, band in enumerate(bands):
            if band.up_to_share is None and i < len(bands) - 1:
                raise ValueError(f"band {i + 1} has no end and is not the last; no activity reaches the next. Write up_to_share")
            if band.up_to_share is not None and not edges[-1] < band.up_to_share <= 1:
                what = f"band {i + 1} ends at {band.up_to_share:g}, and begins at {edges[-1]:g}"
                raise ValueError(f"{what}; bands run outwards from plan as shares of it. Write a larger share, up to 1")
            edges.append(band.up_to_share or 1.0)
        return bands


def paid(terms: Terms) -> Paid:
    """The fixed part, and the bands as they are written.

    >>> first, rest = BreakBand(up_to_share=0.05, paid_share=0.7), BreakBand(paid_share=0.3)
    >>> [band.paid_share for band in paid(Terms(fixed="plan_value", above_plan=[first, rest], below_plan=[])).above]
    [0.7, 0.3]
    """
    return Paid(terms.fixed, _bands(terms.above_plan), _bands(terms.below_plan))


def _bands(bands: Sequence[BreakBand]) -> tuple[Band, ...]:
    return tuple(Band(band.paid_share, band.up_to_share) for band in bands)
