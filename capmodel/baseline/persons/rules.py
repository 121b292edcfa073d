"""The rules that the cells of an extract keep to, one by one: what each cell may hold, written once as conditions in SQL.

A rule says what must not be, why, and what to do. How many rows break it is found in `checks`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from capmodel.assumptions.pack import Entry
from capmodel.baseline.engines import FLAG, TEXT, WHOLE
from capmodel.baseline.files import quoted
from capmodel.baseline.persons.extract.column_map import ASKED, EVERY
from capmodel.baseline.persons.extract.view import RAW_LINES, RAW_PEOPLE, Extract, identifier, is_blank, is_flag, texts
from capmodel.baseline.persons.schemes.scheme import Scheme

OLDEST = 120
#: No person costs more in a year, in pence; above it two columns have run together.
DEAREST = 10_000_000_000
#: What a spreadsheet takes for the beginning of a formula; it passes over tabs and ends of lines before one.
FORMULA = ("=", "+", "-", "@", "＝", "＋", "－", "＠", "\t", "\r", "\n")
#: What each figure of a person is for, and what to write where a text stands in its place.
_DIGITS = "Write digits only, without commas, signs or words"
_WHOLE_NUMBERS = {
    "age": ("an age is in completed years", "Leave off the part of a year: 40.5 is 40"),
    "months": ("months are counted whole", "Count a month that was begun as a month, or not, and write whole numbers"),
    "deprivation": ("a decile is 1 to 10", "Write whole numbers"),
    "year": ("a year is four digits", "Write the year it starts in, 2025 for 2025/26"),
}
_USES = {
    "age": ("it decides the segment", "Write the age in completed years, in digits only"),
    "months": ("person-years are counted by it", _DIGITS),
    "year": ("spend belongs to a year", "Write the year it starts in, 2025 for 2025/26"),
    "deprivation": ("it may decide the segment", _DIGITS),
    "score": ("people are ranked by it", _DIGITS),
}


@dataclass(frozen=True)
class Rule:
    """One thing that must not be: how it is found, and what a reader reads of it.

    `code` is the code that nobody knows, where the rule is about one; `confuses` is true where people cannot be distinguished
    while it is broken, and `needs_people` where the rule says nothing unless they can.
    """

    view: str
    condition: str
    what: str
    why: str
    remedy: str
    code: str | None = None
    confuses: bool = False
    needs_people: bool = False


def type_rules(extract: Extract) -> list[Rule]:
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
                    f"{cell} <> '' AND {extract.number(column, of)} IS NULL AND NOT {formula}",
                    f"{column} is not a number",
                    why,
                    remedy,
                    confuses=view == RAW_PEOPLE and column == named.get("year"),
                )
            )
    return [*rules, *condition_rules(extract, extract.columns.conditions)]


def condition_rules(extract: Extract, conditions: Mapping[str, str]) -> list[Rule]:
    """What must not be in columns that are read as conditions, by name: words that are no answer, and blanks without a meaning."""
    rules = []
    for name, column in conditions.items():
        blank, title = is_blank(column, extract.people), column if column == name else f"{column} ({name})"
        why = "it says whether a person has the condition"
        if extract.people[column] != FLAG:
            wrong = f"NOT {blank} AND NOT {is_flag(column, extract.people)}"
            rules.append(Rule(RAW_PEOPLE, wrong, f"{title} is neither yes nor no", why, "Write 1 or 0"))
        if not {name, EVERY} & {*extract.columns.blank_means_no}:
            remedy = f"Fill it in; or, where a blank means no, write blank_means_no: [{name}] in persons.yaml"
            rules.append(Rule(RAW_PEOPLE, blank, f"{title} is blank", f"{why}, and a blank does not", remedy))
    return rules


def blank_rules(extract: Extract, schemes: Sequence[Scheme]) -> list[Rule]:
    """Blanks that would pass for a no or for nil: in what a scheme asks about, and in columns of spend and activity."""
    columns, of = extract.columns, extract.people
    rules = []
    asked = {name: scheme.name for scheme in schemes for name in scheme.columns if name in ASKED and name in columns.columns}
    for name, scheme in asked.items():
        if not {name, EVERY} & {*columns.blank_means_no}:
            column = columns.columns[name]
            why = f"the scheme {scheme} asks about it, and a blank would pass for a no"
            remedy = f"Fill it in; or, where a blank means no, write blank_means_no: [{name}] in persons.yaml"
            rules.append(Rule(RAW_PEOPLE, is_blank(column, of), f"{column} is blank", why, remedy))
    for column in (name for item in columns.spend for name in (item.column, item.activity) if name):
        if not {column, EVERY} & {*columns.blank_means_zero}:
            remedy = f"Fill it in; or, where a blank means nil, write blank_means_zero: [{column}] in persons.yaml"
            rules.append(Rule(RAW_PEOPLE, is_blank(column, of), f"{column} is blank", "a blank would be added up as nil", remedy))
    return rules


def value_rules(extract: Extract) -> list[Rule]:
    """Values that cannot be."""
    named, of = extract.columns.columns, extract.people
    rules = []
    if "person" in named:
        person = f"TRIM({identifier(named['person'], of)})"
        nobody, remedy = f"{person} IS NULL OR {person} = ''", "Give each row its identifier"
        rules.append(Rule(RAW_PEOPLE, nobody, "there is no person", "a row belongs to a person", remedy, confuses=True))
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
            empty, remedy = is_blank(named[name], of), "Fill it in, or leave the person out"
            rules.append(Rule(RAW_PEOPLE, empty, f"there is no {name}", "nobody's is guessed", remedy, confuses=confuses))
        outside = f"{number} < {low} OR {number} > {high}"
        rules.append(Rule(RAW_PEOPLE, outside, f"{named[name]} is out of range", why, "Correct it", confuses=confuses))
        if of[named[name]] != WHOLE:
            parts, (what, remedy) = f"NOT ({outside}) AND {number} <> FLOOR({number})", _WHOLE_NUMBERS[name]
            rules.append(Rule(RAW_PEOPLE, parts, f"{named[name]} is not a whole number", what, remedy, confuses=confuses))
    if "score" in named:
        score = extract.number(named["score"], of)
        rules.append(
            Rule(RAW_PEOPLE, f"NOT ({score} BETWEEN -1e9 AND 1e9)", "the score is not a number", "people are ranked by it", "Correct it")
        )
    for column in (name for item in extract.columns.spend for name in (item.column, item.activity) if name):
        rules += _amount(extract, RAW_PEOPLE, column, of)
    return rules


def _amount(extract: Extract, view: str, column: str, of: Mapping[str, str]) -> list[Rule]:
    amount = extract.number(column, of)
    most = DEAREST // extract.columns.pence
    return [
        Rule(view, f"{amount} < 0", f"{column} is negative", "amounts are not below zero", "Take credits off the line they belong to"),
        Rule(
            view,
            f"NOT ({amount} <= {most})",
            f"{column} is above {most:,} or no number",
            "nobody costs so much in a year",
            "Check the unit under money:",
        ),
    ]


def code_rules(extract: Extract) -> list[Rule]:
    """Localities nobody knows, and people in none."""
    named = extract.columns.columns
    if "locality" not in named:
        return []
    locality = f"TRIM(CAST({quoted(named['locality'])} AS STRING))"
    rules = [
        Rule(
            RAW_PEOPLE,
            f"{locality} IS NULL OR {locality} = ''",
            "a person is in no locality",
            "spend belongs to a locality",
            "Give everybody a locality",
        )
    ]
    rules.append(
        Rule(
            RAW_PEOPLE,
            f"SUBSTR({locality}, 1, 1) IN ({texts(FORMULA)})",
            f"{named['locality']} begins like a formula",
            "a spreadsheet would run it",
            "Give localities names that begin with a letter",
        )
    )
    codes = extract.columns.codes.get("locality")
    if codes:
        rules.append(
            Rule(
                RAW_PEOPLE,
                f"{locality} <> '' AND {locality} NOT IN ({texts((*codes, *codes.values()))})",
                f"{named['locality']} is no locality of the map",
                "its spend would go nowhere",
                "Add its code under codes: locality: in persons.yaml",
                locality,
            )
        )
    return rules


def line_rules(extract: Extract, dimensions: Mapping[str, tuple[Entry, ...]]) -> list[Rule]:
    """What must hold of activity lines."""
    lines = extract.columns.lines
    if lines is None:
        return []
    years = f"SELECT DISTINCT {extract.year_of_person()} FROM {RAW_PEOPLE}"
    rules = [rule for column in (lines.cost, lines.activity) if column for rule in _amount(extract, RAW_LINES, column, extract.lines)]
    if lines.cost:
        blank, remedy = is_blank(lines.cost, extract.lines), "Give it its cost, or leave it out"
        rules.append(Rule(RAW_LINES, blank, "a line has no cost", "nothing is guessed", remedy))
    if lines.activity and not {lines.activity, EVERY} & {*extract.columns.blank_means_zero}:
        blank = is_blank(lines.activity, extract.lines)
        remedy = f"Fill it in; or, where a blank means nil, write blank_means_zero: [{lines.activity}] in persons.yaml"
        rules.append(Rule(RAW_LINES, blank, f"{lines.activity} is blank", "a blank would be added up as nil", remedy))
    if lines.date:
        date = extract.date_of_line()
        why, remedy = "it says to which year the cost belongs", "Write dates as 2025-04-30, times with a zone as 2025-04-30T10:00:00+01:00"
        rules.append(Rule(RAW_LINES, f"{date} IS NULL", f"{lines.date} is not a date", why, remedy))
        outside = f"{date} IS NOT NULL AND {extract.year_of_line()} NOT IN ({years})"
        what, why = f"{lines.date} is outside the years of the people", "the cost belongs to a year without people"
        remedy = "Leave the line out, or add the people of its year"
        rules.append(Rule(RAW_LINES, outside, what, why, remedy, needs_people=True))
    for name in ("setting", "provider", "payer"):
        known = [entry.id for entry in dimensions[{"setting": "setting"}.get(name, "party")]]
        column = getattr(lines, name)
        if not column:
            continue
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
