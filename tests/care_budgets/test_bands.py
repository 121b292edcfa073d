"""Long-term-condition bands: people from year to year, person-years, budgets, the steady state, and what a file may not say."""

from __future__ import annotations

import copy
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import yaml
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from capmodel.algebra.evaluate import Values
from capmodel.assumptions.document import read_mapping
from capmodel.assumptions.laid_out import LaidOut, worked_out
from capmodel.care_budgets.bands.people_by_band import TABLES
from capmodel.care_budgets.bands.stated import read_bands
from capmodel.care_budgets.bands.steady import steady_state
from capmodel.errors import Problem

YEARS = (2026, 2027, 2028)


def each(value: float) -> dict[int, float]:
    return dict.fromkeys(YEARS, value)


BANDS: dict[str, Any] = {
    "id": "bands", "title": "Bands", "status": "illustrative", "source": "p90", "scheme": "year_of_care",
    "death_year_share": 0.5, "entry_year_share": 0.25,
    "bands": [
        {"id": "band_a", "people": 8000, "death_share": 0.005, "moves": {"band_b": 0.05}, "entries": each(200)},
        {"id": "band_b", "people": 2000, "death_share": 0.03, "moves": {"band_c": 0.08, "band_a": 0.02}, "entries": each(40), "price_gbp_per_person": each(1500)},
        {"id": "band_c", "people": 1000, "death_share": 0.1, "entries": each(0), "price_gbp_per_person": {2026: 4200, 2027: 4300, 2028: 4400}},
    ],
}  # fmt: skip


def changed(**changes: Any) -> dict[str, Any]:
    found = {**copy.deepcopy(BANDS), **changes}
    return {name: value for name, value in found.items() if value is not None}


def of_band(place: int, **changes: Any) -> dict[str, Any]:
    """The file with one band changed; None takes an entry out."""
    found = copy.deepcopy(BANDS)
    band = {**found["bands"][place], **changes}
    found["bands"][place] = {name: value for name, value in band.items() if value is not None}
    return found


def read(folder: Path, stated: dict[str, Any]) -> tuple[LaidOut | None, list[Problem]]:
    path = folder / "bands.yaml"
    path.write_text(yaml.safe_dump(stated, sort_keys=False), encoding="utf-8")
    problems: list[Problem] = []
    document = read_mapping(path, problems)
    assert document is not None
    return read_bands(document, folder, YEARS, problems), problems


def worked(folder: Path, stated: dict[str, Any]) -> tuple[LaidOut, Values]:
    given_, problems = read(folder, stated)
    assert given_ is not None, [str(problem) for problem in problems]
    return given_, worked_out(given_, TABLES, YEARS)


def figures(done: tuple[LaidOut, Values], table: str, column: str) -> dict[tuple[str, ...], float]:
    keys = next(table_.keys for table_ in TABLES if table_.name == table)
    return dict(zip(done[0].rows[table].keys(keys), done[1].figure((table, column)).tolist(), strict=True))


def test_people_move_die_and_enter_and_have_part_years(tmp_path: Path) -> None:
    done = worked(tmp_path, BANDS)
    end, years = figures(done, "ltc_year", "end_persons"), figures(done, "ltc_year", "person_years_persons")
    # Band B: 2,000 less 60 deaths, 160 up and 40 down, with 400 from band A and 40 who enter.
    assert end["band_b", "2026"] == pytest.approx(2_180)
    assert years["band_b", "2026"] == pytest.approx(2_000 - 30 + 10)
    # Its second year begins where the first ended.
    assert figures(done, "ltc_year", "start_persons")["band_b", "2027"] == end["band_b", "2026"]
    budget = figures(done, "ltc_budget", "ltc_budget_gbp")
    assert budget["band_b", "2026"] == 2_970_000
    assert budget["band_c", "2027"] == pytest.approx((1_000 - 100 + 160) * (1 - 0.05) * 4_300, abs=0.01)
    assert ("band_a", "2026") not in budget


SHARES = st.floats(0, 0.3)


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    people=st.lists(st.floats(0, 1e5), min_size=3, max_size=3), shares=st.lists(SHARES, min_size=9, max_size=9), entries=st.floats(0, 1e4)
)
def test_people_are_conserved_each_year_whatever_the_matrix(
    tmp_path: Path, people: list[float], shares: list[float], entries: float
) -> None:
    ids = ["band_a", "band_b", "band_c"]
    bands = []
    for i, name in enumerate(ids):
        moves = {other: shares[3 * i + j] for j, other in enumerate(ids) if other != name}
        bands.append({"id": name, "people": people[i], "death_share": shares[3 * i + i], "moves": moves, "entries": each(entries)})
    bands[0]["price_gbp_per_person"] = each(100)
    done = worked(tmp_path, changed(bands=bands))
    size = sum(people) + entries * 9 + 1
    for column in ("check_people_persons",):
        assert max(map(abs, figures(done, "ltc_all", column).values())) <= 1e-9 * size
    moved_in, moved_out = (sum(figures(done, "ltc_year", name).values()) for name in ("moved_in_persons", "moved_out_persons"))
    assert moved_in == pytest.approx(moved_out, rel=1e-9, abs=1e-9)
    assert min(figures(done, "ltc_year", "end_persons").values()) >= -1e-9 * size


def test_a_steady_state_is_where_nothing_changes_any_more(tmp_path: Path) -> None:
    staying = np.array([[0.945, 0.05, 0.0], [0.02, 0.87, 0.08], [0.0, 0.0, 0.9]])
    found = steady_state(np.array([8000.0, 2000.0, 1000.0]), staying, np.array([200.0, 40.0, 0.0]))
    assert found is not None
    assert found @ staying + np.array([200.0, 40.0, 0.0]) == pytest.approx(found)
    # Without deaths the bands grow by who enters; closed, they settle where the start leads them.
    closed = np.array([[0.9, 0.1], [0.2, 0.8]])
    assert steady_state(np.array([300.0, 0.0]), closed, np.array([10.0, 0.0])) is None
    assert steady_state(np.array([300.0, 0.0]), closed, np.zeros(2)) == pytest.approx([200.0, 100.0])
    # People who change places every year never settle.
    assert steady_state(np.array([300.0, 0.0]), np.array([[0.0, 1.0], [1.0, 0.0]]), np.zeros(2)) is None


def test_people_by_number_of_conditions_are_put_into_the_bands_of_the_scheme(tmp_path: Path) -> None:
    stated = changed(by_conditions={"people": {0: 5000, 1: 3000, 2: 2000, 3: 600, 5: 400}, "status": "published"})
    for band in stated["bands"]:
        del band["people"]
    done = worked(tmp_path, stated)
    assert figures(done, "ltc_start", "ltc_start_persons") == {("band_a",): 8000, ("band_b",): 2000, ("band_c",): 1000}
    column = done[0].columns["ltc_start_persons"]
    assert {figure.status for figure in column.figures.values()} == {"published"}


FAULTS: dict[str, tuple[dict[str, Any], str]] = {
    "a row of the matrix above one": (
        of_band(1, moves={"band_c": 0.6, "band_a": 0.4}),
        "band_b: deaths of 0.03 and moves of 1 are 1.03 of its people; no more can leave a band than are in it: a row is at most 1",
    ),
    "a share in per cent": (of_band(2, death_share=10), "death_share in entry 3 of bands is 10; a share is a part of 1. Write 0.1"),
    "a share below zero": (of_band(1, moves={"band_c": -0.1}), "is -0.1; it cannot be below zero"),
    "a move to a band that is not there": (of_band(1, moves={"band_d": 0.1}), "'band_d' is no band of the file; nobody could arrive in it"),
    "a move to itself": (of_band(1, moves={"band_b": 0.1}), "band_b has a move to itself; who stays is what is left of 1"),
    "a band that the scheme does not have": (of_band(2, id="band_x"), "'band_x' is no segment of the scheme year_of_care"),
    "a scheme that is not there": (changed(scheme="year_of_cares"), "there is no scheme 'year_of_cares'"),
    "a band twice": (changed(bands=[*BANDS["bands"], BANDS["bands"][2]]), "band_c is there twice"),
    "a band without people": (of_band(0, people=None), "band_a has no people; gaps are never filled"),
    "people below zero": (of_band(0, people=-5), "people is -5; it cannot be below zero"),
    "a year without a price": (of_band(1, price_gbp_per_person={2026: 1500}), "there is no figure for 2027, 2028"),
    "no price at all": (changed(bands=[{**band, "price_gbp_per_person": None} for band in BANDS["bands"]]), "no band has a price"),
    "people given twice": (changed(by_conditions={"people": {0: 5000}}), "the people of band_a are given twice"),
    "a total that does not foot": (changed(stated_persons=11_400), "the bands hold 11,000 people and the stated total is 11,400; 400 people of the total are in no band"),
}  # fmt: skip


@pytest.mark.parametrize("name", FAULTS)
def test_a_file_of_bands_is_refused_with_the_line_and_the_remedy(tmp_path: Path, name: str) -> None:
    stated, message = FAULTS[name]
    given_, problems = read(tmp_path, stated)
    found = [str(problem) for problem in problems]
    assert given_ is None
    assert [text for text in found if message in text and text.startswith("bands.yaml, line")], found
    assert name == "people given twice" or len(found) == 1, found


def test_people_with_more_conditions_than_are_counted_or_in_no_band_of_the_file_are_refused(tmp_path: Path) -> None:
    stated = changed(by_conditions={"people": {0: 8000, 7: 30, 19: 1}})
    for band in stated["bands"]:
        del band["people"]
    found = [str(problem) for problem in read(tmp_path, stated)[1]]
    assert "30 people with 7 conditions are in band_d; the file has no such band, and they would be lost. Add band_d to bands" in found[0]
    assert "there are people with 19 conditions; the scheme year_of_care counts 18" in found[1]
