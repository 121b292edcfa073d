"""A waterfall: bars that each begin where the one before ends, from a first amount to the total, as a native chart of stacked columns.

A bar may cross zero. Stacked columns draw what lies above zero upwards and what lies below it downwards, so that each bar is cut there;
what lies between zero and a bar is a column without colour. The cells that the chart draws stand in a table below it, and are live.
"""

from __future__ import annotations

from collections.abc import Sequence

from capmodel.workbook.pages.page import Page
from capmodel.workbook.writing.book import Chart, address
from capmodel.workbook.writing.formats import PALETTE

#: Columns of the table: the amount, where its bar ends and begins, and the parts of the bars.
AMOUNT, END, START, CLEAR, FIRST_PART = 1, 2, 3, 4, 5
HEADINGS = ("Amount (£)", "Bar ends at (£)", "Bar begins at (£)", "Not drawn (£)")
GAINS, PAYS, TOTAL = "Gains", "Pays", "Total"
COLOURS = {GAINS: PALETTE[3], PAYS: PALETTE[6], TOTAL: PALETTE[0]}
SIDES = ("above zero", "below zero")
CHART_ROWS, SIZE, HEAD_HEIGHT, GAP_HEIGHT, UNIT = 25, (1080, 460), 44, 4, "whole GBP"


def waterfall(page: Page, at: int, title: str, description: str, steps: Sequence[tuple[str, str, float]], total: str) -> None:
    """Put the table that a waterfall draws at the row of a page, and the chart where there is room for it.

    Args:
        page: the sheet.
        at: the row of the chart.
        title: the title of the chart.
        description: what the chart shows, for who cannot see it.
        steps: the bars in their order: label, the cell with the amount, the amount.
        total: what the sum of all amounts is called.
    """
    sheet, top = page.sheet, page.row
    sheet.put(top, 0, "timeline_left", "What the waterfall draws")
    sheet.heights[top] = HEAD_HEIGHT
    parts = [f"{kind} {side} (£)" for kind in COLOURS for side in SIDES]
    for column, text in enumerate((*HEADINGS, *parts), 1):
        sheet.put(top, column, "timeline", text)
    first, end = top + 1, 0.0
    # The first bar and the total stand apart from the rest, in the table and in the chart.
    last = first + len(steps) + 2
    for i, (label, cell, amount) in enumerate(steps):
        row = first + i + (i > 0)
        start, end = end, end + amount
        sheet.put(row, 0, "label", label)
        sheet.put(row, AMOUNT, "formula", amount, UNIT, formula=cell)
        sheet.put(row, END, "formula", end, UNIT, formula=f"SUM({address(first, AMOUNT, True)}:{address(row, AMOUNT)})")
        _bar(page, row, start, end)
    sheet.put(last, 0, "label", total)
    sheet.put(last, AMOUNT, "formula", end, UNIT, formula=f"SUM({address(first, AMOUNT)}:{address(last - 2, AMOUNT)})")
    sheet.put(last, END, "formula", end, UNIT, formula=address(last, AMOUNT))
    _bar(page, last, 0.0, end, is_total=True)
    sheet.heights |= {first + 1: GAP_HEIGHT, last - 1: GAP_HEIGHT}
    _chart(page, at, title, description, first, last, total)
    page.row = last + 2


def _bar(page: Page, row: int, start: float, end: float, is_total: bool = False) -> None:
    """The parts of one bar: what is not drawn, and what is drawn above and below zero in the colour of a gain, a payment or the total."""
    a, b = address(row, START), address(row, END)
    page.sheet.put(row, START, "formula", start, UNIT, formula=f"{b}-{address(row, AMOUNT)}")
    clear = max(min(start, end), 0.0) + min(max(start, end), 0.0)
    page.sheet.put(row, CLEAR, "formula", clear, UNIT, formula=f"MAX(MIN({a},{b}),0)+MIN(MAX({a},{b}),0)")
    up = (max(max(end, 0.0) - max(start, 0.0), 0.0), min(min(start, 0.0) - min(end, 0.0), 0.0))
    down = (max(max(start, 0.0) - max(end, 0.0), 0.0), min(min(end, 0.0) - min(start, 0.0), 0.0))
    rises = (f"MAX(MAX({b},0)-MAX({a},0),0)", f"MIN(MIN({a},0)-MIN({b},0),0)")
    falls = (f"MAX(MAX({a},0)-MAX({b},0),0)", f"MIN(MIN({b},0)-MIN({a},0),0)")
    # The bar of the total lies between zero and its end, on the side of its sign.
    shown = [((max(end, 0.0), min(end, 0.0)), (f"MAX({b},0)", f"MIN({b},0)"))] if is_total else [(up, rises), (down, falls)]
    column = FIRST_PART + (2 * len(SIDES) if is_total else 0)
    for values, formulas in shown:
        for value, formula in zip(values, formulas, strict=True):
            page.sheet.put(row, column, "formula", value, UNIT, formula=formula)
            column += 1


def _chart(page: Page, at: int, title: str, description: str, first: int, last: int, total: str) -> None:
    categories = page.span(first, last, 0)
    bars: list[dict[str, object]] = [
        {
            "name": "Not drawn",
            "categories": categories,
            "values": page.span(first, last, CLEAR),
            "fill": {"none": True},
            "border": {"none": True},
            "gap": 40,
        }
    ]
    for i, kind in enumerate(COLOURS):
        for side in range(len(SIDES)):
            values = page.span(first, last, FIRST_PART + len(SIDES) * i + side)
            bars.append(
                {
                    "name": total if kind == TOTAL else kind,
                    "categories": categories,
                    "values": values,
                    "fill": {"color": COLOURS[kind]},
                    "gap": 40,
                }
            )
    page.sheet.charts.append(
        Chart(
            title=title,
            description=description,
            kind={"type": "column", "subtype": "stacked"},
            series=bars,
            row=at,
            column=0,
            **page.money_axis(first, last, (END, START)),
            category_title="Party",
            size=SIZE,
            without_legend=(0, *range(2, len(bars), len(SIDES))),
        )
    )
