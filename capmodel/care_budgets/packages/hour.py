"""The cost of an hour of contact by role: from pay by on-costs and overheads to the hours in which nobody is seen.

Only a part of the hours that a member of staff is paid for is contact with people; the rest is leave, training, travel and
administration. An hour of contact therefore carries the cost of the hours beside it. The bridge shows each of its parts as a line.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from capmodel.algebra.functions import AMOUNTS, above, ratio
from capmodel.algebra.table import Table
from capmodel.care_budgets.packages import SHEET

package_rate = Table("package_rate", ("role", "year"), "Cost of an hour of contact by role", SHEET)
package_rate.input("pay_by_hour_flag", "flag", "Pay is stated an hour", internal=True)
package_rate.input("year_pay_gbp", "GBP", "Pay a year of one whole-time equivalent")
package_rate.input("hour_pay_gbp_per_hour", "GBP/hours", "Pay an hour")
package_rate.input("contracted_hours", "hours", "Contracted hours a year of one whole-time equivalent")
package_rate.input("on_costs_share", "share", "On-costs of the employer, share of pay")
package_rate.input("overheads_share", "share", "Overheads, share of pay and on-costs")
package_rate.input("not_in_contact_share", "share", "Share of contracted hours not in contact (leave, training, travel)")


@package_rate.line("GBP/hours", "Pay of a contracted hour")
def contracted_pay_gbp_per_hour(pay_by_hour_flag: Any, hour_pay_gbp_per_hour: Any, year_pay_gbp: Any, contracted_hours: Any) -> Any:
    """Pay an hour as stated, or pay a year over the contracted hours of one whole-time equivalent.

    >>> contracted_pay_gbp_per_hour(np.array([0, 1]), 21.0, 39_000.0, 1950.0).tolist()
    [20.0, 21.0]
    """
    return np.where(pay_by_hour_flag > 0, hour_pay_gbp_per_hour, ratio(year_pay_gbp, contracted_hours, decimals=AMOUNTS))


@package_rate.line("GBP/hours", "On-costs of a contracted hour")
def on_costs_gbp_per_hour(contracted_pay_gbp_per_hour: Any, on_costs_share: Any) -> Any:
    """What the employer pays beside the pay: national insurance and pension.

    >>> on_costs_gbp_per_hour(20.0, 0.25)
    5.0
    """
    return contracted_pay_gbp_per_hour * on_costs_share


@package_rate.line("GBP/hours", "Overheads of a contracted hour")
def overheads_gbp_per_hour(contracted_pay_gbp_per_hour: Any, on_costs_gbp_per_hour: Any, overheads_share: Any) -> Any:
    """Management, premises and equipment, as a share of pay and on-costs.

    >>> overheads_gbp_per_hour(20.0, 5.0, 0.2)
    5.0
    """
    return (contracted_pay_gbp_per_hour + on_costs_gbp_per_hour) * overheads_share


@package_rate.line("GBP/hours", "Hours not in contact, for each hour that is")
def not_in_contact_gbp_per_hour(
    contracted_pay_gbp_per_hour: Any, on_costs_gbp_per_hour: Any, overheads_gbp_per_hour: Any, not_in_contact_share: Any
) -> Any:
    """What the paid hours in which nobody is seen add to an hour of contact.

    >>> not_in_contact_gbp_per_hour(20.0, 5.0, 5.0, 0.25).item()
    10.0
    """
    paid = contracted_pay_gbp_per_hour + on_costs_gbp_per_hour + overheads_gbp_per_hour
    return paid * ratio(not_in_contact_share, 1 - not_in_contact_share)


@package_rate.line("GBP/hours", "Cost of an hour of contact")
def contact_hour_gbp_per_hour(
    contracted_pay_gbp_per_hour: Any, on_costs_gbp_per_hour: Any, overheads_gbp_per_hour: Any, not_in_contact_gbp_per_hour: Any
) -> Any:
    """The four parts together: what one hour of contact with people costs.

    >>> contact_hour_gbp_per_hour(20.0, 5.0, 5.0, 10.0)
    40.0
    """
    return contracted_pay_gbp_per_hour + on_costs_gbp_per_hour + overheads_gbp_per_hour + not_in_contact_gbp_per_hour


@package_rate.line("flag", "Check: some contracted hours are in contact")
def check_in_contact_flag(not_in_contact_share: Any) -> Any:
    """Zero where the role sees people in some of its hours; otherwise an hour of contact would have no cost."""
    return np.where(above(1 - not_in_contact_share, 0), 0, 1)
