"""The workbook's sheets and their order: cover, log, guide, inputs, sources, workings, outputs, records, checks, sign-off.

Tables are written by `emit`, board tables by `pages.board_tables`; what this file writes itself is text, the checks and the records.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from capmodel.algebra.check import OK, verdict_in_excel, worst_in_excel
from capmodel.algebra.rows import Node
from capmodel.assumptions.pack import Assumed, Figure
from capmodel.assumptions.step import CONTRACT, OPTIONS
from capmodel.contracts import settlement
from capmodel.place.chain import tolerance_name
from capmodel.place.trials import trials_in_words
from capmodel.reinvestment import planning
from capmodel.version import __version__
from capmodel.workbook.pages import board_tables as outputs
from capmodel.workbook.pages import front_matter, frontier, issued, option_tests, plan, statements
from capmodel.workbook.pages import payoff as payoff_page
from capmodel.workbook.pages import risk as risk_page
from capmodel.workbook.pages.contents import (
    ASSUMPTIONS,
    CERTIFICATE,
    CHECKS,
    COVER,
    GUIDE,
    LOG,
    SIGN_OFF,
    SOURCES,
    TERMS,
    assumption_sheet,
    contents_of,
    input_sheet,
    steps_in_words,
)
from capmodel.workbook.pages.page import Page
from capmodel.workbook.pages.parties import PARTIES, fill_parties
from capmodel.workbook.pages.recorded_plan import RECORDED_PLAN
from capmodel.workbook.pages.records import RECORDS, Recorded, fill_records, recorded_of
from capmodel.workbook.pages.sheet_frame import SheetFrames, frame_sheets
from capmodel.workbook.pages.steps_index import fill_steps, rows_needed
from capmodel.workbook.writing.book import Book, Sheet, address, quoted
from capmodel.workbook.writing.emit import Emitter
from capmodel.workbook.writing.inputs import InputWriter, Subject
from capmodel.workbook.writing.layout import Layout
from capmodel.workbook.writing.timeline import FIRST_ROW, SELECTOR, TIMELINE
from capmodel.workbook.writing.write import LONGEST_PROPERTY, write

if TYPE_CHECKING:
    from capmodel.place.optimise import Optimised
    from capmodel.place.result import Result
    from capmodel.uncertainty.simulate import Simulation
    from capmodel.workbook.recalculate import Certificate
    from capmodel.workbook.recalculation import Values

#: The last check of every book.
DISAGREES = "Formula cells that an independent recalculation disagrees with"
GIVEN_CHOICE = "0 or 1, given by the user of the run; nothing was optimised"


@dataclass(frozen=True)
class Made:
    """A workbook in memory and where its figures stand."""

    book: Book
    layout: Layout


def make_book(result: Result, recorded: Recorded | None = None) -> Made:
    """Build the whole workbook of a run in memory.

    Args:
        result: the run.
        recorded: what stands as recorded beside the live figures; by default it is recorded now, for this scenario alone.
    """
    recorded = recorded or recorded_of(result, scenarios=False)
    contents = contents_of(result.place, recorded.simulation is not None, recorded.optimised is not None)
    sheets = {name: Sheet(name, title) for name, title in contents.titles(result.place.pack.title).items()}
    settled = result.chain.has(CONTRACT)
    cursor = {settlement.SHEET: FIRST_ROW + rows_needed(result)} if settled else {}
    layout = Emitter(subject_of(result), sheets, cursor=cursor, terms=TERMS).emit()
    issue = issued.issue_of(sheets, issued.inputs_in(sheets) if recorded.run is result else issued.inputs_in(input_sheets(recorded.run)))
    issued.fill_issued(sheets[issued.ISSUED], issue)
    if settled:
        fill_steps(result, layout, sheets[settlement.SHEET])
    outputs.fill_outputs(result, layout, sheets)
    if settled:
        _fill_contract(result, layout, sheets, recorded, issue)
    if result.chain.has(OPTIONS):
        plan.fill_plan(Page(result, layout, sheets[plan.PLAN]), sheets[RECORDED_PLAN], recorded.run, issue)
    if recorded.optimised:
        records = (sheets[option_tests.RECORDED_TESTS], sheets[option_tests.RECORDED_DECISIONS])
        option_tests.fill_tests(Page(result, layout, sheets[option_tests.TESTS]), records, recorded.optimised)
        frontier.fill_frontier(Page(result, layout, sheets[frontier.FRONTIER]), sheets[frontier.RECORDED_FRONTIER], recorded.optimised)
    nodes = _checks(result, layout, sheets[CHECKS])
    front_matter.state_differences(sheets[CERTIFICATE], result.recalculation.worst if result.recalculation else 0.0)
    fill_records(result, layout, sheets[RECORDS], recorded.scenarios)
    front_matter.cover(recorded.run, sheets, issue, steps_in_words(result.place))
    front_matter.change_log(recorded.run, sheets[LOG], issue)
    front_matter.guide(result.chain, sheets[GUIDE], tuple(contents.outputs), tuple(contents.inputs))
    front_matter.sources(result, sheets[SOURCES])
    front_matter.sign_off(recorded.run, sheets[SIGN_OFF], issue)
    frame_sheets(
        result,
        sheets,
        len(nodes) + 1,
        layout,
        SheetFrames(
            COVER,
            CHECKS,
            tuple(contents.inputs),
            (ASSUMPTIONS, TERMS),
            tuple(contents.calcs),
            (*contents.outputs, *list(contents.records)[2:]),
        ),
        issue,
    )
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
        **({"near_share": repr(result.plan.near_share), "time_limit_s": repr(result.plan.time_limit_s)} if result.plan else {}),
        **_given_choice(result),
        **_simulated(recorded.simulation),
        **(_tried(recorded.optimised) if recorded.optimised else {}),
        **{f"change_{i + 1}": f"{name}={value!r}" for i, (name, value) in enumerate(result.changes.items())},
        **{f"pack_{i + 1}": f"{edition.id} {edition.sha256}" for i, edition in enumerate(result.place.pack.editions)},
    }
    return Made(Book(list(sheets.values()), properties, custom), layout)


def _fill_contract(result: Result, layout: Layout, sheets: dict[str, Sheet], recorded: Recorded, issue: issued.Issue) -> None:
    """The sheets of a contract: its parties, their statements, its payoff, and the risk where it was simulated."""
    fill_parties(Page(result, layout, sheets[PARTIES]))
    statements.fill_statements(Page(result, layout, sheets[statements.STATEMENTS]), recorded.run, issue)
    record = sheets[payoff_page.RECORDED_PAYOFF]
    payoff_page.fill_payoff(Page(result, layout, sheets[payoff_page.PAYOFF]), record, recorded.curves, recorded.run.run_id)
    if recorded.simulation:
        page = Page(result, layout, sheets[risk_page.RISK])
        risk_page.fill_risk(page, sheets[risk_page.RECORDED_RISK], recorded.simulation, recorded.run.run_id)


def input_sheets(result: Result) -> dict[str, Sheet]:
    """The sheets of inputs of a run with every figure of its packs in the cell where a book has it, and nothing else of the book."""
    sheets = {name: Sheet(name, title) for name, title in contents_of(result.place).inputs.items()}
    writer = InputWriter(subject_of(result), sheets, terms=TERMS)
    writer.place_inputs()
    writer.write()
    return writer.sheets


def _given_choice(result: Result) -> dict[str, str]:
    """The options that were given as chosen, where no solver chose: what a reader needs to make the same run."""
    if result.plan is not None or not result.chain.has(OPTIONS):
        return {}
    chosen = [option for option, taken in result.choice.items() if taken]
    return {"choice": "given", **{f"chosen_{i + 1}": option for i, option in enumerate(chosen)}}


def _simulated(simulation: Simulation | None) -> dict[str, str]:
    """What draws the same risk again."""
    if simulation is None:
        return {}
    made = simulation.provenance
    return {"draws": str(made.asked), "seed": str(made.seed), "method": made.method}


def _tried(found: Optimised) -> dict[str, str]:
    """That every option was tested, and what was asked of the trials otherwise than usual, in as many pieces as a property takes."""
    asked = trials_in_words(found.trials)
    pieces = [asked[start : start + LONGEST_PROPERTY] for start in range(0, len(asked), LONGEST_PROPERTY)]
    return {"tests": "every option", **{f"trials_{i + 1}": piece for i, piece in enumerate(pieces)}}


@dataclass(frozen=True)
class Certified:
    """The workbook of a run with its certificate, the run with that check, and every value that was recalculated."""

    result: Result
    book: Book
    certificate: Certificate
    values: Values


def certified(result: Result, recorded: Recorded, engine: str = "") -> Certified:
    """The workbook of a run, recalculated by an independent engine so that its certificate is true; and the run, with that check.

    A cell that differs fails the check and turns every flag, so the book is made again, until what it says is what is found in it.

    Args:
        result: the run.
        recorded: what stands as recorded beside the live figures.
        engine: the engine by name on the certificate, where another version of it made the book.
    """
    from capmodel.workbook.recalculate import cells_of, compare, recalculate_book

    while True:
        book = make_book(result, recorded).book
        values = recalculate_book(book)
        certificate = compare(cells_of(book), values)
        stated = result.recalculation
        result = result.recalculated(DISAGREES, certificate.differing + certificate.errors, certificate.passed)
        if certificate.passed or stated == result.recalculation:
            front_matter.certificate(result, book.sheet(CERTIFICATE), replace(certificate, engine=engine or certificate.engine))
            return Certified(result, book, certificate, values)


def write_workbook(result: Result, path: Path, simulation: Simulation | None = None, optimised: Optimised | None = None) -> Result:
    """Write the workbook of a run, with the risk of each party where it was simulated, and the tests of its options where they were made.

    Returns:
        The run, with the recalculation of its workbook among its checks.

    Raises:
        BadInput: the simulation, or the tests, are of another run.
    """
    made = certified(result, recorded_of(result, simulation, optimised=optimised))
    write(made.book, path)
    return made.result


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
    taken = result.choice

    def figure_of(node: Node, row: int) -> Figure:
        figure = result.input_figures(node)[row]
        if node == planning.DECISION:
            chosen = replace(figure, value=float(taken[place.choices.starts[row].id]))
            return chosen if result.plan else replace(chosen, status="local", source="user", note=GIVEN_CHOICE)
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
        switches=place.chain.switches,
        input_sheet=lambda table, column: input_sheet(place.chain, table, column),
        assumption_sheet=assumption_sheet,
    )


# ------------------------------------------------------------------ checks


def _checks(result: Result, layout: Layout, sheet: Sheet) -> list[Node]:
    """Every check of the model: its largest difference, how large it may be, and the verdict; one master over all."""
    nodes = plan.checked_nodes(result, layout)
    found = {check.name: check for check in result.checks}
    headings = ("Check", "Where it is worked out", "Difference", "Largest allowed", "Verdict")
    for column, text in enumerate(headings):
        sheet.put(TIMELINE, column, "timeline_left" if column < 2 else "timeline", text)
    for i, (table, name) in enumerate(nodes):
        row = FIRST_ROW + i
        check = found[f"{table}.{name}"]
        home = layout.homes[table, name]
        is_slack = (table, name) in result.chain.slacks
        tolerance = tolerance_name(check.unit)
        span = home.span(0, home.lines - 1, None, sheet.name)
        sheet.put(row, 0, "label", f"{check.words[:1].upper()}{check.words[1:]}")
        sheet.put(row, 1, "link", f"{result.chain.by_name[table].title}", link=f"{quoted(home.sheet)}!{address(home.top, home.column(0))}")
        sheet.put(row, 2, "formula", check.worst, "tiny", formula=worst_in_excel(span, is_slack))
        allowed = float(result.values.assumed(tolerance)[0])
        sheet.put(row, 3, "formula", allowed, "tiny", formula=layout.assumptions[tolerance].cell(0, None, sheet.name))
        verdict = OK if check.passed else "CHECK"
        sheet.put(row, 4, "verdict", verdict, formula=verdict_in_excel(address(row, 2), address(row, 3)))
        sheet.verdicts.append((row, 4))
    row, made = FIRST_ROW + len(nodes), result.recalculation
    sheet.put(row, 0, "label", DISAGREES)
    sheet.put(row, 1, "link", CERTIFICATE, link=f"{quoted(CERTIFICATE)}!A1")
    stated = f"{CERTIFICATE}!{address(front_matter.DIFFERING, 1)}"
    sheet.put(row, 2, "formula", made.worst if made else 0.0, "count", formula=stated)
    sheet.put(row, 3, "formula", 0.0, "count", formula="0")
    verdict = "CHECK" if made and not made.passed else OK
    sheet.put(row, 4, "verdict", verdict, formula=verdict_in_excel(address(row, 2), address(row, 3)))
    sheet.verdicts.append((row, 4))
    if words := steps_in_words(result.place):
        sheet.put(row + 2, 0, "words", words)
    sheet.widths = {0: 58, 1: 52, 2: 18, 3: 18, 4: 12}
    sheet.frozen, sheet.repeat_rows = (TIMELINE + 1, 1), (0, TIMELINE)
    return nodes
