"""Edits of a workbook drawn by a seed, as a spreadsheet program makes them, and what must be said of each.

A book is a set of XML parts. Rows and columns are inserted and deleted as programs do it: every formula, name, chart, condition and link
that refers to them follows. Nothing here is taken from capmodel.
"""

from __future__ import annotations

import random
import re
import zipfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

Parts = dict[str, str]
#: A reference in a formula: a text in quotation marks, which is none; a sheet; a cell or a range.
_REFERENCE = re.compile(
    r"""("(?:[^"]|"")*")|((?:'[^']+'|[A-Za-z_][\w.]*)!)?(\$?)([A-Z]{1,3})(\$?)(\d+)(?::(\$?)([A-Z]{1,3})(\$?)(\d+))?(?![\w(!])"""
)
_NAMES = re.compile(r'<sheet name="([^"]+)"')


@dataclass(frozen=True)
class Edit:
    """What was done to a book, and words of every difference that must be named."""

    kind: str
    parts: Parts
    words: list[str]


def read_parts(path: Path) -> Parts:
    with zipfile.ZipFile(path) as archive:
        return {name: archive.read(name).decode() for name in archive.namelist()}


def write_parts(parts: Parts, to: Path) -> Path:
    with zipfile.ZipFile(to, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as archive:
        for name, text in parts.items():
            archive.writestr(name, text)
    return to


def sheets_of(parts: Parts) -> dict[str, str]:
    """The part of each sheet, by its name."""
    return {name: f"xl/worksheets/sheet{i}.xml" for i, name in enumerate(_NAMES.findall(parts["xl/workbook.xml"]), 1)}


def letters(number: int) -> str:
    """The letters of a column, from 1."""
    found = ""
    while number:
        number, left = divmod(number - 1, 26)
        found = chr(65 + left) + found
    return found


def number_of(column: str) -> int:
    found = 0
    for letter in column:
        found = found * 26 + ord(letter) - 64
    return found


@dataclass(frozen=True)
class Shift:
    """A row or a column, from 1, that is inserted (by 1) or deleted (by -1) in a sheet."""

    sheet: str
    is_row: bool
    at: int
    by: int

    def line(self, line: int) -> int | None:
        """Where a line stands afterwards; None where it is the one that goes."""
        if line < self.at:
            return line
        return None if self.by < 0 and line == self.at else line + self.by

    def ends(self, first: int, last: int) -> tuple[int, int] | None:
        start, end = self.line(first), self.line(last)
        start = self.at if start is None else start
        end = self.at - 1 if end is None else end
        return (start, end) if start <= end else None

    def formula(self, text: str, own: bool) -> str:
        """A formula, or a list of ranges, on the sheet itself or on another."""
        quoted = self.sheet if self.sheet.isalnum() else f"'{self.sheet}'"

        def moved(match: re.Match[str]) -> str:
            sheet = match[2]
            if match[1] or (sheet[:-1] != quoted if sheet else not own):
                return match[0]
            first, last = (match[4], int(match[6])), (match[8] or match[4], int(match[10] or match[6]))
            ends = self.ends(first[1], last[1]) if self.is_row else self.ends(number_of(first[0]), number_of(last[0]))
            if ends is None:
                return f"{sheet or ''}#REF!"
            cells = [
                f"{one}{column if self.is_row else letters(end)}{two}{end if self.is_row else row}"
                for one, two, (column, row), end in ((match[3], match[5], first, ends[0]), (match[7] or "", match[9] or "", last, ends[1]))
            ]
            return f"{sheet or ''}{cells[0]}{f':{cells[1]}' if match[8] else ''}"

        return _REFERENCE.sub(moved, text)


def shifted(parts: Parts, shift: Shift, cells: str = "") -> Parts:
    """The book after a row or column was inserted or deleted, with some cells in a new row."""
    own, found = sheets_of(parts)[shift.sheet], dict(parts)
    for name, text in parts.items():
        if name.startswith("xl/worksheets/sheet"):
            text = re.sub(
                r"(<f>|<formula>|<formula1>|<formula2>)([^<]*)(</)", lambda m, n=name: f"{m[1]}{shift.formula(m[2], n == own)}{m[3]}", text
            )
            found[name] = _sheet(text, shift, cells) if name == own else text
        elif name.startswith("xl/charts/chart"):
            found[name] = re.sub(r"(<c:f>)([^<]*)(</)", lambda m: f"{m[1]}{shift.formula(m[2], False)}{m[3]}", text)
    drawing = re.search(r'Target="\.\./(drawings/[^"]+)"', parts.get(own.replace("worksheets/", "worksheets/_rels/") + ".rels", ""))
    if drawing:
        tag = "row" if shift.is_row else "col"
        name = f"xl/{drawing[1]}"
        found[name] = re.sub(rf"(<xdr:{tag}>)(\d+)", lambda m: f"{m[1]}{int(m[2]) + shift.by * (int(m[2]) + 1 >= shift.at)}", parts[name])
    return found


def _sheet(xml: str, shift: Shift, cells: str) -> str:
    xml = re.sub(r'((?:sq)?ref=")([^"]*)(")', lambda m: f"{m[1]}{shift.formula(m[2], True)}{m[3]}", xml)
    if shift.is_row:

        def row(match: re.Match[str]) -> str:
            to = shift.line(int(match[1]))
            if to is None:
                return ""
            return re.sub(r'(<row r="|<c r="[A-Z]+)\d+"', lambda each: f'{each[1]}{to}"', match[0])

        xml = re.sub(r'<row r="(\d+)"[^>]*?(?:/>|>.*?</row>)', row, xml)
        # A break is known by the row before it: it goes down with the row below it, and stays where that row is deleted.
        xml = re.sub(r'(<brk id=")(\d+)', lambda m: f"{m[1]}{int(m[2]) + shift.by * (int(m[2]) + (shift.by > 0) >= shift.at)}", xml)
        if shift.by > 0:
            after = next(m.start() for m in re.finditer(r'<row r="(\d+)"', xml) if int(m[1]) > shift.at)
            xml = f'{xml[:after]}<row r="{shift.at}">{cells}</row>{xml[after:]}'
        return xml

    def cell(match: re.Match[str]) -> str:
        to = shift.line(number_of(match[1]))
        return "" if to is None else f'<c r="{letters(to)}{match[2]}"{match[3]}'

    def width(match: re.Match[str]) -> str:
        ends = shift.ends(int(match[1]), int(match[2]))
        return f'<col min="{ends[0]}" max="{ends[1]}"{match[3]}/>' if ends else ""

    xml = re.sub(r'<c r="([A-Z]+)(\d+)"((?:[^>]*?/>)|(?:.*?</c>))', cell, xml)
    return re.sub(r'<col min="(\d+)" max="(\d+)"([^>]*)/>', width, xml)


# ------------------------------------------------------------------ the kinds of edits


def _rows(xml: str) -> dict[int, str]:
    return {int(match[1]): match[0] for match in re.finditer(r'<row r="(\d+)"[^>]*>.*?</row>', xml)}


def _some_sheet(parts: Parts, random_: random.Random, *beginnings: str) -> str:
    return random_.choice([name for name in sheets_of(parts) if name.startswith(beginnings)])


def insert_row(parts: Parts, chance: random.Random) -> Edit:
    sheet = _some_sheet(parts, chance, "Assumptions", "Data", "Calc", "Out", "Contract", "Structure", "Sources")
    last = max(_rows(parts[sheets_of(parts)[sheet]]))
    at = chance.randint(min(8, last - 1), last - 1)
    text = chance.choice(("A new party", "Agreed by telephone", "To be confirmed"))
    cells = f'<c r="A{at}" t="inlineStr"><is><t>{text}</t></is></c>'
    return Edit("a row inserted", shifted(parts, Shift(sheet, True, at, 1), cells), [f"{sheet}: the row {at} was inserted"])


def delete_row(parts: Parts, chance: random.Random) -> Edit:
    xml, choice = "", list[int]()
    while not choice:
        sheet = _some_sheet(parts, chance, "Calc", "Out")
        xml = parts[sheets_of(parts)[sheet]]
        choice = _free_rows(xml)
    at = chance.choice(choice)
    return Edit("a row deleted", shifted(parts, Shift(sheet, True, at, -1)), [f"{sheet}: the row {at} was deleted"])


def _free_rows(xml: str) -> list[int]:
    """Rows below the head of a sheet, but for the last, to which no condition or choice of its own belongs."""
    kept = {int(row) for ref in re.findall(r'(?:sq)?ref="([^"]*)"', xml) for row in re.findall(r"[A-Z](\d+)(?!\d|:)", ref)}
    rows = _rows(xml)
    return [row for row in rows if 8 < row < max(rows) and row not in kept]


def insert_column(parts: Parts, chance: random.Random) -> Edit:
    sheet = _some_sheet(parts, chance, "Assumptions", "Data", "Calc")
    xml = parts[sheets_of(parts)[sheet]]
    last = max(number_of(column) for column in re.findall(r'<c r="([A-Z]+)', xml))
    at = chance.randint(6, last - 1)
    return Edit("a column inserted", shifted(parts, Shift(sheet, False, at, 1)), [f"{sheet}: the column {letters(at)} was inserted"])


def delete_column(parts: Parts, chance: random.Random) -> Edit:
    sheet = _some_sheet(parts, chance, "Calc")
    last = max(number_of(column) for column in re.findall(r'<c r="([A-Z]+)', parts[sheets_of(parts)[sheet]]))
    at = chance.randint(5, last - 1)
    return Edit("a column deleted", shifted(parts, Shift(sheet, False, at, -1)), [f"{sheet}: the column {letters(at)} was deleted"])


def sort_rows(parts: Parts, chance: random.Random) -> Edit:
    """Two rows of inputs change places, as when a table is sorted by another column."""
    sheet = _some_sheet(parts, chance, "Data 1")
    part = sheets_of(parts)[sheet]
    rows = _rows(parts[part])

    def shape(row: str) -> list[str]:
        return re.findall(r'<c r="([A-Z]+)\d+"([^>]*)', row)

    pairs = [
        (one, one + 1)
        for one in rows
        if one + 1 in rows and "<f>" not in rows[one] + rows[one + 1] and shape(rows[one]) == shape(rows[one + 1])
        and rows[one].count("<v>") > 4 and re.search(r'<c r="A\d+"[^>]*><v>(\d+)', rows[one])
        and _text(rows[one]) != _text(rows[one + 1])
    ]  # fmt: skip
    one, other = chance.choice(pairs)

    def put(row: str, now: int) -> str:
        return re.sub(r'(<row r="|<c r="[A-Z]+)\d+"', rf'\g<1>{now}"', row)

    xml = parts[part].replace(rows[one], "@one@").replace(rows[other], put(rows[one], other)).replace("@one@", put(rows[other], one))
    words = [f"{sheet}: the row {one} was moved", f"{sheet}: the row {other} was moved"]
    return Edit("rows sorted", {**parts, part: xml}, words)


def _text(row: str) -> list[str]:
    return re.findall(r't="s"><v>(\d+)', row)


def rename_sheet(parts: Parts, chance: random.Random) -> Edit:
    sheet = _some_sheet(parts, chance, "Assumptions", "Data", "Calc", "Out", "Checks")
    new = f"{chance.choice(('Agreed', 'Final', 'Theirs'))} {chance.randint(1, 99)}"
    quoted = sheet if sheet.isalnum() else f"'{sheet}'"
    found = {
        name: text.replace(f"{quoted}!", f"'{new}'!")
        if name.startswith(("xl/worksheets/sheet", "xl/charts/chart", "xl/workbook.xml"))
        else text
        for name, text in parts.items()
    }
    found["xl/workbook.xml"] = found["xl/workbook.xml"].replace(f'name="{sheet}"', f'name="{new}"')
    return Edit("a sheet renamed", found, [f"{sheet}: the whole sheet was renamed: '{new}'"])


def hide_sheet(parts: Parts, chance: random.Random) -> Edit:
    sheet = _some_sheet(parts, chance, "Calc", "Checks", "Contract")
    return _in_book(parts, "a sheet hidden", f'name="{sheet}"', f'name="{sheet}" state="hidden"', f"{sheet}: the sheet is shown")


def _in_book(parts: Parts, kind: str, old: str, new: str, words: str) -> Edit:
    text = parts["xl/workbook.xml"]
    assert old in text
    return Edit(kind, {**parts, "xl/workbook.xml": text.replace(old, new, 1)}, [words])


def _cell_edit(kind: str, beginnings: tuple[str, ...], pattern: str, change: Callable[[re.Match[str]], str], words: str) -> Callable[[Parts, random.Random], Edit]:  # fmt: skip
    """An edit of one cell that matches a pattern, somewhere on some sheets."""

    def edit(parts: Parts, chance: random.Random) -> Edit:
        while True:
            sheet = _some_sheet(parts, chance, *beginnings)
            part = sheets_of(parts)[sheet]
            found = list(re.finditer(pattern, parts[part]))
            if found:
                break
        match = chance.choice(found)
        xml = parts[part][: match.start()] + change(match) + parts[part][match.end() :]
        return Edit(kind, {**parts, part: xml}, [words.format(f"{sheet}!{match['cell']}")])

    return edit


_CALCULATED = ("Calc", "Out")
KINDS: dict[str, Callable[[Parts, random.Random], Edit]] = {
    "a row inserted": insert_row,
    "a row deleted": delete_row,
    "a column inserted": insert_column,
    "a column deleted": delete_column,
    "rows sorted": sort_rows,
    "a sheet renamed": rename_sheet,
    "a sheet hidden": hide_sheet,
    "a formula altered": _cell_edit("a formula altered", _CALCULATED, r'<c r="(?P<cell>[A-Z]+\d+)"([^>]*)><f>(?P<f>[^<]*)</f>', lambda m: m[0].replace(f"<f>{m['f']}</f>", f"<f>1.01*({m['f']})</f>"), "{}: the formula was "),
    "a formula overwritten by a figure": _cell_edit("a formula overwritten by a figure", _CALCULATED, r'<c r="(?P<cell>[A-Z]+\d+)"(?P<more> s="\d+")><f>[^<]*</f><v>[^<]*</v></c>', lambda m: f'<c r="{m["cell"]}"{m["more"]}><v>12345</v></c>', "{}: the formula was "),
    "a formula put in a label": _cell_edit("a formula put in a label", ("Assumptions", "Data"), r'<c r="(?P<cell>A\d+)"(?P<more> s="\d+") t="s"><v>\d+</v></c>', lambda m: f'<c r="{m["cell"]}"{m["more"]}><f>1+1</f><v>2</v></c>', "{}: the text was "),
    "a label changed": _cell_edit("a label changed", ("Assumptions", "Data", "Calc", "Out", "Contract"), r'<c r="(?P<cell>A(?:[89]|\d\d+))"(?P<more> s="\d+") t="s"><v>\d+</v></c>', lambda m: f'<c r="{m["cell"]}"{m["more"]} t="inlineStr"><is><t>Something else</t></is></c>', "{}: the text was "),
    "a figure recorded changed": _cell_edit("a figure recorded changed", ("Recorded",), r'<c r="(?P<cell>[A-Z]+\d+)"(?P<more> s="\d+")><v>[^<]*</v></c>', lambda m: f'<c r="{m["cell"]}"{m["more"]}><v>98765</v></c>', "{}: the figure was "),
    "another look": _cell_edit("another look", _CALCULATED, r'<c r="(?P<cell>[A-Z]+\d+)" s="(?P<look>\d+)"(?P<more>><f>)', lambda m: f'<c r="{m["cell"]}" s="0"{m["more"]}', "{}: "),
    "calculates when asked": lambda parts, _: _in_book(parts, "calculates when asked", "<calcPr ", '<calcPr calcMode="manual" ', "calcMode was added: 'manual'"),
    "a name": lambda parts, chance: _in_book(parts, "a name", "</definedNames>", f'<definedName name="rate{chance.randint(1, 99)}">Cover!$A$1</definedName></definedNames>', "the name 'rate"),
}  # fmt: skip
