"""Who the rows of an extract are about: NHS numbers are refused unless a pseudonym replaces them, and nobody is there twice.

Numbers are recognised however they are written (with spaces, dots, a prefix, as a fraction of nought), since an extract that
identifies people must not be read by mistake. No message carries an identifier.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

from capmodel.baseline.persons.files import may_identify
from capmodel.baseline.persons.view import RAW_LINES, RAW_PEOPLE, Extract, identifier, text_of, times
from capmodel.errors import Problem

#: One in eleven ten-digit numbers passes the check by chance; so many standard deviations more do not.
CHANCE, DEVIATIONS = 1 / 11, 4
#: More places than this are not places but people, or a column mapped by mistake.
MOST_PLACES = 2_000
EXAMPLES = 3
#: A code is told only where it is short, on so many rows, and one of few: a column of identifiers is none of that.
SHORT, SHARED, FEW = 12, 5, 20
#: Digits as other alphabets write them, and what numbers are written with besides digits.
_WIDE, _AROUND = "０１２３４５６７８９", " -.'’`/_\t\u00a0"


def ten_digits(text: str) -> str:
    """The first ten digits running in a text, however they are written; an empty text where there are none."""
    plain = f"TRANSLATE({text}, {text_of(_WIDE + _AROUND)}, '0123456789')"
    return f"CASE WHEN LENGTH({text}) >= 10 THEN REGEXP_EXTRACT({plain}, '[0-9]{{10}}', 0) ELSE '' END"


def nhs_number(digits: str) -> str:
    """A condition that holds where ten digits are an NHS number by modulus 11; no NHS number begins with a nought."""
    weighted = " + ".join(f"CAST(SUBSTR({digits}, {i}, 1) AS INTEGER) * {11 - i}" for i in range(1, 11))
    # Only ten digits reach the arithmetic, in whatever order an engine tries the two.
    return f"CASE WHEN LENGTH({digits}) = 10 AND SUBSTR({digits}, 1, 1) <> '0' THEN ({weighted}) % 11 = 0 ELSE FALSE END"


def by_chance(ten: int) -> float:
    """How many of so many ten-digit numbers at most pass the check by chance.

    >>> round(by_chance(1100))
    138
    """
    return ten * CHANCE + DEVIATIONS * math.sqrt(ten * CHANCE * (1 - CHANCE))


def counted(count: int, noun: str, rows: Sequence[str]) -> str:
    """So many of something, and which rows have it first, where an engine knows them.

    >>> counted(1200, "row", ["3", "1,004 of b.csv"])
    '1,200 rows, first in row 3, 1,004 of b.csv'
    """
    first = f", first in row {', '.join(rows)}" if rows else ""
    return f"{count:,} {noun}{'s' if count > 1 else ''}{first}"


def check_identity(extract: Extract, problems: list[Problem]) -> None:
    """Refuse NHS numbers in any column that is read, unless they stand in the identifier and a pseudonym replaces them."""
    named = extract.columns.columns
    lines = extract.columns.lines
    people = [(column, name == "person") for name, column in named.items() if name in ("person", "place", "practice", "sex")]
    # A column that is not read may still say that the file is of people who can be identified.
    people += [(column, False) for column in extract.people if "nhs" in column.lower() and column not in named.values()]
    if extract.salt is not None:
        people = [(column, own) for column, own in people if not own and column in named.values()]
    _refuse_numbers(extract, RAW_PEOPLE, extract.people, people, problems)
    if lines is not None and extract.salt is None:
        _refuse_numbers(extract, RAW_LINES, extract.lines, [(lines.person, True)], problems)
    if "place" in named:
        ((places,),) = extract.session.query(f"SELECT COUNT(DISTINCT {extract.coded('place', named['place'])}) FROM {RAW_PEOPLE}")
        if places > MOST_PLACES:
            problems.append(
                Problem(
                    f"column {named['place']!r}",
                    f"it holds {places:,} places",
                    f"at most {MOST_PLACES:,} are told apart, and places are written in the output",
                    "Map larger places, or group them under codes: place:",
                )
            )


def _refuse_numbers(extract: Extract, view: str, of: Mapping[str, str], columns: list[tuple[str, bool]], problems: list[Problem]) -> None:
    if not columns:
        return
    # The digits are picked out once a cell, and looked at after that.
    picked = ", ".join(f"{ten_digits(identifier(column, of))} AS d{i}" for i, (column, _) in enumerate(columns))
    counts_of = ", ".join(f"{times(f'LENGTH(d{i}) = 10')}, {times(nhs_number(f'd{i}'))}" for i in range(len(columns)))
    (counts,) = extract.session.query(f"SELECT {counts_of} FROM (SELECT {picked} FROM {view}) AS picked")
    for (column, own), ten, valid in zip(columns, counts[::2], counts[1::2], strict=True):
        if valid and valid > by_chance(ten):
            remedy = "Replace them in the extract, or read them with --pseudonymise" if own else "Take the column out of the extract"
            problems.append(
                Problem(
                    f"column {column!r}",
                    f"it holds {valid:,} valid NHS numbers",
                    "identifiable people must not be read as they are",
                    remedy,
                )
            )


def check_twice(extract: Extract, problems: list[Problem]) -> None:
    """Report people who are there twice in a year, apart from those who are in two places."""
    named = extract.columns.columns
    # By what the rows are joined by later, so that two spellings of one number are one person.
    person, year = extract.person(named["person"], extract.people), extract.year_of_person()
    key = extract.session.fingerprint((person, year))
    ((rows, different),) = extract.session.query(f"SELECT COUNT(*), COUNT(DISTINCT {key}) FROM {RAW_PEOPLE}")
    if rows == different:
        return
    place = extract.coded("place", named["place"]) if "place" in named else "0"
    ((people, moved),) = extract.session.query(
        f"SELECT COUNT(*), {times('first_place <> last_place')} FROM (SELECT COUNT(*) AS n, MIN({place}) AS first_place, "
        f"MAX({place}) AS last_place FROM {RAW_PEOPLE} GROUP BY {person}, {year} HAVING COUNT(*) > 1) AS twice"
    )
    where = "Keep the place where the person was longest, and add up the months and spend"
    for count, apart, what, remedy in (
        (int(people or 0) - int(moved or 0), "=", "a person is there twice in a year", "Keep one row a person and year"),
        (int(moved or 0), "<>", "a person is in two places in a year", where),
    ):
        if count:
            # Rows are numbered before anything reorders them, so they are asked for by whom they are of.
            twice = f"SELECT {person}, {year} FROM {RAW_PEOPLE} GROUP BY {person}, {year} HAVING COUNT(*) > 1 AND MIN({place}) {apart} MAX({place})"
            rows_of_them = extract.session.first_rows(RAW_PEOPLE, f"({person}, {year}) IN ({twice})", EXAMPLES)
            problems.append(Problem(f"people, {counted(count, 'person', rows_of_them)}", what, "they would be counted twice", remedy))


def told_codes(extract: Extract, view: str, condition: str, code: str) -> list[str]:
    """Some codes that the map does not know, the most frequent first; none that could be an identifier."""
    told = f"SELECT {code} AS code, COUNT(*) AS n FROM {view} WHERE {condition} GROUP BY {code}"
    found = extract.session.query(f"SELECT code, n FROM ({told}) AS codes ORDER BY n DESC, code LIMIT {FEW + 1}")
    if len(found) > FEW:
        return []
    short = [str(text) for text, rows in found if text and rows >= SHARED and len(str(text)) <= SHORT]
    return [text for text in short if text.isprintable() and not may_identify(text)][:EXAMPLES]


def check_year(extract: Extract, year: int, people: int, problems: list[Problem]) -> None:
    """Report an extract in which there are no people of the base year; `people` is how many there are."""
    if people:
        return
    found = extract.session.query(f"SELECT DISTINCT {extract.year_of_person()} AS year FROM {RAW_PEOPLE} ORDER BY year")
    if found:
        years = ", ".join(str(value) for (value,) in found)
        why, remedy = f"the place's base year is {year}", "Add the base year, or correct base_year in place.yaml"
        problems.append(Problem("the extract", f"it has the years {years}", why, remedy))
