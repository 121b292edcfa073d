"""Where no choice of options can be made, what is short is said in pounds for each constraint and year, and the least that would do."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import case_files
import case_runner
import numpy as np
import pytest
from drawn_options import drawn_problem, years_of

from capmodel import cli
from capmodel.algebra.evaluate import evaluate
from capmodel.errors import NoPlan
from capmodel.model import Place
from capmodel.reinvestment import infeasible
from capmodel.reinvestment.choose import choose
from capmodel.reinvestment.option_tests.alone import with_given
from capmodel.reinvestment.solvers import Problem, enumerate

ROOT = Path(__file__).parents[2]
CASES = {case.name: case for case in case_files.read_cases() if case.chain == "options"}


def said_of(name: str, given: dict[str, object]) -> str:
    """What is said where a worked case is given otherwise."""
    case = CASES[name]
    merged = {**case.given, **{key: {**case.given[key], **value} if isinstance(value, dict) else value for key, value in given.items()}}
    with pytest.raises(NoPlan) as raised:
        case_runner.run(replace(case, given=merged))
    return str(raised.value)


def rules_kept(problem: Problem, years: int) -> list[tuple[int, ...]]:
    return enumerate.every_choice(replace(problem, constants=problem.constants[years:], coefficients=problem.coefficients[years:]))


@pytest.mark.parametrize("carried", [False, True])
def test_the_least_relaxation_is_the_least_over_all_choices(carried: bool) -> None:
    tried = 0
    for seed in range(200, 240):
        problem = drawn_problem(seed)
        years = years_of(problem)
        # Budgets so low that whatever must be done, or nothing at all, cannot be paid for.
        problem = replace(problem, constants=np.append(problem.constants[:years] - 25, problem.constants[years:]))
        adds = np.zeros((len(problem.constants), years))
        adds[:years] = np.tril(np.ones((years, years))) if carried else np.eye(years)
        kept = rules_kept(problem, years)
        if not kept or enumerate.every_choice(problem):
            continue
        tried += 1
        chosen, bound = infeasible.least_lacking(problem, adds)
        amounts = infeasible.lacking(problem, adds, chosen)
        expected = min(infeasible.lacking(problem, adds, each).sum() for each in kept)
        assert chosen in kept
        assert amounts.sum() == pytest.approx(expected, abs=0.005), seed
        assert bound == pytest.approx(expected, abs=0.005), seed
        raised = replace(problem, constants=problem.constants + adds @ amounts)
        assert chosen in enumerate.every_choice(raised)
    assert tried > 10


def test_what_is_short_is_said_by_year_with_the_least_that_would_do(place: Place) -> None:
    with pytest.raises(NoPlan) as raised:
        place.run(
            changes={"carry_forward_flag": 0.0, "investment_budget_gbp[2026]": 3_000_000.0, "investment_budget_gbp[2028]": 899_999.99}
        )
    assert str(raised.value).splitlines() == [
        "No choice of options keeps every constraint (highs: Infeasible).",
        "What is short, at the least, for each constraint and year. The choice that lacks least is Shared care record (must be done):",
        "  investment budget 2026/27: £3,100,000.00 cost, £3,000,000.00 there, £100,000.00 short",
        "  investment budget 2028/29: £900,000.00 cost, £899,999.99 there, £0.01 short",
        "The least relaxation is £100,000.01 in all:",
        "  investment_budget_gbp 2026/27: from £3,000,000.00 to £3,100,000.00",
        "  investment_budget_gbp 2028/29: from £899,999.99 to £900,000.00",
        "With it the best choice is Shared care record, of present value -£7,014,475.83.",
    ]
    plan = place.run(
        changes={"carry_forward_flag": 0.0, "investment_budget_gbp[2026]": 3_100_000.0, "investment_budget_gbp[2028]": 900_000.0}
    ).plan
    assert plan is not None and round(plan.objective_gbp, 2) == -7_014_475.83


def test_a_budget_that_may_be_carried_is_made_good_once(place: Place) -> None:
    """What the first year lacks would be missing from every later year too; given in the first year, it is asked for once."""
    flags = {"carry_forward_flag": 1.0, "investment_budget_gbp": 1_500_000.0}
    with pytest.raises(NoPlan) as raised:
        place.run(changes=flags)
    said = str(raised.value)
    assert "investment budget 2026/27: £3,100,000.00 cost, £1,500,000.00 there, £1,600,000.00 short" in said
    assert "investment budget 2027/28: £1,700,000.00 cost, £1,500,000.00 there, £200,000.00 short" in said
    assert "2028/29" not in said
    assert "The least relaxation is £1,800,000.00 in all" in said


def test_what_there_is_is_what_is_there_where_a_cost_has_parts_of_a_penny(place: Place) -> None:
    """What is short is rounded up to the penny; what is there is the budget as the file has it, and the three figures of a line add up."""
    changes = {"carry_forward_flag": 0.0, "investment_budget_gbp": 700_000.0, "running_cost_gbp[shared_care_record]": 900_000.004}
    with pytest.raises(NoPlan) as raised:
        place.run(changes=changes)
    said = str(raised.value)
    assert "investment budget 2030/31: £900,000.01 cost, £700,000.00 there, £200,000.01 short" in said
    assert "investment_budget_gbp 2030/31: from £700,000.00 to £900,000.01" in said


def test_rules_that_contradict_one_another_are_named_and_no_others() -> None:
    """A file that states the contradiction is refused; one that is set for a run is explained."""
    prepared = case_runner.prepare(CASES["OPT-04"])
    assert prepared.choices is not None
    must = np.array([float(option in ("B1", "B2", "M")) for option in prepared.choices.options])
    known = evaluate(case_runner.BEFORE_OPTIONS, with_given(prepared.values, {("option", "mandatory_flag"): must}))
    with pytest.raises(NoPlan) as raised:
        choose(known)
    said = str(raised.value)
    assert said.splitlines()[1:] == [
        "These rules cannot all be kept, whatever the budgets are; one of them must be given up:",
        "  B1 must be done (mandatory)",
        "  B2 must be done (mandatory)",
        "  one_b allows one option only (exclusive)",
    ]


def test_the_command_reports_it_and_writes_nothing(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    code = cli.main(["run", str(ROOT / "assumptions/places/north-west-london"), "--set", "investment_budget_gbp=0", "--out", str(tmp_path)])
    printed = capsys.readouterr()
    assert (code, printed.out, [*tmp_path.iterdir()]) == (2, "", [])
    assert "Nothing was written. No choice of options keeps every constraint" in printed.err
    assert "The least relaxation is £7,500,000.00 in all" in printed.err


@pytest.mark.parametrize("solver", ["highs", "enumerate", "cbc"])
def test_the_explanation_is_the_same_whichever_solver_was_asked(solver: str) -> None:
    case = CASES["OPT-02"]
    must = [{**each, "mandatory": True} for each in case.given["options"]["options"]]
    given = replace(case, given={**case.given, "options": {**case.given["options"], "options": must}})
    with pytest.raises(NoPlan) as raised:
        case_runner.run(given, solver)
    if "not installed" in str(raised.value):
        pytest.skip(str(raised.value))
    said = str(raised.value)
    assert "investment budget 2026/27: £550.00 cost, £300.00 there, £250.00 short" in said
    assert "investment budget 2027/28: £370.00 cost, £200.00 there, £170.00 short" in said
    assert "investment budget 2028/29: £250.00 cost, £200.00 there, £50.00 short" in said
    assert "The least relaxation is £470.00 in all" in said
