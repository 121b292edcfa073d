"""The two ends held against each other: what the packages cost bottom-up, and what is budgeted for them top-down.

The budget comes from the file of the packages, by package and setting or as one sum, or from the Year of Care budgets of the place,
by segment and setting. The gap is a line of its own. Prices are scaled to the budget only where the file says so; the factor is a
line too, and the prices before it stay as they are.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from capmodel.algebra.functions import AMOUNTS, above, pence_between, ratio, to_pence
from capmodel.algebra.links import lookup, prior, total
from capmodel.algebra.table import Table
from capmodel.care_budgets.packages import SHEET
from capmodel.care_budgets.packages.totals import package_contact_year, package_price
from capmodel.care_budgets.year_of_care import care_budget

package_plan = Table("package_plan", ("scope", "plan_setting", "year"), "Budgets against the cost of packages", SHEET)
package_plan.input("plan_gbp", "GBP", "Budget, top-down")

package_scale = Table("package_scale", ("scope", "year"), "From bottom-up prices to the budget", SHEET)
package_scale.input("scale_flag", "flag", "Prices are scaled to the budget")

package_scaled = Table("package_scaled", ("scope", "package", "case", "year"), "Prices and cost as they are paid", SHEET)

package_segment_contact = Table(
    "package_segment_contact", ("package", "contact", "year"), "Contacts by segment and setting", SHEET, ("segment", "setting")
)
package_segment = Table("package_segment", ("segment", "setting", "year"), "Year of Care budgets against the cost of packages", SHEET)
package_segment_scale = Table("package_segment_scale", ("segment", "year"), "From bottom-up prices to the Year of Care budget", SHEET)
package_segment_scale.input("segment_scale_flag", "flag", "Prices are scaled to the Year of Care budget of the segment")
package_segment_scaled = Table(
    "package_segment_scaled", ("segment", "package", "case", "year"), "Prices and cost scaled to the segment", SHEET
)

#: Tables that are there only where the place has Year of Care budgets.
OF_CARE_BUDGETS = (package_segment_contact, package_segment, package_segment_scale, package_segment_scaled)


@package_plan.line("GBP", "Cost of packages, bottom-up", total(package_contact_year, "contact_gbp", "scope", "plan_setting", "year"))
def plan_bottom_up_gbp() -> Any:
    """What the contacts in the setting cost in the financial year."""


@package_plan.line("GBP", "Gap: budget less cost of packages")
def plan_gap_gbp(plan_gbp: Any, plan_bottom_up_gbp: Any) -> Any:
    """Money beyond what the packages cost (plus), or short of it (minus), to the penny.

    >>> plan_gap_gbp(6_000_000.0, 6_522_000.0)
    -522000.0
    """
    return to_pence(plan_gbp - plan_bottom_up_gbp)


@package_segment_contact.line("GBP", "Cost in the financial year", lookup(package_contact_year, "contact_gbp"))
def segment_contact_gbp() -> Any:
    """What the contact costs, with the segment and setting that pay for it."""


@package_segment.line("GBP", "Year of Care budget, top-down", total(care_budget, "budget_gbp", "segment", "setting", "year"))
def segment_plan_gbp() -> Any:
    """What the Year of Care budgets have for the segment in the setting."""


@package_segment.line(
    "GBP", "Cost of packages, bottom-up", total(package_segment_contact, "segment_contact_gbp", "segment", "setting", "year")
)
def segment_bottom_up_gbp() -> Any:
    """What the contacts of the segment in the setting cost in the financial year."""


@package_segment.line("GBP", "Gap: Year of Care budget less cost of packages")
def segment_gap_gbp(segment_plan_gbp: Any, segment_bottom_up_gbp: Any) -> Any:
    """The part of the budget that no package accounts for (plus), or what the packages cost beyond it (minus)."""
    return plan_gap_gbp(segment_plan_gbp, segment_bottom_up_gbp)


@package_scale.line("GBP", "Budget, top-down", total(package_plan, "plan_gbp", "scope", "year"))
def scope_plan_gbp() -> Any:
    """The budget of all settings."""


@package_scale.line("GBP", "Cost of packages, bottom-up", total(package_plan, "plan_bottom_up_gbp", "scope", "year"))
def scope_bottom_up_gbp() -> Any:
    """What the packages cost in all settings."""


@package_segment_scale.line("GBP", "Year of Care budget, top-down", total(package_segment, "segment_plan_gbp", "segment", "year"))
def all_segment_plan_gbp() -> Any:
    """The Year of Care budget of the segment in all settings."""


@package_segment_scale.line("GBP", "Cost of packages, bottom-up", total(package_segment, "segment_bottom_up_gbp", "segment", "year"))
def all_segment_bottom_up_gbp() -> Any:
    """What the packages of the segment cost in all settings."""


@package_scale.line("GBP", "Gap: budget less cost of packages")
def scope_gap_gbp(scope_plan_gbp: Any, scope_bottom_up_gbp: Any) -> Any:
    """The gap of all settings."""
    return plan_gap_gbp(scope_plan_gbp, scope_bottom_up_gbp)


@package_segment_scale.line("GBP", "Gap: Year of Care budget less cost of packages")
def all_segment_gap_gbp(all_segment_plan_gbp: Any, all_segment_bottom_up_gbp: Any) -> Any:
    """The gap of all settings."""
    return plan_gap_gbp(all_segment_plan_gbp, all_segment_bottom_up_gbp)


@package_scale.line("index", "Budget over the cost of packages")
def budget_over_cost_index(scope_plan_gbp: Any, scope_bottom_up_gbp: Any) -> Any:
    """The factor that would bring the prices to the budget; one where the packages cost nothing.

    >>> round(budget_over_cost_index(6_000_000.0, 6_522_000.0).item(), 6)
    0.919963
    """
    return ratio(scope_plan_gbp, scope_bottom_up_gbp, otherwise=1, decimals=AMOUNTS)


@package_segment_scale.line("index", "Year of Care budget over the cost of packages")
def segment_over_cost_index(all_segment_plan_gbp: Any, all_segment_bottom_up_gbp: Any) -> Any:
    """The factor that would bring the prices to the Year of Care budget of the segment."""
    return budget_over_cost_index(all_segment_plan_gbp, all_segment_bottom_up_gbp)


@package_scale.line("index", "Scale factor")
def scale_index(scale_flag: Any, budget_over_cost_index: Any) -> Any:
    """The factor of the prices that are paid: one unless the file says that prices are scaled.

    >>> scale_index(np.array([0, 1]), 0.92).tolist()
    [1.0, 0.92]
    """
    return np.where(scale_flag > 0, budget_over_cost_index, 1)


@package_segment_scale.line("index", "Scale factor")
def segment_scale_index(segment_scale_flag: Any, segment_over_cost_index: Any) -> Any:
    """The factor of the prices that are paid: one unless the file says that prices are scaled."""
    return scale_index(segment_scale_flag, segment_over_cost_index)


@package_scaled.line(
    "GBP/persons",
    "Price that is paid, pounds a person a year",
    price=lookup(package_price, "package_gbp_per_person"),
    factor=lookup(package_scale, "scale_index"),
)
def scaled_gbp_per_person(price: Any, factor: Any) -> Any:
    """The bottom-up price times the scale factor, to the penny.

    >>> scaled_gbp_per_person(1500.0, 6_000_000 / 6_522_000)
    1379.94
    """
    return to_pence(price * factor)


@package_segment_scaled.line(
    "GBP/persons",
    "Price that is paid, pounds a person a year",
    price=lookup(package_price, "package_gbp_per_person"),
    factor=lookup(package_segment_scale, "segment_scale_index"),
)
def segment_scaled_gbp_per_person(price: Any, factor: Any) -> Any:
    """The bottom-up price times the scale factor of the segment, to the penny."""
    return scaled_gbp_per_person(price, factor)


@package_scaled.line(
    "GBP",
    "Cost, so far, before it is cut to pence",
    before=prior("scaled_so_far_gbp", along=("package", "case")),
    cost=lookup(package_price, "case_gbp"),
    factor=lookup(package_scale, "scale_index"),
)
def scaled_so_far_gbp(before: Any, cost: Any, factor: Any) -> Any:
    """The running sum along which the scaled cost is cut."""
    return before + cost * factor


@package_scaled.line(
    "GBP", "Cost in the financial year at the prices that are paid", before=prior("scaled_so_far_gbp", along=("package", "case"))
)
def scaled_gbp(scaled_so_far_gbp: Any, before: Any) -> Any:
    """The cost of the financial year at the prices that are paid, to the penny."""
    return pence_between(scaled_so_far_gbp, before)


@package_segment_scaled.line(
    "GBP",
    "Cost, so far, before it is cut to pence",
    before=prior("segment_scaled_so_far_gbp", along=("package", "case")),
    cost=lookup(package_price, "case_gbp"),
    factor=lookup(package_segment_scale, "segment_scale_index"),
)
def segment_scaled_so_far_gbp(before: Any, cost: Any, factor: Any) -> Any:
    """The running sum along which the scaled cost is cut."""
    return scaled_so_far_gbp(before, cost, factor)


@package_segment_scaled.line(
    "GBP", "Cost in the financial year at the prices that are paid", before=prior("segment_scaled_so_far_gbp", along=("package", "case"))
)
def segment_scaled_gbp(segment_scaled_so_far_gbp: Any, before: Any) -> Any:
    """The cost of the financial year at the prices that are paid, to the penny."""
    return pence_between(segment_scaled_so_far_gbp, before)


@package_scale.line("GBP", "Check: scaled costs add up to the budget", scaled=total(package_scaled, "scaled_gbp", "scope", "year"))
def check_scaled_gbp(scale_flag: Any, scope_plan_gbp: Any, scope_bottom_up_gbp: Any, scaled: Any) -> Any:
    """Zero where costs come to the budget that they are scaled to, and to the bottom-up cost where they are not scaled.

    >>> check_scaled_gbp(np.array([0, 1]), 90.0, 100.0, np.array([100.0, 90.0])).tolist()
    [0.0, 0.0]
    """
    scales = np.where(above(np.absolute(scope_bottom_up_gbp), 0, AMOUNTS), scale_flag, 0)
    return to_pence(scaled - (scope_bottom_up_gbp + (scope_plan_gbp - scope_bottom_up_gbp) * scales))


@package_segment_scale.line(
    "GBP",
    "Check: scaled costs add up to the Year of Care budget",
    scaled=total(package_segment_scaled, "segment_scaled_gbp", "segment", "year"),
)
def check_segment_scaled_gbp(segment_scale_flag: Any, all_segment_plan_gbp: Any, all_segment_bottom_up_gbp: Any, scaled: Any) -> Any:
    """Zero where costs come to the budget that they are scaled to, and to the bottom-up cost where they are not scaled."""
    return check_scaled_gbp(segment_scale_flag, all_segment_plan_gbp, all_segment_bottom_up_gbp, scaled)
