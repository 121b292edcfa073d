"""Positions of links are found once for rows with the same keys, and afresh for any other rows, line or year of an assumption."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from capmodel.algebra.evaluate import Inputs, Values, connect, evaluate
from capmodel.algebra.links import assumption, lookup, total
from capmodel.algebra.rows import Rows
from capmodel.algebra.table import Table
from capmodel.errors import RuleError


def priced() -> Table:
    """Spend by segment, from a table of prices."""
    price, spend = Table("price", ("segment",), "Prices", "Calc"), Table("spend", ("segment", "year"), "Spend", "Calc")
    price.input("price_gbp_per_person", "GBP/persons", "Price")
    spend.input("persons", "persons", "Persons")

    @spend.line("GBP", "Cost", price=lookup(price, "price_gbp_per_person"), uplift=assumption("uplift_share"))
    def cost_gbp(persons: object, price: object, uplift: object) -> object:
        return persons * price * (1 + uplift)  # type: ignore[operator]

    @spend.line("GBP/persons", "Prices of all segments", total(price, "price_gbp_per_person"))
    def prices_gbp_per_person() -> None:
        """The prices added up."""

    return spend


def inputs(segments: tuple[str, ...], uplift: list[float], priced_segments: tuple[str, ...] = ("young", "old")) -> Inputs:
    rows = {"spend": Rows({"segment": segments}, (2026, 2027)), "price": Rows({"segment": priced_segments})}
    given = {("spend", "persons"): np.ones(2 * len(segments)), ("price", "price_gbp_per_person"): np.array([10.0, 20.0])}
    return Inputs(rows, given, {"uplift_share": np.array(uplift)}, {"uplift_share": len(uplift) > 1})


def costs(table: Table, given: Inputs) -> list[float]:
    prices = {("price", "price_gbp_per_person"): given.given["price", "price_gbp_per_person"]}
    found = evaluate([table], Values(given, prices)).figure(("spend", "cost_gbp"))
    assert not found.flags.writeable, "nobody changes a figure of a run"
    return list(found.tolist())


def test_rows_with_the_same_keys_share_positions_and_other_rows_have_their_own() -> None:
    table = priced()
    one, same, other = inputs(("old",), [0.0]), inputs(("old",), [0.0]), inputs(("young",), [0.0])
    found = [connect(table, table.lines["cost_gbp"], each)["price"] for each in (one, same, other)]
    assert found[0] is found[1] and found[0] is not found[2]
    assert [costs(table, each) for each in (one, same, other)] == [[20.0, 20.0], [20.0, 20.0], [10.0, 10.0]]


def test_a_source_in_another_order_and_an_assumption_by_year_are_found_afresh() -> None:
    table = priced()
    assert costs(table, inputs(("old",), [0.0])) == [20.0, 20.0]
    assert costs(table, inputs(("old",), [0.0], ("old", "young"))) == [10.0, 10.0]
    assert costs(table, inputs(("old",), [0.0, 0.5])) == [20.0, 30.0]


def test_a_line_put_in_the_place_of_another_has_links_of_its_own() -> None:
    table, given = priced(), inputs(("old",), [0.0])
    assert costs(table, given) == [20.0, 20.0]
    line = table.lines["cost_gbp"]
    table.lines["cost_gbp"] = replace(line, links={**line.links, "price": assumption("uplift_share")})
    assert costs(table, inputs(("old",), [0.0])) == [0.0, 0.0]


def test_a_missing_row_is_refused_each_time() -> None:
    table = priced()
    for _ in range(2):
        with pytest.raises(RuleError, match="middle"):
            costs(table, inputs(("middle",), [0.0]))


def test_positions_over_many_rows_are_not_kept() -> None:
    table, segments = priced(), tuple(f"s{i}" for i in range(1200))
    made = [inputs(segments, [0.0], ("s0", "s1")) for _ in range(2)]
    found = [connect(table, table.lines["prices_gbp_per_person"], each) for each in made]
    assert found[0] is not found[1]
