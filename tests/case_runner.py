"""Runs worked cases: data in, figures out, once through the engine and once through a recalculated workbook.

A case is YAML in `tests/cases`: what is given, in the project's own formats (contract.yaml, options.yaml, pack tables and
assumptions), and which figures are expected. This module hands the given data to the tables of the package, has them worked
out, writes the same tables as a small workbook and lets IronCalc recalculate it from the typed inputs. It states no rule.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
from case_files import Case
from case_steps import AGREEMENTS, ALONE, BESIDE, read_agreement, together

import capmodel
from capmodel.algebra.check import worst
from capmodel.algebra.evaluate import Values, evaluate
from capmodel.algebra.rows import YEAR, Node, Rows
from capmodel.algebra.table import Table
from capmodel.algebra.unit import unit_by_name
from capmodel.assumptions.laid_out import LaidOut
from capmodel.assumptions.pack import Assumed, Column, Entry, Figure, Pack, Source
from capmodel.assumptions.step import CONTRACT
from capmodel.assumptions.supply import figures_of, supply
from capmodel.assumptions.years import year_label, year_of
from capmodel.baseline import recorded, spend, spend_checks
from capmodel.baseline.spend import columns_of, deflator, payer_mix, provider_mix
from capmodel.capitation import allocation
from capmodel.care_budgets.year_of_care import care_budget, party_budget
from capmodel.contracts.read import read_terms
from capmodel.contracts.settlement import rows as settlement_rows
from capmodel.contracts.settlement import transfer as settlement
from capmodel.contracts.terms import Terms
from capmodel.errors import BadInput, Problem
from capmodel.reinvestment import after_settlement, appraise, fund, net_position, on_plan, plan_cash, planning, who_pays
from capmodel.reinvestment.choose import Plan, choose
from capmodel.reinvestment.on_plan import service_on_plan
from capmodel.reinvestment.options.choices import Choices
from capmodel.reinvestment.options.read import read_options
from capmodel.reinvestment.planning import with_choice
from capmodel.reinvestment.step import ON_PLAN
from capmodel.workbook.recalculate import Certificate, cells_of, compare, recalculate_book
from capmodel.workbook.writing.book import Book, Sheet
from capmodel.workbook.writing.emit import Emitter
from capmodel.workbook.writing.inputs import Subject
from capmodel.workbook.writing.layout import Layout
from capmodel.workbook.writing.timeline import timeline

PLACES = Path(__file__).parents[1] / "assumptions" / "places"
INPUTS, ASSUMPTIONS = "Inputs", "Assumptions"
BEFORE_OPTIONS = (deflator, provider_mix, payer_mix, care_budget)
#: The tables that each kind of case works out.
CHAINS: dict[str, tuple[Table, ...]] = {
    "baseline": spend.TABLES,
    "capitation": (*spend.TABLES, *allocation.TABLES),
    "recorded": (*recorded.TABLES, *allocation.TABLES),
    "settlement": (care_budget, party_budget, *settlement.TABLES),
    "net_position": (care_budget, party_budget, *settlement.TABLES, appraise.release, *net_position.TABLES),
    "options": (*BEFORE_OPTIONS, *planning.TABLES, *plan_cash.TABLES, *who_pays.TABLES),
    "settled_plan": (
        *BEFORE_OPTIONS,
        party_budget,
        *(service_on_plan(table) if table.name == "service" else table for table in settlement.TABLES),
        *ON_PLAN.tables,
        *(table for table in ON_PLAN.joined[CONTRACT] if table not in fund.TABLES),
    ),
    **ALONE,
}
#: Chains of a contract, and of options.
OF_CONTRACT, OF_OPTIONS = ("settlement", "net_position", "settled_plan"), ("options", "settled_plan")
#: How far a check line or a slack may be out, as in the England pack.
CHECK_TOLERANCE = {"GBP": 0.005, "persons": 0.005}
OTHER_TOLERANCE = 1e-9
_FIGURE = re.compile(r"(?P<table>\w+)\.(?P<column>\w+)(\[(?P<key>[^\]]*)\])?")


# ------------------------------------------------------------------ what is given


@dataclass(frozen=True)
class Prepared:
    """What a case gives, found sound and laid out for its tables."""

    case: Case
    tables: tuple[Table, ...]
    values: Values
    years: tuple[int, ...]
    columns: Mapping[Node, Column]
    assumptions: Mapping[str, Assumed]
    labels: Mapping[str, str]
    choices: Choices | None


def prepare(case: Case) -> Prepared:
    """Read the data of a case through the package's own doors.

    Raises:
        BadInput: the package refuses the data, or a figure has no row or a row no figure.
    """
    problems: list[Problem] = []
    given, years, tables = case.given, tuple(case.given["years"]), CHAINS[case.chain]
    figure = _figure(case)
    inputs_of = {name: table for table in tables for name in table.inputs}
    own = {name: _column(inputs_of[name], name, figures, figure) for name, figures in given.get("columns", {}).items()}
    lines = {tuple(name.split(".")): figures for name, figures in given.get("lines", {}).items()}
    by_name = {table.name: table for table in tables}
    worked = {(table, name): _column(by_name[table], name, figures, figure) for (table, name), figures in lines.items()}
    assumptions = {name: _assumed(name, value, figure) for name, value in given.get("assumptions", {}).items()}
    pack = _pack(case, years, own, assumptions)
    rows, terms, choices = _rows(case, pack, worked, problems)
    if problems:
        raise BadInput(problems)
    if terms is not None:
        assumptions |= terms.assumptions
        own |= terms.columns
    if choices is not None:
        undecided = Column("chosen_flag", ("start",), {((start.id,), None): figure(0) for start in choices.starts}, "the solver")
        own |= {**choices.columns, undecided.name: undecided}
    inputs = supply(tables, rows, own, assumptions, years, resolved_links={}, problems=problems)
    overlay = {
        (table, name): np.array([item.value for item in figures_of(by_name[table], name, rows[table], {name: column}, problems)])
        for (table, name), column in worked.items()
    }
    if problems:
        raise BadInput(problems)
    columns = {(table.name, name): own[name] for table in tables for name in table.inputs} | worked
    labels = {**pack.labels(), **(terms.labels if terms else {}), **(choices.labels if choices else {})}
    made = replace(inputs, given={**inputs.given, **overlay})
    return Prepared(case, tables, Values(made), years, columns, assumptions, labels, choices)


def _figure(case: Case) -> Any:
    return lambda value: Figure(float(value), "illustrative", case.id, "", "")


def _column(table: Table, name: str, figures: Any, figure: Any) -> Column:
    """A column of figures by key, and by year where a figure is a mapping of years."""
    keys = tuple(key for key in table.keys if key != YEAR)
    by_key = figures if keys else {"": figures}
    found: dict[tuple[tuple[str, ...], int | None], Figure] = {}
    for text, value in by_key.items():
        key = tuple(part.strip() for part in str(text).split(",")) if keys else ()
        found |= {(key, year): figure(each) for year, each in (value if isinstance(value, dict) else {None: value}).items()}
    return Column(name, keys, found, f"{table.name}.{name}")


def _assumed(name: str, value: Any, figure: Any) -> Assumed:
    values = {year: figure(each) for year, each in (value if isinstance(value, dict) else {None: value}).items()}
    return Assumed(name, name.replace("_", " "), unit_by_name(name), values)


def _entry(member: Any) -> Entry:
    given = {"id": member} if isinstance(member, str) else member
    attributes = {name: str(value) for name, value in given.items()}
    return Entry(given["id"], attributes.get("label", given["id"].replace("_", " ")), attributes)


def _pack(case: Case, years: tuple[int, ...], columns: Mapping[str, Column], assumptions: Mapping[str, Assumed]) -> Pack:
    dimensions = {name: tuple(map(_entry, members)) for name, members in case.given.get("dimensions", {}).items()}
    return Pack(
        id=case.id,
        title=case.title,
        description=case.rule,
        edition="1",
        as_at="",
        owner="",
        basis="aggregate",
        base_year=years[0] - 1,
        years=years,
        folder=case.document.path.parent,
        editions=(),
        dimensions=dimensions,
        assumptions=assumptions,
        columns=columns,
        scenarios={},
        sources={case.id: Source(case.id, case.source, "", "", "", "")},
        contract=case.part("contract"),
        options=case.part("options"),
        documents={step.files[0]: case.part(step.name) for step in BESIDE.get(case.chain, ())},
    )


def _rows(
    case: Case, pack: Pack, worked: Mapping[Node, Column], problems: list[Problem]
) -> tuple[dict[str, Rows], Terms | LaidOut | None, Choices | None]:
    """The rows of the case's tables, by the package's own `rows` functions, and the terms or options they belong to."""
    if case.chain in ("baseline", "capitation"):
        spend_checks.check_shares(pack, problems)
        spend_checks.check_price_years(pack, problems)
        return spend.rows(pack) | (allocation.rows(pack) if case.chain == "capitation" else {}), None, None
    if case.chain == "recorded":
        recorded.check(pack, problems)
        return recorded.rows(pack) | allocation.rows(pack), None, None
    if case.chain in AGREEMENTS:
        agreement = read_agreement(case, pack, problems)
        return dict(agreement.rows if agreement else {}), agreement, None
    group_of = {entry.id: entry.attributes.get("group", "") for entry in pack.dimensions.get("segment", ())}
    keys = dict.fromkeys(key for key, _ in worked["care_budget", "budget_gbp"].figures)
    budgets = columns_of((*care_budget.keys[:-1], "group"), [(*key, group_of[key[0]]) for key in keys], pack.years)
    rows = {"care_budget": budgets}
    if case.chain in BESIDE:
        read = {step.name: step.read(pack.documents[step.files[0]], pack, problems) for step in BESIDE[case.chain] if step.read}
        laid_out = [each for each in read.values() if each is not None]
        for step in BESIDE[case.chain] if len(laid_out) == len(read) else ():
            rows |= step.rows(pack, rows, read)
        return rows, together(laid_out), None
    terms = None
    if case.chain in OF_CONTRACT:
        parties, settings = pack.dimensions["party"], [entry.id for entry in pack.dimensions["setting"]]
        terms = read_terms(pack.contract, parties, settings, pack.years, budgets, problems)
        if terms is None:
            return rows, None, None
        rows["party_budget"] = Rows({"party": tuple(entry.id for entry in parties)}, pack.years)
        rows |= settlement_rows.rows(pack, terms, budgets)
        rows |= {"release": Rows({"setting": tuple(settings)})} | net_position.rows(pack, rows["service"])
        if case.chain not in OF_OPTIONS:
            return rows, terms, None
    choices = read_options(pack.options, pack.dimensions, pack.sources, pack.years, pack.as_at, problems)
    if choices is None:
        return rows, None, None
    for table, column in ((payer_mix, "payer_share"), (provider_mix, "provider_share"), (deflator, "gdp_deflator_index")):
        rows[table.name] = columns_of(table.keys, list(dict.fromkeys(key for key, _ in pack.columns[column].figures)))
    rows |= appraise.rows(pack, choices, rows) | planning.rows(pack, choices, rows) | plan_cash.rows(pack)
    rows |= who_pays.rows(pack, rows)
    if terms is not None:
        rows |= on_plan.rows(pack, rows["start_party"], rows["provider_mix"]) | after_settlement.rows(pack, rows["who_pays"])
    return rows, terms, choices


# ------------------------------------------------------------------ the two runs


@dataclass(frozen=True)
class Run:
    """A case worked out by the engine."""

    prepared: Prepared
    values: Values
    plan: Plan | None


def run(case: Case, solver: str = "enumerate") -> Run:
    """Work a case out; options are chosen by a solver."""
    prepared = prepare(case)
    if prepared.choices is None:
        return Run(prepared, evaluate(prepared.tables, prepared.values), None)
    known = evaluate(BEFORE_OPTIONS, prepared.values)
    plan = choose(known, solver)
    after = [table for table in prepared.tables if table not in BEFORE_OPTIONS]
    return Run(prepared, evaluate(after, with_choice(known, list(plan.chosen.values()))), plan)


@dataclass(frozen=True)
class Recalculated:
    """A case as a workbook made of its tables, recalculated from its typed inputs and live formulas."""

    layout: Layout
    cells: Mapping[tuple[str, int, int], Any]
    certificate: Certificate


def recalculate(done: Run) -> Recalculated:
    """Write the tables of a run as a workbook and recalculate it with the independent engine."""
    book, layout = book_of(done)
    values = recalculate_book(book)
    return Recalculated(layout, values, compare(cells_of(book), values))


def book_of(done: Run) -> tuple[Book, Layout]:
    """The tables of a run as a workbook in memory, and where its figures are."""
    prepared = done.prepared
    names = [ASSUMPTIONS, INPUTS, *dict.fromkeys(table.sheet for table in prepared.tables)]
    sheets = {name: Sheet(name, name) for name in names}
    for sheet in sheets.values():
        timeline(sheet, prepared.years)
    subject = Subject(
        tables=prepared.tables,
        values=done.values,
        label=lambda name: prepared.labels.get(name) or (year_label(int(name)) if year_of(name) is not None else name.replace("_", " ")),
        years=prepared.years,
        figure_of=lambda node, row: next(iter(prepared.columns[node].figures.values())),
        varies_by_year=lambda node: any(year is not None for _, year in prepared.columns[node].figures),
        assumptions=prepared.assumptions,
        scenarios={},
        scenario="",
        input_sheet=lambda table, column: INPUTS,
        assumption_sheet=lambda assumed: ASSUMPTIONS,
    )
    layout = Emitter(subject, sheets).emit()
    return Book(list(sheets.values()), {}, {}), layout


# ------------------------------------------------------------------ what is expected


def expected_figures(done: Run) -> Iterator[tuple[str, Node, int, int | None, float]]:
    """Each expected figure: its name, column, line, year position and value; a list runs over the years."""
    rows_of = done.prepared.values.inputs.rows
    tables = {table.name: table for table in done.prepared.tables}
    for name, wanted in done.prepared.case.expect.items():
        match = _FIGURE.fullmatch(name)
        if match is None:
            continue
        table = tables[match["table"]]
        table.column(match["column"])
        key = tuple(part.strip() for part in (match["key"] or "").split(",") if part.strip())
        lines = list(dict.fromkeys(rows_of[table.name].keys([column for column in table.keys if column != YEAR])))
        years = rows_of[table.name].years if table.by_year else (None,)
        values = wanted if isinstance(wanted, list) else [wanted]
        if len(values) != len(years):
            raise ValueError(f"{done.prepared.case.name}: {name} expects {len(values)} figures, and there are {len(years)}")
        for t, value in enumerate(values):
            yield f"{name} {years[t] or ''}".strip(), (table.name, match["column"]), lines.index(key), t, float(value)


def engine_figure(done: Run, node: Node, line: int, t: int | None) -> float:
    """A figure as the engine has it."""
    return float(done.values.figure(node)[line * done.prepared.values.inputs.rows[node[0]].across + (t or 0)])


def workbook_figure(book: Recalculated, node: Node, line: int, t: int | None) -> Any:
    """A figure as the recalculated workbook has it."""
    block = book.layout.homes[node]
    return book.cells[block.sheet, block.top + line, block.column(t)]


def agrees(found: Any, expected: float, tolerance: float) -> bool:
    """Within the tolerance; at a tolerance of zero, equal on the 15 significant digits a spreadsheet holds; never minus zero."""
    if not isinstance(found, (int, float)) or (expected == 0 and math.copysign(1, found) < 0 and not abs(found) > 0):
        return False
    return abs(found - expected) <= tolerance or float(format(found, ".15g")) == expected


def disagreements(done: Run, book: Recalculated | None = None) -> list[str]:
    """Every expected figure that the engine, or the workbook where one is given, does not show."""
    case, wrong = done.prepared.case, []
    for name, node, line, t, expected in expected_figures(done):
        found = engine_figure(done, node, line, t) if book is None else workbook_figure(book, node, line, t)
        if not agrees(found, expected, case.tighter.get(name.split(" ")[0], case.tolerance)):
            wrong.append(f"{case.name}: {name} is {found!r}, not {expected!r}")
    return wrong


def failing_checks(done: Run) -> set[str]:
    """The check lines and slacks of the case's tables that do not hold."""
    nodes = [((table.name, line.name), line.unit) for table in done.prepared.tables for line in table.lines.values() if line.is_check]
    nodes += [(node, "GBP") for node in planning.SLACKS if done.prepared.case.chain == "options"]
    return {
        ".".join(node)
        for node, unit in nodes
        if worst(done.values.figure(node), node in planning.SLACKS) > CHECK_TOLERANCE.get(unit, OTHER_TOLERANCE)
    }


def refusal(case: Case) -> str | None:
    """What the package says where it refuses the data of a case; None where it takes them."""
    try:
        if "place" in case.given:
            capmodel.load(PLACES / case.given["place"]).run(changes=case.given["changes"])
        else:
            prepare(case)
    except BadInput as error:
        return str(error)
    return None
