"""Data engines: where a person-level extract is read and added up. One file each; the same SQL text runs on all of them.

An engine module has `available()` and `open_session(...)`. The SQL is written once, in the dialect that the engines share
(standard SQL with double-quoted names); a session supplies the few expressions that are spelt differently. Only
aggregates come back: no query of this package asks for a person.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any, Protocol

#: The memory an engine may take unless another size is given.
MEMORY = "1200MB"
#: What a column of an extract can be.
TEXT, WHOLE, NUMBER, FLAG, DATE, OTHER = "text", "whole", "number", "flag", "date", "other"


class Session(Protocol):
    """An open engine, with the extract's files as views."""

    def register(self, view: str, path: Path, delimiter: str) -> dict[str, str]:
        """Make a file, or a folder of files, a view; the kind of each of its columns.

        Raises:
            BadInput: there is no such file, it cannot be read, or the files of the folder differ in their columns.
        """

    def define(self, view: str, sql: str, keep: bool = False) -> None:
        """Give a query a name; with `keep`, work it out once and hold the result in the engine."""

    def query(self, sql: str) -> list[tuple[Any, ...]]:
        """The rows of a query, whole numbers exact."""

    def first_rows(self, view: str, condition: str, count: int) -> list[str]:
        """The first rows of registered files that meet a condition, by number from 1 and file; empty where an engine keeps no order."""

    def percentiles(self, column: str, shares: Sequence[float]) -> str:
        """An expression for a list of exact percentiles: the smallest value with at least that share at or below it."""

    def wide(self, expression: str) -> str:
        """An expression whose sum may exceed 64 bits."""

    def day_of(self, moment: str) -> str:
        """An expression for the day in London of a text such as 2025-03-31 23:30:00+00:00, or NULL where it is no moment."""

    def without(self, text: str, pattern: str) -> str:
        """An expression for a text without any of the matches of a pattern."""

    def pseudonym(self, column: str, salt: str) -> str:
        """An expression for a salted hash of a text column."""

    def fingerprint(self, columns: Sequence[str]) -> str:
        """An expression for a 64-bit hash of some columns: equal where they are equal."""

    def close(self) -> None:
        """Let go of files and memory."""
