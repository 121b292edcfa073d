"""Step 9 of a settlement: the caps by party and side, in money.

A cap is the lowest of its bases: an amount, a share of the target, a share of the party's own income. What a cap leaves goes to a party, is
shared again among the others, or is carried forward: see `carry_forward`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np

from capmodel.algebra.links import lookup
from capmodel.algebra.rows import Rows
from capmodel.algebra.table import Table
from capmodel.assumptions.document import Flag, Number, Step, Strict
from capmodel.baseline.spend import columns_of
from capmodel.care_budgets.year_of_care import party_budget
from capmodel.contracts.settlement import SHEET
from capmodel.contracts.settlement.check import Check
from capmodel.contracts.settlement.pool_caps import SIDES, Side
from capmodel.contracts.settlement.target import pool
from capmodel.contracts.settlement.term import NoColumn, Stated, given

#: Whom a cap's residual goes to when the others share it.
OTHERS = "others"


class Cap(Strict):
    """Step 9: the most a party gains or loses, the lowest of its bases, and where the rest goes."""

    party: str
    side: Side
    amount_gbp: Number | None = None
    share_of_target: Number | None = None
    share_of_income: Number | None = None
    residual_to: str | None = None
    carry_forward: Flag = False
    brought_forward_gbp: Number = 0

    @property
    def carries(self) -> bool:
        """True where a balance stands against later years."""
        return self.carry_forward or self.brought_forward_gbp > 0


def explain_caps(written: object, report: Callable[[Sequence[Step], str, str, str], None]) -> None:
    """What a negotiator leaves out, before the schema speaks of fields."""
    for i, cap in enumerate(written if isinstance(written, list) else []):
        if not isinstance(cap, dict):
            continue
        whose = f"the cap of {cap.get('party', 'a party')}"
        if "residual_to" not in cap:
            remedy = "Write residual_to: and a party, or others"
            report(["caps", i], f"{whose} has no residual rule", "what the cap leaves must go somewhere", remedy)
        if not {"amount_gbp", "share_of_target", "share_of_income"} & set(cap):
            remedy = "Write amount_gbp:, share_of_target: or share_of_income:"
            report(["caps", i], f"{whose} has no base", "a cap is a sum of money", remedy)


def check_caps(check: Check, caps: Sequence[Cap], residual_party: str, forfeited_to: str | None, are_last: bool) -> None:
    """Report caps whose money has nowhere to go, or could circle.

    Args:
        check: the contract that is being checked.
        caps: its caps by party.
        residual_party: who takes what steps leave.
        forfeited_to: who has what gains forfeit.
        are_last: whether caps are the last step.
    """
    capped = {cap.party for cap in caps}
    for i, cap in enumerate(caps):
        twice = (cap.party, cap.side) in {(each.party, each.side) for each in caps[:i]}
        _check_cap(check, ["caps", i], cap, twice, residual_party)
    for party in sorted(capped):
        if sum(cap.party == party and cap.carries for cap in caps) > 1:
            why = "it would owe and be owed at once, and either could expire alone"
            check.report(["caps"], f"{party} carries forward on both sides", why, "Let one side be carried forward")
    if any(cap.residual_to == OTHERS for cap in caps) and not are_last:
        why = "what caps leave is shared again by the room that is left below them at the end"
        check.report(["steps"], "caps whose residual the others share are not the last step", why, "Put caps last, or name a party")
    if forfeited_to in capped:
        what = f"{forfeited_to} is capped and receives what is forfeited"
        check.report(["outcomes", "forfeited_to"], what, "the money would pass its cap", "Name a party without a cap")
    for i, cap in enumerate(caps):
        if cap.residual_to in capped:
            what = f"{cap.residual_to} takes a residual and is itself capped"
            check.report(["caps", i, "residual_to"], what, "the money could circle", "Name a party without a cap")


def _check_cap(check: Check, here: list[Step], cap: Cap, is_twice: bool, residual_party: str) -> None:
    check.party([*here, "party"], cap.party)
    if cap.residual_to != OTHERS:
        check.party([*here, "residual_to"], cap.residual_to)
    if is_twice:
        what = f"{cap.party} has two {cap.side} caps"
        check.report(here, what, "the bases of one cap stand in one entry; the lower applies", "Merge them")
    if cap.party in (residual_party, cap.residual_to):
        what = f"{cap.party} is capped and takes the residual"
        check.report(here, what, "the money would have nowhere to go", "Name another party")
    for base in ("share_of_target", "share_of_income"):
        value = getattr(cap, base)
        if value is not None:
            check.part([*here, base], base, value)
    for base, name in (("amount_gbp", "the cap"), ("brought_forward_gbp", "brought_forward_gbp")):
        check.size([*here, base], name, getattr(cap, base) or 0, "a cap is a size, on either side")
    if cap.residual_to == OTHERS and cap.carries:
        why = "somebody must stand in for the party until it pays"
        check.report(here, f"{cap.party} carries forward what the others share", why, "Name the party that stands in")


def cap_rows(parties: tuple[str, ...], years: tuple[int, ...]) -> dict[str, Rows]:
    """A row for each party and side, capped or not."""
    caps = [(party, side) for party in parties for side in SIDES]
    return {"cap": columns_of(("party", "side"), caps), "cap_year": columns_of(("party", "side"), caps, years)}


def no_cap(key: Mapping[str, str]) -> NoColumn:
    """A cap must say who takes the rest, so that it cannot be put in by a column."""
    stated = "{" + f"party: {key['party']}, side: {key['side']}, residual_to: ..." + "}"
    why = "the contract has no cap of this party and side, so what it leaves has nowhere to go"
    return NoColumn(why, f"Write under terms: caps: [{stated}]; its amount is then the column's")


_CAP = "caps[party,side]"
cap = Table("cap", ("party", "side"), "Caps by party and side", SHEET)
cap.take(Stated("cap_gbp", "GBP", "Cap, an amount", at=f"{_CAP}.amount_gbp", missing=no_cap))
cap.take(Stated("cap_gbp_flag", "flag", "The cap on an amount applies", internal=True, at=f"{_CAP}.amount_gbp", of=given))
cap.take(Stated("cap_of_target_share", "share", "Cap, share of the target", at=f"{_CAP}.share_of_target", missing=no_cap))
cap.take(
    Stated("cap_of_target_flag", "flag", "The cap on a share of the target applies", internal=True, at=f"{_CAP}.share_of_target", of=given)
)
cap.take(Stated("cap_of_income_share", "share", "Cap, share of the party's own income", at=f"{_CAP}.share_of_income", missing=no_cap))
cap.take(
    Stated("cap_of_income_flag", "flag", "The cap on a share of income applies", internal=True, at=f"{_CAP}.share_of_income", of=given)
)

cap_year = Table("cap_year", ("party", "side", "year"), "Caps in money", SHEET)

TABLES = (cap, cap_year)


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
