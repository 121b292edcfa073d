"""Mechanisms of agreements: how the lines of an agreement are paid, written out as a fixed part and bands of the variance from plan.

A mechanism is a module here; its file name is what `mechanism:` says of an agreement. It has `Terms`, what may stand under `terms:`, and
`paid(terms)`, the same as a fixed part and bands. What they come to is worked out in `payment`, once for all mechanisms.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated, Literal

from pydantic import Discriminator, Tag

from capmodel.assumptions.years import Year
from capmodel.contracts.mechanisms import Share

#: What the module of a mechanism has.
PROMISES = ("Terms", "paid")
#: A share, the same in every year or one a year.
Rate = Annotated[
    Annotated[Share, Tag("one")] | Annotated[dict[Year, Share], Tag("by_year")],
    Discriminator(lambda given: "by_year" if isinstance(given, dict) else "one"),
]
#: Where the fixed part may come from, in the words of a file.
Basis = Literal["plan_value", "stated"]


@dataclass(frozen=True)
class Band:
    """A band of the variance from plan: the share of the price that is paid in it, and where it ends, as a share of plan activity."""

    paid_share: float | Mapping[int, float]
    up_to_share: float | None = None


@dataclass(frozen=True)
class Paid:
    """How an agreement pays for its lines.

    Attributes:
        fixed: the fixed part: the plan at unit prices, a stated sum, the mean of past years, or a Year of Care payment.
        above: the bands above plan, from plan outwards.
        below: the bands below plan, in the same way.
        by_criteria: True where a unit is paid for where every criterion is met.
        threshold_gbp: how much a year a low-volume block may hold.
        units: the units of `payments.yaml` whose payment is the fixed part, each with its provider.
    """

    fixed: Literal["plan_value", "stated", "mean", "linked"]
    above: tuple[Band, ...] = ()
    below: tuple[Band, ...] = ()
    by_criteria: bool = False
    threshold_gbp: float = 0.0
    units: Mapping[str, str] | None = None

    @property
    def is_priced(self) -> bool:
        """True where a line is paid by its price, so that it needs one."""
        return self.fixed == "plan_value" or bool(self.above or self.below)

    def bands(self, side: str) -> tuple[Band, ...]:
        """The bands of a side of plan."""
        return self.above if side == "above_plan" else self.below


def one_rate(share: float | Mapping[int, float]) -> tuple[Band, ...]:
    """One band for all of a side."""
    return (Band(share),)
