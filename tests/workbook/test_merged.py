"""Two copies of one book merged by `capmodel returned SENT A B`: what is taken, what is in conflict, and what each side's figure is worth."""

from __future__ import annotations

from pathlib import Path

import pytest

from capmodel.assumptions.accepted import read_accepted
from capmodel.cli import main
from capmodel.reports.returned import merge_record
from capmodel.workbook.returned.merged import merge
from capmodel.workbook.returned.round_trip import read_file

from conftest import Case  # isort: skip
from returned_books import in_record, moved, run_with, with_inputs  # isort: skip
from workbook_files import edited  # isort: skip

GATE, EFFICIENCY, PEOPLE = "outcome_gate_share@base", "efficiency_share[2027]@base", "group_persons[mostly_healthy]"


@pytest.fixture
def sides(small: Case, tmp_path: Path) -> tuple[Path, Path]:
    """Each changed one input alone or alike with the other, and both changed one differently."""
    ours = with_inputs(small, tmp_path / "ours.xlsx", {GATE: 0.65, EFFICIENCY: 0.03})
    return ours, with_inputs(small, tmp_path / "theirs.xlsx", {GATE: 0.6, EFFICIENCY: 0.03, PEOPLE: 1_000_000.0})


def test_what_does_not_conflict_is_merged_and_what_does_is_priced_for_each_side(small: Case, sides: tuple[Path, Path]) -> None:
    record = merge_record(merge(small.place, *map(read_file, (small.workbook, *sides))))
    assert {change["name"]: (change["new"], change["by"]) for change in record["changes"]} == {
        EFFICIENCY: (0.03, ["ours.xlsx", "theirs.xlsx"]),
        PEOPLE: (1_000_000.0, ["theirs.xlsx"]),
    }
    base = run_with(small, {})
    assert in_record(record["together_gbp"]) == moved(base, run_with(small, {EFFICIENCY: 0.03, PEOPLE: 1_000_000.0}))
    (conflict,) = record["conflicts"]
    assert (conflict["name"], conflict["old"]) == (GATE, 0.7)
    for file, value in (("ours.xlsx", 0.65), ("theirs.xlsx", 0.6)):
        side = conflict["sides"][file]
        assert side["new"] == value
        assert in_record(side["effects_gbp"]) == moved(base, run_with(small, {GATE: value}))
    assert not record["passed"]


def test_a_merge_is_accepted_without_what_is_in_conflict(
    small: Case, small_broken: Path, sides: tuple[Path, Path], capsys: pytest.CaptureFixture[str]
) -> None:
    books = [str(path) for path in (small.workbook, *sides)]
    assert main(["returned", *books, "--place", str(small_broken), "--accept", "--by", "A. Smith"]) == 1
    said = capsys.readouterr().out
    assert "inputs changed: 2; inputs in conflict, left as they were sent: 1" in said
    assert "0.7 was sent, 0.65 (share) in ours.xlsx" in said and "0.7 was sent, 0.6 (share) in theirs.xlsx" in said
    assert f"NOT ACCEPTED: {GATE}: the two books are in conflict on it" in said
    (version,) = read_accepted(small_broken, []).versions
    assert version.file == "ours.xlsx and theirs.xlsx"
    assert {figure.name: figure.now for figure in version.figures} == {EFFICIENCY: 0.03, PEOPLE: 1_000_000.0}


def test_what_was_altered_in_either_is_named_with_its_file_and_more_books_are_refused(
    small: Case, sides: tuple[Path, Path], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    hidden = {"xl/workbook.xml": lambda xml: xml.replace('name="Contract terms"', 'name="Contract terms" state="hidden"')}
    ours = edited(sides[0], tmp_path / "hidden.xlsx", hidden)
    books = [str(path) for path in (small.workbook, ours, sides[1])]
    assert main(["returned", *books, "--place", str(small.folder)]) == 1
    said = capsys.readouterr().out
    assert "ALTERED: hidden.xlsx: " in said and "ALTERED: theirs.xlsx" not in said
    assert main(["returned", *books, str(ours), "--place", str(small.folder)]) == 2
    assert "4 workbooks are named; one book, or two, are compared with the one that was sent" in capsys.readouterr().err
