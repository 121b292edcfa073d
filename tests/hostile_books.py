"""Small workbooks that would exhaust or mislead a program that loads them: a sound skeleton, with one part of it replaced or added."""

from __future__ import annotations

import io
import struct
import zipfile
from collections.abc import Callable, Mapping
from pathlib import Path

from capmodel.workbook.returned.bounds import OURS

MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
RELATIONS = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
TYPES = "application/vnd.openxmlformats-officedocument"
HEAD = '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>'
SHEET, BOOK, STYLES = "xl/worksheets/sheet1.xml", "xl/workbook.xml", "xl/styles.xml"
LIST, BOOK_LIST, SHEET_LIST = "[Content_Types].xml", "xl/_rels/workbook.xml.rels", "xl/worksheets/_rels/sheet1.xml.rels"
PROPERTIES = "docProps/custom.xml"


def sheet(cells: str = "", after: str = "", before: str = "") -> str:
    return f'{HEAD}<worksheet xmlns="{MAIN}" xmlns:r="{RELATIONS}">{before}<sheetData>{cells}</sheetData>{after}</worksheet>'


def formula(text: str) -> str:
    return sheet(f'<row r="1"><c r="A1"><f>{text}</f><v>1</v></c></row>')


def relations(*listed: tuple[str, str, str], mode: str = "") -> str:
    inside = "".join(
        f'<Relationship Id="{name}" Type="{kind if "/" in kind else f"{RELATIONS}/{kind}"}" Target="{target}"{mode}/>'
        for name, kind, target in listed
    )
    return f'{HEAD}<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships">{inside}</Relationships>'


def types(*more: tuple[str, str]) -> str:
    parts = [
        (BOOK, f"{TYPES}.spreadsheetml.sheet.main+xml"),
        (STYLES, f"{TYPES}.spreadsheetml.styles+xml"),
        (PROPERTIES, f"{TYPES}.custom-properties+xml"),
        *((f"xl/worksheets/sheet{i}.xml", f"{TYPES}.spreadsheetml.worksheet+xml") for i in range(1, len(OURS) + 1)),
        *more,
    ]
    listed = "".join(f'<Override PartName="/{part}" ContentType="{kind}"/>' for part, kind in parts)
    ends = '<Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/><Default Extension="xml" ContentType="application/xml"/>'
    return f'{HEAD}<Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types">{ends}{listed}</Types>'


def book(after: str = "") -> str:
    named = "".join(f'<sheet name="{name}" sheetId="{i}" r:id="rId{i}"/>' for i, name in enumerate(sorted(OURS), 1))
    return f'{HEAD}<workbook xmlns="{MAIN}" xmlns:r="{RELATIONS}"><sheets>{named}</sheets>{after}</workbook>'


def properties(**named: str) -> str:
    inside = "".join(f'<property fmtid="x" pid="{i}" name="{name}">{value}</property>' for i, (name, value) in enumerate(named.items(), 2))
    return f'{HEAD}<Properties xmlns="{TYPES}" xmlns:vt="http://schemas.openxmlformats.org/officeDocument/2006/docPropsVTypes">{inside}</Properties>'


def styles(inside: str = "") -> str:
    return f'{HEAD}<styleSheet xmlns="{MAIN}">{inside}</styleSheet>'


def skeleton() -> dict[str, str | bytes]:
    """A workbook with the sheets of a book of capmodel, all of them empty."""
    sheets = [(f"rId{i}", "worksheet", f"worksheets/sheet{i}.xml") for i in range(1, len(OURS) + 1)]
    return {
        LIST: types(),
        "_rels/.rels": relations(("rId1", "officeDocument", BOOK), ("rId2", "custom-properties", PROPERTIES)),
        BOOK: book(),
        BOOK_LIST: relations(*sheets, ("rId90", "styles", "styles.xml")),
        STYLES: styles(),
        PROPERTIES: properties(run_id="<vt:lpwstr>" + "0" * 64 + "</vt:lpwstr>", place="<vt:lpwstr>north-west-london</vt:lpwstr>"),
        **{f"xl/worksheets/sheet{i}.xml": sheet() for i in range(1, len(OURS) + 1)},
    }


def written(path: Path, parts: Mapping[str, str | bytes], twice: str = "") -> Path:
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in parts.items():
            archive.writestr(name, content)
        if twice:
            archive.writestr(twice, parts[twice])
    return path


def added(part: str, kind: str, content: str | bytes = "<x/>", source: str = BOOK_LIST) -> dict[str, str | bytes]:
    """What adds a part to the skeleton with all that belongs to it."""
    own = relations(("rId99", kind, f"/{part}"))
    before = skeleton().get(source, own)
    assert isinstance(before, str)
    return {part: content, source: before if before == own else before.replace("</Relationships>", own[own.index("<Relationship Id") :])}


WHOLE = "A1:XFD1048576"
DTD = '<!DOCTYPE x [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;">]>'
VALIDATION = f'<dataValidations><dataValidation type="list" sqref="{WHOLE}"><formula1>"0,1"</formula1></dataValidation></dataValidations>'
FORMATS = (
    f'<conditionalFormatting sqref="{WHOLE}"><cfRule type="expression" priority="1"><formula>A1</formula></cfRule></conditionalFormatting>'
)
TWICE = '<row r="1"><c r="A1"><v>1</v></c><c r="A1"><v>2</v></c></row>'

#: What each file holds in place of the skeleton's parts, and words of the refusal.
EXHAUSTING: dict[str, tuple[dict[str, str | bytes], str]] = {
    "a stray cell": ({SHEET: sheet('<row r="100000"><c r="SF100000"><v>1</v></c></row>')}, "reaches 100,000 rows and 500 columns, to SF100000"),
    "the last cell of all": ({SHEET: sheet('<row r="1048576"><c r="XFD1048576"><v>1</v></c></row>')}, "reaches 1,048,576 rows and 16,384 columns, to XFD1048576"),
    "merged cells over a sheet": ({SHEET: sheet(after=f'<mergeCells><mergeCell ref="{WHOLE}"/></mergeCells>')}, f"has mergeCell over {WHOLE}"),
    "many merged ranges": ({SHEET: sheet(after="<mergeCells>" + '<mergeCell ref="A1:CV100"/>' * 5 + "</mergeCells>")}, "has mergeCell over"),
    "a link over a sheet": ({SHEET: sheet(after=f'<hyperlinks><hyperlink ref="{WHOLE}" location="Cover!A1"/></hyperlinks>')}, "has hyperlink over"),
    "conditional formats over a sheet": ({SHEET: sheet(after=FORMATS)}, f"has conditionalFormatting over {WHOLE}"),
    "data validations over a sheet": ({SHEET: sheet(after=VALIDATION)}, f"has dataValidation over {WHOLE}"),
    "a name for a sheet": ({BOOK: book(f'<definedNames><definedName name="all">Cover!{WHOLE}</definedName></definedNames>')}, "refers to whole rows"),
    "a name for columns": ({BOOK: book('<definedNames><definedName name="all">Cover!$A:$XFD</definedName></definedNames>')}, "refers to whole rows"),
    "a formula over a sheet": ({SHEET: formula(f"SUMPRODUCT({WHOLE}*1)")}, "refers to whole rows, columns or sheets in 'SUMPRODUCT("),
    "a formula over columns": ({SHEET: formula("SUM(a:z)")}, "refers to whole rows, columns or sheets in 'SUM(a:z)'"),
    "300,000 styles": ({STYLES: styles("<cellXfs>" + "".join(f'<xf numFmtId="{i}"/>' for i in range(300_000)) + "</cellXfs>")}, "holds more than 20,000 elements called xf"),
    "250,000 texts": ({"xl/sharedStrings.xml": f'{HEAD}<sst xmlns="{MAIN}">' + "".join(f"<si><t>{i}</t></si>" for i in range(250_000)) + "</sst>", LIST: types(("xl/sharedStrings.xml", f"{TYPES}.spreadsheetml.sharedStrings+xml")), BOOK_LIST: str(skeleton()[BOOK_LIST]).replace("</Relationships>", f'<Relationship Id="s" Type="{RELATIONS}/sharedStrings" Target="sharedStrings.xml"/></Relationships>')}, "elements called si"),
    "4,000 brackets": ({SHEET: formula("(" * 4_000 + "1" + ")" * 4_000)}, "brackets in each other"),
    "a formula without end": ({SHEET: formula("1" + "+1" * 10_000)}, "holds a formula of 20,001 characters"),
    "elements within elements": ({SHEET: sheet(after="<a>" * 500 + "</a>" * 500)}, "holds elements within elements"),
    "a text without end": ({SHEET: sheet(f'<row r="1"><c r="A1" t="inlineStr"><is><t>{"x" * 900_000}</t></is></c></row>')}, "holds a text of more than"),
    "a bomb": ({SHEET: sheet(" " * 60_000_000)}, "it could exhaust the machine"),
    "a document type": ({SHEET: sheet().replace("?>", f"?>{DTD}", 1)}, "declares a document type (DTD)"),
    "a document type in the properties": ({PROPERTIES: properties().replace("?>", f"?>{DTD}", 1)}, "declares a document type (DTD)"),
}  # fmt: skip

MISLEADING: dict[str, tuple[dict[str, str | bytes], str]] = {
    "a sheet outside the package": ({BOOK_LIST: str(skeleton()[BOOK_LIST]).replace("worksheets/sheet1.xml", "../../../etc/passwd")}, "which is not in the package"),
    "a sheet on another machine": ({BOOK_LIST: str(skeleton()[BOOK_LIST]).replace('Target="worksheets/sheet1.xml"', 'Target="http://x/s.xml" TargetMode="External"')}, "outside the workbook"),
    "one part for two sheets": ({BOOK_LIST: str(skeleton()[BOOK_LIST]).replace("sheet2.xml", "sheet1.xml")}, "stands for two sheets"),
    "a cell given twice": ({SHEET: sheet(TWICE)}, "holds the cell A1 twice"),
    "a row given twice": ({SHEET: sheet('<row r="1"><c r="A1"><v>1</v></c></row><row r="1"><c r="A1"><v>2</v></c></row>')}, "holds the row 1 twice"),
    "a property given twice": ({PROPERTIES: properties(run_id="<vt:r8>1</vt:r8>").replace("</Properties>", '<property name="run_id"><vt:r8>2</vt:r8></property></Properties>')}, "gives the property 'run_id' twice"),
    "a macro": (added("xl/vbaProject.bin", "http://schemas.microsoft.com/office/2006/relationships/vbaProject", b"\xd0\xcf"), "is a macro"),
    "a link to another workbook": (added("xl/externalLinks/externalLink1.xml", "externalLink"), "is a link to another workbook"),
    "a range that a password opens": ({SHEET: sheet(after='<protectedRanges><protectedRange name="x" sqref="A1:B9"/></protectedRanges>')}, "holds a locked range that may be edited"),
    "a scenario of the file's own": ({SHEET: sheet(after='<scenarios><scenario name="x"><inputCells r="A1" val="9"/></scenario></scenarios>')}, "holds a scenario of its own"),
    "a consolidation": ({SHEET: sheet(after='<dataConsolidate><dataRefs><dataRef ref="A1" sheet="x"/></dataRefs></dataConsolidate>')}, "holds a consolidation of other ranges"),
    "a sheet that is published": ({SHEET: sheet(after='<webPublishItems><webPublishItem id="1" destinationFile="http://x/y"/></webPublishItems>')}, "is published to the web"),
    "a background picture": ({SHEET: sheet(after='<picture r:id="rId1"/>')}, "holds a background picture"),
    "a formula into another workbook": ({SHEET: formula("[1]Sheet1!A1")}, "refers to another file or program"),
    "a formula into another program": ({SHEET: formula("cmd|'/C calc'!A0")}, "refers to another file or program"),
    "a data connection": (added("xl/connections.xml", "connections"), "is a data connection"),
    "a query table": (added("xl/queryTables/queryTable1.xml", "queryTable", source=SHEET_LIST), "is a query table"),
    "a pivot cache": (added("xl/pivotCache/pivotCacheDefinition1.xml", "pivotCacheDefinition"), "is a pivot table"),
    "an OLE object": (added("xl/embeddings/oleObject1.bin", "oleObject", b"\xd0\xcf", SHEET_LIST), "is an embedded object (OLE)"),
    "an embedded file": (added("xl/embeddings/x.docx", "package", b"PK", SHEET_LIST), "is an embedded file"),
    "an ActiveX control": (added("xl/activeX/activeX1.xml", "control", source=SHEET_LIST), "is an ActiveX control"),
    "custom XML": (added("customXml/item1.xml", "customXml", "<a><b>secret</b></a>"), "holds custom XML"),
    "an add-in": (added("xl/webextensions/webextension1.xml", "http://schemas.microsoft.com/office/2011/relationships/webextension"), "is an add-in"),
    "a part nothing refers to": ({"xl/evil.bin": b"MZ"}, "the part xl/evil.bin is one that the workbook does not refer to"),
    "a part out of the package": ({"../evil.xml": "<x/>"}, "leads out of the package"),
    "a workbook with macros": ({LIST: types().replace(f"{TYPES}.spreadsheetml.sheet.main+xml", "application/vnd.ms-excel.sheet.macroEnabled.main+xml")}, "it is a workbook with macros"),
    "a link to a file": ({SHEET_LIST: relations(("r1", "hyperlink", "file:///etc/passwd"), mode=' TargetMode="External"')}, "outside the workbook"),
    "a program called a picture": (added("xl/media/image1.png", "image", b"MZ\x90\0" + bytes(60), SHEET_LIST), "xl/media/image1.png is a program"),
    "a script called a setting of a printer": (added("xl/printerSettings/printerSettings1.bin", "printerSettings", b"#!/bin/sh", SHEET_LIST), "is a script"),
    "an archive called a picture of the book": (added("docProps/thumbnail.jpeg", "thumbnail", b"PK\x03\x04abcd"), "is an embedded archive"),
    "a text called a picture": (added("xl/media/image1.png", "image", b"<html>", SHEET_LIST), "is no picture"),
    "a sheet that is not called XML": (added("xl/worksheets/sheet9.bin", "worksheet"), "is not called .xml"),
    "a sheet in capitals": (added("xl/worksheets/SHEET9.XML", "worksheet"), "is not called .xml"),
    "a name that runs another program": ({BOOK: book("<definedNames><definedName name=\"x\">cmd|'/C calc'!A0</definedName></definedNames>")}, "refers to another file or program"),
    "a condition that reads another workbook": ({SHEET: sheet(after=FORMATS.replace("<formula>A1<", "<formula>[1]Sheet1!A1<").replace(WHOLE, "A1:B9"))}, "refers to another file or program"),
    "a list from another workbook": ({SHEET: sheet(after=VALIDATION.replace('"0,1"', "[1]Sheet1!A1:A9").replace(WHOLE, "A1:B9"))}, "refers to another file or program"),
    "two workbooks in one": ({"_rels/.rels": relations(("rId1", "officeDocument", BOOK), ("rId9", "officeDocument", "xl/other.xml"), ("rId2", "custom-properties", PROPERTIES)), "xl/other.xml": book()}, "names the sheet 'Assumptions' twice"),
    "a damaged part": ({SHEET: sheet()[:-5]}, "cannot be read"),
}  # fmt: skip


# ------------------------------------------------------------------ files that are no workbook, or whose package lies


def _patched(sound: bytes, offset: int, form: str, value: int) -> bytes:
    """A package whose list of parts says something else of the first part."""
    content = bytearray(sound)
    struct.pack_into(form, content, content.find(b"PK\x01\x02") + offset, value)
    return bytes(content)


def _with(method: int = zipfile.ZIP_DEFLATED, **parts: str | bytes) -> Callable[[bytes], bytes]:
    """The skeleton with other parts or more of them, or packed in another way."""

    def pack(_: bytes) -> bytes:
        file = io.BytesIO()
        with zipfile.ZipFile(file, "w", method) as archive:
            for name, content in {**skeleton(), **parts}.items():
                archive.writestr(name, content)
        return file.getvalue()

    return pack


def _first(content: str | bytes) -> Callable[[bytes], bytes]:
    return _with(**{SHEET: content})


def _utf16(text: str) -> bytes:
    return text.replace("UTF-8", "UTF-16").encode("utf-16")


CELL = '<row r="1"><c r="A1" t="str"><v>X</v></c></row>'
LONG_SHARED = "".join(
    f'<row r="{i}"><c r="A{i}"><f t="shared" si="0"{f""" ref="A1:A9000">{"+".join(["B1"] * 2000)}""" if i == 1 else ">"}</f></c></row>'
    for i in range(1, 9_000)
)
#: What is done to the bytes of a sound package, and words of the refusal.
FILES: dict[str, tuple[Callable[[bytes], bytes], str]] = {
    "an empty file": (lambda _: b"", "the file is empty"),
    "a text file": (lambda _: b"hello,world\n1,2\n", "it is a text file"),
    "a PDF": (lambda _: b"%PDF-1.7\n" + b"x" * 1_000, "it is a PDF"),
    "a workbook of Excel 97": (lambda _: bytes.fromhex("d0cf11e0a1b11ae1") + bytes(4_096), "Excel 97 to 2003 (.xls)"),
    "half a package": (lambda sound: sound[: len(sound) // 2], "it cannot be opened as a workbook"),
    "a package without its end": (lambda sound: sound[:-10], "it cannot be opened as a workbook"),
    "a program before the package": (lambda sound: b"MZ" + bytes(5_000) + sound, "a workbook is read as .xlsx"),
    "a part that says it is enormous": (lambda sound: _patched(sound, 24, "<I", 0xFFFFFFF0), "it could exhaust the machine"),
    "a part that says it is small": (lambda sound: _patched(sound, 24, "<I", 10), "cannot be read"),
    "a part with a wrong sum": (lambda sound: _patched(sound, 16, "<I", 12_345), "cannot be read"),
    "an encrypted part": (lambda sound: _patched(sound, 8, "<H", 1), "is encrypted"),
    "parts packed by LZMA": (_with(zipfile.ZIP_LZMA), "is packed in a way that .xlsx does not use"),
    "parts packed by bzip2": (_with(zipfile.ZIP_BZIP2), "is packed in a way that .xlsx does not use"),
    "20,000 parts": (_with(**{f"xl/media/x{i}.png": b"" for i in range(20_000)}), "it could exhaust the machine"),
    "a package in the package": (_with(**{"xl/media/a.zip": b"PK\x03\x04"}), "is one that the workbook does not refer to"),
    "a document type in UTF-16": (_first(_utf16(sheet().replace("?>", f"?>{DTD}", 1))), "declares a document type (DTD)"),
    "UTF-7": (_first(sheet().replace("UTF-8", "UTF-7")), "cannot be read"),
    "an encoding that is none": (_first(sheet().replace("UTF-8", "EBCDIC-XX")), "unknown encoding"),
    "bytes that are no UTF-8": (_first(sheet(CELL).encode().replace(b"X", b"\xff\xfe")), "cannot be read"),
    "a control character": (_first(sheet(CELL.replace("X", "\x01"))), "cannot be read"),
    "an attribute given twice": (_first(sheet(CELL.replace('r="1"', 'r="1" r="2"'))), "cannot be read"),
    "5,000 kinds of element": (_first(sheet(after="".join(f"<n{i}/>" for i in range(5_000)))), "holds more than 1,000 kinds of element"),
    "a row far below": (_first(sheet(CELL.replace('r="1"', 'r="999999999"'))), "where a whole number is needed"),
    "a number that is none": (_first(sheet('<row r="1"><c r="A1"><v>NaN</v></c></row>')), "which is kept as a number"),
    "a number without bounds": (_first(sheet('<row r="1"><c r="A1"><v>1e400</v></c></row>')), "which is kept as a number"),
    "a long formula that thousands share": (_first(sheet(LONG_SHARED)), "hold shared formulas of more than 4,000,000 characters"),
    "30 million characters in an attribute": (_first(sheet(after=f'<x y="{"a" * 30_000_000}"/>')), "it could exhaust the machine"),
}  # fmt: skip
