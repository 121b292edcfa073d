"""A Year of Care payment: what the step `payments` pays its units in cash, for the people on their roster and the criteria they met.

The correction of a year is in the payment of the next, as `payments.yaml` says; nothing is paid on activity.
"""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from capmodel.assumptions.document import Strict
from capmodel.contracts.agreements.mechanisms import Paid


class Terms(Strict):
    """The units of payments.yaml that are paid under the agreement, each with the provider that receives its payment."""

    units: Annotated[dict[str, str], Field(min_length=1)]


def paid(terms: Terms) -> Paid:
    """The payment of the units, and nothing on the variance.

    >>> paid(Terms(units={"network_1": "gp_practices"})).fixed
    'linked'
    """
    return Paid("linked", units=terms.units)
