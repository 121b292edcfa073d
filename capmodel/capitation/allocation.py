"""Capitation: need, weighted population and the envelope, and each segment's share of it to the penny.

The need index is a segment's price over the average price. The envelope grows from the base year by people, mix, price
and efficiency, each shown in pounds. Segments share the envelope by weighted population. Other ways to a need index,
distance from target and pace of change are not here yet.
"""

from __future__ import annotations

from typing import Any

from capmodel.algebra.functions import ratio, to_pence
from capmodel.algebra.links import assumption, lookup, prior, total
from capmodel.algebra.rows import Rows
from capmodel.algebra.table import Table
from capmodel.assumptions.pack import Pack
from capmodel.baseline.spend import place, segment

SHEET = "Calc 2 Capitation"

need = Table("need", ("segment",), "Need", SHEET)

growth = Table("growth", ("age_band", "year"), "Population growth", SHEET)
growth.input("population_growth_share", "share", "Population growth on the year before")

capitation = Table("capitation", ("segment", "year"), "Weighted population and allocation", SHEET)

envelope = Table("envelope", ("year",), "The envelope", SHEET)

TABLES = (need, growth, envelope, capitation)


@need.line(
    "GBP/persons",
    "Average spend per head",
    all_cost=lookup(place, "place_cost_gbp"),
    everyone=lookup(place, "population_persons"),
)
def average_price_gbp_per_person(all_cost: Any, everyone: Any) -> Any:
    """Spend of the place over its people: the price at a need index of 1."""
    return all_cost / everyone


@need.line("index", "Need index", price=lookup(segment, "base_price_gbp_per_person"))
def need_index(price: Any, average_price_gbp_per_person: Any) -> Any:
    """How much more, or less, a person of the segment costs than the average person; 1 is average.

    Obtained from segment prices, so it follows present patterns of use.

    >>> round(need_index(12102.0, 1900.0), 2)
    6.37
    """
    return price / average_price_gbp_per_person


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


@capitation.line("persons", "People in the base year", base=lookup(segment, "segment_persons"))
def opening_persons(base: Any) -> Any:
    """People of the segment before the first model year."""
    return base


@capitation.line("persons", "Weighted population", need_of_segment=lookup(need, "need_index"))
def weighted_persons(persons: Any, need_of_segment: Any) -> Any:
    """People weighted by need.

    >>> weighted_persons(100.0, 2.5)
    250.0
    """
    return persons * need_of_segment


@envelope.line("persons", "All people", segments=total(capitation, "persons", "year"))
def all_persons(segments: Any) -> Any:
    """Everyone in the year."""
    return segments


@envelope.line("persons", "All weighted population", segments=total(capitation, "weighted_persons", "year"))
def all_weighted_persons(segments: Any) -> Any:
    """Everyone in the year, weighted by need."""
    return segments


@envelope.line("persons", "People in the base year", everyone=lookup(place, "population_persons"))
def base_persons(everyone: Any) -> Any:
    """People before the first model year; by definition they weigh as many in the base year."""
    return everyone


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


@envelope.line("GBP", "Envelope of the year before", before=prior("envelope_gbp", first="base_envelope_gbp"))
def opening_gbp(before: Any) -> Any:
    """What the year starts from."""
    return before


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
    return weighted_persons * ratio(everyone, weighted)


@capitation.line("share", "Share of the envelope", everyone=lookup(envelope, "all_persons"))
def envelope_share(normalised_persons: Any, everyone: Any) -> Any:
    """The segment's fair share: its part of the weighted population."""
    return ratio(normalised_persons, everyone)


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
    return to_pence(to_pence(pot * so_far_share) - to_pence(pot * before))


@capitation.line("GBP/persons", "Average price per head", pot=lookup(envelope, "envelope_gbp"), everyone=lookup(envelope, "all_persons"))
def average_price_of_year_gbp_per_person(pot: Any, everyone: Any) -> Any:
    """The envelope over all people of the year."""
    return pot / everyone


@capitation.line("GBP/persons", "Price per head", need_of_segment=lookup(need, "need_index"))
def price_gbp_per_person(allocation_gbp: Any, persons: Any, average_price_of_year_gbp_per_person: Any, need_of_segment: Any) -> Any:
    """The capitated price: allocation over people.

    For a segment with nobody in it, the named fallback: the average price times its need index; its budget stays nought.

    >>> import numpy as np
    >>> price_gbp_per_person(np.array([5000.0, 0]), np.array([10.0, 0]), 400.0, np.array([1.0, 2.0])).tolist()
    [500.0, 800.0]
    """
    return ratio(allocation_gbp, persons, otherwise=average_price_of_year_gbp_per_person * need_of_segment)


@envelope.line("GBP", "Check: allocations add up to the envelope", segments=total(capitation, "allocation_gbp", "year"))
def check_allocation_gbp(envelope_gbp: Any, segments: Any) -> Any:
    """Nought where the segments' allocations add up to the envelope, to the penny."""
    return to_pence(envelope_gbp - segments)


@envelope.line("GBP", "Check: the bridge of the envelope adds up")
def check_bridge_gbp(opening_gbp: Any, volume_gbp: Any, mix_gbp: Any, price_gbp: Any, efficiency_gbp: Any, envelope_gbp: Any) -> Any:
    """Under half a penny where the changes lead from the opening to the closing envelope."""
    return to_pence(opening_gbp + volume_gbp + mix_gbp + price_gbp + efficiency_gbp - envelope_gbp)


@envelope.line(
    "persons", "Check: normalised weighted population adds up to people", segments=total(capitation, "normalised_persons", "year")
)
def check_normalised_persons(all_persons: Any, segments: Any) -> Any:
    """Nought where weighting moved money between segments and made none."""
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
