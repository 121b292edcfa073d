"""Budgets of partners, capacity and floors: what is short where they cannot be kept, faults in one report, and what limits nothing."""

from __future__ import annotations

from copy import deepcopy
from dataclasses import replace
from pathlib import Path
from typing import Any

import case_files
import case_runner
import pytest
from option_files import effect, option, read, stated, texts

from capmodel.errors import NoPlan

CASES = {case.name: case for case in case_files.read_cases() if case.id.startswith("LIM-")}
KNOWN = {"status": "illustrative", "source": "s1"}


def without_choice(name: str) -> str:
    """What is said where every option of a case must be done."""
    case = CASES[name]
    given = deepcopy(dict(case.given))
    for each in given["options"]["options"]:
        each["mandatory"] = True
    with pytest.raises(NoPlan) as raised:
        case_runner.run(replace(case, given=given))
    return str(raised.value)


def test_a_budget_of_a_partner_that_is_short_is_named_in_pounds() -> None:
    said = without_choice("LIM-01a")
    assert "budget capital 2026/27: £100.00 cost, £90.00 there, £10.00 short" in said
    assert "The least relaxation is £10.00 in all:\n  budget capital 2026/27: from £90.00 to £100.00" in said


def test_what_may_be_carried_is_given_once() -> None:
    assert "budget partner 2027/28: £150.00 cost, £100.00 there, £50.00 short" in without_choice("LIM-01c")
    case = CASES["LIM-01b"]
    given = deepcopy(dict(case.given))
    given["options"]["options"][0] |= {"mandatory": True, "running_cost_gbp": {2026: 120, 2027: 120}}
    with pytest.raises(NoPlan) as raised:
        case_runner.run(replace(case, given=given))
    # 120 and 270 against 100 and 100: 20 more in the first year leave nothing to carry, so that 170 are short in the second.
    assert "The least relaxation is £190.00 in all" in str(raised.value)


def test_capacity_that_is_short_is_named_in_units() -> None:
    said = without_choice("LIM-03a")
    assert "capacity beds 2026/27: 11 units used, 10 units there, 1 unit short" in said
    assert "The least relaxation is 1 unit in all:\n  capacity beds 2026/27: from 10 units to 11 units" in said


def test_floors_that_cannot_be_kept_are_named() -> None:
    said = without_choice("LIM-04a")
    assert "floor of commissioner 2026/27: -£50.00 asked, -£100.00 there, £50.00 short" in said
    assert "floor of commissioner 2026/27: from -£50.00 to -£100.00" in said
    said = without_choice("LIM-05b")
    assert "floor least_for_b: £127.50 asked, £120.00 there, £7.50 short" in said
    assert "£7.50 more for the group, or a smaller least_share" in said


def budget(name: str, **changes: Any) -> dict[str, Any]:
    return {"id": name, "label": f"Budget {name}", "party": "commissioner", "kind": "all", "gbp": {2026: 10, 2027: 10}, **KNOWN, **changes}


def recycled(**changes: Any) -> dict[str, Any]:
    return {"recycled": {"share": 0.7, "settings": ["acute"], **changes}}


BEDS = {"id": "beds", "label": "Beds", "number": {2026: 5, 2027: 5}, **KNOWN}
PARTY = {"party": "council", "least_gbp": {2026: -5, 2027: 0}, **KNOWN}
GROUP = {"id": "floor_frail", "label": "Floor frail", "group": "frail", "of": "saving", "least_share": 0.5, **KNOWN}
FAULTS: dict[str, tuple[dict[str, Any], str]] = {
    "an unknown party": ({"budgets": [budget("b", party="counsil")]}, "Did you mean council"),
    "a kind that is none": ({"budgets": [budget("b", kind="capitl")]}, "kind"),
    "two budgets of one kind": ({"budgets": [budget("b"), budget("c")]}, "both for all of commissioner"),
    "cash recycled twice": ({"budgets": [budget("b", **recycled()), budget("c", party="council", **recycled())]}, "recycle 1.4 of the cash released in acute"),
    "a setting that is none": ({"budgets": [budget("b", **recycled(settings=["acte"]))]}, "Did you mean acute"),
    "half a year": ({"budgets": [budget("b", **recycled(lag_years=0.5))]}, "lag_years is 0.5"),
    "a lag beyond the years": ({"budgets": [budget("b", **recycled(lag_years=2))]}, "it has no effect"),
    "a budget without a year": ({"budgets": [budget("b", gbp={2026: 1})]}, "gbp has no figure for 2027"),
    "capacity below zero": ({"capacity": [{**BEDS, "number": {2026: -1, 2027: 5}}]}, "number is -1"),
    "capacity that is not there": ({}, "'bed' is no capacity of the file"),
    "a floor above nothing": ({"floors": {"parties": [{**PARTY, "least_gbp": {2026: 5, 2027: 0}}]}}, "a plan of no option leaves every party nothing"),
    "two floors of a party": ({"floors": {"parties": [PARTY, PARTY]}}, "council has two floors"),
    "a floor above everything": ({"floors": {"groups": [{**GROUP, "least_share": 1.5}]}}, "least_share is 1.5"),
    "a floor of no group": ({"floors": {"groups": [{**GROUP, "group": "frial"}]}}, "Did you mean frail"),
}  # fmt: skip


@pytest.mark.parametrize("fault", FAULTS)
def test_a_fault_of_a_limit_is_one_problem_with_its_line(tmp_path: Path, fault: str) -> None:
    parts, says = FAULTS[fault]
    uses = {"uses": {"bed": {2026: 1, 2027: 1}}} if fault == "capacity that is not there" else {}
    choices, problems = read(tmp_path, stated(option("a", effect("e"), **uses), **parts))
    assert choices is None and len(problems) == 1 and says in str(problems[0]), texts(problems)


def test_limits_that_limit_nothing_are_said(tmp_path: Path) -> None:
    idle = {
        "budgets": [budget("b", party="council"), budget("c", kind="capital")],
        "capacity": [BEDS],
        "floors": {"groups": [{**GROUP, "least_share": 0}]},
    }
    choices, problems = read(tmp_path, stated(option("a", effect("e")), **idle))
    assert choices is not None and not problems
    assert (
        "Without effect: the budget Budget b, since its party pays for no option, the budget Budget c, since no option of its party has "
        "capital cost, the capacity Beds, since no option uses it and the floor Floor frail, since it asks for nothing" in choices.remarks
    )


def test_a_budget_of_a_party_that_pays_for_nothing_is_no_obstacle() -> None:
    case = CASES["LIM-01a"]
    given = deepcopy(dict(case.given))
    for each in given["options"]["budgets"]:
        each["party"] = "provider"
    given["options"]["budgets"] = given["options"]["budgets"][:1]
    done = case_runner.run(replace(case, given=given))
    assert not case_runner.failing_checks(done)
