"""The constraints that more money, capacity or a lower floor would relax: what each is called, what it must have room for, and how it is relaxed.

Rules of options are no part of it: no amount relaxes them. Which amounts are the least that would do is found out in `infeasible`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np

from capmodel.algebra.evaluate import Values
from capmodel.algebra.rows import Node
from capmodel.assumptions.years import year_label
from capmodel.money import pounds
from capmodel.reinvestment.options.limits import INVESTMENT, OVERALL, OVERALL_LABEL

Label = Callable[[str], str]


@dataclass(frozen=True)
class Relaxable:
    """A constraint that an amount relaxes.

    Attributes:
        asked: the figure that it must have room for.
        name: what it is called, before the labels of its row.
        verb: what is done with the amount that is asked.
        given: the input that the amount is added to; none where more than one input would do.
        sign: minus where the input is a floor that is lowered.
        unit: GBP, or number for units of capacity.
        remedy: what would relax it, where that is no one input.
    """

    asked: Node
    name: str
    verb: str
    given: Node | None = None
    sign: int = 1
    unit: str = "GBP"
    remedy: str = ""


#: Each of them by its slack. The other constraints are rules of options.
RELAXABLE: Mapping[Node, Relaxable] = {
    ("budget", "budget_slack_gbp"): Relaxable(("budget", "budget_cost_gbp"), "budget ", "cost", ("partner_budget", "partner_budget_gbp")),
    ("capacity", "capacity_slack_number"): Relaxable(
        ("capacity", "plan_use_number"), "capacity ", "used", ("capacity", "capacity_number"), unit="number"
    ),
    ("party_floor", "floor_slack_gbp"): Relaxable(("party_floor", "floor_gbp"), "floor of ", "asked", ("party_floor", "floor_gbp"), -1),
    ("group_floor", "group_slack_gbp"): Relaxable(
        ("group_floor", "group_must_gbp"), "floor ", "asked", remedy="more for the group, or a smaller least_share"
    ),
    ("locality_floor", "locality_slack_gbp"): Relaxable(
        ("locality_floor", "locality_must_gbp"), "floor ", "asked", remedy="more for the locality, or a smaller least_share"
    ),
    ("closure_room", "room_slack_number"): Relaxable(
        ("closure_room", "needed_number"), "closures in ", "closed", unit="number", remedy="more avoided, or fewer closed"
    ),
}


@dataclass(frozen=True)
class Short:
    """A constraint that lacks pounds or units: what is asked of it, what there is once the years before are made good, and the least it lacks.

    What it lacks is rounded up to the penny or the hundredth of a unit, and what is asked is what there is and that together.
    """

    node: Node
    key: tuple[str, ...]  # its year last, where it has one
    asked_gbp: float
    there_gbp: float
    short_gbp: float

    @property
    def of(self) -> Relaxable:
        """What kind of constraint it is."""
        return RELAXABLE[self.node]

    def named(self, known: Values, label: Label) -> str:
        """What it is called, with the labels of its row and its year."""
        by_year = bool(known.inputs.rows[self.node[0]].years)
        *names, year = self.key if by_year else (*self.key, "")
        of = OVERALL_LABEL.lower() if self._overall else f"{self.of.name}{', '.join(map(label, names))}"
        return f"{of}{f' {year_label(int(year))}' if year else ''}"

    @property
    def _overall(self) -> bool:
        return self.node[0] == "budget" and self.key[0] == OVERALL

    def line(self, known: Values, label: Label) -> str:
        """What is asked, what is there and what is short."""
        asked, there, short = (amount_of(self.of.unit, each) for each in (self.asked_gbp, self.there_gbp, self.short_gbp))
        return f"{self.named(known, label)}: {asked} {self.of.verb}, {there} there, {short} short"

    def relaxed(self, known: Values, label: Label) -> str:
        """What would relax it by as much as it lacks."""
        if self.of.remedy:
            return f"{self.named(known, label)}: {amount_of(self.of.unit, self.short_gbp)} {self.of.remedy}"
        now = self._now(known)
        words = f"from {amount_of(self.of.unit, now)} to {amount_of(self.of.unit, now + self.of.sign * self.short_gbp)}"
        name = f"{INVESTMENT} {year_label(int(self.key[-1]))}" if self._overall else self.named(known, label)
        return f"{name}: {words}"

    def _now(self, known: Values) -> float:
        """The input that is to be changed, as it is."""
        assert self.of.given is not None
        rows = known.inputs.rows[self.of.given[0]]
        at = [str(year) for year in rows.years].index(self.key[-1])
        if self._overall:
            return float((np.zeros(len(rows.years)) + known.assumed(INVESTMENT))[at])
        names = next(iter(rows.columns.values()))
        return float(known.inputs.given[self.of.given][names.index(self.key[0]) * len(rows.years) + at])


def amount_of(unit: str, value: float) -> str:
    """Pounds and pence, or units of capacity.

    >>> amount_of("GBP", 1.5), amount_of("number", 12.5), amount_of("number", 1.0)
    ('£1.50', '12.5 units', '1 unit')
    """
    if unit == "GBP":
        return pounds(value)
    return f"{value:,.10g} unit{'' if value == 1 else 's'}"
