"""Need at its edges: the last group there is, as many people as coefficients, and what stands beside the index of an empty group."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from capmodel.capitation.need import Fallback, Origin, Paid, cost_curves, floor_people, regression, segment_prices
from capmodel.errors import BadInput

ORIGIN = Origin("concurrent", "2025/26", "illustrative", "made up for the test")


def given(count: int, group: np.ndarray, supply: bool = True) -> regression.Given:
    """People whose cost follows one column of need, beside one of supply."""
    draw = np.random.default_rng(count)
    need, near = draw.random(count), draw.random(count)
    return regression.Given(
        np.arange(count), group, np.ones(count), 500 + 900 * need + 100 * near + draw.random(count), {"need": need}, {"near": near} if supply else {}
    )  # fmt: skip


@pytest.mark.parametrize(("first", "last"), [(-1, 2), (0, 3), (-1, 3)])
def test_a_person_of_one_group_too_many_at_either_end_is_refused(first: int, last: int) -> None:
    paid = Paid("segment", ("a", "b", "c"), np.ones(3) * 100, "2026/27")
    group = np.arange(300) % 3
    assert len(regression.work_out(paid, given(300, group), ORIGIN).need_index) == 3, "the first and the last group are groups"
    group[0], group[-1] = first, last
    with pytest.raises(BadInput, match=r"column group: somebody is in no group; their need would be lost\. Use 0 to 2"):
        regression.work_out(paid, given(300, group), ORIGIN)


@pytest.mark.parametrize(("supply", "coefficients"), [(False, 2), (True, 3)])
def test_there_are_more_people_than_coefficients_with_the_intercept(supply: bool, coefficients: int) -> None:
    def refusal(count: int) -> str:
        paid = Paid("segment", ("a",), np.array([float(count)]), "2026/27")
        try:
            regression.work_out(paid, given(count, np.zeros(count, int), supply), ORIGIN)
        except BadInput as error:
            return str(error)
        return ""

    assert f"people: there are only {coefficients}; there are more coefficients" in refusal(coefficients)
    assert "there are more coefficients" not in refusal(coefficients + 1)


def test_an_empty_group_has_the_pounds_of_its_fallback_and_no_weighted_people() -> None:
    paid = Paid("segment", ("well", "ill", "nobody"), np.array([900.0, 100.0, 0.0]), "2026/27")
    prices = segment_prices.Given({"well": 500.0, "ill": 5500.0})
    need = segment_prices.work_out(paid, prices, ORIGIN, Fallback("national index", {"nobody": 3.5}))
    assert need.raw_average == 1000.0 and need.need_index.tolist() == [0.5, 5.5, 3.5]
    assert need.weighted_person_years.tolist() == [450.0, 550.0, 0.0]
    assert need.raw.tolist() == [500.0, 5500.0, 3500.0], "3.5 times the average of 1,000"


@pytest.mark.parametrize(("unit", "gbp"), [("GBP/persons", 5.0), ("points", 600.0)])
def test_what_a_floor_moved_is_said_in_pounds(unit: Any, gbp: float) -> None:
    """-5 and 20 points are 7.5 points on average and £900 a head: the 5 points that were floored are £600."""
    origin = Origin("concurrent", "2025/26", "fitted", "by hand", 900.0)
    found, floor = floor_people(np.array([-5.0, 20.0]), np.ones(2), unit, origin)
    assert found.tolist() == [0.0, 15.0] and floor.amount_gbp == pytest.approx(gbp)


@pytest.mark.parametrize(("off", "refused"), [(1.0, True), (-1.0, True), (1e-5, True), (1e-8, False)])
def test_a_curve_counts_the_people_who_are_paid_for(off: float, refused: bool) -> None:
    paid = Paid("place", ("east", "west"), np.array([100.0, 60.0 + off]), "2026/27")
    counts = cost_curves.Given((("young",), ("old",)), np.array([500.0, 3000.0]), np.array([[80.0, 20.0], [30.0, 30.0]]))
    if refused:
        with pytest.raises(BadInput, match=r"place west: its cells hold 60 person-years and .* are paid for"):
            cost_curves.work_out(paid, counts, ORIGIN)
    else:
        assert cost_curves.work_out(paid, counts, ORIGIN).raw.tolist() == [1000.0, 1750.0]


@pytest.mark.parametrize("family", ["two_part", "tweedie"])
def test_a_model_of_one_flag_predicts_what_people_with_and_without_it_cost(family: Any) -> None:
    """With one flag a fit by maximum likelihood gives back both means, in each part of the model: 0.75 x 400 = 300, and 0.5 x 4,000 = 2,000."""
    pytest.importorskip("sklearn")
    flag = np.repeat([0.0, 1.0], 200)
    cost = np.concatenate([np.tile([0.0, 200.0, 400.0, 600.0], 50), np.tile([0.0, 0.0, 3_000.0, 5_000.0], 50)])
    fitted = regression.FAMILIES[family](["flag"], flag[:, None], cost, np.ones(400), 1.5)
    assert fitted.predict(np.array([[0.0], [1.0]])) == pytest.approx([300.0, 2_000.0], rel=1e-5)
