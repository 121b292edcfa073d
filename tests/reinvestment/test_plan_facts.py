"""What a run says of its plan: other choices as good or nearly so, how far it is proved, and which mandatory option makes it lose."""

from __future__ import annotations

import itertools
import json
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace

import case_files
import case_runner
import pytest

from capmodel import cli
from capmodel.errors import NoPlan
from capmodel.model import Place, Result
from capmodel.reinvestment import choose as choosing
from capmodel.reinvestment.choose import Plan
from capmodel.reinvestment.plan_facts import plan_facts
from capmodel.reinvestment.solvers import enumerate as enumerate_solver
from capmodel.reports.run_record import record_of

EXAMPLE = str(Path(__file__).parents[2] / "assumptions/places/north-west-london")
CASES = {case.name: case for case in case_files.read_cases() if case.chain == "options"}


def options_that_lose(*options: tuple[str, bool], needs: tuple[tuple[str, str], ...] = ()) -> Plan:
    """The plan of the case with a mandatory loser, with 1,000 to spend, other mandatory options and rules."""
    case = CASES["OPT-04"]
    must = dict(options)
    given = {
        **case.given,
        "assumptions": {**case.given["assumptions"], "investment_budget_gbp": {2026: 1000}},
        "options": {
            **case.given["options"],
            "options": [{**each, "mandatory": must.get(each["id"], False)} for each in case.given["options"]["options"]],
            "exclusive": [],
            "requires": [{"id": f"{option}_{needed}", "option": option, "needs": needed} for option, needed in needs],
        },
        # A, B1, B2 and D cost more than they save, and M loses 5.
        "lines": {"care_budget.budget_gbp": dict.fromkeys(case.given["lines"]["care_budget.budget_gbp"], 5)},
    }
    plan = case_runner.run(replace(case, given=given)).plan
    assert plan is not None
    return plan


def test_a_plan_that_loses_names_the_mandatory_options_that_make_it_so() -> None:
    plan = options_that_lose(("M", True), ("A", True))
    assert plan.objective_gbp == -30 and plan.loss is not None
    assert [(each.option, each.value_gbp, each.without_gbp) for each in plan.loss.options] == [("A", -25, -5), ("M", -5, -25)]
    assert plan_facts(plan, {"M": "Must"})[1:] == [
        "The plan loses because of what must be done:",
        "  A: mandatory, worth -£25.00 by itself; best value without having to do it -£5.00",
        "  Must: mandatory, worth -£5.00 by itself; best value without having to do it -£25.00",
        "  Best value if no option were mandatory: £0.00",
    ]


def test_two_mandatory_options_that_need_the_same_are_reasons_together() -> None:
    """Without either of them the other still needs B1."""
    plan = options_that_lose(("M", True), ("D", True), needs=(("M", "B1"), ("D", "B1")))
    assert plan.loss is not None and {each.option for each in plan.loss.options} == {"M", "D"}
    assert all(each.needs == ("B1",) for each in plan.loss.options)
    assert plan.loss.without_all_gbp == 0


def test_a_plan_that_gains_has_no_reason_for_a_loss(result: Result) -> None:
    assert result.plan is not None and result.plan.loss is None
    assert "loss" not in record_of(result)["plan"]


def test_the_run_says_what_else_is_nearly_as_good(place: Place, result: Result) -> None:
    assert result.plan is not None
    assert plan_facts(result.plan, place.labels) == ["No other choice is worth within 1% of it; the next best is worth £5,791,726.83"]
    wider = place.run(near_share=0.05).plan
    assert wider is not None and wider.all_listed
    assert [round(each.objective_gbp, 2) for each in wider.others] == [5_791_726.83]
    assert plan_facts(wider, place.labels) == ["Other choices worth within 5% of it: 1", "  £5,791,726.83: without Telehealth"]


def test_the_record_holds_what_the_solver_said(place: Place) -> None:
    held = record_of(place.run(near_share=0.05, time_limit_s=30.0))["plan"]
    assert held["status"] == "Optimal" and held["proved"] and held["time_limit_s"] == 30.0
    assert "HiGHS" in held["version"] and held["gap_share"] == 0
    assert held["constraints_checked"] == 57
    assert held["near"] == [
        {
            "chosen": ["shared_care_record", "telecare", "reablement_first", "discharge_to_assess", "placement_review"],
            "objective_gbp": 5_791_726.83,
        }
    ]


def test_a_time_limit_that_is_reached_is_never_called_optimal(place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    # A clock on which every block of choices takes 1,000 seconds.
    monkeypatch.setattr(enumerate_solver, "time", SimpleNamespace(monotonic=itertools.count(0, 1000).__next__))
    result = place.run(solver="enumerate", time_limit_s=500)
    plan = result.plan
    assert plan is not None and not plan.proved and not plan.all_listed
    assert plan.bound_gbp >= plan.objective_gbp and plan.gap_share > 0
    held = json.loads(json.dumps(record_of(result), allow_nan=False))["plan"]
    assert (held["status"], held["proved"]) == ("Time limit reached", False)
    facts = plan_facts(plan, place.labels)
    assert "Time limit reached (time limit 500 seconds)" in facts[0]
    assert "was not found out in the time limit" in facts[1]


def test_ties_are_said_with_the_rule_that_decides() -> None:
    plan = case_runner.run(CASES["TIES"]).plan
    assert plan is not None
    facts = plan_facts(plan, {})
    assert facts[0] == "Other choices worth within 1% of it: 2"
    assert facts[-1].startswith("1 of them is worth as much to the penny. Of equals the choice with fewest options is taken")


def test_an_answer_worth_something_else_by_the_rules_is_not_used(monkeypatch: pytest.MonkeyPatch) -> None:
    """The objective is worked out by the engine, whatever the solver was asked."""
    right = choosing.problem_of
    monkeypatch.setattr(choosing, "problem_of", lambda *asked: replace(right(*asked), values=right(*asked).values + 0.02))
    with pytest.raises(NoPlan, match=r"worth .* to the solver and .* by the rules; it is not used"):
        case_runner.run(CASES["OPT-02"])


def test_an_answer_that_breaks_a_budget_by_a_penny_is_not_used(monkeypatch: pytest.MonkeyPatch) -> None:
    right = choosing.problem_of
    monkeypatch.setattr(choosing, "problem_of", lambda *asked: replace(right(*asked), constants=right(*asked).constants + 1e6))
    with pytest.raises(NoPlan, match=r"breaks budget.budget_slack_gbp for investment_budget, 2026 by .*; it is not used"):
        case_runner.run(CASES["OPT-02"])


def test_limits_that_cannot_be_are_in_one_report(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    code = cli.main(["run", EXAMPLE, "--near", "3", "--time-limit", "-1", "--set", "prudence=1", "--out", str(tmp_path)])
    said = capsys.readouterr().err
    assert code == 2
    assert "3 problems found" in said
    assert "--near: the share of the best within which choices are listed is 3; it is from 0 to 1. Write 0.01 for 1%." in said
    assert "--time-limit: the time limit is -1 seconds; a solver needs some time, and an end. Write 60." in said


@pytest.mark.parametrize("solver", ["highs", "cbc"])
def test_a_solver_prints_nothing_of_its_own(solver: str, place: Place, capfd: pytest.CaptureFixture[str]) -> None:
    try:
        place.run(solver=solver)
        with pytest.raises(NoPlan):
            place.run(changes={"investment_budget_gbp": 0.0}, solver=solver)
    except NoPlan as error:
        pytest.skip(str(error))
    assert tuple(capfd.readouterr()) == ("", "")
