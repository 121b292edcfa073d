"""Which terms leave every party no worse off? Designs of a contract compared on the same draws, and warnings from history.

A party values its position at its mean less a price for the risk of it: what it costs to keep the reserve for the worst 5% of
draws. A design is acceptable where nobody's value falls below its value under the alternative. Nothing here draws or
settles; positions come from `payoff`, and how designs are made from terms is in `capmodel.negotiate`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TypeVar

import numpy as np

from capmodel.algebra.rows import Floats
from capmodel.contracts.risk import CERTAINTY, loss_probability, rank_of, shortfall_of_worst

#: A value that falls by less than this is no fall, pounds.
SAME_GBP = 1.0
#: Savings above this part of a contract's value have failed without prudence: UnitingCare, 178 of 800 million. Source: METHODS 2.4.
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
        acceptable: nobody is worse off than under the alternative.
        undominated: no other design gives every party as much mean and as little risk, and one of them more or less.
        efficient: no other gives the party that gains least as much value, at as little expected shortfall of all parties together.
        exact: every draw was settled; otherwise the ladder was held against the rules on some of them.
        warnings: what history warns of.
    """

    terms: Mapping[str, str]
    worth: Worth
    gain: Floats
    acceptable: bool
    undominated: bool
    efficient: bool
    exact: bool
    warnings: tuple[str, ...]

    @property
    def least_gain_gbp(self) -> float:
        """The value that the party which gains least gains over the alternative, pounds."""
        return float(self.gain.min())


def no_worse_off(gain: Floats) -> bool:
    """True where no party's value falls.

    >>> no_worse_off(np.array([0.0, -0.5, 3.0])), no_worse_off(np.array([5.0, -2.0]))
    (True, False)
    """
    return bool((gain >= -SAME_GBP).all())


def not_beaten(points: Floats) -> list[bool]:
    """For each row of aims, all to be high, in pounds: whether no other row is at least as high in every aim and higher in one.

    >>> not_beaten(np.array([[20.0, -10.0], [10.0, -10.0], [10.0, 0.0]]))
    [True, False, True]
    """
    found = []
    for point in points:
        as_good = (points >= point - SAME_GBP).all(axis=1)
        found.append(not bool((as_good & (points > point + SAME_GBP).any(axis=1)).any()))
    return found


def judged(designs: Sequence[Design]) -> list[Design]:
    """The designs, each with whether another beats it.

    A contract shares a variance and makes none, so what one party gains in mean another loses: party by party hardly any design
    beats another. Between the gain of the party that gains least and the risk of all together, there is a choice.
    """
    if not designs:
        return []
    by_party = not_beaten(np.stack([np.concatenate([design.worth.mean, design.worth.shortfall]) for design in designs]))
    in_all = not_beaten(np.array([[design.least_gain_gbp, design.worth.shortfall.sum()] for design in designs]))
    return [replace(design, undominated=one, efficient=two) for design, one, two in zip(designs, by_party, in_all, strict=True)]


def walk_away(shares: Sequence[float], gains: Sequence[float], smallest: bool) -> float | None:
    """The share at which a party is no better off than by walking away, between the shares that were tried; None where none will do.

    Args:
        shares: shares tried, rising.
        gains: what the party gains over the alternative at each.
        smallest: look for the smallest share that will do, as of gains; otherwise for the largest, as of losses.

    >>> walk_away([0.0, 0.1, 0.2], [-100.0, 0.0, 100.0], smallest=True)
    0.1
    >>> walk_away([0.0, 0.1, 0.2], [50.0, -50.0, -150.0], smallest=False)
    0.05
    """
    pairs = list(zip(shares, gains, strict=True))
    if not smallest:
        pairs.reverse()
    for i, (share, gain) in enumerate(pairs):
        if gain >= -SAME_GBP:
            if i == 0:
                return float(share)
            before, short = pairs[i - 1]
            return float(before + (share - before) * (0 - short) / (gain - short)) if gain > 0 else float(share)
    return None


Choice = TypeVar("Choice")


def search(
    choices: Sequence[Sequence[Choice]], worth: Callable[[tuple[Choice, ...]], float], rounds: int = 4
) -> tuple[tuple[Choice, ...], float]:
    """The best of a grid by changing one term at a time from its first values, until no change helps.

    >>> search([[0, 1, 2], [0, 1, 2]], lambda at: -abs(at[0] - 1) - abs(at[1] - 2))
    ((1, 2), 0.0)
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
    return best, float(score)


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
    """

    labels: Sequence[str]
    loss_share: Floats
    influence_share: Floats
    capped: Sequence[bool]
    at_risk: Sequence[bool]
    saving_share: float
    prudent: bool
    unsettled: tuple[int, int]


def warnings_of(exposed: Exposed) -> tuple[str, ...]:
    """What went wrong before and could again. Source: METHODS section 2.4; each warning names where it happened."""
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
    return tuple(found)
