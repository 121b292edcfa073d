"""A contract that settles on the outturn: what its other terms do with the months that are in, and with those to come."""

from __future__ import annotations

import csv
from pathlib import Path
from typing import Any

import pytest
import yaml
from place_kinds import edit

import capmodel
from capmodel.place.result import Result
from capmodel.uncertainty.negotiate import Bench
from capmodel.uncertainty.payoff import OWN, VARIANCE
from capmodel.uncertainty.simulate import make_ready

MONTHS = ("apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec", "jan", "feb", "mar")
IN = 7
TO_COME = 5 / 12
EQUAL = {
    "id": "months", "title": "Months", "status": "illustrative", "source": "p90", "profile": "equal",
    "profiles": [{"id": "equal", "label": "Equal months", "kind": "equal"}],
}  # fmt: skip
RULES = {"social_care": "budget", "acute_emergency": "run_rate", "mental_health": "pressure", "acute_planned": "budget"}
OUTTURN = {
    "id": "outturn", "title": "Outturn", "status": "illustrative", "source": "p90", "actuals": "outturn.csv", "rule": "budget",
    "rules": [{"setting": setting, "rule": rule} for setting, rule in RULES.items() if rule != "budget"],
}  # fmt: skip
LINES = {
    "social_care": ("care_providers", "council"),
    "acute_emergency": ("acute_trusts", "nhs_commissioner"),
    "mental_health": ("mental_health_trust", "nhs_commissioner"),
    "acute_planned": ("acute_trusts", "nhs_commissioner"),
}
JOINS = 1_200_000


@pytest.fixture
def place(small_broken: Path) -> Path:
    """The small place with equal months and seven months of four lines, each at 1.02 of its budget."""
    (small_broken / "months.yaml").write_text(yaml.safe_dump(EQUAL), encoding="utf-8")
    budgets = capmodel.load(small_broken).run().column("month_service", "month_service_gbp")
    with (small_broken / "outturn.csv").open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(["setting", "provider", "payer", "year", "month", "actual_gbp"])
        for (setting, provider, payer, month, year), gbp in budgets.items():
            if year == "2026" and month in MONTHS[:IN] and LINES.get(setting) == (provider, payer):
                writer.writerow([setting, provider, payer, year, month, round(gbp * 1.02, 2)])
    (small_broken / "outturn.yaml").write_text(yaml.safe_dump(OUTTURN), encoding="utf-8")
    return small_broken


def line_of(setting: str) -> dict[str, str]:
    provider, payer = LINES[setting]
    return {"setting": setting, "provider": provider, "payer": payer}


def run_with(place: Path, **terms: Any) -> Result:
    edit(place / "contract.yaml", lambda stated: stated.update(terms))
    return capmodel.load(place).run(changes={"demand_pressure_share": 0.02})


def moved(place: Path, column: str, setting: str, **terms: Any) -> float:
    """What terms add to a figure of a line in 2026."""
    key = (setting, *LINES[setting], "2026")
    before = run_with(place, scope_changes=[]).column("service", column)[key]
    return run_with(place, **{"scope_changes": [], **terms}).column("service", column)[key] - before


@pytest.mark.parametrize(
    ("setting", "adds"),
    [
        ("social_care", JOINS * TO_COME),
        ("mental_health", JOINS * TO_COME * 1.023),
        ("acute_emergency", 0.0),
        ("acute_planned", JOINS * 1.02),
    ],
)
def test_a_change_of_scope_moves_the_cost_of_the_months_to_come(place: Path, setting: str, adds: float) -> None:
    """Months that are in cost what they cost. A line out of scope has no outturn in the contract: what joins is as assumed."""
    entry = {**line_of(setting), "gbp": {2026: JOINS, 2027: JOINS}}
    assert moved(place, "target_gbp", setting, scope_changes=[entry]) == JOINS
    assert moved(place, "actual_gbp", setting, scope_changes=[entry]) == pytest.approx(adds, abs=0.02)


@pytest.mark.parametrize("setting", ["social_care", "mental_health", "acute_emergency"])
def test_late_data_are_added_to_recorded_cost_and_not_to_a_budget(place: Path, setting: str) -> None:
    key = (setting, *LINES[setting], "2026")
    result = run_with(place, actual={"completion_index": {2026: 1.01, 2027: 1.01}})
    line = {name: result.column("outturn_line", name)[key] for name in ("actual_to_date_gbp", "outturn_gbp")}
    recorded = line["outturn_gbp" if RULES[setting] == "run_rate" else "actual_to_date_gbp"]
    assert result.column("service", "late_gbp")[key] == pytest.approx(0.01 * recorded, abs=0.011)
    later = (setting, *LINES[setting], "2027")
    assumed = result.column("service", "actual_gbp")[later]
    assert result.column("service", "late_gbp")[later] == pytest.approx(0.01 * assumed, abs=0.011)


def test_what_is_disallowed_or_above_the_stop_loss_is_taken_out_of_an_outturn(place: Path) -> None:
    line = line_of("social_care")
    amounts = {"target_gbp": {2026: 1000, 2027: 0}, "actual_gbp": {2026: 3000, 2027: 0}}
    terms = {
        "actual": {"disallowed": [{**line, "gbp": {2026: 500, 2027: 0}}], "fees": [{**line, "gbp": {2026: 70, 2027: 0}}]},
        "stop_loss": {"point_gbp": 100_000, "lines": [{**line, **amounts}]},
    }
    assert moved(place, "counted_gbp", "social_care", **terms) == pytest.approx(-500 + 70 - 3000, abs=0.01)


def test_a_cost_in_a_month_that_is_not_in_is_not_counted_beside_its_forecast(place: Path) -> None:
    """Which months are in follows from the rows of the file: in the workbook and with --set it cannot be changed."""
    loaded = capmodel.load(place)
    changed = loaded.run(changes={"month_actual_gbp[social_care,care_providers,council,dec,2026]": 5e6})
    assert changed.column("outturn_line", "outturn_gbp") == loaded.run().column("outturn_line", "outturn_gbp")
    failed = [check.label for check in changed.checks if not check.passed]
    assert failed == ["Check: a month that is not in has no actual cost"]


def test_the_plan_comes_off_the_years_and_lines_without_an_outturn(place: Path) -> None:
    """What options did in the months that are in is in the outturn already."""
    chosen = {"shared_care_record": 1, "hospital_at_home": 1}
    assumed = capmodel.load(place).run(chosen=chosen)
    edit(place / "place.yaml", lambda stated: stated.update(actual_cost="plan"))
    on_plan = capmodel.load(place).run(chosen=chosen)
    before, after = assumed.column("service", "actual_gbp"), on_plan.column("service", "actual_gbp")
    released = on_plan.column("service", "plan_released_gbp")
    recorded, later = (("acute_emergency", *LINES["acute_emergency"], year) for year in ("2026", "2027"))
    assert released[recorded] > 0 and after[recorded] == before[recorded]
    assert after[later] == pytest.approx(before[later] - released[later], abs=0.006)
    moving = {key for key in before if key[0] == "community" and key[-1] == "2026" and released[key]}
    assert moving and all(after[key] > before[key] for key in moving)
    assert all(check.passed for check in on_plan.checks)


def test_a_design_is_settled_on_the_outturn_like_the_present_contract(place: Path) -> None:
    ready = make_ready(capmodel.load(place), "base", {}, 100, 1, sobol=False)
    again = Bench(ready, "nhs_commissioner", 0.05, 1.0, None).contract({})
    for node in (("service", "actual_gbp"), VARIANCE, OWN):
        assert again.figure(node).tolist() == ready.central.figure(node).tolist()
