"""Finds the colour that a file gives letters, grounds and lines, as six digits: after the theme, the tint and the palette.

Each file has its own theme and palette, so that the same colour may be written in three ways and the same number may mean two.
"""

from __future__ import annotations

import colorsys
from collections.abc import Mapping

from capmodel.workbook.returned.tree import Node

BLACK, WHITE = "000000", "FFFFFF"
#: The order in which cells count the colours of a theme, and those of the usual one.
_ORDER = ("lt1", "dk1", "lt2", "dk2", "accent1", "accent2", "accent3", "accent4", "accent5", "accent6", "hlink", "folHlink")
_USUAL = (WHITE, BLACK, "EEECE1", "1F497D", "4F81BD", "C0504D", "9BBB59", "8064A2", "4BACC6", "F79646", "0000FF", "800080")
_EIGHT = (BLACK, WHITE, "FF0000", "00FF00", "0000FF", "FFFF00", "FF00FF", "00FFFF")
_REST = [
    "800000",
    "008000",
    "000080",
    "808000",
    "800080",
    "008080",
    "C0C0C0",
    "808080",
    "9999FF",
    "993366",
    "FFFFCC",
    "CCFFFF",
    "660066",
    "FF8080",
    "0066CC",
    "CCCCFF",
    "000080",
    "FF00FF",
    "FFFF00",
    "00FFFF",
    "800080",
    "800000",
    "008080",
    "0000FF",
    "00CCFF",
    "CCFFFF",
    "CCFFCC",
    "FFFF99",
    "99CCFF",
    "FF99CC",
    "CC99FF",
    "FFCC99",
    "3366FF",
    "33CCCC",
    "99CC00",
    "FFCC00",
    "FF9900",
    "FF6600",
    "666699",
    "969696",
    "003366",
    "339966",
    "003300",
    "333300",
    "993300",
    "993366",
    "333399",
    "333333",
]


class Palette:
    """The colours of one file."""

    def __init__(self, theme: Node | None = None, styles: Node | None = None) -> None:
        scheme = theme.first("themeElements", "clrScheme") if theme else None
        named = {each.name: _of_theme(each) for each in scheme.children} if scheme else {}
        self.theme = tuple(named.get(name, usual) for name, usual in zip(_ORDER, _USUAL, strict=True))
        own = styles.first("colors", "indexedColors") if styles else None
        self.indexed = [*_EIGHT, *_EIGHT, *_REST]
        for i, each in enumerate(own.children if own else []):
            self.indexed[i : i + 1] = [each.get("rgb")[-6:].upper().zfill(6)]

    def colour(self, node: Node | None, otherwise: str) -> str:
        """What an element says of a colour; another where it says nothing that is known.

        >>> Palette().colour(Node("color", {"theme": "0", "tint": "-0.5"}), BLACK), Palette().colour(Node("color", {"auto": "1"}), BLACK)
        ('808080', '000000')
        """
        return otherwise if node is None else self.of(node.attributes, otherwise)

    def of(self, attributes: Mapping[str, str], otherwise: str) -> str:
        """The same from the attributes alone."""
        rgb, theme, indexed = attributes.get("rgb", "")[-6:].upper(), attributes.get("theme", ""), attributes.get("indexed", "")
        found = otherwise
        if rgb:
            found = rgb.zfill(6) if all(digit in "0123456789ABCDEF" for digit in rgb) else otherwise
        elif theme.isdecimal() and int(theme) < len(self.theme):
            found = self.theme[int(theme)]
        elif indexed.isdecimal() and int(indexed) < len(self.indexed):
            found = self.indexed[int(indexed)]
        return _tinted(found, attributes.get("tint", "0"))


def _of_theme(node: Node) -> str:
    colour = node.children[0] if node.children else node
    text = (colour.get("lastClr") or colour.get("val")).upper()
    return text if len(text) == 6 and all(digit in "0123456789ABCDEF" for digit in text) else BLACK


def _tinted(colour: str, tint: str) -> str:
    """A colour made lighter or darker, as programs do it: by its lightness."""
    try:
        by = max(-1.0, min(1.0, float(tint)))
    except ValueError:
        return colour
    if not by:
        return colour
    hue, light, strength = colorsys.rgb_to_hls(*(int(colour[i : i + 2], 16) / 255 for i in (0, 2, 4)))
    light = light * (1 + by) if by < 0 else light + (1 - light) * by
    return "".join(f"{round(part * 255):02X}" for part in colorsys.hls_to_rgb(hue, light, strength))
