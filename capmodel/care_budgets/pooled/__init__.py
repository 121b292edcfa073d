"""The pooled budget of a section 75 agreement: its terms, its waterfall, its ledger, its statement, and the performance pot."""

#: The sheet of the workbook that shows every table of a pooled budget or a performance pot.
SHEET = "Calc 4 Pooled budget"
#: The sheet that shows spend by month, the entries of the ledger and the balances of its accounts.
LEDGER_SHEET = "Calc 4 Pool ledger"
#: Stands where a row has no giver, line or partner.
NOBODY = "-"
