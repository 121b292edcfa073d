"""Files of Year of Care payments for tests: one of units judged as a whole, one of persons, and the tables beside them."""

from __future__ import annotations

import copy
from pathlib import Path
from typing import Any

import yaml

from capmodel.assumptions.document import read_mapping
from capmodel.assumptions.laid_out import LaidOut
from capmodel.care_budgets.currency.terms import read_payments
from capmodel.errors import Problem

YEARS = (2026, 2027)
#: Two networks, two bands, three criteria, all or nothing; 30% of the price is linked.
BY_UNIT: dict[str, Any] = {
    "id": "payments", "title": "Payments of a year of care", "status": "illustrative", "source": "p90",
    "roster": {"file": "roster.csv"}, "results": {"file": "results.csv"},
    "paid": "yearly", "judged": "unit", "rule": "all_or_nothing", "linked_share": {2026: 0.3, 2027: 0.4},
    "bands": [
        {"id": "stable", "label": "Stable", "price_gbp_per_person": {2026: 300, 2027: 310}, "package_gbp_per_person": {2026: 318.4, 2027: 325}},
        {"id": "complex", "label": "Complex", "price_gbp_per_person": {2026: 700, 2027: 720}},
    ],
    "units": [{"id": "north", "label": "North network"}, {"id": "south", "label": "South network"}],
    "criteria": [
        {"id": "plan", "label": "Care plan agreed", "least_share": 0.9},
        {"id": "tests", "label": "All tests done", "least_share": 0.8},
        {"id": "lead", "label": "Named lead in post"},
    ],
    "interval": {"deviates_number": 1.96, "list_sizes": [50, 500]},
}  # fmt: skip
ROSTER = """unit,band,year,months
north,stable,2026,1200
north,complex,2026,240
south,stable,2026,600
south,complex,2026,120.5
north,stable,2027,1260
north,complex,2027,240
south,stable,2027,630
south,complex,2027,120
"""
RESULTS = """unit,criterion,year,met,of
north,plan,2026,112,120
north,tests,2026,100,120
north,lead,2026,1,
south,plan,2026,50,60
south,tests,2026,58,60
south,lead,2026,1,
north,plan,2027,125,125
north,tests,2027,70,125
north,lead,2027,0,
south,plan,2027,60,63
south,tests,2027,50,63
south,lead,2027,1,
"""


def changed(stated: dict[str, Any], **changes: Any) -> dict[str, Any]:
    """A file with other entries; None takes an entry out."""
    found = {**copy.deepcopy(stated), **changes}
    return {name: value for name, value in found.items() if value is not None}


def persons(count: int, failing: dict[str, list[int]], months: float = 12.0) -> str:
    """A roster of persons of one unit and band; `failing` holds the persons that fail each criterion."""
    lines = ["person,unit,band,year,months," + ",".join(failing)]
    lines += [
        f"p{i},clinic,child,2026,{months if i else 6}," + ",".join("0" if i in failing[name] else "1" for name in failing)
        for i in range(count)
    ]
    return "\n".join(lines) + "\n"


BY_PERSON: dict[str, Any] = changed(
    BY_UNIT,
    results=None,
    judged="person",
    linked_share={2026: 1.0},
    bands=[{"id": "child", "label": "Child", "price_gbp_per_person": {2026: 1000}}],
    units=[{"id": "clinic", "label": "Clinic"}],
    criteria=[{"id": "tests", "label": "Tests"}, {"id": "feet", "label": "Feet"}],
)


def write(folder: Path, stated: dict[str, Any], **tables: str) -> Path:
    """Write a file of payments and the tables beside it; `roster` and `results` are those above unless given."""
    for name, text in {"roster": ROSTER, "results": RESULTS, **tables}.items():
        (folder / f"{name}.csv").write_text(text, encoding="utf-8")
    path = folder / "payments.yaml"
    path.write_text(yaml.safe_dump(stated, sort_keys=False), encoding="utf-8")
    return path


def read(path: Path, years: tuple[int, ...] = YEARS) -> tuple[LaidOut | None, list[Problem]]:
    """What a file gives, and what is wrong with it."""
    problems: list[Problem] = []
    document = read_mapping(path, problems)
    assert document is not None
    return read_payments(document, path.parent, years, problems), problems
