"""Outcomes of an alliance: indicators to a score, and what the score does to gains and to losses.

An indicator scores between its baseline and its target, by interpolation or all or nothing; one with too few cases or late
data does not count, and its weight falls to the others. A score passes a gate, climbs a ladder or multiplies. It never
forgives a loss by being poor: the loss side has a rule of its own, in which a good score lowers the part that is borne.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from capmodel.algebra.functions import above, at_least, at_most, below, ratio
from capmodel.algebra.links import assumption, lookup, prior, total
from capmodel.algebra.table import Table
from capmodel.contracts.settlement.target import SHEET, pool

indicator = Table("indicator", ("indicator",), "Outcome indicators", SHEET)
indicator.input("indicator_weight_number", "number", "Weight")
indicator.input("indicator_baseline_share", "share", "Baseline: scores zero")
indicator.input("indicator_target_share", "share", "Target: scores in full")
indicator.input("indicator_all_or_nothing_flag", "flag", "Scores in full at the target and zero short of it")
indicator.input("indicator_smallest_number", "number", "Smallest denominator that counts")

indicator_year = Table("indicator_year", ("indicator", "year"), "Scores of the indicators", SHEET)
indicator_year.input("indicator_numerator_number", "number", "Numerator")
indicator_year.input("indicator_denominator_number", "number", "Denominator")
indicator_year.input("indicator_recorded_flag", "flag", "Data are in")

rung = Table("rung", ("rung",), "Ladder of outcomes", SHEET)
rung.input("rung_score_share", "share", "Score needed")
rung.input("rung_release_share", "share", "Part of gains released from this score on")

rung_year = Table("rung_year", ("rung", "year"), "Rungs reached", SHEET)

TABLES = (indicator, indicator_year, rung, rung_year)


@indicator_year.line("share", "Performance")
def performance_share(indicator_numerator_number: Any, indicator_denominator_number: Any) -> Any:
    """Numerator over denominator; zero where there is nobody."""
    return ratio(indicator_numerator_number, indicator_denominator_number)


@indicator_year.line("flag", "The indicator counts", smallest=lookup(indicator, "indicator_smallest_number"))
def counts_flag(indicator_denominator_number: Any, indicator_recorded_flag: Any, smallest: Any) -> Any:
    """1 where the data are in and the denominator is large enough to say something.

    >>> counts_flag(np.array([19.0, 20.0, 20.0]), np.array([1, 1, 0]), 20.0).tolist()
    [0, 1, 0]
    """
    enough = at_least(indicator_denominator_number, smallest) & above(indicator_denominator_number, 0)
    return np.where(enough & (indicator_recorded_flag > 0), 1, 0)


@indicator_year.line(
    "share",
    "Score of the indicator",
    baseline=lookup(indicator, "indicator_baseline_share"),
    wanted=lookup(indicator, "indicator_target_share"),
    all_or_nothing=lookup(indicator, "indicator_all_or_nothing_flag"),
)
def indicator_score_share(performance_share: Any, counts_flag: Any, baseline: Any, wanted: Any, all_or_nothing: Any) -> Any:
    """The way from the baseline to the target, no less than zero and no more than all of it; higher or lower may be better.

    A target below the baseline means that lower is better. An indicator that does not count scores nothing.

    >>> indicator_score_share(np.array([0.10, 0.07, 0.05]), 1, 0.10, 0.06, 0).round(4).tolist()
    [0.0, 0.75, 1.0]
    >>> indicator_score_share(np.array([0.07, 0.06, 0.0]), np.array([1, 1, 0]), 0.10, 0.06, 1).tolist()
    [0.0, 1.0, 0.0]
    """
    reached = (at_least(performance_share, wanted) & at_least(wanted, baseline)) | (
        at_most(performance_share, wanted) & below(wanted, baseline)
    )
    way = np.maximum(np.minimum(ratio(performance_share - baseline, wanted - baseline), 1), 0)
    return np.where(counts_flag <= 0, 0, np.where(reached, 1, np.where(all_or_nothing > 0, 0, way)))


@indicator_year.line("number", "Weight that counts", weight=lookup(indicator, "indicator_weight_number"))
def counted_weight_number(counts_flag: Any, weight: Any) -> Any:
    """The weight of an indicator that counts; one that does not leaves its weight to the others."""
    return counts_flag * weight


@indicator_year.line("number", "Weighted score")
def weighted_score_number(counted_weight_number: Any, indicator_score_share: Any) -> Any:
    """What the indicator adds to the score."""
    return counted_weight_number * indicator_score_share


@pool.line(
    "share",
    "Outcome score",
    stated=assumption("outcome_score_share"),
    from_indicators=assumption("score_from_indicators_flag"),
    scored=total(indicator_year, "weighted_score_number", "year"),
    weights=total(indicator_year, "counted_weight_number", "year"),
)
def score_share(stated: Any, from_indicators: Any, scored: Any, weights: Any) -> Any:
    """The weighted score of the indicators that count, or the score as the contract states it.

    Where no indicator counts the score is zero, and passes nothing.

    >>> score_share(0.8, np.array([0, 1]), 1.5, 2.0).tolist()
    [0.8, 0.75]
    """
    return np.where(from_indicators > 0, ratio(scored, weights), stated)


@pool.line(
    "share",
    "Part of the indicators' weight that counts",
    from_indicators=assumption("score_from_indicators_flag"),
    counted=total(indicator_year, "counted_weight_number", "year"),
    agreed=total(indicator, "indicator_weight_number"),
)
def weight_counted_share(from_indicators: Any, counted: Any, agreed: Any) -> Any:
    """How much of the agreed weight the score is based on; below 1 it is provisional, for an indicator is late or too small.

    >>> weight_counted_share(1, 1.5, 2.0).item()
    0.75
    """
    return np.where(from_indicators > 0, ratio(counted, agreed), 1)


@pool.line("flag", "The outcome gate is passed", gate=assumption("outcome_gate_share"), standard=assumption("outcome_standard_flag"))
def passed_flag(score_share: Any, gate: Any, standard: Any) -> Any:
    """1 where the score meets the gate and any standard that is judged outside the model is met.

    >>> passed_flag(np.array([0.699, 0.70]), 0.70, 1).tolist()
    [0, 1]
    """
    return np.where(at_least(score_share, gate) & (standard > 0), 1, 0)


@rung.line("share", "Step up from the rung before", before=prior("rung_release_share", along=("rung",)))
def rung_step_share(rung_release_share: Any, before: Any) -> Any:
    """What reaching this rung adds to the part released.

    >>> round(rung_step_share(0.47, 0.44), 4)
    0.03
    """
    return rung_release_share - before


@rung_year.line(
    "share",
    "Step reached",
    score=lookup(pool, "score_share"),
    needed=lookup(rung, "rung_score_share"),
    step=lookup(rung, "rung_step_share"),
)
def reached_share(score: Any, needed: Any, step: Any) -> Any:
    """The step of this rung if the score reaches it."""
    return np.where(at_least(score, needed), step, 0)


@pool.line(
    "share",
    "What the score releases",
    multiplies=assumption("outcome_multiplies_flag"),
    climbs=assumption("outcome_ladder_flag"),
    rungs=total(rung_year, "reached_share", "year"),
)
def score_release_share(score_share: Any, passed_flag: Any, multiplies: Any, climbs: Any, rungs: Any) -> Any:
    """Nothing below the gate; from the gate on all of it, the score's part, or the rung's part.

    >>> score_release_share(np.array([0.69, 0.75]), np.array([0, 1]), 1, 0, 0.0).tolist()
    [0.0, 0.75]
    """
    return np.where(passed_flag > 0, np.where(multiplies > 0, score_share, np.where(climbs > 0, rungs, 1)), 0)


@pool.line("share", "Part of gains that outcomes release", counts=assumption("outcome_counts_flag"))
def outcome_share(score_release_share: Any, counts: Any) -> Any:
    """What outcomes let through of a gain; all of it where the contract has no outcome terms."""
    return np.where(counts > 0, score_release_share, 1)


@pool.line(
    "share",
    "Part of losses that is borne",
    by_outcome=assumption("loss_by_outcome_flag"),
    steepness=assumption("loss_outcome_share"),
    floor=assumption("loss_floor_share"),
    ceiling=assumption("loss_ceiling_share"),
)
def loss_borne_share(score_share: Any, passed_flag: Any, by_outcome: Any, steepness: Any, floor: Any, ceiling: Any) -> Any:
    """The part of a loss an at-risk party bears: all of it, or less the better the score, between a floor and a ceiling.

    A score that does not pass the gate counts as zero here, so that failing never lowers a loss.

    >>> loss_borne_share(np.array([0.80, 0.50, 0.95]), 1, 1, 0.75, 0.40, 0.75).round(6).tolist()
    [0.4, 0.625, 0.4]
    >>> loss_borne_share(0.9, 0, 1, 0.75, 0.40, 0.75).item()
    0.75
    """
    borne = np.maximum(floor, np.minimum(ceiling, 1 - steepness * score_share * passed_flag))
    return np.where(by_outcome > 0, borne, 1)
