"""Cost shunting: flows of money between organisations over past years, growth against comparators, and who gains by a change of budgets."""

#: The sheet of the workbook that shows every table of the flows.
SHEET = "Calc 4 Flows"
#: What the total of a row and that of a column of a matrix are called.
ALL = "All"
#: The column beside the settings that holds the cost of the options, and the kinds of matrices.
COST = "cost_of_options"
BUDGETS, IN_YEAR, RECURRENT = "budgets", "in_year", "recurrent"
