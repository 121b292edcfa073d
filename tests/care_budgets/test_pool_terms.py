"""The terms of a pooled budget beyond its simple form: contributions, months, variance rules, order, pots, VAT, conditions; worked by hand."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
from pool_files import FULL, full, worked

from capmodel.cli import main

from conftest import ROOT  # isort: skip


@pytest.fixture(scope="module")
def done(tmp_path_factory: pytest.TempPathFactory) -> Any:
    """The whole agreement, worked out."""
    return worked(tmp_path_factory.mktemp("pool"), full())


@pytest.mark.parametrize(
    ("table", "column", "key", "expected"),
    [
        # 9,000,000 x 1.017 and x 1.017 squared; 400,000 x 103/100 and x 106/100.
        ("pool_contribution_year", "amount_gbp", "nhs_minimum", [9_153_000.0, 9_308_601.0]),
        ("pool_contribution_year", "amount_gbp", "staff", [412_000.0, 424_000.0]),
        # Adaptations spend 1,150,000 of 1,200,000 ring-fenced to them; the other 100,000 of their budget stays in the pool.
        ("pool_contribution_year", "back_gbp", "facilities_grant", [50_000.0, 0.0]),
        ("line_year", "under_gbp", "adaptations", [100_000.0, 0.0]),
        # Seven months come to 3,622,000; five more at the mean are 2,587,142.86.
        ("line_year", "rest_gbp", "home_care", [2_587_142.86, 6_300_000.0]),
        ("line_year", "net_spend_gbp", "home_care", [6_209_142.86, 6_300_000.0]),
        # The board holds the contract of reablement and recovers 30% of 20% on a tenth of 2,900,000; the council recovers all.
        ("line_year", "line_vat_gbp", "reablement", [40_600.0, 42_700.0]),
        ("line_year", "line_vat_gbp", "home_care", [0.0, 0.0]),
        ("pool_vat_if", "if_held_gbp", "company_body", [678_914.29, 691_000.0]),
        # Half the pot is withheld; 104 days of delay miss the goal of 100, 90 meet that of 90.
        ("pool_pot", "unearned_pot_gbp", "discharge", [150_000.0, 0.0]),
        ("line_year", "available_gbp", "reablement", [2_850_000.0, 3_000_000.0]),
        ("line_year", "pro_rata_over_gbp", "reablement", [90_600.0, 92_700.0]),
        ("line_year", "host_over_gbp", "equipment", [50_000.0, 0.0]),
        ("line_year", "own_over_gbp", "nursing", [30_000.0, 0.0]),
        ("line_year", "own_under_gbp", "nursing", [0.0, 100_000.0]),
        ("line_year", "to_limit_over_gbp", "placements", [100_000.0, 0.0]),
        # The risk pool comes first by the order stated, then underspends.
        ("fund", "met_by_risk_pool_gbp", "", [200_000.0, 100_000.0]),
        ("fund", "met_by_lines_gbp", "", [9_142.86, 0.0]),
        ("fund", "met_by_uncommitted_gbp", "", [0.0, 0.0]),
        ("fund", "recurrent_gap_gbp", "", [0.0, 0.0]),
        # The board: 67.6691% of 90,600 and of 100,000, equipment and nursing whole; the council the rest.
        ("partner_year", "deficit_part_gbp", "board", [208_977.34, 61_274.71]),
        ("partner_year", "deficit_part_gbp", "council", [61_622.66, 31_425.29]),
        ("partner_year", "grants_returned_gbp", "board", [150_000.0, 0.0]),
        ("partner_year", "grants_returned_gbp", "council", [50_000.0, 0.0]),
        # 2% of 4,612,000 and of 4,774,000 may stay in the pool for the council; the deficit of 2026 is paid from it.
        ("partner_year", "carried_gbp", "council", [92_240.0, 95_480.0]),
        ("partner_year", "from_held_gbp", "council", [0.0, 31_425.29]),
        ("pool_memorandum", "memo_kind_gbp", "council", [412_000.0, 424_000.0]),
        ("pool_memorandum", "memo_fenced_gbp", "council", [1_200_000.0, 1_250_000.0]),
        ("pool_memorandum", "memo_recurrent_gbp", "board", [9_153_000.0, 9_308_601.0]),
        ("pool_memorandum", "spend_part_gbp", "board", [9_268_164.58, 9_076_466.41]),
        ("pool_memorandum", "spend_part_gbp", "council", [4_411_578.28, 4_706_233.59]),
    ],
)
def test_each_term_is_worked_out_as_by_hand(done: Any, table: str, column: str, key: str, expected: list[float]) -> None:
    found = [done.at(table, column, year, *([key] if key else [])) for year in (2025, 2026)]
    assert found == pytest.approx(expected, abs=0.005)


def test_every_check_of_the_whole_agreement_holds(done: Any) -> None:
    assert done.failed() == []


@pytest.mark.parametrize(
    ("rule", "more", "expected"),
    [
        # Seven months at 3,622,000; the rest of the year is five months of twelve, or a profile of half the year in its last five.
        ("run_rate", {}, 2_587_142.86),
        ("profile", {"profile": [1, 1, 1, 1, 1, 1, 1, 1.4, 1.4, 1.4, 1.4, 1.4]}, 3_622_000.0),
        ("budget", {}, 2_500_000.0),
        ("stated", {"spend_gbp": {2025: 6_100_000, 2026: 6_300_000}}, 2_478_000.0),
    ],
)
def test_the_rest_of_the_year_is_forecast_by_the_rule_that_is_stated(
    rule: str, more: dict[str, Any], expected: float, tmp_path: Path
) -> None:
    def change(content: dict[str, Any]) -> None:
        content["lines"][0] |= {"forecast": rule, **more}

    found = worked(tmp_path, full(change))
    assert found.at("line_year", "rest_gbp", 2025, "home_care") == pytest.approx(expected, abs=0.005)
    months = [found.at("fund_line_month", "month_spend_gbp", 2025, "home_care", month) for _, month in found.ids("fund_line_month")[:12]]
    assert months[:7] == FULL["lines"][0]["spend_by_month_gbp"][2025]
    assert sum(months) == pytest.approx(3_622_000 + expected, abs=0.005)


@pytest.mark.parametrize(
    ("order", "met"),
    [
        (["underspends", "risk_pool", "uncommitted", "partners"], [100_000.0, 109_142.86, 0.0, 0.0]),
        (["uncommitted", "underspends", "risk_pool", "partners"], [0.0, 0.0, 209_142.86, 0.0]),
        (["risk_pool", "partners"], [0.0, 200_000.0, 0.0, 9_142.86]),
        (["partners"], [0.0, 0.0, 0.0, 209_142.86]),
    ],
)
def test_an_overspend_is_met_in_the_order_that_is_stated(order: list[str], met: list[float], tmp_path: Path) -> None:
    found = worked(tmp_path, full(lambda content: content.update(order=order)))
    names = ("met_by_lines_gbp", "met_by_risk_pool_gbp", "met_by_uncommitted_gbp", "deficit_gbp")
    assert [found.at("fund", name, 2025) for name in names] == pytest.approx(met, abs=0.005)
    assert found.failed() == []


def test_a_line_shared_up_to_limits_falls_to_the_host_beyond_them(tmp_path: Path) -> None:
    """The council's 32.3309% of 2,900,000 is above its limit of 100,000; without one it would be held to what it puts in."""

    def change(content: dict[str, Any]) -> None:
        content["lines"][5]["spend_gbp"][2025] = 3_800_000

    found = worked(tmp_path, full(change))
    part = found.at("partner_year", "to_limit_part_gbp", 2025, "council")
    assert part == pytest.approx(2_900_000 * 4_612_000 / 14_265_000, abs=0.01)
    assert found.at("partner_year", "beyond_line_limit_gbp", 2025, "council") == pytest.approx(part - 100_000, abs=0.01)
    assert found.failed() == []


@pytest.mark.parametrize(
    ("change", "failed"),
    [
        ({"nhs_minimum": {"owner": "board", "gbp": {2025: 9_700_000, 2026: 9_000_000}}}, "the NHS minimum contribution is pooled (The board), 2025/26: £47,000.00 out"),
        ({"adult_social_care_minimum": {"lines": {"home_care": 0.5}, "gbp": {2025: 3_000_000, 2026: 3_200_000}}}, "the minimum for adult social care is met"),
        ({"grants": [{"contribution": "facilities_grant", "gbp": {2025: 1_200_000, 2026: 1_300_000}}]}, "the grant is pooled (Disabled facilities grant), 2026/27: £50,000.00 out"),
        ({"metrics": {"unplanned_admissions": {2025: 1, 2026: 1}, "delayed_discharge": {2025: 1, 2026: 1}}}, "the goal is stated (care_home_admissions), 2025/26: 1 out"),
        ({"signed": {"board": True, "council": False}}, "the plan is signed (The council), 2025/26: £4,612,000.00 out"),
    ],
)  # fmt: skip
def test_a_condition_that_is_not_met_fails_with_its_pounds(
    change: dict[str, Any], failed: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    found = worked(tmp_path, full(lambda content: content["conditions"].update(change)))
    assert failed in " / ".join(found.failed())
    assert main(["pool", str(tmp_path / "pool.yaml")]) == 1
    assert "CHECK FAILED" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (lambda c: c["partners"]["council"].update(carry_forward_limit_share=0, may_carry_forward=True), "may_carry_forward of council: carry_forward_limit_share is zero"),
        (lambda c: c.pop("vat"), "contract_holder and taxable_share of home_care: vat: is not stated"),
        (lambda c: c.update(order=["underspends", "uncommitted", "partners"]), "risk_pool_gbp meets no overspend: order leaves risk_pool out"),
        (lambda c: c["lines"][0]["spend_gbp"].update({2025: 1}), "spend_gbp of home_care for 2025: the rest of the year is forecast by run_rate"),
        (lambda c: [line.pop("contract_holder", None) for line in c["lines"]], "vat: no line says who holds its contract"),
        (lambda c: c["conditions"].pop("signed"), "NOT CHECKED: sign-off of the Better Care Fund 2025/26"),
        (lambda c: c["lines"][1].update(forecast="run_rate"), "forecast of reablement: no month is in"),
    ],
)  # fmt: skip
def test_a_term_without_effect_is_said(change: Any, said: str, tmp_path: Path) -> None:
    assert said in " / ".join(worked(tmp_path, full(change)).statement())


def test_the_whole_agreement_has_no_term_without_effect(done: Any) -> None:
    assert done.idle == ()


def test_the_agreement_of_the_guide_is_worked_out_as_it_shows(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    page = (ROOT / "docs/guide/04f-pooled-budgets.md").read_text(encoding="utf-8")
    agreement, shown = (re.findall(rf"^```{language}\n(.*?)^```", page, re.MULTILINE | re.DOTALL)[0] for language in ("yaml", "text"))
    (tmp_path / "better-care.yaml").write_text(agreement, encoding="utf-8")
    assert main(["pool", str(tmp_path / "better-care.yaml")]) == 0
    printed = capsys.readouterr().out.splitlines()
    assert [line for line in shown.splitlines()[1:] if line != "..." and line not in printed] == []
    assert not [line for line in printed if line.startswith(("NO EFFECT", "NOT CHECKED"))]


def test_a_provider_that_is_called_as_a_line_has_an_account_of_its_own(tmp_path: Path) -> None:
    found = worked(tmp_path, full(lambda content: content["lines"][0].update(provider="reablement")))
    paid = [found.at("pool_account_year", "closing_balance_gbp", 2025, name) for name in ("paid to reablement", "paid for reablement")]
    assert paid == pytest.approx([6_209_142.86, 2_900_000.0])
