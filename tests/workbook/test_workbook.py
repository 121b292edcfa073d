"""The workbook as a file: what stands in it, what may not, and that two runs write the same bytes."""

from __future__ import annotations

import hashlib
import os
import re
import subprocess
import sys
import zipfile
from pathlib import Path
from typing import Any

import openpyxl
import pytest
from openpyxl.formula import Tokenizer

from capmodel.model import Place
from capmodel.workbook.writing.book import Book

from conftest import ROOT  # isort: skip
from workbook_files import cells, formulas  # isort: skip
from book_cells import inputs  # isort: skip

SHEETS = [
    "Cover", "Change log", "How to use", "Assumptions", "Contract terms", "Data 1 Spend", "Data 2 Options", "Structure", "Sources",
    "Calc 0 Scenario in use", "Calc 1 Segment spend", "Calc 2 Capitation", "Calc 3 Care budgets", "Calc 4 Settlement",
    "Calc 5 Options", "Calc 6 Plan", "Calc 7 Who pays", "Out 1 Summary", "Out 2 Segments", "Out 3 Parties", "Out 4 Plan", "Out 5 Comparison",
    "Out 6 Statements", "Out 7 Payoff", "Out 17 Who pays", "As issued", "Recorded runs", "Recorded plan", "Recorded payoff", "Checks", "Certificate", "Sign-off",
]  # fmt: skip
INPUT_SHEETS = {"Assumptions", "Contract terms", "Data 1 Spend", "Data 2 Options", "Structure"}
#: DESIGN, section 6: what Excel, LibreOffice and Google Sheets agree on.
FUNCTIONS = {
    "SUM", "SUMPRODUCT", "SUMIF", "SUMIFS", "COUNTIF", "COUNTIFS", "INDEX", "MATCH", "MIN", "MAX", "MEDIAN", "IF", "AND", "OR",
    "NOT", "CHOOSE", "ROUND", "ROUNDUP", "ROUNDDOWN", "ABS", "INT", "MOD", "NPV", "DATE", "YEAR", "MONTH", "TEXT", "LARGE",
    "SMALL", "RANK", "IFERROR",
}  # fmt: skip
NUMBERS = {"0", "1", "12", "100", "1000"}
YELLOW, GREY = "FFFFF2CC", "FFEDEDED"
FLAG = (1, 1)  # B2 on every sheet


def shapes(opened: openpyxl.Workbook) -> dict[str, str]:
    """Each kind of formula once, with every reference called A1, and a cell that holds it."""
    found: dict[str, str] = {}
    for cell in formulas(opened):
        plain = re.sub(r"('[^']+'|\b\w+)!", "", cell.value)
        found.setdefault(re.sub(r"\$?\b[A-Z]{1,3}\$?\d+\b", "A1", plain), f"{cell.parent.title}!{cell.coordinate}")
    return found


# ------------------------------------------------------------------ what stands in it


def test_the_sheets_stand_in_order(opened: openpyxl.Workbook) -> None:
    assert opened.sheetnames == SHEETS


def test_only_inputs_and_entries_are_unlocked(opened: openpyxl.Workbook, book: Book) -> None:
    unlocked = {(cell.parent.title, cell.row - 1, cell.column - 1) for cell in cells(opened) if not cell.protection.locked}
    assert {sheet for sheet, _, _ in unlocked} == INPUT_SHEETS - {"Structure"}, "what says how the files are built is locked"
    assert {place for place, _ in inputs(book).values()} == unlocked


def test_inputs_are_numbers_on_yellow_and_formulas_are_locked(opened: openpyxl.Workbook) -> None:
    for cell in cells(opened):
        if not cell.protection.locked and cell.parent.title in INPUT_SHEETS:
            assert cell.data_type == "n", cell
            assert cell.fill.fgColor.rgb == YELLOW, cell
    assert all(cell.protection.locked for cell in formulas(opened))


def test_every_sheet_is_protected_without_a_password_and_shown(opened: openpyxl.Workbook) -> None:
    for sheet in opened:
        assert sheet.protection.sheet, sheet.title
        assert not sheet.protection.password, sheet.title
        assert sheet.sheet_state == "visible", sheet.title
        assert not any(row.hidden for row in sheet.row_dimensions.values()), sheet.title
        assert not any(column.hidden for column in sheet.column_dimensions.values()), sheet.title


def test_there_are_no_merged_cells_and_no_defined_names(opened: openpyxl.Workbook) -> None:
    assert not opened.defined_names
    for sheet in opened:
        assert not sheet.merged_cells.ranges, sheet.title
        assert not sheet.defined_names, sheet.title


def test_only_functions_that_spreadsheets_agree_on(opened: openpyxl.Workbook) -> None:
    used = {name: where for shape, where in shapes(opened).items() for name in re.findall(r"([A-Z][A-Z0-9.]*)\(", shape)}
    assert {name: where for name, where in used.items() if name not in FUNCTIONS} == {}
    assert {"SUM", "SUMIFS", "IF", "MAX", "MIN", "ROUND", "ABS", "CHOOSE"} <= set(used)


def test_no_number_of_its_own_in_a_formula(opened: openpyxl.Workbook) -> None:
    wrong = []
    for shape, where in shapes(opened).items():
        around: list[str] = []
        before = ""
        for token in Tokenizer(shape).items:
            if token.type == "FUNC" and token.subtype == "OPEN":
                around.append(token.value)
            elif token.type == "FUNC":
                around.pop()
            digits_of_round = token.value in ("2", "4", "6") and before == "," and around[-1:] == ["ROUND("]
            if token.type == "OPERAND" and token.subtype == "NUMBER" and token.value not in NUMBERS and not digits_of_round:
                wrong.append(f"{where}: {shape}")
            before = token.value
    assert wrong == []


def test_formulas_compare_no_figures_for_equality(opened: openpyxl.Workbook) -> None:
    # Labels may be compared with the labels above them, and the verdicts that hold may be counted.
    compared = {test for shape in shapes(opened) for test in re.findall(r"[^(,]*[^<>]=[^,]*", shape[1:])}
    assert {test for test in compared if test.rstrip(")") != "A1=A1" and "COUNTIF" not in shape_around(test, opened)} == set()


def shape_around(test: str, opened: openpyxl.Workbook) -> str:
    return next(shape for shape in shapes(opened) if test in shape)


def test_formulas_are_short_and_refer_to_no_whole_column(opened: openpyxl.Workbook) -> None:
    lengths = [len(cell.value) for cell in formulas(opened)]
    assert len(lengths) > 10_000
    assert max(lengths) <= 400
    assert sum(length > 120 for length in lengths) / len(lengths) < 0.05
    assert not [where for shape, where in shapes(opened).items() if re.search(r"\$?[A-Z]+:\$?[A-Z]+(?!\d)", shape.replace("A1:A1", ""))]


def test_at_least_nine_in_ten_numeric_cells_are_live(opened: openpyxl.Workbook, written: dict[tuple[str, int, int], Any]) -> None:
    live = sum(isinstance(written[cell.parent.title, cell.row - 1, cell.column - 1], (int, float)) for cell in formulas(opened))
    typed = [cell for cell in cells(opened) if cell.data_type == "n" and cell.protection.locked and cell.fill.fgColor.rgb != GREY]
    assert live / (live + len(typed)) >= 0.9
    assert live > 15_000


def test_every_sheet_shows_the_master_flag(opened: openpyxl.Workbook, written: dict[tuple[str, int, int], Any]) -> None:
    for name in SHEETS:
        flag = opened[name]["B2"].value
        assert flag.startswith("=IF(SUMPRODUCT(" if name == "Checks" else "=Checks!$B$2"), name
        assert written[name, *FLAG] == "OK"


def test_every_input_says_how_it_is_known(opened: openpyxl.Workbook, book: Book) -> None:
    statuses = {"published", "derived", "fitted", "local", "illustrative"}
    for (sheet, row, _), _ in inputs(book).values():
        beside = {cell.value for cell in opened[sheet][row + 1]}
        # A term of the contract that nobody wrote says so.
        assert beside & (statuses | ({"default"} if sheet == "Contract terms" else set())), f"{sheet} row {row + 1}"


def test_the_charts_are_there_and_described(workbook: Path) -> None:
    with zipfile.ZipFile(workbook) as package:
        charts = [name for name in package.namelist() if re.fullmatch(r"xl/charts/chart\d+\.xml", name)]
        titles = " ".join("".join(re.findall(r"<a:t>([^<]*)</a:t>", package.read(name).decode())) for name in charts)
        drawings = "".join(package.read(name).decode() for name in package.namelist() if name.startswith("xl/drawings/drawing"))
    assert len(charts) >= 2
    assert "segment" in titles.lower()
    assert "party" in titles.lower() or "parties" in titles.lower()
    assert len(re.findall(r'descr="[^"]{10,}"', drawings)) == len(charts)


def test_the_certificate_tells_what_was_found(opened: openpyxl.Workbook) -> None:
    message = {row[0].value: row[1].value for row in opened["Certificate"].iter_rows(max_col=2)}
    assert message["Formula cells recalculated"] == len(list(formulas(opened)))
    assert message["Cells that differ by more than half a penny, or show an error"] == 0


def test_every_source_that_is_used_is_listed(opened: openpyxl.Workbook, place: Place) -> None:
    listed = {row[0].value for row in opened["Sources"].iter_rows()}
    used = {figure.source for column in place.columns.values() for figure in column.figures.values()} - {"optimiser", ""}
    assert used <= listed


# ------------------------------------------------------------------ the same bytes


def fingerprints(folder: Path) -> dict[str, str]:
    return {path.name: hashlib.sha256(path.read_bytes()).hexdigest() for path in sorted(folder.iterdir())}


@pytest.fixture(scope="module")
def regenerated(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The example run in a process of its own, on a machine that says strange things of itself."""
    out = tmp_path_factory.mktemp("regenerated")
    strange = {**os.environ, "PYTHONHASHSEED": "12345", "TZ": "Pacific/Kiritimati", "LC_ALL": "C", "COLUMNS": "60"}
    command = [sys.executable, "-m", "capmodel.cli", "run", "assumptions/places/north-west-london", "--out", str(out)]
    subprocess.run(command, check=True, cwd=ROOT, env=strange, capture_output=True)
    return out


@pytest.mark.parametrize("name", ["north-west-london.xlsx", "north-west-london.json"])
def test_the_committed_example_is_regenerated_byte_for_byte_whatever_the_machine_says(name: str, regenerated: Path) -> None:
    committed = ROOT / "workbooks" / name
    assert hashlib.sha256(committed.read_bytes()).hexdigest() == fingerprints(regenerated)[name], (
        f"{name} is stale; run capmodel run and commit it"
    )
