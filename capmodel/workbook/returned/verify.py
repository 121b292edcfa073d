"""Verifies a workbook that came back: what of it is compared with the book that was sent, and how it is recalculated and run again.

The book that was sent is built again from its packs, cell for cell; nothing hidden in the file is needed. Inputs may change. All else
may not: sheets, cells with their formulas, labels, statuses, records, locks, formats and links, what cells say when they are selected,
and charts. Only then is anything recalculated: the formulas of the book that was sent, on the inputs that stand in the file. Then
capmodel is run on these inputs, and every formula cell must agree three ways. Where every input stands as it was sent, the book that
was sent is itself the book of these inputs, and is recalculated once. How a run is made again is in `made_again`.
"""

from __future__ import annotations

import functools
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING

from capmodel.assumptions.step import OPTIONS
from capmodel.errors import BadInput, Problem
from capmodel.place.run import run_place
from capmodel.uncertainty.simulate import simulate
from capmodel.workbook.pages.records import recorded_of
from capmodel.workbook.recalculate import ENGINE, Certificate, cells_of, compare, held, recalculate_returned
from capmodel.workbook.returned.bounds import Contents, Drawn, plain_reference
from capmodel.workbook.returned.made_again import CHOSEN, another_run, as_made, choice, run_again, tests_again, why_not
from capmodel.workbook.returned.provenance import Claim, changes_of, claim_of, draws_of, place_named, scenario_of
from capmodel.workbook.returned.read import Address, Figures, ReadBook, ReadCell, cell_name, read_book
from capmodel.workbook.writing.book import Book, Chart, Content, Sheet
from capmodel.workbook.writing.formats import style
from capmodel.workbook.writing.timeline import SELECTOR

if TYPE_CHECKING:
    from capmodel.place.place import Place

_FORMAT = re.compile(r'"([^"]*)"|\\(.)|([_*].|\[[^\]]*\])|(.)', re.DOTALL)
_MEANS_ITSELF = frozenset("()-+/: $£€!^&'~{}<>=")

WORDS = ("input_title", "input_message", "error_title", "error_message")


@dataclass(frozen=True)
class Returned:
    """A workbook that came back, as it was read: nothing of it is evaluated."""

    path: Path
    contents: Contents
    book: ReadBook
    claim: Claim


@dataclass(frozen=True)
class Verification:
    """What was found: the file against itself, the file against the engine, what changed, and why no more was compared."""

    itself: Certificate | None = None
    engine: Certificate | None = None
    changes: Mapping[str, float] = field(default_factory=dict)
    altered: tuple[str, ...] = ()
    not_compared: str = ""
    set_when_made: tuple[tuple[str, float, float], ...] = ()  # figure, in the pack, in the book
    chosen_by_hand: tuple[str, ...] | None = None  # the options, where no solver chose them
    made_in: str = ""
    scenario: str = ""
    failing: tuple[str, ...] = ()
    checks: int = 0

    @property
    def passed(self) -> bool:
        """True where the file agrees with its recalculation and with the engine, its own checks hold, and only inputs changed.

        A file that could not be compared with the engine has not passed. One in which no formula cell holds a value, because a
        program that does not calculate saved it, has no values that could be wrong.
        """
        if self.itself is None or self.engine is None:
            return False
        return (self.itself.passed or self.itself.bare) and self.engine.passed and not self.altered and not self.failing


def read_returned(path: Path, contents: Contents) -> Returned:
    """A workbook that `bounds.scan` has let through, and what it says of itself."""
    book = read_book(contents)
    return Returned(path, contents, book, claim_of(contents.properties, book.cells))


def place_of(returned: Returned) -> tuple[Path | None, str]:
    """The folder of the place that a workbook names, among the packs here; or why there is none."""
    named, found = returned.claim.place, place_named(returned.claim)
    if found is not None:
        return found, ""
    if not named:
        return None, "it no longer names its place; give it with --place"
    if "/" in named or "\\" in named:
        return None, f"it names its place by a path ({named}), and a path in a file is not followed; give the place with --place"
    return None, f"the place it names, {named}, is not among the packs here; give it with --place"


def verify(returned: Returned, place: Place) -> Verification:
    """Compare a workbook with the book as it was made, recalculate it, and compare it with the engine.

    Args:
        returned: the workbook.
        place: the place it was made from, as the user or the packs here have it.

    Raises:
        BadInput: an input cell holds no number, or the workbook says of its run what cannot be.
        CapmodelError: the independent engine stopped.
    """
    from capmodel.workbook.sheets import certified, input_sheets, make_book

    claim, cells = returned.claim, returned.book.cells
    if reason := why_not(claim, place):
        return Verification(not_compared=reason)
    scenario, changes, draws = scenario_of(claim, place), changes_of(claim), draws_of(claim)
    pack = figures_at(input_sheets(run_place(place, chosen={})).values())
    made = as_made(claim, place, scenario, changes, choice(cells, pack))
    if claim.run != made.run_id:
        return Verification(not_compared=another_run(claim, made))
    figures = figures_at(input_sheets(made).values())
    # An input that is none is refused before anything is recalculated.
    standing, changed, in_use = inputs_of(cells, figures, pack, list(place.scenarios))
    result = run_again(standing, in_use, place)
    # The same draws once more, where the workbook says that its risk was simulated.
    risk = None if draws is None else simulate(place, draws[0], draws[1], made.scenario, made.changes, draws[2])
    tests = tests_again(claim, place, made)
    recorded = recorded_of(made, risk, optimised=tests)
    # Another version of the same engine may have written the certificate; whether it agrees is found again below.
    version = claim.engine if re.fullmatch(rf"{ENGINE} [\w.]+", claim.engine) else ""
    issued = certified(made, recorded, version)
    sent, result = issued.book, replace(result, recalculation=issued.result.recalculation)
    engine, recalculated = issued.certificate, issued.values
    if any(cells[where].value != content.value for where, content in figures.items() if content.is_input):
        recalculated = recalculate_returned(returned.path.name, sent, cells)
        engine = compare(cells_of(make_book(result, recorded).book), recalculated)
    return Verification(
        compare(cells, recalculated),
        engine,
        changed,
        altered(returned.book, returned.contents, sent),
        set_when_made=set_when_made(pack, figures),
        chosen_by_hand=None
        if made.plan or not made.chain.has(OPTIONS)
        else tuple(option for option, taken in made.choice.items() if taken),
        made_in=place.scenarios[made.scenario].label,
        scenario=place.scenarios[result.scenario].label,
        failing=tuple(check.label.partition(": ")[2] or check.label for check in result.checks if not check.passed),
        checks=len(result.checks),
    )


def altered(book: ReadBook, contents: Contents, sent: Book) -> tuple[str, ...]:
    """Everything that nobody may change and somebody did, in words; empty where only inputs changed."""
    return (
        *contents.shown,
        *altered_sheets(book.sheets, sent),
        *book.marks,
        *altered_prompts(contents, sent),
        *altered_charts(contents.charts, sent),
        *altered_cells(book.cells, sent),
    )


def inputs_of(
    cells: Mapping[Address, ReadCell], sent: Figures, pack: Figures, scenarios: list[str]
) -> tuple[dict[str, float], dict[str, float], str]:
    """The inputs that stand in a workbook and differ from the pack, those that differ from the book as sent, and the scenario in use.

    Raises:
        BadInput: an input cell holds no number, or the number of a scenario that does not exist.
    """
    problems: list[Problem] = []
    cells = held(cells, sent)
    standing = changed_inputs(cells, pack, problems)
    changes = changed_inputs(cells, sent, [])
    selector = f"{SELECTOR}@base"
    number = standing.pop(selector, 1.0)
    changes.pop(selector, None)
    if number not in range(1, len(scenarios) + 1):
        what = f"the scenario is {number:g}"
        problems.append(Problem("Assumptions", what, f"there are {len(scenarios)}", f"Write a number from 1 to {len(scenarios)}"))
    if problems:
        raise BadInput(problems)
    return standing, changes, scenarios[int(number) - 1]


def set_when_made(pack: Figures, sent: Figures) -> tuple[tuple[str, float, float], ...]:
    """The figures that are not the pack's in the book as it was made: name, figure of the pack, figure of the book."""
    before, book = _by_name(pack), _by_name(sent)
    names = [name for name in book if not name.startswith((SELECTOR, CHOSEN))]
    return tuple((name, before[name], book[name]) for name in names if name in before and before[name] != book[name])


def _by_name(figures: Figures) -> dict[str, float]:
    return {content.change: content.value for content in figures.values() if isinstance(content.value, float)}


def figures_at(sheets: Iterable[Sheet]) -> Figures:
    """The figures of the packs that stand on some sheets, by their cells."""
    return {(sheet.name, *at): content for sheet in sheets for at, content in sheet.cells.items() if content.change}


def changed_inputs(cells: Mapping[Address, ReadCell], sent: Figures, problems: list[Problem]) -> dict[str, float]:
    """The inputs whose value is not the one that was sent, by the name under which a run takes them.

    Only a number in a cell that was an input counts; anything else is a problem.
    """
    changes: dict[str, float] = {}
    for (sheet, row, column), content in sent.items():
        cell = cells.get((sheet, row, column))
        if cell is None or not cell.is_number or cell.formula:
            what = "is empty" if cell is None else f"holds {cell.formula or cell.value!r}"
            remedy = f"Write a number; it was {content.value}"
            problems.append(Problem(cell_name((sheet, row, column)), f"the input {what}", "a typed number is needed here", remedy))
        elif isinstance(cell.value, float) and isinstance(content.value, float) and not _same(cell.value, content.value):
            changes[content.change] = cell.value
    return changes


def altered_cells(cells: Mapping[Address, ReadCell], sent: Book) -> list[str]:
    """The cells that nobody may change and somebody did: formulas, labels, statuses, records, locks, links; formats; and stray cells."""
    found, known = [], set()
    shown: dict[str, list[str]] = {}
    unseen: list[str] = []
    for sheet in sent.sheets:
        for (row, column), content in sheet.cells.items():
            at = (sheet.name, row, column)
            known.add(at)
            cell = cells.get(at)
            if what := _altered(content, cell):
                found.append(f"{cell_name(at)} {what}")
            if cell is not None and content.role != "entry" and not _shows(content.role, content.unit, cell.number_format):
                shown.setdefault(cell.number_format, []).append(cell_name(at))
            if cell is not None and cell.is_unseen:
                unseen.append(cell_name(at))
    found += [f"{len(names):,} cell{'s show figures' if len(names) > 1 else ' shows a figure'} as {look}: {', '.join(names[:3])}{', ...' if len(names) > 3 else ''}" for look, names in shown.items()]  # fmt: skip
    if unseen:
        some = ", ".join(unseen[:3]) + (", ..." if len(unseen) > 3 else "")
        found.append(
            f"{len(unseen):,} cell{'s' if len(unseen) > 1 else ''} cannot be read, since letters have the colour of the background or are too small: {some}"
        )
    return found + [f"{cell_name(at)} was added" for at in cells if at not in known]


def _altered(content: Content, cell: ReadCell | None) -> str:
    """What was done to a cell; empty where nothing was."""
    may_change = content.role in ("input", "entry")
    if cell is not None and cell.is_input != may_change:
        return "is unlocked" if cell.is_input else "is locked"
    if not may_change and not _stands(content, cell):
        return "no longer holds what was sent"
    if cell is None:
        return ""
    if cell.hides_formula:
        return "hides its formula"
    leads = cell.link or content.link
    if leads and content.role != "entry" and _link(cell.link) != (content.link and _link(f"#{content.link}")):
        return f"leads to {cell.link.lstrip('#')}" if cell.link else "no longer leads to another sheet"
    return ""


def _stands(content: Content, cell: ReadCell | None) -> bool:
    if content.formula:
        return cell is not None and cell.formula == f"={content.formula}"
    if content.value in (None, ""):
        return cell is None or (not cell.formula and cell.value == "")  # programs leave out a cell with an empty text
    if cell is None or cell.formula:
        return False
    if isinstance(content.value, str):
        return cell.value == content.value
    return isinstance(cell.value, float) and _same(cell.value, content.value)


def _link(text: str) -> str:
    return text.replace("'", "").replace("$", "").lstrip("#")


def altered_sheets(sheets: Sequence[str], sent: Book) -> list[str]:
    """Whether sheets were added, removed, moved or renamed."""
    return [] if list(sheets) == [sheet.name for sheet in sent.sheets] else ["the sheets are not those that were sent, in their order"]


def altered_prompts(contents: Contents, sent: Book) -> list[str]:
    """What cells say when they are selected, such as the range of an input, where it was not sent; programs put such words together anew."""
    found = []
    for sheet in sent.sheets:
        said = {" ".join(str(validation.rule.get(name, "")).split()) for validation in sheet.validations for name in WORDS}
        found += [f"the sheet {sheet.name} says beside an input: {text!r}" for text in sorted(contents.prompts.get(contents.parts.get(sheet.name, ""), set()) - said)]  # fmt: skip
    return found


def altered_charts(charts: Sequence[Drawn], sent: Book) -> list[str]:
    """Charts that draw other cells than those that were sent, or that were added or removed."""
    made = [(chart.title, drawn_by(chart)) for sheet in sent.sheets for chart in sheet.charts]
    left = list(charts)
    found = []
    for title, drawn in made:
        if drawn in left:
            left.remove(drawn)
        else:
            found.append(f"the chart {title!r} no longer draws what was sent")
    return found + [f"a chart of {', '.join(values for _, values in drawn) or 'nothing'} was added" for drawn in left[len(found) :]]


def drawn_by(chart: Chart) -> Drawn:
    """The categories and values of each series of a chart of a book in memory."""
    return tuple((plain_reference(str(series.get("categories", ""))), plain_reference(str(series["values"]))) for series in chart.drawn)


def number_format(role: str, unit: str) -> str:
    """The number format that a cell of some role, with a figure of some unit, is written with."""
    return str(style(role, unit).get("num_format", "General"))


@functools.cache
def _shows(role: str, unit: str, found: str) -> bool:
    """Whether a figure is shown as it was sent; an input without a format of its own takes that of what is typed, such as 5% or £5."""
    sent = number_format(role, unit)
    typed = role == "input" and sent == "General"
    return same_format(sent, found) or (typed and '"' not in found and "\\" not in found and re.search("[0#]", found) is not None)


@functools.cache
def same_format(one: str, other: str) -> bool:
    """Whether two number formats show the same: programs write signs with and without a stroke or quotation marks.

    >>> same_format("#,##0_);(#,##0)", "#,##0_);" + chr(92) + "(#,##0)"), same_format("0.00", '"99.00"')
    (True, False)
    """
    return one == other or _signs(one) == _signs(other)


def _signs(text: str) -> list[str]:
    """A number format sign by sign; what is only copied to the cell is marked, unless it means itself without marks too."""
    found = []
    for quoted, escaped, code, plain in _FORMAT.findall(text):
        copied = quoted or escaped
        found += [sign if sign in _MEANS_ITSELF else f"\\{sign}" for sign in copied] if copied else [code or plain]
    return found


def _same(one: float, other: float) -> bool:
    """Equal as far as a workbook file keeps digits."""
    return abs(one - other) <= 1e-14 * max(abs(one), abs(other))
