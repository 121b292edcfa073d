"""Pace of change: each segment's target share of the envelope, its distance from target, and how much of that is closed each year.

Weighted population gives each segment's target share; what is spent now may stand away from it, and a stated part of that distance is
closed each year. Many bodies at once, with floors and ceilings, are the work of allocation rules (`rules/`).
"""

from __future__ import annotations

from typing import Any

from capmodel.algebra.functions import AMOUNTS, ratio
from capmodel.algebra.links import assumption, lookup, prior, total
from capmodel.capitation.envelope import capitation as capitation
from capmodel.capitation.envelope import envelope as envelope
from capmodel.capitation.need_index import need


@capitation.line(
    "persons",
    "Weighted population, normalised",
    everyone=lookup(envelope, "all_persons"),
    weighted=lookup(envelope, "all_weighted_persons"),
)
def normalised_persons(weighted_persons: Any, everyone: Any, weighted: Any) -> Any:
    """Weighted population scaled so that, over all segments, it adds up to the number of people."""
    return weighted_persons * ratio(everyone, weighted, decimals=AMOUNTS)


@capitation.line("share", "Target share of the envelope", everyone=lookup(envelope, "all_persons"))
def target_share(normalised_persons: Any, everyone: Any) -> Any:
    """The segment's fair share: its part of the weighted population."""
    return ratio(normalised_persons, everyone, decimals=AMOUNTS)


@capitation.line("share", "Distance from target in the base year", lookup(need, "base_distance_share"))
def base_distance_share() -> Any:
    """How far spend stood from the target before the first model year."""


@capitation.line("share", "Opening distance from target", prior("closing_distance_share", first="base_distance_share"))
def opening_distance_share() -> Any:
    """How far the segment stands from its target when the year begins: 0.05 is five per cent above it."""


@capitation.line("share", "Closing distance from target", pace=assumption("pace_of_change_share"))
def closing_distance_share(opening_distance_share: Any, pace: Any) -> Any:
    """What is left of the distance when the year's part of it is closed.

    >>> closing_distance_share(0.08, 0.25)
    0.06
    """
    return opening_distance_share * (1 - pace)


@capitation.line("share", "Share before it is made to add up")
def path_share(target_share: Any, closing_distance_share: Any) -> Any:
    """The target share with the distance that is left."""
    return target_share * (1 + closing_distance_share)


@envelope.line("share", "Shares before they are made to add up", total(capitation, "path_share", "year"))
def all_path_share() -> Any:
    """1, but for what the mix of segments moves while distances last."""


@capitation.line("share", "Share of the envelope", whole=lookup(envelope, "all_path_share"))
def envelope_share(path_share: Any, whole: Any) -> Any:
    """The segment's share of the envelope in the year, on its way to the target; over all segments they are 1."""
    return ratio(path_share, whole)
