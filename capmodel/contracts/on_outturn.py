"""A settlement on the outturn: actual cost of the months that are in, and the forecast of the rest, in the place of assumed actual cost.

Lines and years without actual cost are as the contract assumes. What chance may change, and the pressure where a line is forecast with
it, moves the months to come alone. The outturn itself is in `care_budgets.outturn`.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np

from capmodel.algebra.functions import to_pence
from capmodel.algebra.links import lookup, total
from capmodel.algebra.table import Table
from capmodel.care_budgets.outturn.forecast import outturn_line
from capmodel.contracts.settlement.chance import scope
from capmodel.contracts.settlement.transfer import TABLES

_ASSUMED = next(table for table in TABLES if table.name == "service")
_LINE = ("setting", "provider", "payer", "year")

service = Table(_ASSUMED.name, _ASSUMED.keys, _ASSUMED.title, _ASSUMED.sheet, inputs=dict(_ASSUMED.inputs))
_actual = _ASSUMED.lines["actual_gbp"]
_before = list(_ASSUMED.lines)[: list(_ASSUMED.lines).index("actual_gbp")]
service.as_in(_ASSUMED, *_before)
service.lines["assumed_actual_gbp"] = replace(_actual, name="assumed_actual_gbp", label="Actual cost, as assumed without an outturn")


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
    flag: Any,
    in_year: Any,
    outturn: Any,
    rest: Any,
    with_pressure: Any,
    place_pressure: Any,
    own_pressure: Any,
    by_chance: Any,
) -> Any:
    """The outturn of a line of which months are in, with what pressure and chance add to the months to come; as assumed otherwise.

    >>> actual_gbp(990.0, 1, np.array([1, 0]), 1030.0, 400.0, 1, 0.02, 0.0, 0.0).tolist()
    [1038.0, 990.0]
    """
    to_come = rest * (with_pressure * (place_pressure + own_pressure) + by_chance)
    return np.where(in_year > 0, to_pence(flag * (outturn + to_come)), assumed_actual_gbp)


service.as_in(_ASSUMED, *(name for name in _ASSUMED.lines if name not in service.lines))
