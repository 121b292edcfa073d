"""Takes inputs of a book that came back into a place, as a version of its own; never a formula, and nothing that is not certain.

An input is certain where the labels beside it are those that were sent, and the place still states what was sent. The choice of options
and the scenario in use are no figures of a place: a run takes them as it is asked to.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path

from capmodel.assumptions.accepted import FILE, as_yaml
from capmodel.assumptions.scaffold import packs_root
from capmodel.assumptions.versions import AcceptedFigure, Version
from capmodel.errors import BadInput, Problem
from capmodel.files import written_whole
from capmodel.place.accepted import with_accepted
from capmodel.place.place import Place
from capmodel.workbook.pages.contents import LOG
from capmodel.workbook.returned.changes import Change
from capmodel.workbook.returned.inputs import figures_of_packs
from capmodel.workbook.returned.read import Address, Figures, ReadCell
from capmodel.workbook.returned.round_trip import RoundTrip
from capmodel.workbook.writing.book import UNIT, Book

#: So many entries of a change log are kept, and so much of each text.
MOST_ENTRIES, LONGEST = 40, 500
SCENARIO = "the scenario in use is no figure of the place; ask for it with --scenario"
AT_ODDS = "the two books are in conflict on it"
SORTED = "the rows or columns of its sheet stand in another order, so that it is not certain what it is a figure of"
DECISION = "a run chooses the options itself; make one mandatory in options.yaml to have it chosen"


@dataclass(frozen=True)
class Accepting:
    """What of some changes is taken into a place, and why the rest is not, by the name of the input.

    Attributes:
        version: what is taken.
        refused: what is not.
        number: the number of the version; 0 where nothing is taken.
        file: where it is written.
    """

    version: Version
    refused: Mapping[str, str]
    number: int = 0
    file: Path = Path()


def accept(trip: RoundTrip, current: Place, who: str, on: dt.date, why: str = "", at_odds: Iterable[str] = ()) -> Accepting:
    """Take the changed inputs of a book that came back into its place.

    Args:
        trip: what came back.
        current: the place as it is, where it has accepted other figures since the book was made.
        who: who accepts them.
        on: the day.
        why: the reason, in the user's words.
        at_odds: the inputs on which two merged books are in conflict.

    Raises:
        BadInput: the place came with capmodel, or one of the figures cannot be.
        CapmodelError: the folder does not take the file.
    """
    check_own(current.pack.folder)
    sent = trip.sent
    now = sent.pack if current is sent.place else figures_of_packs(current)
    moved, log = dict[Address, str](), list[tuple[str, str, str, str]]()
    for file in trip.returned:
        moved |= moved_inputs(sent.figures, sent.book, file.cells)
        moved |= {at: SORTED for at in sent.figures if file.alignment.is_sorted(at[0])}
        log += [entry for entry in entries(sent.book, file.cells) if entry not in log]
    head = Version(by=who, on=on, file=trip.back.path.name, run=sent.run.run_id, why=why, figures=[], log=log)
    found = accepting(trip.back.changes, moved, sent.pack, now, head)
    found = replace(found, refused={**found.refused, **dict.fromkeys(at_odds, AT_ODDS)})
    if not found.version.figures:
        return found
    return replace(found, number=len(current.pack.accepted) + 1, file=write_version(current, found.version))


def accepting(changes: Iterable[Change], moved: Mapping[Address, str], sent: Figures, now: Figures, head: Version) -> Accepting:
    """What of some changes can be taken.

    Args:
        changes: the inputs that were changed.
        moved: inputs that stand beside another label than was sent, and what is wrong, by cell.
        sent: the figures of the place as the book was made.
        now: the figures of the place as they are.
        head: who accepts them, when, and from which file.
    """
    before, after = (_by_name(figures) for figures in (sent, now))
    taken, refused = [], {}
    for change in changes:
        if reason := _reason(change, moved, before, after):
            refused[change.name] = reason
        else:
            taken.append(AcceptedFigure(name=change.name, label=change.label, was=after[change.name], now=change.new))
    return Accepting(head.model_copy(update={"figures": taken}), refused)


def _by_name(figures: Figures) -> dict[str, float]:
    return {content.change: content.value for content in figures.values() if isinstance(content.value, float)}


def _reason(change: Change, moved: Mapping[Address, str], before: Mapping[str, float], after: Mapping[str, float]) -> str:
    """Why a change is not taken; empty where it is."""
    if change.is_scenario or change.decision:
        return SCENARIO if change.is_scenario else DECISION
    if change.at in moved:
        return moved[change.at]
    if change.name not in after:
        return "the place no longer has the figure"
    if after[change.name] == change.new:
        return "the place has it already"
    if after[change.name] != before[change.name]:
        return f"the place says {after[change.name]:.15g} by now, and {before[change.name]:.15g} when the book was made"
    return ""


def moved_inputs(figures: Figures, book: Book, cells: Mapping[Address, ReadCell]) -> dict[Address, str]:
    """The inputs beside or above which another label stands than was sent, as after sorting, and what is wrong."""
    beside: dict[tuple[str, int], str] = {}
    found: dict[Address, str] = {}
    with_inputs = {at[0] for at, content in figures.items() if content.is_input}
    for sheet in book.sheets:
        above = ""
        for (row, column), content in sorted(sheet.cells.items()) if sheet.name in with_inputs else ():
            if column <= UNIT and isinstance(content.value, str) and content.value and not content.formula:
                wrong = _another_label(content.value, cells.get((sheet.name, row, column)))
                above = wrong if content.role in ("heading", "table") and column == 0 else above
                if wrong:
                    beside.setdefault((sheet.name, row), wrong)
            elif content.is_input and (why := beside.get((sheet.name, row)) or above):
                found[sheet.name, row, column] = why
    return found


def _another_label(text: str, cell: ReadCell | None) -> str:
    """What is wrong with a label; empty where it is the one that was sent."""
    if cell is not None and cell.value == text:
        return ""
    stands = "nothing" if cell is None or cell.value in (None, "") else repr(cell.value)
    return f"its label is {stands} where {text!r} was sent, so that it is not certain what it is a figure of"


def entries(book: Book, cells: Mapping[Address, ReadCell]) -> list[tuple[str, str, str, str]]:
    """What was typed into the free rows of the change log, as texts; a formula is left out."""
    rows: dict[int, list[str]] = {}
    for (row, column), content in sorted(book.sheet(LOG).cells.items()):
        if content.role == "entry":
            cell = cells.get((LOG, row, column))
            text = "" if cell is None or cell.formula or cell.value is None else cell.value
            rows.setdefault(row, []).append(f"{text:.15g}" if isinstance(text, float) else " ".join(str(text).split())[:LONGEST])
    written = [(date, what, by, why) for date, what, by, why in rows.values() if date or what or by or why]
    return written[:MOST_ENTRIES]


def write_version(place: Place, version: Version) -> Path:
    """Add a version to the file of a place, whole or not at all.

    Raises:
        BadInput: the place came with capmodel, or one of the figures cannot be.
        CapmodelError: the folder does not take the file.
    """
    folder = place.pack.folder
    check_own(folder)
    problems: list[Problem] = []
    with_accepted(place, [version], problems)
    if problems:
        raise BadInput(problems)
    with written_whole(folder / FILE) as beside:
        beside.write_text(as_yaml([*place.pack.accepted, version]), encoding="utf-8", newline="\n")
    return folder / FILE


def check_own(folder: Path) -> None:
    """Refuse a place that came with capmodel, whose files are not the user's.

    Raises:
        BadInput: it is one.
    """
    root = packs_root()
    if folder.is_relative_to(root) and Path("assumptions").resolve() != root:
        why = "what is accepted is written beside the files of a place of your own"
        remedy = f"Make one with: capmodel new {folder.name}, run it and send that book"
        raise BadInput([Problem(str(folder), "the place came with capmodel", why, remedy)])
