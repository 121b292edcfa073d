"""A place as one thing: its chain of tables, its rows, and the result of a run."""
