"""Writes the cells of a sheet as xlsxwriter does, byte for byte, in a third of the time.

xlsxwriter checks the arguments of each cell as if they came from anywhere, puts each formula through thirty regular expressions, one for
each function newer than Excel 2010, and writes each cell by way of a list of attributes. A book has tens of thousands of cells of four
kinds, and formulas without such a function. Anything else is left to xlsxwriter, whose version is pinned. What a cell holds is decided in
`write`.
"""

from __future__ import annotations

import math
from typing import Any

from xlsxwriter.worksheet import (
    CellBlankTuple,
    CellFormulaTuple,
    CellNumberTuple,
    CellStringTuple,
    Worksheet,
    re_dynamic_function,
)

from capmodel.workbook.writing.book import column_name

#: What stands in a text or formula that XML needs written otherwise.
_ESCAPED = {"&": "&amp;", "<": "&lt;", ">": "&gt;"}
_ERRORS = ("#DIV/0!", "#N/A", "#NAME?", "#NULL!", "#NUM!", "#REF!", "#VALUE!")
_QUICK = (CellFormulaTuple, CellStringTuple, CellNumberTuple, CellBlankTuple)
_PLAIN_LENGTH = 10_000  # characters; xlsxwriter counts those of a longer text in another way


class QuickSheet(Worksheet):  # type: ignore[misc]
    """A worksheet of xlsxwriter, with shorter ways for the cells that books of capmodel have."""

    def write_formula(self, row: int, column: int, formula: str, look: Any, value: Any) -> int:
        """Take a formula with its result."""
        if formula[-1:] == "}" or re_dynamic_function.search(formula):
            return int(super().write_formula(row, column, formula, look, value))
        return self._take(row, column, CellFormulaTuple(formula[1:], look, value))

    def write_string(self, row: int, column: int, text: str, look: Any) -> int:
        """Take a text."""
        if len(text) > _PLAIN_LENGTH:
            return int(super().write_string(row, column, text, look))
        return self._take(row, column, CellStringTuple(self.str_table._get_shared_string_index(text), look))

    def write_number(self, row: int, column: int, number: float, look: Any) -> int:
        """Take a number."""
        if not math.isfinite(number):
            return int(super().write_number(row, column, number, look))
        return self._take(row, column, CellNumberTuple(number, look))

    def write_blank(self, row: int, column: int, _: None, look: Any) -> int:
        """Take a cell that has a look alone."""
        return self._take(row, column, CellBlankTuple(look))

    def _take(self, row: int, column: int, cell: Any) -> int:
        if self._check_dimensions(row, column):
            return -1
        self.table[row][column] = cell
        return 0

    def _write_cell(self, row: int, col: int, cell: Any) -> None:
        kind = type(cell)
        value = cell.value if kind is CellFormulaTuple else None
        if kind not in _QUICK or isinstance(value, bool):
            super()._write_cell(row, col, cell)
            return
        start = f'<c r="{column_name(col)}{row + 1}" s="{cell.format._get_xf_index()}"'
        if kind is CellFormulaTuple:
            shown = ""
            if isinstance(value, str):
                shown = "" if not value else ' t="e"' if value in _ERRORS else ' t="str"'
                value = _escaped(value)
            self.fh.write(f"{start}{shown}><f>{_escaped(cell.formula)}</f><v>{value}</v></c>")
        elif kind is CellStringTuple:
            self.fh.write(f'{start} t="s"><v>{cell.string}</v></c>')
        elif kind is CellNumberTuple:
            self.fh.write(f"{start}><v>{cell.number:.16G}</v></c>")
        else:
            self.fh.write(f"{start}/>")


def _escaped(text: str) -> str:
    for character, written in _ESCAPED.items():
        if character in text:
            text = text.replace(character, written)
    return text
