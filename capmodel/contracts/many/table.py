"""How a contract file for many contracts says where their figures stand in a table: headings, rules, kinds, and how figures are printed."""

from __future__ import annotations

from pydantic import Field

from capmodel.assumptions.document import Strict
from capmodel.assumptions.sheet_rows import Sheet
from capmodel.assumptions.tables import Printed


class ColumnOf(Printed):
    """A heading, or a rule of other columns; how its figures are printed, and its kinds where not all."""

    heading: str | None = None
    rule: str | None = None
    kinds: list[str] = Field(default_factory=list)
    note: str = ""


class KindOf(Strict):
    """How a row says which kind of contract it is: a code under one heading, or one heading a kind that holds 1."""

    heading: str | None = None
    codes: dict[str, str] = Field(default_factory=dict)
    flags: dict[str, str] = Field(default_factory=dict)


class TableOf(Strict):
    """The table of figures: its headings, one row a contract, or one a contract and year."""

    key: str
    year: str | None = None
    not_totals: list[str] = Field(default_factory=list)
    kind: KindOf | None = None
    workbook: Sheet | None = None
    columns: dict[str, str | ColumnOf]
    given: dict[str, str | ColumnOf] = Field(default_factory=dict)

    def column(self, name: str) -> ColumnOf:
        """A column, whichever way it is written; one that only rules read stands under `given`."""
        given = self.columns[name] if name in self.columns else self.given[name]
        return ColumnOf(heading=given) if isinstance(given, str) else given
