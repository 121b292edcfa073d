"""A settlement on the outturn: actual cost of the months that are in, and the forecast of the rest, in the place of assumed actual cost.

Lines and years without actual cost, and lines out of scope, are as the contract assumes. What chance may change, the pressure where a
line is forecast with it, and a change of scope where it is forecast on its budget, move the months to come alone; late data are added to
recorded cost alone. The outturn itself is in `care_budgets.outturn`.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from capmodel.algebra.functions import AMOUNTS, ratio, to_pence
from capmodel.algebra.links import lookup, total
from capmodel.care_budgets.outturn.forecast import outturn_line
from capmodel.contracts.settlement.actual import COMPLETION, before_actual
from capmodel.contracts.settlement.actual import service as on_assumed
from capmodel.contracts.settlement.chance import scope

_LINE = ("setting", "provider", "payer", "year")

service = before_actual(on_assumed, "assumed_actual_gbp", "Actual cost, as assumed without an outturn")
_actual = on_assumed.lines["actual_gbp"]


@service.line(
    "GBP",
    "Agreed change of scope in the months to come",
    year_plan=total(outturn_line, "line_plan_gbp", *_LINE),
    plan_in=total(outturn_line, "plan_to_date_gbp", *_LINE),
    at_rate=total(outturn_line, "run_rate_flag", *_LINE),
    stated=total(outturn_line, "stated_flag", *_LINE),
)
def scope_to_come_gbp(scope_change_gbp: Any, year_plan: Any, plan_in: Any, at_rate: Any, stated: Any) -> Any:
    """The part of a change of scope that falls into the months to come, where they are forecast on their budget, which does not hold it.

    A line at the rate so far has the change in its rate, and a stated forecast is the whole cost.

    >>> scope_to_come_gbp(1200.0, 60_000.0, 35_000.0, np.array([0, 1]), 0).round(2).tolist()
    [500.0, 0.0]
    """
    return scope_change_gbp * ratio(year_plan - plan_in, year_plan, decimals=AMOUNTS) * (1 - at_rate) * (1 - stated)


@service.line(
    "GBP",
    _actual.label,
    flag=lookup(scope, "in_scope_flag"),
    in_year=total(outturn_line, "in_year_flag", *_LINE),
    outturn=total(outturn_line, "outturn_gbp", *_LINE),
    rest=total(outturn_line, "rest_gbp", *_LINE),
    with_pressure=total(outturn_line, "pressure_flag", *_LINE),
    place_pressure=_actual.links["place_pressure"],
    own_pressure=_actual.links["own_pressure"],
    by_chance=_actual.links["by_chance"],
)
def actual_gbp(
    assumed_actual_gbp: Any,
    scope_to_come_gbp: Any,
    flag: Any,
    in_year: Any,
    outturn: Any,
    rest: Any,
    with_pressure: Any,
    place_pressure: Any,
    own_pressure: Any,
    by_chance: Any,
) -> Any:
    """The outturn of a line of which months are in, with what scope, pressure and chance add to the months to come; as assumed otherwise.

    >>> actual_gbp(990.0, 0.0, 1, np.array([1, 0]), 1030.0, 400.0, 1, 0.02, 0.0, 0.0).tolist()
    [1038.0, 990.0]
    """
    moved = (rest + scope_to_come_gbp) * (with_pressure * (place_pressure + own_pressure) + by_chance)
    settled = np.where(in_year > 0, to_pence(outturn + scope_to_come_gbp + moved), assumed_actual_gbp)
    return np.where(flag > 0, settled, assumed_actual_gbp)


@service.line(
    "GBP",
    on_assumed.lines["late_gbp"].label,
    completion=COMPLETION,
    flag=lookup(scope, "in_scope_flag"),
    in_year=total(outturn_line, "in_year_flag", *_LINE),
    to_date=total(outturn_line, "actual_to_date_gbp", *_LINE),
    at_rate=total(outturn_line, "run_rate_flag", *_LINE),
)
def late_gbp(actual_gbp: Any, completion: Any, flag: Any, in_year: Any, to_date: Any, at_rate: Any) -> Any:
    """What late data will add, by the completion factor: to the cost so far, and to a forecast at its rate; a budget is complete.

    >>> late_gbp(1000.0, 1.01, 1, 1, 600.0, np.array([0, 1])).round(2).tolist()
    [6.0, 10.0]
    """
    recorded = np.where(in_year > 0, np.where(at_rate > 0, actual_gbp, to_date), actual_gbp)
    return to_pence(np.where(flag > 0, recorded, actual_gbp) * (completion - 1))


service.as_in(on_assumed, *(name for name in on_assumed.lines if name not in service.lines))
