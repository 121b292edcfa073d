"""Keeps a solver from printing, for every part of the model that asks one."""

from __future__ import annotations

import os
from functools import cache
from threading import Lock
from typing import Any

_ALONE = Lock()


def silence_highs() -> None:
    """From version 1.16 the first HiGHS of a process prints its name on standard output, before it can be silenced."""
    with _ALONE:
        _silence()


@cache
def _silence() -> None:
    from highspy import Highs

    make: Any = Highs
    try:
        kept = os.dup(1)
    except OSError:  # standard output is closed
        return
    nowhere = os.open(os.devnull, os.O_WRONLY)
    try:
        os.dup2(nowhere, 1)
        make()
    finally:
        os.dup2(kept, 1)
        os.close(kept)
        os.close(nowhere)
