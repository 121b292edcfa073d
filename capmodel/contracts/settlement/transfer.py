"""Steps 12 and 13 of a settlement: shares to the penny, cash positions, transfers, and what has been paid on account.

A gain is plus, a loss minus, throughout. Shares add up to the pool and transfers to zero, to the penny. The way to the variance is in
`target` and `actual`, to the pool in `threshold` and `pool_caps`, to each party's share in `bands`, `party_steps` and `carry_forward`.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from capmodel.algebra.functions import AMOUNTS, above, pence_between, ratio, to_pence
from capmodel.algebra.links import lookup, prior, total
from capmodel.algebra.rows import Rows
from capmodel.algebra.table import Table
from capmodel.baseline.spend import columns_of
from capmodel.contracts.settlement import (
    SHEET,
    bands,
    caps,
    carry_forward,
    chance,
    distribution,
    indicators,
    outcomes,
    party_steps,
    pool_caps,
    steps,
    target,
    threshold,
)
from capmodel.contracts.settlement.actual import EXCLUDED_PART, SHOCK
from capmodel.contracts.settlement.caps import OTHERS
from capmodel.contracts.settlement.carry_forward import NOBODY, bank, spread, spread_party
from capmodel.contracts.settlement.check import Check
from capmodel.contracts.settlement.party_steps import party_step
from capmodel.contracts.settlement.steps import IF_PASSED
from capmodel.contracts.settlement.target import pool, service
from capmodel.contracts.settlement.term import Stated, Term

HELD_BY_PROVIDER = Term(
    "held_by_provider_flag", title="Providers hold the variance (1) or payers do (0)", of=lambda held_by: held_by == "provider"
)


def check_on_account(check: Check, on_account_gbp: Mapping[str, Mapping[int, float]]) -> None:
    """Report payments on account that lack a year, or whose sum is not zero."""
    check.yearly(on_account_gbp or None, "on_account_gbp")
    for name in on_account_gbp:
        check.party(["on_account_gbp", name], name)
    for year in check.years:
        paid = sum(given.get(year, 0) for given in on_account_gbp.values())
        if abs(paid) >= 0.005:
            what, why = f"payments on account of {year} add up to {paid:,.2f}", "what some paid on account others received"
            check.report(["on_account_gbp"], what, why, "Write what was paid with a minus")


def settlement_rows(last: str, residual_party: str, parties: tuple[str, ...], years: tuple[int, ...]) -> dict[str, Rows]:
    """A row for each party, with its last step and what the residual party takes."""
    own = [
        (party, last, "withhold", residual_party, *((OTHERS, OTHERS) if party == residual_party else (NOBODY, NOBODY))) for party in parties
    ]
    keys = ("party", "last_step", "withhold_step", "released_by", "rest_of_gain", "rest_of_loss")
    return {"settlement": columns_of(keys, own, years)}


settlement = Table("settlement", ("party", "year"), "Share, cash position and transfer by party", SHEET)
settlement.take(
    Stated("on_account_gbp", "GBP", "Received on account (paid: minus)", at="on_account_gbp.{party}.{year}", placeholder=0.0, related=True, signed=True)
)  # fmt: skip

TABLES = (
    *chance.TABLES,
    *target.TABLES,
    *threshold.TABLES,
    *pool_caps.TABLES,
    *indicators.TABLES,
    *outcomes.TABLES,
    *distribution.TABLES,
    *bands.TABLES,
    *steps.TABLES,
    *caps.TABLES,
    *party_steps.TABLES,
    *carry_forward.TABLES,
    settlement,
)
#: Figures that say how a contract is built: a sign, an edge that follows from another, which step a row is. They are no terms of anybody.
BUILT = frozenset(name for table in TABLES for name, each in table.inputs.items() if isinstance(each, Stated) and each.built)


@settlement.line("GBP", "Own share after the steps", lookup(party_step, "after_gbp", step="last_step"))
def own_gbp() -> Any:
    """The party's own share of the pool after every step of the contract."""


@settlement.line("GBP", "Received of others' gains", total(party_step, "taken_of_gain_gbp", "year", gain_to="party"))
def received_gains_gbp() -> Any:
    """What steps took of others' gains, for the party the contract names: forfeits, deductions, what caps left."""


@settlement.line("GBP", "Borne of others' losses", total(party_step, "taken_of_loss_gbp", "year", loss_to="party"))
def borne_losses_gbp() -> Any:
    """What steps took of others' losses, for the party the contract names; minus."""


@settlement.line(
    "GBP",
    "Taken of what caps left for the others",
    given=total(spread_party, "signed_given_gbp", "party", "year"),
    left=total(party_step, "taken_of_gain_gbp", "year", gain_to="rest_of_gain"),
    lost=total(party_step, "taken_of_loss_gbp", "year", loss_to="rest_of_loss"),
    placed=total(spread, "placed_gbp", "year", rest_to="party"),
)
def respread_gbp(given: Any, left: Any, lost: Any, placed: Any) -> Any:
    """The party's part of what was shared again; the residual party takes what nobody had room for."""
    return given + left + lost - placed


@settlement.line(
    "GBP",
    "Carried forward from other years",
    own=total(bank, "carried_gbp", "party", "year"),
    others=total(bank, "carried_gbp", "year", stood_in_by="party"),
)
def carried_forward_gbp(own: Any, others: Any) -> Any:
    """What is set against this year from earlier ones; who stood in for a party is repaid.

    >>> carried_forward_gbp(-200.0, 0.0)
    -200.0
    """
    return own - others


@settlement.line("GBP", "Held back this year", total(party_step, "taken_of_gain_gbp", "party", "year", step="withhold_step"))
def withheld_gbp() -> Any:
    """What the contract holds back of the party's gain; it may be released a year later."""


@settlement.line(
    "GBP",
    "Released from last year",
    before=prior("withheld_gbp"),
    if_passed=IF_PASSED,
    passed=lookup(pool, "passed_flag"),
)
def released_gbp(before: Any, if_passed: Any, passed: Any) -> Any:
    """What was held back of the party's gain a year ago, unless it depends on this year's gate and the gate is not passed.

    >>> released_gbp(5_000.0, 1, np.array([1, 0])).tolist()
    [5000.0, 0.0]
    """
    return before * (1 - if_passed * (1 - passed))


@settlement.line("GBP", "Released to others", total(settlement, "released_gbp", "year", released_by="party"))
def pays_out_gbp() -> Any:
    """What the party that kept the money held back pays out."""


@settlement.line("GBP", "Share before rounding")
def entitled_gbp(
    own_gbp: Any,
    received_gains_gbp: Any,
    borne_losses_gbp: Any,
    respread_gbp: Any,
    carried_forward_gbp: Any,
    released_gbp: Any,
    pays_out_gbp: Any,
) -> Any:
    """Everything the party is due; over all parties it adds up to the pool, and a party that is due nothing has zero."""
    return own_gbp + received_gains_gbp + borne_losses_gbp + respread_gbp + carried_forward_gbp + released_gbp - pays_out_gbp


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
    return pence_between(so_far_gbp, before)


@settlement.line(
    "GBP",
    "Own part of the variance",
    as_provider=total(service, "service_variance_gbp", "year", provider="party"),
    as_payer=total(service, "service_variance_gbp", "year", payer="party"),
    held_by_provider=HELD_BY_PROVIDER,
)
def own_variance_gbp(as_provider: Any, as_payer: Any, held_by_provider: Any) -> Any:
    """The under- or overspend that the party holds: that of the payers, or of the providers where they are paid the target whatever care costs."""
    return to_pence(np.where(held_by_provider > 0, as_provider, as_payer))


@settlement.line(
    "GBP",
    "Own part of the target",
    as_provider=total(service, "target_gbp", "year", provider="party"),
    as_payer=total(service, "target_gbp", "year", payer="party"),
    held_by_provider=HELD_BY_PROVIDER,
)
def own_target_gbp(as_provider: Any, as_payer: Any, held_by_provider: Any) -> Any:
    """The target of the care the party holds the variance of."""
    return np.where(held_by_provider > 0, as_provider, as_payer)


@settlement.line(
    "GBP",
    "Own part of the variance that counts",
    target=lookup(pool, "pool_target_gbp"),
    shock=SHOCK,
    part=EXCLUDED_PART,
)
def own_counted_gbp(own_variance_gbp: Any, own_target_gbp: Any, target: Any, shock: Any, part: Any) -> Any:
    """The party's own variance without its part of what is excluded: shocks fall on parties as their targets do.

    >>> own_counted_gbp(-120.0, 500.0, 1000.0, -40.0, 0.25).item()
    -75.0
    """
    return (own_variance_gbp - shock * ratio(own_target_gbp, target, decimals=AMOUNTS)) * (1 - part)


@settlement.line(
    "GBP",
    "Cash position before settlement, before rounding",
    shared=lookup(pool, "pool_gbp"),
    counted=lookup(pool, "counted_variance_gbp"),
    entry=lookup(pool, "entry_share"),
    target=lookup(pool, "pool_target_gbp"),
    all_own=total(settlement, "own_counted_gbp", "year"),
)
def held_gbp(own_counted_gbp: Any, own_target_gbp: Any, shared: Any, counted: Any, entry: Any, target: Any, all_own: Any) -> Any:
    """The party's part of the pool before it is shared: its own part of the variance, as far as it is shared.

    What rounding the variance to the penny leaves falls on parties as their targets do. Where gains and losses of parties cancel
    out to the penny, they are all shared or none, as the threshold says.

    >>> held_gbp(np.array([12.0, -12.0]), np.array([50.0, 50.0]), 0.0, 0.0, 1, 100.0, 0.0).tolist()
    [12.0, -12.0]
    """
    part = ratio(shared, counted, np.where(above(entry, 0), 1, 0), AMOUNTS)
    return own_counted_gbp * part + ratio(own_target_gbp, target, decimals=AMOUNTS) * (shared - part * all_own)


@settlement.line("GBP", "Cash positions so far, before rounding", before=prior("cash_so_far_gbp", along=("party",)))
def cash_so_far_gbp(before: Any, held_gbp: Any) -> Any:
    """What all parties down to this one hold; the last is the pool."""
    return before + held_gbp


@settlement.line("GBP", "Cash position before settlement", before=prior("cash_so_far_gbp", along=("party",)))
def cash_position_gbp(cash_so_far_gbp: Any, before: Any) -> Any:
    """Where the pool lies before settlement, to the penny; all cash positions add up to the pool."""
    return pence_between(cash_so_far_gbp, before)


@settlement.line("GBP", "Transfer")
def transfer_gbp(share_gbp: Any, cash_position_gbp: Any) -> Any:
    """What the party receives (plus) or pays (minus): share less cash position before settlement. All transfers add up to zero.

    >>> transfer_gbp(240_000.0, 600_000.0)
    -360000.0
    """
    return to_pence(share_gbp - cash_position_gbp)


@settlement.line("GBP", "After settlement: own variance and transfer")
def position_gbp(own_variance_gbp: Any, transfer_gbp: Any) -> Any:
    """Where the party ends against the target: what it under- or overspent itself, and what it receives or pays.

    >>> position_gbp(-4_037_822.0, 2_281_553.5)
    -1756268.5
    """
    return own_variance_gbp + transfer_gbp


@settlement.line(
    "GBP",
    "Paid for the care in scope",
    target=total(service, "target_gbp", "year", provider="party"),
    cost=total(service, "counted_gbp", "year", provider="party"),
    held_by_provider=HELD_BY_PROVIDER,
)
def paid_for_care_gbp(transfer_gbp: Any, target: Any, cost: Any, held_by_provider: Any) -> Any:
    """What the party is paid in all for the care it provides, to the penny, with the transfer; zero where it provides none.

    It is its target where providers hold the variance, and what the care cost where payers do.

    >>> paid_for_care_gbp(400_000.0, np.array([50_000_000.0, 0.0]), 0.0, 1).tolist()
    [50400000.0, 0.0]
    """
    paid = np.where(held_by_provider > 0, target, cost)
    return to_pence(np.where(above(np.absolute(paid), 0, AMOUNTS), paid + transfer_gbp, 0))


@settlement.line("GBP", "Still to be paid")
def still_due_gbp(transfer_gbp: Any, on_account_gbp: Any) -> Any:
    """What is left of the transfer after payments on account: plus is received, minus is paid.

    >>> still_due_gbp(-360_000.0, -300_000.0)
    -60000.0
    """
    return to_pence(transfer_gbp - on_account_gbp)


@pool.line("GBP", "Check: shares add up to the pool", shares=total(settlement, "share_gbp", "year"))
def check_shares_gbp(pool_gbp: Any, shares: Any) -> Any:
    """Zero where every penny of the pool is somebody's."""
    return to_pence(pool_gbp - shares)


@pool.line("GBP", "Check: transfers add up to zero", transfers=total(settlement, "transfer_gbp", "year"))
def check_transfers_gbp(transfers: Any) -> Any:
    """Zero where what some parties pay is what the others receive."""
    return to_pence(transfers)


@pool.line("GBP", "Check: own parts add up to the variance", own=total(settlement, "own_variance_gbp", "year"))
def check_cash_positions_gbp(variance_gbp: Any, own: Any) -> Any:
    """Zero where the whole variance is held by parties of the contract."""
    return to_pence(variance_gbp - own)
