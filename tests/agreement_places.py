"""Small places with agreements, written as files: what tests of agreements build on, so that each states only what it is about."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import yaml

Line = tuple[str, str, str, str]
YEARS = (2026, 2027)
#: Setting, point of delivery, provider, payer.
ELECTIVE: Line = ("acute", "elective", "trust", "icb")
EMERGENCY: Line = ("acute", "emergency", "trust", "icb")
CONTACTS: Line = ("community", "contacts", "clinic", "icb")
#: Tables of a place with three lines: keys, and a figure or one a year.
TABLES: dict[str, tuple[tuple[str, ...], dict[tuple[str, ...], Any]]] = {
    "plan_activity_number": (
        ("setting", "point_of_delivery", "provider", "payer"),
        {ELECTIVE: 1000, EMERGENCY: 2000, CONTACTS: 5000},
    ),
    "unit_price_gbp": (
        ("setting", "point_of_delivery"),
        {("acute", "elective"): 1200.5, ("acute", "emergency"): 800.25, ("community", "contacts"): 60},
    ),
    "market_forces_index": (("provider",), {("trust",): 1.05, ("clinic",): 1}),
}
AGREEMENTS: list[dict[str, Any]] = [
    {
        "id": "elective_care",
        "label": "Elective care",
        "mechanism": "activity_at_unit_prices",
        "lines": {"points_of_delivery": ["elective"]},
    },
    {
        "id": "emergency_care",
        "label": "Emergency care",
        "mechanism": "blended",
        "lines": {"points_of_delivery": ["emergency"]},
        "terms": {"fixed": "plan_value", "variance_share": 0.2},
    },
]


def table(keys: Sequence[str], figures: Mapping[tuple[str, ...], Any], years: Sequence[int] = YEARS) -> str:
    """The text of a table: one figure a row, or one a year where they differ."""
    by_year = any(isinstance(value, Mapping) for value in figures.values())
    heads = [str(year) for year in years] if by_year else ["value"]
    rows = [
        [*key, *(([value[year] for year in years] if isinstance(value, Mapping) else [value] * len(years)) if by_year else [value])]
        for key, value in figures.items()
    ]
    text = "\n".join(",".join(map(str, [*row, "illustrative", "o01", "2026-11", ""])) for row in rows)
    return ",".join([*keys, *heads, "status", "source", "as_at", "note"]) + "\n" + text + "\n"


def write_place(
    root: Path,
    agreements: Sequence[Mapping[str, Any]] = AGREEMENTS,
    tables: Mapping[str, tuple[Sequence[str], Mapping[tuple[str, ...], Any]]] | None = None,
    variance: float | None = 0.03,
    files: Mapping[str, str] | None = None,
    years: Sequence[int] = YEARS,
    **place: Any,
) -> Path:
    """A place whose dimensions are those that its plan names.

    Args:
        root: a folder of the test.
        agreements: the agreements.
        tables: tables in the place of, or beside, those of `TABLES`; one without figures is left out.
        variance: activity against plan; None leaves it out.
        files: more files, by name.
        years: the years.
        place: what place.yaml says beside.
    """
    folder = root / "places" / "town"
    (folder / "tables").mkdir(parents=True)
    national = root / "england" / "2025.1"
    if not national.exists():
        national.parent.mkdir(parents=True, exist_ok=True)
        national.symlink_to(Path(__file__).parents[1] / "assumptions/england/2025.1")
    given = {**TABLES, **(tables or {})}
    lines = list(given["plan_activity_number"][1])
    payers = dict.fromkeys(line[3] for line in lines)

    def members(i: int) -> list[dict[str, str]]:
        return [{"id": each, "label": each.replace("_", " ").capitalize()} for each in dict.fromkeys(line[i] for line in lines)]

    parties = [{**each, "role": "payer"} for each in members(3)] + [
        {**each, "role": "provider"} for each in members(2) if each["id"] not in payers
    ]
    written: dict[str, Any] = {
        "id": "town", "title": "Town", "edition": "1.0", "as_at": "2026-11-30", "national": "england/2025.1", "base_year": years[0] - 1,
        "years": list(years), "basis": "aggregate",
        "dimensions": {"setting": members(0), "point_of_delivery": members(1), "party": parties},
        **place,
    }  # fmt: skip
    known = {"status": "illustrative", "source": "o01"}
    moved = {"label": "Activity against plan", "unit": "share", "value": variance, **known, "as_at": "2026-11"}
    contents: dict[str, Any] = {
        "place.yaml": written,
        "agreements.yaml": {"id": "town-agreements", "title": "Agreements", **known, "agreements": list(agreements)},
        "parameters.yaml": {"activity_variance_share": moved} if variance is not None else {},
        "scenarios.yaml": {"base": {"label": "Base case", "description": "", "set": {}, **known}},
        "sources.yaml": {"o01": {"title": "Figures of a test", "publisher": "capmodel"}},
    }
    for name, content in contents.items():
        (folder / name).write_text(yaml.safe_dump(content, sort_keys=False), encoding="utf-8")
    for name, (keys, figures) in given.items():
        if figures:
            (folder / f"tables/{name}.csv").write_text(table(keys, figures, years), encoding="utf-8")
    for name, text in (files or {}).items():
        (folder / name).write_text(text, encoding="utf-8")
    return folder
