"""The packs that are shipped, and how a place is based on them: provenance, frozen editions, overrides, scenarios, changes and a new place."""

from __future__ import annotations

import csv
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

import capmodel
from capmodel.assumptions.load import fingerprint
from capmodel.assumptions.pack import STATUSES, Figure
from capmodel.cli import main
from capmodel.contracts.terms import every_column, every_term
from capmodel.errors import BadInput
from capmodel.model import Place, Result

from conftest import ASSUMPTIONS, EXAMPLE  # isort: skip

#: The fingerprint of the released edition. It never changes; a correction is a new edition.
ENGLAND_2025_1 = "1a6fdc8dcf04a2dc2b143bb6ac694ec8559cbfc49870e2a0c88a872ef2209721"
INVENTED = {"p90", "e90"}


def figures(place: Place) -> Iterator[tuple[str, Figure]]:
    for column in place.columns.values():
        yield from ((f"{column.name} {key} {year or ''}", figure) for (key, year), figure in column.figures.items())
    for assumed in place.assumptions.values():
        yield from ((f"{assumed.name} {year or ''}", figure) for year, figure in assumed.values.items())
    for scenario in place.scenarios.values():
        for name, changes in scenario.changes.items():
            yield from ((f"{name} {year or ''} in {scenario.id}", figure) for year, figure in changes.items())


def is_default(figure: Figure, name: str) -> bool:
    """Whether a figure is a term of the contract that nobody wrote: it names no source and no date, and passes for nobody's own."""
    if figure.status != "default":
        return False
    assert name.split()[0] in {*every_term(), *every_column()}, name
    assert (figure.source, figure.as_at) == ("", ""), name
    return True


def test_the_shipped_place_loads_and_has_figures(place: Place) -> None:
    assert place.pack.title == "North West London, worked example"
    assert len(list(figures(place))) > 1000
    assert len(place.choices.options) >= 8
    assert len(place.pack.dimensions["party"]) >= 6
    assert list(place.scenarios) == ["base", "prudent", "stretch"]


def test_every_figure_has_a_status_a_known_source_and_a_date(place: Place) -> None:
    decided_later = {"chosen_flag"}
    for name, figure in figures(place):
        if is_default(figure, name):
            continue
        assert figure.status in STATUSES, name
        assert re.fullmatch(r"\d{4}(-\d{2}){0,2}", figure.as_at), f"{name}: {figure.as_at!r}"
        if name.split()[0] not in decided_later:
            assert figure.source in place.pack.sources, f"{name}: {figure.source}"


def test_nothing_invented_passes_for_published(place: Place) -> None:
    wrong = [name for name, figure in figures(place) if figure.source in INVENTED and figure.status != "illustrative"]
    assert wrong == []


def test_nothing_illustrative_names_a_publication(place: Place) -> None:
    wrong = [name for name, figure in figures(place) if figure.status == "illustrative" and figure.source not in INVENTED]
    assert wrong == []


def test_the_published_group_totals_are_as_printed(place: Place) -> None:
    people = {key[0]: figure for (key, _), figure in place.columns["group_persons"].figures.items()}
    prices = {key[0]: figure for (key, _), figure in place.columns["group_price_gbp_per_person"].figures.items()}
    printed = {"mostly_healthy": (1_754_000, 724), "elderly_chronic": (301_400, 3473), "severe_complex": (228_800, 9270)}
    assert {name: (people[name].value, prices[name].value) for name in printed} == printed
    assert {people[name].status for name in printed} == {"published"}
    assert people["chronic_residual"].status == "local"


def test_the_groups_meet_their_published_totals(result: Result) -> None:
    people, price = result.column("group", "persons"), result.column("segment", "calibrated_price_gbp_per_person")
    in_group = dict(
        zip(result.values.inputs.rows["segment"].columns["segment"], result.values.inputs.rows["segment"].columns["group"], strict=True)
    )
    in_segment = result.column("segment", "segment_persons")
    for group, published in {"mostly_healthy": 724, "elderly_chronic": 3473, "severe_complex": 9270}.items():
        spent = sum(in_segment[key] * price[key] for key in price if in_group[key[0]] == group)
        assert spent / people[group,] == pytest.approx(published, rel=1e-12)


def test_the_population_is_worked_back_from_the_published_share(result: Result) -> None:
    assert result.column("place", "population_persons")[()] == pytest.approx(1_754_000 / 0.64)


# ------------------------------------------------------------------ frozen editions


def test_the_released_edition_has_its_frozen_fingerprint() -> None:
    assert fingerprint(ASSUMPTIONS / "england" / "2025.1") == ENGLAND_2025_1


def test_a_changed_released_pack_is_refused(packs: Path, broken: Path) -> None:
    edited = packs / "england" / "2025.1" / "parameters.yaml"
    edited.write_text(edited.read_text().replace("value: 0.035", "value: 0.030"))
    with pytest.raises(BadInput, match=r"pack.yaml, line \d+: england/2025.1 was released on 2026-11-22, and its files have changed since"):
        capmodel.load(broken)


def test_a_figure_added_to_a_released_pack_is_refused(packs: Path, broken: Path) -> None:
    (packs / "england" / "2025.1" / "tables" / "another_share.csv").write_text("setting,value,status,source\nprimary,0.1,published,e01\n")
    with pytest.raises(BadInput, match="its files have changed since"):
        capmodel.load(broken)


def test_line_endings_do_not_change_a_fingerprint(packs: Path) -> None:
    folder = packs / "england" / "2025.1"
    for path in (folder / "parameters.yaml", folder / "tables" / "gdp_deflator_index.csv"):
        path.write_bytes(path.read_bytes().replace(b"\n", b"\r\n"))
    assert fingerprint(folder) == ENGLAND_2025_1


def test_any_character_changes_the_fingerprint_of_a_place(broken: Path) -> None:
    before = fingerprint(broken)
    path = broken / "tables" / "group_persons.csv"
    path.write_text(path.read_text().replace("1754000", "1754001"))
    assert fingerprint(broken) != before


# ------------------------------------------------------------------ overrides, scenarios and changes


def test_a_national_override_keeps_and_shows_both_values(broken: Path, tmp_path: Path) -> None:
    parameters = broken / "parameters.yaml"
    text = parameters.read_text()
    own = "  discount_rate_share: {value: 0.015, status: illustrative, source: p90, as_at: 2026-11-22, note: Ours.}\n"
    parameters.write_text(text.replace("overrides:\n", f"overrides:\n{own}", 1) if "overrides:\n" in text else f"{text}overrides:\n{own}")
    place = capmodel.load(broken)
    assumed = place.assumptions["discount_rate_share"]
    assert assumed.values[None].value == 0.015
    assert assumed.overrides[None].value == 0.035
    assert assumed.overrides[None].status == "published"
    from capmodel.workbook.sheets import make_book

    notes = [content.value for content in make_book(place.run()).book.sheet("Assumptions").cells.values()]
    assert "Overrides the national pack (0.035; published, e05). Ours." in notes


def test_a_scenario_overrides_only_what_it_names(place: Place) -> None:
    base, prudent = place.in_use("base"), place.in_use("prudent")
    changed = {name for name in base if base[name].values != prudent[name].values}
    assert changed == set(place.scenarios["prudent"].changes)
    for name, changes in place.scenarios["prudent"].changes.items():
        assert {year: prudent[name].values[year].value for year in changes} == {year: figure.value for year, figure in changes.items()}


def test_a_prudent_place_has_less_to_share_and_a_stretched_one_more(place: Place) -> None:
    pools = {name: sum(place.run(name).column("pool", "variance_gbp").values()) for name in place.scenarios}
    assert pools["prudent"] < pools["base"] < pools["stretch"]


def test_losses_are_shared_as_well_as_gains(place: Place) -> None:
    shares = place.run("prudent").column("settlement", "share_gbp")
    assert min(shares.values()) < 0


def test_a_changed_assumption_is_local_and_says_what_it_was(place: Place) -> None:
    figure = place.changed({"discount_rate_share": 0.01}).assumptions["discount_rate_share"].values[None]
    assert (figure.value, figure.status, figure.source) == (0.01, "local", "user")
    assert "0.035" in figure.note
    assert "published" in figure.note
    assert place.assumptions["discount_rate_share"].values[None].value == 0.035, "the place itself is not changed"


def test_a_changed_row_of_a_table_is_local_and_its_neighbours_are_not(place: Place) -> None:
    after = place.changed({"group_persons[severe_complex]": 200_000}).columns["group_persons"].figures
    assert (after[("severe_complex",), None].value, after[("severe_complex",), None].status) == (200_000, "local")
    assert "228800" in after[("severe_complex",), None].note
    assert after[("mostly_healthy",), None] == place.columns["group_persons"].figures[("mostly_healthy",), None]


def test_one_year_of_an_assumption_can_be_changed(place: Place) -> None:
    before, after = (some.assumptions["price_uplift_share"].values for some in (place, place.changed({"price_uplift_share[2028]": 0.05})))
    assert {year for year in before if before[year] != after[year]} == {2028}


def test_a_change_reaches_a_named_scenario_only(place: Place) -> None:
    name, changes = next(iter(place.scenarios["prudent"].changes.items()))
    year = next(iter(changes))
    text = f"{name}[{year}]@prudent" if year else f"{name}@prudent"
    after = place.changed({text: 0.0123})
    assert after.in_use("prudent")[name].values[year].value == 0.0123
    assert after.in_use("base")[name].values[year] == place.in_use("base")[name].values[year]


def test_a_run_with_changes_differs_from_the_packs_and_says_so(place: Place, result: Result) -> None:
    changed = place.run(changes={"price_uplift_share[2026]": 0.03})
    assert changed.column("envelope", "envelope_gbp")["2026",] > result.column("envelope", "envelope_gbp")["2026",]
    assert changed.run_id != result.run_id


# ------------------------------------------------------------------ a new place


@pytest.fixture
def started(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Path:
    assert main(["new", "east-mercia", "--root", str(tmp_path / "assumptions")]) == 0
    assert "capmodel run" in capsys.readouterr().out
    return tmp_path / "assumptions" / "places" / "east-mercia"


def test_a_new_place_runs_and_passes(started: Path, tmp_path: Path) -> None:
    assert main(["run", str(started), "--out", str(tmp_path / "out")]) == 0
    assert {path.name for path in (tmp_path / "out").iterdir()} == {"east-mercia.xlsx", "east-mercia.json"}


def test_a_new_place_claims_no_evidence_of_its_own(started: Path, place: Place) -> None:
    new = capmodel.load(started)
    national = {path.stem for path in (ASSUMPTIONS / "england" / "2025.1" / "tables").glob("*.csv")}
    assert set(new.columns) == set(place.columns)
    wrong = [
        f"{column.name} {key}: {figure.status}"
        for column in new.columns.values()
        if column.name not in {*national, "chosen_flag"}
        for key, figure in column.figures.items()
        if not is_default(figure, column.name) and (figure.status != "illustrative" or figure.source != "t01")
    ]
    assert wrong == []
    for name, assumed in new.assumptions.items():
        for figure in assumed.values.values():
            assert is_default(figure, name) or figure.status == "illustrative" or figure.source.startswith("e"), name


def test_notes_of_the_example_are_kept_and_marked_as_its_own(started: Path) -> None:
    for path in (started / "tables").glob("*.csv"):
        with path.open(newline="") as file, (EXAMPLE / "tables" / path.name).open(newline="") as of_example:
            notes, whose = [row["note"] for row in csv.DictReader(file)], [row["note"] for row in csv.DictReader(of_example)]
        marked = [f"Copied from the example; replace it. Its note: {note}" for note in whose]
        assert notes == ([] if path.name == "social_care_control_gbp.csv" else marked), path.name
    assert "a published net uplift" not in (started / "parameters.yaml").read_text()
    assert "note: 'Copied from the example; replace it. Its note: Taken off the target" in (started / "parameters.yaml").read_text()


def test_a_place_is_never_overwritten_by_a_new_one(started: Path, capsys: pytest.CaptureFixture[str]) -> None:
    before = {path: path.read_bytes() for path in started.rglob("*") if path.is_file()}
    assert main(["new", "east-mercia", "--root", str(started.parents[1])]) == 2
    assert "the place is there already" in capsys.readouterr().err
    assert {path: path.read_bytes() for path in started.rglob("*") if path.is_file()} == before


@pytest.mark.parametrize("name", ["East Mercia", "../elsewhere", "-x", "place/inner", ""])
def test_a_name_that_is_no_folder_is_refused(name: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["new", "--root", str(tmp_path / "assumptions"), "--", name]) == 2
    assert "Use small letters, digits and hyphens" in capsys.readouterr().err
    assert not (tmp_path / "assumptions").exists()


def test_the_example_is_the_folder_the_tests_think_it_is() -> None:
    assert (EXAMPLE / "place.yaml").is_file()
