"""Every engine keeps to one contract, and gives the same numbers for the same extract, cell by cell."""

from __future__ import annotations

import dataclasses
import hashlib
import inspect
import math
import os
import subprocess
import sys
import tempfile
import typing
from collections.abc import Callable
from decimal import Decimal
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from engine_sessions import ENGINES, PROMISES, engine_of
from extracts import nhs_numbers

from capmodel import plugins
from capmodel.baseline import engines
from capmodel.baseline.engines import Session
from capmodel.baseline.files import SPILL
from capmodel.baseline.persons.extract.checks import Quality, check_extract
from capmodel.baseline.persons.extract.column_map import read_map
from capmodel.baseline.persons.extract.nhs_numbers import columns_with_numbers
from capmodel.baseline.persons.extract.view import Extract, define_people, open_extract, routes_of
from capmodel.baseline.persons.schemes.scheme import read_scheme
from capmodel.baseline.persons.sums.aggregate import Aggregates, Comparison, aggregate, compare_schemes
from capmodel.baseline.persons.sums.linkage import Linkage, linkage
from capmodel.errors import BadInput, CapmodelError
from capmodel.files import is_running
from capmodel.model import Place

PEOPLE = 1500

PERSON_MAP = r"""
scheme: mixed
columns: {person: person, year: year, age: "age at 'start'", sex: sex, locality: "area.code", deprivation: decile, months: months, score: score}
conditions: {diabetes: diabetes, copd: copd, cancer: cancer, dementia: dementia, frailty: frailty}
codes: {locality: {'B\R"E': brent, "O'EAL": ealing, HAR: harrow}}
"""
SPEND = r"""
spend:
  - {column: 'gp "net" £', setting: primary, provider: gp_federations, payer: nhs_commissioner, activity: gp visits}
  - {column: acute, setting: acute_planned, provider: acute_trusts, payer: nhs_commissioner, activity: stays}
  - {column: care, setting: social_care, provider: care_providers, payer: council}
"""
LINES = r"""
lines:
  columns: {person: who, date: day, setting: setting, provider: provider, payer: payer, cost: cost, activity: contacts}
"""
MIXED = """
title: Score, counts and supplements
source: test
segments:
  - {id: top, label: Top by score, when: {top_score: 0.02}}
  - {id: next, label: Next by score, when: {top_score: 0.1}}
  - {id: many, label: Many conditions, when: {count: {of: [diabetes, copd, cancer, dementia], from: 2}}}
  - {id: old, label: Old and poor women, when: {age: [65, null], deprivation: [1, 5], sex: [F]}}
  - {id: rest, label: Everybody else}
supplements:
  - {id: cancer, label: Cancer, when: {any: [cancer]}}
  - {id: frail_top, label: Frail in the top half, when: {all: [frailty], top_score: 0.5}}
"""
PLAIN = """
title: By age
source: test
segments:
  - {id: child, label: Child, when: {age: [0, 16], none: [cancer]}}
  - {id: adult, label: Adult, when: {age: [17, 69]}}
  - {id: rest, label: Everybody else}
"""


@dataclasses.dataclass(frozen=True)
class Outcome:
    """All that comes back of an extract."""

    quality: Quality
    linkage: list[Linkage]
    aggregates: Aggregates
    comparison: Comparison


@pytest.fixture(scope="session")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder of a place with two schemes."""
    made = tmp_path_factory.mktemp("engines")
    (made / "segmentations").mkdir()
    (made / "segmentations" / "mixed.yaml").write_text(MIXED, encoding="utf-8")
    (made / "segmentations" / "plain.yaml").write_text(PLAIN, encoding="utf-8")
    return made


def _people() -> pd.DataFrame:
    """Two years of people, most of them in both; odd pence, halves of a penny, empty cells and ties in the score."""
    r = np.random.default_rng(20)
    n = 2 * PEOPLE
    frame = pd.DataFrame(
        {
            "person": [f"P-{i % PEOPLE + (50 if i >= PEOPLE else 0)}" for i in range(n)],
            "year": np.where(np.arange(n) < PEOPLE, 2024, 2025),
            "age at 'start'": r.integers(0, 101, n),
            "sex": r.choice(["F", "M"], n),
            "area.code": r.choice(['B\\R"E', "O'EAL", "HAR", "harrow"], n),
            "decile": r.integers(1, 11, n),
            "months": np.where(r.random(n) < 0.1, r.integers(0, 12, n), 12),
            "score": np.round(r.gamma(2, 3, n), 1),
        }
    )
    for name in ("diabetes", "copd", "cancer", "dementia", "frailty"):
        frame[name] = r.random(n) < 0.2
    frame['gp "net" £'] = np.round(r.lognormal(4, 1, n), 3)
    frame["gp visits"] = r.integers(0, 9, n)
    frame["acute"] = np.where(r.random(n) < 0.2, np.round(r.lognormal(8, 1.5, n), 2), 0)
    frame["stays"] = r.integers(0, 3, n)
    frame["care"] = np.where(r.random(n) < 0.05, 31_000_000.01, 1.005)
    return frame


def _lines(people: pd.DataFrame) -> pd.DataFrame:
    """Activity lines of these people, and of a few that are not among them."""
    r = np.random.default_rng(21)
    n = 4 * len(people)
    chosen = r.integers(0, len(people), n)
    days = pd.to_datetime(people["year"].to_numpy()[chosen].astype(str), format="%Y") + pd.to_timedelta(r.integers(91, 440, n), unit="D")
    routes = r.choice(["primary gp_federations", "acute_planned acute_trusts", "social_care care_providers"], n)
    return pd.DataFrame(
        {
            "who": np.where(r.random(n) < 0.03, "nobody", people["person"].to_numpy()[chosen]),
            "day": days.strftime("%Y-%m-%d"),
            "setting": [route.split()[0] for route in routes],
            "provider": [route.split()[1] for route in routes],
            "payer": np.where(routes == "social_care care_providers", "council", "nhs_commissioner"),
            "cost": np.round(r.lognormal(4, 1.5, n), 2),
            "contacts": r.integers(1, 4, n),
        }
    )


def _halves(frame: pd.DataFrame, folder: Path, kind: str) -> Path:
    """A frame as a folder of two files."""
    folder.mkdir()
    for i, part in enumerate((frame.iloc[: len(frame) // 3], frame.iloc[len(frame) // 3 :])):
        if kind == "parquet":
            part.to_parquet(folder / f"{i}.parquet", index=False)
        else:
            part.to_csv(folder / f"{i}.csv", index=False, sep=";")
    return folder


def _outcome(session: Session, folder: Path, place: Place, people: Path, lines: Path | None, salt: str | None) -> Outcome:
    extract = open_extract(session, read_map(folder, place.pack.dimensions), people, lines, salt)
    schemes = [read_scheme("mixed", folder), read_scheme("plain", folder)]
    quality = check_extract(extract, schemes, place.pack.dimensions, 2025)
    routes = routes_of(extract)
    define_people(extract, routes)
    return Outcome(quality, linkage(extract), aggregate(session, schemes[0], routes, 0.98), compare_schemes(session, schemes))


def _assert_same(one: Outcome, other: Outcome) -> None:
    assert one.quality == other.quality
    assert one.linkage == other.linkage
    for name in ("people", "spend", "spread", "supplements"):
        pd.testing.assert_frame_equal(getattr(one.aggregates, name), getattr(other.aggregates, name), check_exact=True)
    for name in ("cross", "moves"):
        pd.testing.assert_frame_equal(getattr(one.comparison, name), getattr(other.comparison, name), check_exact=True)


@pytest.mark.parametrize("name", plugins.names(engines))
def test_an_engine_has_what_every_engine_has(name: str) -> None:
    engine = plugins.find(engines, name, PROMISES)
    assert isinstance(engine.available(), bool)
    assert list(inspect.signature(engine.open_session).parameters) == ["memory", "master", "threads"]
    assert all(given.default is not inspect.Parameter.empty for given in inspect.signature(engine.open_session).parameters.values())
    session = typing.get_type_hints(engine.open_session)["return"]
    for promised, function in inspect.getmembers(Session, inspect.isfunction):
        if not promised.startswith("_"):
            assert inspect.signature(getattr(session, promised)) == inspect.signature(function), f"{name}.{promised}"


@pytest.mark.spark
@pytest.mark.parametrize(("shape", "kind"), [("people", "parquet"), ("lines", "csv")])
def test_spark_on_a_cluster_gives_what_duckdb_gives(
    shape: str, kind: str, session_of: Callable[[str], Session], folder: Path, place: Place, tmp_path: Path
) -> None:
    frame = _people()
    delimiter = "" if kind == "parquet" else "delimiter: ';'\n"
    (folder / "persons.yaml").write_text(PERSON_MAP + delimiter + (SPEND if shape == "people" else LINES), encoding="utf-8")
    people = _halves(frame, tmp_path / "people", kind)
    lines = _halves(_lines(frame), tmp_path / "lines", kind) if shape == "lines" else None
    salt = "grain" if shape == "lines" else None
    embedded = engine_of("duckdb").open_session()
    here = _outcome(embedded, folder, place, people, lines, salt)
    embedded.close()
    _assert_same(here, _outcome(session_of("spark"), folder, place, people, lines, salt))
    # Equal because both are empty would prove nothing.
    assert len(here.aggregates.people) == 2 * 5 * 3
    assert here.aggregates.people["people"].sum() == 2 * PEOPLE
    assert here.aggregates.people["above"].sum() > 0
    assert set(here.aggregates.supplements["supplement"]) == {"cancer", "frail_top"}
    assert len(here.comparison.moves) > 20
    assert bool(here.linkage) == (shape == "lines")
    assert all(item.linked_rows < item.rows for item in here.linkage)
    assert any(here.quality.rounding.values()) == (shape == "people")


SIZES = (100, 200, 700, 1000, 1001)
SHARES = (0.5, 0.9, 0.95, 0.98, 0.99, 0.995, 0.9999)


@pytest.mark.parametrize("name", ENGINES)
def test_a_percentile_is_the_smallest_value_with_that_share_at_or_below_it(
    name: str, session_of: Callable[[str], Session], tmp_path: Path
) -> None:
    pd.DataFrame({"size": np.repeat(SIZES, SIZES), "value": np.concatenate([np.arange(1, size + 1) for size in SIZES])}).to_parquet(
        tmp_path / "sizes.parquet"
    )
    session = session_of(name)
    session.register("sizes", tmp_path / "sizes.parquet", ",")
    found = session.query(f"SELECT size, {session.percentiles('value', SHARES)} FROM sizes GROUP BY size ORDER BY size")
    # Exact decimals: 0.95 of 100 people is the 95th, whatever 0.95 * 100 is in binary.
    expected = [(size, [math.ceil(Decimal(str(share)) * size) for share in SHARES]) for size in SIZES]
    assert [(size, [int(value) for value in values]) for size, values in found] == expected


@pytest.mark.parametrize("name", ENGINES)
def test_texts_and_names_mean_the_same_and_sums_are_exact(name: str, session_of: Callable[[str], Session], tmp_path: Path) -> None:
    # Line breaks and delimiters in quotes, backslashes, and a cell that is there but empty.
    (tmp_path / "a[1].csv").write_text('who,"a ""b\\c",sum\nx\\n,"one\ntwo, ""three""",3000000000\ny,,5\nz,"",6\n', encoding="utf-8-sig")
    session = session_of(name)
    assert session.register("texts", tmp_path / "a[1].csv", ",") == {"who": "text", 'a "b\\c': "text", "sum": "text"}
    session.define("numbers", "SELECT *, CAST(\"sum\" AS BIGINT) AS number FROM texts WHERE who <> 'it''s \\'", keep=True)
    square = session.wide("number * number")
    found = session.query(f"SELECT who, COALESCE(\"a \"\"b\\c\", 'none'), {square} FROM numbers WHERE who = 'x\\n'")
    assert found == [("x\\n", 'one\ntwo, "three"', 9 * 10**18)]
    ((count, empty, total, kinds),) = session.query(
        f'SELECT COUNT(*), COUNT("a ""b\\c"), SUM({square}), COUNT(DISTINCT {session.fingerprint(["who", "number"])}) FROM numbers'
    )
    assert (count, empty, int(total), kinds) == (3, 1, 9 * 10**18 + 61, 3)
    ((pseudonym,),) = session.query(f"SELECT {session.pseudonym('who', 'salt')} FROM numbers WHERE who = 'y'")
    assert pseudonym == hashlib.sha256(b"salty").hexdigest()
    assert session.first_rows("numbers", "number = 5", 3) in ([], ["2"])


@pytest.mark.parametrize("name", ENGINES)
def test_nhs_numbers_are_found_alike(name: str, session_of: Callable[[str], Session], tmp_path: Path) -> None:
    numbers = nhs_numbers(40)
    columns = {
        "padded": [f"00{number}" for number in numbers],
        "thin": [f"{number[:3]}\u2009{number[3:6]}\u2009{number[6:]}" for number in numbers],
        "wide": ["".join(chr(ord("０") + int(digit)) for digit in number) for number in numbers],
        "words": [f"seen {i} times, NHS no. {number[:3]} {number[3:6]} {number[6:]}, ward {i % 7}" for i, number in enumerate(numbers)],
        "dated": [f"2025-04-30T10:30:00Z {number}" for number in numbers],
        "serial": [str(4_000_000_000 + i) for i in range(40)],
        "hash": [hashlib.sha256(str(i).encode()).hexdigest() for i in range(40)],
    }
    pd.DataFrame(columns).to_csv(tmp_path / "a.csv", index=False)
    session = session_of(name)
    of = session.register("numbered", tmp_path / "a.csv", ",")
    found = columns_with_numbers(session, "numbered", of, list(of))
    assert [(held.column, held.numbers) for held in found] == [(column, 40) for column in ("padded", "thin", "wide", "words", "dated")]


@pytest.mark.parametrize("name", ENGINES)
def test_a_moment_is_on_the_day_it_falls_on_in_london(
    name: str, session_of: Callable[[str], Session], folder: Path, place: Place, tmp_path: Path
) -> None:
    written = {
        "2025-03-31T23:30:00Z": "2025-04-01", "2025-04-01T00:30:00+01:00": "2025-04-01", "2025-03-31 18:30-0500": "2025-04-01",
        "2025-03-31T23:30": "2025-03-31", "2025-12-31T23:59:59.999Z": "2025-12-31", "20250331": "2025-03-31", "2025-02-30": "None",
        "2025-04-30T24:00:00Z": "None", "30/04/2025": "None",
    }  # fmt: skip
    (folder / "persons.yaml").write_text(PERSON_MAP + LINES, encoding="utf-8")
    pd.DataFrame({"day": list(written)}).to_csv(tmp_path / "a.csv", index=False)
    session = session_of(name)
    of = session.register("dated", tmp_path / "a.csv", ",")
    date = Extract(session, read_map(folder, place.pack.dimensions), {}, of, None).date_of_line()
    assert {text: str(day) for text, day in session.query(f"SELECT day, {date} FROM dated")} == written


@pytest.mark.parametrize("name", ENGINES)
def test_a_wrong_delimiter_is_one_column_that_the_map_does_not_know(
    name: str, session_of: Callable[[str], Session], folder: Path, place: Place, tmp_path: Path
) -> None:
    (folder / "persons.yaml").write_text(PERSON_MAP + SPEND, encoding="utf-8")
    _people().head(20).to_csv(tmp_path / "people.csv", sep=";", index=False)
    with pytest.raises(BadInput, match="Write delimiter: ';'"):
        open_extract(session_of(name), read_map(folder, place.pack.dimensions), tmp_path / "people.csv", None)


@pytest.mark.spark
def test_spark_reads_an_address_of_a_cluster_s_storage_by_itself(session_of: Callable[[str], Session], tmp_path: Path) -> None:
    session = session_of("spark")
    people = _halves(_people(), tmp_path / "people", "parquet")
    for path in (Path(f"file:/{people}"), people):
        assert session.register("there", path, ",")["score"] == "number"
        assert session.query("SELECT COUNT(*) FROM there") == [(2 * PEOPLE,)]
    (tmp_path / "none").mkdir()
    for path in ("file:/nowhere/at/all", f"file:/{tmp_path}/none", "nosuch://storage/people"):
        with pytest.raises(BadInput):
            session.register("there", Path(path), ",")


@pytest.mark.spark
def test_a_spark_session_beside_another_leaves_that_one_running(session_of: Callable[[str], Session]) -> None:
    first = session_of("spark")
    first.define("mine", "SELECT 1 AS one")
    beside = engine_of("spark").open_session()
    beside.define("mine", "SELECT 2 AS one", keep=True)
    assert beside.query("SELECT one FROM mine") == [(2,)]
    beside.close()
    assert first.query("SELECT one FROM mine") == [(1,)]


def test_without_java_the_message_says_what_to_install(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    pytest.importorskip("pyspark", reason="the package pyspark is not installed here")
    monkeypatch.setenv("JAVA_HOME", str(tmp_path))
    engine = plugins.find(engines, "spark", PROMISES)
    assert not engine.available()
    with pytest.raises(CapmodelError, match="openjdk-17-jre-headless"):
        engine.open_session()


def test_without_its_package_the_message_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    for name, extra in (("duckdb", "persons"), ("spark", "spark")):
        engine = plugins.find(engines, name, PROMISES)
        monkeypatch.setattr(engine.importlib.util, "find_spec", lambda name: None)
        assert not engine.available()
        with pytest.raises(CapmodelError, match=rf"capmodel\[{extra}\]"):
            engine.open_session()


def test_an_address_that_is_none_is_refused_before_spark_starts() -> None:
    with pytest.raises(BadInput, match=r"--master nonsense: that is no address of Spark"):
        engine_of("spark").open_session(master="nonsense")


# ------------------------------------------------------------------ nothing of a person in a message or left behind


@pytest.mark.skipif(os.name != "posix", reason="whether a process is gone can only be asked here")
def test_what_a_killed_run_has_spilt_is_removed_by_the_next(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    script = (
        "import os, signal, tempfile\nfrom pathlib import Path\nfrom capmodel.baseline.engines import duckdb\n"
        f"tempfile.tempdir = {str(tmp_path)!r}\nsession = duckdb.open_session()\n"
        "(next(Path(tempfile.tempdir).iterdir()) / 'spilt').write_text('secret')\nos.kill(os.getpid(), signal.SIGKILL)\n"
    )
    assert subprocess.run([sys.executable, "-c", script], check=False).returncode == -9
    (left,) = tmp_path.iterdir()
    assert (left / "spilt").is_file()
    other, running = tmp_path / "capmodel-x1", tmp_path / f"{SPILL}{os.getpid()}-y"
    elsewhere = tmp_path / left.name.replace(SPILL, "capmodel-spill-elsewhere-")
    for folder in (other, running, elsewhere):
        folder.mkdir()
    session = engine_of("duckdb").open_session()
    assert not left.exists()
    session.close()
    assert sorted(tmp_path.iterdir()) == sorted([other, running, elsewhere])


@pytest.mark.skipif(not Path("/proc/self/stat").is_file(), reason="what becomes of a process is reported here only")
def test_a_process_that_was_killed_and_not_yet_taken_off_the_list_is_gone() -> None:
    ended = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(60)"])
    assert is_running(str(ended.pid))
    ended.kill()
    os.waitid(os.P_PID, ended.pid, os.WEXITED | os.WNOWAIT)
    assert not is_running(str(ended.pid))
    ended.wait()
    assert not is_running(str(ended.pid)) and is_running(str(os.getpid())) and is_running("far")


@pytest.mark.parametrize("name", ENGINES)
def test_a_place_that_a_spreadsheet_would_run_is_refused(
    name: str, session_of: Callable[[str], Session], folder: Path, place: Place, tmp_path: Path
) -> None:
    (folder / "persons.yaml").write_text(PERSON_MAP.replace("codes:", "not_recorded: []\n#") + SPEND, encoding="utf-8")
    begins = ["=", "+", "-", "@", "\t", "\r", "\n", " \t", "＝"]
    frame = _people().head(20)
    frame["area.code"] = [f'{begin}HYPERLINK("http://x","a")' for begin in begins] + ["brent"] * (20 - len(begins))
    frame.to_csv(tmp_path / "people.csv", index=False)
    columns = read_map(folder, place.pack.dimensions)
    extract = open_extract(session_of(name), columns, tmp_path / "people.csv", None)
    with pytest.raises(BadInput) as refused:
        check_extract(extract, [], place.pack.dimensions, 2025)
    (problem,) = [problem for problem in refused.value.problems if "begins like a formula" in problem.what]
    assert f"{len(begins)} rows" in problem.where
