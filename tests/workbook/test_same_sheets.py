"""A sheet of the book that was sent is read once where the file that came back holds the same; whatever its bytes refer to must be the same too."""

from __future__ import annotations

from pathlib import Path

import pytest

from capmodel.workbook.returned.bounds import scan
from capmodel.workbook.returned.differences import differences
from capmodel.workbook.returned.meaning import Meaning, meaning_of, meaning_of_book, meaning_of_file

from resaved_books import by_excel, by_google  # isort: skip
from tampered_books import ALL, BOOK, CUSTOM, STYLES, TEXTS, THEME, Tampered, cell, sub, swap  # isort: skip
from tiny_book import tiny_book, written_tiny  # isort: skip
from workbook_files import rewritten  # isort: skip

#: A change of each part to which the bytes of a sheet refer, or beside which they stand, that a reader of figures sees.
REFERRED = {
    STYLES: sub(r'<color rgb="FF[0-9A-F]{6}"/>', '<color rgb="FFFFFFFF"/>', count=0),
    TEXTS: swap("<t>Pool</t>", "<t>Fund</t>"),
    THEME: swap('typeface="Cambria"', 'typeface="Wingdings"', count=-1),
    BOOK: swap("</sheets>", '</sheets><definedNames><definedName name="Rate">0.5</definedName></definedNames>'),
    CUSTOM: swap("<vt:lpwstr>", "<vt:lpwstr>un"),
}


@pytest.fixture(scope="module")
def book(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return written_tiny(tmp_path_factory.mktemp("tiny") / "tiny.xlsx")


@pytest.fixture(scope="module")
def sent(book: Path) -> Meaning:
    return meaning_of_file(book)


def beside(book: Path, back: Meaning) -> Meaning:
    """The book that was sent, read beside the file that came back."""
    return meaning_of(scan(book, back.contents), back)


def test_a_book_that_comes_back_as_it_was_is_read_once(book: Path) -> None:
    back = meaning_of_file(book)
    again = meaning_of_book(tiny_book(), back)
    assert again.contents.taken == set(again.contents.parts.values())
    assert all(again.pages[name] is page for name, page in back.pages.items())
    assert (again.looks, again.facts, differences(again, back)) == (back.looks, back.facts, [])


def test_a_sheet_that_differs_is_read_by_itself(book: Path, sent: Meaning, tmp_path: Path) -> None:
    changed = Tampered(cell("Assumptions", "B6", sub(r"<v>.*</v>", "<v>0.25</v>")), "", "").written(book, tmp_path / "changed.xlsx")
    back = meaning_of_file(changed)
    again = beside(book, back)
    assert set(again.contents.parts.values()) - again.contents.taken == {again.contents.parts["Assumptions"]}
    assert again.pages == sent.pages
    assert [(each.place, each.old, each.new) for each in differences(again, back)] == [("Assumptions!B6", 0.35, 0.25)]


@pytest.mark.parametrize("part", REFERRED)
def test_no_sheet_is_the_same_where_what_it_refers_to_is_not(part: str, book: Path, sent: Meaning, tmp_path: Path) -> None:
    back = meaning_of_file(rewritten(book, tmp_path / "changed.xlsx", lambda _, xml: REFERRED[part](xml), part))
    again = beside(book, back)
    assert again.contents.taken == frozenset()
    found = differences(again, back)
    assert found
    assert found == differences(sent, back)


@pytest.mark.parametrize("name", ALL)
def test_reading_a_sheet_once_finds_what_reading_it_twice_finds(name: str, book: Path, sent: Meaning, tmp_path: Path) -> None:
    back = meaning_of_file(ALL[name].written(book, tmp_path / "changed.xlsx"))
    assert differences(beside(book, back), back) == differences(sent, back)


def test_a_part_that_is_not_read_counts_as_another(book: Path, tmp_path: Path) -> None:
    for saved in (by_excel, by_google):
        back = meaning_of_file(saved(book, tmp_path / "saved.xlsx"))
        assert beside(book, back).contents.taken == frozenset()
