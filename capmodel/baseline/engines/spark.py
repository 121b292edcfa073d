"""Apache Spark: the engine for extracts that live on a cluster, or that one machine's embedded engine is too small for.

Local mode, a local cluster or a cluster URL. The SQL is the same as everywhere; what Spark would read differently (backslashes
in texts, overflow, double quotes) is set right here. A process that has a Spark session already, such as a notebook, keeps
it: a session of our own beside it shares its cluster and nothing else.
"""

from __future__ import annotations

import importlib.util
import os
import re
import shutil
import subprocess
import warnings
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from capmodel.baseline.engines import DATE, FLAG, NUMBER, OTHER, TEXT, WHOLE
from capmodel.baseline.files import differing, files_of, header_of, quoted, spill_folder, unreadable
from capmodel.baseline.persons.dialect import backticked, in_dialect, literal, plain
from capmodel.errors import BadInput, CapmodelError, Problem

if TYPE_CHECKING:
    from pyspark.sql import DataFrame, DataFrameReader

MEMORY = "2000MB"
_KINDS = {"boolean": FLAG, "date": DATE, "timestamp": DATE, "timestamp_ntz": DATE, "string": TEXT, "void": TEXT}
_KINDS |= {"double": NUMBER, "float": NUMBER, "decimal": NUMBER}
_KINDS |= dict.fromkeys(("tinyint", "smallint", "int", "bigint"), WHOLE)
#: What a session needs to give other engines' answers to the same SQL. They are SQL settings, so another's session is left alone.
_SETTINGS = {
    "spark.sql.ansi.enabled": "true",
    "spark.sql.ansi.doubleQuotedIdentifiers": "true",
    "spark.sql.session.timeZone": "Europe/London",
}
#: An address of Hadoop's kind; `Path` has made one slash of its two. A drive letter is none.
_ADDRESS = re.compile(r"([a-z][a-z0-9+.-]+):/+(.+)")
#: What Spark writes into an error, and the words by which `unreadable` knows the same trouble.
_TROUBLES = (
    (r"MALFORMED_RECORD_IN_PARSING|MALFORMED_CSV_RECORD|TextParsingException", "number of columns"),
    (r"CANNOT_READ_FILE_FOOTER|is not a Parquet file|PARQUET_COLUMN_DATA_TYPE_MISMATCH|ParquetDecodingException", "parquet"),
    (r"FAILED_READ_FILE|UNABLE_TO_INFER_SCHEMA", "parquet"),
    (r"OutOfMemoryError|UNABLE_TO_ACQUIRE_MEMORY|ExecutorLostFailure", "memory"),
)
#: What a reader of UTF-8 puts in place of bytes that are none.
_MISREAD = "\ufffd"


def available() -> bool:
    """True where the package pyspark and a Java runtime are installed."""
    return importlib.util.find_spec("pyspark") is not None and _java() is not None


def open_session(memory: str = MEMORY, master: str | None = None, threads: int | None = None) -> SparkEngine:
    """A Spark session of our own; in a process that has Spark running, beside the one that is there, on its cluster.

    Args:
        memory: the memory of this machine's Spark; on a cluster, of each executor.
        master: a cluster's URL, such as `spark://host:7077`; None is this machine.
        threads: how many cores it may use (default: all, of this machine or of the cluster).
    """
    if importlib.util.find_spec("pyspark") is None:
        raise CapmodelError("the engine spark needs the package pyspark, which is not installed. Run: pip install 'capmodel[spark]'")
    if _java() is None:
        raise CapmodelError(
            "the engine spark needs a Java runtime, 17 or later, and there is none. Install one (Debian: apt-get install "
            "openjdk-17-jre-headless), or set JAVA_HOME to where it is"
        )
    _check_master(master or "local")
    return SparkEngine(memory, master or f"local[{threads or '*'}]", threads)


class SparkEngine:
    """An open Spark session; see `Session` for what each method promises."""

    def __init__(self, memory: str, master: str, threads: int | None) -> None:
        self._kept: dict[str, DataFrame] = {}
        self._process: _Process | None = None
        # Spark warns of versions of pandas; no frame of pandas goes through Spark here.
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            from pyspark import SparkContext
            from pyspark.sql import SparkSession

            if SparkContext._active_spark_context is None:
                self._process = _Process(_configuration(memory, master, threads), master)
                self._spark = self._process.session
            else:
                self._spark = SparkSession.builder.getOrCreate().newSession()
        for name, value in _SETTINGS.items():
            self._spark.conf.set(name, value)

    def register(self, view: str, path: Path, delimiter: str) -> dict[str, str]:
        """Make a file, or a folder of files, a view; the kind of each of its columns.

        An address of a cluster's storage (s3a://, hdfs://, ...) is read by the cluster, every other path as a local file.
        """
        found = _ADDRESS.fullmatch(str(path))
        if found:
            # A file system without hosts has a third slash where theirs has the host.
            address = f"{found[1]}://{'/' * (found[1] == 'file')}{found[2]}"
            local, files = [], self._listed(path, address)
            is_folder = not files[0].endswith("/" + address.rstrip("/").rsplit("/", 1)[1])
        else:
            address, local, is_folder = f"file://{path.resolve()}", files_of(path), path.is_dir()
            files = [f"file://{file.resolve()}" for file in local]
        is_text = files[0].lower().endswith((".csv", ".csv.gz"))
        try:
            # Columns that stand in the names of folders (year=2025/) are found only from the extract's own folder down.
            reader = self._spark.read.option("basePath", address) if is_folder else self._spark.read
            frame = self._csv(reader, files, local, delimiter) if is_text else self._parquet(reader, files)
            frame.createOrReplaceTempView(view)
            kinds = {name: _KINDS.get(kind.split("(")[0], OTHER) for name, kind in frame.dtypes}
            if is_text:
                self._check_readable(view, path, kinds)
        except _errors() as error:
            raise _refusal(path, error) from None
        return kinds

    def _listed(self, path: Path, address: str) -> list[str]:
        """The files behind an address; what `files_of` is for local ones."""
        try:
            everything = self._spark.read.format("binaryFile").option("recursiveFileLookup", "true").load(address).select("path").collect()
        except _errors() as error:
            raise _refusal(path, error) from None
        found = sorted(file for (file,) in everything if file.lower().endswith((".parquet", ".csv", ".csv.gz")))
        if not found:
            raise BadInput([Problem(address, "there is no extract", "no Parquet or CSV file is there", "Correct the path")])
        if len({file.lower().endswith(".parquet") for file in found}) > 1:
            raise BadInput([Problem(address, "the folder holds Parquet and CSV files", "an extract is of one kind", "Keep one kind in it")])
        return found

    def _parquet(self, reader: DataFrameReader, files: Sequence[str]) -> DataFrame:
        first = reader.parquet(literal(files[0])).dtypes
        for file in files[1:]:
            found = reader.parquet(literal(file)).dtypes
            if found != first:
                raise differing(Path(files[0]), first, Path(file), found)
        return reader.parquet(*map(literal, files))

    def _csv(self, reader: DataFrameReader, files: Sequence[str], local: Sequence[Path], delimiter: str) -> DataFrame:
        # A cell in quotes may hold a line break. The price: one core reads a file, so big extracts belong in Parquet.
        marks: dict[str, Any] = {"sep": delimiter, "header": True, "quote": '"', "escape": '"', "multiLine": True}
        if local:
            headers = [header_of(file, delimiter) for file in local]
        else:
            plain = self._spark.read.options(**marks)
            headers = [[name.strip() for name in plain.csv(literal(file)).columns] for file in files]
        for file, header in zip(files, headers, strict=True):
            if header != headers[0]:
                raise differing(Path(files[0]), [(name, TEXT) for name in headers[0]], Path(file), [(name, TEXT) for name in header])
        # Every column is read as text: what is a number is found out by the checks, not guessed from the first lines.
        columns = ", ".join(f"{backticked(name)} STRING" for name in headers[0])
        strict = reader.options(**marks, encoding="UTF-8", mode="FAILFAST", unescapedQuoteHandling="RAISE_ERROR")
        return strict.schema(columns).csv([literal(file) for file in files])

    def _check_readable(self, view: str, path: Path, kinds: dict[str, str]) -> None:
        """A text file is read to its end once. Spark puts a sign in place of bytes that are not UTF-8 and goes on; here it stops."""
        everything = f"CONCAT_WS('', {', '.join(map(quoted, kinds))})"
        ((misread,),) = self._collected(f"SELECT COUNT(*) FILTER (WHERE CONTAINS({everything}, '{_MISREAD}')) FROM {view}")
        if misread:
            raise unreadable(path, ValueError("encoding"))

    def define(self, view: str, sql: str, keep: bool = False) -> None:
        """Give a query a name; with `keep`, work it out once, when first asked for, and hold the result."""
        try:
            defined = self._spark.sql(in_dialect(sql))
            if keep:
                defined.persist()
            defined.createOrReplaceTempView(view)
        except _errors() as error:
            raise _refusal(Path("the extract"), error) from None
        if view in self._kept:
            self._kept.pop(view).unpersist()
        if keep:
            self._kept[view] = defined

    def query(self, sql: str) -> list[tuple[Any, ...]]:
        """The rows of a query."""
        try:
            return self._collected(sql)
        except _errors() as error:
            raise _refusal(Path("the extract"), error) from None

    def _collected(self, sql: str) -> list[tuple[Any, ...]]:
        return [tuple(map(plain, row)) for row in self._spark.sql(in_dialect(sql)).collect()]

    def first_rows(self, view: str, condition: str, count: int) -> list[str]:
        """Empty: many machines read an extract at once and no row has a number, so reports say how many and not which."""
        return []

    def percentiles(self, column: str, shares: Sequence[float]) -> str:
        """One list, so that the values are held once.

        Spark looks for the first value whose count up to it reaches share times people, in binary floating point, and 0.95
        times 100 may come out as a hair above 95. A share smaller by 1e-15 is below what the product can be off by, some
        2e-16 of it, and too small to move the answer for shares of up to six digits below a thousand million people.
        """
        listed = ", ".join(f"{float(f'{share:g}') - 1e-15!r}D" for share in shares)
        return f"PERCENTILE_DISC(ARRAY({listed})) WITHIN GROUP (ORDER BY {column})"

    def wide(self, expression: str) -> str:
        """Whole numbers of 20 digits, whose sums have 30 and whose products 38."""
        return f"CAST({expression} AS DECIMAL(20, 0))"

    def day_of(self, moment: str) -> str:
        """The time zone of the session is London's."""
        return f"CAST(TRY_CAST({moment} AS TIMESTAMP) AS DATE)"

    def without(self, text: str, pattern: str) -> str:
        """Every match is left out."""
        return f"REGEXP_REPLACE({text}, '{pattern}', '')"

    def pseudonym(self, column: str, salt: str) -> str:
        """SHA-256 of salt and number."""
        return "SHA2(CONCAT('" + salt.replace("'", "''") + f"', {column}), 256)"

    def fingerprint(self, columns: Sequence[str]) -> str:
        """XxHash, 64 bits."""
        return f"XXHASH64({', '.join(columns)})"

    def close(self) -> None:
        """Let go of what is held; stop Spark if it was started here."""
        if self._process is None:
            for held in self._kept.values():
                held.unpersist()
        else:
            self._process.stop()
            self._process = None
        self._kept.clear()


class _Process:
    """A Spark started here: its Java process, the session in it, and a temporary folder that goes with it."""

    def __init__(self, settings: dict[str, str], master: str) -> None:
        from py4j.protocol import Py4JError
        from pyspark import SparkConf, SparkContext, java_gateway
        from pyspark.errors import PySparkException
        from pyspark.sql import SparkSession

        self._folder = spill_folder()
        folder, local = Path(self._folder.name), master.startswith("local")
        settings |= {"spark.sql.warehouse.dir": str(folder / "warehouse")}
        settings |= {"spark.local.dir": str(folder)} if local else {}
        self._own: Any = None
        self._context: SparkContext | None = None
        launch: Any = java_gateway.launch_gateway
        log = folder / "java.log"
        configuration = SparkConf(loadDefaults=False).setAll(list(settings.items()))
        try:
            if SparkContext._gateway is None:
                # Java says on standard error which preview modules it uses, and Spark which log settings, before either
                # can be set to print nothing; in a file it disturbs nobody and can be asked when Spark does not start.
                with log.open("wb") as said, _environment({"SPARK_LOCAL_HOSTNAME": "localhost"} if local else {}):
                    self._own = launch(configuration, {"stdout": said, "stderr": subprocess.STDOUT})
            self._context = SparkContext(conf=configuration, gateway=self._own)
            self.session = SparkSession(self._context)
        except (PySparkException, Py4JError) as error:
            reason = _reason(log, error)
            if self._context is not None:
                # A cluster that does not answer within its minute leaves a context that has given up behind.
                self._context.stop()
            self._end()
            raise CapmodelError(f"Spark cannot start on {master} ({reason}). Check the address, and that Java is 17 or later") from None
        # The workers of a local cluster, unlike a real one's, keep the files of an application where Spark is installed.
        home = os.environ.get("SPARK_HOME") or str(Path(importlib.util.find_spec("pyspark").origin or "").parent)  # type: ignore[union-attr]
        self._left = Path(home, "work", self._context.applicationId or "none") if master.startswith("local-cluster") else None

    def stop(self) -> None:
        """Stop Spark, and the Java process if it is ours."""
        self.session.stop()
        self._end()
        if self._left is not None:
            shutil.rmtree(self._left, ignore_errors=True)
            if self._left.parent.is_dir() and not any(self._left.parent.iterdir()):
                self._left.parent.rmdir()

    def _end(self) -> None:
        from pyspark import SparkContext

        if self._own is not None:
            self._own.shutdown()
            # Java ends when its standard input does.
            self._own.proc.stdin.close()
            try:
                self._own.proc.wait(timeout=30)
            except subprocess.TimeoutExpired:
                self._own.proc.kill()
                self._own.proc.wait()
            # A session that is opened later starts another Java process, with the memory it asks for.
            SparkContext._gateway = None
            SparkContext._jvm = None
        self._folder.cleanup()


def _configuration(memory: str, master: str, threads: int | None) -> dict[str, str]:
    size = re.sub(r"i?b$", "", memory.strip().lower().replace(" ", ""))
    settings = {
        "spark.master": master,
        "spark.app.name": "capmodel",
        "spark.ui.enabled": "false",
        "spark.ui.showConsoleProgress": "false",
        # Not even errors: a stack trace may quote a cell, and every error reaches the caller as an exception.
        "spark.log.level": "OFF",
        **_SETTINGS,
    }
    cluster = re.fullmatch(r"local-cluster\[\s*(\d+)\s*,\s*(\d+)\s*,\s*(\d+)\s*\]", master)
    if not master.startswith("local"):
        settings |= {"spark.executor.memory": size} | ({"spark.cores.max": str(threads)} if threads else {})
        return settings
    cores = int(cluster[1]) * int(cluster[2]) if cluster else threads or os.cpu_count() or 1
    # Nobody else on the network needs to reach a Spark that is all on this machine.
    settings |= {"spark.driver.host": "127.0.0.1", "spark.driver.bindAddress": "127.0.0.1", "spark.driver.memory": size}
    # The usual 200 parts of a shuffle cost more in starting than a few cores spend on adding up.
    settings |= {"spark.sql.shuffle.partitions": str(max(2, cores))}
    return settings | ({"spark.executor.memory": f"{cluster[3]}m"} if cluster else {})


def _java() -> str | None:
    home = os.environ.get("JAVA_HOME")
    return shutil.which("java", path=str(Path(home, "bin"))) if home else shutil.which("java")


@contextmanager
def _environment(values: dict[str, str]) -> Iterator[None]:
    """Some variables of the environment, for as long as a process is started with them; what the user set stays."""
    added = [name for name in values if name not in os.environ]
    os.environ.update({name: values[name] for name in added})
    try:
        yield
    finally:
        for name in added:
            del os.environ[name]


def _errors() -> tuple[type[Exception], ...]:
    """Everything by which Spark says that it cannot."""
    from py4j.protocol import Py4JError
    from pyspark.errors import PySparkException

    return PySparkException, Py4JError


def _refusal(path: Path, error: Exception) -> BadInput:
    """What a user reads of an error: Spark's own words quote cells, so only the name of its condition is taken from them."""
    text = str(error)
    if re.search(r"PATH_NOT_FOUND|UnsupportedFileSystemException|UnknownHostException", text):
        return BadInput([Problem(str(path), "there is no extract", "Spark finds nothing there", "Correct the path")])
    if "PARQUET_TYPE_ILLEGAL" in text or "Illegal Parquet type" in text:
        what, why = "a column is of a type that Spark cannot read", "times to the nanosecond are one"
        return BadInput([Problem(str(path), what, why, "Export it again, with times to the microsecond, or use the engine duckdb")])
    for pattern, known in _TROUBLES:
        if re.search(pattern, text):
            return unreadable(path, ValueError(known))
    condition = getattr(error, "getCondition", lambda: None)()
    return unreadable(path, ValueError(condition or type(error).__name__))


def _check_master(master: str) -> None:
    if not re.match(r"local$|local\[|local-cluster\[|spark://|k8s://|yarn$", master):
        why = "a cluster has a URL and this machine a number of cores"
        raise BadInput([Problem(f"--master {master}", "that is no address of Spark", why, "Write spark://host:7077, or local[4]")])


def _reason(log: Path, error: Exception) -> str:
    """Why Spark did not start: what Java said last, or else the first line of the error. No extract is open yet."""
    said = log.read_text(encoding="utf-8", errors="replace").splitlines() if log.is_file() else []
    if "stopped SparkContext" in str(error):
        return "nobody answers there"
    wrong = [line for line in said if re.search(r"(Error|Exception)\b", line) and not line.startswith((" ", "\t"))]
    text = wrong[-1] if wrong else str(getattr(error, "java_exception", None) or error).strip().splitlines()[0]
    return text.strip()[:200]
