"""The command line: it parses and hands over to `commands`, a file a command.

Exit codes: 0 all is well, 1 a check failed or a workbook disagrees, 2 the input is bad (one report, nothing written).
Only the command that is asked for is imported, and what runs it only after its arguments are read, so that `capmodel --help` is instant.
"""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Sequence
from importlib import import_module

from capmodel.version import __version__

#: In the order in which they are listed: the file of `commands`, and its line in the main help.
COMMANDS = {
    "run": "work out a place and write its workbook and record",
    "explain": "show the tree behind a figure, down to its sources",
    "compare": "bridge from one run to another: each cause alone, then the interaction",
    "verify": "say what was changed in a workbook that came back, and whether its figures are right",
    "returned": "say what the other side changed in a workbook, and what each change is worth to each party",
    "persons": "make a synthetic person-level extract of a place",
    "segment": "turn a person-level extract into segment spend, with a data-quality report",
    "fit": "work need by segment out on a person-level extract, beside need by present spend",
    "allocate": "an allocation rule over many bodies at once, every step a column",
    "settle": "a contract over many parties or years at once, every step a column",
    "pool": "a pooled budget or a performance pot: who bears an overspend, what each quarter pays",
    "simulate": "the distribution of each party's position under declared uncertainties",
    "negotiate": "vary the terms of a contract and show which leave every party no worse off",
    "optimise": "choose the reinvestment options and test every one of them",
    "packs": "list and check every pack",
    "catalogue": "list the mechanisms, schemes, rules, contracts and solvers that come with capmodel",
    "new": "start a new place: a copy of the example, or blank with the steps you name",
}

#: The width of the text where neither COLUMNS nor a window says.
PLAIN_WIDTH = 80


class Help(argparse.HelpFormatter):
    """Help as wide as the window; argparse would import the archive formats of `shutil` to find that width."""

    def __init__(self, prog: str) -> None:
        super().__init__(prog, width=columns() - 2)


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command and return its exit code; a bad input is reported, never a traceback."""
    options = _parser(sys.argv[1:] if arguments is None else arguments).parse_args(arguments)
    from capmodel.commands.carry_out import carry_out

    return carry_out(options)


def columns() -> int:
    """How many characters a line of help may have: COLUMNS, or else the width of the window."""
    set_width = os.environ.get("COLUMNS", "")
    if set_width.isdecimal() and int(set_width):
        return int(set_width)
    try:
        return os.get_terminal_size(sys.__stdout__.fileno()).columns or PLAIN_WIDTH  # type: ignore[union-attr]
    except (AttributeError, ValueError, OSError):
        return PLAIN_WIDTH


def _parser(arguments: Sequence[str]) -> argparse.ArgumentParser:
    """The parser of the main help, and of the arguments of the command that is asked for."""
    parser = argparse.ArgumentParser(
        prog="capmodel",
        description="Capitation, Year of Care budgets, alliance settlement and reinvestment options, as an open-book workbook.",
        epilog="Exit codes: 0 all is well, 1 a check failed, 2 bad input.",
        formatter_class=Help,
    )
    parser.add_argument("--version", action="version", version=f"capmodel {__version__}")
    commands = parser.add_subparsers(title="commands", required=True, metavar="COMMAND")
    # No option before the command takes a value, so the first word is the command.
    asked_for = next((word for word in arguments if not word.startswith("-")), None)
    for name, line in COMMANDS.items():
        command = commands.add_parser(name, help=line, formatter_class=Help)
        if name == asked_for:
            import_module(f"capmodel.commands.{name}").declare(command)
    return parser


if __name__ == "__main__":
    sys.exit(main())
