"""How large a sheet is printed, and where its pages begin.

A sheet either states the rows that begin its pages, or the rows that begin its blocks, such as a heading with its table, or a chart. A
block is then kept on one page. What the sheet shows is not decided here.
"""

from __future__ import annotations

import itertools

from capmodel.workbook.writing.book import Sheet

#: A landscape A4 page within its margins, pixels across and points down, and how much of it a scaled sheet may fill: programs
#: differ by some per cent in how wide a column is.
PAGE_PIXELS, PAGE_POINTS, FILLED = 1046, 509, 0.88
#: A page is made as small as this part of what its width asks for, so that its rows fit; more rows run on over several pages.
LEAST_DOWN = 0.4
ROW_POINTS = 15
POINTS_A_PIXEL = 0.75
#: The roles of texts that run on into the columns beside them, how wide a letter of them is, and how many columns are looked at.
RUNNING_ON, TEXT_PIXELS, REACHED = ("subtitle", "words"), 5.8, 60


def print_scale(sheet: Sheet) -> int:
    """The per cent at which a sheet is as wide as the page, and what stands between two stated breaks no higher.

    What would be smaller than can be read runs on over several pages.

    >>> from capmodel.workbook.writing.book import Content
    >>> print_scale(Sheet("Out", "Out", {(0, 0): Content("label", "a")}, widths={0: 160}, blocks=[0]))
    81
    """
    across = PAGE_PIXELS / _pixels(sheet)
    heights, head = _heights(sheet), _head(sheet)
    pages = itertools.pairwise((0, *sheet.breaks, len(heights))) if sheet.breaks else ()
    points = [sum(heights[start:end]) + (head if start else 0) for start, end in pages]
    down = [PAGE_POINTS / each for each in points if PAGE_POINTS / each >= LEAST_DOWN * min(across, 1)]
    return max(10, min(100, int(100 * FILLED * min([across, *down]))))


def page_breaks(sheet: Sheet) -> list[int]:
    """The rows that begin a printed page: those the sheet states, or the blocks that no longer fit on the page before.

    A block that is longer than a page begins one and runs on.

    >>> from capmodel.workbook.writing.book import Content
    >>> page_breaks(Sheet("Out", "Out", {(59, 0): Content("label", "a")}, widths={0: 100}, blocks=[0, 20, 40]))
    [20, 40]
    """
    if sheet.breaks or not sheet.blocks:
        return sheet.breaks
    heights, head = _heights(sheet), _head(sheet)
    room = 100 * FILLED * PAGE_POINTS / print_scale(sheet)
    used, breaks = float(sum(heights[: sheet.blocks[0]])), []
    for start, end in itertools.pairwise((*sheet.blocks, len(heights))):
        block = sum(heights[start:end])
        if used + block > room and start:
            breaks.append(start)
            used = head
        used += block
    return breaks


def _pixels(sheet: Sheet) -> float:
    """How wide the columns are that hold cells; on a sheet of blocks, also those that a chart or a line of text reaches into.

    A column is printed whole, so that a chart which ends in it is on the page only where all of it is.
    """
    widths = [7 * sheet.widths.get(column, 8.43) + 5 for column in range(REACHED)]
    last = max(column for _, column in sheet.cells)
    if not sheet.blocks:
        return sum(7 * sheet.widths.get(column, 8.43) + 5 for column in range(last + 1))
    reach = [sum(widths[: chart.column]) + chart.size[0] for chart in sheet.charts]
    texts = [(column, content) for (_, column), content in sheet.cells.items() if content.role in RUNNING_ON]
    reach += [sum(widths[:column]) + TEXT_PIXELS * len(str(content.value)) for column, content in texts]
    furthest, across, column = max(reach, default=0), 0.0, 0
    while column <= last or (across < furthest and column < REACHED):
        across += widths[column]
        column += 1
    return across


def _heights(sheet: Sheet) -> list[float]:
    """The height of each row in points, down to the last cell or the end of the last chart."""
    charts = [chart.row + int(-(-chart.size[1] * POINTS_A_PIXEL // ROW_POINTS)) for chart in sheet.charts]
    last = max(max(row for row, _ in sheet.cells), *charts, 0)
    return [sheet.heights.get(row, ROW_POINTS) for row in range(last + 1)]


def _head(sheet: Sheet) -> float:
    """The height of the rows that are repeated on every page."""
    return sum(_heights(sheet)[slice(sheet.repeat_rows[0], sheet.repeat_rows[1] + 1)]) if sheet.repeat_rows else 0
