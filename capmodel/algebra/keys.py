"""Finds rows by their keys: every key becomes one whole number, so that large tables are matched as arrays and not as text.

Keys match where their texts are equal and nowhere else. The numbers of a column are worked out once for its rows, and lie along the
axes of the rows: what is the same along an axis is found once for all of it. What a row then reads is in `links`.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import wraps
from typing import TypeVar
from weakref import ref

import numpy as np

from capmodel.algebra.rows import YEAR, Positions, Rows

#: Keys are numbered afresh where there could be so many times more of them than there are rows.
_SPARSE = 8
#: So many matches of its keys a table keeps; then it begins again.
_MOST_KEPT = 200

Found = TypeVar("Found")
Finding = Callable[[Rows, Sequence[str], Rows, Sequence[str]], Found]


def _once(find: Finding[Found]) -> Finding[Found]:
    """The same, worked out once for the same rows and columns: most links of a table match its keys in the same way."""

    @wraps(find)
    def found(mine: Rows, ours: Sequence[str], source: Rows, theirs: Sequence[str]) -> Found:
        asked = find.__name__, tuple(ours), id(source), tuple(theirs)
        held = mine.matched.get(asked)
        # Another source may have taken the place in memory of one that is gone.
        if held is None or held[0]() is not source:
            if len(mine.matched) >= _MOST_KEPT:
                mine.matched.clear()
            held = mine.matched[asked] = ref(source), find(mine, ours, source, theirs)
        return held[1]

    return found


@_once
def rows_found(mine: Rows, ours: Sequence[str], source: Rows, theirs: Sequence[str]) -> Positions:
    """The row of a source that has the key of ours, or -1, along the axes of our rows; of several rows with one key the last.

    >>> rows_found(Rows({"a": ("x", "z", "y")}), ["a"], Rows({"b": ("x", "y")}), ["b"]).ravel().tolist()
    [0, -1, 1]
    """
    there, wanted, count = _numbers(source, theirs, mine, ours)
    row = np.full(count + 1, -1, dtype=np.intp)
    row[source.in_full(there)] = np.arange(len(source))
    return row[wanted]


@_once
def groups_found(mine: Rows, ours: Sequence[str], source: Rows, theirs: Sequence[str]) -> tuple[Positions, Positions, int]:
    """The groups that our keys make, numbered in the order in which they begin: that of each of our rows, and of each row of a source.

    Returns:
        The group of our rows, along their axes; the group of the rows of the source along theirs, or -1 where we have no such key;
        how many there are.

    >>> own, there, count = groups_found(Rows({"a": ("y", "x", "y")}), ["a"], Rows({"b": ("x", "z")}), ["b"])
    >>> own.ravel().tolist(), there.ravel().tolist(), count
    ([0, 1, 0], [1, -1], 2)
    """
    own, there, count = _numbers(mine, ours, source, theirs)
    begins, group = _in_order(own.ravel(), count)
    number = np.full(count + 1, -1, dtype=np.intp)
    number[own.ravel()[begins]] = np.arange(len(begins))
    return group.reshape(own.shape), number[there], len(begins)


def is_count(places: Positions, length: int) -> bool:
    """Whether places are all rows there are, each once and in their order.

    >>> is_count(np.array([[0], [1]]), 2), is_count(np.array([[0], [1]]), 3), is_count(np.array([1, 0]), 2)
    (True, False, False)
    """
    return places.size == length and bool((places.ravel() == np.arange(length)).all())


def lines_that_differ(mine: Rows, columns: Sequence[str]) -> tuple[Positions, Positions]:
    """The first line of each combination of some columns, and for each line which combination it has.

    >>> lines_that_differ(Rows({"a": ("y", "x", "y")}, (2026, 2027)), ["a"])
    (array([0, 1]), array([0, 1, 0]))
    """
    down = Rows(mine.columns)
    own, _, count = _numbers(down, columns, down, columns)
    return _in_order(down.in_full(own), count)


def rows_before(mine: Rows, fixed: Sequence[str]) -> tuple[Positions, Positions]:
    """For each row the row before it that agrees with it in some columns, or -1; and how many such rows there are before it.

    >>> rows_before(Rows({"a": ("x", "y", "x")}), ["a"])
    (array([-1, -1,  0]), array([0, 0, 1]))
    """
    own = mine.in_full(_numbers(mine, fixed, mine, fixed)[0])
    order = np.argsort(own, kind="stable")
    before, step = np.full(len(own), -1, dtype=np.intp), np.arange(len(own), dtype=np.intp)
    begins = np.ones(len(own), dtype=bool)
    begins[1:] = own[order[1:]] != own[order[:-1]]
    follows = np.flatnonzero(~begins)
    before[order[follows]] = order[follows - 1]
    count = np.empty_like(step)
    count[order] = step - np.maximum.accumulate(np.where(begins, step, 0))
    return before, count


def _numbers(rows: Rows, columns: Sequence[str], others: Rows, theirs: Sequence[str]) -> tuple[Positions, Positions, int]:
    """The number of each key, that of the same key among others, or -1, each along its axes, and a number that is above all of them."""
    own, same = (np.zeros((1,) * len(each.shape), dtype=np.intp) for each in (rows, others))
    count = 1
    for column, their_column in sorted(zip(columns, theirs, strict=True), key=lambda pair: YEAR in pair):
        texts, codes = rows.codes(column)
        their_texts, their_codes = others.codes(their_column)
        count *= max(len(texts), 1)
        if texts != their_texts:
            number = {text: i for i, text in enumerate(texts)}
            # A text that is not there takes the whole number below zero, whatever the other columns hold.
            their_codes = np.array([number.get(text, -count) for text in their_texts], dtype=np.intp)[their_codes]
        own, same = own * len(texts) + codes, same * len(texts) + their_codes
        if count > _SPARSE * (len(rows) + len(others)):
            own, same, count = _afresh(own, same)
    # No row has a key where there are no rows, though an axis may have a length.
    own, same = (numbers if len(each) else np.empty(each.shape, dtype=np.intp) for numbers, each in ((own, rows), (same, others)))
    return own, np.maximum(same, -1), count


def _afresh(own: Positions, same: Positions) -> tuple[Positions, Positions, int]:
    """The same keys, with numbers that leave none out."""
    known, codes = np.unique(own, return_inverse=True)
    place = np.searchsorted(known, same)
    held = np.minimum(place, max(len(known) - 1, 0))
    there = known[held] == same if len(known) else np.zeros(same.shape, dtype=bool)
    return codes.reshape(own.shape).astype(np.intp), np.where(there, held, -1).astype(np.intp), max(len(known), 1)


def _in_order(own: Positions, count: int) -> tuple[Positions, Positions]:
    """Where each number is first met, in the order of the rows, and for each row which of them it has."""
    first = np.full(count, -1, dtype=np.intp)
    first[own[::-1]] = np.arange(len(own) - 1, -1, -1)
    begins = np.flatnonzero(first[own] == np.arange(len(own)))
    which = np.full(count, -1, dtype=np.intp)
    which[own[begins]] = np.arange(len(begins))
    return begins, which[own]
