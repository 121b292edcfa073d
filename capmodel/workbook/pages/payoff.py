"""Out 7, the payoff diagram: each party's position at every variance, as recorded, with the live case marked upon it.

The curve is worked out by the engine with the rules of the settlement; it is on a sheet of its own as values with provenance.
Out 7 draws it, marks the live positions of this book, reads the recorded curve at the live variance, and shows the difference.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from capmodel.algebra.functions import to_pence
from capmodel.assumptions.years import year_label
from capmodel.uncertainty.payoff_curves import OWN_TARGET, REACH, TARGET, Curve
from capmodel.workbook.pages.page import Page, members
from capmodel.workbook.writing.book import Chart, Sheet, address, quoted
from capmodel.workbook.writing.formats import PALETTE

PAYOFF, RECORDED_PAYOFF = "Out 7 Payoff", "Recorded payoff"
SHARE, VARIANCE, FIRST_PARTY = 1, 2, 3
LABEL_WIDTH, SHARE_WIDTH, MONEY_WIDTH = 46, 14, 17
POOL_VARIANCE, POSITION = ("pool", "variance_gbp"), ("settlement", "position_gbp")
CHART_ROWS, CHART_HEIGHT = 25, 480


def fill_payoff(page: Page, record: Sheet, curves: Sequence[Curve], made_by: str) -> None:
    """Fill the sheet and the sheet of records behind it.

    Args:
        page: the sheet that is read.
        record: the sheet of recorded values.
        curves: the recorded curves, by year.
        made_by: the run they were recorded with.
    """
    across = FIRST_PARTY + len(members(page.result, "party"))
    page.note(
        "Position: what a party under- or overspends itself, and what it receives or pays. A curve moves one year, the others stay; what a "
        "variance adds to the central case falls on those who hold it, by their parts of the target."
    )
    page.row -= 1
    page.note(
        "Black marks are the live case of this book. The curves are recorded; after inputs change they stand as they were: run capmodel again."
    )
    firsts = _record(page, record, curves, made_by)
    widths = {0: LABEL_WIDTH, SHARE: SHARE_WIDTH, **dict.fromkeys(range(VARIANCE, across), MONEY_WIDTH)}
    page.sheet.widths, record.widths = dict(widths), dict(widths)
    for t, curve in enumerate(curves):
        if t:
            page.sheet.breaks.append(page.row)
        page.heading(f"Each party's position against the variance in {year_label(curve.year)}", across - 1)
        if len(curve.points) < 2:
            page.note("Nothing is in scope of the alliance in this year.")
            continue
        charts = page.row
        page.row += CHART_ROWS
        live = _live(page, t, curve, firsts[t])
        _charts(page, charts, t, curve, firsts[t], live)


def _headings(page: Page, sheet: Sheet, row: int, left: str) -> None:
    parties = (label for label, _ in members(page.result, "party"))
    for column, text in enumerate((left, "Variance, share of the target", "Variance (£)", *parties)):
        sheet.put(row, column, "timeline_left" if column == 0 else "timeline", text)
    sheet.heights[row] = 40


def _record(page: Page, sheet: Sheet, curves: Sequence[Curve], made_by: str) -> list[int]:
    """The recorded curves, one below the other; returns the first row of each."""
    row = page.row
    sheet.put(row - 3, 0, "words", f"Worked out by capmodel with the rules of the settlement in run {made_by}; read on {PAYOFF}.")
    firsts = []
    for t, curve in enumerate(curves):
        if t:
            sheet.breaks.append(row)
        sheet.put(row, 0, "table", f"Positions by variance in {year_label(curve.year)}")
        _headings(page, sheet, row + 1, "Position (£)")
        firsts.append(row + 2)
        for offset, each in enumerate(curve.points):
            sheet.put(row + 2 + offset, 0, "label", each.what)
            sheet.put(row + 2 + offset, SHARE, "record", each.share_of_target, "share")
            for column, value in enumerate((each.variance_gbp, *each.positions), VARIANCE):
                sheet.put(row + 2 + offset, column, "record", value, "GBP")
        row += len(curve.points) + 4
    return firsts


def _live(page: Page, t: int, curve: Curve, first: int) -> int:
    """The live positions, what the recorded curve says at the live variance, and the difference; returns the live row."""
    sheet, points = page.sheet, curve.points
    _headings(page, sheet, page.row, "Position (£)")
    live, below, read, less = range(page.row + 1, page.row + 5)
    for row, text in (
        (live, "Live"),
        (below, "Recorded step at or below it; way to the next"),
        (read, "Read off the recorded curve"),
        (less, "Live less recorded"),
    ):
        sheet.put(row, 0, "total" if row == less else "label", text)
    last = first + len(points) - 1
    there = quoted(RECORDED_PAYOFF)

    def span(column: int, end: int = last) -> str:
        return f"{there}!{address(first, column, True, True)}:{address(end, column, True, True)}"

    variance = page.add(live, VARIANCE, ((1, POOL_VARIANCE, 0),), t, "GBP")
    target, at_target = page.value(TARGET, 0, t), page.layout.homes[TARGET].cell(0, t, sheet.name)
    share = variance / target if abs(target) > 0 else 0.0
    sheet.put(live, SHARE, "formula", share, "share", formula=f"IF(ABS({at_target})>0,{address(live, VARIANCE)}/{at_target},0)")
    at, way = _found([point.variance_gbp for point in points], variance)
    held = f"MIN(MAX({address(live, VARIANCE)},MIN({span(VARIANCE)})),MAX({span(VARIANCE)}))"
    sheet.put(below, SHARE, "formula", float(at + 1), "count", formula=f"MATCH({held},{span(VARIANCE, last - 1)},1)")
    point, on_way = address(below, SHARE, True, True), address(below, VARIANCE, True, True)
    start, end = f"INDEX({span(VARIANCE)},{point})", f"INDEX({span(VARIANCE)},{point}+1)"
    sheet.put(below, VARIANCE, "formula", way, "share", formula=f"({held}-{start})/({end}-{start})")
    for i, (_, party) in enumerate(members(page.result, "party")):
        column = FIRST_PARTY + i
        position = page.add(live, column, ((1, POSITION, party),), t, "GBP")
        a, b = points[at].positions[i], points[at + 1].positions[i]
        start, end = f"INDEX({span(column)},{point})", f"INDEX({span(column)},{point}+1)"
        read_off = a + (b - a) * way
        sheet.put(read, column, "formula", read_off, "GBP", formula=f"{start}+({end}-{start})*{on_way}")
        gap = float(to_pence(np.array(position - read_off))) + 0.0
        sheet.put(less, column, "total", gap, "GBP", formula=f"ROUND({address(live, column)}-{address(read, column)},2)")
    page.row = less + 3
    return live


def _found(steps: Sequence[float], variance: float) -> tuple[int, float]:
    """The step at or below a variance, and how far it is from there to the next; held within the diagram."""
    held = min(max(variance, steps[0]), steps[-1])
    at = min(int(np.searchsorted(steps, held, side="right")) - 1, len(steps) - 2)
    return at, (held - steps[at]) / (steps[at + 1] - steps[at])


def _charts(page: Page, row: int, t: int, curve: Curve, first: int, live: int) -> None:
    """One diagram for the parties that hold the variance before settlement, one for the others, whose money is smaller."""
    parties = members(page.result, "party")
    holding = [i for _, i in parties if abs(page.value(OWN_TARGET, i, t)) > 0]
    others = [i for _, i in parties if i not in holding]
    pixels = [7 * page.sheet.widths[column] + 5 for column in range(FIRST_PARTY + len(parties))]
    middle = next(column for column in range(len(pixels)) if sum(pixels[:column]) >= sum(pixels) / 2)
    left = int(sum(pixels[:middle]))
    halves = [(0, left - 12), (middle, int(sum(pixels)) - left)]
    year = year_label(curve.year)
    for (column, width), title, who in zip(halves, ("parties that hold the variance", "the other parties"), (holding, others), strict=True):
        if not who:
            continue
        marks = [_mark(page, live, FIRST_PARTY + i) for i in who]
        reach = max(REACH, *(abs(point.share_of_target) for point in curve.points))
        page.sheet.charts.append(
            Chart(
                title=f"Position in {year}: {title}",
                description=f"Line chart of the position of {title} against the variance as a share of the target in {year}; the figures are on {RECORDED_PAYOFF}.",
                kind={"type": "scatter", "subtype": "straight"},
                series=[*(_line(parties[i][0], i, first, first + len(curve.points) - 1) for i in who), *marks],
                row=row,
                column=column,
                value_title="£ million",
                value_format="#,##0,,",
                category_title="Variance, share of the target",
                category_format="0%",
                category_range=(-reach, reach),
                without_legend=tuple(range(len(who) + 1, 2 * len(who))),
                size=(width, CHART_HEIGHT),
            )
        )


def _line(name: str, party: int, first: int, last: int) -> dict[str, Any]:
    there = quoted(RECORDED_PAYOFF)
    x, y = (f"={there}!{address(first, column, True, True)}:{address(last, column, True, True)}" for column in (SHARE, FIRST_PARTY + party))
    return {
        "name": name,
        "categories": x,
        "values": y,
        "line": {"color": PALETTE[party % len(PALETTE)], "width": 2.0},
        "marker": {"type": "none"},
    }


def _mark(page: Page, live: int, column: int) -> dict[str, Any]:
    black = {"color": "#000000"}
    return {
        "name": "Live case",
        "categories": page.span(live, live, SHARE),
        "values": page.span(live, live, column),
        "line": {"none": True},
        "marker": {"type": "diamond", "size": 7, "fill": black, "border": black},
    }
