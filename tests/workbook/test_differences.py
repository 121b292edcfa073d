"""One difference engine: each way to change a book is found with its class and its place, and what the programs do on their own is not."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

import pytest

from capmodel.workbook.returned.difference import Difference
from capmodel.workbook.returned.differences import differences
from capmodel.workbook.returned.meaning import Meaning, meaning_of_file

from resaved_books import by_excel, by_google  # isort: skip
from tampered_books import ALL, SUMMARY, Tampered, cell, sub, swap, with_remark  # isort: skip
from tiny_book import written_tiny  # isort: skip
from workbook_files import saved_by_libreoffice  # isort: skip


@pytest.fixture(scope="module")
def book(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return written_tiny(tmp_path_factory.mktemp("tiny") / "tiny.xlsx")


@pytest.fixture(scope="module")
def sent(book: Path) -> Meaning:
    return meaning_of_file(book)


def found_in(sent: Meaning, file: Path) -> list[Difference]:
    return differences(sent, meaning_of_file(file))


@pytest.mark.parametrize("name", ALL)
def test_each_way_to_change_a_book_is_found_with_its_class(name: str, sent: Meaning, book: Path, tmp_path: Path) -> None:
    tampered = ALL[name]
    found = found_in(sent, tampered.written(book, tmp_path / "changed.xlsx"))
    said = [f"{each.kind}: {each}" for each in found]
    assert any(each.kind == tampered.kind and tampered.words in str(each) for each in found), said[:5]
    assert {each.kind for each in found} == {tampered.kind}, said[:5]


def test_a_remark_on_a_cell_is_found_with_its_words(sent: Meaning, book: Path, tmp_path: Path) -> None:
    found = found_in(sent, with_remark(book, tmp_path / "remark.xlsx"))
    assert [(each.kind, each.place, each.what, each.new) for each in found] == [
        ("labels and sources", f"{SUMMARY}!A1", "a remark", "Audited")
    ]


def test_a_book_is_no_different_from_itself(sent: Meaning, book: Path) -> None:
    assert found_in(sent, book) == []


def test_a_number_that_became_true_is_found(sent: Meaning, book: Path, tmp_path: Path) -> None:
    assert sent.pages["Assumptions"].cells[11, 1].value == 1.0
    changed = Tampered(cell("Assumptions", "B12", swap("><v>", ' t="b"><v>')), "", "")
    found = found_in(sent, changed.written(book, tmp_path / "changed.xlsx"))
    assert [(each.kind, each.place, each.old, each.new) for each in found] == [("figures", "Assumptions!B12", 1.0, True)]


def test_a_changed_input_and_an_entry_are_allowed(sent: Meaning, book: Path, tmp_path: Path) -> None:
    changed = Tampered(
        {
            **cell("Assumptions", "B6", sub(r"<v>.*</v>", "<v>0.25</v>")),
            **cell("Sign-off", "B5", sub(r"/>", ' t="inlineStr"><is><t>A. Person</t></is></c>')),
        },
        "",
        "",
    )
    found = found_in(sent, changed.written(book, tmp_path / "changed.xlsx"))
    assert [(each.kind, each.place, each.new) for each in found] == [
        ("inputs", "Assumptions!B6", 0.25),
        ("entries", "Sign-off!B5", "A. Person"),
    ]
    assert all(each.allowed for each in found)


@pytest.mark.parametrize("saved", [by_excel, by_google, saved_by_libreoffice])
def test_a_book_that_a_program_saved_unchanged_is_no_different(
    saved: Callable[[Path, Path], Path], sent: Meaning, book: Path, tmp_path: Path
) -> None:
    to = tmp_path if saved is saved_by_libreoffice else tmp_path / "saved.xlsx"
    assert [str(each) for each in found_in(sent, saved(book, to))] == []


# ---------------------------------------------------------------------- rows


def shifted(xml: str, first: int, by: int) -> str:
    """A sheet whose rows from one on stand elsewhere, with what its cells accept; a program does so when rows are deleted or inserted."""

    def moved(match: re.Match[str]) -> str:
        row = int(match[1])
        to = row + by if row >= first else row
        return re.sub(r'(<row r="|<c r="[A-Z]+)\d+"', lambda each: f'{each[1]}{to}"', match[0])

    xml = re.sub(r'<row r="(\d+)".*?</row>', moved, xml)
    return re.sub(r'sqref="B(\d+)"', lambda each: f'sqref="B{int(each[1]) + by * (int(each[1]) >= first)}"', xml)


def pointed(xml: str, first: int, by: int) -> str:
    """Formulas that follow the rows of Assumptions; what refers to the row that went refers to nothing."""
    gone = "Assumptions!#REF!"
    move = lambda each: gone if by < 0 and int(each[1]) == first - 1 else f"Assumptions!$B${int(each[1]) + by * (int(each[1]) >= first)}"  # noqa: E731
    return re.sub(r"Assumptions!\$B\$(\d+)", move, xml)


def test_a_deleted_row_is_named_as_a_deleted_row(sent: Meaning, book: Path, tmp_path: Path) -> None:
    def without(xml: str) -> str:
        xml = re.sub(r'<row r="8".*?</row>', "", xml)
        return shifted(re.sub(r'<dataValidation (?:(?!</dataValidation>).)*sqref="B8">.*?</dataValidation>', "", xml), 9, -1)

    changed = Tampered({"Assumptions": without, SUMMARY: lambda xml: pointed(xml, 9, -1)}, "", "")
    found = found_in(sent, changed.written(book, tmp_path / "changed.xlsx"))
    assert [f"{each.kind}: {each}" for each in found] == ["rules: Assumptions: the row 8 was deleted: 'Share of the council, published'"]


def test_an_inserted_row_is_named_as_an_inserted_row(sent: Meaning, book: Path, tmp_path: Path) -> None:
    new = '<row r="8"><c r="A8" t="inlineStr"><is><t>A new party</t></is></c><c r="B8"><v>0.5</v></c></row><row r="9"'
    changed = Tampered(
        {"Assumptions": lambda xml: shifted(xml, 8, 1).replace('<row r="9"', new), SUMMARY: lambda xml: pointed(xml, 8, 1)}, "", ""
    )
    found = found_in(sent, changed.written(book, tmp_path / "changed.xlsx"))
    assert [str(each) for each in found] == ["Assumptions: the row 8 was inserted: 'A new party'"]


def test_a_change_in_a_row_below_a_deleted_one_is_still_found_where_it_stands(sent: Meaning, book: Path, tmp_path: Path) -> None:
    def without(xml: str) -> str:
        xml = re.sub(r'<row r="8".*?</row>', "", xml)
        return shifted(re.sub(r'<dataValidation (?:(?!</dataValidation>).)*sqref="B8">.*?</dataValidation>', "", xml), 9, -1)

    changed = Tampered(
        {"Assumptions": lambda xml: without(xml).replace("<v>0.1</v>", "<v>0.15</v>", 1), SUMMARY: lambda xml: pointed(xml, 9, -1)}, "", ""
    )
    found = found_in(sent, changed.written(book, tmp_path / "changed.xlsx"))
    assert [(each.kind, each.place, each.old, each.new) for each in found if each.kind == "inputs"] == [
        ("inputs", "Assumptions!B8", 0.1, 0.15)
    ]
    assert len(found) == 2


def test_rows_in_another_order_are_named(sent: Meaning, book: Path, tmp_path: Path) -> None:
    def sorted_rows(xml: str) -> str:
        one, other = (re.search(rf'<row r="{row}".*?</row>', xml) for row in (5, 9))
        assert one and other
        put = lambda text, old, new: re.sub(rf'((?:row|c) r="[A-Z]*){old}"', rf'\g<1>{new}"', text).replace(f"<f>B{old}*", f"<f>B{new}*")  # noqa: E731
        return xml.replace(one[0], "@").replace(other[0], put(one[0], 5, 9)).replace("@", put(other[0], 9, 5))

    found = found_in(sent, Tampered({SUMMARY: sorted_rows}, "", "").written(book, tmp_path / "changed.xlsx"))
    said = [str(each) for each in found]
    assert f"{SUMMARY}: the row 5 was moved: 'Acute trust, to row 9'" in said
    assert f"{SUMMARY}: the row 9 was moved: 'Mental health trust, to row 5'" in said
    assert not any("the text" in each for each in said)
