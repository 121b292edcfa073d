"""The agreements of a run, for whoever shows them: the summary, the record and the workbook."""

from __future__ import annotations

from typing import TYPE_CHECKING

from capmodel.algebra.functions import add_up
from capmodel.assumptions.pack import Key
from capmodel.assumptions.step import AGREEMENTS
from capmodel.contracts.agreements.idle import AgreedRun, nil
from capmodel.contracts.agreements.stated import Agreements
from capmodel.money import pounds

if TYPE_CHECKING:
    from capmodel.place.result import Result

_MOVED = "activity_variance_share"


def agreed_of(result: Result) -> AgreedRun:
    """The agreements of a run of a place that has them.

    Raises:
        BadInput: the place does not have the step.
    """
    result.place.need(AGREEMENTS)
    file = next(step.files[0] for step in result.chain.steps if step.name == AGREEMENTS)
    stated = Agreements.model_validate(result.place.pack.documents[file].content)
    moved_by = tuple(name for name in (_MOVED,) if name in result.place.assumptions)
    rows = result.values.inputs.rows
    return AgreedRun(result.column, rows, result.place.label, result.place.pack.years, stated, moved_by)


def in_alliance(result: Result) -> list[str]:
    """Which settings, providers and payers of an alliance cost what agreements pay, and which do not; a line each, over all years."""
    run = agreed_of(result)
    covered: dict[Key, int] = {}
    for (setting, _, provider, payer, _), flag in _first_year(run, "covered_flag").items():
        covered[setting, provider, payer] = covered.get((setting, provider, payer), 0) + int(flag)
    flags = result.column("scope", "in_scope_flag")
    routes = list(dict.fromkeys(key[:-1] for key in result.column("service", "actual_gbp")))
    inside = [route for route in routes if flags[(route[0],)]]
    found = [f"  {run.name(route)}: {_paid(run, route, covered[route])}" for route in inside if covered.get(route)]
    found += [f"  {run.name(route)}: as assumed, since no agreement covers a line of it" for route in inside if not covered.get(route)]
    outside = [route for route, number in covered.items() if number and route not in inside]
    return [
        *found,
        *(f"  Under agreements and outside the alliance: {run.name(route)}, {_paid(run, route, covered[route])}" for route in outside),
    ]


def _first_year(run: AgreedRun, name: str) -> dict[Key, float]:
    """A column of lines of service in the first year."""
    return {key: value for key, value in run.column("service_line", name).items() if key[-1] == str(run.years[0])}


def _paid(run: AgreedRun, route: Key, lines: int) -> str:
    """What the lines of a setting, provider and payer are paid, and what those without an agreement are worth."""
    paid, worth = (
        add_up(
            [
                value
                for (setting, _, provider, payer, _), value in run.column("service_line", name).items()
                if (setting, provider, payer) == route
            ]
        )
        for name in ("payment_gbp", "uncovered_gbp")
    )
    others = f", and {pounds(worth)} for lines without an agreement" if not nil(worth) else ""
    return f"{pounds(paid)} under agreements on {lines} line{'' if lines == 1 else 's'} of service{others}"
