"""The stop-loss: cost of a person above a point does not count, in the target and in actual cost alike, so that both are on the same basis.

A contract states the point, and for each line of the budgets the pounds above it on both sides: in what the target is built on, and in
actual cost. `target` takes the first off the target, `actual` the second off the cost that counts.
"""

from __future__ import annotations

from pydantic import Field

from capmodel.assumptions.document import ByYear, Number, Strict
from capmodel.contracts.settlement.check import Check
from capmodel.contracts.settlement.routes import LINE, Route, check_lines
from capmodel.contracts.settlement.term import Content, NoColumn, Stated, value_at


class Excess(Route):
    """What a stop-loss takes out of a line, on both sides: what the target is built on, and actual cost."""

    target_gbp: ByYear
    actual_gbp: ByYear


class StopLoss(Strict):
    """Cost of a person above a point does not count; the same point holds for the base data of the target."""

    point_gbp: Number
    lines: list[Excess] = Field(min_length=1)


def check_stop_loss(check: Check, stop_loss: StopLoss | None) -> None:
    """Report figures that lack a year or cannot be, and lines that the budgets do not have."""
    if stop_loss is None:
        return
    check.yearly(stop_loss, "stop_loss")
    check_lines(check, stop_loss.lines, "stop_loss", "lines")
    for i, each in enumerate(stop_loss.lines):
        check.sizes(each.target_gbp, "stop_loss", "lines", i, "target_gbp")
        check.sizes(each.actual_gbp, "stop_loss", "lines", i, "actual_gbp")


def _point(contract: Content) -> str:
    return f"Above {contract['stop_loss']['point_gbp']:,.0f} a person"


def _no_stop_loss(contract: Content, key: object) -> NoColumn | None:
    """A stop-loss must say its point, so that it cannot be put in by a column."""
    if isinstance(value_at(contract, ("stop_loss",)), dict):
        return None
    return NoColumn("the contract has no such entry", "Write it under terms:, in stop_loss.lines")


#: What it takes out of each line of the budgets, in what the target is built on and in actual cost.
TARGET_EXCESS = Stated("target_excess_gbp", "GBP", "Cost above the stop-loss in what the target is built on", at=f"stop_loss.lines{LINE}.target_gbp.{{year}}", note=_point, refused=_no_stop_loss)  # fmt: skip
ACTUAL_EXCESS = Stated("actual_excess_gbp", "GBP", "Cost above the stop-loss in actual cost", at=f"stop_loss.lines{LINE}.actual_gbp.{{year}}", note=_point, refused=_no_stop_loss)  # fmt: skip
