"""Every error a user can meet, in one tree; anyone may import this leaf.

    CapmodelError
      BadInput     a file, a figure or a command argument is wrong: every problem found, in one report (exit code 2)
      RuleError    a calculation is written in a way that cannot be traced, placed or ordered (a developer's error)
      NoPlan       the optimiser found no plan that keeps every constraint

A message says where, what, why and what to do. This module only shapes messages; it finds no problem itself.
"""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass


class CapmodelError(Exception):
    """Any error this package raises on purpose."""


class RuleError(CapmodelError):
    """A calculation cannot be traced, ordered or placed; the message names the idiom to use."""


class NoPlan(CapmodelError):
    """No choice of options keeps every constraint, or the solver proved nothing in its time."""


@dataclass(frozen=True)
class Problem:
    """One thing wrong in the input: where it stands, what it is, why it is wrong, what to do about it."""

    where: str
    what: str
    why: str
    remedy: str

    def __str__(self) -> str:
        # A remedy that asks ends as a question does.
        return f"{self.where}: {self.what}; {self.why}. {self.remedy}{'?' if self.remedy.startswith('Did you mean ') else '.'}"


def counted(problems: Sequence[Problem]) -> str:
    """How many problems there are, in words.

    >>> counted([Problem("a.csv", "x", "y", "z")])
    '1 problem'
    """
    return f"{len(problems)} problem{'' if len(problems) == 1 else 's'}"


def problem_of(where: str, error: ValueError) -> Problem:
    """A problem from an error whose text says what, why and what to do.

    >>> str(problem_of("a.yaml", ValueError("2027/29 is no financial year; one runs into the next. Write 2027/28")))
    'a.yaml: 2027/29 is no financial year; one runs into the next. Write 2027/28.'
    """
    what, _, rest = str(error).partition("; ")
    why, _, remedy = rest.partition(". ")
    return Problem(where, what, why or "it cannot be used", (remedy or "Correct it").rstrip("."))


class BadInput(CapmodelError):
    """One or more problems in the input, all of them in one report."""

    def __init__(self, problems: Sequence[Problem]) -> None:
        self.problems = tuple(problems)
        super().__init__("\n".join(str(problem) for problem in self.problems))


@contextmanager
def gathered(problems: list[Problem]) -> Iterator[None]:
    """Add the problems that end a block to others, so that one report holds all of them.

    >>> found = []
    >>> with gathered(found):
    ...     raise BadInput([Problem("a.csv", "it is empty", "nobody is in it", "Export it again")])
    >>> len(found)
    1
    """
    try:
        yield
    except BadInput as error:
        problems += error.problems


#: So many names are listed whole; of more, the first few.
LISTED, FIRST = 24, 8


def nearest(name: str, valid: Iterable[str], all_of_them: str = "") -> str:
    """Say which valid names are closest to a wrong one, or list them; of many, a few, how many more, and where all are listed.

    Args:
        name: the wrong name.
        valid: the names there are.
        all_of_them: the command, or the file, that gives all.

    >>> nearest("price_uplft_share", ["price_uplift_share", "efficiency_share"])
    'Did you mean price_uplift_share'
    >>> nearest("x", map(str, range(100)), "table.csv")
    'Use one of: 0, 1, 10, 11, 12, 13, 14, 15, and 92 more; table.csv gives all'
    """
    known = sorted(set(valid))
    close = difflib.get_close_matches(name, known, n=3, cutoff=0.6)
    if close:
        return f"Did you mean {' or '.join(close)}"
    if not known:
        return "There are none to choose from"
    if len(known) <= LISTED:
        return f"Use one of: {', '.join(known)}"
    return f"Use one of: {', '.join(known[:FIRST])}, and {len(known) - FIRST} more{f'; {all_of_them} gives all' if all_of_them else ''}"


def a_or_an(noun: str) -> str:
    """A noun with its article.

    >>> a_or_an("age band"), a_or_an("setting")
    ('an age band', 'a setting')
    """
    return f"{'an' if noun[:1] in tuple('aeiou') else 'a'} {noun}"
