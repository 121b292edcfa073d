"""The tests of every option as printed tables. Nothing is worked out here; the tables are those of `place.option_tables`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rich.console import Console
from rich.table import Table

from capmodel.money import pounds
from capmodel.place import actual_cost
from capmodel.place.option_tables import MONEY, TEXT, Entry, OptionTable, proof_of, tables_of_tests
from capmodel.reports.summary import idle_lines

if TYPE_CHECKING:
    from capmodel.place.optimise import Optimised


def print_tests(console: Console, found: Optimised) -> None:
    """Print the best plan, and of every option its worth, its cash, each party's part, what takes its place and what would change it."""
    for name, value in found.result.changes.items():
        console.print(f"Set for this run: {name} = {value:.15g}", markup=False)
    for text in idle_lines(found.result):
        console.print(text, markup=False, soft_wrap=True)
    for text in (*_heading(found), *actual_cost.statement(found.result), *found.result.place.choices.remarks):
        console.print(text, markup=False, soft_wrap=True)
    for table in tables_of_tests(found):
        console.print("", printed(table))


def _heading(found: Optimised) -> list[str]:
    run, plan = found.result, found.plan
    count = sum(test.chosen for test in found.tests)
    lines = [
        f"{run.place.pack.title}, scenario {run.scenario}: {count} of {len(found.tests)} options chosen, worth {pounds(plan.objective_gbp)}, {proof_of(found)}",
        f"Solver {plan.solver} ({plan.version}): {found.questions:,} questions asked, {found.spared:,} answered by a plan that was known",
    ]
    if found.unproved:
        lines.append(f"WARNING: {found.unproved:,} answers of the solver are not proved best; figures that follow from them may be better")
    return lines


def printed(table: OptionTable) -> Table:
    """A table as the screen shows it."""
    title = f"{table.title}, £ thousand" if table.in_thousands else table.title
    shown = Table(title=title, title_justify="left", box=None, pad_edge=False, caption=table.note or None, caption_justify="left")
    for i, heading in enumerate(table.headings):
        shown.add_column(heading, justify="left" if i < table.left or i >= len(table.headings) - table.words else "right")
    for row in table.rows:
        shown.add_row(*(_written(entry, 1e3 if table.in_thousands else 1) for entry in row))
    return shown


def _written(entry: Entry, size: float) -> str:
    """Whole pounds, other figures in four digits; what rounds to zero has no minus."""
    if entry.unit == TEXT or isinstance(entry.value, str):
        return str(entry.value)
    return f"{round(entry.value / size) + 0:,}" if entry.unit == MONEY else f"{entry.value:.4g}"
