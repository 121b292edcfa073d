"""The command `capmodel compare`: from one run to another, each cause alone, to the penny; of one figure, or of a party's statement.

It only parses, calls and prints; the bridge is worked out in `capmodel.algebra.explain`.
"""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING

from capmodel.care_budgets.cost_shunting import ALL, BUDGETS, COST, IN_YEAR, RECURRENT
from capmodel.commands.arguments import GOOD
from capmodel.console import console
from capmodel.errors import BadInput, Problem, gathered, nearest
from capmodel.money import HALF_A_PENNY

if TYPE_CHECKING:
    from collections.abc import Callable

    from capmodel.algebra.explain import Bridge
    from capmodel.care_budgets.cost_shunting.change import Matrix
    from capmodel.place.editions import EditionBridge
    from capmodel.place.result import Result

#: The lines of a statement that are restated, in the order in which the money moves.
STATEMENT = ("own_variance_gbp", "share_gbp", "transfer_gbp", "still_due_gbp", "position_gbp")
#: What is bridged where no figure is named: the first of these that the place works out.
HEADLINES = (
    ("pool", "pool_gbp"),
    ("envelope", "envelope_gbp"),
    ("objective", "plan_value_gbp"),
    ("place", "place_cost_gbp"),
)
#: What each matrix of who pays and who gains is of.
MATRICES = {
    BUDGETS: "Who pays and who gains by Year of Care budgets, as provider and payer",
    IN_YEAR: "Who pays and who gains by the options chosen, in year",
    RECURRENT: "Who pays and who gains by the options chosen, recurrently",
}
TOGETHER = "All of them together (interaction)"


def declare(parser: argparse.ArgumentParser) -> None:
    """Declare what the command does, its arguments and what runs it."""
    parser.description = "Compare two runs. Each is a place, or a place and a scenario written PLACE@SCENARIO. With --edition, compare one place under two editions of a payment scheme."
    parser.add_argument("opening", metavar="A", help="the run to start from, such as north-west-london@base")
    parser.add_argument("closing", metavar="B", nargs="?", help="the run to arrive at, such as north-west-london@prudent")
    of = parser.add_mutually_exclusive_group()
    of.add_argument(
        "--figure",
        metavar="FIGURE",
        help="the figure to bridge (default: the pool of the year in which it changes most; without a contract, the envelope)",
    )
    of.add_argument("--statement", metavar="PARTY", help="restate the statement of account of a party: every line and year, cause by cause")
    of.add_argument(
        "--who-pays",
        action="store_true",
        help="who pays and who gains, by party and setting, in every year: a matrix of the budgets, and of the options chosen",
    )
    of.add_argument(
        "--edition",
        metavar="EDITION",
        help="the income of each provider of A under another edition of the payment scheme, each parameter changed in turn",
    )
    parser.set_defaults(command=run_compare, writes=False)


def run_compare(options: argparse.Namespace) -> int:
    """Print the bridge of one figure, or of every line of a statement."""
    if (options.closing is None) != (options.edition is not None):
        what = (
            f"{'no' if options.closing is None else 'a'} second run is given {'without' if options.closing is None else 'with'} --edition"
        )
        why = "one place is compared with itself under another edition, or two runs with each other"
        raise BadInput([Problem("B", what, why, "Write A and B, or A and --edition EDITION")])
    if options.edition is not None:
        return _editions(options)
    problems: list[Problem] = []
    runs: list[Result] = []
    for text in (options.opening, options.closing):
        with gathered(problems):
            runs.append(_run(text))
    if problems:
        raise BadInput(list(dict.fromkeys(problems)))
    from capmodel.workbook.writing.formats import UNIT_LABELS

    opening, closing = runs
    if options.statement is not None:
        return _restate(opening, closing, options)
    if options.who_pays:
        return _who_pays(opening, closing, options)
    figure = options.figure or _most_changed(opening, closing)
    bridge = opening.bridge(closing, figure)
    console().print(f"From {options.opening} to {options.closing}: {figure}", markup=False)
    _print([bridge], [UNIT_LABELS[bridge.unit]])
    if options.figure is None:
        _print_matrices(opening, closing, every=False)
    _print_idle(opening, closing)
    return GOOD


def _editions(options: argparse.Namespace) -> int:
    """Print the income of each provider under two editions, and what each parameter is worth."""
    from capmodel import model
    from capmodel.assumptions.scaffold import known_place
    from capmodel.assumptions.years import year_label
    from capmodel.place.editions import edition_bridge

    name, _, scenario = options.opening.partition("@")
    place = model.load(known_place(name))
    bridge = edition_bridge(place, options.edition, scenario or "base")
    window = console()
    window.print(f"{options.opening} from {bridge.opening_title} to {bridge.closing_title}: income under agreements, £", markup=False)
    for i, each in enumerate(bridge.effects, start=1):
        window.print(f"  {i} {each.rule}, {each.parameter}: from {each.before} to {each.after}", markup=False, soft_wrap=True)
        if not any(each.pennies.values()):
            window.print(f"NO EFFECT: {each.parameter} of {each.rule.lower()} moves no provider's income", markup=False)
    if not bridge.effects:
        window.print("NO EFFECT: the two editions do not differ in what the agreements take from them", markup=False)
    for year in place.pack.years:
        window.print(f"\n{year_label(year)}", markup=False)
        _print_editions(bridge, str(year), place.label)
    return GOOD


def _print_editions(bridge: EditionBridge, year: str, label: Callable[[str], str]) -> None:
    """Providers down; the opening, each effect by its number, and the closing across; the total of all below."""
    from rich.table import Table

    columns = (bridge.opening, *(each.pennies for each in bridge.effects), bridge.closing)
    table = Table(box=None, pad_edge=False)
    table.add_column("Provider")
    for heading in ("Opening", *(f"Effect of {i + 1}" for i in range(len(bridge.effects))), "Closing"):
        table.add_column(heading, justify="right")
    providers = [provider for provider, at in bridge.opening if at == year]
    rows = [[column.get((provider, year), 0) for column in columns] for provider in providers]
    for name, row in zip((*map(label, providers), "All providers"), (*rows, list(map(sum, zip(*rows, strict=True)))), strict=True):
        table.add_row(name, *(f"{value / 100:,.2f}" for value in row))
    console().print(table)


def _who_pays(opening: Result, closing: Result, options: argparse.Namespace) -> int:
    """Print the matrices of every year."""
    if not opening.who_pays(closing):
        what = "the runs have neither Year of Care budgets nor options"
        raise BadInput([Problem("--who-pays", what, "who pays and who gains is read from them", "Compare places that have one of them")])
    console().print(f"From {options.opening} to {options.closing}: who pays (minus) and who gains, £", markup=False)
    _print_matrices(opening, closing, every=True)
    _print_idle(opening, closing)
    return GOOD


def _print_matrices(opening: Result, closing: Result, every: bool) -> None:
    """Print who pays and who gains: in every year, or in the one in which most money moves."""
    from capmodel.assumptions.years import year_label

    for kind, matrix in opening.who_pays(closing).items():
        if not matrix.moves:
            if every:
                console().print(f"\n{MATRICES[kind]}: nothing moves between the runs", markup=False)
            continue
        years = matrix.years if every else (matrix.years[-1] if kind == RECURRENT else matrix.largest,)
        for year in years:
            note = "" if every else "; --who-pays prints every year"
            console().print(f"\n{MATRICES[kind]}, {year_label(year)}, £ (minus pays){note}", markup=False)
            _print_matrix(opening, matrix, year)


def _print_matrix(run: Result, matrix: Matrix, year: int) -> None:
    """One matrix: parties down, settings across, totals of both; rows and columns in which nothing moves are left out."""
    from rich.table import Table

    frame = matrix.of_year(year)
    moving = frame.abs() >= HALF_A_PENNY
    rows = [name for name in frame.index if name == ALL or moving.loc[name].any()]
    columns = [name for name in frame.columns if name == ALL or moving[name].any()]
    labels = {ALL: ALL, COST: "Cost of the options"}
    table = Table(box=None, pad_edge=False)
    table.add_column("Party")
    for name in columns:
        table.add_column(labels.get(name) or run.place.label(name), justify="right")
    for name in rows:
        # Adding zero to what is rounded turns minus zero into zero.
        table.add_row(labels.get(name) or run.place.label(name), *(f"{round(frame.loc[name, each], 2) + 0.0:,.2f}" for each in columns))
    console().print(table)


def _restate(opening: Result, closing: Result, options: argparse.Namespace) -> int:
    from capmodel.assumptions.step import CONTRACT
    from capmodel.assumptions.years import year_label

    for run in (opening, closing):
        run.place.need(CONTRACT)
    parties = [entry.id for entry in opening.place.pack.dimensions["party"]]
    if options.statement not in parties:
        what = f"there is no party {options.statement!r}"
        raise BadInput([Problem("--statement", what, "the place does not define it", nearest(options.statement, parties))])
    years = opening.place.pack.years
    lines = opening.chain.by_name["settlement"].lines
    console().print(
        f"{opening.place.label(options.statement)}: restatement from {options.opening} to {options.closing}, £; minus is a loss or a payment",
        markup=False,
    )
    causes, moving = dict[str, None](), set[str]()
    for name in STATEMENT:
        bridges = [opening.bridge(closing, f"settlement.{name}[{options.statement},{year}]") for year in years]
        console().print(f"\n{lines[name].label}", markup=False)
        _print(bridges, [year_label(year) for year in years])
        moving |= {label for bridge in bridges for label, effect in bridge.causes if effect}
        causes |= dict.fromkeys(label for label, _ in bridges[0].causes)
    still = [label for label in causes if label not in moving]
    if still:
        console().print(f"\nWithout effect on this statement: {', '.join(still)}", markup=False, soft_wrap=True)
    _print_idle(opening, closing)
    return GOOD


def _print_idle(opening: Result, closing: Result) -> None:
    """Print the figures that differ and move nothing in either run."""
    for name, why in opening.idle_between(closing).items():
        text = f"NO EFFECT: {name} differs and moves no money and no check of either run: {why}"
        console().print(text, markup=False, soft_wrap=True)


def _print(bridges: list[Bridge], headings: list[str]) -> None:
    """Bridges side by side: the opening, each cause alone, the interaction, the closing."""
    from rich.table import Table

    table = Table(box=None, pad_edge=False)
    table.add_column("")
    for heading in headings:
        table.add_column(heading, justify="right")

    def row(label: str, values: list[float]) -> None:
        table.add_row(
            label, *(f"{value:,.2f}" if each.unit == "GBP" else f"{value:,.6g}" for each, value in zip(bridges, values, strict=True))
        )

    row("Opening", [each.opening for each in bridges])
    for i, (label, _) in enumerate(bridges[0].causes):
        effects = [each.causes[i][1] for each in bridges]
        # A statement is long: causes that move nothing on it are left out.
        if len(bridges) == 1 or any(effects):
            row(f"  {label}, alone", effects)
    row(f"  {TOGETHER}", [each.interaction for each in bridges])
    row("Closing", [each.closing for each in bridges])
    console().print(table)


def _most_changed(opening: Result, closing: Result) -> str:
    """The headline figure, the pool where there is one, in the year in which it changes most; without any, that of a step beside the chain."""
    from capmodel.workbook.pages.steps_beside import PAGES

    beside = (node for page in PAGES if opening.chain.has(page.step) for node in page.headlines)
    table, name = next(node for node in (*HEADLINES, *beside) if node[0] in opening.chain.by_name)
    before, after = opening.column(table, name), closing.column(table, name)
    key = max(before, key=lambda key: abs(after.get(key, 0.0) - before[key]))
    return f"{table}.{name}{'[' + ','.join(key) + ']' if key else ''}"


def _run(text: str) -> Result:
    from capmodel import model
    from capmodel.assumptions.scaffold import known_place

    name, _, scenario = text.partition("@")
    try:
        return model.load(known_place(name)).run(scenario or "base")
    except BadInput as error:
        raise BadInput([problem._replace(where=text) if problem.where == "--scenario" else problem for problem in error.problems]) from None
