"""The example cut down to four segments, five options and two years: every sheet and every kind of cell, a seventh of the cells.

What does not ask for the full example is tried on it. Its figures are those of the example where it keeps them.
"""

from __future__ import annotations

import csv
import shutil
from pathlib import Path
from typing import Any

import yaml

SEGMENTS = ("mostly_healthy_adults", "chronic_elderly", "dementia_adults", "chronic_adults")  # one of each group
OPTIONS = ("shared_care_record", "risk_profiling", "hospital_at_home", "virtual_wards", "frailty_teams")
YEARS = (2026, 2027)
NAME = "small-place"


def cut(stated: Any) -> Any:
    """The same without figures of later years and of segments that are left out."""
    if isinstance(stated, dict):
        of_segments = set(SEGMENTS) & set(stated)
        return {
            key: cut(value)
            for key, value in stated.items()
            if (key in YEARS or not isinstance(key, int)) and (key in SEGMENTS or not of_segments)
        }
    return [cut(each) for each in stated] if isinstance(stated, list) else stated


def changed(file: Path, change: Any) -> None:
    stated = cut(yaml.safe_load(file.read_text(encoding="utf-8")))
    change(stated)
    file.write_text(yaml.safe_dump(stated, sort_keys=False), encoding="utf-8")


def small_place(assumptions: Path, example: Path) -> Path:
    """Write the small place into a copy of the packs, and return its folder."""
    folder = assumptions / "places" / NAME
    shutil.copytree(example, folder)

    def place(stated: dict[str, Any]) -> None:
        stated |= {"id": NAME, "title": "A small place", "years": list(YEARS)}
        members = stated["dimensions"]
        members["segment"] = [each for each in members["segment"] if each["id"] in SEGMENTS]
        bands = {each["age_band"] for each in members["segment"]}
        members["age_band"] = [each for each in members["age_band"] if each["id"] in bands]

    def options(stated: dict[str, Any]) -> None:
        stated["options"] = [each for each in stated["options"] if each["id"] in OPTIONS]
        stated["requires"] = [each for each in stated["requires"] if {each["option"], each["needs"]} <= set(OPTIONS)]

    changed(folder / "place.yaml", place)
    changed(folder / "options.yaml", options)
    for name in ("contract", "parameters", "scenarios", "risk"):
        changed(folder / f"{name}.yaml", lambda _: None)
    for table in (folder / "tables").glob("*.csv"):
        cut_table(table)
    return folder


def cut_table(table: Path) -> None:
    with table.open(encoding="utf-8", newline="") as file:
        rows = [
            {name: value for name, value in row.items() if not name.isdigit() or int(name) in YEARS}
            for row in csv.DictReader(file)
            if row.get("segment", SEGMENTS[0]) in SEGMENTS and row.get("age_band") != "children"
        ]
    for row in rows:
        # Each segment is now the whole of its group.
        row |= {"value": "1"} if table.stem == "group_share" else {}
    with table.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, list(rows[0]), lineterminator="\n")
        writer.writeheader()
        writer.writerows(rows)
