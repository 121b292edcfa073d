"""Reads an extract of people: its columns, codes, checks and identifiers, and the packed copy of it."""
