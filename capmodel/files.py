"""Writes files whole or not at all: beside their places first, then renamed over them."""

from __future__ import annotations

import csv
import os
import shutil
import tempfile
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

from capmodel.errors import BadInput, CapmodelError, Problem


@contextmanager
def written_whole(path: Path) -> Iterator[Path]:
    """A path to write to; when the block ends well, it replaces the file, and otherwise nothing is left behind.

    Raises:
        CapmodelError: the folder does not take the file.
    """
    beside: Path | None = None
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        handle, name = tempfile.mkstemp(suffix=path.suffix, prefix=f".{path.stem}-", dir=path.parent)
        os.close(handle)
        beside = Path(name)
        yield beside
        beside.chmod(0o644)
        beside.replace(path)
    except OSError as error:
        remedy = "Close it where it is open, or choose another folder with --out"
        raise CapmodelError(f"{path} cannot be written ({error.strerror or error}). {remedy}") from error
    finally:
        if beside is not None:
            beside.unlink(missing_ok=True)


@contextmanager
def folder_made_whole(folder: Path) -> Iterator[Path]:
    """A folder to fill; when the block ends well it becomes the new folder, and otherwise nothing is left behind.

    Raises:
        BadInput: the folder is there already.
        CapmodelError: it cannot be made.
    """
    beside: Path | None = None
    try:
        if folder.exists() or folder.is_symlink():
            remedy = "Choose another name, or remove it"
            raise BadInput([Problem(str(folder), "the place is there already", "nothing is overwritten", remedy)])
        folder.parent.mkdir(parents=True, exist_ok=True)
        beside = Path(tempfile.mkdtemp(prefix=".new-", dir=folder.parent))
        yield beside
        beside.chmod(0o755)
        beside.rename(folder)
    except (OSError, shutil.Error) as error:
        raise CapmodelError(
            f"{folder} cannot be made ({getattr(error, 'strerror', None) or error}). Choose another name or folder"
        ) from error
    finally:
        if beside is not None:
            shutil.rmtree(beside, ignore_errors=True)


def write_tables(tables: Mapping[Path, Sequence[Sequence[Any]]], texts: Mapping[Path, str] | None = None) -> None:
    """Write CSV tables and texts, all of them or none: every one is written beside its place before the first takes it.

    Raises:
        CapmodelError: a folder does not take a file.
    """
    with ExitStack() as whole:
        for path, rows in tables.items():
            with whole.enter_context(written_whole(path)).open("w", encoding="utf-8", newline="") as file:
                csv.writer(file, lineterminator="\n").writerows(rows)
        for path, text in (texts or {}).items():
            whole.enter_context(written_whole(path)).write_text(text, encoding="utf-8")


def keep_inputs(read: Iterable[Path | None], written: Iterable[Path]) -> None:
    """Refuse to write over what is read, or into a folder that is read.

    Raises:
        BadInput: naming every file that would be lost.
    """
    kept = {path.resolve() for path in read if path is not None}
    problems = [
        Problem(f"--out {path}", "it is read, or in what is read", "it would be written over", "Choose another name with --out")
        for path in written
        if path.resolve() in kept or path.resolve().parent in kept
    ]
    if problems:
        raise BadInput(problems)


def table_beside(out: Path, name: str) -> Path:
    """The table of that name beside another.

    >>> table_beside(Path("need.csv"), "measures").name
    'need-measures.csv'
    """
    return out.with_name(f"{out.stem}-{name}.csv")


def check_table(out: Path) -> None:
    """Refuse a name for a table that is no .csv file.

    Raises:
        BadInput: the name ends otherwise.
    """
    if out.suffix.lower() != ".csv":
        raise BadInput([Problem(f"--out {out}", "it does not end in .csv", "the result is a table", "Name a .csv file")])
