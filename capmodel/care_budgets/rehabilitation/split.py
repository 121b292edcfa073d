"""The split of a spell's tariff at the clinical split point: bed days after it are paid at a price a day, the acute part is the rest.

Up to the split point a patient needs acute care; after it payment follows the bed day to whoever provides recovery, rehabilitation and
reablement (RRR). Acute part = tariff less RRR days at their price. Where the days cost more than the tariff, the acute part is zero and
the RRR part is the tariff, so that the total is conserved; what is left unpaid has a line of its own. Source: the Year of Care
commissioning programme, which unbundled the back end of a hospital stay.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from capmodel.algebra.functions import AMOUNTS, above, pence_between, to_pence
from capmodel.algebra.links import lookup, prior, total
from capmodel.algebra.table import Table
from capmodel.care_budgets.rehabilitation import SHEET

GROUP, LENGTH, PARTY = "rehabilitation_group", "length_of_stay", "rehabilitation_party"

point = Table("rehabilitation_point", (GROUP,), "Split point", SHEET)
point.input("rehabilitation_split_number", "number", "Clinical split point, days of the stay")

length = Table("rehabilitation_length", (LENGTH,), "Lengths of stay", SHEET)
length.input("rehabilitation_days_number", "number", "Days of the stay")

price = Table("rehabilitation_price", (GROUP, "year"), "Tariff and price of a bed day", SHEET)
price.input("rehabilitation_tariff_gbp", "GBP", "Tariff of a spell")
price.input("rehabilitation_day_gbp", "GBP", "Price of an RRR bed day")

stay = Table("rehabilitation_stay", (GROUP, LENGTH, "year"), "Spells by length of stay", SHEET)
stay.input("rehabilitation_spells_number", "number", "Spells")

group = Table("rehabilitation_group_year", (GROUP, "year"), "The split by group", SHEET, beside=("acute_provider", "payer"))

share = Table("rehabilitation_receiver", (GROUP, PARTY), "Who provides recovery, rehabilitation and reablement", SHEET)
share.input("rehabilitation_received_share", "share", "Part of the RRR payment")

part = Table("rehabilitation_part", (GROUP, PARTY, "year"), "The RRR payment by provider", SHEET)

party = Table("rehabilitation_party_year", (PARTY, "year"), "What each party receives and pays", SHEET)

everything = Table("rehabilitation_all", ("year",), "All spells", SHEET)

TABLES = (point, length, price, stay, group, share, part, party, everything)


# ------------------------------------------------------------------ by length of stay


@stay.line("number", "RRR bed days", days=lookup(length, "rehabilitation_days_number"), split=lookup(point, "rehabilitation_split_number"))
def rrr_days_number(rehabilitation_spells_number: Any, days: Any, split: Any) -> Any:
    """Bed days after the split point.

    >>> rrr_days_number(10.0, np.array([21.0, 5.0]), 7.0).tolist()
    [140.0, 0.0]
    """
    return rehabilitation_spells_number * np.maximum(days - split, 0)


@stay.line(
    "number", "Acute bed days", days=lookup(length, "rehabilitation_days_number"), split=lookup(point, "rehabilitation_split_number")
)
def acute_days_number(rehabilitation_spells_number: Any, days: Any, split: Any) -> Any:
    """Bed days up to the split point.

    >>> acute_days_number(10.0, np.array([21.0, 5.0]), 7.0).tolist()
    [70.0, 50.0]
    """
    return rehabilitation_spells_number * np.minimum(days, split)


@stay.line("GBP", "Tariff", of_spell=lookup(price, "rehabilitation_tariff_gbp"))
def stay_tariff_gbp(rehabilitation_spells_number: Any, of_spell: Any) -> Any:
    """What the spells are paid at tariff, to the penny: the total that is conserved."""
    return to_pence(rehabilitation_spells_number * of_spell)


@stay.line("GBP", "RRR bed days at their price", of_day=lookup(price, "rehabilitation_day_gbp"))
def priced_days_gbp(rrr_days_number: Any, of_day: Any) -> Any:
    """What the bed days after the split point cost at the price of a day, to the penny."""
    return to_pence(rrr_days_number * of_day)


@stay.line("GBP", "RRR part")
def stay_rrr_gbp(priced_days_gbp: Any, stay_tariff_gbp: Any) -> Any:
    """What follows the bed day after the split point: its price, and no more than the tariff.

    >>> stay_rrr_gbp(np.array([28_000.0, 52_000.0]), 45_000.0).tolist()
    [28000.0, 45000.0]
    """
    return np.minimum(priced_days_gbp, stay_tariff_gbp)


@stay.line("GBP", "Acute part")
def stay_acute_gbp(stay_tariff_gbp: Any, stay_rrr_gbp: Any) -> Any:
    """The tariff less the RRR part, never below zero.

    >>> stay_acute_gbp(45_000.0, 28_000.0)
    17000.0
    """
    return to_pence(stay_tariff_gbp - stay_rrr_gbp)


@stay.line("GBP", "RRR bed days beyond the tariff, unpaid")
def stay_unpaid_gbp(priced_days_gbp: Any, stay_rrr_gbp: Any) -> Any:
    """What the bed days cost beyond the tariff, where the acute part has come to zero.

    >>> stay_unpaid_gbp(52_000.0, 45_000.0)
    7000.0
    """
    return to_pence(priced_days_gbp - stay_rrr_gbp)


@stay.line("flag", "The RRR bed days take the whole tariff")
def floored_flag(stay_unpaid_gbp: Any) -> Any:
    """1 where the acute part is zero because the bed days cost more than the tariff."""
    return np.where(above(stay_unpaid_gbp, 0, AMOUNTS), 1, 0)


# ------------------------------------------------------------------ by group


@group.line("number", "Spells", total(stay, "rehabilitation_spells_number", GROUP, "year"))
def group_spells_number() -> Any:
    """The spells of the group."""


@group.line("number", "Acute bed days", total(stay, "acute_days_number", GROUP, "year"))
def group_acute_days_number() -> Any:
    """Bed days up to the split point."""


@group.line("number", "RRR bed days", total(stay, "rrr_days_number", GROUP, "year"))
def group_rrr_days_number() -> Any:
    """Bed days after the split point."""


@group.line("GBP", "Tariff", total(stay, "stay_tariff_gbp", GROUP, "year"))
def group_tariff_gbp() -> Any:
    """What the spells of the group are paid at tariff."""


@group.line("GBP", "Acute part", total(stay, "stay_acute_gbp", GROUP, "year"))
def group_acute_gbp() -> Any:
    """What stays with the acute provider."""


@group.line("GBP", "RRR part", total(stay, "stay_rrr_gbp", GROUP, "year"))
def group_rrr_gbp() -> Any:
    """What follows the bed day after the split point."""


@group.line("GBP", "RRR bed days beyond the tariff, unpaid", total(stay, "stay_unpaid_gbp", GROUP, "year"))
def group_unpaid_gbp() -> Any:
    """What RRR bed days cost beyond the tariff of their spells."""


@group.line("GBP", "Check: both parts make the tariff")
def check_split_gbp(group_tariff_gbp: Any, group_acute_gbp: Any, group_rrr_gbp: Any) -> Any:
    """Zero where the total is conserved through the split, to the penny."""
    return to_pence(group_tariff_gbp - group_acute_gbp - group_rrr_gbp)


# ------------------------------------------------------------------ by party


@part.line(
    "share",
    "Part of the RRR payment down to this provider",
    before=prior("received_so_far_share", along=(PARTY,)),
    own=lookup(share, "rehabilitation_received_share"),
)
def received_so_far_share(before: Any, own: Any) -> Any:
    """The parts of providers down to this one; pennies are cut along it."""
    return before + own


@part.line("GBP", "RRR payment received", before=prior("received_so_far_share", along=(PARTY,)), whole=lookup(group, "group_rrr_gbp"))
def received_gbp(received_so_far_share: Any, before: Any, whole: Any) -> Any:
    """What the provider receives of the RRR part of the group, to the penny; all add up to it.

    >>> received_gbp(np.array([0.5, 1.0]), np.array([0.0, 0.5]), 100.01).tolist()
    [50.01, 50.0]
    """
    return pence_between(received_so_far_share * whole, before * whole)


@party.line("GBP", "Received for acute care", total(group, "group_acute_gbp", "year", acute_provider=PARTY))
def party_acute_gbp() -> Any:
    """The acute parts of the groups that the party treats."""


@party.line("GBP", "Received for recovery, rehabilitation and reablement", total(part, "received_gbp", PARTY, "year"))
def party_rrr_gbp() -> Any:
    """What the party receives for bed days after the split point."""


@party.line("GBP", "Received at tariff, without the split", total(group, "group_tariff_gbp", "year", acute_provider=PARTY))
def party_before_gbp() -> Any:
    """What the party would receive if the whole tariff were the acute provider's."""


@party.line("GBP", "Gain by the split (a loss: minus)")
def party_change_gbp(party_acute_gbp: Any, party_rrr_gbp: Any, party_before_gbp: Any) -> Any:
    """How much more the party receives because bed days after the split point are paid by themselves.

    >>> party_change_gbp(17_000.0, 0.0, 45_000.0)
    -28000.0
    """
    return to_pence(party_acute_gbp + party_rrr_gbp - party_before_gbp)


@party.line("GBP", "Paid", total(group, "group_tariff_gbp", "year", payer=PARTY))
def party_paid_gbp() -> Any:
    """What the party pays for the spells of its groups; the split does not change it."""


# ------------------------------------------------------------------ all spells


@everything.line("GBP", "Tariff of all spells", total(group, "group_tariff_gbp", "year"))
def all_tariff_gbp() -> Any:
    """What all spells are paid at tariff."""


@everything.line("GBP", "Acute part of all spells", total(group, "group_acute_gbp", "year"))
def all_acute_gbp() -> Any:
    """What stays with acute providers."""


@everything.line("GBP", "RRR part of all spells", total(group, "group_rrr_gbp", "year"))
def all_rrr_gbp() -> Any:
    """What follows bed days after the split point."""


@everything.line("GBP", "RRR bed days beyond the tariff, unpaid", total(group, "group_unpaid_gbp", "year"))
def all_unpaid_gbp() -> Any:
    """What RRR bed days cost beyond the tariff of their spells."""


@everything.line(
    "GBP",
    "Check: what providers receive is what payers pay",
    acute=total(party, "party_acute_gbp", "year"),
    rrr=total(party, "party_rrr_gbp", "year"),
    paid=total(party, "party_paid_gbp", "year"),
)
def check_received_gbp(acute: Any, rrr: Any, paid: Any) -> Any:
    """Zero where every penny that is paid for a spell reaches a provider."""
    return to_pence(acute + rrr - paid)


@everything.line("GBP", "Check: what some parties gain others lose", gains=total(party, "party_change_gbp", "year"))
def check_gain_gbp(gains: Any) -> Any:
    """Zero where the split moves money and makes none."""
    return to_pence(gains)
