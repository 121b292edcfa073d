"""A table as the links of other tables read it; how one is declared is in `table`."""

from __future__ import annotations

from typing import Protocol


class Described(Protocol):
    """A column: what it is called and measured in."""

    @property
    def unit(self) -> str:
        """Its unit."""

    @property
    def label(self) -> str:
        """What it is called."""


class Readable(Protocol):
    """A table, as far as links read it; `table.Table` is one."""

    @property
    def name(self) -> str:
        """Its name."""

    @property
    def keys(self) -> tuple[str, ...]:
        """What its rows are known by."""

    @property
    def by_year(self) -> bool:
        """True where it has one column of figures a year."""

    def column(self, name: str) -> Described:
        """The column of that name."""

    def is_unrounded(self, column: str) -> bool:
        """True for a line whose figures are not cut to pence."""
