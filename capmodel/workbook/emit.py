"""Writes tables as sheets: inputs with their provenance, and every line as live formulas with the engine's values.

Each line is traced once and its formula filled in row by row. A line is preceded by its ingredients: the inputs,
assumptions, lookups, totals and balances it reads, each visible and each written once a table. Which table goes on which
sheet, and everything that is not a table, is decided in `sheets`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from capmodel.algebra.cell import excel
from capmodel.algebra.evaluate import Values, connect
from capmodel.algebra.links import Link
from capmodel.algebra.rows import YEAR, Floats, Node, Rows
from capmodel.algebra.table import Input, Line, Table, in_order
from capmodel.algebra.wire import Wire
from capmodel.assumptions.figures import may_be_negative
from capmodel.assumptions.pack import Assumed, Figure, Scenario
from capmodel.assumptions.years import year_label
from capmodel.workbook.book import CONSTANT, FIRST_YEAR, UNIT, Sheet, Validation
from capmodel.workbook.layout import Block, Layout, shown_columns
from capmodel.workbook.look import UNIT_LABELS
from capmodel.workbook.ruler import FIRST_ROW, IN_USE, PROVENANCE, SELECTOR, split


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
    input_sheet: Callable[[Table], str]
    assumption_sheet: Callable[[Assumed], str]
    owner: str = ""


@dataclass
class Emitter:
    """Places every block first, then writes every cell; on the sheet `terms`, headings say whether a term is in use."""

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
        self.wires: dict[Node, dict[str, Wire]] = {}

    # ------------------------------------------------------------------ the two passes

    def emit(self) -> Layout:
        """Place and write every assumption, input and line; return where they stand."""
        for assumed in self.subject.assumptions.values():
            self._place_assumption(assumed)
        self._place_in_use()
        given = self.subject.values.inputs.given
        for table in self.subject.tables:
            inputs = [name for name in (*table.inputs, *table.lines) if (table.name, name) in given]
            if inputs and len(self._rows(table)):
                self._place_inputs(table, inputs)
        order = [node for group in in_order(self.subject.tables, given) for node in group]
        for table in self.subject.tables:
            lines = [table.lines[name] for owner, name in order if owner == table.name]
            if lines and len(self._rows(table)):
                self._place_table(table, lines)
        for write in self.pending:
            write()
        return self.layout

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
        for t, year in enumerate(self.subject.years if assumed.by_year else (None,)):
            if year in values:
                suffix = f"[{year}]" if year is not None else ""
                column = block.column(t)
                sheet.put(row, column, "input", values[year].value, assumed.unit, change=f"{assumed.name}{suffix}@{scenario}")
                most = values[year].value if assumed.name.startswith("check_tolerance") else 1e13
                self._validate(sheet, row, column, row, column, assumed.name, assumed.unit, most)
        first = next(iter(values.values()))
        self._provenance(sheet, row, first, _note(assumed, first) if scenario == "base" else first.note)
        if scenario == "base":
            extra = (assumed.clause or assumed.name, assumed.owner or self.subject.owner, assumed.quality, assumed.impact, _range(assumed))
            for i, text in enumerate(extra):
                if text:
                    sheet.put(row, self._after_years + 4 + i, "unit", text)

    @property
    def _after_years(self) -> int:
        return FIRST_YEAR + len(self.subject.years)

    def _provenance(self, sheet: Sheet, row: int, figure: Figure, note: str) -> None:
        texts = (figure.status, figure.source or "none", figure.as_at or "undated", note)
        for i, text in enumerate(texts):
            if text:
                sheet.put(row, self._after_years + i, (f"status {figure.status}", "unit", "unit", "note")[i], text)

    def _place_in_use(self) -> None:
        """Assumptions that a scenario changes are chosen here, one row each, by the number of the scenario."""
        varied = [
            assumed
            for assumed in self.subject.assumptions.values()
            if any(scenario.changes.get(assumed.name) for scenario in self.subject.scenarios.values())
        ]
        for assumed in varied:
            row = self._advance(IN_USE, 1)
            base = self.layout.assumptions[assumed.name]
            block = Block(IN_USE, row, 1, assumed.by_year, len(self.subject.years), ())
            self.layout.assumptions[assumed.name] = block
            self.pending.append(lambda assumed=assumed, row=row, base=base, block=block: self._write_in_use(assumed, row, base, block))  # type: ignore[misc]

    def _write_in_use(self, assumed: Assumed, row: int, base: Block, block: Block) -> None:
        sheet = self.sheets[IN_USE]
        sheet.put(row, 0, "label", assumed.label)
        sheet.put(row, UNIT, "unit", UNIT_LABELS[assumed.unit])
        selector = self.layout.assumptions[SELECTOR].cell(0, None, IN_USE)
        in_use = self.subject.values.assumed(assumed.name)
        for t, year in enumerate(self.subject.years if assumed.by_year else (None,)):
            choices = []
            for scenario in self.subject.scenarios.values():
                changed = year in scenario.changes.get(assumed.name, {})
                own = self.layout.assumptions[f"{assumed.name}@{scenario.id}"] if changed else base
                choices.append(own.cell(0, t, IN_USE))
            sheet.put(row, block.column(t), "formula", float(in_use[t]), assumed.unit, formula=f"CHOOSE({selector},{','.join(choices)})")

    # ------------------------------------------------------------------ inputs of tables

    def _place_inputs(self, table: Table, names: list[str]) -> None:
        sheet = self.subject.input_sheet(table)
        title_row = self._advance(sheet, 3) + 1
        self.pending.append(lambda: self.sheets[sheet].put(title_row, 0, "table", table.title))
        for name in names:
            column = table.column(name)
            rows = self._rows(table)
            shown = self.shown[table.name]
            head = 1 if shown else 0
            start = self._advance(sheet, head + rows.lines + 1)
            by_year = table.by_year and self.subject.varies_by_year((table.name, name))
            block = Block(sheet, start + head, rows.lines, by_year, len(self.subject.years), shown)
            self.layout.homes[table.name, name] = block
            self.pending.append(lambda block=block, column=column: self._write_inputs(table, block, column))  # type: ignore[misc]

    def _write_inputs(self, table: Table, block: Block, column: Input | Line) -> None:
        sheet, rows = self.sheets[block.sheet], self._rows(table)
        node = (table.name, column.name)
        figures = self.subject.values.inputs.given[node]
        if block.shown:
            sheet.put(block.top - 1, 0, "heading", column.label)
            sheet.put(block.top - 1, UNIT, "unit", "Unit")
            for i, text in enumerate(PROVENANCE):
                sheet.put(block.top - 1, self._after_years + i, "unit", text)
            if block.sheet == self.terms:
                span = block.span(0, block.lines - 1, None, block.sheet)
                told = "in use" if np.any(figures) else "not in use"
                sheet.put(block.top - 1, CONSTANT, "aside", told, formula=f'IF(OR(MAX({span})>0,MIN({span})<0),"in use","not in use")')
        for line in range(rows.lines):
            row = block.top + line
            self._write_labels(sheet, row, rows, line, block.shown)
            if not block.shown:
                sheet.put(row, 0, "label", column.label)
            sheet.put(row, UNIT, "unit", UNIT_LABELS[column.unit])
            for t in range(block.across if block.by_year else 1):
                place = line * rows.across + t
                sheet.put(
                    row,
                    block.column(t),
                    "input",
                    float(figures[place]),
                    column.unit,
                    change=self._change(table, column.name, line, t, block.by_year),
                )
            figure = self.subject.figure_of(node, line * rows.across)
            self._provenance(sheet, row, figure, figure.note)
        last = block.column(block.across - 1)
        self._validate(
            sheet, block.top, block.column(0), block.top + rows.lines - 1, last if block.by_year else CONSTANT, column.name, column.unit
        )

    def _change(self, table: Table, name: str, line: int, t: int, by_year: bool) -> str:
        rows = self._rows(table)
        key = [rows.columns[column][line] for column in table.keys if column != YEAR]
        return f"{name}[{','.join([*key, str(rows.years[t])] if by_year else key)}]" if key or by_year else name

    def _validate(
        self, sheet: Sheet, row: int, column: int, last_row: int, last_column: int, name: str, unit: str, most: float = 1e13
    ) -> None:
        """What the pack reader refuses in a file, the cell refuses at the keyboard."""
        least = -most if may_be_negative(name, unit) else 0
        rule: dict[str, Any] = {"validate": "decimal", "criteria": "between", "minimum": least, "maximum": most}
        rule |= {"error_title": "A number", "error_message": "Write a number" + ("." if least else " that is not below nought.")}
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
        sheet.validations.append(Validation(row, column, last_row, last_column, rule))

    def _write_labels(self, sheet: Sheet, row: int, rows: Rows, line: int, shown: Sequence[str]) -> None:
        for i, column in enumerate(shown):
            sheet.put(row, i, "label", self.subject.label(rows.columns[column][line]))

    # ------------------------------------------------------------------ tables

    def _place_table(self, table: Table, lines: list[Line]) -> None:
        sheet = table.sheet
        title_row = self._advance(sheet, 3) + 1
        self.pending.append(lambda: self.sheets[sheet].put(title_row, 0, "table", table.title))
        for line in lines:
            self.wires[table.name, line.name] = connect(table, line, self.subject.values.inputs)
            if self._passed_on(table, line):
                self._place_line(table, line)
                continue
            for argument in line.arguments:
                key: Link | str = line.links.get(argument, argument)
                if (table.name, key) in self.layout.ingredients:
                    continue
                if isinstance(key, str):
                    if key in table.inputs or (table.name, key) in self.subject.values.inputs.given:
                        self._place_call_up(table, key)
                else:
                    self._place_ingredient(table, key, self.wires[table.name, line.name][argument])
            self._place_line(table, line)

    def _passed_on(self, table: Table, line: Line) -> Wire | None:
        """The link of a line that only passes a figure on: it needs no ingredient beside itself."""
        wire = self.wires[table.name, line.name].get(line.tree.operation) if not line.tree.parts else None
        return wire if wire is not None and set(wire.columns) <= set(self.shown[table.name]) else None

    def _place_block(self, table: Table, lines: int, by_year: bool, shown: tuple[str, ...], words: int) -> Block:
        """Room for a block: one row and its words, or a heading, its words and a row for each line."""
        head = 1 + words if shown else 0
        tail = 1 if shown else words
        start = self._advance(table.sheet, head + lines + tail)
        return Block(table.sheet, start + head, lines, by_year, len(self.subject.years), shown)

    def _place_call_up(self, table: Table, name: str) -> None:
        home = self.layout.homes[table.name, name]
        block = self._place_block(table, home.lines, home.by_year, home.shown, 0)
        self.layout.ingredients[table.name, name] = block
        self.pending.append(lambda: self._write_call_up(table, name, home, block))

    def _write_call_up(self, table: Table, name: str, home: Block, block: Block) -> None:
        sheet, rows = self.sheets[block.sheet], self._rows(table)
        column = table.column(name)
        self._write_head(sheet, block, column.label, column.unit, [])
        figures = self.subject.values.inputs.given[table.name, name]
        for line in range(block.lines):
            self._write_labels(sheet, block.top + line, rows, line, block.shown)
            for t in range(block.across if block.by_year else 1):
                value = float(figures[line * rows.across + t])
                sheet.put(block.top + line, block.column(t), "formula", value, column.unit, formula=home.cell(line, t, block.sheet))

    def _place_ingredient(self, table: Table, link: Link, wire: Wire) -> None:
        block = self._place_block(table, len(wire.lines), wire.by_year, wire.columns, 0)
        self.layout.ingredients[table.name, link] = block
        self.pending.append(lambda: self._write_ingredient(table, link, wire, block))

    def _write_ingredient(self, table: Table, link: Link, wire: Wire, block: Block) -> None:
        sheet, rows, unit = self.sheets[block.sheet], self._rows(table), link.unit(table)
        names = {name: assumed.label for name, assumed in self.subject.assumptions.items()}
        self._write_head(sheet, block, link.label(table, names), unit, [])
        across = block.across if wire.by_year else 1
        at = np.array([first * rows.across + t for first in wire.first_of for t in range(across)], dtype=np.intp)
        figures = np.broadcast_to(wire.gather(self.subject.values, at), at.shape)
        for line, key in enumerate(wire.lines):
            place = self.layout.at(block, line)
            for i, name in enumerate(key):
                sheet.put(place.row, i, "label", self.subject.label(name))
            for t in range(across):
                value = float(figures[line * across + t])
                sheet.put(place.row, block.column(t), "formula", value, unit, formula=wire.excel(place, line, t))

    def _place_line(self, table: Table, line: Line) -> None:
        names = {name: assumed.label for name, assumed in self.subject.assumptions.items()}
        words = split(f"Rule: {table.formula_in_words(line.name, names)}")
        rows = self._rows(table)
        block = self._place_block(table, rows.lines, table.by_year, self.shown[table.name], len(words))
        self.layout.homes[table.name, line.name] = block
        self.pending.append(lambda: self._write_line(table, line, block, words))

    def _write_line(self, table: Table, line: Line, block: Block, words: list[str]) -> None:
        sheet, rows = self.sheets[block.sheet], self._rows(table)
        self._write_head(sheet, block, line.label, line.unit, words)
        template = excel(line.tree, {name: f"{{{i}}}" for i, name in enumerate(line.arguments)})
        wires = self.wires[table.name, line.name]
        figures: Floats = np.broadcast_to(self.subject.values.figure((table.name, line.name)), (len(rows),))
        values = figures.tolist()
        passed_on = self._passed_on(table, line)
        sources = [] if passed_on else [self._argument(table, line, name, wires) for name in line.arguments]
        label_columns = tuple(self.shown[table.name].index(name) for name in passed_on.columns) if passed_on else None
        across = block.across if block.by_year else 1
        for i in range(rows.lines):
            row = block.top + i
            self._write_labels(sheet, row, rows, i, block.shown)
            for t in range(across):
                if passed_on is not None:
                    formula = passed_on.excel(self.layout.at(block, i, label_columns), int(passed_on.line_of[i]), t)
                else:
                    formula = template.format(
                        *(source.cell(int(line_of[i]) if line_of is not None else i, t, block.sheet) for source, line_of in sources)
                    )
                role = "check" if line.is_check else "formula"
                sheet.put(row, block.column(t), role, values[i * rows.across + t], line.unit, formula=formula)

    def _argument(self, table: Table, line: Line, name: str, wires: Mapping[str, Wire]) -> tuple[Block, Any]:
        """The block an argument is read from, and which of its lines each of ours reads."""
        key: Link | str = line.links.get(name, name)
        if (table.name, key) in self.layout.ingredients:
            wire = wires.get(name)
            return self.layout.ingredients[table.name, key], wire.line_of if wire is not None else None
        return self.layout.homes[table.name, name], None

    def _write_head(self, sheet: Sheet, block: Block, label: str, unit: str, words: list[str]) -> None:
        row = block.top - 1 - len(words) if block.shown else block.top
        sheet.put(row, 0, "heading" if words else "ingredient", label)
        sheet.put(row, UNIT, "unit", UNIT_LABELS[unit])
        first = row + 1
        for i, text in enumerate(words):
            sheet.put(first + i, 0, "words", text)


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
