"""Outturn by month: what care has cost in the months that are in, and what the rest of the year is forecast to cost."""

#: The sheet of the workbook that shows every table of it.
SHEET = "Calc 3 Outturn"
