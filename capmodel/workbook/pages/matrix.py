"""A table that adds up both ways: each cell a reference to a working, a total to the right of each row and below each column."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from capmodel.algebra.functions import add_up
from capmodel.algebra.rows import Node
from capmodel.workbook.pages.page import Page, unit_label
from capmodel.workbook.writing.book import address


def matrix(
    page: Page,
    left: str,
    down: Sequence[str],
    across: Sequence[str],
    at: Callable[[int, int], tuple[Node, int] | None],
    t: int,
    unit: str,
    totals: tuple[str, str],
) -> tuple[int, int]:
    """Put a table that adds up both ways, and return its first and last row of figures.

    Args:
        page: the sheet, at the row where the headings go.
        left: the heading of the labels.
        down: the labels of the rows.
        across: the headings of the columns.
        at: the figure and its line for a row and a column; None where there is none, which leaves the cell blank.
        t: the position of the year.
        unit: the unit of every figure.
        totals: what the total of a row and that of a column are called.
    """
    sheet, top, end = page.sheet, page.row, 1 + len(across)
    sheet.put(top, 0, "timeline_left", f"{left} ({unit_label(unit)})")
    for column, text in enumerate((*across, totals[0]), 1):
        sheet.put(top, column, "timeline", text)
    sheet.heights[top] = 44
    first, last = top + 1, top + len(down)
    values: list[list[float]] = []
    for i, text in enumerate(down):
        row = first + i
        sheet.put(row, 0, "label", text)
        values.append([])
        for j in range(len(across)):
            found = at(i, j)
            values[i].append(page.add(row, 1 + j, ((1, *found),), t, unit) if found else 0.0)
        span = f"{address(row, 1, fixed_column=True)}:{address(row, end - 1, fixed_column=True)}"
        sheet.put(row, end, "formula", add_up(values[i]), unit, formula=f"SUM({span})")
    sheet.put(last + 1, 0, "total", totals[1])
    columns = [*zip(*values, strict=True), [add_up(row) for row in values]]
    for column, figures in enumerate(columns, 1):
        span = f"{address(first, column, True)}:{address(last, column, True)}"
        sheet.put(last + 1, column, "total", add_up(list(figures)), unit, formula=f"SUM({span})")
    page.row = last + 3
    return first, last
