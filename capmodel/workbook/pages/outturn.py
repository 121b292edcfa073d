"""Out 15: the outturn by month against the budget."""

from __future__ import annotations

from capmodel.assumptions.step import OUTTURN
from capmodel.assumptions.years import year_label
from capmodel.care_budgets.months.calendar import MONTHS
from capmodel.workbook.pages.page import Page
from capmodel.workbook.pages.step_page import StepPage
from capmodel.workbook.writing.book import Chart

_SERIES = {"Budget": ("outturn_total", "all_plan_gbp"), "Outturn": ("outturn_total", "all_outturn_gbp")}


def _chart(page: Page) -> None:
    """Budget and outturn of each month of the last year of which months are in."""
    result = page.result
    flags = result.column("outturn_line", "in_year_flag")
    years = [year for year in result.place.pack.years if any(flag for key, flag in flags.items() if key[-1] == str(year))]
    t = result.place.pack.years.index(years[-1])
    known = result.column("outturn_month", "month_in_flag")
    months_in = sum(any(flag for key, flag in known.items() if key[-2:] == (month, str(years[-1]))) for month in MONTHS)
    title = f"Budget and outturn by month, {year_label(years[-1])}: {months_in} months are in"
    page.heading(title, across=len(_SERIES))
    page.sheet.put(page.row, 0, "timeline_left", "Month")
    first = page.row + 1
    for i, (name, node) in enumerate(_SERIES.items()):
        page.sheet.put(page.row, 1 + i, "timeline", f"{name} (£)")
        for place in range(len(MONTHS)):
            page.refer(first + place, 1 + i, node, place, t, "whole GBP")
    for place, (month, label) in enumerate(MONTHS.items()):
        is_in = any(flag for key, flag in known.items() if key[-2:] == (month, str(years[-1])))
        page.sheet.put(first + place, 0, "label", label if is_in else f"{label} (forecast)")
    last = first + len(MONTHS) - 1
    page.row = last + 2
    page.sheet.charts.append(
        Chart(
            title=title,
            description=f"Column chart of the budget and the outturn of each month of {year_label(years[-1])}; the figures are in the table above it.",
            kind={"type": "column"},
            series=[
                {"name": name, "categories": page.span(first, last, 0), "values": page.span(first, last, 1 + i)}
                for i, name in enumerate(_SERIES)
            ],
            row=page.row,
            column=0,
            **page.money_axis(first, last, (1, 2)),
            from_zero=True,
        )
    )
    page.row += 23


PAGE = StepPage(
    sheet="Out 15 Outturn",
    title="Outturn: actual cost by month, forecast, and both against the budget",
    step=OUTTURN,
    shown=(
        ("outturn_year", "year_plan_gbp"),
        ("outturn_year", "year_to_date_gbp"),
        ("outturn_year", "year_rest_gbp"),
        ("outturn_year", "year_outturn_gbp"),
        ("outturn_year", "year_over_gbp"),
        ("outturn_line", "over_to_date_gbp"),
        ("outturn_line", "over_year_gbp"),
    ),
    headlines=(("outturn_year", "year_outturn_gbp"), ("outturn_year", "year_over_gbp")),
    more=_chart,
)
