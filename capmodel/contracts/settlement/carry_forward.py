"""Step 11 of a settlement: what caps leave is shared again among the others, or carried forward to later years.

Shared again: in rounds, by the parties' shares, among those below their caps, until nothing new binds. Carried forward: a party's
unpaid loss is set against its later gains (and an unpaid gain against later losses), oldest first, until it expires; meanwhile the
party named in the cap stands in for it. Only contracts that say so have rows here.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from pydantic import Field

from capmodel.algebra.functions import AMOUNTS, above, ratio
from capmodel.algebra.links import lookup, prior, total
from capmodel.algebra.rows import Rows
from capmodel.algebra.table import Table
from capmodel.assumptions.document import Strict
from capmodel.baseline.spend import columns_of
from capmodel.contracts.settlement import SHEET
from capmodel.contracts.settlement.caps import OTHERS, Cap, cap_year, no_cap
from capmodel.contracts.settlement.party_steps import party_step
from capmodel.contracts.settlement.pool_caps import SIDES, side
from capmodel.contracts.settlement.steps import entitlement
from capmodel.contracts.settlement.term import Content, Stated, value_at

#: Stands where a row has nothing to name.
NOBODY = "-"


class CarryForward(Strict):
    """Step 11: how many years after its own an unpaid balance may still be set against the other side."""

    expires_after_years: int | None = Field(default=None, ge=1)


def spread_rows(caps: Sequence[Cap], residual_party: str, last: str, parties: tuple[str, ...], years: tuple[int, ...]) -> dict[str, Rows]:
    """As many rounds on a side as there are caps that may bind one after the other; none where the others share nothing.

    Args:
        caps: the caps by party.
        residual_party: who takes what nobody has room for.
        last: the last step.
        parties: the parties of the place.
        years: the model years.
    """
    on_side = {side: [cap for cap in caps if cap.side == side] for side in SIDES}
    shared = {side: any(cap.residual_to == OTHERS for cap in own) for side, own in on_side.items()}
    rounds = {side: [f"round_{i + 1}" for i in range(len(own) + 1)] if shared[side] else [] for side, own in on_side.items()}
    by_side = [
        (side, name, OTHERS if side == "gain" else NOBODY, OTHERS if side == "loss" else NOBODY, residual_party)
        for side in SIDES
        for name in rounds[side]
    ]
    by_party = [(side, party, name, last) for side in SIDES for party in parties for name in rounds[side]]
    return {
        "spread": columns_of(("side", "spread_round", "spread_gain", "spread_loss", "rest_to"), by_side, years),
        "spread_party": columns_of(("side", "party", "spread_round", "last_step"), by_party, years),
    }


def bank_rows(caps: Sequence[Cap], residual_party: str, last: str, years: tuple[int, ...]) -> dict[str, Rows]:
    """A row for each cap whose rest is carried forward, or that something was brought forward on, with who stands in meanwhile."""
    own = {(cap.party, cap.side): cap for cap in caps if cap.carries}
    banks = [(*key, "caps", last, cap.residual_to or residual_party) for key, cap in own.items()]
    due = [(*key, str(origin)) for key in own for origin in years]
    return {
        "bank_terms": columns_of(("party", "side"), list(own)),
        "bank": columns_of(("party", "side", "caps_step", "last_step", "stood_in_by"), banks, years),
        "bank_due": columns_of(("party", "side", "origin"), due, years),
    }


def _is_due(contract: Content, origin: int, year: int) -> bool:
    """True where what was left unpaid in one year expires by the end of another."""
    expires = value_at(contract, ("carry_forward", "expires_after_years"))
    return expires is not None and origin + expires <= year


def _brought_due(contract: Content, key: Mapping[str, str], year: int, years: Sequence[int]) -> bool:
    return _is_due(contract, years[0] - 1, year)


def _origin_due(contract: Content, key: Mapping[str, str], year: int, years: Sequence[int]) -> bool:
    return _is_due(contract, int(key["origin"]), year)


spread = Table("spread", ("side", "spread_round", "year"), "What caps leave, shared again: rounds", SHEET)

spread_party = Table("spread_party", ("side", "party", "spread_round", "year"), "What caps leave, shared again: parties", SHEET)

bank_terms = Table("bank_terms", ("party", "side"), "Carried forward: terms", SHEET)
bank_terms.take(
    Stated("brought_forward_gbp", "GBP", "Balance when the contract begins", at="caps[party,side].brought_forward_gbp", missing=no_cap)
)  # fmt: skip
bank_terms.take(
    Stated("carries_flag", "flag", "What the cap leaves is carried forward", internal=True, at="caps[party,side].carry_forward")
)  # fmt: skip

bank = Table("bank", ("party", "side", "year"), "Carried forward: balances", SHEET)
bank.take(
    Stated("brought_due_flag", "flag", "The balance from before the contract expires by the end of this year", internal=True, built=True, follows=_brought_due, yearly=True)
)  # fmt: skip

bank_due = Table("bank_due", ("party", "side", "origin", "year"), "Carried forward: what falls due", SHEET)
bank_due.take(
    Stated("origin_due_flag", "flag", "What was added in the year of origin expires by the end of this year", internal=True, built=True, follows=_origin_due, yearly=True)
)  # fmt: skip

TABLES = (spread, spread_party, bank_terms, bank, bank_due)


@spread_party.line("GBP", "Own share before", own=lookup(party_step, "after_gbp", step="last_step"), sign=lookup(side, "side_sign_index"))
def own_on_side_gbp(own: Any, sign: Any) -> Any:
    """The size of the party's own share if it is on this side."""
    return np.maximum(own * sign, 0)


@spread_party.line("GBP", "Weight", banded=lookup(entitlement, "banded_gbp"), sign=lookup(side, "side_sign_index"))
def spread_weight_gbp(banded: Any, sign: Any) -> Any:
    """The size of the party's share by the bands, which what is left is shared by."""
    return np.maximum(banded * sign, 0)


@spread_party.line("GBP", "Room below the cap at first", limit=lookup(cap_year, "limit_gbp"))
def first_room_gbp(limit: Any, own_on_side_gbp: Any) -> Any:
    """What the party may still take."""
    return np.maximum(limit - own_on_side_gbp, 0)


@spread_party.line("GBP", "Weight while there is room", room=prior("room_gbp", first="first_room_gbp", along=("spread_round",)))
def open_weight_gbp(room: Any, spread_weight_gbp: Any) -> Any:
    """The weight of a party below its cap; zero for one that has reached it."""
    return np.where(above(room, 0, AMOUNTS), spread_weight_gbp, 0)


@spread.line(
    "GBP",
    "Left by caps at first",
    gains=total(party_step, "taken_of_gain_gbp", "year", gain_to="spread_gain"),
    losses=total(party_step, "taken_of_loss_gbp", "year", loss_to="spread_loss"),
)
def first_left_gbp(gains: Any, losses: Any) -> Any:
    """The size of what caps left on this side for the others."""
    return gains - losses


@spread.line("GBP", "Left to share in this round", prior("still_left_gbp", first="first_left_gbp", along=("spread_round",)))
def to_share_gbp() -> Any:
    """What earlier rounds could not place."""


@spread_party.line(
    "GBP",
    "Taken in this round",
    to_share=lookup(spread, "to_share_gbp"),
    weights=total(spread_party, "open_weight_gbp", "side", "spread_round", "year"),
    room=prior("room_gbp", first="first_room_gbp", along=("spread_round",)),
)
def given_gbp(to_share: Any, open_weight_gbp: Any, weights: Any, room: Any) -> Any:
    """The party's part of what is left, by weight, as far as its cap lets it.

    >>> given_gbp(100.0, np.array([60.0, 40.0]), 100.0, np.array([50.0, 90.0])).tolist()
    [50.0, 40.0]
    """
    return np.minimum(room, to_share * ratio(open_weight_gbp, weights, decimals=AMOUNTS))


@spread_party.line("GBP", "Room left", room=prior("room_gbp", first="first_room_gbp", along=("spread_round",)))
def room_gbp(room: Any, given_gbp: Any) -> Any:
    """What the party may take in the next round."""
    return room - given_gbp


@spread.line("GBP", "Still left", given=total(spread_party, "given_gbp", "side", "spread_round", "year"))
def still_left_gbp(to_share_gbp: Any, given: Any) -> Any:
    """What goes to the next round; after the last, to the residual party."""
    return np.maximum(to_share_gbp - given, 0)


@spread_party.line("GBP", "Taken, with its sign", sign=lookup(side, "side_sign_index"))
def signed_given_gbp(given_gbp: Any, sign: Any) -> Any:
    """Plus for a gain, minus for a loss."""
    return given_gbp * sign


@spread.line("GBP", "Placed in this round, with its sign", sign=lookup(side, "side_sign_index"))
def placed_gbp(to_share_gbp: Any, still_left_gbp: Any, sign: Any) -> Any:
    """What the round placed."""
    return (to_share_gbp - still_left_gbp) * sign


@bank.line(
    "GBP",
    "Left unpaid by the cap",
    gains=total(party_step, "taken_of_gain_gbp", "party", "year", step="caps_step"),
    losses=total(party_step, "taken_of_loss_gbp", "party", "year", step="caps_step"),
    sign=lookup(side, "side_sign_index"),
    carries=lookup(bank_terms, "carries_flag"),
)
def added_gbp(gains: Any, losses: Any, sign: Any, carries: Any) -> Any:
    """What the cap left of the party's gain or loss this year, where the contract carries it forward.

    >>> added_gbp(np.array([0.0, 30.0, 0.0]), np.array([-250.0, 0.0, -250.0]), -1, np.array([1, 1, 0])).tolist()
    [250.0, 0.0, 0.0]
    """
    return np.where(carries > 0, np.where(above(sign, 0), gains, 0 - losses), 0)


@bank.line(
    "GBP",
    "Available to set against",
    own=lookup(party_step, "after_gbp", step="last_step"),
    sign=lookup(side, "side_sign_index"),
)
def available_gbp(own: Any, sign: Any) -> Any:
    """The party's share of this year on the other side: a gain pays an old loss, a loss uses up an old gain."""
    return np.where(above(sign, 0), np.maximum(0 - own, 0), np.maximum(own, 0))


@bank.line("GBP", "Balance from before the contract", lookup(bank_terms, "brought_forward_gbp"))
def brought_gbp() -> Any:
    """What the party brings with it: an unpaid loss, or an advance to be repaid from gains."""


@bank.line("GBP", "Set against this year", opening=prior("closing_gbp", first="brought_gbp"))
def offset_gbp(opening: Any, available_gbp: Any) -> Any:
    """What is paid of the balance this year.

    >>> float(offset_gbp(250.0, 200.0))
    200.0
    """
    return np.maximum(np.minimum(opening, available_gbp), 0)


@bank_due.line("GBP", "Added in the year of origin", added=lookup(bank, "added_gbp", year="origin"))
def due_gbp(added: Any, origin_due_flag: Any) -> Any:
    """What was added then, if it falls due by the end of this year."""
    return added * origin_due_flag


@bank.line(
    "GBP",
    "Expired",
    due=total(bank_due, "due_gbp", "party", "side", "year"),
    out_before=prior("out_gbp"),
)
def expired_gbp(due: Any, brought_gbp: Any, brought_due_flag: Any, out_before: Any, offset_gbp: Any) -> Any:
    """What has fallen due and was not paid: all that was ever added and is due, less all that has gone out, oldest first.

    >>> float(expired_gbp(250.0, 0.0, 0, 0.0, 200.0))
    50.0
    """
    return np.maximum(due + brought_gbp * brought_due_flag - out_before - offset_gbp, 0)


@bank.line("GBP", "Gone out so far", out_before=prior("out_gbp"))
def out_gbp(out_before: Any, offset_gbp: Any, expired_gbp: Any) -> Any:
    """Everything paid or expired up to this year."""
    return out_before + offset_gbp + expired_gbp


@bank.line("GBP", "Balance carried forward", opening=prior("closing_gbp", first="brought_gbp"))
def closing_gbp(opening: Any, added_gbp: Any, offset_gbp: Any, expired_gbp: Any) -> Any:
    """What is left for later years; never below zero, so that what a computer loses in the last digit is not owed back.

    >>> float(closing_gbp(250.0, 0.0, 200.0, 0.0))
    50.0
    """
    return np.maximum(opening + added_gbp - offset_gbp - expired_gbp, 0)


@bank.line("GBP", "Effect on the party's share", sign=lookup(side, "side_sign_index"))
def carried_gbp(offset_gbp: Any, sign: Any) -> Any:
    """Minus where an old loss is paid from a gain, plus where an old gain lowers a loss.

    >>> carried_gbp(200.0, -1)
    -200.0
    """
    return offset_gbp * sign
