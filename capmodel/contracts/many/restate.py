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
from capmodel.contracts.many.contract import ManyContracts
from capmodel.contracts.many.figures import ManyFigures
from capmodel.contracts.many.settle import settle_many

JOINED, LEFT, KIND, TOGETHER = "joined the list", "left the list", "kind of contract", "causes together"


#: The lines that are restated: the share of the pool, and the cash it means for who holds the money.
LINES = ("share_gbp", "transfer_gbp")
Line = tuple[str, str, int]  # line, party, year


@dataclass(frozen=True)
class Effect:
    """What one cause moved of one party's share, and of its transfer, of one contract in one year."""

    contract: str
    year: int
    party: str
    cause: str
    share_effect_gbp: float
    transfer_effect_gbp: float


def restate(many: ManyContracts, before: ManyFigures, after: ManyFigures) -> list[Effect]:
    """The way from the shares and transfers of one table to those of another, cause by cause, to the penny.

    Returns:
        Effects that are not zero, in the order of the new table, then contracts that left.
    """
    both = [key for key in after.keys if key in before.keys]
    old, new = _only(before, both), _only(after, both)
    start, end = _settled(many, old), _settled(many, new)
    causes = {
        name: replace(old, figures={**old.figures, name: new.figures[name]})
        for name in old.figures
        if not np.array_equal(old.figures[name], new.figures[name])
    }
    if old.kinds != new.kinds:
        # A figure that holds for some kinds only comes with the kind: the other kind has none of its own.
        by_kind = {name for name in old.figures if many.file.figures.column(name).kinds}
        causes = {name: figures for name, figures in causes.items() if name not in by_kind}
        causes[KIND] = replace(old, kinds=new.kinds, figures={**old.figures, **{name: new.figures[name] for name in by_kind}})
    moved = {cause: _difference(_settled(many, figures), start) for cause, figures in causes.items()}
    moved[TOGETHER] = {at: to_pence(end[at] - start[at] - sum(each[at] for each in moved.values())) for at in start}
    effects = [each for c, key in enumerate(both) for cause, values in moved.items() for each in _effects(many, key, c, cause, values)]
    for table, keys, sign, cause in ((after, set(before.keys), 1, JOINED), (before, set(after.keys), -1, LEFT)):
        others = _only(table, [key for key in table.keys if key not in keys])
        if others.keys:
            whole = {at: sign * values for at, values in _settled(many, others).items()}
            effects += [each for c, key in enumerate(others.keys) for each in _effects(many, key, c, cause, whole)]
    return effects


def _effects(many: ManyContracts, key: str, c: int, cause: str, values: Mapping[Line, Floats]) -> list[Effect]:
    found = [
        Effect(key, year, party, cause, *(float(values[line, party, year][c]) for line in LINES))
        for party in many.parties
        for year in many.years
    ]
    return [each for each in found if each.share_effect_gbp or each.transfer_effect_gbp]


def _difference(changed: Mapping[Line, Floats], start: Mapping[Line, Floats]) -> dict[Line, Floats]:
    return {at: to_pence(changed[at] - start[at]) for at in start}


def _only(figures: ManyFigures, keys: list[str]) -> ManyFigures:
    at = [figures.keys.index(key) for key in keys]
    return ManyFigures(
        tuple(keys),
        tuple(figures.kinds[i] for i in at),
        {name: values[at] for name, values in figures.figures.items()},
        {name: values[at] for name, values in figures.published.items()},
    )


def _settled(many: ManyContracts, figures: ManyFigures) -> dict[Line, Floats]:
    done = settle_many(many, figures)
    keys = [(line, party, year) for line in LINES for party in many.parties for year in many.years]
    return {(line, party, year): done.column("settlement", line, (party,), year) for line, party, year in keys}
