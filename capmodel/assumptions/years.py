"""Financial years as people write them: 2027, 2027/28 and 2027-28 are one year, by the year it starts in."""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache
from typing import Annotated, Any

from pydantic import BeforeValidator, Field

#: The remedy for full-width, Arabic and raised digits, of which a raised one may be a power.
OTHER_DIGITS = "Write it with the digits 0 to 9 of the keyboard"
_PAIR = re.compile(r"([12][0-9]{3})\s*[/\u2013-]\s*([0-9]{2}|[0-9]{4})")


def year_label(year: int) -> str:
    """A financial year as it is spoken of.

    >>> year_label(2026)
    '2026/27'
    """
    return f"{year}/{(year + 1) % 100:02d}"


def of_years(count: int) -> str:
    """A number of years in words.

    >>> of_years(1), of_years(5)
    ('1 year', '5 years')
    """
    return f"{count} year{'' if count == 1 else 's'}"


def year_of(text: Any) -> int | None:
    """The year a financial year starts in, however it is written; None where it is no year.

    >>> year_of("2027/28"), year_of("2027-28"), year_of(2027), year_of("1999/2000"), year_of("north")
    (2027, 2027, 2027, 1999, None)

    Raises:
        ValueError: two years that do not follow each other, such as 2027/29, or other digits than those of the keyboard.
    """
    if isinstance(text, (int, float)) and not isinstance(text, bool):
        return int(text) if float(text).is_integer() and 1000 <= text < 3000 else None
    plain = _plain(str(text)) if isinstance(text, str) else ""
    pair = _PAIR.fullmatch(plain)
    single = re.fullmatch(r"\+?[12][0-9]{3}(\.0+)?", plain)
    if (single or pair) and not all(character.isascii() for character in str(text) if character.isdigit()):
        raise ValueError(f"the year {text} has other digits than those of the keyboard; programs read it differently. {OTHER_DIGITS}")
    if single:
        return int(float(plain))
    if pair is None:
        return None
    start, end = int(pair[1]), int(pair[2])
    if end not in ((start + 1) % 100 if len(pair[2]) == 2 else start + 1,):
        raise ValueError(f"{plain} is no financial year; one runs into the next. Write {year_label(start)} or {start}")
    return start


def _plain(text: str) -> str:
    """A text without what is not seen, and with digits of the keyboard."""
    return "".join(c for c in unicodedata.normalize("NFKC", text) if unicodedata.category(c) != "Cf").strip()


def key_of(part: str) -> str:
    """A part of a figure's key: a year by its number, anything else as it is.

    >>> key_of(" 2027/28"), key_of("acute_trusts")
    ('2027', 'acute_trusts')

    Raises:
        ValueError: two years that do not follow each other.
    """
    year = year_of(part)
    return part.strip() if year is None else str(year)


def name_with_key(text: str) -> str:
    """A figure's full name with years by their numbers.

    >>> name_with_key("efficiency_share[2027/28]"), name_with_key("months@prudent")
    ('efficiency_share[2027]', 'months@prudent')

    Raises:
        ValueError: two years that do not follow each other.
    """
    before, bracket, rest = text.strip().partition("[")
    key, end, after = rest.rpartition("]")
    return before + bracket + ",".join(key_of(part) for part in key.split(",")) + end + after if end else text.strip()


@lru_cache(maxsize=10_000, typed=True)
def same_key(key: Any) -> Any:
    """What two spellings of one key of a mapping have in common: a year or whole number as such, any other text without blanks.

    >>> same_key("2028") == same_key(2028) == same_key(" +2028") == same_key("2028/29"), same_key("01") == same_key(1)
    (True, False)
    """
    text = _plain(str(key))
    try:
        year = year_of(text)
    except ValueError:
        year = None
    if year is not None:
        return year
    return int(text) if re.fullmatch(r"[+-]?(0|[1-9][0-9]{0,17})", text) else text


def _as_year(given: Any) -> Any:
    year = year_of(given)
    return given if year is None else year


#: A financial year in a file, by the year it starts in.
Year = Annotated[int, BeforeValidator(_as_year), Field(ge=1000, lt=3000)]
