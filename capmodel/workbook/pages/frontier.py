"""Out 19, the efficient frontier: what other budgets would buy, and plans between two perspectives; with the live plan marked.

It stands in a book where the options were tested. The points are values with their provenance, on a sheet of records.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from capmodel.place.option_tables import OptionTable
from capmodel.place.trial_tables import perspective_label, tables_of_trials, where_it_stops, words_of_cases
from capmodel.place.trials import trials_in_words
from capmodel.reinvestment import planning
from capmodel.reinvestment.budgets import stated_gbp
from capmodel.reinvestment.options.limits import OVERALL
from capmodel.workbook.pages.option_tests import LABEL_WIDTH, put_tables
from capmodel.workbook.pages.page import FIRST_ROW, Page, unit_label
from capmodel.workbook.writing.book import Chart, Sheet, address, quoted
from capmodel.workbook.writing.formats import PALETTE

if TYPE_CHECKING:
    from capmodel.place.optimise import Optimised

FRONTIER, RECORDED_FRONTIER = "Out 19 Frontier", "Recorded frontier"
ASKED, AS_USUAL = "Asked otherwise than usual", "nothing"
#: Columns of the tables that are drawn: of a budget its pounds and what its plan is worth, of a perspective both values.
BUDGET, WORTH, FIRST, SECOND = 1, 2, 0, 1
STATED = ("budget", "budget_gbp")
AMOUNT, FIGURE_WIDTH, WORDS_WIDTH = "whole GBP", 20, 46
CHART_ROWS, CHART_SIZE = 25, (980, 460)
BLACK = {"color": "#000000"}


def fill_frontier(page: Page, record: Sheet, found: Optimised) -> None:
    """Fill the sheet and the sheet of records behind it.

    Args:
        page: the sheet that is read.
        record: the sheet of recorded points.
        found: the tests of the run that the book is issued of, with what was tried of other budgets.
    """
    *_, budgets, between = tables = tables_of_trials(found)
    solver = f"{found.tried.budgets.solver}, {found.tried.budgets.version}"
    facts = [(ASKED, trials_in_words(found.trials) or AS_USUAL), ("Found by", solver), *(("Cases", text) for text in words_of_cases(found))]
    for offset, (label, text) in enumerate(facts):
        record.put(FIRST_ROW + offset, 0, "label", label)
        record.put(FIRST_ROW + offset, 1, "record", text)
    record.widths = {0: LABEL_WIDTH, **dict.fromkeys(range(1, 9), FIGURE_WIDTH), **dict.fromkeys(range(4, 6), WORDS_WIDTH)}
    *_, at_budgets, at_between = put_tables(record, FIRST_ROW + len(facts) + 1, tables)
    page.note(
        f"Each point is the best plan at another budget, as recorded on {RECORDED_FRONTIER}; the points do not follow a changed input. The black "
        "mark is the live plan of this book."
    )
    live = _live(page)
    page.note(". ".join(where_it_stops(found)) or "The least and the most budget that matter are not known")
    _budget_chart(page, budgets, at_budgets, live)
    if between.rows:
        _between_chart(page, found, between, at_between)
    page.keep_together()
    page.sheet.widths = {0: 52, **dict.fromkeys(range(1, 8), FIGURE_WIDTH)}


def _live(page: Page) -> int:
    """The budget of all years and the value of the live plan; returns their row."""
    sheet, years = page.sheet, page.result.place.pack.years
    page.heading("The live plan", 2)
    for column, text in enumerate(("", f"Budget of all years ({unit_label(AMOUNT)})", f"Plan worth ({unit_label(AMOUNT)})")):
        sheet.put(page.row, column, "timeline" if column else "timeline_left", text)
    sheet.heights[page.row] = 30
    row = page.row + 1
    block, names = page.layout.homes[STATED], page.result.values.inputs.rows[STATED[0]].columns["budget"]
    cells = [block.cell(line, t, sheet.name) for line in range(1 if OVERALL in names else len(names)) for t in range(len(years))]
    sheet.put(row, 0, "label", "As the inputs stand now")
    sheet.put(row, 1, "formula", float(stated_gbp(page.result.values).sum()), AMOUNT, formula="+".join(cells))
    page.add(row, 2, ((1, planning.OBJECTIVE, 0),), None, AMOUNT)
    page.row = row + 2
    return row


def _points(table: OptionTable, first: int, x: int, y: int) -> tuple[str, str]:
    """The ranges of the points that have a plan; they follow each other."""
    there = [first + i for i, cells in enumerate(table.rows) if cells[y].unit]
    span = [f"={quoted(RECORDED_FRONTIER)}!{address(there[0], at, True, True)}:{address(there[-1], at, True, True)}" for at in (x, y)]
    return span[0], span[1]


def _line(name: str, spans: tuple[str, str]) -> dict[str, object]:
    marker = {"type": "circle", "size": 7, "fill": {"color": PALETTE[1]}, "border": {"color": PALETTE[0]}}
    return {"name": name, "categories": spans[0], "values": spans[1], "line": {"color": PALETTE[1], "width": 2.0}, "marker": marker}


def _mark(name: str, spans: tuple[str, str]) -> dict[str, object]:
    marker = {"type": "diamond", "size": 10, "fill": BLACK, "border": BLACK}
    return {"name": name, "categories": spans[0], "values": spans[1], "line": {"none": True}, "marker": marker}


def _budget_chart(page: Page, table: OptionTable, first: int, live: int) -> None:
    if not any(cells[WORTH].unit for cells in table.rows):
        page.note("No plan keeps every constraint at any of the budgets that were tried.")
        return
    page.sheet.charts.append(
        Chart(
            title="Efficient frontier: what the best plan is worth at each budget",
            description=f"Line chart of the value of the best plan against the investment budget of all years, with the live plan marked; the figures are on {RECORDED_FRONTIER}.",
            kind={"type": "scatter", "subtype": "straight_with_markers"},
            series=[
                _line("Best plan at the budget, as recorded", _points(table, first, BUDGET, WORTH)),
                _mark("Live plan", (page.span(live, live, 1), page.span(live, live, 2))),
            ],
            row=page.row,
            column=0,
            value_title="Present value of the plan, £ million",
            value_format="#,##0.0,,",
            category_title="Investment budget of all years, £ million",
            category_format="#,##0,,",
            size=CHART_SIZE,
        )
    )
    page.row += CHART_ROWS


def _between_chart(page: Page, found: Optimised, table: OptionTable, first: int) -> None:
    between = found.tried.between
    names = [perspective_label(found, name) for name in (between.first, between.second)]
    series = [_line("Plans that no other beats for both, as recorded", _points(table, first, FIRST, SECOND))]
    present = [first + i for i, point in enumerate(between.points) if point.present]
    if present:
        spans = [f"={quoted(RECORDED_FRONTIER)}!{address(present[0], at, True, True)}:{address(present[0], at, True, True)}" for at in (FIRST, SECOND)]  # fmt: skip
        series.append(_mark("The recorded optimum", (spans[0], spans[1])))
    page.sheet.charts.append(
        Chart(
            title=f"Between {names[0]} and {names[1]}: what one gives up for the other",
            description=f"Line chart of plans that no other beats for both {names[0]} and {names[1]}; the figures are on {RECORDED_FRONTIER}.",
            kind={"type": "scatter", "subtype": "straight_with_markers"},
            series=series,
            row=page.row,
            column=0,
            value_title=f"Worth to {names[1]}, £ million",
            value_format="#,##0.0,,",
            category_title=f"Worth to {names[0]}, £ million",
            category_format="#,##0.0,,",
            size=CHART_SIZE,
        )
    )
    page.row += CHART_ROWS
