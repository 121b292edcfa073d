"""A blended payment: a fixed part for the plan, and a share of the price for activity above or below it.

England's proposals for urgent and emergency care in 2026/27 are of this form, as was its default in 2019/20 and 2020/21.
"""

from __future__ import annotations

from pydantic import model_validator

from capmodel.assumptions.document import Strict
from capmodel.contracts.agreements.mechanisms import Basis, Paid, Rate, one_rate


class Terms(Strict):
    """What the fixed part is, and the share of the price on the variance: one for both sides of plan, or one each way."""

    fixed: Basis
    variance_share: Rate | None = None
    above_plan_share: Rate | None = None
    below_plan_share: Rate | None = None

    @model_validator(mode="after")
    def _stated_once(self) -> Terms:
        each = (self.above_plan_share is not None, self.below_plan_share is not None)
        if (self.variance_share is not None and any(each)) or (self.variance_share is None and not all(each)):
            what = "a blended payment has variance_share, or above_plan_share and below_plan_share"
            raise ValueError(f"{what}; each side of plan has one share. Write one of the two forms")
        return self


def paid(terms: Terms) -> Paid:
    """The fixed part, and one band a side.

    >>> paid(Terms(fixed="stated", above_plan_share=0.2, below_plan_share=0.1)).below
    (Band(paid_share=0.1, up_to_share=None),)
    """
    both = terms.variance_share
    above, below = (both if own is None else own for own in (terms.above_plan_share, terms.below_plan_share))
    assert above is not None and below is not None
    return Paid(terms.fixed, one_rate(above), one_rate(below))
