"""What no counterparty may add to a workbook: parts and relations that a book of capmodel does not have.

Spreadsheet programs add some parts of their own when they save a book (a theme, the order of calculation, printer settings,
comments, a sensitivity label); these are allowed. Everything else is refused by name before anything of it is read.
"""

from __future__ import annotations

import re
import zipfile

from capmodel.errors import BadInput, Problem
from capmodel.workbook.returned.package import Package, Refused, Relation, refusal, stream

#: Relations that a book of capmodel has, or that a spreadsheet program adds when it saves one.
ALLOWED = frozenset(
    [
        "officeDocument",
        "core-properties",
        "extended-properties",
        "custom-properties",
        "thumbnail",
        "worksheet",
        "sharedStrings",
        "styles",
        "theme",
        "calcChain",
        "drawing",
        "chart",
        "chartStyle",
        "chartColorStyle",
        "themeOverride",
        "comments",
        "vmlDrawing",
        "threadedComment",
        "person",
        "printerSettings",
        "hyperlink",
        "sheetMetadata",
        "classificationlabels",
        "image",
        "customXml",
        "customXmlProps",
    ]
)
#: What else Office knows, in the user's words: by a word of the relation, of the content type or of the part's name.
WORDS = {
    "macrosheet": "a macro sheet",
    "vba": "a macro",
    "macro": "a macro",
    "externallink": "a link to another workbook",
    "connections": "a data connection",
    "querytable": "a query table",
    "pivot": "a pivot table",
    "oleobject": "an embedded object (OLE)",
    "embeddings": "an embedded file",
    "package": "an embedded file",
    "activex": "an ActiveX control",
    "ctrlprop": "a form control",
    "control": "an ActiveX control",
    "customui": "a ribbon of its own",
    "extensibility": "a ribbon of its own",
    "webextension": "an add-in",
    "customxml": "custom XML",
    "slicer": "a slicer",
    "timeline": "a timeline",
    "table": "a table",
    "dialogsheet": "a dialog sheet",
    "chartsheet": "a chart sheet",
    "signature": "a digital signature",
}
_MAIN = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet.main+xml"
_ONCE = ("sheet.main+xml", "sharedStrings+xml", "styles+xml")
_LINKS = ("http://", "https://", "mailto:")
_DEFAULTS = re.compile(
    r"image/[\w.+-]+|application/xml|application/vnd\.openxmlformats-package\.relationships\+xml"
    r"|application/vnd\.openxmlformats-officedocument\.(vmlDrawing|spreadsheetml\.printerSettings)"
)
#: How files begin that a program could run or open, whatever they are called, and how pictures begin.
PROGRAMS = {b"MZ": "a program", b"\x7fELF": "a program", b"#!": "a script", b"PK\x03\x04": "an embedded archive", b"\xd0\xcf\x11\xe0": "an embedded file", b"%PDF": "an embedded file", b"{\\rtf": "an embedded file"}  # fmt: skip
PICTURES = (b"\x89PNG", b"\xff\xd8\xff", b"GIF8", b"BM", b"\x01\x00\x00\x00", b"\xd7\xcd\xc6\x9a", b"RIFF", b"II*\x00", b"MM\x00*")
LARGEST_DRAWING = 5_000_000  # bytes of the old drawings that hold comments
WHY = "a book of capmodel does not have it, and nobody may add it"
REMEDY = "Ask for the workbook again without it"


def refuse_foreign(package: Package) -> None:
    """Refuse what a book of capmodel cannot hold, all of it in one report.

    Raises:
        BadInput: macros, links to other files, connections, embedded objects, controls, stray parts, relations that lead outside.
    """
    problems: dict[str, Problem] = {}

    def refuse(about: str, what: str, why: str = WHY) -> None:
        problems.setdefault(about, Problem(package.path.name, what, why, REMEDY))

    for relation in package.relations:
        what = _foreign(relation, package)
        if what:
            refuse(relation.target, what)
    for name, kind in package.types:
        word = _word(kind.rpartition(".")[2])
        if (word and not name.startswith(".")) or (name.startswith(".") and not _DEFAULTS.fullmatch(kind)):
            refuse(name, f"{name} is {word or f'said to be {kind!r}'}")
    for name in sorted(set(package.parts) - _reached(package)):
        refuse(name, f"the part {name} is {_word(name) or 'one that the workbook does not refer to'}")
    _check_main(package)
    if problems:
        raise BadInput(list(problems.values()))
    _check_contents(package)


def _word(name: str) -> str:
    """What a relation, a content type or a name of a part stands for, where it is foreign."""
    small = name.lower()
    return next((words for word, words in WORDS.items() if word in small), "")


def _foreign(relation: Relation, package: Package) -> str:
    if relation.kind not in ALLOWED:
        kind = relation.kind.rpartition("/")[2]
        return f"{relation.target} is {_word(kind) or f'a part of a kind ({kind})'}"
    if relation.external:
        if relation.kind == "hyperlink" and relation.target.lower().startswith(_LINKS):
            return ""
        return f"{relation.source} refers to {relation.target!r}, outside the workbook"
    if relation.kind == "hyperlink":
        return ""  # a place in the workbook
    if relation.target not in package.parts:
        return f"{relation.source or 'the package'} refers to {relation.target!r}, which is not in the package"
    same = [other for other in package.relations if other.target == relation.target and other.kind == "worksheet"]
    return f"{relation.target} stands for two sheets" if relation.kind == "worksheet" and len(same) > 1 else ""


def _reached(package: Package) -> set[str]:
    """The parts that can be reached from the package by its relations, and the lists of relations themselves."""
    leads: dict[str, list[str]] = {}
    for relation in package.relations:
        if not relation.external:
            leads.setdefault(relation.source, []).append(relation.target)
    reached, ahead = {"", "[Content_Types].xml"}, [""]
    while ahead:
        for target in leads.get(ahead.pop(), []):
            if target not in reached:
                reached.add(target)
                ahead.append(target)
    lists = {
        name: name.replace("_rels/", "", 1) if name.startswith("_rels/") else name.replace("/_rels/", "/", 1) for name in package.parts
    }
    return reached | {name for name, source in lists.items() if name.endswith(".rels") and source.removesuffix(".rels") in reached}


def _check_main(package: Package) -> None:
    """One workbook part, which the package and the content types name alike."""
    main = [relation.target for relation in package.relations if relation.kind == "officeDocument" and not relation.source]
    kinds = dict(package.types)
    if len(main) != 1 or main[0] != "xl/workbook.xml":
        raise refusal(package.path, f"its main part is {' and '.join(main) or 'not named'}", "that of a workbook is xl/workbook.xml")
    if kinds.get("xl/workbook.xml") != _MAIN:
        kind = kinds.get("xl/workbook.xml", "not said")
        what = "a template" if "template" in kind else "a workbook with macros" if "macro" in kind.lower() else f"said to be {kind!r}"
        raise refusal(package.path, f"it is {what}", "a book of capmodel is a plain .xlsx workbook", "Save it as Excel Workbook (.xlsx)")
    for ending in _ONCE:
        twice = [name for name, kind in package.types if kind.endswith(ending)]
        if len(twice) > 1:
            raise refusal(package.path, f"{' and '.join(twice)} are each said to be the {ending.removesuffix('+xml')}", "there is one")


def _check_contents(package: Package) -> None:
    """What an allowed kind of part may still hold: custom XML is empty, and drawings of comments hold only comments."""
    with zipfile.ZipFile(package.path) as archive:
        for relation in (each for each in package.relations if not each.external and each.target in package.parts):
            _check_kind(package, archive, relation)
            if relation.kind == "customXml":
                _check_empty(package, archive, relation.target)
            elif relation.kind == "vmlDrawing":
                if archive.getinfo(relation.target).file_size > LARGEST_DRAWING:
                    raise refusal(
                        package.path, f"{relation.target} is over {LARGEST_DRAWING:,} bytes", "it is far larger than comments are"
                    )
                objects = re.findall(rb"""ObjectType\s*=\s*["']([^"']*)""", archive.read(relation.target))
                other = next((kind.decode("latin-1") for kind in objects if kind != b"Note"), "")
                if other:
                    raise refusal(package.path, f"{relation.target} holds a form control ({other})", WHY, REMEDY)


def _check_kind(package: Package, archive: zipfile.ZipFile, relation: Relation) -> None:
    """A part is what its relation says: XML where programs read XML, a picture where they show one, and never a program."""
    is_picture = relation.kind in ("image", "thumbnail")
    if not is_picture and relation.kind not in ("printerSettings", "vmlDrawing", "hyperlink"):
        if not relation.target.endswith((".xml", ".rels")):
            raise refusal(package.path, f"{relation.target} is said to be {relation.kind} and is not called .xml", WHY, REMEDY)
        return
    with archive.open(relation.target) as part:
        start = part.read(8)
    what = next((words for mark, words in PROGRAMS.items() if start.startswith(mark)), "")
    if is_picture and not start.startswith(PICTURES) and not relation.target.endswith(".svg"):
        what = what or "no picture"
    if what:
        raise refusal(package.path, f"{relation.target} is {what}", WHY, REMEDY)


def _check_empty(package: Package, archive: zipfile.ZipFile, part: str) -> None:
    seen: list[str] = []

    def start(name: str, attributes: dict[str, str]) -> None:
        seen.append(name)
        if len(seen) > 1 or any(not key.startswith("xmlns") for key in attributes):
            raise Refused("holds custom XML", WHY)

    def text(characters: str) -> None:
        if characters.strip():
            raise Refused("holds custom XML", WHY)

    stream(package.path, archive, part, start, None, text)
