"""The people of the benchmark of person-level data: a file of made-up people, and the scheme and column map that read it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

PLACES, SETTINGS, YEAR = 200, 9, 2025
CONDITIONS = ("dementia", "severe_mental_illness", "cancer", "physical_disability", "learning_disability", "diabetes")
#: The share of people with each condition in the three age bands.
RATES = ((0.0002, 0.001, 0.001, 0.004, 0.004, 0.002), (0.001, 0.011, 0.017, 0.012, 0.006, 0.06), (0.05, 0.012, 0.11, 0.06, 0.003, 0.18))
BANDS = (("children", "[0, 16]"), ("adults", "[17, 69]"), ("elderly", "[70, null]"))


def write_place(folder: Path) -> None:
    """The scheme and the column map."""
    segments = [
        f"  - {{id: {name}_{condition}, label: x, when: {{age: {span}, any: [{condition}]}}}}"
        for name, span in BANDS
        for condition in CONDITIONS
    ]
    healthy = [f"  - {{id: {name}_healthy, label: x, when: {{age: {span}}}}}" for name, span in BANDS[:2]]
    (folder / "bands.yaml").write_text(
        "\n".join(["title: Bands", "source: benchmark", "segments:", *segments, *healthy, "  - {id: elderly_healthy, label: x}\n"])
    )
    spend = [f"  - {{column: s{i}, setting: s{i}, provider: trust, payer: nhs}}" for i in range(SETTINGS)]
    mapped = ", ".join(f"{name}: {name}" for name in CONDITIONS)
    (folder / "persons.yaml").write_text(
        "\n".join(
            [
                f"year: {YEAR}",
                "columns: {person: person, age: age, locality: locality, months: months}",
                f"conditions: {{{mapped}}}",
                "spend:",
                *spend,
            ]
        )
    )


def make_people(path: Path, people: int) -> None:
    """Write the extract in pieces, so that none of it is held."""
    import numpy as np
    import pyarrow as pa
    import pyarrow.parquet as pq

    draw, piece, writer = np.random.default_rng(7), 500_000, None
    places = np.array([f"P{i:03d}" for i in range(PLACES)], dtype=object)
    rates = np.array(RATES, dtype=np.float32)
    for start in range(0, people, piece):
        count = min(piece, people - start)
        age = draw.integers(0, 100, count, dtype=np.int32)
        band = (age > 16).astype(np.int8) + (age > 69)
        data: dict[str, Any] = {"person": np.arange(start, start + count), "age": age}
        data["locality"] = pa.DictionaryArray.from_arrays(draw.integers(0, PLACES, count, dtype=np.int32), places).cast(pa.string())
        data["months"] = np.where(draw.random(count, dtype=np.float32) < 0.06, draw.integers(1, 12, count), 12).astype(np.int32)
        has = draw.random((len(CONDITIONS), count), dtype=np.float32) < rates[band].T
        data |= dict(zip(CONDITIONS, has, strict=True))
        level = (4.5 + 0.6 * band + 0.8 * has.sum(axis=0)).astype(np.float32)
        for i in range(SETTINGS):
            spent = np.exp(level + 0.15 * i + 1.1 * draw.standard_normal(count, dtype=np.float32)).astype(np.float64)
            data[f"s{i}"] = np.where(draw.random(count, dtype=np.float32) < 0.15 + 0.08 * i, 0.0, np.round(np.minimum(spent, 1e6), 2))
        table = pa.table(data)
        writer = writer or pq.ParquetWriter(path, table.schema)
        writer.write_table(table, row_group_size=piece)
    if writer:
        writer.close()
