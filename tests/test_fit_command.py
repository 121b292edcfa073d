"""The command fit: need by segment from the people of an extract, and what it leaves in the place."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from extracts import people, town, written

from capmodel import cli


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    place = town(tmp_path, source="t01", status="local")
    monkeypatch.chdir(tmp_path)
    frame = people(3_000, years=(2024, 2025))
    # Cancer costs 5,000 and diabetes 1,000 a year, whoever has them; nothing else matters.
    for name in ("gp_gbp", "care_gbp"):
        frame[name] = 0.0
    frame["ward_gbp"] = (200 + 5_000 * frame["cancer"] + 1_000 * frame["diabetes"]) * frame["months"] / 12
    written(frame.round(2), tmp_path / "p.parquet")
    assert place.is_dir()
    return tmp_path


def test_a_fit_finds_what_the_costs_were_made_from_and_averages_one(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["fit", "p.parquet", "--place", "town", "--out", "need.csv", "--feed"]) == 0
    told = capsys.readouterr().out
    assert "ordinary regression, concurrent, seed 1" in told and "R2 1.000" in told
    need = pd.read_csv(folder / "need.csv").set_index("segment")
    held = need[need["person_years"] > 0]
    assert np.average(held["need_by_fit_index"], weights=held["person_years"]) == pytest.approx(1, abs=1e-3)
    assert held["need_by_fit_index"].to_numpy() == pytest.approx(held["need_by_price_index"].to_numpy(), rel=0.02)
    fed = pd.read_csv(folder / "assumptions/places/town/tables/fitted_need_index.csv")
    assert set(fed["status"]) == {"fitted"} and "people held out R2" in fed["note"][0]
    assert cli.main(["run", "town", "--set", "fitted_need_share=1", "--out", "w"]) == 0


def test_a_prospective_fit_needs_the_year_before(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["fit", "p.parquet", "--place", "town", "--prospective", "--out", "need.csv"]) == 0
    assert "prospective" in capsys.readouterr().out
    written(people(200), folder / "one.parquet")
    assert cli.main(["fit", "one.parquet", "--place", "town", "--prospective", "--out", "none.csv"]) == 2
    assert "there is nobody in 2025 with a record of 2024" in capsys.readouterr().err
    assert not (folder / "none.csv").exists()
