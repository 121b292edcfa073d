"""Steps 7 to 10 of a settlement, in the order the contract states: what each step leaves of every party's share.

Consolation below the threshold, phase, outcomes, deduction, caps and relief are rows, one for each party, one below the other: what a
step leaves is what the next one starts from, and what it takes goes to the party the contract names. Order is data, because
contracts order these steps differently and it changes the money.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from capmodel.algebra.functions import AMOUNTS, at_least
from capmodel.algebra.links import assumption, lookup, prior, total
from capmodel.algebra.table import Table
from capmodel.care_budgets.year_of_care import party_budget
from capmodel.contracts.settlement.bands import party_slice
from capmodel.contracts.settlement.target import SHEET, pool

party_terms = Table("party_terms", ("party",), "Terms by party", SHEET)
party_terms.input("at_risk_flag", "flag", "Consolation, phase, outcomes, deduction and relief apply")

step = Table("step", ("step",), "Steps of the settlement, in the contract's order", SHEET)
step.input("consolation_step_flag", "flag", "This step pays a part below the threshold", internal=True)
step.input("phase_step_flag", "flag", "This step is the phase of the year", internal=True)
step.input("outcomes_step_flag", "flag", "This step is the outcomes", internal=True)
step.input("deduction_step_flag", "flag", "This step is the deduction from gains", internal=True)
step.input("withhold_step_flag", "flag", "This step holds a part of gains back", internal=True)
step.input("caps_step_flag", "flag", "This step is the caps by party", internal=True)
step.input("relief_step_flag", "flag", "This step is the relief of losses", internal=True)

passage = Table("passage", ("step", "year"), "What each step takes", SHEET)

entitlement = Table("entitlement", ("party", "year"), "What each party is due by the bands", SHEET)
entitlement.input("relief_gbp", "GBP", "Relief of losses, an amount")

cap = Table("cap", ("party", "side"), "Caps by party and side", SHEET)
cap.input("cap_gbp", "GBP", "Cap, an amount")
cap.input("cap_gbp_flag", "flag", "The cap on an amount applies", internal=True)
cap.input("cap_of_target_share", "share", "Cap, share of the target")
cap.input("cap_of_target_flag", "flag", "The cap on a share of the target applies", internal=True)
cap.input("cap_of_income_share", "share", "Cap, share of the party's own income")
cap.input("cap_of_income_flag", "flag", "The cap on a share of income applies", internal=True)

cap_year = Table("cap_year", ("party", "side", "year"), "Caps in money", SHEET)

party_step = Table("party_step", ("party", "step", "year"), "What each step leaves of each party's share", SHEET)

TABLES = (party_terms, step, passage, entitlement, cap, cap_year, party_step)


@passage.line(
    "share",
    "Part of a gain taken",
    is_consolation=lookup(step, "consolation_step_flag"),
    is_phase=lookup(step, "phase_step_flag"),
    is_outcomes=lookup(step, "outcomes_step_flag"),
    is_deduction=lookup(step, "deduction_step_flag"),
    is_withhold=lookup(step, "withhold_step_flag"),
    entry=lookup(pool, "entry_share"),
    phase=assumption("gain_phase_share"),
    outcome=lookup(pool, "outcome_share"),
    deduction=assumption("deduction_share"),
    withheld=assumption("withhold_share"),
)
def gain_taken_share(
    is_consolation: Any,
    is_phase: Any,
    is_outcomes: Any,
    is_deduction: Any,
    is_withhold: Any,
    entry: Any,
    phase: Any,
    outcome: Any,
    deduction: Any,
    withheld: Any,
) -> Any:
    """What the step takes of the gain of a party at risk; caps and amounts of relief have rules of their own.

    >>> gain_taken_share(0, 0, 0, np.array([1, 0]), 0, 1.0, 0.5, 0.9, 0.02, 0.0).tolist()
    [0.02, 0.0]
    """
    by_phase = is_consolation * (1 - entry) + is_phase * (1 - phase)
    return by_phase + is_outcomes * (1 - outcome) + is_deduction * deduction + is_withhold * withheld


@passage.line(
    "share",
    "Part of a loss taken",
    is_phase=lookup(step, "phase_step_flag"),
    is_outcomes=lookup(step, "outcomes_step_flag"),
    is_relief=lookup(step, "relief_step_flag"),
    phase=assumption("loss_phase_share"),
    borne=lookup(pool, "loss_borne_share"),
    relief=assumption("relief_share"),
)
def loss_taken_share(is_phase: Any, is_outcomes: Any, is_relief: Any, phase: Any, borne: Any, relief: Any) -> Any:
    """What the step takes of the loss of a party at risk; a deduction lowers no loss.

    >>> loss_taken_share(np.array([1, 0, 0]), np.array([0, 1, 0]), np.array([0, 0, 1]), 0.5, 0.625, 1.0).tolist()
    [0.5, 0.375, 1.0]
    """
    return is_phase * (1 - phase) + is_outcomes * (1 - borne) + is_relief * relief


@entitlement.line("GBP", "Share by bands", parts=total(party_slice, "part_gbp", "party", "year"))
def banded_gbp(parts: Any) -> Any:
    """The party's share of the pool by the bands alone."""
    return parts


@cap_year.line(
    "GBP",
    "Cap on an amount",
    limit=lookup(cap, "cap_gbp"),
    applies=lookup(cap, "cap_gbp_flag"),
    shared=lookup(pool, "pool_gbp"),
)
def amount_limit_gbp(limit: Any, applies: Any, shared: Any) -> Any:
    """The amount, where there is one; otherwise the whole pool, which nobody's share exceeds.

    >>> amount_limit_gbp(80_000.0, np.array([1, 0]), -200_000.0).tolist()
    [80000.0, 200000.0]
    """
    return np.where(applies > 0, limit, np.absolute(shared))


@cap_year.line(
    "GBP",
    "And on a share of the target",
    limit=lookup(cap, "cap_of_target_share"),
    applies=lookup(cap, "cap_of_target_flag"),
    target=lookup(pool, "pool_target_gbp"),
)
def target_limit_gbp(amount_limit_gbp: Any, limit: Any, applies: Any, target: Any) -> Any:
    """The lower of the caps so far, as far as they apply."""
    return np.where(applies > 0, np.minimum(amount_limit_gbp, limit * target), amount_limit_gbp)


@cap_year.line(
    "GBP",
    "And on a share of income",
    limit=lookup(cap, "cap_of_income_share"),
    applies=lookup(cap, "cap_of_income_flag"),
    income=lookup(party_budget, "income_gbp"),
)
def limit_gbp(target_limit_gbp: Any, limit: Any, applies: Any, income: Any) -> Any:
    """The lowest of the caps that apply to the party on this side, in money.

    >>> limit_gbp(2_000_000.0, 0.08, 1, 20_000_000.0).item()
    1600000.0
    """
    return np.where(applies > 0, np.minimum(target_limit_gbp, limit * income), target_limit_gbp)


@party_step.line("GBP", "Share by bands", banded=lookup(entitlement, "banded_gbp"))
def opening_gbp(banded: Any) -> Any:
    """What the first step starts from."""
    return banded


@party_step.line(
    "share",
    "Let through to this party",
    gain_taken=lookup(passage, "gain_taken_share"),
    loss_taken=lookup(passage, "loss_taken_share"),
    at_risk=lookup(party_terms, "at_risk_flag"),
)
def passes_share(opening_gbp: Any, gain_taken: Any, loss_taken: Any, at_risk: Any) -> Any:
    """The part the step leaves of a gain or a loss; all of it for a party that is not at risk.

    >>> passes_share(np.array([100.0, -100.0]), 0.5, 0.75, 1).tolist()
    [0.5, 0.25]
    """
    return 1 - at_risk * np.where(at_least(opening_gbp, 0, AMOUNTS), gain_taken, loss_taken)


@party_step.line(
    "GBP",
    "After the step",
    before=prior("after_gbp", first="opening_gbp", along=("step",)),
    is_caps=lookup(step, "caps_step_flag"),
    is_relief=lookup(step, "relief_step_flag"),
    gain_limit=lookup(cap_year, "limit_gbp", side="gain_side"),
    loss_limit=lookup(cap_year, "limit_gbp", side="loss_side"),
    relief=lookup(entitlement, "relief_gbp"),
)
def after_gbp(before: Any, passes_share: Any, is_caps: Any, is_relief: Any, gain_limit: Any, loss_limit: Any, relief: Any) -> Any:
    """What is left of the share: held within the caps in the step of the caps, and in the others the part let through.

    An amount of relief lowers a loss, to zero at most.

    >>> after_gbp(np.array([120.0, -120.0]), 1.0, 1, 0, 80.0, 50.0, 0.0).tolist()
    [80.0, -50.0]
    >>> after_gbp(-120.0, 1.0, 0, 1, 80.0, 50.0, 30.0).item()
    -90.0
    """
    let_through = before * passes_share
    relieved = np.where(is_relief > 0, np.minimum(relief, np.maximum(-let_through, 0)), 0)
    return np.where(is_caps > 0, np.maximum(np.minimum(before, gain_limit), -loss_limit), let_through + relieved)


@party_step.line("GBP", "Taken of a gain", before=prior("after_gbp", first="opening_gbp", along=("step",)))
def taken_of_gain_gbp(before: Any, after_gbp: Any) -> Any:
    """What the step takes of a gain; it goes to the party named for it.

    >>> taken_of_gain_gbp(np.array([100.0, -100.0]), np.array([50.0, -25.0])).tolist()
    [50.0, 0.0]
    """
    return np.maximum(before - after_gbp, 0)


@party_step.line("GBP", "Taken of a loss", before=prior("after_gbp", first="opening_gbp", along=("step",)))
def taken_of_loss_gbp(before: Any, after_gbp: Any) -> Any:
    """What the step takes of a loss, minus; it falls to the party named for it.

    >>> taken_of_loss_gbp(np.array([100.0, -100.0]), np.array([50.0, -25.0])).tolist()
    [0.0, -75.0]
    """
    return np.minimum(before - after_gbp, 0)
