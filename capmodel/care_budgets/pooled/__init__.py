"""The pooled budget of a section 75 agreement: its terms, its waterfall, its statement, and the performance pot."""
