"""What must hold of an extract before it is added up: found by set operations in the data engine, all of it in one report.

A finding says how many rows it concerns and the numbers of the first of them, never an identifier or a cell. Findings that
refuse the extract become problems; the rest (linkage, completeness) is measured for the report and for readiness.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from capmodel.assumptions.pack import Entry
from capmodel.baseline.engines import FLAG, TEXT, WHOLE
from capmodel.baseline.persons.column_map import ColumnMap
from capmodel.baseline.persons.conditions import condition_column
from capmodel.baseline.persons.files import quoted
from capmodel.baseline.persons.identity import EXAMPLES, check_identity, check_twice, check_year, counted, told_codes
from capmodel.baseline.persons.scheme import Scheme
from capmodel.baseline.persons.view import NO, PEOPLE, RAW_LINES, RAW_PEOPLE, YES, Extract, identifier, numeric, texts, times
from capmodel.errors import BadInput, Problem, nearest

OLDEST = 120
#: No person costs more in a year, in pence; above it two columns have run together.
DEAREST = 10_000_000_000
#: What a spreadsheet takes for the beginning of a formula; it passes over tabs and ends of lines before one.
FORMULA = ("=", "+", "-", "@", "＝", "＋", "－", "＠", "\t", "\r", "\n")
#: What each figure of a person is for, and what to write where a text stands in its place.
_DIGITS = "Write digits only, without commas, signs or words"
_USES = {
    "age": ("it decides the segment", _DIGITS),
    "months": ("person-years are counted by it", _DIGITS),
    "year": ("spend belongs to a year", "Write the year it starts in, 2025 for 2025/26"),
    "deprivation": ("it may decide the segment", _DIGITS),
    "score": ("people are ranked by it", _DIGITS),
}


@dataclass(frozen=True)
class Rule:
    """One thing that must not be: how it is found, and what a reader is told of it.

    `code` is the code that nobody knows, where the rule is about one; `confuses` is true where people cannot be told apart
    while it is broken.
    """

    view: str
    condition: str
    what: str
    why: str
    remedy: str
    code: str | None = None
    confuses: bool = False


@dataclass
class Quality:
    """What the checks measured of an extract that they let pass.

    `completeness` is the share of rows in which an attribute or condition is recorded at all, `recorded` the people who
    have each condition, by place, and `rounding` what writing the amounts of a spend column in whole pence added in the base
    year, in parts of a penny.
    """

    rows: int
    rules: int = 0
    completeness: dict[str, float] = field(default_factory=dict)
    rounding: dict[str, int] = field(default_factory=dict)
    recorded: list[dict[str, Any]] = field(default_factory=list)
    identifiers_replaced: bool = False


def check_extract(extract: Extract, schemes: Sequence[Scheme], dimensions: Mapping[str, tuple[Entry, ...]], year: int) -> Quality:
    """Hold an extract against every rule, and measure it in the same pass.

    Args:
        extract: the open extract.
        schemes: the schemes that people are to be put into.
        dimensions: the settings and parties of the place.
        year: its base year.

    Raises:
        BadInput: with every rule that is broken, how often, and the first rows.
    """
    problems: list[Problem] = []
    for scheme in schemes:
        check_scheme(extract.columns, scheme, problems)
    rules = [*_types(extract), *_values(extract), *_codes(extract), *_line_rules(extract, dimensions)]
    rules.sort(key=lambda rule: (RAW_PEOPLE, RAW_LINES).index(rule.view))
    completeness, rounding = _completeness(extract), _rounding(extract, year)
    of_year = times(f"{extract.year_of_person()} = {year}")
    counts, (in_year, *measured) = _count(extract, rules, [of_year, *completeness.values(), *rounding.values()])
    rows = counts[RAW_PEOPLE][0]
    if rows == 0:
        problems.append(Problem("the extract", "there is nobody in it", "segments need people", "Export it again"))
    found = list(zip(rules, (count for view in (RAW_PEOPLE, RAW_LINES) for count in counts[view][1]), strict=True))
    problems += [_problem(extract, rule, broken) for rule, broken in found if broken]
    confused = any(rule.confuses for rule, broken in found if broken)
    # NHS numbers are looked for first, and duplicates where their columns can be read.
    check_identity(extract, problems)
    if not confused:
        check_twice(extract, problems)
        check_year(extract, year, in_year, problems)
    if problems:
        raise BadInput(problems)
    shares = {name: count / rows for name, count in zip(completeness, measured, strict=False)}
    added = dict(zip(rounding, measured[len(completeness) :], strict=True))
    return Quality(rows, len(rules) + 3, shares, added, identifiers_replaced=extract.salt is not None)


def check_scheme(columns: ColumnMap, scheme: Scheme, problems: list[Problem]) -> None:
    """Report what a scheme reads and the column map does not have."""
    for name in scheme.conditions:
        if name not in columns.conditions and name not in columns.not_recorded:
            problems.append(
                Problem(
                    columns.path.name,
                    f"the scheme {scheme.name} asks about {name}, which is not mapped",
                    "nobody would be found to have it",
                    f"Map it under conditions:, or state it under not_recorded: ({nearest(name, columns.conditions)})",
                )
            )
    for name in scheme.columns:
        if name not in columns.columns:
            problems.append(
                Problem(
                    columns.path.name,
                    f"the scheme {scheme.name} reads the {name}, which is not mapped",
                    "it decides the segment",
                    f"Map it: {name}: and its column",
                )
            )


def _types(extract: Extract) -> list[Rule]:
    """Texts where numbers, flags or dates belong."""
    rules = []
    named = extract.columns.columns
    lines = extract.columns.lines
    added = ("it is added up", _DIGITS)
    figures = {named[name]: use for name, use in _USES.items() if name in named}
    figures |= {name: added for item in extract.columns.spend for name in (item.column, item.activity) if name}
    of_lines = {name: added for name in (lines.cost, lines.activity) if name} if lines else {}
    for view, of, columns in ((RAW_PEOPLE, extract.people, figures), (RAW_LINES, extract.lines, of_lines)):
        for column, (why, remedy) in columns.items():
            if of[column] != TEXT:
                continue
            cell = f"TRIM({quoted(column)})"
            formula = f"({cell} LIKE '=%')"
            rules.append(Rule(view, formula, f"{column} holds formulas", "a formula is not a figure", "Export values, not formulas"))
            rules.append(
                Rule(
                    view,
                    f"{cell} <> '' AND {numeric(cell)} IS NULL AND NOT {formula}",
                    f"{column} is not a number",
                    why,
                    remedy,
                    confuses=view == RAW_PEOPLE and column == named.get("year"),
                )
            )
    for name, column in extract.columns.conditions.items():
        kind = extract.people[column]
        if kind == FLAG:
            continue
        wrong = f"LOWER(TRIM({quoted(column)})) NOT IN ({texts((*YES, *NO))})" if kind == TEXT else f"{quoted(column)} NOT IN (0, 1)"
        rules.append(
            Rule(
                RAW_PEOPLE, wrong, f"{column} ({name}) is neither yes nor no", "it says whether a person has the condition", "Write 1 or 0"
            )
        )
    return rules


def _values(extract: Extract) -> list[Rule]:
    """Values that cannot be."""
    named, of = extract.columns.columns, extract.people
    person = f"TRIM({identifier(named['person'], of)})"
    rules = [
        Rule(
            RAW_PEOPLE,
            f"{person} IS NULL OR {person} = ''",
            "there is no person",
            "a row belongs to a person",
            "Give each row its identifier",
            confuses=True,
        )
    ]
    for name, low, high, why in (
        ("age", 0, OLDEST, f"an age is 0 to {OLDEST}"),
        ("months", 0, 12, "a year has 0 to 12 months"),
        ("deprivation", 1, 10, "a decile is 1 to 10"),
        ("year", 1990, 2100, "a year is four digits"),
    ):
        if name not in named:
            continue
        number, confuses = extract.number(named[name], of), name == "year"
        if name != "deprivation":
            empty, remedy = _is_empty(named[name], of), "Fill it in, or leave the person out"
            rules.append(Rule(RAW_PEOPLE, empty, f"there is no {name}", "nobody's is guessed", remedy, confuses=confuses))
        wrong = f"{number} < {low} OR {number} > {high}" + (f" OR {number} <> FLOOR({number})" if of[named[name]] != WHOLE else "")
        rules.append(Rule(RAW_PEOPLE, wrong, f"{named[name]} is out of range", why, "Correct it", confuses=confuses))
    if "score" in named:
        score = extract.number(named["score"], of)
        rules.append(
            Rule(RAW_PEOPLE, f"NOT ({score} BETWEEN -1e9 AND 1e9)", "the score is not a number", "people are ranked by it", "Correct it")
        )
    for column in (name for item in extract.columns.spend for name in (item.column, item.activity) if name):
        rules += _amount(extract, RAW_PEOPLE, column, of)
    return rules


def _is_empty(column: str, of: Mapping[str, str]) -> str:
    """A condition that holds where a cell is empty; a text that is no number is told as what it is."""
    return f"{quoted(column)} IS NULL" + (f" OR TRIM({quoted(column)}) = ''" if of[column] == TEXT else "")


def _amount(extract: Extract, view: str, column: str, of: Mapping[str, str]) -> list[Rule]:
    amount = extract.number(column, of)
    most = DEAREST // extract.columns.pence
    return [
        Rule(view, f"{amount} < 0", f"{column} is negative", "amounts are not below nought", "Take credits off the line they belong to"),
        Rule(
            view,
            f"NOT ({amount} <= {most})",
            f"{column} is above {most:,} or no number",
            "nobody costs so much in a year",
            "Check the unit under money:",
        ),
    ]


def _codes(extract: Extract) -> list[Rule]:
    """Places nobody knows, and people in none."""
    named = extract.columns.columns
    if "place" not in named:
        return []
    place = f"TRIM(CAST({quoted(named['place'])} AS STRING))"
    rules = [
        Rule(
            RAW_PEOPLE, f"{place} IS NULL OR {place} = ''", "a person is in no place", "spend belongs to a place", "Give everybody a place"
        )
    ]
    rules.append(
        Rule(
            RAW_PEOPLE,
            f"SUBSTR({place}, 1, 1) IN ({texts(FORMULA)})",
            f"{named['place']} begins like a formula",
            "a spreadsheet would run it",
            "Give places names that begin with a letter",
        )
    )
    codes = extract.columns.codes.get("place")
    if codes:
        rules.append(
            Rule(
                RAW_PEOPLE,
                f"{place} <> '' AND {place} NOT IN ({texts((*codes, *codes.values()))})",
                f"{named['place']} is no place of the map",
                "its spend would go nowhere",
                "Add its code under codes: place: in persons.yaml",
                place,
            )
        )
    return rules


def _line_rules(extract: Extract, dimensions: Mapping[str, tuple[Entry, ...]]) -> list[Rule]:
    """What must hold of activity lines."""
    lines = extract.columns.lines
    if lines is None:
        return []
    date = extract.date_of_line()
    years = f"SELECT DISTINCT {extract.year_of_person()} FROM {RAW_PEOPLE}"
    rules = [
        *(rule for column in (lines.cost, lines.activity) if column for rule in _amount(extract, RAW_LINES, column, extract.lines)),
        Rule(
            RAW_LINES,
            _is_empty(lines.cost, extract.lines),
            "a line has no cost",
            "nothing is guessed",
            "Give it its cost, or leave it out",
        ),
        Rule(
            RAW_LINES,
            f"{date} IS NULL",
            f"{lines.date} is not a date",
            "it says to which year the cost belongs",
            "Write dates as 2025-04-30",
        ),
        Rule(
            RAW_LINES,
            f"{date} IS NOT NULL AND {extract.year_of_line()} NOT IN ({years})",
            f"{lines.date} is outside the years of the people",
            "the cost belongs to a year without people",
            "Leave the line out, or add the people of its year",
        ),
    ]
    for name in ("setting", "provider", "payer"):
        known = [entry.id for entry in dimensions[{"setting": "setting"}.get(name, "party")]]
        column = getattr(lines, name)
        rules.append(
            Rule(
                RAW_LINES,
                f"COALESCE({extract.coded(name, column)}, '') NOT IN ({texts(known)})",
                f"{column} is no {name} of the place",
                "its cost would go nowhere",
                f"Add its code under codes: {name}: in persons.yaml",
                extract.coded(name, column),
            )
        )
    return rules


def _count(extract: Extract, rules: list[Rule], measures: Sequence[str]) -> tuple[dict[str, tuple[int, list[int]]], list[int]]:
    """How many rows there are and how many break each rule, in one pass over each file, and what else is measured of people."""
    found: dict[str, tuple[int, list[int]]] = {RAW_PEOPLE: (0, []), RAW_LINES: (0, [])}
    measured: list[int] = []
    for view in (RAW_PEOPLE, RAW_LINES) if extract.lines else (RAW_PEOPLE,):
        asked = [times(rule.condition) for rule in rules if rule.view == view]
        beside = measures if view == RAW_PEOPLE else ()
        ((rows, *counts),) = extract.session.query(f"SELECT {', '.join(['COUNT(*)', *asked, *beside])} FROM {view}")
        found[view] = (int(rows), [int(count) for count in counts[: len(asked)]])
        measured += [int(count) for count in counts[len(asked) :]]
    return found, measured


def _problem(extract: Extract, rule: Rule, broken: int) -> Problem:
    rows = extract.session.first_rows(rule.view, rule.condition, EXAMPLES)
    where = "people" if rule.view == RAW_PEOPLE else "activity lines"
    codes = told_codes(extract, rule.view, rule.condition, rule.code) if rule.code else []
    what = f"{rule.what} ({', '.join(codes)})" if codes else rule.what
    return Problem(f"{where}, {counted(broken, 'row', rows)}", what, rule.why, rule.remedy)


def _completeness(extract: Extract) -> dict[str, str]:
    """How often each mapped attribute and condition is recorded at all."""
    named = {name: column for name, column in extract.columns.columns.items() if name != "person"} | dict(extract.columns.conditions)
    return {
        name: f"COUNT({quoted(column)})" if extract.people[column] != TEXT else f"COUNT(NULLIF(TRIM({quoted(column)}), ''))"
        for name, column in named.items()
    }


def _rounding(extract: Extract, year: int) -> dict[str, str]:
    """What writing the amounts of each spend column in whole pence adds in a year; amounts that cannot be are passed over."""
    columns, of = extract.columns, extract.people
    of_year = f"{extract.number(columns.columns['year'], of)} = {year} AND " if "year" in columns.columns else ""
    return {
        item.column: f"CAST(COALESCE(SUM(CASE WHEN {of_year}{extract.number(item.column, of)} BETWEEN 0 AND {DEAREST // columns.pence} "
        f"THEN {extract.rounding(item.column, of)} END), 0) AS BIGINT)"
        for item in columns.spend
    }


def prevalence(extract: Extract) -> list[dict[str, Any]]:
    """The people with each condition, by year and place, noughts included."""
    names = list(extract.columns.conditions)
    having = "".join(f", {times(condition_column(name))}" for name in names)
    found = extract.session.query(f"SELECT year, place{having} FROM {PEOPLE} GROUP BY year, place ORDER BY year, place")
    return [
        {"year": int(year), "place": str(place), "condition": name, "people": int(count)}
        for year, place, *counts in found
        for name, count in zip(names, counts, strict=True)
    ]
