"""Out 16: flows between organisations over past years: the matrix of each year, positions, and growth against comparators."""

from __future__ import annotations

from capmodel.algebra.rows import Node
from capmodel.assumptions.step import FLOWS
from capmodel.assumptions.years import year_label
from capmodel.workbook.pages.matrix import matrix
from capmodel.workbook.pages.page import Page, Shown
from capmodel.workbook.pages.step_page import StepPage, lines_of
from capmodel.workbook.writing.book import Chart

LABEL_WIDTH, MONEY_WIDTH, MATRICES_A_PAGE = 46, 18, 3
#: What is shown of a partner and a comparator: the heading, the figure and its unit.
AGAINST = {
    "Growth of the partner": ("against_growth_share", "share"),
    "Growth of the comparator": ("against_theirs_share", "share"),
    "Growth less that of the comparator": ("against_points_share", "share"),
    "Growth as a part of the comparator's": ("against_part_index", "index"),
    "Spend of the last year at the comparator's growth": ("against_spend_gbp", "GBP"),
    "More than that in the last year (less in brackets)": ("against_gbp", "GBP"),
}


def _fill(page: Page) -> None:
    """The matrices, positions and growth."""
    rows = page.result.values.inputs.rows
    periods = list(dict.fromkeys(rows["flow_period"].columns["period"]))
    matrices = [("pair_gbp", period, f"What payers (down) pay providers (across), {year_label(int(period))}") for period in periods]
    matrices += [("pair_change_gbp", year, f"Change on the year before, {year_label(int(year))}") for year in periods[1:]]
    for i, (column, period, heading) in enumerate(matrices):
        if i and i % MATRICES_A_PAGE == 0:
            page.sheet.breaks.append(page.row)
        _matrix(page, column, heading, period)
    page.sheet.breaks.append(page.row)
    page.heading("Position of each organisation", 5)
    positions = [(label, i) for label, _, i in lines_of(page.result, ("flow_position", "position_opening_gbp"))]
    opens, closes = ("flow_position", "position_opening_gbp"), ("flow_position", "position_closing_gbp")
    page.grid(
        "Organisation and year",
        positions,
        [
            Shown("Opening position", opens, "GBP"),
            Shown("Received", ("flow_position", "position_in_gbp"), "GBP"),
            Shown("Paid", ("flow_position", "position_out_gbp"), "GBP"),
            Shown("Received less paid", ("flow_position", "position_net_gbp"), "GBP"),
            Shown("Closing position", closes, "GBP"),
        ],
    )
    if len(rows["flow_partner"]):
        page.sheet.breaks.append(page.row)
        _growth(page)
    across = max(1 + len(set(rows["flow_pair"].columns["provider"])), len(AGAINST))
    page.sheet.widths = {0: LABEL_WIDTH, **dict.fromkeys(range(1, 1 + across), MONEY_WIDTH)}


def _matrix(page: Page, column: str, heading: str, period: str) -> None:
    """Payers down, providers across, for one year."""
    keys = page.result.values.inputs.rows["flow_pair"].keys(("payer", "provider", "period"))
    payers, providers = (list(dict.fromkeys(key[i] for key in keys)) for i in (0, 1))
    line_of = {key: i for i, key in enumerate(keys)}

    def at(down: int, across: int) -> tuple[Node, int] | None:
        line = line_of.get((payers[down], providers[across], period))
        return None if line is None else (("flow_pair", column), line)

    label = page.result.place.label
    page.heading(heading, 1 + len(providers))
    totals = ("All that is paid", "All that is received")
    matrix(page, "Payer", [label(name) for name in payers], [label(name) for name in providers], at, 0, "GBP", totals)


def _growth(page: Page) -> None:
    """The growth of each partner, how it differs from each comparator's, and a chart of both."""
    result = page.result

    def lines(table: str, name: str) -> list[tuple[str, int]]:
        return [(label, i) for label, _, i in lines_of(result, (table, name))]

    page.heading("Compound growth of each partner", 3)
    spent = {"Spend of the first year": "partner_first_gbp", "Spend of the last year": "partner_last_gbp"}
    columns = [Shown(text, ("flow_partner", name), "GBP") for text, name in spent.items()]
    growth = Shown("Compound growth a year", ("flow_partner", "partner_growth_share"), "share")
    page.grid("Partner", lines("flow_partner", "partner_growth_share"), [*columns, growth])
    pairs = lines("flow_against", "against_gbp")
    if not pairs:
        return
    page.heading("Growth of each partner against comparators", len(AGAINST))
    first, last = page.grid(
        "Partner, comparator", pairs, [Shown(text, ("flow_against", name), unit) for text, (name, unit) in AGAINST.items()]
    )
    page.sheet.charts.append(
        Chart(
            title="Compound growth a year of each partner and its comparator",
            description="Bar chart of the compound growth a year of each partner beside that of each comparator; the figures are in the table above it.",
            kind={"type": "bar"},
            series=[
                {"name": name, "categories": page.span(first, last, 0), "values": page.span(first, last, 1 + i)}
                for i, name in enumerate(("Partner", "Comparator"))
            ],
            row=page.row,
            column=0,
            value_format="0.0%",
            value_title="Compound growth a year",
            size=(900, 160 + 44 * len(pairs)),
        )
    )
    page.row += 10 + 3 * len(pairs)


PAGE = StepPage(
    sheet="Out 16 Flows",
    title="Flows between organisations: who paid whom, positions, and growth",
    step=FLOWS,
    shown=(),
    headlines=(("flow_period", "all_flows_gbp"), ("flow_partner", "partner_growth_share")),
    more=_fill,
)
