"""Judges a drawn edit of a book that comes back: found, named and classed, nothing else said, and priced as the model prices it.

Every second seed edits the book of the small place, as `seeded_edits` draws it, with inputs changed in half of them; the others make two
or three changes of `tampered_books` at once in a tiny book.
"""

from __future__ import annotations

import random
from pathlib import Path
from typing import NamedTuple

import numpy as np

from capmodel.errors import BadInput
from capmodel.reports.returned import record_of
from capmodel.workbook.returned.differences import differences
from capmodel.workbook.returned.meaning import Meaning, meaning_of_file
from capmodel.workbook.returned.round_trip import read_file, round_trip

from conftest import Case  # isort: skip
from book_cells import inputs, perturbed  # isort: skip
from returned_books import in_record, moved, run_with, with_inputs  # isort: skip
from seeded_edits import KINDS, read_parts, write_parts  # isort: skip
from tampered_books import ALL, CHART, Tampered  # isort: skip


class Sent(NamedTuple):
    """The books that are sent: of the small place, and the tiny one with what it means."""

    small: Case
    tiny: Path
    meaning: Meaning


class Judged(NamedTuple):
    """What was done, whether its money moved, and what is wrong with what was said of it."""

    kind: str
    priced: bool
    wrong: list[str]


def judged(seed: int, sent: Sent, folder: Path) -> Judged:
    chance = random.Random(seed)
    return _of_place(sent.small, chance, seed, folder) if seed % 2 == 0 else _of_tiny(sent, chance, folder)


def _of_place(case: Case, chance: random.Random, seed: int, folder: Path) -> Judged:
    kind = list(KINDS)[seed // 2 % len(KINDS)]
    names = _drawn(case, chance) if chance.random() < 0.5 else []
    free, draws = inputs(case.book), np.random.default_rng(seed)
    changes = {name: value for name in names if (value := perturbed(free[name][1], draws)) != free[name][1].value}
    edit = KINDS[kind](read_parts(with_inputs(case, folder / "inputs.xlsx", changes) if changes else case.workbook), chance)
    back = write_parts(edit.parts, folder / "back.xlsx")
    try:
        expected = moved(run_with(case, {}), run_with(case, changes))
    except BadInput:
        return Judged(kind, False, [] if _refused(case, back) else ["inputs that cannot be were taken"])
    trip = round_trip(case.place, read_file(back))
    wrong = [f"not said: {words}" for words in edit.words if not any(words in each for each in trip.back.altered)]
    wrong += [f"invented: {each}" for each in trip.back.altered if not any(words in each for words in edit.words)]
    record = record_of(trip)
    found = {str(change["name"]) for change in record["changes"]}
    if found != set(changes):
        wrong.append(f"the changed inputs are {sorted(changes)}, found {sorted(found)}")
    if in_record(record["together_gbp"]) != expected:
        wrong.append(f"worth {expected}, said {in_record(record['together_gbp'])}")
    return Judged(kind, bool(expected), wrong)


def _drawn(case: Case, chance: random.Random) -> list[str]:
    """One or two inputs of the scenario in use, whose figures may be anything."""
    free = [name for name in inputs(case.book) if not name.startswith(("scenario@", "chosen_flag[")) and "@prudent" not in name]
    return chance.sample(sorted(free), chance.randint(1, 2))


def _refused(case: Case, back: Path) -> bool:
    try:
        round_trip(case.place, read_file(back))
    except BadInput:
        return True
    return False


def _of_tiny(sent: Sent, chance: random.Random, folder: Path) -> Judged:
    ways: list[str] = []
    parts: set[str] = set()
    while len(ways) < 2 + chance.randint(0, 1):
        name = chance.choice(sorted(ALL))
        own = {*ALL[name].changes, *((CHART,) if "a chart" in name else ())}
        if not parts & own:
            ways.append(name)
            parts |= own
    changes = {part: change for name in ways for part, change in ALL[name].changes.items()}
    back = Tampered(changes, "", "").written(sent.tiny, folder / "tiny.xlsx")
    found = differences(sent.meaning, meaning_of_file(back))
    wrong = [
        f"not said: {name}" for name in ways if not any(each.kind == ALL[name].kind and ALL[name].words in str(each) for each in found)
    ]
    wrong += [f"invented: {each.kind}: {each}" for each in found if each.kind not in {ALL[name].kind for name in ways}]
    return Judged(" and ".join(sorted(ways)), False, wrong)
