"""Reads the named assumptions of packs from parameters.yaml, each with its provenance, and says what a figure may be.

Input columns are read in `columns`; which packs are read, and in which order, is decided in `load`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

from capmodel.algebra.unit import unit_by_name
from capmodel.assumptions.blanks import still_to_enter
from capmodel.assumptions.document import Document, Number, Step, Strict, read_mapping
from capmodel.assumptions.pack import TOLERANCE, Assumed, Figure, Source, Status, Unread, lost
from capmodel.assumptions.years import Year
from capmodel.errors import Problem, RuleError, nearest, unentered


class FigureEntry(Strict):
    """One figure of a year, which may have a provenance of its own."""

    value: Number
    status: Status | None = None
    source: str | None = None
    as_at: str | None = None
    note: str | None = None


class Override(Strict):
    """A place's figures for a national assumption."""

    value: Number | None = None
    values: dict[Year, Number | FigureEntry] | None = None
    status: Status
    source: str
    as_at: str = ""
    note: str = ""


class Parameter(Override):
    """A named assumption, as parameters.yaml writes it."""

    label: str
    unit: str
    range: tuple[Number, Number] | None = None
    quality: str = ""
    impact: str = ""
    owner: str = ""


#: Words in the names of shares that may be below zero.
SIGNED = ("growth", "pressure", "effect", "uplift", "efficiency", "variance")
#: How names of money and indices begin that may not.
NEVER_NEGATIVE = (
    "cap_",
    "recorded_",
    "scaling_",
    "flow_",
    "partner_stated_",
    "unit_price_",
    "market_forces_",
    "fixed_payment_",
    "past_value_",
)
LARGEST = 1e13


def may_be_negative(name: str, unit: str) -> bool:
    """True for a share such as a growth, for an index, and for money that is neither a cap nor a price; never for what was recorded."""
    if unit == "share":
        return any(word in name for word in SIGNED)
    return unit in ("index", "GBP") and not name.startswith(NEVER_NEGATIVE)


def check_figure(name: str, unit: str, value: float, where: str, problems: list[Problem]) -> None:
    """Report a figure that its unit does not allow: a share above 1 was meant as a per cent, a flag is 0 or 1."""
    if unit == "share" and abs(value) > 1:
        problems.append(Problem(where, f"{name} is {value:g}", "a share is a part of 1", as_share(value)))
    elif unit == "flag" and value not in (0, 1):
        problems.append(Problem(where, f"{name} is {value:g}", "a flag is a yes or a no", "Write 1 or 0"))
    elif value < 0 and not may_be_negative(name, unit):
        problems.append(Problem(where, f"{name} is {value:g}", "it cannot be below zero", "Correct the sign"))
    elif abs(value) > LARGEST:
        problems.append(Problem(where, f"{name} is {value:g}", "no place has so much", "Correct the size"))


def as_share(value: float) -> str:
    """The remedy for a share above 1: the per cent that it may be, if it may be one.

    >>> as_share(40), as_share(1e308)
    ('Write 0.4 if 40 per cent is meant', 'Write a part of 1')
    """
    return f"Write {value / 100:g} if {value:g} per cent is meant" if abs(value) <= 1000 else "Write a part of 1"


def check_source(source: str, sources: Mapping[str, Source], where: str, problems: list[Problem]) -> None:
    """Report a source id that sources.yaml does not have."""
    if source not in sources and not lost(sources, source):
        problems.append(
            Problem(
                where, f"the source {source!r} is not in sources.yaml", "every figure states where it comes from", nearest(source, sources)
            )
        )


def read_assumptions(
    national: Path, place: Path, years: tuple[int, ...], sources: Mapping[str, Source], problems: list[Problem]
) -> dict[str, Assumed]:
    """Every assumption of the national pack and the place, the place's overrides over the national figures."""
    found: dict[str, Assumed] = {}
    named: list[str] | None = []
    lacking: dict[str, Problem] = {}
    for folder in (national, place):
        reported = len(problems)
        document = read_mapping(folder / "parameters.yaml", problems)
        if document is None or len(problems) > reported:
            named = None
        if document is None:
            continue
        named = None if named is None else [*named, *document.content]
        for name in document.content:
            if name == "overrides":
                continue
            if count := still_to_enter(document.content[name]):
                problems.append(unentered("parameters.yaml", count))
                continue
            if name in found:
                problems.append(document.problem([name], f"{name} is in the national pack", "it would hide it", "Put it under overrides:"))
                continue
            entry = document.parse(Parameter, [name], problems)
            if entry is None:
                continue
            try:
                unit = unit_by_name(str(name))
            except RuleError as error:
                problems.append(document.problem([name], str(error), "the unit is read from the name", "Rename it"))
                continue
            if unit != entry.unit:
                problems.append(document.problem([name, "unit"], f"the unit is {entry.unit}", f"the name says {unit}", "Make them agree"))
            values = _figures(document, [name], unit, entry, years, sources, problems, national if folder == national else None, lacking)
            found[name] = Assumed(
                name, entry.label, unit, values, owner=entry.owner, quality=entry.quality, impact=entry.impact, range=entry.range, internal=name.startswith(TOLERANCE), of_place=folder == place, outside=_outside(entry, years), lacking=lacking.get(name)
            )  # fmt: skip
        overrides = document.content.get("overrides")
        for name in overrides if isinstance(overrides, dict) else ():
            steps: list[Step] = ["overrides", name]
            if name not in found:
                if named is not None and name not in named:
                    what = f"{name!r} is not a national assumption"
                    problems.append(document.problem(steps, what, "a place overrides only what exists", nearest(name, found)))
                continue
            override = document.parse(Override, steps, problems)
            if override is not None:
                values = _figures(document, steps, found[name].unit, override, years, sources, problems)
                before = found[name]
                found[name] = replace(
                    before, values=values, overrides=before.values, of_place=True, outside=_outside(override, years), lacking=None
                )
    return Unread(found, named)


def _outside(entry: Override, years: tuple[int, ...]) -> tuple[int, ...]:
    """The years for which an entry gives figures and which the model does not have."""
    return tuple(sorted(set(entry.values or {}) - set(years)))


def _figures(
    document: Document,
    steps: list[Step],
    unit: str,
    entry: Override,
    years: tuple[int, ...],
    sources: Mapping[str, Source],
    problems: list[Problem],
    edition: Path | None = None,
    lacking: dict[str, Problem] | None = None,
) -> dict[int | None, Figure]:
    """The figures of an entry; what a national `edition` lacks is put into `lacking`, since a place may have its own, or not read it."""
    name = str(steps[-1])
    check_source(entry.source, sources, document.where([*steps, "source"]), problems)
    if (entry.value is None) == (entry.values is None):
        problems.append(
            document.problem(
                steps,
                f"{name} has {'neither value nor' if entry.value is None else 'both value and'} values",
                "it needs one of them",
                "Write value: for one figure, values: for one a year",
            )
        )
        return {}
    if entry.value is not None:
        check_figure(name, unit, entry.value, document.where([*steps, "value"]), problems)
        return {None: Figure(entry.value, entry.status, entry.source, entry.as_at, entry.note)}
    figures: dict[int | None, Figure] = {}
    for year, given in (entry.values or {}).items():
        own = given if isinstance(given, FigureEntry) else FigureEntry(value=given)
        where = document.where([*steps, "values", year])
        check_figure(name, unit, own.value, where, problems)
        if own.source:
            check_source(own.source, sources, where, problems)
        figures[year] = Figure(
            own.value, own.status or entry.status, own.source or entry.source, own.as_at or entry.as_at, own.note or entry.note
        )
    missing = [str(year) for year in years if year not in figures]
    if missing:
        what, why = f"{name} has no figure for {', '.join(missing)}", "each model year needs one; gaps are not filled"
        if edition is None or lacking is None:
            problems.append(document.problem([*steps, "values"], what, why, "Add it"))
        else:
            where = f"{edition.parent.name}/{edition.name}, {document.where([*steps, 'values'])}"
            remedy = f"Write a figure for each model year in parameters.yaml of the place, under overrides: {name}; or take the years out of place.yaml"
            lacking[name] = Problem(where, what, f"this is the national pack; {why}", remedy)
    return {year: figure for year, figure in figures.items() if year in years}
