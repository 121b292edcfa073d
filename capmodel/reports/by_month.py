"""What a run prints of budgets by month and of the outturn."""

from __future__ import annotations

from rich.console import Console

from capmodel.assumptions.years import year_label
from capmodel.care_budgets.months.calendar import MONTHS
from capmodel.money import HALF_A_PENNY, pounds
from capmodel.place.result import Result


def budgets(console: Console, result: Result) -> None:
    """The budget of each month of the first year, and what changes of the list add."""
    year = result.place.pack.years[0]
    by_month = result.column("month_total", "month_gbp")
    parts = ", ".join(f"{result.place.label(month)} {by_month[month, str(year)]:,.0f}" for month in MONTHS)
    console.print(f"Budget by month {year_label(year)}, £: {parts}", markup=False, soft_wrap=True)
    changes = result.column("month_year", "year_list_change_gbp")
    listed_years = ", ".join(f"{year_label(int(key[0]))} {pounds(gbp)}" for key, gbp in changes.items() if gbp)
    if listed_years:
        console.print(f"Change of the budget for people on the list: {listed_years}", markup=False, soft_wrap=True)
    console.print("")


def outturn(console: Console, result: Result) -> None:
    """What is in, what is forecast, and how far both are from the budget; and the lines of which nothing is in."""
    of_year = {
        name: result.column("outturn_year", name) for name in ("year_plan_gbp", "year_to_date_gbp", "year_outturn_gbp", "year_over_gbp")
    }
    known = result.column("outturn_month", "month_in_flag")
    for (year,), gbp in of_year["year_outturn_gbp"].items():
        months = {key[-2] for key, flag in known.items() if flag and key[-1] == year}
        if months:
            budget, so_far, over = (of_year[name][(year,)] for name in ("year_plan_gbp", "year_to_date_gbp", "year_over_gbp"))
            console.print(
                f"Outturn {year_label(int(year))}, {len(months)} months in: {pounds(gbp)} against a budget of {pounds(budget)}, "
                f"{pounds(abs(over))} {'over' if over > 0 else 'under'}; {pounds(so_far)} so far",
                markup=False,
                soft_wrap=True,
            )
    for text in _without_rate(result):
        console.print(text, markup=False, soft_wrap=True)
    without = {
        key: gbp for key, gbp in result.column("month_service", "month_service_gbp").items() if key[:3] not in {each[:3] for each in known}
    }
    if without:
        first = str(result.place.pack.years[0])
        left = sum(gbp for key, gbp in without.items() if key[-1] == first)
        lines = len({key[:3] for key in without})
        console.print(
            f"No actual cost is given for {lines} lines with a budget of {pounds(left)} in {year_label(int(first))}",
            markup=False,
            soft_wrap=True,
        )
    console.print("")


def _without_rate(result: Result) -> list[str]:
    """Lines that are to be forecast at the rate so far and have no budget so far, so that there is no rate."""
    at_rate, inside, budget = (result.column("outturn_line", name) for name in ("run_rate_flag", "in_year_flag", "plan_to_date_gbp"))
    return [
        f"The rate so far has no effect on {', '.join(map(result.place.label, line))} in {year_label(int(year))}, which has no budget in the "
        "months that are in: the months to come cost their budget"
        for (*line, year), flag in at_rate.items()
        if flag and inside[(*line, year)] and abs(budget[(*line, year)]) < HALF_A_PENNY
    ]
