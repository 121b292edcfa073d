"""Finds NHS numbers in any column of an extract, however they are written, by their check digit.

Every digit of a cell counts, in whatever script and with whatever is written between; dates and times are left out first. Ten
digits are looked at wherever they may stand: alone, after zeros or another prefix, before a suffix, or at either end of a
longer run. One in eleven numbers of ten digits passes the check by chance, so a column is refused only where more numbers of it
pass than chance explains. By mistake that happens to less than one in a thousand columns of ten-digit figures that are no
NHS numbers (three different ones that all pass), and to less than one in ten thousand columns of longer figures (five). One
number, or two, cannot be distinguished from chance. What is refused, and where, is in `identity`.
"""

from __future__ import annotations

import math
import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache

from capmodel.baseline.engines import DATE, FLAG, NUMBER, TEXT, WHOLE, Session
from capmodel.baseline.files import quoted
from capmodel.baseline.persons.extract.view import identifier, text_of, times

#: How many of ten-digit numbers pass the check by chance.
CHANCE = 1 / 11
#: A column is refused where chance would let so many numbers pass in less than this share of columns: of ten digits alone, of longer runs.
ALONE, WITHIN = 1e-3, 1e-5
#: Digits that stand beyond the ten on either side, as far as they are looked for where a run is longer.
BESIDE = 4
#: A run of more digits than this is looked at from its ends only.
LONG = 20
DIGITS = 10
#: Every script, and so every digit, is among the code points below this; those above are ideographs and private.
SCRIPTS = 0x20000
_DATE = "(19|20)[0-9]{2}-[01][0-9]-[0-3][0-9]([T ][0-9]{2}:[0-9]{2}(:[0-9]{2}([.][0-9]+)?)?(Z|[+-][0-9]{2}:?[0-9]{2})?)?"
_STANDING = "(^|[^0-9])([0-9]{3}[^0-9A-Za-z]{0,3}[0-9]{3}[^0-9A-Za-z]{0,3}[0-9]{4})([^0-9]|$)"
#: The windows of ten digits that stand by themselves.
BY_THEMSELVES = ("whole", "standing")
#: Up to so many trials the chance is added up exactly.
EXACT = 500

#: So many columns are looked at in one reading: an engine takes four times as long to plan a query of twice as many.
TOGETHER = 10

#: A column, and where in it ten digits are looked for.
Window = tuple[str, str]


@dataclass(frozen=True)
class Held:
    """A column with NHS numbers, and how many different ones it holds at least."""

    column: str
    numbers: int


def check_digit_holds(number: str) -> str:
    """A condition that holds where a whole number is an NHS number: ten digits, the first not 0, not all alike, modulus 11.

    The weighted sum of the digits (10 for the first, 1 for the last) is a multiple of 11. It is worked out from what is left of the
    number after division by 10, 100, ..., since powers of ten are 1 and -1 in turn modulo 11.
    """
    rests = " ".join(f"{'-' if t % 2 == 0 else '+'} {1 + 2 * t} * ({number} % {10**t})" for t in range(1, DIGITS))
    return f"({number} {rests}) % 11 = 0"


def is_chance(valid: int, trials: int, limit: float) -> bool:
    """Whether so many of so many different numbers would pass the check by chance in at least that share of columns.

    >>> is_chance(2, 2, 1e-3), is_chance(3, 3, 1e-3), is_chance(100, 1100, 1e-3), is_chance(140, 1100, 1e-3)
    (True, False, True, False)
    """
    if valid <= trials * CHANCE:
        return True
    if trials > EXACT:
        deviation = math.sqrt(trials * CHANCE * (1 - CHANCE))
        return math.erfc((valid - 0.5 - trials * CHANCE) / deviation / math.sqrt(2)) / 2 >= limit
    exact = (math.comb(trials, k) * 10 ** (trials - k) for k in range(valid, trials + 1))
    return bool(sum(exact) * round(1 / limit) >= 11**trials)


def columns_with_numbers(session: Session, view: str, of: Mapping[str, str], columns: Sequence[str]) -> list[Held]:
    """The columns of a view that hold more valid NHS numbers than chance explains.

    Args:
        session: the engine that holds the view.
        view: the rows of people, or the activity lines.
        of: the kinds of its columns.
        columns: the columns to look at.
    """
    longer = _long_enough(session, view, of, columns)
    groups = [longer[start : start + TOGETHER] for start in range(0, len(longer), TOGETHER)]
    windows = [[(column, name) for column in group for name in _windows("d", "t")] for group in groups]
    many = [window for own in windows for window in _beyond_chance(session, view, of, own, "COUNT({})")]
    # One number on many rows is one number: it passes by chance as a whole or not at all. Different numbers are held in memory
    # while they are counted: those of one column at a time.
    of_column = [[window for window in many if window[0] == column] for column in dict.fromkeys(column for column, _ in many)]
    found = [_beyond_chance(session, view, of, own, "COUNT(DISTINCT {})") for own in of_column]
    return [Held(next(iter(counted))[0], max(counted.values())) for counted in found if counted]


def texts_with_numbers(session: Session, texts: Sequence[str]) -> list[int]:
    """The positions of the texts in which ten digits by themselves are a valid NHS number.

    One is enough: these are names of columns and files, which are written down, seldom hold ten digits, and are changed easily.
    """
    rows = ", ".join(f"({i}, {text_of(text)})" for i, text in enumerate(texts) if sum(sign.isdigit() for sign in text) >= DIGITS)
    if not rows:
        return []
    plain = f"SELECT i, {_plain('name', session)} AS t FROM (VALUES {rows}) AS given(i, name)"
    digits = f"SELECT i, t, {session.without('t', '[^0-9]+')} AS d FROM ({plain}) AS plain"
    number = f"SELECT i, {_windows('d', 't')['standing']} AS number FROM ({digits}) AS picked"
    return [int(i) for (i,) in session.query(f"SELECT i FROM ({number}) AS numbered WHERE {_valid('number')} ORDER BY i")]


def _beyond_chance(session: Session, view: str, of: Mapping[str, str], windows: Sequence[Window], count: str) -> dict[Window, int]:
    """The windows in which more numbers pass the check than chance explains, and how many; counted by rows or by different numbers."""
    columns = list(dict.fromkeys(column for column, _ in windows))
    texts = ", ".join(f"{_plain(identifier(column, of), session)} AS t{i}" for i, column in enumerate(columns))
    digits = ", ".join(f"t{i}, {session.without(f't{i}', '[^0-9]+')} AS d{i}" for i in range(len(columns)))
    picked = f"(SELECT {digits} FROM (SELECT {texts} FROM {view}) AS plain) AS picked"
    at = {column: _windows(f"d{i}", f"t{i}") for i, column in enumerate(columns)}
    numbers = ", ".join(f"{at[column][name]} AS w{i}" for i, (column, name) in enumerate(windows))
    each = (count.format(f"CASE WHEN {condition(f'w{i}')} THEN w{i} END") for i in range(len(windows)) for condition in (_counts, _valid))
    (found,) = session.query(f"SELECT {', '.join(each)} FROM (SELECT {numbers} FROM {picked}) AS numbered")
    counted = zip(windows, map(int, found[::2]), map(int, found[1::2]), strict=True)
    return {
        window: valid for window, trials, valid in counted if not is_chance(valid, trials, ALONE if window[1] in BY_THEMSELVES else WITHIN)
    }


def _long_enough(session: Session, view: str, of: Mapping[str, str], columns: Sequence[str]) -> list[str]:
    """The columns in which some cell may hold ten digits, found in one pass; a date and a yes or no hold none."""
    asked = [column for column in columns if of[column] not in (DATE, FLAG)]
    if not asked:
        return []
    least = 10 ** (DIGITS - 1)
    conditions = [
        f"{quoted(column)} >= {least} OR {quoted(column)} <= -{least}"
        if of[column] in (WHOLE, NUMBER)
        else f"LENGTH({quoted(column) if of[column] == TEXT else identifier(column, of)}) >= {DIGITS}"
        for column in asked
    ]
    (found,) = session.query(f"SELECT {', '.join(map(times, conditions))} FROM {view}")
    return [column for column, count in zip(asked, found, strict=True) if count]


def _plain(text: str, session: Session) -> str:
    """A text without dates and times, with the digits of every script as 0 to 9; nothing where it is too short for ten digits."""
    others, digits = _other_digits()
    # Most cells hold ASCII only, and most others no digits of theirs: they are spared the long list of digits.
    has_digits = f"REGEXP_EXTRACT({session.without(text, '[ -~]+')}, '[\\p{{Nd}}\\p{{No}}]', 0) <> ''"
    translated = f"WHEN {has_digits} THEN TRANSLATE({text}, {text_of(others)}, '{digits}')"
    ascii_only = f"CASE WHEN REGEXP_EXTRACT({text}, '[^ -~]', 0) = '' THEN {text} {translated} ELSE {text} END"
    undated = f"CASE WHEN {text} LIKE '%____-__-__%' THEN {session.without(ascii_only, _DATE)} ELSE {ascii_only} END"
    return f"CASE WHEN LENGTH({text}) >= {DIGITS} THEN {undated} ELSE '' END"


@cache
def _other_digits() -> tuple[str, str]:
    """The digits of every script but 0 to 9, superscripts and the like among them, and what each is."""
    known = [sign for sign in map(chr, range(128, SCRIPTS)) if sign.isdigit()]
    return "".join(known), "".join(str(unicodedata.digit(sign)) for sign in known)


def _windows(digits: str, text: str) -> dict[str, str]:
    """Where ten digits of a cell may be an NHS number, each as a whole number or NULL."""
    # Of a very long run, such as the digits of a hash, only the ends are looked at.
    reach = [(k, f"LENGTH({digits}) >= {DIGITS + k}" + (f" AND LENGTH({digits}) <= {LONG}" if k else "")) for k in range(BESIDE)]
    windows = {"whole": (f"LENGTH(TRIM(LEADING '0' FROM {digits})) = {DIGITS}", f"TRIM(LEADING '0' FROM {digits})")}
    windows |= {f"end {k}": (holds, f"SUBSTR({digits}, LENGTH({digits}) - {DIGITS - 1 + k}, {DIGITS})") for k, holds in reach}
    windows |= {
        f"start {k}": (f"{holds} AND LENGTH({digits}) >= {DIGITS + BESIDE + k}", f"SUBSTR({digits}, {1 + k}, {DIGITS})")
        for k, holds in reach
    }
    found = {name: f"CASE WHEN {holds} THEN TRY_CAST({ten} AS BIGINT) END" for name, (holds, ten) in windows.items()}
    # Beside letters only, ten digits are looked for where there are no others: most identifiers are spared the search.
    alone = f"REGEXP_EXTRACT({text}, '[^0-9A-Za-z]', 0) <> '' OR LENGTH({digits}) = {DIGITS}"
    standing = f"CASE WHEN {alone} THEN REGEXP_EXTRACT({text}, '{_STANDING}', 2) END"
    ten = " || ".join(f"REGEXP_EXTRACT({standing}, '^([0-9]{{3}})[^0-9]*([0-9]{{3}})[^0-9]*([0-9]{{4}})$', {part})" for part in (1, 2, 3))
    return found | {"standing": f"TRY_CAST({ten} AS BIGINT)"}


def _counts(number: str) -> str:
    """Ten digits that could be an NHS number: the first is not 0, and they are not all alike."""
    return f"{number} >= {10 ** (DIGITS - 1)} AND {number} % {int('1' * DIGITS)} <> 0"


def _valid(number: str) -> str:
    return f"{_counts(number)} AND {check_digit_holds(number)}"
