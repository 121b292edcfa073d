"""A best practice payment: units x price x the part of the units for which every criterion is met.

A unit may be a person for a year, as in the paediatric diabetes tariff: every criterion or nothing. Who met what, and how sure that is on
a short list, is worked out by the step `payments`; an agreement takes its payment from there by `year_of_care_payment`.
"""

from __future__ import annotations

from capmodel.assumptions.document import Strict
from capmodel.contracts.agreements.mechanisms import Paid, one_rate


class Terms(Strict):
    """None: the part that is met is in criteria_met_share."""


def paid(terms: Terms) -> Paid:
    """The plan at the price that is earned, and that price for every unit above or below it.

    >>> paid(Terms()).by_criteria
    True
    """
    return Paid("plan_value", one_rate(1.0), one_rate(1.0), by_criteria=True)
