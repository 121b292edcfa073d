"""What `capmodel returned` says of a book that came back: each change priced by the model, what else was altered, and what is refused."""

from __future__ import annotations

import json
import random
from pathlib import Path

import numpy as np
import openpyxl
import pytest

import capmodel
from capmodel.cli import main
from capmodel.place.run import run_place
from capmodel.reports.returned import record_of
from capmodel.workbook.returned.changes import Change
from capmodel.workbook.returned.inputs import figures_at
from capmodel.workbook.returned.priced import price
from capmodel.workbook.returned.round_trip import RoundTrip, read_file, round_trip
from capmodel.workbook.sheets import input_sheets

from conftest import ASSUMPTIONS, Case  # isort: skip
from returned_books import in_record, moved, run_with, with_inputs  # isort: skip
from seeded_edits import Shift, read_parts, shifted, sort_rows, write_parts  # isort: skip
from workbook_files import with_cell, without_properties  # isort: skip

GATE, EFFICIENCY = "outcome_gate_share@base", "efficiency_share[2027]@base"


def returned(case: Case, *files: Path) -> int:
    return main(["returned", *map(str, files), "--place", str(case.folder)])


def trip_of(case: Case, back: Path, sent: Path | None = None) -> RoundTrip:
    return round_trip(case.place, read_file(back), read_file(sent) if sent else None)


def test_each_change_is_priced_as_the_model_run_with_it_alone_and_all_of_them_together(small: Case, tmp_path: Path) -> None:
    back = with_inputs(small, tmp_path / "back.xlsx", {GATE: 0.65, EFFICIENCY: 0.03})
    record = record_of(trip_of(small, back))
    alone = {change["name"]: in_record(change["effects_gbp"]) for change in record["changes"]}
    base = run_with(small, {})
    assert set(alone) == {GATE, EFFICIENCY}
    for name, value in ((GATE, 0.65), (EFFICIENCY, 0.03)):
        assert alone[name] == moved(base, run_with(small, {name: value}))
    assert alone[EFFICIENCY], "a test of money that does not move tests nothing"
    together = in_record(record["together_gbp"])
    assert together == moved(base, run_with(small, {GATE: 0.65, EFFICIENCY: 0.03}))
    interaction = in_record(record["interaction_gbp"])
    for party, years in together.items():
        apart = np.sum([each[party] for each in alone.values() if party in each] or [[0.0] * len(years)], axis=0)
        assert interaction.get(party, [0.0] * len(years)) == pytest.approx((np.array(years) - apart).round(2).tolist(), abs=1e-9)


def test_a_change_of_scenario_and_a_decision_on_an_option_are_priced(small: Case, tmp_path: Path) -> None:
    option, taken = next(iter(small.result.choice.items()))
    back = with_inputs(small, tmp_path / "back.xlsx", {"scenario@base": 2, f"chosen_flag[{option}]": float(1 - taken)})
    record = record_of(trip_of(small, back))
    by_name = {change["name"]: change for change in record["changes"]}
    scenario = list(small.place.scenarios)[1]
    assert in_record(by_name["scenario@base"]["effects_gbp"]) == moved(run_with(small, {}), run_with(small, {}, scenario))
    effects = by_name[f"chosen_flag[{option}]"]["effects_gbp"]
    assert {line["kind"] for line in effects} >= {"Chosen options, net effect in year", "The place as a whole"}
    assert record["scenario_returned"] == small.place.scenarios[scenario].label


def test_a_figure_of_a_scenario_that_is_not_in_use_says_that_it_moves_nothing(small: Case, tmp_path: Path) -> None:
    back = with_inputs(small, tmp_path / "back.xlsx", {"prudence_share@prudent": 0.2})
    (change,) = record_of(trip_of(small, back))["changes"]
    assert change["effects_gbp"] == []
    assert change["no_effect"] == "the scenario in use, Base case, does not read it"


def test_the_command_names_label_cell_old_and_new_and_writes_page_sheet_and_data(
    small: Case, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    back = with_inputs(small, tmp_path / "back.xlsx", {EFFICIENCY: 0.03})
    assert main(["returned", str(back), "--place", str(small.folder), "--out", str(tmp_path / "out")]) == 0
    said = capsys.readouterr().out
    assert "inputs changed: 1; anything else altered: 0" in said
    assert "Efficiency asked for a year, 2027/28 (Assumptions!I12): 0.01 becomes 0.03 (share)" in said
    record = json.loads((tmp_path / "out/back-changes.json").read_text())
    page = (tmp_path / "out/back-changes.html").read_text()
    sheet = openpyxl.load_workbook(tmp_path / "out/back-changes.xlsx")["Returned"]
    on_sheet = {cell.value for row in sheet.iter_rows() for cell in row}
    (change,) = record["changes"]
    for line in change["effects_gbp"]:
        for gbp in filter(None, line["gbp"].values()):
            assert f"{abs(gbp):,.2f}" in page and f"{gbp:,.2f}" in said
            assert gbp in on_sheet
    assert all(cell.data_type != "f" for row in sheet.iter_rows() for cell in row)


def test_an_overwritten_formula_is_named_and_never_priced(small: Case, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    one = with_inputs(small, tmp_path / "one.xlsx", {EFFICIENCY: 0.03})
    where, content = next((at, each) for at, each in sorted(small.book.sheet("Calc 2 Capitation").cells.items()) if each.formula)
    cell = openpyxl.utils.get_column_letter(where[1] + 1) + str(where[0] + 1)
    both = with_cell(one, tmp_path / "both.xlsx", "Calc 2 Capitation", cell, lambda xml: xml.replace("<f>", "<f>2*"))
    assert content.formula and returned(small, both) == 1
    said = capsys.readouterr().out
    assert f"Calc 2 Capitation!{cell}" in said and "FAIL" in said
    assert record_of(trip_of(small, both))["together_gbp"] == record_of(trip_of(small, one))["together_gbp"]


def test_an_input_beside_an_inserted_row_is_priced_and_after_sorting_is_never_accepted(
    small: Case, small_broken: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    one = with_inputs(small, tmp_path / "one.xlsx", {EFFICIENCY: 0.03, "group_persons[mostly_healthy]": 5000.0})
    parts = read_parts(one)
    longer = write_parts(shifted(parts, Shift("Assumptions", True, 9, 1)), tmp_path / "longer.xlsx")
    trip = trip_of(small, longer)
    assert trip.back.altered == ("rules: Assumptions: the row 9 was inserted: 'without a label'",)
    assert record_of(trip)["together_gbp"] == record_of(trip_of(small, one))["together_gbp"] != []
    mixed = write_parts(sort_rows(parts, random.Random(1)).parts, tmp_path / "mixed.xlsx")
    assert main(["returned", str(mixed), "--place", str(small_broken), "--accept", "--by", "A"]) == 1
    said = capsys.readouterr().out
    assert "NOT ACCEPTED: group_persons[mostly_healthy]: the rows or columns of its sheet stand in another order" in said
    assert "ACCEPTED: 1 input, as version 1" in said


def test_a_figure_that_cannot_be_is_named_by_its_cell(small: Case, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    back = with_inputs(small, tmp_path / "back.xlsx", {GATE: 40})
    assert returned(small, back) == 2
    said = capsys.readouterr().err
    assert "back.xlsx, Contract terms!" in said and "a share is a part of 1" in said and "--set" not in said


def test_a_book_whose_properties_are_lost_is_priced_from_its_cells(small: Case, tmp_path: Path) -> None:
    whole = with_inputs(small, tmp_path / "whole.xlsx", {EFFICIENCY: 0.03})
    bare = without_properties(whole, tmp_path / "bare.xlsx")
    assert record_of(trip_of(small, bare))["together_gbp"] == record_of(trip_of(small, whole))["together_gbp"]


def test_changes_are_held_against_the_file_that_was_sent_where_it_is_named(small: Case, tmp_path: Path) -> None:
    sent = with_inputs(small, tmp_path / "sent.xlsx", {GATE: 0.65})
    back = with_inputs(small, tmp_path / "back.xlsx", {EFFICIENCY: 0.03}, of=sent)
    record = record_of(trip_of(small, back, sent))
    assert [change["name"] for change in record["changes"]] == [EFFICIENCY]
    assert in_record(record["together_gbp"]) == moved(run_with(small, {GATE: 0.65}), run_with(small, {GATE: 0.65, EFFICIENCY: 0.03}))


def test_books_of_different_runs_and_of_packs_that_have_changed_are_refused(
    small: Case, small_broken: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    other = run_place(small.place, changes={GATE: 0.5})
    from capmodel.workbook.sheets import write_workbook

    write_workbook(other, tmp_path / "other.xlsx")
    assert returned(small, small.workbook, tmp_path / "other.xlsx") == 2
    said = capsys.readouterr().err
    assert f"they are of different runs: {small.workbook} names {small.result.run_id[:12]}; " in said
    (small_broken / "NOTES.yaml").write_text("a: 1\n")
    assert main(["returned", str(small.workbook), "--place", str(small_broken), "--out", str(tmp_path / "out")]) == 2
    said = capsys.readouterr().err
    assert "the pack small-place changed since the workbook was made" in said and "no change in it can be priced or accepted" in said
    assert not (tmp_path / "out").exists()


def test_a_place_without_a_contract_is_priced_by_the_money_of_its_own_steps() -> None:
    opening = capmodel.load(ASSUMPTIONS / "places/lewisham-better-care-fund").run()
    figures = figures_at(input_sheets(opening).values())
    at, content = next((at, each) for at, each in figures.items() if each.is_input and each.change.startswith("line_spend_gbp["))
    assert isinstance(content.value, float)
    change = Change(content.change, content.about, at, content.unit, content.value, content.value + 100_000)
    closing = run_place(opening.place, changes={change.name: change.new})
    priced = price(opening, closing, [change])
    (alone,) = priced.alone
    before, after = (run.column("partner_year", "received_gbp") for run in (opening, closing))
    found = [each for line, gbp in zip(priced.lines, alone.gbp, strict=True) for each in gbp.tolist()]
    assert found == pytest.approx([after[key] - before[key] for key in before], abs=0.01)
    assert {line.kind for line in priced.lines} == {"Received from the pooled budget at the end of the year"}
    assert alone.moves and not any(line.any() for line in priced.interaction)
