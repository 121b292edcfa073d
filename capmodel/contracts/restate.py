"""Restates settlements: what each cause moved, in pounds, when figures or the list of contracts change.

Every changed column is put into the old figures by itself; what the causes make together and none alone is the interaction.
Contracts that are in one table only have joined or left, and their whole share is the effect.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np

from capmodel.algebra.functions import to_pence
from capmodel.algebra.rows import Floats
from capmodel.contracts.figures_of_many import ManyFigures
from capmodel.contracts.many import ManyContracts
from capmodel.contracts.settle_many import settle_many

JOINED, LEFT, KIND, TOGETHER = "joined the list", "left the list", "kind of contract", "causes together"


@dataclass(frozen=True)
class Effect:
    """What one cause moved of one party's share of one contract in one year."""

    contract: str
    year: int
    party: str
    cause: str
    effect_gbp: float


def restate(many: ManyContracts, before: ManyFigures, after: ManyFigures) -> list[Effect]:
    """The way from the shares of one table to those of another, cause by cause, to the penny.

    Returns:
        Effects that are not nought, in the order of the new table, then contracts that left.
    """
    both = [key for key in after.keys if key in before.keys]
    old, new = _only(before, both), _only(after, both)
    start, end = _shares(many, old), _shares(many, new)
    moved: dict[str, Mapping[tuple[str, int], Floats]] = {}
    for name in old.figures:
        if not np.array_equal(old.figures[name], new.figures[name]):
            changed = _shares(many, replace(old, figures={**old.figures, name: new.figures[name]}))
            moved[name] = {at: to_pence(changed[at] - start[at]) for at in start}
    if old.kinds != new.kinds:
        changed = _shares(many, replace(old, kinds=new.kinds))
        moved[KIND] = {at: to_pence(changed[at] - start[at]) for at in start}
    effects = []
    for c, key in enumerate(both):
        for party, year in start:
            at = (party, year)
            found = {cause: float(values[at][c]) for cause, values in moved.items()}
            found[TOGETHER] = float(to_pence(end[at][c] - start[at][c] - sum(found.values())))
            effects += [Effect(key, year, party, cause, effect) for cause, effect in found.items() if effect]
    for table, keys, sign, cause in ((after, set(before.keys), 1, JOINED), (before, set(after.keys), -1, LEFT)):
        others = _only(table, [key for key in table.keys if key not in keys])
        if others.keys:
            shares = _shares(many, others)
            effects += [
                Effect(key, year, party, cause, sign * float(values[c]))
                for c, key in enumerate(others.keys)
                for (party, year), values in shares.items()
                if values[c]
            ]
    return effects


def _only(figures: ManyFigures, keys: list[str]) -> ManyFigures:
    at = [figures.keys.index(key) for key in keys]
    return ManyFigures(
        tuple(keys),
        tuple(figures.kinds[i] for i in at),
        {name: values[at] for name, values in figures.figures.items()},
        {name: values[at] for name, values in figures.published.items()},
    )


def _shares(many: ManyContracts, figures: ManyFigures) -> dict[tuple[str, int], Floats]:
    done = settle_many(many, figures)
    return {(party, year): done.column("settlement", "share_gbp", (party,), year) for party in many.parties for year in many.years}
