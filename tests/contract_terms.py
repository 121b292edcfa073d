"""Contracts that use every kind of term between them, for tests that go through all figures of a contract."""

from __future__ import annotations

from typing import Any

from capmodel.contracts.many.contract import ALL_CARE

YEARS = (2026, 2027)
PARTIES = ("board", "trust", "practice")
ROUTES = [(ALL_CARE, "trust", "board"), (ALL_CARE, "practice", "board")]
ONE_BAND = [{"from": 0, "to": None, "shares": {"board": 0.4, "trust": 0.4, "practice": 0.2}}]
TWO_BANDS = [{"from": 0, "to": 0.02, "shares": {"board": 0.5, "trust": 0.5}}, {"from": 0.02, "to": None, "shares": {"board": 1}}]
PLAIN: dict[str, Any] = {
    "id": "plain",
    "title": "Plain",
    "status": "illustrative",
    "source": "by hand",
    "variance_held_by": "payer",
    "residual_party": "board",
    "bands": {"gain": ONE_BAND, "loss": ONE_BAND},
    "outcomes": {"mode": "none"},
    "parties": {party: {"at_risk": party != "board"} for party in PARTIES},
}
BY_YEAR = dict.fromkeys(YEARS, 0.7)
PEOPLE = [{"from": 1, "to": 4999, "at_start": 0.04, "at_end": 0.03}, {"from": 5000, "to": None, "at_start": 0.02}]
INDICATORS = [
    {"id": name, "label": name, "weight": 1, "baseline_share": 0.2, "target_share": 0.8, "all_or_nothing": sure, "results": {year: {"numerator": 60, "denominator": 100} for year in YEARS}}
    for name, sure in (("one", False), ("two", True))
]  # fmt: skip
CAP = {"party": "trust", "side": "loss", "residual_to": "board"}
CONTRACTS: dict[str, dict[str, Any]] = {
    "plain": {},
    "a cap of target, a gate under no mode": {
        "outcomes": {"mode": "none", "gate_share": 0.6, "score_share": BY_YEAR},
        "caps": [{**CAP, "share_of_target": 0.01}],
        "pool_caps": [{"side": "gain", "share_of_target": 0.05}],
        "bands": {"gain": TWO_BANDS, "loss": TWO_BANDS},
    },
    "a gate, a deduction, money withheld, relief": {
        "threshold": {"mode": "first_pound", "gain_share": 0.01, "loss_share": 0.01, "below_share": 0.5},
        "outcomes": {"mode": "gate", "gate_share": 0.6, "score_share": BY_YEAR, "forfeited_to": "board"},
        "deduction_share": 0.02,
        "phase": {"gain_share": BY_YEAR, "loss_share": BY_YEAR},
        "withhold": {"share": 0.1, "released": "next_year_if_passed"},
        "relief": {"share": BY_YEAR, "gbp": {"trust": dict.fromkeys(YEARS, 1000.0)}},
        "caps": [{**CAP, "amount_gbp": 20000, "carry_forward": True, "brought_forward_gbp": 500}],
    },
    "a multiplier": {"outcomes": {"mode": "multiplier", "gate_share": 0.2, "score_share": BY_YEAR, "forfeited_to": "board"}},
    "a ladder of indicators, losses by outcome, a key": {
        "threshold": {"mode": "first_pound", "by_persons": PEOPLE, "persons": dict.fromkeys(YEARS, 4000)},
        "outcomes": {
            "mode": "ladder",
            "ladder": [{"at_least": 0.3, "share": 0.4}, {"at_least": 0.6, "share": 1}],
            "indicators": INDICATORS,
            "losses": {"steepness_share": 0.5, "floor_share": 0.4, "ceiling_share": 0.9},
            "forfeited_to": "board",
        },
        "bands": {side: [{"from": 0, "to": None, "shares": {"board": 0.4, "providers": 0.6}}] for side in ("gain", "loss")},
        "distribution": {
            "among": ["trust", "practice"],
            "parts": [{"share": 0.7, "by": ["need"]}, {"share": 0.3, "retain": "practice"}],
            "weights": {"need": {"trust": 2, "practice": 1}},
        },
        "caps": [{**CAP, "share_of_income": 0.02, "residual_to": "others"}],
        "steps": ["phase", "outcomes", "deduction", "caps"],
    },
}
