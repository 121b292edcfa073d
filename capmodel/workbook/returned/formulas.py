"""Compares formulas and number formats as they mean, since each program writes the same one in its own way."""

from __future__ import annotations

import functools
import re

from capmodel.workbook.writing.book import column_name, column_number

_FORMAT = re.compile(r'"([^"]*)"|\\(.)|([_*].|\[[^\]]*\])|(.)', re.DOTALL)
_MEANS_ITSELF = frozenset("()-+/: $£€!^&'~{}<>=")
_TOKEN = re.compile(
    r"""(?P<text>"(?:[^"]|"")*")|(?P<sheet>'(?:[^']|'')*'!)|(?P<number>(?<![A-Za-z_.$\d])\d+\.?\d*(?:[eE][+-]?\d+)?)"""
    r"""|(?P<word>[A-Za-z_.$][\w.$]*)|(?P<space>\s+)|(?P<sign>.)""",
    re.DOTALL,
)
#: A text or the name of a sheet, which hold no reference; or a reference to a cell.
_REFERENCE = re.compile(
    r"""("(?:[^"]|"")*"|'(?:[^']|'')*'!)|(?<![\w.])(?P<cell>(?P<fixed_column>\$?)(?P<column>[A-Za-z]{1,3})(?P<fixed_row>\$?)(?P<row>\d{1,7}))(?![\w(.!])"""
)
_PLAIN_SHEET = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
_CELL = re.compile(r"\$?[A-Za-z]{1,3}\$?\d+")
#: A reference to a cell that is gone, which some programs write with the sheet it was on.
_LOST = re.compile(r"(?:'(?:[^']|'')*'|[\w.]+)!#REF!")
_PREFIXES = ("_XLFN.", "_XLWS.", "_XLUDF.", "COM.MICROSOFT.", "COM.SUN.STAR.SHEET.ADDIN.ANALYSIS.")


def same_formula(one: str, other: str) -> bool:
    """Whether two formulas are the same but for how a program writes numbers, capitals, blanks and quotation marks of sheets.

    >>> same_formula("SUM('Data'!A1,0.005)", "sum(Data!a1, 5E-3)"), same_formula("A1+0", "A1")
    (True, False)
    """
    return one == other or canonical(one) == canonical(other)


@functools.lru_cache(maxsize=10_000)
def canonical(formula: str) -> str:
    """A formula as it is compared."""
    return _LOST.sub("#REF!", "".join(_piece(match) for match in _TOKEN.finditer(formula.removeprefix("="))))


def _piece(match: re.Match[str]) -> str:
    text = match[0]
    if match["space"]:
        return ""
    if match["number"]:
        return repr(float(text))
    if match["sheet"]:
        name = text[1:-2].replace("''", "'")
        return f"{name.upper()}!" if _PLAIN_SHEET.fullmatch(name) and not _CELL.fullmatch(name) else text.upper()
    if match["word"]:
        text = text.upper()
        for prefix in _PREFIXES:
            text = text.removeprefix(prefix)
    return text


class Copied:
    """A formula that is copied to other cells: references without a dollar sign move with it.

    >>> Copied("SUM($A1:B$2)*'A1 2'!C3").at(2, 1), Copied("A1").at(-1, 0)
    ("SUM($A3:C$2)*'A1 2'!D5", '#REF!')
    """

    def __init__(self, formula: str) -> None:
        """Take it apart at its references, once for all cells to which it is copied."""
        self.texts: list[str] = []
        self.references: list[
            tuple[int, bool, str, int, bool]
        ] = []  # column, whether it is fixed, the sign between, row, whether it is fixed
        end = 0
        for match in _REFERENCE.finditer(formula):
            if match["cell"] is not None:
                self.texts.append(formula[end : match.start()] + match["fixed_column"])
                place = (
                    column_number(match["column"]),
                    bool(match["fixed_column"]),
                    match["fixed_row"],
                    int(match["row"]),
                    bool(match["fixed_row"]),
                )
                self.references.append(place)
                end = match.end()
        self.rest = formula[end:]

    def at(self, rows: int, columns: int) -> str:
        """The formula so many rows further down and columns further right."""
        found = []
        for text, (column, is_column, sign, row, is_row) in zip(self.texts, self.references, strict=True):
            column, row = (column if is_column else column + columns), (row if is_row else row + rows)
            found.append(f"{text}{column_name(column - 1)}{sign}{row}" if column > 0 and row > 0 else f"{text.removesuffix('$')}#REF!")
        return f"{''.join(found)}{self.rest}"


@functools.cache
def same_format(one: str, other: str) -> bool:
    """Whether two number formats show the same: programs write signs with and without a stroke or quotation marks.

    >>> same_format("#,##0_);(#,##0)", "#,##0_);" + chr(92) + "(#,##0)"), same_format("0.00", '"99.00"')
    (True, False)
    """
    return one == other or canonical_format(one) == canonical_format(other)


@functools.lru_cache(maxsize=2_000)
def canonical_format(text: str) -> str:
    """A number format sign by sign; what is only copied to the cell is marked, unless it means itself without marks too."""
    found = []
    for quoted, escaped, code, plain in _FORMAT.findall(text):
        copied = quoted or escaped
        found += [sign if sign in _MEANS_ITSELF else f"\\{sign}" for sign in copied] if copied else [code or plain]
    return "".join("general" if text.lower() == "general" else text for text in ["".join(found)])
