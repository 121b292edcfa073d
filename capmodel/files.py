"""Writes files whole or not at all: beside their places first, then renamed over them."""

from __future__ import annotations

import csv
import os
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

from capmodel.errors import CapmodelError


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


def write_tables(tables: Mapping[Path, Sequence[Sequence[Any]]]) -> None:
    """Write CSV tables, all of them or none: every one is written beside its place before the first takes it.

    Raises:
        CapmodelError: a folder does not take a file.
    """
    with ExitStack() as whole:
        for path, rows in tables.items():
            beside = whole.enter_context(written_whole(path))
            with beside.open("w", encoding="utf-8", newline="") as file:
                csv.writer(file, lineterminator="\n").writerows(rows)
