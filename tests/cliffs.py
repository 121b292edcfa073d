"""Settlements and agreements with figures just under, exactly on and just over a cliff: one year for each, and a recalculated book.

The figures are such that adding them up leaves noise in the last bits. Books are small: the tables of one settlement or agreement,
recalculated by IronCalc.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import case_runner
from case_files import Case
from case_runner import Run

from capmodel.assumptions.document import Document

UNDER, ON, OVER = YEARS = (2026, 2027, 2028)
#: Budgets in pounds and pence that do not add up exactly in binary; together a million.
BUDGETS = {"one": 100_000.10, "two": 200_000.20, "three": 700_000.30 - 0.60}
TARGET = 1_000_000.0
BANDS = {"ranges": [{"from": 0, "to": None, "shares": {"commissioner": 0.3, "trust": 0.7}}]}


def settled(variance: Mapping[int, float], chain: str = "settlement", **terms: Any) -> Run:
    """A settlement whose pool varies from its target by so much each year; the engine's figures."""
    contract = {
        "variance_held_by": "payer", "residual_party": "commissioner", "bands": BANDS, "outcomes": {"mode": "none"},
        "parties": {"commissioner": {"at_risk": False}, "trust": {"at_risk": True}}, **terms,
    }  # fmt: skip
    return under_contract(variance, contract, list(contract["parties"]), chain)


def under_contract(variance: Mapping[int, float], terms: Mapping[str, Any], parties: list[str], chain: str = "settlement") -> Run:
    """The same under any contract, such as one by a mechanism."""
    lines = [f"everyone, {name}, trust, commissioner" for name in BUDGETS]
    actual = {year: round(BUDGETS["three"] - amount, 2) for year, amount in variance.items()}
    contract = {"id": "cliff", "title": "Cliffs", "status": "illustrative", "source": "case", **terms}
    known = {
        "years": list(YEARS),
        "dimensions": {"setting": list(BUDGETS), "segment": ["everyone"], "party": parties},
        "assumptions": {"alliance_discount_share": 0},
        "columns": {"in_scope_flag": dict.fromkeys(BUDGETS, 1), "setting_pressure_share": dict.fromkeys(BUDGETS, 0)},
        "lines": {
            "care_budget.budget_gbp": dict(zip(lines, BUDGETS.values(), strict=True)),
            "service.actual_gbp": {
                f"{name}, trust, commissioner": actual if name == "three" else dict.fromkeys(YEARS, budget)
                for name, budget in BUDGETS.items()
            },
        },
        "contract": contract,
    }
    return of_case(chain, known)


def of_agreement(chain: str, agreement: Mapping[str, Any]) -> Run:
    """A pooled budget or a performance pot over the three years."""
    head = {"id": "cliff", "title": "Cliffs", "status": "illustrative", "source": "case"}
    return of_case(chain, {"years": list(YEARS), "agreement": {**head, **agreement}})


def of_case(chain: str, known: dict[str, Any]) -> Run:
    """A case that is not in a file; the engine's figures."""
    return case_runner.run(Case("cliff", "", "", "case", "", chain, known, {}, 0.0, {}, Document(Path("cliff.yaml"), {}, {}), ()))


def of_year(done: Run, table: str, column: str, *key: str) -> list[float]:
    """A column for the three years."""
    rows = done.prepared.values.inputs.rows[table]
    owner = next(each for each in done.prepared.tables if each.name == table)
    line = rows.keys([name for name in owner.keys if name != "year"]).index(key) if key else 0
    return done.values.figure((table, column))[line : line + len(YEARS)].tolist()


def agrees(done: Run) -> None:
    """Every cell of the book is what the engine says, and the checks hold."""
    book = case_runner.recalculate(done)
    assert book.certificate.passed, book.certificate.differences[:3]
    assert case_runner.failing_checks(done) == set()


def around(value: float, step: float) -> dict[int, float]:
    return {UNDER: value - step, ON: value, OVER: value + step}
