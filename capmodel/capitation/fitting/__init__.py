"""Fits need from people: columns, ways of predicting, tables of need, and what may be released."""
