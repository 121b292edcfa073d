"""Tables and their links as arrays: wiring, order, draws and the bridge."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from small_tables import given, named, table

from capmodel.algebra.cell import Cell
from capmodel.algebra.evaluate import Inputs, Values, evaluate
from capmodel.algebra.explain import bridge
from capmodel.algebra.links import assumption, lookup, prior, total
from capmodel.algebra.rows import Rows
from capmodel.algebra.table import Table, check_wiring, in_order
from capmodel.errors import RuleError

A, B, C = Cell("a"), Cell("b"), Cell("c")

# ------------------------------------------------------------------ tables and wiring


def test_a_circle_without_a_prior_is_refused_by_name() -> None:
    round_trip = table()
    round_trip.line("GBP", "One")(named("one_gbp", lambda two_gbp: two_gbp + 0))
    round_trip.line("GBP", "Two")(named("two_gbp", lambda three_gbp: three_gbp + 0))
    round_trip.line("GBP", "Three")(named("three_gbp", lambda one_gbp: one_gbp + 0))
    with pytest.raises(
        RuleError, match=r"t.one_gbp -> t.two_gbp -> t.three_gbp -> t.one_gbp is a circle; read last year's value with prior"
    ):
        in_order([round_trip], [])


def test_a_circle_through_two_tables_is_refused_by_name() -> None:
    upper, lower = table("upper"), table("lower")
    upper.line("GBP", "Up", below=lookup(lower, "down_gbp"))(named("up_gbp", lambda below: below))
    lower.line("GBP", "Down", above=total(upper, "up_gbp", "row"))(named("down_gbp", lambda above: above))
    with pytest.raises(RuleError, match=r"(upper.up_gbp -> lower.down_gbp|lower.down_gbp -> upper.up_gbp).* is a circle"):
        in_order([upper, lower], [])


def test_a_prior_breaks_a_circle_only_for_the_column_it_carries() -> None:
    stuck = table("stuck", ("year",))
    stuck.line("GBP", "Close", before=prior("close_gbp", first="open_gbp"))(named("close_gbp", lambda before: before + 0))
    stuck.line("GBP", "Open")(named("open_gbp", lambda close_gbp: close_gbp + 0))
    with pytest.raises(RuleError, match="is a circle"):
        in_order([stuck], [])


def test_a_misspelt_column_gives_the_nearest_names() -> None:
    wrong = table()
    wrong.input("budget_gbp", "GBP", "Budget")
    wrong.line("GBP", "Twice")(named("twice_gbp", lambda bugdet_gbp: bugdet_gbp + bugdet_gbp))
    with pytest.raises(RuleError, match=r"t has no column 'bugdet_gbp'. Did you mean budget_gbp"):
        check_wiring([wrong])


def test_a_misspelt_assumption_gives_the_nearest_names() -> None:
    wrong = table()
    wrong.line("share", "Uplift", rate=assumption("price_uplft_share"))(named("x_share", lambda rate: rate))
    with pytest.raises(RuleError, match=r"'price_uplft_share', which is not given. Did you mean price_uplift_share"):
        evaluate([wrong], given({"t": Rows({"row": ("a",)})}, {}, price_uplift_share=0.1))


def test_a_link_that_names_no_argument_is_refused() -> None:
    with pytest.raises(RuleError, match=r"t.x_gbp: the links rate name no argument of the rule"):
        table().line("GBP", "X", rate=assumption("rate_share"))(named("x_gbp", lambda a: a))


def test_a_line_with_a_source_takes_what_it_reads_and_nothing_else() -> None:
    table = Table("t", (), "T", "Calc")

    @table.line("GBP", "X", assumption("x_gbp"))
    def taken_gbp() -> Any:
        """What the pack says."""

    line = table.lines["taken_gbp"]
    assert (line.meaning, table.formula_in_words("taken_gbp", {"x_gbp": "The x"})) == ("What the pack says.", "The x")
    with pytest.raises(RuleError, match=r"t.twice_gbp takes what its source reads; leave out rate"):

        @table.line("GBP", "Twice", assumption("x_gbp"))
        def twice_gbp(rate: Any) -> Any:
            """It wants more than its source."""
            return 2 * rate


def test_a_column_defined_twice_is_refused() -> None:
    twice = table()
    twice.input("a_gbp", "GBP", "A")
    with pytest.raises(RuleError, match=r"t.a_gbp is defined twice"):
        twice.input("a_gbp", "GBP", "A")
    with pytest.raises(RuleError, match=r"t.a_gbp is defined twice"):
        twice.line("GBP", "A")(named("a_gbp", lambda b: b))


def test_an_input_that_is_not_given_is_refused() -> None:
    wanting = table()
    wanting.input("a_gbp", "GBP", "A")
    with pytest.raises(RuleError, match=r"the input t.a_gbp is not given"):
        evaluate([wanting], given({"t": Rows({"row": ("x",)})}, {}))


def test_a_yearly_assumption_needs_a_table_with_years() -> None:
    still = table()
    still.line("share", "Rate", rate=assumption("rate_share"))(named("x_share", lambda rate: rate))
    with pytest.raises(RuleError, match=r"t has no years, but the assumption 'rate_share' is given by year"):
        evaluate([still], given({"t": Rows({"row": ("x",)})}, {}, rate_share=[0.1, 0.2]))


# ------------------------------------------------------------------ the links as arrays

YEARS = (2026, 2027, 2028)


def test_an_assumption_is_the_same_for_all_rows_or_one_a_year() -> None:
    by_year = table("t", ("row", "year"))
    by_year.line("share", "Flat", rate=assumption("flat_share"))(named("one_share", lambda rate: rate))
    by_year.line("share", "Yearly", rate=assumption("yearly_share"))(named("two_share", lambda rate: rate))
    known = evaluate([by_year], given({"t": Rows({"row": ("x", "y")}, YEARS)}, {}, flat_share=0.5, yearly_share=[0.1, 0.2, 0.3]))
    assert known.figure(("t", "one_share")).tolist() == [0.5] * 6
    assert known.figure(("t", "two_share")).tolist() == [0.1, 0.2, 0.3, 0.1, 0.2, 0.3]


def test_a_lookup_reads_the_row_that_matches_by_key_or_by_attribute() -> None:
    band, person = table("band", ("band",)), table("person", ("name", "year"))
    band.input("price_gbp", "GBP", "Price")
    person.line("GBP", "Price", price=lookup(band, "price_gbp", band="age"))(named("cost_gbp", lambda price: price))
    rows = {
        "band": Rows({"band": ("old", "young")}),
        "person": Rows({"name": ("Ann", "Bob", "Cy"), "age": ("young", "old", "young")}, (2026, 2027)),
    }
    known = evaluate([band, person], given(rows, {("band", "price_gbp"): [9, 2]}))
    assert known.figure(("person", "cost_gbp")).tolist() == [2, 2, 9, 9, 2, 2]


def test_a_lookup_matches_years_where_both_have_them() -> None:
    source, reader = table("source", ("year",)), table("reader", ("row", "year"))
    source.input("a_gbp", "GBP", "A")
    reader.line("GBP", "A", read=lookup(source, "a_gbp"))(named("b_gbp", lambda read: read))
    known = evaluate(
        [source, reader], given({"source": Rows({}, YEARS), "reader": Rows({"row": ("x", "y")}, YEARS)}, {("source", "a_gbp"): [1, 2, 3]})
    )
    assert known.figure(("reader", "b_gbp")).tolist() == [1, 2, 3, 1, 2, 3]


def test_a_lookup_refuses_a_missing_key() -> None:
    band, person = table("band", ("band",)), table("person", ("name",))
    band.input("price_gbp", "GBP", "Price")
    person.line("GBP", "Price", price=lookup(band, "price_gbp", band="age"))(named("cost_gbp", lambda price: price))
    rows = {"band": Rows({"band": ("old",)}), "person": Rows({"name": ("Ann",), "age": ("ancient",)})}
    with pytest.raises(RuleError, match=r"person looks up band.price_gbp for \('ancient',\), and there is no such row"):
        evaluate([band, person], given(rows, {("band", "price_gbp"): [9]}))


def test_a_total_sums_the_rows_that_agree_and_is_zero_where_none_does() -> None:
    item, group = table("item", ("item", "year")), table("group", ("group", "year"))
    item.input("a_gbp", "GBP", "A")
    group.line("GBP", "By group and year", items=total(item, "a_gbp", "year", kind="group"))(named("sum_gbp", lambda items: items))
    group.line("GBP", "By group", items=total(item, "a_gbp", "year"))(named("all_gbp", lambda items: items))
    rows = {
        "item": Rows({"item": ("i", "j", "k"), "kind": ("p", "q", "p")}, (2026, 2027)),
        "group": Rows({"group": ("p", "q", "r")}, (2026, 2027)),
    }
    known = evaluate([item, group], given(rows, {("item", "a_gbp"): [1, 2, 10, 20, 100, 200]}))
    assert known.figure(("group", "sum_gbp")).tolist() == [101, 202, 10, 20, 0, 0]
    assert known.figure(("group", "all_gbp")).tolist() == [111, 222] * 3


def test_a_total_over_years_adds_every_year() -> None:
    item, whole = table("item", ("item", "year")), table("whole", ("item",))
    item.input("a_gbp", "GBP", "A")
    whole.line("GBP", "Sum", items=total(item, "a_gbp", "item"))(named("sum_gbp", lambda items: items))
    rows = {"item": Rows({"item": ("i", "j")}, YEARS), "whole": Rows({"item": ("i", "j")})}
    known = evaluate([item, whole], given(rows, {("item", "a_gbp"): [1, 2, 3, 10, 20, 30]}))
    assert known.figure(("whole", "sum_gbp")).tolist() == [6, 60]


def test_a_total_over_years_and_an_attribute_at_once_is_refused() -> None:
    item, group = table("item", ("item", "year")), table("group", ("kind",))
    item.input("a_gbp", "GBP", "A")
    group.line("GBP", "Sum", items=total(item, "a_gbp", "kind"))(named("sum_gbp", lambda items: items))
    rows = {"item": Rows({"item": ("i", "j"), "kind": ("p", "p")}, YEARS), "group": Rows({"kind": ("p",)})}
    with pytest.raises(RuleError, match="total it by year first"):
        evaluate([item, group], given(rows, {("item", "a_gbp"): [1] * 6}))


def test_a_balance_runs_from_year_to_year() -> None:
    account = table("account", ("row", "year"))
    account.input("paid_gbp", "GBP", "Paid")
    account.input("opening_gbp", "GBP", "Opening")
    account.line("GBP", "Closing", before=prior("closing_gbp", first="opening_gbp"))(
        named("closing_gbp", lambda before, paid_gbp: before + paid_gbp)
    )
    columns = {("account", "paid_gbp"): [1, 2, 3, 10, 20, 30], ("account", "opening_gbp"): [100, 0, 0, 200, 0, 0]}
    known = evaluate([account], given({"account": Rows({"row": ("x", "y")}, YEARS)}, columns))
    assert known.figure(("account", "closing_gbp")).tolist() == [101, 103, 106, 210, 230, 260]


def test_a_balance_runs_down_the_lines_and_starts_again_with_each_group() -> None:
    lines = table("lines", ("group", "item"))
    lines.input("a_share", "share", "A")
    lines.line("share", "So far", before=prior("so_far_share", along=("item",)))(
        named("so_far_share", lambda before, a_share: before + a_share)
    )
    rows = {"lines": Rows({"group": ("p", "p", "p", "q", "q"), "item": ("i", "j", "k", "i", "k")})}
    known = evaluate([lines], given(rows, {("lines", "a_share"): [1, 2, 4, 10, 20]}))
    assert known.figure(("lines", "so_far_share")).tolist() == [1, 3, 7, 10, 30]


def test_two_lines_that_carry_each_other_are_worked_out_together() -> None:
    pair = table("pair", ("year",))
    pair.line("index", "Now", before=prior("next_index", first=1))(named("now_index", lambda before: before))
    pair.line("index", "Next", rate=assumption("rate_share"))(named("next_index", lambda now_index, rate: now_index * (1 + rate)))
    known = evaluate([pair], given({"pair": Rows({}, YEARS)}, {}, rate_share=1.0))
    assert known.figure(("pair", "now_index")).tolist() == [1, 2, 4]
    assert known.figure(("pair", "next_index")).tolist() == [2, 4, 8]


def test_a_figure_that_is_not_finite_is_refused_with_its_row() -> None:
    wrong = table()
    wrong.input("a_gbp", "GBP", "A")
    wrong.input("b_gbp", "GBP", "B")
    wrong.line("share", "Ratio")(named("x_share", lambda a_gbp, b_gbp: a_gbp / b_gbp))
    columns = {("t", "a_gbp"): [1, 1], ("t", "b_gbp"): [1, 0]}
    with pytest.raises(RuleError, match=r"t.x_share is not a finite number for second; look for a division by zero"):
        evaluate([wrong], given({"t": Rows({"row": ("first", "second")})}, columns))


def test_a_line_that_is_given_is_not_worked_out() -> None:
    known_line = table()
    known_line.input("a_gbp", "GBP", "A")
    known_line.line("GBP", "B")(named("b_gbp", lambda a_gbp: a_gbp + a_gbp))
    known_line.line("GBP", "C")(named("c_gbp", lambda b_gbp: b_gbp + b_gbp))
    known = evaluate([known_line], given({"t": Rows({"row": ("x",)})}, {("t", "a_gbp"): [1], ("t", "b_gbp"): [50]}))
    assert known.figure(("t", "b_gbp")).tolist() == [50]
    assert known.figure(("t", "c_gbp")).tolist() == [100]


# ------------------------------------------------------------------ draws on leading axes


def ledger() -> Table:
    account = table("account", ("row", "year"))
    account.input("paid_gbp", "GBP", "Paid")
    account.line("GBP", "Closing", before=prior("closing_gbp"), rate=assumption("rate_share"), yearly=assumption("yearly_share"))(
        named("closing_gbp", lambda before, paid_gbp, rate, yearly: before * (1 + rate) + np.maximum(paid_gbp * yearly, 0))
    )
    account.line("GBP", "Everyone", everyone=total(account, "closing_gbp", "year"))(named("all_gbp", lambda everyone: everyone))
    return account


def test_draws_on_leading_axes_equal_one_by_one_evaluation() -> None:
    random = np.random.default_rng(7)
    rows, account = {"account": Rows({"row": ("x", "y")}, YEARS)}, ledger()
    paid, rate, yearly = random.normal(size=(4, 3, 6)), random.uniform(size=(4, 3, 1)), random.uniform(size=(4, 3, 3))

    def inputs(paid: Any, rate: Any, yearly: Any) -> Values:
        return Values(
            Inputs(
                rows,
                {("account", "paid_gbp"): paid},
                {"rate_share": rate, "yearly_share": yearly},
                {"rate_share": False, "yearly_share": True},
            )
        )

    together = evaluate([account], inputs(paid, rate, yearly))
    for i in np.ndindex(4, 3):
        alone = evaluate([account], inputs(paid[i], rate[i], yearly[i]))
        for column in ("closing_gbp", "all_gbp"):
            assert together.figure(("account", column))[i].tolist() == alone.figure(("account", column)).tolist()


def test_a_draw_of_one_figure_reaches_every_row_that_depends_on_it() -> None:
    known = given({"account": Rows({"row": ("x",)}, YEARS)}, {("account", "paid_gbp"): [1, 1, 1]}, yearly_share=[1, 1, 1])
    inputs = Inputs(
        known.inputs.rows,
        known.inputs.given,
        {**known.inputs.assumptions, "rate_share": np.array([[0.0], [1.0]])},
        {"rate_share": False, "yearly_share": True},
    )
    assert evaluate([ledger()], Values(inputs)).figure(("account", "closing_gbp")).tolist() == [[1, 2, 3], [1, 3, 7]]


# ------------------------------------------------------------------ the bridge


def test_the_bridge_shows_each_cause_alone_and_what_they_do_together() -> None:
    product = table("t", ())
    product.input("people_persons", "persons", "People")
    product.line("GBP", "Cost", price=assumption("price_gbp_per_person"))(
        named("cost_gbp", lambda people_persons, price: people_persons * price)
    )
    opening = given({"t": Rows({})}, {("t", "people_persons"): [10]}, price_gbp_per_person=5.0).inputs
    closing = given({"t": Rows({})}, {("t", "people_persons"): [12]}, price_gbp_per_person=6.0).inputs
    found = bridge(opening, closing, lambda inputs: evaluate([product], Values(inputs)), ("t", "cost_gbp"), 0, "GBP", str)
    assert (found.opening, found.interaction, found.closing) == (50.0, 2.0, 72.0)
    assert dict(found.causes) == {"price_gbp_per_person": 10.0, "('t', 'people_persons')": 10.0}
