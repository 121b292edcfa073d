"""How a workbook is written: cells, styles, layout, and formulas from rules."""
