"""Finds the rows of a table that are totals of others, which would be paid as if they were bodies of their own.

A row is a total by its name, or because its money and people are those of other rows added up: of all others, of a run of rows before or
after it, or of its group, within what printing loses when every figure is rounded on its own. Where the last rows, or the first, hold as
much as all the others together, they are the totals of their regions. A match that chance could give is none.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence

import numpy as np

from capmodel.algebra.rows import Floats, Positions
from capmodel.assumptions.cells import folded
from capmodel.errors import Problem, nearest

#: How likely a match by chance may be, over all that are tried in a table.
CHANCE = 1e-3
#: What places and contracts are called where several are meant; a place may be called All Saints.
_BODIES = (
    "acos|areas|authorities|bodies|boards|boroughs|ccgs|commissioners|contracts|councils|counties|countries|districts|groups|icbs|icss|"
    "localities|members|neighbourhoods|networks|organisations|participants|parties|pcns|payers|places|practices|providers|regions|rows|"
    "sites|systems|trusts|england|wales|scotland|northern ireland"
)
_NAMES = re.compile(
    r"((grand|overall|national|regional)[ -]?)?totals?|.* (sub[ -]?)?totals?|totals? ?[-:,(*].*|totals? (of|for|in|all) .*|sub[ -]?totals?\b.*"
    rf"|sums?|sum of .*|all|all ([a-z]+ )?({_BODIES})|overall|national|(.* )?(average|mean)"
)
NOT_TOTALS = "not_totals"
#: Rows of so many keys are compared by their figures.
MOST_KEYS = 2
#: What to do about a row that is taken for a total.
NO_TOTAL = "Take it out; if it is no total, name it with the figures: not_totals: [{!r}]"
_NATIONS = {"england", "wales", "scotland", "northern ireland"}


def named_total(key: str, others: Sequence[str] = ()) -> bool:
    """True where a name says that a row is a total or an average.

    >>> [named_total(name) for name in ("Total", "North region total", "All boards", "Sub-total", "All Saints", "Total Care Ltd")]
    [True, True, True, True, False, False]
    """
    name = folded(key).strip(" :.")
    if name in _NATIONS:
        return not any(folded(other) in _NATIONS - {name} for other in others)
    return _NAMES.fullmatch(name) is not None


def totals_problems(
    keys: Sequence[str],
    where: Sequence[str],
    columns: Mapping[str, Floats],
    groups: Mapping[str, Positions] | None = None,
    known: Sequence[str] = (),
    by_order: bool = True,
) -> list[Problem]:
    """A problem for every row that is a total of others.

    Args:
        keys: what each row is of.
        where: where each row stands.
        columns: figures that add up (money, people), each as years by rows or as rows.
        groups: for each text column which member every row belongs to.
        known: keys that are known to be no totals.
        by_order: whether a row may also be the total of rows that stand beside it.
    """
    found: dict[int, str] = {p: f"the name {key!r} is that of a total" for p, key in enumerate(keys) if named_total(key, keys)}
    rows = [row for values in columns.values() for row in np.atleast_2d(values) if row.any()]
    if rows:
        figures = np.unique(np.array(rows), axis=0)
        with np.errstate(over="ignore", invalid="ignore"):
            found |= _by_figures(keys, figures, groups or {}, by_order)
    return [
        Problem(where[p], what, "a row of totals would be paid as well as its parts", NO_TOTAL.format(keys[p]))
        for p, what in sorted(found.items())
        if keys[p] not in known
    ] + unknown_keys(known, keys, NOT_TOTALS)


def unknown_keys(known: Iterable[str], keys: Collection[str], where: str) -> list[Problem]:
    """A problem for every key that is said to be no total and is not there."""
    why = "it would have no effect"
    return [Problem(where, f"there is no row {key!r}", why, nearest(key, keys)) for key in dict.fromkeys(known) if key not in keys]


def totals_of_place(
    rows: Mapping[tuple[str, ...], str],
    figures: Mapping[tuple[tuple[str, ...], int | None], float],
    names: Sequence[str],
    labels: Mapping[str, str],
    known: Sequence[str],
) -> list[Problem]:
    """A problem for every row of a place's own table of pounds or people that is a total of others.

    Args:
        rows: where the row of each key stands.
        figures: the figures, by key and year.
        names: what each part of a key is of.
        labels: what ids are called.
        known: keys, their parts joined by commas, that are known to be no totals.
    """
    keys = [",".join(key) for key in rows]
    years = dict.fromkeys(year for _, year in figures)
    values = np.array([[figures.get((key, year), 0.0) for key in rows] for year in years])
    # Of two keys, a row may be the total of those that share one of them, such as every setting of a payer. Rows of more keys are made
    # by shares that are alike for many, where one half is the sum of two others: there only the name says that a row is a total.
    groups = {name: np.unique([key[i] for key in rows], return_inverse=True)[1] for i, name in enumerate(names)} if len(names) == 2 else {}
    columns = {"figures": values} if len(names) <= MOST_KEYS else {}
    problems = [
        each
        for each in totals_problems(keys, list(rows.values()), columns, groups, known, by_order=len(names) == 1)
        if each.where != NOT_TOTALS
    ]
    found = {each.where for each in problems}
    for i, name in enumerate(names):
        members = list(dict.fromkeys(key[i] for key in rows))
        totals = [each for each in members if len(members) > 2 and named_total(labels.get(each, each.replace("_", " ")), members)]
        problems += [
            Problem(
                where,
                f"the {name} {key[i]} is called a total",
                "a row of totals would be counted as well as its parts",
                NO_TOTAL.format(",".join(key)),
            )
            for key, where in rows.items()
            if key[i] in totals and where not in found and ",".join(key) not in known
        ]
    return problems


def _by_figures(keys: Sequence[str], figures: Floats, groups: Mapping[str, Positions], by_order: bool) -> dict[int, str]:
    """Rows that are sums of others; those found are left out before totals of what remains are looked for."""
    found: dict[int, str] = {}
    steps = np.array([_printed_to(row) for row in figures])
    while True:
        left = np.array([p for p in range(len(keys)) if p not in found and figures[:, p].any()], dtype=np.intp)
        own = figures[:, left]
        new = _sums(own, steps, {name: member[left] for name, member in groups.items()}, by_order)
        new = new or (_blocks(own, steps) if by_order else {})
        if not new:
            return found
        found |= {int(left[p]): f"the figures of {keys[int(left[p])]} are those of {what} added up" for p, what in new.items()}


def _own_steps(figures: Floats, steps: Floats) -> Floats:
    """The step to which each figure by itself may be rounded: a total printed in thousands stands among rows printed in full."""
    own = np.broadcast_to(steps[:, None], figures.shape).copy()
    for power in range(1, 10):
        step = 10.0**power
        round_figure = (np.abs(figures / step - np.round(figures / step)) <= 1e-9) & (figures != 0)
        own[round_figure] = np.maximum(own[round_figure], step)
    return own


def _printed_to(row: Floats) -> float:
    """The step to which the figures of a column are printed: the largest power of ten that they all are a multiple of."""
    for power in range(9, -7, -1):
        step = 10.0**power
        if (np.abs(row / step - np.round(row / step)) <= 1e-6).all():
            return step
    return 1e-6


def _sums(figures: Floats, steps: Floats, groups: Mapping[str, Positions], by_order: bool) -> dict[int, str]:
    count = figures.shape[1]
    found: dict[int, str] = {}
    if count < 3:
        return found
    trials = count * (count + len(groups))
    own_steps = _own_steps(figures, steps)

    def test(p: int, added: Floats, parts: int, what: str) -> None:
        own = figures[:, p]
        off = np.abs(own - added)
        within = steps * 0.5 * parts + own_steps[:, p] * 0.5 + 1e-9 * np.abs(added)
        if parts < 2 or p in found or (off > within).any():
            return
        # An exact sum of two columns or more was always taken for a total; a sum within rounding, or of one column, must be no chance.
        exact = what == "all other rows" and len(figures) > 1 and bool((off <= 1e-6 * np.abs(added)).all()) and (figures >= 0).all()
        if exact or _chance(own, within, steps) * trials < CHANCE:
            found[p] = what

    everything = figures.sum(axis=1)
    for p in np.flatnonzero(
        (
            np.abs(2 * figures - everything[:, None])
            <= (steps * 0.5 * count)[:, None] + 0.5 * own_steps + 1e-6 * np.abs(everything[:, None])
        ).all(axis=0)
    ):
        test(int(p), everything - figures[:, p], count - 1, "all other rows")
    for name, member in groups.items():
        sums = np.array([np.bincount(member, weights=row) for row in figures])
        sizes = np.bincount(member)
        near = np.abs(2 * figures - sums[:, member]) <= 0.5 * steps[:, None] * sizes[member] + 0.5 * own_steps + 1e-6 * np.abs(
            sums[:, member]
        )
        for p in np.flatnonzero(near.all(axis=0)):
            test(int(p), sums[:, member[p]] - figures[:, p], int(sizes[member[p]]) - 1, f"the other rows of its {name}")
    for order, what in ((np.arange(count), "before"), (np.arange(count)[::-1], "after")) if by_order else ():
        for at, added, parts in _runs(figures[:, order]):
            test(int(order[at]), added, parts, f"the {parts} rows {what} it")
    return found


def _chance(own: Floats, within: Floats, steps: Floats) -> float:
    """How likely figures of this size are within so much of others by chance, in all columns."""
    return float(np.prod(np.minimum((2 * within + steps) / np.maximum(np.abs(own), steps), 1.0)))


def _blocks(figures: Floats, steps: Floats) -> dict[int, str]:
    """The rows at one end that hold together what all the others hold: totals of regions, listed after or before their places."""
    count = figures.shape[1]
    upto = np.cumsum(figures, axis=1)
    within = steps * 0.5 * count + 1e-9 * np.abs(upto[:, -1])
    for size in np.flatnonzero((np.abs(2 * upto - upto[:, -1:]) <= within[:, None]).all(axis=0)) + 1:
        parts = max(size, count - size)
        if 2 * parts > count and _chance(upto[:, size - 1], within, steps) * count < CHANCE:
            rows = range(size) if size < parts else range(size, count)
            return dict.fromkeys(rows, f"{parts} other rows, taken together with the rows of totals beside it,")
    return {}


def _runs(figures: Floats) -> Iterator[tuple[int, Floats, int]]:
    """Each row with the runs of rows before it whose sum, in a column without minuses, is nearest to the row's own figure."""
    lead = next((row for row in figures if (row >= 0).all()), None)
    if lead is None:
        return
    upto = np.concatenate([np.zeros((len(figures), 1)), np.cumsum(figures, axis=1)], axis=1)
    added = np.concatenate([[0.0], np.cumsum(lead)])
    begin = np.searchsorted(added, added[:-1] - lead)
    for p in np.flatnonzero(lead > 0).tolist():
        for start in range(max(int(begin[p]) - 2, 0), min(int(begin[p]) + 3, p - 1)):
            yield p, upto[:, p] - upto[:, start], p - start
