"""The algebra in one file: what a rule may say, what it is refused for, and how it reads as values, Excel, words, units and linear terms."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
import pytest

from capmodel.algebra.cell import Cell, excel, leaves, trace, words
from capmodel.algebra.evaluate import Inputs, Values, evaluate
from capmodel.algebra.explain import bridge
from capmodel.algebra.functions import AMOUNTS, above, at_least, at_most, below, ratio, slice_between, to_pence
from capmodel.algebra.linear import LinearArithmetic
from capmodel.algebra.links import assumption, lookup, prior, total, unit_by_name
from capmodel.algebra.rows import Rows
from capmodel.algebra.table import Table, check_wiring, in_order
from capmodel.algebra.unit import check_unit, parse, spell, unit_of
from capmodel.errors import RuleError

A, B, C = Cell("a"), Cell("b"), Cell("c")
AT = {"a": "A1", "b": "B1", "c": "C1"}


def text_of(tree: Cell) -> str:
    return excel(tree, AT)


# ------------------------------------------------------------------ recording, and refusing what cannot be written

REFUSED: dict[str, tuple[Callable[..., Any], str]] = {
    "if": (lambda a: a if a > 0 else 0, "np.where"),
    "and": (lambda a, b: np.where(a > 0 and b > 0, a, b), "& and |"),
    "or": (lambda a, b: np.where(a > 0 or b > 0, a, b), "& and |"),
    "not": (lambda a: np.where(not a > 0, a, 1), "np.where"),
    "min()": (lambda a, b: min(a, b), "np.minimum"),
    "max()": (lambda a, b: max(a, b), "np.maximum"),
    "chained comparison": (lambda a: np.where(0 < a < 1, a, 0), "& and |"),
    "len": (lambda a: a * len(a), "whole columns"),
    "a loop": (lambda a: sum(a), "whole columns"),
    "an index": (lambda a: a[0], "whole columns"),
    "membership": (lambda a: a + (1 if 1 in a else 0), "whole columns"),
    "round()": (lambda a: round(a), "to_pence"),
    "round() to 2": (lambda a: round(a, 2), "to_pence"),
    "np.round": (lambda a: np.round(a), "to_pence"),
    "np.rint": (lambda a: np.rint(a), "to_pence"),
    "floor": (lambda a: a.__floor__(), "to_pence"),
    "float()": (lambda a: float(a), "operators and np.* functions"),
    "int()": (lambda a: int(a), "operators and np.* functions"),
    "==": (lambda a, b: np.where(a == b, 1, 0), "with at_least or at_most, or with a tolerance"),
    "!=": (lambda a, b: np.where(a != b, 1, 0), "with above or below, or with a tolerance"),
    "np.sum": (lambda a: np.sum(a), "total(...)"),
    "np.cumsum": (lambda a: np.cumsum(a), "prior(...)"),
    "np.exp": (lambda a: np.exp(a), "no Excel spelling"),
    "np.floor": (lambda a: np.floor(a), "where, np.maximum"),
    "np.mean": (lambda a: np.mean(a), "no Excel spelling"),
    "modulo": (lambda a, b: a % b, "no Excel spelling"),
    "floor division": (lambda a, b: a // b, "no Excel spelling"),
    "np.add.reduce": (lambda a: np.add.reduce(a), "plain arithmetic"),
    "keyword of a ufunc": (lambda a, b: np.add(a, b, where=True), "plain arithmetic"),
    "keyword of a function": (lambda a: np.clip(a, a_min=0, a_max=1), "keyword"),
    "a number of its own": (lambda a: a * 1.02, "make it an assumption"),
    "a comparison to the last bit": (lambda a, b: np.where(a >= b, 1, 0), "write at_least(left, right)"),
    "a computed figure against 0": (lambda a, b: np.where(a - b > 0, 1, 0), "write above(left, right)"),
    "0 against a computed figure": (lambda a, b: np.where(np.less(0, a - b), 1, 0), "write below(left, right)"),
    "a figure against a plain number": (lambda a: np.where(a <= 1, 1, 0), "write at_most(left, right)"),
    "a number compared with": (lambda a: np.where(a > 0.5, a, 0), "make it an assumption"),
    "a text": (lambda a: a + "1", "works on numbers"),
    "a flag": (lambda a: a + True, "works on numbers"),
    "a comparison as a number": (lambda a: a * (a > 0), "np.where(condition, 1, 0)"),
    "a number as a comparison": (lambda a: np.where(a, 1, 0), "needs a comparison"),
    "& of numbers": (lambda a, b: np.where(a & b, 1, 0), "needs a comparison"),
    "~ of a number": (lambda a: np.where(~a, 1, 0), "needs a comparison"),
    "returning a comparison": (lambda a: a > 0, "np.where(condition, 1, 0)"),
    "an argument it never uses": (lambda a, spare: a + 1, "never uses spare"),
    "returning nothing": (lambda a: None, "works on numbers"),
    "an unknown keyword": (lambda a: np.where(a > 0, a, y=0), ""),
}


@pytest.mark.parametrize("name", REFUSED)
def test_a_rule_that_cannot_be_written_is_refused_with_the_idiom(name: str) -> None:
    rule, idiom = REFUSED[name]
    arguments = rule.__code__.co_varnames[: rule.__code__.co_argcount]
    with pytest.raises(RuleError, match="test_algebra") as refused:
        trace(rule, arguments)
    assert idiom in str(refused.value)


def test_a_refused_rule_is_named_by_module_and_function() -> None:
    def halves_by_hand(a: Any) -> Any:
        return a / 2

    with pytest.raises(RuleError, match=r"test_algebra.*halves_by_hand: the number 2 stands in a rule"):
        trace(halves_by_hand, ["a"])


@pytest.mark.parametrize("number", [0, 1, -1, 12, 100, 1000, 0.0, 1.0, np.int64(12), np.float64(100)])
def test_plain_numbers_may_stand_in_a_rule(number: float) -> None:
    expected = "A1+(-1)" if number < 0 else f"A1+{int(number)}"
    assert text_of(trace(lambda a: a + number, ["a"])) == expected


@pytest.mark.parametrize("number", [2, 0.5, 365, -12.5, 1e6, float("nan")])
def test_other_numbers_belong_in_a_pack(number: float) -> None:
    with pytest.raises(RuleError, match="make it an assumption with a source"):
        trace(lambda a: a + number, ["a"])


def test_a_rule_is_recorded_whichever_side_the_number_stands_on() -> None:
    assert [text_of(tree) for tree in (1 - A, A - 1, 1 / A, A**1, 1 * A)] == ["1-A1", "A1-1", "1/A1", "A1^1", "1*A1"]


def test_logical_functions_and_operators_are_recorded_alike() -> None:
    assert text_of(np.where(np.logical_and(A > 0, np.logical_not(B > 0)), A, B)) == text_of(np.where((A > 0) & ~(B > 0), A, B))


def test_the_leaves_of_an_expression_are_its_arguments_and_numbers() -> None:
    assert leaves(np.where(A > 0, B, 12)) == {"a", "b", "0", "12"}


# ------------------------------------------------------------------ Excel text

SPELT: list[tuple[Cell, str]] = [
    (A + B * C, "A1+B1*C1"),
    ((A + B) * C, "(A1+B1)*C1"),
    (A - (B - C), "A1-(B1-C1)"),
    (A - B - C, "A1-B1-C1"),
    (A - (B + C), "A1-(B1+C1)"),
    (A + (B - C), "A1+(B1-C1)"),
    (A / (B / C), "A1/(B1/C1)"),
    (A / B / C, "A1/B1/C1"),
    (A * (B / C), "A1*(B1/C1)"),
    (A / (B * C), "A1/(B1*C1)"),
    ((-A) ** B, "(-A1)^B1"),
    (-(A**B), "-(A1^B1)"),
    (A**-B, "A1^(-B1)"),
    ((A**B) ** C, "(A1^B1)^C1"),
    (A ** (B**C), "A1^(B1^C1)"),
    ((A * B) ** C, "(A1*B1)^C1"),
    (A * B**C, "A1*B1^C1"),
    (-A * B, "-A1*B1"),
    (-(A * B), "-(A1*B1)"),
    (-(A + B), "-(A1+B1)"),
    (A - -B, "A1-(-B1)"),
    (np.negative(-A), "--A1"),
    (np.where(above(A - B, C * A), A, -B), "IF(ROUND(A1-B1-C1*A1,12)>0,A1,-B1)"),
    (np.where(at_least(A, B - C, AMOUNTS), A, 0), "IF(ROUND(A1-(B1-C1),4)>=0,A1,0)"),
    (np.where((A > 0) & at_most(B, C) | ~below(A, 0), A, 0), "IF(OR(AND(A1>0,ROUND(B1-C1,12)<=0),NOT(ROUND(A1,12)<0)),A1,0)"),
    (np.clip(A, B, C), "MAX(B1,MIN(C1,A1))"),
    (np.absolute(A - B), "ABS(A1-B1)"),
    (abs(A), "ABS(A1)"),
    (to_pence(A / B), "ROUND(ROUND(A1/B1,6),2)"),
    (np.maximum(np.maximum(A, B), C), "MAX(A1,B1,C1)"),
    (np.maximum(A, np.maximum(B, np.maximum(C, 0))), "MAX(A1,B1,C1,0)"),
    (np.minimum(np.maximum(A, B), np.minimum(C, 0)), "MIN(MAX(A1,B1),C1,0)"),
    (ratio(A, B), "IF(ROUND(ABS(B1),12)>0,A1/B1,0)"),
    (slice_between(A, B, C), "MAX(MIN(A1,C1)-B1,0)"),
]


@pytest.mark.parametrize(("tree", "expected"), SPELT, ids=[text for _, text in SPELT])
def test_excel_text_keeps_the_order_in_which_python_calculated(tree: Cell, expected: str) -> None:
    assert text_of(tree) == expected


# ------------------------------------------------------------------ words

LABELS = {"a": "Alpha", "b": "Beta", "c": "Gamma"}
TOLD: list[tuple[Cell, str]] = [
    (A * B - C, "Alpha × Beta - Gamma"),
    (A - (B - C), "Alpha - (Beta - Gamma)"),
    ((A + B) / C, "(Alpha + Beta) ÷ Gamma"),
    (np.where(A > 0, A, B), "if Alpha is above 0 then Alpha otherwise Beta"),
    (np.where(at_least(A, B), A, np.where(below(A, C), B, 0)), "if Alpha is at least Beta then Alpha otherwise (if Alpha is below Gamma then Beta otherwise 0)"),
    (np.maximum(A, np.maximum(B, 0)), "the greater of (Alpha, Beta, 0)"),
    (np.minimum(A, B), "the lesser of (Alpha, Beta)"),
    (to_pence(A * B), "Alpha × Beta, to the penny"),
    (to_pence(A) - B, "(Alpha, to the penny) - Beta"),
    (to_pence(np.where(A > 0, A, 0)), "(if Alpha is above 0 then Alpha otherwise 0), to the penny"),
    (C * np.where(A <= 0, 0, 1), "Gamma × (if Alpha is at most 0 then 0 otherwise 1)"),
    (-(A + B), "minus (Alpha + Beta)"),
    (np.absolute(A), "the size of (Alpha)"),
    (A**B, "Alpha to the power of Beta"),
    (np.where((A > 0) & (B > 0), 1, 0), "if Alpha is above 0 and Beta is above 0 then 1 otherwise 0"),
    (np.where(~(A > 0), 1, 0), "if not (Alpha is above 0) then 1 otherwise 0"),
]  # fmt: skip


@pytest.mark.parametrize(("tree", "expected"), TOLD, ids=[text for _, text in TOLD])
def test_words_say_what_the_rule_does(tree: Cell, expected: str) -> None:
    assert words(tree, LABELS) == expected


def test_words_tell_either_of_both_from_both_with_either() -> None:
    one = np.where(((A > 0) | (B > 0)) & (C > 0), 1, 0)
    other = np.where((A > 0) | ((B > 0) & (C > 0)), 1, 0)
    assert words(one, LABELS) != words(other, LABELS)


# ------------------------------------------------------------------ units

MONEY, PEOPLE, SHARE, PRICE = parse("GBP"), parse("persons"), parse("share"), parse("GBP/persons")


def unit(tree: Cell, **units: Mapping[str, int]) -> str:
    return spell(unit_of(tree, units))


def test_units_multiply_and_divide() -> None:
    assert unit(A / B, a=MONEY, b=PEOPLE) == "GBP/persons"
    assert unit(A * B, a=PRICE, b=PEOPLE) == "GBP"
    assert unit(A / B, a=MONEY, b=MONEY) == "a pure number"
    assert unit(A * A, a=MONEY) == "GBP·GBP"
    assert unit(1 / A, a=PEOPLE) == "1/persons"
    assert unit(A * B, a=MONEY, b=SHARE) == "GBP"


def test_a_power_is_of_pure_numbers() -> None:
    assert unit(A**B, a=SHARE, b=SHARE) == "a pure number"
    with pytest.raises(RuleError, match="cannot raise GBP to the power of a pure number"):
        unit_of(A**B, {"a": MONEY, "b": SHARE})
    with pytest.raises(RuleError, match="cannot raise a pure number to the power of persons"):
        unit_of(A**B, {"a": SHARE, "b": PEOPLE})


@pytest.mark.parametrize(
    ("tree", "message"),
    [
        (A + B, "cannot add GBP and persons"),
        (A - B, "cannot subtract GBP and persons"),
        (np.maximum(A, B), "cannot compare GBP and persons"),
        (np.where(above(A, B, AMOUNTS), A, A), "cannot compare GBP and persons"),
        (np.where(A > 0, A, B), "cannot choose between GBP and persons"),
        (A + 1, "cannot add GBP and a pure number"),
    ],
    ids=["add", "subtract", "maximum", "comparison", "where", "a plain number"],
)
def test_units_that_clash_are_named(tree: Cell, message: str) -> None:
    with pytest.raises(RuleError, match=message):
        unit_of(tree, {"a": MONEY, "b": PEOPLE})


def test_a_bare_zero_fits_any_unit() -> None:
    assert unit(np.maximum(A, 0), a=MONEY) == "GBP"
    assert unit(np.where(A > 0, 0, A), a=PEOPLE) == "persons"
    assert unit_of(np.where(A > 0, 0, 0), {"a": MONEY}) is None


def test_a_line_keeps_the_unit_its_heading_promises() -> None:
    with pytest.raises(RuleError, match=r"t.x is declared in GBP, but its rule gives GBP/persons"):
        check_unit("t.x", A / B, {"a": "GBP", "b": "persons"}, "GBP")
    with pytest.raises(RuleError, match=r"t.x: cannot add GBP and persons"):
        check_unit("t.x", A + B, {"a": "GBP", "b": "persons"}, "GBP")


def test_an_unknown_unit_is_refused() -> None:
    with pytest.raises(RuleError, match="'pounds' is not known; use GBP"):
        parse("pounds")
    with pytest.raises(RuleError, match="does not end in its unit"):
        unit_by_name("growth_rate")


# ------------------------------------------------------------------ tables and wiring


def table(name: str = "t", keys: tuple[str, ...] = ("row",)) -> Table:
    return Table(name, keys, name.title(), "Sheet")


def given(rows: dict[str, Rows], columns: dict[tuple[str, str], Any], **assumptions: Any) -> Values:
    figures = {name: np.array(value, dtype=float) for name, value in assumptions.items()}
    return Values(
        Inputs(rows, {node: np.array(value, dtype=float) for node, value in columns.items()}, figures, {name: value.ndim > 0 for name, value in figures.items()})
    )  # fmt: skip


def test_a_circle_without_a_prior_is_refused_by_name() -> None:
    round_trip = table()
    round_trip.line("GBP", "One")(_named("one_gbp", lambda two_gbp: two_gbp + 0))
    round_trip.line("GBP", "Two")(_named("two_gbp", lambda three_gbp: three_gbp + 0))
    round_trip.line("GBP", "Three")(_named("three_gbp", lambda one_gbp: one_gbp + 0))
    with pytest.raises(
        RuleError, match=r"t.one_gbp -> t.two_gbp -> t.three_gbp -> t.one_gbp is a circle; read last year's value with prior"
    ):
        in_order([round_trip], [])


def test_a_circle_through_two_tables_is_refused_by_name() -> None:
    upper, lower = table("upper"), table("lower")
    upper.line("GBP", "Up", below=lookup(lower, "down_gbp"))(_named("up_gbp", lambda below: below))
    lower.line("GBP", "Down", above=total(upper, "up_gbp", "row"))(_named("down_gbp", lambda above: above))
    with pytest.raises(RuleError, match=r"(upper.up_gbp -> lower.down_gbp|lower.down_gbp -> upper.up_gbp).* is a circle"):
        in_order([upper, lower], [])


def test_a_prior_breaks_a_circle_only_for_the_column_it_carries() -> None:
    stuck = table("stuck", ("year",))
    stuck.line("GBP", "Close", before=prior("close_gbp", first="open_gbp"))(_named("close_gbp", lambda before: before + 0))
    stuck.line("GBP", "Open")(_named("open_gbp", lambda close_gbp: close_gbp + 0))
    with pytest.raises(RuleError, match="is a circle"):
        in_order([stuck], [])


def _named(name: str, rule: Callable[..., Any]) -> Callable[..., Any]:
    rule.__name__ = name
    return rule


def test_a_misspelt_column_gives_the_nearest_names() -> None:
    wrong = table()
    wrong.input("budget_gbp", "GBP", "Budget")
    wrong.line("GBP", "Twice")(_named("twice_gbp", lambda bugdet_gbp: bugdet_gbp + bugdet_gbp))
    with pytest.raises(RuleError, match=r"t has no column 'bugdet_gbp'. Did you mean budget_gbp"):
        check_wiring([wrong])


def test_a_misspelt_assumption_gives_the_nearest_names() -> None:
    wrong = table()
    wrong.line("share", "Uplift", rate=assumption("price_uplft_share"))(_named("x_share", lambda rate: rate))
    with pytest.raises(RuleError, match=r"'price_uplft_share', which is not given. Did you mean price_uplift_share"):
        evaluate([wrong], given({"t": Rows({"row": ("a",)})}, {}, price_uplift_share=0.1))


def test_a_link_that_names_no_argument_is_refused() -> None:
    with pytest.raises(RuleError, match=r"t.x_gbp: the links rate name no argument of the rule"):
        table().line("GBP", "X", rate=assumption("rate_share"))(_named("x_gbp", lambda a: a))


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
        twice.line("GBP", "A")(_named("a_gbp", lambda b: b))


def test_an_input_that_is_not_given_is_refused() -> None:
    wanting = table()
    wanting.input("a_gbp", "GBP", "A")
    with pytest.raises(RuleError, match=r"the input t.a_gbp is not given"):
        evaluate([wanting], given({"t": Rows({"row": ("x",)})}, {}))


def test_a_yearly_assumption_needs_a_table_with_years() -> None:
    still = table()
    still.line("share", "Rate", rate=assumption("rate_share"))(_named("x_share", lambda rate: rate))
    with pytest.raises(RuleError, match=r"t has no years, but the assumption 'rate_share' is given by year"):
        evaluate([still], given({"t": Rows({"row": ("x",)})}, {}, rate_share=[0.1, 0.2]))


# ------------------------------------------------------------------ the four links as arrays

YEARS = (2026, 2027, 2028)


def test_an_assumption_is_the_same_for_all_rows_or_one_a_year() -> None:
    by_year = table("t", ("row", "year"))
    by_year.line("share", "Flat", rate=assumption("flat_share"))(_named("one_share", lambda rate: rate))
    by_year.line("share", "Yearly", rate=assumption("yearly_share"))(_named("two_share", lambda rate: rate))
    known = evaluate([by_year], given({"t": Rows({"row": ("x", "y")}, YEARS)}, {}, flat_share=0.5, yearly_share=[0.1, 0.2, 0.3]))
    assert known.figure(("t", "one_share")).tolist() == [0.5] * 6
    assert known.figure(("t", "two_share")).tolist() == [0.1, 0.2, 0.3, 0.1, 0.2, 0.3]


def test_a_lookup_reads_the_row_that_matches_by_key_or_by_attribute() -> None:
    band, person = table("band", ("band",)), table("person", ("name", "year"))
    band.input("price_gbp", "GBP", "Price")
    person.line("GBP", "Price", price=lookup(band, "price_gbp", band="age"))(_named("cost_gbp", lambda price: price))
    rows = {
        "band": Rows({"band": ("old", "young")}),
        "person": Rows({"name": ("Ann", "Bob", "Cy"), "age": ("young", "old", "young")}, (2026, 2027)),
    }
    known = evaluate([band, person], given(rows, {("band", "price_gbp"): [9, 2]}))
    assert known.figure(("person", "cost_gbp")).tolist() == [2, 2, 9, 9, 2, 2]


def test_a_lookup_matches_years_where_both_have_them() -> None:
    source, reader = table("source", ("year",)), table("reader", ("row", "year"))
    source.input("a_gbp", "GBP", "A")
    reader.line("GBP", "A", read=lookup(source, "a_gbp"))(_named("b_gbp", lambda read: read))
    known = evaluate(
        [source, reader], given({"source": Rows({}, YEARS), "reader": Rows({"row": ("x", "y")}, YEARS)}, {("source", "a_gbp"): [1, 2, 3]})
    )
    assert known.figure(("reader", "b_gbp")).tolist() == [1, 2, 3, 1, 2, 3]


def test_a_lookup_refuses_a_missing_key() -> None:
    band, person = table("band", ("band",)), table("person", ("name",))
    band.input("price_gbp", "GBP", "Price")
    person.line("GBP", "Price", price=lookup(band, "price_gbp", band="age"))(_named("cost_gbp", lambda price: price))
    rows = {"band": Rows({"band": ("old",)}), "person": Rows({"name": ("Ann",), "age": ("ancient",)})}
    with pytest.raises(RuleError, match=r"person looks up band.price_gbp for \('ancient',\), and there is no such row"):
        evaluate([band, person], given(rows, {("band", "price_gbp"): [9]}))


def test_a_total_sums_the_rows_that_agree_and_is_zero_where_none_does() -> None:
    item, group = table("item", ("item", "year")), table("group", ("group", "year"))
    item.input("a_gbp", "GBP", "A")
    group.line("GBP", "By group and year", items=total(item, "a_gbp", "year", kind="group"))(_named("sum_gbp", lambda items: items))
    group.line("GBP", "By group", items=total(item, "a_gbp", "year"))(_named("all_gbp", lambda items: items))
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
    whole.line("GBP", "Sum", items=total(item, "a_gbp", "item"))(_named("sum_gbp", lambda items: items))
    rows = {"item": Rows({"item": ("i", "j")}, YEARS), "whole": Rows({"item": ("i", "j")})}
    known = evaluate([item, whole], given(rows, {("item", "a_gbp"): [1, 2, 3, 10, 20, 30]}))
    assert known.figure(("whole", "sum_gbp")).tolist() == [6, 60]


def test_a_total_over_years_and_an_attribute_at_once_is_refused() -> None:
    item, group = table("item", ("item", "year")), table("group", ("kind",))
    item.input("a_gbp", "GBP", "A")
    group.line("GBP", "Sum", items=total(item, "a_gbp", "kind"))(_named("sum_gbp", lambda items: items))
    rows = {"item": Rows({"item": ("i", "j"), "kind": ("p", "p")}, YEARS), "group": Rows({"kind": ("p",)})}
    with pytest.raises(RuleError, match="total it by year first"):
        evaluate([item, group], given(rows, {("item", "a_gbp"): [1] * 6}))


def test_a_balance_runs_from_year_to_year() -> None:
    account = table("account", ("row", "year"))
    account.input("paid_gbp", "GBP", "Paid")
    account.input("opening_gbp", "GBP", "Opening")
    account.line("GBP", "Closing", before=prior("closing_gbp", first="opening_gbp"))(
        _named("closing_gbp", lambda before, paid_gbp: before + paid_gbp)
    )
    columns = {("account", "paid_gbp"): [1, 2, 3, 10, 20, 30], ("account", "opening_gbp"): [100, 0, 0, 200, 0, 0]}
    known = evaluate([account], given({"account": Rows({"row": ("x", "y")}, YEARS)}, columns))
    assert known.figure(("account", "closing_gbp")).tolist() == [101, 103, 106, 210, 230, 260]


def test_a_balance_runs_down_the_lines_and_starts_again_with_each_group() -> None:
    lines = table("lines", ("group", "item"))
    lines.input("a_share", "share", "A")
    lines.line("share", "So far", before=prior("so_far_share", along=("item",)))(
        _named("so_far_share", lambda before, a_share: before + a_share)
    )
    rows = {"lines": Rows({"group": ("p", "p", "p", "q", "q"), "item": ("i", "j", "k", "i", "k")})}
    known = evaluate([lines], given(rows, {("lines", "a_share"): [1, 2, 4, 10, 20]}))
    assert known.figure(("lines", "so_far_share")).tolist() == [1, 3, 7, 10, 30]


def test_two_lines_that_carry_each_other_are_worked_out_together() -> None:
    pair = table("pair", ("year",))
    pair.line("index", "Now", before=prior("next_index", first=1))(_named("now_index", lambda before: before))
    pair.line("index", "Next", rate=assumption("rate_share"))(_named("next_index", lambda now_index, rate: now_index * (1 + rate)))
    known = evaluate([pair], given({"pair": Rows({}, YEARS)}, {}, rate_share=1.0))
    assert known.figure(("pair", "now_index")).tolist() == [1, 2, 4]
    assert known.figure(("pair", "next_index")).tolist() == [2, 4, 8]


def test_a_figure_that_is_not_finite_is_refused_with_its_row() -> None:
    wrong = table()
    wrong.input("a_gbp", "GBP", "A")
    wrong.input("b_gbp", "GBP", "B")
    wrong.line("share", "Ratio")(_named("x_share", lambda a_gbp, b_gbp: a_gbp / b_gbp))
    columns = {("t", "a_gbp"): [1, 1], ("t", "b_gbp"): [1, 0]}
    with pytest.raises(RuleError, match=r"t.x_share is not a finite number for second; look for a division by zero"):
        evaluate([wrong], given({"t": Rows({"row": ("first", "second")})}, columns))


def test_a_line_that_is_given_is_not_worked_out() -> None:
    known_line = table()
    known_line.input("a_gbp", "GBP", "A")
    known_line.line("GBP", "B")(_named("b_gbp", lambda a_gbp: a_gbp + a_gbp))
    known_line.line("GBP", "C")(_named("c_gbp", lambda b_gbp: b_gbp + b_gbp))
    known = evaluate([known_line], given({"t": Rows({"row": ("x",)})}, {("t", "a_gbp"): [1], ("t", "b_gbp"): [50]}))
    assert known.figure(("t", "b_gbp")).tolist() == [50]
    assert known.figure(("t", "c_gbp")).tolist() == [100]


# ------------------------------------------------------------------ draws on leading axes


def ledger() -> Table:
    account = table("account", ("row", "year"))
    account.input("paid_gbp", "GBP", "Paid")
    account.line("GBP", "Closing", before=prior("closing_gbp"), rate=assumption("rate_share"), yearly=assumption("yearly_share"))(
        _named("closing_gbp", lambda before, paid_gbp, rate, yearly: before * (1 + rate) + np.maximum(paid_gbp * yearly, 0))
    )
    account.line("GBP", "Everyone", everyone=total(account, "closing_gbp", "year"))(_named("all_gbp", lambda everyone: everyone))
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


# ------------------------------------------------------------------ linear terms


def decided(rule: Callable[..., Any] | None = None) -> tuple[list[Table], dict[str, Rows]]:
    option, plan = table("option", ("option",)), table("plan", ("year",))
    option.input("chosen_flag", "flag", "Chosen")
    option.input("cost_gbp", "GBP", "Cost")
    option.line("GBP", "Cost if chosen")(
        _named("chosen_gbp", rule or (lambda chosen_flag, cost_gbp: np.where(cost_gbp > 0, cost_gbp * chosen_flag, -cost_gbp)))
    )
    plan.line("GBP", "Cost of the plan", options=total(option, "chosen_gbp"))(_named("spent_gbp", lambda options: options / 12))
    plan.line("GBP", "Left", before=prior("left_gbp"), budget=assumption("budget_gbp"))(
        _named("left_gbp", lambda before, budget, spent_gbp: before * (1 - budget) + budget - spent_gbp)
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


def test_linear_terms_foretell_any_choice() -> None:
    tables, rows = decided()
    found = terms(tables, rows)
    for choice in np.ndindex(2, 2, 2):
        assert found[0] + np.array(choice) @ found[1:] == pytest.approx(left(tables, rows, choice))


NOT_AFFINE: dict[str, Callable[..., Any]] = {
    "multiply": lambda chosen_flag, cost_gbp: chosen_flag * chosen_flag * cost_gbp,
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


# ------------------------------------------------------------------ the bridge


def test_the_bridge_shows_each_cause_alone_and_what_they_do_together() -> None:
    product = table("t", ())
    product.input("people_persons", "persons", "People")
    product.line("GBP", "Cost", price=assumption("price_gbp_per_person"))(
        _named("cost_gbp", lambda people_persons, price: people_persons * price)
    )
    opening = given({"t": Rows({})}, {("t", "people_persons"): [10]}, price_gbp_per_person=5.0).inputs
    closing = given({"t": Rows({})}, {("t", "people_persons"): [12]}, price_gbp_per_person=6.0).inputs
    found = bridge(opening, closing, lambda inputs: evaluate([product], Values(inputs)), ("t", "cost_gbp"), 0, "GBP", str)
    assert (found.opening, found.interaction, found.closing) == (50.0, 2.0, 72.0)
    assert dict(found.causes) == {"price_gbp_per_person": 10.0, "('t', 'people_persons')": 10.0}
