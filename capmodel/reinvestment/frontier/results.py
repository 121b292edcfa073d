"""What is found on efficient frontiers: points over budgets and points between two perspectives. Nothing is worked out here."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True)
class BudgetPoint:
    """The best plan where the investment budget of every year is multiplied by a factor.

    Attributes:
        factor: what the stated budgets are multiplied by.
        budget_gbp: the budget of each year.
        chosen: 1 or 0 for each option; None where no plan keeps every constraint.
        objective_gbp: what the plan is worth, in pounds of the first year, discounted; None where there is none.
        bound_gbp: the best that was proved possible.
        gap_share: how far the plan may be from it.
        proved: the plan is proved best, or it is proved that there is none.
        status: what the solver says itself.
        cost_gbp: the cost of the plan in each year, in pounds of the year.
        added: options that the plan of the factor before does not have. `dropped` are those that only that one has.
        more_budget_gbp: budget of all years above that of the factor before; None for the first.
        gained_gbp: value above that of the factor before; None where either has no plan.
        pound_buys_gbp: what each further pound of budget buys, the second over the first; None where either is not there.
    """

    factor: float
    budget_gbp: tuple[float, ...]
    chosen: Mapping[str, int] | None
    objective_gbp: float | None
    bound_gbp: float | None
    gap_share: float | None
    proved: bool
    status: str
    cost_gbp: tuple[float, ...]
    added: tuple[str, ...]
    dropped: tuple[str, ...]
    more_budget_gbp: float | None
    gained_gbp: float | None
    pound_buys_gbp: float | None

    @property
    def options(self) -> tuple[str, ...]:
        """The options chosen."""
        return tuple(option for option, taken in (self.chosen or {}).items() if taken)


@dataclass(frozen=True)
class BudgetFrontier:
    """The best plan at each of several budgets.

    Attributes:
        points: by rising factor.
        unlimited_gbp: what the best plan is worth where no budget limits it, every other rule being kept; None where there is none.
        enough_factor: the least factor at which that plan can be paid for, so that more money changes nothing; None where it is not known.
        least_factor: the least factor at which some plan keeps every constraint; None where no budget would do, or it is not known.
        solver: the solver; `version` is its version. `factor_solver` is the one by which the two factors are found.
    """

    points: tuple[BudgetPoint, ...]
    unlimited_gbp: float | None
    enough_factor: float | None
    least_factor: float | None
    solver: str
    version: str
    factor_solver: str


@dataclass(frozen=True)
class PerspectivePoint:
    """A plan that no other beats for both of two perspectives.

    Attributes:
        chosen: 1 or 0 for each option.
        first_gbp: what it is worth to the first perspective. `second_gbp` is what it is worth to the second.
        bound_gbp: the most that was proved possible for the first, of plans worth as much as this one to the second.
        gap_share: how far the plan may be from it.
        supported: some weighting of the two perspectives makes it the best plan.
        weight_share: the least weight of the first perspective, from 0 to 1, at which it is the best; None where it is not supported.
        proved: it is proved that no plan beats it for both.
        present: it is worth as much to both as the place's own best plan.
        status: what the solver says itself.
    """

    chosen: Mapping[str, int]
    first_gbp: float
    second_gbp: float
    bound_gbp: float
    gap_share: float
    supported: bool
    weight_share: float | None
    proved: bool
    present: bool
    status: str

    @property
    def options(self) -> tuple[str, ...]:
        """The options chosen."""
        return tuple(option for option, taken in self.chosen.items() if taken)


@dataclass(frozen=True)
class PerspectiveFrontier:
    """Plans that no other beats for both of two perspectives.

    Attributes:
        first: whose pounds the first value counts: `system` for every party alike, or a party. `second` likewise.
        points: from the best for the first to the best for the second; none where no plan keeps every constraint.
        complete: there are no more; false where a limit of number or time was reached.
        solver: the solver; `version` is its version.
    """

    first: str
    second: str
    points: tuple[PerspectivePoint, ...]
    complete: bool
    solver: str
    version: str
