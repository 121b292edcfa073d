"""The command `capmodel optimise`: the best plan of a place, and what every reinvestment option does, to whom, when and how surely."""

from __future__ import annotations

import argparse
from pathlib import Path

from capmodel.commands.arguments import FAILED, GOOD, add_place, add_solver, place_and_changes, stem_of
from capmodel.console import console, progress_bar


def declare(parser: argparse.ArgumentParser) -> None:
    """Declare what the command does, its arguments and what runs it."""
    parser.description = "Choose the options of a place and test every one of them: alone, in the best plan with it left out or forced in, by party, its payback and peak funding, with its effects halved, in the other scenarios, and where an assumption changes the answer. Writes PLACE-options.xlsx, the open book with the tests in it, PLACE-options.json and three tables, PLACE-options.csv, PLACE-options-parties.csv and PLACE-options-switching.csv. A scenario or changed figures are part of the files' names."
    add_place(parser)
    add_solver(parser)
    parser.add_argument("--out", type=Path, default=Path("workbooks"), metavar="DIR", help="folder for the files (default: workbooks)")
    parser.set_defaults(command=run_optimise, writes=True)


def run_optimise(options: argparse.Namespace) -> int:
    """Choose, test, write all files or none, and print the tables."""
    from capmodel.files import all_or_none, write_tables
    from capmodel.place.optimise import optimise_place
    from capmodel.reports.optimise import print_tests
    from capmodel.reports.option_record import option_record, option_tables
    from capmodel.workbook.sheets import write_workbook

    place, changes = place_and_changes(options)
    with progress_bar() as progress:
        found = optimise_place(place, options.scenario, changes, options.solver, progress)
    stem = stem_of(place.pack.id, options.scenario, changes)
    book, record = (options.out / f"{stem}-options.{ending}" for ending in ("xlsx", "json"))
    tables = {options.out / f"{stem}-{name}.csv": rows for name, rows in option_tables(found).items()}
    with all_or_none():
        made = write_workbook(found.result, book, optimised=found)
        write_tables(tables, {record: option_record(found)})
    print_tests(console(), found)
    console().print(f"\nWritten: {', '.join(map(str, (book, record, *tables)))}", markup=False)
    return GOOD if made.passed else FAILED
