"""What is refused in an extract, an activity line or a map, in one report, and what a message never carries."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from extracts import LINE_MAP, PERSON_MAP, as_lines, nhs_numbers, pack_of, people, report, segmented, town, written

from capmodel.baseline.persons.segment import segment_people
from capmodel.baseline.persons.sums.add_up import Request
from capmodel.errors import BadInput

# ------------------------------------------------------------------ what is refused


def test_everything_wrong_is_in_one_report_with_counts_and_rows_and_no_identifier(tmp_path: Path) -> None:
    frame = people(100)
    frame.loc[3, "age"] = 121
    frame.loc[[5, 6, 7, 8], "months"] = 13
    frame.loc[9, "months"] = -1
    frame.loc[10, "gp_gbp"] = -0.01
    frame.loc[11, "care_gbp"] = np.nan
    frame.loc[12, "ward_gbp"] = np.inf
    frame.loc[[20, 21], "town"] = None
    message = report(tmp_path, frame)
    assert message == [
        "people, 1 row, first in row 4: age is out of range; an age is 0 to 120. Correct it.",
        "people, 5 rows, first in row 6, 7, 8: months is out of range; a year has 0 to 12 months. Correct it.",
        "people, 1 row, first in row 11: gp_gbp is negative; amounts are not below zero. Take credits off the line they belong to.",
        "people, 1 row, first in row 13: ward_gbp is above 100,000,000 or no number; nobody costs so much in a year. Check the unit under money:.",
        "people, 1 row, first in row 12: care_gbp is blank; a blank would be added up as nil. "
        "Fill it in; or, where a blank means nil, write blank_means_zero: [care_gbp] in persons.yaml.",
        "people, 2 rows, first in row 21, 22: a person is in no locality; spend belongs to a locality. Give everybody a locality.",
    ]
    assert not any("P0000" in text for text in message)


@pytest.mark.parametrize("kind", ["parquet", "csv"])
def test_people_who_are_there_twice_and_people_in_two_localities_are_distinguished(kind: str, tmp_path: Path) -> None:
    frame = people(50)
    again, moved = frame.iloc[[4]], frame.iloc[[7]].assign(town="elsewhere")
    file = written(pd.concat([frame, again, moved], ignore_index=True), tmp_path / f"people.{kind}")
    with pytest.raises(BadInput) as refused:
        segment_people(pack_of(town(tmp_path)), Request(file))
    assert [str(problem) for problem in refused.value.problems] == [
        "people, 1 person, first in row 5, 51: a person is there twice in a year; they would be counted twice. Keep one row a person and year.",
        "people, 1 person, first in row 8, 52: a person is in two localities in a year; they would be counted twice. "
        "Keep the locality where the person was longest, and add up the months and spend.",
    ]


def test_rows_of_a_folder_are_reported_by_file(tmp_path: Path) -> None:
    (tmp_path / "people").mkdir()
    frame = people(90)
    frame.loc[[3, 35], "months"] = 13
    for i, name in enumerate(("a", "b", "c")):
        written(frame.iloc[i * 30 : i * 30 + 30], tmp_path / "people" / f"{name}.csv")
    with pytest.raises(BadInput) as refused:
        segment_people(pack_of(town(tmp_path)), Request(tmp_path / "people"))
    (problem,) = refused.value.problems
    assert problem.where == "people, 2 rows, first in row 4 of a.csv, 6 of b.csv"


def test_texts_where_figures_belong_are_refused(tmp_path: Path) -> None:
    frame = people(60).astype({"age": object, "gp_gbp": object, "cancer": object})
    frame.loc[0, "age"] = "forty"
    frame.loc[1, "gp_gbp"] = "=A1*2"
    frame.loc[2, "gp_gbp"] = "1,200.00"
    frame.loc[3, "cancer"] = "perhaps"
    place = town(tmp_path)
    with pytest.raises(BadInput) as refused:
        segment_people(pack_of(place), Request(written(frame, tmp_path / "people.csv")))
    message = [problem.what for problem in refused.value.problems]
    assert message == [
        "age is not a number",
        "gp_gbp holds formulas",
        "gp_gbp is not a number",
        "cancer is neither yes nor no",
    ]


def test_lines_outside_the_year_and_codes_nobody_knows_are_refused(tmp_path: Path) -> None:
    persons, lines = as_lines(people(200))
    lines.loc[0, "on"] = "2024-03-31"
    lines.loc[1, "on"] = "31/12/2025"
    lines.loc[2, "setting"] = "teeth"
    lines.loc[3, "payer"] = None
    place = town(tmp_path, LINE_MAP)
    with pytest.raises(BadInput) as refused:
        segment_people(pack_of(place), Request(written(persons, tmp_path / "p.csv"), written(lines, tmp_path / "l.csv")))
    message = [problem.what for problem in refused.value.problems]
    assert message == [
        "on is not a date",
        "on is outside the years of the people",
        "setting is no setting of the place",
        "payer is no payer of the place",
    ]


@pytest.mark.parametrize("spaced", [False, True])
def test_nhs_numbers_are_refused_unless_a_pseudonym_is_asked_for_and_written_nowhere(spaced: bool, tmp_path: Path) -> None:
    numbers = nhs_numbers(800)
    shown = [f"{number[:3]} {number[3:6]} {number[6:]}" if spaced else number for number in numbers]
    frame = people(800).assign(id=shown)
    message = report(tmp_path, frame)
    assert message == [
        "people, column 'id': it holds 800 valid NHS numbers; identifiable people must not be read as they are. Replace them in the extract, or read them with --pseudonymise."
    ]
    made = segment_people(pack_of(town(tmp_path)), Request(tmp_path / "people.parquet", salt="ab12"))
    assert made.quality.identifiers_replaced
    pd.testing.assert_frame_equal(made.aggregates.people, segmented(tmp_path, people(800)).aggregates.people)


def test_ten_digit_pseudonyms_that_are_no_nhs_numbers_are_let_pass(tmp_path: Path) -> None:
    numbers = [str(number) for number in range(4_000_000_000, 4_000_000_900)]
    assert segmented(tmp_path, people(900).assign(id=numbers)).quality.rows == 900


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"columns": {**PERSON_MAP["columns"], "age": "aeg"}}, "there is no column 'aeg'"),
        ({"conditions": {"cancer": "cancer"}}, "the scheme age_condition asks about"),
        ({"conditions": {"cancer": "cancer", "cold": "copd"}}, "there is no condition 'cold'"),
        (
            {"spend": [*PERSON_MAP["spend"], {"column": "n", "setting": "teeth", "provider": "council", "payer": "council"}]},
            "'teeth' is not a setting",
        ),
        ({"spend": []}, "there must be either spend: or lines:"),
        ({"year": 2025}, "the year must be a column or one year for all"),
        ({"columns": {**PERSON_MAP["columns"], "months": "age"}}, "the column 'age' is mapped twice"),
        ({"small_numbers": 5.5}, "small_numbers"),
    ],
)
def test_a_column_map_that_does_not_fit_is_refused(change: dict[str, Any], message: str, tmp_path: Path) -> None:
    assert any(message in text for text in report(tmp_path, people(20), **change))


def test_an_extract_without_the_base_year_is_refused(tmp_path: Path) -> None:
    assert report(tmp_path, people(50, years=(2019,))) == [
        "the extract: it has the years 2019; the place's base year is 2025. Add the base year, or correct base_year in place.yaml."
    ]


def test_a_person_may_cost_more_than_the_square_of_which_fits_64_bits(tmp_path: Path) -> None:
    frame = people(200)
    frame.loc[0, "ward_gbp"] = 60_000_000.00
    made = segmented(tmp_path, frame, "salford_tiers")
    assert made.aggregates.people["cost_squared"].max() > 2**63


def test_one_year_for_all_is_no_column_position(tmp_path: Path) -> None:
    columns = {name: column for name, column in PERSON_MAP["columns"].items() if name != "year"}
    frame = people(60)
    assert segmented(tmp_path, frame, columns=columns, year=2025).years == [2025]
    message = report(tmp_path, pd.concat([frame, frame.iloc[[3]]]), columns=columns, year=2025)
    assert [text.split(":")[0] for text in message] == ["people, 1 person, first in row 4, 61"]


def test_row_numbers_are_no_cells_of_a_column_called_n(tmp_path: Path) -> None:
    frame = people(30).assign(n=777)
    frame.loc[4, "age"] = -1
    assert report(tmp_path, frame)[0].startswith("people, 1 row, first in row 5: age is out of range")


# ------------------------------------------------------------------ what a message never carries


@pytest.mark.parametrize("kind", ["csv", "parquet", "folder"])
def test_a_file_without_a_heading_is_refused_once_and_without_a_cell_of_it(kind: str, tmp_path: Path) -> None:
    rows = [(f"943476{number:04d}", 20 + number, 12, "St Helens", number * 1.37 + 5) for number in range(60)]
    path = tmp_path / ("people" if kind == "folder" else f"people.{kind}")
    if kind == "parquet":
        pd.DataFrame(rows[1:], columns=[str(cell) for cell in rows[0]]).to_parquet(path)
    else:
        if kind == "folder":
            path.mkdir()
        pd.DataFrame(rows).to_csv(path / "a.csv" if kind == "folder" else path, index=False, header=False)
    with pytest.raises(BadInput) as refused:
        segment_people(pack_of(town(tmp_path)), Request(path))
    (problem,) = refused.value.problems
    message = str(problem).removeprefix(str(path))
    assert "the first line holds none of the columns that persons.yaml maps" in message
    assert not any(cell in message for cell in ("9434", "20", "12", "St Helens", "5.0"))


def test_only_a_close_name_that_is_no_cell_is_offered_for_a_column_that_is_missing(tmp_path: Path) -> None:
    frame = people(40).rename(columns={"months": "month", "decile": "9434765918", "score": "Smith"})
    mapped = {**PERSON_MAP["columns"], "deprivation": "9434765910"}
    message = report(tmp_path, frame, columns=mapped)
    path = tmp_path / "people.parquet"
    assert message == [
        f"{path}: there is no column 'months'; persons.yaml maps it. Did you mean month?",
        f"{path}: there is no column '9434765910'; persons.yaml maps it. Add it to the extract, or correct persons.yaml.",
        f"{path}: there is no column 'score'; persons.yaml maps it. Add it to the extract, or correct persons.yaml.",
    ]


@pytest.mark.parametrize("column", ["age", "months", "fy", "decile", "score", "gp_n", "gp_gbp", "id"])
@pytest.mark.parametrize("value", [np.inf, -np.inf, 1e300])
def test_a_number_without_end_is_refused_with_its_row(column: str, value: float, tmp_path: Path) -> None:
    frame = people(60).rename(columns={"year": "fy"}).assign(id=np.arange(60))
    frame[column] = frame[column].astype(float)
    frame.loc[3, column] = value
    message = report(tmp_path, frame, columns={**PERSON_MAP["columns"], "year": "fy"})
    assert [text.split(":")[0] for text in message] == ["people, 1 row, first in row 4"]


@pytest.mark.parametrize("empty", [False, True])
def test_a_cell_that_is_wrong_is_reported_once_and_by_what_it_is_for(empty: bool, tmp_path: Path) -> None:
    frame = people(60).rename(columns={"year": "fy"}).astype({"fy": object, "age": object, "months": object, "decile": object})
    wrong = "" if empty else "forty"
    frame.loc[0, "age"], frame.loc[1, "months"], frame.loc[2, "decile"], frame.loc[3, "fy"] = wrong, wrong, wrong, wrong and "2025/27"
    file = written(frame, tmp_path / "people.csv")
    with pytest.raises(BadInput) as refused:
        segment_people(pack_of(town(tmp_path, columns={**PERSON_MAP["columns"], "year": "fy"})), Request(file))
    digits, fill = "Write digits only, without commas, signs or words.", "nobody's is guessed. Fill it in, or leave the person out."
    assert [str(problem).removeprefix("people, 1 row, first in row ") for problem in refused.value.problems] == (
        [f"1: there is no age; {fill}", f"2: there is no months; {fill}", f"4: there is no year; {fill}"]
        if empty
        else [
            "1: age is not a number; it decides the segment. Write the age in completed years, in digits only.",
            f"2: months is not a number; person-years are counted by it. {digits}",
            "4: fy is not a number; spend belongs to a year. Write the year it starts in, 2025 for 2025/26.",
            f"3: decile is not a number; it may decide the segment. {digits}",
        ]
    )


def test_a_cost_that_is_no_number_is_not_missing_too(tmp_path: Path) -> None:
    persons, lines = as_lines(people(200))
    lines = lines.astype({"gbp": object})
    lines.loc[0, "gbp"], lines.loc[1, "gbp"] = "ten", ""
    place = town(tmp_path, LINE_MAP)
    with pytest.raises(BadInput) as refused:
        segment_people(pack_of(place), Request(written(persons, tmp_path / "p.csv"), written(lines, tmp_path / "l.csv")))
    assert [(problem.where, problem.what) for problem in refused.value.problems] == [
        ("activity lines, 1 row, first in row 1", "gbp is not a number"),
        ("activity lines, 1 row, first in row 2", "a line has no cost"),
    ]


def test_codes_that_the_map_does_not_know_are_reported_where_they_are_no_identifiers(tmp_path: Path) -> None:
    frame = people(300)
    frame.loc[:29, "town"], frame.loc[30:39, "town"], frame.loc[40:49, "town"], frame.loc[50, "town"] = "N1", "943 476 5918", "n" * 13, "N2"
    codes = {"locality": {"E": "east", "W": "west", "S": "north"}}
    message = report(tmp_path, frame, codes=codes)
    assert message == [
        "people, 51 rows, first in row 1, 2, 3: town is no locality of the map (N1); its spend would go nowhere. "
        "Add its code under codes: locality: in persons.yaml."
    ]
    # A column of people under the name of a place has many codes, each on few rows.
    message = report(tmp_path, frame.assign(town=[f"P{number // 6:03d}" for number in range(300)]), codes=codes)
    assert message[0].startswith("people, 300 rows, first in row 1, 2, 3: town is no locality of the map; ")


def test_the_base_year_is_looked_for_before_anything_is_packed(tmp_path: Path) -> None:
    file = written(people(50, years=(2018, 2019)), tmp_path / "people.parquet")
    with pytest.raises(BadInput, match=r"^the extract: it has the years 2018, 2019; the place's base year is 2025\. "):
        segment_people(pack_of(town(tmp_path)), Request(file, keep=True))
    assert not (tmp_path / "people.parquet.packed").exists()
