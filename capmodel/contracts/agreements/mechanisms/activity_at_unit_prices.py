"""Activity at unit prices: actual activity x unit price x market forces factor, 100% both ways.

Elective activity in England is paid so. Source: NHS Payment Scheme 2025/26, variable element of aligned payment and incentive; and
activity-based payment of non-NHS providers.
"""

from __future__ import annotations

from capmodel.assumptions.document import Strict
from capmodel.contracts.agreements.mechanisms import Paid, one_rate


class Terms(Strict):
    """None: prices are in unit_price_gbp."""


def paid(terms: Terms) -> Paid:
    """The plan at unit prices, and the whole price for every unit above or below it.

    >>> paid(Terms()).above
    (Band(paid_share=1.0, up_to_share=None),)
    """
    return Paid("plan_value", one_rate(1.0), one_rate(1.0))
