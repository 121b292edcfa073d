"""Step 8 of a settlement, from indicators to scores: each year's data, whether an indicator counts, and what it scores.

An indicator scores between its baseline and its target, by interpolation or all or nothing; one with too few cases or late data does not
count, and its weight falls to the others. What the scores do to gains and losses is in `outcomes`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from capmodel.algebra.functions import above, at_least, at_most, below, ratio
from capmodel.algebra.links import lookup
from capmodel.algebra.rows import Rows
from capmodel.algebra.table import Table
from capmodel.assumptions.document import Flag, Number, Step, Strict
from capmodel.assumptions.labels import check_label
from capmodel.assumptions.years import Year
from capmodel.contracts.settlement import SHEET
from capmodel.contracts.settlement.check import Check
from capmodel.contracts.settlement.term import NoColumn, Stated


class Reading(Strict):
    """What an indicator came to in one year, or that it is late."""

    numerator: Number | None = None
    denominator: Number | None = None
    late: Flag = False


class Indicator(Strict):
    """An outcome indicator: a share of people or events; a target below the baseline means that lower is better."""

    id: str
    label: str
    weight: Number
    baseline_share: Number
    target_share: Number
    all_or_nothing: Flag = False
    smallest_number: Number = 0
    results: dict[Year, Reading]


def check_indicators(check: Check, indicators: Sequence[Indicator], decide: bool) -> None:
    """Report indicators that cannot score, and years in which none counts.

    Args:
        check: the contract that is being checked.
        indicators: the indicators of its outcomes.
        decide: whether any money depends on their score.
    """
    before = len(check.problems)
    here: list[Step] = ["outcomes", "indicators"]
    seen: set[str] = set()
    labels: set[str] = set()
    for i, each in enumerate(indicators):
        _check_indicator(check, [*here, i], each, each.id in seen, labels)
        seen.add(each.id)
    for year in check.years if decide and len(check.problems) == before else ():
        readings = [(each, each.results[year]) for each in indicators if year in each.results]
        counts = any(not at.late and (at.denominator or 0) >= max(each.smallest_number, 1) for each, at in readings)
        if len(readings) == len(indicators) > 0 and not counts:
            why = "a missing score never passes a gate, and none counts as one"
            check.report(here, f"no indicator counts in {year}", why, "Wait for the data, or agree a score_share for the year")


def _check_indicator(check: Check, here: list[Step], each: Indicator, is_twice: bool, labels: set[str]) -> None:
    if is_twice:
        check.report([*here, "id"], f"the indicator {each.id} is there twice", "it would count twice", "Remove one")
    check_label(check.document, [*here, "label"], each.label, labels, check.problems)
    if each.weight <= 0:
        what = f"the weight of {each.id} is {each.weight:g}"
        check.report([*here, "weight"], what, "it would not count", "Write a weight above zero")
    for name in ("baseline_share", "target_share"):
        check.part([*here, name], name, getattr(each, name))
    check.size([*here, "smallest_number"], "smallest_number", each.smallest_number)
    if each.target_share == each.baseline_share:
        what, why = f"the target of {each.id} is its baseline", "there is no way between them"
        check.report([*here, "target_share"], what, why, "Write the target that was agreed")
    for year in check.years:
        _check_reading(check, [*here, "results", year], each.id, each.results.get(year))


def _check_reading(check: Check, here: list[Step], name: str, reading: Reading | None) -> None:
    if reading is None or reading.late:
        return
    if reading.numerator is None or reading.denominator is None:
        why = "a missing score never passes a gate"
        check.report(here, f"{name} has no numerator or denominator", why, "Write both, or late: true")
    elif reading.numerator < 0 or reading.denominator < 0 or reading.numerator > reading.denominator:
        what = f"{name} is {reading.numerator:g} of {reading.denominator:g}"
        check.report(here, what, "it counts people or events out of all of them", "Correct the figures")


def indicator_rows(indicators: Sequence[Indicator], years: tuple[int, ...]) -> dict[str, Rows]:
    """A row for each indicator."""
    names = {"indicator": tuple(each.id for each in indicators)}
    return {"indicator": Rows(names), "indicator_year": Rows(names, years)}


def _missing(key: Mapping[str, str]) -> NoColumn:
    """An indicator must say its label and its target, so that it cannot be put in by a column."""
    return NoColumn("the contract has no such entry", "Write it under terms:, in outcomes.indicators")


_AT = "outcomes.indicators[id=indicator]"
indicator = Table("indicator", ("indicator",), "Outcome indicators", SHEET)
indicator.take(Stated("indicator_weight_number", "number", "Weight", at=f"{_AT}.weight", missing=_missing, related=True))
indicator.take(
    Stated("indicator_baseline_share", "share", "Baseline: scores zero", at=f"{_AT}.baseline_share", missing=_missing, related=True, placeholder=0.0)
)  # fmt: skip
indicator.take(
    Stated("indicator_target_share", "share", "Target: scores in full", at=f"{_AT}.target_share", missing=_missing, related=True)
)
indicator.take(
    Stated("indicator_all_or_nothing_flag", "flag", "Scores in full at the target and zero short of it", at=f"{_AT}.all_or_nothing")
)
indicator.take(
    Stated("indicator_smallest_number", "number", "Smallest denominator that counts", at=f"{_AT}.smallest_number", missing=_missing, related=True)
)  # fmt: skip

# Readings of an indicator that is not there are reported as figures that the settlement has no row for.
_READ = f"{_AT}.results.{{year}}"
indicator_year = Table("indicator_year", ("indicator", "year"), "Scores of the indicators", SHEET)
indicator_year.take(
    Stated("indicator_numerator_number", "number", "Numerator", at=f"{_READ}.numerator", missing=lambda _: None, related=True)
)
indicator_year.take(
    Stated("indicator_denominator_number", "number", "Denominator", at=f"{_READ}.denominator", missing=lambda _: None, related=True, placeholder=1e9)
)  # fmt: skip
indicator_year.take(Stated("indicator_recorded_flag", "flag", "Data are in", at=f"{_READ}.late", of=lambda late, _: not late))

TABLES = (indicator, indicator_year)


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
