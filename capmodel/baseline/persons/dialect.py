"""What the engine of Apache Spark reads and hands over otherwise than standard SQL and Python: texts, names, files and numbers."""

from __future__ import annotations

import re
from decimal import Decimal
from typing import Any


def in_dialect(sql: str) -> str:
    r"""Standard SQL as Spark reads it: in a text, a backslash is an escape unless it is doubled.

    >>> print(in_dialect(r'''SELECT "a\b" FROM t WHERE c = 'x\y' AND d = 'it''s' '''.strip()))
    SELECT `a\b` FROM t WHERE c = 'x\\y' AND d = 'it''s'
    """
    return re.sub(r'"(?:[^"]|"")*"|\'(?:[^\']|\'\')*\'', _piece, sql)


def _piece(found: re.Match[str]) -> str:
    piece = found[0]
    return piece.replace("\\", "\\\\") if piece[0] == "'" else backticked(piece[1:-1].replace('""', '"'))


def backticked(name: str) -> str:
    """A name as Spark writes it."""
    return "`" + name.replace("`", "``") + "`"


def literal(file: str) -> str:
    """A file's name in which no sign stands for others."""
    return re.sub(r"([\\*?\[\]{}])", r"\\\1", file)


def plain(value: Any) -> Any:
    """A value as Python has it: whole numbers whole, lists as lists."""
    if isinstance(value, Decimal):
        return int(value) if value == value.to_integral_value() else float(value)
    return [plain(item) for item in value] if isinstance(value, list) else value
