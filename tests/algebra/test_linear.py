"""Linear terms of rules: what they make of decisions that are not taken yet, and of products of two of them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from small_tables import given, named, table

from capmodel.algebra.evaluate import evaluate
from capmodel.algebra.functions import to_pence
from capmodel.algebra.linear import LinearArithmetic
from capmodel.algebra.links import assumption, prior, total
from capmodel.algebra.rows import Rows
from capmodel.algebra.table import Table
from capmodel.errors import RuleError

YEARS = (2026, 2027, 2028)


def decided(rule: Callable[..., Any] | None = None) -> tuple[list[Table], dict[str, Rows]]:
    option, plan = table("option", ("option",)), table("plan", ("year",))
    option.input("chosen_flag", "flag", "Chosen")
    option.input("cost_gbp", "GBP", "Cost")
    option.line("GBP", "Cost if chosen")(
        named("chosen_gbp", rule or (lambda chosen_flag, cost_gbp: np.where(cost_gbp > 0, cost_gbp * chosen_flag, -cost_gbp)))
    )
    plan.line("GBP", "Cost of the plan", options=total(option, "chosen_gbp"))(named("spent_gbp", lambda options: options / 12))
    plan.line("GBP", "Left", before=prior("left_gbp"), budget=assumption("budget_gbp"))(
        named("left_gbp", lambda before, budget, spent_gbp: before * (1 - budget) + budget - spent_gbp)
    )
    return [option, plan], {"option": Rows({"option": ("a", "b", "c")}), "plan": Rows({}, YEARS)}


def left(tables: list[Table], rows: dict[str, Rows], chosen: Any) -> np.ndarray:
    columns = {("option", "chosen_flag"): chosen, ("option", "cost_gbp"): [120, 36, -24]}
    return evaluate(tables, given(rows, columns, budget_gbp=0.25)).figure(("plan", "left_gbp"))


def terms(tables: list[Table], rows: dict[str, Rows]) -> np.ndarray:
    decisions = np.vstack([np.zeros(3), np.eye(3)])
    columns = {("option", "chosen_flag"): decisions, ("option", "cost_gbp"): [120, 36, -24]}
    return evaluate(tables, given(rows, columns, budget_gbp=0.25), LinearArithmetic(3)).figure(("plan", "left_gbp"))


def test_linear_terms_equal_finite_differences_of_the_rule() -> None:
    tables, rows = decided()
    found = terms(tables, rows)
    nothing = left(tables, rows, np.zeros(3))
    assert found[0] == pytest.approx(nothing)
    for k in range(3):
        assert found[1 + k] == pytest.approx(left(tables, rows, np.eye(3)[k]) - nothing)


def test_a_decision_times_itself_is_the_decision() -> None:
    assert np.allclose(
        terms(*decided(lambda chosen_flag, cost_gbp: chosen_flag * chosen_flag * cost_gbp)),
        terms(*decided(lambda chosen_flag, cost_gbp: chosen_flag * cost_gbp)),
    )


def shrinking() -> tuple[list[Table], dict[str, Rows]]:
    """Of 100 each chosen option takes its part of what those above leave."""
    option, plan = table("option", ("option",)), table("plan", ())
    option.input("chosen_flag", "flag", "Chosen")
    option.input("taken_share", "share", "Part it takes")
    option.line("share", "Left by those above", before=prior("left_share", first=1, along=("option",)))(
        named("before_share", lambda before: before)
    )
    option.line("share", "Left")(
        named("left_share", lambda before_share, taken_share, chosen_flag: before_share * (1 - taken_share * chosen_flag))
    )
    plan.line("share", "Lost", lost=total(option, "left_share"))(named("lost_share", lambda lost: 1 - lost))
    return [option, plan], {"option": Rows({"option": ("a", "b", "c", "d")}), "plan": Rows({})}


def test_products_of_decisions_are_linear_in_amounts_that_follow_from_them() -> None:
    tables, rows = shrinking()
    taken, arithmetic = [0.5, 0.2, 0.9, 0.25], LinearArithmetic(4)

    def figures(chosen: Any, arithmetic: Any = None) -> Any:
        known = evaluate(tables, given(rows, {("option", "chosen_flag"): chosen, ("option", "taken_share"): taken}), arithmetic)
        return known.figure(("plan", "lost_share"))

    found = arithmetic.whole(figures(np.vstack([np.zeros(4), np.eye(4)]), arithmetic))[:, 0]
    assert len(arithmetic.products) == 3, "the first finds all of it"
    for choice in np.ndindex(2, 2, 2, 2):
        worked = list(choice)
        for product in arithmetic.products:
            part = product.constant + np.array(worked)[product.columns] @ product.coefficients
            assert -1e-12 <= part <= 1 + 1e-12
            worked.append(choice[product.decision] * part)
        assert found[0] + np.array(worked) @ found[1:] == pytest.approx(figures(choice)[0], abs=1e-12)


def test_a_product_that_comes_again_is_the_same_amount() -> None:
    """Two budgets of the same options: what is left of each is another multiple of one amount."""
    arithmetic = LinearArithmetic(2)
    left = np.array([[0.0, 0.0], [3.0, 0.7], [0.0, 0.0]])
    right = np.array([[1.0, 0.3], [0.0, 0.0], [-0.2, -0.1]])
    found = arithmetic.product(left, right)
    assert len(arithmetic.products) == 1
    again = LinearArithmetic(2, arithmetic.products)
    assert np.array_equal(again.product(left, right), found)
    assert len(again.products) == 1
    for first, second in np.ndindex(2, 2):
        (product,) = arithmetic.products
        amount = first * (product.constant + product.coefficients[0] * second)
        assert np.array([1.0, first, second, amount]) @ found == pytest.approx(
            [3.0 * first * (1 - 0.2 * second), 0.7 * first * (0.3 - 0.1 * second)]
        )


def test_a_product_of_two_products_is_refused() -> None:
    tables, rows = shrinking()
    tables[0].line("share", "Squared")(named("squared_share", lambda left_share: left_share * left_share))
    columns = {("option", "chosen_flag"): np.vstack([np.zeros(4), np.eye(4)]), ("option", "taken_share"): [0.5, 0.2, 0.9, 0.25]}
    with pytest.raises(RuleError, match=r"option.squared_share: a product of two figures that are products of decisions themselves"):
        evaluate(tables, given(rows, columns), LinearArithmetic(4))


def test_linear_terms_foretell_any_choice() -> None:
    tables, rows = decided()
    found = terms(tables, rows)
    for choice in np.ndindex(2, 2, 2):
        assert found[0] + np.array(choice) @ found[1:] == pytest.approx(left(tables, rows, choice))


NOT_AFFINE: dict[str, Callable[..., Any]] = {
    "maximum": lambda chosen_flag, cost_gbp: np.maximum(chosen_flag, 0) * cost_gbp,
    "where": lambda chosen_flag, cost_gbp: np.where(cost_gbp > 0, 1, 0) + np.where(chosen_flag > 0, cost_gbp, 0),
    "divide": lambda chosen_flag, cost_gbp: cost_gbp / (1 + chosen_flag),
    "absolute": lambda chosen_flag, cost_gbp: np.absolute(chosen_flag) * cost_gbp,
    "power": lambda chosen_flag, cost_gbp: chosen_flag**1 * cost_gbp,
}


@pytest.mark.parametrize("name", NOT_AFFINE)
def test_a_rule_that_is_not_affine_in_a_decision_is_refused_by_name(name: str) -> None:
    with pytest.raises(RuleError, match=r"option.chosen_gbp: np.\w+ of a decision is not linear"):
        terms(*decided(NOT_AFFINE[name]))


def test_rounding_a_decision_is_refused_by_name() -> None:
    with pytest.raises((RuleError, TypeError), match=r"to_pence|not linear"):
        terms(*decided(lambda chosen_flag, cost_gbp: to_pence(chosen_flag * cost_gbp)))
