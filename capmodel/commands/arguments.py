"""What several commands share: exit codes, and the arguments that say which place, which scenario and which figures are changed."""

from __future__ import annotations

import argparse
import math
import re
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from capmodel.errors import BadInput, Problem, gathered, problem_of

if TYPE_CHECKING:
    from capmodel.model import Place

#: All is well; a check failed, or a book or a published figure disagrees; the input is bad; the user stopped it.
GOOD, FAILED, BAD_INPUT, STOPPED = 0, 1, 2, 130


def whole(text: str) -> int:
    """A whole number as people write it, with or without commas, in the digits 0 to 9.

    >>> whole("300,000"), whole("-1")
    (300000, -1)

    Raises:
        argparse.ArgumentTypeError: it is anything else, or has over 18 digits.
    """
    digits = text.replace(",", "")
    if not re.fullmatch(r"-?[0-9]{1,18}", digits):
        shown = text if len(text) <= 40 else f"{text[:20]}... ({len(text):,} characters)"
        raise argparse.ArgumentTypeError(f"{shown!r} is no whole number. Write it as 300000 or 300,000, with 18 digits at most")
    return int(digits)


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


def add_solver(parser: argparse.ArgumentParser) -> None:
    """Declare the solver of a command that chooses options."""
    parser.add_argument("--solver", default="highs", help="solver that chooses options: highs, cbc or enumerate (default: highs)")


def add_limits(parser: argparse.ArgumentParser, of: str) -> None:
    """Declare within which share of the best other choices are listed, and the time limit of the solver; `of` says for what."""
    parser.add_argument(
        "--near",
        type=float,
        default=0.01,
        metavar="SHARE",
        help="list other choices of options worth within this share of the best (default: 0.01)",
    )
    parser.add_argument("--time-limit", type=float, default=60.0, metavar="SECONDS", help=f"for {of} (default: 60)")


def read_changes(texts: Sequence[str]) -> dict[str, float]:
    """Changed figures by name.

    >>> read_changes(["gain_phase_share[2026]=0.4"])
    {'gain_phase_share[2026]': 0.4}

    Raises:
        BadInput: one is not a name and a number.
    """
    problems: list[Problem] = []
    found = _changes(texts, problems)
    if problems:
        raise BadInput(problems)
    return found


def place_and_changes(options: argparse.Namespace) -> tuple[Place, dict[str, float]]:
    """The place of a command and its changed figures; what is wrong with place, scenario and figures is in one report.

    Raises:
        BadInput: the place, the scenario or a changed figure does not exist or cannot be.
    """
    from capmodel.assumptions.scaffold import known_place
    from capmodel.model import load

    problems: list[Problem] = []
    changes = _changes(options.changes, problems)
    place = None
    with gathered(problems):
        place = load(known_place(options.place))
        place.in_scenario(options.scenario, changes)
    if problems or place is None:
        raise BadInput(problems)
    return place, changes


def _changes(texts: Sequence[str], problems: list[Problem]) -> dict[str, float]:
    from capmodel.assumptions.cells import DIGITS_ONLY, in_digits, plain_number
    from capmodel.assumptions.years import name_with_key

    found: dict[str, float] = {}
    for text in texts:
        name, equals, value = text.rpartition("=")
        number = plain_number(value)
        try:
            full = name_with_key(name)
        except ValueError as error:
            problems.append(problem_of(f"--set {text}", error))
            continue
        if full in found:
            problems.append(Problem(f"--set {text}", f"{full} is set twice", "the second would silently win", "Leave one out"))
        if name and math.isfinite(number):
            found[full] = number
            continue
        what = f"{value!r} is not a number" if equals else "there is no ="
        remedy = in_digits(value) if name and in_digits(value) != DIGITS_ONLY else "Write --set name=0.02"
        problems.append(Problem(f"--set {text}", what, "a figure is set to a number", remedy))
    return found


def stem_of(place: str, scenario: str, changes: Mapping[str, float]) -> str:
    """How the files of a run are called: a scenario and changed figures are part of it.

    >>> stem_of("north-west-london", "prudent", {})
    'north-west-london-prudent'
    """
    return "-".join([place, *([scenario] if scenario != "base" else []), *(["changed"] if changes else [])])
