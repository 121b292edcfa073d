"""What a pack holds: figures with provenance, under the names the model reads them by.

A figure is a number and how we know it. `Assumed` is a named assumption, one figure or one a year; `Column` is an input
column of a table, one figure a row. `Pack` gathers them. Nothing here reads a file; `load` does.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Literal, TypeVar

from capmodel.assumptions.document import Document
from capmodel.assumptions.versions import Version
from capmodel.errors import Problem

Status = Literal["published", "derived", "fitted", "local", "illustrative"]
STATUSES: tuple[Status, ...] = ("published", "derived", "fitted", "local", "illustrative")
Key = tuple[str, ...]
Entries = TypeVar("Entries")
#: How the names of assumptions begin that say how large a difference a check allows.
TOLERANCE = "check_tolerance"


@dataclass(frozen=True)
class Source:
    """Where a figure comes from; ids are never used again for another source."""

    id: str
    title: str
    publisher: str
    page: str
    date: str
    licence: str
    url: str = ""
    sha256: str = ""


@dataclass(frozen=True)
class Figure:
    """A number and how we know it; one that nobody wrote, and the model takes for want of it, has the status `default` and no source."""

    value: float
    status: Status | Literal["default"]
    source: str
    as_at: str
    note: str = ""
    pack: float | None = None  # the pack's own figure, where the user of a run set another


@dataclass(frozen=True)
class Assumed:
    """A named assumption. `values` has one entry under None, or one a year."""

    name: str
    label: str
    unit: str
    values: Mapping[int | None, Figure]
    owner: str = ""
    quality: str = ""
    impact: str = ""
    range: tuple[float, float] | None = None
    overrides: Mapping[int | None, Figure] = field(default_factory=dict)  # what the national pack says, where a place differs
    internal: bool = False  # it says how the file is built, not what was agreed: locked in a workbook
    clause: str = ""  # the contract term it states; empty for an assumption of a pack
    of_place: bool = False  # the place gives it, or overrides it, in its parameters.yaml
    outside: tuple[int, ...] = ()  # years for which a figure is given and which the model does not have
    lacking: Problem | None = None  # the model years that the national pack has no figure for, reported where a place reads it

    @property
    def by_year(self) -> bool:
        """True where there is one figure a year."""
        return None not in self.values

    def with_values(self, changes: Mapping[int | None, Figure]) -> Assumed:
        """The same assumption with other figures."""
        return replace(self, values={**self.values, **changes})


@dataclass(frozen=True)
class Column:
    """An input column: one figure for each key, and for each year where it is given by year.

    `faulty` says that parts of its file could not be used, which has been reported. `pinned_among` holds, for a key that the
    place pins, the members its file has. `outside` are the years for which it gives figures and which the model does not have.
    `made` says that the program makes the figures, so that they are not counted among those that somebody states.
    """

    name: str
    keys: tuple[str, ...]
    figures: Mapping[tuple[Key, int | None], Figure]
    file: str
    faulty: bool = False
    pinned_among: Mapping[str, frozenset[str]] = field(default_factory=dict)
    outside: tuple[int, ...] = ()
    made: bool = False


@dataclass(frozen=True)
class Entry:
    """One member of a dimension: a segment, a setting, a party."""

    id: str
    label: str
    attributes: Mapping[str, str]

    def text(self, name: str) -> str:
        """An attribute; empty where it is missing, which has been reported."""
        return self.attributes.get(name, "")


@dataclass(frozen=True)
class Scenario:
    """A named set of changed assumptions."""

    id: str
    label: str
    description: str
    changes: Mapping[str, Mapping[int | None, Figure]]


@dataclass(frozen=True)
class Edition:
    """A pack that a run was made from, by id and by the fingerprint of its files."""

    id: str
    title: str
    released: str
    sha256: str


class Unread(dict[str, Entries]):
    """Entries by name of files of which some could not be read.

    What is wrong with them is reported once; `lost` keeps readers from asking for them again.

    >>> read = Unread({"p20": 1}, ["p21"])
    >>> lost(read, "p21"), lost(read, "p22"), lost(Unread({}, None), "p22"), lost({}, "p22")
    (True, False, True, False)
    """

    def __init__(self, read: Mapping[str, Entries], names: Collection[str] | None) -> None:
        super().__init__(read)
        #: The names that were lost; None where a whole file was, so that it may be any.
        self.names = names


def lost_as(read: Mapping[str, Entries], others: Mapping[str, object]) -> Unread[Entries]:
    """Entries of which as much is lost as of others that they were made from."""
    return Unread(read, others.names if isinstance(others, Unread) else ())


def lost(entries: Mapping[str, object], name: str) -> bool:
    """True where an entry is absent because its file, or its part of the file, could not be read."""
    return isinstance(entries, Unread) and name not in entries and (entries.names is None or name in entries.names)


@dataclass(frozen=True)
class Pack:
    """Everything a place's model is fed with: the place's own pack over the national one."""

    id: str
    title: str
    description: str
    edition: str
    as_at: str
    owner: str
    basis: str
    base_year: int
    years: tuple[int, ...]
    folder: Path
    editions: tuple[Edition, ...]
    dimensions: Mapping[str, tuple[Entry, ...]]
    assumptions: Mapping[str, Assumed]
    columns: Mapping[str, Column]
    scenarios: Mapping[str, Scenario]
    sources: Mapping[str, Source]
    contract: Document
    options: Document
    copied_edition: str = ""  # the edition of the example that the place was started from
    copied: Mapping[str, str] = field(default_factory=dict)  # what place.yaml says of itself that is still the example's, and what that is
    documents: Mapping[str, Document] = field(default_factory=dict)  # the files of steps that stand beside the chain, by name
    steps: tuple[str, ...] | None = None  # the steps that place.yaml names; None where the files say
    actual_cost: str | None = None  # whose actual cost the contract settles, `assumed` or `plan`; None where place.yaml does not say
    accepted: tuple[Version, ...] = ()  # what was accepted from workbooks that came back, the first one first

    def outside(self) -> dict[str, tuple[int, ...]]:
        """The years outside the model for which the place's own tables and parameters give figures, by where they stand."""
        own = {f"tables/{each.file}": each.outside for each in self.columns.values() if (self.folder / "tables" / each.file).is_file()}
        own |= {f"parameters.yaml, {each.name}": each.outside for each in self.assumptions.values() if each.of_place}
        return {where: years for where, years in own.items() if years}

    def labels(self) -> dict[str, str]:
        """The label of every id of every dimension."""
        return {entry.id: entry.label for entries in self.dimensions.values() for entry in entries}
