"""A file of payments as rows and figures of the tables: each figure with the provenance of the entry or table it comes from."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TypeVar

from capmodel.algebra.rows import Rows
from capmodel.assumptions.laid_out import Figures, LaidOut, columns_given
from capmodel.assumptions.pack import Figure, Key
from capmodel.baseline.spend import columns_of
from capmodel.care_budgets.currency.payment import BAND, CRITERION, PERIOD, UNIT
from capmodel.care_budgets.currency.roster import ResultKey, Roster
from capmodel.care_budgets.currency.settling import PLAN
from capmodel.care_budgets.currency.stated import Payments

#: What periods are called.
LABELS = {"whole_year": "Whole year", "q1": "Quarter 1", "q2": "Quarter 2", "q3": "Quarter 3", "q4": "Quarter 4"}
#: The one plan.
PLANNED = "planned"
#: The key of a figure, its year last.
Keyed = TypeVar("Keyed", bound=tuple[str | int, ...])
Given = dict[str, tuple[tuple[str, ...], Figures]]


def laid_out(
    stated: Payments,
    roster: Roster,
    results: Mapping[ResultKey, tuple[float, float]],
    planned: Roster | None,
    known: Figure,
    years: tuple[int, ...],
) -> LaidOut:
    """The rows, columns and labels of a sound file of payments.

    Args:
        stated: the file.
        roster: what its roster adds up to.
        results: by unit, criterion, period and year, the people met and those it applies to; none where persons are judged.
        planned: the planned roster, where the year is paid on a plan.
        known: the provenance of the file.
        years: the years of the model.
    """
    sizes = {f"list_of_{size}": size for size in stated.interval.list_sizes}
    results = {key: each for key, each in results.items() if stated.judged == "unit"}
    months = _by_year(roster.months)
    given: Given = {
        "payment_needed_share": ((), {(): 1.0 if stated.needed_share is None else stated.needed_share}),
        "payment_interval_persons": ((), {(): round(stated.interval.deviates_number**2 / 2, 10)}),
        "payment_linked_share": ((), {(): stated.linked_share}),
        "payment_price_gbp_per_person": ((BAND,), {(each.id,): each.price_gbp_per_person for each in stated.bands}),
        "payment_package_gbp_per_person": (
            (BAND,),
            {(each.id,): each.package_gbp_per_person for each in stated.bands if each.package_gbp_per_person is not None},
        ),
        "payment_months_persons": ((UNIT, BAND, PERIOD), months),
        "payment_met_persons": ((UNIT, CRITERION, PERIOD), _by_year({key: met for key, (met, _) in results.items()})),
        "payment_of_persons": ((UNIT, CRITERION, PERIOD), _by_year({key: of for key, (_, of) in results.items()})),
        "payment_people_persons": (
            (UNIT, BAND, PERIOD),
            _by_year({key: float(count) for key, count in roster.people.items() if stated.judged == "person"}),
        ),
        "payment_rule_met_persons": ((UNIT, BAND, PERIOD), _by_year(roster.rule_met)),
        "payment_only_missed_persons": ((UNIT, BAND, CRITERION, PERIOD), _by_year(roster.only_missed)),
        "payment_list_persons": (("list_size",), {(name,): float(size) for name, size in sizes.items()}),
        "payment_plan_flag": ((PLAN,), {(PLANNED,): dict.fromkeys(years, 1.0)} if stated.planning else {}),
        "payment_planned_earned_share": ((PLAN,), {(PLANNED,): stated.planning.earned_share} if stated.planning else {}),
        "payment_planned_months_persons": (
            (UNIT, BAND),
            _by_year({(unit, band, year): value for (unit, band, _, year), value in planned.months.items()} if planned else {}),
        ),
        **_of_criteria(stated),
    }
    return LaidOut(
        rows=_rows(stated, given, sizes, years),
        columns=columns_given(given, stated.id, known, _own(stated, roster, given, known)),
        labels={
            **{name: label for name, label in LABELS.items() if name in stated.periods},
            **{each.id: each.label for members in (stated.units, stated.bands, stated.criteria) for each in members},
            PLANNED: "As planned",
            **{name: f"A list of {size:,}" for name, size in sizes.items()},
        },
    )


def _by_year(figures: Mapping[Keyed, float]) -> dict[Key, dict[int, float]]:
    found: dict[Key, dict[int, float]] = {}
    for (*key, year), value in figures.items():
        found.setdefault(tuple(map(str, key)), {})[int(year)] = float(value)
    return found


def _of_criteria(stated: Payments) -> Given:
    """Criteria of units; those by which persons are judged have been counted with the roster."""
    criteria = stated.criteria if stated.judged == "unit" else []
    return {
        "payment_least_share": ((CRITERION,), {(each.id,): 1.0 if each.least_share is None else each.least_share for each in criteria}),
        "payment_weight_number": ((CRITERION,), {(each.id,): 1.0 if each.weight is None else each.weight for each in criteria}),
        "payment_sampled_flag": ((CRITERION,), {(each.id,): float(each.least_share is not None) for each in criteria}),
    }


def _rows(stated: Payments, given: Given, sizes: Mapping[str, int], years: tuple[int, ...]) -> dict[str, Rows]:
    def of(column: str, by_year: bool = True) -> Rows:
        keys, figures = given[column]
        return columns_of(keys, list(figures), years if by_year else ())

    units, criteria = [each.id for each in stated.units], [each.id for each in stated.criteria]
    judged_units = stated.judged == "unit"
    sampled = [each.id for each in stated.criteria if each.least_share is not None]
    return {
        "payment_terms": Rows({}),
        "payment_year_terms": Rows({}, years),
        "payment_band": of("payment_price_gbp_per_person"),
        "payment_criterion": of("payment_least_share", by_year=False),
        "payment_line": of("payment_months_persons"),
        "payment_result": of("payment_met_persons"),
        "payment_score": columns_of(
            (UNIT, PERIOD), [(unit, each) for unit in units for each in stated.periods] if judged_units else [], years
        ),
        "payment_person": of("payment_people_persons"),
        "payment_missed": of("payment_only_missed_persons"),
        "payment_plan_terms": of("payment_plan_flag"),
        "payment_planned": columns_of((UNIT, BAND, PLAN), [(*key, PLANNED) for key in given["payment_planned_months_persons"][1]], years),
        "payment_unit_criterion": columns_of((UNIT, CRITERION), [(unit, each) for unit in units for each in criteria], years),
        "payment_unit_year": columns_of((UNIT,), [(unit,) for unit in units], years),
        "payment_package": of("payment_package_gbp_per_person"),
        "payment_bottom_up": columns_of(
            (BAND, "package"), [(each.id, each.package) for each in stated.bands if each.package is not None], years
        ),
        "payment_list_size": of("payment_list_persons", by_year=False),
        "payment_size": columns_of((CRITERION, "list_size"), [(each, name) for each in sampled for name in sizes], years),
        "payment_person_size": columns_of(("list_size",), [] if judged_units else [(name,) for name in sizes], years),
        "payment_all": Rows({}, years),
    }


def _own(stated: Payments, roster: Roster, given: Given, known: Figure) -> dict[str, dict[Key, Figure]]:
    """The provenance that entries and tables state of themselves, by column and key."""
    of_roster = stated.roster.figure(known)
    of_results = stated.results.figure(known) if stated.results else of_roster
    of_plan = stated.planning.roster.figure(known) if stated.planning else known
    bands: dict[Key, Figure] = {(each.id,): each.figure(known) for each in stated.bands}
    criteria: dict[Key, Figure] = {(each.id,): each.figure(known) for each in stated.criteria}
    tables = {
        "payment_months_persons": of_roster,
        "payment_people_persons": of_roster,
        "payment_rule_met_persons": of_roster,
        "payment_only_missed_persons": of_roster,
        "payment_planned_months_persons": of_plan,
    }
    reported = {key[1] for key in roster.results}
    results = {key: of_roster if key[1] in reported else of_results for key in given["payment_met_persons"][1]}
    return {
        **dict.fromkeys(("payment_met_persons", "payment_of_persons"), results),
        **dict.fromkeys(("payment_price_gbp_per_person", "payment_package_gbp_per_person"), bands),
        **dict.fromkeys(("payment_least_share", "payment_weight_number", "payment_sampled_flag"), criteria),
        **{name: dict.fromkeys(given[name][1], figure) for name, figure in tables.items()},
    }
