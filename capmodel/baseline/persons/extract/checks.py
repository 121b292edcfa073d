"""What must hold of an extract before it is added up: found by set operations in the data engine, all of it in one report.

A finding says how many rows it concerns and the numbers of the first of them, never an identifier or a cell. Findings that
refuse the extract become problems; the rest (linkage, completeness) is measured for the report and for readiness.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from capmodel.assumptions.pack import Entry
from capmodel.baseline.engines import TEXT
from capmodel.baseline.files import quoted
from capmodel.baseline.persons.extract.column_map import EVERY, ColumnMap
from capmodel.baseline.persons.extract.identity import EXAMPLES, check_identity, check_twice, check_year, counted, reportable_codes
from capmodel.baseline.persons.extract.view import PEOPLE, RAW_LINES, RAW_PEOPLE, Extract, times
from capmodel.baseline.persons.rules import DEAREST, Rule, blank_rules, code_rules, condition_rules, line_rules, type_rules, value_rules
from capmodel.baseline.persons.schemes.conditions import condition_column
from capmodel.baseline.persons.schemes.scheme import Scheme
from capmodel.errors import BadInput, Problem, nearest


@dataclass
class Quality:
    """What the checks measured of an extract that they let pass.

    `completeness` is the share of rows in which an attribute or condition is recorded at all, `recorded` the people who
    have each condition, by locality, and `rounding` what writing the amounts of a spend column in whole pence added in the base
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
    problems: list[Problem] = [*extract.faults]
    for scheme in schemes:
        check_scheme(extract.columns, scheme, problems)
    extract = extract.readable
    rules = [
        *type_rules(extract),
        *value_rules(extract),
        *blank_rules(extract, schemes),
        *code_rules(extract),
        *line_rules(extract, dimensions),
    ]
    rules.sort(key=lambda rule: (RAW_PEOPLE, RAW_LINES).index(rule.view))
    completeness, rounding = _completeness(extract), _rounding(extract, year)
    of_year = times(f"{extract.year_of_person()} = {year}")
    counts, (in_year, *measured) = _count(extract, rules, [of_year, *completeness.values(), *rounding.values()])
    rows = counts[RAW_PEOPLE][0]
    if rows == 0:
        problems.append(Problem("the extract", "there is nobody in it", "segments need people", "Export it again"))
    if extract.lines and counts[RAW_LINES][0] == 0:
        problems.append(Problem("activity lines", "there is none in the file", "everybody's spend would be nil", "Export it again"))
    found = list(zip(rules, (count for view in (RAW_PEOPLE, RAW_LINES) for count in counts[view][1]), strict=True))
    confused = any(rule.confuses for rule, broken in found if broken) or not {"person", "year"} <= _identified(extract)
    problems += [_problem(extract, rule, broken) for rule, broken in found if broken and not (confused and rule.needs_people)]
    # NHS numbers are looked for first, and duplicates among the rows that say who and when.
    check_identity(extract, problems)
    if {"person", "year"} <= _identified(extract):
        check_twice(extract, problems)
    if not confused:
        check_year(extract, year, in_year, problems)
    if problems:
        raise BadInput(problems)
    shares = {name: count / rows for name, count in zip(completeness, measured, strict=False)}
    added = dict(zip(rounding, measured[len(completeness) :], strict=True))
    return Quality(rows, len(rules) + 3, shares, added, identifiers_replaced=extract.salt is not None)


def _identified(extract: Extract) -> set[str]:
    """Which of person and year a row says, in a column that can be read or, of the year, for all rows at once."""
    return {*extract.columns.columns} | ({"year"} if extract.columns.year is not None else set())


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


def check_conditions(extract: Extract, conditions: Mapping[str, str], problems: list[Problem]) -> None:
    """Report what columns of the extract that are read as conditions hold besides a yes and a no, blanks included.

    Args:
        extract: the open extract.
        conditions: the column of each condition, by name; they need not be in persons.yaml.
        problems: what is reported is added to them.
    """
    rules = condition_rules(extract, conditions)
    counts, _ = _count(extract, rules, ())
    problems += [_problem(extract, rule, broken) for rule, broken in zip(rules, counts[RAW_PEOPLE][1], strict=True) if broken]


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
    codes = reportable_codes(extract, rule.view, rule.condition, rule.code) if rule.code else []
    what = f"{rule.what} ({', '.join(codes)})" if codes else rule.what
    return Problem(f"{where}, {counted(broken, 'row', rows)}", what, rule.why, rule.remedy)


def _completeness(extract: Extract) -> dict[str, str]:
    """How often each mapped attribute and condition is recorded at all."""
    named = {name: column for name, column in extract.columns.columns.items() if name != "person"} | dict(extract.columns.conditions)
    zero = extract.columns.blank_means_zero
    spent = [name for item in extract.columns.spend for name in (item.column, item.activity) if name]
    named |= {name: name for name in spent if {name, EVERY} & {*zero}}
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
    """The people with each condition, by year and locality, zeros included."""
    names = list(extract.columns.conditions)
    having = "".join(f", {times(condition_column(name))}" for name in names)
    found = extract.session.query(f"SELECT year, locality{having} FROM {PEOPLE} GROUP BY year, locality ORDER BY year, locality")
    return [
        {"year": int(year), "locality": str(locality), "condition": name, "people": int(count)}
        for year, locality, *counts in found
        for name, count in zip(names, counts, strict=True)
    ]
