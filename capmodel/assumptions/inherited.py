"""Which figures of a place are still the example's: what `capmodel new` copies carries one source until somebody replaces it.

A figure counts as copied while its source is that one and its value is the example's, as far as that is known: a figure that was
changed and kept the mark is the place's own, and has no source of its own yet. What `place.yaml` says beside figures, such as the price year, is copied as long as it says what `copied:` there
says. Files that a run does not read, such as `risk.yaml`, are searched for the mark.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from capmodel.algebra.rows import Rows
from capmodel.assumptions.document import read_mapping
from capmodel.assumptions.pack import Assumed, Column, Entry, Figure, Scenario

#: The source of every figure that `capmodel new` copies.
COPIED_SOURCE = "t01"
#: Files of a place whose figures are not read for a run.
BESIDE = ("persons.yaml", "risk.yaml")


@dataclass(frozen=True)
class Inherited:
    """The figures of a place that are still the example's, by file and by the name that `--set` takes, and the count of all."""

    by_file: Mapping[str, tuple[str, ...]]
    all_figures: int
    #: Figures that were changed and still have the example's source.
    unsourced: tuple[str, ...] = ()

    @property
    def count(self) -> int:
        """How many figures are still the example's."""
        return sum(map(len, self.by_file.values()))


def inherited(
    assumptions: Mapping[str, Assumed],
    columns: Mapping[str, Column],
    scenarios: Mapping[str, Scenario],
    copied: Iterable[str],
    folder: Path,
    example: Mapping[str, float],
) -> Inherited:
    """The figures that are still the example's.

    Args:
        assumptions: every assumption and contract term of the place.
        columns: every input column.
        scenarios: the scenarios with their own figures.
        copied: what `place.yaml` says of itself that is still the example's.
        folder: the folder of the place.
        example: the figures of the example by name, as far as they are known.
    """
    unsourced: list[str] = []
    found: dict[str, list[str]] = {}
    every = 0

    def count(file: str, name: str, source: str, value: float | None = None) -> None:
        nonlocal every
        every += 1
        if source == COPIED_SOURCE and example.get(name, value) != value:
            unsourced.append(name)
        elif source == COPIED_SOURCE:
            found.setdefault(file, []).append(name)

    for name in copied:
        count("place.yaml", name, COPIED_SOURCE)
    for file in BESIDE:
        document = read_mapping(folder / file, []) if (folder / file).is_file() else None
        for name, source in _sources(document.content) if document else ():
            count(file, name, source)
    for column in (each for each in columns.values() if not each.made):
        file = column.file if column.file.endswith(".yaml") else f"tables/{column.file}"
        for (key, year), figure in column.figures.items():
            if figure.status == "default":
                continue
            count(file, figure_name(column.name, key, year), figure.source, figure.value)
    for assumed in assumptions.values():
        for year, figure in assumed.values.items():
            if figure.status == "default":
                continue
            count(
                "contract.yaml" if assumed.clause else "parameters.yaml", figure_name(assumed.name, (), year), figure.source, figure.value
            )
    for scenario in scenarios.values():
        for name, changes in scenario.changes.items():
            for year, figure in changes.items():
                count("scenarios.yaml", f"{figure_name(name, (), year)}@{scenario.id}", figure.source, figure.value)
    return Inherited({file: tuple(names) for file, names in sorted(found.items())}, every, tuple(unsourced))


def is_copied(figure: Figure, name: str, example: Mapping[str, float]) -> bool:
    """Whether a figure is still the example's: it has its source and, as far as that is known, its value."""
    return figure.source == COPIED_SOURCE and example.get(name, figure.value) == figure.value


def _sources(content: Any, path: tuple[str, ...] = ()) -> Iterator[tuple[str, str]]:
    """Every source that a file names, with the place of what has it.

    >>> list(_sources({"prices": {"a": {"mean": 0, "source": "t01"}}}))
    [('prices.a', 't01')]
    """
    items = content.items() if isinstance(content, dict) else enumerate(content) if isinstance(content, list) else ()
    for name, value in items:
        if str(name).endswith("source") and isinstance(value, str):
            yield ".".join(path) or str(name), value
        else:
            yield from _sources(value, (*path, str(name)))


def figure_name(name: str, key: tuple[str, ...], year: int | None) -> str:
    """A figure as `--set` names it.

    >>> figure_name("population_growth_share", ("elderly",), 2028)
    'population_growth_share[elderly,2028]'
    """
    parts = [*key, *([str(year)] if year is not None else [])]
    return f"{name}[{','.join(parts)}]" if parts else name


def lines_with_copies(lines: Rows, columns: Iterable[Column], segments: Iterable[Entry], example: Mapping[str, float]) -> list[bool]:
    """For each line of spend, whether a copied figure of some columns speaks of it: of its segment, group, route or a part of that.

    Args:
        lines: the lines of spend, by segment, setting, provider and payer.
        columns: the input columns that lead to spend.
        segments: the segments, each with its group.
        example: the figures of the example by name, as far as they are known.
    """
    groups = {entry.id: entry.text("group") for entry in segments}
    members = {name: list(values) for name, values in lines.columns.items()}
    members["group"] = [groups[segment] for segment in members["segment"]]
    found = [False] * len(members["segment"])
    for column in columns:
        copied = {key for (key, year), figure in column.figures.items() if is_copied(figure, figure_name(column.name, key, year), example)}
        if copied and all(key in members for key in column.keys):
            for i, key in enumerate(zip(*(members[name] for name in column.keys), strict=True)):
                found[i] = found[i] or key in copied
    return found
