"""The tables of a pooled budget that rules of several themes read, with their input columns; the rules are in the files of their themes.

`contributions`, `spend_by_month`, `lines`, `pots`, `vat`, `waterfall`, `partners`, `benefits`, `ledger` and `memorandum` each add the
lines of their own theme. `pooled_budget` puts them together.
"""

from __future__ import annotations

from capmodel.algebra.table import Table
from capmodel.care_budgets.pooled import LEDGER_SHEET, SHEET

fund_line = Table("fund_line", ("fund_line",), "Lines of the pooled budget", SHEET)
fund_line.input("host_bears_flag", "flag", "The host alone bears an overspend of the line")
fund_line.input("returns_flag", "flag", "What is left of the line goes back to who gave it")
fund_line.input("fund_own_risk_flag", "flag", "One partner owns the line: it bears an overspend and has what is left")
fund_line.input("fund_pro_rata_flag", "flag", "Partners share what is over or left by what they put in, beside the waterfall")
fund_line.input("fund_to_limit_flag", "flag", "The same, each partner up to its limit or what it puts in, the host the rest")
fund_line.input("fund_recurrent_flag", "flag", "The line is spent on every year")
fund_line.input("fund_run_rate_flag", "flag", "Months to come are forecast as the mean of those that are in")
fund_line.input("fund_by_profile_flag", "flag", "Months to come are forecast from those that are in, by the profile")
fund_line.input("fund_by_budget_flag", "flag", "Months to come are forecast as the budget has them")

contribution = Table("pool_contribution", ("contribution",), "Contributions and their terms", SHEET)
contribution.input("contribution_in_kind_flag", "flag", "Put in as staff, premises or services, not in cash")
contribution.input("contribution_recurrent_flag", "flag", "Put in every year")
contribution.input("contribution_ring_fenced_flag", "flag", "May be spent on one line only")

contribution_year = Table("pool_contribution_year", ("contribution", "year"), "Contributions by year", SHEET, beside=("owner",))
contribution_year.input("contribution_stated_gbp", "GBP", "Contribution stated for the year")

line_year = Table("line_year", ("fund_line", "year"), "Over- and underspends by line", SHEET)
line_year.input("line_budget_gbp", "GBP", "Budget of the line")
line_year.input("line_spend_gbp", "GBP", "Spend of the line")

line_month = Table("fund_line_month", ("fund_line", "month", "year"), "Spend by month", LEDGER_SHEET)
month_actual = Table("fund_month_actual", ("fund_line", "month", "year"), "Months that are in", LEDGER_SHEET)
month_actual.input("fund_month_actual_gbp", "GBP", "Spend of the month")
month_actual.input("fund_month_in_flag", "flag", "The month is in")
month_profile = Table("fund_month_profile", ("fund_line", "month"), "Profile of the year", LEDGER_SHEET)
month_profile.input("fund_month_weight_number", "number", "Weight of the month in the year")

fund = Table("fund", ("year",), "What meets an overspend, and what is left of an underspend", SHEET)
fund.input("risk_pool_added_gbp", "GBP", "Paid into the risk pool")
fund.input("uncommitted_gbp", "GBP", "Uncommitted money")

waterfall = Table("pool_waterfall", (), "Order in which an overspend is met; the partners come last", SHEET)
waterfall.input("pool_lines_order_number", "number", "Place of other lines' underspends (0: they are not used)")
waterfall.input("pool_risk_pool_order_number", "number", "Place of the risk pool (0: it is not used)")
waterfall.input("pool_uncommitted_order_number", "number", "Place of uncommitted money (0: it is not used)")

partner = Table("partner", ("partner",), "Terms by partner", SHEET)
partner.input("host_flag", "flag", "The partner hosts the pool")
partner.input("loss_limit_gbp", "GBP", "Most of an overspend the partner bears in a year")
partner.input("loss_limit_flag", "flag", "The limit applies")
partner.input("carry_limit_share", "share", "Most carried forward in a year, share of what the partner puts in (0: nothing may be)")

partner_year = Table("partner_year", ("partner", "year"), "Each partner's part", SHEET)
partner_year.input("contribution_gbp", "GBP", "Contribution")
