"""A small options.yaml as data, and what the package says of it once something in it is changed."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import yaml

from capmodel.assumptions.document import read_yaml
from capmodel.assumptions.pack import Entry, Source
from capmodel.errors import Problem
from capmodel.reinvestment.options.choices import Choices
from capmodel.reinvestment.options.read import read_options

YEARS = (2026, 2027)
_KNOWN = {"status": "illustrative", "source": "s1"}
_MEMBERS = {
    "party": ("commissioner", "council", "trust"),
    "setting": ("acute", "community"),
    "group": ("frail", "healthy"),
}


def effect(name: str, **changes: Any) -> dict[str, Any]:
    """An effect on acute spend of the frail."""
    stated = {"id": name, "group": "frail", "setting": "acute", "effect_share": 0.2, "effect_status": "illustrative", "effect_source": "s1"}
    return {**stated, "reach_share": 0.5, "reach_status": "illustrative", "reach_source": "s1", **changes}


def option(name: str, *effects: dict[str, Any], **changes: Any) -> dict[str, Any]:
    """An option that the commissioner pays for."""
    stated: dict[str, Any] = {
        "id": name,
        "label": f"Option {name}",
        "paid_by": "commissioner",
        "setup_cost_gbp": dict.fromkeys(YEARS, 0),
        "running_cost_gbp": dict.fromkeys(YEARS, 100),
        "delivery_share": dict.fromkeys(YEARS, 1),
        "cost": dict(_KNOWN),
        "delivery": dict(_KNOWN),
        "effects": list(effects),
    }
    return {name: value for name, value in {**stated, **changes}.items() if value is not None}


def grade(name: str, **changes: Any) -> dict[str, Any]:
    """An evidence grade."""
    return {"id": name, "label": f"Grade {name}", "capital_bias_index": 0.2, "programme_bias_index": 0.1, "benefit_bias_share": 0.1, **_KNOWN, **changes}  # fmt: skip


def stated(*options: dict[str, Any], **parts: Any) -> dict[str, Any]:
    """A whole file of options."""
    weights = dict.fromkeys(_MEMBERS["party"], 1)
    return {"options": list(options), "perspective": {**_KNOWN, "weights": weights}, **parts}


def read(folder: Path, content: dict[str, Any]) -> tuple[Choices | None, list[Problem]]:
    """What the package makes of a file, and everything it finds wrong with it."""
    path = folder / "options.yaml"
    path.write_text(yaml.safe_dump(content, sort_keys=False), encoding="utf-8")
    problems: list[Problem] = []
    document = read_yaml(path, problems)
    assert document is not None
    roles = {"commissioner": "payer", "council": "payer", "trust": "provider"}
    dimensions = {
        name: tuple(Entry(each, each, {"role": roles[each]} if name == "party" else {}) for each in members)
        for name, members in _MEMBERS.items()
    }
    return read_options(document, dimensions, {"s1": Source("s1", "", "", "", "", "")}, YEARS, "2026-04-01", problems), problems


def texts(problems: list[Problem]) -> list[str]:
    """The problems as they are read."""
    return [str(problem) for problem in problems]


Change = Callable[[dict[str, Any]], None]
