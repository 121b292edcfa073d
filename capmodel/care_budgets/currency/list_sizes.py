"""How sure a criterion, and the payment, is on a list of a stated size: what a unit of that size may expect by chance alone.

A list of any size is taken to have the share that all units together have. The interval is that of `certainty`.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from capmodel.algebra.functions import AMOUNTS, at_least, ratio, to_pence
from capmodel.algebra.links import lookup, total
from capmodel.algebra.table import Table
from capmodel.care_budgets.currency import SHEET
from capmodel.care_budgets.currency.certainty import lower_bound, reach, upper_bound
from capmodel.care_budgets.currency.payment import CRITERION, criterion, line, person, result, terms

list_size = Table("payment_list_size", ("list_size",), "List sizes", SHEET)
list_size.input("payment_list_persons", "persons", "People on the list")

size = Table("payment_size", (CRITERION, "list_size", "year"), "How sure a criterion is on a list of a size", SHEET)
person_size = Table("payment_person_size", ("list_size", "year"), "How sure the payment is on a list of a size", SHEET)


@size.line(
    "share",
    "Share of people for whom it is met, all units",
    met=total(result, "payment_met_persons", CRITERION, "year"),
    of=total(result, "payment_of_persons", CRITERION, "year"),
)
def all_met_share(met: Any, of: Any) -> Any:
    """The share of all units together, which a list of any size is taken to have."""
    return ratio(met, of, otherwise=1, decimals=AMOUNTS)


@size.line("persons", "People met on a list of this size", people=lookup(list_size, "payment_list_persons"))
def size_met_persons(all_met_share: Any, people: Any) -> Any:
    """The share of all units, as people of the list."""
    return all_met_share * people


@size.line(
    "persons",
    "Reach of the interval, in people",
    people=lookup(list_size, "payment_list_persons"),
    added=lookup(terms, "payment_interval_persons"),
)
def size_reach_persons(size_met_persons: Any, people: Any, added: Any) -> Any:
    """How far the interval reaches either way on a list of this size."""
    return reach(size_met_persons, people, added)


@size.line(
    "share",
    "Lower end of the share on a list of this size",
    people=lookup(list_size, "payment_list_persons"),
    added=lookup(terms, "payment_interval_persons"),
)
def size_low_share(size_met_persons: Any, size_reach_persons: Any, people: Any, added: Any) -> Any:
    """The least that such a list may show."""
    return lower_bound(size_met_persons, people, added, size_reach_persons)


@size.line(
    "share",
    "Upper end of the share on a list of this size",
    people=lookup(list_size, "payment_list_persons"),
    added=lookup(terms, "payment_interval_persons"),
)
def size_high_share(size_met_persons: Any, size_reach_persons: Any, people: Any, added: Any) -> Any:
    """The most that such a list may show."""
    return upper_bound(size_met_persons, people, added, size_reach_persons)


@size.line(
    "GBP",
    "Linked part that this criterion leaves unsure",
    least=lookup(criterion, "payment_least_share"),
    people=lookup(list_size, "payment_list_persons"),
    linked=total(line, "linked_gbp", "year"),
    months=total(line, "payment_months_persons", "year"),
)
def unsure_gbp(size_low_share: Any, size_high_share: Any, least: Any, people: Any, linked: Any, months: Any) -> Any:
    """The linked part of a list of this size where the interval holds shares on both sides of the least share, otherwise zero.

    >>> float(unsure_gbp(0.79, 0.96, 0.9, 50.0, 6000.0, 1200.0)), float(unsure_gbp(0.92, 0.96, 0.9, 50.0, 6000.0, 1200.0))
    (3000.0, 0.0)
    """
    average = ratio(linked, months, decimals=AMOUNTS) * 12 * people
    return to_pence(average * (np.where(at_least(size_high_share, least), 1, 0) - np.where(at_least(size_low_share, least), 1, 0)))


@person_size.line(
    "share",
    "Part of the person-months that met the rule, all units",
    met=total(person, "payment_rule_met_persons", "year"),
    months=total(line, "payment_months_persons", "year"),
)
def all_rule_met_share(met: Any, months: Any) -> Any:
    """The part of all units together, which a list of any size is taken to have."""
    return ratio(met, months, decimals=AMOUNTS)


@person_size.line(
    "GBP",
    "Linked part of a list of this size",
    people=lookup(list_size, "payment_list_persons"),
    linked=total(line, "linked_gbp", "year"),
    months=total(line, "payment_months_persons", "year"),
)
def size_linked_gbp(people: Any, linked: Any, months: Any) -> Any:
    """What a list of this size is paid for criteria in a year if all meet the rule, at the average of the roster.

    >>> float(size_linked_gbp(50.0, 6000.0, 1200.0))
    3000.0
    """
    return ratio(linked, months, decimals=AMOUNTS) * 12 * people


@person_size.line("persons", "People who met the rule on a list of this size", people=lookup(list_size, "payment_list_persons"))
def size_rule_met_persons(all_rule_met_share: Any, people: Any) -> Any:
    """The part of all units, as people of the list."""
    return all_rule_met_share * people


@person_size.line(
    "persons",
    "Reach of the interval, in people",
    people=lookup(list_size, "payment_list_persons"),
    added=lookup(terms, "payment_interval_persons"),
)
def size_rule_reach_persons(size_rule_met_persons: Any, people: Any, added: Any) -> Any:
    """How far the interval reaches either way on a list of this size."""
    return reach(size_rule_met_persons, people, added)


@person_size.line(
    "GBP",
    "Linked part earned at the lower end",
    people=lookup(list_size, "payment_list_persons"),
    added=lookup(terms, "payment_interval_persons"),
)
def size_low_gbp(size_linked_gbp: Any, size_rule_met_persons: Any, size_rule_reach_persons: Any, people: Any, added: Any) -> Any:
    """The least that a list of this size may earn of the linked part in a year, to the penny."""
    return to_pence(size_linked_gbp * lower_bound(size_rule_met_persons, people, added, size_rule_reach_persons))


@person_size.line(
    "GBP",
    "Linked part earned at the upper end",
    people=lookup(list_size, "payment_list_persons"),
    added=lookup(terms, "payment_interval_persons"),
)
def size_high_gbp(size_linked_gbp: Any, size_rule_met_persons: Any, size_rule_reach_persons: Any, people: Any, added: Any) -> Any:
    """The most that a list of this size may earn of the linked part in a year, to the penny."""
    return to_pence(size_linked_gbp * upper_bound(size_rule_met_persons, people, added, size_rule_reach_persons))
