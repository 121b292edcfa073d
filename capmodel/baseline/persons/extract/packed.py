"""The packed cache: what runs need of an extract, column by column in a folder beside it, so that a re-run need not read it again.

It is written once an extract has passed the checks, and read when another scheme or another truncation point is asked for.
It holds no identifier of a person. Whatever it was made from is written down with it: when a file, what the column map says
of its columns, or this format has changed, it is stale and not read. Adding it up is in `fold`.
"""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import tempfile
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import asdict, dataclass, fields
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from capmodel.baseline.engines.duckdb import DuckSession
from capmodel.baseline.files import files_of
from capmodel.baseline.persons.extract.checks import Quality
from capmodel.baseline.persons.extract.codes import Codes
from capmodel.baseline.persons.extract.column_map import ColumnMap, Route
from capmodel.baseline.persons.extract.view import PEOPLE, Extract
from capmodel.baseline.persons.schemes.conditions import condition_column
from capmodel.errors import BadInput, CapmodelError, Problem
from capmodel.files import is_running
from capmodel.version import __version__

VERSION = 5
MANIFEST = "manifest.json"
#: Rows of a batch that the engine hands over.
BATCH = 100_000
#: Bytes at either end of a file that go into its fingerprint, beside its size and time.
ENDS = 65_536
#: What somebody may cost in pence for squares to be added up without loss; far above what the checks let pass in any one column.
MOST = 1 << 43
#: A folder of an unfinished run in which nothing was written for so many seconds is left over, the sooner where its process is gone.
LEFT_OVER, QUIET = 3600, 60
#: The types a whole number is kept in, smallest first.
KINDS = ("u1", "i1", "u2", "i2", "i4", "i8")
#: What of a column map decides how rows are read; the rest (scheme, truncation, blocks) may change without a new cache.
READ = (
    "columns",
    "conditions",
    "not_recorded",
    "blank_means_no",
    "blank_means_zero",
    "codes",
    "spend",
    "lines",
    "money",
    "delimiter",
    "year",
)

Progress = Callable[[int], None]


@dataclass(frozen=True)
class Packed:
    """A packed cache that is open.

    `rows` are the people of each year, `kinds` the type of each column, `localities` and `sexes` what their codes stand for,
    and `sums` the `check_sum` of each column, which reading it again must give. `quality` is what the checks found when the extract was read, `findings` whatever else the writer gave.
    """

    folder: Path
    columns: ColumnMap
    routes: tuple[Route, ...]
    localities: tuple[str, ...]
    sexes: tuple[str | None, ...]
    rows: Mapping[int, int]
    kinds: Mapping[str, str]
    sums: Mapping[str, int]
    quality: Quality
    findings: Mapping[str, Any]

    def path(self, name: str, year: int) -> Path:
        """The file of a column in a year."""
        return self.folder / f"{year}-{name}"

    def read(self, name: str, year: int, start: int = 0, count: int = -1) -> npt.NDArray[Any]:
        """Some of a column of a year, or all of it.

        Raises:
            CapmodelError: the file is cut short.
        """
        kind = np.dtype(self.kinds[name])
        try:
            found = np.fromfile(self.path(name, year), kind, count, offset=start * kind.itemsize)
        except OSError:
            raise damaged(self.folder) from None
        if len(found) != (self.rows[year] if count < 0 else count):
            raise damaged(self.folder)
        return found


def check_sum(values: npt.NDArray[Any], before: int = 0) -> int:
    """The sum of a column as far as 64 bits hold it, after what went before; of fractions the sum of their bits.

    For months, pence and activity it is the true total.

    >>> check_sum(np.array([1, 2], dtype=np.uint8), 40)
    43
    """
    whole = values.view(np.int64) if values.dtype.kind == "f" else values
    return (before + int(whole.sum(dtype=np.int64))) % (1 << 64)


def damaged(folder: Path) -> CapmodelError:
    """What is raised of a cache that does not hold what was put into it."""
    return CapmodelError(f"{folder}: the packed cache is damaged. Remove the folder and run from the extract again")


def folder_of(people: Path) -> Path:
    """Where the cache of an extract stands.

    >>> folder_of(Path("data/people.parquet")).as_posix()
    'data/people.parquet.packed'
    """
    return people.with_name(f"{people.name}.packed")


def source_of(people: Path, lines: Path | None = None) -> list[list[Any]]:
    """What tells the files of an extract from others: name, size, time of change, and a hash of both ends of each.

    Ask for it before the extract is opened, so that a file that changes while it is read makes the cache stale.
    """
    found = []
    for path in (people, lines) if lines else (people,):
        for file in files_of(path):
            state = file.stat()
            with file.open("rb") as opened:
                ends = hashlib.sha256(opened.read(ENDS))
                opened.seek(max(0, state.st_size - ENDS))
                ends.update(opened.read(ENDS))
            name = file.name if file == path else file.relative_to(path).as_posix()
            found.append([path.name, name, state.st_size, state.st_mtime_ns, ends.hexdigest()])
    return found


def pack(
    extract: Extract,
    routes: Sequence[Route],
    quality: Quality,
    people: Path,
    source: list[list[Any]],
    progress: Progress | None = None,
    findings: Mapping[str, Any] | None = None,
) -> Packed:
    """Write the cache of an extract that has passed the checks and whose view `people` is defined.

    It is written under another name and takes its place when it is whole; a run that stops half way changes nothing.

    Args:
        extract: the open extract.
        routes: the route of each pair of columns s0, a0, s1, a1, ...
        quality: what the checks found.
        people: the file or folder of people, beside which the cache is written.
        source: what `source_of` said of the files before they were opened.
        progress: called with the rows that are done.
        findings: sums beside those by segment that a re-run needs, as plain lists and mappings.

    Raises:
        BadInput: somebody costs less than zero, or more than can be squared exactly.
        CapmodelError: the engine is not DuckDB, or the folder cannot be written.
    """
    if not isinstance(extract.session, DuckSession):
        raise CapmodelError("a packed cache is written with the engine duckdb only. Run without packing, or with --engine duckdb")
    target = folder_of(people)
    try:
        folder = Path(tempfile.mkdtemp(prefix=f"{target.name}.part-{os.getpid()}-", dir=target.parent))
        try:
            manifest = _write(extract, extract.session, routes, folder, progress)
            manifest |= {"source": source, "quality": asdict(quality), "findings": dict(findings or {})}
            (folder / MANIFEST).write_text(json.dumps(manifest, indent=1, default=float), "utf-8")
            _replace(folder, target)
        finally:
            shutil.rmtree(folder, ignore_errors=True)
    except OSError as error:
        raise CapmodelError(
            f"{target}: the packed cache cannot be written ({error.strerror}). Free disk space, or run without it"
        ) from None
    return _opened(target, json.loads((target / MANIFEST).read_text("utf-8")), extract.columns)


def open_packed(columns: ColumnMap, people: Path, lines: Path | None = None, salted: bool = False) -> Packed | None:
    """The cache of an extract; None where there is none, or where it is stale, which `why_not` explains."""
    if why_not(columns, people, lines, salted):
        return None
    folder = folder_of(people)
    return _opened(folder, json.loads((folder / MANIFEST).read_text("utf-8")), columns)


def why_not(columns: ColumnMap, people: Path, lines: Path | None = None, salted: bool = False) -> str | None:
    """Why the cache of an extract cannot be read; None where it can.

    Args:
        columns: the place's column map as it is now.
        people: the file or folder of people.
        lines: the file or folder of activity lines, where there is one.
        salted: whether identifiers are to be replaced as they are read.
    """
    folder = folder_of(people)
    try:
        manifest = json.loads((folder / MANIFEST).read_text("utf-8"))
    except FileNotFoundError:
        return "there is none"
    except (OSError, ValueError):
        return f"{MANIFEST} cannot be read"
    if not isinstance(manifest, dict) or manifest.get("version") != _version():
        return "it is of another version of capmodel"
    if manifest["source"] != source_of(people, lines):
        return "the extract has changed"
    if manifest["map"] != _map_hash(columns):
        return f"{columns.path.name} has changed"
    if manifest["quality"]["identifiers_replaced"] != salted:
        return "identifiers were read another way"
    packed = _opened(folder, manifest, columns)
    for year, rows in packed.rows.items():
        for name, kind in packed.kinds.items():
            path = packed.path(name, year)
            if not path.is_file() or path.stat().st_size != rows * np.dtype(kind).itemsize:
                return "a file of it is missing or cut short"
    return None


class _Column:
    """A column that is being written, one file a year, in the smallest type that has held everything so far."""

    def __init__(self, folder: Path, name: str, kind: str) -> None:
        self.folder, self.name, self.kind = folder, name, kind
        self.years: set[int] = set()
        self.sum, self.low, self.high = 0, 0, 0

    def add(self, year: int, values: npt.NDArray[Any]) -> None:
        """Put values at the end of a year."""
        self.years.add(year)
        self.sum = check_sum(values, self.sum)
        if self.kind != "f8":
            low, high = int(values.min()), int(values.max())
            self.low, self.high = min(self.low, low), max(self.high, high)
            if (low < 0 or high >= MOST) and self.name[0] == "s" and self.name != "sex":
                what = f"somebody costs less than zero or £{MOST // 100:,} and more"
                raise BadInput([Problem("people", what, "nobody's year can", "Check the unit under money:")])
            if not _holds(self.kind, low, high):
                self._widen(next(kind for kind in KINDS[KINDS.index(self.kind) :] if _holds(kind, self.low, self.high)))
        with (self.folder / f"{year}-{self.name}").open("ab") as opened:
            opened.write(np.ascontiguousarray(values, dtype=f"<{self.kind}").data)

    def _widen(self, kind: str) -> None:
        for year in self.years:
            path = self.folder / f"{year}-{self.name}"
            if not path.exists():
                continue
            wider = path.with_suffix(".wider")
            with path.open("rb") as narrow, wider.open("wb") as opened:
                while block := narrow.read(BATCH * 8):
                    opened.write(np.frombuffer(block, dtype=f"<{self.kind}").astype(f"<{kind}").data)
            wider.replace(path)
        self.kind = kind


def _holds(kind: str, low: float, high: float) -> bool:
    limits = np.iinfo(kind)
    return bool(limits.min <= low and high <= limits.max)


def _write(extract: Extract, session: DuckSession, routes: Sequence[Route], folder: Path, progress: Progress | None) -> dict[str, Any]:
    """Write every column; what the manifest says of them."""
    written = {name: _Column(folder, name, kind) for name, kind in _columns(extract, len(routes)).items()}
    localities, sexes, rows = Codes(), Codes(), dict[int, int]()
    done = 0
    for batch in session.batches(_query(extract, len(routes)), BATCH):
        given = {"locality": localities.of(batch.column("locality")), "sex": sexes.of(batch.column("sex"))}
        for name in batch.schema.names:
            if name not in given:
                given[name] = batch.column(name).to_numpy(zero_copy_only=False)
        _split(given, written, rows)
        done += batch.num_rows
        if progress:
            progress(done)
    return {
        "version": _version(),
        "map": _map_hash(extract.columns),
        "routes": [[route.setting, route.provider, route.payer] for route in routes],
        "localities": localities.texts,
        "sexes": sexes.texts,
        "rows": dict(sorted(rows.items())),
        "kinds": {name: f"<{column.kind}" for name, column in written.items()},
        "sums": {name: column.sum for name, column in written.items()},
    }


def _columns(extract: Extract, routes: int) -> dict[str, str]:
    """The columns of the cache and the type each begins with."""
    bits = len(extract.columns.conditions)
    mask = next(kind for kind, most in (("u1", 8), ("u2", 16), ("u4", 32), ("u8", 64)) if bits <= most)
    columns = {"locality": "u1", "sex": "u1", "age": "u1", "deprivation": "u1", "months": "u1", "mask": mask}
    # Where no activity is mapped there are only zeros, which are not worth a column.
    uncounted = extract.columns.uncounted
    columns |= {"score": "f8"} if "score" in extract.columns.columns else {}
    return columns | {f"s{i}": "i4" for i in range(routes)} | {f"a{i}": "u1" for i in range(routes) if i not in uncounted}


def _query(extract: Extract, routes: int) -> str:
    """Everything but the person. The conditions become the bits of one number; no deprivation is zero, which no decile is."""
    kind = "UINTEGER" if len(extract.columns.conditions) <= 32 else "UBIGINT"
    bits = " + ".join(f"CAST({condition_column(name)} AS {kind}) * {1 << bit}" for name, bit in extract.columns.bit.items())
    parts = ["year", "locality", "sex", "CAST(age AS SMALLINT) AS age", "CAST(COALESCE(deprivation, 0) AS SMALLINT) AS deprivation"]
    parts += ["CAST(months AS SMALLINT) AS months", f"CAST({bits or '0'} AS {kind}) AS mask"]
    parts += ["score"] if "score" in extract.columns.columns else []
    spent = [f"{kind}{i}" for i in range(routes) for kind in ("s" if i in extract.columns.uncounted else "sa")]
    return f"SELECT {', '.join([*parts, *spent])} FROM {PEOPLE}"


def _split(given: dict[str, npt.NDArray[Any]], written: Mapping[str, _Column], rows: dict[int, int]) -> None:
    """Write a batch to the files of its years."""
    years = given.pop("year")
    alike = bool((years == years[0]).all())
    for year in [int(years[0])] if alike else np.unique(years).tolist():
        of_year = slice(None) if alike else np.flatnonzero(years == year)
        rows[year] = rows.get(year, 0) + len(years[of_year])
        for name, values in given.items():
            written[name].add(year, values[of_year])


def _version() -> list[Any]:
    """This format, this package, and what its checks measure."""
    return [VERSION, __version__, [item.name for item in fields(Quality)]]


def _map_hash(columns: ColumnMap) -> str:
    content = {name: getattr(columns, name) for name in READ}
    return hashlib.sha256(json.dumps(content, default=vars).encode()).hexdigest()


def _opened(folder: Path, manifest: Mapping[str, Any], columns: ColumnMap) -> Packed:
    return Packed(
        folder,
        columns,
        tuple(Route(*route) for route in manifest["routes"]),
        tuple(str(locality) for locality in manifest["localities"]),
        tuple(manifest["sexes"]),
        {int(year): int(rows) for year, rows in manifest["rows"].items()},
        manifest["kinds"],
        manifest["sums"],
        Quality(**manifest["quality"]),
        manifest["findings"],
    )


def _replace(folder: Path, target: Path) -> None:
    """Put a whole folder in the place of an earlier one, which is gone only when the new one stands there."""
    earlier = folder.with_name(f"{folder.name}-earlier")
    if target.exists():
        target.rename(earlier)
    try:
        folder.rename(target)
    except OSError:
        if earlier.exists():
            earlier.rename(target)
        raise
    shutil.rmtree(earlier, ignore_errors=True)


def remove_left_over(people: Path) -> None:
    """Remove what runs that were killed have left beside an extract: folders of processes that are gone, or long untouched."""
    part = f"{folder_of(people).name}.part-"
    for folder in (path for path in people.parent.glob("*") if path.name.startswith(part)):
        with suppress(OSError):
            since = time.time() - max(path.stat().st_mtime for path in [folder, *folder.iterdir()])
            # A process of another machine may write here too, and does so all the time.
            if since > LEFT_OVER or (since > QUIET and not is_running(folder.name.removeprefix(part).split("-")[0])):
                shutil.rmtree(folder, ignore_errors=True)
