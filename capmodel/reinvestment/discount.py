"""What a pound of each model year is worth in the first one: discounted, and in the money of that year."""

from __future__ import annotations

from typing import Any

from capmodel.algebra.links import assumption, lookup, prior
from capmodel.algebra.table import Table
from capmodel.baseline.spend import deflator
from capmodel.reinvestment.evidence import SHEET

discount = Table("discount", ("year",), "Discounting", SHEET)


@discount.line("index", "Discount factor", prior("next_index", first=1))
def discount_index() -> Any:
    """What a pound of the year is worth in the first model year, which is not discounted. Source: HM Treasury, Green Book."""


@discount.line("index", "Discount factor of the year after", rate=assumption("discount_rate_share"))
def next_index(discount_index: Any, rate: Any) -> Any:
    """The factor, one year on.

    >>> round(next_index(1.0, 0.035), 6)
    0.966184
    """
    return discount_index / (1 + rate)


@discount.line(
    "index",
    "Money of the first year for a pound of the year",
    first=lookup(deflator, "gdp_deflator_index", index_year="price_year"),
    now=lookup(deflator, "gdp_deflator_index", index_year="year"),
)
def real_index(first: Any, now: Any) -> Any:
    """Takes price growth out, because the discount rate is a real one. Source: HM Treasury GDP deflators, as an index ratio.

    >>> round(real_index(105.3095, 107.3546), 4)
    0.981
    """
    return first / now
