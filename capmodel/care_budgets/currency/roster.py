"""Rosters and results that are read: what ids there are, what a roster adds up to, and how a cell of their tables is read.

The tables themselves are read in `tables_beside`; rosters of persons are added up in `people`.
"""

from __future__ import annotations

import math
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field

from capmodel.assumptions.cells import DIGITS_ONLY, in_digits, number
from capmodel.assumptions.tables import Row
from capmodel.assumptions.years import year_label, year_of
from capmodel.errors import Problem, problem_of

#: The periods of a year that is paid once, and of one that is paid each quarter; each with its months.
WHOLE_YEAR, QUARTERS = ("whole_year",), ("q1", "q2", "q3", "q4")
MONTHS = 12
#: The smallest count of people that is shown where a file states none; as persons.yaml has it.
SMALL_NUMBERS = 5
LineKey = tuple[str, str, str, int]  # unit, band, period, year
ResultKey = tuple[str, str, str, int]  # unit, criterion, period, year


@dataclass(frozen=True)
class Known:
    """What ids a file of payments defines, and the rule by which persons are judged; the weights are those of the criteria."""

    units: Collection[str]
    bands: Collection[str]
    weights: Mapping[str, float]
    needed_share: float
    judged: bool
    periods: tuple[str, ...]
    years: tuple[int, ...]
    small_numbers: int

    @property
    def most_months(self) -> float:
        """The months of one period."""
        return MONTHS / len(self.periods)


@dataclass
class Roster:
    """What a roster adds up to, by unit, band, period and year."""

    months: dict[LineKey, float] = field(default_factory=dict)
    people: dict[LineKey, int] = field(default_factory=dict)
    rule_met: dict[LineKey, float] = field(default_factory=dict)
    only_missed: dict[tuple[str, str, str, str, int], float] = field(default_factory=dict)
    results: dict[ResultKey, tuple[float, float]] = field(default_factory=dict)
    of_persons: bool = False

    @property
    def pairs(self) -> list[tuple[str, str]]:
        """The units and bands that meet on it."""
        return list(dict.fromkeys((unit, band) for unit, band, _, _ in self.months))


def period_of(row: Row, known: Known, wrong: list[Problem]) -> str | None:
    """The period of a row; None where it is none, which is reported."""
    if len(known.periods) == 1:
        return known.periods[0]
    text = row.cells["quarter"].lower()
    if text not in known.periods:
        what = "the quarter is none of the year" if of_person(row) else f"the quarter is {text!r}"
        wrong.append(Problem(row.where, what, "the payment is made each quarter", f"Write {', '.join(known.periods)}"))
        return None
    return text


def of_person(row: Row) -> bool:
    """Whether a row is of one person: a message repeats nothing of it, since an id may have slipped into any column."""
    return "person" in row.cells


def year_in(row: Row, known: Known, wrong: list[Problem]) -> int | None:
    """The year of a row; None where the model does not have it, which is reported."""
    try:
        year = year_of(row.cells["year"])
    except ValueError as error:
        if not of_person(row):
            wrong.append(problem_of(row.where, error))
            return None
        year = None
    if year not in known.years:
        what = "the year is none of the model" if of_person(row) else f"the year is {row.cells['year']!r}"
        why = "payments are worked out for its years alone" if of_person(row) else "it is no year of the model"
        wrong.append(Problem(row.where, what, why, f"Write one of {', '.join(map(str, known.years))}"))
        return None
    return year


def size_of(row: Row, heading: str, wrong: list[Problem]) -> float:
    """A cell as a number that is not below zero; zero where it is none, which is reported."""
    text = row.cells[heading]
    value = number(text, "")
    if math.isfinite(value) and value >= 0:
        return value
    if math.isfinite(value):
        what = f"{heading} is below zero" if of_person(row) else f"{heading} is {text}"
        wrong.append(Problem(row.where, what, "it cannot be below zero", "Correct the sign"))
    else:
        shown = f"{heading} is no number" if of_person(row) else f"{heading} is {text!r}"
        remedy = DIGITS_ONLY if of_person(row) else in_digits(text)
        what = shown if text else f"{heading} is blank"
        wrong.append(Problem(row.where, what, "a number is needed here, and a gap is never filled", remedy))
    return 0.0


def twice(row: Row, what: str) -> Problem:
    """What is reported of a row whose key is there already."""
    return Problem(row.where, f"the {what} is there twice", "the second would silently win, or count again", "Remove one of them")


def when_it_is(period: str, year: int, known: Known) -> str:
    """A period in a message."""
    return f"{period} of {year_label(year)}" if len(known.periods) > 1 else year_label(year)
