"""The pooled budget of a section 75 agreement: its terms, its waterfall, its statement, and the performance pot."""

#: The sheet of the workbook that shows every table of a pooled budget or a performance pot.
SHEET = "Calc 4 Pooled budget"
