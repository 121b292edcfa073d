"""What a contract file and a table of contracts are refused for."""

from __future__ import annotations

from pathlib import Path

import pytest
from alliance_table import ACTUAL, CONTRACT, TABLE, files, settled

from capmodel.cli import main
from capmodel.contracts.many.contract import read_many
from capmodel.contracts.many.figures import read_figures
from capmodel.errors import BadInput

# ------------------------------------------------------------------ what it refuses

CONTRACT_FAULTS: list[tuple[str, str, str, tuple[str, ...]]] = [
    ("years as text", "years: [2026, 2027]", "years: soon", ("line 5", "a list is needed here")),
    ("years that are no years", "years: [2026, 2027]", "years: [2026.5, 2027]", ("line 5", "2026.5")),
    ("years twice", "years: [2026, 2027]", "years: [2026, 2026]", ("line 5", "without a gap")),
    ("years turned round", "years: [2026, 2027]", "years: [2027, 2026]", ("line 5", "balances are carried")),
    ("years with a gap", "years: [2026, 2027]", "years: [2026, 2028]", ("line 5", "without a gap")),
    ("no years", "years: [2026, 2027]", "years: []", ("line 5",)),
    ("a term below zero", "amount_gbp: 30000", "amount_gbp: -30000", ("line 28", "a cap is a size")),
    ("a term of one kind that is unknown", "  plain:\n", "  plain: {threshhold: {}}\n", ("line 30", "not a known name")),
    ("a kind that is no terms", "  plain:\n", "  plain: nonsense\n", ("line 30", "names with values")),
    ("a gate without a score", "    outcome_score_share: score\n", "", ("the outcome gate has no score", "never passes a gate")),
    ("kinds that no row says", "  kind: {heading: kind}\n", "", ("line 11", "figures do not say which a row is")),
    ("two ways to tell a kind", "{heading: kind}", "{heading: kind, flags: {a: plain}}", ("line 14", "Keep one")),
    ("a code of an unknown kind", "{heading: kind}", "{heading: kind, codes: {P: plane}}", ("line 14", "'plane', which is no kind", "Did you mean plain")),
    ("a figure for an unknown kind", "outcome_score_share: score", "outcome_score_share: {heading: score, kinds: [plane]}", ("line 18", "holds for 'plane'", "plain")),
    ("a figure that is none", ACTUAL, ACTUAL + "    outcome_scor_share: score\n", ("line 18", "there is no figure 'outcome_scor_share'", "outcome_score_share")),
    ("a figure of an unknown party", ACTUAL, ACTUAL + '    "cap_gbp[nobody, loss]": actual\n', ("line 18", "no such row")),
    ("a figure without its party", ACTUAL, ACTUAL + "    relief_gbp: actual\n", ("line 18", "relief_gbp", "no such row")),
    ("a figure that is no name", ACTUAL, ACTUAL + '    "Cap (loss)": actual\n', ("line 18", "is no name")),
    ("neither actual cost nor variance", ACTUAL, "", ("line 15", "neither actual_gbp nor variance_gbp")),
    ("both actual cost and variance", ACTUAL, ACTUAL + "    variance_gbp: actual\n", ("line 15", "or both")),
    ("no target", "    target_gbp: target\n", "", ("line 15", "a settlement starts from the target")),
    ("a cap on income that nobody gives", "amount_gbp: 30000", "share_of_income: 0.1", ("line 15", "the income of trust", "taken for zero")),
    ("an unknown provider", "provider: trust, payer", "provider: trusts, payer", ("line 10", "'trusts' is not a party")),
    ("a party with a comma", "  practice: {at_risk: true}", '  "a,b": {at_risk: true}', ("line 9", "a party is called 'a,b'")),
    ("a party that is a formula", "  practice: {at_risk: true}", '  "=1+1": {at_risk: true}', ("line 9", "'=1+1'")),
    ("a party called others", "  practice: {at_risk: true}", "  others: {at_risk: true}", ("line 9", "a meaning of its own")),
    ("a party twice", "  practice: {at_risk: true}", "  trust: {at_risk: true}", ("line 9", "written twice")),
    ("a published line that is none", "kinds:\n", "published:\n  settlement.shar_gbp: {against: score, within: 1}\nkinds:\n", ("line 30", "no figure 'settlement.shar_gbp'", "Did you mean settlement.share_gbp")),
    ("a published name that is none", "kinds:\n", "published:\n  share: {against: score, within: 1}\nkinds:\n", ("line 30", "no figure 'share'")),
    ("a published row that is none", "kinds:\n", 'published:\n  "settlement.share_gbp[nobody]": {against: score, within: 1}\nkinds:\n', ("line 30", "has no row")),
    ("a rounding of nothing", "kinds:\n", 'published:\n  "settlement.share_gbp[trust]": {against: score, within: 1, rounding_of: gains}\nkinds:\n', ("line 30", "no figure 'gains'")),
    ("closer than nothing", "kinds:\n", 'published:\n  "settlement.share_gbp[trust]": {against: score, within: -1}\nkinds:\n', ("line 30", "below zero")),
    ("published for no kind", "kinds:\n", 'published:\n  "settlement.share_gbp[trust]": {against: score, within: 1, kinds: [plane]}\nkinds:\n', ("line 30", "'plane' is no kind")),
    ("a file that contains itself", "parties:\n", "parties: &p\n  again: *p\n", ("contains itself",)),
    ("a merge key", "  plain:\n", "  plain:\n    <<: {deduction_share: 0.1}\n", ("'<<' is not a known name",)),
    ("a list where names belong", CONTRACT, "- 1\n- 2\n", ("does not hold names with values",)),
    ("an empty file", CONTRACT, "", ("the file is empty",)),
    ("a control character", CONTRACT, "id: \x01\n", ("cannot be read",)),
]  # fmt: skip

TABLE_FAULTS: list[tuple[str, str, str | bytes, tuple[str, ...]]] = [
    ("a suppressed cell", "0.8", "*", ("line 2", "outcome_score_share of north is suppressed (*)", "not guessed")),
    ("a blank cell", "0.8", "", ("line 2", "outcome_score_share is blank for north", "a gap is never filled")),
    ("a word", "1100000", "about", ("line 2", "actual_gbp is 'about' for north", "Write a number such as 1234.5 under the heading 'actual'")),
    ("no number", "1100000", "nan", ("line 2", "actual_gbp is 'nan'",)),
    ("no end", "1100000", "inf", ("line 2", "actual_gbp is 'inf'",)),
    ("far too much", "1100000", "1e300", ("line 2", "actual_gbp is 1e+300 for north", "no contract has so much")),
    ("commas", "1100000", '"1,100,000"', ("line 2", "'1,100,000'")),
    ("a pound sign", "1100000", "\u00a31100000", ("line 2", "\u00a31100000")),
    ("a score in per cent", "0.8", "80", ("line 2", "is 80 for north", "times: 0.01")),
    ("a score above 1", "0.8", "1.2", ("line 2", "is 1.2 for north", "a share is a part of 1")),
    ("a score below zero", "0.8", "-0.2", ("line 2", "is -0.2 for north", "a share is a part of 1")),
    ("a target below zero", "north,2026,plain,1000000", "north,2026,plain,-1000000", ("line 2", "target_gbp is -1e+06 for north", "it is a size")),
    ("an unknown kind", "south,2026,ladder", "south,2026,laddr", ("line 4", "kind is 'laddr'", "Did you mean ladder")),
    ("a kind that changes", "north,2027,plain", "north,2027,ladder", ("line 3", "north is 'ladder' here and 'plain' in its first year")),
    ("an unknown year", "north,2027", "north,2028", ("line 3", "the year is '2028'")),
    ("a year that is missing", "north,2027,plain,1000000,900000,0.9\n", "", ("north has no row for 2027", "every contract needs every year")),
    ("a row twice", "north,2027", "north,2026", ("line 3", "north is there twice", "line 2")),
    ("no key", "north,2026", ",2026", ("line 2", "there is no key")),
    ("a key that is a formula", "north,2026", "=1+1,2026", ("line 2", "'=1+1' would be run as a formula")),
    ("a key in another case", "north,2027", "North,2027", ("1 problem", "line 3", "'North' differs from 'north' in case or spaces only", "line 2")),
    ("a contract spelt twice", TABLE, TABLE + TABLE.partition("\n")[2].replace("south", "SOUTH").replace("north", "east"), ("line 8", "'SOUTH' differs from 'south'", "line 4", "line 9")),
    ("a heading that is gone", "target,", "targt,", ("line 1", "no heading 'target'", "Did you mean targt")),
    ("a heading twice", "target,actual", "target,target", ("line 1", "'target' is there 2 times")),
    ("a row too short", "north,2026,plain,1000000,1100000,0.8", "north,2026,plain", ("line 2", "target_gbp is blank for north")),
    ("a row too long", "1100000,0.8", "1100000,0.8,9", ("line 2", "7 cells under 6 headings")),
    ("other partings", TABLE, TABLE.replace(",", ";"), ("line 1", "cells are parted by ';'")),
    ("another code", TABLE, TABLE.replace("north", "nörth").encode("cp1252"), ("line 2", "cannot be read", "Save it as CSV UTF-8")),
    ("headings only", TABLE, TABLE.splitlines()[0] + "\n", ("there are no rows",)),
    ("an empty file", TABLE, "", ("the file is empty",)),
]  # fmt: skip


def refused(folder: Path, capsys: pytest.CaptureFixture[str], words: tuple[str, ...], *more: str) -> None:
    before = {path.name: path.read_bytes() for path in folder.iterdir()}
    code, out, said = settled(folder, capsys, *more)
    assert code == 2, out
    assert out == ""
    assert said.startswith("Nothing was written. ")
    assert "Traceback" not in said
    for word in words:
        assert word in said, said
    assert {path.name: path.read_bytes() for path in folder.iterdir()} == before


@pytest.mark.parametrize("fault", CONTRACT_FAULTS, ids=[fault[0] for fault in CONTRACT_FAULTS])
def test_a_contract_that_cannot_be_is_refused(
    fault: tuple[str, str, str, tuple[str, ...]], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    _, old, new, words = fault
    assert old in CONTRACT
    files(tmp_path, CONTRACT.replace(old, new, 1))
    refused(tmp_path, capsys, words)


@pytest.mark.parametrize("fault", TABLE_FAULTS, ids=[fault[0] for fault in TABLE_FAULTS])
def test_a_table_that_cannot_be_is_refused(
    fault: tuple[str, str, str | bytes, tuple[str, ...]], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    _, old, new, words = fault
    assert old in TABLE
    files(tmp_path, table=new if isinstance(new, bytes) else TABLE.replace(old, new, 1))
    refused(tmp_path, capsys, words)


def test_terms_that_a_table_takes_apart_are_refused(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A share of a band given row by row no longer adds up with the others; no pound may be shared twice."""
    text = CONTRACT.replace(ACTUAL, ACTUAL + '    "band_party_share[gain, band_1, trust]": score\n')
    table = TABLE.replace("0.8", "0.5").replace("0.9", "0.5").replace("0.6", "0.5").replace("0.7", "0.5")
    files(tmp_path, text, table)
    refused(tmp_path, capsys, ("figures.csv, line", "north: the shares of gain band 1 add up to", "Make them add up to 1"))


def test_a_term_of_the_whole_contract_must_not_change_with_the_year(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    files(tmp_path, CONTRACT.replace(ACTUAL, ACTUAL + "    gain_threshold_share: score\n"))
    refused(
        tmp_path, capsys, ("line 3", "gain_threshold_share is 0.9 for north, and 0.8 in the first year", "holds for the whole contract")
    )
    files(tmp_path, CONTRACT.replace(ACTUAL, ACTUAL + '    "cap_gbp[trust, loss]": actual\n'))
    refused(tmp_path, capsys, ("line 3", "cap_gbp[trust, loss] is 900000 for north"))


def test_faults_of_a_table_come_in_one_report(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    files(tmp_path, table=TABLE.replace("0.8", "*").replace("1800000", "lots").replace("0.7", ""))
    refused(tmp_path, capsys, ("3 problems found", "line 2", "line 4", "line 5"))


def test_the_figures_that_are_restated_are_held_to_the_same(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    files(tmp_path)
    (tmp_path / "before.csv").write_text(TABLE.replace("0.8", "*"), encoding="utf-8")
    refused(tmp_path, capsys, ("before.csv, line 2", "suppressed"), "--restates", str(tmp_path / "before.csv"))


def test_no_input_is_written_over_and_names_are_reported(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    files(tmp_path)
    assert main(["settle", str(tmp_path / "contract.yaml"), str(tmp_path / "figures.csv"), "--out", str(tmp_path / "figures.csv")]) == 2
    assert (tmp_path / "figures.csv").read_text(encoding="utf-8") == TABLE
    assert main(["settle", str(tmp_path / "contract.yaml"), str(tmp_path / "figures.csv"), "--out", str(tmp_path / "out.xlsx")]) == 2
    assert main(["settle", "us-mssp-2023", str(tmp_path / "figures.csv"), "--out", str(tmp_path / "out.csv")]) == 2
    said = capsys.readouterr().err
    assert "Did you mean us-mssp-2022" in said
    assert main(["settle", str(tmp_path / "none.yaml"), str(tmp_path / "figures.csv"), "--out", str(tmp_path / "out.csv")]) == 2
    assert main(["settle", str(tmp_path / "contract.yaml"), str(tmp_path / "none.csv"), "--out", str(tmp_path / "out.csv")]) == 2
    assert "none.csv" in capsys.readouterr().err
    assert {path.name for path in tmp_path.iterdir()} == {"contract.yaml", "figures.csv"}


def test_python_callers_get_every_problem_as_data(tmp_path: Path) -> None:
    contract, figures = files(tmp_path, table=TABLE.replace("0.8", "*").replace("0.7", ""))
    many = read_many(contract)
    with pytest.raises(BadInput) as refused_:
        read_figures(many, figures)
    assert [problem.where for problem in refused_.value.problems] == ["figures.csv, line 2", "figures.csv, line 5"]
