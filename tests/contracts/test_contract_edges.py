"""Edges of contract rules and checks: what is exactly on a limit, what is beyond it on either side, and noise in the last digits."""

from __future__ import annotations

from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from contract_terms import ALL_CARE, PARTIES, PLAIN, YEARS

from capmodel.algebra.rows import Rows
from capmodel.assumptions.document import Document
from capmodel.assumptions.pack import Entry
from capmodel.care_budgets.pooled.agreement import read_pool
from capmodel.care_budgets.pooled.performance_pot import check_pot_gbp
from capmodel.care_budgets.pooled.waterfall import check_deficit_gbp
from capmodel.contracts.alliance import Contract
from capmodel.contracts.many.figures import LARGEST, _sense
from capmodel.contracts.read import read_contract, read_terms
from capmodel.errors import Problem


def test_only_what_is_paid_beyond_the_pot_fails_its_check() -> None:
    assert check_pot_gbp(100.0, 120.5) == 20.5
    assert check_pot_gbp(120.5, 100.0) == 0
    assert check_pot_gbp(0.1 + 0.2, 0.3) == 0


def test_a_deficit_is_borne_to_the_penny_and_noise_is_none() -> None:
    assert check_deficit_gbp(100.0, 150.0, 50.0) == 0
    assert check_deficit_gbp(0.1 + 0.2, 0.3, 0.0) == 0
    assert check_deficit_gbp(100.0, 149.99, 50.0) == 0.01
    assert check_deficit_gbp(100.0, 150.01, 50.0) == -0.01


@pytest.mark.parametrize(
    ("put_in", "placed", "refused"),
    [
        (1000.0, 1000.0, False),
        (0.004, 0.0, False),
        (0.005, 0.0, True),
        (0.0, 0.005, True),
        (1000.0, 1000.01, True),
        (1000.01, 1000.0, True),
    ],
)
def test_every_penny_that_is_put_into_a_pool_has_a_place(put_in: float, placed: float, refused: bool) -> None:
    content = {
        "id": "pool",
        "title": "Pool",
        "status": "illustrative",
        "source": "by hand",
        "host": "board",
        "partners": {"board": {"contribution_gbp": {2026: put_in}}, "council": {"contribution_gbp": {2026: 0}}},
        "lines": [{"id": "care", "label": "Care", "budget_gbp": {2026: placed}, "spend_gbp": {2026: 0}}],
    }
    problems: list[Problem] = []
    read_pool(Document(Path("pool.yaml"), content, {}), (2026,), problems)
    assert any("every pound that is put in has a place" in problem.why for problem in problems) == refused


def contract(**terms: Any) -> list[Problem]:
    problems: list[Problem] = []
    routes = Rows({"setting": (ALL_CARE,), "provider": ("trust",), "payer": ("board",)})
    document = Document(Path("contract.yaml"), {**PLAIN, **terms}, {})
    read_contract(document, [Entry(party, party, {}) for party in PARTIES], [ALL_CARE], YEARS, routes, problems)
    return problems


@pytest.mark.parametrize(("paid", "refused"), [(0.0049, False), (0.005, True), (-0.005, True), (-0.0049, False)])
def test_payments_on_account_add_up_to_less_than_half_a_penny(paid: float, refused: bool) -> None:
    problems = contract(on_account_gbp={"trust": {2026: paid, 2027: 0}})
    assert any("payments on account of 2026" in problem.what for problem in problems) == refused


def test_ranges_of_actual_over_target_become_bands_of_either_side() -> None:
    edges = [0, 0.9, 0.95, 1.05, 1.2, None]
    ranges = [{"from": low, "to": high, "shares": {"board": i / 10, "trust": 1 - i / 10}} for i, (low, high) in enumerate(pairwise(edges))]
    made = Contract.model_validate({**PLAIN, "bands": {"ranges": ranges}})
    gains, losses = ([(band.lower, band.upper, band.shares["board"]) for band in made.bands.of(side)] for side in ("gain", "loss"))
    assert gains == [(0.0, 0.05, 0.2), (0.05, 0.1, 0.1), (0.1, None, 0.0)]
    assert losses == [(0.0, 0.05, 0.2), (0.05, 0.2, 0.3), (0.2, None, 0.4)]


def test_ranges_that_meet_at_the_target_have_no_common_band() -> None:
    ranges = [{"from": 0, "to": 1, "shares": {"board": 1}}, {"from": 1, "to": None, "shares": {"trust": 1}}]
    made = Contract.model_validate({**PLAIN, "bands": {"ranges": ranges}})
    assert [(band.lower, band.upper, band.shares) for band in made.bands.of("gain")] == [(0.0, None, {"board": 1})]
    assert [(band.lower, band.upper, band.shares) for band in made.bands.of("loss")] == [(0.0, None, {"trust": 1})]


def test_a_figure_may_be_as_large_as_any_contract_and_no_larger() -> None:
    assert _sense("target_gbp", "GBP", LARGEST) is None
    assert _sense("target_gbp", "GBP", LARGEST * 1.000001) == ("no contract has so much", "Correct the size")
    assert _sense("variance_gbp", "GBP", -LARGEST) is None
    assert _sense("variance_gbp", "GBP", -LARGEST * 1.000001) == ("no contract has so much", "Correct the size")


def test_two_tiers_may_release_the_same_share_and_a_higher_tier_no_less() -> None:
    def ladder(*shares: float) -> list[str]:
        tiers = [{"at_least": 0.2 + i / 10, "share": share} for i, share in enumerate(shares)]
        outcomes = {"mode": "ladder", "ladder": tiers, "score_share": dict.fromkeys(YEARS, 0.5), "forfeited_to": "board"}
        return [problem.what for problem in contract(outcomes=outcomes)]

    assert ladder(0.4, 0.4) == []
    assert len(ladder(0.4, 0.39)) == 1


def test_a_band_is_named_by_its_place_in_the_list_from_one() -> None:
    shares = {"board": 1}
    turned = [{"from": 0, "to": 0.02, "shares": shares}, {"from": 0.02, "to": 0.01, "shares": shares}, {"from": 0.01, "to": None, "shares": shares}]  # fmt: skip
    open_end = [{"from": 0, "to": None, "shares": shares}]
    (problem,) = contract(bands={"gain": turned, "loss": open_end})
    assert problem.what.endswith("2 ends at 0.01, not above 0.02")


@pytest.mark.parametrize(("years", "due"), [(1, [1, 1]), (2, [0, 1]), (3, [0, 0]), (None, [0, 0])])
def test_what_was_brought_forward_expires_counted_from_the_year_before_the_first(years: int | None, due: list[int]) -> None:
    cap = {"party": "trust", "side": "loss", "residual_to": "board", "amount_gbp": 100, "brought_forward_gbp": 500}
    terms = {**PLAIN, "caps": [cap], **({"carry_forward": {"expires_after_years": years}} if years else {})}
    problems: list[Problem] = []
    routes = Rows({"setting": (ALL_CARE,), "provider": ("trust",), "payer": ("board",)})
    parties = [Entry(party, party, {}) for party in PARTIES]
    made = read_terms(Document(Path("contract.yaml"), terms, {}), parties, [ALL_CARE], YEARS, routes, problems)
    assert made is not None, problems
    figures = made.columns["brought_due_flag"].figures
    assert [figures[("trust", "loss"), year].value for year in YEARS] == due


@pytest.mark.parametrize(("size", "refused"), [(0, False), (-0.01, True), (-1, True)])
def test_relief_and_people_are_not_below_zero(size: float, refused: bool) -> None:
    relief = contract(relief={"gbp": {"trust": dict.fromkeys(YEARS, size)}})
    people = contract(threshold={"mode": "first_pound", "by_persons": [{"from": 0, "to": None, "at_start": 0.02}], "persons": dict.fromkeys(YEARS, size)})  # fmt: skip
    assert any(problem.what == f"relief is {size:g}" for problem in relief) == refused
    assert any(problem.what == f"persons is {size:g}" for problem in people) == refused


@pytest.mark.parametrize(("at_end", "refused"), [(0, False), (1, False), (-0.01, True), (1.01, True)])
def test_a_threshold_by_people_ends_at_a_share(at_end: float, refused: bool) -> None:
    ranges = [{"from": 1, "to": 9, "at_start": 0.02, "at_end": at_end}, {"from": 10, "to": None, "at_start": 0.02}]
    terms = {"mode": "first_pound", "by_persons": ranges, "persons": dict.fromkeys(YEARS, 5)}
    assert any(problem.where.endswith("at_end") or "at_end is" in problem.what for problem in contract(threshold=terms)) == refused


#: What a term is where the contract says nothing of it, if that is not zero: it then changes nothing.
NEUTRAL = {
    "target_population_index": 1,
    "target_case_mix_index": 1,
    "target_price_index": 1,
    "actual_completion_index": 1,
    "first_pound_flag": 1,
    "gain_phase_share": 1,
    "loss_phase_share": 1,
    "outcome_full_share": 1,
    "outcome_score_share": 1,
    "outcome_standard_flag": 1,
    "loss_ceiling_share": 1,
}


def test_a_term_that_a_contract_does_not_have_changes_nothing() -> None:
    made = read_terms(Document(Path("contract.yaml"), PLAIN, {}), [Entry(party, party, {}) for party in PARTIES], [ALL_CARE], YEARS,
                      Rows({"setting": (ALL_CARE,), "provider": ("trust",), "payer": ("board",)}), [])  # fmt: skip
    assert made is not None
    stated = {name: {figure.value for figure in assumed.values.values()} for name, assumed in made.assumptions.items()}
    assert {name: values for name, values in stated.items() if values != {0}} == {name: {value} for name, value in NEUTRAL.items()}


@pytest.mark.parametrize(("amount", "refused"), [(0, False), (-0.01, True), (0.01, False)])
def test_a_cap_may_be_nothing_and_not_less(amount: float, refused: bool) -> None:
    of_party = contract(caps=[{"party": "trust", "side": "loss", "residual_to": "board", "amount_gbp": amount}])
    of_pool = contract(pool_caps=[{"side": "gain", "amount_gbp": amount}])
    for problems in (of_party, of_pool):
        assert [f"is {amount:g}" in problem.what for problem in problems] == [True] * refused


def test_a_part_of_the_key_that_nobody_has_a_weight_for_is_named_by_its_place() -> None:
    parts = [{"share": 0.5, "by": ["equal"]}, {"share": 0.5, "by": ["merit"]}]
    key = {"among": ["trust", "practice"], "parts": parts, "weights": {"merit": {"trust": 0, "practice": 0}}}
    bands = {side: [{"from": 0, "to": None, "shares": {"board": 0.4, "providers": 0.6}}] for side in ("gain", "loss")}
    assert [problem.what for problem in contract(distribution=key, bands=bands)] == ["part 2 has no weight above zero"]
    key["weights"] = {"merit": {"trust": 0, "practice": 1e-9}}
    assert contract(distribution=key, bands=bands) == []
    key["weights"] = {"merit": {"trust": -1, "practice": 1}}
    assert [problem.what for problem in contract(distribution=key, bands=bands)] == ["the weight of trust is -1"]


def test_ranges_tiers_parts_and_bands_are_numbered_from_one() -> None:
    people = [{"from": 1, "to": 9, "at_start": 0.02, "at_end": 0.01}, {"from": 10, "to": None, "at_start": 0.01}]
    bands = [{"from": 0, "to": 0.1, "shares": {"providers": 1}}, {"from": 0.1, "to": None, "shares": {"providers": 1}}]
    terms = {
        **PLAIN,
        "threshold": {"mode": "first_pound", "by_persons": people, "persons": dict.fromkeys(YEARS, 5)},
        "outcomes": {
            "mode": "ladder",
            "ladder": [{"at_least": 0.3, "share": 0.4}, {"at_least": 0.6, "share": 1}],
            "score_share": dict.fromkeys(YEARS, 0.5),
            "forfeited_to": "board",
        },
        "bands": {"gain": bands, "loss": bands},
        "distribution": {"among": ["trust"], "parts": [{"share": 0.5, "by": ["equal"]}, {"share": 0.5, "retain": "trust"}]},
    }
    problems: list[Problem] = []
    routes = Rows({"setting": (ALL_CARE,), "provider": ("trust",), "payer": ("board",)})
    made = read_terms(
        Document(Path("contract.yaml"), terms, {}), [Entry(party, party, {}) for party in PARTIES], [ALL_CARE], YEARS, routes, problems
    )
    assert made is not None, problems
    for name, column, at in (
        ("range", "range_from_persons", 0),
        ("tier", "tier_score_share", 0),
        ("part", "key_part_share", 0),
        ("band", "band_lower_share", 1),
    ):
        assert list(dict.fromkeys(key[at] for key, _ in made.columns[column].figures)) == [f"{name}_1", f"{name}_2"]
