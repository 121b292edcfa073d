"""The arguments that several commands share: which place, which scenario, and which figures are changed."""

from __future__ import annotations

import argparse
import math
from collections.abc import Mapping, Sequence

from capmodel.errors import BadInput, Problem, problem_of


def add_place(parser: argparse.ArgumentParser) -> None:
    """Declare the place, its scenario and changed figures."""
    parser.add_argument("place", metavar="PLACE", help="a place's folder or name, such as assumptions/places/north-west-london")
    parser.add_argument("--scenario", default="base", metavar="S", help="scenario of the place (default: base)")
    parser.add_argument(
        "--set",
        dest="changes",
        action="append",
        default=[],
        metavar="NAME=VALUE",
        help="change one figure: name=0.02, 'name[2027]=0.02' or 'column[key,key]=0.2'; may be repeated",
    )


def read_changes(texts: Sequence[str]) -> dict[str, float]:
    """Changed figures by name.

    >>> read_changes(["gain_phase_share[2026]=0.4"])
    {'gain_phase_share[2026]': 0.4}

    Raises:
        BadInput: one is not a name and a number.
    """
    from capmodel.assumptions.years import name_with_key

    problems, found = [], {}
    for text in texts:
        name, equals, value = text.rpartition("=")
        try:
            number = float(value)
        except ValueError:
            number = math.nan
        try:
            full = name_with_key(name)
        except ValueError as error:
            problems.append(problem_of(f"--set {text}", error))
            continue
        if full in found:
            problems.append(Problem(f"--set {text}", f"{full} is set twice", "the second would silently win", "Leave one out"))
        found[full] = number
        if not name or not math.isfinite(number):
            problems.append(
                Problem(
                    f"--set {text}",
                    f"{value!r} is not a number" if equals else "there is no =",
                    "a figure is set to a number",
                    "Write --set name=0.02",
                )
            )
    if problems:
        raise BadInput(problems)
    return found


def stem_of(place: str, scenario: str, changes: Mapping[str, float]) -> str:
    """How the files of a run are called: a scenario and changed figures are part of it.

    >>> stem_of("north-west-london", "prudent", {})
    'north-west-london-prudent'
    """
    return "-".join([place, *([scenario] if scenario != "base" else []), *(["changed"] if changes else [])])
