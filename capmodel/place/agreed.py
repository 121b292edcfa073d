"""The agreements of a run, for whoever shows them: the summary, the record and the workbook."""

from __future__ import annotations

from collections import Counter
from functools import cache
from typing import TYPE_CHECKING

from capmodel.algebra.functions import add_up
from capmodel.assumptions.pack import Key
from capmodel.assumptions.step import AGREEMENTS
from capmodel.contracts.agreements import UNCOVERED
from capmodel.contracts.agreements.idle import AgreedRun
from capmodel.contracts.agreements.stated import whole
from capmodel.contracts.agreements.statement import in_lines
from capmodel.money import is_nil, pounds

if TYPE_CHECKING:
    from capmodel.place.result import Result

_MOVED = "activity_variance_share"


def agreed_of(result: Result) -> AgreedRun:
    """The agreements of a run of a place that has them.

    Raises:
        BadInput: the place does not have the step.
    """
    result.place.need(AGREEMENTS)
    agreements = whole(result.place.pack.documents[f"{AGREEMENTS}.yaml"], result.place.pack)
    moved_by = tuple(name for name in (_MOVED,) if name in result.place.assumptions)
    rows = result.values.inputs.rows
    # A statement asks for the same columns line by line.
    return AgreedRun(cache(result.column), rows, result.place.label, result.place.pack.years, agreements, moved_by)


def in_alliance(result: Result) -> list[str]:
    """Which settings, providers and payers of an alliance cost what agreements pay, and which do not; a line each, over all years."""
    run = agreed_of(result)
    covered = Counter(_route(line) for line, agreement in run.agreement_of.items() if agreement != UNCOVERED)
    paid, worth = (_by_route(run, name) for name in ("payment_gbp", "uncovered_gbp"))

    def in_words(route: Key) -> str:
        others = f", and {pounds(worth[route])} for lines without an agreement" if not is_nil(worth[route]) else ""
        return f"{pounds(paid[route])} under agreements on {in_lines(covered[route])} of service{others}"

    flags = result.column("scope", "in_scope_flag")
    inside = [route for route in dict.fromkeys(key[:-1] for key in result.column("service", "actual_gbp")) if flags[(route[0],)]]
    found = [f"  {run.name(route)}: {in_words(route)}" for route in inside if covered[route]]
    found += [f"  {run.name(route)}: as assumed, since no agreement covers a line of it" for route in inside if not covered[route]]
    outside = [route for route in covered if route not in inside]
    return [*found, *(f"  Under agreements and outside the alliance: {run.name(route)}, {in_words(route)}" for route in outside)]


def _route(line: Key) -> Key:
    """The setting, provider and payer of a line of service."""
    setting, _, provider, payer = line
    return setting, provider, payer


def _by_route(run: AgreedRun, name: str) -> dict[Key, float]:
    """A column of lines of service, added up by setting, provider and payer over all years."""
    found: dict[Key, list[float]] = {}
    for key, value in run.column("service_line", name).items():
        found.setdefault(_route(key[:-1]), []).append(value)
    return {route: add_up(values) for route, values in found.items()}
