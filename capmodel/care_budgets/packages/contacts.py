"""What a contact costs a person seen, how often people are seen in each month, and what their care costs, to the penny.

A contact falls into months of care, into months of the financial year, or evenly over the year. Those whom it is due to are cut by
the share who need it and the share who come; staff time is that of the people who come, over the size of the group. The cost of a
year is cut along its months, so that twelve months add up to the year to the penny.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from capmodel.algebra.functions import AMOUNTS, above, pence_between, ratio
from capmodel.algebra.links import lookup, prior, total
from capmodel.algebra.table import Table
from capmodel.care_budgets.packages import SHEET
from capmodel.care_budgets.packages.hour import package_rate
from capmodel.care_budgets.packages.people import package_cohort, package_start, package_stay, package_stock

package_clock = Table("package_clock", (), "Units of time", SHEET)
package_clock.input("minutes_per_hour", "minutes/hours", "Minutes in an hour", internal=True)

package_contact = Table("package_contact", ("package", "contact", "year"), "Cost of a contact for each person seen", SHEET, ("role",))
package_contact.input("contact_minutes", "minutes", "Minutes of the contact")
package_contact.input("contact_group_persons", "persons", "People seen together (1: each alone)")
package_contact.input("contact_consumables_gbp_per_person", "GBP/persons", "Consumables and other costs that are not staff")
package_contact.input("contact_times_number", "number", "Times a year, or in each month it falls into")
package_contact.input("contact_need_share", "share", "Share of people for whom it is meant")
package_contact.input("contact_uptake_share", "share", "Share of those who come")

package_due = Table(
    "package_due", ("package", "contact", "case", "care_month", "month", "year"), "People whose month of care brings a contact", SHEET
)

package_visit = Table(
    "package_visit", ("package", "contact", "case", "month", "year"), "Contacts by month and what they cost", SHEET, ("role",)
)
package_visit.input("month_share", "number", "Part of its times that falls into the month, for everybody in care", internal=True)

package_calendar = Table(
    "package_calendar",
    ("package", "contact", "case", "care_month", "due_month"),
    "Months of the year by the month of care they are for new cases",
    SHEET,
)

package_person = Table(
    "package_person",
    ("package", "contact", "case", "care_month", "year"),
    "What one case of a package is due, by month of care",
    SHEET,
    ("role",),
)
package_person.input("care_month_share", "number", "Part of its times that falls into the month of care", internal=True)


@package_contact.line("hours", "Hours of the contact", minutes_an_hour=lookup(package_clock, "minutes_per_hour"))
def session_hours(contact_minutes: Any, minutes_an_hour: Any) -> Any:
    """The minutes as hours.

    >>> session_hours(90.0, 60.0)
    1.5
    """
    return contact_minutes / minutes_an_hour


@package_contact.line("GBP/persons", "Staff for each person seen", hour_cost=lookup(package_rate, "contact_hour_gbp_per_hour"))
def staff_gbp_per_person(session_hours: Any, hour_cost: Any, contact_group_persons: Any) -> Any:
    """The hours at the cost of an hour of contact of the role, over the people seen together.

    >>> staff_gbp_per_person(1.5, 40.0, 10.0).item()
    6.0
    """
    return ratio(session_hours * hour_cost, contact_group_persons, decimals=AMOUNTS)


@package_contact.line("GBP/persons", "Cost of the contact for each person seen")
def contact_gbp_per_person(staff_gbp_per_person: Any, contact_consumables_gbp_per_person: Any) -> Any:
    """Staff and what is not staff."""
    return staff_gbp_per_person + contact_consumables_gbp_per_person


@package_contact.line("flag", "Check: a group holds people")
def check_group_flag(contact_group_persons: Any) -> Any:
    """Zero where somebody is seen; a group of nobody would have no cost."""
    return np.where(above(contact_group_persons, 0, AMOUNTS), 0, 1)


@package_due.line("persons", "People due it", lookup(package_cohort, "cohort_persons"))
def in_care_month_persons() -> Any:
    """The people in care for whom the month is the month of care of the contact."""


@package_visit.line(
    "persons",
    "People due it",
    by_care_month=total(package_due, "in_care_month_persons", "package", "contact", "case", "month", "year"),
    in_care=lookup(package_stock, "stock_persons"),
)
def due_persons(by_care_month: Any, in_care: Any, month_share: Any) -> Any:
    """Those whose month of care it is, or the part of everybody in care that the month of the year brings.

    >>> due_persons(0.0, 1200.0, 0.25)
    300.0
    """
    return by_care_month + in_care * month_share


@package_visit.line(
    "persons",
    "People seen, each time counted",
    times=lookup(package_contact, "contact_times_number"),
    need=lookup(package_contact, "contact_need_share"),
    uptake=lookup(package_contact, "contact_uptake_share"),
)
def seen_persons(due_persons: Any, times: Any, need: Any, uptake: Any) -> Any:
    """Those due it, as often as it is due, who need it and come.

    >>> seen_persons(300.0, 2.0, 0.5, 0.8)
    240.0
    """
    return due_persons * times * need * uptake


@package_visit.line(
    "hours",
    "Hours of contact",
    each_hours=lookup(package_contact, "session_hours"),
    group=lookup(package_contact, "contact_group_persons"),
)
def contact_hours(seen_persons: Any, each_hours: Any, group: Any) -> Any:
    """The hours that staff spend with people.

    >>> contact_hours(240.0, 1.5, 10.0).item()
    36.0
    """
    return ratio(seen_persons * each_hours, group, decimals=AMOUNTS)


@package_visit.line(
    "GBP",
    "Staff, year to date, before it is cut to pence",
    before=prior("staff_so_far_gbp", along=("month",)),
    each=lookup(package_contact, "staff_gbp_per_person"),
)
def staff_so_far_gbp(before: Any, seen_persons: Any, each: Any) -> Any:
    """The staff of this month and those before it."""
    return before + seen_persons * each


@package_visit.line("GBP", "Staff", before=prior("staff_so_far_gbp", along=("month",)))
def staff_gbp(staff_so_far_gbp: Any, before: Any) -> Any:
    """The staff of the month, to the penny; twelve months add up to the year.

    >>> staff_gbp(np.array([0.005, 0.01]), np.array([0.0, 0.005])).tolist()
    [0.01, 0.0]
    """
    return pence_between(staff_so_far_gbp, before)


@package_visit.line(
    "GBP",
    "Consumables, year to date, before they are cut to pence",
    before=prior("consumables_so_far_gbp", along=("month",)),
    each=lookup(package_contact, "contact_consumables_gbp_per_person"),
)
def consumables_so_far_gbp(before: Any, seen_persons: Any, each: Any) -> Any:
    """What is not staff, of this month and those before it."""
    return before + seen_persons * each


@package_visit.line("GBP", "Consumables", before=prior("consumables_so_far_gbp", along=("month",)))
def consumables_gbp(consumables_so_far_gbp: Any, before: Any) -> Any:
    """What is not staff, to the penny."""
    return pence_between(consumables_so_far_gbp, before)


@package_visit.line("GBP", "Cost")
def visit_gbp(staff_gbp: Any, consumables_gbp: Any) -> Any:
    """Staff and consumables of the contact in the month."""
    return staff_gbp + consumables_gbp


@package_calendar.line("share", "Cases that began so long before the month", lookup(package_start, "start_share", month="start"))
def began_share() -> Any:
    """The share of new cases for whom the month of the year is the month of care, by when they began."""


@package_person.line(
    "number",
    "Times one case is seen",
    by_month=total(package_calendar, "began_share", "package", "contact", "case", "care_month"),
    staying=lookup(package_stay, "staying_share"),
    times=lookup(package_contact, "contact_times_number"),
    need=lookup(package_contact, "contact_need_share"),
    uptake=lookup(package_contact, "contact_uptake_share"),
)
def person_times_number(care_month_share: Any, by_month: Any, staying: Any, times: Any, need: Any, uptake: Any) -> Any:
    """How often a case is seen in a month of care; where the contact has a month of the year, by the chance that its care began so long before.

    >>> round(person_times_number(1.0, 0.0, 0.9, 2.0, 0.5, 0.8), 6)
    0.72
    """
    return (care_month_share + by_month) * staying * times * need * uptake


@package_person.line("GBP/persons", "Staff for one case", each=lookup(package_contact, "staff_gbp_per_person"))
def person_staff_gbp_per_person(person_times_number: Any, each: Any) -> Any:
    """What the staff of the contact cost for one case in the month of care."""
    return person_times_number * each


@package_person.line("GBP/persons", "Cost for one case", each=lookup(package_contact, "contact_gbp_per_person"))
def person_gbp_per_person(person_times_number: Any, each: Any) -> Any:
    """What the contact costs for one case in the month of care.

    >>> person_gbp_per_person(0.5, 46.0)
    23.0
    """
    return person_times_number * each
