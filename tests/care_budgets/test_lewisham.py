"""The place lewisham-better-care-fund: it runs from files of its own, its figures follow from its sources as its notes say, and it is verified."""

from __future__ import annotations

from pathlib import Path

import pytest

import capmodel
from capmodel.algebra.functions import add_up, pence_between, to_pence
from capmodel.cli import main
from capmodel.place.result import Result

FOLDER = Path(__file__).parents[2] / "assumptions/places/lewisham-better-care-fund"
#: Published: the pool and the council's part in 2025/26; income from the Better Care Fund in 2015/16; the deflator; the board's growth.
POOL, COUNCIL, INCOME = 53_440_286.0, 21_091_826.0, 11_527_000.0
DEFLATOR, GROWTH = {2015: 74.5804, 2025: 103.2388, 2026: 105.3095}, 0.018220704724
#: Expenditure on adult social care in 2015/16, GBP thousand: 65 and over, 18 to 64, other.
SPENT = {
    "assessment": (7_946.169, 6_094.343),
    "residential": (19_714.252, 18_761.676),
    "home_care": (11_421.497, 4_439.523),
    "community_care": (11_143.073, 8_400.933),
    "direct_payments": (1_814.805, 3_674.720),
    "other_care": (1_640.345, 10_446.631, 1_365.161),
}


@pytest.fixture(scope="module")
def result() -> Result:
    return capmodel.load(FOLDER).run()


def test_its_files_are_the_pool_and_no_more() -> None:
    assert {path.name for path in FOLDER.iterdir()} == {
        "place.yaml", "sources.yaml", "parameters.yaml", "scenarios.yaml", "pool.yaml", "NOTES.md",
    }  # fmt: skip


def test_every_step_of_the_derivation_gives_the_figure_of_the_file(result: Result) -> None:
    put_in, budget = result.column("partner_year", "put_in_gbp"), result.column("line_year", "line_budget_gbp")
    nhs = POOL - COUNCIL
    assert put_in["icb", "2025"] == pytest.approx(nhs) and put_in["council", "2025"] == COUNCIL
    assert put_in["icb", "2026"] == pytest.approx(to_pence(nhs * (1 + GROWTH)))
    assert put_in["council", "2026"] == pytest.approx(to_pence(COUNCIL * DEFLATOR[2026] / DEFLATOR[2025]))
    for year in (2025, 2026):
        care = to_pence(INCOME * DEFLATOR[year] / DEFLATOR[2015])
        assert budget["community_health", str(year)] == pytest.approx(put_in["icb", str(year)] - care)
        social, spent = care + put_in["council", str(year)], add_up([add_up(each) for each in SPENT.values()])
        so_far = 0.0
        for line, parts in SPENT.items():
            before, so_far = so_far, so_far + add_up(parts)
            assert budget[line, str(year)] == pytest.approx(pence_between(social * so_far / spent, social * before / spent)), line
    assert add_up([value for (_, year), value in budget.items() if year == "2025"]) == pytest.approx(POOL)


def test_no_figure_that_no_source_gives_passes_for_published(result: Result) -> None:
    columns = result.place.columns
    assert {figure.status for figure in columns["line_budget_gbp"].figures.values()} == {"derived"}
    assert {figure.status for figure in columns["line_spend_gbp"].figures.values()} == {"illustrative"}
    assert {figure.status for figure in columns["fund_month_actual_gbp"].figures.values()} == {"illustrative"}
    assert not [name for name in columns if name.startswith("bcf_")]


def test_it_runs_says_which_conditions_are_not_checked_and_is_verified(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["run", str(FOLDER), "--out", str(tmp_path)]) == 0
    printed = capsys.readouterr().out
    assert printed.count("NOT CHECKED") == 5
    for line in (
        "7 of 12 months are in, £3,310,000.00; the rest is forecast at £2,364,285.71",
        "left for the partners: £114,629.35",
        "all balances add up to zero at the end of every month",
    ):
        assert line in printed
    notes = (FOLDER / "NOTES.md").read_text(encoding="utf-8")
    assert all(figure in notes for figure in ("5,674,285.71", "175,453.31", "60,823.96", "114,629.35", "69,387.41", "45,241.94"))
    assert main(["verify", str(tmp_path / "lewisham-better-care-fund.xlsx"), "--place", str(FOLDER)]) == 0


def test_a_spend_that_the_forecast_replaces_is_said_to_have_no_effect(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["run", str(FOLDER), "--set", "line_spend_gbp[home_care,2025]=1", "--out", str(tmp_path)]) == 0
    assert "NO EFFECT: line_spend_gbp[home_care,2025] = 1 moves no money" in capsys.readouterr().out
