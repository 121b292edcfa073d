"""Care packages: what holds for any of them, what has no effect, and the gap to the Year of Care budgets of a place."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as some
from package_files import YEARS, Worked, packages
from place_kinds import edit

import capmodel
from capmodel.algebra.functions import to_pence
from capmodel.care_budgets.packages.idle import without_effect
from capmodel.care_budgets.packages.terms import Packages
from capmodel.cli import main

SHARES = some.floats(0, 1)
FEW = settings(max_examples=12, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])


@FEW
@given(
    minutes=some.floats(0, 300),
    pay=some.floats(5, 80),
    people=some.integers(0, 4000),
    shares=some.tuples(SHARES, SHARES, SHARES),
    months=some.lists(some.integers(1, 12), min_size=1, max_size=4, unique=True),
    leave_at=some.integers(1, 12),
)
def test_every_way_of_adding_up_gives_the_same_to_the_penny(
    minutes: float, pay: float, people: int, shares: tuple[float, ...], months: list[int], leave_at: int, tmp_path: Path
) -> None:
    def change(stated: dict[str, Any]) -> None:
        stated["roles"]["gp"]["pay_gbp_per_hour"] = pay
        package = stated["packages"][0]
        package["people"]["by_network"]["north"]["new"] = people
        package["attrition"]["new"] = {"share": shares[0], "care_month": leave_at}
        package["contacts"][0] |= {"minutes": minutes, "in_care_months": months, "share": shares[1], "uptake_share": shares[2]}

    done = Worked(packages(change), tmp_path)
    assert {name: out for name, out in done.checks().items() if out >= 0.005} == {}
    for year in map(str, YEARS):
        year_gbp = done.column("package_all", "packages_gbp")[(year,)]
        for table, name in (
            ("package_all_month", "all_month_gbp"),
            ("package_network_year", "network_year_gbp"),
            ("package_contact_year", "contact_gbp"),
        ):
            parts = [value for key, value in done.column(table, name).items() if key[-1] == year]
            assert to_pence(sum(parts)) == to_pence(year_gbp)
            assert all(to_pence(part) == pytest.approx(part, abs=1e-9) for part in parts)


@FEW
@given(size=some.floats(1, 30))
def test_twice_the_group_halves_the_staff_of_the_contact_and_nothing_else(size: float, tmp_path: Path) -> None:
    def of(group: float) -> Worked:
        return Worked(packages(lambda stated: stated["packages"][0]["contacts"][1].update(group_size=group)), tmp_path)

    one, two = of(size), of(2 * size)
    for name in ("staff_gbp_per_person", "contact_gbp_per_person"):
        single, double = one.column("package_contact", name), two.column("package_contact", name)
        for key, value in single.items():
            staff = one.column("package_contact", "staff_gbp_per_person")[key] / 2 if key[1] == "education" else 0
            assert double[key] == pytest.approx(value - staff)
    consumables = [done.column("package_visit", "consumables_gbp") for done in (one, two)]
    assert consumables[0] == consumables[1]


def test_a_year_like_the_one_before_costs_the_price_of_its_people(tmp_path: Path) -> None:
    """As many new cases as in the year before: what runs over from it stands for what runs over into the next."""

    def change(stated: dict[str, Any]) -> None:
        stated["packages"][0]["people"]["new_before"] = 120
        stated["packages"][0]["attrition"] = {"new": {"share": 0.2}}
        stated["packages"][0]["starts"] = [0.3, 0, 0, 0.1, 0.1, 0.1, 0, 0.2, 0, 0.1, 0, 0.1]

    done = Worked(packages(change), tmp_path)
    for key, cost in done.column("package_price", "case_gbp").items():
        assert cost == pytest.approx(done.column("package_price", "full_year_gbp")[key], abs=0.05)


def test_a_package_that_begins_with_the_model_has_the_rest_of_its_first_year_in_the_second(tmp_path: Path) -> None:
    def change(stated: dict[str, Any]) -> None:
        stated["packages"][0]["people"] = {
            "by_network": {name: {"new": {2026: 60, 2027: 0}} for name in ("north", "south")},
            "new_before": 0,
        }
        stated["packages"][0]["attrition"] = {}

    done = Worked(packages(change), tmp_path)
    cost = done.column("package_price", "case_gbp")
    whole = done.column("package_price", "full_year_gbp")["diabetes", "new_cases", "2026"]
    assert cost["diabetes", "new_cases", "2026"] + cost["diabetes", "new_cases", "2027"] == pytest.approx(whole, abs=0.05)
    assert cost["diabetes", "new_cases", "2027"] > 0
    # Nobody of the second year is there to take its cost: it is a line of its own.
    assert done.column("package_year", "no_network_gbp")["diabetes", "2027"] == pytest.approx(cost["diabetes", "new_cases", "2027"])
    assert {name: out for name, out in done.checks().items() if out >= 0.005} == {}


def test_staff_cost_is_that_of_their_whole_time_equivalents(tmp_path: Path) -> None:
    done = Worked(packages(), tmp_path)
    for (role, year), cost in done.column("package_role_year", "role_gbp").items():
        rate = done.column("package_rate", "contact_hour_gbp_per_hour")[role, year]
        contracted = done.column("package_rate", "contracted_hours")[role, year]
        away = done.column("package_rate", "not_in_contact_share")[role, year]
        staff = done.column("package_role_year", "role_year_wte")[role, year]
        assert staff * contracted * (1 - away) * rate == pytest.approx(cost, abs=0.2)


def test_the_provenance_of_a_figure_is_its_own_or_that_of_its_entry(tmp_path: Path) -> None:
    from package_files import read

    def change(stated: dict[str, Any]) -> None:
        contact = stated["packages"][0]["contacts"][0]
        contact |= {"status": "local", "note": "Of the contact", "consumables_gbp": {"value": 3, "status": "derived", "note": "Own"}}

    columns = read(packages(change), tmp_path).columns
    minutes = columns["contact_minutes"].figures[("diabetes", "first"), None]
    assert (minutes.status, minutes.note) == ("local", "Of the contact")
    consumables = columns["contact_consumables_gbp_per_person"].figures[("diabetes", "first"), None]
    assert (consumables.value, consumables.status, consumables.note) == (3, "derived", "Own")
    assert columns["hour_pay_gbp_per_hour"].figures[("gp",), None].status == "published"
    taken = columns["contact_uptake_share"].figures[("diabetes", "first"), None]
    assert (taken.value, taken.status, taken.note) == (1, "illustrative", "Not stated: everybody comes")


IDLE = {
    "a role": (lambda stated: stated["roles"].update(porter=stated["roles"]["nurse"]), "the role porter: no contact names it"),
    "leaving at the end": (lambda stated: stated["packages"][0]["attrition"]["existing"].update(care_month=12), "attrition of the existing cases of diabetes: they leave when their twelve months are over"),
    "leaving of nobody": (lambda stated: stated["packages"][0]["attrition"]["existing"].update(share=0), "attrition of the existing cases of diabetes: the share is 0"),
    "a contact nobody needs": (lambda stated: stated["packages"][0]["contacts"][0].update(share=0), "the contact first of diabetes: share is 0"),
    "a contact without cost": (lambda stated: stated["packages"][0]["contacts"][0].update(minutes=0), "the contact first of diabetes: it has no minutes and no consumables, so that it costs nothing"),
    "cases without contact": (lambda stated: [each.update({"for": "new"}) for each in stated["packages"][0]["contacts"]], "the existing cases of diabetes: no contact is for them"),
    "settings without budgets": (lambda stated: stated.update(budgets=[{"gbp": 5}]), "setting (community and primary): no budget is by setting"),
    "a segment without budgets": (lambda stated: stated["packages"][0].update(segment="adults"), "segment of diabetes: the place has no Year of Care budgets to hold the packages against"),
}  # fmt: skip


@pytest.mark.parametrize("name", IDLE)
def test_what_moves_no_money_is_reported(name: str) -> None:
    change, words = IDLE[name]
    assert without_effect(Packages.model_validate(packages()), YEARS, False) == []
    assert without_effect(Packages.model_validate(packages(change)), YEARS, False) == [words]


def test_packages_of_a_segment_are_held_against_its_year_of_care_budget(
    small: Any, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    import shutil

    folder = Path(shutil.copytree(small.folder.parents[1], tmp_path / "assumptions")) / "places" / small.folder.name
    segment, setting = (capmodel.load(folder).pack.dimensions[name][0].id for name in ("segment", "setting"))

    def change(stated: dict[str, Any]) -> None:
        stated["packages"][0]["segment"] = segment
        stated.pop("budgets")
        for contact in stated["packages"][0]["contacts"]:
            contact["setting"] = setting

    (folder / "packages.yaml").write_text(yaml.safe_dump(packages(change), sort_keys=False), encoding="utf-8")
    result = capmodel.load(folder).run(chosen=small.result.choice)
    assert result.passed
    cost, budget = result.column("package_all", "packages_gbp"), small.result.column("segment_budget", "year_of_care_gbp")
    for year in map(str, YEARS):
        gap = sum(value for (_, _, when), value in result.column("package_segment", "segment_gap_gbp").items() if when == year)
        assert gap == pytest.approx(budget[segment, year] - cost[(year,)])
        scaled = [value for key, value in result.column("package_segment_scaled", "segment_scaled_gbp").items() if key[-1] == year]
        assert to_pence(sum(scaled)) == to_pence(budget[segment, year])
    for table, name in (("settlement", "transfer_gbp"), ("care_budget", "budget_gbp")):
        assert result.column(table, name) == small.result.column(table, name)
    book = result.to_workbook(tmp_path / "book.xlsx")
    assert main(["verify", str(book), "--place", str(folder)]) == 0, capsys.readouterr().out
    edit(folder / "packages.yaml", lambda stated: stated.update(scale="none"))
    unscaled = capmodel.load(folder).run(chosen=small.result.choice)
    assert set(unscaled.column("package_segment_scale", "segment_scale_index").values()) == {1.0}


def test_a_figure_set_for_a_run_is_held_to_the_bounds_of_the_file(small: Any, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    import shutil

    import place_kinds

    folder = Path(shutil.copytree(small.folder.parents[1], tmp_path / "assumptions")) / "places" / small.folder.name
    place_kinds.of_kind("packages", folder, small.result)
    for change, words in {
        "contact_group_persons[diabetes,first]=0.5": "a group holds one person or more",
        "contracted_hours[gp]=0": "nobody would be paid for an hour",
        "not_in_contact_share[gp]=1": "nobody would be seen in any hour",
        "contact_minutes[diabetes,first]=-1": "it cannot be below zero",
        "year_pay_gbp[nurse]=-1": "it cannot be below zero",
        "contact_uptake_share[diabetes,first]=1.2": "a share is a part of 1",
    }.items():
        assert main(["run", str(folder), "--out", str(tmp_path / "out"), "--set", change]) == 2, change
        assert words in " ".join(capsys.readouterr().err.split()), change
    assert not (tmp_path / "out").exists()


def test_a_figure_that_follows_from_how_the_file_is_written_cannot_be_set(
    small: Any, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    import shutil

    import place_kinds

    folder = Path(shutil.copytree(small.folder.parents[1], tmp_path / "assumptions")) / "places" / small.folder.name
    place_kinds.of_kind("packages", folder, small.result)
    for change in ("began_before_flag[diabetes,new_cases,c02,apr]=0", "minutes_per_hour=50", "pay_by_hour_flag[gp]=0"):
        assert main(["run", str(folder), "--out", str(tmp_path / "out"), "--set", change]) == 2, change
        said = " ".join(capsys.readouterr().err.split())
        assert "it says how packages.yaml is built, and follows from what is written there. Change packages.yaml" in said
    assert main(["explain", str(folder), "all", "--list"]) == 0
    listed = capsys.readouterr().out
    assert "contact_minutes[diabetes,first" in listed and "\nbegan_before_flag[" not in listed


def test_a_scale_to_a_budget_that_is_met_is_reported(small: Any, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    import shutil

    import place_kinds

    folder = Path(shutil.copytree(small.folder.parents[1], tmp_path / "assumptions")) / "places" / small.folder.name
    place_kinds.of_kind("packages", folder, small.result)
    cost = {int(year): value for (year,), value in capmodel.load(folder).run().column("package_all", "packages_gbp").items()}
    edit(folder / "packages.yaml", lambda stated: stated.update(budgets=[{"gbp": cost}]))
    assert main(["run", str(folder), "--out", str(tmp_path / "out")]) == 0
    printed = capsys.readouterr().out
    assert "NO EFFECT: scale, for All packages: the packages cost what is budgeted" in printed, printed
    edit(folder / "packages.yaml", lambda stated: [each.update(minutes=0, consumables_gbp=0) for each in stated["packages"][0]["contacts"]])
    assert main(["run", str(folder), "--out", str(tmp_path / "out")]) == 0
    assert "NO EFFECT: scale, for All packages: the packages cost nothing" in capsys.readouterr().out
