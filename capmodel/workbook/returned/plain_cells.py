"""Reads the cells of a sheet that is written plainly by one pattern, many times faster than element by element.

A sheet is written plainly where its cells hold nothing but a position, a look, a kind, a formula and a value, each at most once and in
the order in which spreadsheet programs write them. Only then does the pattern cover every character between the beginning and the end
of the cells; anything else is left to the parser, which reads it as before. What a cell means, and what is refused, is left to `cells`.
"""

from __future__ import annotations

import re
from typing import NamedTuple

_TEXT = r"[^<\x00-\x08\x0b-\x1f\ufffe\uffff]{1,32767}"  # no element, no control character, and no more than a cell takes
_ROW = r'<row((?: [A-Za-z]+="[^"<&]*")+)'
_CELL = (
    r'<c r="([A-Z]{1,3})([0-9]{1,7})"(?: s="([0-9]{1,7})")?(?: t="([A-Za-z]{1,3})")?(?:/>|>'
    rf'(?:<f(?: aca="false")?>({_TEXT})</f>)?(?:<v>({_TEXT})</v>|<v></v>|<v ?/>)?</c>)'
)
_TOKEN = re.compile(f"{_ROW}/?>|{_CELL}")
_ALL = re.compile(f"(?:{_ROW}(?:/>|>(?:{_CELL})*+</row>))*+")
_ATTRIBUTE = re.compile(r' ([A-Za-z]+)="([^"<&]*)"')
_BEGIN, _END = "<sheetData>", "</sheetData>"
_DECLARED = re.compile(r"""<\?xml version=["']1\.0["'](?: encoding=["']utf-8["'])?(?: standalone=["']yes["'])? ?\?>""", re.IGNORECASE)
_ENTITY = re.compile(r"&(?!(?:amp|lt|gt|quot|apos);)")
#: What no plain sheet holds: marks of documents and sections, which may hide cells, and line ends that a parser changes.
_NOT_PLAIN = ("<!", "]]>", "\r")
_NAMED = (("&lt;", "<"), ("&gt;", ">"), ("&quot;", '"'), ("&apos;", "'"), ("&amp;", "&"))


class PlainCells(NamedTuple):
    """The cells of a sheet as they are written, and the sheet without them."""

    rest: bytes
    tokens: list[tuple[str, ...]]  # of a row: its attributes; of a cell, after an empty text: column, row, look, kind, formula, value
    rows: list[dict[str, str]]  # the attributes of each row, by name
    elements: int

    @property
    def cells(self) -> int:
        """How many cells there are."""
        return len(self.tokens) - len(self.rows)


def plain_cells(data: bytes) -> PlainCells | None:
    """The cells of a sheet that is written plainly; nothing where it is not.

    >>> found = plain_cells(b'<worksheet><sheetData><row r="1"><c r="A1" s="2"><f>1&lt;2</f><v>1</v></c></row></sheetData></worksheet>')
    >>> found.rest, found.tokens[1], found.elements
    (b'<worksheet><sheetData/></worksheet>', ('', 'A', '1', '2', '', '1&lt;2', '1'), 4)
    >>> plain_cells(b"<worksheet><!-- <sheetData></sheetData> --></worksheet>") is None
    True
    """
    try:
        text = data.decode("utf-8")
    except UnicodeDecodeError:
        return None
    declared = _DECLARED.match(text)
    hidden = "<?" in text[declared.end() if declared else 0 :] or any(mark in text for mark in _NOT_PLAIN)
    if hidden or text.count(_BEGIN) != 1 or text.count(_END) != 1:
        return None
    before, _, after = text.partition(_BEGIN)
    cells, _, after = after.partition(_END)
    if not _ALL.fullmatch(cells) or _ENTITY.search(cells):
        return None
    tokens = _TOKEN.findall(cells)
    rows = [_ATTRIBUTE.findall(token[0]) for token in tokens if token[0]]
    if any(len(dict(attributes)) < len(attributes) for attributes in rows):
        return None
    rest = f"{before}<sheetData/>{after}".encode()
    return PlainCells(rest, tokens, [dict(attributes) for attributes in rows], cells.count("<") - cells.count("</"))


def natural(text: str) -> str:
    """A text with the characters that XML writes by name.

    >>> natural("1&lt;2 &amp;lt;")
    '1<2 &lt;'
    """
    if "&" in text:
        for name, character in _NAMED:
            text = text.replace(name, character)
    return text
