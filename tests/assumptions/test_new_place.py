"""A new place says what in it is still the example's, and takes over nothing that only the example can state."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

import capmodel
from capmodel.assumptions.scaffold import new_place
from capmodel.cli import main
from capmodel.errors import BadInput
from capmodel.reports.run_record import record_of
from capmodel.reports.summary import inherited_lines, price_growth_line

PRICES = "tables/published_price_gbp_per_person.csv"


@pytest.fixture
def town(tmp_path: Path) -> Path:
    return new_place("town", tmp_path / "assumptions")


def give_sources(folder: Path, *files: str) -> None:
    """Give every figure of some files a source of the place's own."""
    sources = folder / "sources.yaml"
    sources.write_text(sources.read_text() + "o01: {title: Our ledger, publisher: The town}\n")
    for file in files:
        text = (folder / file).read_text()
        (folder / file).write_text(text.replace("illustrative,t01", "local,o01").replace("source: t01", "source: o01"))


def edit(path: Path, change: Callable[[str], str]) -> None:
    before = path.read_text()
    path.write_text(change(before))
    assert path.read_text() != before


def test_a_run_says_how_many_figures_are_the_examples_and_what_depends_on_them(town: Path) -> None:
    result = capmodel.load(town).run()
    left = result.place.inherited
    assert left.count > 1000
    assert left.all_figures - left.count < 100, "what is not copied is England's, or chosen"
    first, where = inherited_lines(result)
    spent = f"£{result.column('place', 'place_cost_gbp')[()]:,.2f}"
    assert (
        first
        == f"Still the example's: {left.count:,} of {left.all_figures:,} figures; {spent} of {spent} spend in the base year depends on them"
    )
    assert "contract.yaml" in where and "14 tables" in where and f"capmodel packs {town}" in where
    recorded = record_of(result)["still_the_examples"]
    assert recorded["figures"] == left.count == sum(map(len, recorded["by_file"].values()))
    assert "alliance_discount_share[2027]" in recorded["by_file"]["parameters.yaml"]
    assert "demand_pressure_share[2028]@prudent" in recorded["by_file"]["scenarios.yaml"]
    json.dumps(recorded)


def test_pounds_that_depend_on_the_example_fall_as_figures_are_replaced(town: Path) -> None:
    everything = capmodel.load(town).run().inherited_spend_gbp
    names = [
        "group_persons",
        "group_price_gbp_per_person",
        "published_price_gbp_per_person",
        "group_share",
        "provider_share",
        "payer_share",
    ]
    give_sources(town, "parameters.yaml", *(f"tables/{name}.csv" for name in (*names, "calibrated_flag", "anchor_flag")))
    edit(town / "place.yaml", lambda text: re.sub(r"(?m)^copied:\n( .*\n)+", "copied: {}\n", text))
    edit(town / "tables/setting_share.csv", lambda text: re.sub(r"(?m)^(dementia_adults,.*),illustrative,t01", r"\1,local,o01", text))
    result = capmodel.load(town).run()
    mine = sum(value for key, value in result.column("spend", "cost_gbp").items() if key[0] == "dementia_adults")
    assert result.inherited_spend_gbp == pytest.approx(everything - mine)
    give_sources_of_splits = "tables/setting_share.csv"
    edit(town / give_sources_of_splits, lambda text: text.replace("illustrative,t01", "local,o01"))
    assert capmodel.load(town).run().inherited_spend_gbp == 0


def test_the_example_itself_has_nothing_inherited(place: capmodel.model.Place, result: capmodel.model.Result) -> None:
    assert place.inherited.count == 0 and inherited_lines(result) == []
    assert place.about == place.pack.description


def test_the_growth_of_prices_to_the_base_year_is_said_in_pounds(result: capmodel.model.Result) -> None:
    segments = [key for key, _ in result.column("segment", "segment_persons").items()]
    people, now, then = (
        result.column("segment", name) for name in ("segment_persons", "base_price_gbp_per_person", "calibrated_price_gbp_per_person")
    )
    added = sum(people[key] * (now[key] - then[key]) for key in segments)
    assert result.column("place", "place_uprating_gbp")[()] == pytest.approx(added)
    assert price_growth_line(result).startswith(f"Prices of 2015/16 are raised to 2025/26: £{added:,.2f} of £7,")


def test_prices_of_ones_own_are_not_raised_from_the_examples_year(town: Path) -> None:
    give_sources(town, PRICES)
    with pytest.raises(BadInput) as refused:
        capmodel.load(town)
    (problem,) = refused.value.problems
    assert problem.where == "place.yaml, copied"
    assert "mostly_healthy_children" in problem.what and "still the example's" in problem.what
    edit(town / "place.yaml", lambda text: text.replace("price_year: 2015", "price_year: 2025"))
    result = capmodel.load(town).run()
    assert price_growth_line(result) == "" and result.column("place", "place_uprating_gbp")[()] == 0


def test_a_value_of_ones_own_is_no_more_the_examples_and_no_word_must_be_taken_out(town: Path) -> None:
    def left() -> set[str]:
        return set(capmodel.load(town).inherited.by_file.get("place.yaml", ()))

    assert left() == {"price_year", "base_year", "years"}
    assert capmodel.load(town).pack.copied["price_year"] == "2015"
    edit(town / "place.yaml", lambda text: text.replace("price_year: 2015,", "price_year: 2018,", 1))
    assert left() == {"price_year", "base_year", "years"}, "other segments have the example's year"
    edit(town / "place.yaml", lambda text: text.replace("price_year: 2015,", "price_year: 2018,"))
    assert left() == {"base_year", "years"}
    give_sources(town, PRICES)
    assert "still the example's" not in price_growth_line(capmodel.load(town).run()), "prices of 2018 are raised from 2018"
    assert "by the example's price year" not in price_growth_line(capmodel.load(town).run())


def test_figures_that_only_other_commands_read_are_counted_too(town: Path) -> None:
    by_file = capmodel.load(town).inherited.by_file
    assert "uncertainties.demand_trend" in by_file["risk.yaml"] and "without_contract" in by_file["risk.yaml"]
    assert by_file["persons.yaml"] == ("source",)
    give_sources(town, "risk.yaml", "persons.yaml")
    assert not {"risk.yaml", "persons.yaml"} & set(capmodel.load(town).inherited.by_file)


def test_a_stated_price_year_is_the_places_own(town: Path) -> None:
    give_sources(town, PRICES)
    edit(town / "place.yaml", lambda text: re.sub(r"(?m)^copied:\n( .*\n)+", "copied: {}\n", text))
    assert price_growth_line(capmodel.load(town).run()).endswith("spend in the base year is that growth")


def test_what_only_the_example_can_state_is_left_out(town: Path) -> None:
    place = capmodel.load(town)
    result = place.run()
    assert result.passed
    assert result.column("nhs_control", "published_gbp") == {} == result.column("social_care_control", "social_care_control_gbp")
    assert place.pack.description == "" and place.about.startswith(
        "No description is given. Write one under description: in place.yaml. 1,097 of its 1,132 figures"
    )
    assert not any(assumed.overrides for assumed in place.assumptions.values())
    every = "".join(path.read_text() for path in town.rglob("*") if path.is_file())
    assert not re.findall(r"QRV|[Bb]rent|[Ee]aling|[Hh]illingdon|nwl|North West London", every.replace("Its note:", "\n"))


def test_a_board_of_ones_own_is_compared_once_it_is_pinned(town: Path) -> None:
    edit(town / "place.yaml", lambda text: text.replace("pins: {}", "pins: {icb: QMJ}"))
    assert list(capmodel.load(town).run().column("nhs_control", "published_gbp")) == [("2023",), ("2024",)]
    edit(town / "place.yaml", lambda text: text.replace("pins: {icb: QMJ}", "pins: {icb: QMX, icbb: QMJ}"))
    with pytest.raises(BadInput) as refused:
        capmodel.load(town)
    assert sorted(problem.where for problem in refused.value.problems) == ["place.yaml, pins: icb", "place.yaml, pins: icbb"]


def test_new_names_every_file_that_holds_money_and_packs_lists_every_copied_figure(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["new", "town", "--root", str(tmp_path)]) == 0
    printed = capsys.readouterr().out
    folder = tmp_path / "places/town"
    files = [path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file()]
    assert [file for file in files if file not in ("sources.yaml", "persons.yaml") and f"  {file}: " not in printed] == []
    assert main(["packs", str(folder)]) == 0
    listed = capsys.readouterr().out
    place = capmodel.load(folder)
    names = [line.strip() for line in listed.splitlines() if line.startswith("  ")]
    assert names == [name for of_file in place.inherited.by_file.values() for name in of_file]
    assert main(["packs", "--root", str(tmp_path)]) == 0
    assert f"{place.inherited.count:,} of {place.inherited.all_figures:,} still the example's" in capsys.readouterr().out


def blocked(kind: str, folder: Path) -> tuple[str, Path]:
    """A name and a root under which no place can be made."""
    (folder / "file").write_text("mine")
    (folder / "loop").symlink_to(folder / "loop")
    roots = {"a file": folder / "file", "a loop of links": folder / "loop", "a long name": folder / "root"}
    return ("n" * 300 if kind == "a long name" else "town"), roots[kind]


@pytest.mark.parametrize("kind", ["a file", "a loop of links", "a long name"])
def test_a_place_that_cannot_be_made_is_reported_and_leaves_nothing(kind: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    name, root = blocked(kind, tmp_path)
    assert main(["new", name, "--root", str(root)]) == 2
    assert re.match(r"Nothing was written. .* cannot be ", capsys.readouterr().err.replace("\n", " "))
    assert (tmp_path / "file").read_text() == "mine"
    assert [path for path in tmp_path.rglob("*") if path.name.startswith((".new", "n"))] == []


def test_a_full_disk_is_reported_and_leaves_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def full(*_: object, **__: object) -> int:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(Path, "write_text", full)
    assert main(["new", "town", "--root", str(tmp_path)]) == 2
    assert "No space left on device" in capsys.readouterr().err
    assert [path for path in tmp_path.rglob("*") if path.is_file()] == []


def test_a_place_is_found_by_its_name_from_anywhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    assert capmodel.load("north-west-london").pack.id == "north-west-london"


def test_a_changed_value_is_the_places_own_and_its_source_is_asked_for(town: Path, capsys: pytest.CaptureFixture[str]) -> None:
    table = "tables/population_growth_share.csv"
    before = capmodel.load(town).inherited
    name = next(name for name in before.by_file[table])
    first = (town / table).read_text().splitlines()[1].split(",")
    edit(town / table, lambda text: text.replace(",".join(first[:2]), f"{first[0]},0.0123", 1))
    edit(town / "parameters.yaml", lambda text: text.replace("value: 0.64\n", "value: 0.641\n", 1))
    place = capmodel.load(town)
    assert place.inherited.unsourced == (name, "mostly_healthy_people_share")
    assert place.inherited.count == before.count - 2 and name not in place.inherited.by_file[table]
    assert inherited_lines(place.run(chosen={}))[-1] == (
        f"Changed, and still with the source of the example: {name}, mostly_healthy_people_share; give each its own source, status and note"
    )
    assert main(["packs", str(town)]) == 0
    assert f"Changed, and still with the source of the example: {name}" in capsys.readouterr().out


def test_without_the_edition_it_was_copied_from_a_figure_is_known_by_its_source(town: Path) -> None:
    table = town / "tables/population_growth_share.csv"
    count = capmodel.load(town).inherited.count
    edit(table, lambda text: re.sub(r"(?m)^(children),[-0-9.]+", r"\1,0.0123", text, count=1))
    edit(town / "place.yaml", lambda text: text.replace("copied:\n  edition: '1.0'\n", "copied:\n"))
    assert capmodel.load(town).inherited.count == count


def test_figures_that_the_program_makes_are_not_counted_as_those_of_the_place(small: Any) -> None:
    made = {name: column for name, column in small.place.columns.items() if column.made}
    assert set(made) == {"scale_share", "begun_flag", "chosen_flag"}
    stated = replace(small.place, columns={name: column for name, column in small.place.columns.items() if name not in made})
    assert small.place.inherited.all_figures == stated.inherited.all_figures
