"""Adds up a roster of persons at once: what leaves this module are counts and person-months by unit and band, never a person.

No id of a person is in a message either. A count of people by unit and band, or of those to whom a criterion applies, is refused below
the small number.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TypeVar

from capmodel.algebra.functions import at_least
from capmodel.assumptions.tables import Row
from capmodel.assumptions.years import year_label
from capmodel.care_budgets.currency.roster import MONTHS, Known, LineKey, ResultKey, Roster, twice, when_it_is
from capmodel.errors import Problem, listed

#: A person-month more than a year has, but for the noise of parts of months.
_NOISE = 1e-9
#: Months that are shown as they are.
_MOST_SHOWN = 100
#: A person and a time.
Times = TypeVar("Times", bound=tuple[str | int, ...])


@dataclass(frozen=True)
class _PersonRow:
    """A row of one person: where it stands, what it counts for, and which criteria are met, failed or do not apply (None)."""

    row: Row
    person: str
    key: LineKey
    months: float
    met: Mapping[str, bool | None]


def of_persons(
    sound: Sequence[tuple[Row, tuple[LineKey, float]]], name: str, criteria: Sequence[str], known: Known, wrong: list[Problem]
) -> Roster:
    """A roster of persons, added up; one without figures where anything of it is wrong.

    Args:
        sound: its rows that could be read, each with its key and months.
        name: what the table is called.
        criteria: the criteria that have a column.
        known: what ids and which rule there are.
        wrong: what is wrong is added here.
    """
    people = [_PersonRow(row, row.cells["person"], key, months, _marks(row, criteria, wrong)) for row, (key, months) in sound]
    _check_persons(people, known, wrong)
    there = {each.key[2:] for each in people}
    for year in known.years:
        for period in known.periods:
            if people and not wrong and (period, year) not in there:
                what = f"there is no row for {when_it_is(period, year, known)}"
                wrong.append(Problem(name, what, "gaps are never filled", "Add the people of that time"))
    if wrong:
        return Roster(of_persons=True)
    roster = Roster(of_persons=True)
    keys = [
        (unit, band, period, year)
        for unit, band in dict.fromkeys(each.key[:2] for each in people)
        for period in known.periods
        for year in known.years
    ]
    roster.months = dict.fromkeys(keys, 0.0)
    roster.people = dict.fromkeys(keys, 0)
    for each in people:
        roster.months[each.key] += each.months
        roster.people[each.key] += 1
    _refuse_small(roster, name, known, wrong)
    if known.judged:
        _judge(people, roster, criteria, known)
    else:
        _count(people, roster, known, wrong)
        _refuse_few(roster, name, known, wrong)
    return roster


def _marks(row: Row, criteria: Sequence[str], wrong: list[Problem]) -> dict[str, bool | None]:
    found: dict[str, bool | None] = {}
    for criterion in criteria:
        text = row.cells[criterion]
        if text not in ("", "0", "1"):
            what = f"{criterion} is neither 1 nor 0"
            wrong.append(Problem(row.where, what, "a criterion is met or not", "Write 1, 0, or leave it blank where it does not apply"))
        found[criterion] = None if text == "" else text == "1"
    return found


def _check_persons(people: Sequence[_PersonRow], known: Known, wrong: list[Problem]) -> None:
    """Report rows without a person, months that a period or a year does not have, and rows that are there twice; no person is named."""
    seen: set[tuple[str, LineKey]] = set()
    in_year: dict[tuple[str, int], list[_PersonRow]] = defaultdict(list)
    in_period: dict[tuple[str, str, int], list[_PersonRow]] = defaultdict(list)
    for each in people:
        _, _, period, year = each.key
        if not each.person:
            wrong.append(
                Problem(each.row.where, "the person is blank", "months are added by person", "Write the id, or add rows up by unit")
            )
            continue
        if each.months == 0:
            wrong.append(Problem(each.row.where, "months is 0", "a person without a month is not on the roster", "Remove the row"))
        if (each.person, each.key) in seen:
            wrong.append(twice(each.row, "person with this unit, band and period"))
        seen.add((each.person, each.key))
        in_year[each.person, year].append(each)
        in_period[each.person, period, year].append(each)
    _too_long(in_year, MONTHS, lambda key: year_label(int(key[-1])), wrong)
    if len(known.periods) > 1:
        _too_long(in_period, known.most_months, lambda key: when_it_is(str(key[1]), int(key[-1]), known), wrong)


def _too_long(
    rows: Mapping[Times, list[_PersonRow]],
    most: float,
    when: Callable[[Times], str],
    wrong: list[Problem],
) -> None:
    for key, each in rows.items():
        months = sum(row.months for row in each)
        if months > most + _NOISE:
            others = f" with {listed([row.row.where.rpartition(', ')[2] for row in each[1:]])}" if len(each) > 1 else ""
            # A number far beyond a year may be an id: it is not repeated.
            count = f"{months:g}" if months < _MOST_SHOWN else f"more than {most:g}"
            what = f"the person has {count} months in {when(key)}{others}"
            wrong.append(Problem(each[0].row.where, what, f"there are {most:g}", "Correct the months"))


def _refuse_small(roster: Roster, name: str, known: Known, wrong: list[Problem]) -> None:
    small = [key for key, count in roster.people.items() if 0 < count < known.small_numbers]
    for unit, band, period, year in small:
        what = f"{unit}, {band} has fewer than {known.small_numbers} people in {when_it_is(period, year, known)}"
        why = "so few could be recognised in a workbook"
        wrong.append(Problem(name, what, why, "Put bands or units together, or give the roster added up by those who may see it"))


def _refuse_few(roster: Roster, name: str, known: Known, wrong: list[Problem]) -> None:
    """Refuse a criterion that applies to a few people of a unit: who they are is as plain as where a band is small."""
    for (unit, criterion, period, year), (_, of) in roster.results.items():
        if 0 < of < known.small_numbers:
            what = f"{criterion} applies to fewer than {known.small_numbers} people of {unit} in {when_it_is(period, year, known)}"
            why, remedy = (
                "so few could be recognised in a workbook",
                "Put units together, or give results added up by those who may see them",
            )
            wrong.append(Problem(name, what, why, remedy))


def _judge(people: Sequence[_PersonRow], roster: Roster, criteria: Sequence[str], known: Known) -> None:
    """Add up the months of people who met the rule, and of those who missed it by one criterion alone."""
    roster.rule_met = dict.fromkeys(roster.months, 0.0)
    roster.only_missed = {
        (unit, band, criterion, period, year): 0.0 for unit, band, period, year in roster.months for criterion in criteria
    }
    for each in people:
        if rule_holds(each.met, known):
            roster.rule_met[each.key] += each.months
            continue
        unit, band, period, year = each.key
        for criterion, met in each.met.items():
            if met is False and rule_holds({**each.met, criterion: True}, known):
                roster.only_missed[unit, band, criterion, period, year] += each.months


def rule_holds(met: Mapping[str, bool | None], known: Known) -> bool:
    """Whether a person meets the rule, by the criteria that apply to the person; with none, it holds.

    >>> from capmodel.care_budgets.currency.roster import WHOLE_YEAR
    >>> rule = Known((), (), {"a": 1, "b": 1, "c": 1}, 1.0, True, WHOLE_YEAR, (2026,), 5)
    >>> rule_holds({"a": True, "b": None, "c": True}, rule), rule_holds({"a": True, "b": False, "c": True}, rule)
    (True, False)
    """
    applying = [name for name, each in met.items() if each is not None]
    weight = sum(known.weights[name] for name in applying)
    return bool(at_least(sum(known.weights[name] for name in applying if met[name]), known.needed_share * weight))


def _count(people: Sequence[_PersonRow], roster: Roster, known: Known, wrong: list[Problem]) -> None:
    """Count for each unit and criterion the people it applies to and those it is met for, each person once a period."""
    said: dict[tuple[str, ResultKey], tuple[bool, str]] = {}
    for each in people:
        unit, _, period, year = each.key
        for criterion, met in each.met.items():
            if met is None:
                continue
            before, where = said.setdefault((each.person, (unit, criterion, period, year)), (met, each.row.where))
            if before != met:
                what = f"{criterion} of the person is both met and not, here and at {where}"
                wrong.append(Problem(each.row.where, what, "a person counts once in a unit and period", "Make both rows say the same"))
    keys = {(unit, period, year) for unit, _, period, year in roster.months}
    criteria = dict.fromkeys(criterion for each in people for criterion in each.met)
    counted = {(unit, criterion, period, year): [0, 0] for unit, period, year in sorted(keys) for criterion in criteria}
    for (_, key), (met, _) in said.items():
        counted[key][0] += met
        counted[key][1] += 1
    roster.results = {key: (float(met), float(of)) for key, (met, of) in counted.items()}
