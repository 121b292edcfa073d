"""Settings by which a book that comes back hides or changes what its readers see: each is named, and what programs write on their own is not."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from capmodel.cli import main
from capmodel.workbook.returned.bounds import scan
from capmodel.workbook.returned.read import altered_prompts
from capmodel.workbook.writing.book import Book
from capmodel.workbook.writing.look import FOOTER

from conftest import Case  # isort: skip
from hostile_books import BOOK, SHEET, book, sheet, skeleton, written  # isort: skip
from workbook_files import part_of, rewritten  # isort: skip

PANE = '<sheetViews><sheetView workbookViewId="0"{}><pane ySplit="4" topLeftCell="A900" state="frozen"/></sheetView></sheetViews>'
BAR = '<conditionalFormatting sqref="A1:A9"><cfRule type="dataBar" priority="1"><dataBar showValue="0"/></cfRule></conditionalFormatting>'
ICONS = '<conditionalFormatting sqref="A1:A9"><cfRule type="iconSet" priority="1"><iconSet showValue="0"/></cfRule></conditionalFormatting>'
BAR_2010 = '<extLst><ext><x:dataBar xmlns:x="http://schemas.microsoft.com/office/spreadsheetml/2009/9/main" showValue="0"/></ext></extLst>'
WITHIN_BOOK = {
    '<bookViews><workbookView visibility="hidden"/></bookViews>': "its window is hidden",
    '<bookViews><workbookView visibility="veryHidden"/></bookViews>': "its window is hidden",
    '<bookViews><workbookView showSheetTabs="0"/></bookViews>': "it does not show the tabs of its sheets",
    '<workbookProtection lockStructure="1"/>': "hidden sheets cannot be shown",
    '<workbookProtection lockWindows="true"/>': "hidden sheets cannot be shown",
    '<workbookProtection workbookPassword="CC1A"/>': "hidden sheets cannot be shown",
    '<workbookProtection workbookAlgorithmName="SHA-512" workbookHashValue="x"/>': "hidden sheets cannot be shown",
    '<customWorkbookViews><customWorkbookView name="board" guid="{1}"/></customWorkbookViews>': "it has a view of its own (board)",
    '<definedNames><definedName name="_xlnm.Print_Area" localSheetId="0">Cover!$A$1:$B$2</definedName></definedNames>': "a print area",
}
BEFORE_CELLS = {
    '<sheetViews><sheetView showFormulas="1" workbookViewId="0"/></sheetViews>': "shows formulas in place of figures",
    PANE.format(' topLeftCell="A500"'): "cannot be reached",
}
AFTER_CELLS = {
    '<sheetProtection sheet="1" password="CC1A"/>': "is protected with a password",
    '<sheetProtection sheet="1" algorithmName="SHA-512" hashValue="x" saltValue="y" spinCount="9"/>': "is protected with a password",
    '<sheetProtection sheet="1" selectLockedCells="1"/>': "does not let its cells be selected",
    '<autoFilter ref="A1:B9"/>': "has a filter",
    '<customSheetViews><customSheetView guid="{1}"/></customSheetViews>': "has a view of its own",
    BAR: "shows bars or icons in place of figures",
    ICONS: "shows bars or icons in place of figures",
    BAR_2010: "shows bars or icons in place of figures",
    "<headerFooter><oddHeader>&amp;CAudited</oddHeader></headerFooter>": "prints a header or footer that was not sent: '&CAudited'",
    "<headerFooter><firstFooter>Audited</firstFooter></headerFooter>": "prints a header or footer that was not sent: 'Audited'",
}


@pytest.mark.parametrize(
    ("parts", "words"),
    [
        *(({BOOK: book(xml)}, words) for xml, words in WITHIN_BOOK.items()),
        *(({SHEET: sheet(before=xml)}, words) for xml, words in BEFORE_CELLS.items()),
        *(({SHEET: sheet(after=xml)}, words) for xml, words in AFTER_CELLS.items()),
    ],
)
def test_a_setting_that_hides_or_changes_what_is_shown_is_named(parts: dict[str, str | bytes], words: str, tmp_path: Path) -> None:
    plain = scan(written(tmp_path / "plain.xlsx", skeleton()))
    found = scan(written(tmp_path / "set.xlsx", {**skeleton(), **parts}))
    assert words in "\n".join(mark for mark in found.marks if mark not in plain.marks)


USUAL = [
    {BOOK: book('<workbookProtection/><bookViews><workbookView showSheetTabs="true" visibility="visible" firstSheet="0"/></bookViews>')},
    {BOOK: book('<workbookProtection lockStructure="false" lockWindows="0"/>')},
    {SHEET: sheet(before='<sheetViews><sheetView showFormulas="false" topLeftCell="A1"><pane state="frozen" topLeftCell="B5"/></sheetView></sheetViews>')},
    {SHEET: sheet(before='<sheetViews><sheetView topLeftCell="A40" workbookViewId="0"/></sheetViews>')},
    {SHEET: sheet(after='<sheetProtection sheet="true" objects="true" scenarios="true" selectLockedCells="false" password=""/>')},
    {SHEET: sheet(after=BAR.replace(' showValue="0"', ' showValue="1"'))},
    {SHEET: sheet(after=f"<headerFooter><oddHeader></oddHeader><oddFooter>{FOOTER.replace('&', '&amp;')}</oddFooter></headerFooter>")},
]  # fmt: skip


@pytest.mark.parametrize("parts", USUAL)
def test_what_programs_write_on_their_own_is_not_named(parts: dict[str, str | bytes], tmp_path: Path) -> None:
    plain = scan(written(tmp_path / "plain.xlsx", skeleton()))
    found = scan(written(tmp_path / "set.xlsx", {**skeleton(), **parts}))
    assert found.shown == []
    assert [mark for mark in found.marks if mark not in plain.marks] == []


def test_words_beside_an_input_that_were_not_sent_are_named(small: Case, tmp_path: Path) -> None:
    part = part_of(small.workbook, "Assumptions")
    sent: Book = small.book
    assert altered_prompts(scan(small.workbook), sent) == []

    def changed(name: str, xml: str) -> str:
        return re.sub(r' prompt="[^"]*"', ' prompt="Agreed by the auditors: 0.9"', xml, count=1) if name == part else xml

    other = rewritten(small.workbook, tmp_path / "other.xlsx", changed)
    assert altered_prompts(scan(other), sent) == ["the sheet Assumptions says beside an input: 'Agreed by the auditors: 0.9'"]


def test_a_book_with_such_settings_fails(small: Case, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    part = part_of(small.workbook, "Checks")
    locked = lambda name, xml: xml.replace("<sheetProtection ", '<sheetProtection password="CC1A" ') if name == part else xml  # noqa: E731
    assert main(["verify", str(rewritten(small.workbook, tmp_path / "set.xlsx", locked)), "--place", str(small.folder)]) == 1
    said = capsys.readouterr().out
    assert "ALTERED: the sheet Checks is protected with a password" in said
    assert "anything else altered: 1" in said and said.endswith("FAIL\n")
