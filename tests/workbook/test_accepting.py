"""What `capmodel returned --accept` takes into a place, what the next run and its book say of it, and what is never taken."""

from __future__ import annotations

import re
from pathlib import Path

import openpyxl
import pytest

import capmodel
from capmodel.assumptions.accepted import read_accepted
from capmodel.assumptions.load import fingerprint
from capmodel.cli import main
from capmodel.workbook.writing.book import address

from conftest import Case  # isort: skip
from book_cells import inputs  # isort: skip
from returned_books import with_inputs  # isort: skip
from workbook_files import part_of, rewritten, with_cell, without_properties  # isort: skip

GATE, EFFICIENCY = "outcome_gate_share@base", "efficiency_share[2027]@base"


def accept(folder: Path, *more: str) -> int:
    return main(["returned", *more, "--place", str(folder), "--accept", "--by", "A. Smith"])


def typed(case: Case, of: Path, to: Path, row: int, texts: tuple[str, ...]) -> Path:
    """A copy with texts typed into a free row of the change log."""
    entries = sorted(at for at, content in case.book.sheet("Change log").cells.items() if content.role == "entry")
    first, part = entries[0][0], part_of(of, "Change log")

    def edit(name: str, xml: str) -> str:
        for column, text in enumerate(texts) if name == part else ():
            cell = address(first + row, column)
            xml, count = re.subn(rf'<c r="{cell}"([^>]*)/>', rf'<c r="{cell}"\1 t="inlineStr"><is><t>{text}</t></is></c>', xml)
            assert count == 1
        return xml

    return rewritten(of, to, edit)


def test_accepted_inputs_are_local_figures_of_the_next_run_and_its_book_says_who_and_when(
    small: Case, small_broken: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    back = with_inputs(small, tmp_path / "theirs.xlsx", {GATE: 0.65, EFFICIENCY: 0.03})
    back = typed(small, back, tmp_path / "log.xlsx", 0, ("1 June", "=outcome_gate_share set to 0.9", "B. Jones", "offer"))
    assert accept(small_broken, str(back), "--why", "agreed in June") == 0
    assert "ACCEPTED: 2 inputs, as version 1" in capsys.readouterr().out
    place = capmodel.load(small_broken)
    gate = place.assumptions["outcome_gate_share"].values[None]
    assert (gate.value, gate.status, gate.source) == (0.65, "local", "accepted")
    assert re.fullmatch(r"Accepted by A. Smith on \d{4}-\d\d-\d\d from log.xlsx; it was 0.7 \(illustrative, \w+\)", gate.note)
    result = place.run()
    asked = small.place.run(changes={GATE: 0.65, EFFICIENCY: 0.03})
    assert result.column("settlement", "position_gbp") == asked.column("settlement", "position_gbp")
    book = result.to_workbook(tmp_path / "next.xlsx")
    log = [tuple(row) for row in openpyxl.load_workbook(book)["Change log"].iter_rows(max_col=4, values_only=True)]
    on = gate.as_at
    assert (on, f"Version 1: 2 inputs accepted from log.xlsx, sent as run {small.result.run_id}", "A. Smith", "agreed in June") in log
    assert (on, f"Score needed to pass the outcome gate ({GATE}): 0.7 becomes 0.65", "A. Smith", "Accepted in version 1") in log
    assert ("1 June", "Written in log.xlsx: =outcome_gate_share set to 0.9", "B. Jones", "offer") in log
    bare = without_properties(book, tmp_path / "bare.xlsx")
    assert main(["run", str(small_broken), "--out", str(tmp_path / "out")]) == 0
    assert "Accepted from workbooks that came back: 2 figures in 1 version, by A. Smith; accepted.yaml" in capsys.readouterr().out
    for file in (bare, small.workbook):
        assert main(["verify", str(file), "--place", str(small_broken)]) == 0, "the book of each version is compared with its own"


def test_a_second_version_goes_on_from_the_first_and_what_was_accepted_since_is_not_overwritten(
    small: Case, small_broken: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    own = fingerprint(small_broken)
    one = with_inputs(small, tmp_path / "one.xlsx", {GATE: 0.65})
    two = with_inputs(small, tmp_path / "two.xlsx", {GATE: 0.6, EFFICIENCY: 0.03})
    assert accept(small_broken, str(one)) == 0
    assert accept(small_broken, str(two)) == 1
    assert f"NOT ACCEPTED: {GATE}: the place says 0.65 by now, and 0.7 when the book was made" in capsys.readouterr().out
    problems: list[object] = []
    versions = read_accepted(small_broken, problems).versions  # type: ignore[arg-type]
    assert [[(figure.name, figure.was, figure.now) for figure in version.figures] for version in versions] == [
        [(GATE, 0.7, 0.65)],
        [(EFFICIENCY, 0.01, 0.03)],
    ]
    assert fingerprint(small_broken) == own and not problems
    editions = [edition.id for edition in capmodel.load(small_broken).pack.editions]
    assert editions[1:] == ["small-place", "small-place/accepted-1", "small-place/accepted-2"]


def test_no_formula_no_scenario_no_decision_and_no_sorted_row_is_ever_taken(
    small: Case, small_broken: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    option, chosen = next(iter(small.result.choice.items()))
    changes = {GATE: 0.65, "scenario@base": 2, f"chosen_flag[{option}]": float(1 - chosen), "group_persons[mostly_healthy]": 5000.0}
    back = with_inputs(small, tmp_path / "back.xlsx", changes)
    (sheet, row, _), _ = inputs(small.book)["group_persons[mostly_healthy]"]
    label = address(row, 0)
    other = "<is><t>Somebody else</t></is>"
    back = with_cell(back, tmp_path / "sorted.xlsx", sheet, label, lambda xml: re.sub(r't="s"><v>.*</v>', f't="inlineStr">{other}', xml))
    assert accept(small_broken, str(back)) == 1
    said = capsys.readouterr().out
    assert "NOT ACCEPTED: scenario@base: the scenario in use is no figure of the place" in said
    assert f"NOT ACCEPTED: chosen_flag[{option}]: a run chooses the options itself" in said
    assert "NOT ACCEPTED: group_persons[mostly_healthy]: its label is 'Somebody else' where 'Mostly healthy" in said
    (version,) = read_accepted(small_broken, []).versions
    assert [figure.name for figure in version.figures] == [GATE]


def test_a_figure_that_the_place_states_otherwise_by_now_is_refused_and_not_silently_overwritten(
    small: Case, small_broken: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert accept(small_broken, str(with_inputs(small, tmp_path / "back.xlsx", {GATE: 0.65}))) == 0
    contract = small_broken / "contract.yaml"
    contract.write_text(contract.read_text().replace("gate_share: 0.7", "gate_share: 0.8"))
    capsys.readouterr()
    assert main(["run", str(small_broken), "--out", str(tmp_path / "out")]) == 2
    said = capsys.readouterr().err
    assert f"accepted.yaml, {GATE}: it was 0.7 when 0.65 was accepted, and the place says 0.8; one of the two would silently win" in said


def test_who_accepts_must_be_named_and_a_place_that_came_with_capmodel_takes_nothing(
    workbook: Path, small: Case, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    assert main(["returned", str(small.workbook), "--accept"]) == 2
    assert "--accept: nobody is named; each accepted figure says who accepted it" in capsys.readouterr().err
    assert main(["returned", str(small.workbook), "--by", "A"]) == 2
    assert "--by: nothing is accepted" in capsys.readouterr().err
    monkeypatch.chdir(tmp_path)
    assert main(["returned", str(workbook), "--accept", "--by", "A"]) == 2
    assert "the place came with capmodel; what is accepted is written beside the files of a place of your own" in capsys.readouterr().err
