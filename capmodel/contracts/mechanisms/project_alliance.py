"""Project alliance: owner and participants share the cost component; key result areas modify gains; pain ends at the fee.

The most common form in Australia has half of any gain without limit and half of any pain up to the participants' fee (alliance
contracting guidance at PPP Online). Few key result areas, six or fewer, count above minimum conditions. The modifier acts on
gains: poor results never forgive pain.
"""

from __future__ import annotations

from typing import Any

from pydantic import Field, model_validator

from capmodel.assumptions.document import ByYear, Strict
from capmodel.contracts.mechanisms import Head, Party, Share, Shares, Size, one_band, rest_to
from capmodel.contracts.settlement.indicators import Indicator

REPORTED_AT = {
    "residual_party": "owner",
    "bands": "gain_shares",
    "bands.loss": "pain_shares",
    "caps": "fee_gbp",
    "outcomes.indicators": "key_result_areas",
    "outcomes.score_share": "result_score_share",
    "outcomes.gate_share": "minimum_score_share",
}


class Terms(Strict):
    """Owner, participants' shares of gain and pain, the fee each has at risk, and the modifier by results."""

    owner: Party
    gain_shares: Shares = Field(min_length=1)
    pain_shares: Shares | None = None
    fee_gbp: dict[Party, Size] = Field(min_length=1)
    key_result_areas: list[Indicator] = Field(default_factory=list)
    result_score_share: ByYear | None = None
    minimum_score_share: Share = 0

    @model_validator(mode="after")
    def _each_has_a_fee(self) -> Terms:
        without = [party for party in {**self.gain_shares, **(self.pain_shares or {})} if party not in self.fee_gbp]
        if without:
            raise ValueError(f"{', '.join(without)} has no fee at risk; pain would have no end. Write it under fee_gbp")
        return self


def contract(terms: Terms, head: Head) -> dict[str, Any]:
    """Shares of the cost component, caps at the fee, and outcomes that multiply gains where results are agreed.

    >>> terms = Terms(owner="board", gain_shares={"trust": 0.5}, fee_gbp={"trust": 8_000_000})
    >>> contract(terms, Head(("board", "trust"), (2026,)))["caps"]
    [{'party': 'trust', 'side': 'loss', 'amount_gbp': 8000000.0, 'residual_to': 'board'}]
    """
    pain = terms.gain_shares if terms.pain_shares is None else terms.pain_shares
    results: dict[str, Any] = {"indicators": [each.model_dump() for each in terms.key_result_areas]}
    if terms.result_score_share is not None:
        results["score_share"] = terms.result_score_share
    modifier = {"mode": "multiplier", "gate_share": terms.minimum_score_share, **results, "forfeited_to": terms.owner}
    return {
        "variance_held_by": "payer",
        "residual_party": terms.owner,
        "bands": {"gain": one_band(rest_to(terms.owner, terms.gain_shares)), "loss": one_band(rest_to(terms.owner, pain))},
        **({"outcomes": modifier} if terms.key_result_areas or terms.result_score_share else {}),
        "caps": [{"party": party, "side": "loss", "amount_gbp": fee, "residual_to": terms.owner} for party, fee in terms.fee_gbp.items()],
        "parties": head.at_risk(*terms.fee_gbp),
    }
