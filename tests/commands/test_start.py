"""The start of the command line: help and usage load nothing that only the work itself needs."""

from __future__ import annotations

import subprocess
import sys

#: Each of these takes milliseconds to load, and together more than the whole of the command line.
HEAVY = {
    "dataclasses",
    "inspect",
    "json",
    "csv",
    "tempfile",
    "secrets",
    "difflib",
    "numpy",
    "pandas",
    "pydantic",
    "rich",
    "openpyxl",
    "yaml",
}


def test_the_command_line_loads_nothing_heavy() -> None:
    shown = subprocess.run(
        [sys.executable, "-c", "import sys, capmodel.cli; print(*sys.modules)"], capture_output=True, check=True, text=True
    ).stdout
    assert not HEAVY & set(shown.split())
