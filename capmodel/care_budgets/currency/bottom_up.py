"""The price of a band against the cost of a care package that the place works out itself, where a place has both steps."""

from __future__ import annotations

from typing import Any

from capmodel.algebra.links import lookup
from capmodel.algebra.table import Table
from capmodel.care_budgets.currency import SHEET
from capmodel.care_budgets.currency.payment import BAND
from capmodel.care_budgets.currency.settling import package
from capmodel.care_budgets.packages.totals import package_year

bottom_up = Table(
    "payment_bottom_up", (BAND, "year"), "Price against the cost of the care package of the place", SHEET, beside=("package",)
)


@bottom_up.line("GBP/persons", "Cost of the package of care a person a year", lookup(package_year, "average_gbp_per_person"))
def payment_package_gbp_per_person() -> Any:
    """The average of the care package over its people, new and existing cases, as the step packages works it out."""


# The gap is the same whether the cost is given or worked out.
bottom_up.as_in(package, "over_package_gbp_per_person", "over_package_gbp")
