"""The command `capmodel simulate`: what each party may gain or lose under the uncertainties that a place declares."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import TYPE_CHECKING

from capmodel.commands.arguments import FAILED, GOOD, add_place, place_and_changes, stem_of, whole
from capmodel.console import console, progress_bar

if TYPE_CHECKING:
    from capmodel.uncertainty.simulate import Simulation


def declare(parser: argparse.ArgumentParser) -> None:
    """Declare what the command does, its arguments and what runs it."""
    parser.description = "Draw what the place's risk.yaml declares, settle every draw by the contract, and write PLACE-risk.json and PLACE-risk.csv: mean, probability of loss, 5% and 95%, expected shortfall, reserve needed and the part of chance, by party and year. With --workbook the open book too, with a sheet of the risk. A scenario or changed figures are part of the files' names."
    add_place(parser)
    parser.add_argument("--draws", type=whole, default=10_000, metavar="N", help="how many draws (default: 10000)")
    parser.add_argument("--seed", type=whole, default=1, metavar="S", help="another seed draws others (default: 1)")
    parser.add_argument("--sobol", action="store_true", help="scrambled Sobol points instead of pseudo-random draws; needs scipy")
    parser.add_argument(
        "--workbook", action="store_true", help="write PLACE-risk.xlsx as well: the open book of the place with this risk in it"
    )
    parser.add_argument("--out", type=Path, default=Path("workbooks"), metavar="DIR", help="folder for the files (default: workbooks)")
    parser.set_defaults(command=run_simulate, writes=True)


def run_simulate(options: argparse.Namespace) -> int:
    """Simulate, write, and show each party in total."""
    from capmodel.files import all_or_none, write_tables
    from capmodel.place.no_effect import said, said_of_scenario
    from capmodel.reports.risk_record import risk_record, risk_table
    from capmodel.uncertainty.pool_draws import refuse_workbook, simulate_place

    place, changes = place_and_changes(options)
    if options.workbook:
        refuse_workbook(place)
    with progress_bar() as progress:
        found = simulate_place(place, options.draws, options.seed, options.scenario, changes, options.sobol, progress)
    stem = stem_of(found.provenance.place, options.scenario, changes)
    agrees = True
    with all_or_none():
        written = [options.out / f"{stem}-risk.json", options.out / f"{stem}-risk.csv"]
        write_tables({written[1]: risk_table(found)}, {written[0]: risk_record(found)})
        if options.workbook:
            from capmodel.workbook.sheets import write_workbook

            written.append(options.out / f"{stem}-risk.xlsx")
            made = write_workbook(place.run(options.scenario, changes), written[-1], found)
            agrees = made.recalculation is None or made.recalculation.passed
    show(found)
    for text in [*said(changes, found.idle), *said_of_scenario(options.scenario, found.idle_in_scenario)]:
        console().print(text, markup=False, soft_wrap=True)
    console().print(f"Written: {', '.join(map(str, written))}", markup=False)
    if not agrees:
        console().print(
            "[red]CHECK[/red] An independent recalculation disagrees with the workbook; see its sheet Certificate", soft_wrap=True
        )
    return GOOD if found.passed and agrees else FAILED


def show(found: Simulation) -> None:
    """Print each party's total over the years, and how far to trust it."""
    from rich.table import Table

    from capmodel.uncertainty.simulate import Simulation

    made, window = found.provenance, console()
    window.print(f"{made.title}, scenario {made.scenario}: {made.draws:,} {made.method} draws, seed {made.seed}", markup=False)
    if made.actual_cost:
        window.print(f"Actual cost: {made.actual_cost}", markup=False)
    # A pool is of thousands where a contract is of millions, and nothing of it is by chance alone.
    by_chance = any(each.false_positive_gain is not None for each in found.measures if each.party in found.parties)
    in_millions = found.what == Simulation.what
    size, unit = (1e6, "£ million") if in_millions else (1e3, "£ thousand")
    window.print(f"{found.what} over {found.years[0]} to {found.years[-1]}, {unit}; minus is a loss", markup=False)
    table = Table(box=None, pad_edge=False)
    table.add_column("")
    chanced = ("False gain", "False loss") if by_chance or in_millions else ()
    for heading in ("Central", "Mean", "P(loss)", "5%", "95%", "Shortfall", "Reserve", *chanced):
        table.add_column(heading, justify="right")
    labels = {**found.parties, "system": "All together"}
    for each in found.measures:
        if each.year is None:
            money = [each.central_gbp, each.mean_gbp, each.low_gbp, each.high_gbp, each.shortfall_gbp, each.reserve_gbp]
            amounts = [f"{figure / size:,.1f}" for figure in money]
            likely = [_likeliest(found, each.party, name) for name in ("false_positive_gain", "false_positive_loss")] if chanced else []
            table.add_row(labels[each.party], *amounts[:2], f"{each.loss_probability:.1%}", *amounts[2:], *likely)
    window.print(table)
    if chanced:
        window.print(
            "By chance alone: the highest probability of any year that a share is paid or lost where nothing is saved and only chance varies"
        )
    window.print(found.convergence, markup=False)
    if not found.passed:
        window.print(f"FAIL: positions and variance differ by up to £{found.largest_gap_gbp:,.2f}")


def _likeliest(found: Simulation, party: str, name: str) -> str:
    figures = [getattr(each, name) for each in found.measures if each.party == party and getattr(each, name) is not None]
    return f"{max(figures):.2%}" if figures else "not known"
