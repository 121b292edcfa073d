"""A blank is never taken for a no or for nil unless the column map says so, and then the report says how often."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from extracts import PERSON_MAP, pack_of, people, town, written

from capmodel import cli
from capmodel.baseline.persons.report.record import record_of
from capmodel.baseline.persons.segment import segment_people
from capmodel.baseline.persons.sums.add_up import Request
from capmodel.errors import BadInput


def refused(folder: Path, file: Path, *schemes: str, **changes: object) -> list[str]:
    with pytest.raises(BadInput) as found:
        segment_people(pack_of(town(folder, **changes)), Request(file, schemes=schemes))
    return [str(problem) for problem in found.value.problems]


@pytest.mark.parametrize("name", ["people.csv", "people.parquet"])
def test_blank_conditions_are_counted_by_condition_and_refused(name: str, tmp_path: Path) -> None:
    frame = people(200).astype({"cancer": object, "frailty": object})
    frame.loc[:19, "cancer"], frame.loc[5:7, "frailty"] = None, None
    message = refused(tmp_path, written(frame, tmp_path / name))
    because = (
        "it says whether a person has the condition, and a blank does not. Fill it in; or, where a blank means no, write blank_means_no:"
    )
    assert message == [
        f"people, 20 rows, first in row 1, 2, 3: cancer is blank; {because} [cancer] in persons.yaml.",
        f"people, 3 rows, first in row 6, 7, 8: frailty is blank; {because} [frailty] in persons.yaml.",
    ]


def test_blanks_that_mean_no_count_as_no_and_are_described_with_their_share(tmp_path: Path) -> None:
    frame = people(2_000).astype({"cancer": object})
    whole = segment_people(pack_of(town(tmp_path)), Request(written(frame, tmp_path / "whole.csv")))
    frame["cancer"] = np.where(frame["cancer"].astype(bool), "Y", " ")
    place = town(tmp_path, blank_means_no=["cancer"])
    made = segment_people(pack_of(place), Request(written(frame, tmp_path / "people.csv")))
    assert made.aggregates.people.equals(whole.aggregates.people)
    share = round((frame["cancer"] == " ").mean() * 100)
    said = f"A blank counts as no, as blank_means_no in persons.yaml says: cancer in {share}% of rows."
    assert record_of(made)["blanks"] == [said] and said in record_of(made)["limits"]
    assert record_of(whole)["blanks"] == []
    assert "frailty is blank" in refused(tmp_path, written(frame.assign(frailty=""), tmp_path / "more.csv"), blank_means_no=["cancer"])[0]
    assert segment_people(pack_of(town(tmp_path, blank_means_no=["all"])), Request(tmp_path / "more.csv")).quality.rows == 2_000


def test_the_command_says_what_blanks_were_taken_for(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    frame = people(1_000).astype({"cancer": object})
    frame.loc[:499, "cancer"] = ""
    file, place = written(frame, tmp_path / "people.csv"), town(tmp_path)
    asked = ["segment", str(file), "--place", str(place), "--out", str(tmp_path / "spend.csv")]
    assert cli.main(asked) == 2 and "500 rows" in capsys.readouterr().err and not (tmp_path / "spend.csv").exists()
    town(tmp_path, blank_means_no=["cancer"])
    assert cli.main(asked) == 0 and "cancer in 50% of rows" in " ".join(capsys.readouterr().out.split())


@pytest.mark.parametrize(("column", "scheme"), [("score", "risk_stratum"), ("sex", "own"), ("decile", "own")])
def test_what_a_scheme_asks_about_may_not_be_blank_unsaid(column: str, scheme: str, tmp_path: Path) -> None:
    frame = people(300).astype({"score": object, "sex": object, "decile": object})
    frame.loc[[3, 4], column] = None
    place, file = town(tmp_path), written(frame, tmp_path / "people.csv")
    (place / "segmentations").mkdir()
    own = "title: t\nsource: s\nsegments:\n  - {id: a, label: A, when: {sex: [F], deprivation: [1, 3]}}\n  - {id: b, label: B}\n"
    (place / "segmentations/own.yaml").write_text(own, encoding="utf-8")
    (message,) = refused(tmp_path, file, scheme)
    assert message.startswith(f"people, 2 rows, first in row 4, 5: {column} is blank; the scheme {scheme} asks about it")
    name = {"decile": "deprivation"}.get(column, column)
    assert f"blank_means_no: [{name}]" in message
    assert segment_people(pack_of(town(tmp_path, blank_means_no=[name])), Request(file, schemes=(scheme,))).quality.rows == 300
    assert segment_people(pack_of(town(tmp_path)), Request(file)).quality.rows == 300, "the scheme of the place does not ask about it"


def test_blank_amounts_are_nil_only_where_the_map_says_so(tmp_path: Path) -> None:
    frame = people(300).astype({"gp_gbp": object, "gp_n": object})
    frame.loc[:2, "gp_gbp"], frame.loc[:1, "gp_n"] = None, ""
    file = written(frame, tmp_path / "people.csv")
    message = refused(tmp_path, file)
    assert [text.split(";")[0] for text in message] == [
        "people, 3 rows, first in row 1, 2, 3: gp_gbp is blank",
        "people, 2 rows, first in row 1, 2: gp_n is blank",
    ]
    made = segment_people(pack_of(town(tmp_path, blank_means_zero=["gp_gbp", "gp_n"])), Request(file))
    assert record_of(made)["blanks"] == [
        "A blank counts as nil, as blank_means_zero in persons.yaml says: gp_gbp in 1% of rows, gp_n in 1% of rows."
    ]


@pytest.mark.parametrize(("family", "name"), [("blank_means_no", "cancre"), ("blank_means_no", "age"), ("blank_means_zero", "gp_gpb")])
def test_a_meaning_for_blanks_of_what_is_not_mapped_is_refused(family: str, name: str, tmp_path: Path) -> None:
    (message,) = refused(tmp_path, tmp_path / "people.csv", **{family: [name]})
    assert f"{family} names {name!r}, which is not mapped" in message and "persons.yaml, line" in message


def test_a_kept_copy_is_not_read_once_blanks_have_lost_their_meaning(tmp_path: Path) -> None:
    frame = people(1_000).astype({"cancer": object})
    frame.loc[:9, "cancer"] = None
    file = written(frame, tmp_path / "people.parquet")
    segment_people(pack_of(town(tmp_path, blank_means_no=["cancer"])), Request(file, keep=True))
    assert "cancer is blank" in refused(tmp_path, file)[0]


@pytest.mark.parametrize("keep", [False, True])
def test_a_parquet_column_without_a_value_is_added_up_as_in_csv(keep: bool, tmp_path: Path) -> None:
    """Arrow has a type for a column in which nobody has a value; a CSV has empty text."""
    frame = people(200).assign(sex=None, decile=None, score=None, care_gbp=None, care_n=None, cancer=None)
    place = town(tmp_path, blank_means_no=["cancer", "sex", "deprivation"], blank_means_zero=["care_gbp", "care_n"])
    (place / "segmentations").mkdir()
    own = "title: t\nsource: s\nsegments:\n  - {id: a, label: A, when: {sex: [F], deprivation: [1, 3]}}\n  - {id: b, label: B, when: {none: [cancer]}}\n  - {id: c, label: C}\n"
    (place / "segmentations/own.yaml").write_text(own, encoding="utf-8")
    csv, parquet = (
        segment_people(pack_of(place), Request(written(frame, tmp_path / f"people.{kind}"), schemes=("own",), keep=keep))
        for kind in ("csv", "parquet")
    )
    for name in ("people", "spend", "spread", "supplements"):
        assert getattr(parquet.aggregates, name).equals(getattr(csv.aggregates, name)), name
    assert parquet.aggregates.people.groupby("segment")["people"].sum().to_dict() == {"b": 200}
    assert record_of(parquet)["blanks"] == record_of(csv)["blanks"] != []


def test_a_parquet_column_without_a_value_is_blank_as_it_is_in_csv(tmp_path: Path) -> None:
    frame = people(100).assign(score=None, care_gbp=None, care_n=None)
    message = [refused(tmp_path, written(frame, tmp_path / f"people.{kind}"), "risk_stratum") for kind in ("csv", "parquet")]
    assert message[0] == message[1]
    assert [text.split(";")[0].split(": ")[1] for text in message[0]] == [
        f"{column} is blank" for column in ("score", "care_gbp", "care_n")
    ]


SPELT = {
    "cancer": ("1", "0"), "frailty": ("1.0", "0.0"), "copd": ("1.00", "0"), "asthma": ("Y", "n"),
    "diabetes": ("TRUE", "False"), "dementia": ("t", "F"), "stroke": (" yes ", "No"),
}  # fmt: skip


@pytest.mark.parametrize("name", ["people.csv", "people.parquet"])
def test_yes_and_no_are_read_alike_in_csv_and_parquet(name: str, tmp_path: Path) -> None:
    frame = people(400)
    expected = segment_people(pack_of(town(tmp_path)), Request(written(frame, tmp_path / "whole.parquet"))).aggregates.people
    as_text = frame.assign(**{column: np.where(frame[column], *spelt) for column, spelt in SPELT.items()})
    assert segment_people(pack_of(town(tmp_path)), Request(written(as_text, tmp_path / name))).aggregates.people.equals(expected)
    as_number = frame.assign(cancer=frame["cancer"].astype(float), frailty=frame["frailty"].astype("float32"))
    made = segment_people(pack_of(town(tmp_path)), Request(written(as_number, tmp_path / f"numbers-{name}")))
    assert made.aggregates.people.equals(expected)


def test_anything_else_is_neither_yes_nor_no(tmp_path: Path) -> None:
    frame, wrong = people(100).astype({"cancer": object}), ["2", "0.5", "-1", "11", "yes no", "+", "1,0", "x", "²", "1e400", "NA", "nan"]
    frame.loc[: len(wrong) - 1, "cancer"] = wrong
    assert [text.split(";")[0] for text in refused(tmp_path, written(frame, tmp_path / "people.csv"))] == [
        f"people, {len(wrong)} rows, first in row 1, 2, 3: cancer is neither yes nor no"
    ]


def test_the_map_of_the_tests_gives_blanks_no_meaning() -> None:
    assert not {"blank_means_no", "blank_means_zero"} & {*PERSON_MAP}
