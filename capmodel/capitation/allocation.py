"""The allocation of each segment: its share of the envelope in pounds and pence, its price per head, and its distance from target.

The envelope is in `envelope`, each segment's share of it on the way to its target in `pace_of_change`.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from capmodel.algebra.functions import AMOUNTS, above, pence_between, ratio, to_pence
from capmodel.algebra.links import lookup, prior, total
from capmodel.algebra.rows import Rows
from capmodel.assumptions.pack import Pack
from capmodel.capitation.envelope import growth
from capmodel.capitation.need_index import need
from capmodel.capitation.pace_of_change import capitation as capitation
from capmodel.capitation.pace_of_change import envelope as envelope

TABLES = (need, growth, envelope, capitation)


@capitation.line("share", "Shares so far", before=prior("so_far_share", along=("segment",)))
def so_far_share(before: Any, envelope_share: Any) -> Any:
    """The shares down to this segment; the last is 1. The envelope is cut along it, so that pennies add up."""
    return before + envelope_share


@capitation.line("GBP", "Allocation", pot=lookup(envelope, "envelope_gbp"), before=prior("so_far_share", along=("segment",)))
def allocation_gbp(so_far_share: Any, before: Any, pot: Any) -> Any:
    """The segment's budget for the year, to the penny; all segments add up to the envelope, an empty one gets nothing.

    Each segment gets what is due down to it less what was due before it, each to the penny.

    >>> import numpy as np
    >>> allocation_gbp(np.array([1 / 3, 1 / 3, 1.0]), np.array([0.0, 1 / 3, 1 / 3]), 500_000.0).tolist()
    [166666.67, 0.0, 333333.33]
    """
    return pence_between(pot * so_far_share, pot * before)


@capitation.line("GBP/persons", "Average price per head", pot=lookup(envelope, "envelope_gbp"), everyone=lookup(envelope, "all_persons"))
def average_price_of_year_gbp_per_person(pot: Any, everyone: Any) -> Any:
    """The envelope over all people of the year."""
    return pot / everyone


@capitation.line("GBP/persons", "Price per head", need_of_segment=lookup(need, "need_index"))
def price_gbp_per_person(allocation_gbp: Any, persons: Any, average_price_of_year_gbp_per_person: Any, need_of_segment: Any) -> Any:
    """The capitated price: allocation over people.

    For a segment with nobody in it, the named fallback: the average price times its need index; its budget stays zero.

    >>> import numpy as np
    >>> price_gbp_per_person(np.array([5000.0, 0]), np.array([10.0, 0]), 400.0, np.array([1.0, 2.0])).tolist()
    [500.0, 800.0]
    """
    return ratio(allocation_gbp, persons, average_price_of_year_gbp_per_person * need_of_segment, AMOUNTS)


@capitation.line("GBP", "Target", pot=lookup(envelope, "envelope_gbp"))
def target_gbp(target_share: Any, pot: Any) -> Any:
    """What the segment would have at its target share, to the penny."""
    return to_pence(target_share * pot)


@capitation.line("GBP", "Allocation above the target")
def distance_gbp(allocation_gbp: Any, target_gbp: Any) -> Any:
    """Pounds by which the allocation stands above its target; below it, a minus."""
    return to_pence(allocation_gbp - target_gbp)


@capitation.line("GBP/persons", "Price per head: change for need")
def need_gbp_per_person(average_price_of_year_gbp_per_person: Any, normalised_persons: Any, persons: Any) -> Any:
    """What a person of the segment adds to the average price, or takes off it, by need.

    >>> float(need_gbp_per_person(400.0, 25.0, 10.0))
    600.0
    """
    return average_price_of_year_gbp_per_person * (ratio(normalised_persons, persons, otherwise=1, decimals=AMOUNTS) - 1)


@capitation.line("GBP/persons", "Price per head: change for pace")
def pace_gbp_per_person(
    price_gbp_per_person: Any, average_price_of_year_gbp_per_person: Any, need_gbp_per_person: Any, persons: Any
) -> Any:
    """What leads from average and need to the price: the distance from target that is left, and pennies.

    Zero for a segment with nobody in it, whose price is a fallback.

    >>> pace_gbp_per_person(np.array([1010.0]), np.array([400.0]), np.array([600.0]), np.array([5.0])).tolist()
    [10.0]
    """
    return np.where(above(persons, 0, AMOUNTS), price_gbp_per_person - average_price_of_year_gbp_per_person - need_gbp_per_person, 0)


@envelope.line("GBP", "Check: allocations add up to the envelope", segments=total(capitation, "allocation_gbp", "year"))
def check_allocation_gbp(envelope_gbp: Any, segments: Any) -> Any:
    """Zero where the segments' allocations add up to the envelope, to the penny."""
    return to_pence(envelope_gbp - segments)


@envelope.line("GBP", "Check: the bridge of the envelope adds up")
def check_bridge_gbp(opening_gbp: Any, volume_gbp: Any, mix_gbp: Any, price_gbp: Any, efficiency_gbp: Any, envelope_gbp: Any) -> Any:
    """Under half a penny where the changes lead from the opening to the closing envelope."""
    return to_pence(opening_gbp + volume_gbp + mix_gbp + price_gbp + efficiency_gbp - envelope_gbp)


@envelope.line(
    "persons", "Check: normalised weighted population adds up to people", segments=total(capitation, "normalised_persons", "year")
)
def check_normalised_persons(all_persons: Any, segments: Any) -> Any:
    """Zero where weighting moved money between segments and made none."""
    return all_persons - segments


def rows(pack: Pack) -> dict[str, Rows]:
    """The rows of these tables."""
    segments = pack.dimensions["segment"]
    names = tuple(entry.id for entry in segments)
    bands = tuple(entry.text("age_band") for entry in segments)
    return {
        "need": Rows({"segment": names}),
        "growth": Rows({"age_band": tuple(entry.id for entry in pack.dimensions["age_band"])}, pack.years),
        "capitation": Rows({"segment": names, "age_band": bands}, pack.years),
        "envelope": Rows({}, pack.years),
    }
