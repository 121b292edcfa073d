"""Trees of holders drawn at random: the engine and the recalculated workbook give what a plain loop gives, to the penny.

The suite tries a few; `python -m tests.benchmarks.holders` tries 10,000, and 100 workbooks.
"""

from __future__ import annotations

from dataclasses import replace

import case_runner
import pytest
from drawn_holders import case_of, drawn, wrong_in_book

TREES, BOOKS = 12, 2


def test_the_engine_settles_every_contract_as_the_plain_loop_does_and_every_tier_adds_up() -> None:
    for seed in range(TREES):
        done = case_runner.run(case_of(seed))
        assert not case_runner.disagreements(done) and not case_runner.failing_checks(done), seed


def test_many_trees_settled_at_once_are_what_each_is_alone() -> None:
    case = case_of(7, trees=20)
    done = case_runner.run(case)
    assert len(case.expect) == 20 * (31 + 30) and not case_runner.disagreements(done) and not case_runner.failing_checks(done)


def test_the_drawn_trees_hold_gains_and_losses_caps_gates_and_services_outside_the_scope() -> None:
    holders = [holder for seed in range(TREES) for holder in drawn(seed)["agreement"]["holders"]]
    assert {0, 0.01} <= {each["cap_share"] for each in holders if "cap_share" in each}
    assert {True, False} == {each["score_share"][2026] >= each["gate_share"] for each in holders if "gate_share" in each}
    assert {("care",), ("transport",), ()} == {tuple(each["scope"]) for each in holders if "scope" in each}
    values = [value for name, value in case_of(0).expect.items() if "passed" in name]
    assert min(values) < 0 < max(values)


@pytest.mark.parametrize("seed", range(BOOKS))
def test_a_recalculated_workbook_settles_as_the_plain_loop_does(seed: int) -> None:
    done = case_runner.run(case_of(seed))
    assert not wrong_in_book(done, case_runner.recalculate(done))


def test_a_check_fails_where_a_saving_is_kept_and_passed_on_at_once() -> None:
    case = case_of(3)
    nothing = {each["id"]: 0 for each in case.given["agreement"]["holders"]}
    twice = replace(case, given={**case.given, "lines": {"holder_year.passed_to_parent_gbp": nothing}}, expect={})
    assert case_runner.failing_checks(case_runner.run(twice)) == {"holders_all.check_holder_variance_gbp"}
