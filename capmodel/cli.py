"""The command line: run and explain; packs and new are in `pack_commands`, persons and segment in `person_commands`, fit in `fit_command`, allocate in `allocate_command`, simulate in `simulate_command`, settle in `settle_command`, pool in `pool_command`, negotiate in `negotiate_command`, compare in `compare_command`, verify in `verify_command`. It only parses, calls and prints.

Exit codes: 0 all is well, 1 a check failed or a workbook disagrees, 2 the input is bad (one report, nothing written).
Everything heavy is imported when a command needs it, so that `capmodel --help` is instant.
"""

from __future__ import annotations

import argparse
import signal
import sys
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from capmodel.commands.allocate import add_command as add_allocate
from capmodel.commands.allocate import run_allocate
from capmodel.commands.arguments import add_place, place_and_changes, stem_of
from capmodel.commands.compare import add_command as add_compare
from capmodel.commands.explain import add_command as add_explain
from capmodel.commands.fit import add_command as add_fit
from capmodel.commands.fit import run_fit
from capmodel.commands.negotiate import add_command as add_negotiate
from capmodel.commands.negotiate import run_negotiate
from capmodel.commands.packs import add_commands as add_packs
from capmodel.commands.packs import make_place
from capmodel.commands.persons import add_commands, make_persons, make_segments
from capmodel.commands.pool import add_command as add_pool
from capmodel.commands.pool import run_pool
from capmodel.commands.settle import add_command as add_settle
from capmodel.commands.settle import run_settle
from capmodel.commands.simulate import add_command as add_simulate
from capmodel.commands.simulate import run_simulate
from capmodel.commands.verify import add_command as add_verify
from capmodel.console import console
from capmodel.errors import BadInput, CapmodelError, counted
from capmodel.version import __version__

GOOD, FAILED, BAD_INPUT, STOPPED = 0, 1, 2, 130


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command and return its exit code; a bad input is reported, never a traceback."""
    options = _parser().parse_args(arguments)
    try:
        with _stopped_cleanly():
            code: int = options.command(options)
        return code
    except KeyboardInterrupt:
        print("Stopped. What was written before is as it was.", file=sys.stderr)  # noqa: T201
        return STOPPED
    except BadInput as error:
        print(f"{_unwritten(options)}{counted(error.problems)} found:", file=sys.stderr)  # noqa: T201
        for problem in error.problems:
            print(f"  {problem}", file=sys.stderr)  # noqa: T201
        return BAD_INPUT
    except CapmodelError as error:
        print(f"{_unwritten(options)}{error}", file=sys.stderr)  # noqa: T201
        return BAD_INPUT
    except OSError as error:
        where = f"{error.filename}: " if error.filename else ""
        print(f"{where}{error.strerror or error}; the system refused it. Correct the name, or free some space", file=sys.stderr)  # noqa: T201
        return BAD_INPUT


@contextmanager
def _stopped_cleanly() -> Iterator[None]:
    """A request to end is taken as being stopped at the keyboard, so that what was begun is tidied away."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return

    def stop(*_: object) -> None:
        raise KeyboardInterrupt

    before = signal.signal(signal.SIGTERM, stop)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)


def _unwritten(options: argparse.Namespace) -> str:
    return (
        "Nothing was written. "
        if options.command
        in (_run, make_place, make_persons, make_segments, run_fit, run_allocate, run_settle, run_pool, run_simulate, run_negotiate)
        else ""
    )


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="capmodel",
        description="Capitation, Year of Care budgets, alliance settlement and reinvestment options, as an open-book workbook.",
        epilog="Exit codes: 0 all is well, 1 a check failed, 2 bad input.",
    )
    parser.add_argument("--version", action="version", version=f"capmodel {__version__}")
    commands = parser.add_subparsers(title="commands", required=True, metavar="COMMAND")

    run = commands.add_parser(
        "run",
        help="work out a place and write its workbook and record",
        description="Work out the whole chain for a place; write PLACE.xlsx (the open book) and PLACE.json (headline figures, checks, manifest), and print a summary. A scenario or changed figures are part of the file's name.",
    )
    add_place(run)
    run.add_argument(
        "--out", type=Path, default=Path("workbooks"), metavar="DIR", help="folder for the workbook and the record (default: workbooks)"
    )
    run.add_argument("--solver", default="highs", help="solver that chooses options: highs, cbc or enumerate (default: highs)")
    run.set_defaults(command=_run)

    add_explain(commands)
    add_compare(commands)

    add_verify(commands)
    add_commands(commands)
    add_fit(commands)
    add_allocate(commands)
    add_settle(commands)
    add_pool(commands)
    add_simulate(commands)
    add_negotiate(commands)

    add_packs(commands)
    return parser


def _run(options: argparse.Namespace) -> int:
    from capmodel.files import all_or_none
    from capmodel.reports.run_record import write_record
    from capmodel.reports.summary import print_summary
    from capmodel.workbook.sheets import write_workbook

    place, changes = place_and_changes(options)
    stem = stem_of(place.pack.id, options.scenario, changes)
    book = options.out / f"{stem}.xlsx"
    with all_or_none():
        result = write_workbook(place.run(options.scenario, changes, options.solver), book)
        record = write_record(result, options.out / f"{stem}.json")
    print_summary(console(), result, book, record)
    return GOOD if result.passed else FAILED


if __name__ == "__main__":
    sys.exit(main())
