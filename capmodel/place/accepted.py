"""A place with the figures it has accepted from workbooks that came back in the place of its own, each local, with who and when."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from functools import partial

from capmodel.assumptions.accepted import ACCEPTED, FILE
from capmodel.assumptions.pack import Figure
from capmodel.assumptions.versions import AcceptedFigure, Version
from capmodel.errors import Problem
from capmodel.place.place import Place
from capmodel.place.scenarios import BASE


def with_accepted(place: Place, versions: Iterable[Version], problems: list[Problem]) -> Place:
    """The place with the figures of some versions, one version after the other.

    Args:
        place: the place as its own files have it, or with earlier versions.
        versions: what was accepted.
        problems: a figure that does not exist, that cannot be, or that the place states otherwise by now, is added here.
    """
    for version in versions:
        for figure in version.figures:
            accepted = partial(_accepted, version=version, given=figure, problems=problems)
            place = place.with_figure(figure.name, figure.now, accepted, f"{FILE}, {figure.name}", BASE, problems)
    return place


def _accepted(figure: Figure, version: Version, given: AcceptedFigure, problems: list[Problem]) -> Figure:
    if figure.value != given.was:
        what = f"it was {given.was:.15g} when {given.now:.15g} was accepted, and the place says {figure.value:.15g}"
        remedy = f"Take the figure out of {FILE}, or write {given.was:.15g} where the place states it"
        problems.append(Problem(f"{FILE}, {given.name}", what, "one of the two would silently win", remedy))
    was = f"it was {figure.value:.15g} ({figure.status}, {figure.source or 'no source'})"
    note = f"Accepted by {version.by} on {version.on.isoformat()} from {version.file}; {was}"
    return replace(figure, value=given.now, status="local", source=ACCEPTED, as_at=version.on.isoformat(), note=note)
