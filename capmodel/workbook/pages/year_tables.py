"""Tables of one year on an output sheet, kept together on a printed page, and sentences below a heading."""

from __future__ import annotations

from collections.abc import Collection, Sequence

from capmodel.workbook.pages.page import Page, Shown
from capmodel.workbook.pages.step_page import lines_of

#: So many rows are legible on a printed page of this width, and so many does a table have beside its lines.
ROOM, BESIDE_LINES = 46, 6


def year_table(
    page: Page,
    single: Collection[str],
    title: str,
    left: str,
    table: str,
    columns: Sequence[tuple[str, str, str]],
    t: int,
    total: str,
    lines: Sequence[tuple[str, int]] | None = None,
) -> tuple[int, int]:
    """The lines of a table in one year, with a total where there are several; the rows it stands in are returned.

    Args:
        page: the sheet that is being filled.
        single: figures that are not added up.
        title: the heading above the table.
        left: the heading over the labels.
        table: the table of the chain.
        columns: the columns: heading, figure, unit.
        t: the position of the year.
        total: what the total is called.
        lines: the labels and positions of the lines; all of them where none are given.
    """
    own = [(label, i) for label, _, i in lines_of(page.result, (table, columns[0][1]))] if lines is None else lines
    keep_together(page, len(own) + BESIDE_LINES)
    page.heading(title, len(columns))
    shown = [Shown(heading, (table, name), unit, t, summed=name not in single) for heading, name, unit in columns]
    return page.grid(left, own, shown, total if len(own) > 1 else "")


def keep_together(page: Page, rows: int) -> None:
    """Begin a printed page where so many rows do not fit on the one that is begun."""
    begun = page.sheet.breaks[-1] if page.sheet.breaks else 0
    if page.row - begun + rows > ROOM:
        page.sheet.breaks.append(page.row)


def text_rows(page: Page, columns: int, heading: str, texts: Sequence[str]) -> None:
    """Sentences below a heading, a row each; nothing where there is none."""
    if texts:
        page.heading(heading, columns)
    for text in texts:
        page.sheet.put(page.row, 0, "words", text[:1].upper() + text[1:])
        page.row += 1
