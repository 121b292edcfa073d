"""The ruler of every sheet with tables: what stands in which column and row, the same everywhere, and text cut to fit."""

from __future__ import annotations

from collections.abc import Sequence

from capmodel.assumptions.years import year_label
from capmodel.workbook.writing.book import CONSTANT, FIRST_YEAR, LABELS, UNIT, Sheet

TIMELINE = 3  # the row that names the columns, on every sheet with a ruler
FIRST_ROW = TIMELINE + 2
WORDS_WIDTH = 150
IN_USE = "Calc 0 Scenario in use"
SELECTOR = "scenario"
PROVENANCE = ("Status", "Source", "As at", "Note")


def split(text: str, width: int = WORDS_WIDTH) -> list[str]:
    """A sentence in pieces that fit the page.

    >>> split("one two three", 8)
    ['one two', 'three']
    """
    pieces = [""]
    for word in text.split():
        if pieces[-1] and len(pieces[-1]) + 1 + len(word) > width:
            pieces.append(word)
        else:
            pieces[-1] = f"{pieces[-1]} {word}".strip()
    return pieces


def timeline(sheet: Sheet, years: tuple[int, ...], after: Sequence[str] = (), left: str = "Line") -> None:
    """The heading row of a sheet: labels, unit, the constant column and the years, in the same columns everywhere."""
    for column in range(LABELS):
        sheet.put(TIMELINE, column, "timeline_left", left if column == 0 else None)
    sheet.put(TIMELINE, UNIT, "timeline", "Unit")
    sheet.put(TIMELINE, CONSTANT, "timeline", "All years")
    for t, year in enumerate(years):
        sheet.put(TIMELINE, FIRST_YEAR + t, "timeline", year_label(year))
    for i, text in enumerate(after):
        sheet.put(TIMELINE, FIRST_YEAR + len(years) + i, "timeline_left", text)
    sheet.frozen = (TIMELINE + 1, 1)
    sheet.repeat_rows = (0, TIMELINE)
