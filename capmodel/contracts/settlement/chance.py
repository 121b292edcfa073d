"""What is in scope of an alliance, and how far chance moves what it costs.

Cost varies by chance from year to year even where nothing changes, the more the fewer people there are. Chance is zero in
the central case; `uncertainty` draws it by segment, and these lines carry it to the actual cost of every service. How it is drawn,
and what follows for each party, is said there.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from capmodel.algebra.functions import AMOUNTS, ratio
from capmodel.algebra.links import lookup, total
from capmodel.algebra.rows import Rows
from capmodel.algebra.table import Table
from capmodel.baseline.spend import columns_of
from capmodel.care_budgets.year_of_care import care_budget
from capmodel.contracts.settlement import SHEET
from capmodel.contracts.settlement.term import Stated

scope = Table("scope", ("setting",), "What is in scope", SHEET)
scope.input("in_scope_flag", "flag", "In scope of the alliance")
scope.input("setting_pressure_share", "share", "Actual cost against the target in this setting, beyond the place's")

segment_scope = Table("segment_scope", ("segment", "setting", "year"), "Budgets in scope by segment and setting", SHEET)

variation = Table("variation", ("segment", "year"), "Chance variation of each segment's cost", SHEET)
variation.take(Stated("variation_share", "share", "Cost of the segment against expectation, by chance", follows=lambda *_: 0))

chance = Table("chance", ("year",), "Chance variation of cost in scope", SHEET)

TABLES = (scope, segment_scope, variation, chance)


def chance_rows(
    settings: tuple[str, ...], segments: tuple[str, ...], care: Sequence[tuple[str, str]], years: tuple[int, ...]
) -> dict[str, Rows]:
    """A row for each setting, each segment, and each segment and setting that has care."""
    return {
        "scope": Rows({"setting": settings}),
        "segment_scope": columns_of(("segment", "setting"), care, years),
        "variation": Rows({"segment": segments}, years),
        "chance": Rows({}, years),
    }


@segment_scope.line(
    "GBP",
    "Budget in scope",
    lines=total(care_budget, "budget_gbp", "segment", "setting", "year"),
    flag=lookup(scope, "in_scope_flag"),
)
def in_scope_gbp(lines: Any, flag: Any) -> Any:
    """The Year of Care budget of one segment in one setting, if the setting is in scope."""
    return lines * flag


@variation.line("GBP", "Budget in scope", total(segment_scope, "in_scope_gbp", "segment", "year"))
def segment_in_scope_gbp() -> Any:
    """What the segment's care in scope is expected to cost."""


@variation.line("GBP", "Cost by chance")
def by_chance_gbp(segment_in_scope_gbp: Any, variation_share: Any) -> Any:
    """What chance adds to the cost of the segment.

    >>> by_chance_gbp(1_000_000.0, -0.02)
    -20000.0
    """
    return segment_in_scope_gbp * variation_share


@chance.line(
    "share",
    "Cost by chance, share of the budget in scope",
    by_chance=total(variation, "by_chance_gbp", "year"),
    in_scope=total(variation, "segment_in_scope_gbp", "year"),
)
def chance_share(by_chance: Any, in_scope: Any) -> Any:
    """Chance in all segments together, spread over services as budgets are.

    >>> chance_share(-20_000.0, 4_000_000.0).item()
    -0.005
    """
    return ratio(by_chance, in_scope, decimals=AMOUNTS)
