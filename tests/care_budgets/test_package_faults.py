"""Faults of packages.yaml: each is one problem with its line, all of a file are one report, and nothing is written."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import place_kinds
import pytest
from package_files import packages, read

from capmodel.cli import main
from capmodel.errors import BadInput

Change = Callable[[dict[str, Any]], Any]


def contact(**terms: Any) -> Change:
    """The first contact with other terms; None takes one out."""

    def change(stated: dict[str, Any]) -> None:
        first = stated["packages"][0]["contacts"][0]
        first |= terms
        for name in [name for name, value in terms.items() if value is None]:
            del first[name]

    return change


def role(name: str, **terms: Any) -> Change:
    """A role with other terms."""
    return lambda stated: stated["roles"][name].update(terms)


def package(**terms: Any) -> Change:
    """The package with other terms."""
    return lambda stated: stated["packages"][0].update(terms)


def people(**terms: Any) -> Change:
    """The people of the package with other terms."""
    return lambda stated: stated["packages"][0]["people"].update(terms)


def twice(stated: dict[str, Any]) -> None:
    """The package a second time."""
    stated["packages"].append(stated["packages"][0])


def again(stated: dict[str, Any]) -> None:
    """A contact a second time."""
    stated["packages"][0]["contacts"].append(stated["packages"][0]["contacts"][0])


FAULTS: dict[str, tuple[Change, str]] = {
    "a role without a rate": (contact(role="midwife"), "the role 'midwife' of first has no rate; the contact would have no cost"),
    "a network without people": (
        lambda s: (s["packages"][0]["people"].update(total={2026: 820, 2027: 840}), s["packages"][0]["people"]["by_network"]["north"].pop("new")),
        "the network north has no figure for new",
    ),
    "people below zero": (
        lambda s: (s["packages"][0]["people"]["by_network"]["north"].update(new=-70), s.update(total_people={2026: 820, 2027: 840})),
        "new is -70; it cannot be below zero",
    ),
    "a budget of a misspelt package": (lambda s: s["budgets"][0].update(package="diabtes"), "'diabtes' is no package of the file"),
    "minutes below zero": (contact(minutes=-10), "minutes is -10; it cannot be below zero. Correct the sign"),
    "minutes in words": (contact(minutes="ten"), "minutes in entry 1 of contacts in entry 1 of packages is 'ten'; a number is needed here"),
    "minutes of one year": (contact(minutes={2026: 5}), "minutes has no figure for 2027/28; each year of the model needs one"),
    "minutes of no year": (contact(minutes={}), "minutes has no figure for 2026/27 and 2027/28"),
    "minutes of another year": (contact(minutes={2026: 5, 2027: 5, 2030: 5}), "minutes has a figure for 2030; it is no year of the model"),
    "a provenance without figure": (contact(minutes={"status": "local"}), "it has no figure; it needs one of them. Write value: for one figure"),
    "too many minutes": (contact(minutes=1e300), "minutes is 1e+300; no place has so much"),
    "a share above one": (contact(share=1.5), "share is 1.5; a share is a part of 1"),
    "a per cent": (contact(uptake_share=60), "uptake_share is 60; a share is a part of 1. Write 0.6 if 60 per cent is meant"),
    "a share below zero": (contact(uptake_share=-0.1), "uptake_share is -0.1; it cannot be below zero"),
    "a group below one": (contact(group_size=0.5), "group_size is 0.5; a group holds one person or more"),
    "month 13": (contact(in_care_months=[13]), "the month of care is 13; a year has the months 1 to 12"),
    "month 0 of the year": (contact(in_care_months=None, in_months_of_year=[0]), "the month of the year is 0; a year has the months 1 to 12"),
    "half a month": (contact(in_care_months=[1.5]), "the month of care is 1.5"),
    "a month twice": (contact(in_care_months=[2, 2]), "the month 2 is there twice"),
    "no month": (contact(in_care_months=[]), "in_care_months of first is empty; the contact would never take place"),
    "neither times nor months": (contact(in_care_months=None), "first has neither times nor months"),
    "times and months": (contact(times_a_year=2), "first has times_a_year: and in_care_months:"),
    "times a year and in a month": (contact(in_care_months=None, times_a_year=2, times_in_month=2), "first has times_a_year: and times_in_month:"),
    "another word": (contact(colour="red"), "'colour' is not a known name; it would be ignored"),
    "a source that is not there": (contact(minutes={"value": 5, "source": "p99"}), "the source 'p99' is not in sources.yaml"),
    "a contact twice": (again, "first is there twice; one would hide the other"),
    "a package twice": (twice, "diabetes is there twice; one would hide the other"),
    "an id with two labels": (contact(id="nurse"), "the id nurse is called 'First contact' here and 'Nurse' elsewhere"),
    "an id of our own": (contact(id="new_cases"), "the id new_cases is called 'First contact' here and 'New cases' elsewhere"),
    "an id that is no name": (contact(id="First contact"), "the id 'First contact' cannot be used"),
    "two contacts of one label": (contact(label="Recall"), "the label 'Recall' cannot be used; another one is the same but for case or blanks"),
    "pay in two ways": (role("gp", pay_gbp_per_year=9), "gp has pay a year and pay an hour"),
    "no pay": (lambda stated: stated["roles"]["gp"].pop("pay_gbp_per_hour"), "gp has no pay; an hour of contact is priced by one of them"),
    "pay below zero": (role("gp", pay_gbp_per_hour=-1), "pay_gbp_per_hour is -1; it cannot be below zero"),
    "never in contact": (role("gp", not_in_contact_share=1), "not_in_contact_share is 1; nobody would be seen in any hour"),
    "no contracted hours": (role("gp", contracted_hours=0), "contracted_hours is 0; nobody would be paid for an hour"),
    "on-costs as per cent": (role("gp", on_costs_share=25), "on_costs_share is 25; a share is a part of 1. Write 0.25"),
    "leaving in month 13": (package(attrition={"new": {"share": 0.1, "care_month": 13}}), "the month of care is 13"),
    "more leave than are there": (package(attrition={"new": {"share": 1.1}}), "share is 1.1; a share is a part of 1"),
    "starts of eleven months": (package(starts=[0.1] * 11), "starts has 11 shares; new cases begin in twelve months"),
    "starts that do not add up": (package(starts=[0.1] * 12), "1.2 in all; every new case begins in one month"),
    "a segment that is not there": (package(segment="adults"), "'adults' is no segment of the place"),
    "minutes that do not foot": (package(total_minutes=150), "the minutes of the contacts of diabetes add up to 141, and 150 is stated"),
    "people that do not foot": (people(total=800), "the people of diabetes in 2026 add up to 820, and the total stated is 800"),
    "packages that do not foot": (lambda stated: stated.update(total_people={2026: 820, 2027: 900}), "the people of all packages in 2027 add up to 840, and the total stated is 900"),
    "people without the year before": (lambda stated: stated["packages"][0]["people"].pop("new_before"), "diabetes has new cases, and not how many there were in the year before the model"),
    "people stated twice": (people(new=5), "the people of diabetes are stated for the place and by network"),
    "a network without a figure": (lambda stated: stated["packages"][0]["people"]["by_network"]["south"].pop("new"), "the network south has no figure for new in diabetes"),
    "a network that is not there": (lambda stated: stated["packages"][0]["people"]["by_network"].update(west={"new": 1, "existing": 1}), "'west' is no network of the file"),
    "contacts for nobody": (lambda stated: [each.pop("new") for each in stated["packages"][0]["people"]["by_network"].values()], "first is for new cases, and diabetes has none"),
    "a setting that is no id": (lambda stated: (contact(setting="GP, at home")(stated), stated["budgets"][0].update(setting="GP, at home")), "the setting 'GP, at home' cannot be used"),
    "a setting without budget": (contact(setting="hospital"), "there is no budget of diabetes, hospital; the contacts there cost money"),
    "no setting": (contact(setting=None), "first has no setting, and the budgets are by setting"),
    "a budget of no package": (lambda stated: stated["budgets"].append({"package": "stroke", "setting": "primary", "gbp": 1}), "'stroke' is no package of the file"),
    "a budget twice": (lambda stated: stated["budgets"].append(stated["budgets"][0]), "there are two budgets of diabetes, primary"),
    "budgets of all and of one": (lambda stated: stated["budgets"].append({"setting": "primary", "gbp": 1}), "some budgets have package: and some do not"),
    "a budget below zero": (lambda stated: stated["budgets"][1].update(gbp=-4), "gbp is -4; it cannot be below zero"),
    "a scale without budget": (lambda stated: stated.pop("budgets"), "scale is to_budget, and the file has no budget; there is nothing to scale to"),
}  # fmt: skip


@pytest.mark.parametrize("name", FAULTS)
def test_a_fault_is_refused_at_its_line(name: str, tmp_path: Path) -> None:
    change, words = FAULTS[name]
    with pytest.raises(BadInput) as error:
        read(packages(change), tmp_path)
    assert words in str(error.value)
    assert all(problem.where.startswith("packages.yaml, line ") for problem in error.value.problems)
    # Contacts of cases that are gone are several; any other fault is one problem.
    assert len(error.value.problems) == 1 or name in ("contacts for nobody", "minutes of another year", "a setting that is no id")


def test_a_setting_that_the_place_does_not_have_is_refused(tmp_path: Path) -> None:
    with pytest.raises(BadInput, match=r"'primary' is no setting of the place.*Did you mean primary_care") as error:
        read(packages(), tmp_path, {"setting": ("primary_care", "community")})
    # Of three contacts and a budget, each at its line.
    assert len(error.value.problems) == 1 and len(error.value.problems[0].also) == 3


def test_all_faults_are_one_report_and_nothing_is_written(small: Any, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    folder = Path(shutil.copytree(small.folder.parents[1], tmp_path / "assumptions")) / "places" / small.folder.name
    place_kinds.of_kind("packages", folder, small.result)

    def change(stated: dict[str, Any]) -> None:
        for each in (contact(minutes=-10, role="midwife", in_care_months=[13]), role("nurse", not_in_contact_share=1), people(total=1)):
            each(stated)

    place_kinds.edit(folder / "packages.yaml", change)
    assert main(["run", str(folder), "--out", str(tmp_path / "out")]) == 2
    said = " ".join(capsys.readouterr().err.split())
    assert "5 problems found" in said and "Traceback" not in said
    assert not (tmp_path / "out").exists()
    # A place of packages alone has nothing that a simulation draws.
    place_kinds.edit(folder / "packages.yaml", lambda stated: (stated.clear(), stated.update(packages())))
    assert main(["simulate", str(folder)]) == 2
    assert "the place does not have the step contract" in " ".join(capsys.readouterr().err.split())
