"""Reads the parts of a workbook as a stream, before any library loads them: how much they hold, and what else they show.

A file of a few hundred kilobytes can fill the memory or crash a program that loads it: with a stray cell far away, with ranges
over a whole sheet, with a million styles, with a formula of thousands of brackets. Each is refused here by counting. The pass
also collects what a reader sees beside the cells: charts, pictures, and settings that show other figures than the cells hold.
"""

from __future__ import annotations

import functools
import math
import re
import zipfile
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from capmodel.workbook.book import LONGEST_FORMULA, column_name
from capmodel.workbook.foreign import refuse_foreign
from capmodel.workbook.package import DEEPEST, Refused, open_package, refusal, stream

#: How far a sheet may reach, the box round its cells, and the cells that merged ranges and links may cover together.
MOST_ROWS, MOST_COLUMNS, LARGEST_BOX, MOST_COVERED = 100_000, 500, 2_000_000, 10_000
LONGEST_TEXT, DEEPEST_FORMULA = 32_767, 64
#: How often an element may stand in one part, and the elements that a large book holds more often.
MOST_OF_A_KIND = 20_000
MOST = {"c": 400_000, "f": 400_000, "v": 400_000, "is": 400_000, "t": 400_000, "si": 200_000, "row": 100_000, "pt": 100_000}
MOST_CELLS, MOST_ELEMENTS, MOST_NAMES = 600_000, 1_500_000, 1_000  # in all sheets, in all parts, and different ones in a part
_RANGE = re.compile(r"\$?([A-Z]{1,3})\$?(\d{1,7})(?::\$?([A-Z]{1,3})\$?(\d{1,7}))?", re.IGNORECASE)
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
SHAPES = ("pic", "sp", "cxnSp", "grpSp", "contentPart")
VALUES, CATEGORIES = ("val", "yVal"), ("cat", "xVal")
#: Some of the sheets that every book of capmodel has.
OURS = {"Cover", "Assumptions", "Checks", "Certificate", "Sign-off"}
PRINTED = ("_xlnm.Print_Titles", "_xlnm.Print_Area", "_xlnm._FilterDatabase")

Drawn = tuple[tuple[str, str], ...]  # the categories and the values of each series of a chart


@dataclass
class Contents:
    """What a workbook says of itself and shows beside its cells."""

    properties: dict[str, str] = field(default_factory=dict)
    sheets: dict[str, str] = field(default_factory=dict)  # the names in their order, and the relation by which each part is known
    charts: list[Drawn] = field(default_factory=list)
    shown: list[str] = field(default_factory=list)  # what shows other figures than the cells hold
    cells: int = 0
    elements: int = 0


def scan(path: Path) -> Contents:
    """Read a workbook once as a stream; what could exhaust the machine, and what nobody may add, is refused.

    Raises:
        BadInput: saying which part holds what.
    """
    package = open_package(path)
    found = Contents()
    kinds = {relation.target: relation.kind for relation in package.relations if not relation.external}
    xml = [part for part in package.parts if part.endswith((".xml", ".rels"))]
    first = [part for part in xml if kinds.get(part) in ("officeDocument", "custom-properties")]
    with zipfile.ZipFile(path) as archive:
        for part in first:
            _read(path, archive, part, kinds[part], found, {})
        if "run_id" not in found.properties and not set(found.sheets) >= OURS:
            raise refusal(
                path, "it is no book of capmodel", "it lacks their sheets and properties", "Verify a workbook that capmodel run wrote"
            )
        refuse_foreign(package)
        known = {relation.name: relation.target for relation in package.relations if relation.source == "xl/workbook.xml"}
        titles = {known.get(name, ""): f"sheet {title}" for title, name in found.sheets.items()}
        for part in xml:
            if part not in first:
                _read(path, archive, part, kinds.get(part, ""), found, titles)
    return found


def _read(path: Path, archive: zipfile.ZipFile, part: str, kind: str, found: Contents, titles: Mapping[str, str]) -> None:
    reader = _Part(part, kind, found, titles.get(part, part))
    stream(path, archive, part, reader.start, reader.end, reader.text, titles.get(part, ""))
    reader.close()


@dataclass(slots=True)
class _Element:
    """What is to be done with an element of some name, and how many there were."""

    name: str
    most: int
    handler: Callable[[dict[str, str]], None] | None
    ranged: str
    kept: bool
    count: int = 0


class _Part:
    """Counts and collects while one part is read."""

    def __init__(self, part: str, kind: str, found: Contents, called: str) -> None:
        self.part, self.kind, self.found, self.called = part, kind, found, called
        self.known: dict[str, _Element] = {}
        self.path: list[str] = []
        self.kept: list[str] | None = None
        self.row = self.column = self.right = self.covered = self.length = 0
        self.name, self.number = "", False
        self.series: list[list[str]] = []
        self.handlers: dict[str, Callable[[dict[str, str]], None]] = {
            "c": self._cell,
            "row": self._row,
            "property": self._named,
            "sheet": self._sheet,
            "ser": self._series,
            "definedName": self._named,
            "calcPr": self._calculation,
            "workbookPr": self._calculation,
            "numFmt": self._format,
            "sheetView": self._view,
        }

    def start(self, name: str, attributes: dict[str, str]) -> None:
        known = self.known.get(name) or self._know(name)
        self.path.append(known.name)
        if len(self.path) > DEEPEST:
            raise Refused(f"holds elements within elements, more than {DEEPEST} deep", "programs that load it could crash")
        known.count += 1
        self.found.elements += 1
        if known.count > known.most or self.found.elements > MOST_ELEMENTS:
            raise Refused(
                f"holds more than {known.count - 1:,} elements called {known.name}", "it is far larger than a workbook of capmodel"
            )
        self.length = 0
        if known.handler is not None:
            known.handler(attributes)
        if known.ranged and known.ranged in attributes:
            self._range(known.name, attributes[known.ranged])
        self.kept = [] if known.kept else None

    def _know(self, name: str) -> _Element:
        """What is to be done with an element, found once for each name in a part."""
        local = name.rpartition(":")[2]
        if len(self.known) >= MOST_NAMES:
            raise Refused(f"holds more than {MOST_NAMES:,} kinds of element", "a workbook has far fewer")
        foreign = local in FOREIGN and self.kind in ("worksheet", "officeDocument", "chart")
        shape = local in SHAPES and self.kind == "drawing"
        self.known[name] = _Element(
            local,
            max(MOST_OF_A_KIND, MOST.get(local, 0)),
            self._foreign if foreign else self._shape if shape else self.handlers.get(local),
            RANGES.get(local, ""),
            local in FORMULAS or self.kind == "custom-properties" or (local == "v" and self.kind == "worksheet"),
        )
        return self.known[name]

    def end(self, name: str) -> None:
        local = self.path.pop()
        if self.kept is not None:
            text, self.kept = "".join(self.kept), None
            if self.kind == "custom-properties":
                self._property(local, text)
            elif local == "v":
                self._value(text)
            else:
                self._formula(local, text)

    def text(self, characters: str) -> None:
        self.length += len(characters)
        if self.length > LONGEST_TEXT:
            raise Refused(f"holds a text of more than {LONGEST_TEXT:,} characters in {self.path[-1]}", "a cell does not take it")
        if self.kept is not None:
            self.kept.append(characters)

    # ------------------------------------------------------------------ cells

    def _row(self, attributes: dict[str, str]) -> None:
        row = _whole(attributes.get("r"), self.row + 1)
        if row <= self.row:
            raise Refused(f"holds the row {row} twice or out of order", "programs may read one or the other")
        self.row, self.column = row, 0

    def _cell(self, attributes: dict[str, str]) -> None:
        reference = attributes.get("r")
        if reference is None:
            row, column = self.row, self.column + 1
        else:
            match = _RANGE.fullmatch(reference)
            if match is None or match[3]:
                raise Refused(f"holds a cell called {reference!r}", "a cell has one column and one row")
            row, column = int(match[2]), column_number(match[1])
        if row != self.row or column <= self.column:
            raise Refused(f"holds the cell {reference or f'of row {row}'} twice or out of order", "programs may read one or the other")
        self.column, self.number = column, attributes.get("t", "n") == "n"
        self.right = max(self.right, column)
        self.found.cells += 1
        if self.found.cells > MOST_CELLS:
            raise Refused(f"and those before it hold more than {MOST_CELLS:,} cells", "it is far larger than a workbook of capmodel")
        if row > MOST_ROWS or column > MOST_COLUMNS or row * self.right > LARGEST_BOX:
            raise Refused(
                f"reaches {row:,} rows and {self.right:,} columns, to {reference}", "a book of capmodel does not; it is a stray cell"
            )

    def _value(self, text: str) -> None:
        try:
            sound = not self.number or math.isfinite(float(text or 0))
        except ValueError:
            sound = False
        if not sound:
            cell = f"{column_name(self.column - 1)}{self.row}"
            raise Refused(f"holds {text[:40]!r} in {cell}, which is kept as a number", "it is none")

    # ------------------------------------------------------------------ ranges and formulas

    def _range(self, name: str, text: str) -> None:
        for part in text.split():
            box = _RANGE.fullmatch(part)
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
        if self.kind == "chart":
            self._charted(text)
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
        far = any(_covers(match) > LARGEST_BOX for match in _RANGE.finditer(bare))
        if far or (_WHOLE.search(bare) and not (name == "definedName" and self.name in PRINTED)):
            raise Refused(f"refers to whole rows, columns or sheets in {text[:60]!r}", "a book of capmodel does not")

    # ------------------------------------------------------------------ what it says of itself, and what it shows

    def _named(self, attributes: dict[str, str]) -> None:
        self.name = attributes.get("name", "")
        if self.kind == "officeDocument" and self.name not in PRINTED:
            self._show(f"the name {self.name!r} was defined")

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
            self.found.sheets[name] = next((value for key, value in attributes.items() if key.endswith(":id")), "")

    def _calculation(self, attributes: dict[str, str]) -> None:
        if attributes.get("fullPrecision", "1") in ("0", "false"):
            self._show("it calculates with the precision shown (fullPrecision), so that figures are rounded before they are used")
        if attributes.get("date1904", "0") in ("1", "true"):
            self._show("it counts dates from 1904")
        if attributes.get("calcMode", "auto") == "manual":
            self._show("it calculates only when asked (calcMode), so that what is shown may not follow the inputs")
        if attributes.get("iterate", "0") in ("1", "true"):
            self._show("it repeats circular formulas (iterate), which a spreadsheet program would report")

    def _format(self, attributes: dict[str, str]) -> None:
        if "dxf" in self.path and attributes.get("formatCode", "General") != "General":
            self._show(f"a conditional format shows figures as {attributes['formatCode']!r}")

    def _view(self, attributes: dict[str, str]) -> None:
        if self.kind == "worksheet" and attributes.get("showZeros", "1") in ("0", "false"):
            self._show(f"{self.called} does not show zeros")

    def _foreign(self, attributes: dict[str, str]) -> None:
        raise Refused(f"holds {FOREIGN[self.path[-1]]}", "a book of capmodel does not have it, and nobody may add it")

    def _shape(self, attributes: dict[str, str]) -> None:
        self._show(f"{self.part} holds a picture or a shape, which lies over the cells")

    def _show(self, what: str) -> None:
        if what not in self.found.shown:
            self.found.shown.append(what)

    def _series(self, attributes: dict[str, str]) -> None:
        if self.kind == "chart":
            self.series.append(["", ""])

    def _charted(self, text: str) -> None:
        for i, names in enumerate((CATEGORIES, VALUES)):
            if self.series and any(name in self.path for name in names):
                self.series[-1][i] = plain_reference(text)

    def close(self) -> None:
        """A chart is complete when its part ends."""
        if self.kind == "chart":
            self.found.charts.append(tuple((one, other) for one, other in self.series))


def plain_reference(text: str) -> str:
    """A range as it is compared: without the signs that programs add or drop.

    >>> plain_reference("='Out 1 Summary'!$A$7:$A$15")
    'Out 1 Summary!A7:A15'
    """
    return text.lstrip("=").replace("$", "").replace("'", "")


@functools.cache
def column_number(letters: str) -> int:
    """The number of a column, from 1.

    >>> column_number("A"), column_number("XFD")
    (1, 16384)
    """
    number = 0
    for letter in letters.upper():
        number = number * 26 + ord(letter) - 64
    return number


def _covers(box: re.Match[str]) -> int:
    """How many cells a range covers; more than any book where it lies beyond what a sheet may reach."""
    first, top, last, bottom = box[1], int(box[2]), box[3] or box[1], int(box[4] or box[2])
    columns = abs(column_number(last) - column_number(first)) + 1
    return columns * (abs(bottom - top) + 1)


def _whole(text: str | None, otherwise: int) -> int:
    if text is None:
        return otherwise
    if not (text.isascii() and text.isdigit() and len(text) <= 7):
        raise Refused(f"holds a row called {text[:20]!r}", "a row has a number")
    return int(text)


def _depth(formula: str) -> int:
    deepest = depth = 0
    for character in formula:
        depth += (character in "({") - (character in ")}")
        deepest = max(deepest, depth)
    return deepest
