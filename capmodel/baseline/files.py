"""The files of an extract: which there are, what their columns are called, and what a user reads of one that cannot be read.

No message carries a cell of a file, since a cell could be a person's; where the heading is missing, the first line is cells too.
"""

from __future__ import annotations

import csv
import gzip
import importlib
import importlib.util
import os
import platform
import re
import shutil
import tempfile
import zlib
from pathlib import Path
from typing import TextIO

from capmodel.assumptions.kinds import WHAT, kind_of
from capmodel.errors import BadInput, Problem
from capmodel.files import is_running

#: What made-up people are marked with: the beginning of a Parquet file's note, the name of a CSV file's last column.
SYNTHETIC = "synthetic"
#: How the names of files end that are read by their kind; a text may have any name but a workbook's.
_ENDINGS = {"gzip": ".gz", "parquet": ".parquet"}
_WORKBOOKS = (".xlsx", ".xlsm", ".xlsb", ".xls", ".ods")
#: What the folders are called in which engines of this machine spill; the number of the process follows.
SPILL = f"capmodel-spill-{re.sub(r'[^A-Za-z0-9]', '', platform.node())}-"


def quoted(name: str) -> str:
    """A column's name as SQL writes it.

    >>> quoted("net cost")
    '"net cost"'
    """
    return '"' + name.replace('"', '""') + '"'


def is_parquet(path: Path) -> bool:
    """Whether an extract that is there is Parquet, by the name of its first file."""
    return _kind(files_of(path)[0] if path.is_dir() else path) == ".parquet"


def files_of(path: Path) -> list[Path]:
    """The files of an extract: itself, or the Parquet or CSV files of a folder, in the order of their names.

    Raises:
        BadInput: there are none, or a folder holds both kinds.
    """
    try:
        is_file = path.is_file()
    except OSError as error:
        raise BadInput(
            [Problem(f"{str(path)[:80]}...", f"no file can be called so ({error.strerror})", "it is looked for", "Correct the path")]
        ) from None
    if is_file:
        _check_content(path)
        return [path]
    found = _files_in(path)
    if not found:
        raise BadInput([Problem(str(path), "there is no extract", "no Parquet or CSV file is there", "Correct the path")])
    if len({_kind(file) for file in found}) > 1:
        raise BadInput([Problem(str(path), "the folder holds Parquet and CSV files", "an extract is of one kind", "Keep one kind in it")])
    for file in found:
        _check_content(file)
    return found


def _files_in(path: Path) -> list[Path]:
    """The Parquet and CSV files of a folder, in the order of their names; none where it is no folder."""
    return sorted(file for file in path.glob("**/*") if _kind(file) and file.is_file()) if path.is_dir() else []


def names_of(path: Path) -> list[str]:
    """The name of an extract and, where it is a folder, those of its files with the folders in it that they are in."""
    try:
        return [path.name, *(file.relative_to(path).as_posix() for file in _files_in(path))]
    except OSError:
        return [path.name]


def _kind(file: Path) -> str | None:
    """What a file of a folder is by its name: .csv.gz is read as .csv is."""
    name = file.name.lower()
    return next((kind for kind, ending in ((".parquet", ".parquet"), (".csv", ".csv"), (".csv", ".csv.gz")) if name.endswith(ending)), None)


def _check_content(file: Path) -> None:
    """Refuse a file whose first bytes say that it is another kind of file than its name says."""
    kind, ending = kind_of(file), file.suffix.lower()
    if kind == "" and ending in _WORKBOOKS:
        what, remedy = f"it is a text, and its name ends in {ending}", "Let its name end in .csv"
    elif kind == "" or ending == _ENDINGS.get(kind):
        return
    elif kind in _ENDINGS:
        what, remedy = WHAT[kind], f"Let its name end in {'.csv' if kind == 'gzip' else ''}{_ENDINGS[kind]}"
    else:
        what, remedy = WHAT[kind], "Save it as CSV, or export it as Parquet"
    raise BadInput([Problem(str(file), what, "an extract is CSV or Parquet, by its name", remedy)])


def opened_text(file: Path) -> TextIO:
    """A CSV file open as text, packed with gzip or not."""
    return (
        gzip.open(file, "rt", encoding="utf-8-sig", newline="")
        if file.suffix.lower() == ".gz"
        else file.open(encoding="utf-8-sig", newline="")
    )


def is_synthetic(path: Path) -> bool:
    """True where the first file of an extract says that its people are made up: Parquet in its note, CSV by a column of that name."""
    found = files_of(path)[0] if path.exists() else path
    if _kind(found) == ".csv":
        with opened_text(found) as opened:
            return SYNTHETIC in re.split(r'[",;|\t\r\n]+', opened.readline())
    if found.suffix.lower() != ".parquet" or importlib.util.find_spec("pyarrow") is None:
        return False
    metadata = importlib.import_module("pyarrow.parquet").read_schema(found).metadata or {}
    return bool(metadata.get(b"note", b"").startswith(SYNTHETIC.encode()))


def header_of(file: Path, delimiter: str) -> list[str]:
    """The column names of a CSV file.

    Raises:
        BadInput: the file is empty, is not UTF-8, or names a column twice.
    """
    try:
        with opened_text(file) as opened:
            header = [name.strip() for name in next(csv.reader(opened, delimiter=delimiter), [])]
    except (UnicodeDecodeError, csv.Error, OSError, EOFError, zlib.error) as error:
        raise unreadable(file, error) from None
    if any(header) and not all(header):
        raise BadInput([Problem(f"{file}, line 1", "a column has no name", "columns are read by name", "Name each, or leave it out")])
    if not header or not any(header):
        raise BadInput([Problem(str(file), "the file is empty", "there is nobody in it", "Export it again")])
    twice = [position for position, name in enumerate(header, 1) if header.count(name) > 1]
    if twice:
        # Named by position: where there is no heading, the name is a cell.
        alike = [position for position in twice if header[position - 1] == header[twice[0] - 1]]
        what = f"columns {' and '.join(map(str, alike[:3]))} have one name"
        raise BadInput([Problem(f"{file}, line 1", what, "columns are read by name", "Name each, and write a heading if there is none")])
    return header


def is_data(name: str) -> bool:
    """True where a column's name could be a cell of a file without a heading: it has no letter, or ten digits running.

    >>> [is_data(name) for name in ("943 476 5919", "NHS9434765919", "2025-04-01", "gp_gbp")]
    [True, True, True, False]
    """
    return not re.search(r"[^\W\d_]", name) or is_possible_identifier(name)


def is_possible_identifier(text: str) -> bool:
    """True where ten digits run in a text, whatever is written between them, as in an NHS number."""
    return re.search(r"\d{10}", re.sub(r"[\W_]", "", text)) is not None


def spill_folder() -> tempfile.TemporaryDirectory[str]:
    """A temporary folder for what an engine spills; those that killed processes of this machine left are removed first."""
    for folder in Path(tempfile.gettempdir()).glob(f"{SPILL}*"):
        if not is_running(folder.name.removeprefix(SPILL).split("-")[0]):
            shutil.rmtree(folder, ignore_errors=True)
    return tempfile.TemporaryDirectory(prefix=f"{SPILL}{os.getpid()}-", ignore_cleanup_errors=True)


def unreadable(path: Path, error: Exception) -> BadInput:
    """What a user reads of a file that an engine cannot read; never a cell of it, which could be a person's."""
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
        (r"gzip|CRC|end-of-stream|decompress", "the packed file is damaged or cut short", "nothing in it can be trusted", "Pack it again"),
        (
            r"field larger",
            "a cell is longer than any cell can be",
            "a quotation mark may be left open",
            "Export it again, with text in quotes",
        ),
        (r"memory", "there is not enough memory", "the engine could not go on", "Give it more with --memory, or free disk space"),
    )
    for pattern, what, why, remedy in known:
        if re.search(pattern, text, re.IGNORECASE):
            return BadInput([Problem(where, what, why, remedy)])
    # What the engine says of it may quote a cell, and is in no words of ours.
    return BadInput([Problem(where, "it cannot be read", "something in it is not as its format or the column map says", "Export it again")])


def differing(first: Path, columns: list[tuple[str, str]], other: Path, found: list[tuple[str, str]]) -> BadInput:
    """What a user reads of a folder whose files differ; the first line of a text file may be cells, so its names are not disclosed."""
    here, there = dict(columns), dict(found)
    missing = [name for name in here if name not in there]
    extra = [name for name in there if name not in here]
    changed = [name for name in here if name in there and here[name] != there[name]]
    if len(missing) == len(here):
        what, why = "the file has another heading than the first, or none", f"the files of a folder are read as one, after {first.name}"
        return BadInput([Problem(other.name, what, why, "Give every file the same heading")])
    is_text = other.suffix.lower() == ".csv"

    def listing(names: list[str], of: dict[str, str]) -> str:
        shown = [f"column {list(of).index(name) + 1}" if is_text or is_data(name) else name for name in names[:3]]
        return ", ".join(shown)

    differences = "; ".join(
        text
        for text, names in (
            (f"lacks {listing(missing, here)}{' of the first' if is_text else ''}", missing),
            (f"adds {listing(extra, there)}", extra),
            (f"has another type in {listing(changed, there)}", changed),
            ("has another order of columns", not (missing or extra or changed)),
        )
        if names
    )
    return BadInput(
        [
            Problem(
                other.name,
                f"the file {differences}",
                f"the files of a folder are read as one, and {first.name} differs",
                "Export them alike",
            )
        ]
    )
