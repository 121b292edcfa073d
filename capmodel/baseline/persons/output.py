"""Writes what may leave the engine: the spend table, the people table and the report, all of them or none.

Everything is written whole in a folder of its own beside them first; then one takes its place after the other, the report
last, so that a report never stands beside an earlier run's tables.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from tempfile import TemporaryDirectory

from capmodel.baseline.persons.figures import Row
from capmodel.baseline.persons.report import write_report
from capmodel.baseline.persons.segment import Segmented, tidy, tidy_people
from capmodel.errors import BadInput, CapmodelError, Problem
from capmodel.files import table_beside

ELSEWHERE = "choose another name with --out"


def outputs_of(out: Path) -> list[Path]:
    """The spend table, the people table, the report as a page and as data, all named after the first.

    >>> [path.name for path in outputs_of(Path("spend.csv"))]
    ['spend.csv', 'spend-people.csv', 'spend.html', 'spend.json']
    """
    return [out, table_beside(out, "people"), out.with_suffix(".html"), out.with_suffix(".json")]


def check_outputs(out: Path) -> None:
    """Find out whether every output can be written, before anything is read; nothing is made.

    Raises:
        BadInput: naming every output that cannot.
    """
    problems = []
    for path in outputs_of(out):
        if path.is_dir():
            problems.append(Problem(str(path), "a folder has this name", "a file is to be written there", f"Rename it, or {ELSEWHERE}"))
        elif path.exists() and not os.access(path, os.W_OK):
            problems.append(Problem(str(path), "it cannot be replaced", "it is write-protected", f"Allow writing it, or {ELSEWHERE}"))
    above = next(folder for folder in out.absolute().parents if folder.exists())
    if not above.is_dir():
        problems.append(Problem(str(above), "this is no folder", "files are to be written in it", f"Rename it, or {ELSEWHERE}"))
    elif not os.access(above, os.W_OK | os.X_OK):
        problems.append(Problem(str(above), "the folder takes no files", "it is write-protected", f"Allow writing there, or {ELSEWHERE}"))
    if problems:
        raise BadInput(problems)


def write_outputs(made: Segmented, record: Row, out: Path) -> list[Path]:
    """Write OUT (spend), OUT-people.csv, OUT.html and OUT.json beside each other.

    Args:
        made: segment spend from people.
        record: what may be told of it.
        out: the path of the spend table.

    Returns:
        the paths written.

    Raises:
        BadInput: an output cannot be replaced; all are as they were.
        CapmodelError: the folder does not take the files; all are as they were.
    """
    check_outputs(out)
    paths = outputs_of(out)
    try:
        out.parent.mkdir(parents=True, exist_ok=True)
        with TemporaryDirectory(dir=out.parent, prefix=f".{out.stem}-", ignore_cleanup_errors=True) as beside:
            whole = {path: Path(beside, path.name) for path in paths}
            _, people, page, data = paths
            for path, frame in ((out, tidy(made)), (people, tidy_people(made))):
                frame.to_csv(whole[path], index=False, lineterminator="\n")
            write_report(record, whole[page], whole[data])
            _replace(whole, Path(beside))
    except OSError as error:
        why = error.strerror or error
        raise CapmodelError(
            f"{error.filename2 or error.filename or out} cannot be written ({why}). Close it where it is open, or {ELSEWHERE}"
        ) from error
    return paths


def _replace(whole: Mapping[Path, Path], beside: Path) -> None:
    """Put files that are whole in their places one after the other; where one cannot be, those before it are put back."""
    earlier = {path: beside / f"{path.name}.earlier" for path in whole}
    for path, file in whole.items():
        file.chmod(0o644)
        if path.exists():
            shutil.copy2(path, earlier[path])
    done: list[Path] = []
    try:
        for path, file in whole.items():
            done.append(path)
            file.replace(path)
    except BaseException:
        for path in done:
            # One that did not take its place is still whole, and what it was to replace stands.
            with suppress(OSError):
                if whole[path].exists():
                    continue
                if earlier[path].exists():
                    earlier[path].replace(path)
                else:
                    path.unlink()
        raise
