"""The cells of a workbook that came back, as they stand in the file: values, formulas, looks and links.

The file is not trusted. `bounds` has read it as a stream, which is the only time it is read, and the values in formula cells are
never used as results. How the cells differ from the book that was sent is found in `differences`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import NamedTuple

from capmodel.workbook.returned.bounds import Contents
from capmodel.workbook.returned.looks import Look
from capmodel.workbook.writing.book import Content, address

Address = tuple[str, int, int]  # sheet, row and column, from 0
Figures = Mapping[Address, Content]  # figures of the packs by their cells


class ReadCell(NamedTuple):
    """A cell as it stands in a file: its value or the value written with its formula, and what its look says it is."""

    value: float | str | bool | None
    formula: str  # with its equals sign where it is read from a file
    is_number: bool
    is_input: bool
    is_record: bool


@dataclass(frozen=True)
class ReadBook:
    """A workbook as it stands in a file: its cells by sheet, row and column (from 0), and its sheets in order."""

    cells: dict[Address, ReadCell]
    sheets: tuple[str, ...]


def read_book(contents: Contents) -> ReadBook:
    """Every cell that holds something, of a workbook that `bounds.scan` has let through."""
    found: dict[Address, ReadCell] = {}
    looks = contents.cells.looks or [Look()]
    for sheet, part in contents.parts.items():
        for row, column, value, formula, number, _ in contents.cells.sheets.get(part, ()):
            look = looks[number]
            found[sheet, row, column] = ReadCell(
                value, "" if formula is None else f"={formula}", isinstance(value, float), not look.is_locked, look.is_record
            )
    return ReadBook(found, tuple(contents.sheets))


def links_of(contents: Contents, part: str) -> dict[str, str]:
    """Where each link of a sheet leads, by the cells it lies over."""
    links = contents.cells.links.get(part, [])
    targets = {each.name: each.target for each in contents.relations if each.source == part and each.kind == "hyperlink"}
    found: dict[str, str] = {}
    for where, name, location in links:
        to = f"{targets.get(name, '')}#{location}"
        found[where] = f"{found[where]} and {to}" if where in found else to
    return found


def cell_name(at: Address) -> str:
    """A cell as a message names it.

    >>> cell_name(("Checks", 1, 1))
    'Checks!B2'
    """
    return f"{at[0]}!{address(at[1], at[2])}"


def same_figure(one: float, other: float) -> bool:
    """Equal as far as a workbook file keeps digits.

    >>> same_figure(0.1 + 0.2, 0.3), same_figure(0.1, 0.1001)
    (True, False)
    """
    return abs(one - other) <= 1e-14 * max(abs(one), abs(other))
