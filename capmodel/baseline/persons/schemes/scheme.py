"""Segmentation schemes: ordered segments with conditions, the first that fits takes the person and the last takes the rest.

A scheme is data, one YAML file; its conditions are read once here and written in three ways from the same definition: as SQL for
the data engines, as arrays for packed caches and synthetic people, and in words for the reader.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from importlib import resources
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
from pydantic import Field

from capmodel.assumptions.document import Document, Number, Step, Strict, read_mapping
from capmodel.baseline import segmentations
from capmodel.baseline.persons.schemes.conditions import condition_column, vocabulary
from capmodel.errors import BadInput, Problem, nearest

Flags = npt.NDArray[np.bool_]
Limits = tuple[int | None, int | None]
#: The score above which a person is in the top share of a year, by share and year.
Cuts = Mapping[tuple[float, int], float]


class _Count(Strict):
    of: list[str]
    first: int = Field(default=0, alias="from", ge=0)
    last: int | None = Field(default=None, alias="to")


class _When(Strict):
    age: Limits | None = None
    deprivation: Limits | None = None
    sex: list[str] | None = None
    any: list[str] | None = None
    all: list[str] | None = None
    none: list[str] | None = None
    count: _Count | None = None
    score: tuple[Number | None, Number | None] | None = None
    top_score: Number | None = Field(default=None, gt=0, lt=1)


class _Segment(Strict):
    id: str = Field(pattern=r"^[a-z][a-z0-9_]*$")
    label: str
    when: _When | None = None


class _Scheme(Strict):
    title: str
    source: str
    note: str = ""
    segments: list[_Segment] = Field(min_length=1)
    supplements: list[_Segment] = Field(default_factory=list)


@dataclass
class Attributes:
    """What is known of many people at once, for the reading by arrays; a scheme reads only the columns it asks for.

    `mask` has one bit a condition, in the order of the column map.
    """

    age: npt.NDArray[Any]
    deprivation: npt.NDArray[Any]
    sex: npt.NDArray[Any]
    score: npt.NDArray[Any]
    year: npt.NDArray[Any]
    mask: npt.NDArray[Any]

    def take(self, rows: npt.NDArray[Any]) -> Attributes:
        """Some of them."""
        return Attributes(*(column[rows] if len(column) else column for column in vars(self).values()))


@dataclass(frozen=True)
class When:
    """What must hold of a person, all of it at once; nothing at all holds of everybody."""

    ranges: tuple[tuple[str, float | None, float | None], ...] = ()
    sexes: tuple[str, ...] = ()
    any: tuple[str, ...] = ()
    all: tuple[str, ...] = ()
    none: tuple[str, ...] = ()
    counted: tuple[str, ...] = ()
    count: Limits = (None, None)
    top_score: float | None = None

    @property
    def conditions(self) -> tuple[str, ...]:
        """The conditions it asks about."""
        return tuple(dict.fromkeys((*self.any, *self.all, *self.none, *self.counted)))

    @property
    def columns(self) -> tuple[str, ...]:
        """The columns it reads besides conditions."""
        return (*(name for name, _, _ in self.ranges), *(("sex",) if self.sexes else ()), *(("score",) if self.top_score else ()))

    @property
    def ages(self) -> tuple[tuple[float | None, float | None], ...]:
        """The limits of age it asks about."""
        return tuple((low, high) for name, low, high in self.ranges if name == "age" and (low, high) != (None, None))

    def at_age(self, age: float | None) -> When | None:
        """What is left to ask of somebody of that age, or of no known age (None); None where it cannot hold of them.

        >>> adults = When(ranges=(("age", 17, 69),), any=("cancer",))
        >>> adults.at_age(40) == When(any=("cancer",)), adults.at_age(70), adults.at_age(None)
        (True, None, None)
        """
        for low, high in self.ages:
            if age is None or (low is not None and age < low) or (high is not None and age > high):
                return None
        return replace(self, ranges=tuple(span for span in self.ranges if span[0] != "age"))

    def sql(self, cuts: Cuts) -> str:
        """The condition as SQL over the people view; TRUE where nothing is asked."""
        parts = [f"{name} >= {_double(low)}" for name, low, _ in self.ranges if low is not None]
        parts += [f"{name} <= {_double(high)}" for name, _, high in self.ranges if high is not None]
        if self.sexes:
            parts.append(f"sex IN ({', '.join(map(_quoted, self.sexes))})")
        if self.any:
            parts.append(f"({' OR '.join(map(condition_column, self.any))})")
        parts += [condition_column(name) for name in self.all]
        parts += [f"NOT {condition_column(name)}" for name in self.none]
        if self.counted:
            number = " + ".join(f"CAST({condition_column(name)} AS INTEGER)" for name in self.counted)
            parts += [f"({number}) {sign} {limit}" for sign, limit in zip((">=", "<="), self.count, strict=True) if limit is not None]
        if self.top_score is not None:
            by_year = " ".join(f"WHEN {year} THEN {_double(cut)}" for (share, year), cut in sorted(cuts.items()) if share == self.top_score)
            # Where nobody has a score nobody is at the top.
            parts.append(f"score > CASE year {by_year} END" if by_year else "FALSE")
        return " AND ".join(parts) or "TRUE"

    def holds(self, people: Attributes, bit: Mapping[str, int], cuts: Cuts) -> Flags:
        """The condition for many people at once; `bit` says which bit of the mask a condition is."""
        held: Flags = np.ones(len(people.age), dtype=bool)

        def bits(names: Sequence[str]) -> Any:
            return people.mask.dtype.type(sum(1 << bit[name] for name in names if name in bit))

        for name, low, high in self.ranges:
            column = getattr(people, name)
            if low is not None:
                held &= column >= low
            if high is not None:
                held &= column <= high
        if self.sexes:
            held &= np.isin(people.sex, self.sexes)
        if self.any:
            held &= (people.mask & bits(self.any)) != 0
        if self.all:
            held &= (people.mask & bits(self.all)) == bits(self.all) if all(name in bit for name in self.all) else np.bool_(False)
        if self.none:
            held &= (people.mask & bits(self.none)) == 0
        if self.counted:
            number = np.bitwise_count(people.mask & bits(self.counted))
            low_count, high_count = self.count
            held &= (number >= (low_count or 0)) & (number <= (high_count if high_count is not None else len(self.counted)))
        if self.top_score is not None:
            for year in np.unique(people.year):
                of_year = people.year == year
                held &= ~of_year | (people.score > cuts[self.top_score, int(year)])
        return held

    def words(self) -> str:
        """The condition as a reader would say it.

        >>> When(ranges=(("age", 0, 16),), any=("cancer",)).words()
        'age 0 to 16, any of cancer'
        """
        labels = vocabulary().labels
        parts = [f"{name} {_span(low, high)}" for name, low, high in self.ranges]
        parts += [f"sex {' or '.join(self.sexes)}"] if self.sexes else []
        for lead, names in (("any of", self.any), ("all of", self.all), ("none of", self.none)):
            parts += [f"{lead} {', '.join(labels.get(name, name).lower() for name in names)}"] if names else []
        parts += [f"{_span(*self.count)} of {len(self.counted)} conditions"] if self.counted else []
        parts += [f"in the top {self.top_score:.2%} by score".replace(".00%", "%").replace("0%", "%")] if self.top_score else []
        return ", ".join(parts) or "everybody else"


@dataclass(frozen=True)
class Segment:
    """One segment or supplement of a scheme."""

    id: str
    label: str
    when: When


@dataclass(frozen=True)
class Scheme:
    """Ordered segments of which a person is in exactly one, and supplements that anybody may carry beside it."""

    name: str
    title: str
    source: str
    note: str
    segments: tuple[Segment, ...]
    supplements: tuple[Segment, ...]

    @property
    def conditions(self) -> tuple[str, ...]:
        """Every condition the scheme asks about."""
        return tuple(dict.fromkeys(name for segment in self._all() for name in segment.when.conditions))

    @property
    def columns(self) -> tuple[str, ...]:
        """Every column the scheme reads besides conditions."""
        return tuple(dict.fromkeys(name for segment in self._all() for name in segment.when.columns))

    @property
    def top_shares(self) -> tuple[float, ...]:
        """The shares by score for which a cut is needed."""
        return tuple(segment.when.top_score for segment in self._all() if segment.when.top_score is not None)

    def _all(self) -> Iterator[Segment]:
        yield from (*self.segments, *self.supplements)

    def sql(self, cuts: Cuts) -> str:
        """The number of a person's segment as SQL over the people view.

        Ages are distinguished first, so that a person is held only against the segments of their age, which is twice as fast.
        """
        spans = [span for segment in self.segments for span in segment.when.ages]
        starts = sorted({int(low) for low, _ in spans if low is not None} | {int(high) + 1 for _, high in spans if high is not None})
        bands = [(f"age < {start}", start - 1) for start in starts] + [(f"age >= {start}", start) for start in starts[-1:]]
        branches = " ".join(f"WHEN {test} THEN {self._first(age, cuts)}" for test, age in bands)
        return f"CASE {branches} ELSE {self._first(None, cuts)} END" if branches else self._first(None, cuts)

    def _first(self, age: int | None, cuts: Cuts) -> str:
        """The number of the first segment that takes a person of this age, or of none that is known."""
        asked = [(i, segment.when.at_age(age)) for i, segment in enumerate(self.segments)]
        last = next(i for i, when in asked if when == When())
        branches = " ".join(f"WHEN {when.sql(cuts)} THEN {i}" for i, when in asked[:last] if when is not None)
        return f"CASE {branches} ELSE {last} END" if branches else str(last)

    def assign(self, people: Attributes, bit: Mapping[str, int], cuts: Cuts) -> npt.NDArray[np.uint8]:
        """The number of each person's segment, by arrays; the same answer as the SQL."""
        number = np.full(len(people.age), len(self.segments) - 1, dtype=np.uint8)
        for i in range(len(self.segments) - 2, -1, -1):
            number[self.segments[i].when.holds(people, bit, cuts)] = i
        return number


def scheme_names() -> list[str]:
    """The schemes that come with capmodel, by file name.

    >>> "age_condition" in scheme_names()
    True
    """
    return sorted(path.name.removesuffix(".yaml") for path in resources.files(segmentations).iterdir() if path.name.endswith(".yaml"))


def read_scheme(name: str, place: Path | None = None) -> Scheme:
    """A scheme by the name of its file: one of the place's own (its folder `segmentations/`), or one that comes with capmodel.

    Args:
        name: the file name without `.yaml`, or the path of a YAML file.
        place: the folder of the place.

    Raises:
        BadInput: there is no such scheme, or it is not in order, with every problem and its line.
    """
    own = place / "segmentations" / f"{name}.yaml" if place else None
    path = Path(name) if name.endswith((".yaml", ".yml")) else own
    if path is None or not path.is_file():
        path = Path(str(resources.files(segmentations) / f"{name}.yaml"))
    if not path.is_file():
        known = [*scheme_names(), *(found.stem for found in place.glob("segmentations/*.yaml"))] if place else scheme_names()
        raise BadInput(
            [Problem(f"--scheme {name}", f"there is no scheme {name!r}", "a scheme is a file by its name", nearest(name, known))]
        )
    problems: list[Problem] = []
    document = read_mapping(path, problems)
    entry = document.parse(_Scheme, (), problems) if document else None
    if document is None or entry is None:
        raise BadInput(problems)
    scheme = Scheme(
        path.stem,
        entry.title,
        entry.source,
        " ".join(entry.note.split()),
        tuple(_segment(document, ["segments", i], given, problems) for i, given in enumerate(entry.segments)),
        tuple(_segment(document, ["supplements", i], given, problems) for i, given in enumerate(entry.supplements)),
    )
    _check_order(document, scheme, problems)
    if problems:
        raise BadInput(problems)
    return scheme


def _segment(document: Document, steps: list[Step], given: _Segment, problems: list[Problem]) -> Segment:
    when = given.when or _When()
    words = vocabulary()
    for names in (when.any, when.all, when.none, when.count.of if when.count else None):
        for name in names or ():
            if name not in words.labels and name not in words.groups:
                valid = (*words.labels, *words.groups)
                problems.append(
                    document.problem([*steps, "when"], f"there is no condition {name!r}", "it would hold of nobody", nearest(name, valid))
                )
    ranges = [(name, *limits) for name, limits in (("age", when.age), ("deprivation", when.deprivation), ("score", when.score)) if limits]
    spans = [*ranges, *([("count", when.count.first, when.count.last)] if when.count else [])]
    for name, low, high in spans:
        if low is not None and high is not None and low > high:
            what = f"{name} goes from {low:g} to {high:g}"
            problems.append(document.problem([*steps, "when", name], what, "it would hold of nobody", "Write the smaller limit first"))
    return Segment(
        given.id,
        given.label,
        When(
            tuple(ranges),
            tuple(when.sex or ()),
            words.members(when.any or ()),
            words.members(when.all or ()),
            words.members(when.none or ()),
            words.members(when.count.of) if when.count else (),
            (when.count.first, when.count.last) if when.count else (None, None),
            when.top_score,
        ),
    )


def _check_order(document: Document, scheme: Scheme, problems: list[Problem]) -> None:
    for family in ("segments", "supplements"):
        entries: tuple[Segment, ...] = getattr(scheme, family)
        seen: set[str] = set()
        for i, segment in enumerate(entries):
            last = family == "segments" and i == len(entries) - 1
            if segment.id in seen:
                problems.append(document.problem([family, i], f"{segment.id} is there twice", "a person is in one segment", "Rename one"))
            if last and segment.when != When():
                problems.append(
                    document.problem(
                        [family, i],
                        f"the last segment, {segment.id}, has a condition",
                        "whoever fits nothing would be in no segment",
                        "Add a last segment without when:",
                    )
                )
            if not last and segment.when == When():
                problems.append(
                    document.problem(
                        [family, i], f"{segment.id} has no condition", "nobody would reach the segments after it", "Add when: to it"
                    )
                )
            seen.add(segment.id)
    if len(scheme.segments) > 250:
        problems.append(
            document.problem(["segments"], f"there are {len(scheme.segments)} segments", "at most 250 are distinguished", "Merge some")
        )


def _quoted(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"


def _double(value: float) -> str:
    """A limit exactly as it was written; a whole one stays whole, which engines compare faster."""
    return str(value) if isinstance(value, int) else f"CAST('{value!r}' AS DOUBLE)"


def _span(low: float | None, high: float | None) -> str:
    if low == high:
        return f"{low:g}" if low is not None else "any"
    if high is None:
        return f"{low:g} or more"
    return f"{low:g} to {high:g}" if low is not None else f"up to {high:g}"
