"""US Medicare Shared Savings Program: the BASIC and ENHANCED tracks of 42 CFR 425.605 and 425.610.

First-pound sharing past a threshold, quality as a gate for gains (or, by the alternative standard, a multiplier), caps by share of
the benchmark, a deduction before the cap. The threshold of the one-sided track is read from a table by number of people; a two-sided organisation elects its own. Rates are as they
stand in the regulation, but for what is marked fitted, and reproduce the published results of 2021 and 2022 (`assumptions/contracts`).
"""

from __future__ import annotations

from typing import Any, Literal

from capmodel.assumptions.document import ByYear, Flag, Strict
from capmodel.contracts.mechanisms import Head, Party, Share, one_band, rest_to

REPORTED_AT = {
    "residual_party": "payer",
    "threshold": "elected_threshold_share",
    "threshold.persons": "persons",
    "outcomes.score_share": "score_share",
    "deduction_share": "deduction_share",
}
#: Gain rate and its cap; loss rate (none: one-sided; all: by quality) and its caps by share of the benchmark and of revenue.
TRACKS: dict[str, tuple[float, float, float, float | None, float | None]] = {
    "basic_a_b": (0.40, 0.10, 0, None, None),
    "basic_c": (0.50, 0.10, 0.30, 0.01, 0.02),
    "basic_d": (0.50, 0.10, 0.30, 0.02, 0.04),
    "basic_e": (0.50, 0.10, 0.30, 0.04, 0.08),
    "enhanced": (0.75, 0.20, 1, 0.15, None),
}
#: What losses of the enhanced track do with quality: 1 less 75% of the score, from 40% to 75%.
BY_QUALITY = {"steepness_share": 0.75, "floor_share": 0.40, "ceiling_share": 0.75}
#: Minimum savings rate by number of people: from, to, rate at the start, rate at the end (42 CFR 425.605). Below 5,000 people from
#: memory, held against the published thresholds (fitted).
BY_PERSONS = (
    (1, 499, 0.122, 0.122), (500, 999, 0.122, 0.087), (1000, 2999, 0.087, 0.05), (3000, 4999, 0.05, 0.039),
    (5000, 5999, 0.039, 0.036), (6000, 6999, 0.036, 0.034), (7000, 7999, 0.034, 0.032), (8000, 8999, 0.032, 0.031),
    (9000, 9999, 0.031, 0.03), (10000, 14999, 0.03, 0.027), (15000, 19999, 0.027, 0.025), (20000, 49999, 0.025, 0.022),
    (50000, 59999, 0.022, 0.02), (60000, None, 0.02, None),
)  # fmt: skip


class Terms(Strict):
    """The track, who pays and who is paid, and what the year gives: score, number of people or elected threshold, deduction."""

    track: Literal["basic_a_b", "basic_c", "basic_d", "basic_e", "enhanced"]
    payer: Party
    organisation: Party
    deduction_share: Share
    score_share: ByYear | None = None
    persons: ByYear | None = None
    elected_threshold_share: Share = 0
    alternative_standard: Flag = False
    limited_by_revenue: Flag = False


def contract(terms: Terms, head: Head) -> dict[str, Any]:
    """The parameters of the track; revenue limits losses where the organisation's income is known.

    >>> terms = Terms(track="basic_e", payer="medicare", organisation="aco", deduction_share=0.02, score_share={2022: 0.9})
    >>> contract(terms, Head(("medicare", "aco"), (2022,)))["bands"]["loss"][0]["shares"]
    {'medicare': 0.7, 'aco': 0.3}
    """
    gain, gain_cap, loss, loss_cap, revenue_cap = TRACKS[terms.track]
    threshold: dict[str, Any] = {"mode": "first_pound", "comparator": ">="}
    if terms.track == "basic_a_b":
        threshold["by_persons"] = [
            {"from": start, "to": end, "at_start": at_start, **({} if at_end is None else {"at_end": at_end})}
            for start, end, at_start, at_end in BY_PERSONS
        ]
        threshold |= {"persons": terms.persons} if terms.persons else {}
    else:
        threshold |= {"gain_share": terms.elected_threshold_share, "loss_share": terms.elected_threshold_share}
    limits = {"gain": {"share_of_target": gain_cap}, "loss": {"share_of_target": loss_cap} if loss_cap else {}}
    if terms.limited_by_revenue and revenue_cap:
        limits["loss"]["share_of_income"] = revenue_cap
    return {
        "variance_held_by": "payer",
        "residual_party": terms.payer,
        "threshold": threshold,
        "bands": {
            side: one_band(rest_to(terms.payer, {terms.organisation: rate} if rate else {}))
            for side, rate in (("gain", gain), ("loss", loss))
        },
        "outcomes": {
            "mode": "multiplier" if terms.alternative_standard else "gate",
            "gate_share": 0,
            "forfeited_to": terms.payer,
            **({"score_share": terms.score_share} if terms.score_share else {}),
            **({"losses": BY_QUALITY} if terms.track == "enhanced" else {}),
        },
        "deduction_share": terms.deduction_share,
        "caps": [
            {"party": terms.organisation, "side": side, **bases, "residual_to": terms.payer} for side, bases in limits.items() if bases
        ],
        "parties": head.at_risk(terms.organisation),
    }
