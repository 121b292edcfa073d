"""Recalculates sheets of formulas with IronCalc, which shares no code with capmodel; run by itself, in bounds of time and memory.

As a program it reads sheets as JSON from its input and writes the values to its output. `apart` runs it so: whatever a formula does to
the engine, it ends in a message and not with capmodel. It imports nothing of capmodel but the errors, and those only in `apart`.
"""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

import ironcalc

SECONDS, CPU_SECONDS, BYTES = 300, 120, 4 << 30
Value = float | str | bool | None
#: A sheet: its name, and its cells as row and column (from 0), formula (without the equals sign) and value.
Given = Sequence[tuple[int, int, str, float | str | None]]
Values = dict[tuple[str, int, int], Value]


def recalculate(sheets: Iterable[tuple[str, Given]]) -> Values:
    """Every cell's value when the engine is given formulas and typed values, by sheet, row and column (from 0).

    >>> recalculate([("A", [(0, 0, "", 2.0), (0, 1, "A1*3", None)])])["A", 0, 1]
    6.0
    """
    named = list(sheets)
    model = ironcalc.create("book", "en", "UTC", "en")
    for i, (name, _) in enumerate(named):
        model.rename_sheet(0, name) if i == 0 else model.add_sheet(name)
    for i, (_, cells) in enumerate(named):
        for row, column, formula, value in cells:
            if formula:
                model.update_cell_with_formula(i, row + 1, column + 1, f"={formula}")
            elif isinstance(value, str):
                model.update_cell_with_text(i, row + 1, column + 1, value)
            elif value is not None:
                model.update_cell_with_number(i, row + 1, column + 1, float(value))
    model.evaluate()
    values: Values = {}
    for sheet, row, column in model.get_all_cells():
        value = model.get_cell_value(sheet, row, column)
        if isinstance(value, str) and model.get_cell_type(sheet, row, column) == ironcalc.CellType.ErrorValue:
            value = f"error {value}"
        values[named[sheet][0], row - 1, column - 1] = value
    return values


def apart(name: str, sheets: Iterable[tuple[str, Given]]) -> Values:
    """The same in a process of its own with bounded time and memory.

    Args:
        name: what is recalculated, for the message.
        sheets: formulas and typed values.

    Raises:
        CapmodelError: the engine stopped, or took more than its bounds.
    """
    from capmodel.errors import CapmodelError

    given = json.dumps([[title, list(cells)] for title, cells in sheets])
    # The folder of this file is no place to import from: it holds modules with common names.
    command = [sys.executable, "-P", str(Path(__file__).resolve())]
    try:
        ended = subprocess.run(command, input=given, capture_output=True, text=True, timeout=SECONDS, encoding="utf-8", check=False)
    except subprocess.TimeoutExpired:
        raise CapmodelError(f"{name} was not verified: recalculating it took more than {SECONDS} seconds") from None
    if ended.returncode != 0:
        why = f"signal {-ended.returncode}" if ended.returncode < 0 else f"exit code {ended.returncode}"
        raise CapmodelError(
            f"{name} was not verified: the engine that recalculates it stopped ({why}), or needed more memory than it may use"
        )
    return {(sheet, row, column): value for sheet, row, column, value in json.loads(ended.stdout)}


def _end_with_parent() -> None:
    """End this process with the one that started it, however that ends, where the system can."""
    if sys.platform == "linux":
        import ctypes
        import signal

        ctypes.CDLL(None).prctl(1, signal.SIGKILL)  # PR_SET_PDEATHSIG


def _bound() -> None:
    """Bound the memory and processor time of this process, where the system can."""
    try:
        import resource
    except ImportError:  # Windows; there the time alone is bounded
        return
    for limit, most in ((resource.RLIMIT_AS, BYTES), (resource.RLIMIT_CPU, CPU_SECONDS), (resource.RLIMIT_CORE, 0)):
        hard = resource.getrlimit(limit)[1]
        resource.setrlimit(limit, (most if hard == resource.RLIM_INFINITY else min(most, hard), hard))


def _main() -> None:
    _end_with_parent()
    _bound()
    found: list[tuple[Any, ...]] = [(*place, value) for place, value in recalculate(json.load(sys.stdin)).items()]
    json.dump(found, sys.stdout)


if __name__ == "__main__":
    sys.stdin.reconfigure(encoding="utf-8")  # type: ignore[union-attr]
    sys.stdout.reconfigure(encoding="utf-8")  # type: ignore[union-attr]
    _main()
