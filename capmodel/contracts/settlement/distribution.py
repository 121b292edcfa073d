"""Distribution keys: how the providers' share of a pool is divided among them.

A key is made of parts, each dividing a share of the providers' money by the product of its factors: equal parts, income,
or weights that the contract states (equity, performance, investment need, falls of budget). A part may be kept whole for
one party, such as a fund for reinvestment.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from capmodel.algebra.functions import AMOUNTS, ratio
from capmodel.algebra.links import lookup, prior, total
from capmodel.algebra.table import Table
from capmodel.care_budgets.year_of_care import party_budget
from capmodel.contracts.settlement.target import SHEET

key_part = Table("key_part", ("key_part",), "Parts of the distribution key", SHEET)
key_part.input("key_part_share", "share", "Share of the providers' money divided by this part")

key_factor = Table("key_factor", ("key_part", "party", "factor", "year"), "Factors of the distribution key", SHEET)
key_factor.input("factor_weight_number", "number", "Weight")
key_factor.input("factor_is_income_flag", "flag", "The weight is the party's income", internal=True)

key_member = Table("key_member", ("key_part", "party", "year"), "Each party's part of the key", SHEET)

key_party = Table("key_party", ("party", "year"), "Each party's share of the providers' money", SHEET)

TABLES = (key_part, key_factor, key_member, key_party)


@key_factor.line(
    "share", "Share of all income", income=lookup(party_budget, "income_gbp"), of_all=total(party_budget, "income_gbp", "year")
)
def income_share(income: Any, of_all: Any) -> Any:
    """The party's income as a share of everyone's."""
    return ratio(income, of_all, decimals=AMOUNTS)


@key_factor.line("number", "Weight, with the factors before it", before=prior("product_number", first=1, along=("factor",)))
def product_number(before: Any, factor_weight_number: Any, factor_is_income_flag: Any, income_share: Any) -> Any:
    """The product of the part's factors so far.

    >>> round(product_number(0.6, 0.0, 1, 0.3).item(), 4)
    0.18
    """
    return before * np.where(factor_is_income_flag > 0, income_share, factor_weight_number)


@key_member.line("number", "Weight of the party", weight=lookup(key_factor, "product_number", factor="last_factor"))
def member_number(weight: Any) -> Any:
    """The party's weight in this part: the product of its factors."""
    return weight


@key_member.line(
    "share",
    "Share of the providers' money by this part",
    of_key=lookup(key_part, "key_part_share"),
    weights=total(key_member, "member_number", "key_part", "year"),
)
def member_share(member_number: Any, of_key: Any, weights: Any) -> Any:
    """The party's weight over all weights of the part, times the part's share of the money.

    >>> round(member_share(0.18, 1.0, 0.72).item(), 4)
    0.25
    """
    return of_key * ratio(member_number, weights)


@key_party.line("share", "Share of the providers' money", parts=total(key_member, "member_share", "party", "year"))
def key_share(parts: Any) -> Any:
    """What the party has of every pound that is distributed among providers; zero where it is not one of them."""
    return parts
