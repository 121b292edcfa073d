"""A Year of Care payment by unit: person-months at an annual price, a part of it for criteria that are met, and what each failed one costs.

The fixed part follows the roster. The linked part is paid where the rule holds: every criterion (all or nothing), or at least a share
of them by weight. Criteria are met by a unit, or by each person; then the linked part follows the person-months of those who met the rule.
What a file of payments may say is in `terms`; how sure the payment is in `certainty`; what is paid when in `settling`.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from capmodel.algebra.functions import AMOUNTS, above, at_least, ratio, to_pence
from capmodel.algebra.links import lookup, total
from capmodel.algebra.table import Table
from capmodel.care_budgets.currency import SHEET
from capmodel.care_budgets.currency.certainty import lower_bound, reach, upper_bound

UNIT, BAND, CRITERION, PERIOD = "payment_unit", "payment_band", "payment_criterion", "payment_period"

terms = Table("payment_terms", (), "Rule of the payment", SHEET)
terms.input("payment_needed_share", "share", "Least part of all criteria, by weight, that earns the linked part")
terms.input("payment_interval_persons", "persons", "People added by the interval to those met, and to those not (1.9208: 95 in 100)")

year_terms = Table("payment_year_terms", ("year",), "Part of the payment that is linked to criteria", SHEET)
year_terms.input("payment_linked_share", "share", "Part of the price that is linked to criteria")

band = Table("payment_band", (BAND, "year"), "Price by band", SHEET)
band.input("payment_price_gbp_per_person", "GBP/persons", "Price a person a year")

criterion = Table("payment_criterion", (CRITERION,), "Criteria", SHEET)
criterion.input("payment_least_share", "share", "Least share of people for whom it is met")
criterion.input("payment_weight_number", "number", "Weight")
criterion.input("payment_sampled_flag", "flag", "It is a share of people, not a yes or no of the unit", internal=True)

line = Table("payment_line", (UNIT, BAND, PERIOD, "year"), "Roster and payment by unit, band and period", SHEET)
line.input("payment_months_persons", "persons", "Person-months on the roster")

result = Table("payment_result", (UNIT, CRITERION, PERIOD, "year"), "Results by unit and criterion", SHEET)
result.input("payment_met_persons", "persons", "People for whom the criterion is met")
result.input("payment_of_persons", "persons", "People to whom the criterion applies")

score = Table("payment_score", (UNIT, PERIOD, "year"), "Criteria met by unit and period", SHEET)

person = Table("payment_person", (UNIT, BAND, PERIOD, "year"), "People who met the rule, added up", SHEET)
person.input("payment_people_persons", "persons", "People on the roster")
person.input("payment_rule_met_persons", "persons", "Person-months of people who met the rule")

missed = Table(
    "payment_missed", (UNIT, BAND, CRITERION, PERIOD, "year"), "People who failed the rule by one criterion alone, added up", SHEET
)
missed.input("payment_only_missed_persons", "persons", "Person-months of people who would have met the rule but for this criterion")


# ------------------------------------------------------------------ criteria that a unit meets


@result.line("share", "Share of people for whom it is met")
def met_share(payment_met_persons: Any, payment_of_persons: Any) -> Any:
    """Those for whom the criterion is met over those to whom it applies; 1 where it applies to nobody.

    >>> met_share(45.0, np.array([50.0, 0.0])).tolist()
    [0.9, 1.0]
    """
    return ratio(payment_met_persons, payment_of_persons, otherwise=1, decimals=AMOUNTS)


@result.line("flag", "Met", least=lookup(criterion, "payment_least_share"))
def met_flag(payment_met_persons: Any, payment_of_persons: Any, least: Any) -> Any:
    """1 where the criterion is met for at least its share of people, people held against people.

    >>> met_flag(np.array([45.0, 44.0]), 50.0, 0.9).tolist()
    [1, 0]
    """
    return np.where(at_least(payment_met_persons, least * payment_of_persons, AMOUNTS), 1, 0)


@result.line("number", "Weight met", weight=lookup(criterion, "payment_weight_number"))
def met_weight_number(met_flag: Any, weight: Any) -> Any:
    """The weight of the criterion where it is met."""
    return weight * met_flag


@score.line("number", "Weight of the criteria met", total(result, "met_weight_number", UNIT, PERIOD, "year"))
def weight_met_number() -> Any:
    """The weights of all criteria that the unit met."""


@score.line(
    "flag",
    "Linked part earned",
    needed=lookup(terms, "payment_needed_share"),
    all_weights=total(criterion, "payment_weight_number"),
)
def earned_flag(weight_met_number: Any, needed: Any, all_weights: Any) -> Any:
    """1 where the criteria met have the weight that is needed: all of it under all or nothing.

    >>> earned_flag(np.array([16.0, 15.0]), 1.0, 16.0).tolist(), earned_flag(np.array([12.0, 11.0]), 0.75, 16.0).tolist()
    ([1, 0], [1, 0])
    """
    return np.where(at_least(weight_met_number, needed * all_weights), 1, 0)


# ------------------------------------------------------------------ criteria that each person meets


@person.line("share", "Part of the person-months that met the rule", months=lookup(line, "payment_months_persons"))
def rule_met_share(payment_rule_met_persons: Any, months: Any) -> Any:
    """Person-months of the people who met the rule over all; zero where the roster is empty."""
    return ratio(payment_rule_met_persons, months, decimals=AMOUNTS)


@person.line("persons", "People who met the rule")
def rule_met_people_persons(rule_met_share: Any, payment_people_persons: Any) -> Any:
    """The part of the person-months as people of the list, on whom it was observed."""
    return rule_met_share * payment_people_persons


@person.line("persons", "Reach of the interval, in people", added=lookup(terms, "payment_interval_persons"))
def rule_reach_persons(rule_met_people_persons: Any, payment_people_persons: Any, added: Any) -> Any:
    """How far the interval of the people who met the rule reaches either way."""
    return reach(rule_met_people_persons, payment_people_persons, added)


@person.line("share", "Lower end of the part that met the rule", added=lookup(terms, "payment_interval_persons"))
def rule_low_share(
    rule_met_share: Any, rule_met_people_persons: Any, payment_people_persons: Any, rule_reach_persons: Any, added: Any
) -> Any:
    """The least that the part may be, by how many people it was observed on; zero where there is nobody."""
    low = lower_bound(rule_met_people_persons, payment_people_persons, added, rule_reach_persons)
    return np.where(above(payment_people_persons, 0, AMOUNTS), low, rule_met_share)


@person.line("share", "Upper end of the part that met the rule", added=lookup(terms, "payment_interval_persons"))
def rule_high_share(
    rule_met_share: Any, rule_met_people_persons: Any, payment_people_persons: Any, rule_reach_persons: Any, added: Any
) -> Any:
    """The most that the part may be, by how many people it was observed on; zero where there is nobody."""
    high = upper_bound(rule_met_people_persons, payment_people_persons, added, rule_reach_persons)
    return np.where(above(payment_people_persons, 0, AMOUNTS), high, rule_met_share)


# ------------------------------------------------------------------ what is paid


@line.line("GBP", "Payment with every criterion met", price=lookup(band, "payment_price_gbp_per_person"))
def full_gbp(payment_months_persons: Any, price: Any) -> Any:
    """Person-months over twelve, at the price of a year, to the penny.

    >>> full_gbp(18.0, 300.0)
    450.0
    """
    return to_pence(payment_months_persons / 12 * price)


@line.line("GBP", "Part linked to criteria", linked=lookup(year_terms, "payment_linked_share"))
def linked_gbp(full_gbp: Any, linked: Any) -> Any:
    """The part of the payment that criteria decide, to the penny."""
    return to_pence(full_gbp * linked)


@line.line("GBP", "Fixed part")
def fixed_gbp(full_gbp: Any, linked_gbp: Any) -> Any:
    """What is paid for the people on the roster whatever the criteria say."""
    return to_pence(full_gbp - linked_gbp)


# One of the two sums is empty: a file has criteria of units or criteria of persons.
@line.line(
    "share",
    "Part of the linked payment that is earned",
    by_unit=total(score, "earned_flag", UNIT, PERIOD, "year"),
    by_person=total(person, "rule_met_share", UNIT, BAND, PERIOD, "year"),
)
def earned_share(by_unit: Any, by_person: Any) -> Any:
    """All or nothing of a unit that is judged as one; the part of people who met the rule where each is judged."""
    return by_unit + by_person


@line.line("GBP", "Linked part earned")
def earned_gbp(linked_gbp: Any, earned_share: Any) -> Any:
    """What the criteria earn, to the penny.

    >>> earned_gbp(135.0, np.array([1.0, 0.0])).tolist()
    [135.0, 0.0]
    """
    return to_pence(linked_gbp * earned_share)


@line.line("GBP", "Linked part not earned")
def not_earned_gbp(linked_gbp: Any, earned_gbp: Any) -> Any:
    """What the criteria cost the unit."""
    return to_pence(linked_gbp - earned_gbp)


# ------------------------------------------------------------------ what each failed criterion costs


@score.line("GBP", "Linked part at stake", total(line, "linked_gbp", UNIT, PERIOD, "year"))
def at_stake_gbp() -> Any:
    """What the unit is paid for the period if it meets the rule."""


@result.line(
    "GBP",
    "Lost by this criterion alone",
    weight=lookup(criterion, "payment_weight_number"),
    met=lookup(score, "weight_met_number"),
    earned=lookup(score, "earned_flag"),
    needed=lookup(terms, "payment_needed_share"),
    all_weights=total(criterion, "payment_weight_number"),
    at_stake=lookup(score, "at_stake_gbp"),
)
def lost_alone_gbp(met_weight_number: Any, weight: Any, met: Any, earned: Any, needed: Any, all_weights: Any, at_stake: Any) -> Any:
    """What would have been paid had this criterion been met and all others stayed as they are.

    >>> float(lost_alone_gbp(0.0, 1.0, 15.0, 0, 1.0, 16.0, 5000.0)), float(lost_alone_gbp(0.0, 1.0, 14.0, 0, 1.0, 16.0, 5000.0))
    (5000.0, 0.0)
    """
    return at_stake * (np.where(at_least(met + weight - met_weight_number, needed * all_weights), 1, 0) - earned)


@missed.line(
    "GBP",
    "Lost by this criterion alone",
    linked=lookup(line, "linked_gbp"),
    months=lookup(line, "payment_months_persons"),
)
def lost_by_people_gbp(payment_only_missed_persons: Any, linked: Any, months: Any) -> Any:
    """The linked part of the people who failed nothing but this criterion, to the penny."""
    return to_pence(linked * ratio(payment_only_missed_persons, months, decimals=AMOUNTS))


# ------------------------------------------------------------------ how sure it is


@result.line("persons", "Reach of the interval, in people", added=lookup(terms, "payment_interval_persons"))
def reach_persons(payment_met_persons: Any, payment_of_persons: Any, added: Any) -> Any:
    """How far the interval of the people met reaches either way."""
    return reach(payment_met_persons, payment_of_persons, added)


@result.line(
    "share",
    "Lower end of the share",
    added=lookup(terms, "payment_interval_persons"),
    sampled=lookup(criterion, "payment_sampled_flag"),
)
def low_share(met_share: Any, payment_met_persons: Any, payment_of_persons: Any, reach_persons: Any, added: Any, sampled: Any) -> Any:
    """The least that the share may be, by how many people it was observed on; a yes or no of the unit is what it is.

    >>> low_share(0.9, 45.0, 50.0, 4.580017, 1.9208, np.array([1, 0])).round(4).tolist()
    [0.7864, 0.9]
    """
    low = lower_bound(payment_met_persons, payment_of_persons, added, reach_persons)
    return np.where((sampled > 0) & above(payment_of_persons, 0, AMOUNTS), low, met_share)


@result.line(
    "share",
    "Upper end of the share",
    added=lookup(terms, "payment_interval_persons"),
    sampled=lookup(criterion, "payment_sampled_flag"),
)
def high_share(met_share: Any, payment_met_persons: Any, payment_of_persons: Any, reach_persons: Any, added: Any, sampled: Any) -> Any:
    """The most that the share may be, by how many people it was observed on."""
    high = upper_bound(payment_met_persons, payment_of_persons, added, reach_persons)
    return np.where((sampled > 0) & above(payment_of_persons, 0, AMOUNTS), high, met_share)


@result.line(
    "number",
    "Weight met at the lower end",
    least=lookup(criterion, "payment_least_share"),
    weight=lookup(criterion, "payment_weight_number"),
)
def low_weight_number(low_share: Any, least: Any, weight: Any) -> Any:
    """The weight of the criterion where even the lower end meets it."""
    return np.where(at_least(low_share, least), weight, 0)


@result.line(
    "number",
    "Weight met at the upper end",
    least=lookup(criterion, "payment_least_share"),
    weight=lookup(criterion, "payment_weight_number"),
)
def high_weight_number(high_share: Any, least: Any, weight: Any) -> Any:
    """The weight of the criterion where the upper end meets it."""
    return np.where(at_least(high_share, least), weight, 0)


@score.line(
    "flag",
    "Linked part earned at the lower ends",
    met=total(result, "low_weight_number", UNIT, PERIOD, "year"),
    needed=lookup(terms, "payment_needed_share"),
    all_weights=total(criterion, "payment_weight_number"),
)
def earned_low_flag(met: Any, needed: Any, all_weights: Any) -> Any:
    """1 where the rule holds with every share at its lower end: the payment is then sure."""
    return np.where(at_least(met, needed * all_weights), 1, 0)


@score.line(
    "flag",
    "Linked part earned at the upper ends",
    met=total(result, "high_weight_number", UNIT, PERIOD, "year"),
    needed=lookup(terms, "payment_needed_share"),
    all_weights=total(criterion, "payment_weight_number"),
)
def earned_high_flag(met: Any, needed: Any, all_weights: Any) -> Any:
    """1 where the rule holds with every share at its upper end; at 0 the loss is sure."""
    return np.where(at_least(met, needed * all_weights), 1, 0)


@line.line(
    "GBP",
    "Linked part earned at the lower ends",
    by_unit=total(score, "earned_low_flag", UNIT, PERIOD, "year"),
    by_person=total(person, "rule_low_share", UNIT, BAND, PERIOD, "year"),
)
def earned_low_gbp(linked_gbp: Any, by_unit: Any, by_person: Any) -> Any:
    """The least that the criteria may earn, to the penny."""
    return to_pence(linked_gbp * (by_unit + by_person))


@line.line(
    "GBP",
    "Linked part earned at the upper ends",
    by_unit=total(score, "earned_high_flag", UNIT, PERIOD, "year"),
    by_person=total(person, "rule_high_share", UNIT, BAND, PERIOD, "year"),
)
def earned_high_gbp(linked_gbp: Any, by_unit: Any, by_person: Any) -> Any:
    """The most that the criteria may earn, to the penny."""
    return to_pence(linked_gbp * (by_unit + by_person))
