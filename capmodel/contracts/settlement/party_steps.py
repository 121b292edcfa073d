"""Steps 7 to 10 of a settlement, party by party: what each step leaves of every party's share.

There is a row for each party and step, one below the other: what a step leaves is what the next one starts from, and what it takes goes to the
party the contract names.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from capmodel.algebra.functions import AMOUNTS, at_least
from capmodel.algebra.links import lookup, prior
from capmodel.algebra.rows import Rows
from capmodel.algebra.table import Table
from capmodel.baseline.spend import columns_of
from capmodel.contracts.settlement import SHEET
from capmodel.contracts.settlement.caps import cap_year
from capmodel.contracts.settlement.pool_caps import SIDES
from capmodel.contracts.settlement.steps import Step, entitlement, party_terms, step, step_rate

party_step = Table("party_step", ("party", "step", "year"), "What each step leaves of each party's share", SHEET)

TABLES = (party_step,)


def party_step_rows(
    order: tuple[Step, ...], parties: tuple[str, ...], years: tuple[int, ...], taker: Callable[[Step, str, str], str]
) -> dict[str, Rows]:
    """A row for each party and step, with who takes what the step leaves of a gain and of a loss.

    Args:
        order: the steps in the order in which they are taken.
        parties: the parties of the place.
        years: the model years.
        taker: who takes what a step leaves, by step, party and side.
    """
    passing = [(party, each, *SIDES, *(taker(each, party, side) for side in SIDES)) for party in parties for each in order]
    return {"party_step": columns_of(("party", "step", "gain_side", "loss_side", "gain_to", "loss_to"), passing, years)}


@party_step.line("GBP", "Share by bands", lookup(entitlement, "banded_gbp"))
def opening_gbp() -> Any:
    """What the first step starts from."""


@party_step.line(
    "share",
    "Retained rate of the step",
    gain_taken=lookup(step_rate, "gain_taken_share"),
    loss_taken=lookup(step_rate, "loss_taken_share"),
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
    """What is left of the share: held within the caps in the step of the caps, and in the others the retained part.

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
