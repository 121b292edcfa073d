"""Need by segment on the people of an extract, by one way or several side by side, measured on the same people held out.

The way that is asked for first is the one a place is fed with. A fit in pounds that is too good to be true is refused until somebody
records that nothing in it was made of the cost; made-up people are let through, since their cost was made of their conditions,
and what comes of them stays illustrative. Only what is added up or fitted leaves this module.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import numpy as np

from capmodel.algebra.rows import Floats
from capmodel.assumptions.keyed_table import read_keyed
from capmodel.assumptions.pack import Pack
from capmodel.baseline.persons.column_map import read_map
from capmodel.baseline.persons.files import is_synthetic
from capmodel.baseline.persons.scheme import read_scheme
from capmodel.capitation.credibility import (
    Band,
    Credibility,
    estimate_credibility,
    luck_by_list_size,
    minimum_savings_share,
    truncated_gbp,
    variation_of,
)
from capmodel.capitation.fit import Fit, LeakageCheck, certify, suspects
from capmodel.capitation.need import Fallback, Origin
from capmodel.capitation.need.regression import Family
from capmodel.capitation.people_figures import PeopleFigures, Sources, read_people
from capmodel.capitation.people_ways import How, WayNeed, suspect_columns, work_out
from capmodel.errors import BadInput, Problem

#: The one-sided 95% point of the normal distribution: a gain beyond it is put down to luck one time in twenty.
DEVIATE = 1.645
#: The list sizes for which the chance of a gain by luck is told, beside that of the extract.
LISTS = (5_000, 10_000, 50_000, 100_000, 500_000)


@dataclass(frozen=True)
class Asked:
    """How to fit: on which extract, by which ways, of which family and seed, and what was found out about it beforehand.

    `fallback` is a CSV file of need by segment for segments with nobody in them; `checked` what a leakage check found.
    """

    sources: Sources
    ways: tuple[str, ...] = ("regression",)
    family: Family = "ordinary"
    seed: int = 1
    partial: bool = False
    fallback: Path | None = None
    checked: LeakageCheck | None = None


@dataclass(frozen=True)
class Chance:
    """How far figures of this size are chance, from the people themselves.

    `variation` is the spread of annual cost a head over its mean, costs cut at the place's truncation point; `beyond_luck_share` by
    segment the smallest gain that is more than luck (not a number for fewer than two people); `lists` the same by list size.
    """

    credibility: Credibility | None
    variation: float
    beyond_luck_share: Floats
    lists: tuple[Band, ...]


@dataclass(frozen=True)
class FittedNeed:
    """Need by segment by each way, the first of which a place is fed with; by present spend beside it; and what is chance in it."""

    ways: tuple[WayNeed, ...]
    prices: WayNeed
    people_by_segment: Mapping[str, int]
    chance: Chance
    synthetic: bool
    fewest: int
    asked: Asked

    @property
    def all_ways(self) -> tuple[WayNeed, ...]:
        """Present spend first, then the ways that were asked for."""
        return (self.prices, *(way for way in self.ways if way.way != self.prices.way))


def fit_people(pack: Pack, asked: Asked) -> FittedNeed:
    """Work need by segment out on an extract of a place, for its base year.

    Raises:
        BadInput: the extract is refused, holds too little, or a fit is too good to be true.
    """
    columns = read_map(pack.folder, pack.dimensions)
    scheme = read_scheme(columns.scheme, pack.folder)
    people = read_people(pack, columns, scheme, asked.sources)
    synthetic = is_synthetic(asked.sources.request.people)
    recorded = pack.base_year - (asked.sources.timing == "prospective")
    status = "illustrative" if synthetic else columns.status
    average = float(people.cost_gbp.sum() / people.years.sum())
    origin = Origin(asked.sources.timing, str(recorded), status, columns.source or "extract", average)
    how = How(asked.family, asked.seed, origin, asked.partial, _fallback(asked, people))
    prices = work_out("segment_prices", people, how)
    ways = tuple(work_out(way, people, how) for way in dict.fromkeys(asked.ways))
    alike = {way.column: way.way for way in ways}
    problems = [
        Problem(
            f"--need {way.way}", f"its column would be called as that of {alike[way.column]}", "one would hide the other", "Rename a file"
        )
        for way in ways
        if alike[way.column] != way.way
    ]
    if problems:
        raise BadInput(problems)
    if not synthetic:
        _certified(ways, people, asked)
    count = dict(zip(people.paid.ids, np.bincount(people.group, minlength=len(people.paid.ids)).tolist(), strict=True))
    return FittedNeed(ways, prices, count, chance_of(people, columns.truncation_share), synthetic, people.fewest, asked)


def _fallback(asked: Asked, people: PeopleFigures) -> Fallback | None:
    if asked.fallback is None:
        return None
    read = read_keyed(asked.fallback, "segment", people.paid.ids, "need_index")
    return Fallback(asked.fallback.name, read["need_index"])


def _certified(ways: tuple[WayNeed, ...], people: PeopleFigures, asked: Asked) -> None:
    """Refuse fits that are too good to be true, naming the columns that alone explain too much."""
    timing, problems = asked.sources.timing, []
    for each in ways:
        try:
            certify(fit_of(each), timing, asked.checked)
        except BadInput as refusal:
            problems += [Problem(f"--need {each.way}", problem.what, problem.why, problem.remedy) for problem in refusal.problems]
    if problems:
        alone = suspects(suspect_columns(people), people.annual_gbp, people.years)
        remedy = 'Find out when it was recorded; then --leakage-check "NAME, YYYY-MM-DD: what was found"'
        problems += [
            Problem(f"column {name}", f"alone it explains {share:.0%} of the cost", "it may be made of the cost", remedy)
            for name, share in alone.items()
        ]
        raise BadInput(problems)


def fit_of(way: WayNeed) -> Fit:
    """The fit of a way on the people held out, which every way on people has."""
    assert way.need.fit is not None
    return way.need.fit


def read_leakage_check(text: str) -> LeakageCheck:
    """A finished leakage check as it is written on the command line: who, when, and what was found.

    >>> read_leakage_check("A Analyst, 2026-05-01: every column was recorded before the year paid").by
    'A Analyst'

    Raises:
        BadInput: one of the three is missing.
    """
    match = re.fullmatch(r"\s*(.*\w.*?),\s*(\d{4}-\d{2}-\d{2}):\s*(.*\w.*)", text)
    try:
        on = date.fromisoformat(match[2]).isoformat() if match else ""
    except ValueError:
        on = ""
    if match is None or not on:
        why, remedy = "a check is somebody's, of a day, and finds something", 'Write "NAME, YYYY-MM-DD: what was found"'
        raise BadInput([Problem("--leakage-check", f"it is {text!r}", why, remedy)])
    return LeakageCheck(match[1].strip(), on, match[3].strip(), passed=True)


def chance_of(people: PeopleFigures, truncation_share: float) -> Chance:
    """What is chance in figures by segment and by list size, as people vary; costs are cut at a share of people, as for the actuals."""
    groups, annual = len(people.paid.ids), people.annual_gbp
    several = int((np.bincount(people.group, minlength=groups) > 0).sum()) > 1 and len(people.group) > groups
    credibility = estimate_credibility(people.group, annual, people.years, groups) if several else None
    cut = truncated_gbp(annual, float(np.quantile(annual, truncation_share)))
    variation = variation_of(cut, people.years)
    beyond = np.full(groups, np.nan)
    for i in range(groups):
        own = people.group == i
        if own.sum() > 1 and cut[own].sum() > 0:
            spread = variation_of(cut[own], people.years[own])
            beyond[i] = float(minimum_savings_share(people.paid.person_years[i], spread, DEVIATE))
    lists = tuple(luck_by_list_size([float(people.years.sum()), *LISTS], variation, DEVIATE)) if variation > 0 else ()
    return Chance(credibility, variation, beyond, lists)
