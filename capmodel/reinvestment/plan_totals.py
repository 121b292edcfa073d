"""What the chosen options come to by year: their cost, what they release and save, and the cash and the economic case of the plan.

Each is the sum over the chosen starts, less the overlap of options on the budgets that they share. Which choice is allowed is in `planning`,
what pays for it in `budgets`.
"""

from __future__ import annotations

from typing import Any

from capmodel.algebra.links import lookup, total
from capmodel.algebra.rows import Rows
from capmodel.algebra.table import Table
from capmodel.assumptions.pack import Pack
from capmodel.reinvestment import released
from capmodel.reinvestment.overlap import overlap, overlap_release
from capmodel.reinvestment.starts import PLAN_SHEET, start, start_year

plan = Table("plan", ("year",), "The plan by year", PLAN_SHEET)


@start_year.line("GBP", "Cost if chosen", chosen=lookup(start, "chosen_flag"))
def chosen_cost_gbp(cost_gbp: Any, chosen: Any) -> Any:
    """The cost of the start where it is chosen."""
    return cost_gbp * chosen


@start_year.line("GBP", "Cost released if chosen", chosen=lookup(start, "chosen_flag"))
def chosen_released_gbp(start_released_gbp: Any, chosen: Any) -> Any:
    """What the system spends less where the start is chosen."""
    return start_released_gbp * chosen


@plan.line("GBP", "Cost of the plan", total(start_year, "chosen_cost_gbp", "year"))
def plan_cost_gbp() -> Any:
    """Cost of the chosen options."""


@plan.line("GBP", "Overlap in the saving (minus)", twice=total(overlap, "overlap_gbp", "year"))
def plan_overlap_gbp(twice: Any) -> Any:
    """What the chosen options would save twice on the budgets they share, as a minus."""
    return -twice


@plan.line(
    "GBP",
    "Overlap in the cost released (minus)",
    twice=total(overlap, "overlap_released_gbp", "year"),
    extra=total(overlap_release, "overlap_extra_gbp", "year"),
)
def plan_overlap_released_gbp(twice: Any, extra: Any) -> Any:
    """What they would release twice, by the rule of each setting and by what providers state, as a minus.

    >>> plan_overlap_released_gbp(50.0, -30.0)
    -20.0
    """
    return -(twice + extra)


@plan.line("GBP", "Cost released by the plan", options=total(start_year, "chosen_released_gbp", "year"))
def plan_released_gbp(options: Any, plan_overlap_released_gbp: Any) -> Any:
    """What the chosen options release together."""
    return options + plan_overlap_released_gbp


@start_year.line("GBP", "Adjusted saving if chosen", chosen=lookup(start, "chosen_flag"))
def chosen_start_saving_gbp(start_saving_gbp: Any, chosen: Any) -> Any:
    """What payers pay less where the start is chosen, after optimism bias and prudence."""
    return start_saving_gbp * chosen


@plan.line("GBP", "Adjusted saving of the plan", options=total(start_year, "chosen_start_saving_gbp", "year"))
def plan_saving_gbp(options: Any, plan_overlap_gbp: Any) -> Any:
    """What the chosen options save together at present prices; to be held against the variance that the actual cost assumes."""
    return options + plan_overlap_gbp


@plan.line("GBP", "Not cashable, of the plan")
def plan_not_cashable_gbp(plan_saving_gbp: Any, plan_released_gbp: Any) -> Any:
    """What the chosen options free and nobody can spend: the saving that leaves no cost behind it.

    >>> plan_not_cashable_gbp(800_000.0, 300_000.0)
    500000.0
    """
    return released.not_cashable_gbp(plan_saving_gbp, plan_released_gbp)


@plan.line("GBP", "Cashable, net of cost")
def cashable_net_gbp(plan_released_gbp: Any, plan_cost_gbp: Any) -> Any:
    """What the plan adds to the cash of all parties together: payback counts nothing else.

    >>> cashable_net_gbp(300_000.0, 400_000.0)
    -100000.0
    """
    return plan_released_gbp - plan_cost_gbp


@plan.line("GBP", "Cashable and not cashable, net of cost")
def economic_net_gbp(cashable_net_gbp: Any, plan_not_cashable_gbp: Any) -> Any:
    """The economic case, which counts both.

    >>> economic_net_gbp(-100_000.0, 500_000.0)
    400000.0
    """
    return cashable_net_gbp + plan_not_cashable_gbp


def rows(pack: Pack) -> dict[str, Rows]:
    """The rows of the plan: its years."""
    return {plan.name: Rows({}, pack.years)}
