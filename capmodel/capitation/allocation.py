"""Capitation: weighted population and the envelope, each segment's target share of it, and the way there, to the penny.

The envelope grows from the base year by people, mix, price and efficiency, each shown in pounds. Weighted population gives
each segment's target share; what is spent now may stand away from it, and a stated part of that distance is closed each
year. How need is found is in `need_index`; many bodies at once, with floors and ceilings, are the work of allocation rules.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from capmodel.algebra.functions import AMOUNTS, above, pence_between, ratio, to_pence
from capmodel.algebra.links import assumption, lookup, prior, total
from capmodel.algebra.rows import Rows
from capmodel.algebra.table import Table
from capmodel.assumptions.pack import Pack
from capmodel.baseline.spend import place, segment
from capmodel.capitation.need_index import SHEET, need

growth = Table("growth", ("age_band", "year"), "Population growth", SHEET)
growth.input("population_growth_share", "share", "Population growth on the year before")

capitation = Table("capitation", ("segment", "year"), "Weighted population and allocation", SHEET)

envelope = Table("envelope", ("year",), "The envelope", SHEET)

TABLES = (need, growth, envelope, capitation)


@capitation.line(
    "persons",
    "People",
    before=prior("persons", first="opening_persons"),
    growing=lookup(growth, "population_growth_share"),
)
def persons(before: Any, growing: Any) -> Any:
    """People of the segment in the year: those of the year before, grown with their age band.

    >>> round(persons(1000.0, 0.012), 1)
    1012.0
    """
    return before * (1 + growing)


@capitation.line("persons", "People in the base year", lookup(segment, "segment_persons"))
def opening_persons() -> Any:
    """People of the segment before the first model year."""


@capitation.line("persons", "Weighted population", need_of_segment=lookup(need, "need_index"))
def weighted_persons(persons: Any, need_of_segment: Any) -> Any:
    """People weighted by need.

    >>> weighted_persons(100.0, 2.5)
    250.0
    """
    return persons * need_of_segment


@envelope.line("persons", "All people", total(capitation, "persons", "year"))
def all_persons() -> Any:
    """Everyone in the year."""


@envelope.line("persons", "All weighted population", total(capitation, "weighted_persons", "year"))
def all_weighted_persons() -> Any:
    """Everyone in the year, weighted by need."""


@envelope.line("persons", "People in the base year", lookup(place, "population_persons"))
def base_persons() -> Any:
    """People before the first model year; by definition they weigh as many in the base year."""


@envelope.line("share", "Growth in people", before=prior("all_persons", first="base_persons"))
def volume_growth_share(all_persons: Any, before: Any) -> Any:
    """How much the number of people has grown on the year before."""
    return all_persons / before - 1


@envelope.line("share", "Growth in need per head", before=prior("all_weighted_persons", first="base_persons"))
def mix_growth_share(all_weighted_persons: Any, before: Any, volume_growth_share: Any) -> Any:
    """How much need per head has grown: weighted growth over growth in people, as people age and move between segments."""
    return all_weighted_persons / before / (1 + volume_growth_share) - 1


@envelope.line("GBP", "Spend in the base year", base=lookup(place, "place_cost_gbp"))
def base_envelope_gbp(base: Any) -> Any:
    """The envelope before the first model year: what is spent now, to the penny."""
    return to_pence(base)


@envelope.line("GBP", "Envelope of the year before", prior("envelope_gbp", first="base_envelope_gbp"))
def opening_gbp() -> Any:
    """What the year starts from."""


@envelope.line("GBP", "Change for people")
def volume_gbp(opening_gbp: Any, volume_growth_share: Any) -> Any:
    """Pounds for more or fewer people.

    >>> volume_gbp(1000.0, -0.5)
    -500.0
    """
    return opening_gbp * volume_growth_share


@envelope.line("GBP", "Change for need per head")
def mix_gbp(opening_gbp: Any, volume_gbp: Any, mix_growth_share: Any) -> Any:
    """Pounds for more or less need per head."""
    return (opening_gbp + volume_gbp) * mix_growth_share


@envelope.line("GBP", "Change for prices", uplift=assumption("price_uplift_share"))
def price_gbp(opening_gbp: Any, volume_gbp: Any, mix_gbp: Any, uplift: Any) -> Any:
    """Pounds for pay and prices, on the volume and mix of the year."""
    return (opening_gbp + volume_gbp + mix_gbp) * uplift


@envelope.line("GBP", "Change for efficiency", asked=assumption("efficiency_share"))
def efficiency_gbp(opening_gbp: Any, volume_gbp: Any, mix_gbp: Any, price_gbp: Any, asked: Any) -> Any:
    """Pounds taken out for the efficiency asked for; a minus."""
    return -((opening_gbp + volume_gbp + mix_gbp + price_gbp) * asked)


@envelope.line("GBP", "Envelope")
def envelope_gbp(opening_gbp: Any, volume_gbp: Any, mix_gbp: Any, price_gbp: Any, efficiency_gbp: Any) -> Any:
    """What the place may spend in the year, to the penny: growth is multiplicative, step on step.

    Altogether (1 + people) x (1 + mix) x (1 + prices) x (1 - efficiency), never their sum.

    >>> envelope_gbp(10_000_000.0, -200_000.0, 0.0, 294_000.0, -111_034.0)
    9982966.0
    """
    return to_pence(opening_gbp + volume_gbp + mix_gbp + price_gbp + efficiency_gbp)


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
