"""The envelope: what a place may spend in a year, and the people it is for, weighted by need.

The envelope grows from the base year by people, mix, price and efficiency, each shown in pounds. How it is shared between segments is
in `pace_of_change` and `allocation`; how need is found is in `need_index`.
"""

from __future__ import annotations

from typing import Any

from capmodel.algebra.functions import to_pence
from capmodel.algebra.links import assumption, lookup, prior, total
from capmodel.algebra.table import Table
from capmodel.baseline.spend import place, segment
from capmodel.capitation.need_index import SHEET, need

growth = Table("growth", ("age_band", "year"), "Population growth", SHEET)
growth.input("population_growth_share", "share", "Population growth on the year before")

capitation = Table("capitation", ("segment", "year"), "Weighted population and allocation", SHEET)

envelope = Table("envelope", ("year",), "The envelope", SHEET)


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
