"""The algebra in one file: what a rule may say, what it is refused for, and how it reads as values, Excel, words, units and linear terms."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
import pytest

from capmodel.algebra.cell import Cell, excel, leaves, trace, words
from capmodel.algebra.functions import AMOUNTS, above, at_least, at_most, below, ratio, slice_between, to_pence
from capmodel.algebra.unit import check_unit, parse, spell, unit_by_name, unit_of
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
REPORTED: list[tuple[Cell, str]] = [
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


@pytest.mark.parametrize(("tree", "expected"), REPORTED, ids=[text for _, text in REPORTED])
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


def test_a_square_root_is_of_pure_numbers_or_squares_and_is_read_in_every_way() -> None:
    assert unit(np.sqrt(A), a=SHARE) == "a pure number"
    assert unit(np.sqrt(A * A), a=PEOPLE) == "persons"
    with pytest.raises(RuleError, match="cannot take the square root of GBP"):
        unit_of(np.sqrt(A), {"a": MONEY})
    assert excel(np.sqrt(A * B), {"a": "F7", "b": "G7"}) == "SQRT(F7*G7)"
    assert words(np.sqrt(A), {"a": "Spread"}) == "the square root of (Spread)"


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
