"""Which figures of a place are still the example's: what `capmodel new` copies carries one source until somebody replaces it.

A figure counts as copied while its source is that one, whatever its value: a figure that was changed and kept the mark has no
source of its own yet. What a file of the place holds beside figures, such as the price year, is marked in `place.yaml`.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from capmodel.algebra.rows import Rows
from capmodel.assumptions.pack import Assumed, Column, Entry, Scenario

#: The source of every figure that `capmodel new` copies.
COPIED_SOURCE = "t01"


@dataclass(frozen=True)
class Inherited:
    """The figures of a place that are still the example's, by file and by the name that `--set` takes, and the count of all."""

    by_file: Mapping[str, tuple[str, ...]]
    all_figures: int

    @property
    def count(self) -> int:
        """How many figures are still the example's."""
        return sum(map(len, self.by_file.values()))


def inherited(
    assumptions: Mapping[str, Assumed], columns: Mapping[str, Column], scenarios: Mapping[str, Scenario], copied: tuple[str, ...]
) -> Inherited:
    """The figures that are still the example's.

    Args:
        assumptions: every assumption and contract term of the place.
        columns: every input column.
        scenarios: the scenarios with their own figures.
        copied: what `place.yaml` says of itself that is still the example's.
    """
    found: dict[str, list[str]] = {"place.yaml": list(copied)} if copied else {}
    every = 0

    def count(file: str, name: str, source: str) -> None:
        nonlocal every
        every += 1
        if source == COPIED_SOURCE:
            found.setdefault(file, []).append(name)

    for column in columns.values():
        file = column.file if column.file.endswith(".yaml") else f"tables/{column.file}"
        for (key, year), figure in column.figures.items():
            count(file, figure_name(column.name, key, year), figure.source)
    for assumed in assumptions.values():
        for year, figure in assumed.values.items():
            count("contract.yaml" if assumed.clause else "parameters.yaml", figure_name(assumed.name, (), year), figure.source)
    for scenario in scenarios.values():
        for name, changes in scenario.changes.items():
            for year, figure in changes.items():
                count("scenarios.yaml", f"{figure_name(name, (), year)}@{scenario.id}", figure.source)
    return Inherited({file: tuple(names) for file, names in sorted(found.items())}, every + len(copied))


def figure_name(name: str, key: tuple[str, ...], year: int | None) -> str:
    """A figure as `--set` names it.

    >>> figure_name("population_growth_share", ("elderly",), 2028)
    'population_growth_share[elderly,2028]'
    """
    parts = [*key, *([str(year)] if year is not None else [])]
    return f"{name}[{','.join(parts)}]" if parts else name


def lines_with_copies(lines: Rows, columns: Iterable[Column], segments: Iterable[Entry]) -> list[bool]:
    """For each line of spend, whether a copied figure of some columns speaks of it: of its segment, group, route or a part of that.

    Args:
        lines: the lines of spend, by segment, setting, provider and payer.
        columns: the input columns that lead to spend.
        segments: the segments, each with its group.
    """
    groups = {entry.id: entry.text("group") for entry in segments}
    members = {name: list(values) for name, values in lines.columns.items()}
    members["group"] = [groups[segment] for segment in members["segment"]]
    found = [False] * len(members["segment"])
    for column in columns:
        copied = {key for (key, _), figure in column.figures.items() if figure.source == COPIED_SOURCE}
        if copied and all(key in members for key in column.keys):
            for i, key in enumerate(zip(*(members[name] for name in column.keys), strict=True)):
                found[i] = found[i] or key in copied
    return found
