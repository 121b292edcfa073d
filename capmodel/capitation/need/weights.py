"""Need from weights that somebody else worked out: a published weighted population, or the scores of a licensed grouper."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from capmodel.capitation.need import Fallback, Need, Origin, Paid, how, in_order, settle

BASIS = "weights given"


@dataclass(frozen=True)
class Given:
    """A weight a person-year by group, in any scale; `made_by` says whose they are (an edition, a licensed grouper)."""

    weight: Mapping[str, float]
    made_by: str


def work_out(paid: Paid, given: Given, origin: Origin, fallback: Fallback | None = None) -> Need:
    """The need index of each group: its weight over the average weight of the people paid for.

    Weights that were normalised on another population or period are normalised again, so that they make no money here; what they
    averaged before is `raw_average`.

    Raises:
        BadInput: a weight below zero, of no group, or missing.

    >>> import numpy as np
    >>> paid = Paid("locality", ("north", "south"), np.array([300.0, 100.0]), "2026/27")
    >>> need = work_out(paid, Given({"north": 0.9, "south": 1.7}, "edition 3"), Origin("prospective", "2024/25", "published", "edition 3"))
    >>> need.need_index.round(12).tolist(), round(need.raw_average, 12)
    ([0.818181818182, 1.545454545455], 1.1)
    """
    raw = in_order(paid, given.weight, "weight")
    provenance = how("weights", BASIS, paid, origin, (paid.ids, paid.person_years, raw), made_by=given.made_by)
    return settle(paid, raw, "points", provenance, fallback)
