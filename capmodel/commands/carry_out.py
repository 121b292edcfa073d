"""Runs the command that was parsed, and reports bad input on standard error; a stop leaves nothing half written."""

from __future__ import annotations

import argparse
import signal
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager

from capmodel.commands.arguments import BAD_INPUT, STOPPED
from capmodel.errors import BadInput, CapmodelError, counted


def carry_out(options: argparse.Namespace) -> int:
    """Run the command and return its exit code; a bad input is reported, never a traceback."""
    try:
        with _stopped_cleanly():
            code: int = options.command(options)
        return code
    except KeyboardInterrupt:
        _report("Stopped. What was written before is as it was.")
        return STOPPED
    except BadInput as error:
        _report(f"{_unwritten(options)}{counted(error.problems)} found:", *(f"  {problem}" for problem in error.problems))
        return BAD_INPUT
    except CapmodelError as error:
        _report(f"{_unwritten(options)}{error}")
        return BAD_INPUT
    except OSError as error:
        where = f"{error.filename}: " if error.filename else ""
        _report(f"{where}{error.strerror or error}; the system refused it. Correct the name, or free some space")
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


def _report(*lines: str) -> None:
    for line in lines:
        print(line, file=sys.stderr)  # noqa: T201


def _unwritten(options: argparse.Namespace) -> str:
    return "Nothing was written. " if options.writes else ""
