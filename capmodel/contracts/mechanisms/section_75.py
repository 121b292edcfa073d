"""Section 75 risk share: partners of a pooled budget share over- and underspends pro rata to what they put in, up to limits.

Section 75 of the National Health Service Act 2006 lets NHS bodies and councils pool money with one host. Rules of variance seen in
real agreements: pro rata to contribution, and pro rata limited to an amount or to the contribution. What comes
before the partners, underspends, a risk pool and uncommitted money, is worked out in `capmodel.care_budgets.pooled.pooled_budget`.
"""

from __future__ import annotations

from typing import Any

from pydantic import Field, model_validator

from capmodel.assumptions.document import Flag, Strict
from capmodel.contracts.mechanisms import Head, Party, Size, one_band

REPORTED_AT = {"residual_party": "host", "bands": "contributions_gbp", "caps": "most_loss_gbp"}


class Terms(Strict):
    """The host, what each partner puts in a year, and the most a partner that is not the host can lose."""

    host: Party
    contributions_gbp: dict[Party, Size] = Field(min_length=2)
    most_loss_gbp: dict[Party, Size] = Field(default_factory=dict)
    limited_to_contribution: Flag = False

    @model_validator(mode="after")
    def _has_money_and_a_host_without_a_limit(self) -> Terms:
        if not sum(self.contributions_gbp.values()):
            raise ValueError("the contributions add up to zero; nobody could bear a loss. Write what each partner puts in")
        if self.host in self.most_loss_gbp:
            raise ValueError(f"{self.host} hosts the pool and its loss is limited; nobody would bear the rest. Remove its limit")
        return self


def contract(terms: Terms, head: Head) -> dict[str, Any]:
    """Shares are contributions over all contributions; beyond a partner's limit the host bears the rest.

    >>> terms = Terms(host="board", contributions_gbp={"board": 15, "council": 5}, most_loss_gbp={"council": 1})
    >>> contract(terms, Head(("board", "council"), (2026,)))["bands"]["gain"][0]["shares"]
    {'board': 0.75, 'council': 0.25}
    """
    given = terms.contributions_gbp
    shares = one_band({party: amount / sum(given.values()) for party, amount in given.items()})
    full = {party: amount for party, amount in given.items() if party != terms.host} if terms.limited_to_contribution else {}
    limits = {party: min(limit, full.get(party, limit)) for party, limit in {**full, **terms.most_loss_gbp}.items()}
    return {
        "variance_held_by": "payer",
        "residual_party": terms.host,
        "bands": {"gain": shares, "loss": shares},
        "caps": [{"party": party, "side": "loss", "amount_gbp": limit, "residual_to": terms.host} for party, limit in limits.items()],
        "parties": head.at_risk(),
    }
