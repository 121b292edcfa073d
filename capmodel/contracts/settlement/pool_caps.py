"""Step 5 of a settlement: the sides of the pool, gain and loss, and the most that is shared on each.

What lies beyond a cap of the pool is not shared; it stays where it is.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Literal

import numpy as np

from capmodel.algebra.functions import AMOUNTS, at_least, to_pence
from capmodel.algebra.links import lookup, total
from capmodel.algebra.rows import Rows
from capmodel.algebra.table import Table
from capmodel.assumptions.document import Number, Strict
from capmodel.contracts.settlement import SHEET
from capmodel.contracts.settlement.check import Check
from capmodel.contracts.settlement.term import Stated, given
from capmodel.contracts.settlement.threshold import pool as pool

SIDES = ("gain", "loss")
SIDE_LABELS = {"gain": "Gain", "loss": "Loss"}
Side = Literal["gain", "loss"]


class PoolCap(Strict):
    """The most that is shared on one side; what lies beyond stays with who holds it."""

    side: Side
    amount_gbp: Number | None = None
    share_of_target: Number | None = None


def check_pool_caps(check: Check, pool_caps: Sequence[PoolCap]) -> None:
    """Report caps of the pool that have no base, are no sizes, or are there twice."""
    sides = set()
    for i, limit in enumerate(pool_caps):
        if limit.side in sides:
            check.report(["pool_caps", i], f"the pool has two {limit.side} caps", "the lower applies", "Merge them")
        sides.add(limit.side)
        if limit.amount_gbp is None and limit.share_of_target is None:
            remedy = "Write amount_gbp: or share_of_target:"
            check.report(["pool_caps", i], "the cap of the pool has no base", "a cap is a sum of money", remedy)
        if limit.share_of_target is not None:
            check.part(["pool_caps", i, "share_of_target"], "share_of_target", limit.share_of_target)
        if limit.amount_gbp is not None:
            check.size(["pool_caps", i, "amount_gbp"], "the cap", limit.amount_gbp, "a cap is a size, on either side")


def pool_rows(years: tuple[int, ...]) -> dict[str, Rows]:
    """The pool, and a row for each side of it."""
    return {"pool": Rows({}, years), "side": Rows({"side": SIDES}), "pool_side": Rows({"side": SIDES}, years)}


side = Table("side", ("side",), "Sides of the pool", SHEET)
side.take(
    Stated("side_sign_index", "index", "Sign of the side: 1 gain, -1 loss", internal=True, built=True, follows=lambda _, key, *years: 1 if key["side"] == "gain" else -1)
)  # fmt: skip
side.take(Stated("pool_cap_gbp", "GBP", "Cap of the pool, an amount", at="pool_caps[side].amount_gbp"))
side.take(Stated("pool_cap_gbp_flag", "flag", "The pool is capped by an amount", internal=True, at="pool_caps[side].amount_gbp", of=given))
side.take(Stated("pool_cap_of_target_share", "share", "Cap of the pool, share of the target", at="pool_caps[side].share_of_target"))
side.take(
    Stated("pool_cap_of_target_flag", "flag", "The pool is capped by a share of the target", internal=True, at="pool_caps[side].share_of_target", of=given)
)  # fmt: skip

pool_side = Table("pool_side", ("side", "year"), "Caps of the pool", SHEET)

TABLES = (side, pool_side)


@pool_side.line(
    "GBP",
    "Pool on this side before its cap",
    size=lookup(pool, "pool_size_gbp"),
    variance=lookup(pool, "counted_variance_gbp"),
    sign=lookup(side, "side_sign_index"),
)
def uncapped_gbp(size: Any, variance: Any, sign: Any) -> Any:
    """The size of the pool if it is on this side, gain or loss; zero if it is on the other.

    >>> uncapped_gbp(100.0, -100.0, np.array([1, -1])).tolist()
    [0.0, 100.0]
    """
    return np.maximum(np.where(at_least(variance, 0, AMOUNTS), size, -size) * sign, 0)


@pool_side.line("GBP", "After the pool's cap on an amount", limit=lookup(side, "pool_cap_gbp"), applies=lookup(side, "pool_cap_gbp_flag"))
def after_pool_amount_gbp(uncapped_gbp: Any, limit: Any, applies: Any) -> Any:
    """No more than the amount, where there is one."""
    return np.where(applies > 0, np.minimum(uncapped_gbp, limit), uncapped_gbp)


@pool_side.line(
    "GBP",
    "After the pool's cap on a share of the target, with its sign",
    limit=lookup(side, "pool_cap_of_target_share"),
    applies=lookup(side, "pool_cap_of_target_flag"),
    target=lookup(pool, "pool_target_gbp"),
    sign=lookup(side, "side_sign_index"),
)
def within_pool_cap_gbp(after_pool_amount_gbp: Any, limit: Any, applies: Any, target: Any, sign: Any) -> Any:
    """No more than the share of the target, where there is one; what is beyond stays with who holds it.

    >>> within_pool_cap_gbp(500.0, 0.02, 1, 10_000.0, -1).item()
    -200.0
    """
    return np.where(applies > 0, np.minimum(after_pool_amount_gbp, limit * target), after_pool_amount_gbp) * sign


@pool.line("GBP", "Pool", sides=total(pool_side, "within_pool_cap_gbp", "year"))
def pool_gbp(sides: Any) -> Any:
    """The part of the variance that the parties share, with its sign, to the penny."""
    return to_pence(sides)
