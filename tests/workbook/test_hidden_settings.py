"""Settings by which a book that comes back hides or changes what its readers see: each is named, and what programs write on their own is not."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from capmodel.cli import main
from capmodel.workbook.returned.bounds import scan
from capmodel.workbook.returned.read import read_book
from capmodel.workbook.returned.verify import altered_cells, altered_prompts
from capmodel.workbook.writing.book import Book
from capmodel.workbook.writing.formats import FOOTER

from conftest import Case  # isort: skip
from hostile_books import BOOK, SHEET, STYLES, added, book, sheet, skeleton, styles, written  # isort: skip
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
    '<pageSetup scale="10"/>': "is printed at 10%, which cannot be read",
    '<pageMargins left="7" right="0.4" top="0.6" bottom="0.6" header="0.3" footer="0.3"/>': "has margins over 3 inches (left)",
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


FONT, FILL = '<font><color rgb="{}"/></font>', '<fill><patternFill><bgColor rgb="{}"/></patternFill></fill>'


@pytest.mark.parametrize(
    ("dxf", "hides"),
    [
        (FONT.format("FFFFFFFF"), True),
        ('<font><color theme="0"/></font>', True),
        (FONT.format("FFF8F8F8"), True),
        (FONT.format("FFC6EFCE") + FILL.format("FFC6EFCE"), True),
        (FILL.format("FF0A0A0A"), True),
        (FONT.format("FFFFFFFF") + FILL.format("FF1F3864"), False),
        (FONT.format("FFBFBFBF"), False),
        (FILL.format("FFFFC7CE"), False),
    ],
)
def test_a_condition_that_hides_figures_by_its_colours_is_named(dxf: str, hides: bool, tmp_path: Path) -> None:
    found = scan(written(tmp_path / "set.xlsx", {**skeleton(), STYLES: styles(f"<dxfs><dxf>{dxf}</dxf></dxfs>")}))
    assert found.shown == (["a conditional format writes figures in the colour of their background"] if hides else [])


X14 = "http://schemas.microsoft.com/office/spreadsheetml/2009/9/main"
OF_SHEET = f'<extLst><ext><x14:cfRule xmlns:x14="{X14}"><x14:dxf>{{}}</x14:dxf></x14:cfRule></ext></extLst>'


@pytest.mark.parametrize(
    ("dxf", "words"),
    [
        (FONT.format("FFFFFFFF"), "a conditional format writes figures in the colour of their background"),
        ('<numFmt numFmtId="200" formatCode="&quot;OK&quot;"/>', "a conditional format shows figures as '\"OK\"'"),
        (FONT.format("FF9C0006"), ""),
    ],
)
def test_a_condition_in_an_extension_of_a_sheet_is_read_as_any_other(dxf: str, words: str, tmp_path: Path) -> None:
    """Spreadsheet programs keep the looks of newer conditions in the sheet, not among the looks of the book."""
    found = scan(written(tmp_path / "set.xlsx", {**skeleton(), SHEET: sheet(after=OF_SHEET.format(dxf))}))
    assert found.shown == [words] * bool(words)


THEME = '<a:theme xmlns:a="x"><a:themeElements><a:clrScheme name="Office">{}</a:clrScheme></a:themeElements></a:theme>'
DARK, LIGHT = '<a:dk1><a:sysClr val="windowText" lastClr="000000"/></a:dk1>', '<a:lt1><a:srgbClr val="FFFFFF"/></a:lt1>'


@pytest.mark.parametrize(
    ("colours", "named"),
    [
        (DARK + LIGHT, []),
        (DARK.replace("000000", "FFFFFF") + LIGHT, ["dk1 as FFFFFF"]),
        (DARK + LIGHT.replace("FFFFFF", "050505"), ["lt1 as 050505"]),
        (DARK + LIGHT + '<a:accent2><a:srgbClr val="FDFDFD"/></a:accent2>', ["accent2 as FDFDFD"]),
    ],
)
def test_a_theme_that_makes_letters_unseen_is_named(colours: str, named: list[str], tmp_path: Path) -> None:
    """Cells say a number, and the theme which colour that is: without a change of any cell or look all letters turn white."""
    parts = added("xl/theme/theme1.xml", "theme", THEME.format(colours))
    found = scan(written(tmp_path / "set.xlsx", {**skeleton(), **parts}))
    assert found.shown == [f"its theme gives the colour {each}, so that figures in it cannot be read" for each in named]


def test_a_palette_that_makes_letters_unseen_is_named(tmp_path: Path) -> None:
    palette = "<colors><indexedColors>" + '<rgbColor rgb="FFFFFFFF"/>' * 64 + "</indexedColors></colors>"
    for colour, named in (('indexed="8"', ["its palette makes letters of a numbered colour white"]), ('rgb="FF000000"', [])):
        fonts = f"<fonts><font><color {colour}/></font></fonts>"
        found = scan(written(tmp_path / "set.xlsx", {**skeleton(), STYLES: styles(fonts + palette)}))
        assert found.shown == named


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ('<color rgb="FF0000FF"/>', '<color rgb="FFFFF2CC"/>'),
        ('<color rgb="FF0000FF"/>', '<color rgb="FFFFFFFF"/>'),
        ('<sz val="10"/><color rgb="FF0000FF"/>', '<sz val="1"/><color rgb="FF0000FF"/>'),
        ('<fgColor rgb="FFFFF2CC"/>', '<fgColor rgb="FF0000F0"/>'),
    ],
)
def test_cells_that_cannot_be_read_are_named(before: str, after: str, small: Case, tmp_path: Path) -> None:
    other = rewritten(small.workbook, tmp_path / "other.xlsx", lambda _, xml: xml.replace(before, after), STYLES)
    sent = altered_cells(read_book(scan(small.workbook)).cells, small.book)
    (said,) = [text for text in altered_cells(read_book(scan(other)).cells, small.book) if text not in sent]
    assert re.match(
        r"[0-9,]+ cells cannot be read, since letters have the colour of the background or are too small: .*Assumptions!G6", said
    )


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
