"""What a label may be: a text that no spreadsheet program takes for something else, nor for another label.

A workbook matches labels by SUMIFS. Excel reads a criterion as if it were typed: "1.1" and "1.10" are one number to it, "May-26" is
a date, "TRUE" a truth value, and * ? ~ < > = have a meaning of their own. Case, and blanks or characters that are not seen, do not tell labels apart.
"""

from __future__ import annotations

import re
import unicodedata

from capmodel.assumptions.cells import BLANKS, folded, is_hidden
from capmodel.assumptions.document import Document, Step
from capmodel.errors import Problem

LONGEST_LABEL = 60
_PATTERN = re.compile(r"[*?~<>=\"\[\]]|^[-+@']")
_MONTH = r"(?:jan|feb|mar|apr|may|jun|jul|aug|sep|sept|oct|nov|dec|january|february|march|april|june|july|august|september|october|november|december)"
_AMOUNT = re.compile(r"[£$€¥]?\s*\(?[-+]?\s*[£$€¥]?\s*(?:\d[\d, ]*(?:\.\d*)?|\.\d+)(?:e[-+]?\d+)?\s*%?\s*\)?\s*[%£$€¥]?")
_FRACTION = re.compile(r"\d+ \d+/\d+")
_TIME = re.compile(r"\d{1,4}:\d{1,2}(?::\d{1,2}(?:\.\d+)?)?(?: ?[ap]m?)?|\d{1,2} ?[ap]m|\d{1,2} [ap]")
_NAMED_DATE = re.compile(
    rf"{_MONTH}[-/. ]*\d{{1,4}}|\d{{1,4}}[-/. ]*{_MONTH}(?:[-/., ]*\d{{2,4}})?|{_MONTH}[-/. ]*\d{{1,2}}[-/, ]+\d{{2,4}}"
)
_DATE = re.compile(r"(\d{1,4})([-/.])(\d{1,4})(?:\2(\d{1,4}))?(?:[ t]\d{1,2}:\d{2}.*)?")
_WORDS = {"true": "a truth value", "false": "a truth value"}


#: Words that are written in capitals, or otherwise than other words.
_ABBREVIATIONS = {word.lower(): word for word in ("A&E", "BCF", "CCG", "CHC", "FNC", "GP", "GPs", "ICB", "ICS", "LA", "NHS", "PCN", "VCSE")}


def label_of(name: str) -> str:
    """The label of an id that has none of its own: its words, with a capital at the beginning, and abbreviations as they are written.

    >>> label_of("gp_federation"), label_of("home_care"), label_of("nhs")
    ('GP federation', 'Home care', 'NHS')
    """
    words = [_ABBREVIATIONS.get(word, word) for word in name.split("_")]
    return " ".join([words[0][:1].upper() + words[0][1:], *words[1:]])


def reads_as(label: str) -> str:
    """What a spreadsheet program takes a label for, where that is no text; else nothing.

    >>> [reads_as(label) for label in ("1.10", "1E3", "2025-04", "Apr-26", "5-9", "TRUE", "65-74", "Ward 7", "May")]
    ['a number', 'a number', 'a date', 'a date', 'a date', 'a truth value', '', '', '']
    """
    key = folded(label).replace("\u2212", "-")
    if key.startswith("#"):
        return "an error"
    if _AMOUNT.fullmatch(key) or _FRACTION.fullmatch(key):
        return "a number"
    if _TIME.fullmatch(key):
        return "a time"
    if _NAMED_DATE.fullmatch(key) or _is_date(key):
        return "a date"
    return _WORDS.get(key, "")


def _is_date(key: str) -> bool:
    """True of two or three numbers that some program reads as day, month and year in some order."""
    found = _DATE.fullmatch(key)
    if not found:
        return False
    parts = [int(part) for part in (found[1], found[3], found[4]) if part]
    if len(parts) == 2:
        one, other = parts
        return any(1 <= month <= 12 and (1 <= rest <= 31 or rest >= 1900) for month, rest in ((one, other), (other, one)))
    return any(1 <= part <= 12 for part in parts) and any(1 <= part <= 31 for part in parts)


def hidden(label: str) -> str:
    r"""The name of a character that is not seen, or of a blank that is not the usual one; else nothing.

    >>> hidden("Acute\u00a0trusts"), hidden("Acute trusts")
    ('NO-BREAK SPACE', '')
    """
    for character in label:
        if (
            is_hidden(character)
            or unicodedata.category(character) == "Cc"
            or character in BLANKS
            or (character.isspace() and character != " ")
        ):
            return unicodedata.name(character, f"U+{ord(character):04X}")
    return ""


def check_label(document: Document, steps: list[Step], label: str, seen: set[str], problems: list[Problem]) -> None:
    """Report a label that a spreadsheet program would not keep apart as a text; `seen` holds those of its kind so far."""
    key, other = folded(label), reads_as(label)
    why, remedy = "", "Reword it"
    if other:
        why, remedy = (
            f"a spreadsheet program takes it for {other}, and adds up what it takes for equal",
            "Write a word with it, such as Group",
        )
    elif hidden(label):
        why, remedy = f"it holds a character that is not seen ({hidden(label)})", "Type it again with plain blanks"
    elif label != label.strip() or not key:
        why, remedy = "it begins or ends with a blank, or is one", "Take the blank away"
    elif _PATTERN.search(unicodedata.normalize("NFKC", label)):
        why = 'labels are matched as text in the workbook: none of * ? ~ < > = [ ] " and no leading sign or apostrophe'
    elif len(label) > LONGEST_LABEL:
        why = f"a label has at most {LONGEST_LABEL} characters, and this one {len(label)}"
    elif key in seen:
        why, remedy = "another one is the same but for case or blanks, and a spreadsheet program adds up both", "Reword one of them"
    if why:
        problems.append(document.problem(steps, f"the label {label!r} cannot be used", why, remedy))
    seen.add(key)
