"""How much could each party gain or lose? Measures of a distribution of positions, from draws of them.

A position is plus where a party ends better than its target and minus where worse, in pounds. Percentiles are order statistics,
never between two draws, so that expected shortfall is never milder than the percentile it starts from. How sure the figures
are is estimated by batches of draws. Nothing here draws anything; `capmodel.assumptions.draws` does.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from capmodel.algebra.rows import Floats
from capmodel.assumptions.draws import BATCHES
from capmodel.errors import BadInput, Problem

#: The certainty of reserves and of expected shortfall.
CERTAINTY = 0.95


def rank_of(draws: int, share: float) -> int:
    """Which draw in rising order is the percentile: the least that at least the share of draws do not exceed.

    >>> rank_of(100, 0.05)
    4
    """
    return max(math.ceil(share * draws - 1e-9) - 1, 0)


def percentile(positions: Floats, share: float) -> float:
    """The position that this share of draws do not exceed, pounds; one of the draws.

    >>> percentile(np.arange(1.0, 101.0), 0.05)
    5.0
    """
    at = rank_of(len(positions), share)
    return float(np.partition(positions, at)[at])


def expected_shortfall(positions: Floats, certainty: float = CERTAINTY) -> float:
    """The mean of the worst draws, pounds: of the worst 5% for a certainty of 95%; a draw on the edge counts with its part.

    Source: Acerbi and Tasche 2002. It is never above the percentile, and that of a sum never worse than the sum of both.

    >>> expected_shortfall(np.arange(1.0, 101.0))
    3.0
    """
    return shortfall_of_worst(np.sort(positions), len(positions), certainty)


def shortfall_of_worst(worst_first: Floats, draws: int, certainty: float = CERTAINTY) -> float:
    """The same from the worst of so many draws, in order; there must be one more of them than are counted whole.

    >>> shortfall_of_worst(np.array([1.0, 2.0, 3.0]), 40)
    1.5
    """
    wanted = (1 - certainty) * draws
    whole = math.floor(wanted + 1e-9)
    part = wanted - whole if wanted - whole > 1e-9 else 0.0
    if whole == 0:
        return float(worst_first[0])
    return (math.fsum(worst_first[:whole]) + (part * float(worst_first[whole]) if part else 0.0)) / (whole + part)


def reserve_needed(positions: Floats, certainty: float = CERTAINTY) -> float:
    """What must be kept aside so that a loss is met with this certainty, pounds; zero where there is none at that certainty.

    >>> reserve_needed(np.arange(-10.0, 90.0)), reserve_needed(np.arange(5.0, 105.0))
    (6.0, 0.0)
    """
    return _loss_in(percentile(positions, 1 - certainty))


def _loss_in(position: float) -> float:
    return max(0.0, -position)


def loss_probability(positions: Floats) -> float:
    """The probability of ending below the target, from 0 to 1; half a penny is no loss.

    >>> loss_probability(np.array([-1.0, 0.0, 2.0, -0.001]))
    0.25
    """
    return float((positions < -0.005).mean())


@dataclass(frozen=True)
class Measure:
    """One distribution in figures: pounds, but for probabilities from 0 to 1.

    Attributes:
        party: whose position; `system` is everybody's together, which is the variance.
        year: the contract year; None is all of them added up.
        central_gbp: the position in the central case, without any uncertainty.
        low_gbp: 5% of draws are no better.
        high_gbp: 95% of draws are no better.
        shortfall_gbp: the mean of the worst 5% of draws.
        reserve_gbp: what meets a loss with a certainty of 95%.
        false_positive_gain: the probability that a share is paid where only chance varies and nothing is saved; None where it is not known.
        false_positive_loss: the same for a share that is lost.
        mean_error_gbp: the standard error of the mean, and so for low and high.
        half_mean_gbp: the mean of the first half of the draws, and so for low.
    """

    party: str
    year: int | None
    central_gbp: float
    mean_gbp: float
    deviation_gbp: float
    loss_probability: float
    low_gbp: float
    middle_gbp: float
    high_gbp: float
    shortfall_gbp: float
    reserve_gbp: float
    false_positive_gain: float | None
    false_positive_loss: float | None
    mean_error_gbp: float
    low_error_gbp: float
    high_error_gbp: float
    half_mean_gbp: float
    half_low_gbp: float


def measure(
    party: str, year: int | None, positions: Floats, central: float, by_chance: tuple[float, float] | None = None, independent: bool = True
) -> Measure:
    """The measures of one party's positions, in the order in which they were drawn.

    Args:
        party: whose.
        year: which year; None for all.
        positions: one a draw.
        central: the position in the central case.
        by_chance: the probabilities that a share is paid and lost by chance alone.
        independent: draws know nothing of each other; for Sobol points only batches do, and the error of the mean is theirs.

    Raises:
        BadInput: too few draws to measure.
    """
    draws = len(positions)
    if draws < 2 * BATCHES:
        raise BadInput([Problem("draws", f"there are {draws}", f"errors are estimated from {BATCHES} batches", "Draw more")])
    edges = [draws * i // BATCHES for i in range(BATCHES + 1)]
    batches = [positions[a:b] for a, b in itertools.pairwise(edges)]
    lows, highs = ([percentile(batch, share) for batch in batches] for share in (1 - CERTAINTY, CERTAINTY))
    deviation = float(positions.std(ddof=1))
    half = positions[: draws // 2]
    at = [rank_of(draws, share) for share in (1 - CERTAINTY, 0.5, CERTAINTY)]
    ordered = np.partition(positions, at)
    worst = np.sort(ordered[: at[0] + 2])
    return Measure(
        party=party,
        year=year,
        central_gbp=float(central),
        mean_gbp=float(positions.mean()),
        deviation_gbp=deviation,
        loss_probability=loss_probability(positions),
        low_gbp=float(ordered[at[0]]),
        middle_gbp=float(ordered[at[1]]),
        high_gbp=float(ordered[at[2]]),
        shortfall_gbp=shortfall_of_worst(worst, draws),
        reserve_gbp=_loss_in(float(ordered[at[0]])),
        false_positive_gain=by_chance[0] if by_chance else None,
        false_positive_loss=by_chance[1] if by_chance else None,
        mean_error_gbp=deviation / math.sqrt(draws) if independent else error_of([float(batch.mean()) for batch in batches]),
        low_error_gbp=error_of(lows),
        high_error_gbp=error_of(highs),
        half_mean_gbp=float(half.mean()),
        half_low_gbp=percentile(half, 1 - CERTAINTY),
    )


def error_of(batch_figures: Sequence[float]) -> float:
    """The standard error of a figure, from the same figure of batches: their standard deviation over the root of their number.

    >>> round(error_of([1.0, 2.0, 3.0, 4.0]), 4)
    0.6455
    """
    return float(np.std(batch_figures, ddof=1) / math.sqrt(len(batch_figures)))


def furthest_moved(measures: Sequence[Measure]) -> tuple[float, float]:
    """How far means, and 5% points, differ at most between half the draws and all of them, pounds."""
    return (
        max(abs(found.half_mean_gbp - found.mean_gbp) for found in measures),
        max(abs(found.half_low_gbp - found.low_gbp) for found in measures),
    )
