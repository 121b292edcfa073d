"""A fixed payment: the fixed element of an aligned payment, agreed for the plan and not changed by activity in the year.

It is the plan at unit prices, or a stated sum for each line. Source: NHS Payment Scheme 2025/26, aligned payment and incentive.
"""

from __future__ import annotations

from capmodel.assumptions.document import Strict
from capmodel.contracts.agreements.mechanisms import Basis, Paid


class Terms(Strict):
    """What the payment is fixed at."""

    fixed: Basis


def paid(terms: Terms) -> Paid:
    """The fixed part, and nothing on the variance.

    >>> paid(Terms(fixed="plan_value"))
    Paid(fixed='plan_value', above=(), below=(), by_criteria=False, threshold_gbp=0.0, units=None)
    """
    return Paid(terms.fixed)
