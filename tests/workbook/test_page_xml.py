"""The short ways in which cells are written give the bytes that xlsxwriter gives by its own."""

from __future__ import annotations

import zipfile
from pathlib import Path

import pytest
from xlsxwriter.worksheet import Worksheet

from capmodel.workbook.writing import write as writing
from capmodel.workbook.writing.book import Book, Sheet

from conftest import Case  # isort: skip

#: Results of formulas and texts of every kind that a cell can show, and texts that XML or a formula needs written otherwise.
RESULTS = [1.5, -0.0, 1e300, 3, True, False, "", "text", 'a "b" & <c>', "#DIV/0!", "#N/A", "#mine", "line\nbreak", "_x0041_"]
FORMULAS = ["A1+B1", '"a & b"&"<c>"', "IF(A1>=0,1,2)", "XLOOKUP(A1,B1:B2,C1:C2)", "SINGLE(A1)", "{A1:A2}"]


def odd() -> Book:
    sheet = Sheet("Odd & sundry", "Odd cells")
    for i, result in enumerate(RESULTS):
        for j, formula in enumerate(FORMULAS):
            sheet.put(i, j, "formula", result, "GBP", formula=formula)
        sheet.put(i, 10, "label", result)
        sheet.put(i, 11, "link", str(result), link="'Odd & sundry'!A1")
    sheet.put(20, 0, "label", None)
    return Book([sheet], {}, {})


def both_ways(book: Book, folder: Path, monkeypatch: pytest.MonkeyPatch) -> list[dict[str, bytes]]:
    """The parts of the file in the short way, and in xlsxwriter's own."""
    short = writing.write(book, folder / "short.xlsx")
    monkeypatch.setattr(writing, "QuickSheet", Worksheet)
    own = writing.write(book, folder / "own.xlsx")
    parts = []
    for path in (short, own):
        with zipfile.ZipFile(path) as archive:
            parts.append({name: archive.read(name) for name in archive.namelist()})
    return parts


@pytest.mark.filterwarnings("ignore")
def test_odd_cells_are_written_as_xlsxwriter_writes_them(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    short, own = both_ways(odd(), tmp_path, monkeypatch)
    assert short == own
    assert b"_xlfn.XLOOKUP" in short["xl/worksheets/sheet1.xml"], "a newer function is marked as one"


def test_a_book_is_written_as_xlsxwriter_writes_it(small: Case, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    short, own = both_ways(small.book, tmp_path, monkeypatch)
    assert short == own
