"""Every engine reads files alike: packed or not, whole or damaged, with columns in which nobody has a value."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from engine_sessions import ENGINES
from extracts import LINE_MAP, pack_of, people, town, written

from capmodel.assumptions.pack import Pack
from capmodel.baseline.engines import Session
from capmodel.baseline.persons.extract.checks import Quality
from capmodel.baseline.persons.extract.column_map import read_map
from capmodel.baseline.persons.extract.view import Extract, open_extract
from capmodel.baseline.persons.schemes.scheme import read_scheme
from capmodel.baseline.persons.sums.add_up import sound_people
from capmodel.baseline.persons.sums.aggregate import Aggregates, aggregate
from capmodel.errors import BadInput

BLANK = ("sex", "decile", "score", "care_gbp", "care_n")


def added_up(session: Session, pack: Pack, path: Path) -> tuple[Quality, Aggregates]:
    """What the checks find of a file, and its sums."""
    columns, scheme = read_map(pack.folder, pack.dimensions), read_scheme("age_condition")
    quality, routes, _ = sound_people(pack, open_extract(session, columns, path, None), [scheme])
    return quality, aggregate(session, scheme, routes, columns.truncation_share, columns.uncounted)


def assert_same(one: tuple[Quality, Aggregates], other: tuple[Quality, Aggregates]) -> None:
    # A column of text has more rules to keep than one of numbers.
    assert replace(one[0], rules=0) == replace(other[0], rules=0)
    for name in ("people", "spend", "spread", "supplements"):
        pd.testing.assert_frame_equal(getattr(one[1], name), getattr(other[1], name), check_exact=True)


@pytest.mark.parametrize("name", ENGINES)
def test_a_parquet_column_without_a_value_is_what_it_is_in_csv(name: str, session_of: Callable[[str], Session], tmp_path: Path) -> None:
    frame = people(120).assign(**dict.fromkeys(BLANK))
    csv, parquet = (written(frame, tmp_path / f"people.{kind}") for kind in ("csv", "parquet"))
    assert {column: pq.read_schema(parquet).field(column).type for column in BLANK} == dict.fromkeys(BLANK, pa.null())
    session, pack = session_of(name), pack_of(town(tmp_path, blank_means_zero=["care_gbp", "care_n"]))
    found = added_up(session, pack, parquet)
    assert_same(found, added_up(session_of("duckdb"), pack, csv))
    assert found[1].people["people"].sum() == 120 and found[0].completeness["score"] == 0


@pytest.mark.parametrize("name", ENGINES)
def test_a_packed_csv_is_read_as_the_csv_is(name: str, session_of: Callable[[str], Session], tmp_path: Path) -> None:
    frame, session = people(120), session_of(name)
    (tmp_path / "parts").mkdir()
    frame.head(50).to_csv(tmp_path / "parts" / "a.csv.gz", index=False)
    written(frame.tail(70), tmp_path / "parts" / "b.csv")
    found = []
    for path in (tmp_path / "parts", written(frame, tmp_path / "people.csv")):
        kinds = session.register("packed", path, ",")
        found.append((kinds, session.query('SELECT * FROM packed ORDER BY "id"')))
    assert found[0] == found[1] and len(found[0][1]) == 120


@pytest.mark.parametrize("name", ENGINES)
@pytest.mark.parametrize("unit", ["ms", "us", "ns"])
def test_a_column_of_moments_is_in_the_year_it_falls_in_in_london(
    name: str, unit: str, session_of: Callable[[str], Session], tmp_path: Path
) -> None:
    moments = {"2025-03-31T23:30:00": 2025, "2025-03-31T22:59:59": 2024, "2026-03-31T22:59:59": 2025, "2026-03-31T23:00:00": 2026}
    frame = pd.DataFrame({"n": range(4), "on": pd.to_datetime(list(moments), utc=True).astype(f"datetime64[{unit}, UTC]")})
    session, pack = session_of(name), pack_of(town(tmp_path, LINE_MAP))
    file = written(frame, tmp_path / "a.parquet")
    if (name, unit) == ("spark", "ns"):
        with pytest.raises(BadInput, match="times to the nanosecond"):
            session.register("dated", file, ",")
        return
    of = session.register("dated", file, ",")
    year = Extract(session, read_map(pack.folder, pack.dimensions), {}, of, None).year_of_line()
    assert [int(found) for (found,) in session.query(f"SELECT {year} FROM dated ORDER BY n")] == list(moments.values())


# ------------------------------------------------------------------ bad files


def _truncated(folder: Path) -> None:
    frame = pd.DataFrame({"person": [f"secret{i}" for i in range(5000)]})
    frame.to_parquet(folder / "a.parquet")
    content = (folder / "a.parquet").read_bytes()
    (folder / "a.parquet").write_bytes(content[: len(content) // 2])


def _not_parquet(folder: Path) -> None:
    (folder / "a.parquet").write_text("person,age\nsecret,5\n", encoding="utf-8")


def _short_line(folder: Path) -> None:
    (folder / "a.csv").write_text("person,age,sex\nsecret,5,F\nsecret,6\n", encoding="utf-8")


def _long_line(folder: Path) -> None:
    (folder / "a.csv").write_text("person,age,sex\nsecret,5,F\nsecret,6,F,7\n", encoding="utf-8")


def _open_quote(folder: Path) -> None:
    (folder / "a.csv").write_text('person,age,sex\nsecret,5,F\n"secret,6,F\nsecret,6,M\n', encoding="utf-8")


def _encodings(folder: Path) -> None:
    (folder / "a.csv").write_bytes("person,age\nsecret é,5\n".encode() + "secret é,6\n".encode("latin-1"))


def _schemas(folder: Path) -> None:
    pd.DataFrame({"person": ["secret"], "age": [5], "sex": ["F"]}).to_parquet(folder / "a.parquet")
    pd.DataFrame({"person": ["secret"], "age": ["six"], "locality": ["B"]}).to_parquet(folder / "b.parquet")


def _headers(folder: Path) -> None:
    (folder / "a.csv").write_text("person,age\nsecret,5\n", encoding="utf-8")
    (folder / "b.csv").write_text("age,person\n5,secret\n", encoding="utf-8")


def _both(folder: Path) -> None:
    (folder / "a.csv").write_text("person,age\nsecret,5\n", encoding="utf-8")
    pd.DataFrame({"person": ["secret"]}).to_parquet(folder / "b.parquet")


def _nothing(folder: Path) -> None:
    (folder / "notes.txt").write_text("secret", encoding="utf-8")


def _empty(folder: Path) -> None:
    (folder / "a.csv").write_text("", encoding="utf-8")


def _twice(folder: Path) -> None:
    (folder / "a.csv").write_text("secret1,5,F,secret1\n", encoding="utf-8")


def _one_headless(folder: Path) -> None:
    (folder / "a.csv").write_text("person,age\nsecret,5\n", encoding="utf-8")
    (folder / "b.csv").write_text("secret,7\nsecret,8\n", encoding="utf-8")


def _two_headless(folder: Path) -> None:
    (folder / "a.csv").write_text("secret,12,east\n", encoding="utf-8")
    (folder / "b.csv").write_text("secret too,12,east\n", encoding="utf-8")


def _one_headless_parquet(folder: Path) -> None:
    pd.DataFrame({"9434765919": ["secret"], "12": [5], "sex": ["F"]}).to_parquet(folder / "a.parquet")
    pd.DataFrame({"9434765870": ["secret"], "12": [5], "sex": ["F"]}).to_parquet(folder / "b.parquet")


BAD = [
    (_truncated, "the Parquet file is damaged or cut short"),
    (_not_parquet, "the Parquet file is damaged or cut short"),
    (_short_line, "a line has more or fewer cells than the header"),
    (_long_line, "a line has more or fewer cells than the header"),
    (_open_quote, "a line has more or fewer cells than the header"),
    (_encodings, "the file mixes encodings or is not UTF-8"),
    (_schemas, "b.parquet: the file lacks sex; adds locality; has another type in age"),
    (_headers, "b.csv: the file has another order of columns"),
    (_both, "the folder holds Parquet and CSV files"),
    (_nothing, "there is no extract"),
    (_empty, "the file is empty"),
    (_twice, "columns 1 and 4 have one name"),
    (_one_headless, "b.csv: the file has another heading than the first, or none"),
    (_two_headless, "b.csv: the file lacks column 1 of the first; adds column 1"),
    (_one_headless_parquet, "b.parquet: the file lacks column 1; adds column 1"),
]


@pytest.mark.parametrize("name", ENGINES)
@pytest.mark.parametrize(("make", "message"), BAD, ids=[make.__name__.strip("_") for make, _ in BAD])
def test_a_bad_file_is_refused_without_a_cell_of_it(
    name: str, make: Callable[[Path], None], message: str, session_of: Callable[[str], Session], tmp_path: Path
) -> None:
    make(tmp_path)
    with pytest.raises(BadInput) as refused:
        session_of(name).register("bad", tmp_path, ",")
    assert message in str(refused.value)
    assert not any(cell in str(refused.value) for cell in ("secret", "9434", "east"))


@pytest.mark.parametrize("name", ENGINES)
def test_what_an_engine_cannot_work_out_is_reported_without_a_cell(name: str, session_of: Callable[[str], Session], tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text("person,age\nsecret,secret\n", encoding="utf-8")
    session = session_of(name)
    session.register("texts", tmp_path / "a.csv", ",")
    with pytest.raises(BadInput) as refused:
        session.query("SELECT SUM(CAST(age AS INTEGER)) FROM texts")
    assert "secret" not in str(refused.value)
