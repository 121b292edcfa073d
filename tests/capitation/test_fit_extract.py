"""What a fit reads of people is used or refused: sex in any spelling, blanks in a column of a score, segments of another place."""

from __future__ import annotations

import json
import re
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import yaml
from extracts import PERSON_MAP, people, town, written

from capmodel import cli
from capmodel.capitation.fitting.columns import sex_of

CHECKED = ["--leakage-check", "A Analyst, 2026-05-01: every column was recorded before the spend"]


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A town in which men cost 2,000 more than women, and old people most."""
    town(tmp_path, source="t01", status="local")
    monkeypatch.chdir(tmp_path)
    frame = people(1_500, years=(2024, 2025))
    frame["gp_gbp"] = frame["care_gbp"] = 0.0
    frame["ward_gbp"] = ((900 + 2_000 * (frame["sex"] == "M") + 40 * frame["age"]) * frame["months"] / 12).round(2)
    frame["pain"] = np.arange(len(frame)) % 7 == 0
    written(frame, tmp_path / "p.parquet")
    return tmp_path


def fit(*options: str) -> int:
    return cli.main(["fit", "p.parquet", "--place", "town", "--out", "need.csv", *CHECKED, *options])


def change(folder: Path, **columns: object) -> None:
    frame = pd.read_parquet(folder / "p.parquet")
    written(frame.assign(**columns), folder / "p.parquet")


@pytest.mark.parametrize(
    ("spelt", "codes"),
    [
        ({"F": "Female", "M": "male "}, {}),
        ({"F": "2", "M": "1"}, {"1": "male", "2": "female"}),
        ({"F": "W", "M": "H"}, {"W": "F", "H": "M"}),
    ],
)
def test_sex_counts_however_it_is_spelt(folder: Path, spelt: dict[str, str], codes: dict[str, str]) -> None:
    ways = ["--need", "regression", "--need", "cost_curves"]
    assert fit(*ways) == 0
    first = {name: (folder / name).read_bytes() for name in ("need.csv", "need-measures.csv")}
    assert re.search(rb"age_40_male (2|19|20|21)00+,", (folder / "need.json").read_bytes())
    change(folder, sex=pd.read_parquet(folder / "p.parquet")["sex"].map(spelt))
    town(folder, source="t01", status="local", codes={"sex": codes})
    assert fit(*ways) == 0
    assert {name: (folder / name).read_bytes() for name in first} == first


def test_a_text_that_is_no_sex_is_refused_with_what_to_write(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    change(folder, sex=pd.read_parquet(folder / "p.parquet")["sex"].map({"F": "2", "M": "1"}))
    (folder / "map.yaml").write_text("anxiety: worry\n", encoding="utf-8")
    assert fit("--conditions", "map.yaml") == 2 and not (folder / "need.csv").exists()
    message = " ".join(capsys.readouterr().err.split())
    assert re.search(r"rows, first in row .*: sex is neither female nor male \((1, 2|2, 1)\); sex would be left out", message)
    assert "sex: {'1': male, '2': female, '9': not known}" in message
    assert "anxiety is said to be 'worry'" in message, "both in one report"
    assert [sex_of(text) for text in ("F", "FEMALE", "Not known", "", None, "woman", "0")] == [0, 0, -1, -1, -1, 0, None]


@pytest.mark.parametrize("share", [0.0, 1.0])
def test_a_cell_that_is_no_sex_is_not_shown_since_it_could_be_a_name(
    folder: Path, share: float, capsys: pytest.CaptureFixture[str]
) -> None:
    frame = pd.read_parquet(folder / "p.parquet")
    draw = np.random.default_rng(1).random(len(frame))
    names = [f"Featherstone {i}" for i in range(len(frame))]
    frame["sex"] = frame["sex"].where((draw >= share) & (frame.index != 1_506), names)
    written(frame, folder / "p.parquet")
    assert fit() == 2
    message = " ".join(capsys.readouterr().err.split())
    assert "Featherstone" not in message and "sex is neither female nor male; sex would be left out" in message
    assert share or "people, 1 row, first in row 1,507:" in message


@pytest.mark.parametrize("mapped", [True, False])
def test_sex_that_is_not_used_is_not_claimed(folder: Path, capsys: pytest.CaptureFixture[str], mapped: bool) -> None:
    if mapped:
        change(folder, sex="not known")
    else:
        columns = {name: column for name, column in PERSON_MAP["columns"].items() if name not in ("sex", "deprivation")}
        town(folder, source="t01", status="local", columns=columns)
    assert fit("--need", "regression", "--need", "cost_curves") == 0
    message = " ".join(capsys.readouterr().out.split())
    why = "sex is not used: " + ("nobody's is known" if mapped else "persons.yaml maps no column of it")
    assert message.count(why) == 2, "by both ways"
    assert message.count("deprivation is not used") == (1 if mapped else 2)
    assert "curve of this extract by age;" in message and "age and sex" not in message
    ways = json.loads((folder / "need.json").read_text(encoding="utf-8"))["ways"]
    assert ways["cost_curves"]["how"]["basis"] == "cost curves by age"
    assert "male" not in ways["regression"]["how"]["settings"]["gbp"]


def test_a_cell_with_few_people_to_learn_from_takes_its_age_band(folder: Path) -> None:
    frame = pd.read_parquet(folder / "p.parquet")
    frame["sex"] = np.where((frame["age"] >= 80) & (np.arange(len(frame)) % 60 > 0), "M", frame["sex"])
    frame["ward_gbp"] = np.where((frame["sex"] == "F") & (frame["age"] >= 80), 90_000.0, frame["ward_gbp"])
    written(frame, folder / "p.parquet")
    few = frame[(frame["year"] == 2025) & (frame["age"] >= 80) & (frame["sex"] == "F")]
    assert 0 < len(few) < 5
    assert fit("--need", "cost_curves") == 0
    measures = pd.read_csv(folder / "need-measures.csv")
    rows = measures[(measures["way"] == "cost_curves") & (measures["grouping"] == "decile_of_prediction")]
    assert rows["predicted_gbp_per_person"].max() < 9_000, "nobody is taken to cost what those few do"


def test_blanks_in_a_column_of_a_score_are_no_health(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    frame = pd.read_parquet(folder / "p.parquet").astype({"pain": object})
    frame.loc[frame.index[:20], "pain"] = None
    frame["seen"] = pd.Timestamp("2025-05-01").date()
    written(frame, folder / "p.parquet")
    options = ["--need", "scores:cambridge", "--partial", "--conditions", "map.yaml"]
    (folder / "map.yaml").write_text("anxiety: pain\nhearing_loss: seen\n", encoding="utf-8")
    assert fit(*options) == 2 and not (folder / "need.csv").exists()
    message = " ".join(capsys.readouterr().err.split())
    assert "people, 20 rows, first in row 1, 2, 3: pain (anxiety) is blank" in message
    assert "map.yaml, line 2: hearing_loss is said to be 'seen', which holds dates" in message
    (folder / "map.yaml").write_text("anxiety: pain\n", encoding="utf-8")
    town(folder, source="t01", status="local", blank_means_no=["all"])
    assert fit(*options) == 0


def test_blanks_that_mean_no_are_said(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    frame = pd.read_parquet(folder / "p.parquet").astype({"cancer": object})
    frame.loc[frame.index[::2], "cancer"] = None
    written(frame, folder / "p.parquet")
    assert fit() == 2 and "cancer is blank" in " ".join(capsys.readouterr().err.split())
    town(folder, source="t01", status="local", blank_means_no=["cancer"])
    assert fit("--feed") == 0
    said = "A blank counts as no, as blank_means_no in persons.yaml says: cancer in 50% of rows"
    assert said in " ".join(capsys.readouterr().out.split())
    assert json.loads((folder / "need.json").read_text(encoding="utf-8"))["blanks"] == [f"{said}."]
    assert said in (folder / "assumptions/places/town/tables/fitted_need_index.csv").read_text(encoding="utf-8")


def test_a_scheme_of_other_segments_feeds_no_place(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    map_of = folder / "assumptions/places/town/persons.yaml"
    given = yaml.safe_load(map_of.read_text(encoding="utf-8"))
    map_of.write_text(yaml.safe_dump({**given, "scheme": "risk_stratum"}, sort_keys=False), encoding="utf-8")
    table = folder / "assumptions/places/town/tables/fitted_need_index.csv"
    before = table.read_bytes()
    assert fit("--feed") == 2
    assert "its segments are not those of place.yaml" in " ".join(capsys.readouterr().err.split())
    assert table.read_bytes() == before and not (folder / "need.csv").exists()
    assert fit() == 0


@pytest.mark.parametrize("options", [[], ["--prospective"]])
def test_present_spend_is_that_of_segment_whoever_is_fitted_on(folder: Path, options: list[str]) -> None:
    """Whoever has no month, or no record of the year before, is not fitted on: the price of the others would disclose their cost."""
    frame = pd.read_parquet(folder / "p.parquet")
    frame = frame[(frame["year"] == 2025) | (np.arange(len(frame)) % 33 > 0)]
    frame["care_gbp"] = np.where(frame["months"] == 0, 7_000.0, 0.0)
    assert (frame.loc[frame["year"] == 2025, "months"] == 0).any()
    written(frame, folder / "p.parquet")
    assert fit(*options) == 0
    assert cli.main(["segment", "p.parquet", "--place", "town", "--out", "spend.csv"]) == 0
    need = pd.read_csv(folder / "need.csv").set_index("segment")
    heads = {row["segment"]: row for row in json.loads((folder / "spend.json").read_text(encoding="utf-8"))["segments"]}
    shown = [name for name in need.index[need["pooled"] == 0] if heads[name]["people"] not in ("suppressed", 0)]
    price = np.array([float(heads[name]["gbp_per_person_year"]) for name in shown])
    index = need.loc[shown, "need_by_segment_prices_index"].to_numpy()
    assert index / index[-1] == pytest.approx(price / price[-1], abs=3e-4) and len(shown) > 5
    years = need["person_years"].dropna()
    assert (years % 10 == 0).all() == bool(options), "how many are not fitted on is the difference of two outputs"
