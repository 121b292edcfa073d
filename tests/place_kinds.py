"""Places of one, two or three steps, cut out of the small place: the files of the other steps are taken out.

What a step would read of an absent one is given by tables of the place, with figures of the place itself: the budgets that the small
place works out, or targets and actual costs by setting, provider and payer.
"""

from __future__ import annotations

import csv
import shutil
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import yaml
from small_place import YEARS

from capmodel.place.result import Result

#: The files, and the assumptions in parameters.yaml, that belong to each step.
FILES = {
    "spend": ["anchor_flag", "calibrated_flag", "group_persons", "group_price_gbp_per_person", "group_share",
              "published_price_gbp_per_person", "setting_share", "social_care_control_gbp", "provider_share", "payer_share"],
    "capitation": ["population_growth_share", "fitted_need_index"],
    "contract": ["contract.yaml", "risk.yaml", "in_scope_flag", "setting_pressure_share"],
    "options": ["options.yaml", "release_share"],
}  # fmt: skip
ASSUMPTIONS = {
    "spend": ["mostly_healthy_people_share"],
    "capitation": ["fitted_need_share", "pace_of_change_share"],
    "contract": ["alliance_discount_share", "demand_pressure_share"],
    "options": ["carry_forward_flag", "recycle_share", "investment_budget_gbp"],
}
#: A pooled budget and a performance pot, of the years of the small place.
POOLED: dict[str, Any] = {
    "id": "pool", "title": "A pooled budget", "status": "illustrative", "source": "p90", "host": "council",
    "partners": {"icb": {"contribution_gbp": {2026: 600, 2027: 640}}, "council": {"contribution_gbp": {2026: 400, 2027: 410}}},
    "lines": [
        {"id": "home_care", "label": "Home care", "budget_gbp": {2026: 700, 2027: 750}, "spend_gbp": {2026: 760, 2027: 700}},
        {"id": "equipment", "label": "Equipment", "budget_gbp": {2026: 280, 2027: 280}, "spend_gbp": {2026: 290, 2027: 300}},
    ],
    "uncommitted_gbp": {2026: 20, 2027: 20},
}  # fmt: skip
POT: dict[str, Any] = {
    "id": "pot", "title": "A performance pot", "status": "illustrative", "source": "p90", "reading": "plan_to_date",
    "admission_price_gbp": {2026: 1490, 2027: 1500}, "planned_number": {2026: [10, 10, 10, 10], 2027: [5, 5, 5, 5]},
    "avoided_number": {2026: [4, 12, 9, 11], 2027: [6, 2, 5, 5]},
}  # fmt: skip
#: Care packages, of the years of the small place.
PACKAGES: dict[str, Any] = {
    "id": "packages", "title": "Care packages", "status": "illustrative", "source": "p90",
    "roles": {
        "nurse": {"label": "Nurse", "pay_gbp_per_year": 39000, "on_costs_share": 0.25, "overheads_share": 0.2, "contracted_hours": 1950,
                  "not_in_contact_share": 0.25},
        "gp": {"label": "GP", "pay_gbp_per_hour": {"value": 60, "status": "published"}, "on_costs_share": 0.2, "overheads_share": 0.25,
               "contracted_hours": 1950, "not_in_contact_share": 0.1},
    },
    "networks": {"north": {"label": "North network"}, "south": {"label": "South network"}},
    "packages": [
        {"id": "diabetes", "label": "Diabetes",
         "people": {"by_network": {"north": {"new": 70, "existing": {2026: 400, 2027: 420}}, "south": {"new": 50, "existing": 300}}, "new_before": 90},
         "attrition": {"existing": {"share": 0.1, "care_month": 6}},
         "contacts": [
             {"id": "first", "label": "First contact", "role": "gp", "for": "new", "minutes": 10, "in_care_months": [1], "setting": "primary"},
             {"id": "education", "label": "Education", "role": "nurse", "for": "new", "minutes": 120, "in_care_months": [2, 3], "group_size": 8,
              "uptake_share": 0.6, "consumables_gbp": 2.35, "setting": "community"},
             {"id": "recall", "label": "Recall", "role": "nurse", "for": "all", "minutes": 5, "times_a_year": 2, "setting": "primary"},
             {"id": "vaccine", "label": "Vaccination", "role": "nurse", "for": "all", "minutes": 6, "in_months_of_year": [7], "setting": "primary"},
         ]},
    ],
    "budgets": [
        {"package": "diabetes", "setting": "primary", "gbp": {2026: 9000, 2027: 9500}},
        {"package": "diabetes", "setting": "community", "gbp": 4000},
    ],
    "scale": "to_budget",
}  # fmt: skip
#: The kinds of one step that stands beside the chain: its file, and what that says.
BESIDE = {"pool": ("pool.yaml", POOLED), "pot": ("pool.yaml", POT), "packages": ("packages.yaml", PACKAGES)}
KNOWN_BY = ("status", "source", "as_at", "note")


def edit(path: Path, change: Callable[[dict[str, Any]], Any]) -> None:
    """Change a YAML file in place."""
    stated = yaml.safe_load(path.read_text(encoding="utf-8"))
    change(stated)
    path.write_text(yaml.safe_dump(stated, sort_keys=False), encoding="utf-8")


def without(folder: Path, *steps: str) -> Path:
    """Take the files and assumptions of some steps out of a place, and from its scenarios what they would change."""
    for step in steps:
        for name in FILES[step]:
            (folder / (name if name.endswith(".yaml") else f"tables/{name}.csv")).unlink(missing_ok=True)
    gone = [name for step in steps for name in ASSUMPTIONS[step]]
    gone += ["efficiency_share"] if "capitation" in steps else []

    def parameters(stated: dict[str, Any]) -> None:
        for name in gone:
            stated.pop(name, None)
            stated.get("overrides", {}).pop(name, None)

    def scenarios(stated: dict[str, Any]) -> None:
        dropped = [*gone, *(["prudence_share"] if "options" in steps else [])]
        for each in stated.values():
            each["set"] = {name: value for name, value in each["set"].items() if name not in dropped}

    edit(folder / "parameters.yaml", parameters)
    edit(folder / "scenarios.yaml", scenarios)
    return folder


def write_table(folder: Path, name: str, keys: tuple[str, ...], figures: Mapping[tuple[str, ...], Mapping[int, float]]) -> None:
    """Write a table with a figure a year."""
    with (folder / "tables" / f"{name}.csv").open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow([*keys, *YEARS, *KNOWN_BY])
        for key, by_year in figures.items():
            writer.writerow([*key, *(repr(by_year[year]) for year in YEARS), "illustrative", "p90", "2026-11", "Given"])


def by_key(column: Mapping[tuple[str, ...], float]) -> dict[tuple[str, ...], dict[int, float]]:
    """A column of a run by its keys, then by year."""
    found: dict[tuple[str, ...], dict[int, float]] = {}
    for (*key, year), value in column.items():
        found.setdefault(tuple(key), {})[int(year)] = value
    return found


def of_kind(kind: str, folder: Path, whole: Result) -> Path:
    """Make a place in a folder that holds the small place; `whole` is the run of that.

    The kinds are `spend`, `capitation`, `budgets`, `no options`, `options of given budgets`, `contract of given targets`, and those of `BESIDE`.
    """
    if kind == "spend":
        return without(folder, "capitation", "contract", "options")
    if kind in BESIDE:
        without(folder, "spend", "capitation", "contract", "options")
        shutil.rmtree(folder / "tables")
        file, content = BESIDE[kind]
        (folder / file).write_text(yaml.safe_dump(content, sort_keys=False), encoding="utf-8")
        edit(folder / "place.yaml", lambda stated: stated.update(dimensions={}, pins={}))
        return folder
    if kind in ("capitation", "budgets"):
        without(folder, "contract", "options")
        if kind == "capitation":
            edit(folder / "place.yaml", lambda stated: stated.update(steps=["spend", "capitation"]))
        return folder
    if kind == "no options":
        return without(folder, "options")
    if kind == "options of given budgets":
        shutil.copytree(folder / "tables", folder / "kept")
        without(folder, "spend", "capitation", "contract")
        for name in ("provider_share", "payer_share"):
            shutil.move(folder / "kept" / f"{name}.csv", folder / "tables" / f"{name}.csv")
        shutil.rmtree(folder / "kept")
        write_table(folder, "budget_gbp", ("segment", "setting", "provider", "payer"), by_key(whole.column("care_budget", "budget_gbp")))
        return folder
    without(folder, "spend", "capitation", "options")
    (folder / "risk.yaml").unlink(missing_ok=True)
    (folder / "tables/setting_pressure_share.csv").unlink()
    edit(folder / "parameters.yaml", lambda stated: stated.pop("demand_pressure_share"))
    edit(folder / "scenarios.yaml", lambda stated: [each["set"].pop("demand_pressure_share", None) for each in stated.values()])
    for name, line in (("agreed_target_gbp", "budget_gbp"), ("actual_cost_gbp", "actual_gbp")):
        write_table(folder, name, ("setting", "provider", "payer"), by_key(whole.column("service", line)))
    return folder


KINDS = (
    "spend",
    "capitation",
    "budgets",
    "no options",
    "options of given budgets",
    "contract of given targets",
    *BESIDE,
)
