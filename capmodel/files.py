"""Writes a file whole or not at all: beside its place first, then renamed over it."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

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
