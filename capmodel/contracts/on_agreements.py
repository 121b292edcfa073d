"""A settlement on what agreements pay: payments by setting, provider and payer are the actual cost that an alliance shares over.

A setting, provider and payer with at least one line under an agreement costs what its lines are paid, and what its lines without an
agreement are worth. Without such a line it costs what the contract assumes; pressure and chance move that alone, since activity moves payments.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np

from capmodel.algebra.functions import to_pence
from capmodel.algebra.links import lookup, total
from capmodel.assumptions.pack import Pack
from capmodel.assumptions.step import CARE_BUDGETS, OUTTURN
from capmodel.care_budgets.step import GIVEN as GIVEN_BUDGETS
from capmodel.contracts import step as assumed
from capmodel.contracts.agreed_target import GIVEN, PAID
from capmodel.contracts.agreements.lines import service_line
from capmodel.contracts.given_target import ACTUAL
from capmodel.contracts.settlement.actual import before_actual
from capmodel.contracts.settlement.actual import service as on_assumed
from capmodel.contracts.settlement.chance import scope
from capmodel.contracts.settlement.transfer import TABLES
from capmodel.errors import Problem

service = before_actual(on_assumed, "assumed_actual_gbp", "Actual cost, as assumed without agreements")


@service.line(
    "GBP",
    on_assumed.lines["actual_gbp"].label,
    flag=lookup(scope, "in_scope_flag"),
    covered=total(service_line, "covered_flag", "setting", "provider", "payer", "year"),
    **PAID,
)
def actual_gbp(assumed_actual_gbp: Any, flag: Any, covered: Any, paid: Any, others: Any) -> Any:
    """What agreements pay on the lines in scope, with the worth of lines without one beside them; as assumed where none covers a line.

    >>> actual_gbp(990.0, 1, np.array([2, 0]), 1000.0, 30.0).tolist()
    [1030.0, 990.0]
    """
    return np.where(flag > 0, np.where(covered > 0, to_pence(paid + others), assumed_actual_gbp), assumed_actual_gbp)


service.as_in(on_assumed, *(name for name in on_assumed.lines if name not in service.lines))


def _check(pack: Pack, problems: list[Problem]) -> None:
    """Report whatever else would give the actual cost that the contract settles."""
    both = "it and agreements.yaml both give the actual cost that the contract settles"
    why = "one of them would silently win"
    if ACTUAL in pack.columns:
        problems.append(Problem(f"tables/{pack.columns[ACTUAL].file}", both, why, "Remove one of the two"))
    if f"{OUTTURN}.yaml" in pack.documents:
        remedy = "Give the activity so far in tables/actual_activity_number.csv, or remove one of the two"
        problems.append(Problem(f"{OUTTURN}.yaml", both, why, remedy))
    if pack.actual_cost == "plan":
        problems.append(Problem("place.yaml, actual_cost", both, why, "Leave actual_cost out, or remove agreements.yaml"))


STEP = replace(
    assumed.STEP,
    tables=tuple(service if table is on_assumed else table for table in TABLES),
    joined={},
    given={**assumed.STEP.given, CARE_BUDGETS: (GIVEN_BUDGETS, GIVEN)},
    check=_check,
)
