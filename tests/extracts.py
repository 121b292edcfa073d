"""Small person-level extracts for the tests, and a town whose persons.yaml maps them."""

from __future__ import annotations

import atexit
import shutil
import tempfile
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
import yaml

from capmodel.assumptions.load import sound_pack
from capmodel.assumptions.pack import Pack
from capmodel.assumptions.scaffold import new_place
from capmodel.baseline.persons.extract.column_map import FILE
from capmodel.baseline.persons.schemes.conditions import vocabulary
from capmodel.baseline.persons.segment import Segmented, segment_people
from capmodel.baseline.persons.sums.add_up import Request
from capmodel.errors import BadInput

CONDITIONS = tuple(vocabulary().labels)
SPEND = (
    ("gp", "primary", "gp_federations", "nhs_commissioner"),
    ("ward", "acute_emergency", "acute_trusts", "nhs_commissioner"),
    ("care", "social_care", "care_providers", "council"),
)
PERSON_MAP: dict[str, Any] = {
    "scheme": "age_condition",
    "columns": {
        "person": "id", "year": "year", "age": "age", "sex": "sex", "locality": "town", "deprivation": "decile", "months": "months", "score": "score",
    },
    "conditions": {name: name for name in CONDITIONS},
    "spend": [
        {"column": f"{name}_gbp", "setting": setting, "provider": provider, "payer": payer, "activity": f"{name}_n"}
        for name, setting, provider, payer in SPEND
    ],
}  # fmt: skip
LINE_MAP: dict[str, Any] = {
    **{name: value for name, value in PERSON_MAP.items() if name != "spend"},
    "lines": {
        "columns": {
            "person": "id", "date": "on", "setting": "setting", "provider": "provider", "payer": "payer", "cost": "gbp", "activity": "n",
        }
    },
}  # fmt: skip


@cache
def _new_town() -> Path:
    """The packs of a new place, made once and copied for each test."""
    kept = tempfile.TemporaryDirectory()
    atexit.register(kept.cleanup)
    new_place("town", Path(kept.name))
    return Path(kept.name)


def town(folder: Path, column_map: Mapping[str, Any] = PERSON_MAP, **changes: Any) -> Path:
    """A new place with that column map; its folder."""
    place = folder / "assumptions/places/town"
    if not place.is_dir():
        shutil.copytree(_new_town(), folder / "assumptions", dirs_exist_ok=True)
    (place / FILE).write_text(yaml.safe_dump({**column_map, **changes}, sort_keys=False), encoding="utf-8")
    return place


def pack_of(place: Path) -> Pack:
    """The pack of a place, which must be sound."""
    return sound_pack(place)


def people(count: int, seed: int = 1, years: tuple[int, ...] = (2025,), towns: tuple[str, ...] = ("east", "west", "north")) -> pd.DataFrame:
    """People drawn at random, each in every year."""
    random = np.random.default_rng(seed)
    ids = np.array([f"P{number:06d}" for number in range(count)])
    frames = []
    for year in years:
        frame: dict[str, Any] = {
            "id": ids,
            "year": np.full(count, year),
            "age": random.integers(0, 100, count),
            "sex": random.choice(["F", "M"], count),
            "town": random.choice(towns, count, p=np.arange(len(towns), 0, -1) / sum(range(len(towns) + 1))),
            "decile": random.integers(1, 11, count),
            "months": np.where(random.random(count) < 0.1, random.integers(0, 12, count), 12),
            "score": np.round(random.gamma(2, 2, count), 1),
        }
        frame |= {name: random.random(count) < 0.06 for name in CONDITIONS}
        for name, *_ in SPEND:
            used = random.random(count) < 0.6
            frame[f"{name}_gbp"] = np.where(used, np.round(random.lognormal(5, 1.5, count), 2), 0.0)
            frame[f"{name}_n"] = np.where(used, random.integers(1, 9, count), 0)
        frames.append(pd.DataFrame(frame))
    return pd.concat(frames, ignore_index=True)


def as_lines(frame: pd.DataFrame) -> tuple[pd.DataFrame, pd.DataFrame]:
    """The same people with their spend as activity lines, each amount in two lines."""
    rows = []
    for name, setting, provider, payer in SPEND:
        spent = frame[frame[f"{name}_gbp"] > 0]
        pence = (spent[f"{name}_gbp"] * 100).round().astype(int)
        for number, part in enumerate((pence // 3, pence - pence // 3)):
            rows.append(
                pd.DataFrame(
                    {
                        "id": spent["id"],
                        "on": [f"{year + number}-0{6 - 4 * number}-10" for year in spent["year"]],
                        "setting": setting,
                        "provider": provider,
                        "payer": payer,
                        "gbp": part / 100,
                        "n": spent[f"{name}_n"] * (1 - number),
                    }
                )
            )
    spend = [name for column, *_ in SPEND for name in (f"{column}_gbp", f"{column}_n")]
    return frame.drop(columns=spend), pd.concat(rows, ignore_index=True)


def written(frame: pd.DataFrame, path: Path) -> Path:
    """The frame as a Parquet or CSV file, by the name's ending."""
    if path.suffix == ".csv":
        frame.to_csv(path, index=False)
    else:
        frame.to_parquet(path, index=False)
    return path


def nhs_numbers(count: int) -> list[str]:
    """Ten-digit numbers whose check digit holds, of people who do not exist."""
    found: list[str] = []
    first = 400_000_000
    while len(found) < count:
        digits = str(first + 7 * len(found))
        check = 11 - sum(int(digit) * (10 - i) for i, digit in enumerate(digits)) % 11
        first += 1
        found += [f"{digits}{check % 11}"] if check != 10 else []
    return found


def segmented(folder: Path, frame: pd.DataFrame, *schemes: str, **changes: Any) -> Segmented:
    place = town(folder, **changes)
    return segment_people(pack_of(place), Request(written(frame, folder / "people.parquet"), schemes=schemes))


def report(folder: Path, frame: pd.DataFrame, *schemes: str, **changes: Any) -> list[str]:
    """The problems an extract is refused with."""
    with pytest.raises(BadInput) as refused:
        segmented(folder, frame, *schemes, **changes)
    return [str(problem) for problem in refused.value.problems]
