"""Every mechanism, the pooled budget and the performance pot with figures just under, exactly on and just over each of their cliffs."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest
from cliffs import ON, OVER, UNDER, YEARS, agrees, around, of_agreement, of_year, under_contract

from capmodel import plugins
from capmodel.contracts import mechanisms

PENNY = 0.01
BOTH = {"payer": "commissioner", "organisation": "trust"}
#: By mechanism: its terms, the variance of the cliff, who is looked at, and that party's share or transfer under, on and over it.
CLIFFS: dict[str, list[tuple[dict[str, Any], dict[int, float], str, list[float]]]] = {
    "blended_payment": [
        ({"commissioner": "commissioner", "provider": "trust", "marginal_share": 0.2}, around(0, 0.05), "transfer_gbp", [0.01, 0, -0.01]),
    ],
    "block_contract": [
        ({"commissioner": "commissioner", "provider": "trust", "collar_share": 0.02}, around(-20_000, PENNY), "share_gbp", [-20_000, -20_000, -19_999.99]),
    ],
    "aligned_payment_and_incentive": [
        ({"commissioner": "commissioner", "provider": "trust", "above_plan_share": 1, "below_plan_share": 0.5}, around(0, 0.02), "transfer_gbp", [0.02, 0, -0.01]),
    ],
    "target_cost": [
        ({"client": "commissioner", "contractor": "trust", "share_ranges": [
            {"from": 0, "to": 0.8, "contractor_share": 0}, {"from": 0.8, "to": 1, "contractor_share": 0.25},
            {"from": 1, "to": 1.1, "contractor_share": 0.25}, {"from": 1.1, "to": None, "contractor_share": 0.5}]}, variance, "share_gbp", shares)
        for variance, shares in (
            (around(200_000, 0.04), [49_999.99, 50_000, 50_000]), (around(0, 0.04), [-0.01, 0, 0.01]), (around(-100_000, 0.04), [-25_000.02, -25_000, -24_999.99]),
        )
    ],
    "gain_loss_share": [
        ({"commissioner": "commissioner", "gain_shares": {"trust": 0.5}, "dead_band_share": 0.1}, around(100_000, 0.02), "share_gbp", [0, 0, 0.01]),
        ({"commissioner": "commissioner", "gain_shares": {"trust": 0.5}, "dead_band_share": 0.1}, around(-100_000, 0.02), "share_gbp", [-0.01, 0, 0]),
        ({"commissioner": "commissioner", "gain_shares": {"trust": 1}, "most_of_income_share": {"trust": 0.07}}, around(70_000, PENNY), "share_gbp", [69_999.99, 70_000, 70_000]),
    ],
    "aco_reach": [
        ({"option": "global", **BOTH, "discount_share": dict.fromkeys(YEARS, 0.0)}, around(250_000, 0.02), "share_gbp", [249_999.98, 250_000, 250_000.01]),
        ({"option": "global", **BOTH, "discount_share": dict.fromkeys(YEARS, 0.0)}, around(-250_000, 0.02), "share_gbp", [-250_000.01, -250_000, -249_999.98]),
    ],
    "us_shared_savings": [
        ({"track": "basic_e", **BOTH, "elected_threshold_share": 0.02, "deduction_share": 0, "score_share": dict.fromkeys(YEARS, 1.0)}, around(20_000, PENNY), "share_gbp", [0, 10_000, 10_000]),
    ],
    "project_alliance": [
        ({"owner": "commissioner", "gain_shares": {"trust": 0.5}, "fee_gbp": {"trust": 30_000}, "minimum_score_share": 0,
          "result_score_share": dict.fromkeys(YEARS, 1.0)}, around(-60_000, 0.02), "share_gbp", [-30_000, -30_000, -29_999.99]),
    ],
    "better_care_fund": [
        ({"commissioner": "commissioner", "fund": "fund", "planned_avoided_number": 70, "admission_price_gbp": 1_000.1}, around(70_007, PENNY), "fund", [70_006.99, 70_007, 70_007]),
        ({"commissioner": "commissioner", "fund": "fund", "planned_avoided_number": 70, "admission_price_gbp": 1_000.1}, around(0, PENNY), "fund", [0, 0, 0.01]),
    ],
    "section_75": [
        ({"host": "commissioner", "contributions_gbp": {"commissioner": 750_000, "council": 250_000}, "most_loss_gbp": {"council": 10_000}}, around(-40_000, 0.04), "council", [-10_000, -10_000, -9_999.99]),
    ],
    "lead_provider_capitation": [
        ({"commissioner": "commissioner", "lead": "trust", "subcontracts": {}, "most_loss_gbp": 50_000}, around(-50_000, PENNY), "share_gbp", [-50_000, -50_000, -49_999.99]),
    ],
}  # fmt: skip


def test_every_mechanism_has_a_cliff() -> None:
    assert set(CLIFFS) == set(plugins.names(mechanisms))


@pytest.mark.parametrize(
    ("mechanism", "terms", "variance", "looked_at", "wanted"),
    [(name, *each) for name, all_of in CLIFFS.items() for each in all_of],
    ids=[f"{name} {i}" for name, all_of in CLIFFS.items() for i, _ in enumerate(all_of)],
)
def test_a_variance_on_a_cliff_of_a_mechanism(
    mechanism: str, terms: Mapping[str, Any], variance: Mapping[int, float], looked_at: str, wanted: list[float]
) -> None:
    parties = ["commissioner", "trust", *[party for party in ("fund", "council") if party == looked_at]]
    done = under_contract(variance, {"mechanism": mechanism, "mechanism_terms": terms}, parties)
    column, party = (looked_at, "trust") if looked_at.endswith("_gbp") else ("share_gbp", looked_at)
    assert of_year(done, "settlement", column, party) == wanted
    agrees(done)


# ------------------------------------------------------------------ pooled budget


def pooled(overspend: Mapping[int, float], **more: Any) -> dict[str, Any]:
    """A pool whose home care costs so much more than its budget each year, in parts that leave noise when they are added."""
    budget = dict.fromkeys(YEARS, 700_000.30)
    return {
        "host": "board",
        "partners": {
            "board": {"contribution_gbp": dict.fromkeys(YEARS, 900_000.45)},
            "council": {"contribution_gbp": dict.fromkeys(YEARS, 300_000.15), **more},
        },
        "lines": [
            {"id": "care", "label": "Care", "budget_gbp": budget, "spend_gbp": {year: round(700_000.30 + each, 2) for year, each in overspend.items()}},
            {"id": "rehab", "label": "Rehabilitation", "budget_gbp": dict.fromkeys(YEARS, 400_000.20), "spend_gbp": dict.fromkeys(YEARS, 369_999.90)},
        ],
        "risk_pool_gbp": dict.fromkeys(YEARS, 50_000.05),
        "uncommitted_gbp": dict.fromkeys(YEARS, 50_000.05),
    }  # fmt: skip


@pytest.mark.parametrize(
    ("edge", "column", "wanted"),
    [
        (0.0, "overspend_gbp", [0, 0, 0.01]),
        (30_000.30, "met_by_risk_pool_gbp", [0, 0, 0.01]),
        (80_000.35, "met_by_uncommitted_gbp", [0, 0, 0.01]),
        (130_000.40, "deficit_gbp", [0, 0, 0.01]),
    ],
)
def test_an_overspend_on_the_edge_of_a_step_of_the_waterfall(edge: float, column: str, wanted: list[float]) -> None:
    # What the year under the edge leaves of the risk pool, a penny, is there in the year over it.
    left = PENNY if column == "met_by_uncommitted_gbp" else 0
    variance = around(edge, PENNY)
    done = of_agreement("pooled_budget", pooled({**variance, OVER: variance[OVER] + left}))
    assert [round(each, 6) for each in of_year(done, "fund", column)] == wanted
    agrees(done)


def test_a_partner_on_its_limit_of_the_deficit() -> None:
    done = of_agreement("pooled_budget", pooled(around(130_000.40 + 40_000, 0.04), most_loss_gbp=10_000))
    assert of_year(done, "partner_year", "deficit_part_gbp", "council") == [9_999.99, 10_000, 10_000]
    agrees(done)


# ------------------------------------------------------------------ performance pot


@pytest.mark.parametrize("reading", ["whole_year", "plan_to_date"])
@pytest.mark.parametrize(("edge", "on"), [(0.0, 0.0), (0.3, 0.3), (0.7, 0.7)])
def test_a_fall_on_the_plan_of_a_reading(reading: str, edge: float, on: float) -> None:
    fall = {year: [round(edge - 0.1, 4) + step, 0.1, 0, 0] for year, step in ((UNDER, -1e-3), (ON, 0.0), (OVER, 1e-3))}
    agreement = {
        "planned_number": {year: [0.1, 0.2, 0.3, 0.1] for year in YEARS},
        "avoided_number": fall,
        "admission_price_gbp": dict.fromkeys(YEARS, 1_490_000.0),
        "reading": reading,
    }
    done = of_agreement("performance_pot", agreement)
    whole = of_year(done, "pot", "pot_gbp")[0]
    paid = of_year(done, "pot", "paid_of_pot_gbp")
    assert whole == pytest.approx(0.7 * 1_490_000)
    assert paid[0] <= paid[1] <= paid[2] <= whole
    if reading == "whole_year":
        assert paid[1] == pytest.approx(min(on, 0.7) * 1_490_000, abs=PENNY)
    agrees(done)
