"""The conditions that people can have: their names, the groups of them that schemes ask for, and where an extract's view holds them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from importlib import resources
from pathlib import Path

from capmodel.assumptions.document import sound_mapping


@dataclass(frozen=True)
class Vocabulary:
    """The known conditions: their labels, the groups of them that schemes use, and how common they typically are."""

    labels: Mapping[str, str]
    groups: Mapping[str, tuple[str, ...]]
    typical: Mapping[str, tuple[float, float, float]]

    def members(self, names: Sequence[str]) -> tuple[str, ...]:
        """The conditions behind names of conditions and of groups."""
        return tuple(dict.fromkeys(member for name in names for member in self.groups.get(name, (name,))))


@cache
def vocabulary() -> Vocabulary:
    """The conditions that come with capmodel.

    >>> len(vocabulary().groups["long_term"])
    18
    """
    document = sound_mapping(Path(str(resources.files("capmodel.baseline.persons") / "conditions.yaml")))
    known = document.content["conditions"]
    return Vocabulary(
        {name: entry["label"] for name, entry in known.items()},
        {name: tuple(members) for name, members in document.content["groups"].items()},
        {name: tuple(entry["typical"]) for name, entry in known.items()},
    )


def condition_column(name: str) -> str:
    """The column of the people view that holds a condition."""
    return f"c_{name}"
