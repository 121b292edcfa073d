"""Compares formulas and number formats as they mean, since each program writes the same one in its own way."""

from __future__ import annotations

import functools
import re

_FORMAT = re.compile(r'"([^"]*)"|\\(.)|([_*].|\[[^\]]*\])|(.)', re.DOTALL)
_MEANS_ITSELF = frozenset("()-+/: $£€!^&'~{}<>=")
_TOKEN = re.compile(
    r"""(?P<text>"(?:[^"]|"")*")|(?P<sheet>'(?:[^']|'')*'!)|(?P<number>(?<![A-Za-z_.$\d])\d+\.?\d*(?:[eE][+-]?\d+)?)"""
    r"""|(?P<word>[A-Za-z_.$][\w.$]*)|(?P<space>\s+)|(?P<sign>.)""",
    re.DOTALL,
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
