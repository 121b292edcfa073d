"""Need from segment prices: a segment's price over the average price. It follows present patterns of use, which is a limit."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from capmodel.capitation.need import Fallback, Need, Origin, Paid, how, in_order, settle

BASIS = "segment prices"


@dataclass(frozen=True)
class Given:
    """Pounds a person-year by segment; a segment without people may be left out, and then takes the fallback."""

    price_gbp_per_person: Mapping[str, float]


def work_out(paid: Paid, given: Given, origin: Origin, fallback: Fallback | None = None) -> Need:
    """The need index of each segment: its price over the average price of the people paid for.

    An empty segment with a price of its own keeps it.

    Raises:
        BadInput: a price below zero, of no segment, or missing.

    >>> import numpy as np
    >>> paid = Paid("segment", ("well", "ill"), np.array([900.0, 100.0]), "2026/27")
    >>> need = work_out(paid, Given({"well": 500.0, "ill": 5500.0}), Origin("concurrent", "2025/26", "illustrative", "worked by hand"))
    >>> need.need_index.tolist(), need.raw_average
    ([0.5, 5.5], 1000.0)
    """
    raw = in_order(paid, given.price_gbp_per_person, "price")
    return settle(paid, raw, "GBP/persons", how("segment_prices", BASIS, paid, origin, (paid.ids, paid.person_years, raw)), fallback)
