"""Step 5 of a settlement: the threshold, how much of the variance is shared, and the caps of the pool as a whole.

Thresholds are compared in money, to the penny. A threshold is a share of the target, an amount, or a share read from a table
by number of people. What lies beyond a cap of the pool is not shared; it stays where it is.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from capmodel.algebra.functions import AMOUNTS, above, at_least, at_most, below, ratio, to_pence
from capmodel.algebra.links import assumption, lookup, total
from capmodel.algebra.table import Table
from capmodel.contracts.settlement.target import SHEET, pool

people_range = Table("people_range", ("people_range",), "Threshold by number of people", SHEET)
people_range.input("range_from_persons", "persons", "Range starts at")
people_range.input("range_to_persons", "persons", "Range ends at (0 where it is open)")
people_range.input("range_before_persons", "persons", "The next range starts at (0 where there is none)", internal=True)
people_range.input("range_bounded_flag", "flag", "The range has an end", internal=True)
people_range.input("share_at_start_share", "share", "Threshold where the range starts, share of the target")
people_range.input("share_at_end_share", "share", "Threshold where the range ends, share of the target")

range_year = Table("range_year", ("people_range", "year"), "Threshold read from the table", SHEET)

side = Table("side", ("side",), "Sides of the pool", SHEET)
side.input("side_sign_index", "index", "Sign of the side: 1 gain, -1 loss", internal=True)
side.input("pool_cap_gbp", "GBP", "Cap of the pool, an amount")
side.input("pool_cap_gbp_flag", "flag", "The pool is capped by an amount", internal=True)
side.input("pool_cap_of_target_share", "share", "Cap of the pool, share of the target")
side.input("pool_cap_of_target_flag", "flag", "The pool is capped by a share of the target", internal=True)

pool_side = Table("pool_side", ("side", "year"), "Caps of the pool", SHEET)

TABLES = (people_range, range_year, side, pool_side)


@range_year.line(
    "share",
    "Way through the range",
    persons=assumption("threshold_persons"),
    start=lookup(people_range, "range_from_persons"),
    end=lookup(people_range, "range_to_persons"),
)
def way_through_share(persons: Any, start: Any, end: Any) -> Any:
    """How far the number of people is from the start of the range to its last whole number.

    >>> round(way_through_share(5230.0, 5000.0, 5999.0).item(), 6)
    0.23023
    """
    return np.maximum(np.minimum(ratio(persons - start, end - start, decimals=AMOUNTS), 1), 0)


@range_year.line(
    "share",
    "Threshold if in this range",
    persons=assumption("threshold_persons"),
    start=lookup(people_range, "range_from_persons"),
    before=lookup(people_range, "range_before_persons"),
    bounded=lookup(people_range, "range_bounded_flag"),
    at_start=lookup(people_range, "share_at_start_share"),
    at_end=lookup(people_range, "share_at_end_share"),
)
def range_threshold_share(way_through_share: Any, persons: Any, start: Any, before: Any, bounded: Any, at_start: Any, at_end: Any) -> Any:
    """The threshold read in a straight line from the range's first number of people to its last; zero outside the range.

    >>> round(range_threshold_share(0.23023, 5230.0, 5000.0, 6000.0, 1, 0.039, 0.036).item(), 6)
    0.038309
    """
    inside = at_least(persons, start, AMOUNTS) & (below(persons, before, AMOUNTS) | (bounded <= 0))
    return np.where(inside, np.where(bounded > 0, at_start - (at_start - at_end) * way_through_share, at_start), 0)


@pool.line("share", "Threshold from the table", found=total(range_year, "range_threshold_share", "year"))
def table_threshold_share(found: Any) -> Any:
    """The threshold for this number of people; zero where the contract has no table."""
    return found


@pool.line(
    "GBP",
    "Threshold",
    gain_share=assumption("gain_threshold_share"),
    loss_share=assumption("loss_threshold_share"),
    gain_amount=assumption("gain_threshold_gbp"),
    loss_amount=assumption("loss_threshold_gbp"),
)
def threshold_gbp(
    counted_variance_gbp: Any,
    pool_target_gbp: Any,
    table_threshold_share: Any,
    gain_share: Any,
    loss_share: Any,
    gain_amount: Any,
    loss_amount: Any,
) -> Any:
    """The variance that must be met before anything is shared, in money and to the penny, so that no ratio decides.

    >>> threshold_gbp(np.array([1.0, -1.0]), 1_000_000.0, 0.0, 0.02, 0.03, 0.0, 0.0).tolist()
    [20000.0, 30000.0]
    """
    is_gain = at_least(counted_variance_gbp, 0, AMOUNTS)
    share = np.where(is_gain, gain_share, loss_share) + table_threshold_share
    return to_pence(pool_target_gbp * share + np.where(is_gain, gain_amount, loss_amount))


@pool.line("flag", "Threshold is met", above_only=assumption("above_only_flag"))
def threshold_met_flag(counted_variance_gbp: Any, threshold_gbp: Any, above_only: Any) -> Any:
    """1 where the size of the variance meets the threshold, pounds against pounds.

    >>> threshold_met_flag(np.array([99.99, 100.0]), 100.0, 0).tolist()
    [0, 1]
    """
    short = below(np.absolute(counted_variance_gbp), threshold_gbp, AMOUNTS)
    just_met = at_most(np.absolute(counted_variance_gbp), threshold_gbp, AMOUNTS) & (above_only > 0)
    return np.where(short | just_met, 0, 1)


@pool.line("share", "Part of a gain that is paid", consolation=assumption("below_threshold_share"))
def entry_share(counted_variance_gbp: Any, threshold_met_flag: Any, consolation: Any) -> Any:
    """All of it once the threshold is met; below it the consolation part, for parties at risk, where the contract has one.

    >>> entry_share(np.array([50.0, -50.0]), 0, 0.5).tolist()
    [0.5, 0.0]
    """
    return np.where(threshold_met_flag > 0, 1, np.where(at_least(counted_variance_gbp, 0, AMOUNTS), consolation, 0))


@pool.line("GBP", "Size of the pool before its cap", first_pound=assumption("first_pound_flag"))
def pool_size_gbp(counted_variance_gbp: Any, threshold_gbp: Any, entry_share: Any, first_pound: Any) -> Any:
    """How much is shared: the whole variance from the first pound, or only what lies beyond the threshold.

    >>> pool_size_gbp(np.array([150_000.0, -150_000.0]), np.array([100_000.0, 200_000.0]), np.array([1, 0]), 0).tolist()
    [50000.0, 0.0]
    """
    shared = np.absolute(counted_variance_gbp) - np.where(first_pound > 0, 0, threshold_gbp)
    return np.where(above(entry_share, 0), shared, 0)


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
