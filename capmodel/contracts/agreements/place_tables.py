"""The tables of a place that agreements read: their keys and figures, and what of them fits no line of service."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property

from capmodel.algebra.table import Table
from capmodel.assumptions.pack import Key, Pack, lost
from capmodel.assumptions.step import keys_given
from capmodel.assumptions.supply import keyed_as
from capmodel.contracts.agreements import POINT, SERVICE_LINE
from capmodel.contracts.agreements.lines import TABLES, service_line
from capmodel.contracts.settlement.term import keys_of
from capmodel.errors import Problem

PLAN, PRICE, FACTOR, FIXED = "plan_activity_number", "unit_price_gbp", "market_forces_index", "fixed_payment_gbp"
ACTUAL, PAST, MET, MOVED = "actual_activity_number", "past_value_gbp", "criteria_met_share", "delivery_variance_share"
#: The table of the chain that holds each column of the place.
HOLDERS: dict[str, Table] = {name: table for table in (service_line, *TABLES) for name, each in table.inputs.items() if not each.internal}
#: A low-volume block is the mean of so many past years.
MEAN_OF = 3
_FITS = {PRICE: ("setting", POINT), MOVED: ("setting", POINT), FACTOR: ("provider",)}


@dataclass(frozen=True)
class Given:
    """A column of the place: its keys in the order of its table, and its figures.

    `whole` is False where its file is missing or faulty, which has been reported, so that nobody asks for what was lost.
    """

    name: str
    file: str
    keys: tuple[Key, ...]
    figures: Mapping[tuple[Key, int | None], float]
    whole: bool = True

    @cached_property
    def past(self) -> Mapping[Key, list[str]]:
        """By line of service the past years for which it has values, the earliest first."""
        found: dict[Key, set[str]] = {}
        for *line, year in self.keys:
            found.setdefault(tuple(line), set()).add(year)
        return {line: sorted(years) for line, years in found.items()}

    def at(self, key: Key, year: int) -> float | None:
        """The figure of a year; None where there is none."""
        found = self.figures.get((key, year))
        return self.figures.get((key, None)) if found is None else found


def given(pack: Pack, name: str, problems: list[Problem]) -> Given:
    """A column of the place, empty where the place does not have it; one with other keys is reported."""
    table, column = HOLDERS[name], pack.columns.get(name)
    if column is None:
        return Given(name, f"tables/{name}.csv", (), {}, whole=not lost(pack.columns, name))
    keys = keys_of(table.keys)
    if not keyed_as(table, column, problems):
        return Given(name, f"tables/{column.file}", (), {}, whole=False)
    at = [column.keys.index(key) for key in keys]
    figures = {(tuple(key[i] for i in at), year): figure.value for (key, year), figure in column.figures.items()}
    return Given(name, f"tables/{column.file}", tuple(keys_given(pack, name, keys)), figures, whole=not column.faulty)


def without_lines(column: Given, lines: tuple[Key, ...]) -> Iterator[Problem]:
    """Figures of a column that no line of service reads: a price without a line, a factor of a provider without lines."""
    if column.name == PLAN:
        return
    parts = [SERVICE_LINE.index(key) for key in _FITS.get(column.name, SERVICE_LINE)]
    known = {tuple(line[i] for i in parts) for line in lines}
    label = HOLDERS[column.name].inputs[column.name].label.lower()
    for key in dict.fromkeys(key[: len(parts)] for key in column.keys):
        if key not in known:
            what = f"{', '.join(key)} has a figure and no line of service"
            remedy = "Remove it, or add the line to tables/plan_activity_number.csv"
            yield Problem(column.file, what, f"its {label} would have no effect", remedy)


def years_in_mean(years: list[str], year: int) -> list[str]:
    """The three latest past years before a year.

    >>> years_in_mean(["2021", "2022", "2023", "2024"], 2025)
    ['2022', '2023', '2024']
    """
    return [past for past in years if int(past) < year][-MEAN_OF:]
