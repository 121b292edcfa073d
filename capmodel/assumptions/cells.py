"""Cells of a table as text and as numbers, and how many problems of one kind are named.

What a cell means, and what it may hold, is for the reader of its table.
"""

from __future__ import annotations

import calendar
import math
import re
import unicodedata
from collections.abc import Sequence
from decimal import Decimal
from typing import Any

from capmodel.assumptions.scalars import number_of
from capmodel.assumptions.years import OTHER_DIGITS, year_of
from capmodel.errors import MONTHS, Problem

#: How many headings or codes of one kind are named before the rest are counted.
NAMED = 5
DIGITS_ONLY = "Write digits only, without commas, signs or words"
_SCALES = {
    "%": ("per cent", "0.01"),
    "per cent": ("per cent", "0.01"),
    "k": ("thousand", "1e3"),
    "thousand": ("thousand", "1e3"),
    "m": ("million", "1e6"),
    "million": ("million", "1e6"),
    "bn": ("billion", "1e9"),
    "billion": ("billion", "1e9"),
}
#: A number with signs, commas or a word; a comma parts thousands, and nothing else.
_ALMOST = re.compile(
    r"(?P<open>\()?\s*(?P<minus>[-\u2212])?\s*£?\s*(?P<digits>([0-9]+|[0-9]{1,3}(,[0-9]{3})+)(\.[0-9]+)?)"
    rf"(?P<scale>\s*({'|'.join(sorted(_SCALES, key=len, reverse=True))})|)\s*(?P<close>\))?",
    re.IGNORECASE,
)
#: How many figures of a column are named before the rest are counted.
NAMED_FIGURES = 20
#: Characters that look like a blank and are none to Python: fillers of Korean writing, and the empty Braille cell.
BLANKS = "\u115f\u1160\u3164\uffa0\u2800"
#: What spreadsheet programs show in place of a value that they cannot work out, or that is wider than its column.
_CELL_ERROR = re.compile(r"#(N/A|REF!|VALUE!|NAME\?|DIV/0!|NUM!|NULL!|#+)")
#: A month as spreadsheet programs show it, or a date.
_MONTH = re.compile(r"[A-Za-z]{3}-[0-9]{2,4}|[0-9]{1,2}-[A-Za-z]{3}|[0-9]{4}-[0-9]{2}-[0-9]{2}|[0-9]{1,2}/[0-9]{1,2}/[0-9]{2,4}")
_UNSEEN_MARK = re.compile("[\u034f\u17b4\u17b5\u180b-\u180d\ufe00-\ufe0f\U000e0100-\U000e01ef]")
#: Letters that Windows takes for the two that they join.
_JOINED = str.maketrans({"\u00e6": "ae", "\u0153": "oe", "\u00fe": "th"})


def plain_text(cell: Any) -> str:
    """A cell as text: a whole number without its point, nothing as nothing.

    >>> plain_text(7.0), plain_text(None), plain_text(" a ")
    ('7', '', 'a')
    """
    if isinstance(cell, float) and cell.is_integer():
        cell = int(cell)
    return "" if cell is None else str(cell).strip()


def year_text(cell: Any) -> str:
    """A year in a cell by its number, however it is written; any other text as it is.

    >>> year_text("2027/28"), year_text(2027.0), year_text("all")
    ('2027', '2027', 'all')

    Raises:
        ValueError: two years that do not follow each other, or a date or month.
    """
    year, text = year_of(cell), plain_text(cell)
    if year is None and _MONTH.fullmatch(text):
        raise ValueError(
            f"the year is {text!r}; a spreadsheet program may have made a date of it. Write it as 2026/27, in cells formatted as text"
        )
    return text if year is None else str(year)


def year_remedy(year: str, otherwise: str) -> str:
    """The remedy for a year that is not asked for; what is no year at all is to be written as one, since its row is meant.

    >>> year_remedy("2031", "Take the row out"), year_remedy("FY2026", "Take the row out")
    ('Take the row out', 'Write the year it begins in, as 2026 or 2026/27')
    """
    return otherwise if re.fullmatch("[0-9]{4}", year) else "Write the year it begins in, as 2026 or 2026/27"


def date_remedy(text: str) -> str:
    """The remedy for what is no date as evidence is dated; what a spreadsheet program makes of one is put back.

    >>> date_remedy("Apr-26"), date_remedy("2016/17")
    ('Write 2026-04 if April 2026 is meant, in cells formatted as text', 'Write a year, a month or a day: 2016, 2016-04, 2016-04-30')
    """
    found = re.fullmatch(r"([A-Za-z]{3})-([0-9]{2})", text)
    month = MONTHS.get(found[1].lower()) if found else None
    if found is None or month is None:
        return "Write a year, a month or a day: 2016, 2016-04, 2016-04-30"
    return f"Write 20{found[2]}-{month:02d} if {calendar.month_name[month]} 20{found[2]} is meant, in cells formatted as text"


def folded(text: str) -> str:
    r"""A text as far as a spreadsheet program, or a reader, tells texts apart: without case, hidden characters and doubled blanks.

    How an accented or a full-width letter is coded makes no difference, and a joined letter is the two that it joins.

    >>> folded("Acute\u00a0 trusts\u200b") == folded("acute trusts"), folded("Cafe\u0301") == folded("CAF\u00c9")
    (True, True)
    """
    if text.isascii():
        return " ".join(text.casefold().split())
    plain = unicodedata.normalize("NFKC", text)
    shown = "".join(" " if character.isspace() or character in BLANKS else character for character in plain if not is_hidden(character))
    return unicodedata.normalize("NFC", " ".join(shown.casefold().translate(_JOINED).split()))


def is_hidden(character: str) -> bool:
    r"""True of a character that is not seen and takes no room: a soft hyphen, a joiner, a variation selector.

    >>> [is_hidden(each) for each in ("a", " ", "\u00ad", "\u200b", "\ufe0f")]
    [False, False, True, True, True]
    """
    return unicodedata.category(character) in ("Cf", "Cn", "Co", "Cs") or _UNSEEN_MARK.match(character) is not None


def spelt_otherwise(key: str, where: str, spellings: dict[str, tuple[str, str]], body: str) -> tuple[str, Problem | None]:
    """The first spelling of a key, and a problem where this one differs from it in case or spaces only.

    Args:
        key: the key of a row.
        where: where it stands.
        spellings: the keys so far, each with its place; this one joins them.
        body: what a key is of.

    >>> spelt_otherwise("NORTH", "line 3", {"north": ("North", "line 2")}, "place")[0]
    'North'
    """
    first, place = spellings.setdefault(folded(key), (key, where))
    if first == key:
        return key, None
    what = f"the code {key!r} differs from {first!r} in case or spaces only"
    return first, Problem(where, what, f"it stands at {place}, and may be the same {body}", "Take one out, or rename it")


def unwritable(text: str) -> tuple[str, str, str] | None:
    """Why a text cannot stand in a table that a spreadsheet opens: what, why and remedy, or None.

    >>> unwritable("=1+1")[0], unwritable("#N/A")[0], unwritable("Y63")
    ("'=1+1' would be run as a formula", "'#N/A' is an error of a spreadsheet program", None)
    """
    if _CELL_ERROR.fullmatch(text):
        return (
            f"{text!r} is an error of a spreadsheet program",
            "it stands where a code or a word was",
            "Correct the formula, or the column's width",
        )
    if "\n" in text or "\r" in text:
        return "runs over several lines; a quotation mark is not closed", "rows would be lost in it", "Close the quotation mark"
    if not re.sub(r"\s", "", text).isprintable():
        return f"{text!r} holds a character that cannot be seen", "it would match nothing", "Type it again"
    if text[:1] in ("=", "+", "-", "@"):
        return f"{text!r} would be run as a formula", "a spreadsheet takes it for one", "Put a letter first"
    return None


def a_few(wrong: Sequence[Problem], what: str) -> list[Problem]:
    """The first problems of a kind, and how many more there are.

    >>> [problem.what for problem in a_few([Problem("x", "no", "a", "b")] * 22, "figures are wrong")][-1]
    '2 more figures are wrong'
    """
    rest = len(wrong) - NAMED_FIGURES
    if rest <= 0:
        return list(wrong)
    more = Problem(wrong[NAMED_FIGURES].where, f"{rest:,} more {what}", "only the first are named", "Correct the column")
    return [*wrong[:NAMED_FIGURES], more]


def in_digits(text: str) -> str:
    """The remedy for a text where a number is needed: the same number in digits, so that the remedy never changes what is meant.

    >>> in_digits("22%"), in_digits("(0.5)")
    ('Write 0.22 if 22 per cent is meant', 'Write -0.5 if minus 0.5 is meant')
    >>> in_digits("£1,085.00"), in_digits("1.5m")
    ('Write digits only, without commas, signs or words: 1085.00', 'Write 1500000 if 1.5 million is meant')
    """
    found = _ALMOST.fullmatch(text.strip())
    if any(character.isdigit() and not character.isascii() for character in text):
        return OTHER_DIGITS
    if not found:
        return DIGITS_ONLY
    bracketed, minus = found["open"] is not None, found["minus"] is not None
    if bracketed != (found["close"] is not None) or (bracketed and minus):
        return DIGITS_ONLY
    sign, digits, scale = "-" if bracketed or minus else "", found["digits"].replace(",", ""), found["scale"].strip().lower()
    if scale:
        word, factor = _SCALES[scale]
        value = format((Decimal(digits) * Decimal(factor)).normalize(), "f")
        return f"Write {sign}{value} if {'minus ' if sign else ''}{digits} {word} is meant"
    return f"Write {sign}{digits} if minus {digits} is meant" if bracketed else f"{DIGITS_ONLY}: {sign}{digits}"


def number(cell: Any, unit: str) -> float:
    """A cell as a number: digits, or digits with a per cent sign in a share; NaN where it is anything else.

    >>> number("2%", "share"), number("2%", "GBP"), number(" 1200 ", "GBP")
    (0.02, nan, 1200.0)
    """
    if isinstance(cell, (int, float)) and not isinstance(cell, bool):
        return float(cell)
    text = str(cell).strip() if isinstance(cell, str) else ""
    percent = unit == "share" and text.endswith("%")
    value = plain_number(text[:-1] if percent else text)
    return value / 100 if percent else value


def plain_number(text: str) -> float:
    """A text as a number: the digits 0 to 9, as YAML reads them; no number where it is anything else.

    >>> plain_number("1.5e3"), plain_number("\uff11\uff12"), plain_number("1_000"), plain_number("inf")
    (1500.0, nan, nan, nan)
    """
    found = number_of(text.strip())
    return math.nan if found is None or not math.isfinite(found) else float(found)
