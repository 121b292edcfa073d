"""Reads a text file whole, packed with gzip or not: bounded, of no other kind, and in an encoding that is known."""

from __future__ import annotations

import zlib
from pathlib import Path

from capmodel.assumptions.guard import bounded
from capmodel.assumptions.kinds import HEAD, WHAT, kind_of, kind_of_bytes
from capmodel.errors import BadInput, Problem

#: How to save a table, in the words of the spreadsheet programs.
SAVE = "Save it as CSV UTF-8 (comma delimited)"


def whole_text(path: Path, why: str, save: str, most: int | None = None) -> str:
    """The text of a file in UTF-8, or in UTF-16 with the mark that says so.

    Args:
        path: the file; where its name ends in .gz it is unpacked.
        why: what the file is read as.
        save: what to do with a file of another kind or encoding.
        most: how many bytes it may hold, where that is not as many as a table.

    Raises:
        BadInput: it is no such file, or larger.
        FileNotFoundError: there is no such file.
    """

    def refused(where: str, what: str, why: str = why, remedy: str = save) -> BadInput:
        return BadInput([Problem(where, what, why, remedy)])

    packed = path.suffix.lower() == ".gz"
    try:
        kind = kind_of(path)
        if packed and kind != "gzip":
            raise refused(
                path.name, "its name ends in .gz, and it is not packed with gzip", "it would be unpacked", "Rename it, or pack it"
            )
        content = b"" if kind and not packed else bounded(path, most)
    except FileNotFoundError:
        raise
    except (OSError, EOFError, zlib.error) as error:
        raise refused(path.name, f"the file cannot be read ({error})") from None
    kind = kind_of_bytes(content[:HEAD]) if packed else kind
    if kind:
        raise refused(path.name, WHAT[kind], remedy="Let its name end in .gz" if kind == "gzip" else save)
    try:
        text = content.decode("utf-16" if content[:2] in (b"\xff\xfe", b"\xfe\xff") else "utf-8-sig")
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        what = f"the file cannot be read: the byte {content[error.start]:#04x} is no text in UTF-8"
        raise refused(f"{path.name}, line {line}", what, "letters and signs would be misread") from None
    if "\0" in text:
        line = text.count("\n", 0, text.index("\0")) + 1
        what = "it holds a character that cannot be seen (NUL)"
        raise refused(f"{path.name}, line {line}", what, "it is no text, or text of another encoding")
    return text
