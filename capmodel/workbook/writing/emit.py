"""Writes tables as sheets: inputs with their provenance, and every line as live formulas with the engine's values.

Each line is traced once and its formula filled in row by row. A line is preceded by its ingredients: the inputs,
assumptions, lookups, totals and balances it reads, each visible and each written once a table. Which table goes on which
sheet, and everything that is not a table, is decided in `sheets`.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from capmodel.algebra.cell import excel
from capmodel.algebra.evaluate import connect
from capmodel.algebra.links import Link
from capmodel.algebra.resolved import Resolved
from capmodel.algebra.rows import Floats, Node
from capmodel.algebra.table import Line, Table, in_order
from capmodel.assumptions.pack import Assumed
from capmodel.workbook.writing.book import UNIT, Sheet
from capmodel.workbook.writing.formats import UNIT_LABELS
from capmodel.workbook.writing.inputs import InputWriter
from capmodel.workbook.writing.layout import Block, Layout
from capmodel.workbook.writing.timeline import IN_USE, SELECTOR, split

#: A table of more lines than this is not written cell by cell: such a book takes more memory and time than people have.
MOST_LINES = 20_000


class Emitter(InputWriter):
    """Places every block first, then writes every cell: the inputs, then every line with its ingredients."""

    def emit(self) -> Layout:
        """Place and write every assumption, input and line; return where they stand."""
        self.resolved_links: dict[Node, dict[str, Resolved]] = {}
        self.place_inputs()
        self._place_in_use()
        given = self.subject.values.inputs.given
        order = [node for group in in_order(self.subject.tables, given) for node in group]
        for table in self.subject.tables:
            lines = [table.lines[name] for owner, name in order if owner == table.name]
            if self._is_left_out(table):
                self._place_left_out(table)
            elif lines and len(self._rows(table)):
                self._place_table(table, lines)
        self.write()
        return self.layout

    def _is_left_out(self, table: Table) -> bool:
        """True of a table with too many lines for a book; one with inputs or checks is never left out."""
        checked = any(line.is_check for line in table.lines.values())
        return not table.inputs and not checked and self._rows(table).lines > MOST_LINES

    def _place_left_out(self, table: Table) -> None:
        """In the place of a table with too many lines: how many it has, and where they can be read."""
        row = self._advance(table.sheet, 4) + 1
        lines = (
            f"Its {self._rows(table).lines:,} lines are too many for a book: what is read of them stands as recorded, and follows no input."
        )
        where = f"capmodel explain PLACE {table.name}.{next(iter(table.lines))} --list prints them."
        self.pending.append(lambda: self.sheets[table.sheet].text(row, table.title, role="table"))
        self.pending.append(lambda: self.sheets[table.sheet].text(row + 1, lines, role="words"))
        self.pending.append(lambda: self.sheets[table.sheet].text(row + 2, where, role="words"))

    def _reads_left_out(self, table: Table, link: Link) -> bool:
        """True where a link reads a table that is not in the book, so that its figures stand as recorded."""
        by_name = {each.name: each for each in self.subject.tables}
        return any(self._is_left_out(by_name[name]) for name, _ in link.nodes(table))

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

    # ------------------------------------------------------------------ tables

    def _place_table(self, table: Table, lines: list[Line]) -> None:
        sheet = table.sheet
        title_row = self._advance(sheet, 3) + 1
        self.pending.append(lambda: self.sheets[sheet].put(title_row, 0, "table", table.title))
        for line in lines:
            self.resolved_links[table.name, line.name] = connect(table, line, self.subject.values.inputs)
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
                    self._place_ingredient(table, key, self.resolved_links[table.name, line.name][argument])
            self._place_line(table, line)

    def _passed_on(self, table: Table, line: Line) -> Resolved | None:
        """The link of a line that only passes a figure on: it needs no ingredient beside itself."""
        resolved = self.resolved_links[table.name, line.name].get(line.tree.operation) if not line.tree.parts else None
        return resolved if resolved is not None and set(resolved.columns) <= set(self.shown[table.name]) else None

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

    def _place_ingredient(self, table: Table, link: Link, resolved: Resolved) -> None:
        block = self._place_block(table, len(resolved.lines), resolved.by_year, resolved.columns, 0)
        self.layout.ingredients[table.name, link] = block
        self.pending.append(lambda: self._write_ingredient(table, link, resolved, block))

    def _write_ingredient(self, table: Table, link: Link, resolved: Resolved, block: Block) -> None:
        sheet, rows, unit = self.sheets[block.sheet], self._rows(table), link.unit(table)
        names = {name: assumed.label for name, assumed in self.subject.assumptions.items()}
        self._write_head(sheet, block, link.label(table, names), unit, [])
        across = block.across if resolved.by_year else 1
        at = np.array([first * rows.across + t for first in resolved.first_of for t in range(across)], dtype=np.intp)
        figures = np.broadcast_to(resolved.gather(self.subject.values, at), at.shape)
        recorded = self._reads_left_out(table, link)
        for line, key in enumerate(resolved.lines):
            place = self.layout.at(block, line)
            for i, name in enumerate(key):
                sheet.put(place.row, i, "label", self.subject.label(name))
            for t in range(across):
                value = float(figures[line * across + t])
                formula = "" if recorded else resolved.excel(place, line, t)
                sheet.put(place.row, block.column(t), "record" if recorded else "formula", value, unit, formula=formula)

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
        resolved_links = self.resolved_links[table.name, line.name]
        figures: Floats = np.broadcast_to(self.subject.values.figure((table.name, line.name)), (len(rows),))
        values = figures.tolist()
        passed_on = self._passed_on(table, line)
        sources = [] if passed_on else [self._argument(table, line, name, resolved_links) for name in line.arguments]
        label_columns = tuple(self.shown[table.name].index(name) for name in passed_on.columns) if passed_on else None
        across = block.across if block.by_year else 1
        recorded = passed_on is not None and self._reads_left_out(table, line.links[line.tree.operation])
        for i in range(rows.lines):
            row = block.top + i
            self._write_labels(sheet, row, rows, i, block.shown)
            for t in range(across):
                if recorded:
                    formula = ""
                elif passed_on is not None:
                    formula = passed_on.excel(self.layout.at(block, i, label_columns), int(passed_on.line_of[i]), t)
                else:
                    formula = template.format(
                        *(source.cell(int(line_of[i]) if line_of is not None else i, t, block.sheet) for source, line_of in sources)
                    )
                role = "record" if recorded else "check" if line.is_check else "formula"
                sheet.put(row, block.column(t), role, values[i * rows.across + t], line.unit, formula=formula)

    def _argument(self, table: Table, line: Line, name: str, resolved_links: Mapping[str, Resolved]) -> tuple[Block, Any]:
        """The block an argument is read from, and which of its lines each of ours reads."""
        key: Link | str = line.links.get(name, name)
        if (table.name, key) in self.layout.ingredients:
            resolved = resolved_links.get(name)
            return self.layout.ingredients[table.name, key], resolved.line_of if resolved is not None else None
        return self.layout.homes[table.name, name], None

    def _write_head(self, sheet: Sheet, block: Block, label: str, unit: str, words: list[str]) -> None:
        row = block.top - 1 - len(words) if block.shown else block.top
        sheet.put(row, 0, "heading" if words else "ingredient", label)
        sheet.put(row, UNIT, "unit", UNIT_LABELS[unit])
        first = row + 1
        for i, text in enumerate(words):
            sheet.put(first + i, 0, "words", text)
