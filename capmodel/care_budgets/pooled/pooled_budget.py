"""A pooled budget under section 75: what over- and underspends of its lines cost or bring each partner, and who may claim a benefit.

An overspend is met in order: other lines' underspends, the risk pool, uncommitted money, then the partners by what they put in,
up to their limits, and the host the rest. An underspend: grants go back to their givers, partners that may carry forward do so up to
a limit, the rest is refunded. Section 75 of the National Health Service Act 2006; the order as in published agreements. What an agreement may say, and what is refused, is in `agreement`.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from capmodel.algebra.functions import AMOUNTS, pence_between, ratio, to_pence
from capmodel.algebra.links import lookup, prior, total
from capmodel.algebra.table import Table
from capmodel.care_budgets.pooled import SHEET

fund_line = Table("fund_line", ("fund_line",), "Lines of the pooled budget", SHEET)
fund_line.input("host_bears_flag", "flag", "The host alone bears an overspend of the line")
fund_line.input("returns_flag", "flag", "What is left of the line goes back to who gave it")

line_year = Table("line_year", ("fund_line", "year"), "Over- and underspends by line", SHEET)
line_year.input("line_budget_gbp", "GBP", "Budget of the line")
line_year.input("line_spend_gbp", "GBP", "Spend of the line")

fund = Table("fund", ("year",), "What meets an overspend, and what is left of an underspend", SHEET)
fund.input("risk_pool_added_gbp", "GBP", "Paid into the risk pool")
fund.input("uncommitted_gbp", "GBP", "Uncommitted money")

partner = Table("partner", ("partner",), "Terms by partner", SHEET)
partner.input("host_flag", "flag", "The partner hosts the pool")
partner.input("loss_limit_gbp", "GBP", "Most of an overspend the partner bears in a year")
partner.input("loss_limit_flag", "flag", "The limit applies")
partner.input("carry_limit_share", "share", "Most carried forward in a year, share of what the partner puts in (0: nothing may be)")

partner_year = Table("partner_year", ("partner", "year"), "Each partner's part", SHEET)
partner_year.input("contribution_gbp", "GBP", "Contribution")

benefit = Table("benefit", ("benefit", "year"), "Benefits and what is claimed of them", SHEET, beside=("owner",))
benefit.input("benefit_gbp", "GBP", "Benefit")

benefit_claim = Table("benefit_claim", ("benefit", "claim", "year"), "Claims on benefits", SHEET)
benefit_claim.input("claim_gbp", "GBP", "Claim")

TABLES = (fund_line, line_year, fund, partner, partner_year, benefit_claim, benefit)


@line_year.line("GBP", "Overspend the partners share", host_bears=lookup(fund_line, "host_bears_flag"))
def shared_over_gbp(line_budget_gbp: Any, line_spend_gbp: Any, host_bears: Any) -> Any:
    """Spend above the budget of a line whose risk is shared; zero on a line that the host bears.

    >>> shared_over_gbp(100.0, 130.0, np.array([0, 1])).tolist()
    [30.0, 0.0]
    """
    return np.maximum(line_spend_gbp - line_budget_gbp, 0) * (1 - host_bears)


@line_year.line("GBP", "Overspend the host bears", host_bears=lookup(fund_line, "host_bears_flag"))
def host_over_gbp(line_budget_gbp: Any, line_spend_gbp: Any, host_bears: Any) -> Any:
    """Spend above the budget of a line that the agreement marks as the host's risk."""
    return np.maximum(line_spend_gbp - line_budget_gbp, 0) * host_bears


@line_year.line("GBP", "Grant that goes back", returns=lookup(fund_line, "returns_flag"))
def grant_back_gbp(line_budget_gbp: Any, line_spend_gbp: Any, returns: Any) -> Any:
    """What is left of a line paid by a grant: it meets no other line's overspend.

    >>> grant_back_gbp(100.0, 80.0, np.array([0, 1])).tolist()
    [0.0, 20.0]
    """
    return np.maximum(line_budget_gbp - line_spend_gbp, 0) * returns


@line_year.line("GBP", "Underspend that stays in the pool")
def under_gbp(line_budget_gbp: Any, line_spend_gbp: Any, grant_back_gbp: Any) -> Any:
    """What is left of the line and may meet other lines' overspends."""
    return np.maximum(line_budget_gbp - line_spend_gbp, 0) - grant_back_gbp


@fund.line("GBP", "Overspend of all lines the partners share", total(line_year, "shared_over_gbp", "year"))
def overspend_gbp() -> Any:
    """What has to be met, before anything meets it."""


@fund.line("GBP", "Underspend of all lines", total(line_year, "under_gbp", "year"))
def underspend_gbp() -> Any:
    """What other lines have left, without grants that go back."""


@fund.line("GBP", "Met by other lines' underspends")
def met_by_lines_gbp(overspend_gbp: Any, underspend_gbp: Any) -> Any:
    """First, money that is in the pool already.

    >>> met_by_lines_gbp(1_400_000.0, 300_000.0).item()
    300000.0
    """
    return np.minimum(overspend_gbp, underspend_gbp)


@fund.line("GBP", "Risk pool available", before=prior("risk_pool_left_gbp"))
def risk_pool_gbp(before: Any, risk_pool_added_gbp: Any) -> Any:
    """What earlier years left of the risk pool, and what was paid in."""
    return before + risk_pool_added_gbp


@fund.line("GBP", "Met by the risk pool")
def met_by_risk_pool_gbp(overspend_gbp: Any, met_by_lines_gbp: Any, risk_pool_gbp: Any) -> Any:
    """Second, the money set aside for it.

    >>> met_by_risk_pool_gbp(700_000.0, 300_000.0, 500_000.0).item()
    400000.0
    """
    return np.minimum(overspend_gbp - met_by_lines_gbp, risk_pool_gbp)


@fund.line("GBP", "Risk pool left")
def risk_pool_left_gbp(risk_pool_gbp: Any, met_by_risk_pool_gbp: Any) -> Any:
    """It stays for the years that follow.

    >>> risk_pool_left_gbp(500_000.0, 400_000.0)
    100000.0
    """
    return risk_pool_gbp - met_by_risk_pool_gbp


@fund.line("GBP", "Met by uncommitted money")
def met_by_uncommitted_gbp(overspend_gbp: Any, met_by_lines_gbp: Any, met_by_risk_pool_gbp: Any, uncommitted_gbp: Any) -> Any:
    """Third, what no line was promised."""
    return np.minimum(overspend_gbp - met_by_lines_gbp - met_by_risk_pool_gbp, uncommitted_gbp)


@fund.line("GBP", "Left for the partners")
def deficit_gbp(overspend_gbp: Any, met_by_lines_gbp: Any, met_by_risk_pool_gbp: Any, met_by_uncommitted_gbp: Any) -> Any:
    """What nothing in the pool met, to the penny.

    >>> deficit_gbp(1_400_000.0, 300_000.0, 500_000.0, 250_000.0)
    350000.0
    """
    return to_pence(overspend_gbp - met_by_lines_gbp - met_by_risk_pool_gbp - met_by_uncommitted_gbp)


@fund.line("GBP", "Surplus of the pool")
def surplus_gbp(underspend_gbp: Any, met_by_lines_gbp: Any, uncommitted_gbp: Any, met_by_uncommitted_gbp: Any) -> Any:
    """Underspends and uncommitted money that nothing needed, to the penny; the risk pool is not part of it."""
    return to_pence(underspend_gbp - met_by_lines_gbp + uncommitted_gbp - met_by_uncommitted_gbp)


@partner_year.line("share", "Share of all contributions", all_partners=total(partner_year, "contribution_gbp", "year"))
def contribution_share(contribution_gbp: Any, all_partners: Any) -> Any:
    """What the partner puts in over what all put in.

    >>> contribution_share(3.0, 4.0).item()
    0.75
    """
    return ratio(contribution_gbp, all_partners, decimals=AMOUNTS)


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


@partner_year.line(
    "GBP",
    "Deficit borne, before rounding",
    is_host=lookup(partner, "host_flag"),
    beyond=total(partner_year, "beyond_limit_gbp", "year"),
    host_lines=total(line_year, "host_over_gbp", "year"),
)
def borne_gbp(by_contribution_gbp: Any, beyond_limit_gbp: Any, is_host: Any, beyond: Any, host_lines: Any) -> Any:
    """The part within the limit; for the host also what limits leave and the lines at its risk.

    >>> borne_gbp(np.array([450.0, 150.0]), np.array([0.0, 50.0]), np.array([1, 0]), 50.0, 0.0).tolist()
    [500.0, 100.0]
    """
    return by_contribution_gbp - beyond_limit_gbp + is_host * (beyond + host_lines)


@partner_year.line("GBP", "Deficit borne down to this partner", before=prior("borne_so_far_gbp", along=("partner",)))
def borne_so_far_gbp(before: Any, borne_gbp: Any) -> Any:
    """What partners down to this one bear; pennies are cut along it."""
    return before + borne_gbp


@partner_year.line("GBP", "Deficit borne", before=prior("borne_so_far_gbp", along=("partner",)))
def deficit_part_gbp(borne_so_far_gbp: Any, before: Any) -> Any:
    """The partner's part of the deficit, to the penny; all parts add up to it."""
    return pence_between(borne_so_far_gbp, before)


@partner_year.line("GBP", "Surplus by contribution", surplus=lookup(fund, "surplus_gbp"))
def surplus_by_contribution_gbp(contribution_share: Any, surplus: Any) -> Any:
    """The partner's part of what is left over, before rounding."""
    return contribution_share * surplus


@partner_year.line("GBP", "Surplus down to this partner", before=prior("surplus_so_far_gbp", along=("partner",)))
def surplus_so_far_gbp(before: Any, surplus_by_contribution_gbp: Any) -> Any:
    """What partners down to this one have of the surplus."""
    return before + surplus_by_contribution_gbp


@partner_year.line("GBP", "Part of the surplus", before=prior("surplus_so_far_gbp", along=("partner",)))
def surplus_part_gbp(surplus_so_far_gbp: Any, before: Any) -> Any:
    """The partner's part of the surplus, to the penny."""
    return pence_between(surplus_so_far_gbp, before)


@partner_year.line("GBP", "Carried forward", limit=lookup(partner, "carry_limit_share"))
def carried_gbp(surplus_part_gbp: Any, contribution_gbp: Any, limit: Any) -> Any:
    """The part of the surplus that stays in the pool for the partner, to the penny: councils may as a rule, NHS bodies may not.

    >>> carried_gbp(50_000.0, 1_000_000.0, np.array([0.02, 0.0])).tolist()
    [20000.0, 0.0]
    """
    return to_pence(np.minimum(surplus_part_gbp, limit * contribution_gbp))


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


@partner_year.line("GBP", "Grants returned", grants=total(line_year, "grant_back_gbp", "year", giver="partner"))
def grants_returned_gbp(grants: Any) -> Any:
    """What is left of the lines this partner pays by grant."""
    return to_pence(grants)


@partner_year.line("GBP", "Received at the end of the year (paid: minus)")
def received_gbp(refunded_gbp: Any, grants_returned_gbp: Any, deficit_part_gbp: Any, from_held_gbp: Any) -> Any:
    """Refunds and grants, less what the partner has still to pay.

    >>> received_gbp(0.0, 0.0, 262_500.0, 0.0)
    -262500.0
    """
    return to_pence(refunded_gbp + grants_returned_gbp - (deficit_part_gbp - from_held_gbp))


@fund.line(
    "GBP",
    "Check: contributions pay for lines, risk pool and uncommitted money",
    contributions=total(partner_year, "contribution_gbp", "year"),
    budgets=total(line_year, "line_budget_gbp", "year"),
)
def check_funding_gbp(contributions: Any, budgets: Any, risk_pool_added_gbp: Any, uncommitted_gbp: Any) -> Any:
    """Zero where every pound that is put in has a place."""
    return to_pence(contributions - budgets - risk_pool_added_gbp - uncommitted_gbp)


@fund.line(
    "GBP",
    "Check: partners bear the deficit",
    borne=total(partner_year, "deficit_part_gbp", "year"),
    host_lines=total(line_year, "host_over_gbp", "year"),
)
def check_deficit_gbp(deficit_gbp: Any, borne: Any, host_lines: Any) -> Any:
    """Zero where what nothing in the pool met is borne by somebody."""
    return to_pence(deficit_gbp + host_lines - borne)


@fund.line("GBP", "Check: partners have the surplus", parts=total(partner_year, "surplus_part_gbp", "year"))
def check_surplus_gbp(surplus_gbp: Any, parts: Any) -> Any:
    """Zero where every penny that is left is somebody's."""
    return to_pence(surplus_gbp - parts)


@fund.line(
    "GBP",
    "Check: every pound that comes in is spent, held or paid out",
    contributions=total(partner_year, "contribution_gbp", "year"),
    spent=total(line_year, "line_spend_gbp", "year"),
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


@benefit.line("GBP", "Claimed", total(benefit_claim, "claim_gbp", "benefit", "year"))
def claimed_gbp() -> Any:
    """What plans count on of this benefit: each pound may fund one commitment only."""


@benefit.line("GBP", "Not claimed")
def unclaimed_gbp(benefit_gbp: Any, claimed_gbp: Any) -> Any:
    """What may still be promised to somebody."""
    return np.maximum(benefit_gbp - claimed_gbp, 0)


@benefit.line("GBP", "Check: no more is claimed than there is")
def check_claims_gbp(benefit_gbp: Any, claimed_gbp: Any) -> Any:
    """Zero unless the same saving is counted more than once.

    >>> check_claims_gbp(1_000_000.0, 1_150_000.0)
    150000.0
    """
    return to_pence(np.maximum(claimed_gbp - benefit_gbp, 0))
