"""Settings by which a book that comes back hides or changes what its readers see: each is a difference, and what programs write on their own is not."""

from __future__ import annotations

from pathlib import Path

import pytest

from capmodel.cli import main
from capmodel.workbook.returned.differences import differences
from capmodel.workbook.returned.meaning import meaning_of_file
from capmodel.workbook.writing.formats import FOOTER

from conftest import Case  # isort: skip
from hostile_books import BOOK, SHEET, STYLES, added, book, sheet, skeleton, styles, written  # isort: skip
from workbook_files import part_of, rewritten  # isort: skip


def found_in(tmp_path: Path, parts: dict[str, str | bytes], plain: dict[str, str | bytes] | None = None) -> list[str]:
    """The differences of a skeleton with some parts from a plain one, in words."""
    sent = meaning_of_file(written(tmp_path / "plain.xlsx", {**skeleton(), **(plain or {})}))
    return [str(each) for each in differences(sent, meaning_of_file(written(tmp_path / "set.xlsx", {**skeleton(), **parts})))]


PANE = '<sheetViews><sheetView workbookViewId="0"{}><pane ySplit="4" topLeftCell="A900" state="frozen"/></sheetView></sheetViews>'
BAR = '<conditionalFormatting sqref="A1:A9"><cfRule type="dataBar" priority="1"><dataBar showValue="0"/></cfRule></conditionalFormatting>'
ICONS = '<conditionalFormatting sqref="A1:A9"><cfRule type="iconSet" priority="1"><iconSet showValue="0"/></cfRule></conditionalFormatting>'
BAR_2010 = '<extLst><ext><x:dataBar xmlns:x="http://schemas.microsoft.com/office/spreadsheetml/2009/9/main" showValue="0"/></ext></extLst>'
WITHIN_BOOK = {
    '<bookViews><workbookView visibility="hidden"/></bookViews>': "its window: visibility",
    '<bookViews><workbookView visibility="veryHidden"/></bookViews>': "its window: visibility",
    '<bookViews><workbookView showSheetTabs="0"/></bookViews>': "its window: showSheetTabs",
    '<workbookProtection lockStructure="1"/>': "the protection of the workbook: lockStructure",
    '<workbookProtection lockWindows="true"/>': "the protection of the workbook: lockWindows",
    '<workbookProtection workbookPassword="CC1A"/>': "the protection of the workbook: workbookPassword",
    '<workbookProtection workbookAlgorithmName="SHA-512" workbookHashValue="x"/>': "the protection of the workbook: workbookHashValue",
    '<customWorkbookViews><customWorkbookView name="board" guid="{1}"/></customWorkbookViews>': "holds customWorkbookViews",
    '<definedNames><definedName name="_xlnm.Print_Area" localSheetId="0">Cover!$A$1:$B$2</definedName></definedNames>': "the print area was added",
}
BEFORE_CELLS = {
    '<sheetViews><sheetView showFormulas="1" workbookViewId="0"/></sheetViews>': "the view: showFormulas",
    PANE.format(' topLeftCell="A500"'): "the first cell that can be reached",
}
AFTER_CELLS = {
    '<sheetProtection sheet="1" password="CC1A"/>': "a password of the protection",
    '<sheetProtection sheet="1" algorithmName="SHA-512" hashValue="x" saltValue="y" spinCount="9"/>': "a password of the protection",
    '<sheetProtection sheet="1" selectLockedCells="1"/>': "selectLockedCells",
    '<autoFilter ref="A1:B9"/>': "a filter, which may hide rows",
    '<customSheetViews><customSheetView guid="{1}"/></customSheetViews>': "holds customSheetViews",
    BAR: "dataBar showValue=0",
    ICONS: "iconSet showValue=0",
    BAR_2010: "holds x14:dataBar",
    "<headerFooter><oddHeader>&amp;CAudited</oddHeader></headerFooter>": "the printed oddHeader was added: '&CAudited'",
    '<pageSetup scale="10"/>': "the print set-up: scale",
    '<pageMargins left="7" right="0.4" top="0.6" bottom="0.6" header="0.3" footer="0.3"/>': "the margin left",
    "<headerFooter><firstFooter>Audited</firstFooter></headerFooter>": "the printed firstFooter was added: 'Audited'",
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
    assert any(words in each for each in found_in(tmp_path, parts))


USUAL = [
    {BOOK: book('<workbookProtection/><bookViews><workbookView showSheetTabs="true" visibility="visible" firstSheet="0"/></bookViews>')},
    {BOOK: book('<workbookProtection lockStructure="false" lockWindows="0"/>')},
    {SHEET: sheet(before='<sheetViews><sheetView showFormulas="false" topLeftCell="A1"><pane state="frozen" topLeftCell="B5"/></sheetView></sheetViews>')},
    {SHEET: sheet(before='<sheetViews><sheetView topLeftCell="A40" workbookViewId="0"/></sheetViews>')},
    {SHEET: sheet(after='<sheetProtection sheet="true" objects="true" scenarios="true" selectLockedCells="false" password=""/>')},
    {SHEET: sheet(after=f"<headerFooter><oddHeader></oddHeader><oddFooter>{FOOTER.replace('&', '&amp;')}</oddFooter></headerFooter>")},
]  # fmt: skip


X14 = "http://schemas.microsoft.com/office/spreadsheetml/2009/9/main"
XM = "http://schemas.microsoft.com/office/excel/2006/main"
OF_SHEET = f'<extLst><ext><x14:conditionalFormattings xmlns:x14="{X14}" xmlns:xm="{XM}"><x14:conditionalFormatting><x14:cfRule type="expression"><xm:f>1</xm:f><x14:dxf>{{}}</x14:dxf></x14:cfRule><xm:sqref>A1:A9</xm:sqref></x14:conditionalFormatting></x14:conditionalFormattings></ext></extLst>'


@pytest.mark.parametrize(
    ("dxf", "words"),
    [
        ('<font><color rgb="FFFFFFFF"/></font>', "letters FFFFFF"),
        ('<font><color theme="0"/></font>', "letters FFFFFF"),
        ('<numFmt numFmtId="200" formatCode="&quot;OK&quot;"/>', "number format \\O\\K"),
        ('<fill><patternFill><bgColor rgb="FF0A0A0A"/></patternFill></fill>', "ground 0A0A0A"),
    ],
)
def test_a_condition_in_an_extension_of_a_sheet_is_read_as_any_other(dxf: str, words: str, tmp_path: Path) -> None:
    """Spreadsheet programs keep the looks of newer conditions in the sheet, not among the looks of the book."""
    (said,) = found_in(tmp_path, {SHEET: sheet(after=OF_SHEET.format(dxf))})
    assert said == f"Assumptions: the conditional format expression 1.0: {words} was added: 'A1:A9'"


ONE = '<row r="1"><c r="A1" s="1"><v>5</v></c></row>'
LOOKS = '<fonts><font><color {}/></font></fonts><cellXfs><xf numFmtId="0"/><xf numFmtId="0" fontId="0"/></cellXfs>'


@pytest.mark.parametrize(
    ("colour", "also", "shown"),
    [
        ('rgb="FFFFFFFF"', "", "FFFFFF"),
        ('theme="0"', "", "FFFFFF"),
        ('theme="1" tint="0.5"', "", "808080"),
        ('indexed="10"', "", "FF0000"),
        ('indexed="8"', "<colors><indexedColors>" + '<rgbColor rgb="FFFFFFFF"/>' * 64 + "</indexedColors></colors>", "FFFFFF"),
    ],
)
def test_letters_are_compared_as_they_are_shown(colour: str, also: str, shown: str, tmp_path: Path) -> None:
    """A colour is written by its digits, by its number in a theme with a tint, or by its number in a palette."""
    plain: dict[str, str | bytes] = {SHEET: sheet(ONE), STYLES: styles(LOOKS.format('rgb="FF000000"'))}
    parts: dict[str, str | bytes] = {SHEET: sheet(ONE), STYLES: styles(LOOKS.format(colour) + also)}
    assert found_in(tmp_path, parts, plain) == [f"Assumptions!A1: letters was '000000', is '{shown}'"]
    assert found_in(tmp_path, {**parts, STYLES: styles(LOOKS.format('theme="1"'))}, plain) == []


THEME = '<a:theme xmlns:a="http://schemas.openxmlformats.org/drawingml/2006/main"><a:themeElements><a:clrScheme name="Office"><a:dk1><a:srgbClr val="FFFFFF"/></a:dk1></a:clrScheme></a:themeElements></a:theme>'


def test_a_theme_that_makes_letters_unseen_is_named(tmp_path: Path) -> None:
    """Cells say a number, and the theme which colour that is: without a change of any cell or look all letters turn white."""
    plain: dict[str, str | bytes] = {SHEET: sheet(ONE), STYLES: styles(LOOKS.format('theme="1"'))}
    assert found_in(tmp_path, {**plain, **added("xl/theme/theme1.xml", "theme", THEME)}, plain) == [
        "Assumptions!A1: letters was '000000', is 'FFFFFF'"
    ]


@pytest.mark.parametrize("parts", USUAL)
def test_what_programs_write_on_their_own_is_not_named(parts: dict[str, str | bytes], tmp_path: Path) -> None:
    plain: dict[str, str | bytes] = {}
    if SHEET in parts and "sheetProtection" in str(parts[SHEET]):
        plain = {SHEET: sheet(after='<sheetProtection sheet="1" objects="1" scenarios="1"/>')}
    if SHEET in parts and "headerFooter" in str(parts[SHEET]):
        plain = {SHEET: sheet(after=f"<headerFooter><oddFooter>{FOOTER.replace('&', '&amp;')}</oddFooter></headerFooter>")}
    if SHEET in parts and "pane" in str(parts[SHEET]):
        plain = {SHEET: sheet(before='<sheetViews><sheetView><pane state="frozen" topLeftCell="B2"/></sheetView></sheetViews>')}
    assert found_in(tmp_path, parts, plain) == []


def test_a_book_with_such_settings_fails(small: Case, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    part = part_of(small.workbook, "Checks")
    locked = lambda name, xml: xml.replace("<sheetProtection ", '<sheetProtection password="CC1A" ') if name == part else xml  # noqa: E731
    assert main(["verify", str(rewritten(small.workbook, tmp_path / "set.xlsx", locked)), "--place", str(small.folder)]) == 1
    said = capsys.readouterr().out
    assert "ALTERED: security: Checks: a password of the protection was added: 'yes'" in said
    assert "anything else altered: 1" in said and said.endswith("FAIL\n")
