"""What the packages come to: pounds a person a year, cost by month, role, contact and network, and the staff they need.

Every figure is a total of the contacts by month, which are whole pence; the checks hold each way of adding up against the others.
"""

from __future__ import annotations

from typing import Any

from capmodel.algebra.functions import AMOUNTS, pence_between, ratio, to_pence
from capmodel.algebra.links import lookup, prior, total
from capmodel.algebra.table import Table
from capmodel.care_budgets.packages import SHEET
from capmodel.care_budgets.packages.contacts import package_person, package_visit
from capmodel.care_budgets.packages.hour import package_rate
from capmodel.care_budgets.packages.people import package_case, package_network, package_stock

package_contact_price = Table(
    "package_contact_price", ("package", "contact", "case", "year"), "A person's year by contact", SHEET, ("role",)
)
package_role_price = Table("package_role_price", ("package", "case", "role", "year"), "A person's year by role", SHEET)
package_month_price = Table("package_month_price", ("package", "case", "care_month", "year"), "A person's year by month of care", SHEET)
package_price = Table("package_price", ("package", "case", "year"), "A person's year, and the cost of all cases", SHEET)
package_year = Table("package_year", ("package", "year"), "Each package", SHEET)
package_month = Table("package_month", ("package", "month", "year"), "Each package by month", SHEET)
package_contact_year = Table("package_contact_year", ("package", "contact", "year"), "Each contact", SHEET, ("scope", "plan_setting"))
package_role_month = Table("package_role_month", ("role", "month", "year"), "Staff by role and month", SHEET)
package_role_year = Table("package_role_year", ("role", "year"), "Staff by role", SHEET)
package_all_month = Table("package_all_month", ("month", "year"), "All packages by month", SHEET)
package_network_year = Table("package_network_year", ("network", "year"), "All packages by network", SHEET)
package_all = Table("package_all", ("year",), "All packages", SHEET)


# ------------------------------------------------------------------ a person's year


@package_contact_price.line("number", "Times a year", total(package_person, "person_times_number", "package", "contact", "case", "year"))
def year_times_number() -> Any:
    """How often one case has the contact in twelve months of care."""


@package_contact_price.line(
    "GBP/persons", "Pounds a person a year by contact", total(package_person, "person_gbp_per_person", "package", "contact", "case", "year")
)
def contact_year_gbp_per_person() -> Any:
    """What the contact costs for one case in twelve months of care."""


@package_role_price.line(
    "GBP/persons", "Pounds a person a year by role", total(package_person, "person_staff_gbp_per_person", "package", "case", "role", "year")
)
def role_year_gbp_per_person() -> Any:
    """What the staff of a role cost for one case in twelve months of care."""


@package_month_price.line(
    "GBP/persons",
    "Pounds a person by month of care",
    total(package_person, "person_gbp_per_person", "package", "case", "care_month", "year"),
)
def care_month_gbp_per_person() -> Any:
    """What one case costs in a month of its care."""


@package_price.line(
    "GBP/persons",
    "Pounds a person a year",
    total(package_contact_price, "contact_year_gbp_per_person", "package", "case", "year"),
)
def package_gbp_per_person() -> Any:
    """What twelve months of care of one case cost, bottom-up."""


@package_price.line("persons", "People", lookup(package_case, "case_persons"))
def price_persons() -> Any:
    """New cases of the year, or existing cases at its beginning."""


@package_price.line("GBP", "A full year of care for these people")
def full_year_gbp(package_gbp_per_person: Any, price_persons: Any) -> Any:
    """Pounds a person a year times people: what all twelve months of care cost, whichever years they fall into.

    >>> full_year_gbp(250.0, 1200.0)
    300000.0
    """
    return package_gbp_per_person * price_persons


@package_price.line("persons", "Months in care", total(package_stock, "stock_persons", "package", "case", "year"))
def care_months_persons() -> Any:
    """The people in care of all months of the year, added up."""


@package_price.line("persons", "People in care, average of the months")
def average_persons(care_months_persons: Any) -> Any:
    """Person-years of care in the financial year.

    >>> average_persons(6000.0)
    500.0
    """
    return care_months_persons / 12


@package_price.line("GBP", "Cost in the financial year", total(package_visit, "visit_gbp", "package", "case", "year"))
def case_gbp() -> Any:
    """What the contacts that fall into the financial year cost: of new cases also those whose care began in the year before."""


@package_price.line(
    "GBP/persons",
    "Check: a person's year by month of care",
    months=total(package_month_price, "care_month_gbp_per_person", "package", "case", "year"),
)
def check_care_months_gbp_per_person(package_gbp_per_person: Any, months: Any) -> Any:
    """Zero where twelve months of care add up to the price of the year."""
    return to_pence(months - package_gbp_per_person)


# ------------------------------------------------------------------ each package, contact and month


@package_year.line("persons", "People", total(package_price, "price_persons", "package", "year"))
def package_persons() -> Any:
    """New and existing cases of the package."""


@package_year.line("GBP", "A full year of care for these people", total(package_price, "full_year_gbp", "package", "year"))
def package_full_year_gbp() -> Any:
    """Pounds a person a year times people, new and existing cases."""


@package_year.line("GBP/persons", "Pounds a person a year, new and existing cases")
def average_gbp_per_person(package_full_year_gbp: Any, package_persons: Any) -> Any:
    """The average of both prices, by people.

    >>> average_gbp_per_person(300_000.0, 1200.0).item()
    250.0
    """
    return ratio(package_full_year_gbp, package_persons, decimals=AMOUNTS)


@package_year.line("GBP", "Cost in the financial year", total(package_price, "case_gbp", "package", "year"))
def package_gbp() -> Any:
    """What the contacts of the package that fall into the financial year cost."""


@package_month.line("GBP", "Staff", total(package_visit, "staff_gbp", "package", "month", "year"))
def month_staff_gbp() -> Any:
    """What the staff of the package cost in the month."""


@package_month.line("GBP", "Consumables", total(package_visit, "consumables_gbp", "package", "month", "year"))
def month_consumables_gbp() -> Any:
    """What of the package in the month is not staff."""


@package_month.line("GBP", "Cost")
def month_gbp(month_staff_gbp: Any, month_consumables_gbp: Any) -> Any:
    """Staff and consumables of the package in the month."""
    return to_pence(month_staff_gbp + month_consumables_gbp)


@package_year.line("GBP", "Check: months add up to the year", months=total(package_month, "month_gbp", "package", "year"))
def check_months_gbp(package_gbp: Any, months: Any) -> Any:
    """Zero where twelve months add up to the financial year, to the penny."""
    return to_pence(months - package_gbp)


@package_contact_year.line("persons", "People seen, each time counted", total(package_visit, "seen_persons", "package", "contact", "year"))
def contact_seen_persons() -> Any:
    """How often the contact takes place for somebody in the financial year."""


@package_contact_year.line("hours", "Hours of contact", total(package_visit, "contact_hours", "package", "contact", "year"))
def contact_year_hours() -> Any:
    """The hours that staff spend on the contact."""


@package_contact_year.line("GBP", "Cost in the financial year", total(package_visit, "visit_gbp", "package", "contact", "year"))
def contact_gbp() -> Any:
    """What the contact costs in the financial year."""


# ------------------------------------------------------------------ staff


@package_role_month.line("hours", "Hours of contact", total(package_visit, "contact_hours", "role", "month", "year"))
def role_contact_hours() -> Any:
    """The hours that the role spends with people, in all packages."""


@package_role_month.line("hours", "Hours paid", not_in_contact=lookup(package_rate, "not_in_contact_share"))
def role_paid_hours(role_contact_hours: Any, not_in_contact: Any) -> Any:
    """The contracted hours that these hours of contact need.

    >>> role_paid_hours(90.0, 0.25).item()
    120.0
    """
    return ratio(role_contact_hours, 1 - not_in_contact)


@package_role_month.line("wte", "Whole-time equivalents", contracted=lookup(package_rate, "contracted_hours"))
def role_month_wte(role_paid_hours: Any, contracted: Any) -> Any:
    """The staff that the month needs: hours paid over a twelfth of the contracted hours of a year.

    >>> role_month_wte(325.0, 1950.0).item()
    2.0
    """
    return ratio(role_paid_hours * 12, contracted, decimals=AMOUNTS)


@package_role_month.line("GBP", "Staff", total(package_visit, "staff_gbp", "role", "month", "year"))
def role_month_gbp() -> Any:
    """What the role costs in the month, in all packages."""


@package_role_year.line("hours", "Hours of contact", total(package_role_month, "role_contact_hours", "role", "year"))
def role_year_hours() -> Any:
    """The hours that the role spends with people in the financial year."""


@package_role_year.line("wte", "Whole-time equivalents, all months", total(package_role_month, "role_month_wte", "role", "year"))
def role_months_wte() -> Any:
    """The whole-time equivalents of twelve months added up."""


@package_role_year.line("wte", "Whole-time equivalents, average of the months")
def role_year_wte(role_months_wte: Any) -> Any:
    """The staff of the role that the year needs.

    >>> role_year_wte(24.0)
    2.0
    """
    return role_months_wte / 12


@package_role_year.line("GBP", "Cost of staff", total(package_role_month, "role_month_gbp", "role", "year"))
def role_gbp() -> Any:
    """What the role costs in the financial year."""


# ------------------------------------------------------------------ networks


@package_network.line(
    "GBP",
    "A full year of care for the people of the network, so far",
    before=prior("network_so_far_gbp", along=("network", "case")),
    price=lookup(package_price, "package_gbp_per_person"),
)
def network_so_far_gbp(before: Any, network_persons: Any, price: Any) -> Any:
    """The running sum along which the cost of the package is cut: people at the price of their case."""
    return before + network_persons * price


@package_network.line(
    "GBP",
    "Cost in the financial year",
    before=prior("network_so_far_gbp", along=("network", "case")),
    whole=lookup(package_year, "package_full_year_gbp"),
    cost=lookup(package_year, "package_gbp"),
)
def network_gbp(network_so_far_gbp: Any, before: Any, whole: Any, cost: Any) -> Any:
    """The network's part of the cost of the package, by its people at the price of their case, to the penny.

    >>> network_gbp(30.0, 10.0, 40.0, 100.0)
    50.0
    """
    return pence_between(cost * ratio(network_so_far_gbp, whole, decimals=AMOUNTS), cost * ratio(before, whole, decimals=AMOUNTS))


@package_network_year.line("persons", "People", total(package_network, "network_persons", "network", "year"))
def network_year_persons() -> Any:
    """The people of the network in all packages; a person with two packages counts in each."""


@package_network_year.line("GBP", "Cost in the financial year", total(package_network, "network_gbp", "network", "year"))
def network_year_gbp() -> Any:
    """What the packages of the people of the network cost in the financial year."""


@package_year.line("GBP", "Cost of people whose network is not stated", placed=total(package_network, "network_gbp", "package", "year"))
def no_network_gbp(package_gbp: Any, placed: Any) -> Any:
    """What is left where the package has a cost and none of its people are of this year: cases that began in the year before."""
    return to_pence(package_gbp - placed)


# ------------------------------------------------------------------ everything


@package_all_month.line("GBP", "Staff", total(package_role_month, "role_month_gbp", "month", "year"))
def all_month_staff_gbp() -> Any:
    """What all roles cost in the month."""


@package_all_month.line("GBP", "Consumables", total(package_month, "month_consumables_gbp", "month", "year"))
def all_month_consumables_gbp() -> Any:
    """What in the month is not staff."""


@package_all_month.line("GBP", "Cost")
def all_month_gbp(all_month_staff_gbp: Any, all_month_consumables_gbp: Any) -> Any:
    """What all packages cost in the month."""
    return to_pence(all_month_staff_gbp + all_month_consumables_gbp)


@package_all.line("GBP", "Cost of all packages in the financial year", total(package_year, "package_gbp", "year"))
def packages_gbp() -> Any:
    """What all packages cost in the financial year."""


@package_all.line("GBP", "Staff", total(package_role_year, "role_gbp", "year"))
def packages_staff_gbp() -> Any:
    """What all roles cost in the financial year."""


@package_all.line("wte", "Whole-time equivalents of all packages, average of the months", total(package_role_year, "role_year_wte", "year"))
def packages_wte() -> Any:
    """The staff of all roles that the year needs."""


@package_all.line("GBP", "Check: months add up to the packages", months=total(package_all_month, "all_month_gbp", "year"))
def check_all_months_gbp(packages_gbp: Any, months: Any) -> Any:
    """Zero where the months, by role and with consumables, add up to the cost of all packages."""
    return to_pence(months - packages_gbp)


@package_all.line("GBP", "Check: contacts add up to the packages", contacts=total(package_contact_year, "contact_gbp", "year"))
def check_contacts_gbp(packages_gbp: Any, contacts: Any) -> Any:
    """Zero where the contacts add up to the cost of all packages."""
    return to_pence(contacts - packages_gbp)


@package_all.line(
    "GBP",
    "Check: networks add up to the packages",
    networks=total(package_network_year, "network_year_gbp", "year"),
    rest=total(package_year, "no_network_gbp", "year"),
)
def check_networks_gbp(packages_gbp: Any, networks: Any, rest: Any) -> Any:
    """Zero where the networks, and the cost whose network is not stated, add up to the cost of all packages."""
    return to_pence(networks + rest - packages_gbp)
