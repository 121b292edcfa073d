"""Care packages as a file for tests, read for a place of two years that has nothing else."""

from __future__ import annotations

import copy
from collections.abc import Callable
from pathlib import Path
from typing import Any

import place_kinds
import yaml

from capmodel.algebra.evaluate import Values
from capmodel.assumptions.document import Document, read_mapping
from capmodel.assumptions.laid_out import LaidOut, worked_out
from capmodel.assumptions.pack import Entry, Pack, Source
from capmodel.care_budgets.packages.lay_out import read_packages
from capmodel.care_budgets.packages.step import TABLES
from capmodel.errors import BadInput, Problem

YEARS = (2026, 2027)
BLANK = Document(Path("none.yaml"))


def packages(change: Callable[[dict[str, Any]], Any] | None = None) -> dict[str, Any]:
    """The packages of `place_kinds` with a change."""
    stated = copy.deepcopy(place_kinds.PACKAGES)
    if change is not None:
        change(stated)
    return stated


def pack(dimensions: dict[str, tuple[str, ...]] | None = None) -> Pack:
    """A place with a source and no figures."""
    entries = {name: tuple(Entry(each, each, {}) for each in ids) for name, ids in (dimensions or {}).items()}
    return Pack("place", "Place", "", "1", "2026-11-30", "", "aggregate", 2025, YEARS, Path(), (), entries, {}, {}, {},
                {"p90": Source("p90", "Ours", "", "", "", "")}, BLANK, BLANK)  # fmt: skip


def read(stated: dict[str, Any], folder: Path, dimensions: dict[str, tuple[str, ...]] | None = None) -> LaidOut:
    """The packages laid out for the place.

    Raises:
        BadInput: with everything for which they are refused.
    """
    path = folder / "packages.yaml"
    path.write_text(yaml.safe_dump(stated, sort_keys=False), encoding="utf-8")
    problems: list[Problem] = []
    document = read_mapping(path, problems)
    assert document is not None
    found = read_packages(document, pack(dimensions), problems)
    if found is None:
        raise BadInput(problems)
    return found


class Worked:
    """Packages that have been worked out."""

    def __init__(self, stated: dict[str, Any], folder: Path) -> None:
        self.values: Values = worked_out(read(stated, folder), TABLES, YEARS)

    def column(self, table: str, name: str) -> dict[tuple[str, ...], float]:
        """A column by its key, years as text."""
        keys = next(each.keys for each in TABLES if each.name == table)
        rows = self.values.inputs.rows[table]
        return dict(zip(rows.keys(keys), self.values.figure((table, name)).tolist(), strict=True))

    def checks(self) -> dict[str, float]:
        """How far each check is out."""
        nodes = [(table.name, line.name) for table in TABLES for line in table.lines.values() if line.is_check]
        return {".".join(node): max(abs(self.values.figure(node)), default=0.0) for node in nodes}
