"""Step 6 of a settlement: the bands of the pool, and each party's part of every band.

Bands are marginal: each pound of the pool falls in one band and is shared by that band's shares. A party's share is stated
in the contract, or is its part of the providers' share by the keys in `distribution`. What a party keeps of its part is
worked out in `party_steps`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from pydantic import Field

from capmodel.algebra.functions import slice_between, to_pence
from capmodel.algebra.links import lookup, total
from capmodel.algebra.rows import Rows
from capmodel.algebra.table import Table
from capmodel.assumptions.document import Number, Step, Strict
from capmodel.assumptions.figures import as_share
from capmodel.baseline.spend import columns_of
from capmodel.contracts.settlement import SHEET
from capmodel.contracts.settlement.check import SHARES_ADD_UP, Check
from capmodel.contracts.settlement.distribution import PROVIDERS, key_party
from capmodel.contracts.settlement.pool_caps import SIDES, side
from capmodel.contracts.settlement.pool_caps import pool as pool
from capmodel.contracts.settlement.term import Content, NoColumn, Place, Stated, given, value_at

#: An edge of a band is a share of the target, one of a range is actual cost over target; beyond these it was meant in per cent.
_LARGEST_EDGE = {"ranges": 10.0, "gain": 1.0, "loss": 2.0}


class Band(Strict):
    """Step 6: a band of the pool, counted from its first pound, in shares of the target."""

    lower: Number = Field(alias="from")
    upper: Number | None = Field(alias="to")
    shares: dict[str, Number]


class Bands(Strict):
    """Bands by side, or ranges of actual cost over target across both sides."""

    gain: list[Band] = Field(default_factory=list)
    loss: list[Band] = Field(default_factory=list)
    ranges: list[Band] = Field(default_factory=list)

    def of(self, side: str) -> list[Band]:
        """The bands of one side; ranges of actual over target are turned into bands of the size of the variance.

        >>> ranges = [{"from": 0, "to": 0.9, "shares": {}}, {"from": 0.9, "to": None, "shares": {}}]
        >>> [(band.lower, band.upper) for band in Bands.model_validate({"ranges": ranges}).of("gain")]
        [(0.0, 0.1), (0.1, None)]
        """
        if not self.ranges:
            return self.gain if side == "gain" else self.loss
        found = []
        for each in self.ranges:
            low, high = each.lower, each.upper
            if side == "gain" and low < 1:
                inner = 0.0 if high is None or high >= 1 else _away(high)
                found.append(_band(inner, _away(low) if low > 0 else None, each.shares))
            if side == "loss" and (high is None or high > 1):
                found.append(_band(_away(low) if low > 1 else 0.0, None if high is None else _away(high), each.shares))
        return sorted(found, key=lambda band: band.lower)

    @property
    def by_side(self) -> Bands:
        """The same bands, written by side."""
        return Bands(gain=self.of("gain"), loss=self.of("loss"))

    @property
    def named(self) -> list[tuple[str, str]]:
        """The side and the name of every band."""
        return [(side, f"band_{i + 1}") for side in SIDES for i in range(len(self.of(side)))]

    @property
    def share_with_providers(self) -> bool:
        """True where a band gives a share to providers."""
        return any(band.shares.get(PROVIDERS) for side in SIDES for band in self.of(side))


def _band(lower: float, upper: float | None, shares: Mapping[str, float]) -> Band:
    return Band.model_validate({"from": lower, "to": upper, "shares": shares})


def _away(ratio: float) -> float:
    """How far a ratio is from 1, without the noise of binary fractions.

    >>> _away(0.975)
    0.025
    """
    return round(abs(1 - ratio), 12)


def check_bands(check: Check, bands: Bands, excess_only: bool, has_key: bool) -> None:
    """Report bands that overlap, leave gaps or whose shares do not add up.

    Args:
        check: the contract that is being checked.
        bands: its bands.
        excess_only: whether its threshold shares only what lies beyond.
        has_key: whether it has a key for the share of providers.
    """
    if not bands.ranges:
        _check_side(check, "gain", "gain band", bands.gain, has_key)
        _check_side(check, "loss", "loss band", bands.loss, has_key)
    elif bands.gain or bands.loss:
        check.report(["bands"], "there are ranges and bands by side", "they would say two things", "Keep ranges:, or gain: and loss:")
    else:
        if excess_only:
            what = "ranges of actual over target with a threshold that shares the excess only"
            why = "the excess begins beyond the threshold, and every range would slide by it"
            check.report(["bands", "ranges"], what, why, "Write first_pound, or bands by side")
        _check_side(check, "ranges", "range", bands.ranges, has_key)


def _check_side(check: Check, word: str, name_of: str, bands: Sequence[Band], has_key: bool) -> None:
    edge: float | None = 0.0  # None after an edge that is refused: whether there is a gap is then unknown
    for i, band in enumerate(bands):
        here: list[Step] = ["bands", word, i]
        if edge is not None and band.lower != edge:
            what = f"{name_of} {i + 1} starts at {band.lower:g} and {'leaves a gap' if band.lower > edge else 'overlaps the band before'}"
            why = f"the band before ends at {edge:g}, and every pound belongs to one band"
            check.report([*here, "from"], what, why, f"Write from: {edge:g}")
        if (band.upper is None) != (i == len(bands) - 1):
            what = f"{name_of} {i + 1} {'is open-ended' if band.upper is None else 'ends the list'}"
            check.report([*here, "to"], what, "the last band, and no other, has no upper edge", "Write to: null in the last band only")
        if band.upper is not None and band.upper <= band.lower:
            what = f"{name_of} {i + 1} ends at {band.upper:g}, not above {band.lower:g}"
            check.report([*here, "to"], what, "a band needs room", "Correct its edges")
        if band.upper is not None and band.upper > _LARGEST_EDGE[word]:
            why = "edges are actual cost over target" if word == "ranges" else "edges are shares of the target"
            check.report([*here, "to"], f"{name_of} {i + 1} ends at {band.upper:g}", why, as_share(band.upper))
        edge = band.upper if band.upper is not None and band.lower < band.upper <= _LARGEST_EDGE[word] else None
        _check_shares(check, [*here, "shares"], f"{name_of} {i + 1}", band.shares, has_key)
    if not bands:
        what, remedy = f"there is no {name_of}", "Write at least one band from: 0 to: null"
        check.report(["bands", word], what, "losses and gains are both shared by rule", remedy)


def _check_shares(check: Check, here: list[Step], name_of: str, shares: Mapping[str, float], has_key: bool) -> None:
    for name, share in shares.items():
        if name != PROVIDERS or not has_key:
            check.party([*here, name], name)
        check.part([*here, name], f"the share of {name}", share)
    added = sum(shares.values())
    if abs(added - 1) > SHARES_ADD_UP and min(shares.values(), default=0) >= 0:
        why = "every pound of a band belongs to a party; shares are never rescaled"
        check.report(here, f"the shares of {name_of} add up to {added:g}", why, "Make them add up to 1")


def band_rows(bands: Bands, parties: tuple[str, ...], years: tuple[int, ...]) -> dict[str, Rows]:
    """A row for each band, and for each band and party."""
    by_party = [(side, name, party) for side, name in bands.named for party in parties]
    return {
        "band": columns_of(("side", "band"), bands.named),
        "band_year": columns_of(("side", "band"), bands.named, years),
        "band_party": columns_of(("side", "band", "party"), by_party),
        "party_slice": columns_of(("side", "band", "party"), by_party, years),
    }


def _by_side(contract: Content, key: object) -> NoColumn | None:
    """Ranges across both sides have no band of a side that a column could be."""
    if value_at(contract, ("bands", "ranges")):
        return NoColumn("its bands are written as ranges of actual over target", "Write bands.gain: and bands.loss: instead")
    return None


def _rest(contract: Content, place: Place) -> float | None:
    """What other shares of the band leave stands in for a share; an edge has no placeholder."""
    shares = value_at(contract, place[:-1])
    if not isinstance(shares, dict) or place[-2] != "shares":
        return None
    return max(1 - sum(each for each in shares.values() if isinstance(each, (int, float))), 0.0)


_BAND = "bands.{side}[#band]"
band = Table("band", ("side", "band"), "Bands of the pool", SHEET)
band.take(
    Stated(
        "band_lower_share",
        "share",
        "Band starts at, share of the target",
        at=f"{_BAND}.from",
        refused=_by_side,
        placeholder=_rest,
        related=True,
    )
)
band.take(
    Stated("band_upper_share", "share", "Band ends at, share of the target (0 where it has no upper edge)", at=f"{_BAND}.to", refused=_by_side, placeholder=_rest, related=True)
)  # fmt: skip
band.take(Stated("band_bounded_flag", "flag", "The band has an upper edge", internal=True, built=True, at=f"{_BAND}.to", of=given))
band.take(
    Stated("band_providers_share", "share", "Share of the band that is distributed among providers by key", at=f"{_BAND}.shares.{PROVIDERS}", refused=_by_side, placeholder=_rest, related=True)
)  # fmt: skip

band_year = Table("band_year", ("side", "band", "year"), "Slices of the pool by band", SHEET)

band_party = Table("band_party", ("side", "band", "party"), "Shares of each band by party", SHEET)
band_party.take(
    Stated(
        "band_party_share",
        "share",
        "Party's own share of the band",
        at=f"{_BAND}.shares.{{party}}",
        refused=_by_side,
        placeholder=_rest,
        related=True,
    )
)

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
