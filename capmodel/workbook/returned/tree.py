"""Keeps the elements of a part as a tree while it is streamed: everything that is no cell, with names by which readers can trust them.

An element is known by its local name only where its namespace is one that the part is written in. Anything else has a prefix, so
that a decoy in another namespace is never read as the real thing. What the elements mean is left to the readers of facts.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass, field

from capmodel.workbook.returned.package import Refused

#: Elements of all trees of a file together; a large book has some tens of thousands.
MOST_NODES = 200_000
_OFFICE, _MICROSOFT = "http://schemas.openxmlformats.org/", "http://schemas.microsoft.com/office/"
#: Namespaces in which an element is known by its local name.
NATURAL = frozenset(
    f"{_OFFICE}{each}"
    for each in (
        "spreadsheetml/2006/main",
        "drawingml/2006/main",
        "drawingml/2006/chart",
        "drawingml/2006/spreadsheetDrawing",
        "officeDocument/2006/custom-properties",
        "officeDocument/2006/extended-properties",
        "officeDocument/2006/docPropsVTypes",
        "package/2006/metadata/core-properties",
    )
) | {"http://purl.org/dc/elements/1.1/", "http://purl.org/dc/terms/"}
PREFIXES = {
    f"{_MICROSOFT}spreadsheetml/2009/9/main": "x14",
    f"{_MICROSOFT}excel/2006/main": "xm",
    f"{_OFFICE}markup-compatibility/2006": "mc",
    f"{_MICROSOFT}spreadsheetml/2010/11/ac": "x15ac",
    f"{_MICROSOFT}spreadsheetml/2010/11/main": "x15",
    f"{_MICROSOFT}spreadsheetml/2018/threadedcomments": "tc",
}
RELATION = f"{_OFFICE}officeDocument/2006/relationships "
_BOOLEAN = {"true": "1", "false": "0"}


@dataclass(slots=True)
class Node:
    """An element: its name, its attributes, the elements within it, and its own text."""

    name: str
    attributes: dict[str, str] = field(default_factory=dict)
    children: list[Node] = field(default_factory=list)
    text: str = ""

    def get(self, name: str, otherwise: str = "") -> str:
        """An attribute; yes and no are always written 1 and 0."""
        value = self.attributes.get(name, otherwise)
        return _BOOLEAN.get(value, value)

    def is_true(self, name: str, otherwise: str = "0") -> bool:
        """Whether an attribute says yes."""
        return self.get(name, otherwise) == "1"

    def first(self, *path: str) -> Node | None:
        """The first element down a path of names."""
        found: Node | None = self
        for name in path:
            found = next((child for child in found.children if child.name == name), None) if found is not None else None
        return found

    def all(self, name: str) -> Iterator[Node]:
        """The elements of a name directly within this one."""
        return (child for child in self.children if child.name == name)

    def within(self, name: str) -> Iterator[Node]:
        """The elements of a name at any depth, in their order."""
        for child in self.children:
            if child.name == name:
                yield child
            yield from child.within(name)

    def words(self) -> str:
        """All the text within this element."""
        return self.text + "".join(child.words() for child in self.children)


class Trees:
    """The trees of the parts of a file, bounded together."""

    def __init__(self) -> None:
        self.parts: dict[str, Node] = {}
        self.count = 0


class TreeReader:
    """Builds the tree of one part from its elements as they start and end."""

    def __init__(self, part: str, trees: Trees) -> None:
        self.part, self.trees = part, trees
        self.open: list[Node] = []
        self.names: dict[str, str] = {}

    def start(self, full: str, attributes: dict[str, str]) -> None:
        """An element begins."""
        self.trees.count += 1
        if self.trees.count > MOST_NODES:
            raise Refused(
                f"and those before it hold more than {MOST_NODES:,} elements beside cells", "a workbook of capmodel has far fewer"
            )
        name = self.names.get(full) or self.names.setdefault(full, known_name(full))
        # Attributes of other namespaces are marks that programs leave for themselves, but for relations.
        plain = {key.removeprefix(RELATION): value for key, value in attributes.items() if " " not in key or key.startswith(RELATION)}
        node = Node(name, plain)
        if self.open:
            self.open[-1].children.append(node)
        else:
            self.trees.parts[self.part] = node
        self.open.append(node)

    def end(self) -> None:
        """The element that began last ends."""
        node = self.open.pop()
        node.text = node.text.strip() if node.children else node.text

    def characters(self, text: str) -> None:
        """Text within the element that began last."""
        if self.open:
            self.open[-1].text += text


def as_number(text: str) -> float:
    """A number as a part holds it; zero where there is none.

    >>> as_number("7.5"), as_number("wide"), as_number("inf")
    (7.5, 0.0, 0.0)
    """
    try:
        found = float(text)
    except ValueError:
        return 0.0
    return found if math.isfinite(found) else 0.0


def known_name(full: str) -> str:
    """The name by which an element is read.

    >>> known_name("http://schemas.openxmlformats.org/spreadsheetml/2006/main row"), known_name("urn:other row")
    ('row', 'urn:other row')
    """
    space, _, name = full.rpartition(" ")
    if space in NATURAL:
        return name
    return f"{PREFIXES[space]}:{name}" if space in PREFIXES else full
