"""Reads the parts of a workbook once, as a stream, within bounds: how much they hold, their cells, and what else they show.

A file of a few hundred kilobytes can fill the memory or crash a program that loads it: with a stray cell far away, with ranges
over a whole sheet, with a million styles, with a formula of thousands of brackets. Each is refused here by counting. The same pass
hands cells to `cells`, and keeps everything else as trees, whose facts others read.
"""

from __future__ import annotations

import hashlib
import re
import zipfile
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from capmodel.workbook.returned.cells import LARGEST_BOX, REFERENCE, WITHIN, Cells, SheetReader, TextReader
from capmodel.workbook.returned.foreign import refuse_foreign
from capmodel.workbook.returned.looks import looks_of
from capmodel.workbook.returned.package import DEEPEST, Package, Refused, Relation, local, open_package, refusal, stream
from capmodel.workbook.returned.palette import Palette
from capmodel.workbook.returned.plain_cells import plain_cells
from capmodel.workbook.returned.tree import Node, TreeReader, Trees
from capmodel.workbook.writing.book import LONGEST_FORMULA, column_number

MOST_COVERED = 10_000  # cells that merged ranges and links may cover together
LONGEST_TEXT, DEEPEST_FORMULA = 32_767, 64
#: How often an element may stand in one part, and the elements that a large book holds more often.
MOST_OF_A_KIND = 20_000
MOST = {"c": 400_000, "f": 400_000, "v": 400_000, "is": 400_000, "t": 400_000, "si": 200_000, "row": 100_000, "pt": 100_000}
MOST_ELEMENTS, MOST_NAMES = 1_500_000, 1_000  # in all parts, and different ones in a part
#: What the parts that are read begin with, and what each element that holds cells stands in.
MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main "
ROOTS = {"worksheet": "worksheet", "officeDocument": "workbook", "styles": "styleSheet", "sharedStrings": "sst"}
STANDS_IN = {"sheetData": "worksheet", **{name: outer for outer, names in WITHIN.items() for name in names if name != "extLst"}}
_WHOLE = re.compile(r"(?<![A-Z0-9$.])\$?[A-Z]{1,3}:\$?[A-Z]{1,3}(?![A-Z0-9(])|(?<![A-Z0-9$.])\$?\d+:\$?\d+(?![A-Z0-9.])", re.IGNORECASE)
_STRING = re.compile(r'"[^"]*"')
_SHEET = re.compile(r"'(?:[^']|'')*'!")
#: Elements whose text is a formula, and those whose attribute is a range.
FORMULAS = {"f", "formula", "formula1", "formula2", "definedName", "sqref"}
RANGES = {"mergeCell": "ref", "conditionalFormatting": "sqref", "dataValidation": "sqref", "hyperlink": "ref", "autoFilter": "ref",
          "protectedRange": "sqref", "dimension": "ref", "f": "ref", "sortState": "ref", "ignoredError": "sqref"}  # fmt: skip
COVERING = ("mergeCell", "hyperlink")
FOREIGN = {"oleObject": "an embedded object (OLE)", "control": "a control", "externalReference": "a link to another workbook",
           "externalData": "a link to another workbook", "ddeLink": "a data connection", "tablePart": "a table",
           "dataConsolidate": "a consolidation of other ranges", "webPublishItem": "a sheet that is published to the web",
           "webPublishing": "a sheet that is published to the web", "protectedRange": "a locked range that may be edited",
           "inputCells": "a scenario of its own", "picture": "a background picture", "functionGroup": "functions of its own"}  # fmt: skip
#: Some of the sheets that every book of capmodel has.
OURS = {"Cover", "Assumptions", "Checks", "Certificate", "Sign-off"}
PRINTED = ("_xlnm.Print_Titles", "_xlnm.Print_Area", "_xlnm._FilterDatabase")

#: The kinds of part that are kept as a tree, but for the cells of sheets.
KEPT = ("worksheet", "officeDocument", "styles", "theme", "themeOverride", "drawing", "chart", "comments", "threadedComment", "core-properties", "extended-properties", "custom-properties")  # fmt: skip


@dataclass
class Contents:
    """What a workbook holds: its cells, what it says of itself, and the trees of everything else."""

    properties: dict[str, str] = field(default_factory=dict)
    sheets: dict[str, str] = field(default_factory=dict)  # the names in their order, and the relation by which each part is known
    cells: Cells = field(default_factory=Cells)
    relations: tuple[Relation, ...] = ()
    trees: Trees = field(default_factory=Trees)
    parts: dict[str, str] = field(default_factory=dict)  # the part of each sheet
    elements: int = 0
    digests: dict[str, str] = field(default_factory=dict)  # of the bytes of every part that was read; empty for one that was not
    taken: frozenset[str] = frozenset()  # sheets that were not read, since they are the same in the file known beside it

    @property
    def palette(self) -> Palette:
        """The colours of the file: its theme and its own numbered colours."""
        return Palette(self.of_kind("theme"), self.of_kind("styles"))

    def of_kind(self, kind: str) -> Node | None:
        """The tree of the part of a kind of which a file has one."""
        targets = (each.target for each in self.relations if each.kind == kind and not each.external)
        return next((self.trees.parts[target] for target in targets if target in self.trees.parts), None)


def scan(path: Path, known: Contents | None = None) -> Contents:
    """Read a workbook once as a stream; what could exhaust the machine, and what nobody may add, is refused.

    Args:
        path: the file.
        known: another file that was read; a sheet that is the same in both is not read again.

    Raises:
        BadInput: saying which part holds what.
    """
    package = open_package(path)
    found = Contents(relations=package.relations, digests=dict.fromkeys(package.parts, ""))
    kinds = {relation.target: relation.kind for relation in package.relations if not relation.external}
    xml = [part for part in package.parts if part.endswith((".xml", ".rels"))]
    first = [part for part in xml if kinds.get(part) in ("officeDocument", "custom-properties")]
    # Cells refer to texts and looks by their number.
    second = [part for part in xml if kinds.get(part) in ("theme", "sharedStrings", "styles")]
    with zipfile.ZipFile(path) as archive:
        for part in first:
            _read(path, archive, part, kinds[part], found, {})
        if "run_id" not in found.properties and not set(found.sheets) >= OURS:
            raise refusal(
                path, "it is no book of capmodel", "it lacks their sheets and properties", "Verify a workbook that capmodel run wrote"
            )
        refuse_foreign(package)
        named = {relation.name: relation.target for relation in package.relations if relation.source == "xl/workbook.xml"}
        found.parts = {title: named.get(name, "") for title, name in found.sheets.items()}
        titles = {part: f"sheet {title}" for title, part in found.parts.items()}
        for part in second:
            _read(path, archive, part, kinds[part], found, titles)
        found.cells.looks = looks_of(found.of_kind("styles") or Node("styleSheet"), found.palette)
        found.taken = _same_sheets(archive, package, known) if known else frozenset()
        for part in (part for part in xml if part not in first and part not in second):
            if known and part in found.taken:
                found.cells.take(part, known.cells)
                found.trees.parts[part], found.digests[part] = known.trees.parts[part], known.digests[part]
            else:
                _read(path, archive, part, kinds.get(part, ""), found, titles)
    return found


def _same_sheets(archive: zipfile.ZipFile, package: Package, known: Contents) -> frozenset[str]:
    """The sheets that hold the same bytes as in another file, where every part that is no sheet does.

    What the bytes of a sheet mean depends on the texts, looks, colours and relations to which they refer. They are the same where all
    other parts are; a part that was not read, such as a picture, counts as another.
    """
    digests = {part: hashlib.sha256(archive.read(part)).hexdigest() for part in package.parts}
    others = {part for part in digests | known.digests if digests.get(part) != known.digests.get(part)}
    sheets = {each.target for each in package.relations if each.kind == "worksheet" and not each.external}
    return frozenset(sheets - others) if others <= sheets else frozenset()


def _read(path: Path, archive: zipfile.ZipFile, part: str, kind: str, found: Contents, titles: Mapping[str, str]) -> None:
    reader = _Part(part, kind, found, titles.get(part, part))
    take = reader.take_plain_cells if kind == "worksheet" else None
    found.digests[part] = stream(path, archive, part, reader.start, reader.end, reader.text, titles.get(part, ""), take)


@dataclass(slots=True)
class _Element:
    """What is to be done with an element of some name, and how many there were."""

    name: str
    is_main: bool  # of the namespace of workbooks
    most: int
    starts: tuple[Callable[[dict[str, str]], None], ...]
    end: Callable[[str], None] | None
    stands_in: str
    ranged: str
    kept: bool
    count: int = 0
    placed: _Element | None = None  # in which it was seen to stand as it should


class _Part:
    """Counts and collects while one part is read."""

    def __init__(self, part: str, kind: str, found: Contents, called: str) -> None:
        self.part, self.kind, self.found = part, kind, found
        self.known: dict[str, _Element] = {}
        self.path: list[str] = []
        self.stack: list[_Element] = []
        self.kept: list[str] | None = None
        self.covered = self.length = 0
        self.name = ""
        self.handlers: dict[str, Callable[[dict[str, str]], None]] = {
            "property": self._named,
            "sheet": self._sheet,
            "definedName": self._named,
        }
        self.tree = TreeReader(part, found.trees) if kind in KEPT else None
        self.in_cells = False
        self.sheet = SheetReader(part, found.cells, self.path) if kind == "worksheet" else None
        self.readers: tuple[SheetReader | TextReader, ...] = (self.sheet,) if self.sheet else ()
        if kind == "sharedStrings":
            self.readers = (TextReader(found.cells, self.path),)

    def start(self, name: str, attributes: dict[str, str]) -> None:
        known = self.known.get(name) or self._know(name)
        outer = self.stack[-1] if self.stack else None
        self.path.append(known.name)
        self.stack.append(known)
        if len(self.path) > DEEPEST:
            raise Refused(f"holds elements within elements, more than {DEEPEST} deep", "programs that load it could crash")
        known.count += 1
        self.found.elements += 1
        if known.count > known.most or self.found.elements > MOST_ELEMENTS:
            raise Refused(
                f"holds more than {known.count - 1:,} elements called {known.name}", "it is far larger than a workbook of capmodel"
            )
        self.length = 0
        if self.kind in ROOTS and (outer is None or known.placed is not outer):
            self._check_place(known, outer)
            known.placed = outer
        if self.tree is not None and not self.in_cells:
            self.tree.start(name, attributes)
            self.in_cells = known.is_main and known.name == "sheetData" and self.kind == "worksheet"
        for handler in known.starts:
            handler(attributes)
        if known.ranged and known.ranged in attributes:
            self._range(known.name, attributes[known.ranged])
        self.kept = [] if known.kept else None

    def _check_place(self, known: _Element, outer: _Element | None) -> None:
        """Cells stand where every program looks for them, and nothing else stands there."""
        if outer is None:
            if not known.is_main or known.name != ROOTS[self.kind]:
                raise Refused(
                    f"begins with {known.name}, which is no {ROOTS[self.kind]} of an .xlsx workbook", "programs could not read it"
                )
        elif known.stands_in and (outer.name != known.stands_in or not outer.is_main):
            raise Refused(f"holds {known.name} in {outer.name}", f"it stands in {known.stands_in}, and programs may read one or the other")
        elif outer.name in WITHIN and not (known.is_main and known.name in WITHIN[outer.name]):
            raise Refused(f"holds {known.name} in {outer.name}", "a worksheet has nothing of the kind there")

    def _know(self, full: str) -> _Element:
        """What is to be done with an element, found once for each name in a part."""
        name, is_main = local(full), full.startswith(MAIN)
        if len(self.known) >= MOST_NAMES:
            raise Refused(f"holds more than {MOST_NAMES:,} kinds of element", "a workbook has far fewer")
        foreign = name in FOREIGN and self.kind in ("worksheet", "officeDocument", "chart")
        own = self._foreign if foreign else self.handlers.get(name)
        readers = self.readers if is_main else ()
        starts = [own, *(reader.starts.get(name) for reader in readers)]
        ends = [reader.ends[name] for reader in readers if name in reader.ends]
        self.known[full] = _Element(
            name,
            is_main,
            1 if is_main and name == "sheetData" else max(MOST_OF_A_KIND, MOST.get(name, 0)),
            tuple(start for start in starts if start is not None),
            ends[0] if ends else None,
            STANDS_IN.get(name, "") if is_main and self.kind == "worksheet" else "",
            RANGES.get(name, ""),
            name in FORMULAS or self.kind == "custom-properties" or bool(ends),
        )
        return self.known[full]

    def end(self, _: str) -> None:
        name, element, text = self.path.pop(), self.stack.pop(), ""
        if self.in_cells and len(self.path) == 1:
            self.in_cells = False
        if self.tree is not None and not self.in_cells:
            self.tree.end()
        if self.kept is not None:
            text, self.kept = "".join(self.kept), None
            if self.kind == "custom-properties":
                self._property(name, text)
            elif name in FORMULAS:
                self._formula(name, text)
        if element.end is not None:
            element.end(text)

    def text(self, characters: str) -> None:
        self.length += len(characters)
        if self.length > LONGEST_TEXT:
            raise Refused(f"holds a text of more than {LONGEST_TEXT:,} characters in {self.path[-1]}", "a cell does not take it")
        if self.kept is not None:
            self.kept.append(characters)
        if self.tree is not None and not self.in_cells:
            self.tree.characters(characters)

    def take_plain_cells(self, sheet: bytes) -> bytes:
        """Read the cells of a sheet that is written plainly, and return the sheet without them; or all of it where it is not."""
        plain = plain_cells(sheet)
        if self.sheet is None or plain is None:
            return sheet
        if len(plain.rows) > MOST["row"] or plain.cells > MOST["c"] or self.found.elements + plain.elements > MOST_ELEMENTS:
            return sheet
        self.found.elements += plain.elements
        self.sheet.take(plain, lambda formula: self._formula("f", formula))
        return plain.rest

    # ------------------------------------------------------------------ ranges and formulas

    def _range(self, name: str, text: str) -> None:
        for part in text.split():
            box = REFERENCE.fullmatch(part)
            if box is None and not _WHOLE.fullmatch(part):
                raise Refused(f"gives {part[:40]!r} as the range of {name}", "it is none")
            cells = _covers(box) if box else LARGEST_BOX + 1
            self.covered += cells if name in COVERING else 0
            if cells > LARGEST_BOX or self.covered > MOST_COVERED:
                raise Refused(f"has {name} over {part}", "it covers far more cells than a book of capmodel has")

    def _formula(self, name: str, text: str) -> None:
        if name == "sqref":
            self._range(name, text)
            return
        if len(text) > LONGEST_FORMULA:
            raise Refused(f"holds a formula of {len(text):,} characters", f"a cell takes {LONGEST_FORMULA:,}")
        bare = _STRING.sub('""', text) if '"' in text else text
        if bare.count("(") + bare.count("{") > DEEPEST_FORMULA and _depth(bare) > DEEPEST_FORMULA:
            raise Refused(f"holds a formula with more than {DEEPEST_FORMULA} brackets in each other", "spreadsheet programs do not take it")
        bare = _SHEET.sub("!", bare) if "'" in bare and "[" not in bare else bare
        if "[" in bare or "|" in bare:
            raise Refused(f"refers to another file or program in {text[:60]!r}", "a book of capmodel does not, and nobody may add it")
        if ":" in bare:
            self._check_reach(name, text, bare)

    def _check_reach(self, name: str, text: str, bare: str) -> None:
        far = any(_covers(match) > LARGEST_BOX for match in REFERENCE.finditer(bare))
        if far or (_WHOLE.search(bare) and not (name == "definedName" and self.name in PRINTED)):
            raise Refused(f"refers to whole rows, columns or sheets in {text[:60]!r}", "a book of capmodel does not")

    # ------------------------------------------------------------------ what it says of itself

    def _named(self, attributes: dict[str, str]) -> None:
        self.name = attributes.get("name", "")

    def _property(self, element: str, text: str) -> None:
        if self.path and element != "property" and self.path[-1] == "property":
            if self.name in self.found.properties:
                raise Refused(f"gives the property {self.name!r} twice", "programs may read one or the other")
            self.found.properties[self.name] = text

    def _sheet(self, attributes: dict[str, str]) -> None:
        if self.kind == "officeDocument":
            name = attributes.get("name", "")
            if name in self.found.sheets:
                raise Refused(f"names the sheet {name!r} twice", "programs may read one or the other")
            self.found.sheets[name] = next((value for key, value in attributes.items() if key.endswith(" id")), "")

    def _foreign(self, attributes: dict[str, str]) -> None:
        raise Refused(f"holds {FOREIGN[self.path[-1]]}", "a book of capmodel does not have it, and nobody may add it")


def _covers(box: re.Match[str]) -> int:
    """How many cells a range covers; more than any book where it lies beyond what a sheet may reach."""
    first, top, last, bottom = box[1], int(box[2]), box[3] or box[1], int(box[4] or box[2])
    columns = abs(column_number(last) - column_number(first)) + 1
    return columns * (abs(bottom - top) + 1)


def _depth(formula: str) -> int:
    deepest = depth = 0
    for character in formula:
        depth += (character in "({") - (character in ")}")
        deepest = max(deepest, depth)
    return deepest
