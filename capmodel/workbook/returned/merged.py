"""Merges two copies of one book: what one side alone changed, and what both changed alike, is taken; the rest is in conflict.

A conflict is an input to which the two sides gave different figures. It is left as it was sent, and each side's figure is priced by itself.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from capmodel.place.result import Result
from capmodel.workbook.returned.changes import Change
from capmodel.workbook.returned.priced import Effect, price
from capmodel.workbook.returned.round_trip import CameBack, RoundTrip, came_back, check_sent, made_again, run_on
from capmodel.workbook.returned.sent import Sent, Standing
from capmodel.workbook.returned.verify import Returned

if TYPE_CHECKING:
    from capmodel.place.place import Place


@dataclass(frozen=True)
class Merge:
    """Two copies of one book, merged.

    Attributes:
        trip: what was sent, and the merge of what came back.
        by: the files in which each merged change stands, by the name of the input.
        conflicts: the inputs to which the two gave different figures: what each does by itself, by its file.
    """

    trip: RoundTrip
    by: Mapping[str, tuple[str, ...]]
    conflicts: tuple[Mapping[str, Effect], ...]


def merge(place: Place, sent_file: Returned, one: Returned, other: Returned) -> Merge:
    """Merge two books that came back.

    Args:
        place: the place they were made from.
        sent_file: the book that was sent.
        one: what one side sent back.
        other: what the other side sent back.

    Raises:
        BadInput: the books are of different runs, the run cannot be made again, or an input holds no figure that can be, also when merged.
    """
    files = (sent_file, one, other)
    sent, (own, *others) = made_again(place, files)
    check_sent(own)
    before = (own.standing, own.run)
    backs = [came_back(each, sent, before) for each in others]
    names = _told_apart(one.path, other.path)
    alone: dict[str, dict[str, Effect]] = {}
    for name, back in zip(names, backs, strict=True):
        for effect in back.priced.alone:
            alone.setdefault(effect.change.name, {})[name] = effect
    at_odds = {key for key, own in alone.items() if len({effect.change.new for effect in own.values()}) > 1}
    agreed = {key: next(iter(own.values())).change for key, own in alone.items() if key not in at_odds}
    # In the order of the book.
    order = {content.change: i for i, content in enumerate(sent.figures.values())}
    changes = tuple(sorted(agreed.values(), key=lambda change: order[change.name]))
    together = Path(" and ".join(names))
    closing = _merged_run(before[0], changes, sent, together)
    back = CameBack(
        together,
        closing,
        changes,
        price(before[1], closing, changes),
        tuple(f"{name}: {text}" for name, each in zip(names, backs, strict=True) for text in each.altered),
    )
    by = {change.name: tuple(alone[change.name]) for change in changes}
    conflicts = tuple(alone[key] for key in sorted(at_odds, key=order.__getitem__))
    return Merge(RoundTrip(sent, sent_file.path, before[1], back, tuple(others)), by, conflicts)


def _told_apart(one: Path, other: Path) -> tuple[str, str]:
    """What two files are called: their names, or where these are the same their paths.

    >>> _told_apart(Path("a/book.xlsx"), Path("b/book.xlsx"))
    ('a/book.xlsx', 'b/book.xlsx')
    """
    return (one.name, other.name) if one.name != other.name else (str(one), str(other))


def _merged_run(before: Standing, changes: tuple[Change, ...], sent: Sent, together: Path) -> Result:
    """The run on the inputs that were sent, with the merged changes."""
    figures = {change.name: change.new for change in changes if not change.is_scenario}
    scenarios = list(sent.place.scenarios)
    scenario = next((scenarios[int(change.new) - 1] for change in changes if change.is_scenario), before.scenario)
    standing = replace(before, from_pack={**before.from_pack, **figures}, scenario=scenario)
    return run_on(standing, sent, together)
