"""What a tree of holders adds up to: by tier and in all, and the checks that every pound of variance has one bearer."""

from __future__ import annotations

from typing import Any

from capmodel.algebra.functions import to_pence
from capmodel.algebra.links import total
from capmodel.algebra.table import Table
from capmodel.contracts.holders import SHEET, TIER, TIER_BELOW, tree
from capmodel.contracts.holders.tree import contract, service, year

tier = Table("contract_tier_year", (TIER, "year"), "Tiers", SHEET)
whole = Table("holders_all", ("year",), "All holders", SHEET)

TABLES = (*tree.TABLES, tier, whole)


@tier.line("GBP", "Own budget of the tier", total(year, "all_own_budget_gbp", TIER, "year"))
def tier_own_budget_gbp() -> Any:
    """What holders of the tier keep for what they provide themselves."""


@tier.line("GBP", "Own variance of the tier", total(year, "all_own_variance_gbp", TIER, "year"))
def tier_own_variance_gbp() -> Any:
    """What holders of the tier saved or overspent themselves."""


@tier.line("GBP", "Passed up by the tier", total(contract, "passed_gbp", TIER, "year"))
def tier_passed_gbp() -> Any:
    """What holders of the tier pass to their parents."""


@tier.line("GBP", "Borne by the tier", total(year, "borne_by_holder_gbp", TIER, "year"))
def tier_borne_gbp() -> Any:
    """What holders of the tier keep of gains and bear of losses, those of the tiers below among them."""


@tier.line(
    "GBP",
    "Check: a tier passes what the tier above receives",
    received=total(year, "received_from_below_gbp", "year", **{TIER_BELOW: TIER}),
)
def check_tier_gbp(tier_passed_gbp: Any, received: Any) -> Any:
    """Zero where what the holders of the tier pass up is what their parents receive."""
    return to_pence(tier_passed_gbp - received)


@whole.line("GBP", "Budget of all roots", total(year, "budget_of_holder_gbp", "year", **{TIER: "root_tier"}))
def all_holders_budget_gbp() -> Any:
    """What comes into the tree from outside."""


@whole.line("GBP", "Own budgets of all holders", total(service, "own_budget_gbp", "year"))
def all_holders_own_budget_gbp() -> Any:
    """What all holders keep for what they provide themselves."""


@whole.line("GBP", "Own cost of all holders", total(year, "all_own_cost_gbp", "year"))
def all_holders_cost_gbp() -> Any:
    """What the care of all holders cost."""


@whole.line("GBP", "Variance of all holders (saved: plus)", total(year, "all_own_variance_gbp", "year"))
def all_holders_variance_gbp() -> Any:
    """What all holders saved or overspent."""


@whole.line("GBP", "Kept or borne by all holders", total(year, "borne_by_holder_gbp", "year"))
def all_holders_borne_gbp() -> Any:
    """What all holders keep or bear."""


@whole.line("GBP", "Check: every pound of budget is with one holder")
def check_holder_budgets_gbp(all_holders_budget_gbp: Any, all_holders_own_budget_gbp: Any) -> Any:
    """Zero where the budgets that holders keep for themselves add up to what came into the tree."""
    return to_pence(all_holders_budget_gbp - all_holders_own_budget_gbp)


@whole.line("GBP", "Check: every pound of variance has one bearer, and no saving is shared twice")
def check_holder_variance_gbp(all_holders_variance_gbp: Any, all_holders_borne_gbp: Any) -> Any:
    """Zero where what holders keep and bear adds up to what they saved and overspent; a saving shared twice would be borne twice."""
    return to_pence(all_holders_variance_gbp - all_holders_borne_gbp)
