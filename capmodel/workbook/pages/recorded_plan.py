"""The sheet Recorded plan: the decisions as the optimiser found them, how surely, and other choices worth nearly as much.

These are values with their provenance. Out 4 shows them beside the live plan.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from capmodel.assumptions.years import year_label
from capmodel.reinvestment import planning
from capmodel.reinvestment.plan_facts import PRINTED, difference
from capmodel.workbook.pages.step_page import lines_of
from capmodel.workbook.writing.book import Sheet
from capmodel.workbook.writing.timeline import FIRST_ROW

if TYPE_CHECKING:
    from capmodel.place.result import Result
    from capmodel.reinvestment.choose import Plan

RECORDED_PLAN = "Recorded plan"
LABEL_WIDTH, FIGURE_WIDTH = 70, 28
OBJECTIVE = "Objective, present value"
#: One thing that is recorded: what it is, the text or figure, and the unit of a figure.
Fact = tuple[str, str | float, str]


@dataclass(frozen=True)
class PlanRecord:
    """The rows of the sheet that other sheets refer to; figures are in the second column, what a choice is worth less in the third."""

    objective: int
    first_decision: int
    first_other: int


def answer_facts(plan: Plan) -> list[Fact]:
    """What the solver said: its name, its version, its answer, and how far the answer is proved best."""
    facts: list[Fact] = [
        ("Solver", plan.solver, ""),
        ("Version of the solver", plan.version, ""),
        ("Answer", f"{plan.status}; {'proved best' if plan.proved else 'not proved best'}", ""),
        ("Time limit, in seconds", f"{plan.time_limit_s:g}", ""),
        (OBJECTIVE, plan.objective_gbp, "GBP"),
        ("Best value that was proved possible", plan.bound_gbp, "GBP"),
        ("Gap between them", plan.gap_share, "share"),
    ]
    if plan.next_best_gbp is not None:
        facts.insert(5, ("Value of the next best choice", plan.next_best_gbp, "GBP"))
    return facts


def fill_recorded_plan(sheet: Sheet, run: Result) -> PlanRecord:
    """Fill the sheet from the run that the book is issued of."""
    facts = _facts(run)
    for offset, (label, value, unit) in enumerate(facts):
        sheet.put(FIRST_ROW + offset, 0, "label", label)
        sheet.put(FIRST_ROW + offset, 1, "record", value, unit)
    sheet.widths = {0: LABEL_WIDTH, **dict.fromkeys(range(1, 3), FIGURE_WIDTH)}
    objective = FIRST_ROW + [label for label, *_ in facts].index(OBJECTIVE)
    first = _decisions(sheet, FIRST_ROW + len(facts) + 1, run)
    row = first + len(run.values.figure(planning.DECISION)) + 1
    return PlanRecord(objective, first, _others(sheet, row, run) if run.plan and run.plan.others else row)


def _facts(run: Result) -> list[Fact]:
    """How the options were chosen, and which run it is."""
    plan = run.plan
    if plan is None:
        worth = float(run.values.figure(planning.OBJECTIVE)[0])
        facts: list[Fact] = [("Solver", "none: the choice was given", ""), (OBJECTIVE, worth, "GBP")]
    else:
        left = ", ".join(year_label(int(year)) for year in plan.binding) or "none"
        near = f"{'' if plan.all_listed else 'at least '}{len(plan.others):,}"
        facts = [
            *answer_facts(plan),
            ("Years whose budget leaves less than any further option costs", left, ""),
            (f"Other choices worth within {100 * plan.near_share:g}% of it", near, ""),
        ]
        forced = plan.loss.options if plan.loss else ()
        facts += [(f"Mandatory, and makes the plan lose: {run.place.labels[each.option]}", each.value_gbp, "GBP") for each in forced]
    return [*facts, ("Run", run.run_id, ""), ("Date of the packs", run.place.pack.as_at, "")]


def _decisions(sheet: Sheet, row: int, run: Result) -> int:
    """Every decision; returns the first row."""
    _head(sheet, row, "The decisions", ("Option", "Chosen (0 or 1)"))
    decisions = zip(lines_of(run, planning.DECISION), run.values.figure(planning.DECISION), strict=True)
    for at, ((label, *_), chosen) in enumerate(decisions, row + 2):
        sheet.put(at, 0, "label", label)
        sheet.put(at, 1, "record", float(chosen), "flag")
    return row + 2


def _others(sheet: Sheet, row: int, run: Result) -> int:
    """The first of the other choices worth nearly as much; returns the first row."""
    plan = run.plan
    assert plan is not None
    less = "Less than the objective (£)"
    _head(sheet, row, "Other choices worth nearly as much", ("In what it differs from the decisions above", "Present value (£)", less))
    for at, other in enumerate(plan.others[:PRINTED], row + 2):
        sheet.put(at, 0, "label", difference(plan.chosen, other.chosen, run.place.labels))
        sheet.put(at, 1, "record", round(other.objective_gbp, 2), "GBP")
        sheet.put(at, 2, "record", round(plan.objective_gbp - other.objective_gbp, 2) + 0.0, "GBP")
    return row + 2


def _head(sheet: Sheet, row: int, title: str, headings: tuple[str, ...]) -> None:
    sheet.put(row, 0, "table", title)
    for column, text in enumerate(headings):
        if column:
            sheet.put(row, column, "table", None)
        sheet.put(row + 1, column, "timeline" if column else "timeline_left", text)
