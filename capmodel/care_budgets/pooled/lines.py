"""Over- and underspends of each line, and by its variance rule who they fall to: the waterfall, the host, its owner, or all by contribution.

What is spent is in `spend_by_month`, what meets a shared overspend in `waterfall`, what each partner bears and has in `partners`.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from capmodel.algebra.links import lookup, total
from capmodel.care_budgets.pooled.pots import pot_year
from capmodel.care_budgets.pooled.tables import contribution_year, fund_line, line_year
from capmodel.care_budgets.pooled.vat import vat_line


@fund_line.line("flag", "The line is beside the waterfall")
def beside_flag(host_bears_flag: Any, fund_own_risk_flag: Any, fund_pro_rata_flag: Any, fund_to_limit_flag: Any) -> Any:
    """The host, an owner or all partners by contribution bear its overspend; the pool's own money does not meet it."""
    return host_bears_flag + fund_own_risk_flag + fund_pro_rata_flag + fund_to_limit_flag


@fund_line.line("flag", "What is left of the line meets no other line's overspend")
def kept_apart_flag(fund_own_risk_flag: Any, fund_pro_rata_flag: Any, fund_to_limit_flag: Any) -> Any:
    """What is left is its owner's, or all partners' by contribution."""
    return fund_own_risk_flag + fund_pro_rata_flag + fund_to_limit_flag


@line_year.line("GBP", "Withheld from the line and not earned", total(pot_year, "unearned_pot_gbp", "fund_line", "year"))
def pot_unearned_gbp() -> Any:
    """The part of performance pots that the line does not have, since their outcomes were not met."""


@line_year.line("GBP", "Allocated to the line")
def available_gbp(line_budget_gbp: Any, pot_unearned_gbp: Any) -> Any:
    """The budget, without what was withheld of it and not earned."""
    return line_budget_gbp - pot_unearned_gbp


@line_year.line("GBP", "VAT of the line that is not recovered", total(vat_line, "irrecoverable_gbp", "fund_line", "year"))
def line_vat_gbp() -> Any:
    """A cost of the line, by who holds its contract."""


@line_year.line("GBP", "Spend of the line, with VAT that is not recovered")
def spent_gbp(net_spend_gbp: Any, line_vat_gbp: Any) -> Any:
    """Everything that is paid out for the line."""
    return net_spend_gbp + line_vat_gbp


@line_year.line("GBP", "Overspend")
def over_gbp(available_gbp: Any, spent_gbp: Any) -> Any:
    """Spend above what is allocated to the line."""
    return np.maximum(spent_gbp - available_gbp, 0)


@line_year.line("GBP", "Underspend")
def left_gbp(available_gbp: Any, spent_gbp: Any) -> Any:
    """What is allocated to the line and not spent."""
    return np.maximum(available_gbp - spent_gbp, 0)


@line_year.line("GBP", "Overspend the partners share", beside=lookup(fund_line, "beside_flag"))
def shared_over_gbp(over_gbp: Any, beside: Any) -> Any:
    """Spend above the budget of a line whose risk is shared through the waterfall; zero on any other line.

    >>> shared_over_gbp(30.0, np.array([0, 1])).tolist()
    [30.0, 0.0]
    """
    return over_gbp * (1 - beside)


@line_year.line("GBP", "Overspend the host bears", host_bears=lookup(fund_line, "host_bears_flag"))
def host_over_gbp(over_gbp: Any, host_bears: Any) -> Any:
    """Spend above the budget of a line that the agreement marks as the host's risk."""
    return over_gbp * host_bears


@line_year.line("GBP", "Overspend its owner bears", own_risk=lookup(fund_line, "fund_own_risk_flag"))
def own_over_gbp(over_gbp: Any, own_risk: Any) -> Any:
    """Spend above the budget of a line that one partner owns."""
    return over_gbp * own_risk


@line_year.line("GBP", "Overspend shared by contribution", pro_rata=lookup(fund_line, "fund_pro_rata_flag"))
def pro_rata_over_gbp(over_gbp: Any, pro_rata: Any) -> Any:
    """Spend above the budget of a line that partners share by what they put in, without limit."""
    return over_gbp * pro_rata


@line_year.line("GBP", "Overspend shared by contribution up to limits", to_limit=lookup(fund_line, "fund_to_limit_flag"))
def to_limit_over_gbp(over_gbp: Any, to_limit: Any) -> Any:
    """Spend above the budget of a line that partners share by what they put in, each up to its limit."""
    return over_gbp * to_limit


@line_year.line("GBP", "Ring-fenced to the line", total(contribution_year, "fenced_gbp", "year", ring_fenced_to="fund_line"))
def line_fenced_gbp() -> Any:
    """Contributions that may be spent on this line only."""


@line_year.line("GBP", "Ring-fenced and not spent")
def fence_unspent_gbp(line_fenced_gbp: Any, spent_gbp: Any, left_gbp: Any) -> Any:
    """What the line leaves of contributions that are ring-fenced to it, which are spent first.

    >>> fence_unspent_gbp(60.0, 45.0, 55.0).item(), fence_unspent_gbp(60.0, 80.0, 20.0).item()
    (15.0, 0.0)
    """
    return np.minimum(np.minimum(np.maximum(line_fenced_gbp - spent_gbp, 0), line_fenced_gbp), left_gbp)


@line_year.line("GBP", "Grant that goes back", returns=lookup(fund_line, "returns_flag"))
def grant_back_gbp(left_gbp: Any, returns: Any, fence_unspent_gbp: Any) -> Any:
    """What is left of a line paid by a grant, or of contributions ring-fenced to it: it meets no other line's overspend.

    >>> grant_back_gbp(20.0, np.array([0, 1]), 0.0).tolist()
    [0.0, 20.0]
    """
    return left_gbp * returns + fence_unspent_gbp


@line_year.line("GBP", "Underspend its owner has", own_risk=lookup(fund_line, "fund_own_risk_flag"))
def own_under_gbp(left_gbp: Any, grant_back_gbp: Any, own_risk: Any) -> Any:
    """What is left of a line that one partner owns."""
    return (left_gbp - grant_back_gbp) * own_risk


@line_year.line(
    "GBP",
    "Underspend shared by contribution",
    apart=lookup(fund_line, "kept_apart_flag"),
)
def pro_rata_under_gbp(left_gbp: Any, grant_back_gbp: Any, own_under_gbp: Any, apart: Any) -> Any:
    """What is left of a line that partners share by what they put in: it meets no other line's overspend."""
    return (left_gbp - grant_back_gbp) * apart - own_under_gbp


@line_year.line("GBP", "Underspend that stays in the pool", apart=lookup(fund_line, "kept_apart_flag"))
def under_gbp(left_gbp: Any, grant_back_gbp: Any, apart: Any) -> Any:
    """What is left of the line and may meet other lines' overspends."""
    return (left_gbp - grant_back_gbp) * (1 - apart)


@line_year.line("GBP", "Overspend beside the waterfall")
def beside_over_gbp(over_gbp: Any, shared_over_gbp: Any) -> Any:
    """What the host, an owner or all partners by contribution bear, without the pool's own money."""
    return over_gbp - shared_over_gbp


@line_year.line("GBP", "Budget of a line that is spent on every year", recurrent=lookup(fund_line, "fund_recurrent_flag"))
def recurrent_budget_gbp(line_budget_gbp: Any, recurrent: Any) -> Any:
    """The budget, if the line is a recurrent one."""
    return line_budget_gbp * recurrent
