"""The double-entry ledger of a pool: every pound goes from one account to another in a month, and all balances add up to zero at every date.

Contributions come in, money is allocated to lines, lines pay for care and VAT, and at the end of the year what is left or short is
settled as the waterfall says. Entries that an agreement states stand beside those. The ledger is posted from the flows alone: that
each account of the pool ends the year with what the waterfall leaves in it is a check of the one by the other.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from capmodel.algebra.functions import AMOUNTS, above, at_least, to_pence
from capmodel.algebra.links import Link, lookup, prior, total
from capmodel.algebra.table import Table
from capmodel.care_budgets.pooled import LEDGER_SHEET
from capmodel.care_budgets.pooled.tables import contribution_year, fund, line_month, line_year, partner_year
from capmodel.care_budgets.pooled.vat import vat_month

reserve = Table("pool_reserve", ("reserve", "year"), "Risk pool and uncommitted money in the ledger", LEDGER_SHEET)
reserve.input("reserve_risk_pool_flag", "flag", "The risk pool", internal=True)

stated_entry = Table("pool_stated_entry", ("entry", "month", "year"), "Entries that the agreement states", LEDGER_SHEET)
stated_entry.input("pool_stated_entry_gbp", "GBP", "Amount of the entry")

entry = Table("pool_entry", ("entry", "month", "year"), "Entries of the ledger", LEDGER_SHEET, beside=("from_account", "to_account"))
entry.input("entry_due_share", "share", "Part of the year's amount that is due by the end of the month", internal=True)

account_month = Table("pool_account_month", ("account", "month", "year"), "Accounts by month", LEDGER_SHEET)
account_year = Table("pool_account_year", ("account", "year"), "Accounts by year", LEDGER_SHEET)
account_year.input("account_inside_flag", "flag", "The account is part of the pool", internal=True)
account_year.input("account_holds_risk_pool_flag", "flag", "The account holds the risk pool", internal=True)
trial = Table("pool_trial_balance", ("month", "year"), "Trial balance at the end of each month", LEDGER_SHEET)
pool_month = Table("pool_month", ("month", "year"), "The pool by month", LEDGER_SHEET)

TABLES = (reserve, stated_entry, entry, account_year, account_month, trial, pool_month)


def _without_noise(amount: Any) -> Any:
    """A sum to five decimals: programs add long sums in different orders, and a balance of pennies would show it."""
    return to_pence(amount * 1000) / 1000


@reserve.line("GBP", "Set aside", risk=lookup(fund, "risk_pool_added_gbp"), free=lookup(fund, "uncommitted_gbp"))
def set_aside_gbp(risk: Any, free: Any, reserve_risk_pool_flag: Any) -> Any:
    """What is put into the risk pool, or held without being committed."""
    return np.where(reserve_risk_pool_flag > 0, risk, free)


@reserve.line("GBP", "Released", risk=lookup(fund, "met_by_risk_pool_gbp"), free=lookup(fund, "uncommitted_gbp"))
def released_gbp(risk: Any, free: Any, reserve_risk_pool_flag: Any) -> Any:
    """What the risk pool meets; uncommitted money is released whole, to meet an overspend or as surplus."""
    return np.where(reserve_risk_pool_flag > 0, risk, free)


#: What the amount of an entry is read from, by the column of `entry` that says whose it is.
_SOURCES: dict[str, Link] = {
    "contributed": total(contribution_year, "amount_gbp", "year", contribution="of_contribution"),
    "allocated": total(line_year, "available_gbp", "year", fund_line="of_allocation"),
    "left": total(line_year, "left_gbp", "year", fund_line="of_left"),
    "over": total(line_year, "over_gbp", "year", fund_line="of_over"),
    "set_aside": total(reserve, "set_aside_gbp", "year", reserve="of_set_aside"),
    "released": total(reserve, "released_gbp", "year", reserve="of_released"),
    "refunded": total(partner_year, "refunded_gbp", "year", partner="of_refund"),
    "grants": total(partner_year, "grants_returned_gbp", "year", partner="of_grant"),
    "called": total(partner_year, "called_gbp", "year", partner="of_call"),
    "carried": total(partner_year, "carried_gbp", "year", partner="of_carried"),
    "used": total(partner_year, "from_held_gbp", "year", partner="of_used"),
}
#: The columns of `entry` that say whose amount it is; one of them names somebody, the others nobody.
OF = (*(link.on[-1][1] for link in _SOURCES.values() if hasattr(link, "on")), "of_spend", "of_vat", "of_stated")


@entry.line("GBP", "Amount of the year", **_SOURCES)
def entry_year_gbp(
    contributed: Any,
    allocated: Any,
    left: Any,
    over: Any,
    set_aside: Any,
    released: Any,
    refunded: Any,
    grants: Any,
    called: Any,
    carried: Any,
    used: Any,
) -> Any:
    """What is posted over the year; an entry is of one kind, and every other amount is zero."""
    put_in = contributed + allocated + set_aside
    settled = left + over + released + refunded + grants + called + carried + used
    return put_in + settled


@entry.line("GBP", "Due by the end of the month")
def due_gbp(entry_year_gbp: Any, entry_due_share: Any) -> Any:
    """The year's amount cut by month, to the penny, and in the last month exactly what is left.

    >>> due_gbp(100.0, np.array([1 / 12, 2 / 12, 1.0])).tolist()
    [8.33, 16.67, 100.0]
    """
    return np.where(at_least(entry_due_share, 1), entry_year_gbp, to_pence(entry_year_gbp * entry_due_share))


@entry.line("GBP", "Spend of the month", total(line_month, "month_spend_gbp", "month", "year", fund_line="of_spend"))
def entry_spend_gbp() -> Any:
    """What a line pays for care in the month; zero where the entry is of another kind."""


@entry.line("GBP", "VAT of the month that is not recovered", total(vat_month, "month_vat_gbp", "month", "year", fund_line="of_vat"))
def entry_vat_gbp() -> Any:
    """What a line pays to HM Revenue and Customs in the month; zero where the entry is of another kind."""


@entry.line(
    "GBP",
    "Entry",
    before=prior("due_gbp", along=("month",)),
    stated=total(stated_entry, "pool_stated_entry_gbp", "month", "year", entry="of_stated"),
)
def entry_gbp(due_gbp: Any, before: Any, entry_spend_gbp: Any, entry_vat_gbp: Any, stated: Any) -> Any:
    """What goes from one account to the other in the month."""
    return due_gbp - before + entry_spend_gbp + entry_vat_gbp + stated


@entry.line("GBP", "Of it stated by the agreement", total(stated_entry, "pool_stated_entry_gbp", "month", "year", entry="of_stated"))
def of_agreement_gbp() -> Any:
    """Entries that stand beside those which follow from the terms."""


@account_year.line(
    "GBP",
    "Received and paid in the year",
    received=total(entry, "entry_gbp", "year", to_account="account"),
    paid=total(entry, "entry_gbp", "year", from_account="account"),
)
def year_moved_gbp(received: Any, paid: Any) -> Any:
    """What came into the account, less what went out of it."""
    return _without_noise(received) - _without_noise(paid)


@account_year.line("GBP", "Balance at the start of the year", prior("closing_balance_gbp"))
def opening_balance_gbp() -> Any:
    """What the year before left."""


@account_year.line("GBP", "Ledger: balance of the account at the end of the year, since the first year")
def closing_balance_gbp(opening_balance_gbp: Any, year_moved_gbp: Any) -> Any:
    """What the account holds when the year ends; minus is an account outside the pool that has paid in."""
    return _without_noise(opening_balance_gbp + year_moved_gbp)


@account_year.line(
    "GBP",
    "Stated entries down to this year",
    before=prior("stated_so_far_gbp"),
    received=total(entry, "of_agreement_gbp", "year", to_account="account"),
    paid=total(entry, "of_agreement_gbp", "year", from_account="account"),
)
def stated_so_far_gbp(before: Any, received: Any, paid: Any) -> Any:
    """What entries of the agreement have moved, which the waterfall does not know."""
    return before + received - paid


@account_year.line(
    "GBP",
    "Check: the account holds what the waterfall leaves in it",
    risk=lookup(fund, "risk_pool_left_gbp"),
    held=total(partner_year, "held_gbp", "year", partner="held_for"),
)
def check_account_gbp(
    closing_balance_gbp: Any, stated_so_far_gbp: Any, risk: Any, held: Any, account_holds_risk_pool_flag: Any, account_inside_flag: Any
) -> Any:
    """Zero where the risk pool has what is left of it, partners what they carried forward, and every other account of the pool nothing.

    >>> check_account_gbp(100_000.0, 0.0, 100_000.0, 0.0, 1.0, 1.0)
    0.0
    """
    return to_pence((closing_balance_gbp - stated_so_far_gbp - risk * account_holds_risk_pool_flag - held) * account_inside_flag)


@account_month.line("GBP", "Received in the month", entries=total(entry, "entry_gbp", "month", "year", to_account="account"))
def received_in_month_gbp(entries: Any) -> Any:
    """Every entry of the month to the account."""
    return _without_noise(entries)


@account_month.line("GBP", "Paid in the month", entries=total(entry, "entry_gbp", "month", "year", from_account="account"))
def paid_in_month_gbp(entries: Any) -> Any:
    """Every entry of the month from the account."""
    return _without_noise(entries)


@account_month.line("GBP", "Moved down to this month", before=prior("moved_so_far_gbp", along=("month",)))
def moved_so_far_gbp(before: Any, received_in_month_gbp: Any, paid_in_month_gbp: Any) -> Any:
    """What the account has gained since the start of the year."""
    return _without_noise(before + received_in_month_gbp - paid_in_month_gbp)


@account_month.line("GBP", "Balance at the end of the month", opening=lookup(account_year, "opening_balance_gbp"))
def balance_gbp(opening: Any, moved_so_far_gbp: Any) -> Any:
    """Plus is money that came in; an account outside the pool that has paid in is minus."""
    return _without_noise(opening + moved_so_far_gbp)


@trial.line("GBP", "Balances above zero", total(account_month, "balance_above_gbp", "month", "year"))
def above_zero_gbp() -> Any:
    """What accounts hold that have received more than they paid."""


@account_month.line("GBP", "Balance above zero")
def balance_above_gbp(balance_gbp: Any) -> Any:
    """The balance of an account that has received more than it paid."""
    return np.maximum(balance_gbp, 0)


@trial.line("GBP", "Balances below zero", every=total(account_month, "balance_gbp", "month", "year"))
def below_zero_gbp(every: Any, above_zero_gbp: Any) -> Any:
    """What accounts have paid that have paid more than they received, with a minus."""
    return every - above_zero_gbp


@trial.line("GBP", "Check: all balances add up to zero")
def check_trial_gbp(above_zero_gbp: Any, below_zero_gbp: Any) -> Any:
    """Zero where every entry has reached two accounts.

    >>> check_trial_gbp(250.0, -250.0)
    0.0
    """
    return to_pence(above_zero_gbp + below_zero_gbp)


@pool_month.line("GBP", "Budget of all lines", total(entry, "of_allocation_gbp", "month", "year"))
def allocated_in_month_gbp() -> Any:
    """What is allocated to lines in the month."""


@pool_month.line("GBP", "Spend of all lines, as it is in or forecast", total(entry, "of_spend_gbp", "month", "year"))
def spent_in_month_gbp() -> Any:
    """What lines pay in the month for care, and for VAT that is not recovered."""


@pool_month.line("GBP", "Held in the pool at the end of the month", inside=total(account_month, "balance_inside_gbp", "month", "year"))
def held_in_pool_gbp(inside: Any) -> Any:
    """The balances of all accounts of the pool, in cash and in kind."""
    return _without_noise(inside)


@account_month.line("GBP", "Balance of an account of the pool", inside=lookup(account_year, "account_inside_flag"))
def balance_inside_gbp(balance_gbp: Any, inside: Any) -> Any:
    """The balance, if the account is part of the pool."""
    return balance_gbp * inside


@entry.line("GBP", "Of it spend")
def of_spend_gbp(entry_spend_gbp: Any, entry_vat_gbp: Any) -> Any:
    """What is paid out of a line."""
    return entry_spend_gbp + entry_vat_gbp


@entry.line("GBP", "Of it allocation", allocated=_SOURCES["allocated"])
def of_allocation_gbp(entry_gbp: Any, allocated: Any) -> Any:
    """What is allocated to a line; an entry of another kind allocates nothing."""
    return np.where(above(allocated, 0, AMOUNTS), entry_gbp, 0)
