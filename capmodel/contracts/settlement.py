"""Settlement: from the target and the actual cost to what each party gains, loses, and is paid or pays.

The steps stand in the order they are taken: target, actual, variance, threshold, bands, phase, outcomes, caps, rounding,
share, holding, transfer. A gain is plus, a loss minus, throughout. Shares add up to the pool and transfers to nought, to
the penny. What the terms are is in `alliance`.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from capmodel.algebra.functions import ratio, slice_between, to_pence
from capmodel.algebra.links import Rows, assumption, lookup, total
from capmodel.algebra.table import Table
from capmodel.assumptions.pack import Pack
from capmodel.baseline.spend import columns_of
from capmodel.care_budgets.year_of_care import care_budget, party_budget
from capmodel.contracts.alliance import SIDES, Terms

SHEET = "Calc 4 Settlement"

scope = Table("scope", ("setting",), "What is in scope", SHEET)
scope.input("in_scope_flag", "flag", "In scope of the alliance")
scope.input("setting_pressure_share", "share", "Actual cost against the target in this setting, beyond the place's")

service = Table("service", ("setting", "provider", "payer", "year"), "Target and actual by setting, provider and payer", SHEET)
service.input("scope_change_gbp", "GBP", "Agreed change of scope")

pool = Table("pool", ("year",), "From the budget to the pool that is shared", SHEET)

side = Table("side", ("side",), "Sides of the pool", SHEET)
side.input("side_sign_index", "index", "Sign of the side: 1 gain, -1 loss")

band = Table("band", ("side", "band"), "Bands of the pool", SHEET)
band.input("band_lower_share", "share", "Band starts at, share of the target")
band.input("band_upper_share", "share", "Band ends at, share of the target")
band.input("band_bounded_flag", "flag", "The band has an upper edge")

band_year = Table("band_year", ("side", "band", "year"), "Slices of the pool by band", SHEET)

band_party = Table("band_party", ("side", "band", "party"), "Shares of each band by party", SHEET)
band_party.input("band_party_share", "share", "Party's share of the band")

party_slice = Table("party_slice", ("side", "band", "party", "year"), "Slices of the pool by band and party", SHEET)

party_terms = Table("party_terms", ("party",), "Terms by party", SHEET)
party_terms.input("at_risk_flag", "flag", "Phase, outcomes and deduction apply")
party_terms.input("residual_flag", "flag", "Takes what is left over")
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

TABLES = (scope, service, pool, side, band, band_year, band_party, party_slice, party_terms, entitlement, cap, cap_year, settlement)


# ---------------------------------------------------------------------------- steps 1 to 3: target, actual, variance


@service.line("GBP", "Year of Care budget", lines=total(care_budget, "budget_gbp", "setting", "provider", "payer", "year"))
def budget_gbp(lines: Any) -> Any:
    """The Year of Care budgets of all segments for one setting, provider and payer."""
    return lines


@service.line("GBP", "Out of scope", flag=lookup(scope, "in_scope_flag"))
def out_of_scope_gbp(budget_gbp: Any, flag: Any) -> Any:
    """The part of the budget the alliance does not answer for."""
    return budget_gbp * (1 - flag)


@service.line("GBP", "Alliance discount", rate=assumption("alliance_discount_share"))
def discount_gbp(budget_gbp: Any, out_of_scope_gbp: Any, rate: Any) -> Any:
    """What the payers keep off the target before anything is shared, to the penny."""
    return to_pence((budget_gbp - out_of_scope_gbp) * rate)


@service.line("GBP", "Target")
def target_gbp(budget_gbp: Any, out_of_scope_gbp: Any, discount_gbp: Any, scope_change_gbp: Any) -> Any:
    """What the parties agreed the care in scope should cost.

    >>> target_gbp(1000.0, 0.0, 5.0, 20.0)
    1015.0
    """
    return budget_gbp - out_of_scope_gbp - discount_gbp + scope_change_gbp


@service.line(
    "GBP", "Actual cost", place_pressure=assumption("demand_pressure_share"), own_pressure=lookup(scope, "setting_pressure_share")
)
def actual_gbp(budget_gbp: Any, out_of_scope_gbp: Any, scope_change_gbp: Any, place_pressure: Any, own_pressure: Any) -> Any:
    """What the care in scope is expected to cost, to the penny; replaced by the accounts once they are known.

    >>> actual_gbp(1000.0, 0.0, 0.0, -0.02, 0.005)
    985.0
    """
    return to_pence((budget_gbp - out_of_scope_gbp + scope_change_gbp) * (1 + place_pressure + own_pressure))


@service.line("GBP", "Variance")
def service_variance_gbp(target_gbp: Any, actual_gbp: Any) -> Any:
    """Target less actual: plus is a gain, minus a loss."""
    return target_gbp - actual_gbp


@pool.line("GBP", "Year of Care budgets", lines=total(service, "budget_gbp", "year"))
def all_budgets_gbp(lines: Any) -> Any:
    """What the target starts from."""
    return lines


@pool.line("GBP", "Out of scope", lines=total(service, "out_of_scope_gbp", "year"))
def all_out_of_scope_gbp(lines: Any) -> Any:
    """Budgets the alliance does not answer for."""
    return lines


@pool.line("GBP", "Alliance discount", lines=total(service, "discount_gbp", "year"))
def all_discount_gbp(lines: Any) -> Any:
    """What the payers keep before anything is shared."""
    return lines


@pool.line("GBP", "Agreed changes of scope", lines=total(service, "scope_change_gbp", "year"))
def all_scope_change_gbp(lines: Any) -> Any:
    """Services that joined or left."""
    return lines


@pool.line("GBP", "Target", lines=total(service, "target_gbp", "year"))
def pool_target_gbp(lines: Any) -> Any:
    """What the parties agreed the care in scope should cost, to the penny."""
    return to_pence(lines)


@pool.line("GBP", "Check: the target bridge adds up")
def check_target_gbp(
    all_budgets_gbp: Any, all_out_of_scope_gbp: Any, all_discount_gbp: Any, all_scope_change_gbp: Any, pool_target_gbp: Any
) -> Any:
    """Nought where budgets, scope and discount lead to the target."""
    return to_pence(all_budgets_gbp - all_out_of_scope_gbp - all_discount_gbp + all_scope_change_gbp - pool_target_gbp)


@pool.line("GBP", "Actual cost", lines=total(service, "actual_gbp", "year"))
def pool_actual_gbp(lines: Any) -> Any:
    """Cost of the care in scope, on the same basis as the target, to the penny."""
    return to_pence(lines)


@pool.line("GBP", "Variance")
def variance_gbp(pool_target_gbp: Any, pool_actual_gbp: Any) -> Any:
    """Target less actual, to the penny: plus is a gain, minus a loss.

    >>> variance_gbp(1_234_567.89, 1_234_567.89)
    0.0
    """
    return to_pence(pool_target_gbp - pool_actual_gbp)


# ---------------------------------------------------------------------------- step 5: threshold


@pool.line(
    "GBP",
    "Threshold",
    gain_share=assumption("gain_threshold_share"),
    loss_share=assumption("loss_threshold_share"),
)
def threshold_gbp(variance_gbp: Any, pool_target_gbp: Any, gain_share: Any, loss_share: Any) -> Any:
    """The variance that must be met before anything is shared, in money and to the penny, so that no ratio decides."""
    return to_pence(pool_target_gbp * np.where(variance_gbp >= 0, gain_share, loss_share))


@pool.line("flag", "Threshold is met", above_only=assumption("above_only_flag"))
def threshold_met_flag(variance_gbp: Any, threshold_gbp: Any, above_only: Any) -> Any:
    """1 where the size of the variance meets the threshold, pounds against pounds.

    >>> threshold_met_flag(np.array([99.99, 100.0]), 100.0, 0).tolist()
    [0, 1]
    """
    short = np.absolute(variance_gbp) < threshold_gbp
    just_met = (np.absolute(variance_gbp) <= threshold_gbp) & (above_only > 0)
    return np.where(short | just_met, 0, 1)


@pool.line("GBP", "Size of the pool", first_pound=assumption("first_pound_flag"))
def pool_size_gbp(variance_gbp: Any, threshold_gbp: Any, threshold_met_flag: Any, first_pound: Any) -> Any:
    """How much is shared: the whole variance from the first pound, or only what lies beyond the threshold.

    >>> pool_size_gbp(np.array([150_000.0, -150_000.0]), np.array([100_000.0, 200_000.0]), np.array([1, 0]), 0).tolist()
    [50000.0, 0.0]
    """
    return threshold_met_flag * (np.absolute(variance_gbp) - np.where(first_pound > 0, 0, threshold_gbp))


@pool.line("GBP", "Pool")
def pool_gbp(variance_gbp: Any, pool_size_gbp: Any) -> Any:
    """The part of the variance that the parties share, with its sign, to the penny."""
    return to_pence(np.where(variance_gbp >= 0, pool_size_gbp, -pool_size_gbp))


# ---------------------------------------------------------------------------- step 6: bands


@band.line("share", "Check: shares of the band add up to 1", shares=total(band_party, "band_party_share", "side", "band"))
def check_band_share(shares: Any) -> Any:
    """Nought where every pound of the band belongs to a party."""
    return shares - 1


@band_year.line("GBP", "Pool on this side", shared=lookup(pool, "pool_gbp"), sign=lookup(side, "side_sign_index"))
def on_side_gbp(shared: Any, sign: Any) -> Any:
    """The size of the pool if it is on this side, gain or loss; nought if it is on the other."""
    return np.maximum(shared * sign, 0)


@band_year.line(
    "GBP",
    "Slice of the pool in the band",
    target=lookup(pool, "pool_target_gbp"),
    lower=lookup(band, "band_lower_share"),
    upper=lookup(band, "band_upper_share"),
    bounded=lookup(band, "band_bounded_flag"),
)
def slice_gbp(on_side_gbp: Any, target: Any, lower: Any, upper: Any, bounded: Any) -> Any:
    """The pounds of the pool that fall in the band: marginal, so that no pound jumps a rate.

    >>> slice_gbp(np.array([30_000.0, 60_000.0, 100_000.0]), 1_000_000.0, 0.03, 0.06, 1).tolist()
    [0.0, 30000.0, 30000.0]
    """
    return np.where(bounded > 0, slice_between(on_side_gbp, lower * target, upper * target), np.maximum(on_side_gbp - lower * target, 0))


@party_slice.line(
    "GBP",
    "Party's part of the slice",
    slice_of_pool=lookup(band_year, "slice_gbp"),
    share=lookup(band_party, "band_party_share"),
    sign=lookup(side, "side_sign_index"),
)
def part_gbp(slice_of_pool: Any, share: Any, sign: Any) -> Any:
    """The party's share of one slice, plus for a gain and minus for a loss."""
    return slice_of_pool * share * sign


# ---------------------------------------------------------------------------- steps 7 and 8: phase, outcomes, deduction


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


@pool.line(
    "share",
    "What the score releases",
    gate=assumption("outcome_gate_share"),
    score=assumption("outcome_score_share"),
    multiplies=assumption("outcome_multiplies_flag"),
)
def score_release_share(gate: Any, score: Any, multiplies: Any) -> Any:
    """Nothing below the gate; from the gate on all of it, or the score's part.

    >>> score_release_share(0.70, np.array([0.699, 0.70]), 0).tolist()
    [0, 1]
    """
    return np.where(score >= gate, np.where(multiplies > 0, score, 1), 0)


@pool.line("share", "Part of gains that outcomes release", counts=assumption("outcome_counts_flag"))
def outcome_share(score_release_share: Any, counts: Any) -> Any:
    """What outcomes let through of a gain; all of it where the contract has no outcome gate.

    Losses do not pass here: a failed gate forgives no loss. Source: METHODS, section 1 (gate on gains, not on losses).
    """
    return np.where(counts > 0, score_release_share, 1)


@entitlement.line("GBP", "After outcomes", released=lookup(pool, "outcome_share"), at_risk=lookup(party_terms, "at_risk_flag"))
def earned_gbp(phased_gbp: Any, released: Any, at_risk: Any) -> Any:
    """The share as far as outcomes earned it: gains of at-risk parties pass the gate, losses stand."""
    return np.where(phased_gbp >= 0, phased_gbp * (1 - at_risk * (1 - released)), phased_gbp)


@entitlement.line("GBP", "Forfeited")
def forfeited_gbp(phased_gbp: Any, earned_gbp: Any) -> Any:
    """What outcomes took from the party; it goes to the party named in the contract."""
    return phased_gbp - earned_gbp


@entitlement.line("GBP", "After deduction", rate=assumption("deduction_share"), at_risk=lookup(party_terms, "at_risk_flag"))
def due_gbp(earned_gbp: Any, rate: Any, at_risk: Any) -> Any:
    """The share after the deduction from gains, which comes before the cap; the deduction goes to the residual party."""
    return np.where(earned_gbp >= 0, earned_gbp * (1 - at_risk * rate), earned_gbp)


# ---------------------------------------------------------------------------- step 9: caps


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


# ---------------------------------------------------------------------------- steps 12 and 13: rounding, share, transfer


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


@settlement.line("GBP", "Payable share of other parties", residual=lookup(party_terms, "residual_flag"))
def payable_gbp(own_gbp: Any, forfeits_gbp: Any, residuals_gbp: Any, residual: Any) -> Any:
    """The share to the penny of every party but the residual one, whose share is what remains."""
    return to_pence((own_gbp + forfeits_gbp + residuals_gbp) * (1 - residual))


@settlement.line(
    "GBP",
    "Share",
    shared=lookup(pool, "pool_gbp"),
    others=total(settlement, "payable_gbp", "year"),
    residual=lookup(party_terms, "residual_flag"),
)
def share_gbp(payable_gbp: Any, shared: Any, others: Any, residual: Any) -> Any:
    """The party's share of the pool: plus is a gain, minus a loss. All shares add up to the pool, to the penny.

    >>> share_gbp(np.array([0.0, 50.01]), 100.01, 50.01, np.array([1, 0])).tolist()
    [50.0, 50.01]
    """
    return to_pence(np.where(residual > 0, shared - others, payable_gbp))


@settlement.line(
    "GBP",
    "Own part of the variance",
    as_provider=total(service, "service_variance_gbp", "year", provider="party"),
    as_payer=total(service, "service_variance_gbp", "year", payer="party"),
    held_by_provider=assumption("held_by_provider_flag"),
)
def own_variance_gbp(as_provider: Any, as_payer: Any, held_by_provider: Any) -> Any:
    """Who under- or overspent in cash: the payers, or the providers where they are paid the budget whatever it costs."""
    return np.where(held_by_provider > 0, as_provider, as_payer)


@settlement.line(
    "GBP",
    "Holding of other parties",
    shared=lookup(pool, "pool_gbp"),
    variance=lookup(pool, "variance_gbp"),
    residual=lookup(party_terms, "residual_flag"),
)
def held_gbp(own_variance_gbp: Any, shared: Any, variance: Any, residual: Any) -> Any:
    """Each party's part of the pool before it is shared, to the penny, for every party but the residual one."""
    return to_pence(own_variance_gbp * ratio(shared, variance) * (1 - residual))


@settlement.line(
    "GBP",
    "Holding",
    shared=lookup(pool, "pool_gbp"),
    others=total(settlement, "held_gbp", "year"),
    residual=lookup(party_terms, "residual_flag"),
)
def holding_gbp(held_gbp: Any, shared: Any, others: Any, residual: Any) -> Any:
    """Where the pool lies before settlement; all holdings add up to the pool."""
    return to_pence(np.where(residual > 0, shared - others, held_gbp))


@settlement.line("GBP", "Transfer")
def transfer_gbp(share_gbp: Any, holding_gbp: Any) -> Any:
    """What the party receives (plus) or pays (minus): share less holding. All transfers add up to nought.

    >>> transfer_gbp(240_000.0, 600_000.0)
    -360000.0
    """
    return to_pence(share_gbp - holding_gbp)


@pool.line("GBP", "Check: slices add up to the pool", slices=total(party_slice, "part_gbp", "year"))
def check_slices_gbp(pool_gbp: Any, slices: Any) -> Any:
    """Nought where the bands share the whole pool."""
    return to_pence(pool_gbp - slices)


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
