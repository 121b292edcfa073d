"""Speed of person-level data: `python -m tests.benchmarks.persons [--people N] [--rounds N] [--folder F] [--stages a,b,...]`.

A Parquet file of made-up people (21 segments, 200 places, 9 settings) is added up in several ways, each in a process of its own,
turn and turn about: reading alone, SQL and Polars written by hand for this one question, the package from the extract, and
from its packed cache. All of them must give the same figures to the penny. Times are printed as a table, never asserted.
"""

from __future__ import annotations

import argparse
import hashlib
import importlib
import json
import math
import os
import resource
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

from tests.benchmarks.made_people import BANDS, CONDITIONS, SETTINGS, YEAR, make_people, write_place

ROOT = Path(__file__).resolve().parents[2]
MEMORY = "1200MB"
#: Bytes of a person in the file and in the cache, rounded up, to see beforehand whether the disk has room.
BYTES = 150
#: What a stage gives back: its figures, put together when its time has been taken.
Figures = Callable[[], str]
TOTAL = " + ".join(f"s{i}" for i in range(SETTINGS))


def digest(sums: Iterable[tuple[Any, ...]], points: Iterable[tuple[int, int]]) -> str:
    """One line for figures: by segment and place people, months, pence by setting, square pence and pence truncated; points by segment."""
    message = sorted((int(row[0]), str(row[1]), *map(int, row[2:])) for row in sums), sorted((int(a), int(b)) for a, b in points)
    return hashlib.sha256(repr(message).encode()).hexdigest()[:12]


def segment_case() -> str:
    """The scheme as somebody would write it by hand in SQL."""
    branches = []
    for band, test in enumerate(("age < 17", "age < 70", "TRUE")):
        inner = " ".join(f"WHEN {name} THEN {band * len(CONDITIONS) + i}" for i, name in enumerate(CONDITIONS))
        branches.append(f"WHEN {test} THEN CASE {inner} ELSE {len(BANDS) * len(CONDITIONS) + band} END")
    return f"CASE {' '.join(branches)} END"


def connect(folder: Path) -> Any:
    """DuckDB with the memory that the package gives it."""
    import duckdb

    connection = duckdb.connect(config={"memory_limit": MEMORY, "temp_directory": str(folder / "spill")})
    connection.execute("SET preserve_insertion_order = false")
    return connection


def stage_decode(folder: Path) -> Figures:
    """(a) Reading alone: the sum of every column that the question needs."""
    sums = [f"SUM(s{i})" for i in range(SETTINGS)] + [f"COUNT(*) FILTER (WHERE {name})" for name in CONDITIONS]
    query = f"SELECT SUM(age), SUM(months), MAX(place), {', '.join(sums)} FROM '{folder / 'people.parquet'}'"
    connect(folder).execute(query).fetchall()
    return str


def by_sql(folder: Path, kept: bool) -> Figures:
    """The question in SQL: from the file twice, or from what was read once, classed and kept in narrow types."""
    connection, file = connect(folder), folder / "people.parquet"
    pence = ", ".join(f"CAST(FLOOR(s{i} * 100 + 0.5) AS INTEGER) AS s{i}" for i in range(SETTINGS))
    people = f"(SELECT CAST({segment_case()} AS UTINYINT) AS segment, place, CAST(months AS TINYINT) AS months, {pence} FROM '{file}')"
    classed = f"SELECT *, {TOTAL} AS total FROM {people}"
    source = f"({classed})"
    if kept:
        connection.execute(f"CREATE TEMP TABLE kept AS {classed}")
        source = "kept"
    points = connection.execute(f"SELECT segment, QUANTILE_DISC(total, 0.99) FROM {source} GROUP BY segment").fetchall()
    point = " ".join(f"WHEN {segment} THEN {value}" for segment, value in points)
    sums = ", ".join(f"SUM(s{i})" for i in range(SETTINGS))
    rows = connection.execute(
        f"SELECT segment, place, COUNT(*), SUM(months), {sums}, SUM(CAST(total AS BIGINT) * total), SUM(LEAST(total, CASE segment {point} END)) "
        f"FROM {source} GROUP BY segment, place"
    ).fetchall()
    return lambda: digest(rows, points)


def stage_sql(folder: Path) -> Figures:
    """(b) SQL written by hand, the file read twice."""
    return by_sql(folder, False)


def stage_sql_kept(folder: Path) -> Figures:
    """(b') SQL written by hand, the file read once."""
    return by_sql(folder, True)


def stage_polars(folder: Path) -> Figures:
    """(c) Polars written by hand, streaming."""
    import polars as pl

    segment = pl.lit(len(BANDS) * len(CONDITIONS) + len(BANDS) - 1, pl.UInt8)
    healthy = [pl.lit(len(BANDS) * len(CONDITIONS) + band, pl.UInt8) for band in range(len(BANDS))]
    for band, test in reversed(list(enumerate((pl.col("age") < 17, pl.col("age") < 70, pl.lit(True))))):
        inner = healthy[band]
        for i, name in reversed(list(enumerate(CONDITIONS))):
            inner = pl.when(pl.col(name)).then(pl.lit(band * len(CONDITIONS) + i, pl.UInt8)).otherwise(inner)
        segment = pl.when(test).then(inner).otherwise(segment)
    pence = [(pl.col(f"s{i}") * 100 + 0.5).floor().cast(pl.Int64) for i in range(SETTINGS)]
    people = (
        pl.scan_parquet(folder / "people.parquet")
        .select(segment.alias("segment"), "locality", "months", *pence)
        .with_columns(total=pl.sum_horizontal(f"s{i}" for i in range(SETTINGS)))
    )
    slim = people.select("segment", pl.col("total").cast(pl.Int32)).collect(engine="streaming")
    points = slim.group_by("segment").agg(pl.col("total").sort().get((pl.len().cast(pl.Int64) * 99 + 99) // 100 - 1).cast(pl.Int64))
    del slim
    square = pl.col("total") * pl.col("total")
    found = (
        people.join(points.lazy().rename({"total": "point"}), on="segment")
        .group_by("segment", "locality")
        .agg(
            pl.len().alias("people"),
            pl.col("months").sum(),
            *(pl.col(f"s{i}").sum() for i in range(SETTINGS)),
            # 64 bits hold no sum of squares, so it is taken in two halves.
            (square % (1 << 32)).sum().alias("low"),
            (square // (1 << 32)).sum().alias("high"),
            pl.min_horizontal("total", "point").sum().alias("kept"),
        )
        .collect(engine="streaming")
    )
    return lambda: digest([(*row[:-3], row[-3] + (row[-2] << 32), row[-1]) for row in found.iter_rows()], points.iter_rows())


class Members:
    """Dimensions of a place that know every setting and party."""

    def __getitem__(self, name: str) -> Any:
        from capmodel.assumptions.pack import Entry

        return tuple(Entry(member, member, {}) for member in (*(f"s{i}" for i in range(SETTINGS)), "trust", "nhs"))

    def get(self, name: str, default: Any = None) -> Any:
        return self[name]

    def __contains__(self, name: str) -> bool:
        return True


def opened(folder: Path) -> tuple[Any, Any, Any, Any]:
    """Session, extract, routes and scheme, as the package opens them."""
    from capmodel.baseline.engines.duckdb import open_session
    from capmodel.baseline.persons.extract.column_map import read_map
    from capmodel.baseline.persons.extract.view import define_people, open_extract, routes_of
    from capmodel.baseline.persons.schemes.scheme import read_scheme

    session = open_session(MEMORY)
    extract = open_extract(session, read_map(folder, Members()), folder / "people.parquet", None)  # type: ignore[arg-type]
    routes = routes_of(extract)
    define_people(extract, routes)
    return session, extract, routes, read_scheme(str(folder / "bands.yaml"))


def message(aggregates: Any) -> str:
    """The figures of the package in the form of the others."""
    number = {segment.id: i for i, segment in enumerate(aggregates.scheme.segments)}
    spend: dict[tuple[str, str], list[int]] = {}
    for segment, place, pence in aggregates.spend[["segment", "locality", "cost_pence"]].itertuples(index=False):
        spend.setdefault((segment, place), []).append(pence)
    people = aggregates.people[["segment", "locality", "people", "person_months", "cost_squared", "truncated_pence"]]
    rows = [
        (number[segment], place, count, months, *spend[segment, place], squared, kept)
        for segment, place, count, months, squared, kept in people.itertuples(index=False)
    ]
    points = aggregates.spread[["segment", "truncation_pence"]].itertuples(index=False)
    return digest(rows, [(number[segment], point) for segment, point in points])


def stage_extract(folder: Path) -> Figures:
    """(d) The package from the extract."""
    from capmodel.baseline.persons.extract.checks import Quality
    from capmodel.baseline.persons.sums.add_up import Request, sums_of

    _, extract, routes, scheme = opened(folder)
    found = sums_of(extract, scheme, routes, Quality(0), Request(folder / "people.parquet"), [], {})
    return lambda: message(found)


def stage_checks(folder: Path) -> Figures:
    """(d') The checks of the package, and all else that it measures before adding up."""
    from capmodel.baseline.persons.extract.checks import check_extract, prevalence
    from capmodel.baseline.persons.sums.linkage import linkage

    _, extract, _, scheme = opened(folder)
    check_extract(extract, [scheme], {}, YEAR)
    prevalence(extract)
    linkage(extract)
    return str


def stage_pack(folder: Path) -> Figures:
    """(e) Writing the packed cache."""
    from capmodel.baseline.persons.extract.checks import Quality
    from capmodel.baseline.persons.extract.packed import pack, source_of

    _, extract, routes, _ = opened(folder)
    pack(extract, routes, Quality(0), folder / "people.parquet", source_of(folder / "people.parquet"))
    return str


def stage_packed(folder: Path) -> Figures:
    """(f) The package from the packed cache."""
    from capmodel.baseline.persons.extract.column_map import read_map
    from capmodel.baseline.persons.extract.packed import open_packed
    from capmodel.baseline.persons.schemes.scheme import read_scheme
    from capmodel.baseline.persons.sums.fold import aggregate_packed

    packed = open_packed(read_map(folder, Members()), folder / "people.parquet")  # type: ignore[arg-type]
    assert packed is not None
    found = aggregate_packed(packed, read_scheme(str(folder / "bands.yaml")), 0.99)
    return lambda: message(found)


STAGES = {name.removeprefix("stage_"): stage for name, stage in list(globals().items()) if name.startswith("stage_")}


#: What a stage imports, so that its own seconds are distinguished from those of imports.
MODULES = (
    "duckdb",
    "pandas",
    "pyarrow",
    "pydantic.types",
    "capmodel.baseline.persons.sums.fold",
    "capmodel.baseline.persons.extract.column_map",
)


def peak_mb() -> float:
    """The most memory that this process has held."""
    status = Path("/proc/self/status")
    if status.exists():
        # What getrusage says here begins with the memory of the process that started this one.
        return int(status.read_text().split("VmHWM:")[1].split()[0]) / 1024
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / (1 << 20 if sys.platform == "darwin" else 1 << 10)


def run_stage(name: str, folder: Path) -> None:
    """In a process of its own: seconds, peak memory and figures, as JSON."""
    for module in ("polars",) if name == "polars" else MODULES:
        importlib.import_module(module)
    began, used = time.perf_counter(), time.process_time()
    figures = STAGES[name](folder)
    seconds, processor = time.perf_counter() - began, time.process_time() - used
    sys.stdout.write(json.dumps({"seconds": seconds, "processor": processor, "mb": peak_mb(), "figures": figures()}))


def measure(name: str, folder: Path) -> dict[str, Any]:
    """One run of a stage."""
    command = [sys.executable, "-m", "tests.benchmarks.persons", "--stage", name, "--folder", str(folder)]
    began = time.perf_counter()
    done = subprocess.run(command, capture_output=True, text=True, cwd=ROOT)
    if done.returncode:
        raise SystemExit(f"{name} failed:\n{done.stderr[-3000:]}")
    return {"wall": time.perf_counter() - began, **json.loads(done.stdout)}


def benchmark(people: int, rounds: int, parent: Path, stages: list[str]) -> dict[str, float]:
    """Make the people, run every stage in turn, hold the figures against each other, and print a table; seconds by stage."""
    if shutil.disk_usage(parent).free < people * BYTES * 1.5:
        raise SystemExit(f"{parent}: {people:,} people need {people * BYTES * 1.5 / 1e9:.0f} GB of disk. Name another --folder")
    with tempfile.TemporaryDirectory(dir=parent) as name:
        folder = Path(name)
        write_place(folder)
        make_people(folder / "people.parquet", people)
        size = (folder / "people.parquet").stat().st_size
        runs: dict[str, list[dict[str, Any]]] = {stage: [] for stage in stages}
        if "packed" in stages and "pack" not in stages:
            measure("pack", folder)
        for number in range(rounds + 1):
            for stage in stages:
                run = measure(stage, folder)
                # The first round only brings files into memory and compiles; at one round it counts.
                if number or rounds == 1:
                    runs[stage].append(run)
            if rounds == 1:
                break
        figures = {run["figures"] for found in runs.values() for run in found} - {""}
        packed = sum(path.stat().st_size for path in (folder / "people.parquet.packed").glob("*"))
    middle = {
        stage: {key: statistics.median(run[key] for run in found) for key in ("wall", "seconds", "processor", "mb")}
        for stage, found in runs.items()
    }
    by_hand = [middle[stage] for stage in ("sql", "sql_kept", "polars") if stage in middle]
    best = {key: min((found[key] for found in by_hand), default=math.nan) for key in ("seconds", "processor")}
    say(
        f"\n{people:,} people, Parquet {size / 1e6:,.0f} MB, cache {packed / 1e6:,.0f} MB, medians of {rounds} rounds, load {os.getloadavg()[0]:.1f}"
    )
    say("figures " + ("agree to the penny" if len(figures) == 1 else f"DIFFER: {sorted(figures)}") + "\n")
    say(
        "| seconds, medians | process | without imports | a million | of the best by hand | processor time | of the best by hand | peak MB |"
    )
    say("| --- | ---: | ---: | ---: | ---: | ---: | ---: | ---: |")
    for stage, found in middle.items():
        label = (STAGES[stage].__doc__ or stage).rstrip(".")
        figure = found["seconds"]
        ratio, of_processor = figure / best["seconds"], found["processor"] / best["processor"]
        say(
            f"| {label} | {found['wall']:.2f} | {figure:.2f} | {figure / people * 1e6:.3f} | {ratio:.2f} | {found['processor']:.2f} "
            f"| {of_processor:.2f} | {found['mb']:,.0f} |"
        )
    if "extract" in middle and "packed" in middle:
        extract, again = middle["extract"], middle["packed"]
        checked = extract["seconds"] + middle["checks"]["seconds"] if "checks" in middle else extract["seconds"]
        say(f"\nre-run from the cache: {extract['seconds'] / again['seconds']:.1f} times faster than adding up the extract,")
        say(
            f"{checked / again['seconds']:.1f} times than checking and adding it up; whole processes {extract['wall'] / again['wall']:.1f} times"
        )
    if len(figures) > 1:
        raise SystemExit("the figures differ")
    return {stage: found["seconds"] / people * 1e6 for stage, found in middle.items()}


def say(text: str) -> None:
    """A line of the report."""
    sys.stdout.write(f"{text}\n")
    sys.stdout.flush()


def main() -> None:
    """Run what is asked for: 300,000 and 2.5 million people unless reported otherwise."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--people", type=int, nargs="*", default=[300_000, 2_500_000], help="how many; 60000000 for England")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--folder", type=Path, default=Path(tempfile.gettempdir()), help="where the files are made, and removed again")
    parser.add_argument("--stages", default=",".join(STAGES))
    parser.add_argument("--stage", help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.stage:
        run_stage(given.stage, given.folder)
        return
    growth = {people: benchmark(people, given.rounds, given.folder, given.stages.split(",")) for people in given.people}
    if len(growth) > 1:
        say("\nseconds a million people, by how many there are\n")
        say(f"| | {' | '.join(f'{people:,}' for people in growth)} |\n| --- |{' ---: |' * len(growth)}")
        for stage in given.stages.split(","):
            say(f"| {(STAGES[stage].__doc__ or stage).rstrip('.')} | {' | '.join(f'{found[stage]:.3f}' for found in growth.values())} |")


if __name__ == "__main__":
    main()
