"""What a file of payments, its roster and its results may not say: each fault with its line, all of them in one report, no person named."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from payment_files import BY_PERSON, BY_UNIT, RESULTS, ROSTER, changed, persons, read, write


def report(path: Path, years: tuple[int, ...] = (2026, 2027)) -> list[str]:
    given, problems = read(path, years)
    assert given is None
    return [str(problem) for problem in problems]


ONE = {"band": BY_UNIT["bands"][0], "criteria": BY_UNIT["criteria"]}
STATED: dict[str, tuple[dict[str, Any], str]] = {
    "a band without a price": (
        {"bands": [{"id": "stable", "label": "Stable", "price_gbp_per_person": {2026: 300}}, BY_UNIT["bands"][1]]},
        "there is no figure for 2027; each year needs one",
    ),
    "a share above one": ({"linked_share": {2026: 30, 2027: 0.4}}, "linked_share.2026 is 30; a share is a part of 1. Write 0.3"),
    "a share of people above one": (
        {"criteria": [{**ONE["criteria"][0], "least_share": 90}, *ONE["criteria"][1:]]},
        "least_share in entry 1 of criteria is 90; a share is a part of 1. Write 0.9",
    ),
    "a criterion that nobody reports": (
        {"criteria": [*ONE["criteria"], {"id": "eyes", "label": "Eyes", "least_share": 0.9}]},
        "nobody reports the criterion eyes; it could not be met. Add rows of results, or remove the criterion",
    ),
    "a criterion that is there twice": (
        {"criteria": [*ONE["criteria"], ONE["criteria"][0]]},
        "plan is there twice; one would hide the other. Remove one",
    ),
    "a unit that nobody is in": (
        {"units": [*BY_UNIT["units"], {"id": "west", "label": "West"}]},
        "nobody on the roster is in west; it would have no effect",
    ),
    "a share that all or nothing does not read": ({"needed_share": 0.5}, "needed_share has no effect; all or nothing needs every criterion"),
    "a weight that all or nothing does not read": (
        {"criteria": [{**ONE["criteria"][0], "weight": 2}, *ONE["criteria"][1:]]},
        "the weight of plan has no effect",
    ),
    "a rule without its share": ({"rule": "at_least_share"}, "the rule at_least_share has no needed_share"),
    "an interval without width": ({"interval": {"deviates_number": 0, "list_sizes": [50]}}, "deviates_number is 0; the interval would have no width"),
    "an interval beyond all numbers": ({"interval": {"deviates_number": 1e300, "list_sizes": [50]}}, "deviates_number is 1e+300; no interval of use is so wide"),
    "a list size twice": ({"interval": {"deviates_number": 1.96, "list_sizes": [50, 50]}}, "the list size is 50 a second time"),
    "a table in another folder": ({"roster": {"file": "../roster.csv"}}, "the table '../roster.csv' is named with a folder"),
    "a table that is not there": ({"roster": {"file": "rooster.csv"}}, "there is no file rooster.csv"),
    "a figure of another year": ({"linked_share": {2026: 0.3, 2027: 0.4, 2028: 0.5}}, "there is a figure for 2028; it is no year of the model"),
    "a package that the place does not have": (
        {"bands": [{**BY_UNIT["bands"][0], "package_gbp_per_person": None, "package": "diabetes"}, BY_UNIT["bands"][1]]},
        "'diabetes' is no care package of the place; its cost is read from packages.yaml. Add packages.yaml, or write package_gbp_per_person",
    ),
    "a package twice": (
        {"bands": [{**BY_UNIT["bands"][0], "package": "diabetes"}, BY_UNIT["bands"][1]]},
        "the cost of the package of stable is there twice; package: and package_gbp_per_person: both give it",
    ),
    "two labels alike": (
        {"units": [BY_UNIT["units"][0], {"id": "south", "label": "north  Network"}]},
        "another one is the same but for case or blanks",
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", STATED)
def test_a_file_of_payments_is_refused_with_the_line_and_the_remedy(tmp_path: Path, name: str) -> None:
    changes, message = STATED[name]
    found = report(write(tmp_path, changed(BY_UNIT, **changes)))
    assert [text for text in found if message in text], found
    assert len(found) == 1


ROWS: dict[str, tuple[str, str, str]] = {
    "an unknown unit": (
        "roster",
        "nroth,stable,2026,1200",
        "line 2: there is no unit 'nroth'; rows are joined by exact id. Did you mean north",
    ),
    "an unknown band": ("roster", "north,stabel,2026,1200", "line 2: there is no band 'stabel'"),
    "another year": ("roster", "north,stable,2031,1200", "line 2: the year is '2031'; it is no year of the model. Write one of 2026, 2027"),
    "months below zero": ("roster", "north,stable,2026,-12", "line 2: months is -12; it cannot be below zero"),
    "months in words": ("roster", "north,stable,2026,twelve", "line 2: months is 'twelve'; a number is needed here"),
    "blank months": ("roster", "north,stable,2026,", "line 2: months is blank; a number is needed here, and a gap is never filled"),
    "a row twice": ("roster", "north,complex,2026,1200", "line 3: the unit and band is there twice"),
    "an unknown criterion": ("results", "north,plans,2026,112,120", "line 2: there is no criterion 'plans'"),
    "more met than there are": ("results", "north,plan,2026,130,120", "line 2: plan is met for 130 of 120; a share is a part of 1"),
    "a count for a yes or no": ("results", "north,lead,2026,7,9", "line 2: lead is 7 of 9; it has no least_share"),
    "a result twice": ("results", "north,tests,2026,100,120", "line 3: the result is there twice"),
}


@pytest.mark.parametrize("name", ROWS)
def test_a_row_of_a_roster_or_of_results_is_refused_with_its_line(tmp_path: Path, name: str) -> None:
    table, row, message = ROWS[name]
    text = ROSTER if table == "roster" else RESULTS
    first = text.splitlines()[1]
    found = report(write(tmp_path, BY_UNIT, **{table: text.replace(first, row)}))
    assert [each for each in found if each.startswith(f"{table}.csv, {message}")], found
    assert len(found) == 1


PERSONS: dict[str, tuple[str, str, str]] = {
    "thirteen months": ("p3,clinic,child,2026,12.0,1,1", "p3,clinic,child,2026,13,1,1", "roster.csv, line 5: the person has 13 months in 2026/27; there are 12"),
    "thirteen months in two rows": (
        "p3,clinic,child,2026,12.0,1,1", "p3,clinic,child,2026,7,1,1\np3,clinic,adult,2026,6,1,1",
        "roster.csv, line 5: the person has 13 months in 2026/27 with line 6; there are 12",
    ),
    "a person twice": ("p3,clinic,child,2026,12.0,1,1", "p3,clinic,child,2026,6,1,1\np3,clinic,child,2026,6,1,1", "roster.csv, line 6: the person with this unit, band and period is there twice"),
    "no person": ("p3,clinic,child", ",clinic,child", "roster.csv, line 5: the person is blank"),
    "a criterion in words": ("p3,clinic,child,2026,12.0,1,1", "p3,clinic,child,2026,12,yes,1", "roster.csv, line 5: tests is neither 1 nor 0; a criterion is met or not. Write 1, 0"),
    "a heading that is not known": ("months,tests,feet", "months,tests,feets", "roster.csv, line 1: the heading 'feets' is not known; its column would be ignored. Did you mean feet"),
    "no month": ("p3,clinic,child,2026,12.0", "p3,clinic,child,2026,0", "roster.csv, line 5: months is 0"),
}  # fmt: skip


@pytest.mark.parametrize("name", PERSONS)
def test_a_row_of_a_person_is_refused_and_the_person_is_not_named(tmp_path: Path, name: str) -> None:
    old, new, message = PERSONS[name]
    adults = {"bands": [*BY_PERSON["bands"], {"id": "adult", "label": "Adult", "price_gbp_per_person": {2026: 500}}]}
    text = persons(20, {"tests": [1], "feet": [2]}).replace(old, new)
    found = report(write(tmp_path, changed(BY_PERSON, **(adults if "adult" in new else {})), roster=text), (2026,))
    assert [each for each in found if each.startswith(message)], found
    assert "p3" not in " ".join(found)
    assert len(found) == 1


def test_fewer_people_than_may_be_shown_are_refused(tmp_path: Path) -> None:
    path = write(tmp_path, BY_PERSON, roster=persons(4, {"tests": [1], "feet": [2]}))
    assert report(path, (2026,)) == [
        "roster.csv: clinic, child has fewer than 5 people in 2026/27; so few could be recognised in a workbook. "
        "Put bands or units together, or give the roster added up by those who may see it."
    ]
    given, _ = read(write(tmp_path, changed(BY_PERSON, small_numbers=3), roster=persons(4, {"tests": [1], "feet": [2]})), (2026,))
    assert given is not None


def test_persons_are_not_judged_from_a_roster_of_units_nor_by_a_share_of_people(tmp_path: Path) -> None:
    found = report(write(tmp_path, changed(BY_UNIT, judged="person", results=None)))
    assert "least_share of plan has no effect; each person is judged, and there is no share of people" in found[0]
    criteria = [{"id": "plan", "label": "Plan"}]
    found = report(write(tmp_path, changed(BY_UNIT, judged="person", results=None, criteria=criteria)))
    assert "roster.csv has no column person; each person is judged, and it holds units" in found[0]
    found = report(write(tmp_path, changed(BY_UNIT, judged="person", criteria=criteria)))
    assert any("results has no effect" in text for text in found)


def test_everything_that_is_wrong_is_in_one_report(tmp_path: Path) -> None:
    stated = changed(BY_UNIT, linked_share={2026: 30, 2027: 0.4}, needed_share=0.5)
    roster, results = ROSTER.replace("north,stable,2026,1200", "nrth,stable,2026,13x"), RESULTS.replace("112,120", "130,120")
    found = report(write(tmp_path, stated, roster=roster, results=results))
    where = [text.split(",")[0] for text in found]
    assert where == ["payments.yaml", "payments.yaml", "roster.csv", "roster.csv", "results.csv"]


def test_a_criterion_is_reported_by_the_roster_or_by_the_results_not_by_both(tmp_path: Path) -> None:
    criteria = [{"id": "tests", "label": "Tests", "least_share": 0.9}, {"id": "feet", "label": "Feet", "least_share": 0.9}]
    stated = changed(BY_PERSON, judged="unit", criteria=criteria, results={"file": "results.csv"})
    tables = {"roster": persons(20, {"tests": [1], "feet": [2]}), "results": "unit,criterion,year,met,of\nclinic,feet,2026,18,20\n"}
    assert report(write(tmp_path, stated, **tables), (2026,)) == [
        "results.csv: feet is in it and in roster.csv; one of them would silently win. Keep it in one of them."
    ]
