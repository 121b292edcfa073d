"""Recalculates a workbook file by a third engine, HyperFormula, which reads labels as criteria the way Excel does, and compares every formula cell.

Usage: python .ci/third_engine.py BOOK.xlsx FOLDER, where FOLDER is one in which `npm install hyperformula` was run.
"""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import openpyxl

HALF_A_PENNY, PENNY = 0.005, 0.010001
#: HyperFormula rounds the binary figure, where a tie in pence may fall the other way; so many cells may differ by that penny.
MOST_TIES = 10
#: Labels that Excel takes for one another, each with its figure, and what it adds up for the first.
TRAP = ([["'1.1", 1, "=SUMIFS(B1:B2,A1:A2,A1)"], ["'1.10", 2, ""]], 3)


def main(book: Path, folder: Path) -> int:
    """Compare; 0 where every formula cell agrees to half a penny."""
    formulas, written = openpyxl.load_workbook(book), openpyxl.load_workbook(book, data_only=True)
    places = [
        (sheet.title, cell.row - 1, cell.column - 1)
        for sheet in formulas
        for row in sheet.iter_rows()
        for cell in row
        if cell.data_type == "f"
    ]
    # A text with an apostrophe before it stays a text; without one the engine would read it as it reads what is typed.
    sheets = {
        sheet.title: [[f"'{cell.value}" if cell.data_type == "s" else cell.value for cell in row] for row in sheet.iter_rows()]
        for sheet in formulas
    }
    trap, both = TRAP
    if recalculated({"trap": trap}, [("trap", 0, 2)], folder) != [both]:
        print("the engine does not read labels as Excel does: it is no witness")  # noqa: T201
        return 1
    found = recalculated(sheets, places, folder)
    differing, ties = [], 0
    for (sheet, row, column), value in zip(places, found, strict=True):
        expected = written[sheet].cell(row + 1, column + 1).value
        if isinstance(expected, float) and isinstance(value, (int, float)) and HALF_A_PENNY < abs(expected - value) <= PENNY:
            ties += 1
        elif not same(expected, value):
            differing.append(f"{sheet} row {row + 1} column {column + 1}: written {expected}, recalculated {value}")
    print(f"{book.name}: {len(places):,} formula cells recalculated by HyperFormula, {len(differing)} differ, {ties} by a penny")  # noqa: T201
    print("\n".join(differing[:20]))  # noqa: T201
    return int(bool(differing) or ties > MOST_TIES or not places)


def recalculated(sheets: dict[str, list[list[Any]]], places: list[tuple[str, int, int]], folder: Path) -> list[Any]:
    """The values of some cells as the engine works them out."""
    given = json.dumps({"sheets": sheets, "formulas": places})
    script = Path(__file__).with_suffix(".mjs").resolve()
    done = subprocess.run(["node", str(script)], cwd=folder, input=given, capture_output=True, text=True, check=True)
    values: list[Any] = json.loads(done.stdout)
    return values


def same(written: Any, found: Any) -> bool:
    """Equal, numbers to half a penny."""
    if isinstance(written, (int, float)) and isinstance(found, (int, float)):
        return abs(written - found) <= HALF_A_PENNY
    return written == found


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1]), Path(sys.argv[2])))
