"""Whether a book is as it was issued: a live line on every sheet counts the inputs that differ, apart from the checks."""

from __future__ import annotations

from pathlib import Path

import openpyxl
import pytest

from capmodel.model import Result
from capmodel.workbook.pages.issued import COUNT, FIRST, ISSUED, NOW, THEN
from capmodel.workbook.sheets import make_book
from capmodel.workbook.writing.book import Book

from conftest import Case  # isort: skip
from workbook_files import Recalculated  # isort: skip
from book_cells import differences, inputs  # isort: skip

LINE, FLAG = (2, 0), (1, 1)  # A3 and B2 on every sheet
GATE = "outcome_gate_share@base"


@pytest.fixture(scope="module")
def book(small: Case) -> Book:
    return small.book


@pytest.fixture(scope="module")
def result(small: Case) -> Result:
    return small.result


@pytest.fixture(scope="module")
def opened(small: Case) -> openpyxl.Workbook:
    return openpyxl.load_workbook(small.workbook)


@pytest.fixture
def file(small: Case) -> Recalculated:
    return Recalculated(small.workbook)


def texts(file: Recalculated, sheet: str) -> str:
    return "\n".join(str(value) for (name, *_), value in file.values().items() if name == sheet and isinstance(value, str))


def test_an_untouched_book_says_on_every_sheet_that_it_is_as_issued(file: Recalculated, book: Book, result: Result) -> None:
    values = file.values()
    assert {values[sheet.name, *LINE] for sheet in book.sheets} == {"As issued"}
    assert values[ISSUED, *COUNT] == 0
    assert f"{result.run_id} (two books with the same fingerprints hold the same figures)" in texts(file, "Cover")


def test_a_changed_book_says_so_and_shows_no_run_as_its_own_while_checks_hold(file: Recalculated, book: Book, result: Result) -> None:
    file.set(inputs(book)[GATE][0], 0.6)
    values = file.values()
    assert {values[sheet.name, *LINE] for sheet in book.sheets} == {"1 input changed since issue"}
    assert {values[sheet.name, *FLAG] for sheet in book.sheets} == {"OK"}, "checks are another question"
    for sheet in ("Cover", "Sign-off", "Out 6 Statements"):
        message = texts(file, sheet)
        assert "1 input changed since issue, so that" in message and "no longer" in message, sheet
    assert "hold the same figures" not in texts(file, "Cover")
    assert "figures are those of run" not in texts(file, "Sign-off")


def test_the_change_log_lists_what_was_changed(file: Recalculated, book: Book) -> None:
    for name, value in ((GATE, 0.6), ("group_persons[mostly_healthy]", 1_700_000), ("scenario@base", 2)):
        file.set(inputs(book)[name][0], value)
    message = texts(file, "Change log")
    assert "Score needed to pass the outcome gate" in message and "Published people in the group: Mostly healthy" in message
    assert file.value((ISSUED, *COUNT)) == 3


@pytest.mark.parametrize("typed", ["0.7", "seven tenths", ""])
def test_a_text_in_an_input_counts_as_changed(typed: str, file: Recalculated, book: Book) -> None:
    sheet, row, column = inputs(book)["gain_threshold_gbp@base"][0]
    file.model.update_cell_with_text(file.sheets.index(sheet), row + 1, column + 1, typed)
    assert file.values()[ISSUED, *COUNT] == 1


def test_a_figure_entered_again_with_the_digits_a_program_keeps_is_the_same(file: Recalculated, book: Book) -> None:
    for (sheet, *at), content in inputs(book).values():
        file.set((sheet, *at), float(f"{content.value:.15g}"))
    assert file.values()[ISSUED, *COUNT] == 0


def test_every_figure_that_may_be_changed_is_held_against_the_one_issued(opened: openpyxl.Workbook, book: Book) -> None:
    listed = {
        content.formula.replace("'", "") for (row, column), content in book.sheet(ISSUED).cells.items() if column == NOW and row >= FIRST
    }
    unlocked = {
        f"{sheet.title}!{cell.coordinate}" for sheet in opened for row in sheet.iter_rows() for cell in row
        if cell.value is not None and not cell.protection.locked
    }  # fmt: skip
    assert listed == unlocked
    assert all(cell.protection.locked for row in opened[ISSUED].iter_rows() for cell in row)
    assert all(isinstance(opened[ISSUED].cell(FIRST + 1 + i, THEN + 1).value, (int, float)) for i in range(len(listed)))


def test_the_engine_counts_what_the_book_counts(file: Recalculated, book: Book, small: Case) -> None:
    changes = {GATE: 0.6, "investment_budget_gbp[2027]@base": 1.0, "cap_gbp[acute_trusts,loss]": 1.5}
    for name, value in changes.items():
        file.set(inputs(book)[name][0], value)
    chosen = {option: int(value) for (option,), value in small.result.column("start", "chosen_flag").items()}
    again = make_book(small.place.run(changes=changes, chosen=chosen), small.recorded).book
    assert again.sheet(ISSUED).cells[COUNT].value == 3
    assert differences(again, file.values()) == []


def test_a_title_with_quotation_marks_is_a_formula_all_the_same(small_broken: Path) -> None:
    import capmodel
    from capmodel.workbook.recalculate import certify

    pack, contract = small_broken / "place.yaml", small_broken / "contract.yaml"
    before = pack.read_text()
    pack.write_text(before.replace("title: A small place", "title: 'The \"North West\" of London'"))
    assert pack.read_text() != before
    text = contract.read_text()
    title = next(line for line in text.splitlines() if line.startswith("title:"))
    contract.write_text(text.replace(title, "title: 'The \"alliance\"'"))
    book = make_book(capmodel.load(small_broken).run()).book
    assert certify(book).passed
    assert 'The "alliance"' in str(book.sheet("Out 6 Statements").cells[5, 0].value)
