"""What kind of file one is, by its first bytes and whatever its name says, so that every reader calls it alike.

Only a text has no kind. Which kinds a reader takes, why, and what else to save the file as is for the reader to say.
"""

from __future__ import annotations

import zipfile
from pathlib import Path

#: The first bytes by which a kind is known: enough for the first name in a package.
HEAD = 4096
#: How far an old or encrypted workbook is searched for what encrypted it.
_DIRECTORY = 2_000_000
_OFFICE = b"\xd0\xcf\x11\xe0"
_ENCRYPTED = "EncryptedPackage".encode("utf-16-le")
_SIGNS = (
    (b"\x1f\x8b", "gzip"),
    (b"PAR1", "parquet"),
    (b"%PDF", "pdf"),
    (b"{\\rtf", "rtf"),
)
WHAT = {
    "xlsx": "it is an Excel workbook",
    "xlsb": "it is a binary Excel workbook (.xlsb)",
    "ods": "it is saved as OpenDocument (.ods)",
    "zip": "it is a packed file (.zip)",
    "xls": "it is saved in the format of Excel 97 to 2003 (.xls)",
    "encrypted": "it is encrypted with a password",
    "gzip": "it is packed with gzip, and its name does not say so",
    "parquet": "it is a Parquet file, and its name does not say so",
    "pdf": "it is a PDF",
    "rtf": "it is a document of a word processor (.rtf)",
    "html": "it is a web page (HTML), whatever its name says",
    "xml": "it is an XML file, whatever its name says",
}


def kind_of(path: Path) -> str:
    """What kind of file one is, or nothing where it is a text, or empty.

    Raises:
        OSError: it cannot be read.
    """
    with path.open("rb") as file:
        kind = kind_of_bytes(file.read(HEAD))
        if kind == "xls" and _ENCRYPTED in file.read(_DIRECTORY):
            return "encrypted"
    return _package(path) if kind == "zip" else kind


def kind_of_bytes(head: bytes) -> str:
    """What kind of file begins so, as far as its first bytes say; nothing for a text.

    >>> kind_of_bytes(b"PAR1"), kind_of_bytes(b"place,people"), kind_of_bytes(b"<html><table>")
    ('parquet', '', 'html')
    """
    if head.startswith(b"PK\x03\x04"):
        return "ods" if b"application/vnd.oasis.opendocument" in head[:200] else "zip"
    if head.startswith(_OFFICE):
        return "encrypted" if _ENCRYPTED in head else "xls"
    begin = head.removeprefix(b"\xef\xbb\xbf").lstrip()[:15].lower()
    if begin.startswith((b"<!doctype html", b"<html")):
        return "html"
    return "xml" if begin.startswith(b"<?xml") else next((kind for sign, kind in _SIGNS if head.startswith(sign)), "")


def _package(path: Path) -> str:
    """What a zip package holds, by its list of parts; nothing of it is unpacked."""
    try:
        with zipfile.ZipFile(path) as package:
            names = set(package.namelist())
    except (zipfile.BadZipFile, NotImplementedError):
        return "zip"
    return "xlsx" if "xl/workbook.xml" in names else "xlsb" if "xl/workbook.bin" in names else "zip"
