"""What may leave a fit on people: whose figures stand alone, whose are pooled, and how coarse every figure is.

Need by segment is published beside what `segment` publishes of the same people, and each index averages to 1, so that figures of a
suppressed segment could be solved for. The rule: a segment that `segment` does not show is never a group of its own here. It is pooled
with the others that are not shown before anything is fitted, and the pool holds two segments and the small number of people at least.
What is published of a pool then follows from what `segment` shows. Among the people held out, who are fewer, a segment stands alone where
enough of its people are held out and enough are not; the others stand apart, in no other grouping either, so that no difference of
groups gives them back. Counts and measures are coarse, so that no difference of two of them is exact. Suppression itself is in
`baseline.persons.suppress`.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping

import numpy as np
from numpy.typing import NDArray

from capmodel.algebra.rows import Positions
from capmodel.errors import BadInput, Problem

#: The group of the segments that are pooled; no segment can have its name.
POOLED = "small segments, pooled"
#: Measures are shown to so many significant figures, coefficients of a regression to fewer.
FIGURES, OF_COEFFICIENTS = 3, 2


def pooled(people: Mapping[str, int], hidden: Collection[str], fewest: int) -> tuple[str, ...]:
    """The groups that do not stand alone: those that are hidden or small, and the smallest others until two or more hold enough people.

    Args:
        people: how many people each group has.
        hidden: groups that are not shown, whatever their number.
        fewest: the smallest count shown.

    >>> pooled({"a": 3, "b": 40, "c": 900}, (), 5), pooled({"a": 0, "b": 40}, (), 5), pooled({"a": 1, "b": 1, "c": 90}, (), 5)
    (('a', 'b'), (), ('a', 'b', 'c'))
    """
    chosen = {name for name, count in people.items() if 0 < count < fewest or name in hidden}
    others = sorted((count, name) for name, count in people.items() if count and name not in chosen)
    while chosen and others and (len(chosen) < 2 or sum(people[name] for name in chosen) < fewest):
        chosen.add(others.pop(0)[1])
    return tuple(name for name in people if name in chosen)


def check_pool(people: Mapping[str, int], names: Collection[str], fewest: int) -> None:
    """Refuse a pool that is small itself, for which nobody is left to be pooled with.

    Raises:
        BadInput: the people pooled are fewer than the smallest count shown.
    """
    if names and sum(people[name] for name in names) < fewest:
        what = f"fewer than {fewest} people are in it"
        raise BadInput([Problem("the extract", what, "need would disclose single people", "Use an extract of more people")])


def apart(group: Positions, ids: tuple[str, ...], test: NDArray[np.bool_], fewest: int) -> NDArray[np.bool_]:
    """The people held out who stand apart in every grouping: those of groups with few people held out, few others, or pooled.

    Args:
        group: the number of each person's group.
        ids: the groups.
        test: who is held out.
        fewest: the smallest count shown.

    >>> group, test = np.repeat([0, 1, 2], [20, 20, 9]), np.tile([True, False], 25)[:49]
    >>> bool(apart(group, ("a", "b", "c"), test, 5)[group[test] == 2].all()), int(apart(group, ("a", "b", "c"), test, 5).sum())
    (True, 15)
    """
    held, others = (dict(zip(ids, np.bincount(group[of], minlength=len(ids)).tolist(), strict=True)) for of in (test, ~test))
    few = {name for name in ids if 0 < others[name] < fewest or name == POOLED}
    names = pooled(held, few, fewest)
    return np.isin(group[test], [ids.index(name) for name in names])


def rounded_count(people: int, fewest: int) -> int:
    """A count to the nearest twice the small number, never zero where there is somebody; exact where nothing is small.

    >>> rounded_count(2399, 5), rounded_count(6, 5), rounded_count(7, 1)
    (2400, 10, 7)
    """
    if fewest <= 1 or people == 0:
        return people
    base = 2 * fewest
    return max(base, int((people + fewest) // base * base))


def rounded_years(years: float, fewest: int) -> float:
    """Person-years to the nearest twice the small number; to two decimals where nothing is small."""
    return round(years, 2) if fewest <= 1 else float(rounded_count(round(years), fewest))


def significant(value: float, figures: int = FIGURES) -> float:
    """A figure to so many significant figures.

    >>> significant(2636.99), significant(0.0229), significant(26775.7, 2), significant(0.0)
    (2640.0, 0.0229, 27000.0, 0.0)
    """
    return float(f"{value:.{figures}g}")


def plain(value: float, figures: int = FIGURES) -> str:
    """The same written out.

    >>> plain(2636.99), plain(1234567.0, 2)
    ('2640', '1200000')
    """
    return np.format_float_positional(significant(value, figures), trim="-")
