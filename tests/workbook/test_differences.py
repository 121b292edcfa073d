"""One difference engine: each way to change a book is found with its class and its place, and what the programs do on their own is not."""

from __future__ import annotations

from pathlib import Path

import pytest

from capmodel.workbook.returned.differences import Difference, differences
from capmodel.workbook.returned.meaning import Meaning, meaning_of_file

from tampered_books import ALL, cell, sub, Tampered  # isort: skip
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


def test_a_book_is_no_different_from_itself(sent: Meaning, book: Path) -> None:
    assert found_in(sent, book) == []


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


def test_a_book_that_libreoffice_saved_unchanged_is_no_different(sent: Meaning, book: Path, tmp_path: Path) -> None:
    assert [str(each) for each in found_in(sent, saved_by_libreoffice(book, tmp_path))] == []
