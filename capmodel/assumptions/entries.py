"""Entries of the file of a step: members with an id and a label, and entries that state where their own figures come from.

A file states its provenance once; an entry of it may state its own, which then holds for the figures of that entry.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping, Sequence

from capmodel.assumptions.document import Document, Step, Strict
from capmodel.assumptions.figures import check_source
from capmodel.assumptions.labels import check_label
from capmodel.assumptions.pack import Figure, Source, Status
from capmodel.errors import Problem, nearest

#: What an id may be made of: it names rows, and figures on the command line.
SAFE_ID = re.compile(r"[a-z][a-z0-9_]*")


class Known(Strict):
    """A part of a file that may state its own provenance."""

    status: Status | None = None
    source: str | None = None
    as_at: str | None = None
    note: str | None = None

    def figure(self, known: Figure) -> Figure:
        """The provenance of the figures of the entry: what it states itself, and the file's for the rest.

        >>> Known(status="published", source="s1").figure(Figure(0.0, "illustrative", "s9", "2026"))
        Figure(value=0.0, status='published', source='s1', as_at='2026', note='', pack=None)
        """
        if self.status is self.source is self.as_at is self.note is None:
            return known
        return Figure(
            0.0,
            self.status or known.status,
            known.source if self.source is None else self.source,
            known.as_at if self.as_at is None else self.as_at,
            known.note if self.note is None else self.note,
        )


class Member(Known):
    """An entry that names rows: its id, and what readers see."""

    id: str
    label: str


def check_members(document: Document, kind: str, members: Sequence[Member], problems: list[Problem]) -> None:
    """Report ids that are there twice or cannot be one, and labels that a spreadsheet program would not keep apart.

    Args:
        document: the file.
        kind: the name of the list in it.
        members: its entries.
        problems: what is wrong is added here.
    """
    seen: set[str] = set()
    for i, member in enumerate(members):
        here: list[Step] = [kind, i]
        if not SAFE_ID.fullmatch(member.id):
            why = "an id is made of small letters, digits and underscores, and begins with a letter"
            problems.append(document.problem([*here, "id"], f"the id {member.id!r} cannot be used", why, "Reword it, such as band_a"))
        if member.id in [each.id for each in members[:i]]:
            problems.append(document.problem([*here, "id"], f"{member.id} is there twice", "one would hide the other", "Remove one"))
            continue
        check_label(document, [*here, "label"], member.label, seen, problems)


def check_known(
    document: Document, entries: Mapping[tuple[Step, ...], Known], sources: Mapping[str, Source] | None, problems: list[Problem]
) -> None:
    """Report sources of entries that sources.yaml does not have; `sources` is None for a file that stands alone."""
    for steps, entry in entries.items():
        if entry.source is not None and sources is not None:
            check_source(entry.source, sources, document.where([*steps, "source"]), problems)


def unknown(where: str, what: str, name: str, known: Collection[str]) -> Problem:
    """What is reported of a name in a table that its file does not define.

    >>> str(unknown("roster.csv, line 2", "unit", "netwrk_1", ["network_1"]))
    "roster.csv, line 2: there is no unit 'netwrk_1'; rows are joined by exact id. Did you mean network_1?"
    """
    return Problem(where, f"there is no {what} {name!r}", "rows are joined by exact id", nearest(name, known))
