"""Steps 5 and 6 of a settlement: the threshold, the pool beyond it, what outcomes release, and the bands of the pool.

Thresholds are compared in money, to the penny. Bands are marginal: each pound of the pool falls in one band and is shared
by that band's shares. What a party keeps of its part is worked out in `settlement`.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from capmodel.algebra.functions import slice_between, to_pence
from capmodel.algebra.links import assumption, lookup, total
from capmodel.algebra.table import Table
from capmodel.contracts.target import SHEET, pool

side = Table("side", ("side",), "Sides of the pool", SHEET)
side.input("side_sign_index", "index", "Sign of the side: 1 gain, -1 loss")

band = Table("band", ("side", "band"), "Bands of the pool", SHEET)
band.input("band_lower_share", "share", "Band starts at, share of the target")
band.input("band_upper_share", "share", "Band ends at, share of the target (0 where it has no upper edge)")
band.input("band_bounded_flag", "flag", "The band has an upper edge")

band_year = Table("band_year", ("side", "band", "year"), "Slices of the pool by band", SHEET)

band_party = Table("band_party", ("side", "band", "party"), "Shares of each band by party", SHEET)
band_party.input("band_party_share", "share", "Party's share of the band")

party_slice = Table("party_slice", ("side", "band", "party", "year"), "Slices of the pool by band and party", SHEET)

TABLES = (side, band, band_year, band_party, party_slice)


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
    shared = np.absolute(variance_gbp) - np.where(first_pound > 0, 0, threshold_gbp)
    return np.where(threshold_met_flag > 0, shared, 0)


@pool.line("GBP", "Pool")
def pool_gbp(variance_gbp: Any, pool_size_gbp: Any) -> Any:
    """The part of the variance that the parties share, with its sign, to the penny."""
    return to_pence(np.where(variance_gbp >= 0, pool_size_gbp, -pool_size_gbp))


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
    [0.0, 1.0]
    """
    return np.where(score >= gate, np.where(multiplies > 0, score, 1), 0)


@pool.line("share", "Part of gains that outcomes release", counts=assumption("outcome_counts_flag"))
def outcome_share(score_release_share: Any, counts: Any) -> Any:
    """What outcomes let through of a gain; all of it where the contract has no outcome gate.

    Losses do not pass here: a failed gate forgives no loss.
    """
    return np.where(counts > 0, score_release_share, 1)


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


@pool.line("GBP", "Check: slices add up to the pool", slices=total(party_slice, "part_gbp", "year"))
def check_slices_gbp(pool_gbp: Any, slices: Any) -> Any:
    """Nought where the bands share the whole pool."""
    return to_pence(pool_gbp - slices)
