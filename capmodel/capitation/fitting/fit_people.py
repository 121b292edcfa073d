"""Need by segment on the people of an extract, by one way or several side by side, measured on the same people held out.

The way that is asked for first is the one a place is fed with. A fit in pounds that is too good to be true is refused until somebody
records that nothing in it was made of the cost; made-up people are let through, since their cost was made of their conditions,
and what comes of them stays illustrative. What may be disclosed of the people, and how coarsely, is in `release`.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from capmodel.algebra.rows import Floats
from capmodel.assumptions.keyed_table import read_keyed
from capmodel.assumptions.pack import Pack
from capmodel.baseline.files import is_synthetic
from capmodel.baseline.persons.extract.column_map import read_map
from capmodel.baseline.persons.report.disclosable import LARGE
from capmodel.baseline.persons.schemes.scheme import Scheme, read_scheme
from capmodel.capitation.fit import Fit
from capmodel.capitation.fitting.credibility import (
    Band,
    Credibility,
    chance_by_list_size,
    estimate_credibility,
    minimum_savings_share,
    truncated_gbp,
    variation_of,
)
from capmodel.capitation.fitting.leakage import LeakageCheck, certify, findings
from capmodel.capitation.fitting.people import PeopleFigures, Sources
from capmodel.capitation.fitting.read import read_people
from capmodel.capitation.fitting.release import POOLED, rounded_years, significant
from capmodel.capitation.fitting.ways import How, WayNeed, suspect_columns, work_out
from capmodel.capitation.need import Fallback, Origin, fingerprint
from capmodel.capitation.need.regression import Family
from capmodel.errors import BadInput, Problem

#: The one-sided 95% point of the normal distribution: a gain beyond it is put down to chance one time in twenty.
DEVIATE = 1.645
#: The list sizes for which the chance of a gain by chance is reported, beside that of the extract.
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

    `variation` is the spread of annual cost a head over its mean, costs cut at the place's truncation point; `beyond_chance_share` by
    group the smallest gain that is more than chance (not a number for a group too small to say); `lists` the same by list size.
    """

    credibility: Credibility | None
    variation: float
    beyond_chance_share: Floats
    lists: tuple[Band, ...]


@dataclass(frozen=True)
class FittedNeed:
    """Need by segment by each way, the first of which a place is fed with; by present spend beside it; and what is chance in it."""

    ways: tuple[WayNeed, ...]
    prices: WayNeed
    people: PeopleFigures
    chance: Chance
    scheme: Scheme
    synthetic: bool
    asked: Asked

    @property
    def all_ways(self) -> tuple[WayNeed, ...]:
        """Present spend first, then the ways that were asked for."""
        return (self.prices, *(way for way in self.ways if way.way != self.prices.way))

    @property
    def idle(self) -> dict[str, str]:
        """Options that were given and change nothing, and why: only a way of another kind uses them, or no segment is empty."""
        asked = self.asked
        by_regression = any(way.way == "regression" for way in self.ways)
        by_model = any(way.way.startswith("scores:") and way.way != "scores:column" for way in self.ways)
        no_model, no_regression = "only --need scores:MODEL uses it", "only --need regression uses it"
        found = {
            f"--family {asked.family}": "" if by_regression or asked.family == "ordinary" else no_regression,
            "--supply": "" if by_regression or asked.sources.supply is None else no_regression,
            "--conditions": "" if by_model or asked.sources.conditions is None else no_model,
            "--partial": "" if by_model or not asked.partial else no_model,
            "--fallback": ""
            if asked.fallback is None or any(way.need.fallbacks for way in self.all_ways)
            else "every segment has people, and needs no index by name",
        }
        return {option: why for option, why in found.items() if why}

    @property
    def fewest(self) -> int:
        """The smallest count that is shown."""
        return self.people.fewest


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
    prices = _signed(work_out("segment_prices", people, how), people)
    ways = tuple(_signed(work_out(way, people, how), people) for way in dict.fromkeys(asked.ways))
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
    return FittedNeed(ways, prices, people, chance_of(people, columns.truncation_share), scheme, synthetic, asked)


def _signed(way: WayNeed, people: PeopleFigures) -> WayNeed:
    """The way with a fingerprint of the people beside that of its own figures.

    The figures of a way may be a few sums, which whoever knows most of them could try out until a fingerprint of them alone agreed.
    """
    data = fingerprint(people.sha256, way.need.how.data_sha256)
    return replace(way, need=replace(way.need, how=replace(way.need.how, data_sha256=data)))


def _fallback(asked: Asked, people: PeopleFigures) -> Fallback | None:
    if asked.fallback is None:
        return None
    read = read_keyed(asked.fallback, "segment", people.segments, "need_index")
    return Fallback(asked.fallback.name, read["need_index"])


def _certified(ways: tuple[WayNeed, ...], people: PeopleFigures, asked: Asked) -> None:
    """Refuse fits that are too good to be true, and columns that may be made of the cost, unless a leakage check is recorded."""
    timing, problems = asked.sources.timing, []
    for each in ways:
        try:
            certify(fit_of(each), timing, asked.checked)
        except BadInput as refusal:
            problems += [Problem(f"--need {each.way}", problem.what, problem.why, problem.remedy) for problem in refusal.problems]
    if asked.checked is None:
        explaining = {name: column for way in ways for name, column in suspect_columns(way.way, people, asked.seed).items()}
        found = findings(explaining, people.annual_gbp, people.years, people.by_setting_gbp)
        remedy = 'Find out when it was recorded; then --leakage-check "NAME, YYYY-MM-DD: what was found"'
        problems += [Problem(f"column {name}", what, "it may be made of the cost", remedy) for name, what in found.items()]
    if problems:
        raise BadInput(problems)


def fit_of(way: WayNeed) -> Fit:
    """The fit of a way on the people held out, which every way on people has."""
    assert way.need.fit is not None
    return way.need.fit


def chance_of(people: PeopleFigures, truncation_share: float) -> Chance:
    """What is chance in figures by group and by list size, as people vary; costs are cut at a share of people, as for the actuals.

    Spread beside a mean would disclose what one or two people cost: it is worked out of large groups only, and rounded.
    """
    groups, annual = len(people.paid.ids), people.annual_gbp
    count = np.bincount(people.group, minlength=groups)
    several = int((count > 0).sum()) > 1 and len(people.group) > groups
    credibility = estimate_credibility(people.group, annual, people.years, groups) if several else None
    cut = truncated_gbp(annual, float(np.quantile(annual, truncation_share)))
    variation = round(variation_of(cut, people.years), 2)
    beyond = np.full(groups, np.nan)
    for i, name in enumerate(people.paid.ids):
        own = people.group == i
        if name != POOLED and count[i] >= LARGE * max(people.fewest, 1) and cut[own].sum() > 0:
            spread = variation_of(cut[own], people.years[own])
            beyond[i] = significant(float(minimum_savings_share(people.paid.person_years[i], spread, DEVIATE)))
    sizes = [rounded_years(float(people.years.sum()), people.fewest), *LISTS]
    lists = tuple(chance_by_list_size(sizes, variation, DEVIATE)) if variation > 0 else ()
    return Chance(credibility, variation, beyond, lists)
