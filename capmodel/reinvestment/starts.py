"""When and at what scale each option can be begun, and what it then costs and delivers by year.

A start is one way in which an option can be begun: a year of its window and a step of its scale. What options.yaml states by year holds
for a start in the first year of the window, at the whole scale. A later start moves cost and delivery by as many years and puts the
moved pounds at the prices of the year they move to; a smaller scale takes that part of both. An option without window and steps has one
start, which is what is stated. What a start is worth is in `appraise`, what a choice of starts adds up to in `planning`.
"""

from __future__ import annotations

from typing import Any

from capmodel.algebra.links import earlier, lookup, total
from capmodel.algebra.rows import Rows
from capmodel.algebra.table import Table
from capmodel.assumptions.pack import Pack
from capmodel.reinvestment.costs import option_year
from capmodel.reinvestment.delivery import monthly_delivery, stated_delivery
from capmodel.reinvestment.discount import discount
from capmodel.reinvestment.evidence import SHEET
from capmodel.reinvestment.options.choices import Choices

#: Where what follows from a choice of options is shown.
PLAN_SHEET = "Calc 6 Plan"

start = Table("start", ("start",), "Starts of the options", PLAN_SHEET)
start.input("chosen_flag", "flag", "Chosen: 1 yes, 0 no")
start.input("scale_share", "share", "Scale of the start", internal=True)

start_year = Table("start_year", ("start", "year"), "Options by start and year", SHEET)
start_year.input("begun_flag", "flag", "Begun in the year or before", internal=True)

TABLES = (start_year,)


@start_year.line("index", "Price of the year for a pound of the year it is moved from", stated=earlier(discount, "real_index", years="delay"), now=lookup(discount, "real_index"))  # fmt: skip
def moved_price_index(stated: Any, now: Any) -> Any:
    """Puts pounds that are stated for an earlier year at the prices of this one, by the index that takes price growth out.

    >>> round(moved_price_index(1.0, 0.98), 6)
    1.020408
    """
    return stated / now


@start_year.line("GBP", "Revenue cost", stated=earlier(option_year, "revenue_gbp", years="delay"), scale=lookup(start, "scale_share"))
def start_revenue_gbp(stated: Any, moved_price_index: Any, scale: Any) -> Any:
    """The revenue cost of the option, moved to the year of the start, at the prices of the year and at the scale of the start.

    >>> round(start_revenue_gbp(1000.0, 1.02, 0.5), 6)
    510.0
    """
    return stated * moved_price_index * scale


@start_year.line("GBP", "Capital cost", stated=earlier(option_year, "capital_gbp", years="delay"), scale=lookup(start, "scale_share"))
def start_capital_gbp(stated: Any, moved_price_index: Any, scale: Any) -> Any:
    """Its capital cost, moved likewise."""
    return start_revenue_gbp(stated, moved_price_index, scale)


@start_year.line(
    "GBP", "Cost that does not recur", stated=earlier(option_year, "one_off_cost_gbp", years="delay"), scale=lookup(start, "scale_share")
)
def start_one_off_gbp(stated: Any, moved_price_index: Any, scale: Any) -> Any:
    """The part of both that does not recur, moved likewise."""
    return start_revenue_gbp(stated, moved_price_index, scale)


@option_year.line(
    "share",
    "Part of the full effect delivered in the year",
    by_year=total(stated_delivery, "delivery_share", "option", "year"),
    by_month=total(monthly_delivery, "month_delivery_share", "option", "year"),
)
def delivery_share(by_year: Any, by_month: Any) -> Any:
    """As the option states it by year, or from its start month, ramp and decay; an option states one of the two."""
    return by_year + by_month


@start_year.line(
    "share",
    "Part of the full effect delivered in the year",
    stated=earlier(option_year, "delivery_share", years="delay"),
    scale=lookup(start, "scale_share"),
)
def start_delivery_share(stated: Any, scale: Any) -> Any:
    """The stated delivery, moved to the year of the start and at its scale.

    >>> start_delivery_share(0.8, 0.5)
    0.4
    """
    return stated * scale


@start_year.line("GBP", "Cost")
def cost_gbp(start_revenue_gbp: Any, start_capital_gbp: Any) -> Any:
    """All cost of the year, with its optimism bias."""
    return start_revenue_gbp + start_capital_gbp


def rows(pack: Pack, choices: Choices) -> dict[str, Rows]:
    """The rows of these tables."""
    columns = {
        "start": tuple(each.id for each in choices.starts),
        "option": tuple(each.option for each in choices.starts),
        "delay": tuple(str(each.delay) for each in choices.starts),
    }
    return {
        start.name: Rows(columns),
        start_year.name: Rows(columns, pack.years),
    }
