"""The figures that a place has accepted from workbooks that came back: one file beside its own, one version after the other.

`capmodel returned --accept` writes it. Each version names who accepted it, when, and from which file; each figure what it was and what it
is. A version is an edition of the place with a fingerprint of its own, so that a book of an earlier version can still be made again.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import yaml

from capmodel.assumptions.document import Strict, read_mapping
from capmodel.assumptions.pack import Edition, Source
from capmodel.assumptions.versions import Version
from capmodel.errors import Problem

FILE = "accepted.yaml"
#: The source of an accepted figure.
ACCEPTED = "accepted"
SOURCE = Source(ACCEPTED, "Accepted from a workbook that came back", "The user", "Change log and note beside the figure", "", "")
#: How the ids of editions go on that hold the figures accepted so far.
EDITION = "/accepted-"
_HEAD = "# Figures accepted from workbooks that came back. Written by capmodel returned --accept; the last version is in use.\n"


@dataclass(frozen=True)
class Accepted:
    """The versions that a place has, the first one first."""

    versions: tuple[Version, ...] = ()

    def editions(self, own: Edition) -> tuple[Edition, ...]:
        """An edition for each version, whose fingerprint follows from that of the place and of all versions up to it."""
        found: list[Edition] = []
        digest = own.sha256
        for number, version in enumerate(self.versions, 1):
            digest = hashlib.sha256(f"{digest}\n{json.dumps(version.plain(), sort_keys=True)}".encode()).hexdigest()
            title = f"{own.title}, with figures accepted by {version.by} on {version.on.isoformat()}"
            found.append(Edition(f"{own.id}{EDITION}{number}", title, "", digest))
        return tuple(found)


def read_accepted(folder: Path, problems: list[Problem], most: int | None = None) -> Accepted:
    """The versions of a place; none where there is no file.

    Args:
        folder: the place's folder.
        problems: what is wrong is added here.
        most: leave out later versions than so many.
    """
    path = folder / FILE
    if not path.exists():
        return Accepted()
    document = read_mapping(path, problems)
    if document is None:
        return Accepted()
    parsed = document.parse(_File, (), problems)
    return Accepted(tuple(parsed.versions[:most]) if parsed else ())


class _File(Strict):
    versions: list[Version]


def as_yaml(versions: Sequence[Version]) -> str:
    """The file of some versions."""
    return _HEAD + yaml.safe_dump({"versions": [version.plain() for version in versions]}, sort_keys=False, allow_unicode=True, width=120)


def count_of(packs: Sequence[str]) -> int:
    """How many versions are among the packs that a book names.

    >>> count_of(["england/2025.1", "my-town", "my-town/accepted-1"])
    1
    """
    return sum(EDITION in name for name in packs)
