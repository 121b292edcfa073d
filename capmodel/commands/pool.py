"""The command `capmodel pool`: a pooled budget or a performance pot from its file to a statement, and to a table of every step.

It only parses, calls, writes and prints; agreements are read and worked out in `capmodel.care_budgets.pooled`.
"""

from __future__ import annotations

import argparse
from pathlib import Path

from capmodel.commands.arguments import FAILED, GOOD
from capmodel.console import console


def declare(parser: argparse.ArgumentParser) -> None:
    """Declare what the command does, its arguments and what runs it."""
    parser.description = "Work out the agreement of a pooled budget (what meets an overspend, each partner's share and cash) or of a performance pot (each quarter's payment, in both readings), whichever the file holds, and print it in words and pounds. Exit code 1 if a check fails."
    parser.add_argument("agreement", type=Path, metavar="FILE.yaml", help="the agreement: partners and lines, or planned and actual falls")
    parser.add_argument("--out", type=Path, metavar="OUT.csv", help="also write every step as a row of a table")
    parser.set_defaults(command=run_pool, writes=True)


def run_pool(options: argparse.Namespace) -> int:
    """Work the agreement out, print its statement and write its steps."""
    from capmodel.care_budgets.pooled.statement import work_out
    from capmodel.files import check_outputs, check_table, write_tables

    if options.out is not None:
        check_table(options.out)
        check_outputs([options.out], [options.agreement])
    done = work_out(options.agreement)
    if options.out is not None:
        write_tables({options.out: done.table()})
    window = console()
    for text in done.statement():
        window.print(text, markup=False, soft_wrap=True)
    failed = done.failed()
    for text in failed:
        window.print(f"CHECK FAILED: {text}", markup=False, soft_wrap=True)
    if not failed:
        window.print("Checks: all hold", markup=False)
    if options.out is not None:
        window.print(f"Written: {options.out}", markup=False)
    return FAILED if failed else GOOD
