"""Writes files whole, and all those of a run or none.

Every file is written in a hidden folder beside its place first. When all are whole, what stood in their places is moved aside and they
are put there. An error, or a stop at the keyboard, puts everything back. A process that is killed leaves its hidden folder; the next run
that writes there finishes what was begun, or undoes it, and removes the folder. So a new file never stands beside an old one for long
enough to be read, and nothing is left over.
"""

from __future__ import annotations

import csv
import json
import os
import platform
import re
import shutil
import tempfile
import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from contextvars import ContextVar
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from capmodel.errors import BadInput, CapmodelError, Problem

#: What the hidden folders of this machine are called; the number of the process follows.
_STAGED = f".capmodel-{re.sub(r'[^A-Za-z0-9]', '', platform.node())[:40]}-"
#: After so many seconds a folder of another machine is taken for left over.
_FORGOTTEN = 86_400
_PLAN, _BEGUN = "plan.json", "begun"
_ELSEWHERE = "choose another name with --out"


@dataclass
class _Batch:
    """The files that take their places together: where each is written, by its place."""

    staged: dict[Path, Path] = field(default_factory=dict)
    folders: dict[Path, Path] = field(default_factory=dict)
    made: list[Path] = field(default_factory=list)

    def stage(self, path: Path) -> Path:
        """Where a file that is to stand at `path` is written until then."""
        if path.parent not in self.folders:
            lacking = [folder for folder in (path.parent, *path.parent.parents) if not folder.exists()]
            self.made += lacking
            path.parent.mkdir(parents=True, exist_ok=True)
            _put_right(path.parent)
            hidden = self.folders[path.parent] = Path(tempfile.mkdtemp(prefix=f"{_STAGED}{os.getpid()}-", dir=path.parent))
            for name in ("new", "old"):
                (hidden / name).mkdir()
        return self.staged.setdefault(path, self.folders[path.parent] / "new" / path.name)

    def place(self) -> None:
        """Put every file in its place, or leave all as it was.

        Raises:
            CapmodelError: one cannot be put there.
        """
        moves = [(new, new.parents[1] / "old" / new.name, path) for path, new in self.staged.items()]
        path = moves[0][2] if moves else Path()
        try:
            if len(moves) == 1 and not path.is_dir():
                moves[0][0].replace(path)
            elif moves:
                begun = _plan(moves, list(self.folders.values())).with_name(_BEGUN)
                for _, old, path in moves:
                    if path.exists():
                        path.replace(old)
                begun.touch()
                for new, _, path in moves:
                    new.replace(path)
        except BaseException as error:
            _undo(moves)
            raise unwritable(path, error) if isinstance(error, OSError) else error from None

    def clear(self, whole: bool) -> None:
        """Remove the hidden folders, and where nothing was written also the folders made for the files."""
        for folder in self.folders.values():
            shutil.rmtree(folder, ignore_errors=True)
        for folder in () if whole else self.made:
            with suppress(OSError):
                folder.rmdir()


_Moves = list[tuple[Path, Path, Path]]
_OPEN: ContextVar[_Batch | None] = ContextVar("files that take their places together", default=None)


@contextmanager
def all_or_none() -> Iterator[None]:
    """A block whose files, written with `written_whole`, take their places together when it ends well; otherwise none does.

    Raises:
        CapmodelError: a file cannot be put in its place; all are as they were.
    """
    if _OPEN.get() is not None:
        yield
        return
    batch, whole = _Batch(), False
    token = _OPEN.set(batch)
    try:
        yield
        batch.place()
        whole = True
    finally:
        _OPEN.reset(token)
        batch.clear(whole)


@contextmanager
def written_whole(path: Path) -> Iterator[Path]:
    """A path to write to; when the block ends well, the file takes its place, alone or with those of `all_or_none` around it.

    Raises:
        CapmodelError: the folder does not take the file.
    """
    with all_or_none():
        batch = _OPEN.get()
        assert batch is not None
        try:
            path = path if path.name else path.resolve()
            staged = batch.stage(path)
            if path.exists() and not (path.is_file() or path.is_dir()):
                raise CapmodelError(f"{path} cannot be written (it is a device or a pipe). Choose another name")
            yield staged
            if path.is_dir() and staged.is_file():
                raise CapmodelError(f"{path} cannot be written (a folder has this name). Rename it, or choose another name")
        except OSError as error:
            batch.staged.pop(path, None)
            raise unwritable(path, error) from error
        except BaseException:
            batch.staged.pop(path, None)
            raise


def unwritable(path: Path, error: OSError) -> CapmodelError:
    """What a user reads of a file that cannot be written."""
    remedy = "Close it where it is open, allow writing there, free some space, or choose another name"
    # A copy of a folder lists what went wrong with each file; the first says it.
    why = re.sub(r"^\[Errno \d+\] ([^:]*).*", r"\1", error.args[0][0][2]) if isinstance(error, shutil.Error) else error.strerror or error
    return CapmodelError(f"{path} cannot be written ({why}). {remedy}")


# ------------------------------------------------------------------ what a killed run has left


def _plan(moves: _Moves, folders: Sequence[Path]) -> Path:
    """Write down what is to be moved, so that the next run can finish or undo it; every hidden folder says where that stands."""
    plan = folders[0].absolute() / _PLAN
    plan.write_text(json.dumps([[str(path.absolute()) for path in move] for move in moves]), encoding="utf-8")
    for folder in folders[1:]:
        (folder / _PLAN).write_text(json.dumps(str(plan)), encoding="utf-8")
    return plan


def _undo(moves: _Moves) -> None:
    for new, old, path in moves:
        with suppress(OSError):
            if not new.exists() and path.exists():
                path.replace(new)
            if old.exists():
                old.replace(path)


def _put_right(folder: Path) -> None:
    """Finish or undo what runs that were killed have begun in a folder, and remove what they left."""
    for left in folder.glob(".capmodel-*-*"):
        process = left.name.removeprefix(_STAGED).split("-")[0]
        with suppress(OSError, ValueError):
            since = time.time() - left.stat().st_mtime
            if left.is_dir() and (since > _FORGOTTEN or (left.name.startswith(_STAGED) and not is_running(process))):
                _finish(left)


def _finish(left: Path) -> None:
    said = json.loads((left / _PLAN).read_text(encoding="utf-8")) if (left / _PLAN).is_file() else []
    if isinstance(said, str):
        # The plan of the run stands in another of its folders; where that is gone, all was finished.
        if Path(said).is_file():
            _finish(Path(said).parent)
        said = []
    moves = [(Path(new), Path(old), Path(path)) for new, old, path in said]
    if (left / _BEGUN).exists():
        for new, _, path in moves:
            if new.exists():
                new.replace(path)
    else:
        _undo(moves)
    for folder in {new.parents[1] for new, _, _ in moves} | {left}:
        shutil.rmtree(folder, ignore_errors=True)


def is_running(process: str) -> bool:
    """Whether a process of this machine may still run, by its number; where that cannot be asked without ending it, it may.

    >>> is_running(str(os.getpid()))
    True
    """
    if os.name != "posix" or not process.isdecimal():
        return True
    try:
        os.kill(int(process), 0)
    except OSError as error:
        return isinstance(error, PermissionError)
    except OverflowError:
        return False
    # One that was killed stays on the list until its parent has heard of it, and does nothing any more.
    with suppress(OSError, IndexError):
        return Path("/proc", process, "stat").read_text("utf-8", errors="replace").rpartition(")")[2].split()[0] not in "ZX"
    return True


# ------------------------------------------------------------------ tables, and the names of what is written


def write_tables(tables: Mapping[Path, Sequence[Sequence[Any]]], texts: Mapping[Path, str] | None = None) -> None:
    """Write CSV tables and texts, all of them or none.

    Raises:
        CapmodelError: a folder does not take a file.
    """
    with all_or_none():
        for path, rows in tables.items():
            with written_whole(path) as beside, beside.open("w", encoding="utf-8", newline="") as file:
                csv.writer(file, lineterminator="\n").writerows(rows)
        for path, text in (texts or {}).items():
            with written_whole(path) as beside:
                beside.write_text(text, encoding="utf-8", newline="\n")


def check_outputs(written: Sequence[Path], read: Iterable[Path | None] = ()) -> None:
    """Find out whether every output can be written, before anything is read; nothing is made.

    Args:
        written: the files to write.
        read: the files that are read, which must not be written over, nor be the folder that is written to.

    Raises:
        BadInput: naming every output that cannot be written, and every file that would be lost.
    """
    problems: list[Problem] = []
    kept = {_resolved(path) for path in read if path is not None}
    outs = {path: _resolved(path) for path in written}
    nameless = next((path for path, own in outs.items() if own is None), None)
    if nameless is not None:
        why = "it is too long, or a link that leads back to itself"
        raise BadInput([Problem(f"--out {nameless}", "it cannot be the name of a file", why, f"C{_ELSEWHERE[1:]}")])
    for above in dict.fromkeys(map(_first_there, outs)):
        if not above.is_dir():
            problems.append(Problem(str(above), "this is no folder", "files are to be written in it", f"Rename it, or {_ELSEWHERE}"))
        elif not os.access(above, os.W_OK | os.X_OK):
            problems.append(
                Problem(str(above), "the folder takes no files", "it is write-protected", f"Allow writing there, or {_ELSEWHERE}")
            )
    for path, own in () if problems else outs.items():
        if own in kept or (own is not None and own.parent in kept):
            problems.append(Problem(f"--out {path}", "it is read, or in what is read", "it would be written over", f"C{_ELSEWHERE[1:]}"))
        elif path.is_dir():
            problems.append(Problem(str(path), "a folder has this name", "a file is to be written there", f"Rename it, or {_ELSEWHERE}"))
        elif path.exists() and not path.is_file():
            problems.append(Problem(str(path), "it is a device or a pipe", "a file is to be written there", f"C{_ELSEWHERE[1:]}"))
        elif path.exists() and not os.access(path, os.W_OK):
            problems.append(Problem(str(path), "it cannot be replaced", "it is write-protected", f"Allow writing it, or {_ELSEWHERE}"))
    if problems:
        raise BadInput(problems)


def _resolved(path: Path) -> Path | None:
    """A path without links; None where it can be none, as its name is too long or its links lead back to themselves."""
    try:
        path.lstat()
    except FileNotFoundError:
        pass
    except OSError as error:
        return None if not isinstance(error, NotADirectoryError) else path.absolute()
    try:
        return path.resolve()
    except (OSError, RuntimeError):
        return None


def _first_there(path: Path) -> Path:
    return next(folder for folder in path.absolute().parents if folder.exists())


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
