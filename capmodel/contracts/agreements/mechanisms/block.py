"""A block: a stated sum for each line, whatever the activity. What it is worth at unit prices is shown beside it where there is a price."""

from __future__ import annotations

from capmodel.assumptions.document import Strict
from capmodel.contracts.agreements.mechanisms import Paid


class Terms(Strict):
    """None: the sums are in fixed_payment_gbp."""


def paid(terms: Terms) -> Paid:
    """The stated sum, and nothing on the variance.

    >>> paid(Terms()).is_priced
    False
    """
    return Paid("stated")
