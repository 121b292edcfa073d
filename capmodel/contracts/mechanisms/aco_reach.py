"""ACO REACH: corridors of savings and losses around a benchmark, which is discounted before anything is shared.

US Medicare, 2021 to 2026. Corridors of the Professional and Global options are published (Pearl Health, ACO REACH performance year);
the discount of the Global benchmark rose from 2% to 3.5%. Corridors are marginal and symmetric. A quality withhold or stop-loss
stands beside the mechanism (`deduction_share`, `stop_loss`).
"""

from __future__ import annotations

from typing import Any, Literal

from pydantic import model_validator

from capmodel.assumptions.document import ByYear, Strict
from capmodel.contracts.mechanisms import Head, Party, rest_to

REPORTED_AT = {"residual_party": "payer", "target.efficiency_share": "discount_share", "bands": "option"}
#: Corridors end at these shares of the benchmark, and the organisation's share in each.
CORRIDORS: dict[str, tuple[tuple[float | None, float], ...]] = {
    "professional": ((0.05, 0.50), (0.10, 0.35), (0.15, 0.15), (None, 0.05)),
    "global": ((0.25, 1.00), (0.35, 0.50), (0.50, 0.25), (None, 0.10)),
}


class Terms(Strict):
    """The option, who pays, the organisation, and the discount of a Global benchmark by year."""

    option: Literal["professional", "global"]
    payer: Party
    organisation: Party
    discount_share: ByYear | None = None

    @model_validator(mode="after")
    def _discount_belongs_to_global(self) -> Terms:
        if (self.option == "global") != (self.discount_share is not None):
            what = "the global option has no discount_share" if self.option == "global" else "the professional option has a discount_share"
            raise ValueError(f"{what}; only the global benchmark is discounted. Write discount_share: by year, or leave it out")
        return self


def contract(terms: Terms, head: Head) -> dict[str, Any]:
    """The corridors as bands on either side of the benchmark after its discount.

    >>> made = contract(Terms(option="professional", payer="medicare", organisation="aco"), Head(("medicare", "aco"), (2024,)))
    >>> made["bands"]["gain"][1]
    {'from': 0.05, 'to': 0.1, 'shares': {'medicare': 0.65, 'aco': 0.35}}
    """
    start, corridors = 0.0, []
    for end, share in CORRIDORS[terms.option]:
        corridors.append({"from": start, "to": end, "shares": rest_to(terms.payer, {terms.organisation: share})})
        start = start if end is None else end
    return {
        "variance_held_by": "payer",
        "residual_party": terms.payer,
        **({"target": {"efficiency_share": terms.discount_share}} if terms.discount_share else {}),
        "bands": {"gain": corridors, "loss": corridors},
        "parties": head.at_risk(terms.organisation),
    }
