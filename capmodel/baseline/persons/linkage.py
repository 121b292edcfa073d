"""What of the extract's money reaches people, and how exactly: activity lines that found a person, and what rounding to pence adds."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from capmodel.baseline.persons.checks import Quality
from capmodel.baseline.persons.column_map import ColumnMap
from capmodel.baseline.persons.view import LINES, PARTS, PEOPLE, Extract

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
