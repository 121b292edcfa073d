"""Year of Care budgets by month: when in the year they are paid, and how they follow the people on the list."""

#: The sheet of the workbook that shows every table of it.
SHEET = "Calc 3 Months"
