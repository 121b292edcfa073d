"""Out 14: budgets by month."""

from __future__ import annotations

from capmodel.assumptions.step import MONTHS
from capmodel.assumptions.years import year_label
from capmodel.care_budgets.months.calendar import MONTHS as EVERY_MONTH
from capmodel.workbook.pages.page import Page
from capmodel.workbook.pages.step_page import StepPage
from capmodel.workbook.writing.book import Chart


def _chart(page: Page) -> None:
    """The budget of each month of the first year by setting, one on the other."""
    result = page.result
    settings = list(dict.fromkeys(result.values.inputs.rows["month_setting"].columns["setting"]))
    year = year_label(result.place.pack.years[0])
    page.heading(f"Budget of the month by setting, {year}", across=len(settings))
    page.sheet.put(page.row, 0, "timeline_left", "Month (£)")
    page.sheet.heights[page.row] = 30
    for i, setting in enumerate(settings):
        page.sheet.put(page.row, 1 + i, "timeline", result.place.label(setting))
        for place in range(len(EVERY_MONTH)):
            page.refer(page.row + 1 + place, 1 + i, ("month_setting", "month_setting_gbp"), i * len(EVERY_MONTH) + place, 0, "whole GBP")
    for place, label in enumerate(EVERY_MONTH.values()):
        page.sheet.put(page.row + 1 + place, 0, "label", label)
    first = page.row + 1
    last = first + len(EVERY_MONTH) - 1
    page.row = last + 2
    page.sheet.charts.append(
        Chart(
            title=f"Budget by month and setting, {year}",
            description=f"Column chart of the budget of each month of {year}, one setting on the other; the figures are in the table above it.",
            kind={"type": "column", "subtype": "stacked"},
            series=[
                {"name": result.place.label(setting), "categories": page.span(first, last, 0), "values": page.span(first, last, 1 + i)}
                for i, setting in enumerate(settings)
            ],
            row=page.row,
            column=0,
            **page.money_axis(first, last, range(1, 1 + len(settings))),
            from_zero=True,
        )
    )
    page.row += 23


PAGE = StepPage(
    sheet="Out 14 Months",
    title="Budgets by month: when in the year they are paid",
    step=MONTHS,
    shown=(
        ("month_total", "month_gbp"),
        ("month_total", "month_so_far_gbp"),
        ("month_people", "person_months_persons"),
        ("month_year", "year_list_change_gbp"),
    ),
    headlines=(("month_year", "year_list_change_gbp"),),
    more=_chart,
)
