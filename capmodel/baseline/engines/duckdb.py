"""DuckDB, embedded: the default engine, on one machine, in bounded memory (it spills to a temporary folder)."""

from __future__ import annotations

import importlib.util
import re
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

from capmodel.baseline.engines import DATE, FLAG, MEMORY, NUMBER, OTHER, TEXT, WHOLE
from capmodel.baseline.files import differing, files_of, header_of, quoted, spill_folder, unreadable
from capmodel.errors import BadInput, CapmodelError, Problem

#: A name for row numbers that no extract has for a column.
ROW = '"row of capmodel"'
_KINDS = {
    "BOOLEAN": FLAG,
    "DATE": DATE,
    "TIMESTAMP": DATE,
    "TIMESTAMPTZ": DATE,
    "DOUBLE": NUMBER,
    "FLOAT": NUMBER,
    "DECIMAL": NUMBER,
    "VARCHAR": TEXT,
    '"NULL"': TEXT,  # a column of Parquet in which every cell is blank, which a CSV would hold as text
}
_KINDS |= {f"{sign}{size}INT": WHOLE for sign in ("", "U") for size in ("TINY", "SMALL", "BIG", "HUGE")} | {
    "INTEGER": WHOLE,
    "UINTEGER": WHOLE,
}


def available() -> bool:
    """True where the package duckdb is installed."""
    return importlib.util.find_spec("duckdb") is not None


def open_session(memory: str = MEMORY, master: str | None = None, threads: int | None = None) -> DuckSession:
    """An empty database in memory.

    Args:
        memory: how much memory it may take before it spills to disk.
        master: not used; a cluster is for other engines.
        threads: how many threads it may use (default: all cores).
    """
    if not re.fullmatch(r"[0-9]+(\.[0-9]+)?\s*[KMGT]i?B", memory, re.IGNORECASE):
        raise BadInput([Problem(f"--memory {memory}", "this is no size", "an engine needs a limit of memory", "Write it as 1200MB or 4GB")])
    if not available():
        raise CapmodelError(
            "person-level data are read with the package duckdb, which is not installed. Run: pip install 'capmodel[persons]'"
        )
    return DuckSession(memory, threads)


class DuckSession:
    """An open DuckDB; see `Session` for what each method promises."""

    def __init__(self, memory: str, threads: int | None) -> None:
        import duckdb

        self._defined: dict[str, str] = {}
        self._registered: dict[str, tuple[Sequence[Path], str]] = {}
        self._spill = spill_folder()
        self._connection = duckdb.connect(config={"memory_limit": memory, "temp_directory": self._spill.name})
        # Rows need no order to be added up, and keeping it costs memory.
        self._connection.execute("SET preserve_insertion_order = false")
        # A moment belongs to the financial year it falls in here, wherever the machine stands.
        self._connection.execute("SET TimeZone = 'Europe/London'")
        if threads:
            self._connection.execute(f"SET threads = {threads}")
        self.connection = self._connection

    def register(self, view: str, path: Path, delimiter: str) -> dict[str, str]:
        """Make a file, or a folder of files, a view; the kind of each of its columns."""
        import duckdb

        files = files_of(path)
        try:
            columns = [self._columns(file, delimiter) for file in files]
        except (duckdb.Error, UnicodeDecodeError) as error:
            raise unreadable(path, error) from None
        for file, found in zip(files, columns, strict=True):
            if found != columns[0]:
                raise differing(files[0], columns[0], file, found)
        self._connection.execute(f"CREATE OR REPLACE VIEW {view} AS SELECT * FROM {_reader(files, delimiter)}")
        self._registered[view] = files, delimiter
        kinds = {name: _KINDS.get(re.split(r"[( _]", kind)[0], OTHER) for name, kind in columns[0]}
        self._check_readable(view, path, kinds)
        return kinds

    def _columns(self, file: Path, delimiter: str) -> list[tuple[str, str]]:
        found = self._connection.execute(f"DESCRIBE SELECT * FROM {_reader([file], delimiter)}").fetchall()
        return [(name, kind) for name, kind, *_ in found]

    def _check_readable(self, view: str, path: Path, kinds: dict[str, str]) -> None:
        """A text file is read to its end once, so that a broken line is a message and not a failure half way."""
        import duckdb

        if files_of(path)[0].suffix.lower() == ".parquet":
            return
        try:
            self._connection.execute(f"SELECT COUNT(*), {', '.join(f'MAX({quoted(name)})' for name in kinds)} FROM {view}").fetchall()
        except duckdb.Error as error:
            raise unreadable(path, error) from None

    def define(self, view: str, sql: str, keep: bool = False) -> None:
        """Give a query a name; with `keep`, work it out once and hold the result."""
        if view in self._defined:
            self._execute(f"DROP {self._defined.pop(view)} {view}")
        kind = "TABLE" if keep else "VIEW"
        self._execute(f"CREATE TEMP {kind} {view} AS {sql}")
        self._defined[view] = kind

    def query(self, sql: str) -> list[tuple[Any, ...]]:
        """The rows of a query."""
        return list(self._execute(sql).fetchall())

    def batches(self, sql: str, rows: int) -> Iterator[Any]:
        """The rows of a query as Arrow batches of at most so many rows; the next is made while one is used."""
        try:
            reader = self._connection.sql(sql).to_arrow_reader(rows)
            with ThreadPoolExecutor(1) as ahead:
                following = ahead.submit(next, reader, None)
                while (batch := following.result()) is not None:
                    following = ahead.submit(next, reader, None)
                    if batch.num_rows:
                        yield batch
        except (CapmodelError, OSError):
            raise
        except Exception as error:
            if type(error).__module__.split(".")[0] not in ("duckdb", "_duckdb", "pyarrow"):
                raise
            raise unreadable(Path("the extract"), error) from None

    def _execute(self, sql: str) -> Any:
        import duckdb

        try:
            return self._connection.execute(sql)
        except (duckdb.InterruptException, RuntimeError) as error:
            if "interrupted" in str(error).lower():
                raise KeyboardInterrupt from None
            raise
        except duckdb.Error as error:
            raise unreadable(Path("the extract"), error) from None

    def first_rows(self, view: str, condition: str, count: int) -> list[str]:
        """The first rows that meet a condition, by their numbers in the file; of several files each by its name too."""
        self._connection.execute("SET preserve_insertion_order = true")
        try:
            found = self.query(
                f"SELECT {ROW} FROM (SELECT *, ROW_NUMBER() OVER () AS {ROW} FROM {view}) AS numbered WHERE {condition} ORDER BY {ROW} LIMIT {count}"
            )
        finally:
            self._connection.execute("SET preserve_insertion_order = false")
        return self._by_file(view, [int(n) for (n,) in found])

    def _by_file(self, view: str, rows: list[int]) -> list[str]:
        files, delimiter = self._registered.get(view, ((), ""))
        if len(files) < 2:
            return [f"{row:,}" for row in rows]
        named, before = [], 0
        for file in files:
            ((inside,),) = self.query(f"SELECT COUNT(*) FROM {_reader([file], delimiter)}")
            named += [f"{row - before:,} of {file.name}" for row in rows if before < row <= before + inside]
            before += inside
        return named

    def percentiles(self, column: str, shares: Sequence[float]) -> str:
        """One list, so that the values are held once."""
        return f"QUANTILE_DISC({column}, [{', '.join(f'{share:g}' for share in shares)}])"

    def wide(self, expression: str) -> str:
        """Whole numbers of 128 bits."""
        return f"CAST({expression} AS HUGEINT)"

    def day_of(self, moment: str) -> str:
        """The time zone of the session is London's."""
        return f"CAST(TRY_CAST({moment} AS TIMESTAMPTZ) AS DATE)"

    def without(self, text: str, pattern: str) -> str:
        """Every match is left out only where it is asked for."""
        return f"REGEXP_REPLACE({text}, '{pattern}', '', 'g')"

    def pseudonym(self, column: str, salt: str) -> str:
        """SHA-256 of salt and number."""
        return f"SHA256(CONCAT('{salt.replace(chr(39), chr(39) * 2)}', {column}))"

    def fingerprint(self, columns: Sequence[str]) -> str:
        """DuckDB's own hash."""
        return f"HASH({', '.join(columns)})"

    def close(self) -> None:
        """Close the database and remove what it spilt."""
        self._connection.close()
        self._spill.cleanup()


def _reader(files: Sequence[Path], delimiter: str) -> str:
    # A name is this file's and no pattern of others; a folder's name is no column.
    names = ", ".join("'" + re.sub(r"([*?\[])", r"[\1]", str(file)).replace("'", "''") + "'" for file in files)
    if files[0].suffix.lower() == ".parquet":
        return f"read_parquet([{names}], hive_partitioning=false)"
    mark = delimiter.replace("'", "''")
    # Every column is read as text: what is a number is found out by the checks, not guessed from the first lines.
    columns = ", ".join("'" + name.replace("'", "''") + "': 'VARCHAR'" for name in header_of(files[0], delimiter))
    return f"read_csv([{names}], delim='{mark}', header=true, quote='\"', escape='\"', strict_mode=true, auto_detect=false, hive_partitioning=false, columns={{{columns}}})"
