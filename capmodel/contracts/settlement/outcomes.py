"""Step 8 of a settlement: outcomes, from a score to what it does to gains and to losses.

A score passes a gate, climbs a ladder or multiplies. It never forgives a loss by being poor: the loss side has a rule of its own, in which a
good score lowers the part that is borne. How indicators are scored is in `indicators`.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Annotated, Any, Literal

import numpy as np
from pydantic import Field

from capmodel.algebra.functions import at_least, ratio
from capmodel.algebra.links import lookup, prior, total
from capmodel.algebra.rows import Rows
from capmodel.algebra.table import Table
from capmodel.assumptions.document import ByYear, Flag, Number, Step, Strict
from capmodel.assumptions.years import Year
from capmodel.contracts.settlement import SHEET
from capmodel.contracts.settlement.bands import pool
from capmodel.contracts.settlement.check import Check
from capmodel.contracts.settlement.indicators import Indicator, check_indicators, indicator, indicator_year
from capmodel.contracts.settlement.term import Stated, Term


def _score_title(outcomes: Any) -> str:
    return "Outcome score" + (", as stated: not in use, the score follows from the indicators" if outcomes.indicators else "")


COUNTS = Term("outcome_counts_flag", title="Gains depend on outcomes", of=lambda mode: mode != "none")
MULTIPLIES = Term(
    "outcome_multiplies_flag", title="A passed gate pays in proportion to the score (1) or in full (0)", of=lambda mode: mode == "multiplier"
)  # fmt: skip
CLIMBS = Term("outcome_ladder_flag", title="A passed gate pays by the ladder", of=lambda mode: mode == "ladder", internal=True)
GATE = Term("outcome_gate_share", title="Score needed to pass the outcome gate")
FULL_AT = Term("outcome_full_share", title="Score from which a gain is paid in full, where the score multiplies", otherwise=1, related=True)
SCORE = Term("outcome_score_share", title=_score_title, otherwise=1)
FROM_INDICATORS = Term("score_from_indicators_flag", title="The score follows from the indicators", of=bool, internal=True)
STANDARD = Term("outcome_standard_flag", title="The standard judged outside the model is met", otherwise=1)
LOSS_BY_OUTCOME = Term(
    "loss_by_outcome_flag", title="The part of a loss that is borne depends on outcomes", of=lambda losses: losses is not None
)  # fmt: skip
STEEPNESS = Term("loss_outcome_share", title="How much a full score lowers the part of a loss that is borne")
FLOOR = Term("loss_floor_share", title="Least part of a loss that is borne", placeholder=0.0, related=True)
CEILING = Term("loss_ceiling_share", title="Most of a loss that is borne", otherwise=1, related=True)


class Tier(Strict):
    """A tier of the ladder: from this score on, this part of gains is released."""

    at_least: Number
    share: Number


class Losses(Strict):
    """The part of a loss that is borne: 1 less steepness times the score, between a floor and a ceiling."""

    steepness_share: Annotated[Number, STEEPNESS]
    floor_share: Annotated[Number, FLOOR]
    ceiling_share: Annotated[Number, CEILING]


class Outcomes(Strict):
    """Step 8: what outcomes do to gains and to losses, and who gets what is forfeited."""

    mode: Annotated[Literal["none", "gate", "multiplier", "ladder"], COUNTS, MULTIPLIES, CLIMBS]
    gate_share: Annotated[Number, GATE] = 0
    full_at_share: Annotated[Number, FULL_AT] = 1
    score_share: Annotated[ByYear | None, SCORE] = None
    indicators: Annotated[list[Indicator], FROM_INDICATORS] = Field(default_factory=list)
    standard_met: Annotated[dict[Year, Flag] | None, STANDARD] = None
    ladder: list[Tier] = Field(default_factory=list)
    losses: Annotated[Losses | None, LOSS_BY_OUTCOME] = None
    forfeited_to: str | None = None

    @property
    def is_used(self) -> bool:
        """True where any money depends on the score."""
        return self.mode != "none" or self.losses is not None


def explain_outcomes(written: object, report: Callable[[Sequence[Step], str, str, str], None]) -> None:
    """What a negotiator leaves out, before the schema speaks of fields."""
    if not isinstance(written, dict):
        return
    scored = written.get("score_share") or written.get("indicators")
    if written.get("mode") in ("gate", "multiplier", "ladder"):
        if written["mode"] != "ladder" and "gate_share" not in written:
            report(["outcomes"], "the outcome gate has no gate_share", "there is nothing to pass", "Write gate_share: 0.70, say")
        if not scored:
            remedy = "Write score_share: with one score a year, or indicators:"
            report(["outcomes"], "the outcome gate has no score", "a missing score never passes a gate", remedy)
        if not written.get("forfeited_to"):
            remedy = "Write forfeited_to: and a party"
            report(["outcomes"], "money forfeited at the gate has no destination", "it must go to a named party", remedy)
    if written.get("losses") and not scored:
        why = "a missing score would be taken for a good or a bad one"
        report(["outcomes", "losses"], "the part of losses that is borne has no score", why, "Write score_share: or indicators:")


def check_outcomes(check: Check, outcomes: Outcomes) -> None:
    """Report scores, ladders, indicators and loss rules that say two things, nothing, or what cannot be."""
    here: list[Step] = ["outcomes"]
    check.party([*here, "forfeited_to"], outcomes.forfeited_to)
    check.yearly(outcomes, *here)
    check.part([*here, "gate_share"], "gate_share", outcomes.gate_share)
    check.part([*here, "full_at_share"], "full_at_share", outcomes.full_at_share)
    if not outcomes.full_at_share:
        check.report(
            [*here, "full_at_share"], "full_at_share is 0", "no score is a part of it", "Write a score above zero, or leave it out"
        )
    if outcomes.score_share and outcomes.indicators:
        check.report(here, "a score is stated and indicators are given", "they would say two things", "Keep one")
    _check_ladder(check, outcomes)
    losses = outcomes.losses
    for name in type(losses).model_fields if losses else ():
        check.part([*here, "losses", name], name, getattr(losses, name))
    if losses and losses.floor_share > losses.ceiling_share:
        what = f"the floor {losses.floor_share:g} is above the ceiling {losses.ceiling_share:g}"
        check.report([*here, "losses"], what, "there is no part between them", "Swap them")
    check_indicators(check, outcomes.indicators, outcomes.is_used)


def _check_ladder(check: Check, outcomes: Outcomes) -> None:
    here: list[Step] = ["outcomes", "ladder"]
    if (outcomes.mode == "ladder") != bool(outcomes.ladder):
        what = "the ladder has no tiers" if outcomes.mode == "ladder" else "there is a ladder that nothing climbs"
        check.report(here, what, "mode: and ladder: belong together", "Write mode: ladder and the tiers, or neither")
    before = -1.0
    for i, tier in enumerate(outcomes.ladder):
        check.part([*here, i, "share"], "share", tier.share)
        check.part([*here, i, "at_least"], "at_least", tier.at_least)
        if i and tier.share < outcomes.ladder[i - 1].share:
            what = f"tier {i + 1} releases {tier.share:g}, less than the tier before"
            check.report([*here, i, "share"], what, "a better score would be paid less", "Order the shares as the scores")
        if tier.at_least <= before:
            what, why = f"tier {i + 1} starts at {tier.at_least:g}", f"the tier before starts at {before:g}"
            check.report([*here, i], what, why, "Order the tiers by score")
        before = tier.at_least


def tiers_of(outcomes: Outcomes) -> tuple[str, ...]:
    """The tiers of the ladder, by name."""
    return tuple(f"tier_{i + 1}" for i in range(len(outcomes.ladder)))


def outcome_rows(outcomes: Outcomes, years: tuple[int, ...]) -> dict[str, Rows]:
    """A row for each tier of the ladder."""
    return {"tier": Rows({"tier": tiers_of(outcomes)}), "tier_year": Rows({"tier": tiers_of(outcomes)}, years)}


tier = Table("tier", ("tier",), "Outcome tiers", SHEET)
tier.take(Stated("tier_score_share", "share", "Score needed", at="outcomes.ladder[#tier].at_least", related=True))
tier.take(
    Stated("tier_release_share", "share", "Part of gains released from this score on", at="outcomes.ladder[#tier].share", related=True)
)

tier_year = Table("tier_year", ("tier", "year"), "Tiers reached", SHEET)

TABLES = (tier, tier_year)


@pool.line(
    "share",
    "Outcome score",
    stated=SCORE,
    from_indicators=FROM_INDICATORS,
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
    from_indicators=FROM_INDICATORS,
    counted=total(indicator_year, "counted_weight_number", "year"),
    agreed=total(indicator, "indicator_weight_number"),
)
def weight_counted_share(from_indicators: Any, counted: Any, agreed: Any) -> Any:
    """How much of the agreed weight the score is based on; below 1 it is provisional, for an indicator is late or too small.

    >>> weight_counted_share(1, 1.5, 2.0).item()
    0.75
    """
    return np.where(from_indicators > 0, ratio(counted, agreed), 1)


@pool.line("flag", "The outcome gate is passed", gate=GATE, standard=STANDARD)
def passed_flag(score_share: Any, gate: Any, standard: Any) -> Any:
    """1 where the score meets the gate and any standard that is judged outside the model is met.

    >>> passed_flag(np.array([0.699, 0.70]), 0.70, 1).tolist()
    [0, 1]
    """
    return np.where(at_least(score_share, gate) & (standard > 0), 1, 0)


@tier.line("share", "Step up from the tier before", before=prior("tier_release_share", along=("tier",)))
def tier_step_share(tier_release_share: Any, before: Any) -> Any:
    """What reaching this tier adds to the part released.

    >>> round(tier_step_share(0.47, 0.44), 4)
    0.03
    """
    return tier_release_share - before


@tier_year.line(
    "share",
    "Step reached",
    score=lookup(pool, "score_share"),
    needed=lookup(tier, "tier_score_share"),
    step=lookup(tier, "tier_step_share"),
)
def reached_share(score: Any, needed: Any, step: Any) -> Any:
    """The step of this tier if the score reaches it."""
    return np.where(at_least(score, needed), step, 0)


@pool.line(
    "share",
    "What the score releases",
    multiplies=MULTIPLIES,
    climbs=CLIMBS,
    full_at=FULL_AT,
    tiers=total(tier_year, "reached_share", "year"),
)
def score_release_share(score_share: Any, passed_flag: Any, multiplies: Any, climbs: Any, full_at: Any, tiers: Any) -> Any:
    """Nothing below the gate; from the gate on all of it, the part that the score is of one that pays in full, or the tier's part.

    >>> score_release_share(np.array([0.69, 0.72, 0.95]), np.array([0, 1, 1]), 1, 0, 0.9, 0.0).round(4).tolist()
    [0.0, 0.8, 1.0]
    """
    by_score = np.minimum(ratio(score_share, full_at), 1)
    return np.where(passed_flag > 0, np.where(multiplies > 0, by_score, np.where(climbs > 0, tiers, 1)), 0)


@pool.line("share", "Part of gains that outcomes release", counts=COUNTS)
def outcome_share(score_release_share: Any, counts: Any) -> Any:
    """The part of a gain that outcomes release; all of it where the contract has no outcome terms."""
    return np.where(counts > 0, score_release_share, 1)


@pool.line(
    "share",
    "Part of losses that is borne",
    by_outcome=LOSS_BY_OUTCOME,
    steepness=STEEPNESS,
    floor=FLOOR,
    ceiling=CEILING,
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
