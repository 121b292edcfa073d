"""What each partner of a pool puts in, bears, has, carries forward, and receives or pays at the end of the year.

A shared deficit falls to partners by what they put in, up to their limits, and to the host the rest; lines beside the waterfall fall
to the host, to their owner or to all partners by what they put in. A surplus is carried forward with permission and refunded without.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from capmodel.algebra.functions import AMOUNTS, pence_between, ratio, to_pence
from capmodel.algebra.links import lookup, prior, total
from capmodel.care_budgets.pooled.pots import pot_year
from capmodel.care_budgets.pooled.tables import contribution_year, fund, line_year, partner, partner_year


@partner_year.line("GBP", "Put in", total(contribution_year, "amount_gbp", "year", owner="partner"))
def put_in_gbp() -> Any:
    """All contributions of the partner, in cash and in kind."""


@partner_year.line("share", "Share of all contributions", all_partners=total(partner_year, "put_in_gbp", "year"))
def contribution_share(put_in_gbp: Any, all_partners: Any) -> Any:
    """What the partner puts in over what all put in.

    >>> contribution_share(3.0, 4.0).item()
    0.75
    """
    return ratio(put_in_gbp, all_partners, decimals=AMOUNTS)


@partner_year.line("GBP", "Part of the deficit, by contribution", deficit=lookup(fund, "deficit_gbp"))
def by_contribution_gbp(contribution_share: Any, deficit: Any) -> Any:
    """The partner's part before any limit."""
    return contribution_share * deficit


@partner_year.line(
    "GBP",
    "Beyond the partner's limit",
    limit=lookup(partner, "loss_limit_gbp"),
    applies=lookup(partner, "loss_limit_flag"),
)
def beyond_limit_gbp(by_contribution_gbp: Any, limit: Any, applies: Any) -> Any:
    """What the partner does not bear; it falls to the host.

    >>> beyond_limit_gbp(150_000.0, 100_000.0, np.array([1, 0])).tolist()
    [50000.0, 0.0]
    """
    return np.maximum(by_contribution_gbp - limit, 0) * applies


@partner_year.line("GBP", "Part of lines shared up to limits", over=total(line_year, "to_limit_over_gbp", "year"))
def to_limit_part_gbp(contribution_share: Any, over: Any) -> Any:
    """The partner's part of overspends that are shared by contribution up to limits, before its limit."""
    return contribution_share * over


@partner_year.line(
    "GBP",
    "Beyond the partner's limit, of lines shared up to limits",
    limit=lookup(partner, "loss_limit_gbp"),
    applies=lookup(partner, "loss_limit_flag"),
)
def beyond_line_limit_gbp(
    to_limit_part_gbp: Any, by_contribution_gbp: Any, beyond_limit_gbp: Any, put_in_gbp: Any, limit: Any, applies: Any
) -> Any:
    """What is above the rest of the partner's limit, or above what it puts in where it states none; it falls to the host.

    >>> beyond_line_limit_gbp(300.0, 40.0, 0.0, 250.0, 100.0, np.array([1, 0])).tolist()
    [240.0, 50.0]
    """
    room = np.where(applies > 0, np.maximum(limit - (by_contribution_gbp - beyond_limit_gbp), 0), put_in_gbp)
    return np.maximum(to_limit_part_gbp - room, 0)


@partner_year.line(
    "GBP",
    "Part of lines beside the waterfall",
    own=total(line_year, "own_over_gbp", "year", line_owner="partner"),
    pro_rata=total(line_year, "pro_rata_over_gbp", "year"),
)
def beside_part_gbp(own: Any, pro_rata: Any, contribution_share: Any, to_limit_part_gbp: Any, beyond_line_limit_gbp: Any) -> Any:
    """Overspends of lines that the partner owns, and its part of those that all share by what they put in."""
    return own + contribution_share * pro_rata + (to_limit_part_gbp - beyond_line_limit_gbp)


@partner_year.line(
    "GBP",
    "Deficit borne, before rounding",
    is_host=lookup(partner, "host_flag"),
    beyond=total(partner_year, "beyond_limit_gbp", "year"),
    beyond_lines=total(partner_year, "beyond_line_limit_gbp", "year"),
    host_lines=total(line_year, "host_over_gbp", "year"),
)
def borne_gbp(
    by_contribution_gbp: Any, beyond_limit_gbp: Any, is_host: Any, beyond: Any, beyond_lines: Any, host_lines: Any, beside_part_gbp: Any
) -> Any:
    """The part within the limit and of lines beside the waterfall; for the host also what limits leave and the lines at its risk.

    >>> borne_gbp(np.array([450.0, 150.0]), np.array([0.0, 50.0]), np.array([1, 0]), 50.0, 0.0, 0.0, 0.0).tolist()
    [500.0, 100.0]
    """
    return by_contribution_gbp - beyond_limit_gbp + is_host * (beyond + beyond_lines + host_lines) + beside_part_gbp


@partner_year.line("GBP", "Deficit borne down to this partner", before=prior("borne_so_far_gbp", along=("partner",)))
def borne_so_far_gbp(before: Any, borne_gbp: Any) -> Any:
    """What partners down to this one bear; pennies are cut along it."""
    return before + borne_gbp


@partner_year.line("GBP", "Deficit borne", before=prior("borne_so_far_gbp", along=("partner",)))
def deficit_part_gbp(borne_so_far_gbp: Any, before: Any) -> Any:
    """The partner's part of the deficit, to the penny; all parts add up to it."""
    return pence_between(borne_so_far_gbp, before)


@partner_year.line(
    "GBP",
    "Surplus, before rounding",
    surplus=lookup(fund, "surplus_gbp"),
    own=total(line_year, "own_under_gbp", "year", line_owner="partner"),
)
def surplus_by_contribution_gbp(contribution_share: Any, surplus: Any, own: Any) -> Any:
    """The partner's part of the pool's surplus by what it puts in, and what is left of lines it owns."""
    return contribution_share * surplus + own


@partner_year.line("GBP", "Surplus down to this partner", before=prior("surplus_so_far_gbp", along=("partner",)))
def surplus_so_far_gbp(before: Any, surplus_by_contribution_gbp: Any) -> Any:
    """What partners down to this one have of the surplus."""
    return before + surplus_by_contribution_gbp


@partner_year.line("GBP", "Part of the surplus", before=prior("surplus_so_far_gbp", along=("partner",)))
def surplus_part_gbp(surplus_so_far_gbp: Any, before: Any) -> Any:
    """The partner's part of the surplus, to the penny."""
    return pence_between(surplus_so_far_gbp, before)


@partner_year.line("GBP", "Carried forward", limit=lookup(partner, "carry_limit_share"))
def carried_gbp(surplus_part_gbp: Any, put_in_gbp: Any, limit: Any) -> Any:
    """The part of the surplus that stays in the pool for the partner, to the penny: councils may as a rule, NHS bodies may not.

    >>> carried_gbp(50_000.0, 1_000_000.0, np.array([0.02, 0.0])).tolist()
    [20000.0, 0.0]
    """
    return to_pence(np.minimum(surplus_part_gbp, limit * put_in_gbp))


@partner_year.line("GBP", "Refunded")
def refunded_gbp(surplus_part_gbp: Any, carried_gbp: Any) -> Any:
    """The rest of the surplus, paid back."""
    return surplus_part_gbp - carried_gbp


@partner_year.line("GBP", "Paid from what was carried forward", held=prior("held_gbp"))
def from_held_gbp(deficit_part_gbp: Any, held: Any) -> Any:
    """A deficit is met first from what the partner holds in the pool of earlier years."""
    return np.minimum(deficit_part_gbp, held)


@partner_year.line("GBP", "Held in the pool for the partner", held=prior("held_gbp"))
def held_gbp(held: Any, from_held_gbp: Any, carried_gbp: Any) -> Any:
    """What the partner has carried forward and not used.

    >>> held_gbp(20_000.0, 5_000.0, 0.0)
    15000.0
    """
    return held - from_held_gbp + carried_gbp


@partner_year.line(
    "GBP",
    "Grants returned",
    grants=total(line_year, "grant_back_gbp", "year", giver="partner"),
    fenced=total(contribution_year, "back_gbp", "year", owner="partner"),
    pots=total(pot_year, "unearned_pot_gbp", "year", giver="partner"),
)
def grants_returned_gbp(grants: Any, fenced: Any, pots: Any) -> Any:
    """What is left of the lines this partner pays by grant and of what it ring-fenced, and what was not earned of its pots."""
    return to_pence(grants + fenced + pots)


@partner_year.line("GBP", "Called from the partner")
def called_gbp(deficit_part_gbp: Any, from_held_gbp: Any) -> Any:
    """What the partner has still to pay of the deficit, in cash."""
    return deficit_part_gbp - from_held_gbp


@partner_year.line("GBP", "Received at the end of the year (paid: minus)")
def received_gbp(refunded_gbp: Any, grants_returned_gbp: Any, called_gbp: Any) -> Any:
    """Refunds and grants, less what the partner has still to pay.

    >>> received_gbp(0.0, 0.0, 262_500.0)
    -262500.0
    """
    return to_pence(refunded_gbp + grants_returned_gbp - called_gbp)
