"""The command explain: the tree behind a figure, down to its sources, or a list of every figure there is."""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING

from capmodel.commands.arguments import GOOD, add_place, place_and_changes, whole
from capmodel.console import console
from capmodel.errors import BadInput, Problem, nearest

if TYPE_CHECKING:
    from rich.tree import Tree

    from capmodel.algebra.explain import Explanation
    from capmodel.place.result import Result

#: What is listed where no single column is named.
ALL = "all"
DEPTH = 3


def declare(parser: argparse.ArgumentParser) -> None:
    """Declare what the command does, its arguments and what runs it."""
    parser.description = "Show how a figure is worked out: its value, its rule in words, its ingredients, and where they come from."
    add_place(parser)
    parser.add_argument("figure", metavar="FIGURE", help="table.column[key,...], such as 'settlement.transfer_gbp[acute_trusts,2027]'")
    parser.add_argument("--depth", type=whole, help=f"how many levels to show (default: {DEPTH})")
    parser.add_argument(
        "--list",
        action="store_true",
        help="list every row of the column FIGURE with its value instead; every figure there is where FIGURE is all",
    )
    parser.set_defaults(command=run_explain, writes=False)


def run_explain(options: argparse.Namespace) -> int:
    """Print the tree, or the list."""
    from rich.tree import Tree

    from capmodel.place.no_effect import said

    name, _, named = options.place.partition("@")
    problems = []
    if options.depth is not None and options.depth < 0:
        what, why = f"{options.depth} is no number of levels", "the figure itself is level 0"
        problems.append(Problem("--depth", what, why, "Write 0 or more"))
    if options.list and options.depth is not None:
        what, why = f"--depth {options.depth} is given with --list", "a list has no levels, and it would change nothing"
        problems.append(Problem("--depth", what, why, "Leave one of them out"))
    if named and options.scenario not in ("base", named):
        what, why = f"the place is given in the scenario {named}, and --scenario is {options.scenario}", "one of them would be left out"
        problems.append(Problem("--scenario", what, why, "Give the scenario once"))
    if problems:
        raise BadInput(problems)
    options.place, options.scenario = name, named or options.scenario
    place, changes = place_and_changes(options)
    result = place.run(options.scenario, changes)
    if options.list:
        for text in names(result) if options.figure == ALL else rows(result, options.figure):
            console().print(text, markup=False, highlight=False, soft_wrap=True)
        return GOOD
    for line in said(changes, result.idle):
        console().print(line, markup=False, soft_wrap=True)
    explanation = result.explain(options.figure, DEPTH if options.depth is None else options.depth)
    tree = Tree(_described(result, explanation))
    _grow(result, tree, explanation)
    console().print(tree)
    return GOOD


def names(result: Result) -> list[str]:
    """Every figure by name, with its keys and label, then every input as `--set` takes it."""
    from capmodel.assumptions.inherited import figure_name
    from capmodel.place.place import why_fixed

    place, built = result.place, result.chain.built
    worked = [
        f"{figure_name(f'{table.name}.{name}', table.keys, None)}: {table.column(name).label}"
        for table in result.chain.tables
        for name in (*table.inputs, *table.lines)
    ]
    assumed = [
        figure_name(each.name, (), year) for each in place.assumptions.values() if not why_fixed(each.name, built) for year in each.values
    ]
    given = [
        figure_name(each.name, key, year)
        for each in place.columns.values()
        if not why_fixed(each.name, built)
        for key, year in each.figures
    ]
    return [*worked, *assumed, *given]


def rows(result: Result, column: str) -> list[str]:
    """Every row of a column with its value.

    Raises:
        BadInput: there is no such column.
    """
    from capmodel.assumptions.inherited import figure_name
    from capmodel.place.place import EVERY_NAME

    known = {f"{table.name}.{name}" for table in result.chain.tables for name in (*table.inputs, *table.lines)}
    if column not in known:
        why = "columns are named table.column"
        raise BadInput([Problem(column, "there is no such column", why, nearest(column, known, EVERY_NAME))])
    table, _, name = column.partition(".")
    unit = result.chain.by_name[table].column(name).unit
    return [f"{figure_name(column, key, None)} = {_amount(value, unit)}" for key, value in result.column(table, name).items()]


def _grow(result: Result, tree: Tree, explanation: Explanation) -> None:
    for ingredient in explanation.ingredients:
        _grow(result, tree.add(_described(result, ingredient)), ingredient)


def _named(explanation: Explanation) -> str:
    return f"{explanation.name}[{','.join(explanation.key)}]" if explanation.key else explanation.name


def _described(result: Result, explanation: Explanation) -> str:
    from rich.markup import escape

    key = ", ".join(result.place.label(part) for part in explanation.key)
    value = _amount(explanation.value, explanation.unit)
    name = escape(_named(explanation))
    how = explanation.source or explanation.words
    return f"[bold]{escape(explanation.label)}{': ' + escape(key) if key else ''} = {value}[/bold]\n[dim]{escape(how)}  ({name})[/dim]"


def _amount(value: float, unit: str) -> str:
    from capmodel.money import pounds

    # What is neither money, people, time nor staff is a pure number.
    plain = {"persons": "{:,.1f} persons", "hours": "{:,.1f} hours", "minutes": "{:,.6g} minutes", "wte": "{:,.2f} WTE"}.get(unit, "{:.6g}")
    each = {"GBP/persons": " a head", "GBP/hours": " an hour", "minutes/hours": " minutes an hour"}.get(unit, "")
    return (pounds(value) if unit.startswith("GBP") else plain.format(value)) + each
