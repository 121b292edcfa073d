"""Properties that must hold whatever the numbers: rounding as a spreadsheet does, Python equal to Excel on random expressions, and splits that foot.

The oracles are not the engine's: decimal arithmetic for rounding, IronCalc for formulas, and counting in whole pence for
splits. Contracts, variances and populations are drawn at random; every draw of a contract is settled in one evaluation.
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
from capmodel.algebra.functions import ratio, slice_between, to_pence
from capmodel.algebra.rows import Rows
from capmodel.capitation import allocation
from capmodel.care_budgets import year_of_care
from capmodel.contracts import standalone
from capmodel.contracts.alliance import Contract
from capmodel.contracts.terms import terms_of
from capmodel.workbook.book import Book, Sheet
from capmodel.workbook.parity import recalculate_book

TRY = settings(derandomize=True, deadline=None, max_examples=60)


# ------------------------------------------------------------------ to_pence


def by_decimal(value: float) -> float:
    size = Decimal(format(abs(value), ".15g")).quantize(Decimal("0.01"), ROUND_HALF_UP)
    return float(-size if value < 0 else size)


@settings(derandomize=True, deadline=None, max_examples=2000)
@given(st.floats(min_value=-1e15, max_value=1e15, allow_nan=False))
def test_to_pence_rounds_half_up_on_fifteen_digits(value: float) -> None:
    assert to_pence(value) == by_decimal(value)


@settings(derandomize=True, deadline=None, max_examples=2000)
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


def test_to_pence_is_odd_and_never_minus_nought() -> None:
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
    ("maximum", 2, np.maximum),
    ("minimum", 2, np.minimum),
    ("clip", 3, np.clip),
    ("to_pence", 1, to_pence),
    ("ratio", 2, ratio),
    ("slice", 3, slice_between),
]
COMPARE = [operator.gt, operator.ge, operator.lt, operator.le]
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
    stand_ins, figures = {name: Cell(name) for name in COLUMNS}, {name: np.float64(value) for name, value in COLUMNS.items()}
    expected, texts, operations = {}, {}, set()
    while len(expected) < 2500:
        expression = draw(random, random.randint(2, 5))
        tree = expression.of(stand_ins)
        if not isinstance(tree, Cell) or not tree.parts:
            continue
        row = len(expected) + 1
        operations |= names(tree)
        texts[row] = excel(tree, references)
        sheet.put(row, 0, "formula", 0.0, formula=texts[row])
        expected[row] = float(expression.of(figures))
    assert len(operations) == 18, "every operation is drawn"
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
    assert (budgets[:, :, 1] == 0).all(), "a part of nought gets exactly nothing"


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


# ------------------------------------------------------------------ settlement

PARTIES = ("payer", "fund", "alpha", "beta", "gamma")
SERVICES = [("care", "alpha", "payer"), ("care", "beta", "payer"), ("care", "gamma", "payer")]
TWO_YEARS = (2026, 2027)


def settle(contract: dict[str, Any], target: float, variances: np.ndarray, income: float = 1e6) -> Values:
    """Settle a contract for many variances at once: the target is split evenly over services, the variance falls on them 3 : 2 : 1."""
    routes = Rows(dict(zip(("setting", "provider", "payer"), zip(*SERVICES, strict=True), strict=True)))
    terms = terms_of(Contract.model_validate(contract), PARTIES, TWO_YEARS, routes)
    rows = standalone.standalone_rows(terms, PARTIES, SERVICES, TWO_YEARS)
    targets = np.full((len(variances), 6), target / 3)
    falls = variances[:, None] * np.repeat([1 / 2, 1 / 3, 1 / 6], 2)
    figures = {
        ("service", "budget_gbp"): targets,
        ("service", "target_gbp"): targets,
        ("service", "actual_gbp"): targets - falls,
        ("party_budget", "income_gbp"): np.full(len(PARTIES) * 2, income),
    }
    return standalone.settle(standalone.standalone_inputs(terms, rows, TWO_YEARS, {}), figures, {})


def party(known: Values, line: str) -> np.ndarray:
    """Figures by draw, party and year."""
    return known.figure(("settlement", line)).reshape(-1, len(PARTIES), len(TWO_YEARS))


@st.composite
def bands(draw: Callable[..., Any]) -> list[dict[str, Any]]:
    edges = [0.0, *sorted(draw(st.lists(st.integers(1, 99), min_size=0, max_size=2, unique=True)))]
    found = []
    for i, edge in enumerate(edges):
        cuts = sorted(draw(st.lists(st.integers(0, 100), min_size=4, max_size=4)))
        parts = np.diff([0, *cuts, 100])
        upper = edges[i + 1] / 1000 if i + 1 < len(edges) else None
        found.append(
            {"from": edge / 1000, "to": upper, "shares": {name: int(part) / 100 for name, part in zip(PARTIES, parts, strict=True)}}
        )
    return found


def share() -> Any:
    return st.integers(0, 100).map(lambda whole: whole / 100)


@st.composite
def contracts(
    draw: Callable[..., Any], mirrored: bool = False, modes: tuple[str, ...] = ("none", "first_pound", "excess_only")
) -> dict[str, Any]:
    gain = draw(bands())
    edge = draw(st.integers(0, 50)) / 1000
    phase = {year: draw(share()) for year in TWO_YEARS}
    caps = []
    for name in ("alpha", "gamma"):
        if draw(st.booleans()):
            bases = {
                "amount_gbp": draw(st.integers(0, 50_000)) * 1.0,
                "share_of_target": draw(st.integers(0, 30)) / 1000,
                "share_of_income": draw(st.integers(0, 50)) / 1000,
            }
            used = draw(st.sets(st.sampled_from(sorted(bases)), min_size=1))
            terms = {"party": name, "residual_to": draw(st.sampled_from(["payer", "fund"])), **{base: bases[base] for base in sorted(used)}}
            sides = ("gain", "loss") if mirrored else (draw(st.sampled_from(["gain", "loss"])),)
            caps += [{**terms, "side": side} for side in sides]
    mode = "none" if mirrored else draw(st.sampled_from(["none", "gate", "multiplier"]))
    return {
        "id": "drawn", "title": "Drawn", "status": "illustrative", "source": "none",
        "variance_held_by": draw(st.sampled_from(["payer", "provider"])),
        "residual_party": "payer",
        "threshold": {"mode": draw(st.sampled_from(modes)), "comparator": draw(st.sampled_from([">=", ">"])), "gain_share": edge, "loss_share": edge if mirrored else draw(st.integers(0, 50)) / 1000},
        "bands": {"gain": gain, "loss": gain if mirrored else draw(bands())},
        "phase": {"gain_share": phase, "loss_share": phase if mirrored else {year: draw(share()) for year in TWO_YEARS}},
        "outcomes": {"mode": mode, "gate_share": draw(share()), "score_share": {year: draw(share()) for year in TWO_YEARS}, "forfeited_to": "fund"},
        "deduction_share": 0 if mirrored else draw(share()),
        "caps": caps,
        "parties": {name: {"at_risk": name not in ("payer", "fund") and draw(st.booleans())} for name in PARTIES},
    }  # fmt: skip


TARGET = 3_000_000.0
SPREAD = np.concatenate([np.linspace(-400_000, 400_000, 81), [0.01, -0.01, 33_333.33, -123_456.78, 29_999.99]])


@TRY
@given(contracts())
def test_shares_add_up_to_the_pool_and_transfers_to_nought(contract: dict[str, Any]) -> None:
    known = settle(contract, TARGET, SPREAD)
    pool = in_pence(known.figure(("pool", "pool_gbp")))
    assert (in_pence(party(known, "share_gbp")).sum(axis=1) == pool).all()
    assert (in_pence(party(known, "holding_gbp")).sum(axis=1) == pool).all()
    assert (in_pence(party(known, "transfer_gbp")).sum(axis=1) == 0).all()
    assert (in_pence(party(known, "transfer_gbp")) == in_pence(party(known, "share_gbp")) - in_pence(party(known, "holding_gbp"))).all()


@TRY
@given(contracts())
def test_a_party_without_a_share_gets_exactly_nothing(contract: dict[str, Any]) -> None:
    for side in ("gain", "loss"):
        for band in contract["bands"][side]:
            band["shares"]["payer"] += band["shares"].pop("beta")
    assert (party(settle(contract, TARGET, SPREAD), "share_gbp")[:, PARTIES.index("beta")] == 0).all()


@TRY
@given(contracts(mirrored=True))
def test_symmetric_terms_mirror(contract: dict[str, Any]) -> None:
    variances = np.linspace(1, 400_000, 60)
    gain, loss = settle(contract, TARGET, variances), settle(contract, TARGET, -variances)
    for line in ("share_gbp", "holding_gbp", "transfer_gbp"):
        assert (in_pence(party(gain, line)) == -in_pence(party(loss, line))).all()


@TRY
@given(contracts())
def test_no_variance_moves_no_money(contract: dict[str, Any]) -> None:
    known = settle(contract, TARGET, np.zeros(1))
    for line in ("share_gbp", "holding_gbp", "transfer_gbp"):
        assert (party(known, line) == 0).all()


@TRY
@given(contracts(modes=("none", "excess_only")))
def test_a_better_outturn_never_lowers_a_share(contract: dict[str, Any]) -> None:
    known = settle(contract, TARGET, np.linspace(-400_000, 400_000, 161))
    assert np.diff(party(known, "own_gbp"), axis=0).min() > -1e-6
    assert np.diff(in_pence(party(known, "share_gbp"))[:, 1:], axis=0).min() >= 0, "parties but the residual one, to the penny"


@TRY
@given(contracts(), st.integers(1, 100_000))
def test_raising_a_cap_never_lowers_the_party_s_own_share(contract: dict[str, Any], more: int) -> None:
    def raised(cap: dict[str, Any]) -> dict[str, Any]:
        bases = {"amount_gbp": more, "share_of_target": more / 1e6, "share_of_income": more / 1e6}
        return {**cap, **{base: cap[base] + extra for base, extra in bases.items() if base in cap}}

    before = settle(contract, TARGET, SPREAD)
    after = settle({**contract, "caps": [raised(cap) for cap in contract["caps"]]}, TARGET, SPREAD)
    change = np.abs(party(after, "own_gbp")) - np.abs(party(before, "own_gbp"))
    assert change.min() > -1e-6


@TRY
@given(contracts(modes=("none", "excess_only")), st.sampled_from([2, 10, 1000]))
def test_money_k_times_as_large_is_shared_k_times_as_large(contract: dict[str, Any], k: int) -> None:
    larger = {
        **contract,
        "caps": [{**cap, **({"amount_gbp": cap["amount_gbp"] * k} if "amount_gbp" in cap else {})} for cap in contract["caps"]],
    }
    one = party(settle(contract, TARGET, SPREAD), "share_gbp")
    many = party(settle(larger, TARGET * k, SPREAD * k, income=1e6 * k), "share_gbp")
    assert np.abs(many - one * k).max() <= 0.05 * k
