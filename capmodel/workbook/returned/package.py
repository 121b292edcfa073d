"""Opens the package of a workbook that came back: what kind of file it is, its parts, and how they refer to each other.

A workbook is a zip file of XML parts. Nothing here trusts it: sizes are bounded before a part is unpacked, and parts are read
as a stream. What the parts hold is left to `bounds`, which parts may be there to `foreign`.
"""

from __future__ import annotations

import hashlib
import posixpath
import zipfile
import zlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import unquote
from xml.parsers import expat

from capmodel.assumptions.guard import AGAIN, WITHOUT_PASSWORD, guard
from capmodel.errors import BadInput, Problem

CHUNK, LARGEST = 65_536, 150_000_000  # bytes read at once, and of all parts together
DEEPEST = 100  # of elements within elements
_NAMED = ("http://schemas.openxmlformats.org/", "http://schemas.microsoft.com/")


@dataclass(frozen=True, slots=True)
class Relation:
    """One part refers to another, or to something outside the workbook."""

    source: str  # the part that refers; empty for the package itself
    kind: str  # the last word of its type, such as worksheet
    target: str
    external: bool
    name: str = ""  # by which the part that refers knows it


@dataclass(frozen=True)
class Package:
    """The parts of a workbook by name, what each says it is, and how they refer to each other."""

    path: Path
    parts: tuple[str, ...]
    types: tuple[tuple[str, str], ...]  # a part or an ending such as .xml, and its content type
    relations: tuple[Relation, ...]


class Refused(Exception):
    """What is wrong with a part, and why; it becomes a problem with the name of the file."""


def open_package(path: Path) -> Package:
    """The parts and relations of a workbook.

    Raises:
        BadInput: it is no .xlsx workbook, or one built to exhaust or mislead the machine.
    """
    guard(path)
    with zipfile.ZipFile(path) as archive:
        _check_entries(path, archive)
        names = tuple(name for name in archive.namelist() if not name.endswith("/"))
        types = tuple(_content_types(path, archive))
        relations = tuple(relation for name in names if name.endswith(".rels") for relation in _relations(path, archive, name))
    return Package(path, names, types, relations)


def refusal(path: Path, what: str, why: str, remedy: str = AGAIN) -> BadInput:
    """One problem of the whole file."""
    return BadInput([Problem(path.name, what, why, remedy)])


def _check_entries(path: Path, archive: zipfile.ZipFile) -> None:
    seen: set[str] = set()
    if sum(entry.file_size for entry in archive.infolist()) > LARGEST:
        raise refusal(path, f"it unpacks to more than {LARGEST:,} bytes", "it is far larger than a workbook of capmodel")
    for entry in archive.infolist():
        name = entry.filename
        if entry.flag_bits & 1:
            raise refusal(path, f"the part {name} is encrypted", "it cannot be read", WITHOUT_PASSWORD)
        if entry.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
            raise refusal(path, f"the part {name} is packed in a way that .xlsx does not use", "spreadsheet programs cannot read it")
        # Names of parts differ by more than capitals.
        if name.lower() in seen:
            raise refusal(path, f"the part {name} is given twice", "programs may read one or the other")
        seen.add(name.lower())
        if name.startswith("/") or "\\" in name or ".." in name.split("/"):
            raise refusal(path, f"the part {name!r} leads out of the package", "a part lies within it")
    if "[Content_Types].xml" not in archive.namelist():
        raise refusal(path, "it holds no [Content_Types].xml", "an .xlsx file says what each part is")


def local(name: str) -> str:
    """The name of an element or attribute without its namespace."""
    return name.rpartition(" ")[2]


def elements(path: Path, archive: zipfile.ZipFile, part: str, start: Callable[[str, dict[str, str]], None]) -> None:
    """Call `start` with the name, without prefix, and the attributes of every element of a small part."""

    def begin(name: str, attributes: dict[str, str]) -> None:
        start(local(name), attributes)

    stream(path, archive, part, begin, None, None)


def stream(
    path: Path,
    archive: zipfile.ZipFile,
    part: str,
    start: Callable[[str, dict[str, str]], None],
    end: Callable[[str], None] | None,
    text: Callable[[str], None] | None,
    called: str = "",
    take: Callable[[bytes], bytes] | None = None,
) -> str:
    """Read one XML part from beginning to end in bounded memory; a document type is refused.

    Names come with their namespace before a blank, as `local` takes it away; an attribute without prefix is known by its own name.

    Args:
        path: the file.
        archive: the same, opened.
        part: the part of it.
        start: called with the name and the attributes of each element.
        end: called with the name of each element that ends.
        text: called with text.
        called: how a message names the part; by its name where left out.
        take: reads by itself what it can of the whole part, and returns what is left to be read element by element.

    Returns:
        The SHA-256 of the bytes that were read.

    Raises:
        BadInput: it is no XML, it is damaged, it declares a document type, or a callback refused it.
    """
    read = hashlib.sha256()
    parser = expat.ParserCreate(namespace_separator=" ")
    parser.buffer_text = True
    parser.StartDoctypeDeclHandler = _doctype
    parser.StartElementHandler = start
    if end is not None:
        parser.EndElementHandler = end
    if text is not None:
        parser.CharacterDataHandler = text
    try:
        with archive.open(part) as file:
            while chunk := file.read(CHUNK if take is None else -1):
                read.update(chunk)
                parser.Parse(chunk if take is None else take(chunk), False)
        parser.Parse(b"", True)
    except Refused as error:
        what, why = error.args
        raise refusal(path, f"{called or part} {what}", why) from None
    except (expat.ExpatError, zipfile.BadZipFile, zlib.error, EOFError, OSError, ValueError, LookupError, RuntimeError) as error:
        raise refusal(path, f"{called or part} cannot be read ({error})", "it is damaged") from error
    return read.hexdigest()


def _doctype(*_: object) -> None:
    raise Refused("cannot be read: it declares a document type (DTD)", "a workbook has none, and its entities could exhaust the machine")


def _content_types(path: Path, archive: zipfile.ZipFile) -> Iterator[tuple[str, str]]:
    found: list[tuple[str, str]] = []

    def start(name: str, attributes: dict[str, str]) -> None:
        kind = attributes.get("ContentType", "")
        if name == "Override":
            found.append((attributes.get("PartName", "").lstrip("/"), kind))
        elif name == "Default":
            found.append((f".{attributes.get('Extension', '').lower()}", kind))

    elements(path, archive, "[Content_Types].xml", start)
    named = [name.lower() for name, _ in found]
    twice = next((name for name in named if named.count(name) > 1), None) if len(set(named)) < len(named) else None
    if twice is not None:
        raise refusal(path, f"[Content_Types].xml says twice what {twice} is", "programs may read one or the other")
    yield from found


def _relations(path: Path, archive: zipfile.ZipFile, name: str) -> Iterator[Relation]:
    folder, file = posixpath.split(name)
    base, source = posixpath.dirname(folder), posixpath.join(posixpath.dirname(folder), file.removesuffix(".rels"))
    found: list[Relation] = []
    ids: set[str] = set()

    def start(element: str, attributes: dict[str, str]) -> None:
        if element != "Relationship":
            return
        kind, target = attributes.get("Type", ""), unquote(attributes.get("Target", ""))
        if attributes.get("Id", "") in ids:
            raise Refused(f"gives the relation {attributes.get('Id')} twice", "programs may read one or the other")
        ids.add(attributes.get("Id", ""))
        external = attributes.get("TargetMode") == "External"
        if not external:
            target = posixpath.normpath(target.lstrip("/") if target.startswith("/") else posixpath.join(base, target))
        word = kind.rpartition("/")[2] if kind.startswith(_NAMED) else kind
        found.append(Relation(source, word, target, external, attributes.get("Id", "")))

    elements(path, archive, name, start)
    yield from found
