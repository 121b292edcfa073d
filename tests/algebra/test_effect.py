"""Which figures have a say: what is read off the rules, held against the engine, figure by figure, in several contracts."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from contract_terms import ALL_CARE, CAP, CONTRACTS, PARTIES, PLAIN, ROUTES, YEARS

from capmodel.algebra.effect import ASSUMED, switches, without_effect
from capmodel.algebra.evaluate import Inputs
from capmodel.algebra.rows import Floats, Node, Rows
from capmodel.assumptions.document import Document
from capmodel.assumptions.pack import Entry
from capmodel.contracts.read import read_terms
from capmodel.contracts.settlement import transfer as settlement
from capmodel.contracts.settlement.standalone import settle, standalone_inputs, standalone_rows
from capmodel.errors import Problem


def inputs_of(terms: Mapping[str, Any]) -> Inputs:
    problems: list[Problem] = []
    routes = Rows(dict(zip(("setting", "provider", "payer"), zip(*ROUTES, strict=True), strict=True)))
    document = Document(Path("contract.yaml"), {**PLAIN, **terms}, {})
    found = read_terms(document, [Entry(party, party, {}) for party in PARTIES], [ALL_CARE], YEARS, routes, problems)
    assert found is not None, problems
    return standalone_inputs(found, standalone_rows(found, PARTIES, ROUTES, YEARS), YEARS, {})


def given(inputs: Inputs, contracts: int) -> dict[Node, Floats]:
    """Targets and outturns of many contracts: gains and losses of every size, either side of every threshold and cap."""
    drawn = np.random.default_rng(1)
    target = np.full((contracts, len(inputs.rows["service"])), 1_000_000.0)
    return {
        ("service", "budget_gbp"): target,
        ("service", "actual_gbp"): np.round(target * (1 + drawn.choice([0.0, 0.002, 0.02, 0.1], target.shape) * drawn.choice([-1, 1], target.shape)), 2),
        ("party_budget", "income_gbp"): np.full((contracts, len(inputs.rows["party_budget"])), 500_000.0),
    }  # fmt: skip


def figures_of(inputs: Inputs) -> dict[str, tuple[Node, int]]:
    """Every figure of the terms, one by one."""
    own = {node: np.asarray(figures) for node, figures in inputs.given.items() if node[0] not in ("scope", "variation")}
    own |= {(ASSUMED, name): np.atleast_1d(figures) for name, figures in inputs.assumptions.items()}
    return {f"{node[0]}.{node[1]}[{i}]": (node, i) for node, figures in own.items() for i in range(len(figures))}


ENDS = [("settlement", name) for name in ("still_due_gbp", "position_gbp", "paid_for_care_gbp")] + [
    (table.name, line.name) for table in settlement.TABLES for line in table.lines.values() if line.is_check
]
EACH = 14  # contracts a case
#: What calculated figures leave without effect on these contracts: no threshold to be below, relief that the residual party gives itself,
#: a range and a tier that are not reached.
CALCULATED = {
    ".below_threshold_share[0]",
    "entitlement.relief_gbp[0]",
    "entitlement.relief_gbp[1]",
    "people_range.range_to_persons[0]",
    "tier.tier_release_share[1]",
}


def moved(inputs: Inputs, asked: Mapping[str, tuple[Node, int]]) -> set[str]:
    """Figures that change the engine's money or checks, for any contract, at zero, at one, smaller or larger; all in one pass."""
    cases: list[tuple[str, Node, int, float]] = []
    for text, (node, at) in asked.items():
        own = float(start_of(inputs, node)[at])
        values = {0.0, 1.0} if node[1].endswith("_flag") else {0.0, 1.0, own * 0.5, own + 0.07, own * 3 + 900.0, 1e9}
        cases += [(text, node, at, value) for value in sorted(values - {own})]
    figures = given(inputs, EACH)
    base = settle(inputs, figures, {})
    size = len(cases) * EACH
    many = {node: np.tile(values, (len(cases), 1)) for node, values in figures.items()}
    changed = {node: np.tile(start_of(inputs, node), (size, 1)) for _, node, _, _ in cases}
    for i, (_, node, at, value) in enumerate(cases):
        changed[node][i * EACH : (i + 1) * EACH, at] = value
    assumed = {node[1]: values for node, values in changed.items() if node[0] == ASSUMED}
    columns = {node: values for node, values in changed.items() if node[0] != ASSUMED}
    done = settle(replace(inputs, given={**inputs.given, **columns}), many, assumed)
    differs = np.zeros(len(cases), dtype=bool)
    for node in ENDS:
        one, other = (
            np.broadcast_to(each.figure(node), (count, each.figure(node).shape[-1])) for each, count in ((base, EACH), (done, size))
        )
        differs |= (other.reshape(len(cases), EACH, -1) != one).any(axis=(1, 2))
    return {text for (text, *_), found in zip(cases, differs.tolist(), strict=True) if found}


def start_of(inputs: Inputs, node: Node) -> Floats:
    return np.atleast_1d(inputs.assumptions[node[1]] if node[0] == ASSUMED else inputs.given[node]).astype(float)


@pytest.mark.parametrize("name", CONTRACTS)
def test_a_figure_has_a_say_where_the_engine_says_so(name: str) -> None:
    inputs = inputs_of(CONTRACTS[name])
    asked = figures_of(inputs)
    marks = {text: {node: np.eye(len(start_of(inputs, node)))[at]} for text, (node, at) in asked.items()}
    upstream = {
        ("care_budget", "budget_gbp"): np.zeros(0),
        ("party_budget", "income_gbp"): given(inputs, 1)["party_budget", "income_gbp"][0],
    }
    service = {node: figures[0] for node, figures in given(inputs, 1).items() if node[0] == "service"}
    dead = set(without_effect(settlement.TABLES, replace(inputs, given={**inputs.given, **service}), upstream, marks))
    unmoved = set(asked) - moved(inputs, asked)
    assert dead <= unmoved
    # A flag that is off switches something on that may come to the same; other figures that move nothing are known to.
    assert {text for text in dead if "_flag[" not in text} >= {text for text in unmoved if "_flag[" not in text} - CALCULATED
    assert len(dead) > 20


def test_a_switch_that_may_itself_change_decides_nothing() -> None:
    inputs = inputs_of({"caps": [{**CAP, "share_of_target": 0.01}]})
    node = ("cap", "cap_gbp")
    asked = {"cap": {node: np.array([0, 0, 0, 1, 0, 0])}}  # the loss of the trust
    service = {node: figures[0] for node, figures in given(inputs, 1).items() if node[0] == "service"}
    made = replace(inputs, given={**inputs.given, **service})
    upstream = {("care_budget", "budget_gbp"): np.zeros(0), ("party_budget", "income_gbp"): np.zeros(6)}
    assert without_effect(settlement.TABLES, made, upstream, asked) == ["cap"]
    assert without_effect(settlement.TABLES, made, upstream, asked, free={"cap_gbp_flag"}) == []
    both = {"cap": {**asked["cap"], ("cap", "cap_gbp_flag"): np.array([0, 0, 0, 1, 0, 0])}}
    assert without_effect(settlement.TABLES, made, upstream, both) == []


def test_the_switches_of_a_term_are_read_off_the_rules() -> None:
    found = switches(settlement.TABLES)
    names = {node[1]: {frozenset(each.node[1] for each in way) for way in ways} for node, ways in found.items()}
    assert names["cap_gbp"] == {frozenset({"cap_gbp_flag"})}
    assert names["relief_share"] == {frozenset({"relief_step_flag", "at_risk_flag"})}
    assert names["gain_threshold_share"] == {frozenset()}
    assert {flag for way in names["outcome_gate_share"] for flag in way} >= {
        "outcome_counts_flag",
        "withhold_if_passed_flag",
        "loss_by_outcome_flag",
    }
    # A score that is stated counts where none follows from indicators.
    assert all(
        any(each.node[1] == "score_from_indicators_flag" and not each.wanted for each in way)
        for way in found[ASSUMED, "outcome_score_share"]
    )
