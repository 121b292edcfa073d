"""Which tables a pack holds: files in its folder `tables`, each called after its column, as CSV or as CSV packed with gzip.

What is in a table is read by `columns`.
"""

from __future__ import annotations

from pathlib import Path

ENDINGS = (".csv", ".csv.gz")


def table_name(path: Path) -> str:
    """The column that a file is called after, or nothing where it is no table.

    >>> table_name(Path("group_persons.csv")), table_name(Path("group_persons.csv.gz")), table_name(Path("group_persons.xlsx"))
    ('group_persons', 'group_persons', '')
    """
    return next((path.name.removesuffix(ending) for ending in ENDINGS if path.name.endswith(ending)), "")


def table_files(folder: Path) -> list[Path]:
    """The files of the tables of a pack, by name; hidden files are none."""
    found = (folder / "tables").iterdir() if (folder / "tables").is_dir() else ()
    return sorted(path for path in found if table_name(path) and not path.name.startswith("."))
