"""Properties that must hold whatever the numbers: rounding as a spreadsheet does, Python equal to Excel on random expressions, and splits that foot.

The oracles are not the engine's: decimal arithmetic for rounding, IronCalc for formulas, and counting in whole pence for
splits. Settlements have a file of their own, test_settlement_properties.py.
"""

from __future__ import annotations

import operator
from collections.abc import Callable
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal
from functools import cache
from random import Random
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from capmodel.algebra.cell import Cell, excel
from capmodel.algebra.evaluate import Inputs, Values, evaluate
from capmodel.algebra.functions import above, at_least, at_most, below, ratio, slice_between, to_pence
from capmodel.algebra.rows import Rows
from capmodel.capitation import allocation
from capmodel.care_budgets import year_of_care
from capmodel.workbook.recalculate import recalculate_book
from capmodel.workbook.writing.book import Book, Sheet

# ------------------------------------------------------------------ to_pence


def by_decimal(value: float) -> float:
    size = Decimal(format(abs(value), ".15g")).quantize(Decimal("0.000001"), ROUND_HALF_UP).quantize(Decimal("0.01"), ROUND_HALF_UP)
    return float(-size if value < 0 else size)


@settings(derandomize=True, max_examples=2000)
@given(st.floats(min_value=-1e15, max_value=1e15, allow_nan=False))
def test_to_pence_rounds_half_up_on_fifteen_digits(value: float) -> None:
    assert to_pence(value) == by_decimal(value)


@settings(derandomize=True, max_examples=2000)
@given(st.integers(-(10**13), 10**13), st.integers(-4, 4))
def test_to_pence_agrees_within_a_few_bits_of_half_a_penny(pence: int, bits: int) -> None:
    value = (2 * pence + 1) / 200
    for _ in range(abs(bits)):
        value = float(np.nextafter(value, np.inf if bits > 0 else -np.inf))
    assert to_pence(value) == by_decimal(value)


def test_to_pence_agrees_on_sixty_thousand_values_near_half_a_penny() -> None:
    random = np.random.default_rng(20261122)
    size = 10.0 ** random.uniform(-2, 12, 60_000)
    values = np.round(size * 100) / 100 + 0.005
    values = values * (1 + random.integers(-4, 5, 60_000) * 2.2e-16) * random.choice([-1, 1], 60_000)
    assert (np.round(values, 2) != [by_decimal(value) for value in values.tolist()]).sum() > 1000
    assert to_pence(values).tolist() == [by_decimal(value) for value in values.tolist()]


def test_to_pence_is_odd_and_never_minus_zero() -> None:
    random = np.random.default_rng(3)
    values = random.normal(scale=1e4, size=20_000)
    assert to_pence(-values).tolist() == (-to_pence(values) + 0.0).tolist()
    small = to_pence(np.array([-0.0, -0.001, -0.004999, 0.0, 0.001]))
    assert small.tolist() == [0.0] * 5
    assert not np.signbit(small).any()


def test_to_pence_is_the_same_for_one_number_and_for_many() -> None:
    values = [2.675, -2.675, 1.005, 0.125, 1e13 + 0.05]
    assert [to_pence(value) for value in values] == to_pence(np.array(values)).tolist()


# ------------------------------------------------------------------ random expressions: numpy and Excel agree


@dataclass(frozen=True)
class Expression:
    """A function of the columns a to f, and what it has come to so far, so that a draw can keep clear of overflow."""

    of: Callable[[dict[str, Any]], Any]
    value: float
    is_number: bool = False


NUMBERS: list[tuple[str, int, Callable[..., Any]]] = [
    ("add", 2, operator.add),
    ("subtract", 2, operator.sub),
    ("multiply", 2, operator.mul),
    ("divide", 2, operator.truediv),
    ("power", 2, operator.pow),
    ("negative", 1, operator.neg),
    ("absolute", 1, np.absolute),
    ("sqrt", 1, np.sqrt),
    ("maximum", 2, np.maximum),
    ("minimum", 2, np.minimum),
    ("clip", 3, np.clip),
    ("to_pence", 1, to_pence),
    ("ratio", 2, ratio),
    ("slice", 3, slice_between),
]
COMPARE = [above, at_least, below, at_most]
COLUMNS = {"a": 3.7, "b": -1.25, "c": 0.6, "d": 250.125, "e": -48.0, "f": 2.675}


def draw(random: Random, depth: int) -> Expression:
    if depth == 0 or random.random() < 0.12:
        if random.random() < 0.25:
            number = random.choice([0, 1, 12, 100, 1000, -1])
            return Expression(lambda _: number, number, is_number=True)
        name = random.choice(list(COLUMNS))
        return Expression(lambda columns: columns[name], COLUMNS[name])
    if random.random() < 0.25:
        return choice(random, depth)
    name, count, function = random.choice(NUMBERS)
    parts = [draw(random, depth - 1) for _ in range(count)]
    if name == "clip":
        parts = [parts[0], *sorted(parts[1:], key=lambda part: part.value)]
    fixed = [part.is_number for part in parts]
    if all(fixed) or (name == "ratio" and fixed[1]) or not sound(name, [part.value for part in parts]):
        return draw(random, depth - 1)
    value = float(function(*(np.float64(part.value) for part in parts)))
    made = Expression(lambda columns: function(*(part.of(columns) for part in parts)), value)
    return made if abs(made.value) < 1e9 else parts[0]


def choice(random: Random, depth: int) -> Expression:
    pairs = [(draw(random, depth - 1), draw(random, depth - 1), random.choice(COMPARE)) for _ in range(random.randint(1, 2))]
    yes, no = draw(random, depth - 1), draw(random, depth - 1)
    if any(close(left.value, right.value) or (left.is_number and right.is_number) for left, right, _ in pairs):
        return yes
    both, turned = random.random() < 0.5, random.random() < 0.3

    def test(columns: dict[str, Any]) -> Any:
        found = [compare(left.of(columns), right.of(columns)) for left, right, compare in pairs]
        joined = found[0] if len(found) == 1 else (found[0] & found[1] if both else found[0] | found[1])
        return np.logical_not(joined) if turned else joined

    of = lambda columns: np.where(test(columns), yes.of(columns), no.of(columns))  # noqa: E731
    return Expression(of, float(of({name: np.float64(value) for name, value in COLUMNS.items()})))


def close(left: float, right: float) -> bool:
    return abs(left - right) <= 1e-6 * max(1.0, abs(left), abs(right))


def sound(name: str, values: list[float]) -> bool:
    if name in ("divide", "ratio"):
        return abs(values[1]) > 1e-3
    if name == "power":
        return 1e-3 < values[0] < 1e3 and abs(values[1]) < 3
    if name == "sqrt":
        return values[0] > 1e-3
    if name == "to_pence":
        return not close(abs(values[0]) * 100 % 1, 0.5) and abs(values[0]) < 1e6
    return True


def test_python_and_excel_agree_on_thousands_of_random_expressions() -> None:
    random = Random(20261122)
    book = Book([Sheet("Random", "")], {}, {})
    sheet = book.sheets[0]
    for column, value in enumerate(COLUMNS.values()):
        sheet.put(0, column, "input", value)
    references = {name: f"${chr(65 + i)}$1" for i, name in enumerate(COLUMNS)}
    imputed_values, figures = {name: Cell(name) for name in COLUMNS}, {name: np.float64(value) for name, value in COLUMNS.items()}
    expected, texts, operations = {}, {}, set()
    while len(expected) < 2500:
        expression = draw(random, random.randint(2, 5))
        tree = expression.of(imputed_values)
        if not isinstance(tree, Cell) or not tree.parts:
            continue
        row = len(expected) + 1
        operations |= names(tree)
        texts[row] = excel(tree, references)
        sheet.put(row, 0, "formula", 0.0, formula=texts[row])
        expected[row] = float(expression.of(figures))
    assert len(operations) == 19, "every operation is drawn"
    assert len(set(texts.values())) > 2000
    found = recalculate_book(book)
    wrong = [
        (texts[row], value, found["Random", row, 0])
        for row, value in expected.items()
        if not isinstance(found["Random", row, 0], float) or abs(found["Random", row, 0] - value) > 1e-9 * max(1.0, abs(value))
    ]
    assert not wrong, wrong[:5]


def names(tree: Cell) -> set[str]:
    return {tree.operation, *(name for part in tree.parts for name in names(part))} if tree.parts else set()


# ------------------------------------------------------------------ allocation and care budgets

YEARS = (2026, 2027, 2028)
PARTS = ("near", "far", "away")


def shared_out(people: np.ndarray, price: np.ndarray, parts: np.ndarray) -> Values:
    """Envelope, allocations and budgets of draws of a place; people and price by segment, parts by segment and provider."""
    draws, segments = people.shape
    names = tuple(f"segment_{i}" for i in range(segments))
    lines = [(name, "care", provider, "payer") for name in names for provider in PARTS]
    spend = Rows(dict(zip(("segment", "setting", "provider", "payer"), zip(*lines, strict=True), strict=True)))
    rows = {
        "place": Rows({}),
        "segment": Rows({"segment": names}),
        "need": Rows({"segment": names}),
        "growth": Rows({"age_band": ("all",)}, YEARS),
        "capitation": Rows({"segment": names, "age_band": ("all",) * segments}, YEARS),
        "envelope": Rows({}, YEARS),
        "spend": spend,
        "care_budget": Rows(spend.columns, YEARS),
        "segment_budget": Rows({"segment": names}, YEARS),
        "setting_budget": Rows({"setting": ("care",)}, YEARS),
        "party_budget": Rows({"party": (*PARTS, "payer")}, YEARS),
        "all_budgets": Rows({}, YEARS),
    }
    inputs = Inputs(
        rows,
        {
            ("growth", "population_growth_share"): np.broadcast_to([0.011, -0.02, 0.003], (draws, 3)),
            ("need", "fitted_need_index"): np.broadcast_to(np.linspace(0.5, 4, segments), (draws, segments)),
        },
        {
            "price_uplift_share": np.array([0.02, 0.019, 0.018]),
            "efficiency_share": np.array([0.011, 0.0, 0.02]),
            "fitted_need_share": np.array([0.4]),
            "pace_of_change_share": np.array([0.25, 0.5, 1.0]),
        },
        {"price_uplift_share": True, "efficiency_share": True, "fitted_need_share": False, "pace_of_change_share": True},
    )
    by_segment = parts.reshape(draws, segments, -1)
    running = np.cumsum(np.concatenate([np.zeros((draws, segments, 1)), by_segment], axis=2), axis=2)
    known = {
        ("place", "place_cost_gbp"): (people * price).sum(axis=1, keepdims=True),
        ("place", "population_persons"): people.sum(axis=1, keepdims=True),
        ("segment", "base_price_gbp_per_person"): price,
        ("segment", "base_cost_gbp"): people * price,
        ("segment", "segment_persons"): people,
        ("spend", "part_share"): parts,
        ("spend", "before_share"): running[..., :-1].reshape(parts.shape),
        ("spend", "so_far_share"): running[..., 1:].reshape(parts.shape),
    }
    return evaluate(year_of_care.TABLES, evaluate(allocation.TABLES, Values(inputs, known)))


@cache
def draw_place(seed: int, draws: int, segments: int) -> Values:
    random = np.random.default_rng(seed)
    people = np.round(10 ** random.uniform(0, 6, (draws, segments)))
    people[:, 1] = 0
    price = 10 ** random.uniform(1, 4.5, (draws, segments))
    parts = random.dirichlet([1, 1], (draws, segments))
    parts = np.stack([parts[..., 0], np.zeros((draws, segments)), 1 - parts[..., 0]], axis=2)
    return shared_out(people, price, parts.reshape(draws, -1))


def in_pence(figures: np.ndarray) -> np.ndarray:
    pence = figures * 100
    assert np.abs(pence - np.rint(pence)).max() < 0.01, "a payment is not in whole pence"
    return np.rint(pence).astype(np.int64)


@pytest.mark.parametrize("segments", [2, 7, 20])
def test_allocations_add_up_to_the_envelope_to_the_penny(segments: int) -> None:
    known = draw_place(segments, 2000, segments)
    allocated = in_pence(known.figure(("capitation", "allocation_gbp"))).reshape(-1, segments, len(YEARS)).sum(axis=1)
    assert (allocated == in_pence(known.figure(("envelope", "envelope_gbp")))).all()


def test_an_empty_segment_gets_exactly_nothing_and_keeps_a_price() -> None:
    known = draw_place(11, 500, 6)
    assert (known.figure(("capitation", "allocation_gbp")).reshape(-1, 6, len(YEARS))[:, 1] == 0).all()
    assert (known.figure(("capitation", "price_gbp_per_person")).reshape(-1, 6, len(YEARS))[:, 1] > 0).all()


@pytest.mark.parametrize("segments", [2, 7, 20])
def test_care_budgets_add_up_to_the_allocation_to_the_penny(segments: int) -> None:
    known = draw_place(100 + segments, 2000, segments)
    budgets = in_pence(known.figure(("care_budget", "budget_gbp"))).reshape(-1, segments, len(PARTS), len(YEARS))
    assert (budgets.sum(axis=2) == in_pence(known.figure(("capitation", "allocation_gbp"))).reshape(-1, segments, len(YEARS))).all()
    assert (budgets[:, :, 1] == 0).all(), "a part of zero gets exactly nothing"


@pytest.mark.parametrize(
    ("table", "line"),
    [
        ("envelope", "check_allocation_gbp"),
        ("segment_budget", "check_budget_gbp"),
        ("all_budgets", "check_income_gbp"),
        ("all_budgets", "check_setting_gbp"),
    ],
)
@pytest.mark.parametrize("seed", [1008, 1040])
def test_no_penny_is_lost_in_five_thousand_places(seed: int, table: str, line: str) -> None:
    assert (draw_place(seed, 5000, 20).figure((table, line)) == 0).all()
