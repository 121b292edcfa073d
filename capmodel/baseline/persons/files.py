"""The files of an extract: which there are, what their columns are called, and what a user is told of one that cannot be read.

No message carries a cell of a file, since a cell could be a person's.
"""

from __future__ import annotations

import csv
import importlib
import importlib.util
import re
from pathlib import Path

from capmodel.errors import BadInput, Problem

#: What made-up people are marked with: the beginning of a Parquet file's note, the name of a CSV file's last column.
SYNTHETIC = "synthetic"


def quoted(name: str) -> str:
    """A column's name as SQL writes it.

    >>> quoted("net cost")
    '"net cost"'
    """
    return '"' + name.replace('"', '""') + '"'


def files_of(path: Path) -> list[Path]:
    """The files of an extract: itself, or the Parquet or CSV files of a folder, in the order of their names.

    Raises:
        BadInput: there are none, or a folder holds both kinds.
    """
    if path.is_file():
        return [path]
    found = (
        sorted(file for file in path.glob("**/*") if file.suffix.lower() in (".parquet", ".csv") and file.is_file())
        if path.is_dir()
        else []
    )
    if not found:
        raise BadInput([Problem(str(path), "there is no extract", "no Parquet or CSV file is there", "Correct the path")])
    if len({file.suffix.lower() for file in found}) > 1:
        raise BadInput([Problem(str(path), "the folder holds Parquet and CSV files", "an extract is of one kind", "Keep one kind in it")])
    return found


def is_synthetic(path: Path) -> bool:
    """True where the first file of an extract says that its people are made up: Parquet in its note, CSV by a column of that name."""
    found = files_of(path)[0] if path.exists() else path
    if found.suffix.lower() == ".csv":
        with found.open(encoding="utf-8-sig", errors="replace") as opened:
            return SYNTHETIC in re.split(r'[",;|\t\r\n]+', opened.readline())
    if found.suffix.lower() != ".parquet" or importlib.util.find_spec("pyarrow") is None:
        return False
    told = importlib.import_module("pyarrow.parquet").read_schema(found).metadata or {}
    return bool(told.get(b"note", b"").startswith(SYNTHETIC.encode()))


def header_of(file: Path, delimiter: str) -> list[str]:
    """The column names of a CSV file.

    Raises:
        BadInput: the file is empty, is not UTF-8, or names a column twice.
    """
    try:
        with file.open(encoding="utf-8-sig", newline="") as opened:
            header = [name.strip() for name in next(csv.reader(opened, delimiter=delimiter), [])]
    except (UnicodeDecodeError, csv.Error) as error:
        raise unreadable(file, error) from None
    if any(header) and not all(header):
        raise BadInput([Problem(f"{file}, line 1", "a column has no name", "columns are read by name", "Name each, or leave it out")])
    if not header or not any(header):
        raise BadInput([Problem(str(file), "the file is empty", "there is nobody in it", "Export it again")])
    twice = sorted({name for name in header if header.count(name) > 1})
    if twice:
        raise BadInput([Problem(f"{file}, line 1", f"the column {twice[0]!r} is there twice", "columns are read by name", "Name each")])
    return header


def unreadable(path: Path, error: Exception) -> BadInput:
    """What a user is told of a file that an engine cannot read; never a cell of it, which could be a person's."""
    text = " ".join(str(error).split())
    line = re.search(r"[Ll]ine:? (\d+)", text)
    where = f"{path}, line {line[1]}" if line else str(path)
    known = (
        (r"utf-?8|unicode|encoding", "the file mixes encodings or is not UTF-8", "letters would be misread", "Export it as UTF-8"),
        (
            r"parquet|magic bytes|snappy|zstd|thrift|metadata",
            "the Parquet file is damaged or cut short",
            "nothing in it can be trusted",
            "Export it again",
        ),
        (
            r"expected number of columns|number of columns|quote",
            "a line has more or fewer cells than the header",
            "cells would shift",
            "Export it again, with text in quotes",
        ),
        (r"memory", "there is not enough memory", "the engine could not go on", "Give it more with --memory, or free disk space"),
    )
    for pattern, what, why, remedy in known:
        if re.search(pattern, text, re.IGNORECASE):
            return BadInput([Problem(where, what, why, remedy)])
    kind = re.split(r":", text)[0][:80]
    return BadInput([Problem(where, f"the file cannot be read ({kind})", "the data engine refused it", "Export it again")])


def differing(first: Path, columns: list[tuple[str, str]], other: Path, found: list[tuple[str, str]]) -> BadInput:
    """What a user is told of a folder whose files differ."""
    here, there = dict(columns), dict(found)
    missing = [name for name in here if name not in there]
    extra = [name for name in there if name not in here]
    changed = [name for name in here if name in there and here[name] != there[name]]
    told = "; ".join(
        text
        for text, names in (
            (f"lacks {', '.join(missing[:3])}", missing),
            (f"adds {', '.join(extra[:3])}", extra),
            (f"has another type in {', '.join(changed[:3])}", changed),
            ("has another order of columns", not (missing or extra or changed)),
        )
        if names
    )
    return BadInput(
        [Problem(other.name, f"the file {told}", f"the files of a folder are read as one, and {first.name} differs", "Export them alike")]
    )
