"""Columns of `settle` at their edges: a share beside shares that are terms, an index of zero, a rule that reads every column, who has no income."""

from __future__ import annotations

import csv
from pathlib import Path

import pytest
from settle_files import CONTRACT, TABLE, with_columns, write

from capmodel.cli import main

LOSSES = "loss: [{from: 0, to: null, shares: {board: 0.5, trust: 0.5}}]"
OF_LOSSES = '"band_party_share[loss,band_1,trust]": months'
#: Half a year of the table becomes a share.
HALVES = TABLE.replace(",12\n", ",0.5\n").replace(",6\n", ",0.5\n")


def refused(folder: Path, text: str, table: str, capsys: pytest.CaptureFixture[str]) -> str:
    assert main(write(folder, text, table)) == 2
    return " ".join(capsys.readouterr().err.split())


def test_a_share_that_is_a_column_takes_what_the_terms_leave_of_the_band(tmp_path: Path) -> None:
    """The terms give the board a half of losses, and the column the trust the other half, row by row."""
    text = with_columns(OF_LOSSES).replace(LOSSES, LOSSES.replace(", trust: 0.5", ""))
    assert main(write(tmp_path, text, HALVES)) == 0
    with (tmp_path / "o.csv").open(encoding="utf-8", newline="") as file:
        assert [float(row["settlement.share_gbp[trust]"]) for row in csv.DictReader(file)] == [-50_000, -100_000]


def test_shares_of_the_terms_above_1_are_reported_and_nothing_of_the_column(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    text = with_columns(OF_LOSSES).replace(LOSSES, LOSSES.replace("board: 0.5, trust: 0.5", "board: 0.7, other: 0.5"))
    said = refused(tmp_path, text.replace("trust: {at_risk: true}", "trust: {at_risk: true}, other: {at_risk: true}"), HALVES, capsys)
    assert "the shares of loss band 1 add up to 1.2" in said and "share of trust" not in said


def test_an_edge_in_a_column_leaves_the_edges_of_the_terms(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A figure for the upper edge makes no band bounded whose terms leave it open."""
    said = refused(tmp_path, with_columns('"band_upper_share[loss,band_1]": months'), HALVES, capsys)
    assert "c.yaml, line 13: band_upper_share[loss,band_1] moves no money" in said and said.count("c.yaml") == 1
    assert "1 problem found" in said and "ends the list" not in said


@pytest.mark.parametrize("index", ["0", "-0.5"])
def test_an_index_that_is_not_above_zero_is_refused(index: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    said = refused(tmp_path, with_columns("target_price_index: months"), TABLE.replace(",12\n", f",{index}\n"), capsys)
    assert f"f.csv, line 2: target_price_index is {index} for a; an index multiplies; zero would wipe the target out" in said


def test_the_unit_of_a_rule_that_reads_every_column_is_checked(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    rule = '"relief_gbp[trust]": {rule: "target_gbp * actual_gbp"}'
    assert "the rule of relief_gbp[trust] gives GBP·GBP; its name promises GBP" in refused(tmp_path, with_columns(rule), TABLE, capsys)


@pytest.mark.parametrize(
    ("key", "what", "why"),
    [("'=1+1", "the key '=1+1' would be run as a formula", "a spreadsheet takes it for one. Put a letter first"), ("", "there is no key", "contracts are distinguished by it")],
)  # fmt: skip
def test_a_key_that_cannot_be_written_says_why(key: str, what: str, why: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    said = refused(tmp_path, CONTRACT, TABLE.replace("a,1000000", f"{key[1:]},1000000"), capsys)
    assert f"f.csv, line 2: {what}; {why}" in said


def test_a_key_by_income_needs_the_income_of_each_party_by_name(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    key = "  distribution: {among: [trust], parts: [{share: 1, by: [income]}]}\n"
    text = CONTRACT.replace("trust: 0.5", "providers: 0.5")
    said = refused(tmp_path, text + key, TABLE, capsys)
    assert (
        'a cap or key goes by the income of trust, which no heading gives; it would be taken for zero. Write "income_gbp[trust]":' in said
    )
    given = with_columns('"income_gbp[trust]": own').replace("trust: 0.5", "providers: 0.5")
    assert main(write(tmp_path, given + key, TABLE)) == 0


@pytest.mark.parametrize("factor", ["equal", "income"])
def test_a_key_that_is_alike_for_all_or_goes_by_income_has_no_weights_to_give(
    factor: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    key = f"  distribution: {{among: [trust], parts: [{{share: 1, by: [{factor}]}}]}}\n"
    income = ['"income_gbp[trust]": own'] * (factor == "income")
    text = with_columns(f'"factor_weight_number[part_1,trust,{factor}]": months', *income).replace("trust: 0.5", "providers: 0.5")
    said = refused(tmp_path, text + key, TABLE, capsys)
    assert f"factor_weight_number[part_1,trust,{factor}] cannot be a column; it is a word of the contract, or follows from others" in said


def test_shares_of_a_band_that_do_not_add_up_are_one_problem_of_their_row(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    said = refused(tmp_path, with_columns(OF_LOSSES), TABLE.replace(",12\n", ",0.5\n").replace(",6\n", ",0.4\n"), capsys)
    assert "1 problem found" in said
    assert "f.csv, line 3: b: the shares of loss band 1 add up to 0.9; every pound of a band belongs to a party" in said


@pytest.mark.parametrize(
    ("column", "entries"),
    [
        ("tier_score_share[tier_1]", "outcomes.ladder"),
        ("band_party_share[loss,band_3,trust]", "bands.loss"),
        ("band_upper_share[gain,band_2]", "bands.gain"),
        ("key_part_share[part_1]", "distribution.parts"),
    ],
)
def test_a_column_of_an_entry_that_the_terms_do_not_have_says_where_it_is_written(
    column: str, entries: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Nothing is said of a list that the file does not have and that only the column would begin."""
    said = refused(tmp_path, with_columns(f'"{column}": months'), HALVES, capsys)
    assert "1 problem found" in said
    assert f"{column} cannot be a column; the contract has no such entry. Write it under terms:, in {entries}." in said


def test_no_more_is_disallowed_than_was_spent(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """All that was spent may be disallowed; a penny more would be a gain above the whole target."""
    text = with_columns('"disallowed_gbp[trust,board]": own')
    assert main(write(tmp_path, text, TABLE.replace("1200000,10000", "1200000,1200000"))) == 0
    capsys.readouterr()
    said = refused(tmp_path, text, TABLE.replace("1200000,10000", "1200000,1200000.01"), capsys)
    assert "f.csv: the actual cost that counts is below zero for b; more is disallowed, or above the stop-loss, than was spent" in said


@pytest.mark.parametrize(
    ("old", "new"),
    [("outcomes: {mode", "outcome: {mode"), ("gate_share: 0.6", "gate_shar: 0.6"), ("  bands:\n", "  band:\n"), ("from: 0, to: null", "from: 0, too: null")],
)  # fmt: skip
def test_nothing_is_held_against_a_clause_that_cannot_be_read(
    old: str, new: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Money is withheld until the gate is passed, and a key divides the providers' share: neither is wrong when the other is misspelt."""
    text = CONTRACT.replace("trust: 0.5}", "providers: 0.5}").replace(
        "{mode: none}", "{mode: gate, gate_share: 0.6, score_share: {2026: 0.7}, forfeited_to: board}"
    )
    text += "  withhold: {share: 0.1, released: next_year_if_passed}\n"
    text += "  distribution: {among: [trust], parts: [{share: 1, by: [equal]}]}\n"
    assert main(write(tmp_path, text, HALVES)) == 0
    capsys.readouterr()
    assert old in text
    said = refused(tmp_path, text.replace(old, new, 1), HALVES, capsys)
    assert "1 problem found" in said, said
