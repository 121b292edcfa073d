"""A settlement whose target is given by setting, provider and payer, and whose actual cost is what agreements pay."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from capmodel.algebra.functions import to_pence
from capmodel.algebra.links import lookup, total
from capmodel.algebra.rows import Rows
from capmodel.algebra.table import Table
from capmodel.assumptions.pack import Pack
from capmodel.assumptions.step import AGREEMENTS
from capmodel.contracts import given_target
from capmodel.contracts.agreements.lines import service_line
from capmodel.contracts.given_target import TARGET
from capmodel.contracts.settlement import SHEET
from capmodel.contracts.settlement.actual import service as on_budgets
from capmodel.errors import BadInput, Problem

ROUTE = ("setting", "provider", "payer")
#: What a setting, provider and payer is paid under agreements, and what its lines without one are worth.
PAID: dict[str, Any] = {
    "paid": total(service_line, "payment_gbp", *ROUTE, "year"),
    "others": total(service_line, "uncovered_gbp", *ROUTE, "year"),
}

service = Table(on_budgets.name, on_budgets.keys, "Target as given, and what agreements pay, by setting, provider and payer", SHEET)
service.take(given_target.service.inputs[TARGET])
service.inputs |= on_budgets.inputs
service.as_in(given_target.service, "budget_gbp")


@service.line("GBP", on_budgets.lines["actual_gbp"].label, flag=lookup(given_target.scope, "in_scope_flag"), **PAID)
def actual_gbp(flag: Any, paid: Any, others: Any) -> Any:
    """What agreements pay on the lines in scope, with the worth of lines without one beside them.

    >>> actual_gbp(1, 1000.0, 30.0)
    1030.0
    """
    return flag * to_pence(paid + others)


service.as_in(on_budgets, *(name for name in on_budgets.lines if name not in service.lines))


def _rows(pack: Pack, known: Mapping[str, Rows], read: Mapping[str, Any]) -> dict[str, Rows]:
    """The rows of a given target.

    Raises:
        BadInput: a target in scope has no line of service, so that its actual cost is not known.
    """
    rows = given_target.GIVEN.rows(pack, known, read)
    if AGREEMENTS not in read:
        return rows
    there = _routes(read[AGREEMENTS].rows["service_line"])
    in_scope = {key[0] for (key, _), figure in pack.columns["in_scope_flag"].figures.items() if figure.value}
    why, remedy = "its actual cost would be nil", "Add its lines, take its setting out of scope (in_scope_flag), or remove the target"
    where = f"tables/{pack.columns[TARGET].file}"
    problems = [
        Problem(where, f"{', '.join(route)} has a target and no line of service", why, remedy)
        for route in _routes(rows[service.name])
        if route[0] in in_scope and route not in there
    ]
    if problems:
        raise BadInput(problems)
    return rows


def _routes(rows: Rows) -> dict[tuple[str, ...], None]:
    return dict.fromkeys(zip(*(rows.columns[part] for part in ROUTE), strict=True))


GIVEN = replace(
    given_target.GIVEN,
    asks=(TARGET,),
    what="the target by setting, provider and payer",
    tables=(given_target.scope, service, given_target.party_budget),
    rows=_rows,
    file="",
)
