"""The command new --with: asks for what a blank place needs, makes it, and says what is to be entered.

It only parses, asks, calls and prints; what a blank place is made of is in `capmodel.place.blank`.
"""

from __future__ import annotations

import argparse
import re
import sys
from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path

from capmodel.assumptions.dimensions import ROLES
from capmodel.assumptions.scaffold import check_new, packs_in
from capmodel.assumptions.step import CAPITATION, FLOWS, OPTIONS, PAYMENTS, POOL, REHABILITATION
from capmodel.assumptions.years import year_of
from capmodel.commands.arguments import GOOD
from capmodel.console import console
from capmodel.errors import BadInput, Problem, gathered, listed, nearest, problem_of
from capmodel.place.blank import Asked, blank_place, chain_for, with_what_follows
from capmodel.place.steps import NAMES, members_of, needs_unmet

#: By option: the question on a terminal, an example of an answer, and what it is.
Questions = Mapping[str, tuple[str, str, str]]
_ID = re.compile(r"[a-z][a-z0-9_]*")
_STEPS = (f"Which steps, of {', '.join(NAMES)}", "spend,capitation")
#: The option that states each dimension.
_OPTION_OF = {"segment": "segments", "setting": "settings", "party": "parties"}


def make_blank(options: argparse.Namespace, questions: Questions) -> int:
    """Make a blank place, and say how many figures of which files are to be entered."""
    problems: list[Problem] = []
    if options.copied is not None:
        problems.append(Problem("--from", "--with is given too", "a place is a copy or it is blank", "Leave one of them out"))
    with gathered(problems):
        check_new(options.place, options.root)
    steps = _steps(_ask("--with", options.steps or None, *_STEPS, problems), problems)
    asked = _asked(options, questions, steps, problems)
    if problems or asked is None:
        raise BadInput(problems)
    before = packs_in(options.root)
    folder = blank_place(options.place, options.root, asked)
    window = console()
    there = listed([step.label for step in chain_for(asked.steps).steps])
    window.print(f"Made {folder}, blank, with {there}. No figure is filled in: each has its own cell, with its status and source.", markup=False, soft_wrap=True)  # fmt: skip
    for path in sorted(folder.rglob("*.*")):
        window.print(f"  {path.relative_to(folder).as_posix()}", markup=False)
    say_packs(options.root, before)
    window.print(f"capmodel run {folder} says how many figures are still to be entered, in which files.", markup=False, soft_wrap=True)
    return GOOD


def say_packs(root: Path, before: set[Path]) -> None:
    """Say which national packs were put beside a new place."""
    for pack in sorted(packs_in(root) - before):
        text = f"Made {pack} too: the national pack that the place reads, as it comes with capmodel."
        console().print(text, markup=False, soft_wrap=True)


def _ask(option: str, given: str | None, question: str, example: str, problems: list[Problem]) -> str:
    """What an option says, or what somebody answers on a terminal; where nobody can be asked, what is missing is reported."""
    if given is not None:
        return given
    if sys.stdin.isatty():
        with suppress(EOFError):
            return input(f"{question}, such as {example}? ")
    what, why = "it is not given", "a blank place has your own rows, and nobody can be asked here"
    problems.append(Problem(option, what, why, f"Add it, such as {option} {example}"))
    return ""


def _steps(text: str, problems: list[Problem]) -> tuple[str, ...]:
    names = _names("--with", text, problems)
    for name in names:
        if name not in NAMES:
            problems.append(Problem("--with", f"{name!r} is no step", "a place is made of steps", nearest(name, NAMES)))
    steps = with_what_follows([name for name in names if name in NAMES])
    problems += needs_unmet(steps, "--with")
    return steps


def _asked(options: argparse.Namespace, questions: Questions, steps: Sequence[str], problems: list[Problem]) -> Asked | None:
    """What is asked of the place; None where that is not known."""
    if not steps or (problems and needs_unmet(steps, "")):
        return None
    chain = chain_for(steps)
    needed = {
        _OPTION_OF[name]
        for name in members_of(chain.steps, {name for part in chain.parts for way in part.given for name in way.asks})
        if name in _OPTION_OF
    }
    # A pool is of partners, and its lines are called as settings are.
    needed |= {"settings", "parties"} if POOL in steps else set()
    needed |= {"parties"} if REHABILITATION in steps else set()
    # Payments are to providers, for people in bands that are called as segments are.
    needed |= {"settings", "parties"} if FLOWS in steps else set()
    needed |= {"segments", "parties"} if PAYMENTS in steps else set()
    needed |= {"years"} | ({"options"} if OPTIONS in steps else set())
    texts: dict[str, str] = {}
    for name, (question, example, _) in questions.items():
        option, given = f"--{name.replace('_', '-')}", getattr(options, name)
        if name in needed:
            texts[name] = _ask(option, given, question, example, problems)
        elif given is not None and not (name == "age_bands" and CAPITATION in steps):
            why = f"a place of {listed(list(steps))} has no row of it"
            problems.append(Problem(option, "it would have no effect", why, "Leave it out"))
    if any(not text for text in texts.values()):
        return None
    bands = _names("--age-bands", options.age_bands or "", problems) if CAPITATION in steps else ()
    asked = Asked(
        tuple(steps),
        _years(texts["years"], problems),
        _pairs("--segments", texts.get("segments", ""), bands, len(bands) > 1, "age band", problems),
        _names("--settings", texts.get("settings", ""), problems),
        _pairs("--parties", texts.get("parties", ""), ROLES, True, "role", problems),
        bands,
        _names("--options", texts.get("options", ""), problems),
    )
    _check_once(asked, problems)
    return asked


def _names(option: str, text: str, problems: list[Problem]) -> tuple[str, ...]:
    """Ids with commas between them."""
    names = tuple(part.strip() for part in text.split(",") if part.strip())
    for name in names:
        if not _ID.fullmatch(name):
            why = "ids name rows and figures"
            problems.append(Problem(option, f"the id {name!r} cannot be used", why, "Use small letters, digits and underscores, with commas between ids"))  # fmt: skip
    return names


def _pairs(option: str, text: str, valid: Sequence[str], needed: bool, what: str, problems: list[Problem]) -> dict[str, str]:
    """Ids, each with what it says of itself after a colon."""
    found: dict[str, str] = {}
    for part in (part.strip() for part in text.split(",") if part.strip()):
        name, _, own = part.partition(":")
        _names(option, name, problems)
        if (own or needed) and own not in valid:
            said = f"{name} has the {what} {own!r}" if own else f"{name} has no {what}"
            example = f"Write {name}:{valid[0]}, say; {nearest(own, valid)}" if valid else "Leave out what follows the colon"
            problems.append(Problem(option, said, f"each is one of {listed(list(valid))}" if valid else "there is only one", example))
        found[name] = own
    return found


def _years(text: str, problems: list[Problem]) -> tuple[int, ...]:
    """Years that follow each other: the first and the last, or each."""
    parts = (
        [part.strip() for part in text.split(",")]
        if "," in text
        else [part.strip() for part in re.split(r"\s+to\s+|(?<=\d{4})-(?=\d{4})", text)]
    )
    found: list[int] = []
    for part in parts:
        try:
            year = year_of(part)
        except ValueError as error:
            problems.append(problem_of("--years", error))
            return ()
        if year is None:
            problems.append(Problem("--years", f"{part!r} is no year", "figures are by financial year", "Write 2026-2028, or 2026,2027"))
            return ()
        found.append(year)
    years = tuple(range(found[0], found[-1] + 1)) if "," not in text else tuple(found)
    if not years or list(years) != list(range(years[0], years[0] + len(years))):
        problems.append(Problem("--years", f"the years are {text}", "they run on without a gap", "Write the first and the last: 2026-2028"))
    return years


def _check_once(asked: Asked, problems: list[Problem]) -> None:
    """An id names one thing in the place."""
    seen: dict[str, str] = {}
    kinds: Mapping[str, Sequence[str]] = {
        "--segments": tuple(asked.segments), "--settings": asked.settings, "--parties": tuple(asked.parties),
        "--age-bands": asked.age_bands, "--options": asked.options,
    }  # fmt: skip
    for option, names in kinds.items():
        for name in names:
            if name in seen:
                where = option if seen[name] == option else f"{seen[name]} and {option}"
                problems.append(Problem(where, f"the id {name} is there twice", "an id names one thing in the place", "Give one of them another id"))  # fmt: skip
            seen[name] = option
    if asked.parties and "payer" not in asked.parties.values():
        problems.append(Problem("--parties", "no party is a payer", "somebody pays for care", "Write :payer after one of them"))
