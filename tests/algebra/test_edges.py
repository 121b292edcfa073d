"""Edges that are no lines of a rule: limits of an allocation, published figures, checks, categories of a score.

What is exactly on the edge is inside, whatever the last bits of a difference are.
"""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import numpy as np
import pytest

from capmodel.algebra.check import holds, verdict_in_excel
from capmodel.capitation.component_weights import component_weights
from capmodel.capitation.rules.allocate import allocate, compare
from capmodel.capitation.rules.checks import read_rule
from capmodel.capitation.rules.figures import read_figures
from capmodel.capitation.rules.rule import Limit
from capmodel.capitation.score_models.read import Category, ScoreModel
from capmodel.errors import BadInput, CapmodelError, Problem

RULE = """
id: edges
title: Edges
description: A share of three parts, held against what was printed
key: place
sources: {ours: {title: Ours, publisher: Us, date: "2026", page: "1", url: "", licence: ""}}
figures:
  places: {key: place, source: ours, columns: {a_share: A, b_share: B, printed_share: Printed, need_gbp: Need, paid_gbp: Paid}}
constants:
  most_share: {label: Most, value: 0.3, status: local, source: ours}
limits:
  sum_share: {at_most: 0.3, why: no more than the most}
lines:
  sum_share: {label: Sum, rule: a_share + b_share, source: ours}
  passed_share: {label: On the edge, rule: "where(sum_share <= most_share, 1, 0)", source: ours}
  due_gbp: {label: Due, rule: need_gbp * sum_share, source: ours}
  capped_gbp: {label: Not above what is paid, rule: "where(due_gbp > paid_gbp, 1, 0) * paid_gbp", source: ours}
published:
  sum_share: {against: printed_share, tolerance: 0.1}
  due_gbp: {against: paid_gbp, tolerance: 0.01}
"""


@pytest.fixture
def worked(tmp_path: Path) -> Any:
    (tmp_path / "rule.yaml").write_text(RULE)
    # 0.1 + 0.2 is 0.30000000000000004, 0.3 - 0.4 is further from 0.1 than 0.1, and 100.35 - 100.36 is further from a penny than a penny.
    (tmp_path / "figures.csv").write_text("place,A,B,Printed,Need,Paid\none,0.1,0.2,0.4,334.5,100.36\n")
    rule = read_rule(tmp_path / "rule.yaml")
    problems: list[Problem] = []
    figures = read_figures(rule, [tmp_path / "figures.csv"], problems)
    assert not problems
    return allocate(rule, figures)


def test_a_line_on_its_limit_is_within_it_and_passes_a_comparison(worked: Any) -> None:
    assert worked.columns["sum_share"].item() > 0.3, "the noise is there"
    assert worked.columns["passed_share"].tolist() == [[1.0]]
    assert worked.columns["capped_gbp"].tolist() == [[0.0]]


def test_a_published_figure_exactly_the_tolerance_away_agrees(worked: Any) -> None:
    assert [(each.name, each.agree) for each in compare(worked)] == [("sum_share", 1), ("due_gbp", 1)]


@pytest.mark.parametrize(
    ("limit", "unit", "values", "wanted"),
    [
        ({"at_most": 0.3}, "share", [0.1 + 0.2, 0.3 + 1e-9], [False, True]),
        ({"at_least": 0.3}, "share", [0.4 - 0.1, 0.3 - 1e-9], [False, True]),
        ({"above": 0.3}, "share", [0.1 + 0.2, 0.3 + 1e-9], [True, False]),
        ({"at_most": 100.0}, "GBP", [100.0 + 1e-7, 100.01], [False, True]),
    ],
)
def test_limits_are_kept_but_for_noise(limit: dict[str, float], unit: str, values: list[float], wanted: list[bool]) -> None:
    assert Limit(**limit, why="for show").outside(np.array(values), unit).tolist() == wanted


def test_a_check_that_is_out_by_exactly_its_tolerance_holds_here_and_in_a_spreadsheet() -> None:
    assert holds(0.1 + 0.2, 0.3) and not holds(0.3 + 1e-9, 0.3)
    assert holds(100.005 - 100.0, 0.005) and not holds(0.006, 0.005)
    assert verdict_in_excel("G8", "H8") == 'IF(ROUND(G8-H8,12)<=0,"OK","CHECK")'


def test_a_score_on_the_edge_of_a_category_is_in_it() -> None:
    edges = (Category(id="low", label="Low", up_to=0.3), Category(id="high", label="High", up_to=None))
    assert ScoreModel.category(cast(ScoreModel, SimpleNamespace(categories=edges)), 0.1 + 0.2) == "low"


# ------------------------------------------------------------------ weights of components


@pytest.mark.parametrize("gap", [np.nan, np.inf])
def test_a_gap_in_one_component_is_refused_though_the_whole_has_none(gap: float) -> None:
    with pytest.raises(CapmodelError, match="weights cannot be fitted to gaps"):
        component_weights({"one": np.array([1.0, 2.0, gap])}, np.array([1.0, 2.0, 3.0]))


def test_the_largest_difference_is_a_part_of_the_whole_whatever_its_sign_and_an_amount_where_the_whole_is_zero() -> None:
    one = np.array([3.0, 4.0])
    # The weight is (3 x 3) / 25 = 0.36: it misses 3 by 1.92 and zero by 1.44.
    assert component_weights({"one": one}, np.array([3.0, 0.0])).largest_share == pytest.approx(1.44)
    # The weight is (-3 + 4) / 25 = 0.04: it misses -1 by 1.12, and 1 by 0.84.
    assert component_weights({"one": one}, np.array([-1.0, 1.0])).largest_share == pytest.approx(1.12)
    # The weight is (30 - 8) / 25 = 0.88: it misses -2 by 5.52, which is 2.76 of it.
    assert component_weights({"one": one}, np.array([10.0, -2.0])).largest_share == pytest.approx(2.76)


# ------------------------------------------------------------------ a number that is solved

SOLVED = """
id: solved
title: Solved
description: One number that makes a total equal what there is
sources: {ours: {title: Ours, publisher: Us}}
figures:
  places: {key: place, source: ours, columns: {need_gbp: Need}}
constants:
  growth_share: {label: Growth, value: 0.25, status: local, source: ours}
lines:
  money_gbp: {label: Money, rule: total(need_gbp) * (1 + growth_share), source: ours}
  paid_gbp: {label: Paid, rule: need_gbp * (1 + move_share), source: ours}
solve:
  move_share: {label: Move, such_that: total(paid_gbp), equals: money_gbp, between: [-0.5, 1], source: ours}
"""


@pytest.mark.parametrize(
    ("rule", "between", "solved"),
    [
        ("(1 + move_share)", "[-0.5, 1]", 0.25),
        ("(1 - move_share)", "[-1, 0.6]", -0.25),
        ("(1 - move_share)", "[-0.25, 1]", -0.25),
        ("(1 - move_share)", "[-1, -0.25]", -0.25),
        ("(1 + move_share)", "[0.25, 1]", 0.25),
        ("(1 + move_share)", "[-0.5, 0.25]", 0.25),
    ],
)
def test_a_number_is_found_from_either_side_and_at_either_end(rule: str, between: str, solved: float, tmp_path: Path) -> None:
    (tmp_path / "rule.yaml").write_text(SOLVED.replace("(1 + move_share)", rule).replace("[-0.5, 1]", between))
    (tmp_path / "figures.csv").write_text("place,Need\none,100\ntwo,300\n")
    problems: list[Problem] = []
    read = read_rule(tmp_path / "rule.yaml")
    found = allocate(read, read_figures(read, [tmp_path / "figures.csv"], problems))
    assert found.columns["move_share"].item(0) == pytest.approx(solved, abs=1e-9)
    assert found.columns["paid_gbp"].tolist() == [pytest.approx([125.0, 375.0])]


@pytest.mark.parametrize(("rule", "between"), [("(1 - move_share)", "[-0.2, 1]"), ("(1 - move_share)", "[-1, -0.3]")])
def test_a_falling_total_that_never_reaches_the_money_is_said_with_both_ends(rule: str, between: str, tmp_path: Path) -> None:
    (tmp_path / "rule.yaml").write_text(SOLVED.replace("(1 + move_share)", rule).replace("[-0.5, 1]", between))
    (tmp_path / "figures.csv").write_text("place,Need\none,100\ntwo,300\n")
    read = read_rule(tmp_path / "rule.yaml")
    with pytest.raises(BadInput, match=r"no move_share makes total.paid_gbp. equal money_gbp.* and 500.00 is wanted"):
        allocate(read, read_figures(read, [tmp_path / "figures.csv"], []))
