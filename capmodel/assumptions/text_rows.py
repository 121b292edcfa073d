"""Reads a CSV file, packed with gzip or not, row by row; how large it may be is bounded in `guard`."""

from __future__ import annotations

import csv
import io
import zlib
from collections.abc import Iterator
from pathlib import Path

from capmodel.assumptions.guard import bounded
from capmodel.errors import BadInput, Problem


def text_rows(path: Path) -> Iterator[tuple[int, list[str]]]:
    """The rows of a CSV file that hold something, each with the number of its line.

    Raises:
        BadInput: the file cannot be read.
    """
    try:
        text = bounded(path).decode("utf-8-sig")
        reader = csv.reader(io.StringIO(text, newline=""))
        for row in reader:
            if any(cell.strip() for cell in row):
                yield reader.line_num, row
    except FileNotFoundError:
        raise BadInput(
            [Problem(path.name, f"there is no file {path}", "figures are read from it", "Add it, or correct the path")]
        ) from None
    except (OSError, EOFError, UnicodeDecodeError, csv.Error, zlib.error) as error:
        remedy = "Save it as UTF-8 text, or give the workbook itself"
        raise BadInput([Problem(path.name, f"the file cannot be read ({error})", "figures are read from it", remedy)]) from None
