"""Reads options.yaml: parsed, checked whole, and handed on as figures.

An option has yearly costs, a delivery ramp and effects; each effect lowers (or raises) spend on a group of segments in a
setting, among the people reached. Which options exclude or need one another is part of the file. What an option is worth
is in `appraise`, what a choice adds up to in `planning`, which to take in `choose`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from capmodel.assumptions.document import Document
from capmodel.assumptions.pack import Entry, Source
from capmodel.errors import Problem
from capmodel.reinvestment.options.checks import check_options
from capmodel.reinvestment.options.choices import Choices, choices_of
from capmodel.reinvestment.options.library import departures, read_library
from capmodel.reinvestment.options.stated import Options


def read_options(
    document: Document,
    dimensions: Mapping[str, tuple[Entry, ...]],
    sources: Mapping[str, Source],
    years: tuple[int, ...],
    as_at: str,
    problems: list[Problem],
) -> Choices | None:
    """Read and check the options; every fault is reported with its line, and faulty options give None."""
    if document.content is None:
        return None
    before = len(problems)
    content = document.parse(Options, (), problems)
    if content is None:
        return None
    check_options(document, content, dimensions, sources, years, problems)
    library = read_library(document.path.parent, problems) if any(option.intervention for option in content.options) else {}
    if len(problems) > before:
        return None
    found = choices_of(content, dimensions, sources, years, as_at)
    return replace(found, remarks=(*found.remarks, *departures(content, library, dimensions)))
