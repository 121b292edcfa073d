"""Reads a CSV file, packed with gzip or not, row by row; how large it may be is bounded in `guard`."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator
from pathlib import Path

from capmodel.assumptions.text_file import SAVE, whole_text
from capmodel.errors import BadInput, Problem

#: What parts cells in files that were not saved with commas.
OTHER_PARTINGS = {";": "';'", "\t": "a tab", "|": "'|'"}


def text_rows(path: Path, save: str = SAVE) -> Iterator[tuple[int, list[str]]]:
    """The rows of a CSV file that hold something, each with the number of its line; `save` is how else the table may be saved.

    Raises:
        BadInput: the file cannot be read, or it is no CSV file with commas.
    """
    try:
        text = whole_text(path, "the table is read as text", save)
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


def _refused(where: str, what: str, why: str, remedy: str) -> BadInput:
    return BadInput([Problem(where, what, why, remedy)])
