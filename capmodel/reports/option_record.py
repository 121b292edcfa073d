"""The tests of every option as files: everything as plain data for JSON, and as rows for CSV. Nothing is worked out here."""

from __future__ import annotations

import json
from dataclasses import asdict, fields
from typing import TYPE_CHECKING, Any

from capmodel.assumptions.step import CONTRACT
from capmodel.place import actual_cost
from capmodel.reinvestment.option_tests.switches import Switching
from capmodel.reports.run_record import manifest_of
from capmodel.reports.trial_record import trial_rows

if TYPE_CHECKING:
    from capmodel.place.optimise import Optimised

#: Digits after the point: money to the penny, anything else fine enough to be repeated.
_PENNIES, _OTHER = 2, 9
#: Of figures that are no pounds by their name; a search knows its answer no better.
_SIGNIFICANT = 12


def option_record(found: Optimised) -> str:
    """Everything about the tests as JSON text: what they were made from, the plan, and every test of every option."""
    place, plan = found.result.place, found.plan
    record = {
        "place": place.pack.title,
        "scenario": found.result.scenario,
        "manifest": manifest_of(found.result),
        **({"actual_cost": actual_cost.record(found.result)} if found.result.chain.has(CONTRACT) else {}),
        "plan": {**asdict(plan), "chosen": [option for option, taken in plan.chosen.items() if taken]},
        "questions": found.questions,
        "answered_by_a_known_plan": found.spared,
        "answers_not_proved": found.unproved,
        "scenarios_of_regret": list(found.scenarios),
        "years": list(place.pack.years),
        "remarks": list(place.choices.remarks),
        "owners": dict(place.choices.owners),
        "labels": {test.option: place.label(test.option) for test in found.tests},
        "options": [asdict(test) for test in found.tests],
        "under_uncertainty": asdict(found.tried.uncertain),
        "budgets": asdict(found.tried.budgets),
        "between": asdict(found.tried.between),
    }
    return json.dumps(_plain("", record), indent=1, ensure_ascii=False) + "\n"


def _plain(name: str, value: Any) -> Any:
    """Money to the penny, other figures without the digits that are the noise of sums; zero is never minus.

    >>> _plain("switches_at", 7999999.964348917), _plain("switches_at", 0.1234567894), _plain("saved_gbp", -0.001)
    (7999999.96435, 0.123456789, 0.0)
    """
    if isinstance(value, dict):
        return {key: _plain(name if name.endswith("_by_scenario") else key, each) for key, each in value.items()}
    if isinstance(value, (list, tuple)):
        return [_plain(name, each) for each in value]
    if isinstance(value, float):
        if "_gbp" in name or name.startswith("regret"):
            return round(value, _PENNIES) + 0.0
        return float(f"{round(value, _OTHER):.{_SIGNIFICANT}g}") + 0.0
    return value


def option_tables(found: Optimised) -> dict[str, list[list[Any]]]:
    """Rows under a row of names: one an option, an option and party, a switching value and what was tried; by the ending of their file."""
    years = found.result.place.pack.years
    options, parties, switches = [], [], []
    for test in found.tests:
        alone, within = test.alone, test.in_plan
        worst = max((each for each in within.regret_by_scenario.values() if each is not None), default=None)
        options.append(
            {
                "option": test.option,
                "chosen": int(test.chosen),
                "mandatory": int(test.mandatory),
                "start": test.start,
                "start_year": test.start_year,
                "scale_share": test.scale_share,
                "needs": " ".join(test.needs),
                "start_alone": alone.start,
                "value_gbp": alone.value_gbp,
                "present_gbp": alone.present_gbp,
                "half_value_gbp": alone.half_value_gbp,
                **{f"cost_{year}_gbp": value for year, value in zip(years, alone.cost_gbp, strict=True)},
                **{f"released_{year}_gbp": value for year, value in zip(years, alone.released_gbp, strict=True)},
                **{f"not_cashable_{year}_gbp": value for year, value in zip(years, alone.not_cashable_gbp, strict=True)},
                "economic_gbp": alone.economic_gbp,
                **asdict(alone.cash),
                "fits_alone": int(alone.fits),
                **{f"short_{year}_gbp": value for year, value in zip(years, alone.short_gbp, strict=True)},
                **{f"short_{year}_of": budget for year, budget in zip(years, alone.short_of, strict=True)},
                "over_capacity": " ".join(alone.over_capacity),
                "with_gbp": within.with_gbp,
                "without_gbp": within.without_gbp,
                "marginal_gbp": within.marginal_gbp,
                "regret_gbp": within.regret_gbp,
                "added": " ".join(within.added),
                "dropped": " ".join(within.dropped),
                "proved": int(within.proved),
                "plan_at_half_gbp": within.half_gbp,
                "chosen_at_half": "" if within.chosen_at_half is None else int(within.chosen_at_half),
                "largest_regret_elsewhere_gbp": worst,
            }
        )
        for each in alone.parties:
            parties.append(
                {
                    "option": test.option,
                    "party": each.party,
                    **{f"net_{year}_gbp": value for year, value in zip(years, each.net_gbp, strict=True)},
                    "present_gbp": each.present_gbp,
                    "paid_present_gbp": each.paid_present_gbp,
                    "return_index": each.return_index,
                    **asdict(each.cash),
                }
            )
        switches += [{"option": test.option, **asdict(each)} for each in test.switches]
    for row in switches:
        row["present_low"], row["present_high"] = row.pop("present")
    names = ["option", *(each.name for each in fields(Switching) if each.name != "present"), "present_low", "present_high"]
    return {
        "options": _rows(options),
        "options-parties": _rows(parties),
        "options-switching": _rows(switches) if switches else [names],
        **{name: _rows(rows) for name, rows in trial_rows(found).items()},
    }


def _rows(rows: list[dict[str, Any]]) -> list[list[Any]]:
    return [list(rows[0]), *(["" if value is None else _plain(name, value) for name, value in row.items()] for row in rows)]
