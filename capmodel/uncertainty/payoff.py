"""What each party is paid at every variance: a grid of variances through the settlement's own rules, read between its grid points.

Once variances are drawn, a contract's shares depend on little: the variance of the year, and what outcomes release. So another
contract need not settle every draw again. Its rules are run on some hundreds of variances a year, more of them where a slope
changes, and every draw is read off between two of them, but for those at a cliff, which are settled. The result is held against the rules themselves on some of the draws;
where they differ, as where money is carried from year to year, every draw is settled.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from capmodel.algebra.evaluate import Values
from capmodel.algebra.rows import Floats, Node, Positions
from capmodel.algebra.stream import Moved, Stream, plan
from capmodel.algebra.table import Table

VARIANCE: Node = ("pool", "variance_gbp")
POOL: Node = ("pool", "pool_gbp")
RELEASED: Node = ("pool", "outcome_share")
BORNE: Node = ("pool", "loss_borne_share")
OWN: Node = ("settlement", "own_variance_gbp")
SHARE: Node = ("settlement", "share_gbp")
POSITION: Node = ("settlement", "position_gbp")
SCORE = "outcome_score_share"
#: Grid points at first, the finer steps put between two where the slope changes, and how often.
POINTS, FINER, ROUNDS = 97, 16, 3
#: Draws read off together.
_BLOCK = 4096
#: Slopes that differ less are the same; pennies make that much.
_SAME_SLOPE = 1e-5
#: What rounding at both ends may add to a difference of shares, pounds.
_PENNIES_GBP = 0.03
#: Ladders for so many outcomes; beyond that every draw is settled.
MOST_OUTCOMES = 6
#: Draws on which the grid is held against the rules, and how far it may be off, pounds and part of the variance.
CHECKED, OFF_GBP, OFF_SHARE = 128, 25.0, 1e-5


@dataclass(frozen=True)
class Drawn:
    """What a contract meets, drawn once and the same for every contract: draws on the leading axis.

    Attributes:
        variance: the variance by year, pounds.
        own: each party's own part of it, by party and year.
        score: the outcome score by year.
        years: how many years.
    """

    variance: Floats
    own: Floats
    score: Floats
    years: int

    @cached_property
    def order(self) -> Positions:
        """The order of the variances of each year, so that each grid is looked up once upwards."""
        return np.argsort(self.variance, axis=0, kind="stable")

    @cached_property
    def in_order(self) -> Floats:
        """The variances of each year, rising."""
        return np.take_along_axis(self.variance, self.order, axis=0)

    @cached_property
    def holders(self) -> list[int]:
        """The parties that hold any variance."""
        held = self.own.reshape(len(self.own), -1, self.years).any(axis=(0, 2))
        return [int(party) for party in np.flatnonzero(held)]

    @cached_property
    def own_in_total(self) -> Floats:
        """Each party's own part over all years."""
        return np.asarray(self.own.reshape(len(self.own), -1, self.years).sum(axis=2))


@dataclass(frozen=True)
class Paid:
    """Each party's position over all years under one contract, a draw a row; `exact` where every draw was settled."""

    positions: Floats
    exact: bool


@dataclass(frozen=True)
class _Released:
    """What outcomes release of gains and leave of losses, by draw and year: each pair met, and which one each is."""

    released: Floats
    borne: Floats
    classes: list[tuple[float, float]]
    number: Positions

    @staticmethod
    def of(released: Floats, borne: Floats) -> _Released:
        """Number the pairs; once there are too many for ladders the rest are left."""
        number = np.full(released.shape, -1, dtype=np.intp)
        classes: list[tuple[float, float]] = []
        while len(classes) <= MOST_OUTCOMES and (number < 0).any():
            first = np.unravel_index(int(np.argmax(number < 0)), number.shape)
            classes.append((float(released[first]), float(borne[first])))
            number[(released == released[first]) & (borne == borne[first])] = len(classes) - 1
        return _Released(released, borne, classes, number)


@dataclass(frozen=True)
class Payoffs:
    """Works contracts out on the same draws: what the rules need is planned once, for every contract over the same rows.

    Attributes:
        tables: the tables of the settlement.
        central: a central case settled by any of the contracts.
        drawn: the draws they meet.
    """

    tables: Sequence[Table]
    central: Values
    drawn: Drawn

    @cached_property
    def _outcomes(self) -> Stream:
        return plan(self.tables, self.central, [SCORE], [RELEASED, BORNE])

    @cached_property
    def _settlement(self) -> Stream:
        return plan(self.tables, self.central, [VARIANCE, OWN, RELEASED, BORNE], [POSITION])

    @cached_property
    def _shares(self) -> Stream:
        return plan(self.tables, self.central, [VARIANCE, RELEASED, BORNE], [SHARE, POOL])

    def paid(self, contract: Values, exact: bool = False) -> Paid:
        """Each party's position in total, under a contract, for every draw.

        Args:
            contract: a central case settled by the contract.
            exact: settle every draw.
        """
        every = np.arange(len(self.drawn.variance))
        outcomes = self._outcomes_of(contract)
        if not exact and len(outcomes.classes) <= MOST_OUTCOMES:
            grid = _Grid.of(self._shares.around(contract), self.drawn, np.array(outcomes.classes).T)
            found, jumping = grid.read(self.drawn, outcomes.number), grid.at_cliffs(self.drawn)
            if len(jumping):
                found[jumping] = self._settled(contract, outcomes, jumping)
            some = np.linspace(0, len(every) - 1, min(CHECKED, len(every))).astype(np.intp)
            settled = self._settled(contract, outcomes, some)
            allowed = OFF_GBP + OFF_SHARE * np.abs(self.drawn.variance[some]).sum(axis=1, keepdims=True)
            if (np.abs(found[some] - settled) <= allowed).all():
                return Paid(found, False)
        return Paid(self._settled(contract, outcomes, every), True)

    def _outcomes_of(self, contract: Values) -> _Released:
        """What outcomes do in every draw; most contracts share it with the one before."""
        stream = self._outcomes.around(contract)
        key = tuple((name, figures.tobytes()) for name, figures in stream.still.items())
        if key not in self._known:
            made = stream.run({SCORE: self.drawn.score})
            self._known.clear()
            self._known[key] = _Released.of(made[RELEASED], made[BORNE])
        return self._known[key]

    @cached_property
    def _known(self) -> dict[tuple[object, ...], _Released]:
        return {}

    def _settled(self, contract: Values, outcomes: _Released, some: Positions) -> Floats:
        """Positions in total of some draws by the rules themselves."""
        stream, years, found = self._settlement.around(contract), self.drawn.years, []
        given = {VARIANCE: self.drawn.variance, OWN: self.drawn.own, RELEASED: outcomes.released, BORNE: outcomes.borne}
        for begin in range(0, len(some), 2000):
            part = stream.run({name: figures[some[begin : begin + 2000]] for name, figures in given.items()})[POSITION]
            found.append(part.reshape(len(part), -1, years).sum(axis=2))
        return np.concatenate(found)


@dataclass(frozen=True)
class _Grid:
    """For each year its grid points, and at each grid point, outcome by outcome, every party's share and the pool."""

    points: list[Floats]
    shares: list[Floats]  # outcomes x grid points x (parties and the pool)

    @staticmethod
    def of(stream: Stream, drawn: Drawn, classes: Floats) -> _Grid:
        """Run the rules on grid points, and again on finer ones wherever the slope changes."""
        count, years = classes.shape[1], drawn.years

        def run(points: Floats) -> Floats:
            """Years x outcomes x grid points x (parties and the pool), for grid points x years."""
            given: dict[Moved, Floats] = {
                VARIANCE: np.tile(points, (count, 1)),
                RELEASED: np.repeat(classes[0], len(points))[:, None] * np.ones(years),
                BORNE: np.repeat(classes[1], len(points))[:, None] * np.ones(years),
            }
            made = stream.run(given)
            both = np.concatenate([made[SHARE].reshape(len(made[SHARE]), -1, years), made[POOL][:, None, :]], axis=1)
            return np.asarray(both.reshape(count, len(points), -1, years).transpose(3, 0, 1, 2))

        low, high = drawn.in_order[0], drawn.in_order[-1]
        first = np.linspace(low - 1.0, high + 1.0, POINTS)
        points, shares = list(first.T), list(run(first))
        for _ in range(ROUNDS):
            added = [_between(own, figures) for own, figures in zip(points, shares, strict=True)]
            longest = max(map(len, added))
            if not longest:
                break
            # Every year is worked out at as many variances; a year with fewer repeats its last.
            extra = np.stack(
                [np.concatenate([more, np.full(longest - len(more), own[-1])]) for more, own in zip(added, points, strict=True)], axis=1
            )
            found = run(extra)
            for year, more in enumerate(added):
                places = np.searchsorted(points[year], more)
                points[year] = np.insert(points[year], places, more)
                shares[year] = np.insert(shares[year], places, found[year][:, : len(more)], axis=1)
        return _Grid(points, shares)

    def at_cliffs(self, drawn: Drawn) -> Positions:
        """The draws between two grid points where a share jumps: it changes by more than the variance does, or the variance changes sign."""
        found = []
        for year, (points, shares) in enumerate(zip(self.points, self.shares, strict=True)):
            gaps = np.diff(points)
            jumps = (np.abs(np.diff(shares, axis=1)) > gaps[None, :, None] * (1 + _SAME_SLOPE) + _PENNIES_GBP).any(axis=(0, 2))
            # About zero a small pool may lie on large parts that cancel out: there no line is close enough either.
            jumps |= (points[:-1] < 0) & (points[1:] > 0)
            for gap in np.flatnonzero(jumps):
                first, last = np.searchsorted(drawn.in_order[:, year], points[gap : gap + 2], side="left")
                found.append(drawn.order[first:last, year])
        return np.unique(np.concatenate(found)) if found else np.zeros(0, dtype=np.intp)

    def read(self, drawn: Drawn, outcome: Positions) -> Floats:
        """Each party's position over all years: its own part, and what settlement adds to it in each year."""
        total, below = drawn.own_in_total.copy(), np.empty(outcome.shape, dtype=np.intp)
        tables = []
        for year, (points, shares) in enumerate(zip(self.points, self.shares, strict=True)):
            # Tiers are fewer than draws: look for each grid point among the draws, not for each draw among the grid points.
            edges = np.searchsorted(drawn.in_order[:, year], points[1:-1], side="left")
            below[drawn.order[:, year], year] = np.repeat(np.arange(len(points) - 1), np.diff(edges, prepend=0, append=len(total)))
            slopes = np.diff(shares, axis=1, append=shares[:, -1:]) / np.append(np.diff(points), 1.0)[:, None]
            tables.append(np.concatenate([shares, slopes], axis=2).reshape(-1, 2 * shares.shape[2]))
        parties = total.shape[1]
        for begin in range(0, len(total), _BLOCK):
            some = slice(begin, begin + _BLOCK)
            for year, points in enumerate(self.points):
                variance, at = drawn.variance[some, year], below[some, year]
                found = tables[year].take(outcome[some, year] * len(points) + at, axis=0)
                beyond = (variance - points[at])[:, None]
                total[some] += found[:, :parties] + beyond * found[:, parties + 1 : -1]
                pool = found[:, parties] + beyond[:, 0] * found[:, -1]
                pooled = np.divide(pool, variance, out=np.zeros(len(variance)), where=variance != 0)
                for party in drawn.holders:
                    total[some, party] -= drawn.own[some, party * drawn.years + year] * pooled
        return total


def _between(points: Floats, shares: Floats) -> Floats:
    """Finer grid points in every gap in which a slope changes: where it is neither that of the gap before nor that of the gap after."""
    gaps = np.diff(points)
    slopes = np.diff(shares, axis=1) / gaps[None, :, None]
    # Shares are in pennies, which alone make a slope a little uneven.
    bends = np.abs(np.diff(slopes, axis=1)) > _SAME_SLOPE + _PENNIES_GBP / np.minimum(gaps[1:], gaps[:-1])[None, :, None]
    ends = np.ones_like(bends[:, :1])
    bent = (np.concatenate([ends, bends], axis=1) & np.concatenate([bends, ends], axis=1)).any(axis=(0, 2)) & (gaps > 1.0)
    part = np.arange(1, FINER) / FINER
    return np.asarray((points[:-1][bent, None] + gaps[bent, None] * part).ravel())
