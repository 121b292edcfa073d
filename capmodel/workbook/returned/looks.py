"""Reads what the looks of cells say: the number format, letters, ground, lines and place of what is shown, and whether the cell is locked.

A look is a mapping from a property to a value in plain words, the same whatever number a program gives it. The looks that a condition
gives are read in the same way.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import NamedTuple, TypeVar

from capmodel.workbook.returned.formulas import canonical_format
from capmodel.workbook.returned.palette import BLACK, WHITE, Palette
from capmodel.workbook.returned.tree import Node, as_number
from capmodel.workbook.writing.formats import RECORDED, ROLES

_RECORD_FILLS = {str(ROLES[role]["bg_color"]).lstrip("#") for role in RECORDED}
_SIDES = ("left", "right", "top", "bottom", "diagonal")
NO_GROUND = "none"
#: How a text is placed where a look says nothing.
_PLACED = {
    "horizontal": "general",
    "vertical": "bottom",
    "wrapText": "0",
    "textRotation": "0",
    "indent": "0",
    "shrinkToFit": "0",
    "readingOrder": "0",
    "justifyLastLine": "0",
}
_IN_WORDS = {"wrapText": "wrapping", "textRotation": "rotation", "shrinkToFit": "shrinking", "readingOrder": "reading order"}

Kept = TypeVar("Kept")


class Look(NamedTuple):
    """What the look of a cell says of it."""

    number_format: str = "General"
    is_locked: bool = True
    is_hidden: bool = False  # its formula cannot be seen while the sheet is protected
    is_record: bool = False
    is_date: bool = False
    shown: tuple[tuple[str, str], ...] = ()

    @property
    def is_plain(self) -> bool:
        """True where an empty cell of this look shows nothing: no ground and no lines."""
        shown = dict(self.shown)
        return shown.get("ground", NO_GROUND) == NO_GROUND and not any(name.startswith("line") for name in shown)


def looks_of(styles: Node, palette: Palette) -> list[Look]:
    """The looks of a file, by their number."""
    formats = number_formats(styles)
    fonts = [dict(_letters(font, palette)) for font in _each(styles, "fonts", "font")]
    grounds = [_ground(fill, palette) for fill in _each(styles, "fills", "fill")]
    lines = [dict(_lines(border, palette)) for border in _each(styles, "borders", "border")]
    found = []
    for xf in _each(styles, "cellXfs", "xf"):
        number = number_format(xf.get("numFmtId", "0"), formats)
        shown = {"number format": canonical_format(number)}
        shown |= _at(fonts, xf.get("fontId", "0"), {})
        shown["ground"] = _at(grounds, xf.get("fillId", "0"), NO_GROUND)
        shown |= _at(lines, xf.get("borderId", "0"), {})
        shown |= dict(_placed(xf.first("alignment")))
        protection = xf.first("protection")
        locked = protection.is_true("locked", "1") if protection else True
        hidden = protection.is_true("hidden") if protection else False
        is_record = shown["ground"] in _RECORD_FILLS
        found.append(Look(number, locked, hidden, is_record, is_date(number), tuple(sorted(shown.items()))))
    return found


def conditions_of(styles: Node, palette: Palette) -> list[str]:
    """The looks that conditions give, by their number, in words."""
    return [condition_look(dxf, palette) for dxf in _each(styles, "dxfs", "dxf")]


def condition_look(dxf: Node, palette: Palette) -> str:
    """What a condition changes of a look, in words.

    >>> condition_look(Node("dxf", children=[Node("font", children=[Node("color", {"rgb": "FFFFFFFF"})])]), Palette())
    'letters FFFFFF'
    """
    said = []
    for part in dxf.children:
        if part.name == "font":
            said += [f"{name} {value}" for name, value in _letters(part, palette, only_said=True)]
        elif part.name == "fill":
            said.append(f"ground {_ground(part, palette, of_condition=True)}")
        elif part.name == "numFmt":
            said.append(f"number format {canonical_format(part.get('formatCode', 'General'))}")
        elif part.name == "border":
            said += [f"{name} {value}" for name, value in _lines(part, palette)]
        elif part.name == "protection":
            said += [f"{name} {value}" for name, value in sorted(part.attributes.items())]
        elif part.name == "alignment":
            said += [f"{name} {value}" for name, value in _placed(part)]
    return ", ".join(sorted(said))


def number_formats(styles: Node) -> dict[str, str]:
    """The number formats that a file defines, by their number."""
    return {each.get("numFmtId"): each.get("formatCode", "General") for each in _each(styles, "numFmts", "numFmt")}


def number_format(number: str, formats: Mapping[str, str]) -> str:
    """A number format by its number, which the file defines or programs know."""
    if number in formats:
        return formats[number]
    if number == "0":
        return "General"
    from openpyxl.styles.numbers import BUILTIN_FORMATS

    return BUILTIN_FORMATS.get(int(number) if number.isdecimal() and len(number) < 8 else -1, f"the built-in format {number}")


def is_date(number_format: str) -> bool:
    """Whether a number in this format is shown as a date."""
    if not re.search("[dmyhs]", number_format, re.IGNORECASE):
        return False
    from openpyxl.styles.numbers import is_date_format

    return bool(is_date_format(number_format))


def _each(styles: Node, group: str, name: str) -> Iterator[Node]:
    found = styles.first(group)
    return found.all(name) if found else iter(())


def _at(found: Sequence[Kept], number: str, otherwise: Kept) -> Kept:
    return found[int(number)] if number.isdecimal() and len(number) < 8 and int(number) < len(found) else otherwise


def _letters(font: Node, palette: Palette, only_said: bool = False) -> Iterator[tuple[str, str]]:
    """What a font says; what it does not say is as in any font, and is left out."""
    colour = font.first("color")
    if colour is not None or not only_said:
        yield "letters", palette.colour(colour, BLACK)
    for part in font.children:
        value = part.get("val", "1")
        if part.name in ("b", "i", "strike", "outline", "shadow", "condense", "extend") and value != "0":
            yield {"b": "bold", "i": "italic", "strike": "struck through"}.get(part.name, part.name), "yes"
        elif part.name == "u" and part.get("val", "single") != "none":
            yield "underline", part.get("val", "single")
        elif part.name == "vertAlign" and value != "baseline":
            yield "raised", value
        elif part.name == "sz":
            yield "size", f"{as_number(value):g}"
        elif part.name in ("name", "rFont"):
            yield "font", value


def _ground(fill: Node, palette: Palette, of_condition: bool = False) -> str:
    pattern = fill.first("patternFill")
    if pattern is None:
        return (
            NO_GROUND
            if not fill.children
            else f"a gradient of {', '.join(palette.of(each.attributes, WHITE) for each in fill.within('color'))}"
        )
    kind = pattern.get("patternType", "solid" if of_condition else "none")
    front, back = palette.colour(pattern.first("fgColor"), BLACK), palette.colour(pattern.first("bgColor"), WHITE)
    if kind == "none":
        return NO_GROUND
    if kind == "solid":
        # A condition gives the colour of a solid ground as that behind the pattern.
        return back if of_condition and pattern.first("bgColor") is not None else front
    return f"{kind} of {front} on {back}"


def _lines(border: Node, palette: Palette) -> Iterator[tuple[str, str]]:
    for part in border.children:
        side = {"start": "left", "end": "right"}.get(part.name, part.name)
        kind = part.get("style", "none")
        if side in _SIDES and kind != "none":
            yield f"line {side}", f"{kind} {palette.colour(part.first('color'), BLACK)}"


def _placed(alignment: Node | None) -> Iterator[tuple[str, str]]:
    for name, usual in _PLACED.items():
        value = alignment.get(name, usual) if alignment else usual
        if value != usual:
            yield _IN_WORDS.get(name, name), value
