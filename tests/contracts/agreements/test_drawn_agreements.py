"""Contracts of mixed agreements drawn at random: the engine and the recalculated workbook give what a plain loop gives, to the penny.

The suite tries a few; `python -m tests.benchmarks.agreements` tries 10,000, and 100 workbooks.
"""

from __future__ import annotations

import case_runner
import pytest
from drawn_agreements import MECHANISMS, case_of, drawn

CONTRACTS, BOOKS = 40, 3


def test_the_engine_pays_every_line_what_the_plain_loop_pays_and_all_of_it_adds_up() -> None:
    for seed in range(CONTRACTS):
        done = case_runner.run(case_of(seed))
        assert not case_runner.disagreements(done) and not case_runner.failing_checks(done), seed


def test_the_drawn_contracts_hold_every_mechanism_lines_without_an_agreement_and_both_sides_of_plan() -> None:
    given = [drawn(seed)["agreement"]["agreements"] for seed in range(CONTRACTS)]
    assert {each["mechanism"] for agreements in given for each in agreements} == set(MECHANISMS)
    found = [case_of(seed).expect for seed in range(CONTRACTS)]
    paid = [value for expect in found for name, values in expect.items() if "variance_paid" in name for value in values]
    worth = [value for expect in found for value in expect["agreement_all.all_uncovered_gbp"]]
    assert min(paid) < 0 < max(paid) and 0 in worth and max(worth) > 0


@pytest.mark.parametrize("seed", range(BOOKS))
def test_a_recalculated_workbook_pays_what_the_plain_loop_pays(seed: int) -> None:
    done = case_runner.run(case_of(seed))
    assert not case_runner.disagreements(done, case_runner.recalculate(done))
