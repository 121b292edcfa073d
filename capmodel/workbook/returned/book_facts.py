"""The facts of a whole workbook: how it calculates, its names, what protects it, its properties, the remarks in it, and its theme."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from capmodel.workbook.returned.cells import unescaped
from capmodel.workbook.returned.facts import BEHAVIOUR, IDENTITY, LABELS, LOOKS, RULES, SECURITY, Fact, plain, said
from capmodel.workbook.returned.formulas import canonical
from capmodel.workbook.returned.package import Relation
from capmodel.workbook.returned.tree import Node

USUAL: dict[str, dict[str, str]] = {
    "calcPr": {"calcMode": "auto", "fullPrecision": "1", "iterate": "0", "refMode": "A1", "calcCompleted": "1", "calcOnSave": "1"},
    "workbookPr": {"date1904": "0", "showObjects": "all", "backupFile": "0", "filterPrivacy": "0", "promptedSolutions": "0", "hidePivotFieldList": "0", "autoCompressPictures": "1", "refreshAllConnections": "0"},
    "workbookView": {"visibility": "visible", "minimized": "0", "showHorizontalScroll": "1", "showVerticalScroll": "1", "showSheetTabs": "1", "autoFilterDateGrouping": "1"},
    "workbookProtection": {"lockStructure": "0", "lockWindows": "0", "lockRevision": "0"},
}  # fmt: skip
#: What programs write on their own account: when all is calculated, how often and how far a circle would be, and their windows.
IGNORED: dict[str, tuple[str, ...]] = {
    "calcPr": ("calcId", "fullCalcOnLoad", "forceFullCalc", "iterateCount", "iterateDelta", "concurrentCalc", "concurrentManualCount"),
    "workbookPr": ("defaultThemeVersion", "codeName", "dateCompatibility", "checkCompatibility", "saveExternalLinkValues", "updateLinks"),
    "workbookView": ("xWindow", "yWindow", "windowWidth", "windowHeight", "tabRatio", "firstSheet", "activeTab"),
}
KINDS = {"calcPr": BEHAVIOUR, "workbookPr": BEHAVIOUR, "workbookView": LOOKS, "workbookProtection": SECURITY}
WORDS = {"calcPr": "how it calculates", "workbookPr": "the workbook", "workbookView": "its window", "workbookProtection": "the protection of the workbook"}  # fmt: skip
#: Elements that say nothing of figures: which program wrote the file, and its sheets, which are compared by themselves.
SILENT = ("fileVersion", "sheets", "definedNames", "bookViews", "fileRecoveryPr", "extLst", "mc:AlternateContent")
HARMLESS = ("x15ac:absPath",)
RUNS_BY_ITSELF = ("auto_open", "auto_close", "auto_activate", "auto_deactivate", "_xlnm.auto_", "_xll.", "_xlfn.")
#: Names that programs define for what a sheet prints and filters.
PRINT = {"_xlnm.Print_Titles": "the printed titles", "_xlnm.Print_Area": "the print area", "_xlnm._FilterDatabase": "the filtered range"}
#: Properties of the document that a program keeps for itself: who saved it last, when, and with what.
OWN = ("lastModifiedBy", "modified", "created", "revision", "lastPrinted", "language", "version")
APPLICATION = ("Manager", "Company", "HyperlinkBase", "HLinks", "DigSig")
#: Labels of sensitivity and of document libraries, which Microsoft's programs add to any file of an organisation.
ADDED = ("MSIP_Label_", "ContentTypeId", "MediaServiceImageTags", "Order", "xd_", "_dlc_")
FONTS = ("Calibri", "Cambria", "Calibri Light", "Aptos", "Aptos Narrow", "Aptos Display", "Arial")

Facts = Iterator[Fact]


def _fact(kind: str, what: str, value: str, sheet: str = "", cell: str = "") -> Fact:
    return Fact(kind, sheet, cell, what, value)


def workbook_facts(tree: Node) -> Facts:
    """The facts of the main part."""
    sheets = [each.get("name") for each in _children(tree, "sheets")]
    for each in _children(tree, "sheets"):
        if each.get("state", "visible") != "visible":
            yield _fact(LOOKS, "the sheet is shown", each.get("state"), each.get("name"))
    views = list(_children(tree, "bookViews"))
    if len(views) > 1:
        yield _fact(LOOKS, "windows", str(len(views)))
    for node in [*tree.children, *views]:
        if node.name in USUAL:
            for name, value in said(node, USUAL[node.name], IGNORED.get(node.name, ())):
                yield _fact(KINDS[node.name], f"{WORDS[node.name]}: {name}", value)
        elif node.name == "mc:AlternateContent":
            inside = (each.name for branch in node.children for each in branch.children)
            yield from (_fact(BEHAVIOUR, f"holds {name}", "yes") for name in inside if name not in HARMLESS)
        elif node.name not in SILENT and " " not in node.name and node not in views:
            yield _fact(SECURITY, f"holds {node.name}", "yes")
    for node in _children(tree, "definedNames"):
        yield from _name(node, sheets)


def _name(node: Node, sheets: list[str]) -> Facts:
    name, where, text = node.get("name"), node.get("localSheetId"), canonical(node.text)
    sheet = sheets[int(where)] if where.isdecimal() and len(where) < 6 and int(where) < len(sheets) else ""
    if name in PRINT:
        yield _fact(LOOKS, PRINT[name], ",".join(sorted(text.replace("$", "").split(","))), sheet)
        return
    runs = name.lower().startswith(RUNS_BY_ITSELF) or any(node.is_true(each) for each in ("function", "vbProcedure", "xlm", "hidden"))
    yield _fact(SECURITY if runs else RULES, f"the name {name!r}", text, sheet)


def property_facts(parts: Mapping[str, Node], kinds: Mapping[str, str]) -> Facts:
    """What the file says of itself: its custom properties, those of the document, and those of the program that matter."""
    for part, tree in parts.items():
        kind = kinds.get(part, "")
        if kind == "custom-properties":
            for each in tree.all("property"):
                if not each.get("name").startswith(ADDED):
                    linked = " linked to a cell" if each.get("linkTarget") else ""
                    yield _fact(IDENTITY, f"the property {each.get('name')!r}", f"{unescaped(each.words())}{linked}")
        elif kind == "core-properties":
            for each in tree.children:
                if each.name not in OWN and each.words().strip():
                    # LibreOffice writes keywords without the signs between them.
                    text = each.words().replace(";", " ").replace(",", " ") if each.name == "keywords" else unescaped(each.words())
                    yield _fact(IDENTITY, f"the {each.name.rpartition(' ')[2]} of the document", " ".join(text.split()))
        elif kind == "extended-properties":
            for each in tree.children:
                if each.name in APPLICATION and each.words().strip():
                    yield _fact(IDENTITY, f"the {each.name} of the document", plain(each.words()))


def remark_facts(parts: Mapping[str, Node], kinds: Mapping[str, str], relations: tuple[Relation, ...], sheets: Mapping[str, str]) -> Facts:
    """The remarks on cells; a newer program keeps each twice, which counts once."""
    holders = {
        relation.target: sheets.get(relation.source, "") for relation in relations if relation.kind in ("comments", "threadedComment")
    }
    for part, tree in parts.items():
        if kinds.get(part) == "comments":
            for each in tree.within("comment"):
                yield _fact(LABELS, "a remark", " ".join(each.words().split()), holders.get(part, ""), each.get("ref"))
        elif kinds.get(part) == "threadedComment":
            for each in tree.children:
                yield _fact(LABELS, "a threaded remark", " ".join(each.words().split()), holders.get(part, ""), each.get("ref"))


def theme_facts(tree: Node | None) -> Facts:
    """The fonts of the theme, which letters of a book may be written in; its colours are seen in the looks of cells."""
    for which in ("majorFont", "minorFont"):
        font = tree.first("themeElements", "fontScheme", which, "latin") if tree else None
        if font is not None and font.get("typeface") not in FONTS:
            yield _fact(LOOKS, f"the {which} of the theme", font.get("typeface"))


def _children(tree: Node, name: str) -> list[Node]:
    found = tree.first(name)
    return found.children if found else []
