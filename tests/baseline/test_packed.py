"""The packed cache: the same figures as from the extract, to the penny; stale when anything has changed; no identifier in it.

The oracle is the queries of the data engine on the extract itself; the fold while the extract is read is held against them
too. Extracts are drawn at random, small ones with everything that is odd: one person in a segment, nothing spent, hundreds of millions of pence, scores that are equal or missing, shares that fall on a whole rank.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

pytest.importorskip("duckdb")
pa = pytest.importorskip("pyarrow")
pq = pytest.importorskip("pyarrow.parquet")

from hypothesis import given, settings  # noqa: E402
from hypothesis import strategies as st  # noqa: E402

from capmodel.baseline.engines.duckdb import DuckSession, open_session  # noqa: E402
from capmodel.baseline.persons.extract.checks import check_extract  # noqa: E402
from capmodel.baseline.persons.extract.column_map import ColumnMap, read_map  # noqa: E402
from capmodel.baseline.persons.extract.packed import MANIFEST, Packed, folder_of, open_packed, pack, remove_left_over, source_of, why_not  # noqa: E402
from capmodel.baseline.persons.extract.view import Extract, define_people, open_extract, routes_of  # noqa: E402
from capmodel.baseline.persons.schemes.classes import Classes  # noqa: E402
from capmodel.baseline.persons.schemes.conditions import vocabulary  # noqa: E402
from capmodel.baseline.persons.schemes.scheme import Scheme, read_scheme, scheme_names  # noqa: E402
from capmodel.baseline.persons.sums.aggregate import aggregate  # noqa: E402
from capmodel.baseline.persons.sums.fold import aggregate_extract, aggregate_packed  # noqa: E402
from capmodel.errors import BadInput, CapmodelError  # noqa: E402

FRAMES = ("people", "spend", "spread", "supplements")
SHARES = (0.99, 0.9, 0.51, 0.75, 0.995)
CONDITIONS = tuple(vocabulary().labels)
ODD = """
title: Everything a scheme can ask
source: test
segments:
  - {id: all_of, label: All, when: {all: [diabetes, asthma], none: [cancer]}}
  - {id: women, label: Women, when: {sex: [F], age: [18, 64], deprivation: [1, 3]}}
  - {id: few, label: Few, when: {deprivation: [null, 5], count: {of: [long_term], from: 2, to: 3}}}
  - {id: organs, label: Organs, when: {count: {of: [organ_failure], to: 1}, any: [hypertension, maternity]}}
  - {id: rest, label: Rest}
supplements:
  - {id: old, label: Old, when: {age: [65, null]}}
  - {id: frail, label: Frail, when: {any: [frailty, end_of_life], none: [dementia]}}
"""
SCORED = """
title: By score
source: test
segments:
  - {id: top, label: Top, when: {top_score: 0.25}}
  - {id: middle, label: Middle, when: {score: [2, 5], sex: [F]}}
  - {id: high, label: High, when: {top_score: 0.5, age: [0, 40]}}
  - {id: rest, label: Rest}
supplements: [{id: half, label: Half, when: {top_score: 0.5}}]
"""
MAP = """
columns: {{person: person, year: year, age: age, sex: sex, place: place, deprivation: deprivation, months: months, score: score}}
conditions: {{{conditions}}}
spend:
  - {{column: s0, setting: acute, provider: trust, payer: nhs, activity: a0}}
  - {{column: s1, setting: primary, provider: trust, payer: nhs}}
"""


class Members:
    """Dimensions that know whatever they are asked for."""

    def __getitem__(self, name: str) -> Any:
        from capmodel.assumptions.pack import Entry

        return tuple(Entry(member, member, {}) for member in ("acute", "primary", "trust", "nhs", "p0"))

    def get(self, name: str, default: Any = None) -> Any:
        return self[name]

    def __contains__(self, name: str) -> bool:
        return True


def column_map(folder: Path) -> ColumnMap:
    (folder / "persons.yaml").write_text(MAP.format(conditions=", ".join(f"{name}: {name}" for name in CONDITIONS)), "utf-8")
    return read_map(folder, Members())  # type: ignore[arg-type]


def people(rows: int, seed: int = 1, years: int = 2, places: int = 3, most: int = 10**9) -> dict[str, Any]:
    draw = np.random.default_rng(seed)
    data: dict[str, Any] = {
        "person": [f"QX{i:07d}ZZ" for i in range(rows)],
        "year": 2024 + np.arange(rows) % years,
        "age": draw.integers(0, 101, rows),
        "sex": draw.choice(np.array(["F", "M", None], dtype=object), rows),
        "place": [f"p{i}" for i in draw.integers(0, places, rows)],
        "deprivation": [int(i) or None for i in draw.integers(0, 11, rows)],
        "months": draw.integers(0, 13, rows),
        "score": np.where(draw.random(rows) < 0.1, np.nan, np.round(draw.gamma(2, 3, rows), 1)),
        "s0": np.where(draw.random(rows) < 0.4, 0, np.minimum(draw.lognormal(8, 2, rows).astype(np.int64), most)) / 100,
        "s1": np.round(draw.integers(0, 3, rows) * 150.55, 2),
        "a0": draw.integers(0, 300, rows),
    }
    data["score"] = [None if np.isnan(score) else score for score in data["score"]]
    return data | {name: draw.random(rows) < 0.08 for name in CONDITIONS}


class Place:
    """An extract that is open, its map and its cache."""

    def __init__(self, folder: Path, data: dict[str, Any]) -> None:
        self.folder, self.file = folder, folder / "people.parquet"
        pq.write_table(pa.table(data), self.file)
        self.columns = column_map(folder)
        self.source = source_of(self.file)
        self.session: DuckSession = open_session(threads=1)
        self.extract: Extract = open_extract(self.session, self.columns, self.file, None)
        self.routes = routes_of(self.extract)
        define_people(self.extract, self.routes)
        self.quality = check_extract(self.extract, [read_scheme("age_condition")], {}, 2024)

    def pack(self, **options: Any) -> Packed:
        return pack(self.extract, self.routes, self.quality, self.file, self.source, **options)

    def same(self, packed: Packed, scheme: Scheme, share: float) -> None:
        theirs = aggregate(self.session, scheme, self.routes, share, self.columns.uncounted)
        read = aggregate_extract(self.extract, self.session, scheme, self.routes, share)
        for way, ours in (("packed", aggregate_packed(packed, scheme, share)), ("read", read)):
            for frame in FRAMES:
                pd.testing.assert_frame_equal(getattr(ours, frame), getattr(theirs, frame), obj=f"{way} {scheme.name} {share} {frame}")


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Place]:
    made = Place(tmp_path_factory.mktemp("place"), people(3_000))
    yield made
    made.session.close()


def own_scheme(folder: Path, text: str, name: str) -> Scheme:
    path = folder / f"{name}.yaml"
    path.write_text(text, "utf-8")
    return read_scheme(str(path))


def test_same_frames_for_every_scheme_and_truncation(place: Place) -> None:
    packed = place.pack()
    opened = open_packed(place.columns, place.file)
    assert opened == packed
    schemes = [read_scheme(name) for name in scheme_names()]
    schemes += [own_scheme(place.folder, ODD, "odd"), own_scheme(place.folder, SCORED, "scored")]
    # Where spend is cut has nothing to do with who is in a segment: every cut once, and every scheme once.
    pairs = [(scheme, SHARES[i % len(SHARES)]) for i, scheme in enumerate(schemes)] + [(schemes[-1], share) for share in SHARES]
    for scheme, share in dict.fromkeys(pairs):
        place.same(packed, scheme, share)


def test_people_one_by_one_and_by_combination_are_placed_alike(place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    packed = place.pack()
    monkeypatch.setattr("capmodel.baseline.persons.schemes.classes.TABLE_BITS", 0)
    for scheme in (*map(read_scheme, scheme_names()), own_scheme(place.folder, ODD, "odd")):
        place.same(packed, scheme, 0.9)


def test_several_blocks_and_batches_give_the_same(place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("capmodel.baseline.persons.extract.packed.BATCH", 700)
    monkeypatch.setattr("capmodel.baseline.persons.sums.fold.BLOCK", 256)
    done: list[int] = []
    packed = place.pack(progress=done.append)
    assert done[-1] == 3_000
    place.same(packed, read_scheme("age_condition"), 0.99)


def test_years_and_places_that_are_met_late_count_where_they_belong(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("capmodel.baseline.persons.extract.packed.BATCH", 2_048)
    monkeypatch.setattr("capmodel.baseline.persons.sums.fold.BLOCK", 2_048)
    rows = 9_000
    data = people(rows)
    # The first batch has one year and two places, a later one both years at once, and a place comes only in one of them.
    data["year"] = np.sort(data["year"])
    data["place"] = [f"p{at * 5 // rows}" for at in range(rows)]
    made = Place(tmp_path, data)
    try:
        made.same(made.pack(), read_scheme("age_condition"), 0.99)
    finally:
        made.session.close()


@settings(derandomize=True, max_examples=40)
@given(
    rows=st.integers(1, 60),
    seed=st.integers(0, 10**6),
    spent=st.lists(
        st.sampled_from([0, 0, 1, 2, 511, 512, 2**21 - 1, 2**31 - 1, 2**31, 999_999_999, 10**9, 3 * 10**9]), min_size=1, max_size=60
    ),
    scores=st.lists(st.sampled_from([None, -1.0, 0.0, -0.0, 1.0, 2.5, 2.5000001]), min_size=1, max_size=8),
    share=st.sampled_from([0.51, 0.75, 0.8, 0.9, 0.99, 0.999]),
    activity=st.lists(st.sampled_from([2, 0, 1, 255, 256, 70_000]), min_size=1, max_size=5),
    name=st.sampled_from(["age_condition", "risk_stratum", "year_of_care"]),
)
def test_random_extracts(
    tmp_path_factory: pytest.TempPathFactory,
    rows: int,
    seed: int,
    spent: list[int],
    scores: list[float | None],
    share: float,
    activity: list[int],
    name: str,
) -> None:
    data = people(rows, seed, years=1)
    data["s0"] = [spent[i % len(spent)] / 100 for i in range(rows)]
    data["score"] = [scores[i % len(scores)] for i in range(rows)]
    data["a0"] = [activity[i % len(activity)] for i in range(rows)]
    folder = tmp_path_factory.mktemp("random")
    if all(score is None for score in data["score"]):
        data["score"][0] = 1.0
    made = Place(folder, data)
    try:
        packed = made.pack()
        made.same(packed, read_scheme(name), share)
        made.same(packed, own_scheme(folder, ODD, "odd"), share)
    finally:
        made.session.close()
        shutil.rmtree(folder)


#: Few enough things are asked for that every combination is evaluated once.
FEW = """
title: What few combinations tell apart
source: test
segments:
  - {id: women, label: Women, when: {sex: [F], age: [18, 64], deprivation: [8, 10]}}
  - {id: well, label: Well, when: {none: [cancer, diabetes], deprivation: [1, 9]}}
  - {id: ill, label: Ill, when: {any: [cancer], none: [diabetes]}}
  - {id: rest, label: Rest}
supplements: [{id: men, label: Men, when: {sex: [M]}}]
"""


def test_combinations_of_sex_deprivation_and_what_must_not_be_there(place: Place) -> None:
    scheme = own_scheme(place.folder, FEW, "few")
    assert Classes(place.pack(), scheme, 2024).segment is not None, "the table is used"
    place.same(place.pack(), scheme, 0.9)


def test_where_nobody_has_a_score_nobody_is_at_the_top(tmp_path: Path) -> None:
    data = people(300)
    # In one of the years nobody has a score, and then in neither.
    for years in ((2024,), (2024, 2025)):
        data["score"] = [None if year in years else score for year, score in zip(data["year"], data["score"], strict=True)]
        made = Place(tmp_path, {**data, "score": pa.array(data["score"], pa.float64())})
        try:
            made.same(made.pack(), own_scheme(tmp_path, SCORED, "scored"), 0.9)
        finally:
            made.session.close()


def test_squares_beyond_64_bits(tmp_path: Path) -> None:
    pence = [9_500_000_000 - i for i in range(50)]
    data = people(50, years=1, places=1)
    data["s0"], data["s1"] = [amount / 100 for amount in pence], [0.0] * 50
    made = Place(tmp_path, data)
    told = aggregate_packed(made.pack(), read_scheme("salford_tiers"), 0.99).people
    assert sum(told["cost_squared"]) == sum(amount**2 for amount in pence) > 2**70
    assert int(told["cost_pence"].sum()) == sum(pence)
    made.session.close()


def test_no_identifier_is_in_the_cache(place: Place) -> None:
    packed = place.pack()
    held = b"".join(path.read_bytes() for path in sorted(packed.folder.iterdir()))
    assert b"QX00" not in held
    assert {path.name.split("-")[-1] for path in packed.folder.iterdir()} == {MANIFEST, *packed.kinds}
    assert "person" not in packed.kinds
    if os.name == "posix":
        assert packed.folder.stat().st_mode & 0o077 == 0


def packed_place(folder: Path) -> Iterator[Place]:
    made = Place(folder, people(200, seed=5))
    made.pack()
    yield made
    made.session.close()


@pytest.fixture
def own(tmp_path: Path) -> Iterator[Place]:
    yield from packed_place(tmp_path)


@pytest.fixture(scope="module")
def shared(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Place]:
    """As `own`, for tests that leave it as it was."""
    yield from packed_place(tmp_path_factory.mktemp("shared"))


def test_touched_file(own: Place) -> None:
    assert why_not(own.columns, own.file) is None
    told = own.file.stat()
    os.utime(own.file, ns=(told.st_atime_ns, told.st_mtime_ns + 1))
    assert why_not(own.columns, own.file) == "the extract has changed"
    assert open_packed(own.columns, own.file) is None


def test_another_file_of_the_same_size_and_time(own: Place) -> None:
    told, held = own.file.stat(), bytearray(own.file.read_bytes())
    held[4] ^= 1
    own.file.write_bytes(held)
    os.utime(own.file, ns=(told.st_atime_ns, told.st_mtime_ns))
    assert own.file.stat().st_size == told.st_size
    assert why_not(own.columns, own.file) == "the extract has changed"


def test_changed_map(shared: Place) -> None:
    assert why_not(replace(shared.columns, money="pence"), shared.file) == "persons.yaml has changed"
    assert why_not(replace(shared.columns, codes={"place": {"p0": "p1"}}), shared.file) == "persons.yaml has changed"
    # What does not decide how a row is read may change.
    assert why_not(replace(shared.columns, truncation_share=0.95, scheme="risk_stratum"), shared.file) is None


def test_identifiers_read_another_way(shared: Place) -> None:
    assert why_not(shared.columns, shared.file, salted=True) == "identifiers were read another way"


def test_another_version(shared: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("capmodel.baseline.persons.extract.packed.__version__", "99.0")
    assert why_not(shared.columns, shared.file) == "it is of another version of capmodel"


def test_no_cache_and_a_broken_one(own: Place) -> None:
    (folder_of(own.file) / MANIFEST).write_text("{", "utf-8")
    assert why_not(own.columns, own.file) == f"{MANIFEST} cannot be read"
    shutil.rmtree(folder_of(own.file))
    assert why_not(own.columns, own.file) == "there is none"


def test_a_file_cut_short(own: Place) -> None:
    path = folder_of(own.file) / "2024-s0"
    path.write_bytes(path.read_bytes()[:-1])
    assert why_not(own.columns, own.file) == "a file of it is missing or cut short"


@pytest.mark.parametrize("more", [True, False])
@pytest.mark.parametrize(
    ("name", "text"), [*((name, ODD) for name in ("s0", "a0", "months", "place", "age", "sex", "deprivation", "mask")), ("score", SCORED)]
)
def test_a_changed_value_is_found_out(shared: Place, name: str, text: str, more: bool) -> None:
    packed = open_packed(shared.columns, shared.file)
    assert packed is not None
    values = packed.read(name, 2024)
    at = int(np.flatnonzero(values > 0)[0])
    before = packed.path(name, 2024).read_bytes()
    values[at] = values[at] + 1 if more else values[at] - 1
    packed.path(name, 2024).write_bytes(values.tobytes())
    with pytest.raises(CapmodelError, match="damaged"):
        aggregate_packed(packed, own_scheme(shared.folder, text, "asked"), 0.99)
    packed.path(name, 2024).write_bytes(before)
    aggregate_packed(packed, own_scheme(shared.folder, text, "asked"), 0.99)


def test_a_place_that_the_cache_does_not_know_is_found_out(own: Place) -> None:
    packed = open_packed(own.columns, own.file)
    assert packed is not None
    values = packed.read("place", 2024)
    values[0] = len(packed.places)
    packed.path("place", 2024).write_bytes(values.tobytes())
    with pytest.raises(CapmodelError, match="damaged"):
        aggregate_packed(packed, read_scheme("age_condition"), 0.99)


def test_a_stopped_run_leaves_the_earlier_cache(own: Place) -> None:
    before = {path.name: path.read_bytes() for path in folder_of(own.file).iterdir()}

    def stop(done: int) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        own.pack(progress=stop)
    assert {path.name: path.read_bytes() for path in folder_of(own.file).iterdir()} == before
    assert sorted(path.name for path in own.folder.iterdir()) == ["people.parquet", "people.parquet.packed", "persons.yaml"]


def test_a_stopped_first_run_leaves_nothing(own: Place) -> None:
    shutil.rmtree(folder_of(own.file))

    def full(done: int) -> None:
        raise OSError(28, "No space left on device")

    with pytest.raises(CapmodelError, match="No space left"):
        own.pack(progress=full)
    assert sorted(path.name for path in own.folder.iterdir()) == ["people.parquet", "persons.yaml"]


def test_what_a_killed_run_left_is_removed_after_a_while(own: Place) -> None:
    ended = subprocess.Popen([sys.executable, "-c", ""])
    ended.wait()
    gone, here, elsewhere = (own.folder / f"people.parquet.packed.part-{name}-x" for name in (ended.pid, os.getpid(), "far"))

    def left(seconds: float) -> list[Path]:
        for path in (gone, here, elsewhere):
            path.mkdir(exist_ok=True)
            (path / "2024-s0").write_bytes(b"0")
            for written in (path / "2024-s0", path):
                os.utime(written, (time.time() - seconds,) * 2)
        remove_left_over(own.file)
        return [path for path in (gone, here, elsewhere) if path.exists()]

    assert left(0) == [gone, here, elsewhere]
    assert left(100) == ([here, elsewhere] if os.name == "posix" else [gone, here, elsewhere])
    assert left(4000) == []
    assert why_not(own.columns, own.file) is None


def test_a_negative_amount_is_not_packed(tmp_path: Path) -> None:
    made = Place(tmp_path, people(20))
    data = people(20)
    data["s0"] = [-1.0] * 20
    pq.write_table(pa.table(data), made.file)
    with pytest.raises(BadInput, match="less than zero"):
        made.pack()
    made.session.close()


def test_a_scheme_that_asks_for_more_than_is_mapped(shared: Place) -> None:
    packed = open_packed(shared.columns, shared.file)
    assert packed is not None
    fewer = replace(packed, columns=replace(shared.columns, conditions={"cancer": "cancer"}, columns={"person": "person"}))
    with pytest.raises(BadInput, match="which is not mapped"):
        aggregate_packed(fewer, read_scheme("age_condition"), 0.99)


def test_findings_come_back(own: Place) -> None:
    packed = own.pack(findings={"unlinked": [["nhs", "acute", 12]]})
    opened = open_packed(own.columns, own.file)
    assert opened is not None
    assert opened.findings == packed.findings == {"unlinked": [["nhs", "acute", 12]]}
    assert opened.quality == own.quality
