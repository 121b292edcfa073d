"""The link `earlier`: a row of another table as many years before ours as our line says, in every reading of a rule."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import pytest
from hypothesis import given as draw
from hypothesis import settings
from hypothesis import strategies as st

from capmodel.algebra.evaluate import Inputs, Values, connect, evaluate
from capmodel.algebra.explain import Explainer
from capmodel.algebra.fuse import fuse
from capmodel.algebra.linear import LinearArithmetic
from capmodel.algebra.links import earlier
from capmodel.algebra.rows import Node, Rows
from capmodel.algebra.stream import plan
from capmodel.algebra.table import Table, check_wiring
from capmodel.errors import RuleError

YEARS = (2026, 2027, 2028)
NODE = ("start", "moved_gbp")


def tables() -> tuple[Table, Table]:
    source, start = Table("source", ("option", "year"), "Stated", "Calc"), Table("start", ("start", "year"), "Starts", "Calc")
    source.input("cost_gbp", "GBP", "Cost")

    @start.line("GBP", "Cost of the start", cost=earlier(source, "cost_gbp", years="delay"))
    def moved_gbp(cost: Any) -> Any:
        """What is stated, some years later."""
        return cost + cost

    return source, start


def known(delays: tuple[str, ...] = ("0", "1", "2"), years: tuple[int, ...] = YEARS, cost: Any = (1, 2, 3, 10, 20, 30)) -> Values:
    options = tuple("b" if i else "a" for i in range(len(delays)))
    rows = {
        "source": Rows({"option": ("a", "b")}, YEARS),
        "start": Rows({"start": tuple(f"s{i}" for i in range(len(delays))), "option": options, "delay": delays}, years),
    }
    return Values(Inputs(rows, {("source", "cost_gbp"): np.array(cost, dtype=float)}, {}, {}))


def test_each_line_reads_as_many_years_before_as_it_says_and_zero_before_the_first() -> None:
    done = evaluate(tables(), known())
    assert done.figure(NODE).tolist() == [2, 4, 6, 0, 20, 40, 0, 0, 20]


def test_a_delay_longer_than_the_years_reads_zero_throughout() -> None:
    assert evaluate(tables(), known(("0", "7"))).figure(NODE).tolist() == [2, 4, 6, 0, 0, 0]


def test_years_are_matched_by_their_number_and_not_by_their_place() -> None:
    assert evaluate(tables(), known(("0", "1"), (2027, 2028))).figure(NODE).tolist() == [4, 6, 20, 40]


@pytest.mark.parametrize("delay", ["-1", "0.5", "", "one", "1e0", "²"])
def test_a_delay_that_is_no_whole_number_from_zero_up_is_refused(delay: str) -> None:
    with pytest.raises(RuleError, match=r"start.delay is '.*'; years before are a whole number from 0 up"):
        evaluate(tables(), known(("0", delay)))


def test_a_year_that_the_other_table_passes_over_is_refused() -> None:
    gap = known(("0", "1"))
    rows = {**gap.inputs.rows, "source": Rows({"option": ("a", "b")}, (2026, 2028))}
    inputs = Inputs(rows, {("source", "cost_gbp"): np.ones(4)}, {}, {})
    with pytest.raises(RuleError, match=r"start reads source.cost_gbp of 2027, and that table has no such year"):
        evaluate(tables(), Values(inputs))


def test_a_key_without_a_row_is_refused() -> None:
    inputs = known(("0", "1")).inputs
    rows = {**inputs.rows, "source": Rows({"option": ("a", "c")}, YEARS)}
    with pytest.raises(RuleError, match=r"start looks up source.cost_gbp for \('b',\), and there is no such row"):
        evaluate(tables(), Values(Inputs(rows, inputs.given, {}, {})))


def test_a_table_without_years_has_no_earlier_row() -> None:
    start = Table("start", ("start",), "Starts", "Calc")
    start.line("GBP", "Cost", cost=earlier(tables()[0], "cost_gbp", years="delay"))(_moved)
    with pytest.raises(RuleError, match="one of the two tables has no years"):
        evaluate([tables()[0], start], known(years=()))


def _moved(cost: Any) -> Any:
    """It has no years to move by."""
    return cost + 0


def test_a_misspelt_column_and_a_wrong_unit_are_refused() -> None:
    source, start = tables()
    start.line("GBP", "Wrong", cost=earlier(source, "cots_gbp", years="delay"))(_moved)
    with pytest.raises(RuleError, match=r"source has no column 'cots_gbp'. Did you mean cost_gbp"):
        check_wiring([source, start])
    source, start = tables()
    start.line("persons", "Wrong", cost=earlier(source, "cost_gbp", years="delay"))(_moved)
    with pytest.raises(RuleError, match=r"start\._moved"):
        check_wiring([source, start])


@draw(st.lists(st.integers(0, 4), min_size=1, max_size=5), st.integers(0, 2**32 - 1))
@settings(max_examples=25, deadline=None)
def test_draws_linear_terms_and_both_plans_over_draws_give_what_a_loop_gives(delays: list[int], seed: int) -> None:
    texts = tuple(map(str, delays))
    cost = np.random.default_rng(seed).integers(-9, 9, size=(4, 6)).astype(float)
    stated = cost.reshape(4, 2, 3)
    wanted = np.array(
        [[2 * stated[d, int(i > 0), t - by] if t >= by else 0.0 for i, by in enumerate(delays) for t in range(3)] for d in range(4)]
    )
    assert (evaluate(tables(), known(texts, cost=cost)).figure(NODE) == wanted).all()
    terms = evaluate(tables(), known(texts, cost=cost), LinearArithmetic(3)).figure(NODE)
    assert (terms == wanted).all()
    central = evaluate(tables(), known(texts, cost=cost[0]))
    shocks: dict[Any, Any] = {("source", "cost_gbp"): cost}
    stream = plan(tables(), central, list(shocks), [NODE])
    for found in (stream.run(shocks), fuse(stream).run(shocks)):
        assert (found[NODE] == wanted).all()


@dataclass(frozen=True)
class Addresses:
    """Cells by their node, line and year, in the place of a sheet."""

    def cell(self, node: Node, line: int, t: int | None) -> str:
        return f"{node[1]}@{line},{t}"

    def across(self, node: Node, line: int) -> str:
        return f"{node[1]}@{line}"

    def place_of_year(self, t: int, years: int) -> str:
        return f"YEAR{t}/{years}"

    def own_label(self, position: int, above: bool = False) -> str:
        return f"LABEL{position}"


def written(years: tuple[int, ...] = YEARS) -> list[list[str]]:
    _, start = tables()
    resolved = connect(start, start.lines["moved_gbp"], known(years=years).inputs)["cost"]
    assert resolved.columns == ("option", "delay") and resolved.lines == (("a", "0"), ("b", "1"), ("b", "2"))
    return [[resolved.excel(Addresses(), line, t) for t in range(len(years))] for line in range(3)]  # type: ignore[arg-type]


def test_in_excel_a_moved_line_has_one_formula_for_all_its_years() -> None:
    assert written() == [
        ["cost_gbp@0,0", "cost_gbp@0,1", "cost_gbp@0,2"],
        *([f"IF(YEAR{t}/3-LABEL1>0,INDEX(cost_gbp@1,1,YEAR{t}/3-LABEL1),0)" for t in range(3)] for _ in "12"),
    ]


def test_in_excel_it_is_the_cell_of_the_year_before_or_zero_where_the_tables_have_other_years() -> None:
    assert written((2027, 2028)) == [["cost_gbp@0,1", "cost_gbp@0,2"], ["cost_gbp@1,0", "cost_gbp@1,1"], ["0", "cost_gbp@1,0"]]


def test_it_is_read_in_words_and_explained_to_the_row_it_reads() -> None:
    source, start = tables()
    assert start.formula_in_words("moved_gbp", {}) == "Cost, earlier by the delay in years + Cost, earlier by the delay in years"
    explainer = Explainer({"source": source, "start": start}, evaluate((source, start), known()), lambda *_: "stated", {})
    found = explainer.explain(NODE, 4)
    assert (found.value, [(each.key, each.value, each.source) for each in found.ingredients]) == (20.0, [(("b", "2026"), 10.0, "stated")])
    assert explainer.explain(NODE, 3).ingredients == ()
