"""A roster of persons: what a cell of it holds is in no message, wherever an id has slipped to, and few people are not counted."""

from __future__ import annotations

from pathlib import Path

import pytest
from payment_files import BY_PERSON, changed, persons, read, write

SECRET = "9434765919"
HEAD = "person,unit,band,year,months,tests,feet\n"
BY_PEOPLE = changed(
    BY_PERSON, judged="unit",
    criteria=[{"id": "tests", "label": "Tests", "least_share": 0.9}, {"id": "feet", "label": "Feet", "least_share": 0.8}],
)  # fmt: skip


def refused(tmp_path: Path, roster: str, stated: dict[str, object] = BY_PERSON) -> list[str]:
    laid, problems = read(write(tmp_path, dict(stated), roster=roster), (2026,))
    assert laid is None and problems
    return [str(problem) for problem in problems]


@pytest.mark.parametrize(
    ("row", "what"),
    [
        (f"clinic,{SECRET},child,2026,12,1,1", "the unit is none of the file"),
        (f"p1,clinic,{SECRET},2026,12,1,1", "the band is none of the file"),
        (f"p1,clinic,child,{SECRET},12,1,1", "the year is none of the model"),
        (f"p1,clinic,child,2026/{SECRET},12,1,1", "the year is none of the model"),
        (f"p1,clinic,child,2026,id{SECRET},1,1", "months is no number"),
        (f"p1,clinic,child,2026,-{SECRET},1,1", "months is below zero"),
        (f"p1,clinic,child,2026,{SECRET},1,1", "the person has more than 12 months in 2026/27"),
        (f"p1,clinic,child,2026,12,{SECRET},1", "tests is neither 1 nor 0"),
        (f"p1,{SECRET},clinic,child,2026,12,1,1", "8 cells under 7 headings"),
    ],
)
def test_an_id_in_another_column_is_not_repeated(row: str, what: str, tmp_path: Path) -> None:
    found = refused(tmp_path, persons(10, {"tests": [], "feet": []}).replace("p1,clinic,child,2026,12.0,1,1", row))
    assert len(found) == 1 and what in found[0]
    assert "line 3" in found[0] and SECRET[:6] not in found[0] and "9.43" not in found[0]


def test_a_quarter_is_not_repeated(tmp_path: Path) -> None:
    roster = "person,unit,band,year,quarter,months,tests,feet\n" + "".join(f"p{i},clinic,child,2026,{SECRET},3,1,1\n" for i in range(6))
    found = refused(tmp_path, roster, changed(BY_PERSON, paid="quarterly"))
    assert not any(SECRET in text for text in found) and "the quarter is none of the year" in found[0]


def test_a_roster_without_headings_is_refused_once_and_its_first_person_is_not_named(tmp_path: Path) -> None:
    found = refused(tmp_path, persons(10, {"tests": [], "feet": [0]}).split("\n", 1)[1].replace("p0", SECRET))
    assert len(found) == 1 and "roster.csv, line 1: none of the headings is there" in found[0]
    assert SECRET not in found[0]


def test_a_planned_roster_of_persons_is_refused_as_such(tmp_path: Path) -> None:
    stated = changed(BY_PERSON, planning={"roster": {"file": "plan.csv"}, "earned_share": {2026: 1}})
    roster = persons(10, {"tests": [], "feet": []})
    laid, problems = read(write(tmp_path, stated, roster=roster, plan=roster), (2026,))
    assert laid is None and len(problems) == 1
    assert "the planned roster holds persons" in str(problems[0])


@pytest.mark.parametrize(("applies", "refuses"), [(3, True), (5, False), (0, False)])
def test_a_criterion_that_applies_to_few_people_is_refused(applies: int, refuses: bool, tmp_path: Path) -> None:
    roster = HEAD + "".join(f"p{i},clinic,child,2026,12,1,{'1' if i < applies else ''}\n" for i in range(10))
    laid, problems = read(write(tmp_path, dict(BY_PEOPLE), roster=roster), (2026,))
    words = "feet applies to fewer than 5 people of clinic in 2026/27; so few could be recognised in a workbook"
    assert [words in str(problem) for problem in problems] == ([True] if refuses else [])
    assert (laid is None) == refuses


def test_the_threshold_of_the_file_holds_for_criteria_too(tmp_path: Path) -> None:
    roster = HEAD + "".join(f"p{i},clinic,child,2026,12,1,{'1' if i < 3 else ''}\n" for i in range(10))
    laid, problems = read(write(tmp_path, dict(BY_PEOPLE, small_numbers=0), roster=roster), (2026,))
    assert laid is not None and not problems
