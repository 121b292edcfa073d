"""Care packages: the contacts that a person of a condition has in a year, what they cost, and the staff they need."""

#: The sheet of the workbook that shows every table of the care packages.
SHEET = "Calc 3 Packages"
