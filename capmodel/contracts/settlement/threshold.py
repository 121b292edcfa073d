"""Step 5 of a settlement: the threshold, and how much of the variance is shared.

Thresholds are compared in money, to the penny. A threshold is a share of the target, an amount, or a share read from a table
by number of people. The caps of what is then shared are in `pool_caps`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Annotated, Any, Literal

import numpy as np
from pydantic import Field

from capmodel.algebra.functions import AMOUNTS, above, at_least, at_most, below, ratio, to_pence
from capmodel.algebra.links import lookup, total
from capmodel.algebra.rows import Rows
from capmodel.algebra.table import Table
from capmodel.assumptions.document import ByYear, Number, Step, Strict
from capmodel.contracts.settlement import SHEET
from capmodel.contracts.settlement.actual import pool as pool
from capmodel.contracts.settlement.check import Check
from capmodel.contracts.settlement.term import Content, Place, Stated, Term, given, value_at


def _fewest(contract: Content, place: Place) -> float:
    """The number of people that a table of thresholds begins with stands in for a column of people."""
    return float(value_at(contract, ("threshold", "by_persons", 0, "from")) or 1)


FIRST_POUND = Term(
    "first_pound_flag", title="Past the threshold, share from the first pound (1) or the excess only (0)", otherwise=1, of=lambda mode: mode != "excess_only"
)  # fmt: skip
ABOVE_ONLY = Term(
    "above_only_flag", title="The threshold must be passed (1) or may be just met (0)", of=lambda comparator: comparator == ">"
)
GAIN_SHARE = Term("gain_threshold_share", title="Gain threshold, share of the target")
LOSS_SHARE = Term("loss_threshold_share", title="Loss threshold, share of the target")
GAIN_AMOUNT = Term("gain_threshold_gbp", title="Gain threshold, an amount")
LOSS_AMOUNT = Term("loss_threshold_gbp", title="Loss threshold, an amount")
PERSONS = Term("threshold_persons", title="People, for the threshold by number of people", placeholder=_fewest)
BELOW_THRESHOLD = Term("below_threshold_share", title="Part of a gain paid below the threshold")


class Range(Strict):
    """A range of numbers of people, and the threshold from its first to its last."""

    start: Number = Field(alias="from")
    end: Number | None = Field(alias="to")
    at_start: Number
    at_end: Number | None = None


class Threshold(Strict):
    """Step 5: when a variance is shared at all, and what is paid below."""

    mode: Annotated[Literal["none", "first_pound", "excess_only"], FIRST_POUND]
    comparator: Annotated[Literal[">=", ">"], ABOVE_ONLY] = ">="
    gain_share: Annotated[Number, GAIN_SHARE] = 0
    loss_share: Annotated[Number, LOSS_SHARE] = 0
    gain_gbp: Annotated[Number, GAIN_AMOUNT] = 0
    loss_gbp: Annotated[Number, LOSS_AMOUNT] = 0
    by_persons: list[Range] = Field(default_factory=list)
    persons: Annotated[ByYear | None, PERSONS] = None
    below_share: Annotated[Number, BELOW_THRESHOLD] = 0


def explain_threshold(written: object, report: Callable[[Sequence[Step], str, str, str], None]) -> None:
    """What a negotiator leaves out, before the schema speaks of fields."""
    if isinstance(written, dict) and "mode" not in written:
        remedy = "Write mode: none, first_pound or excess_only"
        report(["threshold"], "the threshold has no mode", "the same percentage pays very differently once it is passed", remedy)


def check_threshold(check: Check, threshold: Threshold | None) -> None:
    """Report thresholds that cannot be, that say two things, or that have no effect."""
    if threshold is None:
        return
    check.yearly(threshold, "threshold")
    for name in ("gain_share", "loss_share", "below_share"):
        check.part(["threshold", name], name, getattr(threshold, name))
    for name in ("gain_gbp", "loss_gbp"):
        check.size(["threshold", name], name, getattr(threshold, name), "a threshold is a size, on either side")
    if threshold.mode == "excess_only" and threshold.below_share:
        why = "below the threshold there is no excess to pay a part of"
        what = "a part is paid below a threshold that shares the excess only"
        check.report(["threshold", "below_share"], what, why, "Write mode: first_pound")
    for name in ("gain_share", "loss_share", "gain_gbp", "loss_gbp", "below_share"):
        if threshold.mode == "none" and getattr(threshold, name):
            what, remedy = f"there is a {name}, and the mode is none", "Write mode: first_pound or excess_only, or leave it out"
            check.report(["threshold", name], what, "no threshold holds, and it would have no effect", remedy)
    _check_table(check, threshold)


def _check_table(check: Check, threshold: Threshold) -> None:
    ranges = threshold.by_persons
    here: list[Step] = ["threshold", "by_persons"]
    check.sizes(threshold.persons or {}, "threshold", "persons")
    for year, people in (threshold.persons or {}).items():
        if ranges and people < ranges[0].start:
            what = f"there are {people:g} people in {year}, fewer than the table knows"
            remedy = f"Add a range from {people:g}, or leave the year out of sharing"
            check.report(["threshold", "persons", year], what, "no threshold is guessed", remedy)
    if threshold.persons and not ranges:
        why = "no threshold is read by number of people, and they would have no effect"
        check.report(["threshold", "persons"], "there are persons, and no table by_persons", why, "Write by_persons:, or leave them out")
    if not ranges:
        return
    if threshold.gain_share or threshold.loss_share or threshold.gain_gbp or threshold.loss_gbp:
        check.report(["threshold"], "the threshold has a table and a share or amount", "they would be added to the table", "Keep one")
    if threshold.mode == "none":
        why = "no threshold holds, and the table would set one"
        check.report(here, "there is a table of thresholds, and the mode is none", why, "Write mode: first_pound, or leave it out")
    if not threshold.persons:
        check.report(here, "the table has nothing to be read by", "it goes by number of people", "Write persons: by year")
    for i, each in enumerate(ranges):
        _check_range(check, [*here, i], i, each, ranges[i + 1] if i + 1 < len(ranges) else None)


def _check_range(check: Check, here: list[Step], i: int, each: Range, after: Range | None) -> None:
    check.size([*here, "from"], "from", each.start)
    if (each.end is None) != (after is None):
        what = f"range {i + 1} {'is open-ended' if each.end is None else 'ends the table'}"
        check.report([*here, "to"], what, "the last range, and no other, has no end", "Write to: null in the last range only")
    if each.end is not None and each.end <= each.start:
        what = f"range {i + 1} ends at {each.end:g}, not above {each.start:g}"
        check.report([*here, "to"], what, "a range needs room", "Correct its edges")
    if after is not None and each.end is not None and after.start != each.end + 1:
        what, why = f"range {i + 2} starts at {after.start:g}", f"the range before ends at {each.end:g}"
        check.report([*here[:-1], i + 1, "from"], what, why, f"Write from: {each.end + 1:g}")
    if after is not None and each.at_end is None:
        check.report(here, f"range {i + 1} has no at_end", "the threshold is read in a straight line to it", "Write at_end:")
    for name in ("at_start", "at_end"):
        if (share := getattr(each, name)) is not None:
            check.part([*here, name], name, share)


def ranges_of(threshold: Threshold | None) -> tuple[str, ...]:
    """The ranges of the table of thresholds, by name."""
    return tuple(f"range_{i + 1}" for i in range(len(threshold.by_persons if threshold else ())))


def threshold_rows(threshold: Threshold | None, years: tuple[int, ...]) -> dict[str, Rows]:
    """A row for each range of the table."""
    ranges = {"people_range": ranges_of(threshold)}
    return {"people_range": Rows(ranges), "range_year": Rows(ranges, years)}


def _start_after(contract: Content, key: Mapping[str, str], *years: object) -> float:
    """Where the range after that of a row starts."""
    return float(value_at(contract, ("threshold", "by_persons", int(key["people_range"].rpartition("_")[2]), "from")) or 0)


_RANGE = "threshold.by_persons[#people_range]"
people_range = Table("people_range", ("people_range",), "Threshold by number of people", SHEET)
people_range.take(Stated("range_from_persons", "persons", "Range starts at", at=f"{_RANGE}.from", word=True))
people_range.take(Stated("range_to_persons", "persons", "Range ends at (0 where it is open)", at=f"{_RANGE}.to", word=True))
people_range.take(
    Stated(
        "range_before_persons",
        "persons",
        "The next range starts at (0 where there is none)",
        internal=True,
        built=True,
        follows=_start_after,
    )
)
people_range.take(Stated("range_bounded_flag", "flag", "The range has an end", internal=True, built=True, at=f"{_RANGE}.to", of=given))
people_range.take(
    Stated("share_at_start_share", "share", "Threshold where the range starts, share of the target", at=f"{_RANGE}.at_start", related=True)
)
people_range.take(
    Stated("share_at_end_share", "share", "Threshold where the range ends, share of the target", at=f"{_RANGE}.at_end", related=True, of=lambda at_end, range_: range_["at_start"] if at_end is None else at_end)
)  # fmt: skip

range_year = Table("range_year", ("people_range", "year"), "Threshold read from the table", SHEET)

TABLES = (people_range, range_year)


@range_year.line(
    "share",
    "Way through the range",
    persons=PERSONS,
    start=lookup(people_range, "range_from_persons"),
    end=lookup(people_range, "range_to_persons"),
)
def way_through_share(persons: Any, start: Any, end: Any) -> Any:
    """How far the number of people is from the start of the range to its last whole number.

    >>> round(way_through_share(5230.0, 5000.0, 5999.0).item(), 6)
    0.23023
    """
    return np.maximum(np.minimum(ratio(persons - start, end - start, decimals=AMOUNTS), 1), 0)


@range_year.line(
    "share",
    "Threshold if in this range",
    persons=PERSONS,
    start=lookup(people_range, "range_from_persons"),
    before=lookup(people_range, "range_before_persons"),
    bounded=lookup(people_range, "range_bounded_flag"),
    at_start=lookup(people_range, "share_at_start_share"),
    at_end=lookup(people_range, "share_at_end_share"),
)
def range_threshold_share(way_through_share: Any, persons: Any, start: Any, before: Any, bounded: Any, at_start: Any, at_end: Any) -> Any:
    """The threshold read in a straight line from the range's first number of people to its last; zero outside the range.

    >>> round(range_threshold_share(0.23023, 5230.0, 5000.0, 6000.0, 1, 0.039, 0.036).item(), 6)
    0.038309
    """
    inside = at_least(persons, start, AMOUNTS) & (below(persons, before, AMOUNTS) | (bounded <= 0))
    return np.where(inside, np.where(bounded > 0, at_start - (at_start - at_end) * way_through_share, at_start), 0)


@pool.line("share", "Threshold from the table", total(range_year, "range_threshold_share", "year"))
def table_threshold_share() -> Any:
    """The threshold for this number of people; zero where the contract has no table."""


@pool.line(
    "GBP",
    "Threshold",
    gain_share=GAIN_SHARE,
    loss_share=LOSS_SHARE,
    gain_amount=GAIN_AMOUNT,
    loss_amount=LOSS_AMOUNT,
)
def threshold_gbp(
    counted_variance_gbp: Any,
    pool_target_gbp: Any,
    table_threshold_share: Any,
    gain_share: Any,
    loss_share: Any,
    gain_amount: Any,
    loss_amount: Any,
) -> Any:
    """The variance that must be met before anything is shared, in money and to the penny, so that no ratio decides.

    >>> threshold_gbp(np.array([1.0, -1.0]), 1_000_000.0, 0.0, 0.02, 0.03, 0.0, 0.0).tolist()
    [20000.0, 30000.0]
    """
    is_gain = at_least(counted_variance_gbp, 0, AMOUNTS)
    share = np.where(is_gain, gain_share, loss_share) + table_threshold_share
    return to_pence(pool_target_gbp * share + np.where(is_gain, gain_amount, loss_amount))


@pool.line("flag", "Threshold is met", above_only=ABOVE_ONLY)
def threshold_met_flag(counted_variance_gbp: Any, threshold_gbp: Any, above_only: Any) -> Any:
    """1 where the size of the variance meets the threshold, pounds against pounds.

    >>> threshold_met_flag(np.array([99.99, 100.0]), 100.0, 0).tolist()
    [0, 1]
    """
    short = below(np.absolute(counted_variance_gbp), threshold_gbp, AMOUNTS)
    just_met = at_most(np.absolute(counted_variance_gbp), threshold_gbp, AMOUNTS) & (above_only > 0)
    return np.where(short | just_met, 0, 1)


@pool.line("share", "Part of a gain that is paid", below_threshold=BELOW_THRESHOLD)
def entry_share(counted_variance_gbp: Any, threshold_met_flag: Any, below_threshold: Any) -> Any:
    """All of it once the threshold is met; below it the below-threshold part, for parties at risk, where the contract has one.

    >>> entry_share(np.array([50.0, -50.0]), 0, 0.5).tolist()
    [0.5, 0.0]
    """
    return np.where(threshold_met_flag > 0, 1, np.where(at_least(counted_variance_gbp, 0, AMOUNTS), below_threshold, 0))


@pool.line("GBP", "Size of the pool before its cap", first_pound=FIRST_POUND)
def pool_size_gbp(counted_variance_gbp: Any, threshold_gbp: Any, entry_share: Any, first_pound: Any) -> Any:
    """How much is shared: the whole variance from the first pound, or only what lies beyond the threshold.

    >>> pool_size_gbp(np.array([150_000.0, -150_000.0]), np.array([100_000.0, 200_000.0]), np.array([1, 0]), 0).tolist()
    [50000.0, 0.0]
    """
    shared = np.absolute(counted_variance_gbp) - np.where(first_pound > 0, 0, threshold_gbp)
    return np.where(above(entry_share, 0), shared, 0)
