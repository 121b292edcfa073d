"""VAT that is not recovered, as a cost of the line whose contract it is on: NHS bodies, councils and companies recover under different rules.

VAT is the taxable part of a line's spend at its rate. How much of it is recovered follows from who holds the contract; what is not
recovered is paid to HM Revenue and Customs out of the line. What it would be if one kind of body held every contract is beside it.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from capmodel.algebra.functions import AMOUNTS, at_least, ratio, to_pence
from capmodel.algebra.links import lookup, prior, total
from capmodel.algebra.table import Table
from capmodel.care_budgets.pooled import LEDGER_SHEET, SHEET
from capmodel.care_budgets.pooled.tables import line_month, line_year

vat_kind = Table("pool_vat_kind", ("holder_kind",), "VAT that is recovered, by who holds a contract", SHEET)
vat_kind.input("vat_recoverable_share", "share", "VAT that is recovered")

vat_line = Table("pool_vat_line", ("fund_line", "year"), "VAT by line", SHEET, beside=("holder_kind",))
vat_line.input("vat_taxable_share", "share", "Spend on which VAT is charged")
vat_line.input("vat_rate_share", "share", "Rate of VAT")

vat_if = Table("pool_vat_if", ("holder_kind", "year"), "VAT that is not recovered if one kind of body held every contract", SHEET)
vat_month = Table("pool_vat_month", ("fund_line", "month", "year"), "VAT that is not recovered, by month", LEDGER_SHEET)

TABLES = (vat_kind, vat_line, vat_if)
MONTHLY = (vat_month,)


@vat_line.line("GBP", "VAT charged", net=lookup(line_year, "net_spend_gbp"))
def charged_gbp(net: Any, vat_taxable_share: Any, vat_rate_share: Any) -> Any:
    """The taxable part of the line's spend, which is stated without VAT, at the rate, to the penny.

    >>> charged_gbp(1_000_000.0, 0.5, 0.2)
    100000.0
    """
    return to_pence(net * vat_taxable_share * vat_rate_share)


@vat_line.line("GBP", "VAT recovered", recoverable=lookup(vat_kind, "vat_recoverable_share"))
def recovered_gbp(charged_gbp: Any, recoverable: Any) -> Any:
    """What whoever holds the contract gets back from HM Revenue and Customs, to the penny."""
    return to_pence(charged_gbp * recoverable)


@vat_line.line("GBP", "VAT not recovered")
def irrecoverable_gbp(charged_gbp: Any, recovered_gbp: Any) -> Any:
    """The cost that VAT is to the line.

    >>> irrecoverable_gbp(100_000.0, 30_000.0)
    70000.0
    """
    return charged_gbp - recovered_gbp


@vat_if.line(
    "GBP",
    "VAT not recovered if this kind of body held every contract",
    charged=total(vat_line, "charged_gbp", "year"),
    recoverable=lookup(vat_kind, "vat_recoverable_share"),
)
def if_held_gbp(charged: Any, recoverable: Any) -> Any:
    """What all VAT of the pool would cost under the rules of one kind of body: a new holder can lose what the old one recovers.

    >>> if_held_gbp(100_000.0, 0.0)
    100000.0
    """
    return to_pence(charged * (1 - recoverable))


@vat_month.line(
    "GBP",
    "VAT not recovered down to this month",
    so_far=lookup(line_month, "spend_so_far_gbp"),
    net=lookup(line_year, "net_spend_gbp"),
    year_vat=lookup(vat_line, "irrecoverable_gbp"),
)
def vat_so_far_gbp(so_far: Any, net: Any, year_vat: Any) -> Any:
    """The year's VAT as far as spend has come, to the penny."""
    share = ratio(so_far, net, otherwise=1, decimals=AMOUNTS)
    return np.where(at_least(share, 1), year_vat, to_pence(year_vat * share))


@vat_month.line("GBP", "VAT not recovered in the month", before=prior("vat_so_far_gbp", along=("month",)))
def month_vat_gbp(vat_so_far_gbp: Any, before: Any) -> Any:
    """What is paid to HM Revenue and Customs for the spend of the month."""
    return vat_so_far_gbp - before
