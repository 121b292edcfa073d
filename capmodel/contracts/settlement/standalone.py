"""A settlement by itself: the tables of a settlement on figures that are given, without the chain that leads to the target.

Targets, actual costs and any term may have leading axes: one figure for each contract, draw or design. The rules are the
same as in a place's model; only where the figures come from differs.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from capmodel.algebra.evaluate import Inputs, Values, evaluate
from capmodel.algebra.resolved import Resolved
from capmodel.algebra.rows import Floats, Node, Rows
from capmodel.assumptions.supply import supply
from capmodel.baseline.spend import columns_of
from capmodel.contracts.settlement import transfer as settlement
from capmodel.contracts.settlement.chance import chance_rows
from capmodel.contracts.settlement.routes import line_rows
from capmodel.contracts.terms import Terms

#: What the chain before the settlement would give, where it has no say.
NEUTRAL = {"alliance_discount_share": 0.0, "demand_pressure_share": 0.0}
Route = tuple[str, str, str]


def standalone_rows(terms: Terms, parties: tuple[str, ...], routes: Sequence[Route], years: tuple[int, ...]) -> dict[str, Rows]:
    """The rows of a settlement whose targets are by route: setting, provider and payer."""
    return {
        **terms.rows,
        **chance_rows(tuple(dict.fromkeys(setting for setting, _, _ in routes)), (), [], years),
        "service": line_rows(routes, years),
        "care_budget": columns_of(("segment", "setting", "provider", "payer"), [], years),
        "party_budget": Rows({"party": parties}, years),
    }


def standalone_inputs(
    terms: Terms, rows: Mapping[str, Rows], years: tuple[int, ...], resolved_links: dict[Node, dict[str, Resolved]]
) -> Inputs:
    """The terms of a contract as inputs; scope and pressure have no say, for targets and costs are given."""
    tables = [table for table in settlement.TABLES if table.name != "scope"]
    inputs = supply(tables, rows, terms.columns, terms.assumptions, years, resolved_links, problems=[])
    size = len(rows["scope"])
    given = {**inputs.given, ("scope", "in_scope_flag"): np.ones(size), ("scope", "setting_pressure_share"): np.zeros(size)}
    assumed = {**inputs.assumptions, **{name: np.array([value]) for name, value in NEUTRAL.items()}}
    return Inputs(rows, given, assumed, {**inputs.by_year, **dict.fromkeys(NEUTRAL, False)}, resolved_links)


def settle(inputs: Inputs, figures: Mapping[Node, Floats], assumptions: Mapping[str, Floats]) -> Values:
    """Work a settlement out.

    Args:
        inputs: the terms, from `standalone_inputs`.
        figures: `service.budget_gbp`, `service.actual_gbp`, and `party_budget.income_gbp` where a cap or key reads it; any
            input of the terms by its node. Rows on the last axis.
        assumptions: terms that differ along the leading axes, on the last axis one figure or one a year.
    """
    rows = inputs.rows
    known = {
        ("care_budget", "budget_gbp"): np.zeros(0),
        ("party_budget", "income_gbp"): np.zeros(len(rows["party_budget"])),
        **{node: values for node, values in figures.items() if node[0] == "party_budget"},
    }
    given = {**inputs.given, **{node: values for node, values in figures.items() if node[0] != "party_budget"}}
    made = Inputs(rows, given, {**inputs.assumptions, **assumptions}, inputs.by_year, inputs.resolved_links)
    return evaluate(settlement.TABLES, Values(made, known))
