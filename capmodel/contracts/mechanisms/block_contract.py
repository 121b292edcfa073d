"""Block contract: a fixed sum for the year, whatever the activity, and where agreed a collar beyond which the commissioner pays.

A prime contractor in Bedfordshire holds musculoskeletal care under a block contract with outcome monitoring (NHS Confederation,
Reforming financial flows). The provider is paid the plan and so holds the whole difference. Settlement leaves it there, up to the
collar. A block without a collar moves no money: it shows what other mechanisms are compared with.
"""

from __future__ import annotations

from typing import Any

from capmodel.assumptions.document import Strict
from capmodel.contracts.mechanisms import Head, Party, Size, one_band

REPORTED_AT = {"residual_party": "commissioner", "bands.loss": "collar_share"}


class Terms(Strict):
    """One commissioner, one provider, and the overspend, as a share of the plan, beyond which the commissioner pays."""

    commissioner: Party
    provider: Party
    collar_share: Size | None = None


def contract(terms: Terms, head: Head) -> dict[str, Any]:
    """All gains, and losses up to the collar, stay with the provider; what lies beyond it the commissioner bears.

    >>> terms = Terms(commissioner="board", provider="trust", collar_share=0.02)
    >>> [band["shares"] for band in contract(terms, Head(("board", "trust"), (2026,)))["bands"]["loss"]]
    [{'trust': 1.0}, {'board': 1.0}]
    """
    own, edge = {terms.provider: 1.0}, terms.collar_share
    collared = [{"from": 0, "to": edge, "shares": own}, {"from": edge, "to": None, "shares": {terms.commissioner: 1.0}}]
    return {
        "variance_held_by": "provider",
        "residual_party": terms.commissioner,
        "bands": {"gain": one_band(own), "loss": one_band(own) if edge is None else collared},
        "parties": head.at_risk(terms.provider),
    }
