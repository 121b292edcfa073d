"""The workbook's sheets and their order: cover, log, guide, inputs, sources, workings, outputs, records, checks, sign-off.

Tables are written by `emit`, board tables by `outputs`; what this file writes itself is text, the checks and the records.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from capmodel import __version__
from capmodel.algebra.check import OK, master_in_excel, verdict_in_excel, worst_in_excel
from capmodel.algebra.rows import Node
from capmodel.algebra.table import Table
from capmodel.assumptions.pack import Assumed, Figure, year_label
from capmodel.chain import tolerance_name
from capmodel.contracts import target
from capmodel.reinvestment import appraise, planning
from capmodel.workbook import front_matter, outputs
from capmodel.workbook.book import CONSTANT, FIRST_YEAR, LABELS, UNIT, Book, Content, Sheet, address, quoted
from capmodel.workbook.emit import Emitter, Subject
from capmodel.workbook.layout import Layout
from capmodel.workbook.ruler import FIRST_ROW, IN_USE, PROVENANCE, RULER, SELECTOR, ruler
from capmodel.workbook.write import write

if TYPE_CHECKING:
    from capmodel.result import Result

COVER, LOG, GUIDE, ASSUMPTIONS, TERMS = "Cover", "Change log", "How to use", "Assumptions", "Contract terms"
DATA, OPTIONS, SOURCES = "Data 1 Spend", "Data 2 Options", "Sources"
RECORDS, CHECKS, CERTIFICATE, SIGN_OFF = "Recorded runs", "Checks", "Certificate", "Sign-off"
CALCS = {
    IN_USE: "The assumptions that a scenario changes, as the chosen scenario has them",
    "Calc 1 Segment spend": "What the place spends on whom",
    "Calc 2 Capitation": "Need, weighted population, envelope and allocation",
    "Calc 3 Care budgets": "Year of Care budgets by segment, setting, provider and payer",
    "Calc 4 Settlement": "From the target to each party's transfer, step by step",
    "Calc 5 Options": "What each option costs, saves and releases",
    "Calc 6 Plan": "What the chosen options add up to",
}
OUTPUTS = {
    outputs.SUMMARY: "Summary",
    outputs.SEGMENTS: "Segments: people, need, price and budget",
    outputs.PARTIES: "Parties: share, holding and transfer",
    outputs.PLAN: "Options: cost, release, value and choice",
    outputs.COMPARISON: "Comparison with published totals",
}
INPUTS = {
    ASSUMPTIONS: "Assumptions: value, status, source, owner",
    TERMS: "Contract terms: the alliance agreement as data",
    DATA: "Data on people and spend",
    OPTIONS: "Data on options, and the choice of options",
}
ABOUT_ASSUMPTIONS = ("Name", "Owner", "Quality", "Impact", "Range")
MASTER = (RULER - 2, 1)
NOTE_WIDTH = 70


@dataclass(frozen=True)
class Made:
    """A workbook in memory and where its figures stand."""

    book: Book
    layout: Layout


def make_book(result: Result, recorded: Mapping[str, Result] | None = None) -> Made:
    """Build the whole workbook of a run in memory.

    Args:
        result: the run.
        recorded: runs of the place's scenarios, to stand beside the live figures.
    """
    names = [COVER, LOG, GUIDE, *INPUTS, SOURCES, *CALCS, *OUTPUTS, RECORDS, CHECKS, CERTIFICATE, SIGN_OFF]
    titles = {COVER: result.place.pack.title, LOG: "Change log", GUIDE: "How to use this workbook", SOURCES: "Sources", RECORDS: "Recorded runs", CHECKS: "Checks", CERTIFICATE: "Certificate of recalculation", SIGN_OFF: "Sign-off", **INPUTS, **CALCS, **OUTPUTS}  # fmt: skip
    sheets = {name: Sheet(name, titles[name]) for name in names}
    layout = Emitter(subject_of(result), sheets).emit()
    outputs.fill_outputs(result, layout, sheets)
    nodes = _checks(result, layout, sheets[CHECKS])
    _records(result, layout, sheets[RECORDS], recorded or {result.scenario: result})
    front_matter.cover(result, sheets)
    front_matter.change_log(result, sheets[LOG])
    front_matter.guide(sheets[GUIDE])
    front_matter.sources(result, sheets[SOURCES])
    front_matter.sign_off(result, sheets[SIGN_OFF])
    _dress(result, sheets, nodes, layout)
    created = dt.datetime.combine(dt.date.fromisoformat(result.place.pack.as_at), dt.time(9))
    properties = {
        "title": f"capmodel: {result.place.pack.title}",
        "subject": "Capitation and pooled budget, open book",
        "author": "capmodel",
        "company": result.place.pack.title,
        "category": "Financial model",
        "keywords": "capitation; Year of Care; gain share; open book",
        "comments": result.place.pack.description,
        "created": created,
    }
    custom = {
        "capmodel_version": __version__,
        "rules": result.chain.rules_fingerprint(),
        "run_id": result.run_id,
        "place": result.place.pack.id,
        "scenario": result.scenario,
        "solver": result.plan.solver if result.plan else "",
        **{f"change_{i + 1}": f"{name}={value!r}" for i, (name, value) in enumerate(result.changes.items())},
        **{f"pack_{i + 1}": f"{edition.id} {edition.sha256}" for i, edition in enumerate(result.place.pack.editions)},
    }
    return Made(Book(list(sheets.values()), properties, custom), layout)


def certified_book(result: Result) -> Book:
    """The workbook of a run, recalculated once by an independent engine so that its certificate is true."""
    from capmodel.workbook.parity import certify

    book = make_book(result, _scenario_runs(result)).book
    front_matter.certificate(result, book.sheet(CERTIFICATE), certify(book))
    return book


def write_workbook(result: Result, path: Path) -> Path:
    """Write the workbook of a run."""
    return write(certified_book(result), path)


def _scenario_runs(result: Result) -> dict[str, Result]:
    """Every scenario with the same choice of options, so that only the assumptions differ."""
    choice = {key[0]: int(value) for key, value in result.column("option", "chosen_flag").items()}
    return {name: result if name == result.scenario else result.place.run(name, chosen=choice) for name in result.place.scenarios}


def subject_of(result: Result) -> Subject:
    """What the emitter needs to know of a run."""
    place = result.place
    selector = Assumed(
        SELECTOR,
        "Scenario in use: " + ", ".join(f"{i + 1} {scenario.label}" for i, scenario in enumerate(place.scenarios.values())),
        "number",
        {
            None: Figure(
                1.0 + list(place.scenarios).index(result.scenario), "local", "user", place.pack.as_at, "Chosen by the user of the workbook"
            )
        },
    )
    taken = result.column("option", "chosen_flag")

    def figure_of(node: Node, row: int) -> Figure:
        figure = result.input_figures(node)[row]
        if node == planning.DECISION:
            return Figure(taken[(place.choices.options[row],)], figure.status, figure.source, figure.as_at, figure.note)
        return figure

    return Subject(
        tables=place.chain.tables,
        values=result.values,
        label=place.label,
        years=place.pack.years,
        figure_of=figure_of,
        varies_by_year=lambda node: any(year is not None for _, year in place.columns[node[1]].figures),
        assumptions={SELECTOR: selector, **place.assumptions},
        owner=place.pack.owner,
        scenarios=place.scenarios,
        scenario=result.scenario,
        input_sheet=_input_sheet,
        assumption_sheet=lambda assumed: TERMS if assumed.clause else ASSUMPTIONS,
    )


def _input_sheet(table: Table) -> str:
    if table.sheet == target.SHEET:
        return TERMS
    return OPTIONS if table.sheet in (appraise.SHEET, planning.SHEET) else DATA


# ------------------------------------------------------------------ checks


def _checks(result: Result, layout: Layout, sheet: Sheet) -> list[Node]:
    """Every check of the model: its largest difference, how large it may be, and the verdict; one master over all."""
    nodes = [node for node in result.chain.check_nodes() if node in layout.homes]
    found = {check.name: check for check in result.checks}
    headings = ("Check", "Where it is worked out", "Difference", "Largest allowed", "Verdict")
    for column, text in enumerate(headings):
        sheet.put(RULER, column, "ruler_left" if column < 2 else "ruler", text)
    for i, (table, name) in enumerate(nodes):
        row = FIRST_ROW + i
        check = found[f"{table}.{name}"]
        home = layout.homes[table, name]
        is_slack = (table, name) in planning.SLACKS
        tolerance = tolerance_name(check.unit)
        span = home.span(0, home.lines - 1, None, sheet.name)
        label = check.label.partition(": ")[2] or check.label
        sheet.put(row, 0, "label", f"{label[:1].upper()}{label[1:]}")
        sheet.put(row, 1, "link", f"{result.chain.by_name[table].title}", link=f"{quoted(home.sheet)}!{address(home.top, home.column(0))}")
        sheet.put(row, 2, "formula", check.worst, "tiny", formula=worst_in_excel(span, is_slack))
        allowed = float(result.values.assumed(tolerance)[0])
        sheet.put(row, 3, "formula", allowed, "tiny", formula=layout.assumptions[tolerance].cell(0, None, sheet.name))
        verdict = OK if check.passed else "CHECK"
        sheet.put(row, 4, "verdict", verdict, formula=verdict_in_excel(address(row, 2), address(row, 3)))
        sheet.verdicts.append((row, 4))
    sheet.widths = {0: 58, 1: 52, 2: 18, 3: 18, 4: 12}
    sheet.frozen, sheet.repeat_rows = (RULER + 1, 1), (0, RULER)
    return nodes


def _master_cell() -> str:
    return f"{CHECKS}!{address(*MASTER, True, True)}"


def _master_formula(count: int) -> str:
    return master_in_excel(f"{address(FIRST_ROW, 4, True, True)}:{address(FIRST_ROW + count - 1, 4, True, True)}")


# ------------------------------------------------------------------ records


def _records(result: Result, layout: Layout, sheet: Sheet, recorded: Mapping[str, Result]) -> None:
    """Headline figures of every scenario as the engine recorded them, beside the live ones; and the record of the plan."""
    row = FIRST_ROW - 1
    sheet.put(row, 0, "table", "Scenarios: headline figures as recorded, beside the live workbook")
    row += 1
    sheet.put(row, 0, "ruler_left", "Figure")
    sheet.put(row, 1, "ruler", "Live")
    for i, name in enumerate(recorded):
        sheet.put(row, 2 + i, "ruler", f"{result.place.scenarios[name].label}, recorded")
    for label, node, line, t, unit in headline_nodes(result):
        row += 1
        rows = result.values.inputs.rows[node[0]]
        place = line * rows.across + (t or 0)
        sheet.put(row, 0, "label", label)
        live = layout.homes[node].cell(line, t, sheet.name)
        sheet.put(row, 1, "formula", float(result.values.figure(node)[place]), unit, formula=live)
        for i, run in enumerate(recorded.values()):
            sheet.put(row, 2 + i, "record", float(run.values.figure(node)[place]), unit)
    row += 1
    sheet.put(
        row,
        0,
        "words",
        "Recorded with the options chosen in this workbook; only the assumptions of the scenario differ. A run of a scenario by itself chooses its own options.",
    )
    row = _switching(result, sheet, row + 2)
    sheet.put(row, 0, "table", "The choice of options, as the optimiser recorded it")
    plan = result.plan
    facts: list[tuple[str, str | float, str]] = [("Solver", "none: the choice was given" if plan is None else plan.solver, "")]
    if plan is not None:
        facts += [
            ("Answer", f"{plan.status}; {'proved best' if plan.proved else 'not proved best'}", ""),
            ("Objective, present value", plan.objective_gbp, "GBP"),
            ("Best value that was proved possible", plan.bound_gbp, "GBP"),
            ("Gap between them", plan.gap_share, "share"),
            (
                "Years whose budget leaves less than any further option costs",
                ", ".join(year_label(int(year)) for year in plan.binding) or "none",
                "",
            ),
        ]
        if plan.next_best_gbp is not None:
            facts.insert(3, ("Value of the next best choice", plan.next_best_gbp, "GBP"))
    facts += [("Run", result.run_id, ""), ("Date of the packs", result.place.pack.as_at, "")]
    for label, value, unit in facts:
        row += 1
        sheet.put(row, 0, "label", label)
        sheet.put(row, 1, "record", value, unit)
    sheet.widths = {0: 62, 1: 24, **dict.fromkeys(range(2, max(6, 2 + len(recorded))), 24)}


def _switching(result: Result, sheet: Sheet, row: int) -> int:
    """Where answers change sign, as the engine recorded it; returns the next free row."""
    sheet.put(row, 0, "table", "Switching values: how far one assumption can move before an answer changes sign")
    row += 1
    last = year_label(result.place.pack.years[-1])
    answers = {planning.OBJECTIVE: "Present value of the chosen options", ("pool", "pool_gbp"): f"Pool {last}"}
    headings = (
        "Assumption, held at one value in every year",
        "Lowest",
        "Highest",
        "Answer at the lowest",
        "Answer at the highest",
        "Changes sign at",
    )
    for column, text in enumerate(headings):
        sheet.put(row, column, "ruler_left" if column == 0 else "ruler", text)
    for node, title in answers.items():
        row += 1
        sheet.put(row, 0, "heading", f"{title}, £")
        for switch in result.switching:
            if switch.answer[0] != node:
                continue
            row += 1
            assumed = result.place.assumptions[switch.name]
            sheet.put(row, 0, "label", assumed.label)
            for column, value in ((1, switch.low), (2, switch.high)):
                sheet.put(row, column, "record", value, assumed.unit)
            for column, value in ((3, switch.at_low), (4, switch.at_high)):
                sheet.put(row, column, "record", value, "GBP")
            at = switch.switches_at
            sheet.put(row, 5, "record", "not in this range" if at is None else at, "" if at is None else assumed.unit)
    row += 1
    sheet.put(
        row,
        0,
        "words",
        "Recorded with the options chosen in this workbook; the ranges are those declared in the packs. All else stays as it is.",
    )
    return row + 2


def headline_nodes(result: Result) -> list[tuple[str, Node, int, int | None, str]]:
    """The headline figures of a run: label, figure, line, year and unit."""
    years = result.place.pack.years
    parties = [entry.label for entry in result.place.pack.dimensions["party"]]
    found: list[tuple[str, Node, int, int | None, str]] = []
    for t, year in enumerate(map(year_label, years)):
        found += [
            (f"Envelope {year}", ("envelope", "envelope_gbp"), 0, t, "GBP"),
            (f"Target {year}", ("pool", "pool_target_gbp"), 0, t, "GBP"),
            (f"Variance {year}", ("pool", "variance_gbp"), 0, t, "GBP"),
            (f"Pool {year}", ("pool", "pool_gbp"), 0, t, "GBP"),
            *((f"Share {year}: {label}", ("settlement", "share_gbp"), i, t, "GBP") for i, label in enumerate(parties)),
        ]
    return [*found, ("Present value of the chosen options", ("objective", "plan_value_gbp"), 0, None, "GBP")]


# ------------------------------------------------------------------ every sheet


def _dress(result: Result, sheets: Mapping[str, Sheet], nodes: list[Node], layout: Layout) -> None:
    """The head of every sheet: title, place and scenario, and the master flag; rulers and widths of sheets with tables."""
    pack = result.place.pack
    verdict = OK if result.passed else "CHECK"
    scenario = result.place.scenarios[result.scenario].label
    selector = layout.assumptions[SELECTOR].cell(0, None, COVER)
    choices = ",".join(f'"{item.label}"' for item in result.place.scenarios.values())
    scenario_cell = next(place for place, content in sheets[COVER].cells.items() if content.role == "scenario")
    sheets[COVER].cells[scenario_cell] = Content("wrapped", scenario, formula=f"CHOOSE({selector},{choices})")
    for name, sheet in sheets.items():
        sheet.put(0, 0, "title", sheet.title)
        sheet.put(1, 0, "subtitle", "All checks")
        formula = _master_formula(len(nodes)) if name == CHECKS else _master_cell()
        sheet.put(*MASTER, "verdict", verdict, formula=formula)
        sheet.verdicts.append(MASTER)
        if name != COVER:
            head = f"{pack.title}; scenario in use: "
            tail = f"; {pack.basis} data; figures marked illustrative are invented, and results that rest on them are no evidence"
            told = f'"{head}"&{COVER}!{address(*scenario_cell, True, True)}&"{tail}"'
            sheet.put(2, 1, "subtitle", f"{head}{scenario}{tail}", formula=told)
    first_after = FIRST_YEAR + len(pack.years)
    for name in INPUTS:
        after = (*PROVENANCE, *ABOUT_ASSUMPTIONS) if name in (ASSUMPTIONS, TERMS) else PROVENANCE
        ruler(sheets[name], pack.years, after, left="Input")
        _fit(
            sheets[name],
            pack.years,
            15,
            {first_after + i: width for i, width in enumerate((13, 9, 12, NOTE_WIDTH, 34, 16, 9, 9, 16)[: len(after)])},
        )
        sheets[name].pages_across = 2
        for (row, column), content in sheets[name].cells.items():
            if column == first_after + PROVENANCE.index("Note") and row > RULER:
                sheets[name].heights[row] = 13.5 * max(1, -(-len(str(content.value)) // (NOTE_WIDTH - 4)))
    for name in CALCS:
        ruler(sheets[name], pack.years)
        _fit(sheets[name], pack.years, 18, {})
    for name in OUTPUTS:
        sheet = sheets[name]
        widest = max(
            len(str(c.value))
            for (row, column), c in sheet.cells.items()
            if column == 0 and row >= RULER and c.role in ("label", "total", "ruler_left")
        )
        sheet.widths = {0: max(widest + 2, 40), **{column: 18.0 for column in range(1, 11)}}
        sheet.frozen = (RULER, 1)


def _fit(sheet: Sheet, years: tuple[int, ...], year_width: float, more: Mapping[int, float]) -> None:
    """Label columns as wide as their labels, narrow where a sheet has none; figures on one ruler."""
    for column in range(LABELS):
        texts = [str(c.value) for (row, at), c in sheet.cells.items() if at == column and row > RULER and c.role == "label"]
        sheet.widths[column] = max((len(text) for text in texts), default=0) * 0.95 + 2 if texts else 4
    sheet.widths[0] = min(max(sheet.widths[0], 34), 74)
    sheet.widths[1] = max(sheet.widths[1], 9)
    sheet.widths[UNIT] = 13
    sheet.widths[CONSTANT] = 18
    for t in range(len(years)):
        sheet.widths[FIRST_YEAR + t] = year_width
    sheet.widths |= dict(more)
