"""What options.yaml may state of evidence, cost and delivery: faults in one report, and what a reader of a run is told."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from option_files import effect, grade, option, read, stated, texts

from capmodel.reinvestment.delivery import delivered_number

FIVE = {"by_month": {"first_month": 5, "ramp_months": 3}, "delivery_share": None}


def test_a_file_without_new_terms_has_no_rows_for_them_and_says_that_nothing_is_graded(tmp_path: Path) -> None:
    choices, problems = read(tmp_path, stated(option("a", effect("e1")), option("b")))
    assert not problems and choices is not None
    empty = ("grade", "mitigation", "cost_grade", "effect_grade", "capital_cost", "double_running", "risk_cost", "monthly")
    assert [choices.rows[name].lines for name in empty] == [0] * len(empty)
    assert choices.remarks == ("Without an evidence grade, and so without optimism bias: the cost of 2 of 2 options, 1 of 1 effects",)


def test_what_has_no_grade_and_grades_of_nothing_are_counted(tmp_path: Path) -> None:
    graded = option(
        "a",
        effect("e1", grade="trial"),
        effect("e2", setting="community"),
        cost={"status": "illustrative", "source": "s1", "grade": "trial"},
    )
    choices, problems = read(tmp_path, stated(graded, option("b"), grades=[grade("trial"), grade("spare")]))
    assert not problems and choices is not None
    assert choices.remarks == (
        "Without an evidence grade, and so without optimism bias: the cost of 1 of 2 options, 1 of 2 effects",
        "The evidence grade Grade spare has no effect: nothing is of it",
    )


def test_figures_that_are_not_stated_do_not_pass_for_stated_ones(tmp_path: Path) -> None:
    choices, _ = read(tmp_path, stated(option("a", effect("e1"), owner="Chief nurse", **FIVE)))
    assert choices is not None and choices.owners == {"a": "Chief nurse"}
    figures = {name: choices.columns[name].figures[("a",), None] for name in ("ramp_months_number", "monthly_decay_share")}
    assert figures["ramp_months_number"].status == "illustrative" and figures["monthly_decay_share"].status == "default"
    assert choices.columns["setup_cost_gbp"].figures[("a",), 2026].note == "Owner: Chief nurse"


COST = {"status": "illustrative", "source": "s1"}
FAULTS: dict[str, tuple[Any, str]] = {
    "a grade that is not there": (lambda: [option("a", cost={**COST, "grade": "tial"})], "Did you mean trial"),
    "a grade of an effect": (lambda: [option("a", effect("e1", grade="tial"))], "'tial' is not an evidence grade"),
    "both grade and grades": (lambda: [option("a", cost={**COST, "grade": "trial", "grades": {"trial": 1}})], "grade and grades are both given"),
    "parts that are no whole": (lambda: [option("a", cost={**COST, "grades": {"trial": 0.5}})], "add up to 0.5"),
    "no delivery": (lambda: [option("a", delivery_share=None)], "neither delivery_share nor by_month"),
    "two deliveries": (lambda: [option("a", by_month=FIVE["by_month"])], "both delivery_share and by_month"),
    "month 13": (lambda: [option("a", by_month={"first_month": 13, "ramp_months": 1}, delivery_share=None)], "first_month is 13"),
    "half a month": (lambda: [option("a", by_month={"first_month": 1, "ramp_months": 1.5}, delivery_share=None)], "ramp_months is 1.5"),
    "a decay above all": (lambda: [option("a", by_month={"first_month": 1, "ramp_months": 1, "decay_share": 2}, delivery_share=None)], "decay_share is 2"),
    "capital below zero": (lambda: [option("a", capital_cost_gbp={2026: -1, 2027: 0})], "capital_cost_gbp is -1"),
    "capital without a year": (lambda: [option("a", capital_cost_gbp={2026: 1})], "capital_cost_gbp has no figure for 2027"),
}  # fmt: skip


@pytest.mark.parametrize("fault", FAULTS)
def test_a_fault_is_one_problem_with_its_line(tmp_path: Path, fault: str) -> None:
    build, says = FAULTS[fault]
    choices, problems = read(tmp_path, stated(*build(), grades=[grade("trial")]))
    assert choices is None and len(problems) == 1, texts(problems)
    assert says in str(problems[0]) and "options.yaml, line " in str(problems[0])


def test_faults_of_grades_come_in_one_report(tmp_path: Path) -> None:
    causes = [{"id": f"c{i}", "label": f"Cause {i}", "contribution_share": 0.7, "mitigated_share": 1} for i in range(2)]
    grades = [
        grade("minus", capital_bias_index=-0.1),
        grade("double", benefit_bias_share=2),
        grade("twice", mitigation=causes),
        grade("idle", capital_bias_index=0, programme_bias_index=0, mitigation=[{**causes[0], "id": "c3"}]),
        grade("twice"),
    ]
    _, problems = read(tmp_path, stated(option("a"), grades=grades))
    found = "\n".join(texts(problems))
    for says in (
        "capital_bias_index is -0.1",
        "benefit_bias_share is 2",
        "the contributions of twice add up to 1.4",
        "idle has no bias of cost",
    ):
        assert found.count(says) == 1, found
    assert "the id twice is used twice" in found and len(problems) == 6, found


@settings(max_examples=40, deadline=None)
@given(months=st.integers(1, 60), ramp=st.integers(1, 40), decay=st.sampled_from((0.0, 0.01, 0.1, 1.0)))
def test_the_sum_of_months_is_what_every_month_adds_up_to(months: int, ramp: int, decay: float) -> None:
    each = [min((month + 1) / ramp, 1.0) * (1 - decay) ** max(month + 1 - ramp, 0) for month in range(months)]
    assert float(delivered_number(np.array(float(months)), float(ramp), decay)) == pytest.approx(sum(each), abs=1e-9)
