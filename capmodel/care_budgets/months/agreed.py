"""What months.yaml may say, what of it is refused, and the same as rows and figures of `by_month`.

A profile is equal, follows working days, or has a weight for each month. A list that changes gives people by month, for the months
that are known from April on; the file says what is taken for the rest.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Literal

from pydantic import Field

from capmodel.algebra.rows import Rows
from capmodel.assumptions.dimensions import no_member
from capmodel.assumptions.document import ByYear, Document, Number, Step, Strict
from capmodel.assumptions.laid_out import Figures, LaidOut, check_years, columns_given
from capmodel.assumptions.pack import Figure, Key, Pack, Status
from capmodel.assumptions.years import Year, year_label
from capmodel.baseline.spend import columns_of
from capmodel.care_budgets.months.calendar import MONTHS, working_days
from capmodel.errors import Problem, listed, nearest

Months = dict[str, Number]


class Profile(Strict):
    """How a year's budget falls into months."""

    id: str
    label: str
    kind: Literal["equal", "working_days", "seasonal"]
    holidays: list[dt.date] = Field(default_factory=list)
    weights: Months | None = None
    source: str | None = None
    status: Status | None = None
    note: str = ""


class ListChange(Strict):
    """A segment whose budget follows the people on its list in the year."""

    segment: str
    follows_share: Number = 1.0
    planned_persons: ByYear
    persons: dict[Year, Months]
    rest: Literal["last", "planned"] | None = None
    source: str | None = None
    status: Status | None = None
    note: str = ""


class Agreed(Strict):
    """When budgets are paid in the year, as months.yaml writes it."""

    id: str
    title: str
    status: Status
    source: str
    as_at: str = ""
    profiles: list[Profile] = Field(min_length=1)
    profile: str
    settings: dict[str, str] = Field(default_factory=dict)
    list_changes: list[ListChange] = Field(default_factory=list)


def read_months(document: Document, pack: Pack, problems: list[Problem]) -> LaidOut | None:
    """Read months.yaml; every fault is reported with its line, and a faulty file gives None."""
    if document.content is None:
        return None
    before = len(problems)
    agreed = document.parse(Agreed, (), problems)
    if agreed is None:
        return None
    problems += _faults(document, agreed, pack)
    planned: list[tuple[list[Step], ByYear]] = [
        (["list_changes", i, "planned_persons"], each.planned_persons) for i, each in enumerate(agreed.list_changes)
    ]
    check_years(document, planned, pack.years, problems)
    return None if len(problems) > before else _laid_out(agreed, pack)


def _faults(document: Document, agreed: Agreed, pack: Pack) -> Iterator[Problem]:
    def fault(steps: list[Step], what: str, why: str, remedy: str) -> Problem:
        return document.problem(steps, what, why, remedy)

    ids = [each.id for each in agreed.profiles]
    used = {agreed.profile, *agreed.settings.values()}
    for i, each in enumerate(agreed.profiles):
        place: list[Step] = ["profiles", i]
        if each.id in ids[:i]:
            yield fault([*place, "id"], f"{each.id} is there twice", "one would hide the other", "Give one of them another id")
        # A profile that nobody names may be the one that a misspelt name means.
        if each.id not in used and used <= set(ids):
            why = "no setting is paid by it, and it is not the profile of the rest"
            yield fault(place, f"the profile {each.id} has no effect", why, "Name it under settings:, or remove it")
        if each.holidays and each.kind != "working_days":
            why = f"a profile of the kind {each.kind} does not count days"
            yield fault([*place, "holidays"], "holidays have no effect", why, "Remove them, or write kind: working_days")
        yield from _weights(document, place, each)
    for setting, profile in agreed.settings.items():
        if setting not in (known := [entry.id for entry in pack.dimensions.get("setting", ())]):
            yield no_member("setting", setting, known, document.where(["settings", setting]))
        if profile not in ids:
            yield fault(["settings", setting], f"{profile!r} is no profile", "profiles lists them", nearest(profile, ids))
    if agreed.profile not in ids:
        yield fault(["profile"], f"{agreed.profile!r} is no profile", "profiles lists them", nearest(agreed.profile, ids))
    segments = [entry.id for entry in pack.dimensions.get("segment", ())]
    seen: set[str] = set()
    for i, change in enumerate(agreed.list_changes):
        place = ["list_changes", i]
        if change.segment not in segments:
            yield no_member("segment", change.segment, segments, document.where([*place, "segment"]))
        if change.segment in seen:
            yield fault([*place, "segment"], f"{change.segment} is there twice", "one would hide the other", "Write its list once")
        seen.add(change.segment)
        if not 0 < change.follows_share <= 1:
            yield fault(
                [*place, "follows_share"],
                f"follows_share is {change.follows_share:g}",
                "it is the part of the budget that follows people",
                "Write more than 0 and at most 1; where nothing follows people, remove the list",
            )
        yield from _lists(document, place, change, pack.years)


def _weights(document: Document, place: list[Step], profile: Profile) -> Iterator[Problem]:
    if (profile.kind == "seasonal") != (profile.weights is not None):
        what = f"the profile {profile.id} has {'no ' if profile.weights is None else ''}weights"
        why = (
            "a seasonal profile has a weight for each month"
            if profile.weights is None
            else f"the kind {profile.kind} has weights of its own"
        )
        yield document.problem(place, what, why, "Add weights:" if profile.weights is None else "Remove them, or write kind: seasonal")
    for month, weight in (profile.weights or {}).items():
        if month in MONTHS and weight < 0:
            why = "no month takes money back"
            yield document.problem([*place, "weights", month], f"the weight is {weight:g}", why, "Write zero or more")
    yield from _known(document, [*place, "weights"], profile.weights or {})
    if profile.weights is not None and (lacking := [month for month in MONTHS if month not in profile.weights]):
        why = "each month needs one; gaps are not filled"
        yield document.problem([*place, "weights"], f"there is no weight for {listed(lacking)}", why, "Add it; zero where nothing is paid")
    elif profile.weights and not any(weight > 0 for weight in profile.weights.values()):
        yield document.problem(
            [*place, "weights"], "all weights are zero", "the budget would fall into no month", "Write a weight above zero"
        )


def _known(document: Document, place: list[Step], figures: Mapping[str, float]) -> Iterator[Problem]:
    """Names of months that there are not."""
    for month in figures:
        if month not in MONTHS:
            yield document.problem([*place, month], f"{month!r} is no month", "months are written apr, may, to mar", nearest(month, MONTHS))


def _lists(document: Document, place: list[Step], change: ListChange, years: tuple[int, ...]) -> Iterator[Problem]:
    if not change.persons:
        yield document.problem([*place, "persons"], "no year has a list", "the list would change nothing", "Add a year, or remove the list")
    open_ended = False
    for year, persons in change.persons.items():
        steps: list[Step] = [*place, "persons", year]
        if year not in years:
            yield document.problem(
                steps, f"there is a list for {year_label(year)}", "it is no year of the model", "Remove it, or correct the year"
            )
        yield from _known(document, steps, persons)
        known = [month for month in MONTHS if month in persons]
        if known != list(MONTHS)[: len(known)] or not known:
            why = "months are known from April on without a gap"
            yield document.problem(steps, f"the months are {listed(known) or 'none'}", why, "Add the months that are missing")
        open_ended |= len(known) < len(MONTHS)
        for month, count in persons.items():
            if count < 0:
                yield document.problem([*steps, month], f"there are {count:g} people", "it is a count", "Check its sign")
    for year, planned in change.planned_persons.items():
        if planned == 0:
            why = "a budget for nobody cannot follow people"
            remedy = "Give the people the budget was made for"
            yield document.problem([*place, "planned_persons", year], "the plan is for no people", why, remedy)
    if open_ended and change.rest is None:
        why = "the people of the months to come are not guessed"
        yield document.problem(
            place, "some months have no people, and the file does not say what is taken for them", why, "Add rest: last, or rest: planned"
        )
    if not open_ended and change.rest is not None:
        yield document.problem([*place, "rest"], "rest has no effect", "every month has its people", "Remove it")


def _laid_out(agreed: Agreed, pack: Pack) -> LaidOut:
    known = Figure(0.0, agreed.status, agreed.source, agreed.as_at)
    weights: dict[Key, Mapping[int, float]] = {}
    own: dict[str, dict[Key, Figure]] = {
        "month_weight_number": {},
        "list_persons": {},
        "list_planned_persons": {},
        "list_follows_share": {},
    }
    for profile in agreed.profiles:
        for month in MONTHS:
            weights[profile.id, month] = {year: _weight(profile, year, month) for year in pack.years}
            stated = _stated(known, profile.status, profile.source, profile.note)
            if profile.kind != "seasonal":
                note = "Every month is the same" if profile.kind == "equal" else "Days from Monday to Friday that are no holidays"
                stated = replace(stated, status="derived", note=note)
            own["month_weight_number"][profile.id, month] = stated
    persons: dict[Key, Mapping[int, float]] = {}
    planned: dict[Key, Mapping[int, float]] = {}
    follows: dict[Key, Mapping[int, float]] = {}
    for change in agreed.list_changes:
        for place, month in enumerate(MONTHS):
            key = (change.segment, month)
            planned[key] = {year: change.planned_persons[year] for year in pack.years}
            persons[key] = {year: _people(change, year, place) for year in pack.years}
            follows[key] = dict.fromkeys(pack.years, change.follows_share)
            stated = _stated(known, change.status, change.source, change.note)
            own["list_planned_persons"][key] = own["list_follows_share"][key] = own["list_persons"][key] = stated
    given: dict[str, tuple[tuple[str, ...], Figures]] = {
        "month_weight_number": (("profile", "month"), weights),
        "list_persons": (("segment", "month"), persons),
        "list_planned_persons": (("segment", "month"), planned),
        "list_follows_share": (("segment", "month"), follows),
    }
    columns = columns_given(given, "months.yaml", known, own)
    changes = {each.segment: each for each in agreed.list_changes}
    people = {at: _of_rest(changes[at[0][0]], at[0][1], at[1], figure) for at, figure in columns["list_persons"].figures.items()}
    columns["list_persons"] = replace(columns["list_persons"], figures=people)
    return LaidOut(
        rows={
            "month_profile": columns_of(("profile", "month"), list(weights), pack.years),
            "month_list": columns_of(("segment", "month"), list(persons), pack.years),
            "month_people": Rows({"segment": tuple(change.segment for change in agreed.list_changes)}, pack.years),
        },
        columns=columns,
        labels={**MONTHS, **{profile.id: profile.label for profile in agreed.profiles}},
    )


def _of_rest(change: ListChange, month: str, year: int | None, figure: Figure) -> Figure:
    """People of a month that is not known follow from the rule of the list; they do not have the provenance of those that are."""
    known = change.persons.get(year or 0) or {}
    if month in known:
        return figure
    if known and change.rest == "last":
        return replace(figure, status="derived", note="As in the last month that is known")
    return replace(figure, status="derived", note="As planned" if known else "As planned, since no month of the year is known")


def profile_of(document: Document, setting: str) -> str:
    """The profile that a setting is paid by, as a sound file says."""
    return str(document.content.get("settings", {}).get(setting, document.content["profile"]))


def _stated(known: Figure, status: Status | None, source: str | None, note: str) -> Figure:
    return replace(known, status=status or known.status, source=source or known.source, note=note)


def _weight(profile: Profile, year: int, month: str) -> float:
    if profile.kind == "working_days":
        return float(working_days(year, month, profile.holidays))
    return profile.weights[month] if profile.weights else 1.0


def _people(change: ListChange, year: int, place: int) -> float:
    """The people of a month: as given, or for the months to come those of the last month or of the plan."""
    known = change.persons.get(year) or {}
    given = [known[month] for month in MONTHS if month in known]
    if place < len(given):
        return given[place]
    return given[-1] if given and change.rest == "last" else change.planned_persons[year]
