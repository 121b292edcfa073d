"""The place tower-hamlets-diabetes: it runs from files of its own, its published figures are marked as such, and its book is verified."""

from __future__ import annotations

from pathlib import Path

import openpyxl
import pytest

import capmodel
from capmodel.algebra.functions import to_pence
from capmodel.cli import main
from capmodel.place.result import Result

FOLDER = Path(__file__).parents[2] / "assumptions/places/tower-hamlets-diabetes"
#: The minutes that exhibit 20 prints; what it prints as a dash is not among them.
PRINTED = {"first_contact": 10, "induction": 15, "tests": 20, "planning": 40, "education_first": 120, "education_further": 180}


@pytest.fixture(scope="module")
def result() -> Result:
    return capmodel.load(FOLDER).run()


def test_its_files_are_the_packages_and_the_payment_and_no_more() -> None:
    assert {path.name for path in FOLDER.iterdir()} == {
        "place.yaml", "sources.yaml", "parameters.yaml", "scenarios.yaml", "packages.yaml", "payments.yaml", "payments-roster.csv",
        "payments-results.csv", "NOTES.md",
    }  # fmt: skip


def test_what_is_published_is_marked_and_nothing_else(result: Result) -> None:
    minutes = result.place.columns["contact_minutes"].figures
    published = {key[1]: figure.value for (key, _), figure in minutes.items() if figure.status == "published"}
    assert published == PRINTED
    assert all(
        figure.note.startswith("The exhibit prints no minutes")
        for (key, _), figure in minutes.items()
        if key[0] == "diabetes" and key[1] not in PRINTED
    )
    for name in ("year_pay_gbp", "on_costs_share", "not_in_contact_share", "network_persons", "contact_group_persons", "plan_gbp"):
        assert {figure.status for figure in result.place.columns[name].figures.values()} == {"illustrative"}, name
    assert {figure.status for (key, _), figure in minutes.items() if key[0] == "copd"} == {"illustrative"}


def test_its_people_are_the_published_number_in_eight_networks(result: Result) -> None:
    people = result.column("package_network", "network_persons")
    assert sum(value for (package, _, _, year), value in people.items() if (package, year) == ("diabetes", "2026")) == 11_000
    assert len({key[1] for key in people}) == 8


def test_the_cost_beside_the_price_of_the_payment_is_that_of_the_package(result: Result) -> None:
    beside = result.column("payment_bottom_up", "payment_package_gbp_per_person")
    worked_out = result.column("package_year", "average_gbp_per_person")
    over = result.column("payment_bottom_up", "over_package_gbp_per_person")
    for year in ("2026", "2027"):
        assert beside["diabetes_year", year] == worked_out["diabetes", year]
        assert to_pence(over["diabetes_year", year]) == to_pence(105 - worked_out["diabetes", year])
    dearer = capmodel.load(FOLDER).run(changes={"contact_minutes[diabetes,tests]": 60})
    assert dearer.column("payment_bottom_up", "over_package_gbp_per_person")["diabetes_year", "2026"] < over["diabetes_year", "2026"]


def test_the_command_runs_it_and_its_book_is_verified(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["run", str(FOLDER), "--out", str(tmp_path)]) == 0
    printed = capsys.readouterr().out
    assert "Care packages, £ a person a year" in printed and "Budget less cost of packages, Diabetes, community" in printed
    assert "NO EFFECT" not in printed
    book = tmp_path / "tower-hamlets-diabetes.xlsx"
    assert main(["verify", str(book), "--place", str(FOLDER)]) == 0, capsys.readouterr().out
    opened = openpyxl.load_workbook(book)
    assert len(opened["Out 10 Packages"]._charts) == 1
    sheet = opened["Data 4 Packages"]
    unlocked = [cell for row in sheet.iter_rows() for cell in row if isinstance(cell.value, (int, float)) and not cell.protection.locked]
    assert {10, 15, 120, 180} <= {cell.value for cell in unlocked}
