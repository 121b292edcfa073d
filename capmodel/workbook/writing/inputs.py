"""Writes the inputs of a book: assumptions, contract terms and data, each with its unit, its provenance and what it accepts.

What is calculated of them is written by `emit`, and which sheet holds which table is decided in `sheets`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np

from capmodel.algebra.effect import ASSUMED
from capmodel.algebra.evaluate import Values
from capmodel.algebra.rows import YEAR, Floats, Node, Rows
from capmodel.algebra.table import Input, Line, Table
from capmodel.assumptions.figures import LARGEST, may_be_negative
from capmodel.assumptions.pack import Assumed, Figure, Scenario
from capmodel.assumptions.years import year_label
from capmodel.workbook.writing.book import CONSTANT, FIRST_YEAR, UNIT, Alert, Sheet, Validation
from capmodel.workbook.writing.formats import UNIT_LABELS
from capmodel.workbook.writing.in_effect import COUNTS, IN_USE, NO_EFFECT, NOT_IN_USE, STRUCTURE, Effects, Ways, used_in_excel
from capmodel.workbook.writing.layout import Block, Layout, shown_columns
from capmodel.workbook.writing.timeline import FIRST_ROW, PROVENANCE, SELECTOR


@dataclass(frozen=True)
class Subject:
    """What is to be written: tables with their values, and how inputs are known and named.

    `figure_of` gives an input's provenance, `change_of` the name under which it can be changed, `input_sheet` the sheet
    that holds a table's inputs, `assumption_sheet` the sheet that holds an assumption.
    """

    tables: Sequence[Table]
    values: Values
    label: Callable[[str], str]
    years: tuple[int, ...]
    figure_of: Callable[[Node, int], Figure]
    varies_by_year: Callable[[Node], bool]
    assumptions: Mapping[str, Assumed]
    scenarios: Mapping[str, Scenario]
    scenario: str
    input_sheet: Callable[[Table, Input | Line], str]
    assumption_sheet: Callable[[Assumed], str]
    owner: str = ""
    switches: Mapping[Node, Ways] = field(default_factory=dict)


@dataclass
class InputWriter:
    """Places every input first, then writes it; on the sheet `terms`, headings say whether a term is in use."""

    subject: Subject
    sheets: dict[str, Sheet]
    layout: Layout = field(default_factory=Layout)
    cursor: dict[str, int] = field(default_factory=dict)
    pending: list[Callable[[], None]] = field(default_factory=list)
    terms: str = ""

    def __post_init__(self) -> None:
        """Find out which labels stand beside each table's blocks."""
        self.tables = {table.name: table for table in self.subject.tables}
        self.shown = shown_columns(self.tables)
        self.effects = Effects(self.subject.switches, self.tables, self.subject.assumptions, self.subject.values.inputs)

    def place_inputs(self) -> None:
        """Place every assumption and every input column; they are written by `write`."""
        for assumed in self.subject.assumptions.values():
            self._place_assumption(assumed)
        given = self.subject.values.inputs.given
        for table in self.subject.tables:
            inputs = [name for name in (*table.inputs, *table.lines) if (table.name, name) in given]
            if inputs and len(self._rows(table)):
                self._place_inputs(table, inputs)

    def write(self) -> None:
        """Write what has been placed."""
        for write in self.pending:
            write()
        self.pending.clear()

    def _rows(self, table: Table) -> Rows:
        return self.subject.values.inputs.rows[table.name]

    def _advance(self, sheet: str, rows: int) -> int:
        start = self.cursor.setdefault(sheet, FIRST_ROW)
        self.cursor[sheet] = start + rows
        return start

    # ------------------------------------------------------------------ assumptions

    def _place_assumption(self, assumed: Assumed) -> None:
        sheet = self.subject.assumption_sheet(assumed)
        row = self._advance(sheet, 1)
        block = Block(sheet, row, 1, assumed.by_year, len(self.subject.years), ())
        self.layout.assumptions[assumed.name] = block
        self.pending.append(lambda: self._write_assumption(block, row, assumed, assumed.values, assumed.label, "base"))
        for scenario in self.subject.scenarios.values():
            changes = scenario.changes.get(assumed.name)
            if changes:
                self._place_scenario_row(sheet, assumed, scenario, changes)

    def _place_scenario_row(self, sheet: str, assumed: Assumed, scenario: Scenario, changes: Mapping[int | None, Figure]) -> None:
        row = self._advance(sheet, 1)
        block = Block(sheet, row, 1, assumed.by_year, len(self.subject.years), ())
        self.layout.assumptions[f"{assumed.name}@{scenario.id}"] = block
        label = f"    {scenario.label}: {assumed.label[:1].lower()}{assumed.label[1:]}"
        self.pending.append(lambda: self._write_assumption(block, row, assumed, changes, label, scenario.id))

    def _write_assumption(
        self, block: Block, row: int, assumed: Assumed, values: Mapping[int | None, Figure], label: str, scenario: str
    ) -> None:
        sheet = self.sheets[block.sheet]
        sheet.put(row, 0, "label", label)
        sheet.put(row, UNIT, "unit", UNIT_LABELS[assumed.unit])
        ways = self.effects.ways((ASSUMED, assumed.name))
        role = "structure" if assumed.internal else "input"
        if not assumed.internal:
            self._say_effect(sheet, row, UNIT - 1, ways)
        for t, year in enumerate(self.subject.years if assumed.by_year else (None,)):
            if year in values:
                suffix = f"[{year}]" if year is not None else ""
                column = block.column(t)
                about = f"{label.strip()}, {year_label(year)}" if year is not None else label.strip()
                change = f"{assumed.name}{suffix}@{scenario}"
                sheet.put(row, column, role, values[year].value, assumed.unit, change=change, about=about, pack=values[year].pack)
                if role == "input":
                    self._validate(sheet, row, column, row, column, assumed.name, assumed.unit, _range(assumed))
        figure = _one_provenance(values)
        self._provenance(sheet, row, figure, _note(assumed, figure) if scenario == "base" else figure.note)
        if scenario == "base":
            extra = (assumed.clause or assumed.name, assumed.owner or self.subject.owner, assumed.quality, assumed.impact, _range(assumed))
            for i, text in enumerate(extra):
                if text:
                    sheet.put(row, self._after_years + 4 + i, "unit", text)

    def _say_effect(self, sheet: Sheet, row: int, column: int, ways: Ways | None) -> None:
        """A word beside figures that have no effect, or have one only while a switch is on."""
        if ways is None:
            sheet.put(row, column, "aside", NO_EFFECT)
            return
        now, test = self.effects.live(ways, self.layout, sheet.name)
        if test:
            formula = f'IF({test},"{COUNTS}","{NO_EFFECT}")'
            sheet.put(row, column, "aside", COUNTS if now else NO_EFFECT, formula=formula)
            sheet.alerts.append(Alert(row, column, row, column, "==", NO_EFFECT))

    @property
    def _after_years(self) -> int:
        return FIRST_YEAR + len(self.subject.years)

    def _provenance(self, sheet: Sheet, row: int, figure: Figure, note: str) -> None:
        texts = (figure.status, figure.source or "none", figure.as_at or ("none" if figure.status == "default" else "undated"), note)
        for i, text in enumerate(texts):
            if text:
                sheet.put(row, self._after_years + i, (f"status {figure.status}", "unit", "unit", "note")[i], text)

    # ------------------------------------------------------------------ inputs of tables

    def _place_inputs(self, table: Table, names: list[str]) -> None:
        columns = [table.column(name) for name in names]
        for sheet in dict.fromkeys(self.subject.input_sheet(table, column) for column in columns):
            title_row = self._advance(sheet, 3) + 1
            self.pending.append(lambda sheet=sheet, row=title_row: self.sheets[sheet].put(row, 0, "table", table.title))  # type: ignore[misc]
            for column in columns:
                if self.subject.input_sheet(table, column) == sheet:
                    self._place_column(sheet, table, column)

    def _place_column(self, sheet: str, table: Table, column: Input | Line) -> None:
        rows, shown = self._rows(table), self.shown[table.name]
        head = 1 if shown else 0
        start = self._advance(sheet, head + rows.lines + 1)
        by_year = table.by_year and self.subject.varies_by_year((table.name, column.name))
        block = Block(sheet, start + head, rows.lines, by_year, len(self.subject.years), shown)
        self.layout.homes[table.name, column.name] = block
        self.pending.append(lambda: self._write_inputs(table, block, column))

    def _write_inputs(self, table: Table, block: Block, column: Input | Line) -> None:
        sheet, rows = self.sheets[block.sheet], self._rows(table)
        node = (table.name, column.name)
        figures = self.subject.values.inputs.given[node]
        if block.shown:
            sheet.put(block.top - 1, 0, "heading", column.label)
            sheet.put(block.top - 1, UNIT, "unit", "Unit")
            for i, text in enumerate(PROVENANCE):
                sheet.put(block.top - 1, self._after_years + i, "unit", text)
        ways = [self.effects.ways(node, line) for line in range(rows.lines)]
        locked = isinstance(column, Input) and column.internal
        if block.shown:
            self._say_use(sheet, block, figures, ways, locked)
        for line in range(rows.lines):
            row = block.top + line
            if ways[line] is None and not locked:
                self._say_effect(sheet, row, FIRST_YEAR if not block.by_year else CONSTANT, None)
            self._write_labels(sheet, row, rows, line, block.shown)
            if not block.shown:
                sheet.put(row, 0, "label", column.label)
            sheet.put(row, UNIT, "unit", UNIT_LABELS[column.unit])
            for t in range(block.across if block.by_year else 1):
                place = line * rows.across + t
                change = self._change(table, column.name, line, t, block.by_year)
                about = self._about(table, column, line, t, block.by_year)
                known = self.subject.figure_of(node, place)
                role = "structure" if locked else "input"
                sheet.put(row, block.column(t), role, float(figures[place]), column.unit, change=change, about=about, pack=known.pack)
            years = rows.years if block.by_year else (None,)
            figure = _one_provenance({year: self.subject.figure_of(node, line * rows.across + t) for t, year in enumerate(years)})
            self._provenance(sheet, row, figure, figure.note)
            if not locked:
                last = block.column(block.across - 1) if block.by_year else CONSTANT
                self._validate(sheet, row, block.column(0), row, last, column.name, column.unit)

    def _say_use(self, sheet: Sheet, block: Block, figures: Floats, ways: Sequence[Ways | None], internal: bool) -> None:
        """Beside the heading of a term, and of any figures behind a switch: whether they are in use."""
        possible = [way for each in ways if each is not None for way in each]
        if internal or not possible:
            sheet.put(block.top - 1, CONSTANT, "aside", STRUCTURE if internal else NO_EFFECT)
            return
        now, test = self.effects.live(possible, self.layout, sheet.name)
        if block.sheet == self.terms or test:
            used = IN_USE if np.any(figures) else NOT_IN_USE
            span = block.span(0, block.lines - 1, None, block.sheet)
            sheet.put(block.top - 1, CONSTANT, "aside", used if now else NO_EFFECT, formula=used_in_excel(span, test))

    def _change(self, table: Table, name: str, line: int, t: int, by_year: bool) -> str:
        rows = self._rows(table)
        key = [rows.columns[column][line] for column in table.keys if column != YEAR]
        return f"{name}[{','.join([*key, str(rows.years[t])] if by_year else key)}]" if key or by_year else name

    def _about(self, table: Table, column: Input | Line, line: int, t: int, by_year: bool) -> str:
        """What an input is called: its column, the labels of its row, its year."""
        rows = self._rows(table)
        labels = [self.subject.label(rows.columns[key][line]) for key in table.keys if key != YEAR]
        return ", ".join(
            [f"{column.label}: {labels[0]}" if labels else column.label, *labels[1:], *([year_label(rows.years[t])] if by_year else [])]
        )

    def _validate(
        self, sheet: Sheet, row: int, column: int, last_row: int, last_column: int, name: str, unit: str, declared: str = ""
    ) -> None:
        """What the pack reader refuses in a file, the cell refuses at the keyboard; the range declared in the pack is shown with it."""
        most = LARGEST
        least = -most if may_be_negative(name, unit) else 0
        rule: dict[str, Any] = {"validate": "decimal", "criteria": "between", "minimum": least, "maximum": most}
        rule |= {"error_title": "A number", "error_message": "Write a number" + ("." if least else " that is not below zero.")}
        if unit == "share":
            rule |= {
                "minimum": max(least, -1),
                "maximum": min(most, 1),
                "error_title": "A share",
                "error_message": "A share is a part of 1: write 0.40 or 40% for forty per cent.",
            }
        elif unit == "flag" or name == SELECTOR:
            choices = [0, 1] if unit == "flag" else list(range(1, len(self.subject.scenarios) + 1))
            rule = {"validate": "list", "source": choices, "error_title": "A choice", "error_message": f"Write one of {choices}."}
        if declared:
            rule |= {
                "input_title": "Range declared in the pack",
                "input_message": f"{declared} ({UNIT_LABELS[unit]}). Others are taken too.",
            }
        sheet.validations.append(Validation(row, column, last_row, last_column, rule))

    def _write_labels(self, sheet: Sheet, row: int, rows: Rows, line: int, shown: Sequence[str]) -> None:
        for i, column in enumerate(shown):
            sheet.put(row, i, "label", self.subject.label(rows.columns[column][line]))


def _one_provenance(figures: Mapping[int | None, Figure]) -> Figure:
    """How the figures of a row are known, in one: as the first, or as the first that was set for this run; the note names years that differ."""
    first = next((figure for figure in figures.values() if figure.pack is not None), next(iter(figures.values())))
    own = (first.status, first.source, first.as_at, first.note)
    others: dict[tuple[str, str, str, str], list[int | None]] = {}
    for year, figure in figures.items():
        others.setdefault((figure.status, figure.source, figure.as_at, figure.note), []).append(year)
    mine = others.pop(own)
    if not others:
        return first
    notes = [f"{_years(mine)}: {first.note}" if first.note else _years(mine)]
    notes += [f"{_years(years)}: {status}, {source}" + (f", {note}" if note else "") for (status, source, _, note), years in others.items()]
    return replace(first, note="; ".join(notes))


def _years(years: Sequence[int | None]) -> str:
    return ", ".join(year_label(year) for year in years if year is not None)


def _note(assumed: Assumed, figure: Figure) -> str:
    if not assumed.overrides:
        return figure.note
    theirs = "; ".join(
        f"{year_label(year)}: {other.value:g}" if year is not None else f"{other.value:g}" for year, other in assumed.overrides.items()
    )
    known = next(iter(assumed.overrides.values()))
    return f"Overrides the national pack ({theirs}; {known.status}, {known.source}). {figure.note}"


def _range(assumed: Assumed) -> str:
    return f"{assumed.range[0]:,.10g} to {assumed.range[1]:,.10g}" if assumed.range else ""
