"""The packed cache: the same figures as from the extract, to the penny; stale when anything has changed; no identifier in it.

The oracle is the queries of the data engine on the extract itself; the fold while the extract is read is held against them
too. Extracts are drawn at random, small ones with everything that is odd: one person in a segment, nothing spent, hundreds of millions of pence, scores that are equal or missing, shares that fall on a whole rank.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from packing import ODD, SCORED, Place, own_scheme, people

from capmodel.baseline.persons.extract.packed import MANIFEST, open_packed
from capmodel.baseline.persons.schemes.classes import Classes
from capmodel.baseline.persons.schemes.scheme import read_scheme, scheme_names
from capmodel.baseline.persons.sums.fold import aggregate_packed

SHARES = (0.99, 0.9, 0.51, 0.75, 0.995)


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Place]:
    made = Place(tmp_path_factory.mktemp("place"), people(3_000))
    yield made
    made.session.close()


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
    data["locality"] = [f"p{at * 5 // rows}" for at in range(rows)]
    made = Place(tmp_path, data)
    try:
        made.same(made.pack(), read_scheme("age_condition"), 0.99)
    finally:
        made.session.close()


@settings(derandomize=True, max_examples=20)
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
title: What few combinations distinguish
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
    message = aggregate_packed(made.pack(), read_scheme("salford_tiers"), 0.99).people
    assert sum(message["cost_squared"]) == sum(amount**2 for amount in pence) > 2**70
    assert int(message["cost_pence"].sum()) == sum(pence)
    made.session.close()


def test_no_identifier_is_in_the_cache(place: Place) -> None:
    packed = place.pack()
    held = b"".join(path.read_bytes() for path in sorted(packed.folder.iterdir()))
    assert b"QX00" not in held
    assert {path.name.split("-")[-1] for path in packed.folder.iterdir()} == {MANIFEST, *packed.kinds}
    assert "person" not in packed.kinds
    if os.name == "posix":
        assert packed.folder.stat().st_mode & 0o077 == 0
