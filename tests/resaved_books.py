"""A book as Excel and as Google Sheets write it again, unchanged in meaning: made from a book of the package by rewriting its parts."""

from __future__ import annotations

import re
import zipfile
from collections.abc import Callable
from pathlib import Path

OFFICE = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
NAMES = (
    'xmlns:mc="http://schemas.openxmlformats.org/markup-compatibility/2006" xmlns:x14ac="http://schemas.microsoft.com/office/spreadsheetml/2009/9/ac" '
    'xmlns:xr="http://schemas.microsoft.com/office/spreadsheetml/2014/revision" mc:Ignorable="x14ac xr" xr:uid="{00000000-0001-0000-0000-000000000000}"'
)
PATH = '<mc:AlternateContent xmlns:mc="http://schemas.openxmlformats.org/markup-compatibility/2006"><mc:Choice Requires="x15"><x15ac:absPath url="C:\\\\work\\\\" xmlns:x15ac="http://schemas.microsoft.com/office/spreadsheetml/2010/11/ac"/></mc:Choice></mc:AlternateContent>'
CHAIN = '<?xml version="1.0" encoding="UTF-8"?><calcChain xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"><c r="B5" i="3"/></calcChain>'
PRINTER = "xl/printerSettings/printerSettings1.bin"
#: The colours and fonts of the theme that programs of 2013 and later have.
THEME = {"1F497D": "44546A", "EEECE1": "E7E6E6", "4F81BD": "4472C4", "C0504D": "ED7D31", 'typeface="Cambria"': 'typeface="Calibri Light"'}


def rewritten_parts(
    book: Path, to: Path, change: Callable[[str, str], str | None], more: dict[str, bytes], last_first: bool = False
) -> Path:
    """A copy whose text parts went through a change; None leaves a part out."""
    with zipfile.ZipFile(book) as sent, zipfile.ZipFile(to, "w", zipfile.ZIP_DEFLATED) as received:
        names = sent.namelist()
        for name in reversed(names) if last_first else names:
            text = change(name, sent.read(name).decode())
            if text is not None:
                received.writestr(name, text)
        for name, content in more.items():
            received.writestr(name, content)
    return to


def related(xml: str, kind: str, target: str) -> str:
    return xml.replace("</Relationships>", f'<Relationship Id="rId900" Type="{OFFICE}/{kind}" Target="{target}"/></Relationships>')


def by_excel(book: Path, to: Path) -> Path:
    """As Excel writes it: other numbers of texts and looks, shared formulas, its own marks, its chain of calculation, a printer, a newer theme."""

    def change(name: str, xml: str) -> str:
        if name == "[Content_Types].xml":
            kinds = '<Default Extension="bin" ContentType="application/vnd.openxmlformats-officedocument.spreadsheetml.printerSettings"/>'
            chain = '<Override PartName="/xl/calcChain.xml" ContentType="application/vnd.openxmlformats-officedocument.spreadsheetml.calcChain+xml"/>'
            return xml.replace("<Default", f"{kinds}<Default", 1).replace("</Types>", f"{chain}</Types>")
        if name == "xl/_rels/workbook.xml.rels":
            return related(xml, "calcChain", "/xl/calcChain.xml")
        if name == "xl/workbook.xml":
            xml = re.sub(r"<workbookPr [^>]*/>", f'<workbookPr codeName="ThisWorkbook" defaultThemeVersion="166925"/>{PATH}', xml)
            return re.sub(r"<calcPr [^>]*/>", '<calcPr calcId="191029"/>', xml).replace(
                "<workbookView ", '<workbookView activeTab="2" tabRatio="700" '
            )
        if name == "xl/theme/theme1.xml":
            for old, new in THEME.items():
                xml = xml.replace(old, new)
            return xml
        if name == "docProps/core.xml":
            return re.sub(
                r"(<cp:lastModifiedBy>)[^<]*",
                r"\1A. Negotiator",
                re.sub(r"(<dcterms:modified[^>]*>)[^<]*", r"\g<1>2027-01-31T16:00:00Z", xml),
            )
        if name == "docProps/app.xml":
            return xml.replace("<ScaleCrop>", "<LinksUpToDate>false</LinksUpToDate><AppVersion>16.0300</AppVersion><ScaleCrop>")
        if name == "xl/sharedStrings.xml":
            texts = re.findall(r"<si>.*?</si>", xml, re.DOTALL)
            return xml[: xml.index("<si>")] + "".join(reversed(texts)) + "</sst>"
        if name == "xl/styles.xml":
            xml = re.sub(r"(<cellXfs[^>]*>)(<xf [^>]*/>)", r'\1\2<xf numFmtId="14" fontId="1" fillId="0" borderId="0" xfId="0"/>', xml)
            dxfs = re.findall(r"<dxf>.*?</dxf>", xml)
            xml = re.sub(r"<dxf>.*</dxf>", "".join(reversed(dxfs)), xml)
            return xml.replace('<color theme="1"/>', '<color theme="1"/>').replace(
                "<fonts ", f'<fonts {NAMES.split(" mc:")[0]} x14ac:knownFonts="1" '
            )
        if name.startswith("xl/worksheets/sheet"):
            return sheet(xml)
        if name == "xl/worksheets/_rels/sheet3.xml.rels":
            return related(xml, "printerSettings", "../printerSettings/printerSettings1.bin")
        return xml

    with zipfile.ZipFile(book) as sent:
        texts = sent.read("xl/sharedStrings.xml").decode().count("<si>")
        conditions = sent.read("xl/styles.xml").decode().count("<dxf>")

    def sheet(xml: str) -> str:
        xml = xml.replace("<worksheet ", f"<worksheet {NAMES} ", 1)
        xml = re.sub(r't="s"><v>(\d+)', lambda match: f't="s"><v>{texts - 1 - int(match[1])}', xml)
        xml = re.sub(r' s="(\d+)"', lambda match: f' s="{int(match[1]) + (int(match[1]) > 0)}"', xml)
        xml = re.sub(r'dxfId="(\d+)"', lambda match: f'dxfId="{conditions - 1 - int(match[1])}"', xml)
        xml = xml.replace("<row ", '<row x14ac:dyDescent="0.25" ').replace("<sheetFormatPr ", '<sheetFormatPr x14ac:dyDescent="0.25" ')
        xml = re.sub(r"<v>(\d+)\.0</v>", r"<v>\1</v>", xml)
        xml = xml.replace("<f>Assumptions!$B$6</f>", "<f>Assumptions!$B$6</f>").replace(
            "<f>B5*Assumptions!$B$5</f>", '<f t="shared" ref="C5:C10" si="0">B5*Assumptions!$B$5</f>'
        )
        xml = re.sub(r"<f>B(?:[6-9]|10)\*Assumptions!\$B\$5</f>", '<f t="shared" si="0"/>', xml).replace(
            "<0.005,", "<5.0000000000000001E-3,"
        )
        xml = xml.replace("&lt;0.005,", "&lt;5.0000000000000001E-3,")
        # One rule for all cells that accept the same, and columns of one width apart.
        same = re.findall(r'<dataValidation type="decimal".*?</dataValidation>', xml)
        if same:
            joined = re.sub(r'sqref="[^"]*"', 'sqref="B6:B11" xr:uid="{1}"', same[0])
            xml = xml.replace(same[0], joined)
            for rule in same[1:]:
                xml = xml.replace(rule, "")
        xml = re.sub(r'<col min="2" max="4" (width="[^"]*" customWidth="1")/>', r'<col min="2" max="2" \1/><col min="3" max="4" \1/>', xml)
        return xml.replace("<sheetView ", '<sheetView zoomScaleNormal="100" topLeftCell="A1" ').replace(
            "<pageSetup ", '<pageSetup horizontalDpi="300" verticalDpi="300" '
        )

    return rewritten_parts(book, to, change, {"xl/calcChain.xml": CHAIN.encode(), PRINTER: b"\0" * 200}, last_first=True)


def by_google(book: Path, to: Path) -> Path:
    """As Google Sheets writes it: without properties, with sizes as decimals, all heights and all settings of a text given, texts within cells."""

    def change(name: str, xml: str) -> str | None:
        if name.startswith("docProps/"):
            return None
        if name == "[Content_Types].xml":
            return re.sub(r'<Override PartName="/docProps/[^>]*/>', "", xml)
        if name == "_rels/.rels":
            return re.sub(r'<Relationship [^>]*Target="docProps/[^>]*/>', "", xml)
        if name == "xl/workbook.xml":
            return re.sub(r"<(fileVersion|calcPr|bookViews>.*?</bookViews) ?[^>]*/?>", "", xml)
        if name == "xl/styles.xml":
            xml = re.sub(r'<sz val="(\d+)"/>', r'<sz val="\1.0"/>', xml).replace("<diagonal/>", "")
            return re.sub(r"<alignment ", '<alignment readingOrder="0" shrinkToFit="0" ', xml)
        if name.startswith("xl/worksheets/sheet"):
            xml = xml.replace("<sheetFormatPr ", '<sheetFormatPr customHeight="1" defaultColWidth="12.63" ')
            xml = re.sub(r'<row r="(\d+)" spans="[^"]*">', r'<row r="\1" ht="15.75" customHeight="1">', xml)
            xml = re.sub(r'width="(\d+\.\d)\d*"', r'width="\1"', xml)
            return re.sub(r"<(rowBreaks).*?</\1>", "", xml)
        return xml

    return rewritten_parts(book, to, change, {})
