"""How a tree of holders settles: one definition for every contract of every tier.

A holder's budget pays for what it provides itself and for the budgets of its own contracts. Its variance is its own budget less its own
cost, and what its own contracts pass to it. Under its contract it keeps a part of that and passes the rest to its parent:

    kept   = variance in scope x (1 - share of the parent), nothing of a gain where the gate is not passed, within the cap
    passed = variance in scope - kept

Tiers are settled from the lowest up, before rounding; each contract is then cut to the penny along the contracts of its parent. So every
pound of variance has one bearer, and what a tier passes is what the tier above receives. What is added up over holders is in `totals`.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from capmodel.algebra.functions import at_least, pence_between, to_pence
from capmodel.algebra.links import lookup, prior, total
from capmodel.algebra.table import Table
from capmodel.contracts.holders import HOLDER, PARENT, SERVICE, SHEET, TIER

terms = Table("holder_terms", (HOLDER,), "Terms of each holder's contract with its parent", SHEET)
terms.input("holder_people_number", "persons", "People of the holder")
terms.input("gain_to_parent_share", "share", "Part of a gain that is passed to the parent")
terms.input("loss_to_parent_share", "share", "Part of a loss that is passed to the parent")
terms.input("holder_gate_share", "share", "Score from which a holder keeps a part of its gain (0: no gate)")
terms.input("holder_cap_share", "share", "Most that a holder keeps of a gain or bears of a loss, part of its budget")
terms.input("holder_capped_flag", "flag", "The contract has a cap", internal=True)

score = Table("holder_score", (HOLDER, "year"), "Scores that gates read", SHEET)
score.input("holder_score_share", "share", "Score of the holder")

scope = Table("holder_scope", (HOLDER, SERVICE), "Services in the scope of each contract", SHEET)
scope.input("holder_scope_flag", "flag", "The variance of the service is in scope")

service = Table(
    "holder_budget", (HOLDER, SERVICE, "year"), "Budgets of holders by service, and their own variance", SHEET, beside=(PARENT,)
)
service.input("holder_budget_gbp", "GBP", "Budget of the holder")
service.input("holder_cost_gbp", "GBP", "Actual cost of what the holder provides itself")

step = Table("holder_tier", (HOLDER, TIER, "year"), "The tiers, settled from the lowest up, before rounding", SHEET, beside=(PARENT,))
step.input("settles_flag", "flag", "The holder's contract is settled with this tier", internal=True)

contract = Table(
    "holder_contract", (PARENT, HOLDER, "year"), "What each contract passes to the parent, to the penny", SHEET, beside=(TIER,)
)

year = Table("holder_year", (HOLDER, "year"), "Holders: budget, variance, and who bears it", SHEET)

TABLES = (terms, score, scope, service, step, contract, year)


# ------------------------------------------------------------------ budgets and own variance


@service.line("GBP", "Budgets of its own contracts", total(service, "holder_budget_gbp", SERVICE, "year", **{PARENT: HOLDER}))
def passed_on_budget_gbp() -> Any:
    """What the holder pays those it contracts with for the service."""


@service.line("GBP", "Own budget")
def own_budget_gbp(holder_budget_gbp: Any, passed_on_budget_gbp: Any) -> Any:
    """The budget that the holder does not pass on; never below zero, since a tree in which it is would be refused.

    >>> own_budget_gbp(1_000_000.0, 600_000.0)
    400000.0
    """
    return to_pence(holder_budget_gbp - passed_on_budget_gbp)


@service.line("GBP", "Own variance (saved: plus)")
def own_variance_gbp(own_budget_gbp: Any, holder_cost_gbp: Any) -> Any:
    """The own budget less what the holder's own care cost."""
    return to_pence(own_budget_gbp - holder_cost_gbp)


@service.line("GBP", "Own variance in scope", in_scope=lookup(scope, "holder_scope_flag"))
def scope_variance_gbp(own_variance_gbp: Any, in_scope: Any) -> Any:
    """The own variance of a service in the scope of the contract with the parent; what is outside the holder bears alone."""
    return own_variance_gbp * in_scope


@year.line("GBP", "Budget", total(service, "holder_budget_gbp", HOLDER, "year"))
def budget_of_holder_gbp() -> Any:
    """What the holder receives from its parent, over all services; a root from outside the tree."""


@year.line("GBP", "Own budget of all services", total(service, "own_budget_gbp", HOLDER, "year"))
def all_own_budget_gbp() -> Any:
    """What the holder keeps of its budget for what it provides itself."""


@year.line("GBP", "Own cost of all services", total(service, "holder_cost_gbp", HOLDER, "year"))
def all_own_cost_gbp() -> Any:
    """What the holder's own care cost."""


@year.line("GBP", "Own variance of all services", total(service, "own_variance_gbp", HOLDER, "year"))
def all_own_variance_gbp() -> Any:
    """What the holder saved (plus) or overspent (minus) itself."""


@year.line("GBP", "Own variance in scope, all services", total(service, "scope_variance_gbp", HOLDER, "year"))
def all_scope_variance_gbp() -> Any:
    """What of it the contract with the parent covers."""


@year.line("GBP", "Cap in pounds", cap=lookup(terms, "holder_cap_share"))
def holder_cap_gbp(budget_of_holder_gbp: Any, cap: Any) -> Any:
    """The most that the holder keeps or bears of the variance in scope, where its contract has a cap.

    >>> holder_cap_gbp(2_000_000.0, 0.03)
    60000.0
    """
    return to_pence(budget_of_holder_gbp * cap)


@year.line("flag", "The gate is passed", gate=lookup(terms, "holder_gate_share"), score=total(score, "holder_score_share", HOLDER, "year"))
def gate_passed_flag(score: Any, gate: Any) -> Any:
    """1 where the score reaches the gate; without a gate it is always passed.

    >>> gate_passed_flag(np.array([0.79, 0.8, 0.0]), np.array([0.8, 0.8, 0.0])).tolist()
    [0, 1, 1]
    """
    return np.where(at_least(score, gate), 1, 0)


# ------------------------------------------------------------------ tier by tier, before rounding


@step.line("GBP", "Variance at first", lookup(year, "all_scope_variance_gbp"))
def first_variance_gbp() -> Any:
    """The own variance in scope, before any tier is settled."""


@step.line("GBP", "Variance before the tier", prior("variance_after_gbp", first="first_variance_gbp", along=(TIER,)))
def variance_before_gbp() -> Any:
    """The holder's variance after the tiers below."""


@step.line(
    "GBP",
    "Kept (gain) or borne (loss) before the cap",
    gain=lookup(terms, "gain_to_parent_share"),
    loss=lookup(terms, "loss_to_parent_share"),
    passed=lookup(year, "gate_passed_flag"),
)
def kept_before_cap_gbp(variance_before_gbp: Any, gain: Any, loss: Any, passed: Any) -> Any:
    """The holder's part by its shares; a holder that does not pass its gate keeps nothing of a gain and bears its part of a loss.

    >>> kept_before_cap_gbp(np.array([1000.0, 1000.0, -1000.0]), 0.4, 0.25, np.array([1, 0, 0])).tolist()
    [600.0, 0.0, -750.0]
    """
    return np.maximum(variance_before_gbp, 0) * (1 - gain) * passed + np.minimum(variance_before_gbp, 0) * (1 - loss)


@step.line("GBP", "Kept or borne within the cap", cap=lookup(year, "holder_cap_gbp"), capped=lookup(terms, "holder_capped_flag"))
def kept_within_cap_gbp(kept_before_cap_gbp: Any, cap: Any, capped: Any) -> Any:
    """The holder's part up to its cap; what is above goes to the parent.

    >>> kept_within_cap_gbp(np.array([600.0, -750.0]), 500.0, 1).tolist()
    [500.0, -500.0]
    """
    return np.where(capped > 0, np.maximum(np.minimum(kept_before_cap_gbp, cap), 0 - cap), kept_before_cap_gbp)


@step.line("GBP", "Passed to the parent in this tier")
def passes_gbp(variance_before_gbp: Any, kept_within_cap_gbp: Any, settles_flag: Any) -> Any:
    """What of the variance the holder does not keep, with the tier in which its contract is settled; nothing with the others."""
    return (variance_before_gbp - kept_within_cap_gbp) * settles_flag


@step.line("GBP", "Received from its own contracts in this tier", total(step, "passes_gbp", TIER, "year", **{PARENT: HOLDER}))
def receives_gbp() -> Any:
    """What those it contracts with pass to the holder."""


@step.line("GBP", "Variance after the tier")
def variance_after_gbp(variance_before_gbp: Any, passes_gbp: Any, receives_gbp: Any) -> Any:
    """What the holder has of the variance once the tier is settled.

    >>> variance_after_gbp(1000.0, 400.0, -50.0)
    550.0
    """
    return variance_before_gbp - passes_gbp + receives_gbp


# ------------------------------------------------------------------ to the penny


@contract.line("GBP", "Due to the parent, before rounding", lookup(step, "passes_gbp"))
def due_to_parent_gbp() -> Any:
    """What the contract passes to the parent: a part of a gain is plus, a part of a loss minus."""


@contract.line("GBP", "Due so far from the parent's contracts", before=prior("due_so_far_gbp", along=(HOLDER,)))
def due_so_far_gbp(before: Any, due_to_parent_gbp: Any) -> Any:
    """What all contracts of the parent down to this one pass; pennies are cut along it."""
    return before + due_to_parent_gbp


@contract.line("GBP", "Passed to the parent (gain: plus)", before=prior("due_so_far_gbp", along=(HOLDER,)))
def passed_gbp(due_so_far_gbp: Any, before: Any) -> Any:
    """What the holder pays its parent of a gain (plus), or receives from it for a loss (minus), to the penny.

    >>> passed_gbp(np.array([0.005, 0.01]), np.array([0.0, 0.005])).tolist()
    [0.01, 0.0]
    """
    return pence_between(due_so_far_gbp, before)


@year.line("GBP", "Received from its own contracts (gain: plus)", total(contract, "passed_gbp", "year", **{PARENT: HOLDER}))
def received_from_below_gbp() -> Any:
    """What those it contracts with pay the holder of their gains, less what it pays for their losses."""


@year.line("GBP", "Passed to the parent of the variance", total(contract, "passed_gbp", HOLDER, "year"))
def passed_to_parent_gbp() -> Any:
    """What the holder pays its parent of a gain, or with a minus receives for a loss; nothing for a root."""


@year.line("GBP", "Kept of the variance, or borne (minus)")
def borne_by_holder_gbp(all_own_variance_gbp: Any, received_from_below_gbp: Any, passed_to_parent_gbp: Any) -> Any:
    """The pounds of variance whose bearer the holder is: its own and what it received, less what it passed on.

    >>> borne_by_holder_gbp(1000.0, -50.0, 380.0)
    570.0
    """
    return to_pence(all_own_variance_gbp + received_from_below_gbp - passed_to_parent_gbp)


@year.line("GBP/persons", "Budget per person", people=lookup(terms, "holder_people_number"))
def holder_budget_gbp_per_person(budget_of_holder_gbp: Any, people: Any) -> Any:
    """The budget by the people of the holder; a holder has one or more.

    >>> holder_budget_gbp_per_person(120_000_000.0, 250_000.0)
    480.0
    """
    return budget_of_holder_gbp / people
