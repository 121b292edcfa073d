"""A tree of holders in words and pounds: each holder below its parent, what it passes and what it bears, tier by tier."""

from __future__ import annotations

from collections.abc import Callable

from capmodel.assumptions.years import year_label
from capmodel.contracts.holders.idle import HeldRun, without_effect
from capmodel.money import is_nil

Pounds = Callable[[float], str]


def statement(run: HeldRun, pounds: Pounds) -> list[str]:
    """The tree year by year, each holder indented below its parent.

    Args:
        run: the holders of a run.
        pounds: an amount in words.
    """
    found = [f"Contracts within contracts: {run.stated.title}"]
    for year in run.years:
        variance = run.column("holders_all", "all_holders_variance_gbp")[(str(year),)]
        found.append(f"{year_label(year)}: all holders together {_saved(variance, pounds)}, each pound with one bearer")
        found += ["  " * (1 + depth) + _of_holder(run, holder, year, pounds) for holder, depth in run.from_root()]
    return [*found, *(f"NO EFFECT: {text}" for text in without_effect(run))]


def _of_holder(run: HeldRun, holder: str, year: int, pounds: Pounds) -> str:
    """One holder: its budget, its own variance, what it receives and passes, and what it bears."""
    budget, own_budget, own, received, passed, borne = (
        run.in_year(name, holder, year)
        for name in (
            "budget_of_holder_gbp",
            "all_own_budget_gbp",
            "all_own_variance_gbp",
            "received_from_below_gbp",
            "passed_to_parent_gbp",
            "borne_by_holder_gbp",
        )
    )
    parts = [f"budget {pounds(budget)}, of it its own {pounds(own_budget)}", _saved(own, pounds)]
    if not is_nil(received):
        below = "receives {} from its contracts" if received > 0 else "pays {} of the losses of its contracts"
        parts.append(below.format(pounds(abs(received))))
    if not is_nil(passed):
        above = "passes {} of the gain to its parent" if passed > 0 else "receives {} for the loss from its parent"
        parts.append(above.format(pounds(abs(passed))))
    if not run.in_year("gate_passed_flag", holder, year):
        parts.append("does not pass its gate")
    parts.append("bears nothing" if is_nil(borne) else f"{'keeps' if borne > 0 else 'bears'} {pounds(abs(borne))}")
    return f"{run.label(holder)}: {'; '.join(parts)}"


def _saved(variance: float, pounds: Pounds) -> str:
    """A variance in words."""
    if is_nil(variance):
        return "neither saved nor overspent"
    return f"{'saved' if variance > 0 else 'overspent'} {pounds(abs(variance))}"
