"""What every sheet has: title, place and scenario, master flag, ruler, widths and heights, and how it is printed."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from capmodel.algebra.check import OK, master_in_excel
from capmodel.workbook.pages.issued import UNCHANGED, Issue, words_cell
from capmodel.workbook.writing.book import CONSTANT, FIRST_YEAR, LABELS, UNIT, Alert, Content, Sheet, address, literal
from capmodel.workbook.writing.layout import Layout
from capmodel.workbook.writing.timeline import FIRST_ROW, PROVENANCE, SELECTOR, TIMELINE, timeline

if TYPE_CHECKING:
    from capmodel.place.result import Result

ABOUT_ASSUMPTIONS = ("Name", "Owner", "Quality", "Impact", "Range")
MASTER = (TIMELINE - 2, 1)
AS_ISSUED = (TIMELINE - 1, 0)
NOTE_WIDTH = 70
#: So many columns of figures are wide on every sheet of outputs; more where a place has more parties.
LEAST_COLUMNS = 10


@dataclass(frozen=True)
class SheetFrames:
    """Which sheets are dressed how: names of sheets."""

    cover: str
    checks: str
    inputs: tuple[str, ...]
    assumptions: tuple[str, ...]
    calcs: tuple[str, ...]
    outputs: tuple[str, ...]


def frame_sheets(result: Result, sheets: Mapping[str, Sheet], checks: int, layout: Layout, which: SheetFrames, issue: Issue) -> None:
    """The head of every sheet: title, place and scenario, the master flag, whether inputs are as issued; rulers and widths of sheets with tables."""
    pack = result.place.pack
    verdict = OK if result.passed else "CHECK"
    scenario = result.place.scenarios[result.scenario].label
    selector = layout.assumptions[SELECTOR].cell(0, None, which.cover)
    choices = ",".join(literal(item.label) for item in result.place.scenarios.values())
    scenario_cell = next(place for place, content in sheets[which.cover].cells.items() if content.role == "scenario")
    sheets[which.cover].cells[scenario_cell] = Content("wrapped", scenario, formula=f"CHOOSE({selector},{choices})")
    for name, sheet in sheets.items():
        sheet.put(0, 0, "title", sheet.title)
        # One text, as the flag is one: a formula in the row below it then follows a formula.
        sheet.put(
            MASTER[0],
            0,
            "subtitle",
            "All checks",
            formula="" if name == which.checks else f"{which.checks}!{address(MASTER[0], 0, True, True)}",
        )
        formula = master_in_excel(_verdicts(checks)) if name == which.checks else f"{which.checks}!{address(*MASTER, True, True)}"
        sheet.put(*MASTER, "verdict", verdict, formula=formula)
        sheet.verdicts.append(MASTER)
        sheet.put(*AS_ISSUED, "issue", issue.words, formula=words_cell(name))
        sheet.alerts.append(Alert(*AS_ISSUED, *AS_ISSUED, "!=", UNCHANGED))
        if name != which.cover:
            head = f"{pack.title}; scenario in use: "
            tail = f"; {pack.basis} data; figures marked illustrative are invented, and results based on them are no evidence"
            text_formula = f"{literal(head)}&{which.cover}!{address(*scenario_cell, True, True)}&{literal(tail)}"
            sheet.put(2, 1, "subtitle", f"{head}{scenario}{tail}", formula=text_formula)
    first_after = FIRST_YEAR + len(pack.years)
    last_assumptions = [name for name in which.assumptions if name in which.inputs][-1]
    for name in which.inputs:
        after = (*PROVENANCE, *ABOUT_ASSUMPTIONS) if name in which.assumptions else PROVENANCE
        timeline(sheets[name], pack.years, after, left="Input")
        _fit(
            sheets[name],
            pack.years,
            15,
            {first_after + i: width for i, width in enumerate((13, 9, 12, NOTE_WIDTH, 34, 16, 9, 9, 16)[: len(after)])},
        )
        sheets[name].pages_across = 2
        if name == last_assumptions:
            last = max(row for row, _ in sheets[name].cells)
            sheets[name].faint = (FIRST_ROW, CONSTANT, last, first_after - 1)
        for (row, column), content in sheets[name].cells.items():
            if column == first_after + PROVENANCE.index("Note") and row > TIMELINE:
                sheets[name].heights[row] = 13.5 * max(1, -(-len(str(content.value)) // (NOTE_WIDTH - 4)))
    for name in which.calcs:
        timeline(sheets[name], pack.years)
        _fit(sheets[name], pack.years, 18, {})
    for name in which.outputs:
        sheet = sheets[name]
        sheet.frozen = (TIMELINE, 1)
        if sheet.breaks or sheet.blocks:
            sheet.repeat_rows = (0, TIMELINE - 1)
        if sheet.widths:
            continue
        widest = max(
            len(str(c.value))
            for (row, column), c in sheet.cells.items()
            if column == 0 and row >= TIMELINE and c.role in ("label", "total", "timeline_left")
        )
        last = max(column for _, column in sheet.cells)
        sheet.widths = {0: max(widest + 2, 40), **dict.fromkeys(range(1, max(last, LEAST_COLUMNS) + 1), 18.0)}


def _fit(sheet: Sheet, years: tuple[int, ...], year_width: float, more: Mapping[int, float]) -> None:
    """Label columns as wide as their labels, narrow where a sheet has none; figures on one ruler."""
    for column in range(LABELS):
        texts = [str(c.value) for (row, at), c in sheet.cells.items() if at == column and row > TIMELINE and c.role == "label"]
        sheet.widths[column] = max((len(text) for text in texts), default=0) * 0.95 + 2 if texts else 4
    sheet.widths[0] = min(max(sheet.widths[0], 34), 74)
    sheet.widths[1] = max(sheet.widths[1], 9)
    sheet.widths[UNIT] = 13
    sheet.widths[CONSTANT] = 18
    for t in range(len(years)):
        sheet.widths[FIRST_YEAR + t] = year_width
    sheet.widths |= dict(more)


def _verdicts(count: int) -> str:
    """The verdicts of so many checks, on the sheet of checks."""
    return f"{address(FIRST_ROW, 4, True, True)}:{address(FIRST_ROW + count - 1, 4, True, True)}"
