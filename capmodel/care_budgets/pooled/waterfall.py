"""What meets the overspend that partners share, in the order the agreement states, and what is left for them.

As in published agreements other lines' underspends come first, then the risk pool, then uncommitted money, and the partners last;
an agreement may state another order of the first three or leave one out. What each partner bears is in `partners`.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from capmodel.algebra.functions import above, to_pence
from capmodel.algebra.links import lookup, prior, total
from capmodel.care_budgets.pooled.tables import contribution_year, fund, line_year, partner_year, waterfall

LINES = lookup(waterfall, "pool_lines_order_number")
RISK_POOL = lookup(waterfall, "pool_risk_pool_order_number")
UNCOMMITTED = lookup(waterfall, "pool_uncommitted_order_number")


@fund.line("GBP", "Overspend of all lines the partners share", total(line_year, "shared_over_gbp", "year"))
def overspend_gbp() -> Any:
    """What has to be met, before anything meets it."""


@fund.line("GBP", "Underspend of all lines", total(line_year, "under_gbp", "year"))
def underspend_gbp() -> Any:
    """What other lines have left, without grants that go back."""


@fund.line("GBP", "Risk pool available", before=prior("risk_pool_left_gbp"))
def risk_pool_gbp(before: Any, risk_pool_added_gbp: Any) -> Any:
    """What earlier years left of the risk pool, and what was paid in."""
    return before + risk_pool_added_gbp


def _met(overspend: Any, own: Any, place: Any, first: Any, first_place: Any, second: Any, second_place: Any) -> Any:
    """What one source meets of an overspend: what those in front of it leave, up to what it has; nothing where it has no place."""
    before_first = np.where(above(first_place, 0) & above(place, first_place), first, 0)
    before_second = np.where(above(second_place, 0) & above(place, second_place), second, 0)
    left = np.maximum(overspend - before_first - before_second, 0)
    return np.where(above(place, 0), np.minimum(left, own), 0)


@fund.line("GBP", "Met by other lines' underspends", lines=LINES, risk=RISK_POOL, free=UNCOMMITTED)
def met_by_lines_gbp(
    overspend_gbp: Any, underspend_gbp: Any, risk_pool_gbp: Any, uncommitted_gbp: Any, lines: Any, risk: Any, free: Any
) -> Any:
    """Money that is in the pool already; first, unless the agreement states another order.

    >>> met_by_lines_gbp(1_400_000.0, 300_000.0, 500_000.0, 250_000.0, 1, 2, 3).item()
    300000.0
    """
    return _met(overspend_gbp, underspend_gbp, lines, risk_pool_gbp, risk, uncommitted_gbp, free)


@fund.line("GBP", "Met by the risk pool", lines=LINES, risk=RISK_POOL, free=UNCOMMITTED)
def met_by_risk_pool_gbp(
    overspend_gbp: Any, underspend_gbp: Any, risk_pool_gbp: Any, uncommitted_gbp: Any, lines: Any, risk: Any, free: Any
) -> Any:
    """The money set aside for it; second, unless the agreement states another order.

    >>> met_by_risk_pool_gbp(700_000.0, 300_000.0, 500_000.0, 250_000.0, 1, 2, 3).item()
    400000.0
    """
    return _met(overspend_gbp, risk_pool_gbp, risk, underspend_gbp, lines, uncommitted_gbp, free)


@fund.line("GBP", "Risk pool left")
def risk_pool_left_gbp(risk_pool_gbp: Any, met_by_risk_pool_gbp: Any) -> Any:
    """It stays for the years that follow.

    >>> risk_pool_left_gbp(500_000.0, 400_000.0)
    100000.0
    """
    return risk_pool_gbp - met_by_risk_pool_gbp


@fund.line("GBP", "Met by uncommitted money", lines=LINES, risk=RISK_POOL, free=UNCOMMITTED)
def met_by_uncommitted_gbp(
    overspend_gbp: Any, underspend_gbp: Any, risk_pool_gbp: Any, uncommitted_gbp: Any, lines: Any, risk: Any, free: Any
) -> Any:
    """What no line was promised; third, unless the agreement states another order.

    >>> met_by_uncommitted_gbp(700_000.0, 300_000.0, 500_000.0, 250_000.0, 1, 3, 2).item()
    250000.0
    """
    return _met(overspend_gbp, uncommitted_gbp, free, underspend_gbp, lines, risk_pool_gbp, risk)


@fund.line("GBP", "Left for the partners")
def deficit_gbp(overspend_gbp: Any, met_by_lines_gbp: Any, met_by_risk_pool_gbp: Any, met_by_uncommitted_gbp: Any) -> Any:
    """What nothing in the pool met, to the penny.

    >>> deficit_gbp(1_400_000.0, 300_000.0, 500_000.0, 250_000.0)
    350000.0
    """
    return to_pence(overspend_gbp - met_by_lines_gbp - met_by_risk_pool_gbp - met_by_uncommitted_gbp)


@fund.line("GBP", "Surplus of the pool", apart=total(line_year, "pro_rata_under_gbp", "year"))
def surplus_gbp(underspend_gbp: Any, met_by_lines_gbp: Any, uncommitted_gbp: Any, met_by_uncommitted_gbp: Any, apart: Any) -> Any:
    """Underspends and uncommitted money that nothing needed, to the penny; the risk pool is not part of it."""
    return to_pence(underspend_gbp - met_by_lines_gbp + uncommitted_gbp - met_by_uncommitted_gbp + apart)


@fund.line("GBP", "Recurrent budgets that money for one year pays", put_in=total(contribution_year, "recurrent_gbp", "year"), budgets=total(line_year, "recurrent_budget_gbp", "year"))  # fmt: skip
def recurrent_gap_gbp(put_in: Any, budgets: Any) -> Any:
    """What lines that are spent on every year have above the contributions that are put in every year."""
    return np.maximum(budgets - put_in, 0)


@fund.line(
    "GBP",
    "Check: contributions pay for lines, risk pool and uncommitted money",
    contributions=total(partner_year, "put_in_gbp", "year"),
    budgets=total(line_year, "line_budget_gbp", "year"),
)
def check_funding_gbp(contributions: Any, budgets: Any, risk_pool_added_gbp: Any, uncommitted_gbp: Any) -> Any:
    """Zero where every pound that is put in has a place."""
    return to_pence(contributions - budgets - risk_pool_added_gbp - uncommitted_gbp)


@fund.line(
    "GBP",
    "Check: partners bear the deficit",
    borne=total(partner_year, "deficit_part_gbp", "year"),
    beside=total(line_year, "beside_over_gbp", "year"),
)
def check_deficit_gbp(deficit_gbp: Any, borne: Any, beside: Any) -> Any:
    """Zero where what nothing in the pool met, and overspends of lines beside the waterfall, are borne by somebody."""
    return to_pence(deficit_gbp + beside - borne)


@fund.line(
    "GBP",
    "Check: partners have the surplus",
    parts=total(partner_year, "surplus_part_gbp", "year"),
    own=total(line_year, "own_under_gbp", "year"),
)
def check_surplus_gbp(surplus_gbp: Any, parts: Any, own: Any) -> Any:
    """Zero where every penny that is left is somebody's."""
    return to_pence(surplus_gbp + own - parts)


@fund.line(
    "GBP",
    "Check: every pound that comes in is spent, held or paid out",
    contributions=total(partner_year, "put_in_gbp", "year"),
    spent=total(line_year, "spent_gbp", "year"),
    carried=total(partner_year, "carried_gbp", "year"),
    used=total(partner_year, "from_held_gbp", "year"),
    received=total(partner_year, "received_gbp", "year"),
)
def check_cash_gbp(
    contributions: Any, spent: Any, risk_pool_added_gbp: Any, met_by_risk_pool_gbp: Any, carried: Any, used: Any, received: Any
) -> Any:
    """Zero where contributions less spend are what the risk pool and the partners' cash positions gain, and what partners receive.

    >>> check_cash_gbp(15_750_000.0, 16_100_000.0, 500_000.0, 500_000.0, 0.0, 0.0, -350_000.0)
    0.0
    """
    return to_pence(contributions - spent - (risk_pool_added_gbp - met_by_risk_pool_gbp) - (carried - used) - received)
