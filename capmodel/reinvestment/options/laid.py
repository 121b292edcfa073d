"""What options.yaml becomes, collected part by part, and how a stated number becomes a figure with its provenance."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from capmodel.algebra.rows import Rows
from capmodel.assumptions.pack import Column, Figure, Key, Status
from capmodel.reinvestment.options.stated import Provenance

FILE = "options.yaml"
#: Figures by keys of one name, or of two.
Keyed = Mapping[tuple[str], Figure] | Mapping[tuple[str, str], Figure]


@dataclass(frozen=True)
class Laid:
    """Rows, input columns, labels, remarks and which option is charged to which budget, as far as they are collected."""

    rows: dict[str, Rows] = field(default_factory=dict)
    columns: list[Column] = field(default_factory=list)
    labels: dict[str, str] = field(default_factory=dict)
    remarks: list[str] = field(default_factory=list)
    charges: list[tuple[str, str]] = field(default_factory=list)


@dataclass(frozen=True)
class Writer:
    """Gives stated numbers their provenance: the years of the place, its date, and the dates of its sources."""

    years: tuple[int, ...]
    as_at: str
    dates: Mapping[str, str]

    def figure(self, value: float, known: Provenance) -> Figure:
        """A stated number."""
        return Figure(float(value), known.status, known.source, self.as_at, known.note)

    def figure_or_none(self, value: float | None, known: Provenance) -> Figure:
        """A stated number, or zero for one that is not stated, which says so."""
        return self.figure(value, known) if value is not None else Figure(0.0, "default", "", "", "Not stated: none")

    def sourced(self, value: float, status: Status, source: str, note: str) -> Figure:
        """A number with a source of its own, dated as that source is."""
        return Figure(value, status, source, self.as_at if status == "illustrative" else self.dates.get(source) or self.as_at, note)

    def column(self, name: str, keys: tuple[str, ...], figures: Keyed) -> Column:
        """An input column that holds for all years."""
        return Column(name, keys, {(key, None): figure for key, figure in figures.items()}, FILE)

    def yearly(self, name: str, stated: Mapping[str, tuple[Mapping[int, float], Provenance]], key: str = "option") -> Column:
        """An input column with a figure for each year."""
        figures: dict[tuple[Key, int | None], Figure] = {
            ((row,), year): self.figure(by_year[year], known) for row, (by_year, known) in stated.items() for year in self.years
        }
        return Column(name, (key,), figures, FILE)
