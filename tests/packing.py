"""Extracts in memory and their packed copies, for tests."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from capmodel.baseline.engines.duckdb import DuckSession, open_session
from capmodel.baseline.persons.extract.checks import check_extract
from capmodel.baseline.persons.extract.column_map import ColumnMap, read_map
from capmodel.baseline.persons.extract.packed import Packed, pack, source_of
from capmodel.baseline.persons.extract.view import Extract, define_people, open_extract, routes_of
from capmodel.baseline.persons.schemes.conditions import vocabulary
from capmodel.baseline.persons.schemes.scheme import Scheme, read_scheme
from capmodel.baseline.persons.sums.aggregate import aggregate
from capmodel.baseline.persons.sums.fold import aggregate_extract, aggregate_packed

FRAMES = ("people", "spend", "spread", "supplements")
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
columns: {{person: person, year: year, age: age, sex: sex, locality: locality, deprivation: deprivation, months: months, score: score}}
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
        "locality": [f"p{i}" for i in draw.integers(0, places, rows)],
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


def own_scheme(folder: Path, text: str, name: str) -> Scheme:
    path = folder / f"{name}.yaml"
    path.write_text(text, "utf-8")
    return read_scheme(str(path))
