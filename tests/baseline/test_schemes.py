"""Schemes as data: what is refused in them, and conditions that an extract does not record."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from capmodel.baseline.persons.schemes.scheme import Attributes, When, read_scheme
from capmodel.errors import BadInput


def with_segments(folder: Path, *segments: str) -> Path:
    path = folder / "mine.yaml"
    lines = "".join(f"  - {segment}\n" for segment in (*segments, "{id: rest, label: Rest}"))
    path.write_text(f"title: t\nsource: s\nsegments:\n{lines}", encoding="utf-8")
    return path


@pytest.mark.parametrize(
    ("when", "message"),
    [
        ("{age: [90, 75]}", "age goes from 90 to 75"),
        ("{deprivation: [10, 9]}", "deprivation goes from 10 to 9"),
        ("{score: [2.5, 1]}", "score goes from 2.5 to 1"),
        ("{count: {of: [long_term], from: 5, to: 2}}", "count goes from 5 to 2"),
    ],
)
def test_limits_the_wrong_way_round_are_refused_with_their_line(when: str, message: str, tmp_path: Path) -> None:
    path = with_segments(tmp_path, "{id: a, label: A, when: {any: [cancer]}}", f"{{id: b, label: B, when: {when}}}")
    with pytest.raises(BadInput, match=message) as refused:
        read_scheme(str(path))
    assert "mine.yaml, line 5" in str(refused.value)


def test_limits_that_meet_are_one_value(tmp_path: Path) -> None:
    scheme = read_scheme(str(with_segments(tmp_path, "{id: a, label: A, when: {age: [18, 18]}}")))
    assert scheme.segments[0].when == When(ranges=(("age", 18, 18),))


@pytest.mark.parametrize(("count", "fits"), [(250, True), (251, False)])
def test_as_many_segments_as_a_byte_tells_apart(count: int, fits: bool, tmp_path: Path) -> None:
    path = with_segments(tmp_path, *(f"{{id: s{i}, label: S, when: {{age: [{i % 100}, null], any: [cancer]}}}}" for i in range(count - 1)))
    if fits:
        assert len(read_scheme(str(path)).segments) == count
        return
    with pytest.raises(BadInput, match="there are 251 segments"):
        read_scheme(str(path))


def test_nobody_has_all_of_what_is_not_recorded() -> None:
    nothing = np.zeros(4)
    people = Attributes(nothing, nothing, nothing, nothing, nothing, np.array([0, 1, 2, 3], dtype=np.uint8))
    bit = {"cancer": 0, "diabetes": 1}
    assert When(all=("cancer", "diabetes")).holds(people, bit, {}).tolist() == [False, False, False, True]
    assert When(all=("cancer", "dementia")).holds(people, bit, {}).tolist() == [False] * 4
    assert When(any=("cancer", "dementia")).holds(people, bit, {}).tolist() == [False, True, False, True]
    assert When(none=("cancer", "dementia")).holds(people, bit, {}).tolist() == [True, False, True, False]
