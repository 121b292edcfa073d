"""Every worked case through the engine and through a recalculated workbook, and no known case forgotten."""

from __future__ import annotations

import functools
from dataclasses import replace

import case_files
import case_runner
import pytest
from case_files import Case
from case_runner import Run

from capmodel.errors import NoPlan
from capmodel.reinvestment.solve import find_solver

CASES = case_files.read_cases()
ACCEPTED = [case for case in CASES if not case.is_refusal]
REFUSED = [case for case in CASES if case.is_refusal]
CHOSEN = [case for case in ACCEPTED if case.chain == "options"]
KNOWN: dict[str, float | None] = case_files.read_list("KNOWN.yaml")
NOT_YET: list[dict[str, str]] = case_files.read_list("NOT_YET.yaml")


def named(case: Case) -> str:
    return case.name


@functools.cache
def done(name: str) -> Run:
    """What the engine makes of a case, worked out once for all that is held against it."""
    return case_runner.run(next(case for case in ACCEPTED if case.name == name))


@pytest.mark.parametrize("case", ACCEPTED, ids=named)
def test_the_engine_gives_the_expected_figures(case: Case) -> None:
    assert case_runner.disagreements(done(case.name)) == []
    assert case_runner.failing_checks(done(case.name)) == set(case.expect.get("failing_checks", []))


@pytest.mark.parametrize("case", ACCEPTED, ids=named)
def test_the_recalculated_workbook_gives_the_expected_figures(case: Case) -> None:
    book = case_runner.recalculate(done(case.name))
    assert case_runner.disagreements(done(case.name), book) == []
    assert book.certificate.passed, book.certificate.differences[:3]


@pytest.mark.parametrize("case", REFUSED, ids=named)
def test_impossible_data_are_refused(case: Case) -> None:
    message = case_runner.refusal(case)
    assert message is not None, f"{case.name} was taken"
    assert case.expect["refused"] in message


@pytest.mark.parametrize("solver", ["enumerate", "highs", "cbc"])
@pytest.mark.parametrize("case", CHOSEN, ids=named)
def test_every_solver_chooses_the_expected_options(case: Case, solver: str) -> None:
    try:
        find_solver(solver)
    except NoPlan as error:
        pytest.skip(str(error))
    done = case_runner.run(case, solver)
    assert done.plan is not None
    assert done.plan.proved
    assert [name for name, taken in done.plan.chosen.items() if taken] == case.expect["chosen"]
    near = [[name for name, taken in each.chosen.items() if taken] for each in done.plan.others]
    assert done.plan.all_listed and near == case.expect.get("near", near)
    assert done.plan.objective_gbp == pytest.approx(case.expect["objective.plan_value_gbp"], abs=max(case.tolerance, 1e-9))
    assert case_runner.disagreements(done) == []


#: Known cases that have a runner of their own: scores and credibility, allocation rules (tests/capitation/test_allocate.py, tests/published),
#: published settlements (tests/published), and the warning of large savings (tests/contracts/test_contracts.py).
ELSEWHERE = {case["id"] for case in case_files.read_list("RISK_ADJUSTMENT.yaml")["cases"]} | {"NHS-02", "NHS-05", "MSSP-17", "SETP-12"}


def test_every_known_case_is_covered_or_listed_as_not_yet() -> None:
    covered = {case.id for case in CASES} | ELSEWHERE
    waiting = {entry["id"] for entry in NOT_YET if "part" not in entry}
    assert set(KNOWN) <= covered | waiting
    assert not covered & waiting


def test_what_a_covered_case_still_lacks_is_listed_as_a_part() -> None:
    covered = {case.id for case in CASES} | ELSEWHERE
    assert {entry["id"] for entry in NOT_YET if "part" in entry} <= covered
    assert all(entry["missing"].strip() for entry in NOT_YET)


#: A case of our own is worked by hand to the penny.
HALF_A_PENNY = 0.005


def test_no_tolerance_is_looser_than_that_of_the_known_case() -> None:
    for case in CASES:
        assert case.tolerance <= (KNOWN.get(case.id, HALF_A_PENNY) or 0), case.name
        assert all(0 <= tighter <= case.tolerance for tighter in case.tighter.values()), case.name


def test_cases_have_names_of_their_own_and_expect_figures() -> None:
    names = [case.name for case in CASES]
    assert len(set(names)) == len(names)
    for case in ACCEPTED:
        assert list(case_runner.expected_figures(done(case.name))), case.name
        assert set(case.tighter) <= set(case.expect), case.name


def test_a_wrong_expectation_is_found() -> None:
    """The harness itself: a penny more than expected is a disagreement in both worlds."""
    case = next(case for case in ACCEPTED if case.id == "EDGE-10")
    wrong = {**case.expect, "settlement.share_gbp[first]": [50.02, -50.02]}
    found = case_runner.run(replace(case, expect=wrong))
    assert len(case_runner.disagreements(found)) == 2
    assert len(case_runner.disagreements(found, case_runner.recalculate(found))) == 2


def test_the_workbook_is_live() -> None:
    """A value of the engine that is wrong on purpose is not what the recalculation gives, and the certificate says so."""
    case = next(case for case in ACCEPTED if case.id == "EDGE-23")
    done = case_runner.run(case)
    node = ("settlement", "share_gbp")
    spoilt = {**done.values.figures, node: done.values.figure(node) + 1}
    book = case_runner.recalculate(replace(done, values=replace(done.values, figures=spoilt)))
    assert case_runner.disagreements(done, book) == []
    assert not book.certificate.passed
