"""The one reader of tables: bounded before anything is parsed, packed text everywhere, by every command and from Python."""

from __future__ import annotations

import gzip
import shutil
import zipfile
from collections.abc import Callable
from pathlib import Path

import openpyxl
import pytest
from alliance_files import CONTRACT, PLAIN_RULE, RULE

import capmodel
from capmodel.assumptions import guard
from capmodel.errors import BadInput

from conftest import ROOT  # isort: skip

ROWS = (("name", "target", "actual"), ("north", 1_000_000, 900_000), ("south", 2_000_000, 2_100_000), ("west", 1_500_000, 1_400_000))
PART = "xl/worksheets/sheet1.xml"
TEXT = "".join(",".join(map(str, row)) + "\n" for row in ROWS)
DOORS: dict[str, tuple[str, Callable[[Path, Path], object]]] = {
    "settle": (CONTRACT, lambda terms, table: capmodel.settle(terms, table)),
    "allocate": (RULE, lambda terms, table: capmodel.allocate(terms, table)),
}


def book(path: Path) -> Path:
    made = openpyxl.Workbook()
    sheet = made.active
    assert sheet is not None
    for row in ROWS:
        sheet.append(row)
    made.save(path)
    return path


def padded(path: Path, size: int) -> Path:
    """The same workbook with a part that unpacks to so many bytes more."""
    sound = book(path.with_name("sound.xlsx"))
    with zipfile.ZipFile(sound) as source, zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED, compresslevel=9) as out:
        for name in source.namelist():
            data = source.read(name)
            out.writestr(name, data + b" " * size if name == PART else data)
    return path


@pytest.mark.parametrize("door", DOORS)
def test_python_refuses_a_workbook_that_unpacks_to_far_more_than_it_holds(door: str, tmp_path: Path) -> None:
    terms, call = DOORS[door]
    (tmp_path / "terms.yaml").write_text(terms)
    assert call(tmp_path / "terms.yaml", book(tmp_path / "sound.xlsx"))
    with pytest.raises(BadInput) as refused:
        call(tmp_path / "terms.yaml", padded(tmp_path / "bomb.xlsx", 30_000_000))
    assert "the part xl/worksheets/sheet1.xml unpacks to 30,00" in str(refused.value)


@pytest.mark.parametrize("door", DOORS)
def test_packed_text_is_read_and_bounded(door: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    terms, call = DOORS[door]
    (tmp_path / "terms.yaml").write_text(terms)
    table = tmp_path / "figures.csv.gz"
    table.write_bytes(gzip.compress(TEXT.encode()))
    assert call(tmp_path / "terms.yaml", table)
    monkeypatch.setattr(guard, "LARGEST_TEXT", len(TEXT) - 1)
    with pytest.raises(BadInput) as refused:
        call(tmp_path / "terms.yaml", table)
    assert str(refused.value).startswith("figures.csv.gz: it holds over")
    assert "when it is unpacked" in str(refused.value)


@pytest.mark.parametrize("door", DOORS)
def test_packed_text_that_is_cut_short_is_refused(door: str, tmp_path: Path) -> None:
    terms, call = DOORS[door]
    (tmp_path / "terms.yaml").write_text(terms)
    table = tmp_path / "figures.csv.gz"
    table.write_bytes(gzip.compress(TEXT.encode())[:-12])
    with pytest.raises(BadInput, match=r"figures.csv.gz: the file cannot be read"):
        call(tmp_path / "terms.yaml", table)


def test_tables_of_a_place_are_bounded_too(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    shutil.copytree(ROOT / "assumptions", tmp_path / "assumptions")
    monkeypatch.setattr(guard, "LARGEST_TEXT", 100)
    with pytest.raises(BadInput, match=r"\.csv: it holds over 100 bytes"):
        capmodel.load(tmp_path / "assumptions/places/north-west-london")


# ------------------------------------------------------------------ kinds of files

BIG = "x" * 200_000


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (TEXT.replace(",", ";").encode(), "line 1: cells are parted by ';'"),
        (TEXT.replace("north", "nörth").encode("cp1252"), "line 2: the file cannot be read: the byte 0xf6 is no text in UTF-8"),
        (TEXT.encode("utf-16-le"), "line 1: it holds a character that cannot be seen (NUL)"),
        (TEXT.replace("north", "no\0rth").encode(), "line 2: it holds a character that cannot be seen (NUL)"),
        (TEXT.replace("north", f'"{BIG}').encode(), "a cell is longer than 131,072 characters"),
        (b"PK\x03\x04" + b"x" * 50, "it is a packed file (.zip)"),
        (b"\xd0\xcf\x11\xe0" + b"x" * 50, "it is saved in the format of Excel 97 to 2003 (.xls)"),
        (TEXT.replace("900000", "nan").encode(), "outturn_gbp is 'nan' for north; a number is needed here"),
        (TEXT.replace("900000", "-inf").encode(), "outturn_gbp is '-inf' for north"),
        (TEXT.replace("900000", "1e999").encode(), "outturn_gbp is '1e999' for north"),
        (TEXT.replace("900000", '"900,000"').encode(), "outturn_gbp is '900,000' for north"),
        (TEXT.replace("900000", "9²").encode(), "outturn_gbp is '9²' for north"),
        (TEXT.replace("900000", "#N/A").encode(), "outturn_gbp is '#N/A' for north"),
        (TEXT.replace("900000", "1e308").encode(), "outturn_gbp is 1e+308 for north; no body has so much"),
    ],
)
def test_a_file_of_another_kind_or_a_cell_without_a_figure_is_one_message(content: bytes, words: str, tmp_path: Path) -> None:
    (tmp_path / "rule.yaml").write_text(PLAIN_RULE)
    (tmp_path / "f.csv").write_bytes(content)
    with pytest.raises(BadInput) as refused:
        capmodel.allocate(tmp_path / "rule.yaml", tmp_path / "f.csv")
    assert words in str(refused.value)
    assert len(refused.value.problems) == 1


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16"])
def test_text_with_a_byte_order_mark_is_read(encoding: str, tmp_path: Path) -> None:
    (tmp_path / "rule.yaml").write_text(PLAIN_RULE)
    (tmp_path / "f.csv").write_bytes(TEXT.encode(encoding))
    assert capmodel.allocate(tmp_path / "rule.yaml", tmp_path / "f.csv").bodies.keys == ("north", "south", "west")


def test_a_formula_without_a_value_is_named(tmp_path: Path) -> None:
    (tmp_path / "rule.yaml").write_text(RULE)
    opened = openpyxl.load_workbook(book(tmp_path / "f.xlsx"))
    opened["Sheet"]["C3"] = "=B3*2"
    opened.save(tmp_path / "f.xlsx")
    with pytest.raises(BadInput) as refused:
        capmodel.allocate(tmp_path / "rule.yaml", tmp_path / "f.xlsx")
    assert (
        "outturn_gbp of south is the formula =B3*2 without a value; the value is not kept in the file. Open the file in a spreadsheet program"
        in str(refused.value)
    )


def test_a_strict_workbook_is_named(tmp_path: Path) -> None:
    (tmp_path / "rule.yaml").write_text(RULE)
    sound = book(tmp_path / "sound.xlsx")
    with zipfile.ZipFile(sound) as source, zipfile.ZipFile(tmp_path / "strict.xlsx", "w") as out:
        for name in source.namelist():
            out.writestr(name, source.read(name).replace(b"http://schemas.openxmlformats.org/spreadsheetml/2006/main", b"http://purl.oclc.org/ooxml/spreadsheetml/main"))  # fmt: skip
    with pytest.raises(BadInput, match="it is saved as Strict Open XML"):
        capmodel.allocate(tmp_path / "rule.yaml", tmp_path / "strict.xlsx")


def test_texts_that_mean_no_figure_are_said_in_the_rule(tmp_path: Path) -> None:
    (tmp_path / "f.csv").write_text(TEXT.replace("900000", "-").replace("2100000", ""))
    rule = PLAIN_RULE.replace("outturn_gbp: actual", "outturn_gbp: {heading: actual, times: 1000, blank: 7, no_figure: ['-', P4R]}")
    (tmp_path / "rule.yaml").write_text(rule)
    found = capmodel.allocate(tmp_path / "rule.yaml", tmp_path / "f.csv").columns["outturn_gbp"]
    assert found.tolist() == [[7.0, 7.0, 1_400_000_000.0]]
    (tmp_path / "rule.yaml").write_text(rule.replace("blank: 7, ", ""))
    with pytest.raises(BadInput, match="no_figure: has no effect without blank:"):
        capmodel.allocate(tmp_path / "rule.yaml", tmp_path / "f.csv")


def test_a_per_cent_sign_is_not_divided_twice_and_a_suppressed_figure_is_named(tmp_path: Path) -> None:
    rule = PLAIN_RULE.replace("outturn_gbp: actual", "outturn_gbp: actual, uplift_share: {heading: uplift, times: 0.01}")
    (tmp_path / "rule.yaml").write_text(rule)
    lines = TEXT.splitlines()
    cells = ["uplift", "5%", "5", "*", *["5"] * (len(lines) - 4)]
    (tmp_path / "f.csv").write_text("\n".join(f"{line},{cell}" for line, cell in zip(lines, cells, strict=True)))
    with pytest.raises(BadInput) as refused:
        capmodel.allocate(tmp_path / "rule.yaml", tmp_path / "f.csv")
    said = str(refused.value)
    assert "uplift_share is '5%'" in said and "it would be divided twice" in said
    assert "is suppressed (*); a suppressed figure is not guessed" in said
    assert len(refused.value.problems) == 2


@pytest.mark.parametrize("figure", ["1e308", "2e13", "-1e300"])
def test_a_figure_that_no_place_has_is_refused(tmp_path: Path, figure: str) -> None:
    (tmp_path / "rule.yaml").write_text(PLAIN_RULE)
    (tmp_path / "f.csv").write_text(TEXT.replace("900000", figure))
    with pytest.raises(BadInput, match="no body has so much"):
        capmodel.allocate(tmp_path / "rule.yaml", tmp_path / "f.csv")
