"""What partners put into a pool, contribution by contribution: amounts by year or from an indexed base, in cash or in kind.

A contribution may be ring-fenced to a line: it is spent first, and what the line does not spend of it goes back to its owner. A
partner that states one contribution has one row here. What the lines spend is in `lines`, the waterfall in `waterfall`.
"""

from __future__ import annotations

from typing import Any

from capmodel.algebra.functions import AMOUNTS, pence_between, ratio, to_pence
from capmodel.algebra.links import lookup, prior, total
from capmodel.algebra.table import Table
from capmodel.care_budgets.pooled import SHEET
from capmodel.care_budgets.pooled.tables import contribution, contribution_year, line_year, partner_year

growth = Table("pool_contribution_growth", ("contribution", "year"), "Contributions from an indexed base", SHEET)
growth.input("contribution_base_gbp", "GBP", "Contribution of the base year")
growth.input("contribution_growth_share", "share", "Growth a year from the base year")
growth.input("contribution_since_base_number", "number", "Years since the base year", internal=True)
growth.input("contribution_year_index", "index", "Index of the year")
growth.input("contribution_base_index", "index", "Index of the base year")


@growth.line("GBP", "Contribution of the base year, indexed")
def indexed_gbp(
    contribution_base_gbp: Any,
    contribution_growth_share: Any,
    contribution_since_base_number: Any,
    contribution_year_index: Any,
    contribution_base_index: Any,
) -> Any:
    """The base year's amount raised by the growth of each year since, or by the index of the year over that of the base year, to the penny.

    >>> indexed_gbp(1_000_000.0, 0.02, 2.0, 1.0, 1.0), indexed_gbp(1_000_000.0, 0.0, 2.0, 104.2, 100.0)
    (1040400.0, 1042000.0)
    """
    return to_pence(
        contribution_base_gbp
        * (1 + contribution_growth_share) ** contribution_since_base_number
        * ratio(contribution_year_index, contribution_base_index)
    )


@contribution_year.line(
    "GBP",
    "Contribution of the year",
    whole=total(partner_year, "contribution_gbp", "year", partner="whole_of"),
    indexed=total(growth, "indexed_gbp", "contribution", "year"),
)
def amount_gbp(contribution_stated_gbp: Any, whole: Any, indexed: Any) -> Any:
    """What is put in: the one contribution that a partner states, an amount stated for the year, or an indexed one."""
    return contribution_stated_gbp + whole + indexed


@contribution_year.line("GBP", "Of it in kind", in_kind=lookup(contribution, "contribution_in_kind_flag"))
def kind_gbp(amount_gbp: Any, in_kind: Any) -> Any:
    """Staff, premises or services in place of cash: they count as put in, and no cash is paid for them."""
    return amount_gbp * in_kind


@contribution_year.line("GBP", "Of it recurrent", recurrent=lookup(contribution, "contribution_recurrent_flag"))
def recurrent_gbp(amount_gbp: Any, recurrent: Any) -> Any:
    """What is put in every year; the rest is for this year only."""
    return amount_gbp * recurrent


@contribution_year.line("GBP", "Of it ring-fenced", fenced=lookup(contribution, "contribution_ring_fenced_flag"))
def fenced_gbp(amount_gbp: Any, fenced: Any) -> Any:
    """What of the contribution may be spent on one line only."""
    return amount_gbp * fenced


@contribution_year.line(
    "GBP",
    "Ring-fenced and not spent, before rounding",
    unspent=total(line_year, "fence_unspent_gbp", "year", fund_line="ring_fenced_to"),
    of_all=total(line_year, "line_fenced_gbp", "year", fund_line="ring_fenced_to"),
)
def unspent_gbp(fenced_gbp: Any, unspent: Any, of_all: Any) -> Any:
    """The contribution's part of what its line leaves of all that is ring-fenced to it.

    >>> unspent_gbp(60.0, 20.0, 80.0).item()
    15.0
    """
    return ratio(fenced_gbp, of_all, decimals=AMOUNTS) * unspent


@contribution_year.line("GBP", "Not spent down to this contribution", before=prior("unspent_so_far_gbp", along=("contribution",)))
def unspent_so_far_gbp(before: Any, unspent_gbp: Any) -> Any:
    """What contributions down to this one leave; pennies are cut along it."""
    return before + unspent_gbp


@contribution_year.line("GBP", "Goes back to its owner", before=prior("unspent_so_far_gbp", along=("contribution",)))
def back_gbp(unspent_so_far_gbp: Any, before: Any) -> Any:
    """What is left of a ring-fenced contribution, to the penny; it meets no other line's overspend."""
    return pence_between(unspent_so_far_gbp, before)


TABLES = (growth, contribution, contribution_year)
