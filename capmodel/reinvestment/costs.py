"""What an option costs by year, by kind: set-up, running, capital, double running and the management of risk, each raised by its optimism bias.

Capital is apart from everything else, which is revenue. Only what options.yaml states has rows here; cost that begins in a month is worked out
with `delivery`.
"""

from __future__ import annotations

from typing import Any

from capmodel.algebra.links import total
from capmodel.algebra.table import Table
from capmodel.reinvestment.delivery import monthly_delivery
from capmodel.reinvestment.evidence import SHEET, cost_grade, raised_by_gbp

capital_cost = Table("capital_cost", ("option", "year"), "Capital cost of the options that state one", SHEET)
capital_cost.input("capital_cost_gbp", "GBP", "Capital cost")

double_running = Table("double_running", ("option", "year"), "Double running of the options that state it", SHEET)
double_running.input("double_running_cost_gbp", "GBP", "Double running cost")

risk_cost = Table("risk_cost", ("option", "year"), "Cost of managing risk of the options that state it", SHEET)
risk_cost.input("risk_cost_gbp", "GBP", "Cost of managing risk")

option_year = Table("option_year", ("option", "year"), "Options by year", SHEET)
option_year.input("setup_cost_gbp", "GBP", "Set-up cost")
option_year.input("running_cost_gbp", "GBP", "Running cost")

TABLES = (capital_cost, double_running, risk_cost, option_year)


@option_year.line("GBP", "Set-up and double running", double=total(double_running, "double_running_cost_gbp", "option", "year"))
def once_gbp(setup_cost_gbp: Any, double: Any) -> Any:
    """Revenue of the year that does not recur: set-up, and the old service run beside the new one."""
    return setup_cost_gbp + double


@option_year.line("GBP", "Running cost with cost by month", by_month=total(monthly_delivery, "month_running_gbp", "option", "year"))
def recurrent_gbp(running_cost_gbp: Any, by_month: Any) -> Any:
    """Running cost stated by year, and what is stated by month for the months of the year that the option is open."""
    return running_cost_gbp + by_month


@option_year.line("GBP", "Capital cost", total(capital_cost, "capital_cost_gbp", "option", "year"))
def stated_capital_gbp() -> Any:
    """Capital cost as it is stated."""


@option_year.line("GBP", "Optimism bias of capital cost", bias=total(cost_grade, "capital_part_index", "option"))
def capital_bias_gbp(stated_capital_gbp: Any, bias: Any) -> Any:
    """What the evidence grade of its cost adds to the option's capital cost.

    >>> round(capital_bias_gbp(28_000_000.0, 0.297), 2)
    8316000.0
    """
    return raised_by_gbp(stated_capital_gbp, bias)


@option_year.line("GBP", "Optimism bias of programme cost, not recurrent", bias=total(cost_grade, "programme_part_index", "option"))
def once_bias_gbp(once_gbp: Any, bias: Any) -> Any:
    """What the evidence grade adds to set-up and double running."""
    return raised_by_gbp(once_gbp, bias)


@option_year.line("GBP", "Optimism bias of programme cost, recurrent", bias=total(cost_grade, "programme_part_index", "option"))
def recurrent_bias_gbp(recurrent_gbp: Any, bias: Any) -> Any:
    """What the evidence grade adds to running cost."""
    return raised_by_gbp(recurrent_gbp, bias)


@option_year.line("GBP", "Capital cost with optimism bias")
def capital_gbp(stated_capital_gbp: Any, capital_bias_gbp: Any) -> Any:
    """What is held against budgets of capital."""
    return stated_capital_gbp + capital_bias_gbp


@option_year.line("GBP", "One-off revenue", risk=total(risk_cost, "risk_cost_gbp", "option", "year"))
def one_off_revenue_gbp(once_gbp: Any, once_bias_gbp: Any, risk: Any) -> Any:
    """Set-up and double running with their bias, and the cost of managing risk, which no bias raises."""
    return once_gbp + once_bias_gbp + risk


@option_year.line("GBP", "Revenue cost")
def revenue_gbp(one_off_revenue_gbp: Any, recurrent_gbp: Any, recurrent_bias_gbp: Any) -> Any:
    """What is held against budgets of revenue: everything but capital."""
    return one_off_revenue_gbp + recurrent_gbp + recurrent_bias_gbp


@option_year.line("GBP", "Cost")
def cost_gbp(revenue_gbp: Any, capital_gbp: Any) -> Any:
    """All cost of the year, with its optimism bias.

    >>> cost_gbp(7.0, 104.0)
    111.0
    """
    return revenue_gbp + capital_gbp


@option_year.line("GBP", "Cost that does not recur")
def one_off_cost_gbp(one_off_revenue_gbp: Any, capital_gbp: Any) -> Any:
    """Capital, set-up and double running with their bias, and the cost of managing risk."""
    return one_off_revenue_gbp + capital_gbp
