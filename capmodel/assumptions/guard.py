"""Refuses a file that is built to exhaust the machine, before anything of it is parsed.

A workbook is a zip package: how many parts it has, how large they unpack and how far they were packed is read from its list of parts.
A text file, packed with gzip or not, is read up to a bound. What the files mean is for their readers.
"""

from __future__ import annotations

import gzip
import zipfile
import zlib
from pathlib import Path

from capmodel.assumptions.kinds import HEAD, WHAT, kind_of
from capmodel.errors import BadInput, Problem

LARGEST_PART, LARGEST_IN_ALL, MOST_PARTS, HIGHEST_RATIO = 200_000_000, 500_000_000, 2_000, 200
#: The most a text file may hold, after it is unpacked.
LARGEST_TEXT = 1 << 28
AGAIN = "Ask for the workbook again, saved as .xlsx"
AS_XLSX = "Save it as Excel Workbook (.xlsx)"
WITHOUT_PASSWORD = "Save it without a password to open it"
#: What the namespaces of Strict Open XML begin with.
STRICT = b"http://purl.oclc.org/ooxml"


def guard(path: Path) -> None:
    """Refuse a file that is no workbook, or one built to exhaust the machine.

    Raises:
        BadInput: saying which limit it breaks.
    """

    def refuse(what: str, why: str, remedy: str = AGAIN) -> BadInput:
        return BadInput([Problem(path.name, what, why, remedy)])

    if not path.is_file():
        raise BadInput([no_file(path, "a workbook is a file")])
    try:
        kind = kind_of(path)
        if kind not in ("xlsx", "zip"):
            what = WHAT.get(kind) or ("it is a text file" if path.stat().st_size else "the file is empty")
            raise refuse(what, "a workbook is read as .xlsx", WITHOUT_PASSWORD if kind == "encrypted" else AS_XLSX)
        with zipfile.ZipFile(path) as package:
            parts = package.infolist()
    except (OSError, zipfile.BadZipFile) as error:
        raise refuse(f"it cannot be opened as a workbook ({error})", "an .xlsx file is a zip package") from error
    if len(parts) > MOST_PARTS or sum(part.file_size for part in parts) > LARGEST_IN_ALL:
        raise refuse("it is far larger than a workbook of capmodel", "it could exhaust the machine")
    for part in parts:
        if part.file_size > LARGEST_PART or part.file_size > HIGHEST_RATIO * max(part.compress_size, 1) + 1_000_000:
            raise refuse(f"the part {part.filename} unpacks to {part.file_size:,} bytes", "it could exhaust the machine")
    if "xl/workbook.xml" not in {part.filename for part in parts}:
        raise refuse("it holds no workbook", "an .xlsx file holds xl/workbook.xml")
    if _is_strict(path):
        raise refuse("it is saved as Strict Open XML", "its parts have other names than those that are read", AS_XLSX)


def _is_strict(path: Path) -> bool:
    """Whether a workbook has the namespaces of Strict Open XML; a part that cannot be read says nothing of it."""
    try:
        with zipfile.ZipFile(path) as package, package.open("xl/workbook.xml") as part:
            return STRICT in part.read(HEAD)
    except (OSError, RuntimeError, NotImplementedError, zipfile.BadZipFile, zlib.error):
        return False


def no_file(path: Path, why: str) -> Problem:
    """What stands in the place of a file that cannot be read: a folder, a device, a link to nothing, or nothing.

    >>> str(no_file(Path("/"), "figures are read from it"))
    '/: it is a folder; figures are read from it. Name a file in it.'
    """
    if "\0" in str(path):
        return Problem(repr(str(path)), "the name holds a character that cannot be seen (NUL)", "no file has such a name", "Type it again")
    if path.is_dir():
        return Problem(str(path), "it is a folder", why, "Name a file in it")
    if path.is_symlink() and not path.is_file() and not path.exists():
        return Problem(str(path), "it is a link that leads to itself or to nothing", why, "Give the file itself")
    if path.exists():
        return Problem(str(path), "it is a device or a pipe, and no file", why, "Give a file")
    return Problem(str(path), "there is no such file", why, "Correct the name")


def bounded(path: Path, most: int | None = None) -> bytes:
    """The bytes of a text file, unpacked where its name ends in .gz; as many as a table may hold, or `most`.

    Raises:
        BadInput: it holds more than a table does.
        OSError, EOFError, zlib.error: it cannot be read.
    """
    with gzip.open(path) if path.suffix.lower() == ".gz" else path.open("rb") as file:
        content = file.read((most or LARGEST_TEXT) + 1)
    if len(content) > (most or LARGEST_TEXT):
        what = f"it holds over {most or LARGEST_TEXT:,} bytes" + (" when it is unpacked" if path.suffix.lower() == ".gz" else "")
        raise BadInput([Problem(path.name, what, "it could exhaust the machine", "Part the file, or leave out what is not read")])
    return content
