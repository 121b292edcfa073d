"""What is the same along an axis of a table is found and worked out once, and gives the same figures to the last bit."""

from __future__ import annotations

import itertools
from typing import Any

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from capmodel.algebra.axes import axes_of
from capmodel.algebra.evaluate import Inputs, Values, evaluate
from capmodel.algebra.links import assumption, lookup, total
from capmodel.algebra.rows import Rows
from capmodel.algebra.table import Table

YEARS = (2026, 2027)


def product_of(columns: dict[str, tuple[str, ...]], years: tuple[int, ...] = YEARS) -> Rows:
    """Every combination of some texts, in order."""
    lines = itertools.product(*columns.values())
    return Rows(dict(zip(columns, zip(*lines, strict=True), strict=True)), years)


@st.composite
def some_columns(draw: st.DrawFn) -> dict[str, tuple[str, ...]]:
    """Columns of lines that run along axes, some with a further column beside them; or of any lines."""
    texts = st.lists(st.sampled_from("abcd"), min_size=1, max_size=4)
    axes = draw(st.lists(texts, min_size=1, max_size=3))
    lines = list(itertools.product(*axes))
    columns = {f"c{i}": tuple(column) for i, column in enumerate(zip(*lines, strict=True))}
    columns["beside"] = tuple("xyxz"["abcd".index(text)] for text in columns["c0"])
    if draw(st.booleans()):
        at = draw(st.integers(0, len(lines) - 1))
        columns["c0"] = (*columns["c0"][:at], "odd", *columns["c0"][at + 1 :])
    return columns


@settings(max_examples=150, deadline=None)
@given(some_columns())
def test_the_product_of_the_axes_is_the_lines(columns: dict[str, tuple[str, ...]]) -> None:
    axes = axes_of(columns)
    assert np.prod(axes.shape) == len(columns["c0"])
    for name, texts in columns.items():
        axis, along = axes.columns[name]
        laid = np.array(along).reshape([-1 if i == axis else 1 for i in range(len(axes.shape))])
        assert np.broadcast_to(laid, axes.shape).ravel().tolist() == list(texts)


def test_the_axes_of_every_combination_are_its_columns_and_a_line_left_out_leaves_those_that_hold() -> None:
    rows = product_of({"segment": ("a", "b", "c"), "payer": ("icb",), "month": ("apr", "may")})
    assert rows.shape == (3, 2, 2)
    fewer = Rows({name: texts[:-1] for name, texts in rows.columns.items()}, YEARS)
    assert fewer.shape == (5, 2)
    uneven = Rows({"segment": ("a", "a", "b", "b", "b", "b"), "setting": ("x", "x", "x", "x", "y", "y"), "month": ("apr", "may") * 3})
    assert uneven.shape == (3, 2, 1)


def tables() -> tuple[Table, Table, Table, list[tuple[int, ...]]]:
    """A price by segment, a cost of every line and month by it, and their totals; and the shapes that the rule of cost is called with."""
    called: list[tuple[int, ...]] = []
    price = Table("price", ("segment", "year"), "Price", "Calc")
    price.input("price_gbp", "GBP", "Price")
    cost = Table("cost", ("segment", "setting", "year"), "Cost", "Calc")
    cost.input("use_number", "number", "Use")

    @cost.line("GBP", "Cost", price=lookup(price, "price_gbp"), uplift=assumption("uplift_share"))
    def cost_gbp(price: Any, uplift: Any, use_number: Any) -> Any:
        if isinstance(price, np.ndarray):
            called.append(price.shape)
        return price * (1 + uplift) * use_number

    setting = Table("setting", ("setting", "year"), "Settings", "Calc")

    @setting.line("GBP", "Cost", total(cost, "cost_gbp", "setting", "year"))
    def setting_gbp() -> Any:
        """What a setting costs."""

    return price, cost, setting, called


def run_of(segments: int, settings_: int, swapped: bool) -> tuple[Values, list[tuple[int, ...]], np.ndarray[Any, Any]]:
    """The cost of so many segments and settings, with the last two lines of cost changed about where asked; and the sums by hand."""
    names = tuple(f"s{i}" for i in range(segments)), tuple(f"t{i}" for i in range(settings_))
    price, cost, setting, called = tables()
    rows = {
        "price": product_of({"segment": names[0]}),
        "cost": product_of(dict(zip(("segment", "setting"), names, strict=True))),
        "setting": product_of({"setting": names[1]}),
    }
    if swapped:
        order = [*range(segments * settings_ - 2), segments * settings_ - 1, segments * settings_ - 2]
        rows["cost"] = Rows({name: tuple(texts[i] for i in order) for name, texts in rows["cost"].columns.items()}, YEARS)
    drawn = np.random.default_rng(segments)
    given_ = {("price", "price_gbp"): drawn.uniform(0, 1e3, 2 * segments), ("cost", "use_number"): drawn.uniform(0, 9, len(rows["cost"]))}
    known = evaluate((price, cost, setting), Values(Inputs(rows, given_, {"uplift_share": np.array([0.1, 0.2])}, {"uplift_share": True})))
    priced = dict(zip(rows["price"].keys(("segment", "year")), given_["price", "price_gbp"].tolist(), strict=True))
    sums: dict[tuple[str, ...], float] = dict.fromkeys(rows["setting"].keys(("setting", "year")), 0.0)
    for (segment, own, year), use in zip(rows["cost"].keys(cost.keys), given_["cost", "use_number"].tolist(), strict=True):
        sums[own, year] += priced[segment, year] * (1 + (0.1 if year == "2026" else 0.2)) * use
    return known, called, np.array(list(sums.values()))


def test_a_rule_is_called_with_one_figure_where_all_along_an_axis_are_the_same() -> None:
    known, called, _ = run_of(30, 40, swapped=False)
    assert called == [(30, 1, 2)]
    assert known.figure(("cost", "cost_gbp")).shape == (2400,)
    _, called, _ = run_of(30, 40, swapped=True)
    assert called == [(1200, 2)]


def test_sums_along_axes_are_those_of_one_row_after_the_other_to_the_last_bit() -> None:
    for segments, settings_ in ((7, 3), (40, 20), (50, 33)):
        for swapped in (False, True):
            known, _, by_hand = run_of(segments, settings_, swapped)
            assert known.figure(("setting", "setting_gbp")).tolist() == by_hand.tolist()
