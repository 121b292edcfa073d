"""Ways to change a book that comes back, each in the XML of one part or more: what the eye sees, what the program does, what it says of itself.

Parts are named by their path, or by the sheet they hold. Each way states the class of the difference and words of it.
"""

from __future__ import annotations

import re
import zipfile
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import NamedTuple

from workbook_files import edited, part_of

Change = Callable[[str], str]
BOOK, STYLES, TEXTS, THEME, CUSTOM, CORE, APP = (
    "xl/workbook.xml",
    "xl/styles.xml",
    "xl/sharedStrings.xml",
    "xl/theme/theme1.xml",
    "docProps/custom.xml",
    "docProps/core.xml",
    "docProps/app.xml",
)
CHART = "xl/charts/chart1.xml"
X14 = "http://schemas.microsoft.com/office/spreadsheetml/2009/9/main"
XM = "http://schemas.microsoft.com/office/excel/2006/main"


class Tampered(NamedTuple):
    """A way to change a book: what is done to which parts, the class of the difference, and words of it."""

    changes: Mapping[str, Change]
    kind: str
    words: str

    def written(self, workbook: Path, to: Path) -> Path:
        """A copy of a book that is changed so."""
        parts = {part if "/" in part else part_of(workbook, part): change for part, change in self.changes.items()}
        return edited(workbook, to, parts)


def swap(old: str, new: str, count: int = 1) -> Change:
    """Replaces a text, once unless more is asked."""
    return lambda xml: xml.replace(old, new, count)


def sub(pattern: str, new: str, count: int = 1) -> Change:
    """Replaces what a pattern finds."""
    return lambda xml: re.sub(pattern, new, xml, count=count, flags=re.DOTALL)


def before(mark: str, xml: str) -> Change:
    """Puts something before a mark."""
    return swap(mark, xml + mark)


def look(old: str, new: str) -> Mapping[str, Change]:
    """A change of the looks of cells."""
    return {STYLES: swap(old, new)}


def cell(sheet: str, where: str, change: Change) -> Mapping[str, Change]:
    """A change of one cell of a sheet."""

    def changed(xml: str) -> str:
        found = re.search(rf'<c r="{where}"[^>]*?(/>|>.*?</c>)', xml)
        assert found, where
        return xml[: found.start()] + change(found[0]) + xml[found.end() :]

    return {sheet: changed}


WHITE = '<font><color rgb="FFFFFFFF"/></font>'
CONDITION = '<conditionalFormatting sqref="B1:B30"><cfRule type="expression" dxfId="3" priority="99"><formula>TRUE</formula></cfRule></conditionalFormatting>'
EXTENDED = (
    f'<extLst><ext uri="{{78C0D931-6437-407d-A8EE-F0AAD7539E65}}" xmlns:x14="{X14}"><x14:conditionalFormattings><x14:conditionalFormatting xmlns:xm="{XM}">'
    f'<x14:cfRule type="expression" priority="9" id="{{1}}"><xm:f>TRUE</xm:f><x14:dxf>{WHITE}</x14:dxf></x14:cfRule><xm:sqref>B1:B30</xm:sqref>'
    "</x14:conditionalFormatting></x14:conditionalFormattings></ext></extLst>"
)
SPARKLINES = f'<extLst><ext uri="{{05C60535}}" xmlns:x14="{X14}"><x14:sparklineGroups/></ext></extLst>'
SHAPE = (
    '<xdr:twoCellAnchor><xdr:from><xdr:col>1</xdr:col><xdr:colOff>0</xdr:colOff><xdr:row>5</xdr:row><xdr:rowOff>0</xdr:rowOff></xdr:from><xdr:to><xdr:col>3</xdr:col>'
    "<xdr:colOff>0</xdr:colOff><xdr:row>9</xdr:row><xdr:rowOff>0</xdr:rowOff></xdr:to><xdr:sp><xdr:nvSpPr><xdr:cNvPr id=\"9\" name=\"TextBox 1\"/><xdr:cNvSpPr/></xdr:nvSpPr>"
    "<xdr:txBody><a:p><a:r><a:t>12,000,000</a:t></a:r></a:p></xdr:txBody></xdr:sp><xdr:clientData/></xdr:twoCellAnchor>"
)  # fmt: skip
MONEY = 'formatCode="#,##0.00_);(#,##0.00)"'
LONG = 'formatCode="#,##0_);(#,##0)"'
SUMMARY = "Out 1 Summary"

#: What the eye sees.
SEEN: dict[str, Tampered] = {
    "a payment shown as a receipt": Tampered(look(MONEY, 'formatCode="(#,##0.00);#,##0.00_)"'), "looks", "number format"),
    "pounds shown divided by 1,000": Tampered(look(MONEY, 'formatCode="#,##0,_);(#,##0,)"'), "looks", "number format"),
    "another figure shown": Tampered(look(MONEY, 'formatCode="&quot;1,000.00&quot;"'), "looks", "number format"),
    "CHECK drawn as OK": Tampered(look('formatCode="@"', 'formatCode="&quot;OK&quot;"'), "looks", "number format"),
    "a number format without decimals": Tampered(look('formatCode="0.000%_);(0.000%)"', 'formatCode="0%"'), "looks", "number format"),
    "white letters": Tampered(look('<color rgb="FF595959"/>', '<color rgb="FFFFFFFF"/>'), "looks", "letters was '595959', is 'FFFFFF'"),
    "letters of another colour": Tampered(look('<color rgb="FFC00000"/>', '<color rgb="FF375623"/>'), "looks", "letters was 'C00000', is '375623'"),
    "letters in a colour of the theme": Tampered(look('<color rgb="FF595959"/>', '<color theme="0" tint="-0.05"/>'), "looks", "letters"),
    "a theme that makes letters white": Tampered({THEME: swap('lastClr="000000"', 'lastClr="FFFFFF"')}, "looks", "letters was '000000', is 'FFFFFF'"),
    "a theme of another font": Tampered({THEME: sub(r'(<a:minorFont><a:latin typeface=")[^"]*', r"\1Wingdings")}, "looks", "minorFont of the theme"),
    "a palette that makes letters white": Tampered({STYLES: lambda xml: xml.replace('<color theme="1"/>', '<color indexed="8"/>').replace("</styleSheet>", "<colors><indexedColors>" + '<rgbColor rgb="FFFFFFFF"/>' * 64 + "</indexedColors></colors></styleSheet>")}, "looks", "letters was '000000', is 'FFFFFF'"),
    "specks in place of letters": Tampered(look('<sz val="10"/><color rgb="FF595959"/>', '<sz val="1"/><color rgb="FF595959"/>'), "looks", "size"),
    "struck through": Tampered(look('<font><b/><sz val="10"/>', '<font><b/><strike/><sz val="10"/>'), "looks", "struck through"),
    "another font": Tampered(look('<sz val="10"/><color rgb="FF595959"/><name val="Arial"/>', '<sz val="10"/><color rgb="FF595959"/><name val="Wingdings"/>'), "looks", "font"),
    "the colour of inputs on formulas": Tampered({STYLES: swap('<xf numFmtId="166" fontId="0" fillId="0"', '<xf numFmtId="166" fontId="5" fillId="3"')}, "looks", "ground was 'none', is 'FFF2CC'"),
    "an input in the colours of a formula": Tampered(look('<fgColor rgb="FFFFF2CC"/>', '<fgColor rgb="FFFFFFFF"/>'), "looks", "ground was 'FFF2CC', is 'FFFFFF'"),
    "a ground that hides letters": Tampered(look('<fgColor rgb="FFEDEDED"/>', '<fgColor rgb="FF000000"/>'), "looks", "ground was 'EDEDED', is '000000'"),
    "a text turned on its side": Tampered(look('<alignment vertical="center"/>', '<alignment vertical="center" textRotation="90"/>'), "looks", "rotation"),
    "a text that shrinks": Tampered(look('<alignment vertical="center"/>', '<alignment vertical="center" shrinkToFit="1"/>'), "looks", "shrinking"),
    "a figure that fills its cell with repeats": Tampered(look('<alignment vertical="center"/>', '<alignment horizontal="fill" vertical="center"/>'), "looks", "horizontal"),
    "rich text struck through": Tampered({TEXTS: sub(r"<si><t[^>]*>(published)</t></si>", r"<si><r><rPr><strike/></rPr><t>\1</t></r></si>")}, "looks", "how its letters are written was added: 'struck through'"),
    "rich text in white": Tampered({TEXTS: sub(r"<si><t[^>]*>(illustrative)</t></si>", r'<si><r><rPr><color rgb="FFFFFFFF"/></rPr><t>\1</t></r></si>')}, "looks", "colour FFFFFFFF"),
    "a conditional format added": Tampered({SUMMARY: before("<pageMargins", CONDITION)}, "looks", "the conditional format expression TRUE: ground FFC7CE, letters 9C0006 was added: 'B1:B30'"),
    "a conditional format in an extension": Tampered({SUMMARY: before("</worksheet>", EXTENDED)}, "looks", "the conditional format expression TRUE: letters FFFFFF was added: 'B1:B30'"),
    "a conditional format removed": Tampered({"Checks": sub(r"<conditionalFormatting.*</conditionalFormatting>", "")}, "looks", "is gone"),
    "a conditional format of fewer cells": Tampered({"Checks": sub(r'<conditionalFormatting sqref="[^"]*"', '<conditionalFormatting sqref="B2"', 9)}, "looks", "the conditional format"),
    "a conditional format for another word": Tampered({"Checks": swap('<formula>"CHECK"</formula>', '<formula>"NEVER"</formula>')}, "looks", '"NEVER"'),
    "a condition that is drawn otherwise": Tampered(look("FF9C0006", "FF006100"), "looks", "letters 006100"),
    "bars in place of figures": Tampered({SUMMARY: before("<pageMargins", '<conditionalFormatting sqref="B5:B9"><cfRule type="dataBar" priority="98"><dataBar showValue="0"><cfvo type="min"/></dataBar></cfRule></conditionalFormatting>')}, "looks", "dataBar showValue=0"),
    "small charts in cells": Tampered({SUMMARY: before("</worksheet>", SPARKLINES)}, "looks", "holds x14:sparklineGroups"),
    "a row of no height": Tampered({SUMMARY: sub(r'<row r="7" spans="1:\d+"( ht="[^"]*" customHeight="1")?', '<row r="7" ht="0" customHeight="1"')}, "looks", "row 7: height in points"),
    "a hidden row": Tampered({SUMMARY: sub(r'<row r="7"', '<row r="7" hidden="1"')}, "looks", "row 7: hidden was 'no', is 'yes'"),
    "a row that cuts its text": Tampered({"Sign-off": swap('ht="30" customHeight="1"', 'ht="12" customHeight="1"')}, "looks", "height in points was 30, is 12"),
    "a column of no width": Tampered({SUMMARY: sub(r'<col min="2"( max="\d+") width="[^"]*"', r'<col min="2"\1 width="0.1"')}, "looks", "column 2: width"),
    "a hidden column": Tampered({SUMMARY: sub(r'<col min="2"', '<col hidden="1" min="2"')}, "looks", "column 2: hidden"),
    "a row with a ground": Tampered({SUMMARY: sub(r'<row r="7"', '<row r="7" s="4" customFormat="1"')}, "looks", "row 7: the look of empty cells was added: '1F3864'"),
    "rows that are hidden unless they say otherwise": Tampered({SUMMARY: swap("<sheetFormatPr ", '<sheetFormatPr zeroHeight="1" ')}, "looks", "rows that say nothing of their height"),
    "zeros not shown": Tampered({SUMMARY: swap("<sheetView ", '<sheetView showZeros="0" ')}, "looks", "the view: showZeros"),
    "formulas in place of figures": Tampered({SUMMARY: swap("<sheetView ", '<sheetView showFormulas="1" ')}, "looks", "the view: showFormulas"),
    "letters of columns not shown": Tampered({SUMMARY: swap("<sheetView ", '<sheetView showRowColHeaders="0" ')}, "looks", "the view: showRowColHeaders"),
    "from right to left": Tampered({SUMMARY: swap("<sheetView ", '<sheetView rightToLeft="1" ')}, "looks", "the view: rightToLeft"),
    "a zoom of 10%": Tampered({SUMMARY: swap("<sheetView ", '<sheetView zoomScale="10" ')}, "looks", "the view: zoomScale was added: '10'"),
    "panes frozen elsewhere": Tampered({SUMMARY: sub(r'ySplit="\d+"', 'ySplit="30"')}, "looks", "the panes"),
    "cells above the panes out of reach": Tampered({SUMMARY: swap("<sheetView ", '<sheetView topLeftCell="A9" ')}, "looks", "the first cell that can be reached"),
    "a chart of other figures": Tampered({CHART: sub(r"(<c:val><c:numRef><c:f>[^<]*)\$C\$5", r"\1$D$5")}, "figures", "values"),
    "a chart of fewer figures": Tampered({CHART: sub(r"(<c:val><c:numRef><c:f>[^<]*\$C\$)\d+<", r"\g<1>8<")}, "figures", "values"),
    "a chart of another title": Tampered({CHART: sub(r"<a:t>Payments by party", "<a:t>Savings by party")}, "labels and sources", "title"),
    "a series of another name": Tampered({CHART: swap("<c:v>Payment</c:v>", "<c:v>Saving</c:v>")}, "labels and sources", "series 1.1: name"),
    "a chart that keeps other figures": Tampered({CHART: sub(r"(<c:val>.*?<c:pt idx=\"0\"><c:v>)[^<]*", r"\g<1>1.5")}, "figures", "figures drawn"),
    "an axis cut": Tampered({CHART: swap('<c:min val="0"/>', '<c:min val="100000000"/>')}, "looks", "axis 2: min was '0', is '100000000'"),
    "an axis of logarithms": Tampered({CHART: swap('<c:min val="0"/>', '<c:logBase val="10"/><c:min val="0"/>')}, "looks", "logBase"),
    "an axis the other way round": Tampered({CHART: swap('val="minMax"', 'val="maxMin"')}, "looks", "orientation"),
    "an axis in other units": Tampered({CHART: swap('formatCode="#,##0"', 'formatCode="#,##0,"')}, "looks", "number format"),
    "a chart of another kind": Tampered({CHART: swap("<c:grouping val=\"clustered\"/>", "<c:grouping val=\"percentStacked\"/>")}, "looks", "kind 1"),
    "a chart in other colours": Tampered({CHART: swap('<a:srgbClr val="1F3864"/>', '<a:srgbClr val="FFFFFF"/>')}, "looks", "colour"),
    "a trend line": Tampered({CHART: before("<c:cat>", '<c:trendline><c:trendlineType val="linear"/></c:trendline>')}, "looks", "holds trendline"),
    "a chart removed": Tampered({"xl/drawings/drawing1.xml": sub(r"<xdr:twoCellAnchor.*?</xdr:twoCellAnchor>", "")}, "figures", "is gone"),
    "a chart moved": Tampered({"xl/drawings/drawing1.xml": sub(r"<xdr:row>\d+</xdr:row>", "<xdr:row>400</xdr:row>", 2)}, "looks", "the place of the chart"),
    "a text box over figures": Tampered({"xl/drawings/drawing1.xml": before("</xdr:wsDr>", SHAPE)}, "looks", "shape over the cells: 12,000,000"),
    "a print area": Tampered({BOOK: before("</definedNames>", '<definedName name="_xlnm.Print_Area" localSheetId="2">\'Out 1 Summary\'!$A$1:$B$9</definedName>')}, "looks", "the print area was added"),
    "printed titles": Tampered({BOOK: swap("'Out 1 Summary'!$1:$4", "'Out 1 Summary'!$1:$9")}, "looks", "the printed titles"),
    "a header": Tampered({SUMMARY: swap("<headerFooter>", "<headerFooter><oddHeader>Audited</oddHeader>")}, "looks", "the printed oddHeader was added: 'Audited'"),
    "a footer": Tampered({SUMMARY: sub(r"<oddFooter>[^<]*", "<oddFooter>Agreed")}, "looks", "the printed oddFooter"),
    "errors printed as blanks": Tampered({SUMMARY: swap("<pageSetup ", '<pageSetup errors="blank" ')}, "looks", "the print set-up: errors"),
    "margins that leave nothing": Tampered({SUMMARY: sub(r'<pageMargins left="[^"]*"', '<pageMargins left="7"')}, "looks", "the margin left"),
    "a scale that cannot be read": Tampered({SUMMARY: sub(r'scale="\d+"', 'scale="10"')}, "looks", "the print set-up: scale"),
    "a page break": Tampered({SUMMARY: sub(r'<brk id="\d+"', '<brk id="3"')}, "looks", "the page breaks (rows)"),
    "a hidden sheet": Tampered({BOOK: swap('name="Checks"', 'name="Checks" state="hidden"')}, "looks", "the sheet is shown"),
    "merged cells": Tampered({SUMMARY: before("<conditionalFormatting", '<mergeCells count="1"><mergeCell ref="A7:B7"/></mergeCells>')}, "looks", "merged cells"),
    "a coloured tab": Tampered({"Checks": swap("<sheetPr>", '<sheetPr><tabColor rgb="FFFF0000"/>')}, "looks", "the colour of its tab"),
    "no tabs": Tampered({BOOK: swap("<workbookView ", '<workbookView showSheetTabs="0" ')}, "looks", "its window: showSheetTabs"),
    "objects not shown": Tampered({BOOK: swap("<workbookPr ", '<workbookPr showObjects="none" ')}, "behaviour", "the workbook: showObjects"),
}  # fmt: skip

FIRST_CHOICE = r'<dataValidation type="list".*?</dataValidation>'
#: What the program does, and what it keeps from whom.
DONE: dict[str, Tampered] = {
    "precision as displayed": Tampered({BOOK: swap("<calcPr ", '<calcPr fullPrecision="0" ')}, "behaviour", "how it calculates: fullPrecision"),
    "calculates when asked": Tampered({BOOK: swap("<calcPr ", '<calcPr calcMode="manual" ')}, "behaviour", "calcMode was added: 'manual'"),
    "repeats circles": Tampered({BOOK: swap("<calcPr ", '<calcPr iterate="1" ')}, "behaviour", "iterate"),
    "dates from 1904": Tampered({BOOK: swap("<workbookPr ", '<workbookPr date1904="1" ')}, "behaviour", "date1904"),
    "a choice removed": Tampered({"Assumptions": sub(FIRST_CHOICE, "")}, "behaviour", "what the cell accepts"),
    "a choice widened": Tampered({"Assumptions": swap("<formula2>1</formula2>", "<formula2>9</formula2>")}, "behaviour", "what the cell accepts was 'decimal between 0.0 and 1.0', is 'decimal between 0.0 and 9.0'"),
    "a choice that only warns": Tampered({"Assumptions": swap("<dataValidation ", '<dataValidation errorStyle="warning" ')}, "behaviour", "warning"),
    "a choice without its message": Tampered({"Assumptions": swap(' showErrorMessage="1"', "")}, "behaviour", "not showErrorMessage"),
    "words beside an input": Tampered({"Assumptions": sub(r' prompt="[^"]*"', ' prompt="Agreed by the auditors"')}, "labels and sources", "what the cell says (prompt)"),
    "a choice on a formula": Tampered({SUMMARY: before("<pageMargins", '<dataValidations count="1"><dataValidation type="whole" sqref="B7"><formula1>1</formula1></dataValidation></dataValidations>')}, "behaviour", "what the cell accepts was added"),
    "protection lifted": Tampered({SUMMARY: sub(r"<sheetProtection[^>]*/>", "")}, "security", "the protection of the sheet is gone"),
    "protection loosened": Tampered({SUMMARY: swap("<sheetProtection ", '<sheetProtection deleteRows="0" ')}, "security", "the protection of the sheet: deleteRows"),
    "objects not protected": Tampered({SUMMARY: sub(r'(<sheetProtection[^>]*) objects="1"', r"\1")}, "security", "the protection of the sheet: objects is gone"),
    "a password": Tampered({SUMMARY: swap("<sheetProtection ", '<sheetProtection password="CC1A" ')}, "security", "a password of the protection"),
    "a hashed password": Tampered({SUMMARY: swap("<sheetProtection ", '<sheetProtection algorithmName="SHA-512" hashValue="x" saltValue="y" spinCount="9" ')}, "security", "a password of the protection"),
    "cells that cannot be selected": Tampered({SUMMARY: swap("<sheetProtection ", '<sheetProtection selectLockedCells="1" ')}, "security", "selectLockedCells"),
    "the structure protected": Tampered({BOOK: before("<bookViews>", '<workbookProtection lockStructure="1"/>')}, "security", "the protection of the workbook: lockStructure"),
    "formulas hidden": Tampered({STYLES: sub(r'(<xf numFmtId="16[67]"[^>]*)>(<alignment[^>]*/>)?', r'\1 applyProtection="1">\2<protection hidden="1"/>')}, "security", "hides its formula"),
    "formulas unlocked": Tampered({STYLES: sub(r'(<xf numFmtId="16[67]"[^>]*)>(<alignment[^>]*/>)?', r'\1 applyProtection="1">\2<protection locked="0"/>')}, "security", "locked was 'yes', is 'no'"),
    "inputs locked": Tampered({STYLES: sub(r'<protection locked="0"/>', "", 99)}, "security", "locked was 'no', is 'yes'"),
    "warnings not shown": Tampered({SUMMARY: before("</worksheet>", '<ignoredErrors><ignoredError sqref="A1:B9" formula="1"/></ignoredErrors>')}, "behaviour", "warnings that are not shown: formula was added: 'A1:B9'"),
    "a filter": Tampered({SUMMARY: before("<conditionalFormatting", '<autoFilter ref="A5:B9"/>')}, "behaviour", "a filter, which may hide rows"),
    "a view of its own": Tampered({SUMMARY: before("<pageMargins", '<customSheetViews><customSheetView guid="{1}"/></customSheetViews>')}, "behaviour", "holds customSheetViews"),
    "read only if asked": Tampered({BOOK: before("<workbookPr ", '<fileSharing readOnlyRecommended="1"/>')}, "security", "holds fileSharing"),
    "a name that runs when it is opened": Tampered({BOOK: before("</definedNames>", '<definedName name="Auto_Open">Cover!$A$1</definedName>')}, "security", "the name 'Auto_Open'"),
    "a hidden name": Tampered({BOOK: before("</definedNames>", '<definedName name="rate" hidden="1">0.5</definedName>')}, "security", "the name 'rate'"),
    "a name": Tampered({BOOK: before("</definedNames>", '<definedName name="rate">Cover!$A$1</definedName>')}, "rules", "the name 'rate'"),
    "a link that leads elsewhere": Tampered({"Cover": sub(r"(<hyperlink ref=\"[^\"]*\" location=\")[^\"]*", r"\1Checks!A99")}, "security", "the link was"),
    "a link added": Tampered({SUMMARY: before("<pageMargins", '<hyperlinks><hyperlink ref="A7" location="Cover!A1"/></hyperlinks>')}, "security", "the link was added"),
}  # fmt: skip

#: What the file says of itself, and what its cells hold.
SAID: dict[str, Tampered] = {
    "the name of the place": Tampered({CUSTOM: swap(">tiny-place<", ">large-place<")}, "identity", "the property 'place' was 'tiny-place', is 'large-place'"),
    "the run": Tampered({CUSTOM: sub(r'(name="run_id"><vt:lpwstr>)\w{4}', r"\g<1>1111")}, "identity", "the property 'run_id'"),
    "the version": Tampered({CUSTOM: sub(r'(name="capmodel_version"><vt:lpwstr>)[^<]*', r"\g<1>9.9")}, "identity", "the property 'capmodel_version'"),
    "a property added": Tampered({CUSTOM: before("</Properties>", '<property fmtid="{D5CDD505-2E9C-101B-9397-08002B2CF9AE}" pid="99" name="audited"><vt:lpwstr>yes</vt:lpwstr></property>')}, "identity", "the property 'audited' was added: 'yes'"),
    "a property taken away": Tampered({CUSTOM: sub(r'<property [^>]*name="solver".*?</property>', "")}, "identity", "the property 'solver' is gone"),
    "another title": Tampered({CORE: sub(r"<dc:title>[^<]*", "<dc:title>Final")}, "identity", "the title of the document"),
    "another author": Tampered({CORE: sub(r"<dc:creator>[^<]*", "<dc:creator>National Audit Office")}, "identity", "the creator of the document"),
    "a state of the document": Tampered({CORE: before("</cp:coreProperties>", "<cp:contentStatus>Audited</cp:contentStatus>")}, "identity", "the contentStatus of the document"),
    "another company": Tampered({APP: sub(r"<Company>[^<]*", "<Company>Elsewhere")}, "identity", "the Company of the document"),
    "a base of links": Tampered({APP: before("<Company>", "<HyperlinkBase>http://elsewhere.example/</HyperlinkBase>")}, "identity", "the HyperlinkBase of the document"),
    "a label": Tampered({TEXTS: swap("<t>illustrative</t>", "<t>published</t>")}, "labels and sources", "the text was 'illustrative', is 'published'"),
    "a formula in an entry": Tampered(cell("Sign-off", "B5", sub(r"/>", '><f>HYPERLINK("http://x")</f><v>0</v></c>')), "rules", "the entry was added: '=HYPERLINK"),
    "a formula altered": Tampered(cell(SUMMARY, "C5", swap("</f>", "*1</f>")), "rules", "the formula was"),
    "a formula overwritten": Tampered(cell(SUMMARY, "C5", sub(r"<f>.*</f>", "")), "rules", "the formula was"),
    "a figure of a record": Tampered(cell(SUMMARY, "D5", sub(r"<v>.*</v>", "<v>7</v>")), "figures", "the figure was"),
    "a text in an input": Tampered(cell("Assumptions", "B6", sub(r"><v>.*</v>", ' t="str"><v>half</v>')), "figures", "the input was"),
    "an input emptied": Tampered(cell("Assumptions", "B6", sub(r"<v>.*</v>", "")), "figures", "the input is gone"),
    "a cell added": Tampered({SUMMARY: before("</sheetData>", '<row r="900"><c r="B900"><v>5</v></c></row>')}, "figures", "the cell was added: 5"),
    "a sheet renamed": Tampered({BOOK: swap('name="Certificate"', 'name="Evidence"')}, "rules", "the whole sheet"),
}  # fmt: skip
ALL = {**SEEN, **DONE, **SAID}

REMARK = """<comments xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"><authors><author>x</author></authors>
<commentList><comment ref="A1" authorId="0"><text><t>Audited</t></text></comment></commentList></comments>"""


def with_remark(workbook: Path, to: Path) -> Path:
    """A copy of a book in which somebody has written a remark on the first cell of the summary."""
    relations = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
    content = "application/vnd.openxmlformats-officedocument.spreadsheetml.comments+xml"
    beside = part_of(workbook, SUMMARY).replace("worksheets/", "worksheets/_rels/") + ".rels"
    changes = {
        "[Content_Types].xml": before("</Types>", f'<Override PartName="/xl/comments1.xml" ContentType="{content}"/>'),
        beside: before("</Relationships>", f'<Relationship Id="rId99" Type="{relations}/comments" Target="../comments1.xml"/>'),
    }
    with zipfile.ZipFile(edited(workbook, to, changes), "a") as package:
        package.writestr("xl/comments1.xml", REMARK)
    return to
