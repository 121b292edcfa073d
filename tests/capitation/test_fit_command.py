"""The command fit: need by segment from the people of an extract by several ways, what it refuses, and what it leaves in the place."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from extracts import people, town, written

from capmodel import cli

CHECKED = ["--leakage-check", "A Analyst, 2026-05-01: every column was recorded before the spend"]
MAPPED = "anxiety: depression\nconnective_tissue: rheumatoid_arthritis\npainful_condition: pain\nhearing_loss: pain\nirritable_bowel: pain\nconstipation: pain\nalcohol: pain\n"


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    place = town(tmp_path, source="t01", status="local")
    monkeypatch.chdir(tmp_path)
    frame = people(3_000, years=(2024, 2025))
    # Cancer costs 5,000 and diabetes 1,000 a year, whoever has them; nothing else matters.
    for name in ("gp_gbp", "care_gbp"):
        frame[name] = 0.0
    frame["ward_gbp"] = (200 + 5_000 * frame["cancer"] + 1_000 * frame["diabetes"]) * frame["months"] / 12
    frame["pain"] = np.arange(len(frame)) % 7 == 0
    written(frame.round(2), tmp_path / "p.parquet")
    assert place.is_dir()
    return tmp_path


def fit(*options: str, checked: bool = True) -> int:
    """The command on the people of the town."""
    return cli.main(["fit", "p.parquet", "--place", "town", "--out", "need.csv", *(CHECKED if checked else []), *options])


def refused(capsys: pytest.CaptureFixture[str], folder: Path, *options: str, checked: bool = True) -> str:
    """The report of a refusal; nothing may be written."""
    assert fit(*options, checked=checked) == 2
    assert not [path.name for path in folder.iterdir() if path.name.startswith("need")]
    return " ".join(capsys.readouterr().err.split())


def test_a_fit_finds_what_the_costs_were_made_from_and_averages_one(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert fit("--feed") == 0
    message = " ".join(capsys.readouterr().out.split())
    assert "ordinary regression, concurrent, seed 1" in message and "R2 1.000" in message
    need = pd.read_csv(folder / "need.csv").set_index("segment")
    held = need[need["person_years"] > 0]
    price, fitted = (held[f"need_by_{way}_index"].to_numpy() for way in ("segment_prices", "regression"))
    assert np.average(fitted, weights=held["person_years"]) == pytest.approx(1, abs=1e-3)
    assert fitted == pytest.approx(price, rel=0.02)
    fed = pd.read_csv(folder / "assumptions/places/town/tables/fitted_need_index.csv")
    assert set(fed["status"]) == {"fitted"} and "people held out R2" in fed["note"][0]
    assert "leakage check by A Analyst on 2026-05-01: every column" in fed["note"][0]
    assert cli.main(["run", "town", "--set", "fitted_need_share=1", "--out", "w"]) == 0


def test_a_prospective_fit_needs_the_year_before(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert fit("--prospective") == 0
    assert "prospective" in capsys.readouterr().out
    written(people(200), folder / "one.parquet")
    assert cli.main(["fit", "one.parquet", "--place", "town", "--prospective", "--out", "none.csv"]) == 2
    assert "there is nobody in 2025 with a record of 2024" in capsys.readouterr().err
    assert not (folder / "none.csv").exists()


def test_ways_stand_side_by_side_measured_on_the_same_people(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    weights = pd.read_csv(_need(folder), usecols=["segment"]).assign(weight=2.0)
    weights.to_csv(folder / "weights.csv", index=False)
    (folder / "map.yaml").write_text(MAPPED, encoding="utf-8")
    ways = ["cost_curves", "regression", "scores:cambridge", "scores:column", "weights:weights.csv"]
    assert fit(*(part for way in ways for part in ("--need", way)), "--conditions", "map.yaml", "--feed") == 0
    capsys.readouterr()
    measures = pd.read_csv(folder / "need-measures.csv", dtype={"group": str})
    whole = measures[measures["grouping"] == "all"].set_index("way")
    assert list(whole.index) == ["segment_prices", *ways]
    assert all(len(set(whole[name])) == 1 for name in ("people", "actual_gbp_per_person"))
    assert whole["r2"]["regression"] == pytest.approx(1, abs=1e-4)
    assert whole["r2"]["weights:weights.csv"] == pytest.approx(0, abs=0.01)
    # Dementia weighs most in the score and costs nothing here, cancer half of that: the score finds some of it.
    assert whole["cpm"]["scores:cambridge"] < whole["cpm"]["regression"]
    assert set(measures["grouping"]) == {"all", "decile_of_prediction", "top_1pct_of_cost", "top_1pct_of_prediction", "segment", "age_band", "deprivation_decile"}  # fmt: skip
    need = pd.read_csv(folder / "need.csv").set_index("segment")
    for column in need.filter(like="need_by"):
        there = need[column].notna() & (need["person_years"] > 0)
        assert np.average(need[column][there], weights=need["person_years"][there]) == pytest.approx(1, abs=0.02), column
    assert (need["need_by_weights_weights_index"].round(6) == 1).all()
    note = pd.read_csv(folder / "assumptions/places/town/tables/fitted_need_index.csv")["note"][0]
    assert note.startswith("cost_curves, concurrent") and "curve of this extract by age and sex" in note
    record = json.loads((folder / "need.json").read_text(encoding="utf-8"))
    assert record["fed_with"] == "cost_curves" and record["ways"]["regression"]["how"]["settings"]["gbp"].startswith("intercept")
    assert record["chance"]["by_list_size"][1]["persons"] == 5000


def test_present_spend_stands_once_and_columns_are_distinguished(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    weights = pd.read_csv(_need(folder), usecols=["segment"]).assign(weight=2.0)
    for name in ("a", "b"):
        (folder / name).mkdir()
        weights.to_csv(folder / name / "w.csv", index=False)
    message = refused(capsys, folder, "--need", "weights:a/w.csv", "--need", "weights:b/w.csv")
    assert "--need weights:a/w.csv: its column would be called as that of weights:b/w.csv" in message
    assert fit("--need", "segment_prices", "--need", "weights:a/w.csv", "--feed") == 0
    need = pd.read_csv(folder / "need.csv")
    assert list(need.filter(like="need_by")) == ["need_by_segment_prices_index", "need_by_weights_w_index"]
    fed = pd.read_csv(folder / "assumptions/places/town/tables/fitted_need_index.csv")
    assert fed["value"].tolist() == need["need_by_segment_prices_index"].tolist()


def _need(folder: Path) -> Path:
    """Need by segment, for the names of the segments."""
    assert fit() == 0
    for path in folder.glob("need*"):
        path.rename(folder / f"first{path.suffix}" if path.stem == "need" else folder / "first-measures.csv")
    return folder / "first.csv"


def test_a_score_is_never_guessed(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    message = refused(capsys, folder, "--need", "scores:cambridge_multimorbidity")
    assert (
        "the extract does not record 7 of its 21 conditions: anxiety, painful_condition, hearing_loss, irritable_bowel, constipation"
        in message
    )
    assert "absence would be read as health. Say with --conditions which column each is" in message
    assert "the extract records none of its conditions" in refused(
        capsys, folder, "--need", "scores:cms_hcc_v24:institutional", "--partial"
    )
    message = refused(capsys, folder, "--need", "scores:cms_hcc_v24", "--partial")
    assert "it has 3 sets of weights, and none is named; a score has one set. Use one of: community_nondual_aged" in message
    (folder / "map.yaml").write_text("anxiety: worry\nhearing_loss: 7\n", encoding="utf-8")
    message = refused(capsys, folder, "--need", "scores:cambridge", "--conditions", "map.yaml")
    assert "map.yaml, line 1: anxiety is said to be 'worry', which is no condition of persons.yaml and no column of the extract" in message
    assert "map.yaml, line 2: hearing_loss is said to be 7" in message
    assert fit("--need", "scores:cambridge", "--partial") == 0
    assert "7 of 21 conditions are not recorded: anxiety, painful_condition" in " ".join(capsys.readouterr().out.split())


def test_a_score_may_weigh_age_and_sex(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (folder / "own.yaml").write_text(
        "title: Own\nsource: Worked by hand\nstatus: local\nconditions: {cancer: Cancer, diabetes: Diabetes}\n"
        "sets: {all: {conditions: {cancer: 5, diabetes: 1}, age_sex: [{sex: F, weight: 0.2}, {sex: M, weight: 0.2}]}}\n",
        encoding="utf-8",
    )
    assert fit("--need", "scores:own.yaml") == 0
    assert "R2 1.000" in " ".join(capsys.readouterr().out.split()), "the score is what the costs were made from"


@pytest.mark.parametrize("way", ["guess", "scores", "weights:", "regression:x", "scores:cambrige", "weights:none.csv"])
def test_a_way_that_is_not_there_is_refused(folder: Path, capsys: pytest.CaptureFixture[str], way: str) -> None:
    message = refused(capsys, folder, "--need", way)
    assert any(words in message for words in ("there is no way", "Use one of: cambridge_multimorbidity", "there is no file none.csv"))


def test_a_fit_too_good_to_be_true_needs_a_leakage_check(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    message = refused(capsys, folder, checked=False)
    assert "R2 is 1.000, a concurrent model reaches at most about 0.70, and no leakage check is recorded" in message
    assert "column cancer: alone it explains" in message
    for text in ("nobody", "A, 2026-13-01: found nothing", "A, 2026-05-01: "):
        assert 'Write "NAME, YYYY-MM-DD: what was found"' in refused(capsys, folder, "--leakage-check", text, checked=False)


def test_options_that_no_way_asked_for_uses_are_said_and_recorded(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (folder / "map.yaml").write_text("cancer: cancer\n", encoding="utf-8")
    (folder / "supply.csv").write_text("locality,beds\neast,4\nwest,2\nnorth,1\n", encoding="utf-8")
    given = ["--conditions", "map.yaml", "--supply", "supply.csv", "--partial", "--family", "two_part"]
    assert fit("--need", "segment_prices", *given) == 0
    message = capsys.readouterr().out
    assert "NO EFFECT: --supply changes nothing: only --need regression uses it" in message
    assert "NO EFFECT: --partial changes nothing: only --need scores:MODEL uses it" in message
    recorded = json.loads((folder / "need.json").read_text(encoding="utf-8"))["options_without_effect"]
    assert list(recorded) == ["--family two_part", "--supply", "--conditions", "--partial"]
    assert fit("--need", "regression", "--supply", "supply.csv") == 0
    assert "NO EFFECT" not in capsys.readouterr().out
    assert "options_without_effect" not in json.loads((folder / "need.json").read_text(encoding="utf-8"))


def test_supply_is_held_at_its_mean(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    frame = pd.read_parquet(folder / "p.parquet")
    beds = frame["town"].map({"east": 4.0, "west": 2.0, "north": 1.0})
    frame["ward_gbp"] = (frame["ward_gbp"] + 300 * beds * frame["months"] / 12).round(2)
    # Need and supply go together: where there are beds there is also more cancer.
    written(frame[(frame["town"] == "east") | ~frame["cancer"] | (frame["id"].str[-1] > "4")], folder / "p.parquet")
    (folder / "supply.csv").write_text("locality,beds\neast,4\nwest,2\nnorth,1\n", encoding="utf-8")
    assert fit("--supply", "supply.csv") == 0
    assert "held at the mean: supply_beds" in " ".join(capsys.readouterr().out.split())
    settings = json.loads((folder / "need.json").read_text(encoding="utf-8"))["ways"]["regression"]["how"]["settings"]
    found = dict(part.rsplit(" ", 1) for part in settings["gbp"].split(", "))
    assert float(found["supply_beds"]) == pytest.approx(300, rel=1e-3) and float(found["cancer"]) == pytest.approx(5000, rel=1e-3)
    assert settings["supply_at_mean"] == "supply_beds"


@pytest.mark.parametrize(
    ("table", "words"),
    [
        ("locality,beds\neast,4\nwest,2\n", "there is no row for north"),
        (
            "locality,beds\neast,4\nwest,2\nnorth,1\nsouth,1\n",
            "line 5: there is no locality 'south'; tables are joined by exact code. Did you mean north",
        ),
        ("locality,beds\neast,4\neast,2\nnorth,nan\nwest,\n", "line 3: the locality 'east' is there twice"),
        ("locality,beds\neast,4\neast,2\nnorth,nan\nwest,\n", "line 4: beds is nan for north; a number is needed here"),
        ("locality,beds\neast,4\neast,2\nnorth,nan\nwest,\n", "line 5: beds is blank for west"),
        ("town,beds\neast,4\n", "it has the headings town, beds; columns are read by their headings. Write the headings locality and"),
        ("", "there are no rows"),
        ("locality,beds\neast,1\nwest,1\nnorth,1\n", "column supply_beds: it is the same for all"),
    ],
)
def test_a_bad_table_of_supply_is_refused(folder: Path, capsys: pytest.CaptureFixture[str], table: str, words: str) -> None:
    (folder / "supply.csv").write_text(table, encoding="utf-8")
    assert words in refused(capsys, folder, "--supply", "supply.csv")


def test_a_segment_with_nobody_in_it_takes_a_fallback_by_name(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    frame = pd.read_parquet(folder / "p.parquet")
    written(frame[frame["age"] >= 18], folder / "p.parquet")
    message = refused(capsys, folder)
    assert "segment cancer_children" in message and "it has no people and no need of its own" in message and "Name a fallback" in message
    segments = pd.read_csv(folder / "assumptions/places/town/tables/fitted_need_index.csv")["segment"]
    pd.DataFrame({"segment": segments, "need_index": 1.5}).to_csv(folder / "national.csv", index=False)
    assert fit("--fallback", "national.csv") == 0
    assert "empty segments after national.csv" in " ".join(capsys.readouterr().out.split())
    need = pd.read_csv(folder / "need.csv").set_index("segment")
    assert need.loc["cancer_children", ["person_years", "need_by_regression_index"]].tolist() == [0, 1.5]


def test_a_place_is_fed_with_everything_else_or_not_at_all(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    table = folder / "assumptions/places/town/tables/fitted_need_index.csv"
    before = table.read_bytes()
    (folder / "need.json").mkdir()
    assert fit("--feed") == 2
    assert "a folder has this name" in capsys.readouterr().err and table.read_bytes() == before
    (folder / "need.json").rmdir()
    (folder / "need.csv").unlink(missing_ok=True)
    town(folder, source="nobody", status="local")
    assert "the source 'nobody' is not in sources.yaml" in refused(capsys, folder, "--feed")


def test_what_is_not_known_of_somebody_has_a_column_that_says_so(folder: Path) -> None:
    frame = pd.read_parquet(folder / "p.parquet")
    unknown = np.arange(len(frame)) % 9 == 0
    frame["ward_gbp"] += np.where(unknown, 600, 0) * frame["months"] / 12
    frame["decile"] = frame["decile"].where(~unknown, np.nan)
    frame["sex"] = frame["sex"].where(np.arange(len(frame)) % 11 > 0, None)
    written(frame.round(2), folder / "p.parquet")
    assert fit("--need", "regression", "--need", "cost_curves") == 0
    settings = json.loads((folder / "need.json").read_text(encoding="utf-8"))["ways"]["regression"]["how"]["settings"]["gbp"]
    found = dict(part.rsplit(" ", 1) for part in settings.split(", "))
    assert float(found["deprivation_not_known"]) == pytest.approx(600, rel=1e-3)
    assert abs(float(found["sex_not_known"])) < 1


def test_a_missing_score_is_not_health(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    frame = pd.read_parquet(folder / "p.parquet")
    frame.loc[frame.index[::10], "score"] = np.nan
    written(frame, folder / "p.parquet")
    assert "a missing score is not health" in refused(capsys, folder, "--need", "scores:column")


@pytest.mark.parametrize("out", ["p.parquet", "supply.csv", "w.csv", "x/need.csv", "need.txt"])
def test_what_is_read_is_never_written_over(folder: Path, capsys: pytest.CaptureFixture[str], out: str) -> None:
    (folder / "supply.csv").write_text("locality,beds\neast,4\nwest,2\nnorth,1\n", encoding="utf-8")
    (folder / "w.csv").write_text("segment,weight\n", encoding="utf-8")
    (folder / "x").mkdir()
    written(people(50), folder / "x/p.parquet")
    before = {path: path.read_bytes() for path in folder.rglob("*") if path.is_file()}
    source = "x" if out.startswith("x/") else "p.parquet"
    code = cli.main(["fit", source, "--place", "town", "--supply", "supply.csv", "--need", "weights:w.csv", "--out", out])
    assert code == 2 and f"--out {out}" in capsys.readouterr().err
    assert {path: path.read_bytes() for path in folder.rglob("*") if path.is_file()} == before
