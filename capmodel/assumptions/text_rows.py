"""Reads a CSV file, packed with gzip or not, row by row; how large it may be is bounded in `guard`."""

from __future__ import annotations

import csv
import io
import zlib
from collections.abc import Iterator
from pathlib import Path

from capmodel.assumptions.guard import bounded
from capmodel.errors import BadInput, Problem

#: How files begin that are no text, and what they are.
OTHER_KINDS = {
    b"PK\x03\x04": "a workbook or another packed file",
    b"\xd0\xcf\x11\xe0": "a workbook of an older kind (.xls), or one with a password",
    b"PAR1": "a Parquet file",
    b"%PDF": "a PDF document",
}
#: What parts cells in files that were not saved with commas.
OTHER_PARTINGS = {";": "';'", "\t": "a tab", "|": "'|'"}
SAVE = "Save it as CSV UTF-8 (comma delimited)"


def text_rows(path: Path) -> Iterator[tuple[int, list[str]]]:
    """The rows of a CSV file that hold something, each with the number of its line.

    Raises:
        BadInput: the file cannot be read, or it is no CSV file with commas.
    """
    try:
        text = _decoded(path, bounded(path))
        reader = csv.reader(io.StringIO(text, newline=""))
        first = True
        for row in reader:
            if not any(cell.strip() for cell in row):
                continue
            mark = next((mark for mark in OTHER_PARTINGS if first and len(row) == 1 and mark in row[0]), None)
            if mark:
                what = f"cells are parted by {OTHER_PARTINGS[mark]}"
                raise _refused(f"{path.name}, line {reader.line_num}", what, "they are read between commas", "Save it as CSV with commas")
            first = False
            yield reader.line_num, row
    except FileNotFoundError:
        raise _refused(path.name, f"there is no file {path}", "figures are read from it", "Add it, or correct the path") from None
    except csv.Error as error:
        long = "field limit" in str(error)
        what = f"a cell is longer than {csv.field_size_limit():,} characters" if long else f"the file cannot be read ({error})"
        why = "a quotation mark that is not closed takes the rows after it" if long else "figures are read from it"
        raise _refused(f"{path.name}, line {reader.line_num}", what, why, "Close the quotation mark" if long else SAVE) from None
    except (OSError, EOFError, zlib.error) as error:
        raise _refused(path.name, f"the file cannot be read ({error})", "figures are read from it", SAVE) from None


def _decoded(path: Path, content: bytes) -> str:
    kind = next((kind for start, kind in OTHER_KINDS.items() if content.startswith(start)), None)
    if kind:
        raise _refused(path.name, f"it is {kind}", "the table is read as text", f"{SAVE}, or as .xlsx where a sheet is named")
    try:
        text = content.decode("utf-16" if content[:2] in (b"\xff\xfe", b"\xfe\xff") else "utf-8-sig")
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        what = f"the file cannot be read: the byte {content[error.start]:#04x} is no text in UTF-8"
        raise _refused(f"{path.name}, line {line}", what, "letters and signs would be misread", SAVE) from None
    if "\0" in text:
        line = text.count("\n", 0, text.index("\0")) + 1
        raise _refused(
            f"{path.name}, line {line}",
            "it holds a character that cannot be seen (NUL)",
            "it is no text, or text of another encoding",
            SAVE,
        )
    return text


def _refused(where: str, what: str, why: str, remedy: str) -> BadInput:
    return BadInput([Problem(where, what, why, remedy)])
