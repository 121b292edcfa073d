"""The book of `capmodel optimise`: the tests of every option as values with provenance, which `verify` makes again and compares."""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path
from typing import Any

import openpyxl
import pytest

from capmodel.cli import main
from capmodel.errors import BadInput
from capmodel.place.optimise import Optimised, optimise_place
from capmodel.place.option_tables import MONEY, Entry, tables_of_tests
from capmodel.place.trial_tables import tables_of_trials
from capmodel.workbook.pages.frontier import WORTH
from capmodel.workbook.pages.records import recorded_of
from capmodel.workbook.sheets import make_book, write_workbook

from conftest import Case  # isort: skip
from book_cells import input_cell  # isort: skip
from workbook_files import rewritten, with_cell, without_properties  # isort: skip

OWN = ("Out 18 Option tests", "Recorded tests", "Recorded decisions", "Recorded frontier")


@pytest.fixture(scope="module")
def tested(small: Case) -> Optimised:
    return optimise_place(small.place, solver="enumerate")


@pytest.fixture(scope="module")
def option_book(tested: Optimised, tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("options") / "small-place-options.xlsx"
    write_workbook(tested.result, path, optimised=tested)
    return path


def verified(path: Path, case: Case, capsys: pytest.CaptureFixture[str]) -> tuple[int, str]:
    code = main(["verify", str(path), "--place", str(case.folder)])
    return code, capsys.readouterr().out


def rows_of(book: Path, sheet: str) -> list[list[Any]]:
    return [list(row) for row in openpyxl.load_workbook(book, data_only=True)[sheet].iter_rows(values_only=True)]


def test_it_holds_every_printed_table_as_values_in_their_order(option_book: Path, tested: Optimised) -> None:
    recorded = [row for sheet in OWN[1:] for row in rows_of(option_book, sheet)]
    tables = (*tables_of_tests(tested), *tables_of_trials(tested))
    starts = [next(i for i, row in enumerate(recorded) if row[0] == table.title) for table in tables]
    assert len(tables) == 9 and starts == sorted(starts)
    for start, table in zip(starts, tables, strict=True):
        for offset, cells in enumerate(table.rows, start + 2):
            for found, cell in zip(recorded[offset], cells, strict=False):
                assert found == (cell.value if isinstance(cell.value, str) else pytest.approx(cell.value, abs=0.005))
    file = openpyxl.load_workbook(option_book)
    for sheet in OWN[1:]:
        grey = [cell for row in file[sheet].iter_rows(min_row=5) for cell in row if cell.fill.fgColor.rgb == "FFEDEDED"]
        assert len(grey) > 20 and all(cell.protection.locked and cell.data_type != "f" for cell in grey)


def test_it_says_by_whom_when_and_how_surely_the_tests_were_made(option_book: Path, tested: Optimised, small: Case) -> None:
    facts = {str(row[0]): row[1] for row in rows_of(option_book, "Recorded tests") if row[0]}
    assert facts["Solver"] == "enumerate" and facts["Gap between them"] == 0 and facts["Answer"].endswith("; proved best")
    assert facts["Objective, present value"] == facts["Best value that was proved possible"] == pytest.approx(tested.plan.objective_gbp)
    assert facts["Questions asked of the solver"] == tested.questions and facts["Answers that are not proved best"] == 0
    assert facts["Date of the packs"] == small.place.pack.as_at and all(
        facts[f"Pack {edition.id}"] == edition.sha256 for edition in small.place.pack.editions
    )
    assert small.result.run_id in facts["Made by"] and "Prudent case" in facts["Scenarios in which the decisions were tried too"]


def test_what_is_shown_now_is_live_and_the_rest_refers_to_the_records(option_book: Path) -> None:
    sheet = openpyxl.load_workbook(option_book)["Out 18 Option tests"]
    head = next(row for row in sheet.iter_rows() if row[0].value == "Option")
    for cell in head[1:]:
        if cell.value:
            formula = str(sheet.cell(cell.row + 1, cell.column).value)
            assert formula.startswith("='Calc 6 Plan'" if "now" in cell.value else "='Recorded tests'"), cell.value


def test_verify_makes_the_tests_again_without_the_properties_too(
    option_book: Path, small: Case, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    lost = without_properties(option_book, tmp_path / "lost.xlsx")
    code, said = verified(lost, small, capsys)
    assert code == 0 and "its properties are lost" in said and "anything else altered: 0" in said


def test_verify_finds_a_changed_test(option_book: Path, small: Case, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file, forged, changed = openpyxl.load_workbook(option_book), option_book, []
    for i, sheet in enumerate(OWN[1:]):
        rows = file[sheet].iter_rows(min_row=12, min_col=2)
        cell = next(cell.coordinate for row in rows for cell in row if cell.data_type == "n" and cell.value)
        changed.append(f"{sheet}!{cell}")
        forged = with_cell(forged, tmp_path / f"{i}.xlsx", sheet, cell, lambda xml: re.sub(r"<v>.*?</v>", "<v>123456789</v>", xml))
    code, said = verified(forged, small, capsys)
    found = [line for line in said.splitlines() if "ALTERED: figures: " in line]
    assert code == 1 and len(found) == len(changed), said
    for cell, line in zip(changed, found, strict=True):
        assert f"ALTERED: figures: {cell}: the figure was " in line and ", is 123456789" in line


def test_a_decision_switched_in_it_is_an_input_like_any_other(option_book: Path, small: Case, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:  # fmt: skip
    sheet, cell = input_cell(small.book, "chosen_flag[hospital_at_home]")
    switched = with_cell(option_book, tmp_path / "switched.xlsx", sheet, cell, lambda xml: re.sub(r"<v>.*?</v>", "<v>1</v>", xml))
    _, said = verified(switched, small, capsys)
    assert (
        "inputs changed since it was made: 1; anything else altered: 0" in said
        and "0 differ, 0 errors" in said.partition("on its inputs")[2]
    )


def test_the_tests_of_another_run_are_refused(tested: Optimised, small: Case) -> None:
    other = small.place.run(changes={"recycle_share": 0.5}, solver="enumerate")
    with pytest.raises(BadInput, match="the tests of the options are of another run"):
        recorded_of(other, optimised=tested)


def test_what_has_no_plan_or_is_not_proved_is_said_in_words(tested: Optimised) -> None:
    first = tested.tests[0]
    unknown = replace(
        first, in_plan=replace(first.in_plan, with_gbp=None, without_gbp=None, marginal_gbp=None, regret_gbp=None, proved=False)
    )
    worth, *_, in_place, _ = tables_of_tests(replace(tested, tests=(unknown, *tested.tests[1:])))
    assert worth.rows[0][4] == Entry("none") and in_place.rows[0][3] == Entry("no plan, not proved")
    assert worth.rows[1][4].unit == MONEY


def test_the_frontier_is_drawn_through_the_plans_that_there_are_and_the_live_plan_is_marked(tested: Optimised) -> None:
    poor = replace(tested.tried.budgets.points[0], objective_gbp=None, chosen=None, bound_gbp=None)
    budgets = replace(tested.tried.budgets, points=(poor, *tested.tried.budgets.points[1:]))
    found = replace(tested, tried=replace(tested.tried, budgets=budgets))
    book = make_book(tested.result, recorded_of(tested.result, scenarios=False, optimised=found)).book
    chart = book.sheet("Out 19 Frontier").charts[0]
    line, live = chart.drawn
    record = book.sheet("Recorded frontier").cells
    first, last = (int(row) - 1 for row in re.findall(r"\$(\d+)", str(line["values"])))
    assert last - first + 1 == len(budgets.points) - 1, "a budget that pays for no plan has no point"
    assert [record[row, WORTH].value for row in range(first, last + 1)] == [round(point.objective_gbp, 2) for point in budgets.points[1:]]
    (row, *_), column = re.findall(r"\$(\d+)", str(live["values"])), WORTH
    shown = book.sheet("Out 19 Frontier").cells[int(row) - 1, column]
    assert shown.formula.startswith("'Calc 6 Plan'!") and shown.value == pytest.approx(tested.plan.objective_gbp)
    assert "£ million" in chart.value_title and "£ million" in chart.category_title


def test_what_was_asked_of_the_trials_and_of_the_solver_is_asked_again(
    small: Case, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    budgets = ",".join(f"0.{10 + i}{'0' * 20}1" for i in range(12))  # more than one property takes
    asked = [
        "--solver",
        "enumerate",
        "--near",
        "0.5",
        "--time-limit",
        "120",
        "--level",
        "0.9",
        "--draws",
        "3",
        "--weight",
        "draws=0.5",
        "--weight",
        "base=0.5",
        "--budgets",
        budgets,
    ]
    assert main(["optimise", str(small.folder), *asked, "--out", str(tmp_path)]) == 0
    book = tmp_path / "small-place-options.xlsx"
    capsys.readouterr()
    code, said = verified(without_properties(book, tmp_path / "lost.xlsx"), small, capsys)
    assert code == 0 and "anything else altered: 0" in said, said
    unread = "what it says of it cannot be read"
    for was, forged_as, refused in (
        ('{"weights": ', '{"seed": true, "weights": ', unread),
        ('{"weights": ', "[[[[", unread),
        ("<vt:lpwstr>0.5<", "<vt:lpwstr>about half<", "choices within 'about half' of the best"),
    ):
        forged = rewritten(book, tmp_path / "forged.xlsx", lambda _, xml, a=was, b=forged_as: xml.replace(a, b), "docProps/custom.xml")
        assert main(["verify", str(forged), "--place", str(small.folder)]) == 2
        assert refused in capsys.readouterr().err


def test_from_python_it_is_the_same_book_byte_for_byte(option_book: Path, tested: Optimised, small: Case, tmp_path: Path) -> None:
    again = small.place.run(solver="enumerate").to_workbook(tmp_path / "again.xlsx", optimised=tested)
    assert again.read_bytes() == option_book.read_bytes()
