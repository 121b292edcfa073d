"""Small numbers suppressed, and as many others as it takes that no suppressed figure can be worked out.

Figures by segment, locality and route (setting, provider and payer) are published with their totals, so a small figure left
out alone is found again by subtraction. Every figure, totals included, is a cell of one table with an extra member `all`
on each axis. A small cell is suppressed, then a pattern of cells is found for it that can be raised and lowered together
without moving any figure still shown, and those cells are suppressed too:

- a *box*: the cell and the corners it makes with another segment, another locality and another route (any of them may be
  `all`). Raising one corner and lowering its neighbours keeps every total that is not itself a corner;
- a *swap*, where there is no box: one line less here, one more there, and every total in which the two differ.

What is guaranteed, of each suppressed figure of each measure: the figures shown, known to the penny, do not fix it. Known
besides to be whole and not negative, and a count at least 1 (zeros are shown), it can still be two values or more;
where that costs no further total, a small count can be the threshold or more and its cost a tenth higher. What zeros
give away is not secret: a pair of segment and locality without a line of spend is known to cost nothing. The grand total of
a year is always shown: a figure for which it and the zeros may leave one value (a year of one pair, or of ones only) is
counted in `exposed`. That is zero in a year with two lines of two or more in every measure, in pairs of two or more
people, that share neither segment, locality nor route.

Left to others: adding people up (each in one segment and one locality a year), totals other than those given here (by
setting, say: publish none), two years compared, what one measure says of another (users are no more than people: `segment`
tells none that would say it), and who is the one costly person among many users.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import product
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from capmodel.errors import BadInput, Problem

ALL = "all"
PAIR = ["year", "segment", "locality"]
ROUTE = ["setting", "provider", "payer"]
MEASURES = ["people", "person_months", "users", "cost_pence", "activity"]

#: A cell of the table of one year: the positions of its segment, locality and route; the last position of an axis is `all`.
Cell = tuple[int, int, int]
#: What a pattern loses, and its cells; how far, in people and in pence, what it lowers must be able to go.
Pattern = tuple[float, list[Cell]]
Need = tuple[float, float]
Floats = npt.NDArray[np.float64]
Bools = npt.NDArray[np.bool_]

#: A small figure's cost is to be uncertain by one part in this many.
COST_PARTS = 10
#: What suppressing a total loses beside a line or a pair: more than any number of people, so that no total goes if lines will do.
TOTAL = 1e12
#: The same of the people and spend of a whole segment or locality, which every price a head is based on: more than any number of totals.
HEAD = 1e15


@dataclass(frozen=True)
class Suppressed:
    """What may be shown. Each frame has `suppressed`; in a suppressed row the measures are missing.

    Attributes:
        people: the rows given: people, person-months and pence by year, segment and locality.
        spend: the rows given: users, pence and activity by year, segment, locality, setting, provider and payer.
        totals: one row per total, with `all` for what it is the total of. A measure a total does not have is missing:
            users and activity do not add up over routes; people and person-months are not split by route.
        primary: rows, totals included, suppressed because they are small.
        secondary: rows, totals included, suppressed so that the others cannot be worked out.
        exposed: suppressed rows, at most, that zeros and the year's grand total give away all the same; say so when not 0.
    """

    people: pd.DataFrame
    spend: pd.DataFrame
    totals: pd.DataFrame
    primary: int
    secondary: int
    exposed: int


def suppress(people: pd.DataFrame, spend: pd.DataFrame, threshold: int) -> Suppressed:
    """Suppress counts from 1 to below the threshold, their pounds, and what would give them away.

    Args:
        people: year, segment, locality, people, person_months, cost_pence; whole numbers, one row per key.
        spend: year, segment, locality, setting, provider, payer, users, cost_pence and, if known, activity; a pair's lines
            add up to its cost in `people`. 21 segments, 200 localities and 22 routes take 1 to 5 seconds, the more the smaller the counts.
        threshold: the smallest count shown; 0 or 1 suppresses nothing.

    One line with 3 users: it, a second route, locality and segment are suppressed, 8 lines in all, and no total.

    >>> keys = [(2026, s, p) for s in ("adults", "children") for p in ("east", "west")]
    >>> people = pd.DataFrame(keys, columns=PAIR).assign(people=90, person_months=1000, cost_pence=5000)
    >>> lines = [(*key, route, "trust", "nhs", 20, 2500) for key in keys for route in ("acute", "community")]
    >>> spend = pd.DataFrame(lines, columns=[*PAIR, *ROUTE, "users", "cost_pence"])
    >>> spend.loc[0, "users"] = 3
    >>> shown = suppress(people, spend, 5)
    >>> shown.primary, shown.secondary, int(shown.spend["suppressed"].sum()), int(shown.totals["suppressed"].sum())
    (1, 7, 8, 0)
    """
    _check(people, spend)
    rows = pd.concat([people.assign(**dict.fromkeys(ROUTE, ALL)), spend, _totals(people, spend)], ignore_index=True)
    rows = rows.reindex(columns=[*PAIR, *ROUTE, *MEASURES])
    segments, localities = (pd.Index(sorted({*people[name], *spend[name]})) for name in ("segment", "locality"))
    routes = pd.MultiIndex.from_frame(spend[ROUTE].drop_duplicates().sort_values(ROUTE))
    # What an axis does not know is `all`, whose locality is the last.
    at = [segments.get_indexer(rows["segment"]), localities.get_indexer(rows["locality"])]
    at.append(routes.get_indexer(pd.MultiIndex.from_frame(rows[ROUTE])))
    shape = (len(segments) + 1, len(localities) + 1, len(routes) + 1)
    hidden, small, exposed = np.zeros(len(rows), bool), np.zeros(len(rows), bool), 0
    for year in sorted({*people["year"], *spend["year"]}):
        here = (rows["year"] == year).to_numpy()
        where = tuple(axis[here] for axis in at)
        figures = {name: np.zeros(shape) for name in MEASURES}
        for name, grid in figures.items():
            grid[where] = rows.loc[here, name].fillna(0).to_numpy(float)
        table = _Table(figures, threshold)
        exposed += table.protect()
        hidden[here], small[here] = table.hidden[where], table.small[where]
    rows[MEASURES] = rows[MEASURES].astype("Int64").mask(pd.Series(hidden), axis=0)
    rows["suppressed"] = hidden
    first, second = len(people), len(people) + len(spend)
    frames = [people.copy(), spend.copy()]
    for frame, part in zip(frames, (rows[:first], rows[first:second]), strict=True):
        for name in [*MEASURES, "suppressed"]:
            if name in frame or name == "suppressed":
                frame[name] = part[name].array
    shown = rows[second:].reset_index(drop=True)
    return Suppressed(frames[0], frames[1], shown, int(small.sum()), int((hidden & ~small).sum()), exposed)


def suppress_pairs(people: Floats, threshold: int) -> tuple[Floats, Bools, int]:
    """The same of a table of people by two attributes alone: its figures, which of them are suppressed, how many are exposed all the same.

    Args:
        people: whole numbers by row and column. What is given back has their totals as one more row and column.
        threshold: the smallest count shown; 0 or 1 suppresses nothing.

    Two people of 100 are suppressed, with the 98 others of their row, and both numbers of the other row:

    >>> figures, hidden, exposed = suppress_pairs(np.array([[2.0, 98.0], [40.0, 60.0]]), 5)
    >>> figures[-1].tolist(), hidden.sum(axis=1).tolist(), exposed
    ([42.0, 158.0, 200.0], [2, 2, 0], 0)
    """
    people = np.pad(people, (0, 1))
    people[:, -1] = people.sum(axis=1)
    people[-1] = people.sum(axis=0)
    # Suppression weighs people and pounds together; here everybody weighs the same and uses one route, which no reader sees.
    figures = {name: np.zeros((*people.shape, 2)) for name in MEASURES}
    figures["cost_pence"] += people[:, :, None] * 1000
    figures["users"][:, :, 0] = figures["people"][:, :, 1] = figures["person_months"][:, :, 1] = people
    table = _Table(figures, threshold)
    exposed = table.protect()
    return people, table.hidden[:, :, -1], exposed


def _totals(people: pd.DataFrame, spend: pd.DataFrame) -> pd.DataFrame:
    """Every total of the two frames, by key: the keys added over are `all`."""
    parts: dict[str, list[npt.NDArray[Any]]] = {name: [] for name in (*PAIR, *ROUTE, *MEASURES)}
    for frame, route in ((people, []), (spend, ROUTE)):
        known = {name: pd.factorize(frame[name], sort=True) for name in (*PAIR, *route)}
        for pair in (["year", "segment"], ["year", "locality"], ["year"]):
            # The keys of a row as one whole number, in the order of the keys.
            number = np.zeros(len(frame), np.intp)
            for name in (*pair, *route):
                codes, texts = known[name]
                number = number * len(texts) + codes
            _, first, group = np.unique(number, return_index=True, return_inverse=True)
            for name in (*PAIR, *ROUTE):
                if name in (*pair, *route):
                    codes, texts = known[name]
                    parts[name].append(np.asarray(texts, object)[codes[first]])
                else:
                    parts[name].append(np.full(len(first), ALL, object))
            for name in MEASURES:
                given = name in frame.columns
                parts[name].append(np.bincount(group, frame[name].to_numpy(float), len(first)) if given else np.full(len(first), np.nan))
    kinds = {name: float if name in MEASURES else object for name in parts}
    return pd.DataFrame({name: pd.Series(np.concatenate(part), dtype=kinds[name]) for name, part in parts.items()})


class _Table:
    """The cells of one year, and which of them are suppressed."""

    def __init__(self, figures: dict[str, Floats], threshold: int) -> None:
        people, users, self.cost = figures["people"], figures["users"], figures["cost_pence"]
        self.count = people + users
        self.threshold = threshold
        full = (self.count + self.cost + figures["activity"]) > 0
        full[-1, -1, -1] = False  # the grand total is shown
        # Activity or pounds of nobody are those of somebody who was not counted.
        self.small: Bools = full & (self.count < threshold) & (threshold > 1)
        self.small |= full & self.small[:, :, -1:]
        self.hidden = self.small.copy()
        # What suppressing one more cell loses: the people behind it.
        self.loss = self.count + 1
        self.loss[-1] += TOTAL
        self.loss[:-1, -1] += TOTAL
        self.loss[-1, :, -1] += HEAD
        self.loss[:-1, -1, -1] += HEAD
        self.loss[~full], self.loss[self.hidden] = np.inf, 0.0
        self.lines = np.zeros(full.shape, bool)
        self.lines[:-1, :-1, :-1] = full[:-1, :-1, :-1]
        # How far a cell can be lowered: in people (and months, and activity), in pence. Totals follow the lines under them.
        activity = np.where(figures["activity"][-1:, -1:, :] > 0, figures["activity"], np.inf)
        self.spare = np.minimum(self.count, activity) - 1
        self.spare[:, :, -1] = np.minimum(people, figures["person_months"])[:, :, -1] - 1
        self.money = self.cost.copy()
        self.spare[-1], self.spare[:, -1], self.money[-1], self.money[:, -1], self.money[:, :, -1] = (np.inf,) * 5

    def protect(self) -> int:
        """Suppress until no small cell can be worked out; the number of cells for which nothing is left to suppress."""
        cells = np.argwhere(self.small)
        queue: list[Cell] = [
            (int(i), int(j), int(k)) for i, j, k in cells[np.argsort(cells[:, 2] < self.small.shape[2] - 1, kind="stable")]
        ]
        exposed = 0
        for cell in queue:
            pattern, safe = self._pattern(cell)
            flat = not self._has_lines(cell)
            exposed += 0 if safe else len({other for other in pattern if not self.hidden[other]} | {cell})
            for other in pattern:
                self.hidden[other], self.loss[other] = True, 0.0
                # The flat pattern of a pair without spend says nothing of the cost of its partners.
                if flat and self._has_lines(other):
                    queue.append(other)
        return exposed

    def _has_lines(self, cell: Cell) -> bool:
        return bool(self.lines[self._under(cell)].any())

    def _under(self, cell: Cell) -> tuple[slice, ...]:
        """The lines that add up to a cell."""
        return tuple(slice(None, -1) if at == size - 1 else slice(at, at + 1) for at, size in zip(cell, self.loss.shape, strict=True))

    def _pattern(self, cell: Cell) -> tuple[list[Cell], bool]:
        """The cells that move with this one and lose least, the widest move first; and whether every count stays 1 or more."""
        tenth = max(1.0, float(np.ceil(self.cost[cell] / COST_PARTS)))
        wide = max(1.0, self.threshold - float(self.count[cell]))
        far, near, touching = (wide, tenth, (True,)), (1.0, 1.0, (True, False)), (0.0, 1.0, (True, False))
        tries = [(self._boxes, need, reach) for need, reach in ((far, 1.0), (far, TOTAL), (near, TOTAL), (far, HEAD), (near, HEAD))]
        tries += [(self._swaps, near, HEAD), (self._boxes, far, np.inf)]
        tries += [(search, need, np.inf) for need in (near, touching) for search in (self._boxes, self._swaps)]
        for search, (people, pence, ways), reach in tries:
            best: Pattern = (np.inf, [])
            for found in search(cell, (people, pence), ways, reach):
                best = min(best, found, key=lambda one: one[0])
                if best[0] == 0:
                    break
            if best[0] < reach:
                return best[1], people > 0
        return [], False

    def _boxes(self, cell: Cell, need: Need, ways: tuple[bool, ...], reach: float) -> Iterator[Pattern]:
        """The cheapest box each way: with another route, or with the pair's total; this cell raised, or lowered."""
        last = self.loss.shape[2] - 1
        if not self._has_lines(cell):
            heights: list[tuple[list[int] | None, bool]] = [(None, False)]
        elif cell[2] == last:
            heights = [(list(range(last)), False)]
        else:
            heights = [([last], False), ([k for k in range(last) if k != cell[2]], True)]
        for others, opposite in heights:
            for up in ways:
                yield self._box(cell, others, opposite, need, up, reach)

    def _box(self, cell: Cell, others: list[int] | None, opposite: bool, need: Need, up: bool, reach: float) -> Pattern:
        """The cheapest box with this cell as a corner: what it loses, and its cells; a loss without end if there is none.

        Args:
            cell: the corner.
            others: what may be on the other side, routes or the pair's total; None for a flat box, of pairs alone.
            opposite: a corner on the other side moves against its neighbour, as one route against another; a pair's
                total moves with its line.
            need: how far the corners that are lowered must be able to go.
            up: this cell is raised; if not, it is lowered.
            reach: cells lose less than this: 1 for suppressed cells only, TOTAL for no total and HEAD for no whole segment or locality
                that is not suppressed already.
        """
        if not up and (self.spare[cell] < need[0] or self.money[cell] < need[1]):
            return np.inf, []
        flips = [cell[0] < self.loss.shape[0] - 1, cell[1] < self.loss.shape[1] - 1, opposite]
        sides: list[npt.NDArray[np.intp]] = []
        for axis in range(2 if others is None else 3):
            line: tuple[int | slice, ...] = (*cell[:axis], slice(None), *cell[axis + 1 :])
            open_to = self.loss[line] < reach
            if up and flips[axis]:
                open_to &= ((self.spare[line] >= need[0]) | (axis == 2)) & (self.money[line] >= need[1])
            side = np.array([at for at in others if open_to[at]], np.intp) if axis == 2 and others is not None else np.flatnonzero(open_to)
            side = side[side != cell[axis]]
            if not len(side):
                return np.inf, []
            sides.append(side.reshape([-1 if axis == along else 1 for along in range(3)]))
        loss: Floats = np.zeros((1, 1, 1))
        corners = [corner for corner in product((0, 1), (0, 1), (0,) if others is None else (0, 1)) if any(corner)]
        for corner in corners:
            index = tuple(sides[axis] if on else cell[axis] for axis, on in enumerate(corner))
            part = self.loss[index]
            flipped = sum(on and flip for on, flip in zip(corner, flips, strict=True)) % 2 == 1
            if flipped == up and (sum(corner) > 1 or not up):  # sides are those that can be lowered already
                # Users and activity do not add up over routes: on the other route only pounds move.
                able = (self.spare[index] >= need[0]) | (opposite and corner[2] == 1)
                part = np.where(able & (self.money[index] >= need[1]), part, np.inf)
            loss = loss + part
        best = np.unravel_index(int(loss.argmin()), loss.shape)
        partner = [int(side.ravel()[at]) for side, at in zip(sides, best[: len(sides)], strict=True)] + [cell[2]]
        cells = [tuple(partner[axis] if on else cell[axis] for axis, on in enumerate(corner)) for corner in corners]
        return float(loss[best]), [(i, j, k) for i, j, k in cells] + [cell]

    def _swaps(self, cell: Cell, need: Need, ways: tuple[bool, ...], reach: float) -> Iterator[Pattern]:
        """The cheapest swap: a line under this cell against a line elsewhere, and the totals in which they differ."""
        last = np.array(self.loss.shape) - 1
        flat = not self._has_lines(cell)
        ends = np.argwhere(np.isfinite(self.loss) & (np.arange(last[2] + 1) == last[2])) if flat else np.argwhere(self.lines)
        ends = ends[(ends[:, :2] < last[:2]).all(axis=1)]
        under = ((ends == cell) | (last == cell)).all(axis=1)
        theirs, mine = ends[~under], ends[under]
        if not len(theirs):
            return
        enough = (self.spare >= need[0]) & (self.money >= need[1])
        for own in mine[[int(self.loss[tuple(mine.T)].argmin()), int(self.spare[tuple(mine.T)].argmax())]]:
            loss, apart = np.zeros(len(theirs)), (theirs[:, :2] != own[:2]).any(axis=1)
            kept = [np.array(one) for one in product((True, False), repeat=3) if any(one) and not (flat and one[2])]
            for keep in kept:
                differ = (theirs != own)[:, keep].any(axis=1)
                totals = self.loss[tuple(np.where(keep, theirs, last).T)] + self.loss[tuple(np.where(keep, own, last))]
                loss += np.where(differ, totals, 0.0)
            pairs = np.where([True, True, False], theirs, last)
            able = enough[tuple(theirs.T)] & (enough[tuple(pairs.T)] | ~apart)
            if enough[tuple(own)] and False in ways:
                able |= enough[own[0], own[1], -1] | ~apart
            loss = np.where(able, loss, np.inf)
            best = int(loss.argmin())
            ends_of = [(keep, end) for keep in kept if (theirs[best] != own)[keep].any() for end in (own, theirs[best])]
            cells = [np.where(keep, end, last).tolist() for keep, end in ends_of]
            yield float(loss[best]), [(i, j, k) for i, j, k in cells]


def _check(people: pd.DataFrame, spend: pd.DataFrame) -> None:
    """Refuse frames that are not whole tables: keys given twice, negative figures, pairs whose lines do not add up."""
    problems = []
    for name, frame, keys in (("people", people, PAIR), ("spend", spend, [*PAIR, *ROUTE])):
        if frame.duplicated(keys).any():
            problems.append(Problem(name, "a key is given twice", "each row is one cell", f"Add up by {', '.join(keys)} first"))
        figures = frame[[measure for measure in MEASURES if measure in frame]]
        if not ((figures >= 0) & (figures % 1 == 0)).all(axis=None):
            what = "a figure is missing, negative or not whole"
            problems.append(Problem(name, what, "people and pence are counted", "Net refunds off and round to the penny first"))
        if frame[keys].isna().any(axis=None) or (frame[keys[1:]] == ALL).any(axis=None):
            problems.append(Problem(name, f"a key is missing or called {ALL}", "the totals are called so", "Give it a name of its own"))
    gap = people.set_index(PAIR)["cost_pence"].sub(spend.groupby(PAIR, observed=True)["cost_pence"].sum(), fill_value=0)
    if not problems and (gap != 0).any():
        what = f"spend of {gap.ne(0).idxmax()} adds up to {int(-gap[gap.ne(0)].iloc[0])} pence more than in people"
        problems.append(Problem("spend", what, "a pair costs what its lines add up to", "Add both up from the same people"))
    if problems:
        raise BadInput(problems)
