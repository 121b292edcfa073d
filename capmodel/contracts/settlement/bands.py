"""Step 6 of a settlement: the bands of the pool, and each party's part of every band.

Bands are marginal: each pound of the pool falls in one band and is shared by that band's shares. A party's share is stated
in the contract, or is its part of the providers' share by the keys in `distribution`. What a party keeps of its part is
worked out in `steps`.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from capmodel.algebra.functions import slice_between, to_pence
from capmodel.algebra.links import lookup, total
from capmodel.algebra.table import Table
from capmodel.contracts.settlement.distribution import key_party
from capmodel.contracts.settlement.target import SHEET, pool
from capmodel.contracts.settlement.threshold import side

band = Table("band", ("side", "band"), "Bands of the pool", SHEET)
band.input("band_lower_share", "share", "Band starts at, share of the target")
band.input("band_upper_share", "share", "Band ends at, share of the target (0 where it has no upper edge)")
band.input("band_bounded_flag", "flag", "The band has an upper edge", internal=True)
band.input("band_providers_share", "share", "Share of the band that is distributed among providers by key")

band_year = Table("band_year", ("side", "band", "year"), "Slices of the pool by band", SHEET)

band_party = Table("band_party", ("side", "band", "party"), "Shares of each band by party", SHEET)
band_party.input("band_party_share", "share", "Party's own share of the band")

party_slice = Table("party_slice", ("side", "band", "party", "year"), "Slices of the pool by band and party", SHEET)

TABLES = (band, band_year, band_party, party_slice)


@band.line("share", "Check: shares of the band add up to 1", shares=total(band_party, "band_party_share", "side", "band"))
def check_band_share(band_providers_share: Any, shares: Any) -> Any:
    """Zero where every pound of the band belongs to a party."""
    return shares + band_providers_share - 1


@band_year.line("GBP", "Pool on this side", shared=lookup(pool, "pool_gbp"), sign=lookup(side, "side_sign_index"))
def on_side_gbp(shared: Any, sign: Any) -> Any:
    """The size of the pool if it is on this side, gain or loss; zero if it is on the other."""
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
    own=lookup(band_party, "band_party_share"),
    providers=lookup(band, "band_providers_share"),
    key=lookup(key_party, "key_share"),
    sign=lookup(side, "side_sign_index"),
)
def part_gbp(slice_of_pool: Any, own: Any, providers: Any, key: Any, sign: Any) -> Any:
    """The party's own share of one slice and its part of the providers' share, plus for a gain and minus for a loss.

    >>> part_gbp(1000.0, 0.0, 0.60, 0.5, -1)
    -300.0
    """
    return slice_of_pool * (own + providers * key) * sign


@pool.line("GBP", "Check: slices add up to the pool", slices=total(party_slice, "part_gbp", "year"))
def check_slices_gbp(pool_gbp: Any, slices: Any) -> Any:
    """Zero where the bands share the whole pool."""
    return to_pence(pool_gbp - slices)
