"""How a calculation is written once, and read as values, formulas, words, units and linear terms. Knows no NHS word."""
