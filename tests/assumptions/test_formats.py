"""Files as programs really save them, at every door that reads one: read rightly, or refused by what they are, alike everywhere."""

from __future__ import annotations

import datetime as dt
import gzip
import shutil
import zipfile
from collections.abc import Callable
from pathlib import Path

import openpyxl
import pytest
from alliance_files import CONTRACT, PLAIN_CONTRACT, PLAIN_RULE, RULE
from openpyxl.worksheet.worksheet import Worksheet

import capmodel
from capmodel.assumptions.keyed_table import read_keyed
from capmodel.baseline.files import files_of
from capmodel.care_budgets.pooled.statement import work_out
from capmodel.contracts.many.contract import read_many
from capmodel.errors import BadInput, Problem
from capmodel.uncertainty.grid import read_grid
from capmodel.workbook.returned.package import open_package

from conftest import ROOT  # isort: skip

ROWS = (("name", "target", "actual"), ("001", 1_000_000, 900_000), ("002", 2_000_000, 2_100_000), ("north", 1_500_000, 1_400_000))
TEXT = "".join(",".join(map(str, row)) + "\n" for row in ROWS)
TABLES: dict[str, tuple[str, Callable[[Path, Path], object]]] = {
    "settle": (CONTRACT, lambda terms, table: capmodel.settle(terms, table)),
    "allocate": (RULE, lambda terms, table: capmodel.allocate(terms, table)),
}


def book(path: Path, change: Callable[[Worksheet], object] = lambda _: None) -> Path:
    made = openpyxl.Workbook()
    sheet = made.active
    assert isinstance(sheet, Worksheet)
    for row in ROWS:
        sheet.append(row)
    change(sheet)
    made.save(path)
    return path


def said_by(door: str, tmp_path: Path, table: Path) -> list[str]:
    """What a door says of a table."""
    terms, call = TABLES[door]
    (tmp_path / "terms.yaml").write_text(terms)
    with pytest.raises(BadInput) as refused:
        call(tmp_path / "terms.yaml", table)
    return [str(problem) for problem in refused.value.problems]


# ------------------------------------------------------------------ other kinds of files

_OPEN_DOCUMENT = b"PK\x03\x04" + bytes(26) + b"mimetypeapplication/vnd.oasis.opendocument.spreadsheet"
KINDS = {
    "ods": (_OPEN_DOCUMENT, "it is saved as OpenDocument (.ods)"),
    "xls": (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(600), "it is saved in the format of Excel 97 to 2003 (.xls)"),
    "pdf": (b"%PDF-1.7\n", "it is a PDF"),
    "html": (b"\xef\xbb\xbf\n<HTML><table><tr><td>name</td></tr></table>", "it is a web page (HTML), whatever its name says"),
}
PACKED = {
    "parquet": (b"PAR1" + bytes(40), "it is a Parquet file, and its name does not say so"),
    "gzip": (gzip.compress(TEXT.encode()), "it is packed with gzip, and its name does not say so"),
}
DOORS: dict[str, tuple[str, Callable[[Path], object]]] = {
    "figures of settle": (".csv", lambda path: capmodel.settle(_beside(path, PLAIN_CONTRACT), path)),
    "figures of allocate": (".csv", lambda path: capmodel.allocate(_beside(path, PLAIN_RULE), path)),
    "sheet of settle": (".xlsx", lambda path: capmodel.settle(_beside(path, CONTRACT), path)),
    "sheet of allocate": (".xlsx", lambda path: capmodel.allocate(_beside(path, RULE), path)),
    "sheet that no rule names": (".xlsx", lambda path: capmodel.allocate(_beside(path, PLAIN_RULE), path)),
    "weights, supply and fallback": (".csv", lambda path: read_keyed(path, "name", ["001"])),
    "contract": (".yaml", read_many),
    "rule": (".yaml", lambda path: capmodel.allocate(path, path)),
    "pooled budget": (".yaml", work_out),
    "grid of negotiate": (".yaml", lambda path: _grid(path)),
    "people": (".csv", files_of),
    "people named as a sheet": (".xlsx", files_of),
    "book to verify": (".xlsx", open_package),
}


def _beside(path: Path, terms: str) -> Path:
    path.with_name("terms.yaml").write_text(terms)
    return path.with_name("terms.yaml")


def _grid(path: Path) -> None:
    problems: list[Problem] = []
    read_grid(path, problems)
    if problems:
        raise BadInput(problems)


@pytest.mark.parametrize("kind", KINDS | PACKED)
@pytest.mark.parametrize("door", DOORS)
def test_a_file_of_another_kind_is_called_what_it_is_at_every_door(door: str, kind: str, tmp_path: Path) -> None:
    ending, call = DOORS[door]
    content, what = (KINDS | PACKED)[kind]
    (tmp_path / f"f{ending}").write_bytes(content)
    with pytest.raises(BadInput) as refused:
        call(tmp_path / f"f{ending}")
    assert [problem.what for problem in refused.value.problems] == [what]


@pytest.mark.parametrize("door", [name for name, (ending, _) in DOORS.items() if ending == ".xlsx"])
def test_a_text_that_is_named_as_a_workbook_is_called_a_text(door: str, tmp_path: Path) -> None:
    (tmp_path / "f.xlsx").write_text(TEXT)
    with pytest.raises(BadInput, match=r"it is a text( file; a workbook is read as .xlsx|, and its name ends in .xlsx)"):
        DOORS[door][1](tmp_path / "f.xlsx")


def test_yaml_in_utf_16_is_read_and_of_another_encoding_is_refused_with_its_line(tmp_path: Path) -> None:
    (tmp_path / "c.yaml").write_bytes(PLAIN_CONTRACT.encode("utf-16"))
    assert read_many(tmp_path / "c.yaml").file.id == "alliance"
    (tmp_path / "c.yaml").write_bytes(PLAIN_CONTRACT.replace("title: Alliance", "title: Allié").encode("cp1252"))
    with pytest.raises(BadInput, match=r"c.yaml, line 2: the file cannot be read: the byte 0xe9 is no text in UTF-8"):
        read_many(tmp_path / "c.yaml")


def test_a_name_that_says_packed_over_a_file_that_is_not_is_refused(tmp_path: Path) -> None:
    (tmp_path / "f.csv.gz").write_text(TEXT)
    with pytest.raises(BadInput, match=r"its name ends in \.gz, and it is not packed with gzip"):
        capmodel.settle(_beside(tmp_path / "f.csv.gz", PLAIN_CONTRACT), tmp_path / "f.csv.gz")


# ------------------------------------------------------------------ sheets


@pytest.mark.parametrize("door", TABLES)
def test_formulas_without_a_value_are_named_where_they_stand(door: str, tmp_path: Path) -> None:
    def unsaved(cell: str, formula: str) -> list[str]:
        return said_by(door, tmp_path, book(tmp_path / "f.xlsx", lambda sheet: sheet.__setitem__(cell, formula)))

    kept = "without a value; the value is not kept in the file. Open the file in a spreadsheet program and save it."
    assert unsaved("A3", '="0"&"02"') == [f'f.xlsx, line 3: name is the formula ="0"&"02" {kept}']
    assert unsaved("C1", '="act"&"ual"') == [f'f.xlsx, line 1: a heading is the formula ="act"&"ual" {kept}']
    (figure,) = unsaved("C3", "=B3*2")
    assert figure.startswith("f.xlsx, line 3: ") and figure.endswith(f"of 002 is the formula =B3*2 {kept}")


@pytest.mark.parametrize("door", TABLES)
def test_merged_headings_are_refused_where_they_stand_over_several_columns_of_figures(door: str, tmp_path: Path) -> None:
    def spread(sheet: Worksheet) -> None:
        sheet.insert_cols(3)
        sheet["C3"] = 5
        sheet.merge_cells("B1:C1")

    assert said_by(door, tmp_path, book(tmp_path / "f.xlsx", spread)) == [
        "f.xlsx, line 1: the heading 'target' stands over several columns with figures (merged cells B1:C1); which of them is meant is not "
        "known. Unmerge the cells, and write a heading over each column."
    ]
    (lost,) = said_by(door, tmp_path, book(tmp_path / "g.xlsx", lambda sheet: sheet.merge_cells("B1:C1")))
    assert "there is no heading 'actual'" in lost and "the cells B1:C1 are merged and hold one heading, so unmerge them" in lost
    (blank,) = said_by(door, tmp_path, book(tmp_path / "h.xlsx", lambda sheet: sheet.merge_cells("A2:A3")))
    assert "line 3" in blank and "(merged cells hold it in the first row only)" in blank


@pytest.mark.parametrize("door", TABLES)
def test_a_merged_heading_over_one_column_of_figures_is_read(door: str, tmp_path: Path) -> None:
    def empty(sheet: Worksheet) -> None:
        sheet.insert_cols(3)
        sheet.merge_cells("B1:C1")

    terms, call = TABLES[door]
    assert call(_beside(tmp_path / "f.xlsx", terms), book(tmp_path / "f.xlsx", empty))


@pytest.mark.parametrize("door", TABLES)
def test_a_code_that_a_program_made_a_date_of_or_an_error_is_refused(door: str, tmp_path: Path) -> None:
    dated = book(tmp_path / "f.xlsx", lambda sheet: sheet.__setitem__("A3", dt.datetime(2014, 10, 1)))
    assert said_by(door, tmp_path, dated) == [
        "f.xlsx, line 3: name is a date, 01 October 2014; what was typed is lost. Format the cells as text, and type them again."
    ]
    (wrong,) = said_by(door, tmp_path, book(tmp_path / "g.xlsx", lambda sheet: sheet.__setitem__("A3", "#N/A")))
    assert "'#N/A' is an error of a spreadsheet program" in wrong


@pytest.mark.parametrize("year", ["Nov-10", "2010-11-01", "01/11/2010"])
def test_a_year_that_a_program_made_a_date_of_is_refused(year: str, tmp_path: Path) -> None:
    terms = PLAIN_CONTRACT.replace("years: [2026]", "years: [2010]").replace("key: name", "key: name\n  year: year")
    (tmp_path / "f.csv").write_text(f"name,year,target,actual\nnorth,{year},1,1\n")
    with pytest.raises(BadInput, match=f"the year is '{year}'; a spreadsheet program may have made a date of it. Write it as 2026/27"):
        capmodel.settle(_beside(tmp_path / "f.csv", terms), tmp_path / "f.csv")


# ------------------------------------------------------------------ leading zeros


def test_codes_that_lost_their_leading_zeros_are_said_in_one_problem_by_allocate(tmp_path: Path) -> None:
    rule = PLAIN_RULE.replace("columns: {baseline_gbp: target, outturn_gbp: actual}}", "columns: {baseline_gbp: target}}").replace(
        "\nlines:", "\n  more: {source: a01, key: name, columns: {outturn_gbp: actual}}\nlines:"
    )
    rule = rule.replace(
        "figures: {areas: {source: a01, key: name, columns: {baseline_gbp: target}}}",
        "figures:\n  areas: {source: a01, key: name, columns: {baseline_gbp: target}}",
    )
    (tmp_path / "a.csv").write_text(TEXT)
    (tmp_path / "b.csv").write_text(TEXT.replace("001", "1").replace("002", "2"))
    with pytest.raises(BadInput) as refused:
        capmodel.allocate(_beside(tmp_path / "a.csv", rule), tmp_path / "a.csv", tmp_path / "b.csv")
    assert [str(problem) for problem in refused.value.problems] == [
        "b.csv: 2 codes differ from those in areas but for leading zeros: 1 (001), 2 (002); files are joined by exact code. "
        "Save codes as text, so that programs leave them as they are."
    ]


def test_a_kind_of_settle_a_weight_and_a_member_of_a_place_are_found_without_their_zeros(tmp_path: Path) -> None:
    hint = "Did you mean 001? It differs by leading zeros only. Save codes as text, so that programs leave them as they are"
    (tmp_path / "w.csv").write_text("name,weight\n1,2\n")
    with pytest.raises(BadInput) as refused:
        read_keyed(tmp_path / "w.csv", "name", ["001", "002"])
    assert refused.value.problems[0].remedy == hint


# ------------------------------------------------------------------ tables of a place


def test_a_table_of_a_place_may_be_packed_and_is_there_once(small_broken: Path) -> None:
    small, table = small_broken, min((small_broken / "tables").glob("*.csv"))
    before = capmodel.load(small).run()
    packed = table.with_name(f"{table.name}.gz")
    packed.write_bytes(gzip.compress(table.read_bytes()))
    with pytest.raises(BadInput) as refused:
        capmodel.load(small)
    (problem,) = refused.value.problems
    assert (problem.where, problem.what) == (f"tables/{packed.name}", f"{table.name} is there too")
    table.unlink()
    after = capmodel.load(small).run()
    assert after.column("settlement", "transfer_gbp") == before.column("settlement", "transfer_gbp")
    packed.write_bytes(table.name.encode())
    with pytest.raises(BadInput, match=r"its name ends in \.gz, and it is not packed with gzip"):
        capmodel.load(small)


@pytest.mark.parametrize("ending", [".xlsx", ".ods", ".html", ".CSV", ".txt"])
def test_a_table_of_a_place_that_is_no_csv_is_one_problem(ending: str, tmp_path: Path) -> None:
    shutil.copytree(ROOT / "assumptions", tmp_path / "assumptions")
    tables = tmp_path / "assumptions/places/north-west-london/tables"
    (tables / "group_persons.csv").rename(tables / f"group_persons{ending}")
    with pytest.raises(BadInput) as refused:
        capmodel.load(tables.parent)
    (problem,) = refused.value.problems
    assert problem.where == f"tables/group_persons{ending}"
    assert problem.remedy == "Save it as CSV UTF-8 (comma delimited), as group_persons.csv"


def test_a_date_of_evidence_that_a_program_changed_is_put_back_in_the_remedy(tmp_path: Path) -> None:
    shutil.copytree(ROOT / "assumptions", tmp_path / "assumptions")
    table = tmp_path / "assumptions/places/north-west-london/tables/group_persons.csv"
    table.write_text(table.read_text().replace("2016-04", "Apr-16", 1))
    with pytest.raises(BadInput) as refused:
        capmodel.load(table.parents[1])
    (problem,) = refused.value.problems
    assert problem.what == "as_at is 'Apr-16'"
    assert problem.remedy == "Write 2016-04 if April 2016 is meant, in cells formatted as text"


def test_a_part_of_a_package_that_cannot_be_read_is_no_traceback(tmp_path: Path) -> None:
    sound = book(tmp_path / "sound.xlsx")
    with zipfile.ZipFile(sound) as source, zipfile.ZipFile(tmp_path / "f.xlsx", "w") as out:
        for name in source.namelist():
            out.writestr(name, source.read(name))
    data = bytearray((tmp_path / "f.xlsx").read_bytes())
    at = data.rindex(b"PK\x01\x02", 0, data.rindex(b"xl/workbook.xml"))
    data[at + 8] |= 1
    (tmp_path / "f.xlsx").write_bytes(bytes(data))
    with pytest.raises(BadInput):
        capmodel.allocate(_beside(tmp_path / "f.xlsx", RULE), tmp_path / "f.xlsx")
