"""Finds the axes along which the lines of a table run, so that what differs along few of them is worked out once.

Where every provider of a setting has every month, the months are an axis of their own: a column of months is twelve texts and not
one a line. A table whose lines follow no such order has one axis. Nothing here knows a figure.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

Texts = tuple[str, ...]


@dataclass(frozen=True)
class Axes:
    """How long each axis is, the slowest first, and for each column the axis it varies along (-1: none) with its texts along it."""

    shape: tuple[int, ...]
    columns: Mapping[str, tuple[int, Texts]]


def axes_of(columns: Mapping[str, Texts]) -> Axes:
    """The axes of some lines: their product, in order, is the lines.

    >>> axes_of({"payer": ("icb",) * 6, "setting": ("a", "a", "a", "b", "b", "b"), "month": ("apr", "may", "jun") * 2})
    Axes(shape=(2, 3), columns={'payer': (-1, ('icb',)), 'setting': (0, ('a', 'b')), 'month': (1, ('apr', 'may', 'jun'))})
    """
    lines = len(next(iter(columns.values()))) if columns else 1
    left = {name: texts for name, texts in columns.items() if not lines or texts != texts[:1] * lines}
    lengths: list[int] = []
    found: dict[str, tuple[int, Texts]] = {name: (-1, texts[:1]) for name, texts in columns.items() if name not in left}
    while length := _fastest(left, lines):
        for name, texts in left.items():
            if texts[0] != texts[1]:
                found[name] = (len(lengths), texts[:length])
        left = {name: texts[::length] for name, texts in left.items() if name not in found}
        lengths.append(length)
        lines //= length
    found.update((name, (len(lengths), texts)) for name, texts in left.items())
    lengths.append(lines)
    last = len(lengths) - 1
    in_order = {name: (last - at if at >= 0 else -1, texts) for name, (at, texts) in ((name, found[name]) for name in columns)}
    return Axes(tuple(reversed(lengths)), in_order)


def _fastest(columns: Mapping[str, Texts], lines: int) -> int:
    """How long the axis is that changes from line to line; 0 where the lines that are left have none but themselves."""
    if lines < 2:
        return 0
    return next((length for length in _lengths(columns, lines) if _is_axis(columns, lines, length)), 0)


def _lengths(columns: Mapping[str, Texts], lines: int) -> Iterator[int]:
    """After how many lines a text of the first line is met again, among the columns that change from the first line to the next."""
    again = {texts.index(texts[0], 1) for texts in columns.values() if texts[0] != texts[1] and texts[0] in texts[1:]}
    return (length for length in sorted(again) if lines % length == 0)


def _is_axis(columns: Mapping[str, Texts], lines: int, length: int) -> bool:
    """Whether each column either repeats itself after so many lines, or changes only after so many."""
    return all(
        texts == texts[:length] * (lines // length)
        if texts[0] != texts[1]
        else all(texts[turn::length] == texts[::length] for turn in range(1, length))
        for texts in columns.values()
    )
