"""What the columns of `settle` may be: rules of other columns, texts without a figure, kinds with rows of their own; and what is said of them."""

from __future__ import annotations

import csv
from pathlib import Path

import pytest
from settle_files import CONTRACT, TABLE, with_columns, write

import capmodel
from capmodel.cli import main
from capmodel.errors import BadInput


def shares(folder: Path) -> list[float]:
    with (folder / "o.csv").open(encoding="utf-8", newline="") as file:
        return [float(row["settlement.share_gbp[trust]"]) for row in csv.DictReader(file)]


def test_a_cap_in_a_column_needs_who_takes_the_rest_and_then_holds(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    text = with_columns('"cap_gbp[trust,loss]": own')
    assert main(write(tmp_path, text)) == 2
    said = capsys.readouterr().err
    assert "c.yaml, line 13: cap_gbp[trust,loss] cannot be a column" in said
    assert "caps: [{party: trust, side: loss, residual_to: ...}]" in said
    assert main(write(tmp_path, text + "  caps: [{party: trust, side: loss, residual_to: board}]\n")) == 0
    assert shares(tmp_path) == [-10_000, -10_000]


@pytest.mark.parametrize(
    "name", ["outcome_counts_flag", "cap_gbp_flag[trust,loss]", "caps_step_flag[caps]", "side_sign_index[gain]", "first_pound_flag"]
)
def test_a_word_of_the_contract_cannot_be_a_column(name: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(write(tmp_path, with_columns(f'"{name}": own'))) == 2
    said = capsys.readouterr().err
    assert f"c.yaml, line 13: {name} cannot be a column" in said
    assert "under kinds:" in said


def test_a_column_without_effect_is_refused_and_a_term_without_is_said(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(write(tmp_path, with_columns("outcome_gate_share: own"), TABLE.replace("10000", "0.5"))) == 2
    assert "line 13: outcome_gate_share moves no money; it counts only where outcome_counts_flag is 1" in capsys.readouterr().err
    assert main(write(tmp_path, CONTRACT.replace("{mode: none}", "{mode: none, gate_share: 0.7}"))) == 0
    assert (
        "NO EFFECT: outcome_gate_share of the terms moves no money: it counts only where outcome_counts_flag is 1"
        in capsys.readouterr().out
    )
    assert main(write(tmp_path, CONTRACT)) == 0
    assert "NO EFFECT" not in capsys.readouterr().out


def test_income_that_nothing_goes_by_is_refused(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(write(tmp_path, with_columns('"income_gbp[trust]": own'))) == 2
    assert "line 13: income_gbp[trust] moves no money" in capsys.readouterr().err


# ------------------------------------------------------------------ rules of columns


def test_a_column_may_be_made_of_others_by_a_rule(tmp_path: Path) -> None:
    rule = '"relief_gbp[trust]": {rule: "relief_gbp * months_number / 12"}'
    given = "  given:\n    relief_gbp: own\n    months_number: months\n"
    assert main(write(tmp_path, with_columns(rule).replace("terms:\n", given + "terms:\n"))) == 0
    assert shares(tmp_path) == [-50_000 + 10_000, -100_000 + 5_000]
    with (tmp_path / "o-columns.csv").open(encoding="utf-8", newline="") as file:
        words = {row["column"]: row["in words"] for row in csv.DictReader(file)}
    assert words["relief_gbp[trust]"] == "relief_gbp × months_number ÷ 12"


@pytest.mark.parametrize(
    ("rule", "given", "words"),
    [
        ("relief_gbp * months_number /", "relief_gbp: own, months_number: months", "the formula cannot be read"),
        ("relief_gbp * month_number", "relief_gbp: own, months_number: months", "reads month_number; there is no column of that name with a heading. Did you mean months_number"),
        ("relief_gbp * relief_gbp", "relief_gbp: own", "gives GBP·GBP; its name promises GBP"),
        ("total(relief_gbp)", "relief_gbp: own", "goes over other rows"),
        ("relief_gbp", "relief_gbp: own, months_number: months", "no rule reads months_number"),
        ("relief_gbp / (months_number - months_number)", "relief_gbp: own, months_number: months", "f.csv, line 2: the rule of relief_gbp[trust] gives no number for a"),
        ("-relief_gbp", "relief_gbp: own", "f.csv, line 2: relief_gbp[trust] is -10000 by its rule for a; it is a size"),
    ],
)  # fmt: skip
def test_a_rule_that_cannot_be_is_refused(rule: str, given: str, words: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    text = with_columns(f'"relief_gbp[trust]": {{rule: "{rule}"}}').replace("terms:\n", f"  given: {{{given}}}\nterms:\n")
    assert main(write(tmp_path, text)) == 2
    said = capsys.readouterr().err
    assert words in said
    assert "Traceback" not in said


# ------------------------------------------------------------------ texts without a figure, published figures


def test_texts_may_stand_for_no_figure(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    table = TABLE.replace("10000,12", "-,12").replace("10000,6", "P4R,6")
    assert main(write(tmp_path, with_columns('"relief_gbp[trust]": {heading: own, blank: 0}'), table)) == 2
    assert "under no_figure: which texts mean it" in capsys.readouterr().err
    assert main(write(tmp_path, with_columns('"relief_gbp[trust]": {heading: own, blank: 0, no_figure: ["-", P4R]}'), table)) == 0
    assert shares(tmp_path) == [-50_000, -100_000]
    assert main(write(tmp_path, with_columns('"relief_gbp[trust]": {heading: own, no_figure: ["-", P4R]}'), table)) == 2
    assert "no_figure: has no effect without blank:" in capsys.readouterr().err


def test_published_figures_have_their_unit_and_gaps_are_not_compared(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    published = 'published:\n  "settlement.share_gbp[trust]": {against: paid, within: 0.5, times: 1000, no_figure: [n/a]}\n'
    table = TABLE.replace("months\n", "months,paid\n").replace(",12\n", ",12,-50\n").replace(",6\n", ",6,n/a\n")
    assert main(write(tmp_path, CONTRACT + published, table)) == 0
    assert "settlement.share_gbp[trust]: 1 of 1 reproduce" in capsys.readouterr().out
    assert main(write(tmp_path, CONTRACT + published.replace("times: 1000, ", ""), table)) == 1


# ------------------------------------------------------------------ kinds, reports, callers from Python


def test_a_column_of_one_kind_stands_on_the_rows_of_that_kind(tmp_path: Path) -> None:
    """The second band of one kind is where the other has none; a figure for it reaches that kind and no other row."""
    bands = "[{from: 0, to: 0.05, shares: {trust: 1}}, {from: 0.05, to: null, shares: {board: 0.9, trust: 0.1}}]"
    text = with_columns(
        '"band_party_share[loss,band_2,trust]": {heading: own, kinds: [two]}', '"band_party_share[loss,band_2,board]": {heading: months, kinds: [two]}'
    ).replace("  columns:\n", "  kind: {heading: kind}\n  columns:\n")  # fmt: skip
    text += f"kinds:\n  one:\n  two: {{bands: {{loss: {bands}}}}}\n"
    table = "name,kind,target,actual,own,months\na,one,1000000,1100000,,\nb,two,1000000,1100000,0.25,0.75\n"
    assert main(write(tmp_path, text, table)) == 0
    assert shares(tmp_path) == [-50_000, -50_000 - 12_500]


def test_faults_of_contract_and_tables_come_in_one_report(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    text = (
        with_columns("outcome_scor_share: own")
        .replace("{mode: none}", "{mode: gate}")
        .replace("residual_party: board", "residual_party: bord")
    )
    assert main(write(tmp_path, text, TABLE.replace("1100000", "about"))) == 2
    said = capsys.readouterr().err
    for words in (
        "the outcome gate has no gate_share",
        "'bord' is not a party",
        "there is no figure 'outcome_scor_share'",
        "actual_gbp is 'about' for a",
    ):
        assert words in said, words


def test_from_python_a_settlement_that_does_not_add_up_is_refused_too(tmp_path: Path) -> None:
    """What leaves the target is more than the target."""
    write(tmp_path, with_columns('"scope_change_gbp[trust,board]": own'), TABLE.replace("1200000,10000", "1200000,-2000000"))
    with pytest.raises(BadInput, match="no target is below zero: not so for b"):
        capmodel.settle(tmp_path / "c.yaml", tmp_path / "f.csv")


def test_a_missing_clause_hides_no_other_fault(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Who takes what is left is missing, a mode is no mode, a band leaves a gap and a cap has nowhere to go: one report says all."""
    text = (
        CONTRACT.replace("  residual_party: board\n", "")
        .replace("{mode: none}", "{mode: sometimes}")
        .replace("gain: [{from: 0,", "gain: [{from: 0.01,")
    )
    assert (
        main(write(tmp_path, text + "  caps: [{party: trust, side: loss, amount_gbp: -5}]\n  withhold: {share: 2, released: next_year}\n"))
        == 2
    )
    said = capsys.readouterr().err
    for words in (
        "'residual_party' is missing",
        "outcomes.mode is 'sometimes'",
        "starts at 0.01 and leaves a gap",
        "has no residual rule",
        "share is 2",
    ):
        assert words in said, said
    assert "5 problems found" in said


SCORED = "  outcomes: {mode: multiplier, gate_share: 0.3, score_share: {2026: 0.6}, forfeited_to: board}"
FULL = "name,target,actual,own\na,1000000,900000,0.75\nb,1000000,900000,1\nc,1000000,900000,0.5\n"


def scored(mode: str = "multiplier") -> str:
    return with_columns("outcome_full_share: own").replace("  outcomes: {mode: none}", SCORED.replace("multiplier", mode))


def test_the_score_that_pays_in_full_may_differ_by_row(tmp_path: Path) -> None:
    assert main(write(tmp_path, scored(), FULL)) == 0
    assert shares(tmp_path) == [40_000, 30_000, 50_000]


def test_a_score_of_zero_that_pays_in_full_is_refused_in_its_row_and_one_that_nothing_reads_is_said(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(write(tmp_path, scored(), FULL.replace("900000,1\n", "900000,0\n"))) == 2
    assert "f.csv, line 3: b: full_at_share is 0; no score is a part of it. Write a score above zero" in capsys.readouterr().err
    assert main(write(tmp_path, scored("gate"), FULL)) == 2
    assert "outcome_full_share moves no money; it counts only where outcome_multiplies_flag is 1" in capsys.readouterr().err


def test_a_column_of_another_shape_is_one_problem_and_names_what_a_column_takes(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A column is a heading, or names with values; only what was meant is explained."""
    for written_as, said in (
        ("{a: 1}", "'a' is not a known name; it would be ignored. Use one of: blank, heading, kinds,"),
        ("[actual]", "figures.columns.actual_gbp is ['actual']; names with values are needed here"),
        ("", "figures.columns.actual_gbp is empty; text is needed here"),
    ):
        assert main(write(tmp_path, CONTRACT.replace("actual_gbp: actual", f"actual_gbp: {written_as}"))) == 2
        found = " ".join(capsys.readouterr().err.split())
        assert "1 problem found" in found and said in found, found
