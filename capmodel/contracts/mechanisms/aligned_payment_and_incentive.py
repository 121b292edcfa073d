"""Aligned payment and incentive: a fixed element for most care, and a variable element that follows activity at unit prices.

The main mechanism of the NHS Payment Scheme in England: almost all elective activity is variable and paid at 100% of unit prices,
above and below plan (NHS England, 2023/25 NHS Payment Scheme). Settings in scope are the variable element, the others the fixed
one: they are paid their budget. The provider is paid its plan and holds the difference until it is settled.
"""

from __future__ import annotations

from typing import Any

from capmodel.assumptions.document import Strict
from capmodel.contracts.mechanisms import Head, Party, Share, one_band, rest_to

REPORTED_AT = {"residual_party": "commissioner", "bands.gain": "below_plan_share", "bands.loss": "above_plan_share"}


class Terms(Strict):
    """One commissioner, one provider, and the part of unit prices paid above plan and taken back below it."""

    commissioner: Party
    provider: Party
    above_plan_share: Share
    below_plan_share: Share


def contract(terms: Terms, head: Head) -> dict[str, Any]:
    """Activity above plan is a loss of the provider that the commissioner makes good, activity below it a gain it gives back.

    >>> terms = Terms(commissioner="board", provider="trust", above_plan_share=1, below_plan_share=0.75)
    >>> contract(terms, Head(("board", "trust"), (2026,)))["bands"]["gain"][0]["shares"]
    {'trust': 0.25, 'board': 0.75}
    """
    return {
        "variance_held_by": "provider",
        "residual_party": terms.commissioner,
        "bands": {
            "gain": one_band(rest_to(terms.provider, {terms.commissioner: terms.below_plan_share})),
            "loss": one_band(rest_to(terms.provider, {terms.commissioner: terms.above_plan_share})),
        },
        "parties": head.at_risk(terms.provider),
    }
