"""Reading a workbook that came back: what programs write differently and means the same, and what bounds the recalculation."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import openpyxl
import pytest

from capmodel.errors import BadInput, CapmodelError
from capmodel.workbook import recalculation
from capmodel.workbook.returned import bounds, cells
from capmodel.workbook.returned.bounds import scan
from capmodel.workbook.returned.plain_cells import plain_cells
from capmodel.workbook.returned.read import ReadCell, read_book
from capmodel.workbook.returned.verify import read_returned, verify
from capmodel.workbook.writing.book import address

from conftest import Case  # isort: skip
from hostile_books import BOOK_LIST, HEAD, LIST, MAIN, PROPERTIES, RELATIONS, SHEET, STYLES, TYPES  # isort: skip
from hostile_books import sheet, skeleton, styles, types  # isort: skip
from hostile_books import written as written_file  # isort: skip
from workbook_files import rewritten, part_of  # isort: skip


def read(given: str, path: Path) -> dict[str, ReadCell]:
    file = written_file(path, {**skeleton(), SHEET: sheet(given)})
    return {address(row, column): cell for (_, row, column), cell in read_book(scan(file)).cells.items()}


def test_a_formula_that_excel_shares_over_cells_is_read_as_each_cell_has_it(tmp_path: Path) -> None:
    shared = '<row r="1"><c r="A1"><v>2</v></c><c r="B1"><f t="shared" ref="B1:B2" si="0">A1*$A$1</f><v>4</v></c></row><row r="2"><c r="A2"><v>3</v></c><c r="B2"><f t="shared" si="0"/><v>6</v></c></row>'
    found = read(shared, tmp_path / "shared.xlsx")
    assert (found["B1"].formula, found["B1"].value) == ("=A1*$A$1", 4.0)
    assert (found["B2"].formula, found["B2"].value) == ("=A2*$A$1", 6.0)


def test_an_array_formula_is_not_the_book_s(tmp_path: Path) -> None:
    array = '<row r="1"><c r="A1"><f t="array" ref="A1:A1">SUM(B1:B9)</f><v>4</v></c></row>'
    assert read(array, tmp_path / "array.xlsx")["A1"].formula == "={=SUM(B1:B9)}"


@pytest.mark.parametrize("value", ["NaN", "INF", "1e999", "about 5"])
def test_a_value_kept_as_a_number_that_is_none_is_reported_with_its_cell(value: str, tmp_path: Path) -> None:
    with pytest.raises(BadInput, match=f"sheet Assumptions holds '{value}' in B3, which is kept as a number; it is none"):
        read(f'<row r="3"><c r="B3"><v>{value}</v></c></row>', tmp_path / "odd.xlsx")


@pytest.mark.parametrize(
    "value", ["<vt:r8>NaN</vt:r8>", "<vt:filetime>never</vt:filetime>", "<vt:i4>1e9</vt:i4>", "<vt:bool>maybe</vt:bool>"]
)
def test_a_property_that_makes_no_sense_is_reported_or_kept_as_text(value: str, tmp_path: Path) -> None:
    good = str(skeleton()[PROPERTIES])
    file = written_file(tmp_path / "odd.xlsx", {**skeleton(), PROPERTIES: good.replace("</Properties>", f'<property fmtid="{{D5CDD505-2E9C-101B-9397-08002B2CF9AE}}" pid="9" name="odd">{value}</property></Properties>')})  # fmt: skip
    assert scan(file).properties["odd"] == re.sub("<[^>]*>", "", value)


def test_every_cell_is_read_as_another_reader_has_it(
    workbook: Path, opened: openpyxl.Workbook, written: dict[tuple[str, int, int], Any]
) -> None:
    found, seen = read_book(scan(workbook)).cells, 0
    for page in opened:
        for cell in (cell for row in page.iter_rows() for cell in row if cell.value is not None):
            place = (page.title, cell.row - 1, cell.column - 1)
            ours, seen = found[place], seen + 1
            assert ours.value == written[place], place
            assert ours.formula == (cell.value if cell.data_type == "f" else ""), place
            assert ours.is_input == (not cell.protection.locked), place
    assert seen == len(found)


CELL = '<row r="1"><c r="A1">{}</c></row>'
OTHER = 'xmlns:o="urn:other"'


@pytest.mark.parametrize(
    ("cells", "words"),
    [
        (CELL.format("<v>1</v><v>2</v>"), "holds A1 with two elements called v"),
        (CELL.format("<f>B1</f><f>C1</f><v>2</v>"), "holds A1 with two elements called f"),
        (CELL.format(f"<o:v {OTHER}>1</o:v>"), "holds v in c; a worksheet has nothing of the kind there"),
        (f'<o:row {OTHER} r="1"><c r="A1"><v>1</v></c></o:row>', "holds row in sheetData; a worksheet has nothing of the kind there"),
        ('<row r="1"><x><c r="A1"><v>1</v></c></x></row>', "holds x in row; a worksheet has nothing of the kind there"),
        ('</sheetData><row r="1"/><sheetData>', "holds row in worksheet; it stands in sheetData"),
        ("</sheetData><sheetData>", "holds more than 1 elements called sheetData"),
        ('<row r="1"><c r="A1" t="s"><v>7</v></c></row>', "refers in A1 to the text 7; the workbook has 0 shared texts"),
        ('<row r="1"><c r="A1" s="9"><v>7</v></c></row>', "gives A1 the look 9; the workbook has 0"),
    ],
)
def test_cells_that_programs_could_read_in_two_ways_are_refused(cells: str, words: str, tmp_path: Path) -> None:
    with pytest.raises(BadInput, match=re.escape(words)):
        read(cells, tmp_path / "two.xlsx")


def test_a_sheet_in_another_namespace_is_refused(tmp_path: Path) -> None:
    file = written_file(
        tmp_path / "strict.xlsx", {**skeleton(), SHEET: sheet().replace(MAIN, "http://purl.oclc.org/ooxml/spreadsheetml/main")}
    )
    with pytest.raises(BadInput, match="begins with worksheet, which is no worksheet of an"):
        scan(file)


LOOKS = '<numFmts><numFmt numFmtId="164" formatCode="mmm-yy"/></numFmts><cellXfs><xf numFmtId="0"/><xf numFmtId="164"/><xf numFmtId="0"><protection hidden="1"/></xf></cellXfs>'


def test_a_number_that_is_shown_as_a_date_is_no_number_that_somebody_typed(tmp_path: Path) -> None:
    parts = {
        **skeleton(),
        STYLES: styles(LOOKS),
        SHEET: sheet('<row r="1"><c r="A1" s="1"><v>46113</v></c><c r="B1"><v>46113</v></c></row>'),
    }
    found = read_book(scan(written_file(tmp_path / "date.xlsx", parts))).cells
    assert [(cell.value, cell.is_number) for cell in found.values()] == [("the date 2026-04-01 00:00:00", False), (46113.0, True)]


def test_texts_beyond_all_bounds_are_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cells, "MOST_CHARACTERS", 100)
    texts = f'{HEAD}<sst xmlns="{MAIN}">' + "<si><t>ten digits</t></si>" * 11 + "</sst>"
    listed = str(skeleton()[BOOK_LIST]).replace(
        "</Relationships>", f'<Relationship Id="s" Type="{RELATIONS}/sharedStrings" Target="sharedStrings.xml"/></Relationships>'
    )
    kinds = types(("xl/sharedStrings.xml", f"{TYPES}.spreadsheetml.sharedStrings+xml"))
    with pytest.raises(BadInput, match="hold more than 100 characters"):
        scan(written_file(tmp_path / "texts.xlsx", {**skeleton(), "xl/sharedStrings.xml": texts, BOOK_LIST: listed, LIST: kinds}))


def test_a_book_saved_by_a_program_that_does_not_calculate_is_recalculated_and_passes(small: Case, tmp_path: Path) -> None:
    workbook, bare = small.workbook, tmp_path / "bare.xlsx"
    openpyxl.load_workbook(workbook).save(bare)
    part = part_of(workbook, "Certificate")
    other = rewritten(
        bare, tmp_path / "other.xlsx", lambda name, xml: xml.replace("ironcalc 0.9.", "ironcalc 0.9.9") if name == part else xml
    )
    found = verify(read_returned(other, scan(other)), small.place)
    assert found.altered == ()
    assert found.itself is not None and found.itself.bare
    assert found.engine is not None and found.engine.differing == 0
    assert found.passed


#: Ways to write cells, plain and not, that the pattern must read as the parser does or leave to it.
WAYS = [
    '<row r="1"><c r="A1"><v>1</v></c><c r="B1" s="0" t="str"><f>1&lt;2</f><v>a &amp;lt; b</v></c></row>',
    '<row r="1" ht="9" customHeight="1"/><row r="3"><c r="C3"/><c r="D3"><v/></c><c r="E3"><f>A1</f></c></row>',
    '<row r="1"><c r="A1" t="inlineStr"><is><t>text</t></is></c></row>',
    '<row r="1"><c r="A1"><v>1</v></c><!-- <c r="B1"><v>2</v></c> --></row>',
    '<row r="1"><c r="A1" t="str"><v><![CDATA[<c r="B1"/>]]></v></c></row>',
    '<row r="1"><c r="A1" t="str"><v>&#61;1</v></c></row>',
    '<row r="1"><c r="A1" t="str"><v>one\r\ntwo</v></c></row>',
    '<row r="1"><c s="0" r="A1"><v>1</v></c></row>',
    '<row r="1"><c r="A1" t="str"><v>\u00e9\u4e2d</v></c></row>',
]  # fmt: skip


@pytest.mark.parametrize("cells_written", WAYS)
def test_the_pattern_reads_cells_as_the_parser_does(cells_written: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = written_file(tmp_path / "ways.xlsx", {**skeleton(), SHEET: sheet(cells_written)})
    quick = scan(file)
    monkeypatch.setattr(bounds, "plain_cells", lambda _: None)
    slow = scan(file)
    assert (quick.cells.sheets, quick.cells.rows, quick.cells.empty, quick.elements) == (
        slow.cells.sheets,
        slow.cells.rows,
        slow.cells.empty,
        slow.elements,
    )


def test_the_pattern_reads_every_sheet_of_a_book_and_as_the_parser_does(small: Case, monkeypatch: pytest.MonkeyPatch) -> None:
    taken = []
    monkeypatch.setattr(bounds, "plain_cells", lambda data: taken.append(plain_cells(data)) or taken[-1])
    quick = scan(small.workbook)
    assert len(taken) == len(quick.sheets) and None not in taken
    monkeypatch.setattr(bounds, "plain_cells", lambda _: None)
    slow = scan(small.workbook)
    assert (quick.cells, quick.elements) == (slow.cells, slow.elements)


# ------------------------------------------------------------------ the engine apart


def test_the_engine_apart_gives_what_the_engine_gives() -> None:
    sheets = [("A", [(0, 0, "", 2.0), (0, 1, "A1/0", None), (0, 2, "", "text")]), ("B", [(4, 1, "A!A1^0.5", None)])]
    assert recalculation.apart("book.xlsx", sheets) == recalculation.recalculate(sheets)
    assert recalculation.recalculate(sheets)["A", 0, 1] == "error #DIV/0!"


@pytest.mark.parametrize(
    ("program", "words"),
    [
        ("import os; os.abort()", "the engine that recalculates it stopped (signal 6)"),
        ("raise MemoryError", "the engine that recalculates it stopped (exit code 1)"),
        ("import time; time.sleep(60)", "recalculating it took more than 1 seconds"),
    ],
)
def test_an_engine_that_stops_ends_in_a_message(program: str, words: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "engine.py").write_text(program)
    monkeypatch.setattr(recalculation, "__file__", str(tmp_path / "engine.py"))
    monkeypatch.setattr(recalculation, "SECONDS", 1)
    with pytest.raises(CapmodelError, match=re.escape(f"book.xlsx was not verified: {words}")):
        recalculation.apart("book.xlsx", [("A", [])])


def test_the_engine_apart_is_bounded_in_memory(tmp_path: Path) -> None:
    pytest.importorskip("resource")
    program = tmp_path / "greedy.py"
    source = Path(recalculation.__file__).read_text()
    program.write_text(source.replace("    _main()\n", "    _bound()\n    bytearray(BYTES)\n"))
    done = subprocess.run([sys.executable, "-P", str(program)], capture_output=True, text=True, check=False)
    assert done.returncode == 1
    assert "MemoryError" in done.stderr


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="a process ends with its parent where the system can do it")
def test_the_engine_apart_ends_with_the_process_that_a_signal_stops(tmp_path: Path) -> None:
    """The engine waits for its input here, as it would work on a long recalculation."""
    read, write = os.pipe()  # held open here, so that the end of its parent is not the end of its input
    started = f"import subprocess, sys, time; child = subprocess.Popen([sys.executable, '-P', {recalculation.__file__!r}], stdin={read}); print(child.pid, flush=True); time.sleep(60)"
    parent = subprocess.Popen([sys.executable, "-c", started], stdout=subprocess.PIPE, text=True, pass_fds=(read,))
    assert parent.stdout is not None
    child = int(parent.stdout.readline())
    time.sleep(1.0)  # the engine has started
    parent.terminate()
    parent.wait(10)
    parent.stdout.close()
    os.close(read)
    for _ in range(50):
        state = Path(f"/proc/{child}/stat")
        if not state.exists() or state.read_text().rpartition(")")[2].split()[0] == "Z":
            break
        time.sleep(0.1)
    else:
        os.kill(child, signal.SIGKILL)
        pytest.fail("the engine runs on")
    os.close(write)
