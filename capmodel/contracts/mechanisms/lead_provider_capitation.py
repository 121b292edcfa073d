"""Capitation with a lead provider: one provider holds a whole programme budget, subcontracts, and keeps what is left or finds what is short.

As in Oldham, where a lead provider has held about 23 million pounds for all musculoskeletal care since 2011 (NHS Confederation,
The Integrated Pathway Hub at Pennine MSK Partnership, 2014); the shares of its subcontracts are not published. UnitingCare,
which ended after eight months, is why a limit of the lead's loss says who bears the rest (National Audit Office).
"""

from __future__ import annotations

from typing import Any

from pydantic import Field, model_validator

from capmodel.assumptions.document import Strict
from capmodel.contracts.mechanisms import Head, Party, Share, Size, one_band, rest_to

REPORTED_AT = {"residual_party": "commissioner", "bands": "subcontracts", "caps": "subcontracts"}


class Subcontract(Strict):
    """What a subcontractor has of the programme's gains and losses; zero where it is paid for what it does and no more."""

    gain_share: Share = 0
    loss_share: Share = 0
    most_loss_gbp: Size | None = None


class Terms(Strict):
    """The commissioner, the lead provider, its subcontracts, the commissioner's own part, and the most the lead can lose."""

    commissioner: Party
    lead: Party
    subcontracts: dict[Party, Subcontract] = Field(default_factory=dict)
    commissioner_gain_share: Share = 0
    commissioner_loss_share: Share = 0
    most_loss_gbp: Size | None = None

    @model_validator(mode="after")
    def _shares_leave_the_lead_something_to_lead(self) -> Terms:
        if self.lead == self.commissioner or {self.lead, self.commissioner} & set(self.subcontracts):
            raise ValueError("the lead, the commissioner and subcontractors are not different; each has one part. Name each once")
        for side in ("gain_share", "loss_share"):
            added = getattr(self, f"commissioner_{side}") + sum(getattr(each, side) for each in self.subcontracts.values())
            if added > 1:
                raise ValueError(f"every {side} together is {added:g}; a pound is shared once. Make them add up to 1 or less")
        return self


def contract(terms: Terms, head: Head) -> dict[str, Any]:
    """Providers hold the budget; subcontractors are made whole but for their shares, and the lead has the rest.

    What a subcontractor's limit leaves falls to the lead, or to the commissioner where the lead's loss is limited too.

    >>> terms = Terms(commissioner="board", lead="hub", subcontracts={"trust": Subcontract(gain_share=0.2)})
    >>> contract(terms, Head(("board", "hub", "trust"), (2026,)))["bands"]["gain"][0]["shares"]
    {'hub': 0.8, 'trust': 0.2, 'board': 0}
    """
    gains = {party: each.gain_share for party, each in terms.subcontracts.items()}
    losses = {party: each.loss_share for party, each in terms.subcontracts.items()}
    limits = {party: each.most_loss_gbp for party, each in terms.subcontracts.items()}
    beyond = terms.lead if terms.most_loss_gbp is None else terms.commissioner
    takers = {**dict.fromkeys(limits, beyond), terms.lead: terms.commissioner}
    return {
        "variance_held_by": "provider",
        "residual_party": terms.commissioner,
        "bands": {
            "gain": one_band(rest_to(terms.lead, {**gains, terms.commissioner: terms.commissioner_gain_share})),
            "loss": one_band(rest_to(terms.lead, {**losses, terms.commissioner: terms.commissioner_loss_share})),
        },
        "caps": [
            {"party": party, "side": "loss", "amount_gbp": limit, "residual_to": takers[party]}
            for party, limit in {**limits, terms.lead: terms.most_loss_gbp}.items()
            if limit is not None
        ],
        "parties": head.at_risk(terms.lead, *terms.subcontracts),
    }
