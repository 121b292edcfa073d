"""The one shape in which every extract is read: a view of people, one row a person and year, written in SQL.

An extract of one row a person maps onto it directly; activity lines are first added up by person, year and route. Names,
codes and units are the column map's. Amounts become whole pence here, so that sums are exact in any order. Nothing is
checked or counted here.
"""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from capmodel.baseline.engines import DATE, FLAG, NUMBER, OTHER, TEXT, WHOLE, Session
from capmodel.baseline.files import is_data, is_parquet, quoted
from capmodel.baseline.persons.extract.column_map import EVERYWHERE, ColumnMap, Route
from capmodel.baseline.persons.schemes.conditions import condition_column
from capmodel.errors import BadInput, Problem, gathered, nearest

RAW_PEOPLE, RAW_LINES, PEOPLE, LINES = "raw_people", "raw_lines", "people", "activity_lines"
YES = ("1", "y", "yes", "true", "t")
NO = ("0", "n", "no", "false", "f")
#: Half a penny, and as much more as binary fractions such as 1.005 fall short of what was written.
HALF = 0.5000001
#: More routes than this are a mistaken column, not a health economy.
MOST_ROUTES = 400
#: A date and a time of day, before a zone where there is one.
_CLOCK = "^[0-9]{4}-[0-9]{2}-[0-9]{2}[T ](?:[01][0-9]|2[0-3]):[0-5][0-9](?::[0-5][0-9](?:[.][0-9]+)?)?"
#: What each attribute is, the kinds of columns that can hold it, and what to map instead of another.
_FIGURE, _CODE = (TEXT, WHOLE, NUMBER), (TEXT, WHOLE, NUMBER, FLAG)
_AMOUNT = ("an amount", _FIGURE, "Map the column of pounds or of contacts")
_WANTED = {
    "person": ("an identifier", _FIGURE, "Map the column of identifiers"),
    "age": ("a whole number of years", _FIGURE, "Work out the age in completed years at the start of the year, and map that"),
    "months": ("a whole number of months", _FIGURE, "Work out the months registered in the year, and map those"),
    "year": ("the year that spend belongs to", _FIGURE, "Write the year it starts in, 2025 for 2025/26"),
    "deprivation": ("a decile of 1 to 10", _FIGURE, "Map the column of deciles"),
    "score": ("a number", _FIGURE, "Map the column of scores"),
    "cost": _AMOUNT,
    "activity": _AMOUNT,
    "date": ("a date", (TEXT, WHOLE, NUMBER, DATE), "Map the column of dates, written as 2025-04-30"),
}
_HOLDS = {DATE: "dates", FLAG: "yes and no", OTHER: "values of a kind that is not read"}
#: Parts of a penny in which rounding is added up, whole, so that its sum is exact in any order.
PARTS = 10_000


@dataclass(frozen=True)
class Extract:
    """An extract that is open in an engine.

    `people` and `lines` are the kinds of the columns of its files; `salt` is set where identifiers are replaced by a
    salted pseudonym as they are read. `faults` are columns that are missing or hold what cannot be read as what they are mapped
    to, `unfit` those columns, by view; the checks report them together with what is wrong in the others.
    """

    session: Session
    columns: ColumnMap
    people: Mapping[str, str]
    lines: Mapping[str, str]
    salt: str | None
    faults: tuple[Problem, ...] = ()
    unfit: frozenset[tuple[str, str]] = frozenset()

    @property
    def readable(self) -> Extract:
        """The same with the columns that can be read and no others, so that no fault is reported that follows from another."""
        columns, lines = self.columns, self.columns.lines

        def fit(column: str | None, view: str = RAW_PEOPLE) -> bool:
            return column is not None and (view, column) not in self.unfit

        spend = (replace(item, activity=item.activity if fit(item.activity) else None) for item in columns.spend if fit(item.column))
        if lines is not None:
            given = lines.model_dump()
            lines = lines.model_copy(update={name: column if fit(column, RAW_LINES) else None for name, column in given.items()})
        held = {name: column for name, column in columns.columns.items() if fit(column)}
        conditions = {name: column for name, column in columns.conditions.items() if fit(column)}
        return replace(self, columns=replace(columns, columns=held, conditions=conditions, spend=tuple(spend), lines=lines))

    def person(self, column: str, of: Mapping[str, str]) -> str:
        """The identifier as text, under its pseudonym where one is asked for; one number is one person however it is written."""
        text = f"TRIM({identifier(column, of)})"
        if self.salt is None:
            return text
        return self.session.pseudonym(f"TRANSLATE({text}, ' -.\u00a0', '')", self.salt)

    def number(self, column: str, of: Mapping[str, str]) -> str:
        """A number, or NULL where a text is none; a year may be written as 2025/26 or 2025-26."""
        text = quoted(column)
        if column == self.columns.columns.get("year"):
            first, second = (f"TRY_CAST(SUBSTR(TRIM({text}), {at}, 4) AS INTEGER)" for at in (1, 6))
            is_pair = f"REGEXP_EXTRACT(TRIM({text}), '^[0-9]{{4}}[/-]([0-9]{{2}}|[0-9]{{4}})$', 0) <> ''"
            text = f"CASE WHEN {is_pair} AND ({first} + 1 - {second}) % 100 = 0 THEN SUBSTR(TRIM({text}), 1, 4) ELSE {text} END"
        return numeric(text) if of[column] == TEXT else f"CAST({quoted(column)} AS INTEGER)" if of[column] == FLAG else quoted(column)

    def whole(self, column: str, of: Mapping[str, str]) -> str:
        """A whole number, or NULL where a number is none, such as infinity."""
        return f"TRY_CAST({self.number(column, of)} AS INTEGER)"

    def pence(self, column: str, of: Mapping[str, str]) -> str:
        """An amount as whole pence, to the nearest; half a penny goes up, the same way in every engine. No amount is zero."""
        if of[column] == WHOLE:
            return f"COALESCE(CAST({quoted(column)} AS BIGINT) * {self.columns.pence}, 0)"
        return f"COALESCE(CAST(FLOOR({self._unrounded(column, of)} + {HALF}) AS BIGINT), 0)"

    def rounding(self, column: str, of: Mapping[str, str]) -> str:
        """What writing an amount in whole pence adds to it, in whole parts of a penny; NULL where there is no amount."""
        if of[column] == WHOLE:
            return "0"
        unrounded = self._unrounded(column, of)
        return f"FLOOR((FLOOR({unrounded} + {HALF}) - {unrounded}) * {PARTS} + 0.5)"

    def _unrounded(self, column: str, of: Mapping[str, str]) -> str:
        return f"CAST({self.number(column, of)} AS DOUBLE) * {self.columns.pence}"

    def count(self, column: str, of: Mapping[str, str]) -> str:
        """A whole count; none is zero."""
        return f"COALESCE(CAST(FLOOR({self.number(column, of)} + 0.5) AS BIGINT), 0)"

    def flag(self, column: str) -> str:
        """True where a condition is recorded; a blank, which the checks let pass only where the map says so, counts as no."""
        kind = self.people[column]
        if kind == FLAG:
            return f"COALESCE({quoted(column)}, FALSE)"
        if kind == TEXT:
            return f"COALESCE({_spelt(column, YES)} OR {numeric(quoted(column))} = 1, FALSE)"
        return f"COALESCE({quoted(column)} <> 0, FALSE)"

    def coded(self, attribute: str, column: str) -> str:
        """A code as the place's own id; where the map has no codes for it, as it stands."""
        text = f"TRIM(CAST({quoted(column)} AS STRING))"
        codes = self.columns.codes.get(attribute)
        if not codes:
            return text
        return f"CASE {text} {' '.join(f'WHEN {text_of(code)} THEN {text_of(member)}' for code, member in codes.items())} ELSE {text} END"

    def year_of_person(self) -> str:
        """The year of a row of people."""
        if "year" in self.columns.columns:
            return self.whole(self.columns.columns["year"], self.people)
        return f"CAST({'NULL' if self.columns.year is None else self.columns.year} AS INTEGER)"

    def date_of_line(self) -> str:
        """The day of an activity line in London, or NULL where it is none.

        A date, or a date and a time, is the day that it names; with a zone (Z, +01:00) it is a moment, and its day is London's.
        20250430 is a date too, be it a text or a whole number.
        """
        assert self.columns.lines is not None
        column, kind = self.columns.lines.date, self.lines[self.columns.lines.date]
        if kind == DATE:
            return quoted(column)
        text = f"TRIM({quoted(column)})" if kind == TEXT else identifier(column, self.lines)
        if kind == NUMBER:
            text = f"CASE WHEN {quoted(column)} = FLOOR({quoted(column)}) THEN {text} END"
        day, offset = (
            f"SUBSTR({text}, 1, 10)",
            f"REGEXP_EXTRACT({text}, '{_CLOCK} ?(Z|z|UTC|GMT|[+-](?:0[0-9]|1[0-4])(?::?[0-5][0-9])?)$', 1)",
        )
        ahead = (
            f"SUBSTR({offset}, 1, 3) || ':' || CASE WHEN LENGTH({offset}) > 4 THEN SUBSTR({offset}, LENGTH({offset}) - 1, 2) ELSE '00' END"
        )
        zone = f"CASE WHEN SUBSTR({offset}, 1, 1) IN ('+', '-') THEN {ahead} ELSE '+00:00' END"
        moment = f"{day} || ' ' || SUBSTR({text}, 12, 5) || ':00' || {zone}"
        joined = " || '-' || ".join(f"SUBSTR({text}, {at}, {length})" for at, length in ((1, 4), (5, 2), (7, 2)))
        return (
            f"CASE WHEN LENGTH({text}) = 10 AND {text} LIKE '____-__-__' THEN TRY_CAST({text} AS DATE) "
            f"WHEN REGEXP_EXTRACT({text}, '^[0-9]{{8}}([.]0+)?$', 0) <> '' THEN TRY_CAST({joined} AS DATE) "
            f"WHEN REGEXP_EXTRACT({text}, '{_CLOCK}$', 0) <> '' THEN TRY_CAST({day} AS DATE) "
            f"WHEN {offset} <> '' THEN {self.session.day_of(moment)} END"
        )

    def year_of_line(self) -> str:
        """The financial year in which an activity line falls, by the year it starts in."""
        date = self.date_of_line()
        return f"CAST(EXTRACT(YEAR FROM {date}) - CASE WHEN EXTRACT(MONTH FROM {date}) < 4 THEN 1 ELSE 0 END AS INTEGER)"


def open_extract(session: Session, columns: ColumnMap, people: Path, lines: Path | None, salt: str | None = None) -> Extract:
    """Register the files of an extract and hold them against the column map.

    Raises:
        BadInput: a file cannot be read, or columns of the map are not in it, all of them in one report.
    """
    problems: list[Problem] = []
    if columns.lines is not None and lines is None:
        problems.append(
            Problem(
                "--lines", "the file of activity lines is missing", "persons.yaml says that spend comes from lines", "Name it with --lines"
            )
        )
    if columns.lines is None and lines is not None:
        problems.append(
            Problem("--lines", "persons.yaml has no lines:", "the columns of the file are not mapped", "Map them, or leave --lines out")
        )
    if problems:
        raise BadInput(problems)
    kinds: dict[str, Mapping[str, str]] = {}
    for view, path in ((RAW_PEOPLE, people), (RAW_LINES, lines)):
        if path is not None:
            with gathered(problems):
                kinds[view] = session.register(view, path, columns.delimiter)
    wanted = {
        RAW_PEOPLE: _mapped(columns),
        RAW_LINES: [(c, n) for n, c in columns.lines.model_dump().items() if c] if columns.lines else [],
    }
    faults, unfit = list[Problem](), set[tuple[str, str]]()
    for view, path in ((RAW_PEOPLE, people), (RAW_LINES, lines)):
        if path is not None and view in kinds:
            wrong = _wrong_heading(path, [column for column, _ in wanted[view]], kinds[view])
            problems += wrong
            unfit |= set() if wrong else {(view, column) for column in _check_columns(path, wanted[view], kinds[view], faults)}
    if problems:
        raise BadInput([*problems, *faults])
    return Extract(session, columns, kinds[RAW_PEOPLE], kinds.get(RAW_LINES, {}), salt, tuple(faults), frozenset(unfit))


def _mapped(columns: ColumnMap) -> list[tuple[str, str]]:
    """The columns of people that the map reads, each with what it is."""
    named = [(column, name) for name, column in columns.columns.items()] + [(column, "condition") for column in columns.conditions.values()]
    return [*named, *((name, "cost") for item in columns.spend for name in (item.column, item.activity) if name)]


def _wrong_heading(path: Path, wanted: Iterable[str], found: Mapping[str, str]) -> list[Problem]:
    """What is wrong with a heading as a whole: cells parted by another sign, or none of the columns that are mapped."""
    only = next(iter(found), "")
    if len(found) == 1 and any(mark in only for mark in ";,\t|"):
        mark = next(mark for mark in ";,\t|" if mark in only)
        named = {"\t": "tab"}.get(mark, mark)
        what, why = f"there is one column, and {named!r} in its name", "cells are parted by another sign"
        return [Problem(f"{path}, line 1", what, why, f"Write delimiter: {mark!r} in persons.yaml")]
    if any(name in found for name in wanted):
        return []
    # There may be no heading, and what stands in its place is a person's: nothing of it is disclosed.
    what = "the first line holds none of the columns that persons.yaml maps"
    why = "there is no heading, its names are others, or cells are parted by another sign"
    return [Problem(str(path) if is_parquet(path) else f"{path}, line 1", what, why, "Correct the heading, or persons.yaml")]


def _check_columns(path: Path, wanted: Sequence[tuple[str, str]], found: Mapping[str, str], problems: list[Problem]) -> list[str]:
    """Report mapped columns that are missing, or that hold what cannot be what they are mapped to; which they are."""
    mapped = dict(reversed(wanted))
    free = [name for name in found if name not in mapped and not is_data(name)]
    unfit = []
    for column in dict.fromkeys(name for name, _ in wanted):
        role = mapped[column]
        meaning, kinds, remedy = _WANTED.get(role, ("a code or a yes or no", _CODE, "Map a column of codes, or of yes and no"))
        if column not in found:
            close = nearest(column, free) if difflib.get_close_matches(column, free) else "Add it to the extract, or correct persons.yaml"
            problems.append(Problem(str(path), f"there is no column {column!r}", "persons.yaml maps it", close))
        elif found[column] not in kinds:
            what = f"the column {column!r} holds {_HOLDS.get(found[column], 'other values')}"
            problems.append(Problem(str(path), what, f"persons.yaml maps it as {role}, which is {meaning}", remedy))
        else:
            continue
        unfit.append(column)
    return unfit


def routes_of(extract: Extract) -> tuple[Route, ...]:
    """Every route of the extract, in the order of the map, or by name where they come from activity lines."""
    columns = extract.columns
    if columns.lines is None:
        return tuple(item.route for item in columns.spend)
    parts = [extract.coded(name, getattr(columns.lines, name)) for name in ("setting", "provider", "payer")]
    found = extract.session.query(f"SELECT DISTINCT {', '.join(parts)} FROM {RAW_LINES}")
    if len(found) > MOST_ROUTES:
        what = f"the lines name {len(found):,} combinations of setting, provider and payer"
        raise BadInput(
            [Problem("lines", what, f"at most {MOST_ROUTES} are distinguished", "Map providers to groups under codes: in persons.yaml")]
        )
    return tuple(Route(*map(str, row)) for row in sorted(found, key=lambda row: tuple(map(str, row))))


def define_people(extract: Extract, routes: tuple[Route, ...]) -> None:
    """Make the view `people`, one row a person and year.

    Its columns are person, year, locality, age, sex, deprivation, score, months, the conditions, and for each route s0, s1, ...
    in pence and a0, a1, ... of activity, and total, in pence. Activity lines that find no person are in nobody's sum.
    """
    columns, of = extract.columns, extract.people
    named = columns.columns
    parts = {
        "person": extract.person(named["person"], of),
        "year": extract.year_of_person(),
        "age": extract.whole(named["age"], of),
        "months": extract.whole(named["months"], of),
        "locality": extract.coded("locality", named["locality"]) if "locality" in named else text_of(EVERYWHERE),
        "sex": extract.coded("sex", named["sex"]) if "sex" in named else "CAST(NULL AS STRING)",
        "deprivation": extract.whole(named["deprivation"], of) if "deprivation" in named else "CAST(NULL AS INTEGER)",
        "score": f"CAST({extract.number(named['score'], of)} AS DOUBLE)" if "score" in named else "CAST(NULL AS DOUBLE)",
    }
    parts |= {condition_column(name): extract.flag(column) for name, column in columns.conditions.items()}
    parts |= {condition_column(name): "FALSE" for name in columns.not_recorded}
    total = " + ".join(f"s{i}" for i in range(len(routes)))
    if columns.lines is None:
        for i, item in enumerate(columns.spend):
            parts[f"s{i}"] = extract.pence(item.column, of)
            parts[f"a{i}"] = extract.count(item.activity, of) if item.activity else "CAST(0 AS BIGINT)"
        extract.session.define(PEOPLE, f"SELECT *, {total} AS total FROM (SELECT {selected(parts)} FROM {RAW_PEOPLE}) AS p")
        return
    _define_lines(extract, routes)
    sums = ", ".join(
        f"SUM(CASE WHEN route = {i} THEN pence ELSE 0 END) AS s{i}, SUM(CASE WHEN route = {i} THEN activity ELSE 0 END) AS a{i}"
        for i in range(len(routes))
    )
    own = f"SELECT {selected(parts)} FROM {RAW_PEOPLE}"
    added = f"SELECT person, year, {sums} FROM {LINES} GROUP BY person, year"
    spent = ", ".join(f"COALESCE(CAST(l.{kind}{i} AS BIGINT), 0) AS {kind}{i}" for i in range(len(routes)) for kind in "sa")
    joined = f"SELECT p.*, {spent} FROM ({own}) AS p LEFT JOIN ({added}) AS l ON p.person = l.person AND p.year = l.year"
    extract.session.define(PEOPLE, f"SELECT *, {total} AS total FROM ({joined}) AS joined", keep=True)


def _define_lines(extract: Extract, routes: tuple[Route, ...]) -> None:
    lines = extract.columns.lines
    assert lines is not None
    route = " ".join(
        f"WHEN {extract.coded('setting', lines.setting)} = {text_of(route.setting)} AND {extract.coded('provider', lines.provider)} = "
        f"{text_of(route.provider)} AND {extract.coded('payer', lines.payer)} = {text_of(route.payer)} THEN {i}"
        for i, route in enumerate(routes)
    )
    parts = {
        "person": extract.person(lines.person, extract.lines),
        "year": extract.year_of_line(),
        "setting": extract.coded("setting", lines.setting),
        "payer": extract.coded("payer", lines.payer),
        "route": f"CASE {route} END" if route else "0",
        "pence": extract.pence(lines.cost, extract.lines),
        "rounding": extract.rounding(lines.cost, extract.lines),
        "activity": extract.count(lines.activity, extract.lines) if lines.activity else "CAST(1 AS BIGINT)",
    }
    extract.session.define(LINES, f"SELECT {selected(parts)} FROM {RAW_LINES}")


def is_flag(column: str, of: Mapping[str, str]) -> str:
    """A condition that holds where a cell is a yes or a no: by one of the usual words, or by a 1 or a 0 however it is written."""
    if of[column] == TEXT:
        return f"({_spelt(column, (*YES, *NO))} OR COALESCE({numeric(quoted(column))} IN (0, 1), FALSE))"
    return "TRUE" if of[column] == FLAG else f"{quoted(column)} IN (0, 1)"


def is_blank(column: str, of: Mapping[str, str]) -> str:
    """A condition that holds where a cell is empty, or a text of blanks only."""
    return f"({quoted(column)} IS NULL" + (f" OR TRIM({quoted(column)}) = '')" if of[column] == TEXT else ")")


def _spelt(column: str, words: Iterable[str]) -> str:
    return f"LOWER(TRIM({quoted(column)})) IN ({texts(words)})"


def selected(parts: Mapping[str, str]) -> str:
    """Expressions with their names, as a select list."""
    return ", ".join(f"{expression} AS {name}" for name, expression in parts.items())


def numeric(text: str) -> str:
    """A text as a number, or NULL where it is none; spellings that only some engines take for numbers are none."""
    return f"TRY_CAST(CASE WHEN TRANSLATE({text}, 'dDfFxX_', '') = {text} THEN TRIM({text}) END AS DOUBLE)"


def times(condition: str) -> str:
    """How often a condition holds. DuckDB counts so three times as fast as with FILTER."""
    return f"COUNT(CASE WHEN {condition} THEN 1 END)"


def identifier(column: str, of: Mapping[str, str]) -> str:
    """An identifier as text; a number that a missing value has made a fraction is whole again."""
    whole = f"TRY_CAST({quoted(column)} AS BIGINT)" if of[column] == NUMBER else quoted(column)
    return f"CAST({whole} AS STRING)"


def text_of(text: str) -> str:
    """A text as SQL writes it."""
    return "'" + text.replace("'", "''") + "'"


def texts(values: Iterable[str]) -> str:
    """Several texts as SQL writes them in a list."""
    return ", ".join(map(text_of, values))
