"""What of the extract's money reaches people, and how exactly: activity lines that found a person, and what rounding to pence adds."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from capmodel.assumptions.years import year_label
from capmodel.baseline.persons.extract.checks import Quality
from capmodel.baseline.persons.extract.column_map import ColumnMap
from capmodel.baseline.persons.extract.view import LINES, PARTS, PEOPLE, RAW_LINES, RAW_PEOPLE, Extract, identifier
from capmodel.errors import SPELLINGS, Problem, together

#: A payer's lines of a setting are held to the floor by themselves where there are so many in a year.
MANY = 20
#: Payer and setting.
Account = tuple[str, str]


@dataclass(frozen=True)
class Linkage:
    """How much of a year's activity lines of a payer and setting found a person of their year.

    `rounding` is what writing the linked lines in whole pence added, in ten-thousandths of a penny.
    """

    payer: str
    setting: str
    year: int
    rows: int
    linked_rows: int
    cost_pence: int
    linked_pence: int
    rounding: int

    @property
    def account(self) -> Account:
        """Payer and setting."""
        return self.payer, self.setting

    @property
    def unlinked_rows(self) -> int:
        """Lines that found nobody."""
        return self.rows - self.linked_rows

    @property
    def unlinked_pence(self) -> int:
        """The cost of lines that found nobody."""
        return self.cost_pence - self.linked_pence


def linkage(extract: Extract) -> list[Linkage]:
    """Which activity lines found a person, in one join; none without activity lines."""
    if extract.columns.lines is None:
        return []
    linked = ", ".join(
        f"CAST(COALESCE(SUM(CASE WHEN p.person IS NOT NULL THEN l.{name} END), 0) AS BIGINT)" for name in ("pence", "rounding")
    )
    found = extract.session.query(
        f"SELECT l.payer, l.setting, l.year, COUNT(*), COUNT(p.person), CAST(SUM(l.pence) AS BIGINT), {linked} FROM {LINES} AS l "
        f"LEFT JOIN (SELECT person, year FROM {PEOPLE}) AS p ON l.person = p.person AND l.year = p.year GROUP BY l.payer, l.setting, l.year"
    )
    return [Linkage(str(payer), str(setting), *map(int, counts)) for payer, setting, *counts in sorted(found)]


def check_linkage(
    links: Sequence[Linkage], columns: ColumnMap, years: Sequence[int], problems: list[Problem], extract: Extract | None = None
) -> None:
    """Report the years in which too few activity lines find their person, and where a year does, payers' settings in which they do not.

    Args:
        links: what `linkage` found.
        columns: the map, which may set the floor.
        years: the years of the people, each of which needs lines.
        problems: what is reported is added to them.
        extract: the open extract, which is asked how the identifiers of its files differ.
    """
    if columns.lines is None or columns.linked_at_least <= 0:
        return
    before, why = len(problems), f"at least {100 * columns.linked_at_least:g}% is asked for, since their spend would be in no segment"
    for year in years:
        of_year = [link for link in links if link.year == year]
        if not of_year:
            what, remedy = f"no line is of {year_label(year)}, and people are", "Add the lines of the year, or leave out its people"
            problems.append(Problem("activity lines", what, "everybody's spend would be nil", remedy))
        elif _is_low(of_year, columns):
            problems.append(_unlinked_problem(f"activity lines of {year_label(year)}", of_year, why))
        else:
            problems += [
                _unlinked_problem(f"activity lines of {year_label(year)}, {link.setting} paid by {link.payer}", [link], why)
                for link in of_year
                if link.rows >= MANY and _is_low([link], columns)
            ]
    if extract is not None and len(problems) > before:
        problems += _spelt_otherwise(extract)


def _is_low(links: Sequence[Linkage], columns: ColumnMap) -> bool:
    rows, linked = sum(link.rows for link in links), sum(link.linked_rows for link in links)
    cost, paid = sum(link.cost_pence for link in links), sum(link.linked_pence for link in links)
    # A share is divided out, since the floor times a count may come out just above what is exactly at the floor.
    return any(whole > 0 and part / whole < columns.linked_at_least for part, whole in ((linked, rows), (paid, cost)))


def _unlinked_problem(where: str, links: Sequence[Linkage], why: str) -> Problem:
    rows, linked = sum(link.rows for link in links), sum(link.linked_rows for link in links)
    cost, paid = sum(link.cost_pence for link in links), sum(link.linked_pence for link in links)
    # Cut and not rounded, so that what is below the floor is not shown as the floor.
    share = 1000 * paid // cost / 10 if cost else 0.0
    what = f"{linked:,} of {rows:,} lines find a person of their year, with {share:.1f}% of the cost"
    remedy = "Write identifiers alike in both files, as text so that leading zeros stay; or set linked_at_least in persons.yaml"
    return Problem(where, what, why, remedy)


def _spelt_otherwise(extract: Extract) -> Iterator[Problem]:
    """How the identifiers of people and lines differ, where more lines would find a person if that did not count."""
    assert extract.columns.lines is not None
    line, person = (
        f"TRIM({identifier(column, of)})"
        for column, of in ((extract.columns.lines.person, extract.lines), (extract.columns.columns["person"], extract.people))
    )

    def plain(text: str, patterns: Sequence[str]) -> str:
        for pattern in patterns:
            text = extract.session.without(text, pattern.replace("'", "''")) if pattern else f"UPPER({text})"
        return text

    def matches(*patterns: str) -> int:
        theirs = f"SELECT {plain(person, patterns)} FROM {RAW_PEOPLE}"
        ((found,),) = extract.session.query(f"SELECT COUNT(*) FROM {RAW_LINES} WHERE {plain(line, patterns)} IN ({theirs})")
        return int(found)

    exact = matches()
    alike = [(name, matches(pattern) - exact) for name, pattern in SPELLINGS]
    if not any(more > 0 for _, more in alike):
        alike = [(together(), matches(*(pattern for _, pattern in SPELLINGS)) - exact)]
    for name, more in alike:
        if more > 0:
            where = f"columns {extract.columns.columns['person']!r} and {extract.columns.lines.person!r}"
            what, why = (
                f"{more:,} more lines would find their person but for {name}",
                "people are found by their identifier as it is written",
            )
            yield Problem(where, what, why, "Export both files with identifiers as text, written alike")


def unlinked(links: Sequence[Linkage], year: int) -> dict[Account, int]:
    """The pence of a year's activity lines that found nobody, by payer and setting."""
    return {link.account: link.unlinked_pence for link in links if link.year == year and link.unlinked_rows}


def rounding(columns: ColumnMap, quality: Quality, links: Sequence[Linkage], year: int) -> dict[Account, int]:
    """What writing a year's amounts in whole pence added to what people spent, in pence to the nearest, by payer and setting."""
    parts: dict[Account, int] = {link.account: link.rounding for link in links if link.year == year}
    for item in columns.spend:
        account = (item.route.payer, item.route.setting)
        parts[account] = parts.get(account, 0) + quality.rounding[item.column]
    return {account: (added + PARTS // 2) // PARTS for account, added in parts.items()}
