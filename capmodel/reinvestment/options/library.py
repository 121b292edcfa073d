"""The library of interventions: thirteen published types, the people and settings each is mapped to, and what is published of its effect.

A type is a YAML file in `interventions/` of the packs, named after it; a place may have files of its own in a folder of that name, which take
the place of those. An option that names its type is held against the published range: where its effect departs, the run says so.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from pydantic import Field

from capmodel.assumptions.document import Number, Strict, read_mapping
from capmodel.assumptions.pack import Entry, Status
from capmodel.assumptions.scaffold import packs_root
from capmodel.errors import Problem
from capmodel.reinvestment.options.stated import Effect, Options

FOLDER = "interventions"
#: A published share is printed to the whole per cent.
_NOISE = 1e-9


class Range(Strict):
    """The lowest and the highest published figure."""

    lowest: Number = Field(alias="from")
    highest: Number = Field(alias="to")


class Evidence(Strict):
    """What is published of an intervention in one setting: the fall in spend, the people reached, or a statement without either."""

    setting: str
    effect_share: Range | None = None
    reach_share: Range | None = None
    status: Status
    source: str
    note: str = ""


class Mapped(Strict):
    """The people and settings that a type is for."""

    segments: list[str]
    settings: list[str]
    status: Status
    source: str


class Intervention(Strict):
    """One type of intervention."""

    title: str
    mapping: Mapped
    evidence: list[Evidence]


def read_library(place: Path | None, problems: list[Problem]) -> dict[str, Intervention]:
    """Every type by its file name, those of a place over those of the packs; what is wrong in a file is reported."""
    found = {}
    for folder in (packs_root() / FOLDER, *([place / FOLDER] if place else [])):
        for path in sorted(folder.glob("*.yaml")):
            document = read_mapping(path, problems)
            read = document.parse(Intervention, (), problems) if document else None
            if read is not None:
                found[path.stem] = read
    return found


def departures(content: Options, library: Mapping[str, Intervention], dimensions: Mapping[str, tuple[Entry, ...]]) -> list[str]:
    """Where options depart from what is published of their type, a sentence each."""
    by_title = {each.title.casefold(): each for each in library.values()}
    labels = {entry.id: entry.label for entries in dimensions.values() for entry in entries}
    found, silent, named = [], 0, 0
    for option in content.options:
        if not option.intervention:
            continue
        known = by_title.get(option.intervention.replace("_", " ").casefold())
        if known is None:
            found.append(
                f"{option.label}: no intervention of the library is called {option.intervention!r}, so that its effects are held against nothing published"
            )
            continue
        for effect in option.effects:
            if effect.effect_share <= 0:
                continue
            named += 1
            published = [each for each in known.evidence if each.effect_share and _speaks_of(each.setting, effect.setting)]
            silent += not published
            found += [
                f"{option.label}: its fall of {_percent(effect.effect_share)} in {labels.get(effect.setting, effect.setting).lower()} is {where} "
                f"{_words(each.effect_share)} that is {each.status} for {known.title.lower()} ({each.source})"
                for each in published
                if each.effect_share and (where := _outside(effect, each.effect_share))
            ]
    if silent:
        found.append(
            f"Of {named} effects of options that name their intervention, {silent} have no published size in the library; theirs is the place's own"
        )
    return found


def _speaks_of(published: str, setting: str) -> bool:
    """True where a setting of a place is the published one or a part of it, such as acute_emergency of acute."""
    return setting == published or setting.startswith(f"{published}_")


def _outside(effect: Effect, published: Range) -> str:
    if effect.effect_share > published.highest + _NOISE:
        return "above the"
    return "below the" if effect.effect_share < published.lowest - _NOISE else ""


def _words(published: Range) -> str:
    if published.lowest == published.highest:
        return _percent(published.highest)
    return f"{_percent(published.lowest)} to {_percent(published.highest)}"


def _percent(share: float) -> str:
    return f"{100 * share:.10g}%"
