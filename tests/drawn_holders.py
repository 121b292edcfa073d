"""Trees of holders, drawn at random, and who bears which pound by a plain loop over exact fractions.

The loop states the rules anew and shares nothing with the package, so that the two can only agree by being right.
"""

from __future__ import annotations

import random
from collections.abc import Mapping
from decimal import Decimal
from fractions import Fraction
from math import floor
from pathlib import Path
from typing import Any

import case_runner
from case_files import Case

from capmodel.assumptions.document import Document

LEADS, NEIGHBOURHOODS = 5, 25
SHARES = (0, 0.1, 0.25, 0.3, 0.5, 0.725, 1)
PENNY, SIXTH = Fraction(1, 100), Fraction(1, 10**6)


# ------------------------------------------------------------------ a forest, drawn


def drawn(seed: int, trees: int = 1) -> dict[str, Any]:
    """What one or more trees give, as a worked case does: one board, five holders and 25 neighbourhoods each, which any holder may have."""
    pick = random.Random(seed)
    holders = [holder for tree in range(trees) for holder in _tree(pick, f"t{tree}_" if trees > 1 else "")]
    services = [{"id": name, "label": name.capitalize()} for name in ("care", "transport")]
    agreement = {"id": "drawn", "title": "Drawn", "status": "illustrative", "source": "drawn", "services": services, "holders": holders}
    return {"years": [2026], "agreement": {**agreement, **({"several_roots": True} if trees > 1 else {})}}


def _tree(pick: random.Random, mark: str) -> list[dict[str, Any]]:
    leads = [_holder(pick, f"{mark}lead_{i}", f"{mark}board") for i in range(LEADS)]
    below = [_holder(pick, f"{mark}area_{i}", pick.choice(leads)["id"]) for i in range(NEIGHBOURHOODS)]
    board = {"id": f"{mark}board", "label": f"{mark}Board", "people": 1_000_000}
    tree = [board, *leads, *below]
    passed_on: dict[tuple[str, str], int] = {}
    for each in reversed(tree):
        # In pence: a budget is what its contracts have, and something of its own.
        budgets = {}
        for name in ("care", "transport"):
            own = pick.randint(0, 10**8)
            budget = own + passed_on.get((each["id"], name), 0)
            cost = max(own + pick.choice([0, 1, -1, pick.randint(-(10**7), 10**7)]), 0)
            budgets[name] = {"budget_gbp": {2026: budget / 100}, "cost_gbp": {2026: cost / 100}}
            above = (each.get("parent", ""), name)
            passed_on[above] = passed_on.get(above, 0) + budget
        each["services"] = budgets
    pick.shuffle(tree)
    return tree


def _holder(pick: random.Random, name: str, parent: str) -> dict[str, Any]:
    found = {
        "id": name,
        "label": name.capitalize(),
        "parent": parent,
        "people": pick.randint(1000, 100_000),
        "gain_to_parent_share": pick.choice(SHARES),
        "loss_to_parent_share": pick.choice(SHARES),
    }
    if pick.random() < 0.3:
        found |= {"gate_share": pick.choice([0.5, 0.8]), "score_share": {2026: pick.choice([0.4, 0.5, 0.79, 0.8, 0.9])}}
    if pick.random() < 0.4:
        found["cap_share"] = pick.choice([0, 0.005, 0.01, 0.03, 0.125])
    if pick.random() < 0.3:
        found["scope"] = pick.choice([["care"], ["transport"], []])
    return found


def case_of(seed: int, trees: int = 1) -> Case:
    """Drawn trees as a worked case, whose expected figures are those of the loop."""
    given = drawn(seed, trees)
    path = Path(f"drawn_{seed}.yaml")
    return Case("drawn", f"-{seed}", "Drawn", "drawn", "A plain loop", "holders", given, by_hand(given), 0.000001, {}, Document(path), ())


def wrong_in_book(done: case_runner.Run, book: case_runner.Recalculated) -> list[str]:
    """Expected figures that a recalculated workbook does not show to the penny.

    A program may show what is below zero by less than a millionth of a penny, and rounded, as minus zero; that is zero here.
    """
    found = [
        (name, case_runner.workbook_figure(book, node, line, t), value) for name, node, line, t, value in case_runner.expected_figures(done)
    ]
    return [f"{name} is {shown!r}, not {value!r}" for name, shown, value in found if not abs(float(shown) - value) < 0.000001]


# ------------------------------------------------------------------ the plain loop


def exact(value: float) -> Fraction:
    """A figure as it is written."""
    return Fraction(Decimal(str(value)))


def pence(value: Fraction) -> Fraction:
    """To six decimals and then to the penny, half away from zero."""
    for unit in (SIXTH, PENNY):
        value = (1 if value >= 0 else -1) * floor(abs(value) / unit + Fraction(1, 2)) * unit
    return value


def by_hand(given: Mapping[str, Any]) -> dict[str, float]:
    """What every holder passes to its parent and bears."""
    holders = given["agreement"]["holders"]
    below: dict[str | None, list[Mapping[str, Any]]] = {}
    for each in holders:
        below.setdefault(each.get("parent"), []).append(each)
    passed: dict[str, Fraction] = {}
    borne: dict[str, Fraction] = {}

    def settle(holder: Mapping[str, Any]) -> Fraction:
        """What the holder passes up before rounding, once its contracts are settled."""
        contracts = below.get(holder["id"], [])
        due = [settle(each) for each in contracts]
        so_far = Fraction(0)
        for each, amount in zip(contracts, due, strict=True):
            passed[each["id"]] = pence(so_far + amount) - pence(so_far)
            so_far += amount
        own = {name: _own(holder, name, contracts) for name in holder["services"]}
        counted = sum((value for name, value in own.items() if name in holder.get("scope", own)), Fraction(0)) + so_far
        received = sum((passed[each["id"]] for each in contracts), Fraction(0))
        borne[holder["id"]] = sum(own.values(), Fraction(0)) + received
        return Fraction(0) if "parent" not in holder else counted - _kept(holder, counted)

    for root in below[None]:
        settle(root)
    for name, amount in passed.items():
        borne[name] -= amount
    parents = {each["id"]: each.get("parent") for each in holders}
    found = {f"holder_contract.passed_gbp[{parents[name]}, {name}]": float(amount) for name, amount in passed.items()}
    return {**found, **{f"holder_year.borne_by_holder_gbp[{name}]": float(amount) for name, amount in borne.items()}}


def _own(holder: Mapping[str, Any], name: str, contracts: list[Mapping[str, Any]]) -> Fraction:
    """The own variance of a service."""
    passed_on = sum((exact(each["services"][name]["budget_gbp"][2026]) for each in contracts), Fraction(0))
    service = holder["services"][name]
    return exact(service["budget_gbp"][2026]) - passed_on - exact(service["cost_gbp"][2026])


def _kept(holder: Mapping[str, Any], counted: Fraction) -> Fraction:
    """What the holder keeps of a gain, or bears of a loss."""
    if counted >= 0:
        passes_gate = holder.get("score_share", {2026: 1})[2026] >= holder.get("gate_share", 0)
        kept = counted * (1 - exact(holder["gain_to_parent_share"])) if passes_gate else Fraction(0)
    else:
        kept = counted * (1 - exact(holder["loss_to_parent_share"]))
    if "cap_share" in holder:
        budget = sum((exact(each["budget_gbp"][2026]) for each in holder["services"].values()), Fraction(0))
        cap = pence(budget * exact(holder["cap_share"]))
        kept = max(min(kept, cap), -cap)
    return kept
