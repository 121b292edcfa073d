"""Who the rows of an extract are about: NHS numbers are refused unless a pseudonym replaces them, and nobody is there twice.

An extract that identifies people must not be read by mistake: how a number is recognised is in `nhs_numbers`. No message
carries an identifier.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

from capmodel.baseline.engines import Session
from capmodel.baseline.files import is_data, is_possible_identifier, names_of
from capmodel.baseline.persons.extract.column_map import ColumnMap
from capmodel.baseline.persons.extract.nhs_numbers import columns_with_numbers, texts_with_numbers
from capmodel.baseline.persons.extract.view import RAW_LINES, RAW_PEOPLE, Extract, times
from capmodel.errors import BadInput, Problem

#: More localities than this are not localities but people, or a column mapped by mistake.
MOST_LOCALITIES = 2_000
EXAMPLES = 3
#: A code is disclosed only where it is short, on so many rows, and one of few: a column of identifiers is none of that.
SHORT, SHARED, FEW = 12, 5, 20
_NAMED = "it holds a valid NHS number"


def counted(count: int, noun: str, rows: Sequence[str]) -> str:
    """So many of something, and which rows have it first, where an engine knows them.

    >>> counted(1200, "row", ["3", "1,004 of b.csv"])
    '1,200 rows, first in row 3, 1,004 of b.csv'
    """
    first = f", first in row {', '.join(rows)}" if rows else ""
    return f"{count:,} {noun}{'s' if count > 1 else ''}{first}"


def check_names(session: Session, people: Path, lines: Path | None, columns: ColumnMap) -> None:
    """Refuse files named by an NHS number before anything else is said of them, and texts of the map that are written in the output.

    Raises:
        BadInput: with the positions of such names and texts, and never a name.
    """
    problems = []
    given = [("codes: locality:", name) for name in columns.codes.get("locality", {}).values()] + [("source:", columns.source)]
    given += [("blocks:", text) for block in columns.blocks for text in (block.id, block.label, block.why, block.source)]
    for i in texts_with_numbers(session, [text for _, text in given]):
        where = f"{columns.path.name}, a text under {given[i][0]}"
        problems.append(Problem(where, _NAMED, "what stands there is written in the output", "Write another name or text"))
    for of, path in (("people", people), ("activity lines", lines)):
        for i in texts_with_numbers(session, names_of(path) if path else []):
            where = f"{of}, the name of file {i:,} of the folder" if i else f"{of}, the name of the file or folder"
            problems.append(Problem(where, _NAMED, "messages and records would hold it", "Rename it"))
    if problems:
        raise BadInput(problems)


def check_identity(extract: Extract, problems: list[Problem]) -> None:
    """Refuse NHS numbers in every column of every file, read or not, but for the identifier where a pseudonym replaces it.

    The names of columns are looked at as well as their cells.
    """
    named, lines = extract.columns.columns, extract.columns.lines
    files = [(RAW_PEOPLE, extract.people, named.get("person"))] + ([(RAW_LINES, extract.lines, lines.person)] if lines is not None else [])
    refused = set()
    for view, of, person in files:
        said = "people" if view == RAW_PEOPLE else "activity lines"
        for i in texts_with_numbers(extract.session, list(of)):
            remedy = "Name the column by what it holds"
            problems.append(
                Problem(f"{said}, the name of column {i + 1}", _NAMED, "identifiable people must not be read as they are", remedy)
            )
        looked_at = [column for column in of if column != person or extract.salt is None]
        for held in columns_with_numbers(extract.session, view, of, looked_at):
            refused.add((view, held.column))
            remedy = "Replace them in the extract, or read them with --pseudonymise"
            problems.append(
                Problem(
                    f"{said}, column {_position(held.column, of)}",
                    f"it holds {held.numbers:,} valid NHS numbers",
                    "identifiable people must not be read as they are",
                    remedy if held.column == person else "Take the column out of the extract",
                )
            )
    if "locality" in named:
        found = extract.session.query(
            f"SELECT DISTINCT {extract.coded('locality', named['locality'])} AS locality FROM {RAW_PEOPLE} LIMIT {MOST_LOCALITIES + 1}"
        )
        numbers = texts_with_numbers(extract.session, [str(name) for (name,) in found if name is not None])
        # Where the map has codes, another name is refused as such, and a column of numbers is refused above.
        is_free = not extract.columns.codes.get("locality") and (RAW_PEOPLE, named["locality"]) not in refused
        if numbers and len(found) <= MOST_LOCALITIES and is_free:
            what, why = f"{len(numbers):,} of its {len(found):,} values hold a valid NHS number", "localities are written in the output"
            problems.append(
                Problem(
                    f"column {named['locality']!r}", what, why, "Correct the cell, or give localities other names under codes: locality:"
                )
            )
        if len(found) > MOST_LOCALITIES:
            ((localities,),) = extract.session.query(
                f"SELECT COUNT(DISTINCT {extract.coded('locality', named['locality'])}) FROM {RAW_PEOPLE}"
            )
            problems.append(
                Problem(
                    f"column {named['locality']!r}",
                    f"it holds {localities:,} localities",
                    f"at most {MOST_LOCALITIES:,} are distinguished, and localities are written in the output",
                    "Map larger localities, or group them under codes: locality:",
                )
            )


def _position(column: str, of: Mapping[str, str]) -> str:
    """A column by its name, or by its position where the name could be a cell."""
    return str(list(of).index(column) + 1) if is_data(column) else repr(column)


def check_twice(extract: Extract, problems: list[Problem]) -> None:
    """Report people who are there twice in a year, apart from those who are in two localities."""
    named = extract.columns.columns
    # By what the rows are joined by later, so that two spellings of one number are one person.
    person, year = extract.person(named["person"], extract.people), extract.year_of_person()
    key = extract.session.fingerprint((person, year))
    sound = f"FROM {RAW_PEOPLE} WHERE {person} <> '' AND {year} IS NOT NULL"
    ((rows, different),) = extract.session.query(f"SELECT COUNT(*), COUNT(DISTINCT {key}) {sound}")
    if rows == different:
        return
    locality = extract.coded("locality", named["locality"]) if "locality" in named else "0"
    ((people, moved),) = extract.session.query(
        f"SELECT COUNT(*), {times('first_locality <> last_locality')} FROM (SELECT COUNT(*) AS n, MIN({locality}) AS first_locality, "
        f"MAX({locality}) AS last_locality {sound} GROUP BY {person}, {year} HAVING COUNT(*) > 1) AS twice"
    )
    where = "Keep the locality where the person was longest, and add up the months and spend"
    for count, apart, what, remedy in (
        (int(people or 0) - int(moved or 0), "=", "a person is there twice in a year", "Keep one row a person and year"),
        (int(moved or 0), "<>", "a person is in two localities in a year", where),
    ):
        if count:
            # Rows are numbered before anything reorders them, so they are asked for by whom they are of.
            twice = (
                f"SELECT {person}, {year} {sound} GROUP BY {person}, {year} HAVING COUNT(*) > 1 AND MIN({locality}) {apart} MAX({locality})"
            )
            rows_of_them = extract.session.first_rows(RAW_PEOPLE, f"({person}, {year}) IN ({twice})", EXAMPLES)
            problems.append(Problem(f"people, {counted(count, 'person', rows_of_them)}", what, "they would be counted twice", remedy))


def reportable_codes(extract: Extract, view: str, condition: str, code: str) -> list[str]:
    """Some codes that the map does not know, the most frequent first; none that could be an identifier."""
    counted = f"SELECT {code} AS code, COUNT(*) AS n FROM {view} WHERE {condition} GROUP BY {code}"
    found = extract.session.query(f"SELECT code, n FROM ({counted}) AS codes ORDER BY n DESC, code LIMIT {FEW + 1}")
    if len(found) > FEW:
        return []
    short = [str(text) for text, rows in found if text and rows >= SHARED and len(str(text)) <= SHORT]
    return [text for text in short if text.isprintable() and not is_possible_identifier(text)][:EXAMPLES]


def check_year(extract: Extract, year: int, people: int, problems: list[Problem]) -> None:
    """Report an extract in which there are no people of the base year; `people` is how many there are."""
    if people:
        return
    found = extract.session.query(f"SELECT DISTINCT {extract.year_of_person()} AS year FROM {RAW_PEOPLE} ORDER BY year")
    if found:
        years = ", ".join(str(value) for (value,) in found)
        why, remedy = f"the place's base year is {year}", "Add the base year, or correct base_year in place.yaml"
        problems.append(Problem("the extract", f"it has the years {years}", why, remedy))
