"""Writes the cells that a rule covers in one way, however a program splits or joins the ranges.

Ranges are never expanded into cells unless they are few, since a range may cover a whole sheet.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator

from capmodel.workbook.returned.cells import REFERENCE
from capmodel.workbook.writing.book import address, column_name, column_number

Box = tuple[int, int, int, int]  # first row and column, last row and column, from 1
MOST_COLUMNS = 16_384


def boxes(text: str) -> list[Box]:
    """The boxes of a list of ranges; what is none is left out.

    >>> boxes("A1 $B$2:C4")
    [(1, 1, 1, 1), (2, 2, 4, 3)]
    """
    found = (REFERENCE.fullmatch(part) for part in text.replace(",", " ").split())
    return [_box(match[1], match[2], match[3] or match[1], match[4] or match[2]) for match in found if match]


def _box(first: str, top: str, last: str, bottom: str) -> Box:
    rows, columns = sorted((int(top), int(bottom))), sorted((column_number(first), column_number(last)))
    return rows[0], columns[0], rows[1], columns[1]


def area(text: str) -> str:
    """The same cells as the fewest columns of whole runs of rows, in one order.

    >>> area("B1 A1:A2 B2"), area("A1:B1 A2:B2")
    ('A1:B2', 'A1:B2')
    """
    by_column: dict[int, list[tuple[int, int]]] = {}
    for top, left, bottom, right in boxes(text):
        for column in range(left, min(right, MOST_COLUMNS) + 1):
            by_column.setdefault(column, []).append((top, bottom))
    runs = {column: tuple(_joined(rows)) for column, rows in by_column.items()}
    pieces = []
    for _, group in itertools.groupby(sorted(runs), key=lambda column: (column - sorted(runs).index(column), runs[column])):
        columns = list(group)
        pieces += [_named(top, columns[0], bottom, columns[-1]) for top, bottom in runs[columns[0]]]
    return " ".join(pieces)


def _joined(rows: list[tuple[int, int]]) -> Iterator[tuple[int, int]]:
    rows.sort()
    top, bottom = rows[0]
    for first, last in rows[1:]:
        if first > bottom + 1:
            yield top, bottom
            top, bottom = first, last
        else:
            bottom = max(bottom, last)
    yield top, bottom


def _named(top: int, left: int, bottom: int, right: int) -> str:
    first, last = f"{column_name(left - 1)}{top}", f"{column_name(right - 1)}{bottom}"
    return first if first == last else f"{first}:{last}"


def cells_of(text: str, most: int) -> list[str] | None:
    """The cells of a list of ranges, or None where they are more than some number.

    >>> cells_of("A1:B1", 9), cells_of("A1:B1", 1)
    (['A1', 'B1'], None)
    """
    found = boxes(text)
    if sum((bottom - top + 1) * (right - left + 1) for top, left, bottom, right in found) > most:
        return None
    return [
        address(row - 1, column - 1)
        for top, left, bottom, right in found
        for row in range(top, bottom + 1)
        for column in range(left, right + 1)
    ]
