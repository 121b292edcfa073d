"""Writes the cells of a sheet as xlsxwriter does, byte for byte, in half the time.

xlsxwriter puts each formula through thirty regular expressions, one for each function newer than Excel 2010, and writes each cell by way of a
list of attributes. A book has tens of thousands of formulas, none with such a function, and cells of four kinds. Anything else is left to
xlsxwriter, whose version is pinned. What a cell holds is decided in `write`.
"""

from __future__ import annotations

from typing import Any

from xlsxwriter.worksheet import Worksheet, re_dynamic_function

from capmodel.workbook.writing.book import address

#: What stands in a text or formula that XML needs written otherwise.
_ESCAPED = {"&": "&amp;", "<": "&lt;", ">": "&gt;"}
_ERRORS = ("#DIV/0!", "#N/A", "#NAME?", "#NULL!", "#NUM!", "#REF!", "#VALUE!")


class QuickSheet(Worksheet):  # type: ignore[misc]
    """A worksheet of xlsxwriter, with shorter ways for formulas and for the cells that books of capmodel have."""

    def _prepare_formula(self, formula: str, expand_future_functions: bool = False) -> str:
        """A formula without its equals sign, where nothing else of it is to be written otherwise."""
        if expand_future_functions or formula[:1] != "=" or formula[-1:] == "}" or re_dynamic_function.search(formula):
            return str(super()._prepare_formula(formula, expand_future_functions))
        return formula[1:]

    def _write_cell(self, row: int, col: int, cell: Any) -> None:
        kind, look = type(cell).__name__, cell.format
        value = cell.value if kind == "Formula" else None
        if look is None or kind not in ("Formula", "String", "Number", "Blank") or isinstance(value, bool):
            super()._write_cell(row, col, cell)
            return
        start = f'<c r="{address(row, col)}" s="{look._get_xf_index()}"'
        if kind == "Formula":
            shown = ""
            if isinstance(value, str):
                shown = "" if not value else ' t="e"' if value in _ERRORS else ' t="str"'
                value = _escaped(value)
            self.fh.write(f"{start}{shown}><f>{_escaped(cell.formula)}</f><v>{value}</v></c>")
        elif kind == "String":
            self.fh.write(f'{start} t="s"><v>{cell.string}</v></c>')
        elif kind == "Number":
            self.fh.write(f"{start}><v>{cell.number:.16G}</v></c>")
        else:
            self.fh.write(f"{start}/>")


def _escaped(text: str) -> str:
    for character, written in _ESCAPED.items():
        if character in text:
            text = text.replace(character, written)
    return text
