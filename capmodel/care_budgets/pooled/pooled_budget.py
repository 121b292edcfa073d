"""A pooled budget under section 75: what over- and underspends of its lines cost or bring each partner, and who may claim a benefit.

An overspend is met in order: other lines' underspends, the risk pool, uncommitted money, then the partners by what they put in,
up to their limits, and the host the rest. An underspend: grants go back to their givers, partners that may carry forward do so up to
a limit, the rest is refunded. Section 75 of the National Health Service Act 2006; the order as in published agreements. The rules are
in files by theme, which this one puts together; what an agreement may say, and what is refused, is in `agreement`.
"""

from __future__ import annotations

from capmodel.algebra.table import Table
from capmodel.care_budgets.pooled import benefits, contributions, ledger, lines, memorandum, partners, pots, spend_by_month, vat
from capmodel.care_budgets.pooled import waterfall as rules_of_waterfall
from capmodel.care_budgets.pooled.tables import fund, fund_line, line_year, partner, partner_year, waterfall

#: The files that add lines to the tables of other files, so that they are read before the tables are used.
THEMES = (lines, partners, rules_of_waterfall)
#: In the order in which the money moves.
TABLES: tuple[Table, ...] = (
    waterfall,
    fund_line,
    *contributions.TABLES,
    *pots.TABLES,
    *spend_by_month.TABLES,
    *vat.TABLES,
    line_year,
    fund,
    partner,
    partner_year,
    *benefits.TABLES,
    *vat.MONTHLY,
    *ledger.TABLES,
    *memorandum.TABLES,
)
