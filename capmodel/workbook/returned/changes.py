"""The inputs of a workbook that came back which are not those of the book that was sent: which, where, from what to what."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from capmodel.place.place import Place
from capmodel.workbook.returned.inputs import IN_USE
from capmodel.workbook.returned.made_again import CHOSEN
from capmodel.workbook.returned.read import Address, Figures, cell_name


@dataclass(frozen=True)
class Change:
    """One input that was changed.

    Attributes:
        name: the figure, as `capmodel run --set` takes it.
        label: what the figure is, with its row and year.
        at: where it stands.
        unit: its unit.
        old: the figure that was sent.
        new: the figure that came back.
    """

    name: str
    label: str
    at: Address
    unit: str
    old: float
    new: float

    @property
    def cell(self) -> str:
        """The cell as a reader finds it."""
        return cell_name(self.at)

    @property
    def is_scenario(self) -> bool:
        """True where it says which scenario is in use."""
        return self.name == IN_USE

    @property
    def decision(self) -> str:
        """The start of an option that it decides on; empty for any other input."""
        return self.name[len(CHOSEN) : -1] if self.name.startswith(CHOSEN) else ""

    @property
    def figure(self) -> str:
        """The name without what stands in brackets or after @.

        >>> Change("cap_share[2026]@prudent", "", ("", 0, 0), "", 0, 0).figure
        'cap_share'
        """
        return self.name.partition("[")[0].partition("@")[0]

    @property
    def scenario(self) -> str:
        """The scenario whose figure it is; empty for a figure that all scenarios share."""
        return self.name.rpartition("@")[2] if "@" in self.name else ""


def changes_between(figures: Figures, before: Mapping[str, float], after: Mapping[str, float]) -> tuple[Change, ...]:
    """The inputs that differ, in the order of the book.

    Args:
        figures: every figure of the book by its cell.
        before: the inputs of the book that was sent, by name; those that are left out are as in `figures`.
        after: the inputs of the book that came back, in the same way.
    """
    found = []
    for at, content in figures.items():
        name = content.change
        if content.is_input and isinstance(content.value, float) and (name in before or name in after):
            old, new = before.get(name, content.value), after.get(name, content.value)
            if old != new:
                found.append(Change(name, content.about, at, content.unit, old, new))
    return tuple(found)


def without_effect(change: Change, place: Place, scenario: str) -> str:
    """Why a change moves nothing whatever the figures are: the scenario in use does not read it; empty where it does."""
    if change.scenario and change.scenario != scenario and not change.is_scenario:
        own = change.figure in place.scenarios[scenario].changes
        if change.scenario != "base" or own:
            return f"the scenario in use, {place.scenarios[scenario].label}, does not read it"
    return ""
