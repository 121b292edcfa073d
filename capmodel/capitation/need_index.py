"""Need by segment: from present spend per head, from a fit on people, or from both, side by side.

The two indices are each 1 on average over the people of the place. Which of them counts is an assumption, so that the
choice is a figure that can be argued about and set. How a fit is made is in `capitation.need`; here it is a value with
its provenance.
"""

from __future__ import annotations

from typing import Any

from capmodel.algebra.functions import AMOUNTS, ratio
from capmodel.algebra.links import assumption, lookup, total
from capmodel.algebra.table import Table
from capmodel.baseline.spend import place, segment

SHEET = "Calc 2 Capitation"

need = Table("need", ("segment",), "Need", SHEET)
need.input("fitted_need_index", "index", "Need as fitted, before it is made to average 1")


@need.line(
    "GBP/persons",
    "Average spend per head",
    all_cost=lookup(place, "place_cost_gbp"),
    everyone=lookup(place, "population_persons"),
)
def average_price_gbp_per_person(all_cost: Any, everyone: Any) -> Any:
    """Spend of the place over its people: the price at a need index of 1."""
    return all_cost / everyone


@need.line("index", "Need by segment price", price=lookup(segment, "base_price_gbp_per_person"))
def price_need_index(price: Any, average_price_gbp_per_person: Any) -> Any:
    """How much more, or less, a person of the segment costs now than the average person; it repeats present patterns of use.

    >>> round(price_need_index(12102.0, 1900.0), 2)
    6.37
    """
    return price / average_price_gbp_per_person


@need.line("persons", "People weighted by fitted need", people=lookup(segment, "segment_persons"))
def fitted_weighted_persons(fitted_need_index: Any, people: Any) -> Any:
    """People of the segment at the need that was fitted."""
    return fitted_need_index * people


@need.line(
    "index",
    "Need by fit",
    everyone=lookup(place, "population_persons"),
    weighted=total(need, "fitted_weighted_persons"),
)
def normalised_need_index(fitted_need_index: Any, everyone: Any, weighted: Any) -> Any:
    """Fitted need made to average exactly 1 over the people of the place, so that a fit moves money and makes none.

    >>> float(normalised_need_index(3.0, 100.0, 120.0))
    2.5
    """
    return fitted_need_index * ratio(everyone, weighted, otherwise=1, decimals=AMOUNTS)


@need.line("index", "Need index", fitted=assumption("fitted_need_share"))
def need_index(price_need_index: Any, normalised_need_index: Any, fitted: Any) -> Any:
    """The need that counts: by segment price, by fit, or between the two; 1 is average.

    >>> need_index(6.0, 5.0, 0.5)
    5.5
    """
    return price_need_index + fitted * (normalised_need_index - price_need_index)


@need.line("share", "Share of spend in the base year", spent=lookup(segment, "base_cost_gbp"), everything=lookup(place, "place_cost_gbp"))
def base_share(spent: Any, everything: Any) -> Any:
    """The segment's part of what is spent now."""
    return spent / everything


@need.line(
    "share",
    "Target share in the base year",
    people=lookup(segment, "segment_persons"),
    everyone=lookup(place, "population_persons"),
)
def base_target_share(need_index: Any, people: Any, everyone: Any) -> Any:
    """The segment's part of the weighted population now."""
    return need_index * people / everyone


@need.line("share", "Distance from target in the base year")
def base_distance_share(base_share: Any, base_target_share: Any) -> Any:
    """Spend over target, less 1; zero for a segment with nobody in it.

    >>> round(float(base_distance_share(0.21, 0.2)), 4), float(base_distance_share(0.0, 0.0))
    (0.05, 0.0)
    """
    return ratio(base_share, base_target_share, otherwise=1) - 1
