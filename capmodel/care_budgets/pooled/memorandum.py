"""The memorandum account of a pool: for each partner what it put in, its share of what was spent, what is held for it, and its cash.

Partners of a joint operation each book their share of spend, and the host shows cash: the account shows both. Cash is what the
ledger posts to and from the partner; it is held against what the waterfall says the partner pays and receives.
"""

from __future__ import annotations

from typing import Any

from capmodel.algebra.functions import pence_between, to_pence
from capmodel.algebra.links import lookup, prior, total
from capmodel.algebra.table import Table
from capmodel.care_budgets.pooled import SHEET
from capmodel.care_budgets.pooled.ledger import entry
from capmodel.care_budgets.pooled.tables import contribution_year, fund, line_year, partner_year

memorandum = Table("pool_memorandum", ("partner", "year"), "Memorandum account by partner", SHEET)
memorandum_year = Table("pool_memorandum_year", ("year",), "The memorandum account of all partners", SHEET)

TABLES = (memorandum, memorandum_year)


@memorandum.line("GBP", "Memorandum account: put in", lookup(partner_year, "put_in_gbp"))
def memo_put_in_gbp() -> Any:
    """All contributions of the partner."""


@memorandum.line("GBP", "Memorandum account: of it in kind", total(contribution_year, "kind_gbp", "year", owner="partner"))
def memo_kind_gbp() -> Any:
    """Staff, premises or services in place of cash."""


@memorandum.line("GBP", "Memorandum account: of it recurrent", total(contribution_year, "recurrent_gbp", "year", owner="partner"))
def memo_recurrent_gbp() -> Any:
    """What the partner puts in every year."""


@memorandum.line("GBP", "Memorandum account: of it ring-fenced", total(contribution_year, "fenced_gbp", "year", owner="partner"))
def memo_fenced_gbp() -> Any:
    """What may be spent on one line only."""


@memorandum.line(
    "GBP",
    "Part of what the risk pool gains, down to this partner",
    before=prior("risk_so_far_gbp", along=("partner",)),
    share=lookup(partner_year, "contribution_share"),
    added=lookup(fund, "risk_pool_added_gbp"),
    used=lookup(fund, "met_by_risk_pool_gbp"),
)
def risk_so_far_gbp(before: Any, share: Any, added: Any, used: Any) -> Any:
    """What the risk pool gains in the year by what partners put in; pennies are cut along it."""
    return before + share * (added - used)


@memorandum.line("GBP", "Part of what the risk pool gains", before=prior("risk_so_far_gbp", along=("partner",)))
def risk_part_gbp(risk_so_far_gbp: Any, before: Any) -> Any:
    """What the risk pool holds more at the end of the year, by what the partner puts in."""
    return pence_between(risk_so_far_gbp, before)


@memorandum.line(
    "GBP",
    "Memorandum account: share of what was spent",
    received=lookup(partner_year, "received_gbp"),
    carried=lookup(partner_year, "carried_gbp"),
    used=lookup(partner_year, "from_held_gbp"),
)
def spend_part_gbp(memo_put_in_gbp: Any, received: Any, carried: Any, used: Any, risk_part_gbp: Any) -> Any:
    """What the partner books as its spend: put in, less what it receives (plus what it pays), less what is held or set aside for it.

    >>> spend_part_gbp(11_812_500.0, -262_500.0, 0.0, 0.0, 0.0)
    12075000.0
    """
    return to_pence(memo_put_in_gbp - received - (carried - used) - risk_part_gbp)


@memorandum.line("GBP", "Memorandum account: held in the pool at the end of the year", lookup(partner_year, "held_gbp"))
def memo_held_gbp() -> Any:
    """What the partner has carried forward and not used."""


@memorandum.line("GBP", "Memorandum account: cash paid into the pool", total(entry, "entry_gbp", "year", from_account="cash_account"))
def cash_in_gbp() -> Any:
    """Every entry of the ledger from the partner."""


@memorandum.line("GBP", "Memorandum account: cash received from the pool", total(entry, "entry_gbp", "year", to_account="cash_account"))
def cash_out_gbp() -> Any:
    """Every entry of the ledger to the partner."""


@memorandum.line(
    "GBP",
    "Check: cash in the ledger is what the waterfall says",
    received=lookup(partner_year, "received_gbp"),
    stated_in=total(entry, "of_agreement_gbp", "year", from_account="cash_account"),
    stated_out=total(entry, "of_agreement_gbp", "year", to_account="cash_account"),
)
def check_cash_of_partner_gbp(
    memo_put_in_gbp: Any, memo_kind_gbp: Any, received: Any, cash_in_gbp: Any, cash_out_gbp: Any, stated_in: Any, stated_out: Any
) -> Any:
    """Zero where contributions in cash, less what the partner receives, are what it has paid net; entries of the agreement are beside it."""
    return to_pence(memo_put_in_gbp - memo_kind_gbp - received - (cash_in_gbp - stated_in) + (cash_out_gbp - stated_out))


@memorandum_year.line("GBP", "Shares of what was spent", total(memorandum, "spend_part_gbp", "year"))
def spend_parts_gbp() -> Any:
    """What all partners book."""


@memorandum_year.line("GBP", "Spent by all lines", total(line_year, "spent_gbp", "year"))
def lines_spent_gbp() -> Any:
    """What was paid out for care and VAT."""


@memorandum_year.line("GBP", "Check: partners book everything that was spent")
def check_spend_gbp(spend_parts_gbp: Any, lines_spent_gbp: Any) -> Any:
    """Zero where the partners' shares add up to the spend of the pool."""
    return to_pence(spend_parts_gbp - lines_spent_gbp)
