"""Riverside: one integrated care board, twelve providers and nine lines of service under the mechanisms of 2025/26."""

from __future__ import annotations

from fractions import Fraction
from itertools import pairwise
from pathlib import Path

import pytest
from drawn_agreements import pence

import capmodel
from capmodel.model import Place, Result
from capmodel.workbook.pages.year_tables import ROOM
from capmodel.workbook.sheets import make_book

FOLDER = Path(__file__).parents[3] / "assumptions/places/riverside-agreements"


@pytest.fixture(scope="module")
def place() -> Place:
    return capmodel.load(FOLDER)


@pytest.fixture(scope="module")
def result(place: Place) -> Result:
    return place.run()


def test_it_has_twelve_providers_nine_lines_of_service_and_every_penny_paid_is_received(result: Result) -> None:
    paid = result.column("service_line", "payment_gbp")
    assert len({key[:2] for key in paid}) == 9 and len({key[2] for key in paid}) == 12 and {key[3] for key in paid} == {"icb"}
    received, cost = result.column("provider_income", "provider_payment_gbp"), result.column("payer_cost", "payer_payment_gbp")
    for year in ("2025", "2026"):
        pennies = {provider: round(100 * value) for (provider, at), value in received.items() if at == year}
        assert (
            sum(pennies.values())
            == round(100 * cost["icb", year])
            == sum(round(100 * value) for key, value in paid.items() if key[-1] == year)
        )
    assert result.passed


def test_a_few_lines_are_paid_what_they_are_by_hand(result: Result) -> None:
    columns = {name: result.column("service_line", name) for name in ("plan_activity_number", "payment_gbp", "fixed_gbp")}
    line = ("acute", "elective_inpatient", "north_trust", "icb", "2025")
    plan = Fraction(columns["plan_activity_number"][line])
    # 1.2% above plan for the place, 2.1% below it for elective inpatient spells; 4,215 x 1.0612.
    assert columns["payment_gbp"][line] == pytest.approx(float(pence(plan * Fraction(991, 1000) * 4215 * Fraction(10612, 10000))))
    emergency = ("acute", "emergency_admission", "north_trust", "icb", "2025")
    assert columns["payment_gbp"][emergency] == columns["fixed_gbp"][emergency]


def test_what_is_read_in_a_source_is_published_and_every_amount_of_the_place_is_illustrative(place: Place) -> None:
    shares = place.columns["marginal_paid_share"].figures
    assert {figure.status for (key, _), figure in shares.items() if key[0] in ("elective_care", "independent_care")} == {"published"}
    assert {figure.status for (key, _), figure in shares.items() if key[0] == "maternity_care"} == {"illustrative"}
    threshold = place.columns["low_volume_threshold_gbp"].figures.values()
    assert [(figure.value, figure.status) for figure in threshold] == [(1_500_000, "published")]
    tables = ("plan_activity_number", "unit_price_gbp", "market_forces_index", "fixed_payment_gbp", "past_value_gbp", "budget_gbp")
    assert {figure.status for name in tables for figure in place.columns[name].figures.values()} == {"illustrative"}


def test_scenarios_move_what_is_paid_by_activity_and_the_alliance_shares_it(place: Place, result: Result) -> None:
    high = place.run("high_demand")

    def moved(agreement: str) -> float:
        return (
            high.column("agreement_year", "agreement_payment_gbp")[agreement, "2025"]
            - result.column("agreement_year", "agreement_payment_gbp")[agreement, "2025"]
        )

    assert moved("elective_care") > 10_000_000 and moved("emergency_care") == 0 == moved("low_volume")
    assert high.column("pool", "variance_gbp")["2025",] < -10_000_000 < 0 < result.column("pool", "variance_gbp")["2025",]


def test_every_pound_of_a_place_of_many_parties_is_shown_and_its_lines_are_printed_legibly(result: Result) -> None:
    book = make_book(result).book
    for sheet in book.sheets:
        if sheet.name.startswith("Out "):
            money = {column for (_, column), cell in sheet.cells.items() if cell.unit == "GBP" and isinstance(cell.value, float)}
            assert all(sheet.widths.get(column, 0) >= 15 for column in money), sheet.name
    agreed = book.sheet("Out 17 Agreements")
    begins = [0, *agreed.breaks, max(row for row, _ in agreed.cells) + 1]
    assert all(0 < after - before <= ROOM for before, after in pairwise(begins))
