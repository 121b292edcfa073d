"""The commands persons and segment as a user runs them, and what they leave behind."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pandas as pd
import pytest
from extracts import pack_of, people, town, written

import capmodel
from capmodel import cli
from capmodel.baseline.persons import output
from capmodel.baseline.persons.feed import IMPUTED, check_feed, feed, imputed_values
from capmodel.baseline.persons.segment import NO_ACCOUNTS, segment_people
from capmodel.baseline.persons.sums import add_up
from capmodel.baseline.persons.sums.add_up import Request


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder of its own with a town in it, in which the commands run."""
    town(tmp_path)
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.mark.parametrize("out", ["people.csv", "extract/spend.csv"])
def test_an_extract_is_never_written_over(folder: Path, out: str, capsys: pytest.CaptureFixture[str]) -> None:
    """Segment spend under the name of the extract, or inside the folder that is read, would destroy what cannot be made again."""
    (folder / "extract").mkdir()
    for path in (folder / "people.csv", folder / "extract/part-1.csv"):
        path.write_text("real people", encoding="utf-8")
    read = Path(out).parent.name or out
    assert cli.main(["segment", read, "--place", "town", "--out", out]) == 2
    assert "it would be written over" in capsys.readouterr().err
    assert (folder / "people.csv").read_text(encoding="utf-8") == "real people"
    assert [path.name for path in (folder / "extract").iterdir()] == ["part-1.csv"]


def test_persons_then_segment_then_run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.chdir(tmp_path)
    assert cli.main(["new", "my-town"]) == 0
    assert cli.main(["persons", "my-town", "--people", "40000", "--years", "2", "--seed", "3", "--out", "people.parquet"]) == 0
    assert "40,000 people in 2025/26" in capsys.readouterr().out
    asked = [
        "segment",
        "people.parquet",
        "--place",
        "my-town",
        "--scheme",
        "age_condition",
        "--scheme",
        "risk_stratum",
        "--feed",
        "--out",
        "s/spend.csv",
    ]
    assert cli.main(asked) == 0
    message = capsys.readouterr().out
    assert "person-level data, illustrative" in message and "In the same segment a year later, age_condition" in message
    assert sorted(path.name for path in (tmp_path / "s").iterdir()) == ["spend-people.csv", "spend.csv", "spend.html", "spend.json"]
    spend = pd.read_csv(tmp_path / "s/spend.csv")
    assert list(spend.columns) == [
        "year", "segment", "locality", "setting", "provider", "payer", "basis", "users", "cost_gbp", "activity", "suppressed",
    ]  # fmt: skip
    assert spend.loc[spend["suppressed"] == 1, ["users", "cost_gbp", "activity"]].isna().all().all()
    assert spend.loc[(spend["suppressed"] == 0) & (spend["users"] > 0), "users"].min() >= 5
    assert json.loads((tmp_path / "s/spend.json").read_text())
    assert cli.main(["run", "my-town", "--out", "w"]) == 0
    message = capsys.readouterr().out
    assert "person-level data" in message and "Accounts: none given" in message
    place = capmodel.load(tmp_path / "assumptions/places/my-town")
    example = place.run(chosen={})
    people_by_segment = example.column("segment", "segment_persons")
    fed = pd.read_csv(place.pack.folder / "tables/recorded_persons.csv").set_index("segment")["value"]
    assert {key: value for (key,), value in people_by_segment.items()} == pytest.approx(fed.to_dict())


def test_what_is_fed_foots_to_the_extract_in_every_total_and_shows_no_suppressed_figure(tmp_path: Path) -> None:
    frame = people(4_000)
    children = frame.index[(frame["age"] <= 16) & ~frame["cancer"]]
    frame.loc[children[3:], ["care_gbp", "care_n"]] = 0
    place = town(tmp_path)
    made = segment_people(pack_of(place), Request(written(frame, tmp_path / "p.parquet")))
    feed(check_feed(made))
    table = pd.read_csv(place / "tables/recorded_cost_gbp.csv")
    actual = made.spend.groupby(["segment", "setting", "provider", "payer"])["cost_pence"].sum()
    fed = (table.set_index(["segment", "setting", "provider", "payer"])["value"] * 100).round().astype(int)
    for keys in (["segment"], ["setting", "provider", "payer"]):
        assert (
            fed.groupby(keys).sum().to_dict() == actual.groupby(keys).sum().reindex(fed.groupby(keys).sum().index, fill_value=0).to_dict()
        )
    stood_in = table[table["note"] == IMPUTED]
    assert len(stood_in) > 0, "the extract has small lines"
    assert set(stood_in["status"]) == {"derived"}
    assert pd.read_csv(place / "tables/accounts_gbp.csv")["note"].unique().tolist() == [NO_ACCOUNTS]
    assert "basis: person-level" in (place / "place.yaml").read_text()
    # Fed again, the accounts it made up are not taken for accounts.
    again = segment_people(pack_of(place), Request(tmp_path / "p.parquet"))
    assert again.reconciliation["accounts_pence"].isna().all()


def test_a_feed_prints_no_name_of_a_solver(tmp_path: Path) -> None:
    """From version 1.16 the first HiGHS of a process prints its name; only a process of its own shows it."""
    code = (
        "from capmodel.baseline.persons.feed import imputed_values; a, b = ('gp', 't', 'nhs'), ('ward', 't', 'nhs'); "
        "lines = {('x', a): 10, ('x', b): 90, ('y', a): 90, ('y', b): 10}; print(imputed_values(lines, set(lines))['x', a])"
    )
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=tmp_path).stdout == "50\n"


def test_imputed_values_depend_on_totals_alone() -> None:
    routes = [("a", "p", "n"), ("b", "p", "n")]
    first = {("x", routes[0]): 3, ("x", routes[1]): 97, ("y", routes[0]): 57, ("y", routes[1]): 43}
    other = {("x", routes[0]): 50, ("x", routes[1]): 50, ("y", routes[0]): 10, ("y", routes[1]): 90}
    assert imputed_values(first, set(first)) == imputed_values(other, set(other))


def test_a_scheme_whose_segments_the_place_does_not_have_is_not_fed(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    written(people(2_000), folder / "p.parquet")
    assert cli.main(["segment", "p.parquet", "--place", "town", "--scheme", "year_of_care", "--feed"]) == 2
    assert "its segments are not those of place.yaml" in capsys.readouterr().err
    assert not (folder / "assumptions/places/town/tables/recorded_cost_gbp.csv").exists()
    assert "basis: aggregate" in (folder / "assumptions/places/town/place.yaml").read_text()


def test_a_run_that_stops_half_way_leaves_the_earlier_output_intact(
    folder: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    written(people(2_000), folder / "p.parquet")
    assert cli.main(["segment", "p.parquet", "--place", "town", "--out", "s/spend.csv"]) == 0
    before = {path.name: path.read_bytes() for path in (folder / "s").iterdir()}
    written(people(2_000, seed=2), folder / "p.parquet")

    def stops(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(output, "write_report", stops)
    assert cli.main(["segment", "p.parquet", "--place", "town", "--out", "s/spend.csv"]) == 130
    assert capsys.readouterr().err == "Stopped. What was written before is as it was.\n"
    assert {path.name: path.read_bytes() for path in (folder / "s").iterdir()} == before


def test_the_same_extract_gives_the_same_bytes_in_whatever_order_its_rows_stand(folder: Path) -> None:
    frame = people(2_000, years=(2024, 2025))
    for name, rows in (("a", frame), ("b", frame.sample(frac=1, random_state=1))):
        (folder / name).mkdir()
        written(rows, folder / name / "people.parquet")
        assert cli.main(["segment", f"{name}/people.parquet", "--place", "town", "--out", f"{name}/spend.csv"]) == 0
    for name in ("spend.csv", "spend-people.csv"):
        assert (folder / "a" / name).read_bytes() == (folder / "b" / name).read_bytes()


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["nowhere.parquet"], "there is no extract"),
        (["p.parquet", "--out", "spend.xlsx"], "it does not end in .csv"),
        (["p.parquet", "--memory", "lots"], "this is no size"),
        (["p.parquet", "--scheme", "ages"], "there is no scheme 'ages'"),
        (["p.parquet", "--engine", "duck"], "there is no engine 'duck'"),
        (["p.parquet", "--lines", "p.parquet"], "persons.yaml has no lines:"),
        (["p.parquet", "--scheme", "age_condition", "--scheme", "salford_tiers", "--scheme", "risk_stratum"], "two can be crossed"),
    ],
)
def test_a_wrong_argument_is_one_message_and_nothing_is_written(
    arguments: list[str], message: str, folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    written(people(50), folder / "p.parquet")
    assert cli.main(["segment", *arguments, "--place", "town"]) == 2
    error = capsys.readouterr().err
    assert error.startswith("Nothing was written.") and message in error
    assert not (folder / "workbooks").exists()


def test_a_place_without_a_column_map_says_so(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (folder / "assumptions/places/town/persons.yaml").unlink()
    assert cli.main(["persons", "town", "--people", "10", "--out", "p.csv"]) == 2
    assert "persons.yaml" in capsys.readouterr().err


def test_identifiers_stand_in_no_output(folder: Path) -> None:
    frame = people(3_000).assign(id=[f"QQ{number:05d}" for number in range(3_000)])
    written(frame, folder / "p.parquet")
    assert cli.main(["segment", "p.parquet", "--place", "town", "--pseudonymise", "--out", "s/spend.csv"]) == 0
    for path in [*(folder / "s").iterdir(), *(file for file in folder.glob("**/*.packed/**/*") if file.is_file())]:
        assert b"QQ0" not in path.read_bytes(), path.name


def test_a_kept_copy_gives_the_same_files_without_reading_the_extract_again(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    written(people(2_000), folder / "p.parquet")
    asked = ["segment", "p.parquet", "--place", "town", "--scheme", "salford_tiers"]
    assert cli.main([*asked, "--out", "a/spend.csv"]) == 0
    assert cli.main([*asked, "--out", "b/spend.csv", "--pack"]) == 0
    assert (folder / "p.parquet.packed/manifest.json").is_file()
    with monkeypatch.context() as closed:
        closed.setattr(add_up, "check_extract", None)
        closed.setattr(add_up, "aggregate_extract", None)
        assert cli.main([*asked, "--out", "c/spend.csv"]) == 0
        assert cli.main(["segment", "p.parquet", "--place", "town", "--scheme", "risk_stratum", "--out", "d/spend.csv"]) == 0
    for name in ("spend.csv", "spend-people.csv", "spend.json", "spend.html"):
        assert (folder / "a" / name).read_bytes() == (folder / "b" / name).read_bytes() == (folder / "c" / name).read_bytes(), name
    assert (folder / "d/spend.csv").read_bytes() != (folder / "c/spend.csv").read_bytes()


def test_an_extract_that_is_there_is_not_written_over(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (folder / "mine.parquet").write_bytes(b"mine")
    assert cli.main(["persons", "town", "--people", "10", "--out", "mine.parquet"]) == 2
    assert "it could be a real extract" in capsys.readouterr().err
    assert (folder / "mine.parquet").read_bytes() == b"mine"


@pytest.mark.parametrize("kind", ["parquet", "csv"])
def test_a_synthetic_extract_says_so_and_is_never_more_than_illustrative(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], kind: str
) -> None:
    monkeypatch.chdir(tmp_path)
    assert cli.main(["new", "my-town"]) == 0
    mapped = tmp_path / "assumptions/places/my-town/persons.yaml"
    mapped.write_text(mapped.read_text().replace("status: illustrative", "status: local"), encoding="utf-8")
    assert cli.main(["persons", "my-town", "--people", "3000", "--out", f"people.{kind}"]) == 0
    capsys.readouterr()
    assert cli.main(["segment", f"people.{kind}", "--place", "my-town", "--out", "s/spend.csv"]) == 0
    assert "person-level data, illustrative, synthetic" in capsys.readouterr().out
    record = json.loads((tmp_path / "s/spend.json").read_text())
    assert (record["status"], record["synthetic"]) == ("illustrative", True)
    assert "nobody in the extract exists" in (tmp_path / "s/spend.html").read_text("utf-8")
