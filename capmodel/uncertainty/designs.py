"""Which terms leave every party no worse off? Designs of a contract compared on the same draws, and warnings from history.

A party values its position at its mean less a price for the risk of it: what it costs to keep the reserve for the worst 5% of
draws. Nobody is worse off under a design where nobody's value falls below its value under the alternative; among such designs
the best is the one whose least gainer gains most, as a part of the care it provides or pays for. Nothing here draws or
settles; positions come from `payoff`, and how designs are made from terms is in `capmodel.uncertainty.negotiate`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TypeVar

import numpy as np

from capmodel.algebra.rows import Floats
from capmodel.uncertainty.measures import CERTAINTY, loss_probability, rank_of, shortfall_of_worst

#: A value that falls by less than this is no fall, pounds.
SAME_GBP = 1.0
#: Gains as parts of the care in scope that differ by less are the same: ten pounds in a billion.
SAME_PART = 1e-8
#: A walk-away share is found to so much, a thousandth of a percentage point.
FINEST = 1e-5
#: After so many shares that did not halve what is between the two, the one halfway is tried; each time after one fewer.
_PATIENCE = 3
#: Savings above this part of a contract's value have failed without prudence: UnitingCare, 178 of 800 million. Source: National Audit Office, on UnitingCare, 2016.
LARGE_SAVING_SHARE = 0.20
#: A party's part of losses above this many times its part of the care it provides or pays for is beyond its influence.
BEYOND_INFLUENCE = 1.5


@dataclass(frozen=True)
class Worth:
    """What one contract is worth to each party over all years, in the order of the parties, pounds and probabilities."""

    mean: Floats
    shortfall: Floats
    low: Floats
    loss_probability: Floats
    value: Floats


def risk_value(mean: float, shortfall: float, risk_price: float) -> float:
    """A position's value: its mean less the price of holding what the worst 5% of draws would take.

    >>> risk_value(1_000_000.0, -4_000_000.0, 0.05)
    800000.0
    """
    return mean - risk_price * max(0.0, -shortfall)


def worth_of(positions: Floats, risk_price: float) -> Worth:
    """What positions, a draw a row and a party a column, are worth.

    >>> float(worth_of(np.arange(100.0)[:, None], 0.05).shortfall[0])
    2.0
    """
    columns, draws = list(np.ascontiguousarray(positions.T)), len(positions)
    at = rank_of(draws, 1 - CERTAINTY)
    last = min(at + 1, draws - 1)
    worst = [np.sort(np.partition(column, last)[: last + 1]) for column in columns]
    mean = np.array([float(column.mean()) for column in columns])
    shortfall = np.array([shortfall_of_worst(tail, draws) for tail in worst])
    value = [risk_value(*figures, risk_price) for figures in zip(mean.tolist(), shortfall.tolist(), strict=True)]
    low, losing = [float(tail[at]) for tail in worst], [loss_probability(column) for column in columns]
    return Worth(mean, shortfall, np.array(low), np.array(losing), np.array(value))


@dataclass(frozen=True)
class Design:
    """One set of terms and what comes of it.

    Attributes:
        terms: the terms that differ between designs and their values, as they were asked for.
        worth: what it is worth to each party.
        gain: its value over the alternative's, by party.
        gain_part: the same as a part of the target of the care the party provides or pays for, from `gain_parts`.
        no_worse_off: nobody is worse off than under the alternative.
        undominated: no other design gives every party as much mean and as little risk, and one of them more or less.
        efficient: no other gives the party that gains least as much of its care in scope, at as little expected shortfall of all together.
        exact: every draw was settled; otherwise the ladder was held against the rules on some of them.
        warnings: what history warns of.
    """

    terms: Mapping[str, str]
    worth: Worth
    gain: Floats
    gain_part: Floats
    no_worse_off: bool
    undominated: bool
    efficient: bool
    exact: bool
    warnings: tuple[str, ...]

    @property
    def least_gainer(self) -> int:
        """The place of the party that gains least as a part of its care in scope."""
        return int(np.nanargmin(self.gain_part))

    @property
    def least_gain_share(self) -> float:
        """What that party gains, as a part of its care in scope."""
        return float(self.gain_part[self.least_gainer])

    @property
    def rank(self) -> Score:
        """More is better: first that nobody is worse off, then the least gain, then the next, and so on."""
        parts = self.gain_part[~np.isnan(self.gain_part)]
        return (float(self.no_worse_off), *sorted(np.round(parts / SAME_PART).tolist()))


def no_worse_off(gain: Floats) -> bool:
    """True where no party's value falls.

    >>> no_worse_off(np.array([0.0, -0.5, 3.0])), no_worse_off(np.array([5.0, -2.0]))
    (True, False)
    """
    return bool((gain >= -SAME_GBP).all())


def gain_parts(gain: Floats, in_scope: Floats) -> Floats:
    """Gains as parts of the target of the care each party provides or pays for.

    A party that does neither, such as a fund, has no such part and ranks no design; but where it is worse off, that counts as a
    part of all care in scope.

    >>> gain_parts(np.array([2.0, 30.0, 5.0, -4.0]), np.array([100.0, 300.0, 0.0, 0.0])).tolist()
    [0.02, 0.1, nan, -0.01]
    """
    of_all = np.where(gain < -SAME_GBP, gain / in_scope.sum(), np.nan)
    return np.divide(gain, in_scope, out=of_all, where=in_scope > 0)


def not_beaten(points: Floats, same: Floats | float = SAME_GBP) -> list[bool]:
    """For each row of aims, all to be high: whether no other row is at least as high in every aim and higher in one.

    Args:
        points: a row for each design, a column for each aim.
        same: what differs by less is the same, for all aims or for each.

    >>> not_beaten(np.array([[20.0, -10.0], [10.0, -10.0], [10.0, 0.0]]))
    [True, False, True]
    >>> not_beaten(np.array([[20.0, 10.0], [19.0, 10.0], [17.0, 10.0]]), same=2.0)
    [True, True, False]
    """
    found = []
    for point in points:
        as_good = (points >= point - same).all(axis=1)
        found.append(not bool((as_good & (points > point + same).any(axis=1)).any()))
    return found


def judged(designs: Sequence[Design]) -> list[Design]:
    """The designs, each with whether another beats it.

    A contract shares a variance and makes none, so what one party gains in mean another loses: party by party hardly any design
    beats another. Between the gain of the party that gains least and the risk of all together, there is a choice.
    """
    if not designs:
        return []
    by_party = not_beaten(np.stack([np.concatenate([design.worth.mean, design.worth.shortfall]) for design in designs]))
    aims = np.array([[design.least_gain_share, design.worth.shortfall.sum()] for design in designs])
    in_all = not_beaten(aims, np.array([SAME_PART, SAME_GBP]))
    return [replace(design, undominated=one, efficient=two) for design, one, two in zip(designs, by_party, in_all, strict=True)]


@dataclass(frozen=True)
class WalkAway:
    """A party's share of gains or of losses now, and the one at which it is no better off by staying.

    Attributes:
        party: whose share.
        side: `gain` or `loss`.
        present_shares: its share of each band now, with its part by the distribution key.
        walk_away_share: the smallest share of gains, or the largest of losses, the same in every band, at which it is no worse
            off than by walking away; None where none will do.
    """

    party: str
    side: str
    present_shares: tuple[float, ...]
    walk_away_share: float | None


def walk_away(gain: Callable[[float], float], smallest: bool) -> float | None:
    """The share at which a party is just no worse off than by walking away, to `FINEST`; None where none will do.

    Between a share that will do and one that will not, another is tried: where the line between them meets zero, or halfway
    where that did not halve what is between them for a while. Nothing is read between shares; the one handed back was tried and will do.

    Args:
        gain: what the party gains over the alternative at a share; it does not fall as gains rise, nor rise as losses do.
        smallest: look for the smallest share that will do, as of gains; otherwise for the largest, as of losses.

    >>> round(walk_away(lambda share: 1e6 * min(share - 0.02, 0.01), smallest=True), 4)
    0.02
    >>> walk_away(lambda share: 5.0, smallest=False)
    1.0
    """
    worse, safe = (0.0, 1.0) if smallest else (1.0, 0.0)
    short = gain(worse)
    if short >= -SAME_GBP:
        return worse
    over = gain(safe)
    if over < -SAME_GBP:
        return None
    at_worse, at_safe, slow, patience = short, over, 0, _PATIENCE
    was_safe: bool | None = None
    while (apart := abs(safe - worse)) > FINEST:
        edge = FINEST / 2 / apart
        part = min(max(at_worse / (at_worse - at_safe), edge), 1 - edge) if slow < patience else 0.5
        tried = worse + part * (safe - worse)
        found = gain(tried)
        if found >= -SAME_GBP:
            # An end that stays twice is taken for less than it is, so that the line next meets zero on its side (Anderson and Björck, 1973).
            at_worse *= _kept(found, over) if was_safe else 1.0
            safe, over, at_safe, was_safe = tried, found, found, True
        else:
            at_safe *= _kept(found, short) if was_safe is False else 1.0
            worse, short, at_worse, was_safe = tried, found, found, False
        patience = patience if slow < patience else max(patience - 1, 1)
        slow = slow + 1 if abs(safe - worse) > apart / 2 else 0
    return safe


def _kept(found: float, before: float) -> float:
    """The part of what an end is worth that is kept when the other end has moved again."""
    part = 1 - found / before if before else 0.0
    return part if part > 0 else 0.5


def with_share(shares: Floats, party: int, other: int, share: float) -> Floats:
    """Shares of bands, a band a row and a party a column, after one party takes the same share of every band.

    Another gives or takes the difference; once that one has nothing left, all the rest give in proportion.

    >>> with_share(np.array([[0.2, 0.3, 0.5], [0.4, 0.2, 0.4]]), 0, 1, 0.5).round(3).tolist()
    [[0.5, 0.0, 0.5], [0.5, 0.1, 0.4]]
    >>> with_share(np.array([[0.2, 0.3, 0.5]]), 0, 1, 0.8).round(3).tolist()
    [[0.8, 0.0, 0.2]]
    """
    found = shares.copy()
    found[:, party] = share
    found[:, other] += shares[:, party] - share
    lacking = np.minimum(found[:, other], 0.0)
    found[:, other] -= lacking
    rest = [i for i in range(shares.shape[1]) if i not in (party, other)]
    left = found[:, rest].sum(axis=1)
    found[:, rest] *= 1 + np.divide(lacking, left, out=np.zeros_like(left), where=left > 0)[:, None]
    return found


Choice = TypeVar("Choice")
#: Compared first by its first figure, then by the next, and so on.
Score = tuple[float, ...]


def search(
    choices: Sequence[Sequence[Choice]], worth: Callable[[tuple[Choice, ...]], Score], rounds: int = 4
) -> tuple[tuple[Choice, ...], Score]:
    """The best of a grid by changing one term at a time from its first values, until no change helps.

    >>> search([[0, 1, 2], [0, 1, 2]], lambda at: (-abs(at[0] - 1), -abs(at[1] - 2)))
    ((1, 2), (0, 0))
    """
    best = tuple(values[0] for values in choices)
    score = worth(best)
    for _ in range(rounds):
        before = score
        for i, values in enumerate(choices):
            for value in values:
                tried = (*best[:i], value, *best[i + 1 :])
                if tried != best and (found := worth(tried)) > score:
                    best, score = tried, found
        if score <= before:
            break
    return best, score


# ------------------------------------------------------------------------------------------------ history


@dataclass(frozen=True)
class Exposed:
    """What history looks at in a contract, by party: shares of losses and of the care in scope, caps, and what is planned.

    Attributes:
        labels: the parties.
        loss_share: the largest share of any band of losses.
        influence_share: the part of the target the party provides or pays for, whichever is more; nobody turns what is not theirs.
        capped: an amount, a share of the target or of income limits its losses.
        at_risk: the contract's phase, outcomes and deduction apply to it.
        saving_share: planned savings over the target, all years.
        prudent: an uncertainty of delivery is declared, with a mean below what is planned.
        unsettled: figures of the baseline that are illustrative, of so many.
        withheld_with: who keeps what is withheld of the last year's gains, and that year; None where nothing is withheld.
    """

    labels: Sequence[str]
    loss_share: Floats
    influence_share: Floats
    capped: Sequence[bool]
    at_risk: Sequence[bool]
    saving_share: float
    prudent: bool
    unsettled: tuple[int, int]
    withheld_with: tuple[str, int] | None = None


def warnings_of(exposed: Exposed) -> tuple[str, ...]:
    """What went wrong before and could again, and what the figures leave out. Each says where it happened."""
    found = []
    for i, label in enumerate(exposed.labels):
        share, influence = float(exposed.loss_share[i]), float(exposed.influence_share[i])
        if share > BEYOND_INFLUENCE * influence:
            found.append(f"{label} bears {share:.0%} of losses and provides or pays for {influence:.0%} of the care: it cannot influence most of what it would pay for (Torbay)")  # fmt: skip
        if share > 0 and exposed.at_risk[i] and not exposed.capped[i]:
            found.append(f"{label} bears losses without a cap, and no guarantor is named (UnitingCare)")
    if exposed.saving_share > LARGE_SAVING_SHARE and not exposed.prudent:
        found.append(f"Planned savings are {exposed.saving_share:.0%} of the contract's value and are taken as certain (UnitingCare: 178 of £800 million, 22%)")  # fmt: skip
    unsettled, of = exposed.unsettled
    if unsettled:
        found.append(f"{unsettled:,} of {of:,} baseline figures are illustrative: the baseline is not settled, so do not go live on it (UnitingCare)")  # fmt: skip
    if exposed.withheld_with:
        keeper, year = exposed.withheld_with
        found.append(f"What is withheld of gains in {year} counts as kept by {keeper}: no later year releases it, so it is worth too much to {keeper} and too little to those it is withheld from")  # fmt: skip
    return tuple(found)
