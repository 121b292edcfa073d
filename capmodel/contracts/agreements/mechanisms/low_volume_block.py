"""A low-volume block: the mean of three past years, for a provider and a payer that trade less than a threshold, without change in year.

Source: NHS Payment Scheme 2025/26, low-volume activity: below GBP 1.5 million a year (0.5 million before), three-year rolling average, no
transactions in year.
"""

from __future__ import annotations

from capmodel.assumptions.document import Strict
from capmodel.contracts.agreements.mechanisms import Paid
from capmodel.contracts.mechanisms import Size


class Terms(Strict):
    """How much a year provider and payer may trade under the block."""

    threshold_gbp: Size


def paid(terms: Terms) -> Paid:
    """The mean of past years, and nothing on the variance.

    >>> paid(Terms(threshold_gbp=1_500_000)).fixed
    'mean'
    """
    return Paid("mean", threshold_gbp=terms.threshold_gbp)
