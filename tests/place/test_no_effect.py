"""A figure that is set and moves nothing is said, by every command that takes `--set`, in its record and in the book."""

from __future__ import annotations

import json
from pathlib import Path

import openpyxl
import pytest

from capmodel.cli import main
from capmodel.errors import Problem
from capmodel.model import Place, load
from capmodel.place.no_effect import AS_BEFORE, AS_THEY_ARE
from capmodel.uncertainty.grid import read_term
from capmodel.uncertainty.negotiate import Bench
from capmodel.uncertainty.simulate import make_ready

from conftest import Case  # isort: skip

OFF = "cap_gbp[council,loss]"
SAID = f"NO EFFECT: {OFF} = 1000000 moves no money and no check of this run: it counts only where cap_gbp_flag is 1"


def test_a_term_whose_switch_is_off_is_said_on_the_terminal_in_the_record_and_in_the_book(
    small: Case, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["run", str(small.folder), "--out", str(tmp_path), "--set", f"{OFF}=1000000", "--set", "gain_threshold_share=0.01"]) == 0
    assert capsys.readouterr().out.count("NO EFFECT") == 1
    record = json.loads((tmp_path / "small-place-changed.json").read_text(encoding="utf-8"))
    assert record["manifest"]["changes_without_effect"] == {OFF: "it counts only where cap_gbp_flag is 1"}
    book = openpyxl.load_workbook(tmp_path / "small-place-changed.xlsx", read_only=True)
    notes = [
        str(cell) for row in book["Contract terms"].iter_rows(values_only=True) for cell in row if cell and "Set for this run" in str(cell)
    ]
    assert sorted("No effect: it counts only where cap_gbp_flag is 1" in note for note in notes) == [False, True]


@pytest.mark.parametrize("command", ["explain", "simulate"])
def test_every_command_that_sets_a_figure_says_so(small: Case, command: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    more = ["pool.pool_gbp[2026]", "--depth", "1"] if command == "explain" else ["--draws", "100", "--out", str(tmp_path)]
    assert main([command, str(small.folder), *more, "--set", f"{OFF}=1000000"]) == 0
    assert SAID in capsys.readouterr().out
    if command == "simulate":
        record = json.loads((tmp_path / "small-place-changed-risk.json").read_text(encoding="utf-8"))
        assert list(record["changes_without_effect"]) == [OFF]


@pytest.mark.parametrize(
    ("text", "value", "why"),
    [
        (OFF, 1e6, "cap_gbp_flag is 1"),
        ("relief_share[2027]", 0.3, "relief_step_flag is 1"),
        ("pool_cap_gbp[gain]", 1e6, "pool_cap_gbp_flag is 1"),
        ("loss_floor_share", 0.3, "loss_by_outcome_flag is 1"),
        ("gdp_deflator_index[2010]", 0.5, "in its row or year"),
        ("icb_allocation_gbp[core,2023]", 1.0, "nothing that counts depends on it"),
        ("deduction_share", 0.0, AS_BEFORE),
        ("outcome_gate_share", 0.71, AS_THEY_ARE),
        ("prudence_share@prudent", 0.02, AS_BEFORE),
    ],
)
def test_why_a_figure_moves_nothing(place: Place, text: str, value: float, why: str) -> None:
    idle = place.run(changes={text: value}).idle
    assert list(idle) == [text]
    assert why in idle[text]


@pytest.mark.parametrize(
    "changes",
    [
        {OFF: 1e6, "cap_gbp_flag[council,loss]": 1.0},
        {"outcome_gate_share": 0.77},
        {"investment_budget_gbp[2026]": 5e6},
        {"carry_forward_flag": 0.0},
        {"perspective_index[nhs_commissioner]": 0.5},
    ],
)
def test_a_figure_that_moves_something_is_not_said_to_move_nothing(place: Place, changes: dict[str, float]) -> None:
    assert place.run(changes=changes).idle == {}


def test_what_only_the_plan_reads_moves_no_party_in_a_simulation(place: Place) -> None:
    assert list(place.simulate(100, changes={"discount_rate_share": 0.05}).idle) == ["discount_rate_share"]


def test_negotiate_refuses_a_term_that_moves_nothing_and_names_single_figures(
    small: Case, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    start = ["negotiate", str(small.folder), "--draws", "100", "--out", str(tmp_path)]
    assert main([*start, "--vary", f"{OFF}=1000000,2000000"]) == 2
    assert f"{OFF}: it moves no money in any design; it counts only where cap_gbp_flag is 1" in capsys.readouterr().err
    assert not list(tmp_path.iterdir())
    assert main([*start, "--vary", "cap_gbp[*,loss]=1000000", "--set", "relief_share[2027]=0.2"]) in (0, 1)
    said = capsys.readouterr().out
    assert f"NO EFFECT: {OFF} moves no money in any design: it counts only where cap_gbp_flag is 1" in said
    assert "cap_gbp[acute_trusts,loss] moves no money" not in said
    assert "NO EFFECT: relief_share[2027] = 0.2" in said


def test_a_term_whose_switch_is_varied_as_well_is_taken(place: Place) -> None:
    problems: list[Problem] = []
    terms = [read_term(name, values, "--vary", problems) for name, values in ((OFF, ["1e6"]), ("cap_gbp_flag[council,loss]", ["0", "1"]))]
    bench = Bench(make_ready(place, "base", {}, 100, 1, False), "nhs_commissioner", 0.05, 0.0)
    bench.check(terms[:1], problems)
    assert [problem.where for problem in problems] == [OFF]
    problems.clear()
    bench.check(terms, problems)
    assert problems == []


def test_a_figure_set_twice_is_refused(small: Case, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["explain", str(small.folder), "pool.pool_gbp[2026]", "--set", "deduction_share=0.1", "--set", "deduction_share=0.2"]) == 2
    assert "deduction_share is set twice; the second would silently win" in capsys.readouterr().err


def test_a_figure_of_a_contract_that_moves_nothing_is_said(place: Place, broken: Path) -> None:
    assert place.run().idle_terms == {}
    contract = broken / "contract.yaml"
    text = contract.read_text(encoding="utf-8").replace("mode: gate", "mode: none").replace("  forfeited_to: reinvestment_fund\n", "")
    contract.write_text(text, encoding="utf-8")
    idle = load(broken).run().idle_terms
    assert set(idle) == {"outcome_gate_share", "outcome_score_share"}
    assert "outcome_counts_flag is 1" in idle["outcome_gate_share"]


def test_figures_of_years_outside_the_model_are_said(small_broken: Path, capsys: pytest.CaptureFixture[str]) -> None:
    table = small_broken / "tables" / "population_growth_share.csv"
    lines = table.read_text(encoding="utf-8").splitlines()
    years = [name for name in lines[0].split(",") if name[:4].isdigit()]
    assert years, lines[0]
    later = str(int(years[-1][:4]) + 1)
    cut = lines[0].split(",").index(years[-1]) + 1
    wider = [",".join([*line.split(",")[:cut], later if i == 0 else "0.5", *line.split(",")[cut:]]) for i, line in enumerate(lines)]
    table.write_text("\n".join(wider) + "\n", encoding="utf-8")
    assert main(["run", str(small_broken), "--out", str(small_broken / "out")]) == 0
    said = " ".join(capsys.readouterr().out.split())
    assert f"NO EFFECT: tables/population_growth_share.csv gives figures for {later}; it is no year of the model" in said
