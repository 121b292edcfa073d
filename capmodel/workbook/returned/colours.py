"""Tells which looks of cells cannot be read: letters in the colour of what lies behind them, or too small.

Colours are compared by the contrast that the Web Content Accessibility Guidelines define, 1 for the same colour and 21 for black on
white. The faintest words of a book have 1.8; what is below `LEAST_CONTRAST` is not seen on paper or on a screen.
"""

from __future__ import annotations

from collections.abc import Mapping

LEAST_CONTRAST = 1.4
#: Points; letters below it are specks.
SMALLEST = 3.0
BLACK, WHITE = "000000", "FFFFFF"
#: The colours of the usual theme by their number, and those that are given by the number of a palette.
_THEME = (WHITE, BLACK, "E7E6E6", "44546A", "4472C4", "ED7D31", "A5A5A5", "FFC000", "5B9BD5", "70AD47", "0563C1", "954F72")
_INDEXED = {"0": BLACK, "1": WHITE, "8": BLACK, "9": WHITE, "64": BLACK, "65": WHITE}


def colour_of(attributes: Mapping[str, str], otherwise: str) -> str:
    """A colour as six digits, from what an element says of it; another where it says nothing that is known.

    >>> colour_of({"rgb": "FF1F3864"}, BLACK), colour_of({"theme": "0", "tint": "-0.5"}, BLACK), colour_of({"auto": "1"}, BLACK)
    ('1F3864', '7F7F7F', '000000')
    """
    rgb, theme = attributes.get("rgb", "")[-6:].upper(), attributes.get("theme", "")
    try:
        if rgb and int(rgb, 16) >= 0:
            found = rgb.zfill(6)
        elif theme.isdecimal() and int(theme) < len(_THEME):
            found = _THEME[int(theme)]
        else:
            found = _INDEXED.get(attributes.get("indexed", ""), otherwise)
        tint = max(-1.0, min(1.0, float(attributes.get("tint", "0"))))
    except ValueError:
        return otherwise
    toward = 255 if tint > 0 else 0
    parts = [int(found[i : i + 2], 16) for i in (0, 2, 4)]
    return "".join(f"{int(part + (toward - part) * abs(tint)):02X}" for part in parts)


def contrast(one: str, other: str) -> float:
    """How far two colours are apart for the eye.

    >>> contrast("000000", "FFFFFF"), contrast("FFFFFF", "FFFFFF")
    (21.0, 1.0)
    """
    low, high = sorted((_light(one), _light(other)))
    return (high + 0.05) / (low + 0.05)


def _light(colour: str) -> float:
    parts = [int(colour[i : i + 2], 16) / 255 for i in (0, 2, 4)]
    red, green, blue = (part / 12.92 if part <= 0.03928 else ((part + 0.055) / 1.055) ** 2.4 for part in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def is_unseen(letters: str, behind: str, points: float = 10.0) -> bool:
    """Whether letters of a colour and a size cannot be read on what is behind them."""
    return contrast(letters, behind) < LEAST_CONTRAST or not points >= SMALLEST
