"""How a step of the settlement declares its figures: each once, beside the rules that read it.

A figure that holds for the whole contract is a `Term` in the annotation of a field of the step's model; rules read it as a link. A figure of
single parties, sides, bands or lines is a `Stated` column of the step's table, with the place in the contract that it is read from. Both say
what `settle` must know of them where they are columns of a table of contracts. Nothing here knows a step.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from types import NoneType
from typing import Any, get_args, get_origin

from pydantic import BaseModel

from capmodel.algebra.links import Assumption
from capmodel.algebra.rows import YEAR
from capmodel.algebra.table import Input
from capmodel.assumptions.document import Step
from capmodel.assumptions.years import Year

Content = dict[str, Any]
Place = tuple[Step, ...]
#: A placeholder for a column while the terms are read: a figure, or what the place it stands in makes of it; None where nothing is put in.
Placeholder = float | Callable[[Content, Place], float | None]


@dataclass(frozen=True)
class Clause:
    """Where a figure stands in a contract: the steps to it, those after the year where it has one, and what it is multiplied by there."""

    steps: Place
    by_year: bool = False
    then: Place = ()
    times: float = 1.0

    def places(self, years: Sequence[int]) -> list[Place]:
        """The steps to each of its values."""
        return [(*self.steps, year, *self.then) for year in years] if self.by_year else [self.steps]


@dataclass(frozen=True)
class NoColumn:
    """Why a figure of a contract cannot be a column of a table of contracts, and what to do."""

    why: str
    remedy: str


WORD = NoColumn("it is a word of the contract, or follows from others", "Write it under terms:, and where it differs under kinds:")


@dataclass(frozen=True, repr=False)
class Term(Assumption):
    """A figure that holds for the whole contract: what the field says that declares it, or `otherwise`."""

    #: What a reader sees; where it depends on its part of the contract, a function of that.
    title: str | Callable[[Any], str] = ""
    otherwise: float = 0.0
    #: How the figure follows from what is written, where it is not written as it is.
    of: Callable[[Any], object] | None = None
    #: What is written is so many times the figure.
    times: float = 1.0
    internal: bool = False
    #: True where the figure says how the file is built as long as the contract has no such part.
    internal_if_absent: bool = False
    placeholder: Placeholder = 1.0
    #: True where it is held against other terms, or must not be just any size: where it is a column, every row is checked so.
    related: bool = False
    #: True for money that may be below zero; all other money is a size.
    signed: bool = False

    def __repr__(self) -> str:
        # To a rule it is the figure of its name: what else is declared of it changes no rule.
        return repr(Assumption(self.name))

    def figure(self, written: Any) -> float:
        """The figure by what is written.

        >>> Term("excluded_part_share", times=12).figure(3), Term("x_flag", of=bool).figure([1])
        (0.25, 1.0)
        """
        return float(written / self.times if self.of is None else self.of(written))  # type: ignore[arg-type]


@dataclass(frozen=True)
class Stated(Input):
    """An input column whose figures a contract states at a place, such as `caps[party,side].amount_gbp`.

    `{party}` is a step by the key of a row, `[party,side]` the entry of a list with these keys (`[id=indicator]` where it calls a key
    otherwise), `[#tier]` the entry that a key such as tier_2 counts to, `{year}` the year.
    """

    at: str = ""
    #: How the figure follows from what is written, which is None where nothing is, and from what is written beside it.
    of: Callable[[Any, Content], object] | None = None
    #: For a figure with no place of its own: how it follows from the contract, the keys of its row, the year and all years.
    follows: Callable[[Content, Mapping[str, str], int, Sequence[int]], object] | None = None
    yearly: bool = False
    #: What a reader is shown beside the figure, where that is not the note of its own entry.
    note: Callable[[Content], str] | None = None
    #: True where it says how the contract is built, such as which step a row is, and follows from its terms: nobody may set it.
    built: bool = False
    #: True where it cannot be a column of a table of contracts.
    word: bool = False
    #: Why the contract has no place for it, where it has none.
    refused: Callable[[Content, Mapping[str, str]], NoColumn | None] | None = None
    #: What is said where its entry is missing; without it the entry is put in by its keys.
    missing: Callable[[Mapping[str, str]], NoColumn | None] | None = None
    placeholder: Placeholder = 1.0
    related: bool = False
    signed: bool = False

    @property
    def by_year(self) -> bool:
        """True where the contract has a figure for each year."""
        return self.yearly or "{year}" in self.at

    @property
    def is_word(self) -> bool:
        """True for what a contract says in a word, or what follows from other terms."""
        return self.word or self.internal or not self.at or self.unit == "flag"

    def clause(self, content: Content, key: Mapping[str, str], fill: bool = False) -> Clause | None:
        """Where the figure of a row stands; None where a list has no such entry.

        Args:
            content: a contract.
            key: the keys of the row by name.
            fill: put an entry that is missing in, by its keys.

        >>> cap = Stated("cap_gbp", "GBP", "Cap", at="caps[party,side].amount_gbp")
        >>> cap.clause({"caps": [{"party": "trust", "side": "loss"}]}, {"party": "trust", "side": "loss"}).steps
        ('caps', 0, 'amount_gbp')
        """
        steps: list[Step] = []
        before: Place | None = None
        for part in _parts(self.at):
            if part == "{year}":
                before, steps = tuple(steps), []
            elif part.startswith("{"):
                steps.append(key[part[1:-1]])
            elif part.startswith("[#"):
                at = int(key[part[2:-1]].rpartition("_")[2]) - 1
                if value_at(content, (*steps, at)) is None:
                    return None
                steps.append(at)
            elif part.startswith("["):
                names = [name.partition("=") for name in part[1:-1].split(",")]
                entry = _entry(content, tuple(steps), {name: key[of or name] for name, _, of in names}, fill)
                if entry is None:
                    return None
                steps.append(entry)
            else:
                steps.append(part)
        return Clause(tuple(steps)) if before is None else Clause(before, by_year=True, then=tuple(steps))

    @property
    def entries(self) -> Place:
        """Where the list stands that its entry is found in."""
        return tuple(_parts(self.at.partition("[")[0]))

    def figure(self, content: Content, key: Mapping[str, str], year: int, years: Sequence[int]) -> tuple[float, str]:
        """The figure of a row and year in a contract, and the note beside it."""
        if self.follows is not None:
            return float(self.follows(content, key, year, years)), ""  # type: ignore[arg-type]
        clause = self.clause(content, key)
        place = clause.places([year])[0] if clause else ()
        written = value_at(content, place) if place else None
        length = next((i + 1 for i, step in enumerate(place) if isinstance(step, int)), 0) if clause and "[" in self.at else 0
        entry = value_at(content, place[:length]) if length else {}
        beside = entry if isinstance(entry, dict) else {}
        found = (written or 0) if self.of is None else self.of(written, beside)
        note = str(beside.get("note", "")) if self.note is None or not beside else self.note(content)
        return float(found), note  # type: ignore[arg-type]

    def is_written(self, content: Content, key: Mapping[str, str], year: int) -> bool:
        """True where a contract writes the figure of a row and year, or what it follows from; False where the model takes its own."""
        if self.follows is not None or not self.at:
            return True
        clause = self.clause(content, key)
        return clause is not None and value_at(content, clause.places([year])[0]) is not None

    def is_given(self, content: Content) -> bool:
        """True where the contract has something at the first step of the place."""
        first = self.at.replace("[", ".[").split(".[")[0].split(".{")[0]
        return bool(value_at(content, tuple(first.split("."))))


def given(written: Any, beside: Content) -> bool:
    """True where something is written: for flags that say so."""
    return written is not None


@lru_cache(maxsize=200)
def _parts(at: str) -> tuple[str, ...]:
    """The steps of a place as it is written.

    >>> _parts("outcomes.indicators[id=indicator].results.{year}.late")
    ('outcomes', 'indicators', '[id=indicator]', 'results', '{year}', 'late')
    """
    return tuple(re.findall(r"\{\w+\}|\[[^\]]*\]|\w+", at))


def _entry(content: Content, place: Place, keys: Mapping[str, str], fill: bool) -> int | None:
    """The position of an entry of a list; a missing one may be put in where the list can be."""
    entries = value_at(content, place)
    wanted = list(keys.items())
    for i, entry in enumerate(entries if isinstance(entries, list) else []):
        if isinstance(entry, dict):
            for name, key in wanted:
                if str(entry.get(name)) != key:
                    break
            else:
                return i
    if not fill or (entries is not None and not isinstance(entries, list)):
        return None
    write(content, place, [*(entries or []), dict(keys)])
    return len(entries or [])


def value_at(content: Any, place: Sequence[Step]) -> Any:
    """What stands at a place of a contract; None where nothing does."""
    for step in place:
        try:
            content = content[step]
        except (KeyError, IndexError, TypeError):
            return None
    return content


def write(content: Content, place: Sequence[Step], value: Any) -> None:
    """Put a value into a contract, with the mappings on the way to it; a contract that is no contract there stays as it is.

    >>> terms = {"threshold": {"mode": "first_pound"}}
    >>> write(terms, ("phase", "gain_share", 2026), 0.5)
    >>> terms
    {'threshold': {'mode': 'first_pound'}, 'phase': {'gain_share': {2026: 0.5}}}
    """
    here: Any = content
    for step in place[:-1]:
        if isinstance(here, dict) and here.get(step) is None:
            here[step] = {}
        here = value_at(here, (step,))
    last = place[-1]
    into: Any = here
    if isinstance(here, dict) or (isinstance(here, list) and last in range(len(here))):
        into[last] = value


@dataclass(frozen=True)
class Declared:
    """A term, where its field stands, and whether it has a figure for each year."""

    term: Term
    clause: tuple[str, ...]
    by_year: bool


def declared(model: type[BaseModel], clause: tuple[str, ...] = ()) -> Iterator[Declared]:
    """Every term of a model and of the models in it, in the order of the fields."""
    for name, field in model.model_fields.items():
        here = (*clause, field.alias or name)
        kinds = [kind for kind in (*get_args(field.annotation), field.annotation) if kind is not NoneType]
        by_year = any(get_origin(kind) is dict and get_args(kind)[0] == Year for kind in kinds)
        yield from (Declared(term, here, by_year) for term in field.metadata if isinstance(term, Term))
        if get_origin(field.annotation) not in (list, dict):
            for kind in kinds:
                if isinstance(kind, type) and issubclass(kind, BaseModel):
                    yield from declared(kind, here)


def keys_of(names: Sequence[str]) -> tuple[str, ...]:
    """The keys of a table that name its lines."""
    return tuple(name for name in names if name != YEAR)
