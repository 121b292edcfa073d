"""Everything that is wrong with an extract is in one report: missing columns, columns of another kind, cells; nothing that follows from another."""

from __future__ import annotations

import datetime as dt
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from extracts import LINE_MAP, PERSON_MAP, as_lines, pack_of, people, town, written

from capmodel import cli
from capmodel.baseline.persons.segment import segment_people
from capmodel.baseline.persons.sums.add_up import Request
from capmodel.errors import BadInput


def refused(folder: Path, file: Path, lines: Path | None = None, mapped: dict[str, Any] = PERSON_MAP, **changes: Any) -> list[str]:
    with pytest.raises(BadInput) as found:
        segment_people(pack_of(town(folder, mapped, **changes)), Request(file, lines))
    return [f"{problem.where.removeprefix(str(folder))}: {problem.what}" for problem in found.value.problems]


def test_missing_columns_and_cells_of_both_files_are_in_one_report(tmp_path: Path) -> None:
    persons, lines = as_lines(people(120))
    persons = persons.drop(columns=["months", "cancer"])
    persons.loc[3, "age"] = 200
    persons = pd.concat([persons, persons.iloc[[7]]])
    lines = lines.drop(columns=["gbp", "on"]).assign(setting="teeth")
    message = refused(tmp_path, written(persons, tmp_path / "p.csv"), written(lines, tmp_path / "l.csv"), LINE_MAP)
    assert message == [
        "/p.csv: there is no column 'months'",
        "/p.csv: there is no column 'cancer'",
        "/l.csv: there is no column 'on'",
        "/l.csv: there is no column 'gbp'",
        "people, 1 row, first in row 4: age is out of range",
        f"activity lines, {len(lines):,} rows, first in row 1, 2, 3: setting is no setting of the place (teeth)",
        "people, 1 person, first in row 8, 121: a person is there twice in a year",
    ]


@pytest.mark.parametrize("column", ["id", "year"])
def test_nothing_follows_from_a_column_that_is_missing(column: str, tmp_path: Path) -> None:
    persons, lines = as_lines(people(90))
    files = written(persons.drop(columns=column), tmp_path / "p.csv"), written(lines, tmp_path / "l.csv")
    assert refused(tmp_path, *files, LINE_MAP) == [f"/p.csv: there is no column {column!r}"]


def test_people_twice_are_reported_beside_rows_without_a_year_or_a_person(tmp_path: Path) -> None:
    frame = people(90).astype({"year": object, "id": object})
    frame.loc[:29, "year"], frame.loc[30, "id"] = "soon", ""
    message = refused(tmp_path, written(pd.concat([frame, frame.iloc[[50]]]), tmp_path / "p.csv"))
    assert message == [
        "people, 30 rows, first in row 1, 2, 3: year is not a number",
        "people, 1 row, first in row 31: there is no person",
        "people, 1 person, first in row 51, 91: a person is there twice in a year",
    ]


def test_columns_of_another_kind_are_refused_by_what_they_hold(tmp_path: Path) -> None:
    frame = people(60).assign(
        age=dt.date(1980, 5, 1), months=True, gp_gbp=pd.Timestamp("2025-05-01"), cancer=dt.date(2025, 1, 1), town=b"x"
    )
    frame = frame.assign(ward_gbp=[[1.0]] * 60, id=dt.time(1, 2))
    message = refused(tmp_path, written(frame, tmp_path / "p.parquet"))
    assert message == [
        "/p.parquet: the column 'id' holds values of a kind that is not read",
        "/p.parquet: the column 'age' holds dates",
        "/p.parquet: the column 'months' holds yes and no",
        "/p.parquet: the column 'town' holds values of a kind that is not read",
        "/p.parquet: the column 'cancer' holds dates",
        "/p.parquet: the column 'gp_gbp' holds dates",
        "/p.parquet: the column 'ward_gbp' holds values of a kind that is not read",
    ]


@pytest.mark.parametrize("name", ["p.csv", "p.parquet"])
def test_parts_of_a_year_or_a_month_are_not_out_of_range(name: str, tmp_path: Path) -> None:
    frame = people(60).astype({"age": float, "months": float, "decile": float})
    frame.loc[0, "age"], frame.loc[1, "months"], frame.loc[2, "months"], frame.loc[3, "decile"] = 40.5, 6.5, 13.5, 2.5
    assert refused(tmp_path, written(frame, tmp_path / name)) == [
        "people, 1 row, first in row 1: age is not a whole number",
        "people, 1 row, first in row 3: months is out of range",
        "people, 1 row, first in row 2: months is not a whole number",
        "people, 1 row, first in row 4: decile is not a whole number",
    ]


def test_a_year_may_be_written_as_a_pair(tmp_path: Path) -> None:
    frame = people(60).astype({"year": object}).assign(year="2025/26")
    frame.loc[:9, "year"], frame.loc[10:19, "year"] = "2025-26", "2025/2026"
    assert segment_people(pack_of(town(tmp_path)), Request(written(frame, tmp_path / "p.csv"))).years == [2025]
    assert refused(tmp_path, written(frame.assign(year="2025/27"), tmp_path / "p.csv")) == [
        "people, 60 rows, first in row 1, 2, 3: year is not a number"
    ]


def test_packed_csv_files_are_read_as_they_are_alone_and_in_a_folder(tmp_path: Path) -> None:
    frame, place = people(200), town(tmp_path)
    expected = segment_people(pack_of(place), Request(written(frame, tmp_path / "p.csv"))).aggregates.people
    frame.to_csv(tmp_path / "p.csv.gz", index=False)
    (tmp_path / "parts").mkdir()
    for i in range(2):
        frame.iloc[i::2].to_csv(tmp_path / f"parts/{i}.csv.gz", index=False)
    for path in ("p.csv.gz", "parts"):
        assert segment_people(pack_of(place), Request(tmp_path / path)).aggregates.people.equals(expected), path
    (tmp_path / "cut.csv.gz").write_bytes((tmp_path / "p.csv.gz").read_bytes()[:900])
    assert refused(tmp_path, tmp_path / "cut.csv.gz") == ["/cut.csv.gz: the packed file is damaged or cut short"]


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("x.ods", b"PK\x03\x04" + b"mimetypeapplication/vnd.oasis.opendocument.spreadsheet", "it is saved as OpenDocument (.ods)"),
        ("x.csv", b"PK\x03\x04", "it is a packed file (.zip)"),
        ("x.xls", b"\xd0\xcf\x11\xe0", "it is saved in the format of Excel 97 to 2003 (.xls)"),
        ("x.csv", b"\x1f\x8b\x08\x00", "it is packed with gzip, and its name does not say so"),
        ("x.csv", b"PAR1", "it is a Parquet file, and its name does not say so"),
    ],
)
def test_another_kind_of_file_is_named_by_what_is_in_it(name: str, content: bytes, message: str, tmp_path: Path) -> None:
    (tmp_path / name).write_bytes(content)
    assert refused(tmp_path, tmp_path / name) == [f"/{name}: {message}"]


def test_the_map_the_schemes_and_the_options_are_in_one_report(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    place = town(tmp_path, conditions={"cancre": "x"})
    asked = ["segment", "p.csv", "--place", str(place), "--scheme", "age_conditions", "--out", str(tmp_path / "o.csv")]
    assert cli.main(asked) == 2
    said = capsys.readouterr().err
    assert "there is no condition 'cancre'" in said and "there is no scheme 'age_conditions'" in said
    asked[-1] = str(tmp_path / "o.txt")
    (place / "place.yaml").write_text("title: [", encoding="utf-8")
    assert cli.main(asked) == 2
    said = capsys.readouterr().err
    assert "does not end in .csv" in said and "place.yaml" in said


def test_a_path_that_no_file_can_have_is_a_message(tmp_path: Path) -> None:
    assert "no file can be called so" in refused(tmp_path, tmp_path / ("n" * 300))[0]


def test_a_map_that_still_says_place_is_shown_the_word_of_today_once(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    place = town(tmp_path, codes={"place": {"N": "north"}})
    text = (place / "persons.yaml").read_text(encoding="utf-8")
    (place / "persons.yaml").write_text(text.replace("  locality: town", "  place: town"), encoding="utf-8")
    assert cli.main(["packs", str(place)]) == 2
    message = capsys.readouterr().err
    today = "'place' is called 'locality' today; one word has one meaning in every file. Write locality: in its place."
    assert message.startswith("1 problem found:") and "and line" in message and today in message


def test_packs_reports_the_faults_of_a_column_map_and_of_the_schemes_of_a_place(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    place = town(tmp_path, scheme="age_conditon", codes={"locality": "x"}, scale_to_accounts=["teeth"])
    (place / "segmentations").mkdir()
    (place / "segmentations/own.yaml").write_text("title: t\nsource: s\nsegments:\n  - {id: a, label: A, when: {age: [5, 1]}}\n", "utf-8")
    everything = ["packs", "--root", str(tmp_path / "assumptions")]
    for asked, folder in ((everything, "town/"), (["packs", str(place)], "")):
        assert cli.main(asked) == 2
        message = capsys.readouterr().err
        assert f"{folder}persons.yaml, line" in message and f"{folder}own.yaml, line" in message
    town(tmp_path, scheme="age_conditon")
    (place / "segmentations/own.yaml").unlink()
    with pytest.raises(BadInput) as refusal:
        segment_people(pack_of(place), Request(tmp_path / "none.csv"))
    assert cli.main(["packs", str(place)]) == 2
    assert str(refusal.value.problems[0]) in capsys.readouterr().err
    town(tmp_path, conditions={})
    assert cli.main(["packs", str(place)]) == 2 and "which is not mapped" in capsys.readouterr().err
    town(tmp_path)
    assert cli.main(["packs", str(place)]) == 0 and cli.main(everything) == 0
    (place / "persons.yaml").unlink()
    assert cli.main(["packs", str(place)]) == 0


def test_a_stray_name_in_the_column_of_localities_is_described_and_refused_where_they_are_listed(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    frame, place = people(3_000), town(tmp_path)
    frame.loc[:5, "town"] = "esat"
    asked = ["segment", str(written(frame, tmp_path / "p.parquet")), "--place", str(place), "--out", str(tmp_path / "spend.csv")]
    assert cli.main(asked) == 0
    message = capsys.readouterr().out
    sizes = frame["town"].value_counts()
    assert f"Localities, 4: East {sizes['east']:,}, Esat " in message and f"West {sizes['west']:,}" in message
    assert "Very few people beside the largest locality, or suppressed: esat, north." in message, (
        "the people of esat are suppressed, and those of another place with them"
    )
    assert "or suppressed: esat, north." in (tmp_path / "spend.html").read_text("utf-8")
    town(tmp_path, codes={"locality": {name: name for name in ("east", "north", "west")}})
    assert cli.main(asked) == 2 and "town is no locality of the map (esat)" in capsys.readouterr().err
    town(tmp_path, codes={"locality": {name: name for name in ("east", "north", "west", "esat")}})
    assert cli.main(asked) == 0 and "Very few people" not in capsys.readouterr().out
