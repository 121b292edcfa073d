"""What a scalar of a YAML file is: a number, a flag, nothing, or text exactly as it is written.

Rules are those of YAML 1.2: only `true` and `false` are flags (a country code `no` stays text) and dates stay text. A number remembers
how it was written, so that a code such as 5E1 or 001 is that text where text is meant.
"""

from __future__ import annotations

import re
from typing import Any

import yaml

_INTEGER = re.compile(r"[-+]?[0-9]+")
_FLOAT = re.compile(r"[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?")
_WHOLE = re.compile(r"0|-?[1-9][0-9]{0,17}")
#: What stands before a value: an anchor, then a tag.
_BEFORE = re.compile(r"(?:&\S+\s+)?(!\S*)")
TEXT = "!!str"


class WrittenFloat(float):
    """A fraction that is not written as a computer writes it: 5E1, 0.10."""

    written = ""

    def __str__(self) -> str:
        return self.written

    __repr__ = __str__


class WrittenInt(int):
    """A whole number that is not written as a computer writes it: 001, +5."""

    written = ""

    def __str__(self) -> str:
        return self.written

    __repr__ = __str__


def _dumped(dumper: yaml.SafeDumper, number: Any) -> yaml.Node:
    tag = dumper.resolve(yaml.ScalarNode, number.written, (True, False))  # type: ignore[no-untyped-call]
    return dumper.represent_scalar(tag, number.written)


for _kind in (WrittenFloat, WrittenInt):
    yaml.SafeDumper.add_representer(_kind, _dumped)


def number_of(text: str) -> int | float | None:
    """A text as the number it is, which as text is what was written; None where it is no number.

    >>> number_of("5E1") == 50, str(number_of("5E1")), number_of("0x1F"), number_of("1_000")
    (True, '5E1', None, None)
    """
    number: int | float
    if _INTEGER.fullmatch(text) and len(text) <= 300:
        number = int(text)
        if str(number) != text:
            number = WrittenInt(number)
            number.written = text
        return number
    if not _FLOAT.fullmatch(text):
        return None
    number = float(text)
    if str(number) != text:
        number = WrittenFloat(number)
        number.written = text
    return number


def tag_of(node: yaml.Node, lines: list[str]) -> str | None:
    """The tag that is written before a value; None where there is none."""
    mark = node.start_mark
    line = lines[mark.line] if mark.line < len(lines) else ""
    # Most values begin with neither sign.
    found = _BEFORE.match(line, mark.column) if line[mark.column : mark.column + 1] in ("!", "&") else None
    return found[1] if found else None


def value_of(node: yaml.ScalarNode, tag: str | None) -> Any:
    """What a value is."""
    text = str(node.value)
    if tag == TEXT or node.style in ("'", '"', "|", ">"):
        return text
    if text in ("", "~", "null"):
        return None
    if text in ("true", "false"):
        return text == "true"
    number = number_of(text)
    return text if number is None else number


def key_of(node: yaml.ScalarNode, tag: str | None) -> str | int:
    """What a key is: a whole number, such as a year, or text exactly as it is written."""
    text = str(node.value)
    plain = tag != TEXT and node.style not in ("'", '"', "|", ">")
    return int(text) if plain and _WHOLE.fullmatch(text) else text
