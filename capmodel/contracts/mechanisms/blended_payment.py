"""Blended payment: a fixed payment for the plan, and a part of the value of activity above or below it.

England's default for emergency care in 2019/20 and 2020/21: the plan, and 20% of the difference either way (Health Service
Journal). The provider is paid the plan and so holds the difference; settlement leaves the marginal part of it with the
commissioner. The clause that reopens the contract far from plan ("break glass") is a negotiation and no formula.
"""

from __future__ import annotations

from typing import Any

from capmodel.assumptions.document import Strict
from capmodel.contracts.mechanisms import Head, Party, Share, one_band, rest_to

REPORTED_AT = {"residual_party": "commissioner", "bands": "marginal_share"}


class Terms(Strict):
    """One commissioner, one provider, and the part of the difference in activity value that is paid or refunded."""

    commissioner: Party
    provider: Party
    marginal_share: Share


def contract(terms: Terms, head: Head) -> dict[str, Any]:
    """The target is the plan at unit prices, actual cost the activity at unit prices: a symmetric band on the difference.

    >>> made = contract(Terms(commissioner="board", provider="trust", marginal_share=0.2), Head(("board", "trust"), (2026,)))
    >>> made["bands"]["gain"][0]["shares"]
    {'trust': 0.8, 'board': 0.2}
    """
    shares = one_band(rest_to(terms.provider, {terms.commissioner: terms.marginal_share}))
    return {
        "variance_held_by": "provider",
        "residual_party": terms.commissioner,
        "bands": {"gain": shares, "loss": shares},
        "parties": head.at_risk(terms.provider),
    }
