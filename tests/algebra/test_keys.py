"""Rows are found by their keys as the texts themselves find them: the plain definitions, over rows that hypothesis makes up."""

from __future__ import annotations

import time
from collections.abc import Sequence

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from capmodel.algebra.keys import groups_found, lines_that_differ, rows_before, rows_found
from capmodel.algebra.rows import YEAR, Rows

TEXTS = st.sampled_from(["a", "b", "c", "2026", "2027", ""])
NAMES = ("one", "two", "three")


@st.composite
def some_rows(draw: st.DrawFn) -> Rows:
    lines = draw(st.integers(0, 6))
    columns = {name: tuple(draw(st.lists(TEXTS, min_size=lines, max_size=lines))) for name in NAMES}
    return Rows(columns, draw(st.sampled_from([(), (2026,), (2026, 2027, 2028)])))


@st.composite
def pairs(draw: st.DrawFn) -> tuple[Rows, list[str], Rows, list[str]]:
    mine, source = draw(some_rows()), draw(some_rows())

    def column(rows: Rows) -> st.SearchStrategy[str]:
        return st.sampled_from([*NAMES, *([YEAR] if rows.years else [])])

    matched = draw(st.lists(st.tuples(column(mine), column(source)), max_size=4))
    return mine, [ours for ours, _ in matched], source, [theirs for _, theirs in matched]


def before_of(keys: Sequence[tuple[str, ...]]) -> list[int]:
    last: dict[tuple[str, ...], int] = {}
    found = []
    for i, key in enumerate(keys):
        found.append(last.get(key, -1))
        last[key] = i
    return found


@settings(max_examples=150, deadline=None)
@given(pairs())
def test_rows_and_groups_are_those_of_equal_texts(given_pairs: tuple[Rows, list[str], Rows, list[str]]) -> None:
    mine, ours, source, theirs = given_pairs
    at = {key: i for i, key in enumerate(source.keys(theirs))}
    assert mine.in_full(rows_found(mine, ours, source, theirs)).tolist() == [at.get(key, -1) for key in mine.keys(ours)]
    number = {key: i for i, key in enumerate(dict.fromkeys(mine.keys(ours)))}
    own, member, groups = groups_found(mine, ours, source, theirs)
    assert groups == len(number)
    assert mine.in_full(own).tolist() == [number[key] for key in mine.keys(ours)]
    assert source.in_full(member).tolist() == [number.get(key, -1) for key in source.keys(theirs)]


@settings(max_examples=100, deadline=None)
@given(some_rows(), st.lists(st.sampled_from(NAMES), max_size=3))
def test_lines_and_rows_before_are_those_of_equal_texts(rows: Rows, columns: list[str]) -> None:
    lines = Rows(rows.columns).keys(columns)
    number = {key: i for i, key in enumerate(dict.fromkeys(lines))}
    begins, which = lines_that_differ(rows, columns)
    assert [lines[i] for i in begins.tolist()] == list(number) and which.tolist() == [number[key] for key in lines]
    for fixed in (columns, [*columns, YEAR] if rows.years else columns):
        wanted = before_of(rows.keys(fixed))
        before, step = rows_before(rows, fixed)
        assert before.tolist() == wanted
        counted: list[int] = []
        for previous in wanted:
            counted.append(counted[previous] + 1 if previous >= 0 else 0)
        assert step.tolist() == counted


def test_keys_of_many_columns_whose_combinations_are_beyond_a_whole_number_are_matched() -> None:
    lines = [tuple(f"{name}{(i * step) % 97}" for name, step in zip("abcdefghijkl", range(1, 13), strict=True)) for i in range(97)]
    names = tuple(f"k{i}" for i in range(12))
    rows = Rows(dict(zip(names, zip(*lines, strict=True), strict=True)))
    other = Rows({name: tuple(reversed(column)) for name, column in rows.columns.items()})
    assert rows_found(rows, names, other, names).ravel().tolist() == list(range(96, -1, -1))


def test_a_table_of_many_rows_is_matched_as_arrays() -> None:
    """57,600 lines by 5 years: one by one, as text, this took half a second a link."""
    segments, settings_, months = (tuple(f"{name}{i}" for i in range(count)) for name, count in (("s", 480), ("t", 10), ("m", 12)))
    lines = [(a, b, c) for a in segments for b in settings_ for c in months]
    many = Rows(dict(zip(("segment", "setting", "month"), zip(*lines, strict=True), strict=True)), (2026, 2027, 2028, 2029, 2030))
    profile = Rows({"setting": tuple(b for b in settings_ for _ in months), "month": months * 10}, many.years)
    keys = ("setting", "month", YEAR)
    began = time.process_time()
    index = many.in_full(rows_found(many, keys, profile, keys))
    assert time.process_time() - began < 0.25
    assert np.array_equal(index[:10], np.arange(10)) and index.max() == len(profile) - 1
