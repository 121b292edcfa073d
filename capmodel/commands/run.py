"""The command run: works a place out and writes its workbook and record."""

from __future__ import annotations

import argparse
from pathlib import Path

from capmodel.commands.arguments import FAILED, GOOD, add_limits, add_place, add_solver, place_and_changes, stem_of
from capmodel.console import console


def declare(parser: argparse.ArgumentParser) -> None:
    """Declare what the command does, its arguments and what runs it."""
    parser.description = "Work out the whole chain for a place; write PLACE.xlsx (the open book) and PLACE.json (headline figures, checks, manifest), and print a summary. A scenario or changed figures are part of the file's name."
    add_place(parser)
    parser.add_argument(
        "--out", type=Path, default=Path("workbooks"), metavar="DIR", help="folder for the workbook and the record (default: workbooks)"
    )
    add_solver(parser)
    add_limits(parser, "all that is asked of the solver")
    parser.set_defaults(command=run_run, writes=True)


def run_run(options: argparse.Namespace) -> int:
    """Work the place out, write both files or none, and print the summary."""
    from capmodel.assumptions.load import raise_if_any
    from capmodel.errors import Problem, gathered
    from capmodel.files import all_or_none
    from capmodel.place.run import check_limits
    from capmodel.reports.run_record import write_record
    from capmodel.reports.summary import print_summary
    from capmodel.workbook.sheets import write_workbook

    problems: list[Problem] = []
    with gathered(problems):
        place, changes = place_and_changes(options)
    check_limits(options.near, options.time_limit, problems)
    raise_if_any(problems)
    stem = stem_of(place.pack.id, options.scenario, changes)
    book = options.out / f"{stem}.xlsx"
    with all_or_none():
        result = write_workbook(
            place.run(options.scenario, changes, options.solver, near_share=options.near, time_limit_s=options.time_limit), book
        )
        record = write_record(result, options.out / f"{stem}.json")
    print_summary(console(), result, book, record)
    return GOOD if result.passed else FAILED
