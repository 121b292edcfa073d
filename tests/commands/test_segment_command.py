"""The command segment: all of its outputs or none, and what of it has no effect."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from command_output import said
from extracts import people, town, written

from capmodel.baseline.persons.sums import add_up
from capmodel.cli import main

# ------------------------------------------------------------------ segment: all or nothing


@pytest.fixture
def in_town(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with a town and an extract in it, in which the commands run."""
    town(tmp_path)
    written(people(2_000), tmp_path / "p.parquet")
    monkeypatch.chdir(tmp_path)
    return tmp_path


def refused(arguments: list[str], capsys: pytest.CaptureFixture[str]) -> str:
    """What is reported of a command that is refused and writes nothing."""
    assert main(arguments) == 2
    message = capsys.readouterr()
    assert message.err.startswith("Nothing was written.") and not message.out
    return message.err


SEGMENT = ["segment", "p.parquet", "--place", "town", "--out", "s.csv"]


def kept(folder: Path) -> dict[str, bytes]:
    """Every file beside the extract."""
    return {path.name: path.read_bytes() for path in folder.iterdir() if path.is_file()}


@pytest.mark.parametrize("name", ["s.csv", "s-people.csv", "s.html", "s.json"])
def test_an_output_that_is_a_folder_leaves_the_others_as_they_were(
    name: str, in_town: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    for other in ("s.csv", "s-people.csv", "s.html", "s.json"):
        (in_town / other).mkdir() if other == name else (in_town / other).write_text("earlier", encoding="utf-8")
    before = kept(in_town)
    monkeypatch.setattr(add_up, "opened", None)
    assert f"{name}: a folder has this name" in refused(SEGMENT, capsys)
    assert kept(in_town) == before


@pytest.mark.parametrize("failing", [1, 2, 3, 4])
@pytest.mark.parametrize("earlier", [True, False])
def test_an_output_that_cannot_be_replaced_puts_the_others_back(
    failing: int, earlier: bool, in_town: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    for name in ("s.csv", "s-people.csv", "s.html", "s.json") if earlier else ():
        (in_town / name).write_text("earlier", encoding="utf-8")
    before, replace, done = kept(in_town), Path.replace, []

    def fails(self: Path, target: Path) -> Path:
        if Path(target).parent == Path():
            done.append(Path(target).name)
            if len(done) == failing:
                raise PermissionError(13, "Permission denied", str(self), None, str(target))
        return replace(self, target)

    monkeypatch.setattr(Path, "replace", fails)
    assert "cannot be written (Permission denied)" in refused(SEGMENT, capsys)
    assert done[:failing] == ["s.csv", "s-people.csv", "s.html", "s.json"][:failing]
    assert kept(in_town) == before
    assert sorted(path.name for path in in_town.iterdir() if path.is_dir()) == ["assumptions"]


def test_a_refused_run_leaves_no_packed_copy_of_its_own(in_town: Path, capsys: pytest.CaptureFixture[str]) -> None:
    # Too few people for every line of the place to be shown, which is found out when all has been added up.
    written(people(150), in_town / "p.parquet")
    message = refused([*SEGMENT, "--pack", "--feed"], capsys)
    assert "too few people are behind it" in message
    assert not (in_town / "p.parquet.packed").exists()
    assert main([*SEGMENT, "--pack"]) == 0
    before = kept(in_town / "p.parquet.packed")
    capsys.readouterr()
    refused([*SEGMENT, "--pack", "--feed"], capsys)
    assert kept(in_town / "p.parquet.packed") == before, "an earlier run's copy stays"


def test_a_scheme_that_cannot_be_fed_is_refused_before_anything_is_read(
    in_town: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(add_up, "opened", None)
    message = refused([*SEGMENT, "--pack", "--feed", "--scheme", "year_of_care"], capsys)
    assert "--scheme year_of_care: its segments are not those of place.yaml" in message


def test_a_packed_copy_is_reported_of_when_it_is_made_and_when_it_is_used(in_town: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert "packed" not in said(SEGMENT, capsys)
    message = said([*SEGMENT, "--pack"], capsys)
    assert "Written: s.csv, s-people.csv, s.html, s.json, p.parquet.packed\n" in message
    assert "p.parquet.packed holds a row of every person, without identifiers: it is personal data" in message
    message = said(SEGMENT, capsys)
    assert "Added up from the packed copy p.parquet.packed" in message
    assert "Written: s.csv, s-people.csv, s.html, s.json\n" in message


def test_an_option_of_segment_that_changes_nothing_is_refused_or_said(in_town: Path, capsys: pytest.CaptureFixture[str]) -> None:
    message = refused([*SEGMENT, "--master", "spark://host:7077"], capsys)
    assert "--master: spark://host:7077 is given to the engine duckdb" in message
    assert "NO EFFECT" not in said([*SEGMENT, "--pack", "--memory", "500MB"], capsys), "the extract is read in so much memory"
    message = said([*SEGMENT, "--memory", "500MB"], capsys)
    assert "NO EFFECT: --memory 500MB changes nothing: the packed copy is added up in the memory of this program" in message
    assert list(json.loads((in_town / "s.json").read_text(encoding="utf-8"))["options_without_effect"]) == ["--memory 500MB"]
    assert "NO EFFECT" not in said(SEGMENT, capsys)


@pytest.mark.parametrize("packed", [False, True])
def test_a_scheme_twice_is_refused(packed: bool, in_town: Path, capsys: pytest.CaptureFixture[str]) -> None:
    if packed:
        said([*SEGMENT, "--pack"], capsys)
    arguments = [*SEGMENT[:4], "--scheme", "age_condition", "--scheme", "age_condition"]
    assert "--scheme: the scheme age_condition is asked for twice" in refused(arguments, capsys)


def test_a_packed_copy_is_not_promised_of_another_engine(in_town: Path, capsys: pytest.CaptureFixture[str]) -> None:
    message = refused([*SEGMENT, "--pack", "--engine", "spark", "--scheme", "age_condition", "--scheme", "age_condition"], capsys)
    assert "--pack: a packed copy is kept by the engine duckdb only" in message
    assert "--scheme: the scheme age_condition is asked for twice" in message, "both in one report"


@pytest.mark.parametrize("command", [["segment", "p.parquet", "--place"], ["persons", "--people", "10", "--out", "q.csv"]])
def test_an_unknown_place_is_reported_with_where_it_was_looked_for(
    command: list[str], in_town: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    # What comes with capmodel, without the places of whoever works in this clone.
    shipped = in_town / "shipped/places/north-west-london/place.yaml"
    shipped.parent.mkdir(parents=True)
    shipped.touch()
    monkeypatch.setattr("capmodel.assumptions.scaffold.packs_root", lambda: in_town / "shipped")
    message = refused([*command, "twon"], capsys)
    assert f"twon: there is no such place; it is looked for in assumptions/places under {in_town}, then" in message
    assert "Use town, or make one with: capmodel new twon." in message
    assert "Use north-west-london or town, or make one with: capmodel new my-town." in refused([*command, "Sheffield!"], capsys)


def test_numbers_of_people_may_have_commas(in_town: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert "1,200 people" in said(["persons", "north-west-london", "--people", "1,200", "--out", "q.csv"], capsys)
    with pytest.raises(SystemExit):
        main(["persons", "town", "--people", "many", "--out", "r.csv"])
    assert "'many' is no whole number. Write it as 300000 or 300,000" in capsys.readouterr().err


def test_the_folder_one_stands_in_can_be_the_extract(
    in_town: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    (in_town / "x").mkdir()
    (in_town / "p.parquet").rename(in_town / "x/p.parquet")
    monkeypatch.chdir(in_town / "x")
    message = said(["segment", ".", "--place", "../assumptions/places/town", "--out", "../s.csv", "--pack"], capsys)
    assert f"{in_town / 'x.packed'} holds a row of every person" in message
