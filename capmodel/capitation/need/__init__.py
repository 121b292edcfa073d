"""Ways to a need index, one file each; the file name is the name of the way.

A way is a module with three names:

- `BASIS`: what the index is based on, in a few words;
- `Given`: a frozen dataclass of what it needs to know;
- `work_out(paid, given, origin, fallback=None) -> Need`.

Whatever the way, the index is 1 on average over the people and the period that are paid for, weighted by person-years, so that
it moves money and makes none. A prediction below zero is floored and the rest scaled back to the same total. Somebody's cost
cannot be worked out where there is nobody: an empty group takes a fallback that has a name, or the work is refused. Nothing
here is ever "not a number". Fitting, scoring and curves are in the files of the family; what a good fit is, in `fit`.
"""

from __future__ import annotations

import hashlib
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from importlib import metadata
from typing import Any, Literal

import numpy as np

from capmodel.algebra.functions import AMOUNTS, ratio
from capmodel.algebra.rows import Floats, Positions
from capmodel.assumptions.pack import Status
from capmodel.capitation.fit import Fit
from capmodel.errors import BadInput, Problem

PROMISES = ("BASIS", "Given", "work_out")
#: Diagnoses of the year before (a cleaner incentive), or of the year paid (a better fit, which rewards coding).
Timing = Literal["prospective", "concurrent"]
#: What the raw figures are in: pounds a head and year, or points of a score or a weight.
Unit = Literal["GBP/persons", "points"]


@dataclass(frozen=True)
class Paid:
    """Who is paid for: segments or localities, the person-years of each, and the period.

    `minimum_person_years` is the population below which a group that is not empty is refused.
    """

    key: Literal["segment", "locality"]
    ids: tuple[str, ...]
    person_years: Floats
    period: str
    minimum_person_years: float = 0.0

    @property
    def of(self) -> dict[str, int]:
        """The number of each group."""
        return {name: i for i, name in enumerate(self.ids)}


@dataclass(frozen=True)
class Origin:
    """Where the figures come from: prospective or concurrent, the period they were recorded in, status and source."""

    timing: Timing
    recorded: str
    status: Status
    source: str
    #: Pounds that a person-year costs on average, to show in pounds what flooring moved where the way itself knows only points.
    average_gbp_per_person: float | None = None


@dataclass(frozen=True)
class Fallback:
    """The index of groups without people, by name of where it comes from: never a silent 1."""

    name: str
    need_index: Mapping[str, float]


@dataclass(frozen=True)
class Floored:
    """What flooring at zero did: how many predictions, of how many person-years, and how much it took from the others.

    `amount` is in the unit of the raw figures; `amount_gbp` in pounds, None where no average cost is known.
    """

    count: int = 0
    person_years: float = 0.0
    amount: float = 0.0
    amount_gbp: float | None = 0.0


@dataclass(frozen=True)
class How:
    """How a need index was obtained, as the workbook shows it beside the values."""

    method: str
    basis: str
    timing: Timing
    recorded: str
    period: str
    status: Status
    source: str
    data_sha256: str
    library: str
    seed: int | None = None
    settings: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Need:
    """A need index by segment or locality: its mean over person-years is 1.

    `raw` is what it was worked out from, in `unit`, over `raw_average`; `fallbacks` says which empty groups took an index by name.
    """

    key: Literal["segment", "locality"]
    ids: tuple[str, ...]
    need_index: Floats
    person_years: Floats
    weighted_person_years: Floats
    raw: Floats
    raw_average: float
    unit: Unit
    how: How
    floored: Floored = Floored()
    fallbacks: Mapping[str, str] = field(default_factory=dict)
    fit: Fit | None = None

    @property
    def by_id(self) -> dict[str, float]:
        """The index by group."""
        return dict(zip(self.ids, self.need_index.tolist(), strict=True))


# ------------------------------------------------------------------ the algebra: plain functions that can be traced


def floored(prediction: Any) -> Any:
    """A prediction, in any unit, floored at zero: nobody needs less than nothing.

    >>> floored(np.array([-5.0, 20.0])).tolist()
    [0.0, 20.0]
    """
    return np.maximum(prediction, 0)


def renormalised(floored_prediction: Any, total_before: Any, total_floored: Any) -> Any:
    """A floored prediction scaled so that all of them add up to what they did before flooring.

    >>> renormalised(np.array([0.0, 20.0]), 15.0, 20.0).tolist()
    [0.0, 15.0]
    """
    return floored_prediction * ratio(total_before, total_floored, decimals=AMOUNTS)


def need_index(raw: Any, average: Any) -> Any:
    """Raw need over its average for a person-year: 1 is average. Source: DESIGN, section 3.

    >>> round(need_index(12102.0, 1900.0), 2)
    6.37
    """
    return raw / average


def price_gbp_per_person(allocation_gbp: Any, persons: Any, fallback_gbp_per_person: Any) -> Any:
    """Allocation over people; for a group without people the price that its named fallback gives (case CAP-02).

    >>> price_gbp_per_person(np.array([150_000.0, 0.0]), np.array([100.0, 0.0]), np.array([0.0, 5000.0])).tolist()
    [1500.0, 5000.0]
    """
    return ratio(allocation_gbp, persons, fallback_gbp_per_person, AMOUNTS)


# ------------------------------------------------------------------ what every way ends with


def settle(
    paid: Paid,
    raw: Floats,
    unit: Unit,
    how: How,
    fallback: Fallback | None = None,
    floor: Floored | None = None,
    fit: Fit | None = None,
) -> Need:
    """A need index from raw need by group: checked, normalised to a mean of 1 over person-years, empty groups by name.

    Args:
        paid: the groups and their person-years.
        raw: need a person-year of each group, in any unit; not a number where it is undefined.
        unit: the unit of it.
        how: how it was obtained.
        fallback: the index of groups that are empty and have no raw need of their own.
        floor: what flooring did to the predictions behind it.
        fit: how well a fitted way predicts.

    Raises:
        BadInput: person-years or raw need that cannot be, or an empty group without a fallback; all of it in one report.
    """
    problems = check_paid(paid)
    if raw.shape != (len(paid.ids),):
        problems.append(
            Problem(how.method, f"{raw.size} figures for {len(paid.ids)} groups", "each group has one", "Give one figure a group")
        )
    if problems:
        raise BadInput(problems)
    years = np.asarray(paid.person_years, dtype=float)
    empty, undefined = years <= 0, np.isnan(raw)
    for i, name in enumerate(paid.ids):
        where = f"{paid.key} {name}"
        if undefined[i] and not empty[i]:
            problems.append(Problem(where, "it has people and no need", "its share cannot be worked out", "Give its figure"))
        elif not undefined[i] and not (0 <= raw[i] < math.inf):
            problems.append(Problem(where, f"its need is {raw[i]:g}", "need is zero or more", "Correct the figure"))
        elif undefined[i]:
            given = fallback.need_index.get(name) if fallback else None
            if given is None:
                problems.append(
                    Problem(
                        where,
                        "it has no people and no need of its own",
                        "its index cannot be worked out, and is never guessed",
                        "Name a fallback with an index for it (capmodel fit: --fallback)",
                    )
                )
            elif not 0 <= given < math.inf:
                problems.append(Problem(where, f"its fallback is {given:g}", "need is zero or more", "Correct the fallback"))
    if problems:
        raise BadInput(problems)
    known = np.where(undefined, 0.0, raw)
    total, everyone = math.fsum(years * known), math.fsum(years)
    if total <= 0:
        raise BadInput([Problem(how.method, "nobody has any need", "the index has no average", "Check the figures")])
    average = total / everyone
    index: Floats = np.asarray(need_index(known, average), dtype=float)
    used = {}
    for i in np.flatnonzero(undefined).tolist():
        assert fallback is not None
        index[i] = fallback.need_index[paid.ids[i]]
        used[paid.ids[i]] = fallback.name
    return Need(
        paid.key, paid.ids, index, years, years * index, np.where(undefined, index * average, raw), average, unit, how,
        floor or Floored(), used, fit,
    )  # fmt: skip


def check_paid(paid: Paid) -> list[Problem]:
    """What is wrong with the groups and their person-years."""
    problems = []
    if len(paid.ids) != len(paid.person_years) or not paid.ids:
        problems.append(
            Problem(
                paid.key, f"{len(paid.ids)} groups, {len(paid.person_years)} figures of people", "each has one", "Give one figure a group"
            )
        )
        return problems
    for name in dict.fromkeys(name for name in paid.ids if paid.ids.count(name) > 1) if len(set(paid.ids)) < len(paid.ids) else ():
        problems.append(Problem(f"{paid.key} {name}", "it is there twice", "its people would be counted twice", "Remove one"))
    for name, years in zip(paid.ids, np.asarray(paid.person_years, dtype=float).tolist(), strict=True):
        if not 0 <= years < math.inf:
            problems.append(Problem(f"{paid.key} {name}", f"its person-years are {years:g}", "people are zero or more", "Correct them"))
        elif 0 < years < paid.minimum_person_years:
            problems.append(
                Problem(
                    f"{paid.key} {name}",
                    f"it has {years:g} person-years",
                    f"an index needs {paid.minimum_person_years:g}",
                    "Merge it with another, or lower the stated minimum",
                )
            )
    if not problems and math.fsum(paid.person_years) <= 0:
        problems.append(Problem(paid.key, "nobody is paid for", "there is no average", "Give the people of the period"))
    return problems


def in_order(paid: Paid, figures: Mapping[str, float], what: str) -> Floats:
    """Figures by group in the order of the groups; not a number where an empty group has none.

    Raises:
        BadInput: a figure of a group that is not paid for.
    """
    known = paid.of
    strange = [name for name in figures if name not in known]
    if strange:
        raise BadInput(
            [
                Problem(f"{paid.key} {name}", f"it has a {what} and no people are stated", "it would be left out", "Add it, or remove it")
                for name in strange
            ]
        )
    return np.array([figures.get(name, math.nan) for name in paid.ids], dtype=float)


def floor_people(prediction: Floats, person_years: Floats, unit: Unit, origin: Origin) -> tuple[Floats, Floored]:
    """Predictions of people floored at zero and scaled back to the same total; and what that did.

    Raises:
        BadInput: all predictions together are not above zero.

    >>> reported, did = floor_people(np.array([-5.0, 20.0]), np.ones(2), "GBP/persons", Origin("concurrent", "2025/26", "fitted", "s"))
    >>> reported.tolist(), did.count, did.amount_gbp
    ([0.0, 15.0], 1, 5.0)
    """
    below = prediction < 0
    if not below.any():
        return prediction, Floored()
    before, at_least = math.fsum(person_years * prediction), floored(prediction)
    after = math.fsum(person_years * at_least)
    if not before > 0:
        raise BadInput([Problem("predictions", "together they are not above zero", "no share can be worked out", "Check the model")])
    amount = after - before
    average = before / math.fsum(person_years)
    if unit == "GBP/persons":
        amount_gbp: float | None = amount
    else:
        amount_gbp = amount / average * origin.average_gbp_per_person if origin.average_gbp_per_person is not None else None
    years = float(person_years[below].sum())
    return renormalised(at_least, before, after), Floored(int(below.sum()), years, amount, amount_gbp)


def by_group(paid: Paid, group: Positions, person_years: Floats, prediction: Floats) -> Floats:
    """The average prediction of each group over its people's time; not a number where a group has nobody among them."""
    time = np.bincount(group, person_years, len(paid.ids))
    total = np.bincount(group, person_years * prediction, len(paid.ids))
    return np.where(time > 0, total / np.where(time > 0, time, 1), math.nan)


def fingerprint(*parts: Any) -> str:
    """A sha256 of figures and texts, to say later whether an index is still based on the same data.

    >>> fingerprint("a", np.arange(3.0)) == fingerprint("a", np.arange(3.0)) != fingerprint("b", np.arange(3.0))
    True
    """
    digest = hashlib.sha256()
    for part in parts:
        if isinstance(part, np.ndarray) and part.dtype != object:
            digest.update(f"{part.dtype.str}{part.shape}".encode() + np.ascontiguousarray(part).tobytes())
        else:
            digest.update(repr(part.tolist() if isinstance(part, np.ndarray) else part).encode())
    return digest.hexdigest()


def how(method: str, basis: str, paid: Paid, origin: Origin, data: Sequence[Any], library: str = "numpy", **more: Any) -> How:
    """How an index was obtained, with the version of the library that did the work."""
    seed = more.pop("seed", None)
    version = f"{library} {metadata.version(library)}"
    status: Status = more.pop("status", origin.status)
    return How(
        method, basis, origin.timing, origin.recorded, paid.period, status, origin.source, fingerprint(*data), version, seed,
        {name: str(value) for name, value in more.items()},
    )  # fmt: skip
