"""Reads a workbook that comes back: what it may hold, what changed, and whether it recalculates to its figures."""
