"""Cost shunting: flows of money between organisations over past years, growth against comparators, and who gains by a change of budgets."""

#: The sheet of the workbook that shows every table of the flows.
SHEET = "Calc 4 Flows"
