"""Settles many contracts of one form from a table, a row a contract."""
