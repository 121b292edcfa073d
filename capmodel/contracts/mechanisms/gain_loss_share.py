"""Multilateral gain/loss share: commissioners and providers share what care in scope costs less, or more, than expected.

The form of Monitor and NHS England's local payment examples (July 2015): the pool is the commissioners' expected spend less
the actual, and it sits on top of whatever pays for the care. Only its title and contents could be seen; every share is local.
"""

from __future__ import annotations

from typing import Any

from pydantic import Field

from capmodel.assumptions.document import Strict
from capmodel.contracts.mechanisms import Head, Party, Share, Shares, one_band, rest_to

REPORTED_AT = {
    "residual_party": "commissioner",
    "bands": "gain_shares",
    "bands.loss": "loss_shares",
    "threshold": "dead_band_share",
    "caps": "most_of_income_share",
}


class Terms(Strict):
    """What is agreed: shares of gains, of losses where they differ, a dead band, and how much of its income a party may win or lose."""

    commissioner: Party
    gain_shares: Shares = Field(min_length=1)
    loss_shares: Shares | None = None
    dead_band_share: Share = 0
    most_of_income_share: dict[Party, Share] = Field(default_factory=dict)


def contract(terms: Terms, head: Head) -> dict[str, Any]:
    """The commissioner has what the others leave of every pound; inside the dead band nobody shares; caps fall back to it.

    >>> made = contract(Terms(commissioner="board", gain_shares={"trust": 0.3}), Head(("board", "trust"), (2026,)))
    >>> made["bands"]["loss"][0]["shares"]
    {'board': 0.7, 'trust': 0.3}
    """
    losses = terms.gain_shares if terms.loss_shares is None else terms.loss_shares
    sharing = {*terms.gain_shares, *losses} - {terms.commissioner}
    dead = terms.dead_band_share
    return {
        "variance_held_by": "payer",
        "residual_party": terms.commissioner,
        "threshold": {"mode": "excess_only" if dead else "none", "gain_share": dead, "loss_share": dead},
        "bands": {
            "gain": one_band(rest_to(terms.commissioner, terms.gain_shares)),
            "loss": one_band(rest_to(terms.commissioner, losses)),
        },
        "caps": [
            {"party": party, "side": side, "share_of_income": share, "residual_to": terms.commissioner}
            for party, share in terms.most_of_income_share.items()
            for side in ("gain", "loss")
        ],
        "parties": head.at_risk(*sharing),
    }
