"""The settlement of an alliance contract, step by step, from target and actual cost to transfers."""

#: The sheet of the workbook that shows every table of the settlement.
SHEET = "Calc 4 Settlement"
