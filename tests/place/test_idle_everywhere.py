"""Figures and options that change nothing are said or refused in every door: two runs compared, a scenario, terms beside columns, options."""

from __future__ import annotations

import json
import re
import shutil
from pathlib import Path

import pytest
import yaml
from settle_files import TABLE, with_columns, write

from capmodel.cli import main
from capmodel.model import Place, load
from capmodel.place.no_effect import AS_BEFORE

from conftest import Case  # isort: skip

WHY = "it counts only where cap_gbp_flag is 1"


@pytest.fixture
def broken(small_broken: Path) -> Path:
    """The small place is enough."""
    return small_broken


@pytest.fixture
def place(small: Case) -> Place:
    return small.place


# ------------------------------------------------------------------ two runs compared


def test_compare_names_figures_that_differ_without_effect(broken: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    other = broken.with_name("other")
    shutil.copytree(broken, other)
    for folder, share in ((broken, 0.6), (other, 0.8)):
        file = folder / "contract.yaml"
        text = file.read_text(encoding="utf-8").replace("  forfeited_to: reinvestment_fund\n", "")
        file.write_text(re.sub(r"mode: gate(\s+)gate_share: 0.7", rf"mode: none\1gate_share: {share}", text), encoding="utf-8")
    start = ["compare", str(broken), f"{other}@prudent"]
    named = "NO EFFECT: outcome_gate_share differs and moves no money and no check of either run: it counts only where"
    assert main(start) == 0
    said = capsys.readouterr().out
    assert said.count("NO EFFECT") == 1 and named in said
    assert main([*start, "--statement", "council"]) == 0
    said = capsys.readouterr().out
    assert named in said
    assert "Score needed to pass the outcome gate" in said.partition("Without effect on this statement: ")[2]


def test_a_figure_that_counts_in_one_of_the_runs_is_not_named(place: Place) -> None:
    one = place.run(chosen={}, changes={"cap_gbp[council,loss]": 1e6})
    off, on = place.run(chosen={}), place.run(chosen={}, changes={"cap_gbp[council,loss]": 2e6})
    assert off.idle_between(one) == {"cap_gbp[council,loss]": WHY}
    assert one.idle_between(on) == {"cap_gbp[council,loss]": WHY}
    assert off.idle_between(place.run(chosen={}, changes={"outcome_gate_share": 0.9})) == {}
    assert off.idle_between(off) == {}


# ------------------------------------------------------------------ a scenario's own figures


def test_a_figure_of_a_scenario_that_moves_nothing_is_said_and_recorded(
    broken: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    same = load(broken).assumptions["fitted_need_share"].values[None].value
    file = broken / "scenarios.yaml"
    text = file.read_text(encoding="utf-8")
    file.write_text(
        text.replace("    prudence_share: 0.35\n", f"    prudence_share: 0.35\n    fitted_need_share: {same}\n"), encoding="utf-8"
    )
    place = load(broken)
    assert place.run("prudent", chosen={}).idle_in_scenario == {"fitted_need_share": AS_BEFORE}
    assert place.run("prudent", chosen={}, changes={"fitted_need_share@prudent": 0.5}).idle_in_scenario == {}
    assert place.run("base", chosen={}).idle_in_scenario == {}
    assert main(["run", str(broken), "--scenario", "prudent", "--out", str(tmp_path / "out")]) == 0
    assert f"NO EFFECT: fitted_need_share of the scenario prudent moves no money: {AS_BEFORE}" in capsys.readouterr().out
    record = json.loads(next((tmp_path / "out").glob("*.json")).read_text(encoding="utf-8"))
    assert record["manifest"]["scenario_without_effect"] == {"fitted_need_share": AS_BEFORE}


def test_simulate_and_negotiate_name_figures_of_a_scenario_that_move_no_party(
    broken: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    start = [str(broken), "--scenario", "prudent", "--draws", "100", "--out", str(tmp_path / "out")]
    named = "NO EFFECT: prudence_share of the scenario prudent moves no money: "
    assert main(["simulate", *start]) == 0
    said = capsys.readouterr().out
    assert named in said and "growth_share of the scenario prudent" not in said
    record = json.loads(next((tmp_path / "out").glob("*-risk.json")).read_text(encoding="utf-8"))
    assert list(record["scenario_without_effect"]) == ["prudence_share"]
    assert main(["negotiate", *start, "--vary", "outcome_gate_share=0.6,0.7"]) in (0, 1)
    assert named in capsys.readouterr().out


def test_a_figure_set_beside_its_varied_switch_is_not_said_to_move_nothing(
    broken: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    start = ["negotiate", str(broken), "--draws", "100", "--out", str(tmp_path / "out"), "--set", "cap_gbp[council,loss]=1000000"]
    assert main([*start, "--vary", "cap_gbp_flag[council,loss]=0,1"]) in (0, 1)
    assert "NO EFFECT" not in capsys.readouterr().out


def test_terms_without_effect_are_recorded(broken: Path, tmp_path: Path) -> None:
    contract = broken / "contract.yaml"
    text = contract.read_text(encoding="utf-8").replace("mode: gate", "mode: none").replace("  forfeited_to: reinvestment_fund\n", "")
    contract.write_text(text, encoding="utf-8")
    assert main(["run", str(broken), "--out", str(tmp_path / "out")]) == 0
    record = json.loads(next((tmp_path / "out").glob("*.json")).read_text(encoding="utf-8"))
    assert set(record["manifest"]["terms_without_effect"]) == {"outcome_gate_share", "outcome_score_share"}


# ------------------------------------------------------------------ terms beside columns that replace them

THRESHOLD = "  threshold: {mode: first_pound, gain_share: 0.02, loss_share: 0.03}\n"
REPLACED = "NO EFFECT: {} of the terms moves no money: a column gives it in every row"


@pytest.mark.parametrize(
    ("column", "terms"),
    [
        ("loss_threshold_share", THRESHOLD),
        ("loss_threshold_share", THRESHOLD.replace("0.03", "0")),
        ("loss_phase_share", "  phase: {gain_share: {2026: 1}, loss_share: {2026: 0.5}}\n"),
        ("cap_gbp[trust,loss]", "  caps: [{party: trust, side: loss, amount_gbp: 5, residual_to: board}]\n"),
        ("pool_cap_gbp[loss]", "  pool_caps: [{side: loss, amount_gbp: 5}]\n"),
    ],
)
def test_a_term_that_a_column_replaces_in_every_row_is_said(
    column: str, terms: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    table = TABLE.replace("10000,", "0.5,") if column.endswith("share") else TABLE
    own = f'"{column}": own'
    assert main(write(tmp_path, with_columns(own, terms=terms), table)) == 0
    assert REPLACED.format(column) in capsys.readouterr().out
    if "amount_gbp: 5" in terms:
        bare = terms.replace(", amount_gbp: 5", "")
        assert main(write(tmp_path, with_columns(own, terms=bare), table)) == 0
        assert "NO EFFECT" not in capsys.readouterr().out, "an entry that a column fills says nothing beside it"


def test_a_term_that_counts_in_another_kind_is_not_said_to_be_replaced(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    column = '"loss_threshold_share": {heading: own, kinds: [big]}'
    text = with_columns(column, terms=THRESHOLD).replace(
        "  key: name\n", "  key: name\n  kind: {heading: kind, codes: {b: big, s: small}}\n"
    )
    table = "name,kind,target,actual,own\na,b,1000000,1100000,0.5\nb,s,1000000,1200000,0.5\n"
    assert main(write(tmp_path, text + "kinds: {big: {}, small: {}}\n", table)) == 0
    assert "NO EFFECT" not in capsys.readouterr().out
    own = text + "kinds: {big: {threshold: {mode: first_pound, loss_share: 0.01}}, small: {}}\n"
    assert main(write(tmp_path, own.replace("kinds: [big]", "kinds: [big, small]"), table)) == 0
    assert REPLACED.format("loss_threshold_share") in capsys.readouterr().out


# ------------------------------------------------------------------ options that only another option uses


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["explain", "north-west-london", "pool.pool_gbp", "--list", "--depth", "2"], "--depth: --depth 2 is given with --list"),
        (
            ["explain", "north-west-london@prudent", "pool.pool_gbp[2026]", "--scenario", "stretch"],
            "--scenario: the place is given in the scenario prudent, and --scenario is stretch",
        ),
        (["packs", "north-west-london", "--root", "elsewhere"], "--root: --root elsewhere is given with the place north-west-london"),
    ],
)
def test_an_option_that_another_leaves_unused_is_refused(arguments: list[str], message: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(arguments) == 2
    assert message in capsys.readouterr().err


def test_a_solver_without_a_choice_is_said(broken: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    document = yaml.safe_load((broken / "options.yaml").read_text(encoding="utf-8"))
    kept = {name: [] if isinstance(each, list) else each for name, each in document.items()}
    (broken / "options.yaml").write_text(yaml.safe_dump(kept, sort_keys=False), encoding="utf-8")
    assert main(["run", str(broken), "--solver", "enumerate", "--out", str(tmp_path / "out")]) == 0
    said = capsys.readouterr().out
    assert "The place has no options, so that no solver is used: --solver, --near and --time-limit change nothing" in said
    assert "proved best" not in said
    record = json.loads(next((tmp_path / "out").glob("*.json")).read_text(encoding="utf-8"))
    assert record["plan"] is None


def test_what_an_option_of_negotiate_replaces_or_leaves_unused_is_said(
    small: Case, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    grid = tmp_path / "grid.yaml"
    grid.write_text("vary: {deduction_share: [0, 0.05]}\nagainst: none\nrisk_price: 0.1\n", encoding="utf-8")
    options = ["--grid", str(grid), "--risk-price", "0.2", "--against", "present", "--saved-without", "0.5"]
    assert main(["negotiate", str(small.folder), "--draws", "100", "--out", str(tmp_path), *options]) in (0, 1)
    said = capsys.readouterr().out
    assert "NO EFFECT: risk_price: in grid.yaml changes nothing: --risk-price 0.2 replaces it" in said
    assert "NO EFFECT: against: in grid.yaml changes nothing: --against present replaces it" in said
    assert "NO EFFECT: --saved-without changes nothing: the alternative is the present contract" in said
    assert said.count("NO EFFECT") == 3
