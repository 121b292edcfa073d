"""Reads the tables beside a file of payments: rosters of persons or of units, and results of criteria by unit."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

from capmodel.assumptions.cells import a_few
from capmodel.assumptions.entries import unknown
from capmodel.assumptions.guard import no_file
from capmodel.assumptions.tables import Row, read_csv
from capmodel.care_budgets.currency.people import of_persons
from capmodel.care_budgets.currency.roster import (
    Known,
    LineKey,
    ResultKey,
    Roster,
    of_person,
    period_of,
    size_of,
    twice,
    when_it_is,
    year_in,
)
from capmodel.errors import MOST_LINES, Problem, listed, nearest


def table_beside(folder: Path, name: str, where: str, problems: list[Problem]) -> tuple[list[str], list[Row]]:
    """The headings and rows of a table beside a file; none where it cannot be read, which is reported.

    Args:
        folder: where the file stands.
        name: what the file calls the table.
        where: the place in the file that names it.
        problems: what is wrong is added here.
    """
    path = folder / name
    if Path(name).name != name or not name:
        what = f"the table {name!r} is named with a folder"
        problems.append(Problem(where, what, "it stands beside the file that names it", "Put it there, and write its name alone"))
        return [], []
    if not path.is_file():
        problems.append(no_file(path, "the roster and the results are read from it")._replace(where=where, what=f"there is no file {name}"))
        return [], []
    return read_csv(path, problems)


def read_roster(headings: Sequence[str], rows: Sequence[Row], name: str, known: Known, problems: list[Problem]) -> Roster:
    """A roster, of persons where it has the heading person, otherwise of units; persons are added up.

    Args:
        headings: the headings of the table.
        rows: its rows.
        name: what the table is called.
        known: what ids and which rule there are.
        problems: what is wrong is added here.
    """
    by_person = "person" in headings
    criteria = [each for each in headings if each in known.weights]
    keys = ["unit", "band", "year", *(["quarter"] if len(known.periods) > 1 else []), "months"]
    allowed = [*(["person"] if by_person else []), *keys, *(known.weights if by_person else ())]
    if not _headings_fit(name, headings, keys, allowed, problems):
        return Roster(of_persons=by_person)
    if not rows:
        problems.append(Problem(name, "there are no rows", "nobody would be paid for", "Add a row for each unit, band and year"))
    wrong: list[Problem] = []
    lines = [(row, _line_of(row, known, wrong)) for row in rows]
    sound = [(row, key) for row, key in lines if key is not None]
    roster = of_persons(sound, name, criteria, known, wrong) if by_person else _of_units(sound, name, known, wrong)
    problems += a_few(wrong, "rows are wrong")
    return roster


def read_results(
    headings: Sequence[str], rows: Sequence[Row], name: str, known: Known, sampled: Mapping[str, bool], problems: list[Problem]
) -> dict[ResultKey, tuple[float, float]]:
    """The results of units: how many people a criterion is met for, and to how many it applies.

    Args:
        headings: the headings of the table.
        rows: its rows.
        name: what the table is called.
        known: what ids there are.
        sampled: for each criterion, whether it is a share of people; otherwise met is 1 or 0 and there is no `of`.
        problems: what is wrong is added here.
    """
    keys = ["unit", "criterion", "year", *(["quarter"] if len(known.periods) > 1 else []), "met", "of"]
    if not _headings_fit(name, headings, keys, keys, problems):
        return {}
    found: dict[ResultKey, tuple[float, float]] = {}
    wrong: list[Problem] = []
    for row in rows:
        before = len(wrong)
        unit, criterion = row.cells["unit"], row.cells["criterion"]
        wrong += [unknown(row.where, "unit", unit, known.units)] if unit not in known.units else []
        wrong += [unknown(row.where, "criterion", criterion, known.weights)] if criterion not in known.weights else []
        period, year = period_of(row, known, wrong), year_in(row, known, wrong)
        met = size_of(row, "met", wrong)
        of = 1.0 if not sampled.get(criterion, True) and not row.cells["of"] else size_of(row, "of", wrong)
        if len(wrong) > before or period is None or year is None:
            continue
        if not sampled[criterion] and (met not in (0, 1) or of != 1):
            what, why = f"{criterion} is {met:g} of {of:g}", "it has no least_share, so the unit as a whole meets it or does not"
            wrong.append(Problem(row.where, what, why, "Write met 1 or 0 and leave of blank, or give the criterion a least_share"))
        elif met > of:
            what = f"{criterion} is met for {met:g} of {of:g}"
            wrong.append(Problem(row.where, what, "a share is a part of 1", "Correct one of them"))
        elif (unit, criterion, period, year) in found:
            wrong.append(twice(row, "result"))
        else:
            found[unit, criterion, period, year] = met, of
    problems += a_few(wrong, "results are wrong")
    return found


def _headings_fit(name: str, headings: Sequence[str], wanted: Sequence[str], allowed: Sequence[str], problems: list[Problem]) -> bool:
    if not headings:
        return False
    before = len(problems)
    where = f"{name}, line 1"
    missing = [each for each in wanted if each not in headings]
    if not set(allowed) & set(headings):
        # The line may be the first row of a table without headings, and of a person: nothing of it is repeated.
        what = "none of the headings is there"
        problems.append(
            Problem(where, what, "columns are read by their headings", f"Write the headings {', '.join(wanted)} above the rows")
        )
        return False
    if missing:
        what = f"there is no heading {listed([repr(each) for each in missing])}"
        problems.append(Problem(where, what, "columns are read by their headings", f"Write the headings {', '.join(wanted)}"))
    for each in headings:
        if each not in allowed:
            problems.append(
                Problem(
                    where,
                    f"the heading {each!r} is not known",
                    "its column would be ignored",
                    nearest(each, [name for name in allowed if name not in headings] or allowed),
                )
            )
    return len(problems) == before


def _line_of(row: Row, known: Known, wrong: list[Problem]) -> tuple[LineKey, float] | None:
    """The unit, band, period and year of a row of a roster, and its months; None where something of it is wrong."""
    before = len(wrong)
    unit, band = row.cells["unit"], row.cells["band"]
    for kind, name, ids in (("unit", unit, known.units), ("band", band, known.bands)):
        if name not in ids and of_person(row):
            what = f"the {kind} is none of the file" if name else f"the {kind} is blank"
            wrong.append(Problem(row.where, what, "rows are joined by exact id", f"Write one of {', '.join(list(ids)[:MOST_LINES])}"))
        elif name not in ids:
            wrong.append(unknown(row.where, kind, name, ids))
    period, year, months = period_of(row, known, wrong), year_in(row, known, wrong), size_of(row, "months", wrong)
    return None if len(wrong) > before or period is None or year is None else ((unit, band, period, year), months)


def _of_units(sound: Sequence[tuple[Row, tuple[LineKey, float]]], name: str, known: Known, wrong: list[Problem]) -> Roster:
    """A roster that is added up already: each unit and band that is in it needs every period and year."""
    roster = Roster()
    for row, (key, months) in sound:
        if key in roster.months:
            wrong.append(twice(row, "unit and band"))
        roster.months[key] = months
    if not wrong:
        for unit, band in roster.pairs:
            lacking = [
                when_it_is(period, year, known)
                for year in known.years
                for period in known.periods
                if (unit, band, period, year) not in roster.months
            ]
            if lacking:
                what = f"{unit}, {band} has no row for {listed(lacking)}"
                wrong.append(Problem(name, what, "gaps are never filled", "Add a row with its person-months, 0 where there are none"))
    return roster
