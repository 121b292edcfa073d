"""The command line: it parses and hands over to `commands`, a file a command.

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

from capmodel.commands import (
    allocate,
    catalogue,
    compare,
    explain,
    fit,
    negotiate,
    new,
    packs,
    persons,
    pool,
    run,
    segment,
    settle,
    simulate,
    verify,
)
from capmodel.commands.arguments import BAD_INPUT, STOPPED
from capmodel.errors import BadInput, CapmodelError, counted
from capmodel.version import __version__

#: In the order in which they are listed.
COMMANDS = (run, explain, compare, verify, persons, segment, fit, allocate, settle, pool, simulate, negotiate, packs, catalogue, new)


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
    return "Nothing was written. " if options.writes else ""


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="capmodel",
        description="Capitation, Year of Care budgets, alliance settlement and reinvestment options, as an open-book workbook.",
        epilog="Exit codes: 0 all is well, 1 a check failed, 2 bad input.",
    )
    parser.add_argument("--version", action="version", version=f"capmodel {__version__}")
    commands = parser.add_subparsers(title="commands", required=True, metavar="COMMAND")

    for each in COMMANDS:
        each.add_command(commands)
    return parser


if __name__ == "__main__":
    sys.exit(main())
