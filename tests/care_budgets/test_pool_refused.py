"""What a pooled budget with all its terms is refused for: each fault once, all of them in one report, exit code 2, nothing written."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from pool_files import full, written

from capmodel.cli import main

FAULTS: dict[str, tuple[Any, str]] = {
    "a contribution without an owner": (lambda c: c["contributions"][0].pop("owner"), "'owner' is missing from entry 1 of contributions"),
    "a contribution of nobody": (lambda c: c["contributions"][0].update(owner="bord"), "'bord' is not a partner; it has no money in the pool. Did you mean board?"),
    "a contribution without a year": (lambda c: c["contributions"][4]["gbp"].pop(2026), "there is no figure for 2026; each year needs one; gaps are not filled"),
    "a contribution without an amount": (lambda c: c["contributions"][1].pop("gbp"), "board_extra states no amount"),
    "growth and an index": (lambda c: c["contributions"][0].update(index={2024: 1, 2025: 1, 2026: 1}), "nhs_minimum has base_year, base_gbp, growth_share and index"),
    "an index without a year": (lambda c: c["contributions"][3]["index"].pop(2026), "the index has no figure above zero for 2026"),
    "a base year to come": (lambda c: c["contributions"][0].update(base_year=2026), "the base year is 2026, after 2025"),
    "a ring-fence around no line": (lambda c: c["contributions"][2].update(ring_fenced_to="adaptation"), "'adaptation' is no line of the pool"),
    "a waterfall without an end": (lambda c: c.update(order=["underspends", "risk_pool"]), "the order ends with risk_pool; the waterfall has no end: nobody would bear what is left. Write partners as its last step"),
    "a waterfall that ends too early": (lambda c: c.update(order=["partners", "risk_pool"]), "risk_pool stands after partners in the order"),
    "a step that is there twice": (lambda c: c.update(order=["risk_pool", "risk_pool", "partners"]), "risk_pool stands in the order twice"),
    "an entry that does not balance": (lambda c: c["entries"][0]["paid_to"].update(pool=59_999.99), "advance takes 60,000.00 from its accounts and gives 59,999.99 to others, 0.01 apart"),
    "an entry to no account": (lambda c: c["entries"][0].update(paid_to={"pol": 60_000}), "'pol' is no account of the pool"),
    "an entry of another year": (lambda c: c["entries"][0].update(month="2027-05"), "the month is '2027-05'"),
    "an NHS body that carries forward": (lambda c: c["partners"]["board"].update(carry_forward_limit_share=0.01), "board is an NHS body and carries 0.01 of what it puts in forward; NHS bodies carry no money across years unless they are permitted to"),
    "a carry-forward against its permission": (lambda c: c["partners"]["council"].update(may_carry_forward=False), "council may not carry forward, and carries 0.02 of what it puts in"),
    "own risk without an owner": (lambda c: c["lines"][4].pop("owner"), "nursing is at the risk of its owner, and has none"),
    "an owner without own risk": (lambda c: c["lines"][0].update(owner="council"), "home_care has an owner; only a line at its owner's own risk has one"),
    "months without a forecast": (lambda c: c["lines"][0].pop("forecast"), "the months of home_care end within a year, and no forecast is stated"),
    "thirteen months": (lambda c: c["lines"][0].update(spend_by_month_gbp={2025: [1] * 13}), "2025 has 13 months; a year has twelve"),
    "a year without spend": (lambda c: c["lines"][0].pop("spend_gbp"), "home_care has no spend for 2026"),
    "a forecast below what is in": (lambda c: c["lines"][0].update(forecast="stated", spend_gbp={2025: 3_000_000, 2026: 1}), "the months of 2025 that are in come to 3,622,000.00, above the 3,000,000.00 stated for the year"),
    "a pot above its line": (lambda c: c["performance_pots"][0]["gbp"].update({2025: 3_000_001}), "performance pots of reablement come to 3,000,001.00 in 2025, above its budget of 3,000,000.00"),
    "a kind that recovers nothing": (lambda c: c["lines"][0].update(contract_holder="compny"), "there is no recoverable share for compny"),
    "a holder without a kind": (lambda c: c["partners"]["council"].pop("kind"), "council holds the contract of home_care, and its kind is not stated"),
    "a share in per cent": (lambda c: c["vat"].update(rate_share=20), "rate_share is 20; it is a part of the price without VAT. Write 0.2 if 20 per cent is meant"),
    "a grant that is not put in": (lambda c: c["conditions"]["grants"][0].update(contribution="grant"), "'grant' is no contribution"),
    "a ring-fence above the budget": (lambda c: (c["lines"][2]["budget_gbp"].update({2025: 1_100_000}), c["uncommitted_gbp"].update({2025: 765_000})), "1,200,000.00 is ring-fenced to adaptations in 2025, above its budget of 1,100,000.00"),
    "an entry from an account to itself": (lambda c: c["entries"][0].update(paid_from={"pool": 5}, paid_to={"pool": 5}), "pool pays and receives in advance; it would move nothing"),
    "a goal that is none of the three": (lambda c: c["conditions"]["metrics"].update(falls={2025: 1, 2026: 1}), "'falls' is no goal of the Better Care Fund 2025/26"),
    "a goal of another year": (lambda c: c["conditions"]["metrics"]["delayed_discharge"].update({2030: 1}), "there is a figure for 2030; it is no year of the model"),
    "an outcome that is there twice": (lambda c: c["performance_pots"][0]["outcomes"].append(dict(c["performance_pots"][0]["outcomes"][0], label="Other")), "days is there twice"),
    "a grant that is there twice": (lambda c: c["conditions"]["grants"].append({"contribution": "facilities_grant", "gbp": {2025: 1, 2026: 1}}), "the grant facilities_grant is there twice"),
    "a profile without what is in": (lambda c: c["lines"][0].update(profile=[0] * 7 + [1] * 5, forecast="profile"), "the profile of home_care is zero in the months of 2025 that are in; nothing follows from it for the rest"),
    "a profile without what is to come": (lambda c: c["lines"][0].update(profile=[1] * 7 + [0] * 5), "the profile of home_care is zero in the months of 2025 to come; what run_rate forecasts would fall into no month"),
    "a contribution that is called as a line": (lambda c: c["contributions"][1].update(id="home_care"), "home_care is a line too"),
    "a contribution that is called as a partner": (lambda c: c["contributions"][1].update(id="board"), "board is a partner too"),
    "contributions with one label": (lambda c: c["contributions"][1].update(label="Cash of the council"), "Cash of the council"),
    "months below zero": (lambda c: c["lines"][0].update(spend_by_month_gbp={2025: [-1, -2]}), "the months of 2025 that are in come to -3.00; a line spends zero or more"),
    "a partner that puts nothing in": (lambda c: c["partners"].update(trust={}), "trust puts nothing in"),
}  # fmt: skip


@pytest.mark.parametrize("name", FAULTS)
def test_a_fault_is_one_problem_with_its_line(name: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    change, words = FAULTS[name]
    path = written(tmp_path, full(change))
    assert main(["pool", str(path), "--out", str(tmp_path / "o.csv")]) == 2
    said = " ".join(capsys.readouterr().err.split())
    assert "1 problem found" in said and words in said, said
    assert "pool.yaml, line " in said
    assert not (tmp_path / "o.csv").exists()


def test_faults_of_every_part_are_in_one_report(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    names = (
        "a contribution of nobody",
        "a waterfall without an end",
        "an entry that does not balance",
        "an NHS body that carries forward",
        "own risk without an owner",
        "a grant that is not put in",
    )

    def change(content: dict[str, Any]) -> None:
        for name in names:
            FAULTS[name][0](content)

    assert main(["pool", str(written(tmp_path, full(change)))]) == 2
    said = " ".join(capsys.readouterr().err.split())
    assert f"{len(names)} problems found" in said
    assert all(FAULTS[name][1] in said for name in names)
