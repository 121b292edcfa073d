"""Out 17: who pays and who gains by the plan, by party and setting, in year and recurrently, with a waterfall and a chart by party."""

from __future__ import annotations

from capmodel.algebra.functions import add_up
from capmodel.algebra.rows import Node
from capmodel.assumptions.years import year_label
from capmodel.workbook.pages.matrix import matrix
from capmodel.workbook.pages.page import Page, members
from capmodel.workbook.pages.waterfall import CHART_ROWS as WATERFALL_ROWS
from capmodel.workbook.pages.waterfall import waterfall
from capmodel.workbook.writing.book import Chart, address

WHO_PAYS = "Out 17 Who pays"
COST, NET = ("party_effect", "in_year_cost_gbp"), ("party_effect", "in_year_net_gbp")
IN_YEAR, RECURRENT = "in_year", "recurrent"
#: How either way of counting is called.
WAYS = {IN_YEAR: "in year", RECURRENT: "recurrently"}
CHART_ROWS = 27
LABEL_WIDTH, MONEY_WIDTH = 36, 15


def fill_who_pays(page: Page) -> None:
    """Fill the sheet."""
    result, years = page.result, page.result.place.pack.years
    page.note(
        "Plus gains, and brackets pay or lose, before settlement. In year: as far as delivered, with set-up cost. Recurrently: each year once "
        "delivered in full, without set-up cost."
    )
    charts = page.row
    page.row += WATERFALL_ROWS
    steps = _over_all_years(page)
    blocks = {}
    for way, words in WAYS.items():
        page.heading(f"Who pays and who gains {words}: all settings, and what the party pays for the options")
        lines = [(label, ("party_effect", f"{way}_net_gbp"), i) for label, i in members(result, "party")]
        blocks[way] = page.by_year("Party", lines, "whole GBP", total="System effect")
    page.heading("Overlap of the options in year (minus), by setting")
    page.by_year(
        "Setting",
        [(label, ("plan_setting", "overlap_in_year_gbp"), i) for label, i in members(result, "setting")],
        "whole GBP",
        total="Overlap",
    )
    _chart(page, blocks)
    matrices = [*((IN_YEAR, t) for t in range(len(years))), (RECURRENT, len(years) - 1)]
    for way, t in matrices:
        _by_setting(page, way, t, years[t])
    page.heading("How the waterfall is drawn: where each bar begins and ends, and its parts above and below zero", 10)
    waterfall(
        page,
        charts,
        "Over all years: from the cost of the options, over what each party gains or pays for care, to the system effect",
        "Waterfall chart of the plan over all years: the cost of the options, what each party gains or pays for care, and the system effect; the figures are in the first table of this sheet.",
        steps,
        "System effect",
    )
    page.keep_together()
    page.sheet.widths = {0: LABEL_WIDTH, **dict.fromkeys(range(1, max(3 + len(members(result, "setting")), 11)), MONEY_WIDTH)}


def _over_all_years(page: Page) -> list[tuple[str, str, float]]:
    """What the plan costs and does to each party over all years; returns the steps from the cost to the system effect."""
    sheet, here = page.sheet, page.sheet.name
    page.heading("Who gains and who pays over all years: from the cost of the options to the system effect", 3)
    for column, text in enumerate(
        ("Party", "Cost of the options it pays (£)", "Care no longer paid for, less income lost (£)", "Net effect (£)")
    ):
        sheet.put(page.row, column, "timeline" if column else "timeline_left", text)
    sheet.heights[page.row] = 44
    first = page.row + 1
    sums = {}
    for i, (label, party) in enumerate(members(page.result, "party")):
        row = first + i
        sheet.put(row, 0, "label", label)
        spans = [page.layout.homes[node].span(party, party, None, here) for node in (COST, NET)]
        cost, net = (add_up([page.value(node, party, t) for t in range(len(page.result.place.pack.years))]) for node in (COST, NET))
        sums[label] = net - cost
        sheet.put(row, 1, "formula", cost, "whole GBP", formula=f"SUM({spans[0]})")
        sheet.put(row, 2, "formula", net - cost, "whole GBP", formula=f"{address(row, 3)}-{address(row, 1)}")
        sheet.put(row, 3, "formula", net, "whole GBP", formula=f"SUM({spans[1]})")
    last = first + len(sums) - 1
    sheet.heights[last + 1] = 4  # a thin gap, so that a total does not look like one more line
    total = last + 2
    sheet.put(total, 0, "total", "System effect")
    costs = 0.0
    for column in (1, 2, 3):
        value = add_up([float(sheet.cells[row, column].value or 0.0) for row in range(first, last + 1)])
        costs = value if column == 1 else costs
        span = f"{address(first, column)}:{address(last, column)}"
        sheet.put(total, column, "total", value, "whole GBP", formula=f"SUM({span})")
    page.row = total + 2
    steps = [("Cost of the options", address(total, 1), costs)]
    steps += [(label, address(first + i, 2), value) for i, (label, value) in enumerate(sums.items())]
    return steps


def _by_setting(page: Page, way: str, t: int, year: int) -> None:
    """Parties down, settings across, the cost of the options beside them."""
    parties, settings = members(page.result, "party"), members(page.result, "setting")
    where = f"{WAYS[way]}, {year_label(year)}" if way == IN_YEAR else f"{WAYS[way]}, on the budgets of {year_label(year)}"
    page.heading(f"By party and setting {where}", 2 + len(settings))

    def at(party: int, column: int) -> tuple[Node, int]:
        if column < len(settings):
            return ("who_pays", f"{way}_gbp"), party * len(settings) + column
        return ("party_effect", f"{way}_cost_gbp"), party

    across = [*(label for label, _ in settings), "Cost of the options"]
    matrix(page, "Party", [label for label, _ in parties], across, at, t, "whole GBP", ("All settings and cost", "System effect"))


def _chart(page: Page, blocks: dict[str, tuple[int, int]]) -> None:
    """Bars by party: the first and the last year, and what stays."""
    years = page.result.place.pack.years
    shown = [(IN_YEAR, 0), *([(IN_YEAR, len(years) - 1)] if len(years) > 1 else []), (RECURRENT, len(years) - 1)]
    page.sheet.charts.append(
        Chart(
            title="Who pays (left) and who gains (right), by party",
            description="Bar chart of what the plan does to each party in the first and the last year and recurrently; the figures are in the first two tables of this sheet.",
            kind={"type": "bar"},
            series=[
                {
                    "name": f"{WAYS[way].capitalize()}, {year_label(years[t])}",
                    "categories": page.span(*blocks[IN_YEAR], 0),
                    "values": page.span(*blocks[way], 1 + t),
                }
                for way, t in shown
            ],
            row=page.row,
            column=0,
            **page.money_axis(blocks[IN_YEAR][0], blocks[RECURRENT][1], range(1, 1 + len(years))),
            size=(1080, 500),
        )
    )
    page.row += CHART_ROWS
