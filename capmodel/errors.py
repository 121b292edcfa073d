"""Every error a user can meet, in one tree; anyone may import this leaf.

    CapmodelError
      BadInput     a file, a figure or a command argument is wrong: every problem found, in one report (exit code 2)
      RuleError    a calculation is written in a way that cannot be traced, placed or ordered (a developer's error)
      NoPlan       the optimiser found no plan that keeps every constraint

A message says where, what, why and what to do. This module only shapes messages; it finds no problem itself.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from functools import partial
from typing import NamedTuple

#: So many lines of a file that have one problem are named; of more, how many.
MOST_LINES = 12
#: What is too long to be shown: figures and words without a blank or a separator of paths.
_LONG = re.compile(r"[^\s/\\'\",;]{121,}")
_LINE = re.compile(r"(.+), line ([0-9]+)")


class CapmodelError(Exception):
    """Any error this package raises on purpose."""


class RuleError(CapmodelError):
    """A calculation cannot be traced, ordered or placed; the message names the idiom to use."""


class NoPlan(CapmodelError):
    """No choice of options keeps every constraint, or the solver proved nothing in its time."""


class Problem(NamedTuple):
    """One thing wrong in the input: where it is, what it is, why it is wrong, what to do about it; `also` says where else it is."""

    where: str
    what: str
    why: str
    remedy: str
    also: tuple[str, ...] = ()

    def __str__(self) -> str:
        # A remedy that asks ends as a question does.
        end = "?" if self.remedy.startswith("Did you mean ") and "?" not in self.remedy else "."
        return _cut(f"{_places([self.where, *self.also])}: {self.what}; {self.why}. {self.remedy}{end}")


def _cut(text: str) -> str:
    """A message without the middle of a figure, or of a quoted text, that would fill the screen.

    >>> _cut(f"a is {'9' * 5000}; no place has so much")
    'a is 99999999999999999999... (5,000 characters); no place has so much'
    """
    return _LONG.sub(lambda found: f"{found[0][:20]}... ({len(found[0]):,} characters)", text)


def _places(where: Sequence[str]) -> str:
    """Several places as a reader lists them, the lines of a file together.

    >>> _places(["a.csv, line 3"]), _places(["a.csv, line 3", "a.csv, line 5", "b.yaml, line 2"])
    ('a.csv, line 3', 'a.csv, line 3 and line 5; b.yaml, line 2')
    """
    lines: dict[str, list[str]] = {}
    for place in where:
        found = _LINE.fullmatch(place)
        lines.setdefault(found[1] if found else place, []).extend([found[2]] if found else [])
    return "; ".join(file + _lines(numbers) for file, numbers in lines.items())


def _lines(numbers: Sequence[str]) -> str:
    rest = len(numbers) - MOST_LINES
    # Each with its word, so that a line can be searched for as other messages name it.
    shown = [f"line {number}" for number in numbers[:MOST_LINES]] + ([f"{rest:,} more lines"] if rest > 0 else [])
    return f", {listed(shown)}" if numbers else ""


def listed(names: Sequence[str]) -> str:
    """Names in a sentence.

    >>> listed(["a", "b", "c"]), listed(["a"])
    ('a, b and c', 'a')
    """
    return " and ".join(part for part in (", ".join(names[:-1]), *names[-1:]) if part)


def merged(problems: Iterable[Problem]) -> list[Problem]:
    """Problems in their order, those that say the same of several places as one that names the places.

    >>> [str(each) for each in merged([Problem("a", "x", "y", "z"), Problem("b", "x", "y", "z"), Problem("b", "x", "y", "z")])]
    ['a; b: x; y. z.']
    """
    found: dict[tuple[str, str, str], Problem] = {}
    for problem in _entered_once([*problems]):
        said = (problem.what, problem.why, problem.remedy)
        first = found.setdefault(said, problem)
        if first is not problem:
            places = dict.fromkeys((first.where, *first.also, problem.where, *problem.also))
            found[said] = first._replace(also=tuple(places)[1:])
    return list(found.values())


#: Why a blank cell of a form is refused.
UNENTERED = "a blank is a missing figure, never zero"


def unentered(file: str, count: int) -> Problem:
    """So many figures of a file that are still to be entered; a report says it of all files at once.

    >>> str(merged([unentered("tables/a_gbp.csv", 2), unentered("contract.yaml", 1), unentered("tables/a_gbp.csv", 1)])[0])
    'files of the place: 4 figures are still to be entered (tables/a_gbp.csv 3, contract.yaml 1); a blank is a missing figure, never zero. Enter each with its status and source.'
    """
    return Problem(file, str(count), UNENTERED, "")


def _entered_once(problems: list[Problem]) -> Iterator[Problem]:
    """Problems with what is still to be entered in all files as one, before the others."""
    by_file: dict[str, int] = {}
    for problem in problems:
        if problem.why == UNENTERED and not problem.remedy:
            by_file[problem.where] = by_file.get(problem.where, 0) + int(problem.what)
    count = sum(by_file.values())
    if count:
        files = ", ".join(f"{file} {number:,}" for file, number in by_file.items())
        what = f"{count:,} figure{' is' if count == 1 else 's are'} still to be entered ({files})"
        yield Problem("files of the place", what, UNENTERED, "Enter each with its status and source")
    yield from (problem for problem in problems if problem.why != UNENTERED or problem.remedy)


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
        self.problems = tuple(merged(problems))
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
#: How one code may be written in two ways: what differs, and a pattern of what is left out where it does not count; none for capitals.
SPELLINGS = (
    ("leading zeros", "^0+"),
    ("capital letters", ""),
    ("blanks, hyphens or quotation marks", "[-\u2010\u2013 '\u2019\"`/_\t\u00a0]"),
    ("a decimal point and zeros at the end", "[.]0+$"),
)
#: What differs where a spreadsheet program took a code for a date.
AS_DATE = "being taken for a date"
#: What to do about differences that come of saving codes as numbers.
AS_TEXT = "Save codes as text, so that programs leave them as they are"
_SAVED = ("leading zeros", "a decimal point and zeros at the end", AS_DATE)
#: The months as spreadsheet programs shorten them.
MONTHS = {month: i for i, month in enumerate(["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"], start=1)}


def respelt(codes: Sequence[str], known: Iterable[str]) -> tuple[str, dict[str, str]]:
    """What codes and known codes differ in, where that lets the most find theirs, and the known code of each; nothing where none does.

    >>> respelt(["1", "2", "9"], ["001", "002"])
    ('leading zeros', {'1': '001', '2': '002'})
    >>> respelt(["Oct-14"], ["5-9", "10-14"]), respelt(["7"], ["007", "07"])
    (('being taken for a date', {'Oct-14': '10-14'}), ('', {}))
    """
    there = list(dict.fromkeys(known))
    best: tuple[str, dict[str, str]] = ("", {})
    ways: list[tuple[str, Callable[[str], object]]] = [(name, partial(_without, [pattern])) for name, pattern in SPELLINGS]
    ways += [(together(), partial(_without, [pattern for _, pattern in SPELLINGS])), (AS_DATE, _dated)]
    for name, plain in ways:
        spelt: dict[object, list[str]] = {}
        for each in there:
            spelt.setdefault(_dated(each, any_numbers=True) if name == AS_DATE else plain(each), []).append(each)
        found = {code: spelt[plain(code)] for code in codes if plain(code) is not None and plain(code) in spelt}
        one = {code: alike[0] for code, alike in found.items() if len(alike) == 1}
        best = (name, one) if len(one) > len(best[1]) else best
    return best


def together() -> str:
    """All ways in which spellings may differ, in words."""
    return f"{', '.join(name for name, _ in SPELLINGS[:-1])} and {SPELLINGS[-1][0]} together"


def _without(patterns: Sequence[str], text: str) -> str:
    for pattern in patterns:
        text = re.sub(pattern, "", text) if pattern else text.upper()
    return text


def _dated(text: str, any_numbers: bool = False) -> tuple[int, ...] | None:
    """The month and the other number of a text such as Oct-14 or 2014-10-01, in the order of size; None where it is no month."""
    parts = re.findall(r"[A-Za-z]+|[0-9]+", text)
    if len(parts) == 3 and int(parts[2] if parts[2].isdigit() else 0) == 1 and len(parts[0]) == 4 and parts[0].isdigit():
        parts = parts[:2]
    elif len(parts) != 2 or not (any_numbers or any(part.isalpha() for part in parts)):
        return None
    numbers = [MONTHS.get(part[:3].lower(), 0) if part.isalpha() else int(part) % 100 for part in parts]
    return tuple(sorted(numbers)) if all(numbers) else None


def nearest(name: str, valid: Iterable[str], all_of_them: str = "") -> str:
    """Say which valid names are closest to a wrong one, or list them; of many, a few, how many more, and where all are listed.

    Args:
        name: the wrong name.
        valid: the names there are.
        all_of_them: the command, or the file, that gives all.

    >>> nearest("price_uplft_share", ["price_uplift_share", "efficiency_share"])
    'Did you mean price_uplift_share'
    >>> nearest("1", ["001", "002"])
    'Did you mean 001? It differs by leading zeros only. Save codes as text, so that programs leave them as they are'
    >>> nearest("x", map(str, range(100)), "table.csv")
    'Use one of: 0, 1, 10, 11, 12, 13, 14, 15, and 92 more; table.csv gives all'
    """
    import difflib

    known = sorted(set(valid))
    differs, same = respelt([name], known)
    if same:
        return f"Did you mean {same[name]}" + (f"? It differs by {differs} only. {AS_TEXT}" if differs in _SAVED else "")
    close = difflib.get_close_matches(name, known, n=3, cutoff=0.6)
    if close:
        return f"Did you mean {' or '.join(close)}"
    if not known:
        return "There are none to choose from"
    if len(known) <= LISTED:
        return f"Use one of: {', '.join(known)}"
    return f"Use one of: {', '.join(known[:FIRST])}, and {len(known) - FIRST} more{f'; {all_of_them} gives all' if all_of_them else ''}"


def nearly(name: str, others: Iterable[str]) -> bool:
    """True where one of some wrong names is nearly a name that is missing: what is missing follows from the misspelling.

    >>> nearly("pharmacies", ["phrmacies"]), nearly("pharmacies", ["council"])
    (True, False)
    """
    import difflib

    return bool(difflib.get_close_matches(name, list(others)))


def a_or_an(noun: str) -> str:
    """A noun with its article.

    >>> a_or_an("age band"), a_or_an("setting")
    ('an age band', 'a setting')
    """
    return f"{'an' if noun[:1] in tuple('aeiou') else 'a'} {noun}"
