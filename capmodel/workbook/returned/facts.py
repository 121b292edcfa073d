"""What is said of a workbook beside its cells, one fact at a time: of which kind it is, where, of which object, and its value in words.

A fact that says what every program takes for granted is left out, so that a file which says it and one which does not are the same.
The tables below state what is taken for granted, and what a program writes on its own account and means nothing by.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import NamedTuple

from capmodel.workbook.returned.tree import Node

#: The classes of differences; the first two are allowed to whoever holds the book.
INPUTS, ENTRIES = "inputs", "entries"
FIGURES, RULES, LABELS, LOOKS, BEHAVIOUR, SECURITY, IDENTITY = (
    "figures",
    "rules",
    "labels and sources",
    "looks",
    "behaviour",
    "security",
    "identity",
)
ALLOWED = (INPUTS, ENTRIES)


class Fact(NamedTuple):
    """One fact: its class, the sheet and the cell it is about (empty where it is about all), the object with its property, and the value."""

    kind: str
    sheet: str
    cell: str
    what: str
    value: str


def said(node: Node, usual: Mapping[str, str], ignored: Iterable[str] = ()) -> Iterator[tuple[str, str]]:
    """The attributes of an element that say something else than what is taken for granted.

    >>> list(said(Node("sheetView", {"showZeros": "false", "zoomScale": "100", "tabSelected": "1"}), {"zoomScale": "100"}, ["tabSelected"]))
    [('showZeros', '0')]
    """
    left_out = set(ignored)
    for name in node.attributes:
        value = plain(node.get(name))
        if name not in left_out and value != usual.get(name, "") and value != "":
            yield name, value


def plain(text: str) -> str:
    """A value as it is compared: numbers without zeros that mean nothing, and blanks of any length as one.

    >>> plain("100.0"), plain(" a  b ")
    ('100', 'a b')
    """
    try:
        return f"{float(text):.10g}" if text[:1].isdigit() or text[:1] in "-." else " ".join(text.split())
    except ValueError:
        return " ".join(text.split())
