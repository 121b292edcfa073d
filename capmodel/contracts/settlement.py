"""Steps 7 to 13 of a settlement: phase, outcomes, deduction, caps, rounding, share, holding and transfer by party.

A gain is plus, a loss minus, throughout. Shares add up to the pool and transfers to nought, to the penny. What the terms
are is in `alliance`; the target is in `target`, the pool and its bands in `bands`.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from capmodel.algebra.functions import ratio, to_pence
from capmodel.algebra.links import assumption, lookup, prior, total
from capmodel.algebra.rows import Rows
from capmodel.algebra.table import Table
from capmodel.assumptions.pack import Pack
from capmodel.baseline.spend import columns_of
from capmodel.care_budgets.year_of_care import party_budget
from capmodel.contracts import bands, target
from capmodel.contracts.alliance import SIDES
from capmodel.contracts.bands import party_slice, side
from capmodel.contracts.target import SHEET, pool, service
from capmodel.contracts.terms import Terms

party_terms = Table("party_terms", ("party",), "Terms by party", SHEET)
party_terms.input("at_risk_flag", "flag", "Phase, outcomes and deduction apply")
party_terms.input("residual_flag", "flag", "Takes what phase and deduction leave")
party_terms.input("forfeit_flag", "flag", "Receives what the outcome gate forfeits")

entitlement = Table("entitlement", ("party", "year"), "What each party is due before caps", SHEET)

cap = Table("cap", ("party", "side"), "Caps by party and side", SHEET)
cap.input("cap_gbp", "GBP", "Cap, an amount")
cap.input("cap_gbp_flag", "flag", "The cap on an amount applies")
cap.input("cap_of_target_share", "share", "Cap, share of the target")
cap.input("cap_of_target_flag", "flag", "The cap on a share of the target applies")
cap.input("cap_of_income_share", "share", "Cap, share of the party's own income")
cap.input("cap_of_income_flag", "flag", "The cap on a share of income applies")

cap_year = Table("cap_year", ("party", "side", "year"), "Caps applied", SHEET)

settlement = Table("settlement", ("party", "year"), "Share, holding and transfer by party", SHEET)

TABLES = (*target.TABLES, *bands.TABLES, party_terms, entitlement, cap, cap_year, settlement)


@entitlement.line("GBP", "Share by bands", parts=total(party_slice, "part_gbp", "party", "year"))
def banded_gbp(parts: Any) -> Any:
    """The party's share of the pool by the bands alone."""
    return parts


@entitlement.line(
    "GBP",
    "After the phase of the year",
    gain_phase=assumption("gain_phase_share"),
    loss_phase=assumption("loss_phase_share"),
    at_risk=lookup(party_terms, "at_risk_flag"),
)
def phased_gbp(banded_gbp: Any, gain_phase: Any, loss_phase: Any, at_risk: Any) -> Any:
    """The share as far as the contract year lets it through; the rest goes to the residual party.

    >>> phased_gbp(np.array([100.0, -100.0]), 0.5, 0.25, 1).tolist()
    [50.0, -25.0]
    """
    return banded_gbp * (1 - at_risk * (1 - np.where(banded_gbp >= 0, gain_phase, loss_phase)))


@entitlement.line("GBP", "After outcomes", released=lookup(pool, "outcome_share"), at_risk=lookup(party_terms, "at_risk_flag"))
def earned_gbp(phased_gbp: Any, released: Any, at_risk: Any) -> Any:
    """The share as far as outcomes earned it: gains of at-risk parties pass the gate, losses stand.

    >>> earned_gbp(np.array([100.0, -100.0]), 0.0, 1).tolist()
    [0.0, -100.0]
    """
    return np.where(phased_gbp >= 0, phased_gbp * (1 - at_risk * (1 - released)), phased_gbp)


@entitlement.line("GBP", "Forfeited")
def forfeited_gbp(phased_gbp: Any, earned_gbp: Any) -> Any:
    """What outcomes took from the party; it goes to the party named in the contract."""
    return phased_gbp - earned_gbp


@entitlement.line("GBP", "After deduction", rate=assumption("deduction_share"), at_risk=lookup(party_terms, "at_risk_flag"))
def due_gbp(earned_gbp: Any, rate: Any, at_risk: Any) -> Any:
    """The share after the deduction from gains, which comes before the cap; the deduction goes to the residual party.

    >>> due_gbp(np.array([100.0, -100.0]), 0.02, 1).tolist()
    [98.0, -100.0]
    """
    return np.where(earned_gbp >= 0, earned_gbp * (1 - at_risk * rate), earned_gbp)


@entitlement.line("GBP", "Left by phase and deduction")
def left_gbp(banded_gbp: Any, phased_gbp: Any, earned_gbp: Any, due_gbp: Any) -> Any:
    """What phase and deduction took from the party; it goes to the residual party.

    >>> left_gbp(100.0, 50.0, 50.0, 49.0)
    51.0
    """
    return banded_gbp - phased_gbp + (earned_gbp - due_gbp)


@cap_year.line("GBP", "Due on this side", due=lookup(entitlement, "due_gbp"), sign=lookup(side, "side_sign_index"))
def due_on_side_gbp(due: Any, sign: Any) -> Any:
    """The size of what the party is due if it is on this side; nought if it is on the other."""
    return np.maximum(due * sign, 0)


@cap_year.line("GBP", "After the cap on an amount", limit=lookup(cap, "cap_gbp"), applies=lookup(cap, "cap_gbp_flag"))
def after_amount_gbp(due_on_side_gbp: Any, limit: Any, applies: Any) -> Any:
    """No more than the amount, where there is one."""
    return np.where(applies > 0, np.minimum(due_on_side_gbp, limit), due_on_side_gbp)


@cap_year.line(
    "GBP",
    "After the cap on a share of the target",
    limit=lookup(cap, "cap_of_target_share"),
    applies=lookup(cap, "cap_of_target_flag"),
    target=lookup(pool, "pool_target_gbp"),
)
def after_target_gbp(after_amount_gbp: Any, limit: Any, applies: Any, target: Any) -> Any:
    """No more than the share of the target, where there is one; the lower of the caps applies."""
    return np.where(applies > 0, np.minimum(after_amount_gbp, limit * target), after_amount_gbp)


@cap_year.line(
    "GBP",
    "After the cap on a share of income",
    limit=lookup(cap, "cap_of_income_share"),
    applies=lookup(cap, "cap_of_income_flag"),
    income=lookup(party_budget, "income_gbp"),
)
def capped_gbp(after_target_gbp: Any, limit: Any, applies: Any, income: Any) -> Any:
    """No more than the share of the party's own income, where there is one.

    >>> capped_gbp(2_000_000.0, 0.08, 1, 20_000_000.0).item()
    1600000.0
    """
    return np.where(applies > 0, np.minimum(after_target_gbp, limit * income), after_target_gbp)


@cap_year.line("GBP", "Beyond the cap", sign=lookup(side, "side_sign_index"))
def beyond_cap_gbp(due_on_side_gbp: Any, capped_gbp: Any, sign: Any) -> Any:
    """What the cap leaves, with its sign; it goes to the party the cap names."""
    return (due_on_side_gbp - capped_gbp) * sign


@cap_year.line("GBP", "Within the cap", sign=lookup(side, "side_sign_index"))
def within_cap_gbp(capped_gbp: Any, sign: Any) -> Any:
    """What the cap lets through, with its sign."""
    return capped_gbp * sign


@settlement.line("GBP", "Own share after caps", sides=total(cap_year, "within_cap_gbp", "party", "year"))
def own_gbp(sides: Any) -> Any:
    """The party's own share of the pool after every step."""
    return sides


@settlement.line(
    "GBP",
    "Received from the outcome gate",
    forfeited=total(entitlement, "forfeited_gbp", "year"),
    receives=lookup(party_terms, "forfeit_flag"),
)
def forfeits_gbp(forfeited: Any, receives: Any) -> Any:
    """What other parties forfeited, for the party named in the contract."""
    return forfeited * receives


@settlement.line("GBP", "Received from others' caps", beyond=total(cap_year, "beyond_cap_gbp", "year", residual_to="party"))
def residuals_gbp(beyond: Any) -> Any:
    """What others' caps left, for the party those caps name."""
    return beyond


@settlement.line(
    "GBP",
    "Received from phase and deduction",
    left=total(entitlement, "left_gbp", "year"),
    residual=lookup(party_terms, "residual_flag"),
)
def remainders_gbp(left: Any, residual: Any) -> Any:
    """What phase and deduction took from others, for the residual party."""
    return left * residual


@settlement.line("GBP", "Share before rounding")
def entitled_gbp(own_gbp: Any, forfeits_gbp: Any, residuals_gbp: Any, remainders_gbp: Any) -> Any:
    """Everything the party is due; over all parties it adds up to the pool, and a party that is due nothing has nought."""
    return own_gbp + forfeits_gbp + residuals_gbp + remainders_gbp


@settlement.line("GBP", "Shares so far, before rounding", before=prior("so_far_gbp", along=("party",)))
def so_far_gbp(before: Any, entitled_gbp: Any) -> Any:
    """What all parties down to this one are due; the last is the pool. Pennies are cut along it."""
    return before + entitled_gbp


@settlement.line("GBP", "Share of the pool", before=prior("so_far_gbp", along=("party",)))
def share_gbp(so_far_gbp: Any, before: Any) -> Any:
    """The party's share of the pool to the penny: plus is a gain, minus a loss.

    Each party gets what is due down to it less what was due before it, each to the penny: all shares add up to the
    pool, a loss mirrors a gain, and a party that is due nothing gets exactly nothing.

    >>> share_gbp(np.array([50.005, 50.005, 100.01]), np.array([0.0, 50.005, 50.005])).tolist()
    [50.01, 0.0, 50.0]
    """
    return to_pence(to_pence(so_far_gbp) - to_pence(before))


@settlement.line(
    "GBP",
    "Own part of the variance",
    as_provider=total(service, "service_variance_gbp", "year", provider="party"),
    as_payer=total(service, "service_variance_gbp", "year", payer="party"),
    held_by_provider=assumption("held_by_provider_flag"),
)
def own_variance_gbp(as_provider: Any, as_payer: Any, held_by_provider: Any) -> Any:
    """Who under- or overspent in cash: the payers, or the providers where they are paid the target whatever care costs."""
    return np.where(held_by_provider > 0, as_provider, as_payer)


@settlement.line(
    "GBP",
    "Holding before rounding",
    shared=lookup(pool, "pool_gbp"),
    variance=lookup(pool, "variance_gbp"),
    met=lookup(pool, "threshold_met_flag"),
)
def held_gbp(own_variance_gbp: Any, shared: Any, variance: Any, met: Any) -> Any:
    """The party's part of the pool before it is shared: its own part of the variance, scaled to what is shared of it.

    Where gains and losses of parties cancel out exactly, they are all shared or none, as the threshold says.

    >>> held_gbp(np.array([12.0, -12.0]), 0.0, 0.0, 1).tolist()
    [12.0, -12.0]
    """
    return own_variance_gbp * ratio(shared, variance, otherwise=met)


@settlement.line("GBP", "Holdings so far, before rounding", before=prior("held_so_far_gbp", along=("party",)))
def held_so_far_gbp(before: Any, held_gbp: Any) -> Any:
    """What all parties down to this one hold; the last is the pool."""
    return before + held_gbp


@settlement.line("GBP", "Holding", before=prior("held_so_far_gbp", along=("party",)))
def holding_gbp(held_so_far_gbp: Any, before: Any) -> Any:
    """Where the pool lies before settlement, to the penny; all holdings add up to the pool."""
    return to_pence(to_pence(held_so_far_gbp) - to_pence(before))


@settlement.line("GBP", "Transfer")
def transfer_gbp(share_gbp: Any, holding_gbp: Any) -> Any:
    """What the party receives (plus) or pays (minus): share less holding. All transfers add up to nought.

    >>> transfer_gbp(240_000.0, 600_000.0)
    -360000.0
    """
    return to_pence(share_gbp - holding_gbp)


@settlement.line("GBP", "After settlement: own variance and transfer")
def position_gbp(own_variance_gbp: Any, transfer_gbp: Any) -> Any:
    """Where the party ends against the target: what it under- or overspent itself, and what it receives or pays.

    >>> position_gbp(-4_037_822.0, 2_281_553.5)
    -1756268.5
    """
    return own_variance_gbp + transfer_gbp


@pool.line("GBP", "Check: shares add up to the pool", shares=total(settlement, "share_gbp", "year"))
def check_shares_gbp(pool_gbp: Any, shares: Any) -> Any:
    """Nought where every penny of the pool is somebody's."""
    return to_pence(pool_gbp - shares)


@pool.line("GBP", "Check: transfers add up to nought", transfers=total(settlement, "transfer_gbp", "year"))
def check_transfers_gbp(transfers: Any) -> Any:
    """Nought where what some parties pay is what the others receive."""
    return to_pence(transfers)


@pool.line("GBP", "Check: own parts add up to the variance", own=total(settlement, "own_variance_gbp", "year"))
def check_holdings_gbp(variance_gbp: Any, own: Any) -> Any:
    """Nought where the whole variance is held by parties of the contract."""
    return to_pence(variance_gbp - own)


def rows(pack: Pack, terms: Terms, routes: Rows) -> dict[str, Rows]:
    """The rows of these tables."""
    parties = tuple(entry.id for entry in pack.dimensions["party"])
    ways = list(dict.fromkeys(zip(routes.columns["setting"], routes.columns["provider"], routes.columns["payer"], strict=True)))
    return {
        "scope": Rows({"setting": tuple(entry.id for entry in pack.dimensions["setting"])}),
        "service": columns_of(("setting", "provider", "payer"), ways, pack.years),
        **contract_rows(parties, terms, pack.years),
    }


def contract_rows(parties: tuple[str, ...], terms: Terms, years: tuple[int, ...]) -> dict[str, Rows]:
    """The rows that a contract alone decides."""
    bands = list(terms.bands)
    parts = [(side, name, party) for side, name in bands for party in parties]
    caps = [(party, side, terms.cap_residual[party, side]) for party in parties for side in SIDES]
    return {
        "pool": Rows({}, years),
        "side": Rows({"side": SIDES}),
        "band": columns_of(("side", "band"), bands),
        "band_year": columns_of(("side", "band"), bands, years),
        "band_party": columns_of(("side", "band", "party"), parts),
        "party_slice": columns_of(("side", "band", "party"), parts, years),
        "party_terms": Rows({"party": parties}),
        "entitlement": Rows({"party": parties}, years),
        "cap": columns_of(("party", "side", "residual_to"), caps),
        "cap_year": columns_of(("party", "side", "residual_to"), caps, years),
        "settlement": Rows({"party": parties}, years),
    }
