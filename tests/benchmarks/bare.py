"""The named alternative: import the libraries that a run imports, and write the same cells with bare xlsxwriter.

It is a process of its own, started by `python -m tests.benchmarks`. The cells come from a file; the time it takes to read
that file is printed, so that it can be taken off. No capmodel code runs here.
"""

from __future__ import annotations

import importlib
import pickle
import sys
import time
from pathlib import Path


def main(cells: str, out: str) -> None:
    """Import, write, and print how long reading the cells took."""
    began = time.perf_counter()
    modules, sheets = pickle.loads(Path(cells).read_bytes())
    reading = time.perf_counter() - began

    for name in modules:
        importlib.import_module(name)
    import xlsxwriter

    book = xlsxwriter.Workbook(out)
    formats = {}
    for name, content in sheets:
        page = book.add_worksheet(name)
        for row, column, kind, value, formula, number_format in content:
            if number_format not in formats:
                formats[number_format] = book.add_format({"num_format": number_format})
            look = formats[number_format]
            if kind == "formula":
                page.write_formula(row, column, formula, look, value)
            elif kind == "text":
                page.write_string(row, column, value, look)
            elif kind == "blank":
                page.write_blank(row, column, None, look)
            else:
                page.write_number(row, column, value, look)
    book.close()
    sys.stdout.write(f"{reading:.6f}\n")


if __name__ == "__main__":
    main(*sys.argv[1:])
